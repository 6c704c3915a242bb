//! A plan, and a write that is done, for people and programs.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::BinaryBytes;
use rtboot::event::Stage;
use rtboot::flash::{Action, Nor, WritePlan, WriteReport};
use rtboot::job::{AfterReport, LaidOutPieces, Phases, Took, WriteReady};
use rtboot::outcome::{self, Outcome, PhaseTime, PlanAction, PlanStep, WriteDone};
use rtboot::{Starts, Verdict};

use crate::cli::Report;
use crate::cli::plain::plain;

/// Which verb carries the write out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// `write`.
    Write,
    /// `restore`.
    Restore,
}

impl Goal {
    fn outcome(self, write: outcome::Write) -> Outcome {
        match self {
            Goal::Write => Outcome::Write(write),
            Goal::Restore => Outcome::Restore(write),
        }
    }

    /// "wrote app.elf to"
    fn did(self) -> &'static str {
        match self {
            Goal::Write => "wrote",
            Goal::Restore => "restored",
        }
    }
}

/// Prints every step of a plan, in its order.
pub fn plan(plan: &WritePlan, ready: &WriteReady<'_>, goal: Goal, report: &mut Report) {
    let steps = steps(plan, ready.nor());
    if plan.is_empty() {
        report.line("nothing to do: flash already holds it");
    }
    for step in &steps {
        report.line(step_text(step));
    }
    report.line(counts(
        plan.count(Action::Erase),
        plan.count(Action::Program),
        plan.count(Action::Leave),
        plan.bytes_to_program(),
    ));
    report.line("dry run: nothing in flash was changed");
    let plan = object(plan, ready, DryRun::Yes);
    report.found(goal.outcome(outcome::Write::Plan(plan)));
}

/// Whether the plan is all that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    /// Nothing is changed.
    Yes,
    /// It is carried out next.
    No,
}

/// A plan as programs get it.
pub fn object(plan: &WritePlan, ready: &WriteReady<'_>, dry_run: DryRun) -> outcome::WritePlan {
    outcome::WritePlan {
        dry_run: dry_run == DryRun::Yes,
        image: (&ready.layout().memory).into(),
        empty: plan.is_empty(),
        pieces: outcome::pieces(ready.pieces()),
        steps: steps(plan, ready.nor()),
    }
}

fn steps(plan: &WritePlan, nor: &Nor) -> Vec<PlanStep> {
    let g = plan.geometry();
    let mut steps = Vec::new();
    let mut add = |step, address, length| {
        steps.push(PlanStep {
            step,
            address,
            length,
        });
    };
    if nor.part().quad_enabled(&nor.facts().status) == Some(false) {
        add(PlanAction::SetQuadEnable, g.base, 0);
    }
    for (address, bytes) in plan.rescue().segments() {
        add(PlanAction::Keep, address, bytes.len() as u64);
    }
    if plan.erases_all() {
        add(PlanAction::EraseAll, g.base, u64::from(g.size));
    }
    for address in plan.sector_erases() {
        add(PlanAction::Erase, address, u64::from(g.sector));
    }
    for address in plan.block_erases() {
        add(PlanAction::Erase, address, u64::from(g.block));
    }
    for run in plan.runs() {
        add(PlanAction::Program, run.address, run.bytes.len() as u64);
    }
    if let Some(last) = plan.last_run() {
        add(
            PlanAction::ProgramLast,
            last.address,
            last.bytes.len() as u64,
        );
    }
    steps
}

fn step_text(step: &PlanStep) -> String {
    let (address, length) = (u64::from(step.address), step.length);
    let range = format!("{address:#010x}..{:#010x}", address + length);
    match step.step {
        PlanAction::SetQuadEnable => {
            "set      the quad-enable bit of the flash (it stays set)".into()
        }
        PlanAction::Keep => format!("keep     {range}  {length} bytes around the image"),
        PlanAction::EraseAll => format!("erase    {range}  the whole flash"),
        PlanAction::Erase => format!("erase    {range}  {}", BinaryBytes(length)),
        PlanAction::ProgramLast => {
            format!("program  {range}  {length} bytes, last: the FCB's page")
        }
        PlanAction::Program => format!("program  {range}  {length} bytes"),
    }
}

fn counts(erased: usize, programmed: usize, left: usize, bytes: u64) -> String {
    format!(
        "{} erased, {programmed} programmed without an erase, {left} left as they are; {bytes} bytes to program",
        sectors(erased)
    )
}

fn sectors(count: usize) -> String {
    match count {
        1 => "1 sector".into(),
        n => format!("{n} sectors"),
    }
}

fn phase((stage, time): (Stage, Duration)) -> PhaseTime {
    PhaseTime {
        stage,
        seconds: time.as_secs_f64(),
    }
}

/// A write that is done.
pub struct Done {
    pub goal: Goal,
    pub pieces: LaidOutPieces,
    /// Where the application lies that the boot loader in flash starts.
    pub second_stage: Option<u32>,
    pub chip: &'static str,
    pub part: String,
    pub image: outcome::Bytes,
    pub report: WriteReport,
    pub took: Took,
    pub phases: Phases,
    pub verdict: Verdict,
}

impl Done {
    fn rate(&self) -> f64 {
        let seconds = self.took.time.as_secs_f64();
        self.report.bytes_programmed as f64 / seconds.max(0.001)
    }

    /// Prints how it went: one line, and figures for those who asked for more.
    pub fn print(&self, report: &mut Report) {
        let style = match self.verdict.starts {
            Starts::Yes => AnsiColor::Green,
            Starts::No | Starts::Unknown => AnsiColor::Yellow,
        };
        let style = Style::new().bold().fg_color(Some(style.into()));
        let seconds = self.took.time.as_secs_f64();
        let time = match self.took.modelled {
            true => String::new(),
            false => format!(" in {seconds:.1} s"),
        };
        report.sentence(
            format!(
                "{style}{}{style:#}{time}; flash now: {style}{}{style:#}",
                plain(&self.gist()),
                plain(&self.verdict_words())
            ),
            2,
        );
        report.line(self.costs());
        report.detail(self.figures());
        let mut text = match self.took.modelled {
            true => format!("modelled time {seconds:.2} s on the board"),
            false => format!("{seconds:.2} s"),
        };
        if self.report.changed {
            text += &format!(", {}/s of image", BinaryBytes(self.rate() as u64));
        }
        report.detail(text);
    }

    /// Whether the ROM would start what is there now, and where a second stage lies.
    fn verdict_words(&self) -> String {
        let words = self.verdict.words();
        match (self.second_stage, self.verdict.inspection.ivt) {
            (Some(table), Some(ivt)) if self.verdict.starts == Starts::Yes => format!(
                "the ROM starts the boot loader at {:#010x}; the application lies at {table:#010x}",
                ivt.entry
            ),
            (Some(table), _) => format!("{words}; the application lies at {table:#010x}"),
            (None, _) => words,
        }
    }

    /// "wrote app.elf to the IS25LP064A: 3 sectors programmed, verified"
    fn gist(&self) -> String {
        let (done, file) = (&self.report, self.pieces.names());
        if !done.changed {
            return format!("nothing to do: flash already holds {file}");
        }
        let verified = match done.bytes_verified {
            0 => "not verified",
            _ => "verified",
        };
        let counts = [
            (done.sectors_erased, "rewritten"),
            (done.sectors_programmed, "programmed"),
            (done.sectors_left, "untouched"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, what)| format!("{} {what}", sectors(*count)))
            .collect();
        format!(
            "{} {file} to the {}: {}, {verified}",
            self.goal.did(),
            self.part,
            counts.join(", ")
        )
    }

    /// "sent 12.0 KiB, skipped 4.0 KiB, erased 16.0 KiB; compare 0.02 s, erase 0.19 s; 95 KiB/s"
    fn costs(&self) -> String {
        let done = &self.report;
        let mut text = format!(
            "sent {}, skipped {}, erased {}",
            BinaryBytes(done.bytes_programmed),
            BinaryBytes(done.bytes_skipped),
            BinaryBytes(done.bytes_erased),
        );
        for (number, (stage, time)) in self.phases.iter().enumerate() {
            text += if number == 0 { "; " } else { ", " };
            text += &format!("{stage} {:.2} s", time.as_secs_f64());
        }
        if done.changed {
            text += &format!("; {}/s", BinaryBytes(self.rate() as u64));
        }
        text
    }

    fn figures(&self) -> String {
        let done = &self.report;
        format!(
            "{} erased, {} programmed without an erase, {} left as they were; {} bytes programmed, {} compared or verified",
            sectors(done.sectors_erased),
            done.sectors_programmed,
            done.sectors_left,
            done.bytes_programmed,
            done.bytes_verified,
        )
    }

    /// As programs get it.
    pub fn outcome(&self, after: AfterReport) -> Outcome {
        let done = &self.report;
        self.goal.outcome(outcome::Write::Done(WriteDone {
            file: self.pieces.names(),
            pieces: outcome::pieces(&self.pieces),
            second_stage: self.second_stage,
            chip: self.chip.to_owned(),
            part: self.part.clone(),
            image: self.image.clone(),
            changed: done.changed,
            sectors_left: done.sectors_left,
            sectors_erased: done.sectors_erased,
            sectors_programmed: done.sectors_programmed,
            bytes_erased: done.bytes_erased,
            bytes_skipped: done.bytes_skipped,
            bytes_programmed: done.bytes_programmed,
            bytes_verified: done.bytes_verified,
            quad_set: done.quad_set,
            starts: self.verdict.starts.known(),
            reasons: outcome::findings(&self.verdict.reasons),
            seconds: self.took.time.as_secs_f64(),
            modelled: self.took.modelled,
            phases: self.phases.iter().map(phase).collect(),
            bytes_per_second: self.rate(),
            after: outcome::After::of(after),
        }))
    }
}
