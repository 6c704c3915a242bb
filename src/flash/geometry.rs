//! Sizes and places of flash, and the choices that shape a plan. Pure.

use std::ops::Range;
use std::time::Duration;

use rtboot_bootable::{Memory, MemoryMap};
use rtboot_fcb::{Fcb, Part};

use crate::consent::EraseFlash;

/// Sizes of a NOR flash and where it appears on the bus. All in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Bus address of the first byte.
    pub base: u32,
    /// Bus address of the FCB, in the first sector.
    pub fcb: u32,
    /// Size of the whole flash.
    pub size: u32,
    /// Largest piece that one program command takes.
    pub page: u32,
    /// Smallest piece that can be erased.
    pub sector: u32,
    /// Larger piece that can be erased at once; equal to `sector` when there is none.
    pub block: u32,
}

impl Geometry {
    /// Of this part, where this chip shows it on the bus.
    pub fn of(part: &Part, map: &MemoryMap) -> Geometry {
        Geometry {
            base: map.flash_base,
            fcb: map.fcb_address(),
            size: part.size,
            page: part.page_size,
            sector: part.sector_size,
            block: part.block_size,
        }
    }

    /// First address of the sector that holds `address`.
    pub fn sector_of(&self, address: u32) -> u32 {
        self.base + (address - self.base) / self.sector * self.sector
    }

    /// Where the page with the FCB's tag begins: it is programmed last, for without the tag the ROM starts nothing.
    pub fn fcb_page(&self) -> u32 {
        self.base + (self.fcb - self.base) / self.page * self.page
    }

    /// That page in the first sector of the flash.
    pub fn fcb_page_in<'a>(&self, first_sector: &'a [u8]) -> Option<&'a [u8]> {
        let from = (self.fcb_page() - self.base) as usize;
        first_sector.get(from..from + self.page as usize)
    }

    /// Whether the first sector of the flash has the tag of an FCB: without it the ROM starts nothing.
    pub fn has_fcb(&self, first_sector: &[u8]) -> bool {
        let at = (self.fcb - self.base) as usize;
        let tag = first_sector.get(at..).and_then(<[u8]>::first_chunk);
        tag.is_some_and(|tag| u32::from_le_bytes(*tag) == Fcb::TAG)
    }

    /// First address after the flash.
    pub fn end(&self) -> u64 {
        u64::from(self.base) + u64::from(self.size)
    }

    /// All of the flash.
    pub fn all(&self) -> Range<u32> {
        self.base..u32::try_from(self.end()).unwrap_or(u32::MAX)
    }

    /// Whether all of `start..end` lies in the flash.
    pub fn holds(&self, start: u32, end: u64) -> bool {
        start >= self.base && end <= self.end()
    }
}

/// What becomes of bytes that an interrupted write kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeptBytes {
    /// They are put back where flash is as the interruption left it; where it is not, the write stops before it changes anything.
    #[default]
    Restore,
    /// They are put back, whatever flash holds in their places.
    RestoreOver,
    /// They are forgotten when the write begins, and the interrupted write is given up.
    Discard,
}

/// Choices of the user that shape a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Leave sectors alone that already hold what they should.
    pub skip_unchanged: bool,
    /// Keep the bytes around the image inside its sectors.
    pub keep_around: bool,
    /// Erase the whole chip first; this was confirmed.
    pub erase_all: Option<EraseFlash>,
    /// What becomes of bytes that an interrupted write kept.
    pub kept: KeptBytes,
    /// How long the part takes. Without it, and where some of the flash is protected, a block is erased only where all of its
    /// sectors are.
    pub times: Option<EraseTimes>,
}

/// How long a part takes: the data sheet's typical figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraseTimes {
    /// Erase of a sector.
    pub sector: Duration,
    /// Erase of a block.
    pub block: Duration,
    /// Program of a page.
    pub page: Duration,
}

impl EraseTimes {
    /// Wire and loader, for each erase.
    const COMMAND_US: u64 = 2_000;
    /// The same for each page: about a quarter of a report over USB, and the loader's look at it before and after.
    const SENT_US: u64 = 300;

    /// Those of this part, where all of them are known.
    pub fn of(part: &Part) -> Option<EraseTimes> {
        let times = &part.times;
        Some(EraseTimes {
            sector: times.sector_erase?.typical,
            block: times.block_erase?.typical,
            page: times.page_program?.typical,
        })
    }

    /// So many sectors and so many blocks.
    pub fn erases(&self, sectors: u32, blocks: u32) -> Duration {
        let command = Duration::from_micros(EraseTimes::COMMAND_US);
        (self.sector + command) * sectors + (self.block + command) * blocks
    }

    /// So many pages.
    pub fn pages(&self, count: u32) -> Duration {
        (self.page + Duration::from_micros(EraseTimes::SENT_US)) * count
    }

    /// Whether one erase of a block takes less time than erases of so many of its sectors, though so many pages that could stay
    /// are programmed again.
    pub fn block_pays(&self, sectors: u32, pages: u32) -> bool {
        let command = Duration::from_micros(EraseTimes::COMMAND_US);
        let page = self.page + Duration::from_micros(EraseTimes::SENT_US);
        self.block + command + page * pages < (self.sector + command) * sectors
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            skip_unchanged: true,
            keep_around: true,
            erase_all: None,
            kept: KeptBytes::Restore,
            times: None,
        }
    }
}

/// Addresses of the sectors that `memory` touches.
pub fn touched_sectors(memory: &Memory, geometry: &Geometry) -> Vec<u32> {
    let mut sectors = Vec::new();
    for (start, bytes) in memory.segments() {
        let Some(last) = (bytes.len() as u32).checked_sub(1) else {
            continue;
        };
        let mut sector = geometry.sector_of(start);
        while sector <= start + last {
            if sectors.last() != Some(&sector) {
                sectors.push(sector);
            }
            match sector.checked_add(geometry.sector) {
                Some(next) => sector = next,
                None => break,
            }
        }
    }
    sectors
}

/// Longest range that is read as a whole, in bytes.
const RANGE: u32 = 64 * 1024;

/// Joins neighbouring sectors into ranges of addresses, each of at most 64 KiB or one sector.
pub fn ranges(sectors: &[u32], size: u32) -> Vec<Range<u32>> {
    let mut joined: Vec<Range<u32>> = Vec::new();
    for &sector in sectors {
        match joined.last_mut() {
            Some(last) if last.end == sector && last.len() as u32 + size <= RANGE => {
                last.end = sector + size;
            }
            _ => joined.push(sector..sector + size),
        }
    }
    joined
}

/// Pieces that follow each other without a gap, together at most `limit` bytes: one command reads them all.
pub fn adjoining<'a, 'b>(
    pieces: &'a [(u32, &'b [u8])],
    limit: usize,
) -> impl Iterator<Item = &'a [(u32, &'b [u8])]> {
    let mut length = 0;
    pieces.chunk_by(move |(address, bytes), (next, more)| {
        length += bytes.len();
        let joined = u64::from(*address) + bytes.len() as u64 == u64::from(*next)
            && length + more.len() <= limit;
        if !joined {
            length = 0;
        }
        joined
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjoining_pieces_share_one_read() {
        let sector = [0; 0x1000];
        let piece = |number: u32| (0x6000_0000 + number * 0x1000, &sector[..]);
        let runs = |numbers: &[u32]| -> Vec<usize> {
            let pieces: Vec<_> = numbers.iter().map(|n| piece(*n)).collect();
            adjoining(&pieces, 0x1_0000).map(<[_]>::len).collect()
        };
        assert_eq!(runs(&[0, 1, 2, 4, 5, 9]), [3, 2, 1]);
        let many: Vec<u32> = (0..40).collect();
        assert_eq!(runs(&many), [16, 16, 8]);
        assert_eq!(runs(&[]), [0; 0]);
        let long = [0; 0x2_0000];
        let pieces = [
            (0x6000_0000, &long[..]),
            (0x6000_0000 + 0x2_0000, &sector[..]),
        ];
        assert_eq!(
            adjoining(&pieces, 0x1_0000).count(),
            2,
            "a long one stays alone"
        );
    }
}
