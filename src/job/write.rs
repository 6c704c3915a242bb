//! The main job: from a file to a verified image.

use std::time::{Duration, Instant};

use rtboot_bootable::{Verdict, over_headers};
use rtboot_fcb::{Fcb, Part};
use rtboot_finding::catalogue::{fcb as fcb_found, image as image_found, run};
use rtboot_finding::{Finding, Severity};

use super::after::{After, AfterReport, reset_by, start_image};
use super::journal as of_journal;
use super::target::Target;
use crate::board::Board;
use crate::chip::Chip;
use crate::consent::{Act, Consent};
use crate::error::Content;
use crate::event::{Known, Listener, tell, tell_known};
use crate::file::Source;
use crate::flash::{
    FcbChoice, Headers, KeptBytes, Layout, Nor, NorFacts, OwnFcb, Policy, Prepared, WritePlan,
    WriteReport, Writer, candidates, plan_write,
};
use crate::journal::{BoardJournal, JournalStore};
use crate::{Error, Result};

/// How a file is written.
///
/// The default adds boot headers where they are missing, leaves sectors alone that hold what they should, keeps the bytes
/// around the image, and reads everything back.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// Where the FCB comes from.
    pub fcb: FcbChoice,
    /// What becomes of an FCB that the file brings.
    pub own_fcb: OwnFcb,
    /// Address of the first byte of a raw file, when its vector table does not tell it.
    pub base: Option<u32>,
    /// Whether boot headers are added.
    pub headers: Headers,
    /// Leave sectors alone that already hold what they should.
    pub skip_unchanged: bool,
    /// Keep the bytes around the image in its sectors.
    pub keep_around: bool,
    /// Erase the whole flash first. The consent must cover [`Act::erase_flash`].
    pub erase_all: bool,
    /// Read back what was written. Without it a wrong byte is not seen.
    pub verify: bool,
    /// Where the journals of boards are. Without it the bytes around the image are lost when the write breaks off, and
    /// nobody knows then that it did.
    pub journal: Option<JournalStore>,
    /// What becomes of bytes that an interrupted write kept there.
    pub kept: KeptBytes,
    /// What happens when the image is there.
    pub after: After,
    /// The words for what cannot be undone.
    pub consent: Consent,
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            fcb: FcbChoice::Auto,
            own_fcb: OwnFcb::default(),
            base: None,
            headers: Headers::Add,
            skip_unchanged: true,
            keep_around: true,
            erase_all: false,
            verify: true,
            journal: None,
            kept: KeptBytes::Restore,
            after: After::Nothing,
            consent: Consent::default(),
        }
    }
}

/// A write that is done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Written {
    /// The chip, as far as it is known.
    pub chip: &'static Chip,
    /// The flash.
    pub part: Part,
    /// What was done.
    pub report: WriteReport,
    /// How long it took, from the compare to the last byte read back.
    pub took: Took,
    /// Whether the ROM would start what flash holds now.
    pub verdict: Verdict,
    /// What came after it.
    pub after: AfterReport,
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Took {
    /// The time.
    pub time: Duration,
    /// Whether it is the modelled time of a virtual board.
    pub modelled: bool,
}

/// Writes a file to a board, with everything around it.
///
/// # Errors
/// As [`WriteJob::prepare`], [`Target::connect`], [`WriteJob::identify`], [`WriteReady::plan`], [`WriteReady::write`] and
/// [`WriteReady::finish`].
pub fn write(
    file: &Source,
    options: WriteOptions,
    target: &Target,
    listener: &mut dyn Listener,
) -> Result<Written> {
    let job = WriteJob::prepare(file, options, target.chip_for_files())?;
    for finding in job.findings() {
        tell(listener, finding.clone());
    }
    job.check_consent()?;
    target.loader.check(job.prepared.chip())?;
    let mut board = target.connect(listener)?;
    let written = job.carry_out(&mut board, target, listener);
    // a virtual board keeps what was done to it, whatever failed then
    let saved = board.save();
    written.and_then(|written| saved.map(|()| written))
}

/// A write that is prepared: all that can fail without a board did not.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteJob {
    prepared: Prepared,
    options: WriteOptions,
    findings: Vec<Finding>,
    acts: Vec<Act>,
}

impl WriteJob {
    /// Reads the file and lays it out.
    ///
    /// # Errors
    /// As [`Source::firmware`] and [`Prepared::new`].
    pub fn prepare(file: &Source, options: WriteOptions, chip: &'static Chip) -> Result<WriteJob> {
        let firmware = match options.headers {
            Headers::Add => file.firmware(options.base, chip)?,
            Headers::AsIs => file.data(options.base, chip)?,
        };
        let choice = options.fcb.clone();
        let prepared = Prepared::new(file.path(), firmware, choice, options.headers, chip)?
            .with_own_fcb(options.own_fcb)?;
        let layout = prepared.layout();
        let (mut findings, mut acts) = (vec![about(&prepared)], Vec::new());
        if options.headers == Headers::AsIs {
            findings.extend(over_headers(&layout.memory, &chip.map));
        }
        if let Some(image) = &layout.image {
            let inspected = &image.inspection.findings;
            let dangers = inspected.iter().filter(|f| f.severity == Severity::Danger);
            acts.extend(dangers.take(1).map(Act::write_dangerous_image));
            let all = image.notes.iter().chain(inspected);
            findings.extend(all.filter(|f| !is_to_come(f, layout)).cloned());
        }
        if options.erase_all {
            acts.push(Act::erase_flash());
        }
        Ok(WriteJob {
            prepared,
            options,
            findings,
            acts,
        })
    }

    /// The file, laid out.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// What the file is, how it was laid out, and what does not fit in it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What this write does that must be confirmed.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Words that were given after all.
    pub fn confirm(&mut self, words: impl Into<String>) {
        self.options.consent.add(words);
    }

    /// That everything that must be confirmed is.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`](crate::Error::NotConfirmed).
    pub fn check_consent(&self) -> Result<()> {
        let consent = &self.options.consent;
        self.acts.iter().try_for_each(|act| consent.check(act))
    }

    /// Gets to the flash of this board and settles which part it is.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`]; [`Error::FcbUnfit`]; as [`Target::start_flashloader`] and [`Prepared::choose_part`].
    pub fn identify<'b>(
        self,
        board: &'b mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<WriteReady<'b>> {
        self.check_consent()?;
        let mut flashloader = target.start_flashloader(board, listener)?.flashloader;
        let mut facts = flashloader.look_at_flash(listener)?;
        let part = self.prepared.choose_part(&facts)?;
        flashloader.look_at_second_status(&part, &mut facts)?;
        if self.prepared.settles_by_id() {
            tell_shared(&part, &facts, listener);
        }
        let names = match self.prepared.names_part() {
            true => part.name.clone(),
            false => names_of(&part, &facts),
        };
        let known = Known {
            part: Some(names.clone()),
            ..Known::default()
        };
        tell_known(listener, known);
        let found = Finding::new(&run::PART)
            .text("chip", flashloader.chip().name)
            .text("vendor", &part.vendor)
            .text("part", names)
            .text("id", part.jedec);
        tell(listener, found);
        let layout = self.prepared.for_part(&part)?;
        let journal = match &self.options.journal {
            Some(store) => {
                let key = of_journal::key(&flashloader, &part, &facts, board);
                Some(of_journal::open(store, &key, self.options.kept)?)
            }
            None => None,
        };
        let nor = match self.prepared.names_part() {
            true => Nor::new(flashloader, part, facts).named_by_user(),
            false => Nor::new(flashloader, part, facts),
        };
        let layout = settle_fcb(&self.prepared, layout, &nor, listener)?;
        Ok(WriteReady {
            clock: Clock::start(board),
            nor,
            options: self.options,
            board,
            layout,
            journal,
            name: self.prepared.name().display().to_string(),
        })
    }

    fn carry_out(
        self,
        board: &mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<Written> {
        let mut ready = self.identify(board, target, listener)?;
        let plan = ready.plan(listener)?;
        let report = ready.write(&plan, listener)?;
        let (took, part) = (ready.took(), ready.nor.part().clone());
        let chip = ready.nor.chip();
        let verdict = ready.verdict(&plan, &report, listener)?;
        let after = ready.finish()?;
        Ok(Written {
            chip,
            part,
            report,
            took,
            verdict,
            after,
        })
    }
}

/// Holds an FCB that the file brings against the flash.
fn settle_fcb(
    prepared: &Prepared,
    layout: Layout,
    nor: &Nor,
    listener: &mut dyn Listener,
) -> Result<Layout> {
    if !prepared.keeps_own_fcb() || prepared.own_fcb() == OwnFcb::Keep {
        return Ok(layout);
    }
    let Some(reason) = nor.unfit_fcb(&layout.memory) else {
        return Ok(layout);
    };
    if prepared.own_fcb() != OwnFcb::ReplaceIfUnfit {
        return Err(Error::FcbUnfit {
            reason: Box::new(reason),
        });
    }
    let refitted = Finding::new(&run::FCB_REFITTED)
        .text("part", &nor.part().name)
        .text("reason", reason);
    tell(listener, refitted);
    prepared.refitted(layout, nor.part())
}

/// The names of all parts that a flash with this id may be.
fn names_of(part: &Part, facts: &NorFacts) -> String {
    let parts = candidates(facts.id, Some(part));
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.join(" or ")
}

/// Says that the FCB is the one that all parts with this id take.
fn tell_shared(part: &Part, facts: &NorFacts, listener: &mut dyn Listener) {
    let parts = candidates(facts.id, Some(part));
    if parts
        .iter()
        .all(|other| other.boot_fcb() == part.boot_fcb())
    {
        return;
    }
    let shared = Finding::new(&run::PART_SHARED)
        .text("id", facts.id)
        .text("parts", names_of(part, facts))
        .text("read", part.read)
        .text("clock", part.clock);
    tell(listener, shared);
}

/// What the file is.
fn about(prepared: &Prepared) -> Finding {
    let layout = prepared.layout();
    let kind = match &layout.image {
        Some(image) if image.built => "application without boot header".into(),
        Some(image) => image.inspection.kind.to_string(),
        None => "bytes as they are".into(),
    };
    let mut segments = layout.memory.segments();
    let first = segments.next().map_or((0, 0), extent);
    let end = segments.last().map_or(first.1, |last| extent(last).1);
    Finding::new(&run::IMAGE)
        .text("file", prepared.name().display())
        .text("format", prepared.firmware().format)
        .text("kind", kind)
        .number("size", layout.memory.len_bytes() as u64)
        .address("start", first.0)
        .address("end", end)
}

/// First address of a segment, and the first one after it.
fn extent((address, bytes): (u32, &[u8])) -> (u64, u64) {
    let start = u64::from(address);
    (start, start + bytes.len() as u64)
}

/// An FCB that is still to be made for the part is not missing.
fn is_to_come(finding: &Finding, layout: &Layout) -> bool {
    layout.needs_part
        && (finding.is(&image_found::FCB_NOT_GIVEN) || finding.is(&fcb_found::FCB_MISSING))
}

/// A flash that is known, and what is to go there.
pub struct WriteReady<'b> {
    board: &'b mut Board,
    nor: Nor,
    layout: Layout,
    journal: Option<BoardJournal>,
    name: String,
    options: WriteOptions,
    clock: Clock,
}

impl WriteReady<'_> {
    /// The flash.
    pub fn nor(&self) -> &Nor {
        &self.nor
    }

    /// What goes into it.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Compares flash with the image and decides what must change. Changes nothing.
    ///
    /// # Errors
    /// As [`plan_write`].
    pub fn plan(&mut self, listener: &mut dyn Listener) -> Result<WritePlan> {
        let policy = Policy {
            skip_unchanged: self.options.skip_unchanged,
            keep_around: self.options.keep_around,
            erase_all: match self.options.erase_all {
                true => Some(self.options.consent.erase_flash()?),
                false => None,
            },
            kept: self.options.kept,
        };
        let (image, journal) = (&self.layout.memory, self.journal.as_ref());
        let plan = plan_write(&mut self.nor, image, journal, policy, listener)?;
        if let Some(journal) = journal {
            of_journal::tell_about(&plan, journal, listener);
        }
        Ok(plan)
    }

    /// Carries the plan out.
    ///
    /// # Errors
    /// As [`Writer::run`]; [`Error::WriteUnfinished`] when all went well and the board does not start all the same, for an
    /// interrupted write of another image is still open.
    pub fn write(&mut self, plan: &WritePlan, listener: &mut dyn Listener) -> Result<WriteReport> {
        if let (Some(journal), KeptBytes::Discard) = (&mut self.journal, self.options.kept) {
            journal.replace(Vec::new())?;
        }
        if !self.options.verify {
            tell(listener, Finding::new(&run::NOT_VERIFIED));
        }
        let writer = Writer::new(&mut self.nor, plan, self.journal.as_mut()).named(&self.name);
        let writer = match self.options.verify {
            true => writer,
            false => writer.without_verify(),
        };
        let report = writer.run(listener)?;
        match plan.resume().holder() {
            None => Ok(report),
            Some(write) => Err(Error::WriteUnfinished {
                image: write.image.name.clone(),
                when: write.when(),
            }
            .with_flash_state(Content::NewImageWhole {
                verified: self.options.verify,
            })),
        }
    }

    /// Whether the ROM would start what flash holds now that this plan was carried out.
    ///
    /// # Errors
    /// As [`Nor::judge_written`], with what flash holds; [`Error::FcbUnreadable`] when the FCB that was written is one through which
    /// this flash cannot be read.
    pub fn verdict(
        &mut self,
        plan: &WritePlan,
        report: &WriteReport,
        listener: &mut dyn Listener,
    ) -> Result<Verdict> {
        let state = Content::NewImageWhole {
            verified: self.options.verify,
        };
        let judged = self.nor.judge_written(plan, &report.trial, listener);
        let verdict = judged.map_err(|error| error.with_flash_state(state.clone()))?;
        let fcb = self.nor.chip().map.fcb_address();
        let wrote_fcb = self.layout.memory.bytes(fcb, Fcb::LEN).is_some();
        if let (true, Some(reason)) = (wrote_fcb, verdict.unfit_fcb()) {
            let unfit = Error::FcbUnreadable {
                reason: Box::new(reason.clone()),
                tried: report.trial.difference(),
            };
            return Err(unfit.with_flash_state(state));
        }
        Ok(verdict)
    }

    /// How long it took so far, since the flash is known.
    pub fn took(&self) -> Took {
        self.clock.took(self.board)
    }

    /// Does what comes after the write.
    ///
    /// # Errors
    /// [`Error::NoVectorTable`](crate::Error::NoVectorTable), and whatever starting or resetting brings.
    pub fn finish(self) -> Result<AfterReport> {
        match self.options.after {
            After::Nothing => Ok(AfterReport::Nothing),
            After::Start => {
                start_image(self.nor, self.layout.image.as_ref()).map(AfterReport::Started)
            }
            After::Reset => reset_by(self.nor.into_loader(), self.board).map(AfterReport::Reset),
        }
    }
}

/// How long something takes: the board's own time when it is virtual.
struct Clock {
    start: Instant,
    modelled: Option<Duration>,
}

impl Clock {
    fn start(board: &Board) -> Clock {
        Clock {
            start: Instant::now(),
            modelled: board.modelled_time(),
        }
    }

    fn took(&self, board: &Board) -> Took {
        match (self.modelled, board.modelled_time()) {
            (Some(start), Some(now)) => Took {
                time: now.saturating_sub(start),
                modelled: true,
            },
            _ => Took {
                time: self.start.elapsed(),
                modelled: false,
            },
        }
    }
}
