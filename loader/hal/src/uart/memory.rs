//! Memory of the UART: the ring that the interrupt fills, and the state of the frames.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use loader_proto::serial::Serial;

/// Bytes of the ring: a frame and what a host sends behind it.
pub(super) const RING: u32 = 2048;

/// Bytes of all of it.
pub(crate) const LEN: u32 = RING + 0x1000;
const _: () = assert!(size_of::<Serial>() <= 0x1000);

static RING_AT: AtomicU32 = AtomicU32::new(0);
// bytes that were put in and taken out, ever; the interrupt writes the first, the rest of the program the second
static PUT: AtomicU32 = AtomicU32::new(0);
static TAKEN: AtomicU32 = AtomicU32::new(0);
static GARBLED: AtomicU32 = AtomicU32::new(0);

/// Takes [`LEN`] bytes at `work`. Called once.
pub(super) fn place(work: u32) -> &'static mut Serial {
    RING_AT.store(work, Relaxed);
    let serial = (work + RING) as *mut Serial;
    // SAFETY: a part of the work area that nothing else uses, aligned to 1024 bytes; initialised here; the only reference, as
    // the UART is started once
    unsafe {
        serial.write(Serial::new());
        &mut *serial
    }
}

fn at(count: u32) -> *mut u8 {
    (RING_AT.load(Relaxed) + count % RING) as *mut u8
}

/// For the interrupt: a byte that finds the ring full is lost, and the frame's CRC tells.
pub(super) fn push(byte: u8) {
    let put = PUT.load(Relaxed);
    if put.wrapping_sub(TAKEN.load(Relaxed)) < RING {
        // SAFETY: inside the ring, at a place that the reader leaves alone until `PUT` says that it is filled. One core: a
        // compiler that kept the order of volatile accesses keeps it for the reader
        unsafe { at(put).write_volatile(byte) };
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
        PUT.store(put.wrapping_add(1), Relaxed);
    }
}

/// The oldest byte.
pub(super) fn pop() -> Option<u8> {
    let taken = TAKEN.load(Relaxed);
    if taken == PUT.load(Relaxed) {
        return None;
    }
    core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::SeqCst);
    // SAFETY: inside the ring, at a place that the interrupt has filled and leaves alone until `TAKEN` gives it back
    let byte = unsafe { at(taken).read_volatile() };
    TAKEN.store(taken.wrapping_add(1), Relaxed);
    Some(byte)
}

/// Drops all bytes. The interrupt is off.
pub(super) fn forget() {
    TAKEN.store(PUT.load(Relaxed), Relaxed);
    GARBLED.store(0, Relaxed);
}

/// For the interrupt.
pub(super) fn note_garbled() {
    GARBLED.store(GARBLED.load(Relaxed).saturating_add(1), Relaxed);
}

/// Bytes that did not fit the speed, or came too fast, since the last question.
pub(super) fn take_garbled() -> u32 {
    // read and cleared in two steps: one that comes between is not counted, which does not matter
    let count = GARBLED.load(Relaxed);
    if count != 0 {
        GARBLED.store(0, Relaxed);
    }
    count
}
