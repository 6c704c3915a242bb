//! The third stage: a flash that is known and set up, with the single operations on it.
//!
//! Two set-ups are used. *Plain*: 03h on one pad at 30 MHz; it reads every part, with QE set or clear, and can do nothing
//! else. *Work*: the quad read that the boot FCB uses, program and erase, a time-out instead of an endless wait.

mod hash;
mod status;
mod stream;

use std::collections::BTreeSet;

use rtboot_fcb::lut::index;
use rtboot_fcb::{EraseUnit, Fcb, Part, ReadMode, probe, trial};

use crate::chip::Chip;
use crate::consent::{Act, EraseFlash};
use crate::error::{SetUp, Step};
use crate::event::{Listener, Meter, Stage};
use crate::flash::geometry::adjoining;
use crate::flash::limits;
use crate::flash::loader::{Flashloader, LoaderFacts, NorFacts};
use crate::flash::plan::{Geometry, Run};
use crate::flash::rom::RomFacts;
use crate::journal::BoardJournal;
use crate::mboot::{self, MemoryId};
use crate::{Error, Result};

/// How often a byte is read again to find out whether it is steady: a cell that reads both ways is missed once in 32,000 times.
const UNSTEADY_READS: usize = 16;

/// Longest piece read in one go; between pieces Ctrl-C is looked at.
const READ_PIECE: u32 = 64 * 1024;

/// A chip erase that failed.
#[derive(Debug)]
pub struct ChipEraseFailed {
    /// How.
    pub error: Box<Error>,
    /// The device said that the first sector is erased: the erase of the rest failed.
    pub first_sector: bool,
}

/// A known flash behind a flashloader.
pub struct Nor {
    loader: Flashloader,
    part: Part,
    facts: NorFacts,
    named: bool,
    verify_follows: bool,
    /// Its volatile registers are as after power-on.
    reset: bool,
    journal: Option<Result<BoardJournal>>,
}

impl Nor {
    /// Takes the flash as `part`; whether it is that part was settled before.
    pub fn new(loader: Flashloader, part: Part, facts: NorFacts) -> Nor {
        let part = part.on(loader.chip());
        Nor {
            loader,
            part,
            facts,
            named: false,
            verify_follows: false,
            reset: false,
            journal: None,
        }
    }

    /// With the journal of the board, or why it cannot be used: a look at what the ROM would start then tells what is open.
    #[must_use]
    pub fn with_journal(mut self, journal: Result<BoardJournal>) -> Nor {
        self.journal = Some(journal);
        self
    }

    /// The journal of the board, when it was looked for.
    pub(super) fn journal(&self) -> Option<&Result<BoardJournal>> {
        self.journal.as_ref()
    }

    /// The same, as the user named the part: others with its id are not meant.
    #[must_use]
    pub fn named_by_user(mut self) -> Nor {
        self.named = true;
        self
    }

    /// Whether everything that is programmed from now on is verified afterwards: then the loader need not read it back as well.
    pub(super) fn set_verify_follows(&mut self, follows: bool) {
        self.verify_follows = follows;
    }

    /// What to call the part in messages: its name, or all names that its id allows when nobody named it.
    pub fn called(&self) -> String {
        match self.named {
            true => self.part.name.clone(),
            false => self.names(),
        }
    }

    /// The part.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// What the flash told about itself; the status registers are kept up to date.
    pub fn facts(&self) -> &NorFacts {
        &self.facts
    }

    /// The flashloader below.
    pub fn loader(&mut self) -> &mut Flashloader {
        &mut self.loader
    }

    /// The flashloader below, to look at.
    pub(super) fn loader_ref(&self) -> &Flashloader {
        &self.loader
    }

    /// What the boot ROM told before it started the flashloader; `None` when one ran already.
    pub fn rom_facts(&self) -> Option<&RomFacts> {
        self.loader.rom_facts()
    }

    /// What the flashloader told.
    pub fn loader_facts(&self) -> &LoaderFacts {
        self.loader.facts()
    }

    /// The chip that it is wired to.
    pub fn chip(&self) -> &'static Chip {
        self.loader.chip()
    }

    /// Gives the flashloader back.
    pub fn into_loader(self) -> Flashloader {
        self.loader
    }

    /// Sizes and place of the flash.
    pub fn geometry(&self) -> Geometry {
        Geometry::of(&self.part, &self.chip().map)
    }

    /// Puts the set-ups of a whole write into the loader's RAM. `blocks`: also the one to erase blocks.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub(super) fn bring_set_ups(&mut self, blocks: bool) -> Result<()> {
        let limit = limits::ready_ms(&self.part);
        let mut fcbs = vec![probe::plain_read(self.part.size)];
        fcbs.extend(self.fast_read());
        if self.loader.facts().own.is_none() && self.resets() {
            fcbs.push(trial::soft_reset(self.part.size));
        }
        fcbs.push(self.part.work_fcb(EraseUnit::Sector, limit));
        if blocks {
            fcbs.push(self.part.work_fcb(EraseUnit::Block, limit));
        }
        fcbs.push(self.part.work_fcb(EraseUnit::Sector, 0));
        self.loader.bring(&fcbs, SetUp::Write)
    }

    /// Whether the flash may be reset: that closes the locks of single blocks that a program opened.
    fn resets(&self) -> bool {
        self.facts.own_locks.is_none() && self.loader.resets_flash()
    }

    /// Brings the volatile registers to what they are after power-on, once, where that is possible: other dummy cycles that an
    /// application set outlive a reset of the chip.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub(super) fn reset_registers(&mut self) -> Result<()> {
        if self.resets() && !self.reset {
            self.loader.soft_reset_flash(self.part.size)?;
            self.reset = true;
        }
        Ok(())
    }

    /// Sets up the plain read.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub fn use_plain(&mut self) -> Result<()> {
        self.loader
            .configure(&probe::plain_read(self.part.size), SetUp::PlainRead)
    }

    /// Sets up the read that the boot FCB uses, many times as fast as the plain one, if it brings what the plain one brought; while
    /// quad enable is clear one on two pads or one at the same clock. `plain` are pieces that were read on one pad; blank ones prove
    /// nothing. Otherwise the plain read is set up. Whether it is the fast one.
    ///
    /// # Errors
    /// [`Error::Configure`]; [`Error::Mboot`].
    pub fn use_fast(&mut self, plain: &[(u32, &[u8])]) -> Result<bool> {
        Ok(self.use_fast_and_read(plain, 0)?.is_some())
    }

    /// The same, which also returns so many bytes behind the last of the pieces.
    ///
    /// # Errors
    /// As [`Nor::use_fast`].
    pub(super) fn use_fast_and_read(
        &mut self,
        plain: &[(u32, &[u8])],
        more: u32,
    ) -> Result<Option<Vec<u8>>> {
        let telling = plain
            .iter()
            .any(|(_, bytes)| bytes.iter().any(|&b| b != 0xFF));
        if telling
            && let Some(fast) = self.fast_read()
            && let Some(read) = self.brings(&fast, plain, more)?
        {
            return Ok(Some(read));
        }
        self.use_plain()?;
        Ok(None)
    }

    /// The same where `plain` may be blank: what comes is to be held against samples on one pad. `false` leaves the plain read, or
    /// none, set up.
    ///
    /// # Errors
    /// As [`Nor::use_fast`].
    pub fn use_fast_unproved(&mut self, plain: &[(u32, &[u8])]) -> Result<bool> {
        match self.fast_read() {
            Some(fast) => Ok(self.brings(&fast, plain, 0)?.is_some()),
            None => Ok(false),
        }
    }

    /// The fastest read that quad enable allows as it is. The read alone: nothing in these blocks can change the flash.
    fn fast_read(&self) -> Option<Fcb> {
        let mut fcb = self.part.work_fcb(EraseUnit::Sector, 0);
        let one_pad = self.part.read.address_bits == 24 && self.part.size <= probe::WINDOW;
        match self.part.quad_enabled(&self.facts.status) {
            Some(true) => {}
            // SFDP tells the dummy cycles on two pads; on one they are the same for every part
            Some(false) if one_pad => {
                let sfdp = self.facts.sfdp.as_ref().ok();
                let dual = sfdp.and_then(|sfdp| sfdp.dual_output());
                let read = dual.map_or(ReadMode::FAST, |dual| ReadMode {
                    opcode: dual.opcode,
                    data_pads: 2,
                    dummy_cycles: dual.dummy_cycles(),
                    ..ReadMode::FAST
                });
                fcb.set_sequence(index::READ, &read.sequence());
                fcb.set_flash_pads(read.data_pads);
            }
            _ => return None,
        }
        probe::as_read_by(&fcb, false)
    }

    /// Whether flash reads as in `plain` through this block, which stays set up; with so many bytes behind the last of them.
    fn brings(&mut self, fcb: &Fcb, plain: &[(u32, &[u8])], more: u32) -> Result<Option<Vec<u8>>> {
        match self.loader.configure(fcb, SetUp::Trial) {
            // a block that the loader does not serve
            Err(Error::Configure { source, .. }) if source.status().is_some() => return Ok(None),
            configured => configured?,
        }
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Read, 0);
        let mut behind = Vec::new();
        let mut left = plain.len();
        for run in adjoining(plain, READ_PIECE as usize) {
            left -= run.len();
            let more = if left == 0 { more } else { 0 };
            let expected = run.iter().flat_map(|(_, bytes)| bytes.iter());
            let length = expected.clone().count();
            let found = self.read(run[0].0, length as u32 + more, &mut meter)?;
            let (found, rest) = found.split_at(length.min(found.len()));
            if !found.iter().eq(expected) {
                return Ok(None);
            }
            behind = rest.to_vec();
        }
        Ok(Some(behind))
    }

    /// Sets up the work FCB with this unit of erase.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub fn use_work(&mut self, unit: EraseUnit) -> Result<()> {
        let fcb = self.part.work_fcb(unit, limits::ready_ms(&self.part));
        self.loader.configure(&fcb, SetUp::Write)
    }

    /// Sets up the work FCB for erasing alone: it reads on one pad while quad enable is clear.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub fn use_erasing(&mut self, unit: EraseUnit) -> Result<()> {
        self.use_erasing_within(unit, limits::ready_ms(&self.part))
    }

    fn use_erasing_within(&mut self, unit: EraseUnit, limit_ms: u32) -> Result<()> {
        let (fcb, set_up) = match self.part.quad_enabled(&self.facts.status) {
            Some(false) => (self.part.plain_work_fcb(unit, limit_ms), SetUp::Erase),
            _ => (self.part.work_fcb(unit, limit_ms), SetUp::Write),
        };
        self.loader.configure(&fcb, set_up)
    }

    /// Sets up the work FCB for programming: without the flashloader's own limit.
    ///
    /// With a limit the genuine flashloader pauses 1 ms after every look at a busy flash, which makes programming four to
    /// five times slower (measured in emulation). An erase or a status write has shown by now that the flash gets
    /// ready; one that stops doing so is caught by the host's time-out, and then needs a reset of the board.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub fn use_work_for_programming(&mut self) -> Result<()> {
        let fcb = self.part.work_fcb(EraseUnit::Sector, 0);
        self.loader.configure(&fcb, SetUp::Program)
    }

    /// Reads `length` bytes from `address` on, through the present set-up.
    ///
    /// # Errors
    /// [`Error::Mboot`]; [`Error::Interrupted`].
    pub fn read(&mut self, address: u32, length: u32, meter: &mut Meter) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length as usize);
        while (bytes.len() as u32) < length {
            let at = address + bytes.len() as u32;
            let piece = READ_PIECE.min(length - bytes.len() as u32);
            let before = meter.done();
            let read = self.loader.quiet_session().read_memory(
                at,
                piece,
                MemoryId::FLEXSPI_NOR,
                &mut |done| {
                    meter.set(before + done);
                    !meter.cancelled()
                },
            );
            match read {
                Ok(read) => bytes.extend_from_slice(&read),
                Err(mboot::Error::Cancelled { .. }) => {
                    return Err(Error::interrupted());
                }
                // asked to stop behind its last byte, the flashloader calls the whole read aborted
                Err(error)
                    if meter.cancelled()
                        && error.status() == Some(mboot::Status::DATA_PHASE_ABORTED) =>
                {
                    return Err(Error::interrupted());
                }
                Err(error) => {
                    return Err(Error::mboot(Step::ReadFlash { address: at })(error));
                }
            }
            meter.set(before + u64::from(piece));
        }
        Ok(bytes)
    }

    /// Proves the quad read against what the plain read gave at `address`, on all bytes but those at the offsets `unsteady`.
    ///
    /// # Errors
    /// [`Error::QuadReadDiffers`].
    pub fn prove_quad_read(
        &mut self,
        plain: &[u8],
        address: u32,
        unsteady: &BTreeSet<usize>,
    ) -> Result<()> {
        let length = plain.len() as u32;
        let quad = self
            .loader
            .quiet_session()
            .read_memory(address, length, MemoryId::FLEXSPI_NOR, &mut |_| true)
            .map_err(Error::mboot(Step::ReadFlashQuad { address }))?;
        let mut pairs = plain.iter().zip(&quad).enumerate();
        match pairs.find(|(at, (a, b))| a != b && !unsteady.contains(at)) {
            Some((at, (plain, quad))) => Err(Error::QuadReadDiffers {
                address: address + at as u32,
                quad: *quad,
                plain: *plain,
            }),
            None => Ok(()),
        }
    }

    /// Offsets of bytes that do not read the same each time on one pad: a cut erase or program leaves such cells.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub fn unsteady(&mut self, address: u32, length: u32) -> Result<BTreeSet<usize>> {
        self.use_plain()?;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Read, u64::from(length));
        // what was read before this does not count: a misread of steady cells is no weak cell
        let first = self.read(address, length, &mut meter)?;
        let mut unsteady = BTreeSet::new();
        for _ in 1..UNSTEADY_READS {
            let again = self.read(address, length, &mut meter)?;
            let pairs = first.iter().zip(&again).enumerate();
            unsteady.extend(pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at));
        }
        Ok(unsteady)
    }

    /// Erases one unit of the present work set-up.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] for a length that is the whole flash; [`Error::Erase`], with the first byte that is not blank when flash can still be read.
    pub fn erase(&mut self, address: u32, length: u32) -> Result<()> {
        if length >= self.part.size {
            return Err(Error::NotConfirmed {
                act: Act::erase_flash(),
            });
        }
        let limit = limits::erase(&self.part, length);
        let session = self.loader.quiet_session();
        let usual = std::mem::replace(&mut session.timeouts_mut().erase, limit);
        let erased = session.flash_erase_region(address, length, MemoryId::FLEXSPI_NOR);
        session.timeouts_mut().erase = usual;
        erased.map_err(|source| {
            let differs = self
                .first_wrong(address, &vec![0xFF; length as usize], &source)
                .map(|(at, _, found)| (at, found));
            Error::Erase {
                address,
                length,
                source,
                differs,
            }
        })
    }

    /// Erases the whole chip, which was confirmed: the first sector by itself, then all. A chip erase that loses power need not
    /// have begun at the FCB, and what is left of an image must not start.
    ///
    /// # Errors
    /// [`ChipEraseFailed`].
    pub fn erase_chip(
        &mut self,
        confirmed: EraseFlash,
    ) -> std::result::Result<(), ChipEraseFailed> {
        let g = self.geometry();
        let first = self
            .use_erasing(EraseUnit::Sector)
            .and_then(|()| self.erase(g.base, g.sector));
        let failed = |first_sector| {
            move |error| ChipEraseFailed {
                error: Box::new(error),
                first_sector,
            }
        };
        first.map_err(failed(false))?;
        if self.loader.facts().own.is_some() {
            // an FCB's limit is that of a sector, and ours holds a chip erase to it; it has a limit of its own for that
            let set_up = self.use_erasing_within(EraseUnit::Sector, 0);
            set_up.map_err(failed(true))?;
        }
        self.erase_all_of_it(confirmed).map_err(failed(true))
    }

    fn erase_all_of_it(&mut self, _confirmed: EraseFlash) -> Result<()> {
        let (base, size) = (self.chip().map.flash_base, self.part.size);
        let limit = limits::erase(&self.part, size);
        let session = self.loader.quiet_session();
        let usual = std::mem::replace(&mut session.timeouts_mut().erase_all, limit);
        let erased = session.flash_erase_all(MemoryId::FLEXSPI_NOR);
        session.timeouts_mut().erase_all = usual;
        erased.map_err(|source| Error::Erase {
            address: base,
            length: size,
            source,
            differs: None,
        })
    }

    /// Programs whole pages.
    ///
    /// # Errors
    /// [`Error::Program`], with the first wrong byte when flash can still be read; [`Error::Interrupted`].
    pub fn program(&mut self, run: &Run, meter: &mut Meter) -> Result<()> {
        if self.streams() {
            return self.program_by_stream(run, meter);
        }
        let before = meter.done();
        let written = self.loader.quiet_session().write_memory(
            run.address,
            &run.bytes,
            MemoryId::FLEXSPI_NOR,
            &mut |done| {
                meter.set(before + done);
                true // a run is short; stopping inside one would leave a page half sent
            },
        );
        written.map_err(|source| {
            let differs = self.first_wrong(run.address, &run.bytes, &source);
            Error::Program {
                address: run.address,
                length: run.bytes.len() as u32,
                source,
                differs,
            }
        })?;
        meter.set(before + run.bytes.len() as u64);
        Ok(())
    }

    /// Looks what flash holds after a refusal; nothing when the device no longer answers.
    fn first_wrong(
        &mut self,
        address: u32,
        expected: &[u8],
        why: &mboot::Error,
    ) -> Option<(u32, u8, u8)> {
        why.status()?; // silence or a lost link: do not ask again
        let found = self
            .loader
            .quiet_session()
            .read_memory(
                address,
                expected.len() as u32,
                MemoryId::FLEXSPI_NOR,
                &mut |_| true,
            )
            .ok()?;
        let at = expected.iter().zip(&found).position(|(a, b)| a != b)?;
        Some((address + at as u32, expected[at], found[at]))
    }

    /// Compares flash with `expected`, piece by piece, in a stage of its own. A loader that hashes proves by SHA-256 and a sample
    /// where reading is slow; else, where that fails, and with other loaders, every byte is read.
    ///
    /// # Errors
    /// [`Error::Verify`] with the first difference and how many there are; [`Error::Mboot`]; [`Error::Interrupted`].
    pub fn verify(
        &mut self,
        pieces: &[(u32, &[u8])],
        stage: Stage,
        listener: &mut dyn Listener,
    ) -> Result<()> {
        let total = pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let mut meter = Meter::begin(listener, stage, total);
        let (mut first, mut count) = (None, 0);
        let most = match self.proves_by_hash() {
            true => hash::HASHED,
            false => READ_PIECE,
        };
        for run in adjoining(pieces, most as usize) {
            let (start, length) = (
                run[0].0,
                run.iter().map(|(_, bytes)| bytes.len() as u32).sum(),
            );
            let expected: Vec<&[u8]> = run.iter().map(|(_, bytes)| *bytes).collect();
            if self.holds(start, &expected, &mut meter)? {
                continue;
            }
            let (found, before) = (self.read(start, length, &mut meter)?, count);
            let wanted = expected.iter().copied().flatten();
            for (offset, (want, have)) in wanted.zip(&found).enumerate() {
                if want != have {
                    first.get_or_insert((start + offset as u32, *want, *have));
                    count += 1;
                }
            }
            if self.proves_by_hash() && count == before {
                self.holds_after_all(start, &expected, &mut meter)?;
            }
        }
        meter.end();
        match first {
            Some((address, expected, found)) => Err(Error::Verify {
                address,
                expected,
                found,
                count,
                total,
            }),
            None => Ok(()),
        }
    }
}
