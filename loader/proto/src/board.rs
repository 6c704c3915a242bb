//! What the commands need from the board.

use loader_nor::Bus;

/// The longest payload that can come from the host: a frame's over a UART; a report's over USB is four bytes shorter.
pub const MAX_PAYLOAD: usize = 1024;

/// Bytes of the window, the memory that commands work in: as much as one record of a stream programs.
pub const WINDOW: usize = rtboot_wire::loader::stream::MOST as usize;

/// The host reset the bus or chose another configuration: the command at hand is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkLost;

/// The payload of a report from the host.
#[derive(Debug)]
pub struct Payload {
    bytes: [u8; MAX_PAYLOAD],
    length: usize,
}

impl Payload {
    /// An empty one.
    pub const fn new() -> Payload {
        Payload {
            bytes: [0; MAX_PAYLOAD],
            length: 0,
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Space for `length` bytes, at most [`MAX_PAYLOAD`].
    pub fn resize(&mut self, length: usize) -> &mut [u8] {
        self.length = length.min(MAX_PAYLOAD);
        &mut self.bytes[..self.length]
    }
}

impl Default for Payload {
    fn default() -> Payload {
        Payload::new()
    }
}

/// Memory from `start`, `length` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub start: u32,
    /// Bytes.
    pub length: u32,
}

impl Region {
    /// Whether it holds all of `length` bytes at `start`.
    pub fn holds(&self, start: u32, length: u32) -> bool {
        start >= self.start
            && u64::from(start) + u64::from(length)
                <= u64::from(self.start) + u64::from(self.length)
    }

    /// Whether it shares a byte with `length` bytes at `start`.
    pub fn touches(&self, start: u32, length: u32) -> bool {
        u64::from(start) < u64::from(self.start) + u64::from(self.length)
            && u64::from(self.start) < u64::from(start) + u64::from(length)
    }
}

/// What the loader tells about itself and the chip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BoardState {
    /// Measured clock of the core in kHz; 0 when it could not be measured.
    pub core_khz: u32,
    /// Where the registers at entry are kept, and how many bytes.
    pub snapshot: (u32, u32),
    /// SRC_SRSR at entry.
    pub reset_cause: u32,
    /// SRC_SBMR2 at entry.
    pub boot_mode: u32,
    /// What the loader could not do at start, as bits; see `docs/loader.md`.
    pub troubles: u32,
    /// Stage, error and its detail that the previous start of the loader left in RAM.
    pub breadcrumb: [u32; 3],
    /// Clock of the UART in Hz; 0 without one.
    pub uart_hz: u32,
}

/// What was decided when the image was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Build {
    /// The host is on a UART; otherwise on USB.
    pub uart: bool,
    /// To be signed for closed parts: nobody gets at RAM or starts code through it.
    pub restricted: bool,
}

/// A board with its link to the host, its RAM and its flash controller ([`Bus`]).
pub trait Board: Bus {
    /// Waits for the next report of the host, as long as it takes. Returns its id; the payload is what the report declares.
    ///
    /// # Errors
    /// [`LinkLost`].
    fn receive(&mut self, payload: &mut Payload) -> Result<u8, LinkLost>;

    /// Whether the next report of the host is an empty command: it wants the command at hand to end.
    fn is_abort_pending(&mut self) -> bool;

    /// Queues a report for the host; waits while the queue is full.
    ///
    /// # Errors
    /// [`LinkLost`].
    fn send(&mut self, id: u8, payload: &[u8]) -> Result<(), LinkLost>;

    /// The longest payload of data to the host on the link that the command came from, at most [`MAX_PAYLOAD`].
    fn payload(&self) -> usize {
        crate::property::payload(self.build())
    }

    /// Waits until the host has taken every report, at most for a second.
    fn drain(&mut self);

    /// ITCM, DTCM and OCRAM, as FlexRAM is split now.
    fn ram(&self) -> [Region; 3];

    /// The loader's own memory: readable, never written for a host.
    fn own(&self) -> [Region; 2];

    /// Copies from RAM. The caller has checked the range against [`Board::ram`].
    fn read_ram(&mut self, address: u32, into: &mut [u8]);

    /// Copies to RAM. The caller has checked the range against [`Board::ram`] and [`Board::own`].
    fn write_ram(&mut self, address: u32, data: &[u8]);

    /// A word of the fuses' shadow registers; `None` for an index that the chip does not have.
    fn fuse(&mut self, index: u32) -> Option<u32>;

    /// Calls a function; the caller has checked the address.
    fn call(&mut self, address: u32, argument: u32) -> u32;

    /// Leaves the loader for the code at `address`; `stack` 0 keeps the stack pointer. The caller has checked both. Does
    /// not return on a chip.
    fn execute(&mut self, address: u32, argument: u32, stack: u32);

    /// Leaves the loader for a flash application, as the boot ROM would: caches off, USB off, interrupts on. `table` is its
    /// vector table and `stack` its stack pointer; both are 0 for code that has none. Does not return on a chip.
    fn start(&mut self, table: u32, stack: u32, code: u32);

    /// Resets the chip. Does not return on a chip.
    fn reset(&mut self);

    /// What the vendor properties tell.
    fn state(&self) -> BoardState;

    /// Which build this is.
    fn build(&self) -> Build;

    /// Whether the UART can do this speed.
    fn has_speed(&self, _baud: u32) -> bool {
        false
    }

    /// Changes the UART's speed. When no host is heard at it, the old one comes back.
    fn set_speed_of_line(&mut self, _baud: u32) {}
}
