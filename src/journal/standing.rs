//! What flash shows of an open write. Pure.
//!
//! Between two commands every sector is as it was, blank, or holds pages of the plan; only the command that a break cut
//! leaves something else. So at most one unit of erase, or one run of programming, may differ from all of these, and a
//! cut command moves bits one way: a byte to be kept can have too many ones, never too few. What differs elsewhere, or
//! otherwise, was changed by somebody else: the application, another tool, another host.

use std::collections::BTreeMap;
use std::ops::Range;

use rtboot_bootable::Memory;

use super::{Digest, NOT_READ, OpenWrite, Phase, SectorMark, digest, digest_of, page_mark};

/// Bytes that a flashloader programs at most of its buffer when the host leaves: a packet, from its page's beginning.
const FILLED: u32 = 0x500;

/// What flash shows of an open write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Every sector reads as it did before: the write changed nothing that can be read.
    Untouched,
    /// Flash is as a break leaves it.
    Broken,
    /// Even the FCB's page is there: the write came to its end, and only the last answer was lost.
    Whole,
    /// Flash was changed since, by something else than this write.
    Foreign(Foreign),
}

/// Where flash was changed since a break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// First address of the first such sector.
    pub address: u32,
    /// Digest of all bytes that were kept.
    pub kept: Digest,
    /// Digest of what flash holds at their places now.
    pub found: Digest,
}

/// A page that is neither blank nor as it is to be.
struct Odd {
    address: u32,
    length: u32,
    /// Every byte to be kept in it can come of a cut command.
    reachable: bool,
}

impl OpenWrite {
    /// What flash shows of this write. `now` holds every sector of it; `has_fcb` tells whether flash begins with an FCB's tag,
    /// so that something may have run since.
    pub fn standing(&self, now: &BTreeMap<u32, Vec<u8>>, has_fcb: bool) -> Standing {
        let same = |(address, mark): (&u32, &SectorMark)| {
            let held = now.get(address);
            held.is_some_and(|held| digest(held) == mark.before)
        };
        // a write that took over what another one left may be the only one that knows its kept bytes
        let kept =
            |(address, bytes): (u32, &[u8])| self.held_at(address, bytes.len(), now) == bytes;
        if !self.trimmed && self.sectors.iter().all(same) && self.kept.segments().all(kept) {
            return Standing::Untouched;
        }
        if self.phase == Phase::Last && self.fcb_page_is_there(now) {
            return Standing::Whole;
        }
        let odd = self.sectors.iter().flat_map(|(address, mark)| {
            let held = now.get(address).map(Vec::as_slice).unwrap_or_default();
            self.odd_pages(*address, mark, held)
        });
        let odd: Vec<Odd> = odd.collect();
        let explained = self.one_command_explains(&odd, has_fcb);
        match explained && !self.changed_behind_the_first(now) {
            true => Standing::Broken,
            false => Standing::Foreign(self.foreign(&odd, now)),
        }
    }

    /// Whether a chip erase for it may have been cut, which leaves no sector of the flash as it was.
    pub fn may_have_erased_all(&self) -> bool {
        self.erases_all && self.phase == Phase::Erasing
    }

    /// Whether the sector with the FCB, which is erased before all others, is not blank, and others are not as they were.
    fn changed_behind_the_first(&self, now: &BTreeMap<u32, Vec<u8>>) -> bool {
        let Some(first) = self.sectors.get(&self.sizes.base) else {
            return false;
        };
        let leads = (self.holds_fcb || self.erases_all)
            && self.phase == Phase::Erasing
            && first.erased_with.is_some();
        let differs = |(address, mark): (&u32, &SectorMark)| {
            let held = now.get(address).map(|held| digest(held));
            mark.before != NOT_READ
                && held != Some(mark.before)
                && (held.is_none() || held != mark.left)
        };
        let behind = |(address, mark): &(&u32, &SectorMark)| match self.erases_all {
            // an erase of the first sector alone goes before it
            true => **address != self.sizes.base,
            false => mark.erased_with != first.erased_with,
        };
        let blank = |held: &Vec<u8>| held.iter().all(|&byte| byte == 0xFF);
        leads
            && !now.get(&self.sizes.base).is_some_and(blank)
            && self.sectors.iter().filter(behind).any(differs)
    }

    fn fcb_page_is_there(&self, now: &BTreeMap<u32, Vec<u8>>) -> bool {
        let (from, size) = (self.sizes.fcb_page as usize, self.sizes.page as usize);
        let page = now
            .get(&self.sizes.base)
            .and_then(|held| held.get(from..from + size));
        let wanted = self.sectors.get(&self.sizes.base);
        let wanted = wanted.and_then(|mark| mark.pages.get(from / size.max(1)).copied());
        page.zip(wanted)
            .is_some_and(|(page, wanted)| page_mark(page) == wanted)
    }

    /// The pages of a sector that no command that came to its end leaves so.
    fn odd_pages(&self, address: u32, mark: &SectorMark, held: &[u8]) -> Vec<Odd> {
        // nothing of it is kept, so whatever it holds loses nothing
        if mark.before == NOT_READ {
            return Vec::new();
        }
        let now = digest(held);
        let blank = held.iter().all(|&byte| byte == 0xFF);
        let whole = self.phase == Phase::Erasing
            && (now == mark.before || (blank && mark.erased_with.is_some()));
        if whole || mark.left == Some(now) {
            return Vec::new();
        }
        let page = self.sizes.page.max(1);
        let places = (address..).step_by(page as usize);
        let pages = held.chunks(page as usize).zip(places).enumerate();
        let odd = pages.filter(|(number, (bytes, at))| {
            let blank = bytes.iter().all(|&byte| byte == 0xFF);
            let programmed = self.phase > Phase::Erasing
                && !self.is_early(*at)
                && mark.pages.get(*number) == Some(&page_mark(bytes));
            !(blank && self.phase > Phase::Erasing || programmed)
        });
        odd.map(|(_, (bytes, at))| Odd {
            address: at,
            length: bytes.len() as u32,
            reachable: !self.is_early(at) && self.reachable(at, bytes),
        })
        .collect()
    }

    /// Whether a page is the FCB's, blank from its erase until the last phase.
    fn is_early(&self, address: u32) -> bool {
        address == self.sizes.base + self.sizes.fcb_page
            && self.phase == Phase::Programming
            && self.holds_fcb
    }

    /// Whether every kept byte of this page has all its ones: an erase and a program command, cut short, leave too many.
    fn reachable(&self, address: u32, held: &[u8]) -> bool {
        let kept = self.kept.slice(address, held.len());
        kept.segments().all(|(start, bytes)| {
            let from = (start - address) as usize;
            let held = held.get(from..).unwrap_or_default();
            bytes
                .iter()
                .zip(held)
                .all(|(kept, now)| kept & now == *kept)
        })
    }

    /// Whether one command, cut short, leaves these pages.
    fn one_command_explains(&self, odd: &[Odd], has_fcb: bool) -> bool {
        let (Some(first), Some(last)) = (odd.first(), odd.last()) else {
            return true;
        };
        let inside = |range: &Range<u64>| {
            range.start <= u64::from(first.address)
                && u64::from(last.address) + u64::from(last.length) <= range.end
        };
        // where something may have run since, what was on its way says nothing any more
        let cut = self.in_flight.as_ref().filter(|_| !has_fcb);
        let length = last.address - first.address + last.length;
        if cut.is_some_and(|cut| inside(&cut.range) && (cut.garbled || length <= FILLED)) {
            return true;
        }
        if !odd.iter().all(|page| page.reachable) {
            return false;
        }
        match self.phase {
            Phase::Erasing => {
                let unit = |page: &Odd| {
                    let sectors = self.sectors.range(..=page.address);
                    let (address, mark) = sectors.last()?;
                    (page.address - address < self.sizes.sector)
                        .then_some(mark.erased_with)
                        .flatten()
                };
                unit(first).is_some() && odd.iter().all(|page| unit(page) == unit(first))
            }
            Phase::Programming => odd.len() == 1 && self.runs.iter().any(inside),
            Phase::Last => self.is_in_first_sector(first) && self.is_in_first_sector(last),
        }
    }

    /// In the last phase only the FCB's page is programmed, and its sector erased again when that went wrong.
    fn is_in_first_sector(&self, page: &Odd) -> bool {
        page.address - self.sizes.base < self.sizes.sector
    }

    fn foreign(&self, odd: &[Odd], now: &BTreeMap<u32, Vec<u8>>) -> Foreign {
        let mut found = Memory::new();
        for (address, bytes) in self.kept.segments() {
            let _ = found.insert(address, self.held_at(address, bytes.len(), now));
        }
        Foreign {
            address: odd.first().map_or(self.sizes.base, |page| page.address),
            kept: digest_of(&self.kept),
            found: digest_of(&found),
        }
    }

    /// What flash holds at this place; a sector that was not read counts as blank.
    fn held_at(&self, address: u32, length: usize, now: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
        let mut found = vec![0xFF; length];
        let end = u64::from(address) + length as u64;
        let first = address.saturating_sub(self.sizes.sector);
        for (&start, held) in now.range(first..) {
            if u64::from(start) >= end {
                break;
            }
            let skip = address.saturating_sub(start) as usize;
            let place = start.saturating_sub(address) as usize;
            let held = held.get(skip..).unwrap_or_default();
            for (to, from) in found.iter_mut().skip(place).zip(held) {
                *to = *from;
            }
        }
        found
    }

    /// The sectors that the first erase command takes: all that a break right at its beginning can have weakened.
    pub fn first_erased(&self) -> Vec<u32> {
        let mut units: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (&address, mark) in &self.sectors {
            if let Some(unit) = mark.erased_with {
                units.entry(unit).or_default().push(address);
            }
        }
        // the sector with the FCB leads, then come single sectors, then blocks
        let leads = units.remove(&self.sizes.base);
        let single = || units.values().find(|sectors| sectors.len() == 1);
        let first = leads.or_else(|| single().or(units.values().next()).cloned());
        first.unwrap_or_default()
    }
}
