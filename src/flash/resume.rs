//! What a write does about writes that are still open. Pure: journal, image and flash in, a decision out.
//!
//! | the open write | this write | what happens |
//! |--|--|--|
//! | reads as if it had not begun | any | it is over; what its first erase may have weakened is erased again |
//! | all of it is there | any | it is over; the sector with the FCB is erased again |
//! | any | brings every byte of its sectors | it is over, whatever flash holds; all its sectors are erased again |
//! | broken | brings all its bytes, or a boot image over some of them | it is over: kept bytes come back, its other bytes go, all its sectors are erased again |
//! | broken | something else | it stays open; only the sectors of both are put in order. The FCB's page stays out if it waits for that write |
//! | changed by somebody else | of any of its sectors | refused, unless the user says what becomes of the kept bytes |
//!
//! Where an erase is open, or a chip erase for a write, every sector that this write touches is erased again, whatever it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rtboot_bootable::Memory;
use rtboot_fcb::Fcb;

use super::geometry::{Geometry, KeptBytes, touched_sectors};
use crate::journal::{Foreign, OpenErase, OpenWrite, Standing, hex, slice};

/// Where the IVT lies in flash, as an offset.
const IVT: u32 = 0x1000;
/// Where it names the entry.
const IVT_ENTRY: u32 = 4;

/// What a write does about writes that are still open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// Bytes that are put back.
    pub kept: Memory,
    /// Sectors that are erased whatever they read: a cut command may have left weak cells.
    pub refresh: BTreeSet<u32>,
    /// Bytes of half an image that is given up: they become blank.
    pub given_up: Vec<Range<u64>>,
    /// Writes that stay open, without what this write puts in order.
    pub open: Vec<OpenWrite>,
    /// The first of them for which the FCB's page stays out.
    pub holds: Option<usize>,
    /// Writes that this one brings to their end.
    pub closed: Vec<OpenWrite>,
}

/// Why no decision can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    pub write: OpenWrite,
    pub foreign: Foreign,
}

impl Changed {
    pub(super) fn into_error(self) -> crate::Error {
        crate::Error::FlashChangedSince {
            image: self.write.image.name.clone(),
            when: self.write.when(),
            address: self.foreign.address,
            kept: hex(&self.foreign.kept),
            found: hex(&self.foreign.found),
        }
    }
}

/// A write that is to be decided about.
struct Case<'a> {
    wanted: &'a Memory,
    now: &'a BTreeMap<u32, Vec<u8>>,
    g: &'a Geometry,
    touched: BTreeSet<u32>,
    brings_boot: bool,
    has_fcb: bool,
    choice: KeptBytes,
}

impl Case<'_> {
    /// Whether this write brings every byte of every sector of that one, so that nothing of it stays, neither in flash nor kept.
    fn replaces(&self, write: &OpenWrite) -> bool {
        let sector = self.g.sector as usize;
        let brought = |at: u32, len: usize| self.wanted.bytes(at, len).is_some();
        let mut kept = write.kept.segments();
        write.sectors.keys().all(|at| brought(*at, sector))
            && kept.all(|(at, bytes)| brought(at, bytes.len()))
    }
}

impl Resume {
    /// Decides about every open write. `now` holds all their sectors and the first of the flash.
    pub(super) fn decide(
        writes: &[OpenWrite],
        wanted: &Memory,
        now: &BTreeMap<u32, Vec<u8>>,
        g: &Geometry,
        choice: KeptBytes,
    ) -> Result<Resume, Box<Changed>> {
        let mut resume = Resume::default();
        if choice == KeptBytes::Discard {
            resume.discard(writes, wanted, g);
            return Ok(resume);
        }
        let case = Case {
            wanted,
            now,
            g,
            touched: touched_sectors(wanted, g).into_iter().collect(),
            brings_boot: brings_boot(wanted, g),
            has_fcb: now.get(&g.base).is_some_and(|sector| g.has_fcb(sector)),
            choice,
        };
        for write in writes {
            resume.add(write, &case)?;
            // a cut chip erase weakens cells anywhere, not only where that write puts bytes
            if write.may_have_erased_all() {
                resume.refresh.extend(&case.touched);
            }
        }
        resume.holds = resume.open.iter().position(|write| write.holds_fcb);
        if resume.holds.is_some() && case.has_fcb {
            resume.refresh.insert(g.base);
        }
        Ok(resume)
    }

    /// The write for which the FCB's page stays out.
    pub fn holder(&self) -> Option<&OpenWrite> {
        self.open.get(self.holds?)
    }

    /// The whole flash is erased: then they are all over.
    pub(super) fn erased(writes: &[OpenWrite]) -> Result<Resume, Box<Changed>> {
        Ok(Resume {
            closed: writes.to_vec(),
            ..Resume::default()
        })
    }

    /// Sectors that this write touches where an erase broke off are erased again. What they read counts: another program may
    /// have stored bytes there since.
    pub(super) fn refresh_erased(&mut self, erases: &[OpenErase], wanted: &Memory, g: &Geometry) {
        let touched = touched_sectors(wanted, g).into_iter();
        let weak = |sector: &u32| erases.iter().any(|erase| erase.touches(*sector, g.sector));
        self.refresh.extend(touched.filter(weak));
    }

    /// Leaves what this write has nothing to do with out of what was read.
    pub(super) fn retain_needed(
        &self,
        current: &mut BTreeMap<u32, Vec<u8>>,
        wanted: &Memory,
        g: &Geometry,
    ) {
        let header = [g.base, g.sector_of(g.base + IVT)];
        let kept = touched_sectors(&self.kept, g).into_iter();
        let needed: BTreeSet<u32> = touched_sectors(wanted, g)
            .into_iter()
            .chain(kept)
            .chain(header)
            .chain(self.refresh.iter().copied())
            .collect();
        current.retain(|address, _| needed.contains(address));
    }

    /// Flash counts as it is; where both wrote, cells may be weak all the same.
    fn discard(&mut self, writes: &[OpenWrite], wanted: &Memory, g: &Geometry) {
        let touched = touched_sectors(wanted, g).into_iter();
        let shared = |sector: &u32| {
            let mut writes = writes.iter();
            writes.any(|w| w.may_have_erased_all() || w.sectors.contains_key(sector))
        };
        self.refresh.extend(touched.filter(shared));
        self.closed = writes.to_vec();
    }

    fn add(&mut self, write: &OpenWrite, case: &Case) -> Result<(), Box<Changed>> {
        if case.replaces(write) {
            self.refresh.extend(write.sectors.keys());
            self.closed.push(write.clone());
            return Ok(());
        }
        let foreign = match write.standing(case.now, case.has_fcb) {
            Standing::Untouched => {
                self.refresh.extend(write.first_erased());
                self.closed.push(write.clone());
                return Ok(());
            }
            Standing::Whole => {
                self.refresh.insert(case.g.base);
                self.closed.push(write.clone());
                return Ok(());
            }
            Standing::Broken => None,
            Standing::Foreign(foreign) => Some(foreign),
        };
        let over =
            write.is_covered_by(case.wanted) || (case.brings_boot && write.overlaps(case.wanted));
        let shares = write.sectors.keys().any(|s| case.touched.contains(s));
        if let Some(foreign) = foreign
            && case.choice == KeptBytes::Restore
            && (over || shares || (write.holds_fcb && case.has_fcb))
        {
            let write = write.clone();
            return Err(Box::new(Changed { write, foreign }));
        }
        match over {
            true => self.close(write),
            false => self.put_in_order(write, case),
        }
        Ok(())
    }

    /// The write is over with this one: everything of it is put in order.
    fn close(&mut self, write: &OpenWrite) {
        self.refresh.extend(write.sectors.keys());
        self.give_back(&write.kept);
        self.given_up.extend(write.ranges.iter().cloned());
        self.closed.push(write.clone());
    }

    /// The write stays open; the sectors that this one touches are put in order.
    fn put_in_order(&mut self, write: &OpenWrite, case: &Case) {
        let mut rest = write.clone();
        rest.holds_fcb &= !case.brings_boot;
        let held = match rest.holds_fcb {
            true => write.fcb_page(),
            false => 0..0,
        };
        let ours = |sector: &&u32| {
            let held_back = **sector == case.g.base && rest.holds_fcb && case.has_fcb;
            case.touched.contains(*sector) || held_back
        };
        let ours: Vec<u32> = write.sectors.keys().filter(ours).copied().collect();
        for sector in ours {
            let place = u64::from(sector)..u64::from(sector) + u64::from(case.g.sector);
            self.refresh.insert(sector);
            self.give_back(&slice(&write.kept, &place));
            rest.forget_sector(&place, &held);
        }
        self.open.push(rest);
    }

    fn give_back(&mut self, kept: &Memory) {
        for (address, bytes) in kept.segments() {
            // what one journal holds fits in one memory
            let _ = self.kept.replace(address, bytes.to_vec());
        }
    }
}

/// Whether a boot image is written that starts by itself: FCB, IVT and what the IVT enters are among its bytes.
pub(super) fn brings_boot(wanted: &Memory, g: &Geometry) -> bool {
    let header = wanted.word(g.fcb) == Some(Fcb::TAG);
    let entry = wanted.word(g.base + IVT + IVT_ENTRY);
    // an entry in RAM is of an image that the ROM copies from behind its header
    let own = |entry: u32| !g.holds(entry, u64::from(entry) + 1) || wanted.byte(entry).is_some();
    header && entry.is_some_and(own)
}
