//! Which memory an address means.

use super::super::memory::FLEXSPI_NOR;
use super::super::status::{INVALID_ARGUMENT, MEMORY_RANGE, NOT_CONFIGURED, Status};
use super::flash::Flash;
use crate::chip::RAM_STARTS;
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;

/// The image, and the stack of the start.
const IMAGE: Region = Region {
    start: 0x2020_8000,
    length: 0x8000,
};
/// Memories that NXP's loader knows and this one refuses like it: a serial NOR on LPSPI, an SD card.
const SPI_NOR: u32 = 0x110;
const SD_CARD: u32 = 0x120;
/// Bytes of the work area: USB memory, buffers, the stack.
const WORK: u32 = 0x6000;
/// As far as the memory window of FlexSPI can reach.
const WINDOW: Region = Region {
    start: AHB_BASE,
    length: 0x1000_0000,
};

/// Memory from `start`, `length` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub start: u32,
    pub length: u32,
}

impl Region {
    fn end(self) -> u64 {
        u64::from(self.start) + u64::from(self.length)
    }

    fn holds(self, other: Region) -> bool {
        other.start >= self.start && other.end() <= self.end()
    }

    fn touches(self, other: Region) -> bool {
        u64::from(other.start) < self.end() && u64::from(self.start) < other.end()
    }
}

/// What an address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// RAM at this address.
    Ram(u32),
    /// Flash at this offset.
    Flash(u32),
}

/// Whether FlexSPI's window reaches that far.
pub fn in_window(address: u32) -> bool {
    WINDOW.holds(Region {
        start: address,
        length: 1,
    })
}

/// The memories of the chip as FlexRAM is split now.
pub fn banks(m: &Machine) -> [Region; 3] {
    let sizes = m.ram.sizes();
    [0, 1, 2].map(|i: usize| Region {
        start: RAM_STARTS[i],
        length: sizes[i],
    })
}

/// The loader's own memory: readable, never written for a host. The work area is the end of DTCM where that is large enough,
/// else of OCRAM, else of ITCM.
pub fn own(m: &Machine) -> [Region; 2] {
    let [itcm, dtcm, ocram] = banks(m);
    let bank = match () {
        () if dtcm.length >= WORK => dtcm,
        () if ocram.end() >= IMAGE.end() + u64::from(WORK) => ocram,
        () => itcm,
    };
    let work = Region {
        start: bank.start + bank.length.saturating_sub(WORK),
        length: WORK.min(bank.length),
    };
    [IMAGE, work]
}

/// The memory that holds the whole range.
pub fn place(
    m: &Machine,
    flash: &Flash,
    start: u32,
    length: u32,
    memory: u32,
) -> Result<Place, Status> {
    let range = Region { start, length };
    // bits 11:8 are a group: in group 0 the address decides; group 1 holds memories that this loader does not have
    match memory >> 8 & 0xF {
        0 => {}
        1 => return Err(NOT_CONFIGURED),
        _ => return Err(MEMORY_RANGE),
    }
    if banks(m).iter().any(|bank| bank.holds(range)) {
        return Ok(Place::Ram(start));
    }
    if !WINDOW.holds(Region { start, length: 1 }) {
        return Err(MEMORY_RANGE);
    }
    let size = flash.geometry().ok_or(NOT_CONFIGURED)?.size;
    let map = Region {
        start: AHB_BASE,
        length: size,
    };
    match map.holds(range) {
        true => Ok(Place::Flash(start - AHB_BASE)),
        false => Err(MEMORY_RANGE),
    }
}

/// As [`place`], and the host may write there.
pub fn writable(
    m: &Machine,
    flash: &Flash,
    start: u32,
    length: u32,
    memory: u32,
) -> Result<Place, Status> {
    match place(m, flash, start, length, memory)? {
        Place::Ram(_)
            if own(m)
                .iter()
                .any(|own| own.touches(Region { start, length })) =>
        {
            Err(MEMORY_RANGE)
        }
        place => Ok(place),
    }
}

/// Whether code may be started here: an odd address in RAM, or in flash once it is configured.
pub fn is_code(m: &Machine, flash: &Flash, address: u32) -> bool {
    let known = || place(m, flash, address & !1, 2, 0).is_ok();
    address & 1 == 1 && address > 1 && address != u32::MAX && known()
}

/// Is it 0, or a stack pointer inside a bank but not at its start?
pub fn is_stack(m: &Machine, address: u32) -> bool {
    let inside = |bank: &Region| address > bank.start && u64::from(address) <= bank.end();
    address == 0 || banks(m).iter().any(inside)
}

/// Whether `memory` is the flash; the error of every other id.
pub fn is_flash(memory: u32) -> Result<(), Status> {
    match memory {
        FLEXSPI_NOR => Ok(()),
        SPI_NOR | SD_CARD => Err(NOT_CONFIGURED),
        _ => Err(INVALID_ARGUMENT),
    }
}
