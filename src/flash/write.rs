//! The main job on a known flash: compare, decide, save, erase, blank-check, program, verify, the FCB page last.

mod left;
mod proof;
mod record;
mod steps;

use std::ops::Range;
use std::path::PathBuf;

use rtboot_bootable::Memory;
use rtboot_fcb::EraseUnit;
use rtboot_fcb::trial::reads_alike;

use crate::event::{Listener, Meter, Stage};
use crate::flash::identify::check_same;
use crate::flash::nor::Nor;
use crate::flash::plan::{Action, Run, WritePlan};
use crate::flash::trial::{NotTried, Trial};
use crate::journal::{BoardJournal, Brings, Phase};
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
    /// Bytes of all of these: blocks count whole, and so does an erase of the whole flash.
    pub bytes_erased: u64,
    /// Bytes that were not sent, for flash held them or they are blank.
    pub bytes_skipped: u64,
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

/// Bytes at the beginning of flash that hold FCB, IVT and boot data: read whole through the stored FCB.
const HEADER: u32 = 0x2000;
/// Behind them, where hashes proved the image, so many bytes are read through the stored FCB…
const TRIED: usize = 256;
/// … out of each so many.
const TRIED_EACH: u32 = 0x1_0000;

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
    brings: Brings,
    command: Option<String>,
    verify: bool,
    reached: Reached,
    /// The device said that the sector with the FCB is erased.
    header_acknowledged: bool,
    quad_set: bool,
    saved_to: Option<PathBuf>,
    /// What the command changes that is on its way.
    in_flight: Option<Range<u64>>,
    /// The journal as it was before this write.
    before: Option<BoardJournal>,
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
            brings: Brings::default(),
            command: None,
            verify: true,
            reached: Reached::Nothing,
            header_acknowledged: false,
            quad_set: false,
            saved_to: None,
            in_flight: None,
            before: None,
        }
    }

    /// What the image is called in the journal, and what it is for.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>, brings: Brings) -> Writer<'a> {
        self.name = name.into();
        self.brings = brings;
        self
    }

    /// What finishes it, should it break off; kept as [`ImageMark::command`](crate::journal::ImageMark::command).
    #[must_use]
    pub fn finished_by(mut self, command: Option<String>) -> Writer<'a> {
        self.command = command;
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
            bytes_erased: self.plan.bytes_to_erase(),
            bytes_skipped: self.plan.bytes_touched() - self.plan.bytes_to_program(),
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
        let Some(fcb) = self.plan.fcb_to_come(at) else {
            return Ok(Trial::NotTried(NotTried::NoFcb));
        };
        let work = self.nor.part().work_fcb(EraseUnit::Sector, 0);
        let alike = self.verify && reads_alike(&fcb, &work);
        let hashed = self.nor.proves_by_hash();
        if alike && !hashed {
            return Ok(Trial::Same { bytes: verified });
        }
        let targets = trial_bytes(self.plan, alike);
        match alike {
            true => self.nor.sample_fcb(&fcb, &targets, listener),
            false => self.nor.try_fcb(&fcb, &targets, listener),
        }
    }

    /// All that says no before anything is changed, the status register included.
    fn allow(&mut self) -> Result<()> {
        let (part, status) = (self.nor.part().clone(), self.nor.facts().status);
        let extent = self.nor.facts().protected_extent(&part);
        let base = u64::from(self.nor.chip().map.flash_base);
        let mut differences = self.plan.differences();
        let stopped = differences.find(|(sector, ..)| {
            extent.stops(sector.start.saturating_sub(base)..sector.end.saturating_sub(base))
        });
        if let Some((_, address, expected, found)) = stopped {
            return Err(Error::Protected {
                status,
                extent,
                lock: part.status_lock(&status),
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

    fn change(&mut self, listener: &mut dyn Listener) -> Result<u64> {
        self.begin(listener)?;
        self.erase(listener)?;
        self.check_blank(listener)?;
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
            let erased = self.nor.use_work(EraseUnit::Sector);
            if erased
                .and_then(|()| self.nor.erase(g.base, g.sector))
                .is_ok()
            {
                self.reached = Reached::TakenBack;
            }
        }
    }

    /// Compares every touched sector with its target, but for the page that is still to come, and for what the compare has proved.
    /// Returns how many bytes were found right, the latter too.
    fn verify_targets(&mut self, listener: &mut dyn Listener) -> Result<u64> {
        let all = self.nor.proves_by_hash();
        let pieces = self.plan.pieces_to_verify(all);
        let compared: u64 = self.plan.targets().map(|(_, it)| it.len() as u64).sum();
        let last = self.plan.last_run().map_or(0, |run| run.bytes.len() as u64);
        self.nor.verify(&pieces, Stage::Verify, listener)?;
        Ok(compared - last)
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
}

/// The bytes that are read through the stored FCB: all of the touched sectors, or, where hashes through a read that is alike have
/// proved them, a sample that shows that the stored FCB brings the same.
pub(super) fn trial_bytes(plan: &WritePlan, sample: bool) -> Memory {
    let mut targets = Memory::new();
    for (address, bytes) in plan.targets() {
        let seen = match address - plan.geometry().base {
            _ if !sample => bytes.len(),
            ..HEADER => bytes.len(),
            offset if offset % TRIED_EACH == 0 => bytes.len().min(TRIED),
            _ => continue,
        };
        // sectors of a plan are apart from each other
        let _ = targets.replace(address, bytes[..seen].to_vec());
    }
    targets
}

fn span(address: u32, length: usize) -> Range<u64> {
    u64::from(address)..u64::from(address) + length as u64
}
