//! Commands without a data phase.

use loader_nor::{Fcb, Options};
use rtboot_wire::mboot::{Command, Status};

use crate::board::{Board, LinkLost, Payload};
use crate::data::Writer;
use crate::loader::{Loader, Next, finish, parameters};
use crate::memory::{ABSENT, FLEXSPI_NOR, Place};
use crate::status;

/// The option word that stores the configuration block in use at the start of flash.
const STORE_FCB: u32 = 0xF000_000F;

/// The answer to FlashReadOnce.
pub(crate) struct FuseAnswer(pub Result<u32, Status>);

impl FuseAnswer {
    /// Reads one fuse word; only whole words can be read.
    pub fn of(board: &mut impl Board, command: &Command) -> FuseAnswer {
        let [index, count] = parameters(command);
        let word = if count == 4 { board.fuse(index) } else { None };
        FuseAnswer(word.ok_or(Status::INVALID_ARGUMENT))
    }
}

impl Loader<'_> {
    pub(crate) fn erase_all(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<(), Status> {
        let [memory] = parameters(command);
        match memory {
            FLEXSPI_NOR => {
                self.geometry()?;
                let result = self.flash.erase_all(board);
                self.note(board, result, 0xFF).map_err(status::of)
            }
            absent if ABSENT.contains(&absent) => Err(Status::MEMORY_NOT_CONFIGURED),
            _ => Err(Status::INVALID_ARGUMENT),
        }
    }

    pub(crate) fn erase_region(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<(), Status> {
        let [start, length, memory] = parameters(command);
        if length == 0 {
            return Ok(());
        }
        match self.place(board, start, length, memory)? {
            Place::Ram(_) => Err(Status::FLASH_ADDRESS),
            Place::Flash(offset) => {
                let end = offset + length;
                let result = self.flash.erase(board, offset, end);
                self.note(board, result, 0xFF).map_err(status::of)
            }
        }
    }

    // a frame of its own, so that its buffers are on the stack only while it runs
    #[inline(never)]
    pub(crate) fn fill_memory(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<(), Status> {
        let [start, length, pattern] = parameters(command);
        let place = self.writable(board, start, length, 0)?;
        let mut writer = Writer::new(place);
        // 64 bytes at a time; the pattern repeats every four
        let mut piece = [0; 64];
        for word in piece.as_chunks_mut().0 {
            *word = pattern.to_le_bytes();
        }
        let mut left = length as usize;
        while left > 0 {
            let count = left.min(piece.len());
            writer.write(self, board, &piece[..count])?;
            left -= count;
        }
        writer.finish(self, board)
    }

    pub(crate) fn call(&mut self, board: &mut impl Board, command: &Command) -> Result<(), Status> {
        let [address, argument] = parameters(command);
        if !self.is_code(board, address) {
            return Err(Status::INVALID_ARGUMENT);
        }
        match board.call(address, argument) {
            0 => Ok(()),
            code => Err(Status(code)),
        }
    }

    pub(crate) fn execute(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<Next, LinkLost> {
        let [address, argument, stack] = parameters(command);
        let ram = board.ram();
        // a full-descending stack may start at the end of a memory, not at its first byte
        let fits = |ram: &crate::Region| {
            stack > ram.start && u64::from(stack) <= u64::from(ram.start) + u64::from(ram.length)
        };
        if !self.is_code(board, address) || (stack != 0 && !ram.iter().any(fits)) {
            return finish(board, command.tag, Err(Status::INVALID_ARGUMENT));
        }
        let next = finish(board, command.tag, Ok(()))?;
        board.drain();
        board.execute(address, argument, stack);
        Ok(next)
    }

    pub(crate) fn reset(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<Next, LinkLost> {
        let next = finish(board, command.tag, Ok(()))?;
        board.drain();
        if self.geometry().is_ok() {
            // the boot ROM would read a busy flash; one that stays busy must not prevent the reset
            let _ = self.flash.settle(board);
        }
        board.reset();
        Ok(next)
    }

    // a frame of its own, so that its buffers are on the stack only while it runs
    #[inline(never)]
    pub(crate) fn configure_memory(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<(), Status> {
        let [memory, address] = parameters(command);
        if memory != FLEXSPI_NOR || address == 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        let block = payload.resize(Fcb::LEN);
        let place = self.place(board, address, Fcb::LEN as u32, 0);
        match place.map_err(|_| Status::INVALID_ARGUMENT)? {
            Place::Ram(address) => board.read_ram(address, block),
            Place::Flash(offset) => {
                self.flash.read(board, offset, block).map_err(status::of)?;
            }
        }
        let word = |at: usize| {
            u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
        };
        match word(0) {
            STORE_FCB => self.store_fcb(board),
            Fcb::TAG_WORD => self.flash.set_up(board, block).map_err(status::of),
            word0 => {
                let options = Options::new(word0, word(4)).map_err(status::of)?;
                self.flash.configure(board, options).map_err(status::of)
            }
        }
    }

    fn store_fcb(&mut self, board: &mut impl Board) -> Result<(), Status> {
        self.geometry().map_err(|_| Status::INVALID_ARGUMENT)?;
        let flash = &mut self.flash;
        let length = Fcb::LEN as u32;
        if !flash.is_blank(board, 0, length).map_err(status::of)? {
            return Err(Status::MEMORY_CUMULATIVE_WRITE);
        }
        flash.program_fcb(board).map_err(status::of)
    }
}
