//! rtboot's own commands that look at the flash and at the loader: Fetch and FlashCommand.

use loader_nor::{Fcb, Flash, RawCommand};
use rtboot_wire::loader::{self, Fetch, FlashCommand};
use rtboot_wire::mboot::{Command, Status};

use crate::board::{Board, LinkLost, Payload};
use crate::data::Source;
use crate::loader::{Loader, Next, finish, parameters};
use crate::status;

/// SFDP has addresses of 24 bits.
const SFDP_SPACE: u32 = 1 << 24;
/// Bytes of a row of [`Fetch::Registers`].
const ROW: usize = 8;

impl Loader<'_> {
    #[inline(never)]
    pub(crate) fn fetch(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [what, offset, length] = parameters(command);
        match self.find(board, what, offset) {
            Ok((source, available)) => {
                let length = length.min(available.saturating_sub(offset));
                self.send(board, command.tag, payload, length, source)
            }
            Err(status) => finish(board, command.tag, Err(status)),
        }
    }

    /// Where the bytes from `offset` on come from, and how many bytes there are from 0 on.
    fn find(
        &mut self,
        board: &mut impl Board,
        what: u32,
        offset: u32,
    ) -> Result<(Source, u32), Status> {
        let what = Fetch::of(what).ok_or(Status::INVALID_ARGUMENT)?;
        let length = match what {
            Fetch::Snapshot => {
                let (address, length) = board.state().snapshot;
                return Ok((Source::Memory(address.wrapping_add(offset), 0), length));
            }
            Fetch::Sfdp => {
                // tells whether there is a flash, before data are announced
                self.flash.read_id(board).map_err(status::own)?;
                return Ok((Source::Sfdp(offset), SFDP_SPACE));
            }
            Fetch::JedecId => {
                let id = self.flash.read_id(board).map_err(status::own)?;
                self.window[..id.len()].copy_from_slice(&id);
                id.len()
            }
            Fetch::Registers => self.registers(board)?,
            Fetch::Failure => {
                let bytes = self.failure.to_bytes();
                self.window[..bytes.len()].copy_from_slice(&bytes);
                bytes.len()
            }
        };
        Ok((Source::Window(offset), length as u32))
    }

    fn registers(&mut self, board: &mut impl Board) -> Result<usize, Status> {
        self.flash.read_id(board).map_err(status::own)?;
        let mut length = 0;
        while let Some(register) = self
            .flash
            .read_register(board, length / ROW)
            .map_err(status::own)?
        {
            let row = &mut self.window[length..length + ROW];
            row[..4].copy_from_slice(&[register.command, register.count, 0, 0]);
            row[4..].copy_from_slice(&register.bytes);
            length += ROW;
        }
        Ok(length)
    }

    pub(crate) fn protect(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<(), Status> {
        let [all] = parameters(command);
        match all {
            0 | 1 => self.flash.protect(board, all == 1).map_err(status::own),
            _ => Err(Status::INVALID_ARGUMENT),
        }
    }

    #[inline(never)]
    pub(crate) fn read_by_fcb(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [fcb, start, length] = parameters(command);
        if let Err(status) = self.read_to_window(board, fcb, Fcb::LEN as u32) {
            return finish(board, command.tag, Err(status));
        }
        let mut other = Flash::new();
        let ready = other.set_up(board, &self.window[..Fcb::LEN]);
        core::mem::swap(&mut self.flash, &mut other);
        let ready = match ready.map_err(status::own) {
            Ok(()) => self.flash_offset(board, start, length),
            Err(status) => Err(status),
        };
        let next = match ready {
            Ok(_) => {
                let source = Source::Memory(start, 0);
                self.send(board, command.tag, payload, length, source)
            }
            Err(status) => finish(board, command.tag, Err(status)),
        };
        self.flash = other;
        self.flash.restore(board);
        next
    }

    #[inline(never)]
    pub(crate) fn flash_command(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        match self.play(board, command) {
            Ok(length) => self.send(board, command.tag, payload, length, Source::Window(0)),
            Err(status) => finish(board, command.tag, Err(status)),
        }
    }

    fn play(&mut self, board: &mut impl Board, command: &Command) -> Result<u32, Status> {
        let words: [u32; 4] = parameters(command);
        let asked = FlashCommand::parse(&words)
            .ok()
            .filter(|asked| asked.sent_bytes == 0 || asked.received == 0)
            .ok_or(Status::INVALID_ARGUMENT)?;
        let raw = RawCommand {
            code: asked.opcode,
            address: asked.address,
            dummy_clocks: asked.dummy_clocks,
            sent: &asked.sent[..usize::from(asked.sent_bytes)],
            write_enable: asked.write_enable,
            wait: asked.wait,
            changes: asked.changes,
        };
        if !self.flash.allows(board, &raw).map_err(status::own)? {
            return Err(Status::LOADER_FORBIDDEN);
        }
        let into = &mut self.window[..usize::from(asked.received)];
        self.flash
            .play_raw(board, &raw, into)
            .map_err(status::own)?;
        Ok(asked.received.into())
    }
}

const _: () = assert!(FlashCommand::MOST as usize <= crate::WINDOW);
const _: () = assert!(loader::Failure::LEN <= crate::WINDOW);
