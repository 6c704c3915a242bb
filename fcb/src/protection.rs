use std::fmt;
use std::ops::Range;

use crate::StatusRegisters;
use crate::fcb::size_in_words;
use crate::status::named;

named! {
    /// How the block-protect bits count.
    Scheme, "block protection scheme" {
        /// Not known: any set bit counts as protection.
        Unknown = "unknown", "not known";
        /// BP = n protects 2^(n-1) blocks of 64 KiB, from the top unless a register of its own says bottom (ISSI, Macronix).
        Blocks = "blocks", "64 KiB blocks, doubling";
        /// Bits 4:2 give a fraction of the part, bit 5 says bottom, bit 6 says sectors; CMP inverts (Winbond, GigaDevice, S25FL-L).
        Fractions = "fractions", "fractions of the part";
    }
}

/// Where a part keeps its block protection.
///
/// A protected block ignores erase and program; the flashloader then reports 20106 (verified wrong).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// Block-protect bits in status register 1 (BP, and TB and SEC where they act as BP bits).
    pub mask: u8,
    /// The bit of status register 1 that lets the WP# pin lock the register (SRP, SRWD); 0 when not known.
    pub lock: u8,
    /// The complement bit (CMP) in status register 2; 0 when the part has none.
    pub complement: u8,
    /// How the bits count.
    pub scheme: Scheme,
    /// Whether a data sheet or other public source says so; else it is the maker's habit.
    pub confirmed: bool,
}

/// What the block-protect bits keep from being changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protected {
    /// Everything can be erased and programmed.
    Nothing,
    /// The whole part.
    Everything,
    /// These offsets; where the part has a bit for "bottom" outside its status registers, they may lie at the other end.
    Range {
        /// First and end offset, with the top as the protected end.
        offsets: Range<u32>,
        /// Whether the range may lie at the other end.
        end_unknown: bool,
    },
    /// Something, but not known what.
    Unknown,
}

impl Protection {
    /// Nothing is known about protection, so nothing is masked or changed.
    pub const UNKNOWN: Protection = Protection {
        mask: 0,
        lock: 0,
        complement: 0,
        scheme: Scheme::Unknown,
        confirmed: false,
    };

    /// What these registers protect on a part of `size` bytes.
    pub fn extent(&self, registers: &StatusRegisters, size: u32) -> Protected {
        let bits = registers.sr1 & self.mask;
        let complement = registers.sr2.unwrap_or(0) & self.complement != 0;
        match self.scheme {
            _ if bits == 0 && !complement => Protected::Nothing,
            Scheme::Blocks => blocks(bits >> self.mask.trailing_zeros().min(7), size),
            Scheme::Fractions => fractions(bits, complement, size),
            Scheme::Unknown => Protected::Unknown,
        }
    }

    /// Whether anything is, or may be, protected.
    pub fn is_on(&self, registers: &StatusRegisters, size: u32) -> bool {
        self.extent(registers, size) != Protected::Nothing
    }

    /// The registers with the protection bits cleared and all else kept, the lock bit too.
    pub fn cleared(&self, registers: &StatusRegisters) -> StatusRegisters {
        StatusRegisters {
            sr1: registers.sr1 & !self.mask,
            sr2: registers.sr2.map(|sr2| sr2 & !self.complement),
        }
    }

    /// Whether the WP# pin, when low, keeps the status register from being written.
    pub fn can_be_locked_by_pin(&self, registers: &StatusRegisters) -> bool {
        registers.sr1 & self.lock != 0
    }
}

/// `level` 1 is one block of 64 KiB, each further level doubles, up to the part.
fn blocks(level: u8, size: u32) -> Protected {
    match 0x1_0000_u64.checked_shl(u32::from(level).saturating_sub(1)) {
        _ if level == 0 => Protected::Nothing,
        Some(span) if span < u64::from(size) => Protected::Range {
            offsets: size - span as u32..size,
            end_unknown: true,
        },
        _ => Protected::Everything,
    }
}

fn fractions(bits: u8, complement: bool, size: u32) -> Protected {
    let (level, bottom, sectors) = (bits >> 2 & 7, bits & 0x20 != 0, bits & 0x40 != 0);
    let span = match (level, sectors) {
        (0, _) => 0,
        (7, _) => size,
        // 64 KiB or a 64th, whichever is more; 4 KiB to 32 KiB with the sector bit
        (level, false) => (size / 64)
            .max(0x1_0000)
            .checked_shl(u32::from(level) - 1)
            .unwrap_or(size)
            .min(size),
        (level @ 1..=3, true) => 0x1000 << (level - 1),
        (4 | 5, true) => 0x8000,
        _ => return Protected::Unknown,
    };
    match (span, complement) {
        (0, false) => Protected::Nothing,
        (0, true) => Protected::Everything,
        (span, false) if span >= size => Protected::Everything,
        (span, true) if span >= size => Protected::Nothing,
        (span, false) if bottom => Protected::Range {
            offsets: 0..span,
            end_unknown: false,
        },
        (span, false) => Protected::Range {
            offsets: size - span..size,
            end_unknown: false,
        },
        (span, true) if bottom => Protected::Range {
            offsets: span..size,
            end_unknown: false,
        },
        (span, true) => Protected::Range {
            offsets: 0..size - span,
            end_unknown: false,
        },
    }
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protected::Nothing => f.write_str("nothing is protected"),
            Protected::Everything => f.write_str("the whole part is protected"),
            Protected::Unknown => f.write_str("something is protected, which range is not known"),
            Protected::Range {
                offsets,
                end_unknown,
            } => {
                let span = size_in_words(offsets.end - offsets.start);
                if *end_unknown {
                    write!(
                        f,
                        "{span} are protected, at {:#x} to {:#x}, or at the start if the part's bottom bit is set",
                        offsets.start, offsets.end
                    )
                } else {
                    write!(
                        f,
                        "{span} are protected, {:#x} to {:#x}",
                        offsets.start, offsets.end
                    )
                }
            }
        }
    }
}
