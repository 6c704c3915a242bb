use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use serde::{Deserialize, Serialize};

use crate::StatusRegisters;
use crate::fcb::size_in_words;
use crate::status::named;

named! {
    /// How the block-protect bits count.
    Scheme, "block protection scheme" {
        /// Not known: any set bit counts as protection.
        Unknown = "unknown", "not known";
        /// Bits 5:2 = n protect 2^(n-1) blocks of 64 KiB; a bit outside the status registers tells the end (ISSI, Macronix).
        Blocks = "blocks", "64 KiB blocks, doubling";
        /// The same, and bit 6 set means from the bottom (W25Q256JV).
        BlocksBottom6 = "blocks-bottom-6", "64 KiB blocks, doubling, bit 6 for the bottom";
        /// The same with bits 6, 4:2, and bit 5 set means from the bottom (Micron).
        BlocksBottom5 = "blocks-bottom-5", "64 KiB blocks, doubling, bit 5 for the bottom";
        /// Bits 4:2 give a fraction of the part, bit 5 says bottom, bit 6 says sectors (Winbond, GigaDevice, S25FL-L).
        Fractions = "fractions", "fractions of the part";
        /// Bits 4:2 give a fraction of the part; a bit outside status register 1 tells the end (S25FL-S).
        FractionsEitherEnd = "fractions-either-end", "fractions of the part, from either end";
    }
}

/// Where a part keeps its block protection.
///
/// A protected block ignores erase and program; the flashloader then reports 20106 (verified wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Block-protect bits in status register 1 (BP, and TB and SEC where they act as BP bits).
    pub mask: u8,
    /// The bit of status register 1 that lets the WP# pin lock the register (SRP, SRWD); 0 when not known.
    pub lock: u8,
    /// The complement bit (CMP) in status register 2; 0 when the part has none.
    pub complement: u8,
    /// The bit of status register 2 that locks the status registers until power-off (SRL, SRP1); 0 when the part has none, or
    /// it is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub power_lock: u8,
    /// The bit of status register 3 (15h) that gives each block a lock of its own, closed at power-on, in place of the
    /// block-protect bits (WPS). 0 when the part has none; then 15h is not sent, because it reads something else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub block_locks: u8,
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
    /// What single blocks' own locks keep closed, as offsets; the block-protect bits do not count then. All of the part where
    /// the locks were not asked: so they are at power-on.
    OwnLocks {
        /// Offsets of the closed locks, in order and apart from each other.
        closed: Vec<Range<u32>>,
    },
    /// Something, but not known what.
    Unknown,
}

/// What keeps the status registers from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusLock {
    /// Nothing.
    Open,
    /// The WP# pin, while it is low.
    Pin,
    /// A bit that only a power cycle clears; nothing clears it in parts that were ordered so.
    UntilPowerOff,
}

impl Protected {
    /// Whether anything is, or may be, protected.
    pub fn is_any(&self) -> bool {
        match self {
            Protected::Nothing => false,
            Protected::OwnLocks { closed } => !closed.is_empty(),
            _ => true,
        }
    }

    /// Whether a change of these offsets is stopped. Block-protect bits count as a whole, because parts of one id read them
    /// differently; a lock of a block counts for its block.
    pub fn stops(&self, offsets: Range<u64>) -> bool {
        match self {
            Protected::OwnLocks { closed } => closed
                .iter()
                .any(|lock| offsets.start < lock.end.into() && u64::from(lock.start) < offsets.end),
            other => other.is_any(),
        }
    }

    /// What the locks of single blocks keep closed, after each was asked.
    pub fn by_own_locks(locks: impl IntoIterator<Item = (Range<u32>, bool)>) -> Protected {
        let mut closed: Vec<Range<u32>> = Vec::new();
        for (block, _) in locks.into_iter().filter(|(_, locked)| *locked) {
            match closed.last_mut() {
                Some(last) if last.end == block.start => last.end = block.end,
                _ => closed.push(block),
            }
        }
        Protected::OwnLocks { closed }
    }
}

/// What each lock of a part with locks of single blocks is for: 64 KiB, and 4 KiB in the first and the last 64 KiB.
///
/// Source: Winbond data sheets, "Individual Block/Sector Lock".
pub fn lock_units(size: u32) -> impl Iterator<Item = Range<u32>> {
    const BLOCK: u32 = 0x1_0000;
    const SECTOR: u32 = 0x1000;
    (0..size / BLOCK).flat_map(move |block| {
        let start = block * BLOCK;
        let unit = match block == 0 || start + BLOCK == size {
            true => SECTOR,
            false => BLOCK,
        };
        (0..BLOCK / unit).map(move |at| start + at * unit..start + (at + 1) * unit)
    })
}

fn is_zero(bits: &u8) -> bool {
    *bits == 0
}

impl Protection {
    /// Nothing is known about protection, so nothing is masked or changed.
    pub const UNKNOWN: Protection = Protection {
        mask: 0,
        lock: 0,
        complement: 0,
        power_lock: 0,
        block_locks: 0,
        scheme: Scheme::Unknown,
        confirmed: false,
    };

    /// What these registers protect on a part of `size` bytes.
    pub fn extent(&self, registers: &StatusRegisters, size: u32) -> Protected {
        if registers.sr3.unwrap_or(0) & self.block_locks != 0 {
            return Protected::by_own_locks([(0..size, true)]);
        }
        let bits = registers.sr1 & self.mask;
        let complement = registers.sr2.unwrap_or(0) & self.complement != 0;
        let (span, bottom) = match self.scheme {
            Scheme::Blocks => (blocks(bits >> 2 & 0xF, size), None),
            Scheme::BlocksBottom6 => (blocks(bits >> 2 & 0xF, size), Some(bits & 0x40 != 0)),
            Scheme::BlocksBottom5 => (
                blocks(bits >> 2 & 7 | bits >> 3 & 8, size),
                Some(bits & 0x20 != 0),
            ),
            Scheme::Fractions => (fractions(bits, size), Some(bits & 0x20 != 0)),
            Scheme::FractionsEitherEnd => (fractions(bits & 0x1C, size), None),
            Scheme::Unknown if bits == 0 => (Some(0), None),
            Scheme::Unknown => (None, None),
        };
        span.map_or(Protected::Unknown, |span| {
            range(span, bottom, complement, size)
        })
    }

    /// Whether anything is, or may be, protected.
    pub fn is_on(&self, registers: &StatusRegisters, size: u32) -> bool {
        self.extent(registers, size).is_any()
    }

    /// The registers with the protection bits cleared and all else kept, the lock bit too.
    pub fn cleared(&self, registers: &StatusRegisters) -> StatusRegisters {
        StatusRegisters {
            sr1: registers.sr1 & !self.mask,
            sr2: registers.sr2.map(|sr2| sr2 & !self.complement),
            ..*registers
        }
    }

    /// What keeps the status registers from being written, where the WP# pin is not a data line.
    pub(crate) fn status_lock(&self, registers: &StatusRegisters) -> StatusLock {
        if registers.sr2.unwrap_or(0) & self.power_lock != 0 {
            return StatusLock::UntilPowerOff;
        }
        match registers.sr1 & self.lock {
            0 => StatusLock::Open,
            _ => StatusLock::Pin,
        }
    }
}

/// `level` 1 is one block of 64 KiB, each further level doubles, up to the part.
fn blocks(level: u8, size: u32) -> Option<u32> {
    let doublings = u32::from(level).checked_sub(1);
    Some(
        doublings
            .map_or(0, |n| 0x1_0000_u64 << n.min(31))
            .min(u64::from(size)) as u32,
    )
}

/// Bytes that the level protects: a 64th of the part or 64 KiB, whichever is more, doubling; with the sector bit
/// 4 KiB to 32 KiB.
fn fractions(bits: u8, size: u32) -> Option<u32> {
    let sectors = bits & 0x40 != 0;
    match (bits >> 2 & 7, sectors) {
        (0, _) => Some(0),
        (7, _) => Some(size),
        (level, false) => {
            Some((u64::from((size / 64).max(0x1_0000)) << (level - 1)).min(size.into()) as u32)
        }
        (level @ 1..=3, true) => Some(0x1000 << (level - 1)),
        (4 | 5, true) => Some(0x8000),
        _ => None,
    }
}

/// The protected `span` as a range; `bottom` is `None` when the registers do not tell the end.
fn range(span: u32, bottom: Option<bool>, complement: bool, size: u32) -> Protected {
    let at_bottom = bottom.unwrap_or(false) != complement;
    let span = if complement {
        size.saturating_sub(span)
    } else {
        span
    };
    match span {
        0 => Protected::Nothing,
        span if span >= size => Protected::Everything,
        span => Protected::Range {
            offsets: if at_bottom {
                0..span
            } else {
                size - span..size
            },
            end_unknown: bottom.is_none(),
        },
    }
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protected::Nothing => f.write_str("nothing is protected"),
            Protected::Everything => f.write_str("the whole part is protected"),
            Protected::OwnLocks { closed } => own_locks(closed, f),
            Protected::Unknown => f.write_str("something is protected, but the range is unknown"),
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

fn own_locks(closed: &[Range<u32>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const SHOWN: usize = 3;
    f.write_str("each block has a lock of its own, ")?;
    if closed.is_empty() {
        return f.write_str("and all are open");
    }
    f.write_str("closed at ")?;
    for (at, block) in closed.iter().take(SHOWN).enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        write!(f, "{comma}{:#x} to {:#x}", block.start, block.end)?;
    }
    match closed.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and in {more} more places"),
    }
}

impl fmt::Display for StatusLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StatusLock::Open => "the status registers can be written",
            StatusLock::Pin => "while WP# is low the status registers cannot be written",
            StatusLock::UntilPowerOff => "the status registers are locked until power-off",
        })
    }
}
