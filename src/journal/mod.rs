//! The journal of a board: writes and erases that are open, kept on disk from before the first erase until flash holds all of it.
//!
//! A write erases sectors that also hold bytes that nobody asked to change, and takes the FCB's page out until the image
//! is whole. Until its end only the journal knows those bytes, which image was meant, and that nothing may start yet. So it
//! is synced before the first erase, and every later write of the board looks at it first:
//!
//! ```text
//! JournalStore  a folder; one file a board, by unique id, JEDEC id and size of the flash
//! BoardJournal  that file, read and checked: the open writes, oldest first
//! OpenWrite     one of them: image, ranges, sectors before and after, kept bytes, phase
//! Standing      what flash shows of it now: nothing begun, broken as recorded, all there, changed by somebody else
//! OpenErase     an erase that broke off: its sectors are erased again by whoever writes there, whatever they read
//! ```
//!
//! Kept bytes go back only where flash is as the break left it; [`OpenWrite::standing`] decides that, and nothing else does.

mod disk;
mod record;
mod standing;
mod store;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use rtboot_bootable::Memory;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

pub use disk::{Disk, DiskStep};
pub use standing::{Foreign, Standing};
pub use store::{BoardJournal, BoardKey, JournalStore, OtherJournal, OtherUser};

/// SHA-256.
pub type Digest = [u8; 32];

/// In the place of a sector's digest: what it held was not read, for the image brings all of it.
pub const NOT_READ: Digest = [0; 32];

/// A write that began and did not end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWrite {
    /// What was to be written.
    pub image: ImageMark,
    /// Version of the program that wrote.
    pub program: String,
    /// When it began, in seconds since 1970.
    pub time: u64,
    /// How far it came at least.
    pub phase: Phase,
    /// Whether the FCB's page stays out of flash until this image is whole.
    pub holds_fcb: bool,
    /// Sizes of the flash.
    pub sizes: Sizes,
    /// Where the image's own bytes go, as far as they may be missing.
    pub ranges: Vec<Range<u64>>,
    /// Every sector that the write changes, by its address.
    pub sectors: BTreeMap<u32, SectorMark>,
    /// What one command programs, in order.
    pub runs: Vec<Range<u64>>,
    /// Bytes that nobody asked to change.
    #[serde(with = "record::pieces")]
    pub kept: Memory,
    /// The command that was on its way when the link failed.
    pub in_flight: Option<InFlight>,
    /// Whether it erases the whole flash at once, after its first sector.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erases_all: bool,
    /// Whether a later write took sectors over, so that those that are left do not tell everything.
    pub trimmed: bool,
    /// What the flash did otherwise than it was told. `None` where the link, the power or the user ended the write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedAt>,
}

/// What a flash did otherwise than it was told, so that the same write may fail in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAt {
    /// Stable code of the error, as in `program-failed`.
    pub code: String,
    /// Where.
    pub address: u32,
    /// The byte that should have been there, and the one that was there, when flash could still be read.
    pub differs: Option<(u8, u8)>,
}

/// An erase that began and did not end.
///
/// Nothing is recorded of what the sectors held: they were to be wiped. Any of them may be erased in part, with cells that read
/// one way now and the other way later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenErase {
    /// Version of the program that erased.
    pub program: String,
    /// When it began, in seconds since 1970.
    pub time: u64,
    /// Whole sectors that are not known to be erased.
    pub ranges: Vec<Range<u64>>,
}

impl OpenErase {
    /// Whether this sector, or anything else that begins here and is so long, may be erased in part.
    pub fn touches(&self, address: u32, length: u32) -> bool {
        let (start, end) = (u64::from(address), u64::from(address) + u64::from(length));
        let mut ranges = self.ranges.iter();
        ranges.any(|range| range.start < end && start < range.end)
    }

    /// When it began, as a date and a time of day (UTC).
    pub fn when(&self) -> String {
        date(self.time)
    }
}

/// Which image a write is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageMark {
    /// The name of its file.
    pub name: String,
    /// Digest of its bytes and addresses.
    #[serde(with = "record::digest")]
    pub digest: Digest,
    /// What its bytes are for.
    pub brings: Brings,
    /// What finishes it: verb, options and files behind `rtboot`, as a POSIX shell reads them. `None` where it was not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What the bytes of a write are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Brings {
    /// The ROM starts them.
    BootImage,
    /// A boot loader in flash starts them.
    SecondStage,
    /// Anything else.
    #[default]
    Data,
}

/// How far a write came at least: each phase is on disk before its first command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Sectors are erased; nothing is programmed yet.
    Erasing,
    /// All that was to be erased was read back blank; everything but the FCB's page is programmed.
    Programming,
    /// Everything but the FCB's page was sent, and read back unless that was not wanted.
    Last,
}

/// A command that was on its way when the link failed. What it leaves can be anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// What it was to change.
    pub range: Range<u64>,
    /// Whether bytes may be missing in its data, so that all that follow are in wrong places. When the device just left,
    /// at most the pages that were being filled are wrong.
    pub garbled: bool,
}

/// Sizes of the flash, in bytes, and where it appears on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Bus address of the first byte.
    pub base: u32,
    /// Offset of the page with the FCB's tag.
    #[serde(default)]
    pub fcb_page: u32,
    /// Largest piece that one program command of the flash takes.
    pub page: u32,
    /// Smallest piece that can be erased.
    pub sector: u32,
}

/// A sector before and after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectorMark {
    /// Digest of what it held before.
    #[serde(with = "record::digest")]
    pub before: Digest,
    /// Short digests of its pages as they are to be.
    pub pages: Vec<u64>,
    /// First address of what the erase command takes with it; `None` when the sector is not erased.
    pub erased_with: Option<u32>,
    /// Digest of what a failed write that could still read left there.
    #[serde(
        default,
        with = "record::some_digest",
        skip_serializing_if = "Option::is_none"
    )]
    pub left: Option<Digest>,
}

/// SHA-256 of these bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    Sha256::of(bytes)
}

/// SHA-256 of bytes and where they belong.
pub fn digest_of(memory: &Memory) -> Digest {
    let mut hash = Sha256::new();
    for (address, bytes) in memory.segments() {
        hash.update(address.to_le_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finish()
}

/// The first eight bytes of the digest of a page.
pub fn page_mark(bytes: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest(bytes);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A digest in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl OpenWrite {
    /// Whether the bytes of this memory fill all of the ranges where this image may be missing.
    pub fn is_covered_by(&self, memory: &Memory) -> bool {
        self.ranges.iter().all(|range| {
            let mut at = range.start;
            for (start, bytes) in memory.segments() {
                let (start, end) = (u64::from(start), u64::from(start) + bytes.len() as u64);
                if start <= at && at < end {
                    at = end;
                }
            }
            at >= range.end
        })
    }

    /// Whether this memory has a byte where this image may be missing.
    pub fn overlaps(&self, memory: &Memory) -> bool {
        memory.segments().any(|(start, bytes)| {
            let (start, end) = (u64::from(start), u64::from(start) + bytes.len() as u64);
            self.ranges
                .iter()
                .any(|range| start < range.end && range.start < end)
        })
    }

    /// The write goes on without this range: it holds what was asked for since, or nothing.
    ///
    /// Kept bytes in `but` stay.
    pub fn forget_sector(&mut self, range: &Range<u64>, but: &Range<u64>) {
        let before = self.sectors.len();
        self.sectors
            .retain(|&address, _| !range.contains(&u64::from(address)));
        self.trimmed |= self.sectors.len() < before;
        let held = slice(&self.kept, but);
        self.kept = without(&self.kept, range);
        for (address, bytes) in held.segments() {
            // the same bytes at the same place: it had room for them
            let _ = self.kept.replace(address, bytes.to_vec());
        }
    }

    /// The image's bytes of this range are no longer waited for.
    pub fn forget_range(&mut self, gone: &Range<u64>) {
        remove(&mut self.ranges, gone);
    }

    /// Whether nothing of it is left to do.
    pub fn is_over(&self) -> bool {
        self.ranges.is_empty() && self.kept.is_empty()
    }

    /// Range of addresses of the page that holds the FCB's tag, in the first sector of the flash.
    pub fn fcb_page(&self) -> Range<u64> {
        let from = u64::from(self.sizes.base) + u64::from(self.sizes.fcb_page);
        from..from + u64::from(self.sizes.page)
    }

    /// When it began, as a date and a time of day (UTC).
    pub fn when(&self) -> String {
        date(self.time)
    }
}

/// Takes this range out of others.
fn remove(ranges: &mut Vec<Range<u64>>, gone: &Range<u64>) {
    let parts = ranges.iter().flat_map(|range| {
        [
            range.start..range.end.min(gone.start),
            range.start.max(gone.end)..range.end,
        ]
    });
    *ranges = parts.filter(|part| part.start < part.end).collect();
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(0, |time| time.as_secs())
}

/// The part of a memory in this range.
pub(crate) fn slice(memory: &Memory, range: &Range<u64>) -> Memory {
    let start = u32::try_from(range.start).unwrap_or(u32::MAX);
    memory.slice(start, (range.end.saturating_sub(range.start)) as usize)
}

/// A memory without this range.
pub(crate) fn without(memory: &Memory, range: &Range<u64>) -> Memory {
    let mut rest = memory.clone();
    let start = u32::try_from(range.start).unwrap_or(u32::MAX);
    rest.remove(start, range.end.saturating_sub(range.start) as usize);
    rest
}

/// Seconds since 1970 as "2026-11-26 19:12 UTC".
pub(crate) fn date(seconds: u64) -> String {
    let (mut days, minutes) = (seconds / 86_400, seconds % 86_400 / 60);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    // a time that no clock shows ends here, not in a loop of ages
    while year < 9999 && days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute) = (minutes / 60, minutes % 60);
    format!(
        "{year:04}-{month:02}-{:02} {hour:02}:{minute:02} UTC",
        days.min(30) + 1
    )
}
