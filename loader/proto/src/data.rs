//! Commands with a data phase: ReadMemory and WriteMemory.

use loader_nor::{Error, Flash};
use rtboot_wire::mboot::{Command, Status, Tag, report};

use crate::board::{Board, LinkLost, Payload};
use crate::loader::{Loader, Next, announce, finish, parameters};
use crate::memory::Place;
use crate::status;

/// The largest page of a flash.
const PAGE: usize = 256;

impl Loader<'_> {
    #[inline(never)]
    pub(crate) fn read_memory(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [start, length, memory] = parameters(command);
        let source = Source::Memory(start, memory);
        self.send(board, command.tag, payload, length, source)
    }

    /// The data phase to the host: announcement, data, generic response.
    #[inline(never)]
    pub(crate) fn send(
        &mut self,
        board: &mut impl Board,
        command: Tag,
        payload: &mut Payload,
        length: u32,
        source: Source,
    ) -> Result<Next, LinkLost> {
        announce(board, command, length)?;
        let mut done = 0;
        while done < length {
            let count = board.payload().min((length - done) as usize);
            let read = match board.is_abort_pending() {
                true => Err(Status::DATA_PHASE_ABORTED),
                false => self.take(board, source, done, payload.resize(count)),
            };
            if let Err(status) = read {
                board.send(report::DATA_IN, &[])?;
                return finish(board, command, Err(status));
            }
            board.send(report::DATA_IN, payload.bytes())?;
            done += count as u32;
        }
        finish(board, command, Ok(()))
    }

    /// The next bytes of a data phase.
    fn take(
        &mut self,
        board: &mut impl Board,
        source: Source,
        done: u32,
        into: &mut [u8],
    ) -> Result<(), Status> {
        match source {
            Source::Memory(start, memory) => {
                self.read(board, start.wrapping_add(done), into, memory)
            }
            Source::Sfdp(offset) => self
                .flash
                .read_sfdp(board, offset + done, into)
                .map_err(status::own),
            Source::Window(start) => {
                let done = (start + done) as usize;
                into.copy_from_slice(&self.window[done..done + into.len()]);
                Ok(())
            }
        }
    }

    /// Fills the start of the window from RAM or flash.
    pub(crate) fn read_to_window(
        &mut self,
        board: &mut impl Board,
        address: u32,
        length: u32,
    ) -> Result<(), Status> {
        let place = self.place(board, address, length, 0)?;
        let into = &mut self.window[..length as usize];
        match place {
            Place::Ram(address) => board.read_ram(address, into),
            Place::Flash(offset) => self.flash.read(board, offset, into).map_err(status::of)?,
        }
        Ok(())
    }

    fn read(
        &self,
        board: &mut impl Board,
        address: u32,
        into: &mut [u8],
        memory: u32,
    ) -> Result<(), Status> {
        match self.place(board, address, into.len() as u32, memory)? {
            Place::Ram(address) => board.read_ram(address, into),
            Place::Flash(offset) => self.flash.read(board, offset, into).map_err(status::of)?,
        }
        Ok(())
    }

    // a frame of its own, so that its buffers are on the stack only while it runs
    #[inline(never)]
    pub(crate) fn write_memory(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [start, length, memory] = parameters(command);
        // the first answer never fails: the address is judged when data come, as in NXP's loader
        finish(board, command.tag, Ok(()))?;
        let place = self.writable(board, start, length, memory);
        let mut writer = Writer::new(place.unwrap_or(Place::Ram(0)));
        let mut left = length as usize;
        while left > 0 {
            if let Some(next) = receive_data(board, command.tag, payload, left)? {
                return Ok(next);
            }
            let bytes = payload.bytes();
            left -= bytes.len();
            let written = place.and_then(|_| writer.write(self, board, bytes));
            if let Err(status) = written {
                if left > 0 {
                    board.send(report::RESPONSE, &[])?;
                }
                return finish(board, command.tag, Err(status));
            }
        }
        // without data nothing was held; NXP's loader takes that at any address
        let result = writer.finish(self, board);
        finish(board, command.tag, result)
    }
}

/// Where the data of a data phase come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// RAM or flash at this address, with this memory id.
    Memory(u32, u32),
    /// SFDP from this offset on.
    Sfdp(u32),
    /// The window from here on.
    Window(u32),
}

/// Takes the data of a write in pieces of any length; flash is programmed in whole pages.
pub(crate) struct Writer {
    place: Place,
    /// Bytes of a page that is not whole yet.
    page: [u8; PAGE],
    held: usize,
}

impl Writer {
    pub fn new(place: Place) -> Writer {
        Writer {
            place,
            page: [0; PAGE],
            held: 0,
        }
    }

    pub fn write(
        &mut self,
        loader: &mut Loader<'_>,
        board: &mut impl Board,
        mut bytes: &[u8],
    ) -> Result<(), Status> {
        let offset = match self.place {
            Place::Ram(address) => {
                board.write_ram(address, bytes);
                self.place = Place::Ram(address + bytes.len() as u32);
                return Ok(());
            }
            Place::Flash(offset) => offset,
        };
        let page = loader.geometry()?.page as usize;
        if !offset.is_multiple_of(page as u32) {
            return Err(Status::NOR_WRITE_ALIGNMENT);
        }
        if self.held > 0 {
            let (first, rest) = bytes.split_at(bytes.len().min(page - self.held));
            self.hold(first);
            bytes = rest;
            if self.held < page {
                return Ok(());
            }
            self.program_held(loader, board, page)?;
        }
        let (whole, rest) = bytes.split_at(bytes.len() / page * page);
        program(&mut self.place, loader, board, whole)?;
        self.hold(rest);
        Ok(())
    }

    /// Programs what is left, the rest of its page as ones.
    pub fn finish(
        &mut self,
        loader: &mut Loader<'_>,
        board: &mut impl Board,
    ) -> Result<(), Status> {
        if self.held == 0 {
            return Ok(());
        }
        let page = loader.geometry()?.page as usize;
        self.page[self.held..page].fill(0xFF);
        self.program_held(loader, board, page)
    }

    fn hold(&mut self, bytes: &[u8]) {
        let end = self.held + bytes.len();
        self.page[self.held..end].copy_from_slice(bytes);
        self.held = end;
    }

    fn program_held(
        &mut self,
        loader: &mut Loader<'_>,
        board: &mut impl Board,
        page: usize,
    ) -> Result<(), Status> {
        self.held = 0;
        program(&mut self.place, loader, board, &self.page[..page])
    }
}

/// Programs whole pages and moves on behind them.
fn program(
    place: &mut Place,
    loader: &mut Loader<'_>,
    board: &mut impl Board,
    pages: &[u8],
) -> Result<(), Status> {
    if let (Place::Flash(offset), [_, ..]) = (*place, pages) {
        let result = loader.flash.program(board, offset, pages);
        let byte = expected(&loader.flash, pages, offset, result);
        loader.note(board, result, byte).map_err(status::of)?;
        *place = Place::Flash(offset + pages.len() as u32);
    }
    Ok(())
}

/// Waits for data of the host, `left` bytes at most: `None` when the payload has some. Otherwise the host ended the data phase
/// of `command`, which has been answered, or began another command.
#[inline(never)]
pub(crate) fn receive_data(
    board: &mut impl Board,
    command: Tag,
    payload: &mut Payload,
    left: usize,
) -> Result<Option<Next>, LinkLost> {
    loop {
        match (board.receive(payload)?, payload.bytes()) {
            (report::DATA_OUT, []) => break,
            (report::DATA_OUT, bytes) => {
                let length = bytes.len().min(left);
                payload.resize(length);
                return Ok(None);
            }
            // a new host: the one that began this command is gone, nobody waits for its answer
            (report::COMMAND, [_, ..]) => return Ok(Some(Next::Interrupted)),
            (report::COMMAND, []) => {
                board.send(report::RESPONSE, &[])?;
                break;
            }
            _ => {}
        }
    }
    finish(board, command, Err(Status::DATA_PHASE_ABORTED)).map(Some)
}

/// What should be at the place of an error, where data for `offset` were programmed.
pub(crate) fn expected(flash: &Flash, data: &[u8], offset: u32, result: Result<(), Error>) -> u8 {
    match result {
        Err(Error::Verify) => data[(flash.working_at() - offset) as usize],
        _ => 0xFF,
    }
}
