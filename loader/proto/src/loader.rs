//! The command loop.

use loader_nor::{Error, Flash, Geometry};
use rtboot_wire::loader::Failure;
use rtboot_wire::mboot::{Command, Response, Status, Tag, report};

use crate::board::{Board, LinkLost, Payload, WINDOW};
use crate::commands::FuseAnswer;
use crate::memory::MAP;
use crate::status;

/// The loader's state between commands: the configured flash, and where a change of it failed last.
#[derive(Debug)]
pub struct Loader<'a> {
    pub(crate) flash: Flash,
    pub(crate) failure: Failure,
    pub(crate) window: &'a mut [u8; WINDOW],
}

pub(crate) const NO_FAILURE: Failure = Failure {
    status: Status::SUCCESS,
    record: 0,
    address: 0,
    expected: 0,
    found: 0,
    flash_status: 0,
};

/// What follows a command.
pub(crate) enum Next {
    /// Wait for the next one.
    Wait,
    /// The host sent another command instead of data: it is in the payload.
    Interrupted,
}

/// The bytes of a packet with the most parameters.
const LONGEST: usize = Command::HEADER + 4 * Command::MAX_PARAMETERS;

impl<'a> Loader<'a> {
    /// A loader whose flash is not configured, with memory to work in.
    pub const fn new(window: &'a mut [u8; WINDOW]) -> Loader<'a> {
        Loader {
            flash: Flash::new(),
            failure: NO_FAILURE,
            window,
        }
    }

    /// The sizes of the flash, once it is configured.
    pub(crate) fn geometry(&self) -> Result<Geometry, Status> {
        self.flash.geometry().ok_or(Status::MEMORY_NOT_CONFIGURED)
    }

    /// Keeps where an erase or program failed. `expected` is what should be there.
    #[inline(never)]
    pub(crate) fn note(
        &mut self,
        board: &mut impl Board,
        result: Result<(), Error>,
        expected: u8,
    ) -> Result<(), Error> {
        self.failure = NO_FAILURE;
        let Err(error) = result else { return Ok(()) };
        let at = self.flash.working_at();
        let flash_status = self.flash.status(board).unwrap_or(0xFF);
        let mut found = [0xFF];
        if flash_status & 1 == 0 {
            // a flash that is busy must not be read; one that cannot be read keeps the ones
            let _ = self.flash.read(board, at, &mut found);
        }
        self.failure = Failure {
            status: status::of(error),
            address: MAP.start.wrapping_add(at),
            record: 0,
            expected,
            found: found[0],
            flash_status,
        };
        result
    }

    /// Waits for a command and carries it out.
    ///
    /// # Errors
    /// [`LinkLost`]: the command was not finished. The flash stays configured.
    pub fn serve(&mut self, board: &mut impl Board, payload: &mut Payload) -> Result<(), LinkLost> {
        let mut id = board.receive(payload)?;
        loop {
            // data of a write that failed, an empty command and ids that no host sends are dropped
            let Some(command) = (id == report::COMMAND)
                .then(|| parse(payload.bytes()))
                .flatten()
            else {
                return Ok(());
            };
            match self.run(board, &command, payload)? {
                Next::Wait => return Ok(()),
                Next::Interrupted => id = report::COMMAND,
            }
        }
    }

    fn run(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let status = match command.tag {
            Tag::EXECUTE | Tag::CALL | Tag::FLASH_READ_ONCE if board.build().restricted => {
                Err(Status::SECURITY_VIOLATION)
            }
            Tag::READ_MEMORY => return self.read_memory(board, command, payload),
            Tag::WRITE_MEMORY => return self.write_memory(board, command, payload),
            Tag::GET_PROPERTY => {
                let response = self.get_property(board, command);
                return respond(board, &response);
            }
            Tag::FLASH_READ_ONCE => {
                let response = Response::flash_read_once(FuseAnswer::of(board, command).0);
                return respond(board, &response);
            }
            Tag::LOADER_FETCH => return self.fetch(board, command, payload),
            Tag::LOADER_FLASH_COMMAND => return self.flash_command(board, command, payload),
            Tag::LOADER_HASH => return self.hash(board, command, payload),
            Tag::LOADER_READ_BY_FCB => return self.read_by_fcb(board, command, payload),
            Tag::LOADER_START => return self.start(board, command),
            Tag::LOADER_SET_BAUD => return self.set_baud(board, command),
            Tag::LOADER_STREAM => return self.stream(board, command, payload),
            Tag::EXECUTE => return self.execute(board, command),
            Tag::RESET => return self.reset(board, command),
            Tag::LOADER_PROTECT => self.protect(board, command),
            Tag::FLASH_ERASE_ALL => self.erase_all(board, command),
            Tag::FLASH_ERASE_REGION => self.erase_region(board, command),
            Tag::FILL_MEMORY => self.fill_memory(board, command),
            Tag::CALL => self.call(board, command),
            Tag::SET_PROPERTY => Err(self.set_property(board, command)),
            Tag::CONFIGURE_MEMORY => self.configure_memory(board, command, payload),
            _ => Err(Status::UNKNOWN_COMMAND),
        };
        finish(board, command.tag, status)
    }
}

/// The command in a payload. Parameters that it announces but does not bring are 0; `None` for an empty one.
fn parse(payload: &[u8]) -> Option<Command> {
    if payload.is_empty() {
        return None;
    }
    let mut packet = [0; LONGEST];
    let length = payload.len().min(LONGEST);
    packet[..length].copy_from_slice(&payload[..length]);
    // more than seven parameters: the tag is answered, as an unknown command is
    Command::parse(&packet).or_else(|| Command::raw(Tag(packet[0]), false, &[]))
}

/// The first parameters of a command; missing ones are 0.
pub(crate) fn parameters<const N: usize>(command: &Command) -> [u32; N] {
    core::array::from_fn(|i| command.parameters().get(i).copied().unwrap_or(0))
}

pub(crate) fn respond(board: &mut impl Board, response: &Response) -> Result<Next, LinkLost> {
    board.send(report::RESPONSE, &response.to_bytes())?;
    Ok(Next::Wait)
}

/// The response that announces data for the host.
pub(crate) fn announce(board: &mut impl Board, command: Tag, length: u32) -> Result<(), LinkLost> {
    match Response::announce(command, length) {
        Some(response) => board.send(report::RESPONSE, &response.to_bytes()),
        None => Ok(()),
    }
}

/// The generic response to a command: the last one it gets.
pub(crate) fn finish(
    board: &mut impl Board,
    command: Tag,
    result: Result<(), Status>,
) -> Result<Next, LinkLost> {
    let status = result.err().unwrap_or(Status::SUCCESS);
    respond(board, &Response::generic(status, command))
}
