//! RAM that a host names, and the split of FlexRAM.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use loader_proto::{Region, WINDOW};

use crate::clock;
use crate::link;
use crate::mmio::Register;
use crate::start::probe_copy;

const GPR16: Register = Register::at(0x400A_C040);
const GPR17: Register = Register::at(0x400A_C044);
/// GPR17 decides, not the fuse.
const BANKS_BY_REGISTER: u32 = 1 << 2;
const FUSE_SHADOWS: Register = Register::at(0x401F_4400);
const SPLIT_FUSE: u32 = 0x2D;
const BANK: u32 = 32 << 10;

/// ITCM and DTCM in banks of 32 KiB by the fuse field MISC_CONF0\[19:16\]; the rest of the eight banks is OCRAM.
///
/// Source: fuse data of the RT1024 in SPSDK, the same part.
const SPLITS: [(u8, u8); 16] = [
    (2, 2),
    (2, 4),
    (0, 4),
    (1, 4),
    (4, 2),
    (0, 6),
    (1, 2),
    (0, 2), //
    (2, 1),
    (4, 1),
    (5, 1),
    (0, 1),
    (4, 0),
    (1, 1),
    (6, 0),
    (0, 0),
];

/// The image and the stack of the start; link.x has the same numbers.
const IMAGE: Region = Region {
    start: 0x2020_8000,
    length: 0x8000,
};
/// Bytes of the work area: memory of the link, the window, the stack.
const WORK: u32 = 0x6000;
const STACK: u32 = 0x1000;

// first address of the work area; 0 before it is chosen
static WORK_START: AtomicU32 = AtomicU32::new(0);

/// Chooses the work area, at the end of a memory that this FlexRAM split has: DTCM, which the core reaches at once; else
/// OCRAM behind the image; else ITCM. Bus masters reach all three. `None` for a split that the fuses cannot give.
pub(crate) fn choose_work_area() -> Option<Region> {
    let image_end = IMAGE.start + IMAGE.length;
    let end = |region: &Region| region.start + region.length;
    let [itcm, dtcm, ocram] = &regions();
    let end = match () {
        () if dtcm.length >= WORK => end(dtcm),
        () if end(ocram) >= image_end + WORK => end(ocram),
        () if itcm.length > WORK => end(itcm),
        () => return None,
    };
    WORK_START.store(end - WORK, Relaxed);
    Some(work())
}

/// The loader's own memory: image, work area.
pub(crate) fn own() -> [Region; 2] {
    [IMAGE, work()]
}

/// The work area.
pub(crate) fn work() -> Region {
    Region {
        start: WORK_START.load(Relaxed),
        length: WORK,
    }
}

/// The window behind the link's memory in the work area. Called once.
pub(crate) fn window(address: u32) -> &'static mut [u8; WINDOW] {
    let window = address as *mut [u8; WINDOW];
    // SAFETY: a part of the work area that nothing else uses; zeroed here, so that it is initialised; the only
    // reference, as `start` runs once
    unsafe {
        window.write_bytes(0, 1);
        &mut *window
    }
}

const _: () = assert!(link::LEN + WINDOW as u32 + STACK <= WORK);

/// ITCM, DTCM and OCRAM as they are now. Never changed: code runs in it.
pub(crate) fn regions() -> [Region; 3] {
    clock::IOMUXC_GPR.on();
    clock::OCOTP.on();
    let [itcm, dtcm, ocram] = match GPR16.has(BANKS_BY_REGISTER) {
        true => {
            let banks = GPR17.read();
            let count = |kind| {
                (0..8)
                    .filter(|bank| banks >> (2 * bank) & 3 == kind)
                    .count() as u32
            };
            [count(3), count(2), count(1)]
        }
        false => {
            let (itcm, dtcm) = SPLITS[(fuse_word(SPLIT_FUSE) >> 16 & 0xF) as usize];
            [itcm, dtcm, 8 - itcm - dtcm].map(u32::from)
        }
    };
    [(0, itcm), (0x2000_0000, dtcm), (0x2020_0000, ocram)].map(|(start, banks)| Region {
        start,
        length: banks * BANK,
    })
}

/// The fuses' shadow registers: words 0 to 47, then 48 to 63 behind a gap.
pub(crate) fn fuse(index: u32) -> Option<u32> {
    clock::OCOTP.on();
    (index < 64).then(|| fuse_word(index))
}

fn fuse_word(index: u32) -> u32 {
    let gap = if index < 48 { 0 } else { 0x100 };
    FUSE_SHADOWS.plus(16 * index + gap).read()
}

/// Copies from any address into a buffer; `Err` when the address cannot be read.
pub(crate) fn read(address: u32, into: &mut [u8]) -> Result<(), Unreadable> {
    // SAFETY: writes `into` only, which is exclusively ours; a read of memory that nobody else writes now (DMA buffers are
    // read through the queues only), and a read that faults is reported
    let failed = unsafe { probe_copy(into.as_mut_ptr() as u32, address, into.len() as u32) };
    if failed == 0 { Ok(()) } else { Err(Unreadable) }
}

/// Copies to RAM that no Rust object lies in: the caller keeps the host out of [`own`].
pub(crate) fn write(address: u32, data: &[u8]) {
    let length = data.len() as u32;
    if own().iter().any(|own| own.touches(address, length)) {
        return;
    }
    // SAFETY: the target is outside all memory of this program; a fault is ignored, the host reads back
    unsafe { probe_copy(address, data.as_ptr() as u32, length) };
}

/// A read that ended with a fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unreadable;

/// Calls a function of the host.
pub(crate) fn call(address: u32, argument: u32) -> u32 {
    // SAFETY: the host asks for code of its own to be run, at an address that was checked to be RAM or flash and not null;
    // what that code does is the host's affair, as with every debugger
    let function = unsafe {
        core::mem::transmute::<usize, unsafe extern "C" fn(u32) -> u32>(address as usize)
    };
    // SAFETY: as above
    unsafe { function(argument) }
}
