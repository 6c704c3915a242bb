//! How far the loader came, in a place that survives a reset: the host reads it through the boot ROM.
//!
//! | address | word |
//! |--|--|
//! | 0x2020FFF0 | "RTLD" |
//! | 0x2020FFF4 | [`Stage`] |
//! | 0x2020FFF8 | [`Error`]; 0: none |
//! | 0x2020FFFC | detail of the error: an address |
//!
//! OCRAM keeps its contents over a warm reset, and the boot ROM uses the first 32 KiB only.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::mmio::Register;
use crate::system;

const AT: Register = Register::at(0x2020_FFF0);
const MAGIC: u32 = u32::from_le_bytes(*b"RTLD");

/// What was done last.
#[allow(dead_code, reason = "some belong to one of the links")]
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Stage {
    Entered = 1,
    CachesSet = 2,
    WatchdogSet = 3,
    ClockMeasured = 4,
    UsbReset = 5,
    UsbRunning = 6,
    BusReset = 7,
    Addressed = 9,
    Configured = 10,
    FirstCommand = 11,
    UartSet = 12,
    UartListens = 13,
}

/// Why the loader gave up.
#[allow(dead_code, reason = "some belong to one of the links")]
#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Error {
    Fault = 1,
    Panic = 2,
    UsbReset = 3,
    UsbPrime = 4,
    UsbFlush = 5,
    UsbSetup = 6,
    UsbTripwire = 7,
    UsbAddToTail = 8,
    NoWorkArea = 9,
}

// stage, error and detail of the start before this one; 0 when there was none. Not in .bss: zeroed after `begin`.
#[unsafe(link_section = ".keep")]
static PREVIOUS: [AtomicU32; 3] = [AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)];

/// Keeps the previous breadcrumb and begins a new one.
pub(crate) fn begin() {
    let was_here = AT.read() == MAGIC;
    for (place, offset) in PREVIOUS.iter().zip([4, 8, 12]) {
        place.store(if was_here { AT.plus(offset).read() } else { 0 }, Relaxed);
    }
    AT.write(MAGIC);
    AT.plus(8).write(0);
    AT.plus(12).write(0);
    stage(Stage::Entered);
}

pub(crate) fn previous() -> [u32; 3] {
    [0, 1, 2].map(|word: usize| PREVIOUS[word].load(Relaxed))
}

pub(crate) fn stage(stage: Stage) {
    AT.plus(4).write(stage as u32);
}

/// Gives up: the boot ROM takes over, and the host finds the reason.
pub(crate) fn fail(error: Error, detail: u32) -> ! {
    AT.plus(8).write(error as u32);
    AT.plus(12).write(detail);
    system::reset()
}

/// For the panic handler.
pub fn panicked() -> ! {
    fail(Error::Panic, 0)
}
