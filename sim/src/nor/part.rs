//! The flash parts the virtual board can carry: identity, geometry, registers and times.

use crate::sfdp;

/// Where the quad-enable bit lives: status register (0 = SR1) and bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuadEnable {
    /// 0 = status register 1.
    pub register: usize,
    /// Bit number.
    pub bit: u8,
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

/// Volatile register that sets how many clocks the part waits before it sends data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadRegister {
    /// There is none: every read command has its fixed number of dummy clocks.
    None,
    /// ISSI read register. C0h or 63h writes it, 61h reads it, 65h also writes the non-volatile copy that power-on
    /// loads. Bits 4:3 dummy clocks, bit 2 burst wrap, bits 1:0 burst length.
    Issi,
    /// Macronix configuration register. The second byte of 01h writes it, 15h reads it. Bits 7:6 dummy clocks.
    Macronix,
}

impl ReadRegister {
    /// Its value when the part leaves the factory.
    ///
    /// Both parts drive their outputs at the strength of 111: bits 7:5 at ISSI, 2:0 at Macronix.
    pub(crate) fn factory(self) -> u8 {
        match self {
            ReadRegister::None => 0,
            ReadRegister::Issi => 0xE0,
            ReadRegister::Macronix => 0x07,
        }
    }
}

/// A kind of flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Name in lower case, as settings spell it.
    pub name: &'static str,
    /// Answer to 9Fh.
    pub jedec: [u8; 3],
    /// Bytes.
    pub size: u32,
    /// Quad-enable bit.
    pub quad_enable: QuadEnable,
    /// Block protection.
    pub protect: BlockProtect,
    /// Status registers that exist, 1 to 3.
    pub status_registers: usize,
    /// Command that enters QPI mode.
    pub enter_qpi: Option<u8>,
    /// Register that holds the number of dummy clocks.
    pub read_register: ReadRegister,
    /// Reads on both clock edges (0Dh, BDh, EDh) exist.
    pub ddr: bool,
    /// SFDP table as the part gives it.
    pub sfdp: Vec<u8>,
    /// Typical times.
    pub times: Times,
}

/// Page size of every part here.
pub const PAGE: u32 = 256;

const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const S: u64 = 1_000_000_000;

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

    /// Every part.
    pub fn all() -> Vec<Part> {
        vec![
            Part::is25lp064a(),
            Part::is25lp064a_sfdp10(),
            Part::w25q64jv(),
            Part::mx25l12845g(),
            Part::gd25q64c(),
        ]
    }

    /// ISSI IS25LP064A, the part of the RT1020 EVK.
    ///
    /// Source: IS25LP064A data sheet; SFDP layout of its family, see [`sfdp`].
    pub fn is25lp064a() -> Part {
        Part {
            name: "is25lp064a",
            jedec: [0x9D, 0x60, 0x17],
            size: 8 << 20,
            quad_enable: QuadEnable {
                register: 0,
                bit: 6,
            },
            protect: BlockProtect {
                mask: 0x3C,
                unit: 0x1_0000,
                bottom: None,
                sector: None,
                complement: None,
                lock: 7,
            },
            status_registers: 1,
            enter_qpi: Some(0x35),
            read_register: ReadRegister::Issi,
            ddr: true,
            sfdp: sfdp::is25lp064a(),
            times: Times {
                page_program: 200 * US,
                erase_4k: 48 * MS,
                erase_32k: 160 * MS,
                erase_64k: 304 * MS,
                erase_chip: 16 * S,
                status: 2 * MS,
            },
        }
    }

    /// The same with JESD216 revision 1.0 tables: nine words, no quad-enable information.
    pub fn is25lp064a_sfdp10() -> Part {
        Part {
            name: "is25lp064a-sfdp10",
            sfdp: sfdp::is25lp064a_1_0(),
            ..Part::is25lp064a()
        }
    }

    /// Winbond W25Q64JV-IQ.
    ///
    /// Source: W25Q64JV data sheet.
    pub fn w25q64jv() -> Part {
        Part {
            name: "w25q64jv",
            jedec: [0xEF, 0x40, 0x17],
            size: 8 << 20,
            quad_enable: QuadEnable {
                register: 1,
                bit: 1,
            },
            protect: BlockProtect {
                mask: 0x1C,
                unit: 0x2_0000,
                bottom: Some(5),
                sector: Some(6),
                complement: Some((1, 6)),
                lock: 7,
            },
            status_registers: 3,
            enter_qpi: None,
            read_register: ReadRegister::None,
            // the SFDP table says true, but the -IQ has none of the commands
            ddr: false,
            sfdp: sfdp::w25q64jv(),
            times: Times {
                page_program: 704 * US,
                erase_4k: 64 * MS,
                erase_32k: 128 * MS,
                erase_64k: 160 * MS,
                erase_chip: 20 * S,
                status: 2 * MS,
            },
        }
    }

    /// Macronix MX25L12845G.
    ///
    /// Source: MX25L12845G data sheet.
    pub fn mx25l12845g() -> Part {
        Part {
            name: "mx25l12845g",
            jedec: [0xC2, 0x20, 0x18],
            size: 16 << 20,
            quad_enable: QuadEnable {
                register: 0,
                bit: 6,
            },
            protect: BlockProtect {
                mask: 0x3C,
                unit: 0x1_0000,
                bottom: None,
                sector: None,
                complement: None,
                lock: 7,
            },
            status_registers: 1,
            enter_qpi: Some(0x35),
            read_register: ReadRegister::Macronix,
            ddr: true,
            sfdp: sfdp::mx25l12845g(),
            times: Times {
                page_program: 384 * US,
                erase_4k: 25 * MS,
                erase_32k: 144 * MS,
                erase_64k: 256 * MS,
                erase_chip: 28 * S,
                status: 2 * MS,
            },
        }
    }

    /// GigaDevice GD25Q64C: nine-word SFDP, quad enable in status register 2 bit 1.
    ///
    /// Source: GD25Q64C data sheet.
    pub fn gd25q64c() -> Part {
        Part {
            name: "gd25q64c",
            jedec: [0xC8, 0x40, 0x17],
            size: 8 << 20,
            quad_enable: QuadEnable {
                register: 1,
                bit: 1,
            },
            protect: BlockProtect {
                mask: 0x1C,
                unit: 0x2_0000,
                bottom: Some(5),
                sector: Some(6),
                complement: Some((1, 6)),
                lock: 7,
            },
            status_registers: 3,
            enter_qpi: None,
            read_register: ReadRegister::None,
            ddr: false,
            sfdp: sfdp::gd25q64c(),
            times: Times {
                page_program: 700 * US,
                erase_4k: 100 * MS,
                erase_32k: 200 * MS,
                erase_64k: 400 * MS,
                erase_chip: 25 * S,
                status: 5 * MS,
            },
        }
    }
}
