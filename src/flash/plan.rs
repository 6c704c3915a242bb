//! What a write will do to flash, decided before anything is touched. Pure: bytes in, steps out.
//!
//! For every sector that the image touches the plan knows what must be there afterwards: the image's bytes, and around
//! and between them the bytes that flash holds now. A sector that already is so is left alone, a sector whose
//! changes fall on blank pages is only programmed, any other is erased and programmed.
//!
//! The order keeps a half image from starting: when flash holds an FCB and the plan changes anything that may belong to
//! what starts, the first sector (the FCB is there) is erased before all else and its first page is programmed after all
//! else. Without an FCB the ROM falls back to serial download. A page cannot be programmed twice (the flashloader answers 10203), so the tag cannot be spoiled in place.

mod order;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rtboot_bootable::Memory;
use rtboot_fcb::Fcb;

use super::resume::Resume;
use super::started::{Started, StartedImage};
use crate::consent::EraseFlash;
use crate::journal::{Digest, digest_of};

pub use super::geometry::{EraseTimes, Geometry, Policy, ranges, touched_sectors};

/// What happens to one sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Flash already holds it.
    Leave,
    /// Only blank pages change.
    Program,
    /// Erased, then programmed.
    Erase,
}

/// One sector: what it must hold afterwards and how it gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectorPlan {
    /// What happens.
    pub action: Action,
    /// All bytes that the sector must hold afterwards.
    pub target: Arc<Vec<u8>>,
    /// Bytes that it holds now. All blank sectors of a plan share theirs, and one that stays shares its own.
    pub current: Arc<Vec<u8>>,
    /// Whether bytes are to go there; one that is not was only looked at.
    pub touched: bool,
    /// What it holds was not read but guessed; the image brings all of it.
    pub guess: Option<Guess>,
}

/// What a sector holds that was not read, from what was read around it. The image brings all of it, so nothing in it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Nothing. Where that is wrong the loader refuses to program, and the sector is erased after all.
    Blank,
    /// Something that must be erased. Where that is wrong an erase too many is done.
    Other,
}

/// What a compare found: sectors that were read, and what others are taken for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub current: BTreeMap<u32, Vec<u8>>,
    pub guesses: BTreeMap<u32, Guess>,
}

/// A run of bytes to program; page aligned, whole pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Bus address of the first byte.
    pub address: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Longest run that one write-memory command takes, in bytes: progress and Ctrl-C are looked at between runs.
pub const RUN: usize = 32 * 1024;
/// The same over USB, which carries it in 0.3 s.
pub const FAST_RUN: usize = 128 * 1024;
/// The same for a stream to rtboot's own loader.
pub const STREAMED_RUN: usize = 256 * 1024;

/// Everything a write will do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritePlan {
    geometry: Geometry,
    sectors: BTreeMap<u32, SectorPlan>,
    boot_first: bool,
    erase_all: Option<EraseFlash>,
    rescue: Memory,
    resume: Resume,
    image: Digest,
    ranges: Vec<Range<u64>>,
    started: Option<StartedImage>,
    spared: Vec<Range<u64>>,
    /// Sectors that the compare read as the boot ROM reads.
    proved: BTreeSet<u32>,
}

impl WritePlan {
    /// Decides sector by sector.
    ///
    /// * `wanted`: the image, all of it inside the flash.
    /// * `resume`: what becomes of interrupted writes; bytes that they kept count as if flash held them.
    /// * `current`: what flash holds, sector by sector; every touched sector must be there in full, and the first of flash.
    /// * `started`: what starts now. Its bytes stay though those around the image are to go.
    pub fn new(
        wanted: &Memory,
        resume: Resume,
        current: BTreeMap<u32, Vec<u8>>,
        geometry: Geometry,
        started: impl Into<Started>,
        policy: Policy,
    ) -> WritePlan {
        let found = Found {
            current,
            guesses: BTreeMap::new(),
        };
        WritePlan::from_found(wanted, resume, found, geometry, started, policy)
    }

    /// The same, where some of what flash holds was guessed.
    pub(super) fn from_found(
        wanted: &Memory,
        resume: Resume,
        found: Found,
        geometry: Geometry,
        started: impl Into<Started>,
        policy: Policy,
    ) -> WritePlan {
        let started = started.into();
        let ranges = wanted.segments().map(|(start, bytes)| {
            let start = u64::from(start);
            start..start + bytes.len() as u64
        });
        let mut plan = WritePlan {
            geometry,
            sectors: BTreeMap::new(),
            boot_first: false,
            erase_all: policy.erase_all,
            rescue: Memory::new(),
            resume,
            image: digest_of(wanted),
            ranges: ranges.collect(),
            started: started.image,
            spared: Vec::new(),
            proved: BTreeSet::new(),
        };
        let blank = Arc::new(vec![0xFF; geometry.sector as usize]);
        for (address, held) in found.current {
            let held = match held == *blank {
                true => blank.clone(),
                false => Arc::new(held),
            };
            plan.add_sector(address, held, wanted, policy);
        }
        for (address, guess) in found.guesses {
            plan.add_guess(address, guess, wanted, &blank);
        }
        plan.hold_fcb();
        if let (None, Some(times)) = (policy.erase_all, policy.times) {
            plan.widen_to_blocks(&times);
        }
        let held = plan.resume.holds.is_some() && plan.had_fcb();
        plan.boot_first = held || plan.must_unboot(started.may_reach);
        if plan.boot_first
            && let Some(first) = plan.sectors.get_mut(&geometry.base)
        {
            first.action = Action::Erase;
        }
        plan.rescue = plan.bytes_to_save(wanted, policy.keep_around);
        plan
    }

    fn add_sector(&mut self, address: u32, held: Arc<Vec<u8>>, wanted: &Memory, policy: Policy) {
        let kept = &self.resume.kept;
        let refresh = self.resume.refresh.contains(&address);
        let brings = |memory: &Memory| !memory.slice(address, held.len()).is_empty();
        let touched = refresh || brings(wanted) || brings(kept);
        // only the sectors of the image lose what is around it: others are erased for an earlier write's sake
        let keep = policy.erase_all.is_none() && (policy.keep_around || !brings(wanted));
        let mut target = if keep {
            held.to_vec()
        } else {
            vec![0xFF; held.len()]
        };
        if !keep && policy.erase_all.is_none() {
            let spared = self.spare_image(address, &held, wanted, &mut target);
            self.spared.extend(spared);
        }
        let kept = &self.resume.kept;
        for range in &self.resume.given_up {
            let inside = |at: u64| at.saturating_sub(u64::from(address)).min(held.len() as u64);
            let place = inside(range.start) as usize..inside(range.end) as usize;
            target.get_mut(place).unwrap_or_default().fill(0xFF);
        }
        overlay(&mut target, address, kept);
        overlay(&mut target, address, wanted);
        let action = match () {
            _ if policy.erase_all.is_some() || refresh => Action::Erase,
            _ if !touched => Action::Leave,
            _ if target == *held && policy.skip_unchanged => Action::Leave,
            _ if policy.skip_unchanged && self.only_blank_pages_change(&held, &target) => {
                Action::Program
            }
            _ => Action::Erase,
        };
        let target = match target == *held {
            true => held.clone(),
            false => Arc::new(target),
        };
        self.sectors.insert(
            address,
            SectorPlan {
                action,
                target,
                current: held,
                touched,
                guess: None,
            },
        );
    }

    /// A sector that the image brings whole, and that was not read.
    fn add_guess(&mut self, address: u32, guess: Guess, wanted: &Memory, blank: &Arc<Vec<u8>>) {
        let size = self.geometry.sector as usize;
        let Some(target) = wanted.bytes(address, size) else {
            return;
        };
        let (action, current) = match guess {
            Guess::Blank => (Action::Program, blank.clone()),
            // nothing in it counts as equal
            Guess::Other => (
                Action::Erase,
                Arc::new(target.iter().map(|byte| !byte).collect()),
            ),
        };
        let plan = SectorPlan {
            action,
            target: Arc::new(target.to_vec()),
            current,
            touched: true,
            guess: Some(guess),
        };
        self.sectors.insert(address, plan);
    }

    /// Whether this sector was not read.
    pub fn is_guessed(&self, address: u32) -> bool {
        let sector = self.sectors.get(&self.geometry.sector_of(address));
        sector.is_some_and(|sector| sector.guess.is_some())
    }

    /// Erases whole blocks where that takes less time than their sectors one by one; what could stay is programmed again.
    fn widen_to_blocks(&mut self, times: &EraseTimes) {
        let (g, page) = (self.geometry, self.geometry.page as usize);
        let mut at = u64::from(g.base);
        while g.block > g.sector && at < g.end() {
            let end = at + u64::from(g.block);
            // the end of the flash is at most the end of the address space
            let block = || at as u32..=(end - 1) as u32;
            let (mut erased, mut held, mut pages) = (0, 0, 0);
            for (_, sector) in self.sectors.range(block()).filter(|(_, s)| s.touched) {
                held += 1;
                match sector.action {
                    Action::Erase => erased += 1,
                    Action::Leave | Action::Program => {
                        let target = sector.target.chunks(page);
                        let pairs = target.zip(sector.current.chunks(page));
                        let stays = |(new, old): &(&[u8], &[u8])| new == old && !is_blank(new);
                        pages += pairs.filter(stays).count() as u32;
                    }
                }
            }
            if held == g.block / g.sector && erased < held && times.block_pays(erased, pages) {
                for (_, sector) in self.sectors.range_mut(block()) {
                    sector.action = Action::Erase;
                }
            }
            at = end;
        }
    }

    /// Whether nothing but these bytes is to be in the sectors of the plan afterwards.
    pub(super) fn holds_only(&self, wanted: &Memory) -> bool {
        let brought = |at: u32, sector: &SectorPlan| {
            let bytes = sector.target.iter().zip(at..);
            wanted.bytes(at, sector.target.len()).is_some()
                || bytes
                    .filter(|(byte, _)| **byte != 0xFF)
                    .all(|(_, at)| wanted.byte(at).is_some())
        };
        self.sectors.iter().all(|(at, sector)| brought(*at, sector))
    }

    /// How long the erases of this plan take, and those pages that an erase of the whole flash would take and that stay now.
    pub(super) fn erases_take(&self, times: &EraseTimes) -> (Duration, usize) {
        let sectors = self.sector_erases().len() as u32;
        let blocks = self.block_erases().len() as u32;
        let page = self.geometry.page as usize;
        let stays = |sector: &SectorPlan| {
            let pairs = sector.target.chunks(page).zip(sector.current.chunks(page));
            pairs
                .filter(|(new, old)| new == old && !is_blank(new))
                .count()
        };
        let kept = self.sectors.values().filter(|s| s.action != Action::Erase);
        (times.erases(sectors, blocks), kept.map(stays).sum())
    }

    /// The same by one erase of the whole flash. Nothing but what the plan holds must be there.
    pub(super) fn by_erasing_all(mut self, allowed: EraseFlash) -> WritePlan {
        self.erase_all = Some(allowed);
        self.rescue = Memory::new();
        for sector in self.sectors.values_mut() {
            sector.action = Action::Erase;
        }
        self
    }

    /// Keeps bytes of the image that starts now in a sector that is to lose what lies around the new bytes; tells which.
    fn spare_image(
        &self,
        sector: u32,
        held: &[u8],
        wanted: &Memory,
        target: &mut [u8],
    ) -> Vec<Range<u64>> {
        let mut spared: Vec<Range<u64>> = Vec::new();
        for range in self.started.iter().flat_map(StartedImage::ranges) {
            for ((at, &byte), to) in (u64::from(sector)..).zip(held).zip(target.iter_mut()) {
                let is_new = || wanted.byte(at as u32).is_some();
                if !range.contains(&at) || byte == 0xFF || is_new() {
                    continue;
                }
                *to = byte;
                match spared.last_mut() {
                    // blank bytes between them belong to the image, too
                    Some(last) if range.contains(&last.start) => last.end = at + 1,
                    _ => spared.push(at..at + 1),
                }
            }
        }
        spared
    }

    /// Keeps the FCB's page out while a half image could start through it. Its bytes wait in that image's journal.
    fn hold_fcb(&mut self) {
        let (resume, g) = (&mut self.resume, self.geometry);
        let holder = resume.holds.and_then(|number| resume.open.get_mut(number));
        let first = self.sectors.get_mut(&g.base).filter(|first| first.touched);
        let from = (g.fcb_page() - g.base) as usize;
        let page = from..from + g.page as usize;
        if let (Some(holder), Some(first)) = (holder, first)
            && let Some(page) = Arc::make_mut(&mut first.target).get_mut(page)
            && !is_blank(page)
        {
            // a page more in a journal of at most 8 MiB
            let _ = holder.kept.replace(g.fcb_page(), page.to_vec());
            page.fill(0xFF);
        }
    }

    fn only_blank_pages_change(&self, held: &[u8], target: &[u8]) -> bool {
        let page = self.geometry.page as usize;
        held.chunks(page)
            .zip(target.chunks(page))
            .all(|(old, new)| old == new || is_blank(old))
    }

    /// Whether something could start while the rest is written.
    fn must_unboot(&self, boot_extent: Range<u32>) -> bool {
        let belongs = |address: u32| {
            address < boot_extent.end && address + (self.geometry.sector - 1) >= boot_extent.start
        };
        let changes = self
            .sectors
            .iter()
            .any(|(&address, sector)| sector.action != Action::Leave && belongs(address));
        changes && self.had_fcb()
    }

    /// What becomes of interrupted writes.
    pub fn resume(&self) -> &Resume {
        &self.resume
    }

    /// Bytes that stay in sectors that were to lose what lies around the new bytes: they belong to the image that starts now.
    pub fn spared(&self) -> &[Range<u64>] {
        &self.spared
    }

    /// The image that starts now, where the write may concern it.
    pub fn started(&self) -> Option<&StartedImage> {
        self.started.as_ref()
    }

    /// Bytes of the application that starts now which this write replaces by others: from the first to behind the last in each
    /// sector.
    pub fn replaced(&self) -> Vec<Range<u64>> {
        let body = self.started.iter().flat_map(|image| &image.body);
        let changed = body.filter_map(|range| {
            let differs = |at: &u64| {
                let sector = self.geometry.sector_of(*at as u32);
                self.sectors.get(&sector).is_some_and(|plan| {
                    let offset = (*at - u64::from(sector)) as usize;
                    plan.current.get(offset) != plan.target.get(offset)
                        && plan.current.get(offset) != Some(&0xFF)
                })
            };
            let mut all = range.clone().filter(differs);
            let first = all.next()?;
            Some(first..all.next_back().unwrap_or(first) + 1)
        });
        changed.collect()
    }

    /// The flash that the plan is for.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Whether flash already holds everything.
    pub fn is_empty(&self) -> bool {
        self.sectors
            .values()
            .all(|sector| sector.action == Action::Leave)
    }

    /// The first address where flash holds something that the image replaces by something else.
    pub fn overwrites(&self) -> Option<u32> {
        let differs = |(address, sector): (&u32, &SectorPlan)| match sector.guess {
            Some(Guess::Other) => Some(*address),
            Some(Guess::Blank) => None,
            None => {
                let mut bytes = sector.current.iter().zip(sector.target.iter());
                let at = bytes.position(|(now, then)| *now != 0xFF && now != then)?;
                Some(address + at as u32)
            }
        };
        let touched = self.sectors.iter().filter(|(_, sector)| sector.touched);
        touched
            .filter(|(_, sector)| sector.action != Action::Leave)
            .find_map(differs)
    }

    /// Whether the first sector is erased before all else so that nothing half-written can start.
    pub fn unboots_first(&self) -> bool {
        self.boot_first
    }

    /// Whether flash holds an FCB before the write: what starts with it may start.
    pub fn had_fcb(&self) -> bool {
        let first = self.sectors.get(&self.geometry.base);
        first.is_some_and(|sector| self.geometry.has_fcb(&sector.current))
    }

    /// Whether flash looks as an interrupted write leaves it: the FCB's second page is there, and its first one, which goes
    /// last, is blank.
    pub fn looks_interrupted(&self) -> bool {
        let page = self.geometry.page as usize;
        let first = self.sectors.get(&self.geometry.base);
        first.is_some_and(|sector| {
            let fcb = (self.geometry.fcb_page() - self.geometry.base) as usize;
            let mut pages = sector.current.get(fcb..).unwrap_or_default().chunks(page);
            pages.next().is_some_and(is_blank) && pages.next().is_some_and(|page| !is_blank(page))
        })
    }

    /// From the first to behind the last address that the write may change.
    pub fn changed(&self) -> Range<u64> {
        let changes = |(_, sector): &(&u32, &SectorPlan)| sector.action != Action::Leave;
        let mut all = self
            .sectors
            .iter()
            .filter(changes)
            .map(|(&address, _)| u64::from(address));
        match (self.erases_all(), all.next()) {
            (true, _) => u64::from(self.geometry.base)..self.geometry.end(),
            (false, None) => u64::from(self.geometry.base)..u64::from(self.geometry.base),
            (false, Some(first)) => {
                first..all.next_back().unwrap_or(first) + u64::from(self.geometry.sector)
            }
        }
    }

    /// Whether the whole chip is erased.
    pub fn erases_all(&self) -> bool {
        self.erase_all.is_some()
    }

    /// The proof that erasing the whole chip was confirmed, when the plan does it.
    pub fn confirmed_erase(&self) -> Option<EraseFlash> {
        self.erase_all
    }

    /// Every sector that was looked at, with its address.
    pub fn sectors(&self) -> impl Iterator<Item = (u32, &SectorPlan)> {
        self.sectors
            .iter()
            .map(|(&address, sector)| (address, sector))
    }

    /// How many of the sectors where bytes are to go get this action; the first of flash counts when it is erased, too.
    pub fn count(&self, action: Action) -> usize {
        self.sectors
            .values()
            .filter(|sector| sector.action == action)
            .filter(|sector| sector.touched || action != Action::Leave)
            .count()
    }

    /// Bytes around the image on pages that change: to be saved before that, kept by the programming.
    pub fn rescue(&self) -> &Memory {
        &self.rescue
    }

    /// The bytes of flash that decide most, as they are now: sectors that are erased though bytes of [`Self::rescue`] lie in them, and
    /// the first of the flash, which tells whether something could start; of that the FCB's page alone where it is not erased. Worth a
    /// second reading before anything is changed. What is only programmed keeps its bytes, and the loader looks that it is blank.
    pub fn decisive_bytes(&self) -> Vec<(u32, Vec<u8>)> {
        let g = &self.geometry;
        let of = |(address, sector): (u32, &SectorPlan)| {
            let erased = sector.action == Action::Erase;
            let keeps = !self.rescue.slice(address, g.sector as usize).is_empty();
            match () {
                () if erased && (keeps || address == g.base) => {
                    Some((address, sector.current.to_vec()))
                }
                () if address == g.base => {
                    let page = g.fcb_page_in(&sector.current)?;
                    Some((g.fcb_page(), page.to_vec()))
                }
                () => None,
            }
        };
        self.sectors().filter_map(of).collect()
    }

    /// Everything that must read so afterwards: whole sectors, kept bytes too.
    pub fn targets(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.sectors
            .iter()
            .map(|(&address, sector)| (address, sector.target.as_slice()))
    }

    /// These sectors were read by the compare as the boot ROM reads them, and the flashloader's own set-up was proved against the
    /// plain read before: those that held what they should need no second reading.
    #[must_use]
    pub fn proved_by_compare(mut self, sectors: BTreeSet<u32>) -> WritePlan {
        self.proved = sectors;
        self
    }

    /// Whether the compare read this sector so.
    pub fn is_proved(&self, address: u32) -> bool {
        self.proved.contains(&address)
    }

    /// Whether the compare read through the read that the boot ROM uses.
    pub fn compared_fast(&self) -> bool {
        !self.proved.is_empty()
    }

    /// What is read back in the end: all of [`Self::targets`] but those that the compare has proved.
    ///
    /// A command that a link without a checksum bent can reach beyond its own sector. One that left its own sector as it was shows
    /// there; one that reached further took the nearest sectors whole, so that of the nearest on either side which are not blank the
    /// nearest page that is not is read again, with what lies between. After a break everything is read twice, for it leaves cells
    /// that do not read the same each time.
    pub fn to_verify(&self) -> Vec<(u32, &[u8])> {
        let resume = &self.resume;
        let broke = self.looks_interrupted()
            || !(resume.refresh.is_empty() && resume.open.is_empty() && resume.closed.is_empty());
        let changes = |sector: &SectorPlan| sector.action != Action::Leave;
        let all: Vec<(u32, &SectorPlan)> = self.sectors().collect();
        let again = |(at, sector): &(u32, &SectorPlan)| {
            broke || changes(sector) || !self.proved.contains(at)
        };
        // offsets in each sector
        let mut read: Vec<Range<usize>> = all
            .iter()
            .map(|it| 0..if again(it) { it.1.target.len() } else { 0 })
            .collect();
        let page = self.geometry.page as usize;
        let full = |place: usize| {
            let pages = all[place].1.target.chunks(page);
            let full = pages.enumerate().filter(|(_, page)| !is_blank(page));
            let mut numbers = full.map(|(number, _)| number);
            let first = numbers.next();
            first.map(|first| (first, numbers.next_back().unwrap_or(first)))
        };
        let stays = |place: usize| changes(all[place].1) || full(place).is_some();
        for (place, (_, sector)) in all.iter().enumerate() {
            if !changes(sector) {
                continue;
            }
            let before = (0..place).rev().find(|at| stays(*at));
            if let Some((at, (_, last))) = before.and_then(|at| Some((at, full(at)?))) {
                let seen = last * page..all[at].1.target.len();
                read[at] = joined(&read[at], seen);
            }
            let behind = (place + 1..all.len()).find(|at| stays(*at));
            if let Some((at, (first, _))) = behind.and_then(|at| Some((at, full(at)?))) {
                read[at] = joined(&read[at], 0..(first + 1) * page);
            }
        }
        let targets = all
            .into_iter()
            .zip(read)
            .filter(|(_, read)| !read.is_empty());
        let targets = targets.map(|((at, sector), read)| {
            let bytes = sector.target.get(read.clone()).unwrap_or_default();
            (at + read.start as u32, bytes)
        });
        targets.collect()
    }

    /// [`Self::to_verify`], or all of it, without the page that goes last.
    pub(super) fn pieces_to_verify(&self, all: bool) -> Vec<(u32, &[u8])> {
        let last = self.last_run();
        let targets: Vec<(u32, &[u8])> = match all {
            true => self.targets().collect(),
            false => self.to_verify(),
        };
        let pieces = targets
            .into_iter()
            .flat_map(|(address, target)| match &last {
                Some(run) => around(address, target, run),
                None => [(address, target), (address, &[][..])],
            });
        pieces.filter(|(_, bytes)| !bytes.is_empty()).collect()
    }

    /// The FCB that flash will hold at this address.
    pub(super) fn fcb_to_come(&self, address: u32) -> Option<Fcb> {
        let there = self.target(address, Fcb::LEN as u32)?;
        Fcb::parse(&there).ok()
    }

    /// What must be in this range afterwards; `None` when the plan does not hold all of it.
    pub fn target(&self, address: u32, length: u32) -> Option<Vec<u8>> {
        self.part_of(address, length, |sector| Some(&sector.target))
    }

    /// What is in this range before the write; `None` when not all of it was read.
    pub fn current(&self, address: u32, length: u32) -> Option<Vec<u8>> {
        self.part_of(address, length, |sector| {
            sector.guess.is_none().then_some(&sector.current)
        })
    }

    fn part_of(
        &self,
        address: u32,
        length: u32,
        of: impl Fn(&SectorPlan) -> Option<&Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let end = address.checked_add(length)?;
        address.checked_sub(self.geometry.base)?;
        let mut bytes = Vec::with_capacity(length as usize);
        while (bytes.len() as u32) < length {
            let at = address + bytes.len() as u32;
            let sector = self.geometry.sector_of(at);
            let target = of(self.sectors.get(&sector)?)?;
            let to = target.len().min((end - sector) as usize);
            bytes.extend_from_slice(target.get((at - sector) as usize..to)?);
        }
        Some(bytes)
    }

    /// Each sector that changes, with address, expected and present byte of its first difference.
    pub fn differences(&self) -> impl Iterator<Item = (Range<u64>, u32, u8, u8)> {
        self.sectors.iter().filter_map(|(&address, sector)| {
            let at = sector
                .target
                .iter()
                .zip(sector.current.iter())
                .position(|(new, old)| new != old)?;
            let start = u64::from(address);
            let range = start..start + sector.target.len() as u64;
            let first = address + at as u32;
            Some((range, first, sector.target[at], sector.current[at]))
        })
    }
}

/// What of these bytes lies before and behind a page; all of them where the page is elsewhere.
fn around<'a>(address: u32, target: &'a [u8], page: &Run) -> [(u32, &'a [u8]); 2] {
    let from = page.address.checked_sub(address).map(|from| from as usize);
    match from.filter(|from| *from < target.len()) {
        Some(from) => {
            let to = (from + page.bytes.len()).min(target.len());
            let (before, behind) = (&target[..from], &target[to..]);
            [(address, before), (address + to as u32, behind)]
        }
        None => [(address, target), (address, &[])],
    }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0xFF)
}

/// Both ranges, with what lies between them.
fn joined(a: &Range<usize>, b: Range<usize>) -> Range<usize> {
    match a.is_empty() {
        true => b,
        false => a.start.min(b.start)..a.end.max(b.end),
    }
}

fn overlay(target: &mut [u8], address: u32, memory: &Memory) {
    let end = u64::from(address) + target.len() as u64;
    for (start, bytes) in memory.segments() {
        let (from, to) = (u64::from(start), u64::from(start) + bytes.len() as u64);
        if to <= u64::from(address) || from >= end {
            continue;
        }
        let (low, high) = (from.max(u64::from(address)), to.min(end));
        let (low_t, high_t) = (
            (low - u64::from(address)) as usize,
            (high - u64::from(address)) as usize,
        );
        let (low_s, high_s) = ((low - from) as usize, (high - from) as usize);
        target[low_t..high_t].copy_from_slice(&bytes[low_s..high_s]);
    }
}

#[cfg(test)]
mod tests;
