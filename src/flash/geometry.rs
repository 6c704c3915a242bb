//! Sizes and places of flash, and the choices that shape a plan. Pure.

use std::ops::Range;

use rtboot_bootable::Memory;

/// Sizes of a NOR flash and where it appears on the bus. All in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Bus address of the first byte.
    pub base: u32,
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
    /// First address of the sector that holds `address`.
    pub fn sector_of(&self, address: u32) -> u32 {
        self.base + (address - self.base) / self.sector * self.sector
    }

    /// First address after the flash.
    pub fn end(&self) -> u64 {
        u64::from(self.base) + u64::from(self.size)
    }

    /// Whether all of `start..end` lies in the flash.
    pub fn holds(&self, start: u32, end: u64) -> bool {
        start >= self.base && end <= self.end()
    }
}

/// Choices of the user that shape a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Leave sectors alone that already hold what they should.
    pub skip_unchanged: bool,
    /// Keep the bytes around the image inside its sectors.
    pub keep_around: bool,
    /// Erase the whole chip first.
    pub erase_all: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            skip_unchanged: true,
            keep_around: true,
            erase_all: false,
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
