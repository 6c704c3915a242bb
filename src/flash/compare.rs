//! Reads flash where the image goes and decides what must change. Changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use rtboot_bootable::{BootData, Ivt, Memory};
use rtboot_fcb::sfdp::Sfdp;
use rtboot_wire::loader::crc32;

use crate::consent::EraseFlash;
use crate::error::OutOfRange;
use crate::event::{Listener, Meter, Stage};
use crate::flash::nor::Nor;
use crate::flash::plan::{
    EraseTimes, Found, Geometry, Guess, Policy, WritePlan, ranges, touched_sectors,
};
use crate::flash::resume::{Resume, brings_boot};
use crate::flash::started::Started;
use crate::journal::{BoardJournal, OpenWrite, Sizes};
use crate::{Error, Result};

/// Where the IVT lies in flash, as an offset.
const IVT: u32 = 0x1000;
/// Most bytes that one read brings; a multiple of every sector size.
const PIECE: u32 = 1 << 20;
/// From so many sectors on the fast read is worth its set-up and its proof.
const FAST: usize = 8;
/// Bytes that show whether the fast read brings what one pad brings…
const SAMPLE: usize = 256;
/// … out of each so many sectors.
const SAMPLE_EACH: usize = 16;
/// The same where it saves the second reading, too.
const PROVES: usize = 1;
/// From so many sectors of a block on it is guessed what they hold, …
const GUESSED: usize = 8;
/// … from so many at its beginning, …
const FIRST_LOOK: usize = 4;
/// … over a UART from one of two, whose first bytes tell whether the others are read: a KiB travels longer than a sector is erased. The
/// vector table, which is the same in many versions, is shorter.
const GUESSED_SLOWLY: usize = 2;
const FIRST_BYTES: u32 = 2048;
/// … and from so many pages of a few.
const SAMPLED: u32 = 3;
/// Bytes of flash that hold FCB, IVT and boot data.
const HEADER: usize = 0x2000;

/// Reads what is needed and decides. Changes nothing in flash.
///
/// # Errors
/// [`Error::OutsideFlash`] and whatever reading brings; [`Error::FlashChangedSince`] where an interrupted write of the
/// journal can be neither finished nor left alone.
pub fn plan_write(
    nor: &mut Nor,
    image: &Memory,
    journal: Option<&BoardJournal>,
    policy: Policy,
    listener: &mut dyn Listener,
) -> Result<WritePlan> {
    plan_around(nor, image, journal, policy, &BTreeSet::new(), listener)
}

/// As [`plan_write`]; sectors with weak cells are erased whatever they read.
///
/// # Errors
/// As [`plan_write`].
pub fn plan_around(
    nor: &mut Nor,
    image: &Memory,
    journal: Option<&BoardJournal>,
    policy: Policy,
    weak: &BTreeSet<u32>,
    listener: &mut dyn Listener,
) -> Result<WritePlan> {
    let geometry = nor.geometry();
    check_fits(image, &geometry)?;
    // a block erase does nothing where part of the block is protected
    let protected = nor.facts().protected_extent(nor.part()).is_any();
    let policy = Policy {
        times: EraseTimes::of(nor.part()).filter(|_| !protected),
        ..policy
    };
    let open = journal.map(BoardJournal::writes).unwrap_or_default();
    for write in open {
        check_journal(write, &geometry, journal)?;
    }
    let mut sectors = touched_sectors(image, &geometry);
    nor.bring_set_ups(sectors.len() as u32 >= geometry.block / geometry.sector)?;
    nor.use_plain()?;
    for write in open {
        sectors.extend(write.sectors.keys());
        sectors.extend(touched_sectors(&write.kept, &geometry));
    }
    // FCB and IVT: what they hold decides, and an erase beside them that a bent command made longer shows in the verify
    sectors.push(geometry.base);
    sectors.push(geometry.sector_of(geometry.base + IVT));
    sectors.sort_unstable();
    sectors.dedup();
    let erases = journal.map(BoardJournal::erases).unwrap_or_default();
    // what a break may have left is read whole, and what starts now is looked at where this write does not replace it
    let settled = open.is_empty() && erases.is_empty() && weak.is_empty();
    let alone = settled && policy.times.is_some() && brings_boot(image, &geometry);
    // rtboot's own loader does not look whether a page is blank before it programs it
    let guesses = alone && nor.loader_facts().own.is_none();
    let blindly = alone && (!policy.skip_unchanged || policy.erase_all.is_some());
    let mut proved = BTreeSet::new();
    let mut guessed = BTreeMap::new();
    let mut current = match () {
        () if blindly => {
            let (whole, plain) = brought_whole(&sectors, image, &geometry);
            guessed = whole.iter().map(|at| (*at, Guess::Other)).collect();
            read_sectors(nor, &plain, &geometry, listener)?
        }
        () if nor.proves_by_hash() => {
            // over a UART a sector travels longer than it is erased
            let unread = (alone && !nor.loader().sends_fast()).then_some(&mut guessed);
            ask_sectors(nor, &sectors, image, &geometry, unread, listener)?
        }
        () => {
            let mut reading = Reading::begin(nor, image, &geometry, guesses);
            reading.read(&sectors, listener)?;
            (proved, guessed) = (reading.proved, reading.found.guesses);
            reading.found.current
        }
    };
    let resume = match policy.erase_all.is_some() {
        true => Resume::erased(open),
        false => Resume::decide(open, image, &current, &geometry, policy.kept),
    };
    let mut resume = resume.map_err(|changed| changed.into_error())?;
    resume.refresh_erased(erases, image, &geometry);
    resume.refresh.extend(weak);
    resume.retain_needed(&mut current, image, &geometry);
    let extent = match image.slice(geometry.base, HEADER).is_empty() {
        true => boot_extent(nor, &current, &geometry)?,
        false => geometry.all(),
    };
    let mut started = Started::from(extent);
    if policy.erase_all.is_none() {
        started.image = nor.started_image(image, &current, !policy.keep_around, listener)?;
    }
    let found = Found {
        current,
        guesses: guessed,
    };
    let plan = WritePlan::from_found(image, resume, found, geometry, started, policy);
    let plan = plan.proved_by_compare(proved);
    // the write that is open then erases all of it, and what weakened is erased with it
    let may_erase_all = settled && !protected && policy.erase_all.is_none();
    match may_erase_all && policy.skip_unchanged && erase_of_all_pays(nor, &plan, image, listener)?
    {
        true => Ok(plan.by_erasing_all(EraseFlash::loses_nothing())),
        false => Ok(plan),
    }
}

/// Nanoseconds for each byte that the loader looks at after an erase, and that comes over the wire.
const LOOKED: u64 = 80;
const READ: u64 = 1_200;

/// Whether one erase of the whole flash takes less time than what this plan erases, by the part's typical times, and takes no byte
/// that the image does not bring: all others were read here, and are blank.
fn erase_of_all_pays(
    nor: &mut Nor,
    plan: &WritePlan,
    image: &Memory,
    listener: &mut dyn Listener,
) -> Result<bool> {
    let g = *plan.geometry();
    let told = nor.facts().sfdp.as_ref().ok().and_then(Sfdp::chip_erase);
    let chip = nor.part().times.chip_erase.or(told);
    let (Some(times), Some(chip)) = (EraseTimes::of(nor.part()), chip) else {
        return Ok(false);
    };
    let (takes, stay) = plan.erases_take(&times);
    let planned: BTreeSet<u32> = plan.sectors().map(|(at, _)| at).collect();
    let all = (g.base..).step_by(g.sector as usize);
    let all = all.take((g.size / g.sector) as usize);
    let others: Vec<u32> = all.filter(|at| !planned.contains(at)).collect();
    let read = others.len() as u64 * u64::from(g.sector) * READ;
    let looked = u64::from(g.size) * LOOKED;
    let whole = chip.typical + times.sector + Duration::from_nanos(read + looked);
    if whole + times.pages(stay as u32) >= takes || !plan.holds_only(image) {
        return Ok(false);
    }
    let length = others.len() as u64 * u64::from(g.sector);
    let mut meter = Meter::begin(listener, Stage::Compare, length);
    // one sector tells most flashes
    let (first, rest) = others.split_at(others.len().min(1));
    for range in [first, rest].iter().flat_map(|some| ranges(some, g.sector)) {
        let read = nor.read(range.start, range.end - range.start, &mut meter)?;
        if read.iter().any(|&byte| byte != 0xFF) {
            meter.end();
            return Ok(false);
        }
    }
    meter.end();
    Ok(true)
}

/// A journal is named by the flash's size, so only a damaged one names places outside it.
fn check_journal(write: &OpenWrite, g: &Geometry, journal: Option<&BoardJournal>) -> Result<()> {
    let sizes = Sizes {
        base: g.base,
        fcb_page: g.fcb_page() - g.base,
        page: g.page,
        sector: g.sector,
    };
    let inside = write.sectors.keys().all(|at| u64::from(*at) < g.end());
    let fits = write.sizes == sizes && inside && check_fits(&write.kept, g).is_ok();
    match (fits, journal) {
        (false, Some(journal)) => Err(Error::JournalUnusable {
            path: journal.path().to_owned(),
            reason: "it is of a flash of another size, or of other sectors".into(),
        }),
        _ => Ok(()),
    }
}

fn check_fits(memory: &Memory, geometry: &Geometry) -> Result<()> {
    for (start, bytes) in memory.segments() {
        let end = u64::from(start) + bytes.len() as u64;
        if !geometry.holds(start, end) {
            let what = OutOfRange::Image;
            return Err(Error::OutsideFlash {
                what,
                start,
                end,
                flash_start: geometry.base,
                flash_end: geometry.end(),
            });
        }
    }
    Ok(())
}

pub(super) fn read_sectors(
    nor: &mut Nor,
    sectors: &[u32],
    geometry: &Geometry,
    listener: &mut dyn Listener,
) -> Result<BTreeMap<u32, Vec<u8>>> {
    let total = sectors.len() as u64 * u64::from(geometry.sector);
    let mut meter = Meter::begin(listener, Stage::Compare, total);
    let mut current = BTreeMap::new();
    read_into(&mut current, nor, sectors, geometry, &mut meter)?;
    meter.end();
    Ok(current)
}

/// Sectors behind the header of which the image brings every byte, and the others.
fn brought_whole(sectors: &[u32], image: &Memory, geometry: &Geometry) -> (Vec<u32>, Vec<u32>) {
    let header = [geometry.base, geometry.sector_of(geometry.base + IVT)];
    let size = geometry.sector as usize;
    let whole = |at: &u32| !header.contains(at) && image.bytes(*at, size).is_some();
    sectors.iter().partition(|at| whole(at))
}

/// What was seen last of the sectors that the image brings whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// They hold what they should, or nothing is known.
    Equal,
    Blank,
    /// They must be erased.
    Other,
}

/// How the fast read reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    /// As the boot ROM: what it brings need not be read again.
    AsTheRom,
    /// On fewer pads.
    Otherwise,
}

/// A compare that reads.
///
/// Reading all of a flash that is blank, or that holds something else, costs a third of a write, and changes nothing of it. So where
/// that is what was seen last, a few pages of the next block are read first; when all of them are so, the block is taken for it.
struct Reading<'a> {
    nor: &'a mut Nor,
    image: &'a Memory,
    geometry: &'a Geometry,
    guesses: bool,
    /// The wire is a UART.
    slow: bool,
    /// The first sector behind the header.
    first: Option<u32>,
    found: Found,
    /// Sectors that were read as the boot ROM reads.
    proved: BTreeSet<u32>,
}

impl<'a> Reading<'a> {
    fn begin(nor: &'a mut Nor, image: &'a Memory, geometry: &'a Geometry, guesses: bool) -> Self {
        Reading {
            slow: !nor.loader_ref().sends_fast(),
            first: None,
            nor,
            image,
            geometry,
            guesses,
            found: Found::default(),
            proved: BTreeSet::new(),
        }
    }

    /// Sectors with bytes to be kept, and those that decide what the ROM starts, are read on one pad, the others through the fast
    /// read where it brings these alike.
    fn read(&mut self, sectors: &[u32], listener: &mut dyn Listener) -> Result<()> {
        let g = *self.geometry;
        let (whole, plain) = brought_whole(sectors, self.image, &g);
        self.first = whole.first().copied();
        let total = sectors.len() as u64 * u64::from(g.sector);
        let mut meter = Meter::begin(listener, Stage::Compare, total);
        read_into(&mut self.found.current, self.nor, &plain, &g, &mut meter)?;
        let mut seen = match self.found.current.get(&g.base) {
            Some(first) => self.seen(g.base, first),
            None => Seen::Equal,
        };
        let set_up = match whole.len() >= PROVES {
            true => self.use_fast(&plain, &whole, seen)?,
            false => None,
        };
        if set_up.is_none() && self.nor.hashes() {
            // a blank header proves no read; CRCs cost little
            let (image, current) = (self.image, &mut self.found.current);
            ask_whole(self.nor, &whole, (current, None), image, &g, &mut meter)?;
            meter.end();
            return Ok(());
        }
        // while quad enable is clear, the fast read is not the boot ROM's
        let fast = set_up == Some(Read::AsTheRom);
        for block in whole.chunk_by(|a, b| (a - g.base) / g.block == (b - g.base) / g.block) {
            let least = if self.slow { GUESSED_SLOWLY } else { GUESSED };
            let guess = match self.guesses && block.len() >= least {
                true => self.sample(block, seen, &meter)?,
                false => None,
            };
            if let Some(guess) = guess {
                self.found
                    .guesses
                    .extend(block.iter().map(|at| (*at, guess)));
                meter.add(block.len() as u64 * u64::from(g.sector));
                continue;
            }
            let settled = seen == Seen::Equal && block.first() != whole.first();
            seen = self.read_block(block, settled, fast, &mut meter)?;
        }
        meter.end();
        Ok(())
    }

    /// Sets up the fast read where it brings what one pad brought, from registers as after power-on. Where the header is equal, the
    /// first of the other sectors are read along.
    fn use_fast(&mut self, plain: &[u32], whole: &[u32], seen: Seen) -> Result<Option<Read>> {
        let g = *self.geometry;
        let header = [g.base, g.sector_of(g.base + IVT)];
        let held: &BTreeMap<u32, Vec<u8>> = &self.found.current;
        let known = plain.iter().filter(|at| held.contains_key(at)).copied();
        let compared: Vec<u32> = match plain.len() <= FAST {
            true => known.collect(),
            false => known.filter(|at| header.contains(at)).collect(),
        };
        // over a UART a page of each: what changes is read again as the boot ROM reads before that, all else by the verify
        let length = if self.slow { g.page } else { g.sector } as usize;
        let proof: Vec<(u32, &[u8])> = compared
            .iter()
            .filter_map(|at| Some((*at, held.get(at)?.get(..length)?)))
            .collect();
        let behind = compared.last().map_or(g.base, |at| at + g.sector);
        let adjoins = |(number, at): &(usize, &u32)| **at == behind + *number as u32 * g.sector;
        let count = if self.slow { 0 } else { FIRST_LOOK };
        let along = whole.iter().enumerate().take(count);
        let along: Vec<u32> = match seen {
            Seen::Equal => along.take_while(adjoins).map(|(_, at)| *at).collect(),
            Seen::Blank | Seen::Other => Vec::new(),
        };
        self.nor.reset_registers()?;
        let Some(read) = self
            .nor
            .use_fast_and_read(&proof, along.len() as u32 * g.sector)?
        else {
            return Ok(None);
        };
        let sectors = read.chunks(g.sector as usize);
        for (at, bytes) in along.iter().zip(sectors) {
            self.found.current.insert(*at, bytes.to_vec());
        }
        let quad = self.nor.part().quad_enabled(&self.nor.facts().status);
        if quad != Some(true) {
            return Ok(Some(Read::Otherwise));
        }
        if !self.slow {
            self.proved.extend(compared);
        }
        Ok(Some(Read::AsTheRom))
    }

    /// Reads a block from its beginning on. Where its first sectors must all be erased, a look at the others may end it.
    /// `settled`: the block before holds what it should, so this one is read in one go.
    fn read_block(
        &mut self,
        block: &[u32],
        settled: bool,
        fast: bool,
        meter: &mut Meter<'_>,
    ) -> Result<Seen> {
        let mut rest = block;
        let mut seen = Seen::Equal;
        while !rest.is_empty() {
            let begins = rest.len() == block.len();
            if begins && self.guesses && self.slow && !settled && block.len() >= GUESSED_SLOWLY {
                let (some, later) = self.read_first_bytes(block, fast, meter)?;
                seen = some;
                rest = later;
                continue;
            }
            let first = begins && self.guesses && rest.len() >= GUESSED && !settled;
            let count = match first {
                true => FIRST_LOOK,
                false => rest.len(),
            };
            let (now, later) = rest.split_at(count.min(rest.len()));
            let held = |at: &&u32| self.found.current.contains_key(at);
            let (_, unread) = now.split_at(now.iter().take_while(held).count());
            meter.add((now.len() - unread.len()) as u64 * u64::from(self.geometry.sector));
            read_into(
                &mut self.found.current,
                self.nor,
                unread,
                self.geometry,
                meter,
            )?;
            if fast {
                self.proved.extend(now);
            }
            let of = |at: &u32| Some(self.seen(*at, self.found.current.get(at)?));
            let mut all = now.iter().filter_map(of);
            seen = all.next().unwrap_or(Seen::Equal);
            if !all.all(|it| it == seen) {
                seen = Seen::Equal;
            }
            if first && let Some(guess) = self.sample(later, seen, meter)? {
                self.found
                    .guesses
                    .extend(later.iter().map(|at| (*at, guess)));
                meter.add(later.len() as u64 * u64::from(self.geometry.sector));
                return Ok(seen);
            }
            rest = later;
        }
        Ok(seen)
    }

    /// Reads the sectors at the beginning of a block, each only as far as it takes to see that it must be erased, up to one of which
    /// that is not so. Where a sample of the others is like them, none is read. Returns what was seen, and what is still to be read.
    fn read_first_bytes<'b>(
        &mut self,
        block: &'b [u32],
        fast: bool,
        meter: &mut Meter<'_>,
    ) -> Result<(Seen, &'b [u32])> {
        let size = self.geometry.sector;
        let length = FIRST_BYTES.min(size);
        let mut seen = Seen::Equal;
        let mut rest = block;
        while let Some((&at, later)) = rest.split_first() {
            // the vector table of what flash holds is asked for in any case
            let length = if self.first == Some(at) { size } else { length };
            let mut held = self.nor.read(at, length, meter)?;
            seen = self.seen(at, &held);
            if seen == Seen::Other && length < size {
                meter.add(u64::from(size - length));
                self.found.guesses.insert(at, Guess::Other);
            } else {
                held.extend(self.nor.read(at + length, size - length, meter)?);
                seen = self.seen(at, &held);
                self.found.current.insert(at, held);
                self.proved.extend(fast.then_some(at));
            }
            if rest.len() == block.len()
                && let Some(guess) = self.sample(later, seen, meter)?
            {
                self.found
                    .guesses
                    .extend(later.iter().map(|at| (*at, guess)));
                meter.add(later.len() as u64 * u64::from(size));
                return Ok((seen, &[]));
            }
            rest = later;
            if seen != Seen::Other {
                break;
            }
        }
        Ok((seen, rest))
    }

    /// Reads some pages of these sectors; what all of them are when they are all as was seen before.
    fn sample(&mut self, sectors: &[u32], seen: Seen, meter: &Meter<'_>) -> Result<Option<Guess>> {
        let (guess, places) = match (seen, sectors) {
            (Seen::Equal, _) | (_, []) => return Ok(None),
            // a wrong guess is refused by the loader
            (Seen::Blank, [.., last]) => (Guess::Blank, vec![*last]),
            (Seen::Other, [first, .., last]) => {
                let middle = sectors.get(sectors.len() / 2).copied();
                (Guess::Other, vec![*first, middle.unwrap_or(*first), *last])
            }
            (Seen::Other, [_]) => return Ok(None),
        };
        let length = self.geometry.page.min(self.geometry.sector) * SAMPLED;
        for at in places {
            let mut quiet = ();
            let mut own = Meter::begin(&mut quiet, Stage::Compare, u64::from(length));
            let held = self.nor.read(at, length, &mut own)?;
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
            if self.seen(at, &held) != seen {
                return Ok(None);
            }
        }
        Ok(Some(guess))
    }

    /// What these bytes are, beside what the image brings there.
    fn seen(&self, at: u32, held: &[u8]) -> Seen {
        let page = self.geometry.page as usize;
        let blank = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0xFF);
        let wanted = self.image.slice(at, held.len());
        let mut new = held.to_vec();
        for (start, bytes) in wanted.segments() {
            let from = (start - at) as usize;
            if let Some(place) = new.get_mut(from..from + bytes.len()) {
                place.copy_from_slice(bytes);
            }
        }
        let mut pages = held.chunks(page).zip(new.chunks(page));
        match () {
            () if held == new => Seen::Equal,
            () if blank(held) => Seen::Blank,
            () if pages.any(|(old, new)| old != new && !blank(old)) => Seen::Other,
            () => Seen::Equal,
        }
    }
}

/// What the sectors hold, with a loader that hashes: those that the image brings whole are read only where their CRC-32 is neither
/// the image's nor that of a blank sector. What is taken as equal is proved by the verify; sectors with bytes to be kept, and those that
/// decide what the ROM starts, are always read, on one pad. The others go through the fast read where it brings those that decide
/// alike: a misread among them costs an erase, or shows in the verify.
fn ask_sectors(
    nor: &mut Nor,
    sectors: &[u32],
    image: &Memory,
    geometry: &Geometry,
    unread: Option<&mut BTreeMap<u32, Guess>>,
    listener: &mut dyn Listener,
) -> Result<BTreeMap<u32, Vec<u8>>> {
    let size = geometry.sector as usize;
    let header = [geometry.base, geometry.sector_of(geometry.base + IVT)];
    let whole = |at: &u32| !header.contains(at) && image.bytes(*at, size).is_some();
    let (asked, read): (Vec<u32>, Vec<u32>) = sectors.iter().partition(|at| whole(at));
    let total = sectors.len() as u64 * u64::from(geometry.sector);
    let mut meter = Meter::begin(listener, Stage::Compare, total);
    let mut current = BTreeMap::new();
    read_into(&mut current, nor, &read, geometry, &mut meter)?;
    ask_whole(
        nor,
        &asked,
        (&mut current, unread),
        image,
        geometry,
        &mut meter,
    )?;
    meter.end();
    Ok(current)
}

/// The same for sectors that the image brings whole. `current` holds the header; those that differ are not read but erased where
/// `unread` takes them.
fn ask_whole(
    nor: &mut Nor,
    asked: &[u32],
    (current, unread): (&mut Sectors, Option<&mut BTreeMap<u32, Guess>>),
    image: &Memory,
    geometry: &Geometry,
    meter: &mut Meter<'_>,
) -> Result<()> {
    let header = [geometry.base, geometry.sector_of(geometry.base + IVT)];
    let mut samples = false;
    if asked.len() >= FAST {
        let proof: Vec<(u32, &[u8])> = current
            .iter()
            .filter(|(at, _)| header.contains(at))
            .map(|(at, bytes)| (*at, bytes.as_slice()))
            .collect();
        // a blank header shows nothing: samples do, once it is known what they should be
        let fast = nor.use_fast(&proof)?;
        samples = !fast && nor.use_fast_unproved(&proof)?;
        if !fast && !samples {
            nor.use_plain()?;
        }
    }
    let mut asked_for = hold_by_checksum(nor, asked, image, geometry, meter)?;
    if samples && !brings_samples(nor, &asked_for.0)? {
        asked_for = hold_by_checksum(nor, asked, image, geometry, meter)?;
    }
    let (held, differ) = asked_for;
    meter.add(held.len() as u64 * u64::from(geometry.sector));
    current.extend(held);
    match unread {
        Some(unread) => {
            meter.add(differ.len() as u64 * u64::from(geometry.sector));
            unread.extend(differ.into_iter().map(|at| (at, Guess::Other)));
            Ok(())
        }
        None => read_into(current, nor, &differ, geometry, meter),
    }
}

/// Sectors that are known by their address.
type Sectors = BTreeMap<u32, Vec<u8>>;

/// What the CRC-32 of these sectors says: content of those that are the image's or blank; addresses of the others.
fn hold_by_checksum(
    nor: &mut Nor,
    asked: &[u32],
    image: &Memory,
    geometry: &Geometry,
    meter: &Meter<'_>,
) -> Result<(Sectors, Vec<u32>)> {
    let size = geometry.sector as usize;
    let blank = vec![0xFF; size];
    let of_blank = crc32(&blank);
    let (mut held, mut differ) = (BTreeMap::new(), Vec::new());
    for range in ranges(asked, geometry.sector) {
        let crcs = nor.checksums(range.clone(), geometry.sector, meter)?;
        for (at, crc) in range.step_by(size).zip(crcs) {
            let wanted = image.bytes(at, size).unwrap_or_default();
            match () {
                _ if crc == crc32(wanted) => drop(held.insert(at, wanted.to_vec())),
                _ if crc == of_blank => drop(held.insert(at, blank.clone())),
                _ => differ.push(at),
            }
        }
    }
    Ok((held, differ))
}

/// Whether samples of these sectors read on one pad as they are taken to be. The plain read is set up then.
fn brings_samples(nor: &mut Nor, held: &Sectors) -> Result<bool> {
    nor.use_plain()?;
    let mut quiet = ();
    let mut unseen = Meter::begin(&mut quiet, Stage::Compare, 0);
    for (number, (at, bytes)) in held.iter().step_by(SAMPLE_EACH).enumerate() {
        // another place in each
        let offset = number * SAMPLE % bytes.len();
        let sample = &bytes[offset..][..SAMPLE.min(bytes.len() - offset)];
        let read = nor.read(at + offset as u32, sample.len() as u32, &mut unseen)?;
        if read != sample {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read_into(
    current: &mut BTreeMap<u32, Vec<u8>>,
    nor: &mut Nor,
    sectors: &[u32],
    geometry: &Geometry,
    meter: &mut Meter<'_>,
) -> Result<()> {
    for range in ranges(sectors, geometry.sector) {
        // in pieces: all of a large flash twice would be much memory
        let piece = geometry.sector.max(PIECE);
        for start in range.clone().step_by(piece as usize) {
            let read = nor.read(start, piece.min(range.end - start), meter)?;
            for (i, sector) in read.chunks(geometry.sector as usize).enumerate() {
                current.insert(start + i as u32 * geometry.sector, sector.to_vec());
            }
        }
    }
    Ok(())
}

/// Addresses that may belong to what the header in flash starts.
///
/// The ROM does not hold an image that runs in place to the length in its boot data. So that length counts only when
/// flash is blank behind it; else the image may be longer, and all of flash counts.
fn boot_extent(
    nor: &mut Nor,
    current: &BTreeMap<u32, Vec<u8>>,
    g: &Geometry,
) -> Result<Range<u32>> {
    let sector = current.get(&g.sector_of(g.base + IVT));
    let header = sector.and_then(|bytes| bytes.get((IVT % g.sector) as usize..));
    let Some(named) = named_extent(header.unwrap_or_default(), g) else {
        return Ok(g.all());
    };
    let mut quiet = ();
    let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
    let sector_end = u64::from(g.sector_of(named.end - 1)) + u64::from(g.sector);
    let behind = (sector_end + u64::from(g.sector)).min(g.end()) - u64::from(named.end);
    nor.use_plain()?;
    let tail = nor.read(named.end, behind as u32, &mut meter)?;
    let ends = tail.iter().all(|&byte| byte == 0xFF);
    Ok(if ends { named } else { g.all() })
}

/// What the boot data names, for an image that runs in place from the beginning of this flash. `header`: flash from the
/// IVT on.
fn named_extent(header: &[u8], g: &Geometry) -> Option<Range<u32>> {
    let ivt = Ivt::parse(header).ok()?;
    let at = ivt.boot_data.checked_sub(g.base + IVT)?;
    let data = BootData::parse(header.get(at as usize..)?).ok()?;
    let sane = data.start == g.base && data.length > 0 && data.end() <= g.end();
    let end = u32::try_from(data.end()).ok()?;
    (sane && ivt.self_address == g.base + IVT).then_some(g.base..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const G: Geometry = Geometry {
        base: 0x6000_0000,
        fcb: 0x6000_0000,
        size: 0x10_0000,
        page: 0x100,
        sector: 0x1000,
        block: 0x1_0000,
    };

    fn one(address: u32, bytes: &[u8]) -> Memory {
        let mut memory = Memory::new();
        memory.insert(address, bytes.to_vec()).expect("no overlap");
        memory
    }

    /// Flash from the IVT on, with the boot data behind the IVT.
    fn header(start: u32, length: u32) -> Vec<u8> {
        let ivt = Ivt {
            version: Ivt::VERSION,
            entry: 0x6000_2000,
            reserved1: 0,
            dcd: 0,
            boot_data: G.base + 0x1020,
            self_address: G.base + 0x1000,
            csf: 0,
            reserved2: 0,
        };
        let data = BootData {
            start,
            length,
            plugin: 0,
        };
        [ivt.to_bytes().as_slice(), &data.to_bytes(), &[0xFF; 0x100]].concat()
    }

    #[test]
    fn the_boot_data_names_what_starts() {
        let named = |length| named_extent(&header(G.base, length), &G);
        assert_eq!(named(0x9000), Some(G.base..G.base + 0x9000));
        assert_eq!(named(1), Some(G.base..G.base + 1));
        assert_eq!(named(G.size), Some(G.all()));
    }

    #[test]
    fn a_header_that_makes_no_sense_names_nothing() {
        for (start, length) in [
            (G.base + 4, 0x9000),
            (0, 0x9000),
            (0x2020_0000, 0x9000),
            (G.base, 0),
            (G.base, G.size + 1),
            (G.base, u32::MAX),
        ] {
            let named = named_extent(&header(start, length), &G);
            assert_eq!(named, None, "{start:#x} {length:#x}");
        }
        // the tag, the version, its own address, the boot data's
        for (at, byte) in [(0, 0xD2), (3, 0x50), (21, 0x20), (17, 0x30), (19, 0x10)] {
            let mut bytes = header(G.base, 0x9000);
            bytes[at] = byte;
            assert_eq!(named_extent(&bytes, &G), None, "{at}");
        }
        assert_eq!(named_extent(&header(G.base, 0x9000)[..0x28], &G), None);
        assert_eq!(named_extent(&[], &G), None);
    }

    #[test]
    fn bytes_must_fit_the_flash() {
        let last = 0x600F_FFFF;
        assert!(check_fits(&one(last, &[1]), &G).is_ok());
        for (address, bytes) in [
            (last, &[1, 2][..]),
            (0x6010_0000, &[1]),
            (0x5FFF_FFFF, &[1]),
        ] {
            let error = check_fits(&one(address, bytes), &G).expect_err("outside");
            match error {
                Error::OutsideFlash { start, end, .. } => {
                    assert_eq!(start, address);
                    assert_eq!(end, u64::from(address) + bytes.len() as u64);
                }
                other => panic!("{other}"),
            }
        }
    }
}
