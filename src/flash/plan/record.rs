//! What the journal must know of a plan: the bytes to keep, and the record of the write.

use std::ops::Range;

use rtboot_bootable::Memory;

use super::{Action, SectorPlan, WritePlan};
use crate::journal::{
    Brings, ImageMark, NOT_READ, OpenWrite, Phase, SectorMark, Sizes, digest, now, page_mark,
};

impl WritePlan {
    /// Bytes that nobody asked to change, on pages that are erased or programmed. Blank ones count: a write that goes wrong
    /// can leave something else in their place, and then only this tells that they were blank.
    pub(super) fn bytes_to_save(&self, wanted: &Memory, blank_too: bool) -> Memory {
        let page = self.geometry.page as usize;
        let mut saved = Memory::new();
        if self.erases_all() {
            return saved;
        }
        for (&address, sector) in &self.sectors {
            let pages = sector.target.chunks(page).zip(sector.current.chunks(page));
            let mut run: Option<(u32, Vec<u8>)> = None;
            for (i, (new, old)) in pages.enumerate() {
                let changes = match sector.action {
                    Action::Leave => false,
                    Action::Program => new != old,
                    Action::Erase => true,
                };
                for (offset, &byte) in new.iter().enumerate() {
                    let at = address + (i * page + offset) as u32;
                    let counts = changes && (blank_too || byte != 0xFF);
                    if counts && wanted.byte(at).is_none() {
                        run.get_or_insert_with(|| (at, Vec::new())).1.push(byte);
                    } else if let Some((start, bytes)) = run.take() {
                        // disjoint; when there are too many to hold, there are too many to save, too: that ends the write
                        let _ = saved.insert(start, bytes);
                    }
                }
            }
            if let Some((start, bytes)) = run {
                let _ = saved.insert(start, bytes);
            }
        }
        if self.resume.holds.is_some() {
            saved.remove(self.geometry.fcb_page(), page);
        }
        saved
    }

    /// This write as the journal knows it while it is on its way.
    pub fn record(&self, name: &str, brings: Brings) -> OpenWrite {
        let g = &self.geometry;
        let blocks = self.block_erases();
        let changes = |(_, sector): &(&u32, &SectorPlan)| sector.action != Action::Leave;
        let marks = self.sectors.iter().filter(changes).map(|(&at, sector)| {
            let erased = sector.action == Action::Erase;
            let pages = sector.target.chunks(g.page as usize).map(page_mark);
            let mark = SectorMark {
                before: match sector.guess {
                    None => digest(&sector.current),
                    Some(_) => NOT_READ,
                },
                pages: pages.collect(),
                // one that was taken for blank is erased where it is not
                erased_with: (erased || sector.guess.is_some())
                    .then(|| self.erased_with(at, &blocks)),
                left: None,
            };
            (at, mark)
        });
        let runs = self.runs().map(|run| {
            let start = u64::from(run.address);
            start..start + run.bytes.len() as u64
        });
        OpenWrite {
            image: ImageMark {
                name: name.to_owned(),
                digest: self.image,
                brings,
                command: None,
            },
            program: env!("CARGO_PKG_VERSION").to_owned(),
            time: now(),
            phase: Phase::Erasing,
            holds_fcb: self.holds_fcb(),
            sizes: Sizes {
                base: g.base,
                fcb_page: g.fcb_page() - g.base,
                page: g.page,
                sector: g.sector,
            },
            ranges: self.ranges.clone(),
            sectors: marks.collect(),
            runs: runs.collect(),
            kept: self.rescue.clone(),
            in_flight: None,
            failed: None,
            erases_all: self.erases_all(),
            trimmed: false,
        }
    }

    /// Interrupted writes that this one takes the place of, each with those of its ranges that this one does not touch: a piece
    /// of data is lost there, where another image over the same addresses is what was wanted.
    pub fn given_up(&self) -> Vec<(&OpenWrite, Vec<Range<u64>>)> {
        let meets = |range: &Range<u64>| {
            let mut ours = self.ranges.iter();
            ours.any(|our| our.start < range.end && range.start < our.end)
        };
        let lost = |write: &OpenWrite| -> Vec<Range<u64>> {
            let of_it = |range: &&Range<u64>| write.ranges.contains(range) && !meets(range);
            self.resume.given_up.iter().filter(of_it).cloned().collect()
        };
        let closed = self.resume.closed.iter();
        let with_lost = closed.map(|write| (write, lost(write)));
        with_lost.filter(|(_, lost)| !lost.is_empty()).collect()
    }

    /// Whether nothing may start before this write is whole: it changes what starts, or it is not known what does.
    fn holds_fcb(&self) -> bool {
        let holders = || self.resume.open.iter().chain(&self.resume.closed);
        let holding = || holders().filter(|write| write.holds_fcb);
        let shares = |write: &OpenWrite| {
            let meets = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
            let ranges = &self.ranges;
            write
                .ranges
                .iter()
                .any(|a| ranges.iter().any(|b| meets(a, b)))
        };
        let unknown = !self.had_fcb() && holding().next().is_none();
        self.boot_first && self.resume.holds.is_none()
            || unknown
            || holding().any(shares)
            || self.last_run().is_some()
    }

    /// First address of what the command that erases this sector takes with it.
    fn erased_with(&self, sector: u32, blocks: &[u32]) -> u32 {
        let g = &self.geometry;
        let block = g.base + (sector - g.base) / g.block.max(1) * g.block;
        match blocks.binary_search(&block) {
            _ if self.erases_all() => g.base,
            Ok(_) => block,
            Err(_) => sector,
        }
    }
}
