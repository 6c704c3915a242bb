//! Which memory an address means.

use rtboot_wire::mboot::Status;

use crate::board::{Board, Region};
use crate::loader::Loader;

/// Where the flash is mapped, and how far the map can reach.
pub(crate) const MAP: Region = Region {
    start: 0x6000_0000,
    length: 0x1000_0000,
};

/// All of RAM that a restricted build reads and writes for a host: FCBs and option words go there. The boot ROM used it, so
/// nothing of this program lies in it, and nothing starts there.
pub const MAILBOX: Region = Region {
    start: 0x2020_2000,
    length: 0x400,
};

/// Memory id of the FlexSPI NOR flash.
pub(crate) const FLEXSPI_NOR: u32 = 9;
/// SPI NOR and SD card: memories of NXP's loader that this one does not have. They count as never configured.
pub(crate) const ABSENT: [u32; 2] = [0x110, 0x120];

/// What an address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// RAM at this address.
    Ram(u32),
    /// Flash at this offset.
    Flash(u32),
}

impl Loader<'_> {
    /// The memory that holds all of `length` bytes at `start`.
    pub(crate) fn place(
        &self,
        board: &impl Board,
        start: u32,
        length: u32,
        memory: u32,
    ) -> Result<Place, Status> {
        // bits 11:8 are a group: in group 0 the address decides; group 1 holds memories that this loader does not have
        match memory >> 8 & 0xF {
            0 => {}
            1 => return Err(Status::MEMORY_NOT_CONFIGURED),
            _ => return Err(Status::MEMORY_RANGE_INVALID),
        }
        let open = !board.build().restricted || MAILBOX.holds(start, length);
        if open && board.ram().iter().any(|ram| ram.holds(start, length)) {
            return Ok(Place::Ram(start));
        }
        if !MAP.holds(start, 1) {
            return Err(Status::MEMORY_RANGE_INVALID);
        }
        let map = Region {
            start: MAP.start,
            length: self.geometry()?.size,
        };
        match map.holds(start, length) {
            true => Ok(Place::Flash(start - MAP.start)),
            false => Err(Status::MEMORY_RANGE_INVALID),
        }
    }

    /// The offset of `length` bytes that lie in flash.
    pub(crate) fn flash_offset(
        &self,
        board: &impl Board,
        start: u32,
        length: u32,
    ) -> Result<u32, Status> {
        match self.place(board, start, length, 0)? {
            Place::Flash(offset) => Ok(offset),
            Place::Ram(_) => Err(Status::MEMORY_RANGE_INVALID),
        }
    }

    /// As [`Loader::place`], and the host may write there.
    pub(crate) fn writable(
        &self,
        board: &impl Board,
        start: u32,
        length: u32,
        memory: u32,
    ) -> Result<Place, Status> {
        match self.place(board, start, length, memory)? {
            Place::Ram(_) if board.own().iter().any(|own| own.touches(start, length)) => {
                Err(Status::MEMORY_RANGE_INVALID)
            }
            place => Ok(place),
        }
    }

    /// Whether code may be started here: an odd (Thumb) address in RAM, or in flash once it is configured.
    pub(crate) fn is_code(&self, board: &impl Board, address: u32) -> bool {
        address & 1 == 1
            && address > 1
            && address != u32::MAX
            && self.place(board, address & !1, 2, 0).is_ok()
    }
}
