//! The main job on a known flash: compare, decide, save, erase, blank-check, program, verify, the FCB page last.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rtboot_bootable::Memory;
use rtboot_fcb::trial::reads_alike;
use rtboot_fcb::{EraseUnit, Fcb};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::error::{Content, FlashState, QuadEnable};
use crate::event::{Listener, Meter, Stage, tell};
use crate::flash::identify::{bytes, check_same};
use crate::flash::nor::Nor;
use crate::flash::plan::{Action, Run, WritePlan, has_fcb, ranges};
use crate::flash::trial::{NotTried, Trial};
use crate::journal::{BoardJournal, Digest, InFlight, OpenWrite, Phase, digest};
use crate::{Error, Result};

/// How a write went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteReport {
    /// Sectors left alone because they held what they should.
    pub sectors_left: usize,
    /// Sectors erased.
    pub sectors_erased: usize,
    /// Sectors programmed without an erase.
    pub sectors_programmed: usize,
    /// Bytes programmed.
    pub bytes_programmed: u64,
    /// Bytes read back and found right.
    pub bytes_verified: u64,
    /// Whether flash had to be changed at all.
    pub changed: bool,
    /// Whether the quad-enable bit was set.
    pub quad_set: bool,
    /// What was written, read as the boot ROM will read it.
    pub trial: Trial,
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    /// Erases are sent.
    Erasing,
    /// All that was to be erased was read back blank.
    Blank,
    /// All but the page with the FCB is there; that page was sent.
    Last,
    /// That page came out wrong, and the erase of its sector was acknowledged.
    TakenBack,
    /// Everything is there.
    Done,
}

/// Carries a plan out.
pub struct Writer<'a> {
    nor: &'a mut Nor,
    plan: &'a WritePlan,
    journal: Option<&'a mut BoardJournal>,
    name: String,
    verify: bool,
    reached: Reached,
    /// The device said that the sector with the FCB is erased.
    header_acknowledged: bool,
    quad_set: bool,
    saved_to: Option<PathBuf>,
    /// What the command changes that is on its way.
    in_flight: Option<Range<u64>>,
    /// The journal as it was before this write.
    before: Vec<OpenWrite>,
}

impl<'a> Writer<'a> {
    /// A writer for this plan, which reads everything back. The journal knows of the write, and of the bytes around the
    /// image, before they are erased.
    pub fn new(
        nor: &'a mut Nor,
        plan: &'a WritePlan,
        journal: Option<&'a mut BoardJournal>,
    ) -> Writer<'a> {
        Writer {
            nor,
            plan,
            journal,
            name: "an image".into(),
            verify: true,
            reached: Reached::Nothing,
            header_acknowledged: false,
            quad_set: false,
            saved_to: None,
            in_flight: None,
            before: Vec::new(),
        }
    }

    /// What the image is called in the journal.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Writer<'a> {
        self.name = name.into();
        self
    }

    /// Without reading back: a wrong byte is not seen.
    #[must_use]
    pub fn without_verify(mut self) -> Writer<'a> {
        self.verify = false;
        self
    }

    /// Runs it. With nothing to change only the quad-enable bit is looked after. In the end flash is read as the boot ROM
    /// will, through the FCB that is there then.
    ///
    /// # Errors
    /// [`Error::Protected`], [`Error::QuadNotSet`], [`Error::QuadReadDiffers`], [`Error::Erase`], [`Error::NotBlank`],
    /// [`Error::Program`], [`Error::Verify`], [`Error::Interrupted`]; once flash or its status register changes, inside
    /// [`Error::WhileWriting`] with what it holds now.
    pub fn run(mut self, listener: &mut dyn Listener) -> Result<WriteReport> {
        self.allow()?;
        if let Err(error) = self.prepare(listener) {
            return Err(match self.quad_set {
                true => self.explained(error),
                false => error,
            });
        }
        let mut report = WriteReport {
            sectors_left: self.plan.count(Action::Leave),
            sectors_erased: self.plan.count(Action::Erase),
            sectors_programmed: self.plan.count(Action::Program),
            bytes_programmed: self.plan.bytes_to_program(),
            changed: !self.plan.is_empty(),
            quad_set: self.quad_set,
            ..WriteReport::default()
        };
        if self.plan.is_empty() {
            if self.verify {
                // a comparison that misread would have hidden what must change
                let verified = self.verify_targets(listener);
                report.bytes_verified = verified.map_err(|error| self.explained(error))?;
            }
            self.end()?;
            self.reached = Reached::Done;
        } else {
            let verified = self.change(listener);
            report.bytes_verified = verified.map_err(|error| {
                let explained = self.explained(error);
                self.note_break(&explained);
                explained
            })?;
        }
        let trial = self.try_fcb(report.bytes_verified, listener);
        report.trial = trial.map_err(|error| self.explained(error))?;
        Ok(report)
    }

    /// Reads the touched sectors through the FCB that flash holds now. A verify that read in the same way was the trial.
    fn try_fcb(&mut self, verified: u64, listener: &mut dyn Listener) -> Result<Trial> {
        let at = self.nor.chip().map.fcb_address();
        let there = self.plan.target(at, Fcb::LEN as u32);
        let Some(fcb) = there.and_then(|bytes| Fcb::parse(&bytes).ok()) else {
            return Ok(Trial::NotTried(NotTried::NoFcb));
        };
        let work = self.nor.part().work_fcb(EraseUnit::Sector4K, 0);
        if self.verify && reads_alike(&fcb, &work) {
            return Ok(Trial::Same { bytes: verified });
        }
        let mut targets = Memory::new();
        for (address, bytes) in self.plan.targets() {
            // sectors of a plan are apart from each other
            let _ = targets.replace(address, bytes.to_vec());
        }
        self.nor.try_fcb(&fcb, &targets, listener)
    }

    /// All that says no before anything is changed, the status register included.
    fn allow(&mut self) -> Result<()> {
        let (part, status) = (self.nor.part().clone(), self.nor.facts().status);
        if let Some((address, expected, found)) = self.plan.first_difference()
            && part.protected(&status)
        {
            return Err(Error::Protected {
                status,
                extent: part.protected_extent(&status),
                address,
                expected,
                found,
            });
        }
        let clear = part.quad_enabled(&status) == Some(false);
        if clear || !self.plan.is_empty() {
            // a flash that fell silent since the compare would have given FFh for the bytes that are about to be kept
            let before = self.nor.facts().id;
            check_same(self.nor.loader().jedec_id()?, before)?;
        }
        Ok(())
    }

    /// Sets quad enable where the part needs it, and proves that four pads read what one pad reads.
    fn prepare(&mut self, listener: &mut dyn Listener) -> Result<()> {
        self.quad_set = self.nor.set_quad(listener)?;
        // other dummy cycles that an application set outlive a reset of the chip
        let size = self.nor.part().size;
        self.nor.loader().soft_reset_flash(size)?;
        self.nor.use_work(EraseUnit::Sector4K)?;
        self.prove_quad(listener)
    }

    /// Reads some sector that is not blank on four pads; it must equal what was read on one. So must every sector that holds
    /// bytes to be kept through an erase, for they are programmed back as they were read, and the first one, for what it
    /// holds decides whether it must go before all else.
    fn prove_quad(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let mut proved = false;
        if !self.plan.is_empty() {
            for (address, current) in self.plan.decisive_sectors() {
                self.prove_sector(&current, address)?;
                proved |= current.iter().any(|&b| b != 0xFF);
            }
        }
        if proved {
            return Ok(());
        }
        let telling = self
            .plan
            .sectors()
            .find(|(_, sector)| sector.current.iter().any(|&b| b != 0xFF));
        match telling {
            Some((address, sector)) => {
                let current = sector.current.clone();
                self.prove_sector(&current, address)
            }
            None => {
                tell(listener, Finding::new(&run::QUAD_UNPROVED));
                Ok(())
            }
        }
    }

    /// Holds the quad read of a sector against the plain one. Cells that a cut command left near their threshold differ from
    /// one plain read to the next, too, and prove nothing.
    fn prove_sector(&mut self, current: &[u8], address: u32) -> Result<()> {
        let proved = self.nor.prove_quad_read(current, address, &BTreeSet::new());
        if !matches!(proved, Err(Error::QuadReadDiffers { .. })) {
            return proved;
        }
        let unsteady = self.nor.unsteady(address, current.len() as u32)?;
        self.nor.use_work(EraseUnit::Sector4K)?;
        self.nor.prove_quad_read(current, address, &unsteady)
    }

    fn change(&mut self, listener: &mut dyn Listener) -> Result<u64> {
        self.begin(listener)?;
        self.erase(listener)?;
        self.blank_check(listener)?;
        self.enter(Phase::Programming)?;
        self.reached = self.reached.max(Reached::Blank);
        self.program(listener)?;
        let mut verified = 0;
        if self.verify {
            verified += self.verify_targets(listener)?;
        }
        if let Some(last) = self.plan.last_run() {
            self.stop_if_asked(listener)?;
            self.enter(Phase::Last)?;
            self.reached = Reached::Last;
            match self.finish(&last, listener) {
                Ok(count) => verified += count,
                Err(error) => {
                    self.take_back(&error);
                    return Err(error);
                }
            }
        }
        self.reached = Reached::Done;
        self.end()?;
        Ok(verified)
    }

    /// Programs the page with the FCB and reads it back.
    fn finish(&mut self, last: &Run, listener: &mut dyn Listener) -> Result<u64> {
        let mut meter = Meter::begin(listener, Stage::Program, last.bytes.len() as u64);
        self.in_flight = Some(span(last.address, last.bytes.len()));
        self.nor.program(last, &mut meter)?;
        self.in_flight = None;
        meter.end();
        if self.verify {
            self.verify_last(listener)
        } else {
            Ok(0)
        }
    }

    /// A wrong FCB page must not start anything: the first sector is erased again. After silence
    /// or a lost link nothing is tried; the page is then whole or was never programmed.
    fn take_back(&mut self, error: &Error) {
        let wrong = match error {
            Error::Verify { .. } => true,
            Error::Program { source, .. } => source.status().is_some(),
            _ => false,
        };
        if wrong {
            let g = *self.plan.geometry();
            let erased = self.nor.use_work(EraseUnit::Sector4K);
            if erased
                .and_then(|()| self.nor.erase(g.base, g.sector))
                .is_ok()
            {
                self.reached = Reached::TakenBack;
            }
        }
    }

    /// From here on the journal knows of this write, and of the bytes that it must not lose.
    fn begin(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        self.before = journal.writes().to_vec();
        let resume = self.plan.resume();
        // what an erase of all is about to wipe is forgotten once it is wiped
        let others = match self.plan.erases_all() {
            true => &self.before,
            false => &resume.open,
        };
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let time = time.map_or(0, |time| time.as_secs());
        let record = self
            .plan
            .record(&self.name, env!("CARGO_PKG_VERSION"), time);
        journal.begin(others.clone(), record)?;
        let kept = self.plan.rescue();
        if !kept.is_empty() {
            let path = journal.path().to_owned();
            let saved = Finding::new(&run::BYTES_SAVED)
                .text("size", bytes(kept.len_bytes() as u64))
                .text("file", path.display());
            tell(listener, saved);
            self.saved_to = Some(path);
        }
        Ok(())
    }

    fn enter(&mut self, phase: Phase) -> Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        if phase == Phase::Programming && self.plan.erases_all() {
            let last = journal.writes().last().cloned();
            journal.replace(last.into_iter().collect())?;
        }
        journal.enter(phase)
    }

    /// Flash holds all of it: only older writes may still be open.
    fn end(&mut self) -> Result<()> {
        match &mut self.journal {
            Some(journal) if journal.writes() != self.plan.resume().open => {
                journal.replace(self.plan.resume().open.clone())
            }
            _ => Ok(()),
        }
    }

    /// Writes down what the failure left, as far as that is known. What fails here leaves the journal as it is: it holds
    /// all that is needed, and only tells less.
    fn note_break(&mut self, error: &Error) {
        if self.reached == Reached::Nothing {
            let before = std::mem::take(&mut self.before);
            if let Some(journal) = &mut self.journal {
                let _ = journal.replace(before);
            }
            return;
        }
        let stopped = matches!(error, Error::Interrupted { .. });
        let left = match error.device_answers() && !stopped && self.journal.is_some() {
            true => self.digests_left().unwrap_or_default(),
            false => BTreeMap::new(),
        };
        let range = self.in_flight.take().filter(|_| !error.device_answers());
        let in_flight = range.map(|range| InFlight {
            range,
            garbled: !error.device_left(),
        });
        let Some(journal) = &mut self.journal else {
            return;
        };
        if left.is_empty() && in_flight.is_none() {
            return;
        }
        let _ = journal.change_last(|write| {
            write.in_flight = in_flight;
            for (address, mark) in &mut write.sectors {
                mark.left = left.get(address).copied();
            }
        });
    }

    /// Digests of what the sectors of the plan hold now. A flash that fell silent would read as blank, so it is asked for
    /// its id after the reading.
    fn digests_left(&mut self) -> Result<BTreeMap<u32, Digest>> {
        let plan = self.plan;
        let sector = plan.geometry().sector;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        self.nor.use_plain()?;
        let mut left = BTreeMap::new();
        for (address, _) in plan.sectors().filter(|(_, s)| s.action != Action::Leave) {
            left.insert(
                address,
                digest(&self.nor.read(address, sector, &mut meter)?),
            );
        }
        let id = self.nor.facts().id;
        check_same(self.nor.loader().jedec_id()?, id)?;
        Ok(left)
    }

    fn erase(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let g = *self.plan.geometry();
        if let Some(confirmed) = self.plan.confirmed_erase() {
            // a chip erase that is cut need not have begun at the FCB
            self.reached = Reached::Erasing;
            let meter = Meter::begin(listener, Stage::Erase, u64::from(g.size));
            self.in_flight = Some(span(g.base, g.size as usize));
            self.nor.use_work(EraseUnit::Sector4K)?;
            self.nor.erase(g.base, g.sector)?;
            self.nor.erase_chip(confirmed)?;
            self.header_acknowledged = true;
            meter.end();
            return Ok(());
        }
        let (sectors, blocks) = (self.plan.sector_erases(), self.plan.block_erases());
        let total =
            sectors.len() as u64 * u64::from(g.sector) + blocks.len() as u64 * u64::from(g.block);
        if total == 0 {
            return Ok(());
        }
        let mut meter = Meter::begin(listener, Stage::Erase, total);
        for (unit, size, places) in [
            (EraseUnit::Sector4K, g.sector, sectors),
            (EraseUnit::Block64K, g.block, blocks),
        ] {
            if places.is_empty() {
                continue;
            }
            self.nor.use_work(unit)?;
            for address in places {
                if meter.cancelled() {
                    return Err(Error::interrupted());
                }
                self.reached = Reached::Erasing;
                self.in_flight = Some(span(address, size as usize));
                self.nor.erase(address, size)?;
                self.in_flight = None;
                self.header_acknowledged |= address == g.base;
                meter.add(u64::from(size));
            }
        }
        meter.end();
        self.nor.use_work(EraseUnit::Sector4K)
    }

    /// Reads every erased sector of the plan: all ones.
    fn blank_check(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let g = *self.plan.geometry();
        let erased: Vec<u32> = self
            .plan
            .sectors()
            .filter(|(_, s)| s.action == Action::Erase)
            .map(|(a, _)| a)
            .collect();
        if erased.is_empty() {
            return Ok(());
        }
        let mut meter = Meter::begin(
            listener,
            Stage::BlankCheck,
            erased.len() as u64 * u64::from(g.sector),
        );
        for range in ranges(&erased, g.sector) {
            let found = self
                .nor
                .read(range.start, range.end - range.start, &mut meter)?;
            if let Some(at) = found.iter().position(|&byte| byte != 0xFF) {
                return Err(Error::NotBlank {
                    address: range.start + at as u32,
                    found: found[at],
                });
            }
        }
        meter.end();
        Ok(())
    }

    fn program(&mut self, listener: &mut dyn Listener) -> Result<()> {
        self.nor.use_work_for_programming()?;
        let last = self.plan.last_run().map_or(0, |run| run.bytes.len());
        let total = self.plan.bytes_to_program() - last as u64;
        if total == 0 {
            return Ok(());
        }
        let mut meter = Meter::begin(listener, Stage::Program, total);
        for run in self.plan.runs() {
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
            self.in_flight = Some(span(run.address, run.bytes.len()));
            self.nor.program(&run, &mut meter)?;
            self.in_flight = None;
        }
        meter.end();
        Ok(())
    }

    /// Compares every touched sector with its target, but for the page that is still to come.
    fn verify_targets(&mut self, listener: &mut dyn Listener) -> Result<u64> {
        let last = self.plan.last_run();
        let pieces: Vec<(u32, &[u8])> = self
            .plan
            .targets()
            .map(|(address, target)| match &last {
                Some(run) if run.address == address => {
                    (address + run.bytes.len() as u32, &target[run.bytes.len()..])
                }
                _ => (address, target),
            })
            .collect();
        self.nor.verify(&pieces, Stage::Verify, listener)?;
        Ok(pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum())
    }

    fn verify_last(&mut self, listener: &mut dyn Listener) -> Result<u64> {
        let Some(last) = self.plan.last_run() else {
            return Ok(0);
        };
        self.nor
            .verify(&[(last.address, &last.bytes)], Stage::Verify, listener)?;
        Ok(last.bytes.len() as u64)
    }

    fn stop_if_asked(&self, listener: &dyn Listener) -> Result<()> {
        if listener.cancelled() {
            Err(Error::interrupted())
        } else {
            Ok(())
        }
    }

    /// The error with what flash holds now.
    fn explained(&mut self, error: Error) -> Error {
        let state = FlashState {
            content: self.content_after(&error),
            quad_enable: match self.quad_set {
                true => QuadEnable::Set,
                false => QuadEnable::AsItWas,
            },
            saved_to: match self.reached {
                Reached::Done => None,
                _ => self.saved_to.clone(),
            },
        };
        error.with_flash_state(state)
    }

    fn content_after(&mut self, error: &Error) -> Content {
        let changed = self.plan.changed();
        match self.reached {
            Reached::Nothing => Content::Untouched,
            Reached::Done => Content::NewImageWhole {
                verified: self.verify,
            },
            Reached::Last => self.last_page_unread(),
            // an acknowledged erase is no erase yet: a flash that is locked acknowledges, too
            Reached::TakenBack => match self.first_sector() {
                Ok(first) if !has_fcb(&first) => Content::NothingStarts { changed },
                _ => self.last_page_unread(),
            },
            // neither erases nor the pages programmed so far make an FCB where none was
            _ if !self.plan.had_fcb() => Content::NothingStarts { changed },
            _ if !self.plan.unboots_first() => Content::ImageUntouched { changed },
            Reached::Blank => Content::NothingStarts { changed },
            Reached::Erasing => {
                let looked = error.device_answers().then(|| self.look_at_erased());
                match looked {
                    Some(Ok(content)) => content,
                    _ if self.header_acknowledged => Content::HeaderEraseUnread { changed },
                    _ => Content::Unknown { changed },
                }
            }
        }
    }

    fn last_page_unread(&self) -> Content {
        let g = self.plan.geometry();
        let start = u64::from(g.base);
        Content::LastPageUnread {
            page: start..start + u64::from(g.page),
        }
    }

    /// Reads what the erases did to the old image, when the sector with its FCB was among them.
    fn look_at_erased(&mut self) -> Result<Content> {
        let changed = self.plan.changed();
        if !has_fcb(&self.first_sector()?) {
            return Ok(Content::NothingStarts { changed });
        }
        let plan = self.plan;
        let sector = plan.geometry().sector;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        for (address, planned) in plan.sectors().filter(|(_, s)| s.action == Action::Erase) {
            if self.nor.read(address, sector, &mut meter)? != planned.current {
                return Ok(Content::OldHeaderLeft { changed });
            }
        }
        // a chip erase reaches sectors of which it is not known what they held
        Ok(match plan.erases_all() {
            true => Content::OldHeaderLeft { changed },
            false => Content::OldImageWhole { checked: changed },
        })
    }

    /// The first sector as it reads on one pad: that read works whatever state quad enable is in.
    fn first_sector(&mut self) -> Result<Vec<u8>> {
        let g = *self.plan.geometry();
        let mut quiet = ();
        self.nor.use_plain()?;
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        self.nor.read(g.base, g.sector, &mut meter)
    }
}

fn span(address: u32, length: usize) -> Range<u64> {
    u64::from(address)..u64::from(address) + length as u64
}
