//! The main job: from a file to a verified image.

use std::time::{Duration, Instant};

use rtboot_bootable::{Memory, Verdict, inspect, over_headers};
use rtboot_fcb::{Fcb, Part};
use rtboot_finding::catalogue::{fcb as fcb_found, image as image_found, run};
use rtboot_finding::{Finding, Severity};

use super::after::{After, AfterReport, reset_by, start_image};
use super::boot_loader::{BootsAt, asked_for, doubt};
use super::journal as of_journal;
use super::laid_out::{BootLoader, LaidOut, LaidOutPieces, LayoutOptions, Role};
use super::piece::Pieces;
use super::target::Target;
use crate::board::Board;
use crate::chip::Chip;
use crate::consent::{Act, Consent};
use crate::error::Content;
use crate::event::{Known, Listener, tell, tell_known};
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
    /// What becomes of a boot loader that flash holds.
    pub boot_loader: BootLoader,
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

impl WriteOptions {
    /// Those that decide which bytes go where.
    pub fn layout(&self) -> LayoutOptions {
        LayoutOptions {
            fcb: self.fcb.clone(),
            base: self.base,
            own_fcb: self.own_fcb,
            headers: self.headers,
            boot_loader: self.boot_loader,
        }
    }
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            fcb: FcbChoice::Auto,
            own_fcb: OwnFcb::default(),
            base: None,
            headers: Headers::Add,
            boot_loader: BootLoader::Ask,
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

/// Writes a file, or several pieces, to a board, with everything around it.
///
/// # Errors
/// As [`WriteJob::prepare`], [`Target::connect`], [`WriteJob::identify`], [`WriteReady::plan`], [`WriteReady::write`] and
/// [`WriteReady::finish`].
pub fn write(
    pieces: &Pieces,
    options: WriteOptions,
    target: &Target,
    listener: &mut dyn Listener,
) -> Result<Written> {
    let job = WriteJob::prepare(pieces, options, target.chip_for_files())?;
    for finding in job.findings() {
        tell(listener, finding.clone());
    }
    job.check_consent()?;
    target.loader.check(job.pieces.chip())?;
    let mut board = target.connect(listener)?;
    let written = job.carry_out(&mut board, target, listener);
    // a virtual board keeps what was done to it, whatever failed then
    let saved = board.save();
    written.and_then(|written| saved.map(|()| written))
}

/// A write that is prepared: all that can fail without a board did not.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteJob {
    pieces: LaidOutPieces,
    options: WriteOptions,
    findings: Vec<Finding>,
    acts: Vec<Act>,
}

impl WriteJob {
    /// Reads the pieces and lays them out.
    ///
    /// # Errors
    /// As [`LaidOutPieces::new`].
    pub fn prepare(
        pieces: &Pieces,
        options: WriteOptions,
        chip: &'static Chip,
    ) -> Result<WriteJob> {
        let pieces = LaidOutPieces::new(pieces, &options.layout(), chip)?;
        let (mut findings, mut acts) = (Vec::new(), Vec::new());
        for piece in pieces.pieces() {
            findings.push(about(piece));
            let layout = piece.prepared.as_ref().map(Prepared::layout);
            if let Some((layout, image)) = layout.and_then(|it| Some((it, it.image.as_ref()?))) {
                let inspected = &image.inspection.findings;
                let dangers = inspected.iter().filter(|f| f.severity == Severity::Danger);
                acts.extend(dangers.take(1).map(Act::write_dangerous_image));
                let all = image.notes.iter().chain(inspected);
                findings.extend(all.filter(|f| !is_to_come(f, layout)).cloned());
            }
            if piece.role != Role::BootImage {
                findings.extend(over_headers(&piece.memory, &chip.map));
            }
        }
        if options.erase_all {
            acts.push(Act::erase_flash());
        }
        Ok(WriteJob {
            pieces,
            options,
            findings,
            acts,
        })
    }

    /// The pieces, laid out.
    pub fn pieces(&self) -> &LaidOutPieces {
        &self.pieces
    }

    /// What each piece is, how it was laid out, and what does not fit in it.
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
    /// [`Error::NotConfirmed`].
    pub fn check_consent(&self) -> Result<()> {
        let consent = &self.options.consent;
        self.acts.iter().try_for_each(|act| consent.check(act))
    }

    /// Gets to the flash of this board and settles which part it is.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`]; [`Error::FcbUnfit`]; as [`Target::start_flashloader`] and [`LaidOutPieces::choose_part`].
    pub fn identify<'b>(
        self,
        board: &'b mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<WriteReady<'b>> {
        self.check_consent()?;
        let mut flashloader = target.start_flashloader(board, listener)?.flashloader;
        let mut facts = flashloader.look_at_flash(listener)?;
        let part = self.pieces.choose_part(&facts)?;
        flashloader.look_at_second_status(&part, &mut facts)?;
        if self.pieces.settles_by_id() {
            tell_shared(&part, &facts, listener);
        }
        let names = match self.pieces.names_part() {
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
        let layout = self.pieces.for_part(&part)?;
        let journal = match &self.options.journal {
            Some(store) => {
                let key = of_journal::key(&flashloader, &part, &facts, board);
                Some(of_journal::open(store, &key, self.options.kept)?)
            }
            None => None,
        };
        let nor = match self.pieces.names_part() {
            true => Nor::new(flashloader, part, facts).named_by_user(),
            false => Nor::new(flashloader, part, facts),
        };
        let layout = settle_fcb(&self.pieces, layout, &nor, listener)?;
        Ok(WriteReady {
            clock: Clock::start(board),
            nor,
            options: self.options,
            board,
            name: self.pieces.names(),
            pieces: self.pieces,
            layout,
            journal,
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
    pieces: &LaidOutPieces,
    layout: Layout,
    nor: &Nor,
    listener: &mut dyn Listener,
) -> Result<Layout> {
    let prepared = pieces
        .boot_piece()
        .and_then(|piece| piece.prepared.as_ref());
    let Some(prepared) = prepared else {
        return Ok(layout);
    };
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
    pieces.refitted(layout, nor.part())
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

/// What a piece is.
fn about(piece: &LaidOut) -> Finding {
    let size = piece.memory.len_bytes() as u64;
    let Some(prepared) = &piece.prepared else {
        return Finding::new(&run::DATA)
            .text("file", piece.name.display())
            .number("size", size)
            .address("at", piece.memory.first().unwrap_or_default());
    };
    let kind = match &prepared.layout().image {
        Some(image) if image.built => "application without boot header".into(),
        Some(image) => image.inspection.kind.to_string(),
        None => "bytes as they are".into(),
    };
    Finding::new(&run::IMAGE)
        .text("file", piece.name.display())
        .text("format", prepared.firmware().format)
        .text("kind", kind)
        .number("size", size)
        .address("start", piece.memory.first().unwrap_or_default())
        .address("end", piece.memory.end())
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
    pieces: LaidOutPieces,
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

    /// The pieces, laid out.
    pub fn pieces(&self) -> &LaidOutPieces {
        &self.pieces
    }

    /// Compares flash with the image and decides what must change. Changes nothing.
    ///
    /// # Errors
    /// As [`plan_write`]; [`Error::OtherBootLoader`] and
    /// [`Error::NoBootLoader`] for an application that may be meant for a boot loader;
    /// [`Error::Overlap`] where it lies on the boot loader that is to stay.
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
        self.respect_boot_loader(&plan, listener)?;
        if let Some(journal) = &self.journal {
            of_journal::tell_about(&plan, journal, listener);
        }
        Ok(plan)
    }

    /// Stops a write that would put another boot image in the place of a boot loader.
    fn respect_boot_loader(&mut self, plan: &WritePlan, listener: &mut dyn Listener) -> Result<()> {
        let made = self.layout.image.as_ref().is_some_and(|image| image.built);
        let asks = made && self.options.boot_loader == BootLoader::Ask;
        let keeps = self.options.boot_loader == BootLoader::Keep;
        if !asks && !keeps {
            return Ok(());
        }
        if keeps && plan.erases_all() {
            let text = "the boot loader cannot stay when the whole flash is erased";
            return Err(Error::Usage(text.into()));
        }
        let mut held = match plan.erases_all() {
            true => Memory::new(),
            false => self.nor.header_before(plan, listener)?,
        };
        if let Some((address, length)) = asked_for(&self.pieces)
            && !plan.erases_all()
            && let Some(bytes) = plan.current(address, length)
        {
            // flash holds one byte at one address
            let _ = held.insert(address, bytes);
        }
        let map = &self.nor.chip().map;
        let seen = inspect(&held, map);
        match doubt(&self.pieces, &seen, &held) {
            // with a boot header it starts, and nothing is lost
            Some(reason @ Error::NoBootLoader { mcuboot: false, .. }) => {
                tell(
                    listener,
                    Finding::new(&run::ROOM_FOR_BOOT_LOADER).text("reason", reason),
                );
            }
            Some(error) => return Err(error),
            None => {}
        }
        match BootsAt::find(&seen, &held, map).filter(|_| keeps) {
            Some(boots) => boots.refuse_overlap(&self.pieces),
            None => Ok(()),
        }
    }

    /// Where the application of a boot loader lies, when this write keeps the boot loader.
    pub fn second_stage(&self) -> Option<u32> {
        let keeps = self.options.boot_loader == BootLoader::Keep;
        let table = self.pieces.application().map(|vectors| vectors.table);
        table.or(self.layout.memory.first()).filter(|_| keeps)
    }

    /// Carries the plan out.
    ///
    /// # Errors
    /// As [`Writer::run`]; [`Error::WriteUnfinished`] when all went well and the board does not start all the same, for an
    /// interrupted write of another image is still open.
    pub fn write(&mut self, plan: &WritePlan, listener: &mut dyn Listener) -> Result<WriteReport> {
        if let (Some(journal), KeptBytes::Discard) = (&mut self.journal, self.options.kept) {
            journal.clear()?;
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
    /// [`Error::NoVectorTable`], and whatever starting or resetting brings.
    pub fn finish(self) -> Result<AfterReport> {
        match self.options.after {
            After::Nothing => Ok(AfterReport::Nothing),
            After::Start => {
                let image = self.layout.image.as_ref();
                let found = match image {
                    Some(image) => image.stack.map(|stack| (image.entry, stack)),
                    None => self.pieces.application().map(|it| (it.reset, it.stack)),
                };
                start_image(self.nor, found).map(AfterReport::Started)
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
