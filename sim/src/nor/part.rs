//! What a flash part is made of: identity, geometry, registers and times. The parts themselves are in `parts`.

use super::register::ReadRegister;

/// Where the quad-enable bit lives: status register (0 = SR1) and bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuadEnable {
    /// 0 = status register 1.
    pub register: usize,
    /// Bit number.
    pub bit: u8,
}

impl QuadEnable {
    /// The part has no such bit: its quad commands always work.
    pub const NONE: QuadEnable = QuadEnable {
        register: usize::MAX,
        bit: 0,
    };
}

/// How the block-protect bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockProtect {
    /// BP bits in status register 1.
    pub mask: u8,
    /// Bytes that BP = 1 protects; each step doubles.
    pub unit: u32,
    /// Bit of status register 1 that turns the range to the bottom (Winbond TB).
    pub bottom: Option<u8>,
    /// Bit of status register 1 that makes the unit 4 KiB (Winbond SEC).
    pub sector: Option<u8>,
    /// Status register and bit that turns the choice round (Winbond CMP).
    pub complement: Option<(usize, u8)>,
    /// Bit of status register 1 that, with WP# low, locks the status registers (SRWD, SRP).
    pub lock: u8,
}

/// Typical times of the data sheet, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Page program.
    pub page_program: u64,
    /// 4 KiB erase.
    pub erase_4k: u64,
    /// 32 KiB erase.
    pub erase_32k: u64,
    /// 64 KiB erase.
    pub erase_64k: u64,
    /// Whole chip.
    pub erase_chip: u64,
    /// Status register write.
    pub status: u64,
}

/// Which mode bits after the address of a quad read keep the part waiting for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuous {
    /// Axh.
    HighNibbleA,
    /// The first clock differs from the second on every wire (Macronix, Eon): A5h, 5Ah, F0h, 0Fh.
    Toggling,
    /// IO0 low in the first clock, and only where the volatile configuration register allows it (Micron).
    Confirmation,
}

/// How a part of more than 16 MiB takes addresses beyond 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FourByte {
    /// It does not.
    None,
    /// B7h and E9h change the length; C5h and C8h write and read the upper byte; some commands always take 32 bits.
    Mode,
    /// As `Mode`, and two bits of status register 3: bit 0 shows the length, bit 1 is the length at power-on (Winbond).
    ModeInStatus3,
    /// 17h and 16h write and read the bank register: bit 7 is the length, the others the upper byte (Infineon S).
    Bank,
}

/// A kind of flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Name in lower case, as settings spell it.
    pub name: &'static str,
    /// Answer to 9Fh.
    pub jedec: [u8; 3],
    /// What 9Fh answers behind these; zeros follow.
    pub jedec_tail: &'static [u8],
    /// Bytes.
    pub size: u32,
    /// Quad-enable bit.
    pub quad_enable: QuadEnable,
    /// Block protection.
    pub protect: BlockProtect,
    /// Bytes of a page.
    pub page: u32,
    /// Bytes that D8h erases, where 20h and 52h do not exist; `None` where all three do.
    pub uniform: Option<u32>,
    /// Status registers that exist, 1 to 3.
    pub status_registers: usize,
    /// Bytes that 01h takes at most: with more the part ignores it. `None` where the data sheet does not say.
    pub status_bytes: Option<usize>,
    /// 50h lets the next status write last until power-off only.
    pub volatile_status: bool,
    /// Status register and bit that lock the status registers until power-off (Winbond SRL).
    pub power_lock: Option<(usize, u8)>,
    /// Status register and bit that put every block under a lock of its own, closed at power-on (Winbond WPS).
    pub block_locks: Option<(usize, u8)>,
    /// Command that enters QPI mode.
    pub enter_qpi: Option<u8>,
    /// Command that leaves QPI mode.
    pub exit_qpi: u8,
    /// Mode bits that keep the part in continuous read.
    pub continuous: Continuous,
    /// How more than 24 address bits are reached.
    pub four_byte: FourByte,
    /// Register that holds the number of dummy clocks.
    pub read_register: ReadRegister,
    /// Reads on both clock edges (0Dh, BDh, EDh) exist.
    pub ddr: bool,
    /// SFDP table as the part gives it.
    pub sfdp: Vec<u8>,
    /// Typical times.
    pub times: Times,
}

/// Page size of almost every part, and of what the ROM and the flashloader program at once.
pub const PAGE: u32 = 256;

impl Part {
    /// More than 24 address bits reach: the part knows commands with 32 bits.
    pub fn needs_four_bytes(&self) -> bool {
        self.size > 1 << 24
    }

    /// Names of all parts.
    pub fn names() -> Vec<&'static str> {
        Part::all().iter().map(|part| part.name).collect()
    }

    /// The part of that name, in any case.
    pub fn find(name: &str) -> Option<Part> {
        Part::all()
            .into_iter()
            .find(|part| part.name.eq_ignore_ascii_case(name))
    }
}
