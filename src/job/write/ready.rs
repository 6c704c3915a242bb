//! A flash that is known and an image for it: plan, write, judge, finish.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rtboot_bootable::{Memory, Verdict, inspect};
use rtboot_fcb::Fcb;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::told::tell_of_started;
use super::{Goal, Took, WriteOptions};
use crate::board::Board;
use crate::error::Content;
use crate::event::{Event, Listener, Stage, tell};
use crate::flash::{
    KeptBytes, Layout, Nor, OpenWork, Policy, WritePlan, WriteReport, Writer, plan_around,
    plan_write,
};
use crate::forecast::Coming;
use crate::job::after::{After, AfterReport, reset_by, start_image};
use crate::job::boot_loader::{BootsAt, asked_for, doubt};
use crate::job::journal as of_journal;
use crate::job::laid_out::{BootLoader, LaidOutPieces};
use crate::job::weak_cells;
use crate::journal::{BoardJournal, Brings};
use crate::{Error, Result};

/// A flash that is known, and what is to go there.
pub struct WriteReady<'b> {
    pub(super) board: &'b mut Board,
    pub(super) nor: Nor,
    pub(super) pieces: LaidOutPieces,
    pub(super) layout: Layout,
    pub(super) journal: Option<BoardJournal>,
    pub(super) name: String,
    pub(super) goal: Goal,
    pub(super) options: WriteOptions,
    pub(super) clock: Clock,
    /// What was carried out after the first plan, for weak cells.
    pub(super) again: Option<WritePlan>,
    /// How long each stage took so far.
    pub(super) phases: Phases,
}

/// Stages in the order in which they first began, with the time that each took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phases(Vec<(Stage, Duration)>);

impl Phases {
    /// The stages and their times.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, Duration)> + '_ {
        self.0.iter().copied()
    }

    fn add(&mut self, stage: Stage, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, sum)) => *sum += time,
            None => self.0.push((stage, time)),
        }
    }
}

/// A listener that takes the time of each stage, by the board's clock.
struct Timing<'a> {
    to: &'a mut dyn Listener,
    clock: &'a Clock,
    board: &'a Board,
    phases: &'a mut Phases,
    began: Option<(Stage, Duration)>,
}

impl Listener for Timing<'_> {
    fn event(&mut self, event: Event) {
        match &event {
            Event::Begin { stage, .. } => {
                self.began = Some((*stage, self.clock.took(self.board).time));
            }
            Event::End { stage, .. } => {
                if let Some((began, at)) = self.began.take().filter(|(began, _)| began == stage) {
                    let now = self.clock.took(self.board).time;
                    self.phases.add(began, now.saturating_sub(at));
                }
            }
            _ => {}
        }
        self.to.event(event);
    }

    fn cancelled(&self) -> bool {
        self.to.cancelled()
    }
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
            ..Policy::default()
        };
        let (image, journal) = (&self.layout.memory, self.journal.as_ref());
        let mut timing = Timing {
            to: listener,
            clock: &self.clock,
            board: self.board,
            phases: &mut self.phases,
            began: None,
        };
        let plan = plan_write(&mut self.nor, image, journal, policy, &mut timing)?;
        self.respect_boot_loader(&plan, listener)?;
        if let Some(journal) = &self.journal {
            of_journal::tell_about(&plan, journal, listener);
        }
        tell_of_started(&plan, listener);
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

    fn brings(&self) -> Brings {
        match (&self.layout.image, self.second_stage()) {
            (_, Some(_)) => Brings::SecondStage,
            (Some(_), None) => Brings::BootImage,
            (None, None) => Brings::Data,
        }
    }

    /// The stages that carrying it out goes through, and how long they should take.
    pub fn coming(&self, plan: &WritePlan) -> Vec<Coming> {
        self.nor.coming(plan, self.options.verify)
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
        let report = match self.carry_out(plan, listener) {
            Ok(report) => report,
            Err(error) => {
                let Some(again) = self.plan_without_weak_cells(&error, plan, listener) else {
                    return Err(error);
                };
                let report = self.carry_out(&again, listener)?;
                self.again = Some(again);
                report
            }
        };
        let plan = self.again.as_ref().unwrap_or(plan);
        match plan.resume().holder() {
            None => Ok(report),
            Some(write) => Err(Error::WriteUnfinished {
                image: write.image.name.clone(),
                when: write.when(),
                command: write.image.command.clone(),
                second_stage: write.image.brings == Brings::SecondStage,
            }
            .with_flash_state(Content::NewImageWhole {
                verified: self.options.verify,
            })),
        }
    }

    fn carry_out(&mut self, plan: &WritePlan, listener: &mut dyn Listener) -> Result<WriteReport> {
        let brings = self.brings();
        let writer =
            Writer::new(&mut self.nor, plan, self.journal.as_mut()).named(&self.name, brings);
        let writer = writer.finished_by(self.options.command.clone());
        let writer = match self.options.verify {
            true => writer,
            false => writer.without_verify(),
        };
        writer.run(&mut Timing {
            to: listener,
            clock: &self.clock,
            board: self.board,
            phases: &mut self.phases,
            began: None,
        })
    }

    /// The plan with those sectors erased that were left alone and do not read the same each time; `None` when there is
    /// none, or when flash cannot be read.
    fn plan_without_weak_cells(
        &mut self,
        error: &Error,
        plan: &WritePlan,
        listener: &mut dyn Listener,
    ) -> Option<WritePlan> {
        let weak = weak_cells::after(error, &mut self.nor, plan, listener).ok()?;
        if weak.is_empty() {
            return None;
        }
        // all else was settled by the first plan
        let policy = Policy {
            skip_unchanged: true,
            keep_around: true,
            erase_all: None,
            kept: KeptBytes::Restore,
            ..Policy::default()
        };
        let (image, journal) = (&self.layout.memory, self.journal.as_ref());
        plan_around(&mut self.nor, image, journal, policy, &weak, listener).ok()
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
        let plan = self.again.as_ref().unwrap_or(plan);
        let state = Content::NewImageWhole {
            verified: self.options.verify,
        };
        // nothing is read for it: what is still open was not ended by this write, which looked at all of its sectors
        let open = self.journal.as_ref();
        let open = open.map(|journal| OpenWork::of(journal, &BTreeMap::new(), plan.geometry()));
        let open = open.unwrap_or_default();
        let judged = self.nor.judge_written(plan, &report.trial, &open, listener);
        let verdict = judged.map_err(|error| error.with_flash_state(state.clone()))?;
        let fcb = self.nor.chip().map.fcb_address();
        // a backup of a board that does not start is whole, too
        let wrote_fcb =
            self.goal == Goal::Pieces && self.layout.memory.bytes(fcb, Fcb::LEN).is_some();
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

    /// How long each stage of compare and write took so far.
    pub fn phases(&self) -> &Phases {
        &self.phases
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
pub(super) struct Clock {
    start: Instant,
    modelled: Option<Duration>,
}

impl Clock {
    pub(super) fn start(board: &Board) -> Clock {
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
