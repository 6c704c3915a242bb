//! The memory that the USB controller shares with the core: queue heads, transfer descriptors, buffers.
//!
//! It lies in the work area ([`crate::memory`]), at multiples of 1024 bytes: heads and descriptors first, then the packet
//! buffers. The controller reads and writes it on its own, so every access is volatile and
//! none goes through a reference. The D-cache is off; a barrier orders the core's writes before the register write that
//! tells the controller.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bytes of a buffer: one packet of the fastest endpoint.
pub(super) const BUFFER: usize = 1024;
/// Reports from the host.
pub(super) const OUT_BUFFERS: usize = 8;
/// A frame from the host on the bulk endpoint.
pub(super) const BULK_BUFFERS: usize = 1;
/// To the host, on the endpoint of the interface that has the word.
pub(super) const IN_BUFFERS: usize = 4;
/// For the data of control transfers.
const CONTROL_BUFFER: usize = OUT_BUFFERS + BULK_BUFFERS + IN_BUFFERS;
const BUFFERS: usize = CONTROL_BUFFER + 1;
const HEADS: usize = 8;
/// Descriptors of control transfers come first.
pub(super) const CONTROL_TRANSFERS: usize = 3;
const TRANSFERS: usize = CONTROL_TRANSFERS + CONTROL_BUFFER;
const _: () = assert!(64 * HEADS + 32 * TRANSFERS <= 1024);

/// Bytes of all of it.
pub(crate) const LEN: u32 = 1024 + (BUFFER * BUFFERS) as u32;

static BASE: AtomicU32 = AtomicU32::new(0);

/// Takes [`LEN`] bytes at `address`, and zeroes them. The controller wants its list of queue heads at a multiple of 2048.
pub(super) fn place(address: u32) {
    BASE.store(address, Relaxed);
    for at in (0..LEN).step_by(4) {
        // SAFETY: the work area is RAM that no Rust object lies in, and the controller is stopped
        unsafe { ((address + at) as *mut u32).write_volatile(0) }
    }
}

/// Words of a queue head or of a transfer descriptor.
#[derive(Clone, Copy)]
pub(super) struct Words {
    address: u32,
    count: u32,
}

impl Words {
    pub fn address(self) -> u32 {
        self.address
    }

    pub fn read(self, index: u32) -> u32 {
        debug_assert!(index < self.count);
        // SAFETY: an aligned word inside this memory
        unsafe { ((self.address + 4 * index) as *const u32).read_volatile() }
    }

    pub fn write(self, index: u32, value: u32) {
        debug_assert!(index < self.count);
        // SAFETY: as in `read`
        unsafe { ((self.address + 4 * index) as *mut u32).write_volatile(value) }
    }
}

/// Bytes that a transfer moves.
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    address: u32,
    length: usize,
}

impl Buffer {
    pub fn address(self) -> u32 {
        self.address
    }

    /// Copies from the buffer, from `at` on; what lies beyond it stays as it was.
    pub fn read(self, at: usize, into: &mut [u8]) {
        let count = into.len().min(self.length.saturating_sub(at));
        // SAFETY: inside this memory, which `into` cannot overlap: no reference to it exists. The controller has handed the
        // buffer over, and the descriptor that said so was read volatile before
        unsafe {
            let from = (self.address as *const u8).add(at);
            core::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), count);
        }
    }

    /// Copies to the buffer, from `at` on; what does not fit is left out.
    pub fn write(self, at: usize, data: &[u8]) {
        let count = data.len().min(self.length.saturating_sub(at));
        // SAFETY: as in `read`; the descriptor is given to the controller behind a barrier
        unsafe {
            let to = (self.address as *mut u8).add(at);
            core::ptr::copy_nonoverlapping(data.as_ptr(), to, count);
        }
    }

    /// Makes everything from `at` on zero.
    pub fn clear(self, at: usize) {
        let count = self.length.saturating_sub(at);
        // SAFETY: as in `write`
        unsafe { core::ptr::write_bytes((self.address as *mut u8).add(at), 0, count) }
    }
}

fn base() -> u32 {
    BASE.load(Relaxed)
}

/// The list for ENDPTLISTADDR.
pub(super) fn list() -> u32 {
    base()
}

/// The queue head of an endpoint: 2 · number, plus 1 for IN.
pub(super) fn head(index: usize) -> Words {
    assert!(index < HEADS);
    Words {
        address: base() + 64 * index as u32,
        count: 16,
    }
}

pub(super) fn transfer(index: usize) -> Words {
    assert!(index < TRANSFERS);
    Words {
        address: base() + (64 * HEADS + 32 * index) as u32,
        count: 8,
    }
}

/// For the data of control transfers.
pub(super) fn control() -> Buffer {
    buffer(CONTROL_BUFFER)
}

pub(super) fn buffer(index: usize) -> Buffer {
    assert!(index < BUFFERS);
    Buffer {
        address: base() + (1024 + BUFFER * index) as u32,
        length: BUFFER,
    }
}
