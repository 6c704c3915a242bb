//! The order in which a plan is carried out: which sectors and blocks are erased, which pages are programmed.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Action, RUN, Run, SectorPlan, WritePlan, is_blank};

impl WritePlan {
    /// How many sectors are erased.
    pub(crate) fn erased_count(&self) -> usize {
        let erased = |sector: &&SectorPlan| sector.action == Action::Erase;
        self.sectors.values().filter(erased).count()
    }

    /// Sectors to erase one by one, in order; the first sector of the flash leads when [`Self::unboots_first`].
    pub fn sector_erases(&self) -> Vec<u32> {
        let blocks = self.block_erases();
        let in_block = |address: u32| {
            blocks
                .iter()
                .any(|&block| (block..block + self.geometry.block).contains(&address))
        };
        self.erased()
            .filter(|&a| !in_block(a) || (self.boot_first && a == self.geometry.base))
            .collect()
    }

    /// Blocks to erase as a whole, in order: all their sectors are to be erased.
    pub fn block_erases(&self) -> Vec<u32> {
        let g = &self.geometry;
        if g.block <= g.sector || self.erases_all() {
            return Vec::new();
        }
        let mut per_block: BTreeMap<u32, u32> = BTreeMap::new();
        for address in self.erased() {
            *per_block
                .entry(g.base + (address - g.base) / g.block * g.block)
                .or_default() += 1;
        }
        let full = g.block / g.sector;
        per_block
            .into_iter()
            .filter(|&(_, count)| count == full)
            .map(|(block, _)| block)
            .collect()
    }

    fn erased(&self) -> impl Iterator<Item = u32> + '_ {
        let all = self.erases_all();
        self.sectors
            .iter()
            .filter(move |(_, s)| s.action == Action::Erase && !all)
            .map(|(&address, _)| address)
    }

    /// Pages to program, joined into runs of up to [`RUN`] bytes, without [`Self::last_run`]. One at a time is made.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.runs_of(RUN)
    }

    /// The same, in runs of up to `most` bytes.
    pub fn runs_of(&self, most: usize) -> impl Iterator<Item = Run> + '_ {
        let mut places: Vec<Range<u32>> = Vec::new();
        let last = self.last_run().map(|run| run.address);
        for (address, bytes) in self.pages().filter(|(address, _)| Some(*address) != last) {
            let end = address + bytes.len() as u32;
            match places.last_mut() {
                Some(run)
                    if run.end == address
                        && run.len() < most
                        // a guess that proves wrong concerns whole runs
                        && self.is_guessed(run.start) == self.is_guessed(address) =>
                {
                    run.end = end;
                }
                _ => places.push(address..end),
            }
        }
        places.into_iter().map(|place| self.run(place))
    }

    /// The bytes of a run; all of them lie in sectors of the plan.
    fn run(&self, place: Range<u32>) -> Run {
        let mut bytes = Vec::with_capacity(place.len());
        let sector = self.geometry.sector_of(place.start);
        for (&address, plan) in self.sectors.range(sector..place.end) {
            let from = place.start.saturating_sub(address) as usize;
            let to = (place.end - address).min(self.geometry.sector) as usize;
            bytes.extend_from_slice(plan.target.get(from..to).unwrap_or_default());
        }
        Run {
            address: place.start,
            bytes,
        }
    }

    /// The page that goes last: that with the FCB's tag, when it is programmed at all.
    pub fn last_run(&self) -> Option<Run> {
        let first = self.geometry.fcb_page();
        self.pages()
            .find(|(address, _)| *address == first)
            .map(|(address, bytes)| Run {
                address,
                bytes: bytes.to_vec(),
            })
    }

    /// All pages to program, by address. Blank pages are never sent.
    fn pages(&self) -> impl Iterator<Item = (u32, &[u8])> + '_ {
        let page = self.geometry.page as usize;
        self.sectors
            .iter()
            .filter(|(_, s)| s.action != Action::Leave)
            .flat_map(move |(&address, sector)| {
                let erase = sector.action == Action::Erase;
                sector
                    .target
                    .chunks(page)
                    .zip(sector.current.chunks(page))
                    .enumerate()
                    .filter_map(move |(i, (new, old))| {
                        let needed = !is_blank(new) && (erase || new != old);
                        needed.then_some((address + (i * page) as u32, new))
                    })
            })
    }

    /// Bytes that will be erased.
    pub fn bytes_to_erase(&self) -> u64 {
        match self.erases_all() {
            true => u64::from(self.geometry.size),
            false => self.erased().count() as u64 * u64::from(self.geometry.sector),
        }
    }

    /// Bytes of all sectors where bytes are to go or that change.
    pub fn bytes_touched(&self) -> u64 {
        let counts = |s: &&SectorPlan| s.touched || s.action != Action::Leave;
        let sectors = self.sectors.values().filter(counts);
        sectors.map(|sector| sector.target.len() as u64).sum()
    }

    /// Bytes that will be sent for programming.
    pub fn bytes_to_program(&self) -> u64 {
        self.pages().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}
