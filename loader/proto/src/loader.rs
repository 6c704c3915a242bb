//! The command loop.

use loader_nor::{Flash, Geometry};
use rtboot_wire::mboot::{Command, Response, Status, Tag, report};

use crate::board::{Board, LinkLost, Payload};
use crate::commands::FuseAnswer;

/// The loader's state between commands: the configured flash.
#[derive(Debug, Default)]
pub struct Loader {
    pub(crate) flash: Flash,
}

/// What follows a command.
pub(crate) enum Next {
    /// Wait for the next one.
    Wait,
    /// The host sent another command instead of data: it is in the payload.
    Interrupted,
}

/// The bytes of a packet with the most parameters.
const LONGEST: usize = Command::HEADER + 4 * Command::MAX_PARAMETERS;

impl Loader {
    /// A loader whose flash is not configured.
    pub const fn new() -> Loader {
        Loader {
            flash: Flash::new(),
        }
    }

    /// The sizes of the flash, once it is configured.
    pub(crate) fn geometry(&self) -> Result<Geometry, Status> {
        self.flash.geometry().ok_or(Status::MEMORY_NOT_CONFIGURED)
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
            Tag::EXECUTE => return self.execute(board, command),
            Tag::RESET => return self.reset(board, command),
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

/// The generic response to a command: the last one it gets.
pub(crate) fn finish(
    board: &mut impl Board,
    command: Tag,
    result: Result<(), Status>,
) -> Result<Next, LinkLost> {
    let status = result.err().unwrap_or(Status::SUCCESS);
    respond(board, &Response::generic(status, command))
}
