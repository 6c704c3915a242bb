use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::serial::Micros;
use crate::lut::Sequence;
use crate::status::named;

/// A read command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadMode {
    /// Command byte, sent on one pad.
    pub opcode: u8,
    /// 24 or 32.
    pub address_bits: u8,
    /// Pads of the address.
    pub address_pads: u8,
    /// Pads of the data.
    pub data_pads: u8,
    /// Clock cycles between address and data, mode cycles included.
    pub dummy_cycles: u8,
}

impl ReadMode {
    /// EBh 1-4-4 with 6 dummy cycles: what most parts do out of the box.
    pub const QUAD_IO: ReadMode = ReadMode {
        opcode: 0xEB,
        address_bits: 24,
        address_pads: 4,
        data_pads: 4,
        dummy_cycles: 6,
    };
    /// 03h on one pad, which every part understands, up to some 33 to 50 MHz.
    pub const PLAIN: ReadMode = ReadMode {
        opcode: 0x03,
        address_bits: 24,
        address_pads: 1,
        data_pads: 1,
        dummy_cycles: 0,
    };

    /// 13h on one pad: the same with 32 address bits, on parts that have it.
    pub const PLAIN_32: ReadMode = ReadMode {
        opcode: 0x13,
        address_bits: 32,
        address_pads: 1,
        data_pads: 1,
        dummy_cycles: 0,
    };

    /// 0Bh on one pad with 8 dummy cycles: plain reading at the clock of the fast reads.
    pub const FAST: ReadMode = ReadMode {
        opcode: 0x0B,
        address_bits: 24,
        address_pads: 1,
        data_pads: 1,
        dummy_cycles: 8,
    };

    /// The look-up table sequence.
    pub fn sequence(&self) -> Sequence {
        Sequence::read(
            self.opcode,
            self.address_bits,
            self.address_pads,
            self.data_pads,
            self.dummy_cycles,
        )
    }
}

impl fmt::Display for ReadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sequence().fmt(f)
    }
}

/// What one erase of the work FCB clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EraseUnit {
    /// The part's sector, the least that can be erased.
    Sector,
    /// The part's block; as large as the sector on parts that have one size of erase.
    Block,
}

/// The commands that erase a sector and a block, as they take the address of the part's own read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EraseCommands {
    /// Erases [`Part::sector_size`](super::Part::sector_size) bytes.
    pub sector: u8,
    /// Erases [`Part::block_size`](super::Part::block_size) bytes.
    pub block: u8,
}

impl EraseCommands {
    /// What almost every part has: 20h and D8h, and 21h and DCh with 32 address bits.
    pub const fn usual(address_bits: u8) -> EraseCommands {
        match address_bits {
            32 => EraseCommands {
                sector: 0x21,
                block: 0xDC,
            },
            _ => EraseCommands {
                sector: 0x20,
                block: 0xD8,
            },
        }
    }

    /// The commands that erase the same and take this many address bits. SFDP lists those of 24.
    pub fn with_address_bits(self, bits: u8) -> EraseCommands {
        const PAIRS: [(u8, u8); 3] = [(0x20, 0x21), (0x52, 0x5C), (0xD8, 0xDC)];
        let other = |command| {
            let pair = PAIRS
                .iter()
                .find(|pair| pair.0 == command || pair.1 == command);
            match (pair, bits) {
                (Some((_, wide)), 32) => *wide,
                (Some((narrow, _)), _) => *narrow,
                (None, _) => command,
            }
        };
        EraseCommands {
            sector: other(self.sector),
            block: other(self.block),
        }
    }
}

/// Typical and longest duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Micros", into = "Micros")]
pub struct Span {
    /// As long as it usually takes.
    pub typical: Duration,
    /// The longest it may take.
    pub max: Duration,
}

impl Span {
    /// In milliseconds.
    pub const fn millis(typical: u64, max: u64) -> Span {
        Span {
            typical: Duration::from_millis(typical),
            max: Duration::from_millis(max),
        }
    }

    /// In microseconds.
    pub const fn micros(typical: u64, max: u64) -> Span {
        Span {
            typical: Duration::from_micros(typical),
            max: Duration::from_micros(max),
        }
    }
}

/// How long a part takes; `None` where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Times {
    /// Erase of one sector.
    pub sector_erase: Option<Span>,
    /// Erase of one block.
    pub block_erase: Option<Span>,
    /// Erase of the whole part.
    pub chip_erase: Option<Span>,
    /// Program of one page.
    pub page_program: Option<Span>,
}

named! {
    /// Whether a part has SFDP tables.
    SfdpPresence, "SFDP expectation" {
        /// It has: none at all means another part, or none connected.
        Expected = "expected", "expected";
        /// It has none.
        Absent = "absent", "absent";
        /// Not known.
        Unknown = "unknown", "not known";
    }
}

/// What the SFDP tables of a part should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SfdpExpectation {
    /// Whether there are any.
    pub presence: SfdpPresence,
    /// Dwords of the basic table: 9 for the first JESD216, 16 or more later.
    pub dwords: Option<u8>,
    /// The quad enable requirement, 0 to 7, of dword 15.
    pub qer: Option<u8>,
}

impl SfdpExpectation {
    /// Nothing is known.
    pub const UNKNOWN: SfdpExpectation = SfdpExpectation {
        presence: SfdpPresence::Unknown,
        dwords: None,
        qer: None,
    };
}

named! {
    /// How well a part's facts are known.
    Evidence, "evidence" {
        /// A real board boots with these values.
        Hardware = "hardware", "seen on hardware";
        /// The genuine flashloader, run in emulation, makes the same FCB.
        Emulation = "emulation", "the genuine flashloader, emulated, makes the same FCB";
        /// The maker's data sheet or SFDP dump.
        DataSheet = "data-sheet", "data sheet or published SFDP";
        /// Tables in public flashing tools and drivers agree.
        Published = "published", "public tools and drivers";
        /// Some value is a guess or comes from one source only.
        Unconfirmed = "unconfirmed", "partly unconfirmed";
    }
}
