//! The main job: from a file to a verified image.

mod ready;
mod told;

use std::time::Duration;

use rtboot_bootable::{Verdict, over_headers};
use rtboot_fcb::Part;
use rtboot_finding::catalogue::run;
use rtboot_finding::{Finding, Severity};

use self::ready::Clock;
pub use self::ready::{Phases, WriteReady};
use self::told::{about, is_to_come, names_of, tell_shared};
use super::after::{After, AfterReport};
use super::backup::{self, Label};
use super::journal as of_journal;
use super::laid_out::{BootLoader, LaidOutPieces, LayoutOptions, Role};
use super::piece::Pieces;
use super::target::Target;
use crate::board::Board;
use crate::chip::Chip;
use crate::consent::{Act, Consent};
use crate::event::{Known, Listener, Measurements, tell, tell_known, tell_measured};
use crate::file::Limit;
use crate::flash::{
    Contact, FcbChoice, Flashloader, Headers, KeptBytes, Layout, Nor, OwnFcb, Prepared,
    WriteReport, candidates,
};
use crate::journal::JournalStore;
use crate::{Error, Result, Source};

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
    /// What finishes this write should it break off: verb, options and files behind `rtboot`, as a POSIX shell reads them. The
    /// journal keeps it, and `doctor` shows it.
    pub command: Option<String>,
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
            command: None,
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
    WriteJob::prepare(pieces, options, target.chip)?.on(target, listener)
}

/// A write that is prepared: all that can fail without a board did not.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteJob {
    pieces: LaidOutPieces,
    options: WriteOptions,
    findings: Vec<Finding>,
    acts: Vec<Act>,
    goal: Goal,
}

/// What flash is to hold in the end.
#[derive(Debug, Clone, PartialEq)]
enum Goal {
    /// An image, or some pieces.
    Pieces,
    /// Exactly what a backup holds, which may have a label.
    Backup {
        source: Source,
        label: Option<Box<Label>>,
    },
}

impl WriteJob {
    /// Reads the pieces and lays them out.
    ///
    /// # Errors
    /// As [`LaidOutPieces::new`].
    pub fn prepare(
        pieces: &Pieces,
        options: WriteOptions,
        chip: impl Into<Option<&'static Chip>>,
    ) -> Result<WriteJob> {
        let pieces = LaidOutPieces::new(pieces, &options.layout(), chip)?;
        Ok(WriteJob::of(pieces, options))
    }

    /// The same for the chip that the board turned out to have.
    ///
    /// # Errors
    /// As [`WriteJob::prepare`].
    pub fn for_chip(self, chip: &'static Chip) -> Result<WriteJob> {
        if self.pieces.chip() == chip {
            return Ok(self);
        }
        match self.goal {
            Goal::Pieces => Ok(WriteJob::of(self.pieces.for_chip(chip)?, self.options)),
            Goal::Backup { source, .. } => WriteJob::restore(&source, self.options, chip),
        }
    }

    fn of(pieces: LaidOutPieces, options: WriteOptions) -> WriteJob {
        let chip = pieces.chip();
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
        WriteJob {
            pieces,
            options,
            findings,
            acts,
            goal: Goal::Pieces,
        }
    }

    /// Reads a backup, which goes back as it is, from the start of the flash on. What the options say of FCB, base, headers,
    /// boot loader and kept bytes does not count.
    ///
    /// # Errors
    /// As [`file::read`](crate::file::read); [`Error::BadFile`] when file and label contradict each other.
    pub fn restore(
        source: &Source,
        options: WriteOptions,
        chip: impl Into<Option<&'static Chip>>,
    ) -> Result<WriteJob> {
        let source = source.read_once(Limit::Backup)?;
        let (backup, chip) = backup::read(&source, chip.into())?;
        let job = WriteJob::prepare(&backup.pieces, backup::as_they_are(options), chip)?;
        Ok(WriteJob {
            // whether a whole flash starts is judged in the end, by all of its bytes
            findings: job.pieces.pieces().iter().map(about).collect(),
            goal: Goal::Backup {
                source,
                label: backup.label.map(Box::new),
            },
            ..job
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

    /// Puts these bytes over what the pieces have there, or beside it, as [`LaidOutPieces::patch`].
    ///
    /// # Errors
    /// As [`LaidOutPieces::patch`].
    pub fn patch(&mut self, name: &str, address: u32, bytes: &[u8]) -> Result<()> {
        self.pieces.patch(name, address, bytes)
    }

    /// Erases and writes every sector that the image touches, whatever it holds.
    pub fn write_all_anew(&mut self) {
        self.options.skip_unchanged = false;
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
        let contact = target.contact(board, listener)?;
        self.identify_from(contact, board, target, listener)
    }

    fn tell_findings(&self, listener: &mut dyn Listener) {
        for finding in self.findings() {
            tell(listener, finding.clone());
        }
    }

    /// As [`WriteJob::identify`], on a board that was asked for its chip. Where only the flashloader tells it, what is to be said of
    /// the files is told here.
    ///
    /// # Errors
    /// As [`WriteJob::identify`].
    pub fn identify_from<'b>(
        self,
        contact: Contact,
        board: &'b mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<WriteReady<'b>> {
        let told = contact.chip();
        let job = match told {
            Some(chip) => self.for_chip(chip)?,
            None => self,
        };
        job.check_consent()?;
        let reached = contact.reach(board, &target.loader, listener)?;
        let job = job.for_chip(reached.flashloader.chip())?;
        if told.is_none() {
            job.tell_findings(listener);
        }
        job.check_consent()?;
        job.on_flashloader(reached.flashloader, board, target, listener)
    }

    fn on_flashloader<'b>(
        self,
        mut flashloader: Flashloader,
        board: &'b mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<WriteReady<'b>> {
        let mut facts = flashloader.look_at_flash(listener)?;
        let named = self.pieces.names_part() || target.part.is_named();
        let part = match self.pieces.names_part() {
            false if named => {
                let part = target.part.clone().for_chip(flashloader.chip())?;
                part.part(&facts)?
            }
            _ => self.pieces.choose_part(&facts)?,
        };
        flashloader.look_at_second_status(&part, &mut facts)?;
        if self.pieces.settles_by_id() && !named {
            tell_shared(&part, &facts, flashloader.chip(), listener);
        }
        let names = match named {
            true => part.name.clone(),
            false => names_of(&part, &facts),
        };
        let known = Known {
            part: Some(names.clone()),
            flash_protected: Some(part.protected(&facts.status)),
            ..Known::default()
        };
        tell_known(listener, known);
        let measured = Measurements {
            id_names_part: Some(candidates(facts.id, Some(&part)).len() == 1),
            ..Measurements::default()
        };
        tell_measured(listener, measured);
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
        let mut nor = match named {
            true => Nor::new(flashloader, part, facts).named_by_user(),
            false => Nor::new(flashloader, part, facts),
        };
        let layout = settle_fcb(&self.pieces, layout, &mut nor, listener)?;
        if let Goal::Backup { label, .. } = &self.goal {
            backup::check(label.as_deref(), &self.pieces, &nor, listener)?;
        }
        Ok(WriteReady {
            clock: Clock::start(board),
            nor,
            options: self.options,
            board,
            name: self.pieces.names(),
            pieces: self.pieces,
            goal: self.goal,
            layout,
            journal,
            again: None,
            phases: Phases::default(),
        })
    }

    /// Does all of it on the board that the target names.
    pub(super) fn on(self, target: &Target, listener: &mut dyn Listener) -> Result<Written> {
        self.check_consent()?;
        target.loader.check(target.chip)?;
        let mut board = target.connect(listener)?;
        let written = self.carry_out(&mut board, target, listener);
        // a virtual board keeps what was done to it, whatever failed then
        let saved = board.save();
        written.and_then(|written| saved.map(|()| written))
    }

    fn carry_out(
        self,
        board: &mut Board,
        target: &Target,
        listener: &mut dyn Listener,
    ) -> Result<Written> {
        let contact = target.contact(board, listener)?;
        let job = match contact.chip() {
            Some(chip) => {
                let job = self.for_chip(chip)?;
                job.tell_findings(listener);
                job
            }
            None => self,
        };
        let mut ready = job.identify_from(contact, board, target, listener)?;
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
    nor: &mut Nor,
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
    let replaces = prepared.own_fcb() == OwnFcb::ReplaceIfUnfit;
    let reason = match (nor.unfit_fcb(&layout.memory), replaces) {
        (Some(reason), true) => reason,
        (Some(reason), false) => {
            return Err(Error::FcbUnfit {
                reason: Box::new(reason),
            });
        }
        (None, true) => match nor.unproved_fcb(&layout.memory, listener)? {
            Some(reason) => reason,
            None => return Ok(layout),
        },
        (None, false) => return Ok(layout),
    };
    let refitted = Finding::new(&run::FCB_REFITTED)
        .text("part", &nor.part().name)
        .text("reason", reason);
    tell(listener, refitted);
    pieces.refitted(layout, nor.part())
}
