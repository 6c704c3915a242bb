//! Output: stdout carries the result, stderr everything else; with `--json` stdout carries one object a line.

mod about;
mod bars;
mod failure;
pub mod interrupt;
mod log;
mod raw;
mod wrap;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use rtboot::advice::{Interrupted, Measured};
use rtboot::board::Trace;
use rtboot::event::{self, Event, Known, Listener, Stage};
use rtboot::finding::catalogue::run::OWN_LOADER_UNPROVEN;
use rtboot::finding::{self, Action, Next};
use rtboot::flash::{OpenEntry, OpenWork};
use rtboot::forecast::Coming;
use rtboot::outcome::{self, Line, Outcome, Severity};
use rtboot::port::Wire;
use rtboot::{Change, Content, Error};
use rtboot_bootable::verdict::Starts;

use super::Globals;
use super::action::AtHand;
use super::folders;
use super::plain::plain;
use about::at_hand;
use bars::Bars;
use log::Log;
use wrap::{stderr_width, stdout_width, wrap};

pub use about::About;
use failure::Causes;
pub use failure::{MOST_CAUSES, print_usage_error};
pub use interrupt::{begin, catch as catch_ctrl_c, interrupted};
pub use raw::Lines;

/// What comes first where no flashloader runs yet. About what one has; its own figure comes when it is sent.
pub const LOAD: (Stage, u64) = (Stage::Load, 64 << 10);

/// The stage that runs now.
#[derive(Debug, Clone, Copy)]
struct Running {
    stage: Stage,
    total: u64,
    done: u64,
    /// `done` of the last progress event printed.
    told: u64,
}

/// Draws a run for a person, or prints it for a program.
#[derive(Debug)]
pub struct Report {
    json: bool,
    quiet: bool,
    verbose: u8,
    bars: Bars,
    /// Gets everything, whatever the verbosity.
    log: Option<Log>,
    running: Option<Running>,
    /// What the run has found out so far, for programs.
    found: Option<Outcome>,
    /// What commands to type repeat: this board, application and part.
    at_hand: AtHand,
    /// What tells causes of a failure apart, as soon as it is known.
    measured: Measured,
    /// What is known of the board, for programs.
    known: Known,
    /// Exit code of a run that does what it should.
    exit: u8,
    /// What this run has changed.
    done: Vec<Change>,
    /// Why a part of the result never reached stdout.
    lost: Option<std::io::Error>,
}

/// Whether the terminal says of itself that it knows no drawing commands.
pub fn dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

impl Report {
    /// A report as the global options want it.
    pub fn new(globals: &Globals) -> Report {
        let bars = !globals.json
            && !globals.quiet
            && globals.verbose < 2
            && std::io::stderr().is_terminal()
            && !dumb_terminal();
        Report {
            json: globals.json,
            quiet: globals.quiet,
            verbose: globals.verbose,
            bars: Bars::new(bars),
            log: None,
            running: None,
            found: None,
            at_hand: at_hand(globals, &About::default()),
            measured: Measured::default(),
            known: Known::default(),
            exit: 0,
            done: Vec::new(),
            lost: None,
        }
    }

    /// What this run is about: advice about a failure names it.
    pub fn is_about(&mut self, globals: &Globals, about: &About<'_>) {
        self.at_hand = at_hand(globals, about);
    }

    /// What commands to type repeat.
    pub fn at_hand(&self) -> &AtHand {
        &self.at_hand
    }

    /// What the board hangs on: causes that the other wire brings are left out.
    pub fn is_over(&mut self, wire: Wire) {
        self.measured.wire = Some(wire);
        self.bars.is_over(wire);
    }

    /// What earlier runs left incomplete on the board: it explains bytes that differ.
    pub fn found_open(&mut self, open: &OpenWork, starts: Starts) {
        let interrupted = |entry: &OpenEntry| Interrupted {
            ranges: entry.ranges.clone(),
            entry: entry.finding(starts).entry,
            next: entry.next(),
        };
        let incomplete = open.entries.iter().filter(|entry| entry.is_incomplete());
        self.measured.interrupted = incomplete.map(interrupted).collect();
    }

    /// Writes everything that is said from now on into a file, too.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
    pub fn log_to(&mut self, path: &Path) -> rtboot::Result<()> {
        self.log = Some(Log::open(path)?);
        Ok(())
    }

    fn log(&self, text: &str) {
        if let Some(log) = &self.log {
            log.write(text);
        }
    }

    /// Where packets are shown: on stderr with `-vv`, in the log always.
    pub fn trace(&self) -> Option<Trace> {
        let (on_stderr, log) = (self.verbose >= 2, self.log.clone());
        (on_stderr || log.is_some()).then(|| {
            let show = move |line: &str| {
                if on_stderr {
                    // a full stderr does not stop the run, and `eprintln!` would panic
                    let _ = writeln!(anstream::stderr(), "{line}");
                }
                if let Some(log) = &log {
                    log.write(line);
                }
            };
            Arc::new(show) as Trace
        })
    }

    /// The stages that will come, with their bytes, for the progress bar.
    pub fn expect(&mut self, stages: &[(Stage, u64)]) {
        self.bars.expect(stages);
    }

    /// The same, with the time that they should take.
    pub fn expect_timed(&mut self, coming: Vec<Coming>) {
        self.bars.expect_timed(coming);
    }

    /// Records what was done and stays done, whatever comes of the rest.
    pub fn record_change(&mut self, change: Change) {
        self.done.push(change);
    }

    /// Whether a program listens.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person wants to hear more.
    pub fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// Whether a person can be asked.
    pub fn can_ask(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a person; anything but y or yes is no.
    pub fn ask(&mut self, question: &str) -> bool {
        let mut answer = String::new();
        let _ = interrupt::while_prompting(|| {
            self.bars.hide(|| {
                let question = plain(question);
                let _ = write!(anstream::stderr(), "{question} [y/N] ");
            });
            std::io::stdin().read_line(&mut answer)
        });
        matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// A line of the result, on stdout. Programs get [`Report::result`] instead.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.styled_line(plain(text.as_ref()));
    }

    /// The same for a line with colours of rtboot's own; what others chose in it has gone through [`plain`].
    pub fn styled_line(&mut self, text: impl AsRef<str>) {
        self.log(text.as_ref());
        self.put(text.as_ref());
    }

    /// Puts a line on stdout, not into the log.
    fn put(&mut self, text: &str) {
        if !self.json {
            let mut written = Ok(());
            self.bars.hide(|| {
                let mut stdout = anstream::stdout();
                written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
            });
            self.keep_loss(written);
        }
    }

    /// A sentence of the result, on stdout, as [`Report::styled_line`]; broken at words on a terminal, further lines indented.
    pub fn sentence(&mut self, text: impl AsRef<str>, indent: usize) {
        self.log(text.as_ref());
        self.put(&wrap(text.as_ref(), stdout_width(), indent));
    }

    /// A line of the result for those who asked for more.
    pub fn detail(&mut self, text: impl AsRef<str>) {
        match self.is_verbose() {
            true => self.line(text),
            false => self.log(text.as_ref()),
        }
    }

    /// A reader that has heard enough is no failure; a full disk is.
    fn keep_loss(&mut self, written: std::io::Result<()>) {
        let loss = written.err();
        let loss = loss.filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
        self.lost = self.lost.take().or(loss);
    }

    /// Fails when a part of the result never reached stdout; the error says what was done all the same.
    pub fn all_told(&mut self) -> rtboot::Result<()> {
        let Some(source) = self.lost.take() else {
            return Ok(());
        };
        let path = "stdout".into();
        let error = Error::WriteFile { path, source };
        Err(match self.done.is_empty() {
            true => error,
            false => error.with_flash_state(Content::ReportLost {
                done: self.done.clone(),
            }),
        })
    }

    /// A finding as a line of the result.
    pub fn finding_line(&mut self, finding: impl Into<outcome::Finding>) {
        let finding = finding.into();
        let style = severity_style(finding.severity);
        let (severity, code, text) = (finding.severity, finding.code, finding.text);
        let text = plain(&text);
        self.styled_line(format!("{style}{severity}:{style:#} {text} [{code}]"));
    }

    /// What the run has found out so far, for programs: the result when it ends well, else a part of the error. A later
    /// call replaces an earlier one.
    pub fn found(&mut self, found: Outcome) {
        self.found = Some(found);
    }

    /// Says what was found in a sentence that names commands, which the catalogue does not know.
    pub fn tell_in_words(&mut self, entry: &finding::Entry, text: impl Into<String>) {
        self.finding(outcome::Finding::new(entry.severity, entry.code, text));
    }

    /// Tells a program that a virtual board can be reached now.
    pub fn serving(&mut self, serving: outcome::Serving) {
        if self.json {
            self.event_line(outcome::Event::Serving(serving));
        }
    }

    /// Shows a result: its lines to a person, itself to a program.
    pub fn show<T: Lines>(&mut self, found: T, outcome: fn(T) -> Outcome) {
        for line in found.lines() {
            self.line(line);
        }
        self.found(outcome(found));
    }

    /// Says what was found in the run.
    pub fn tell(&mut self, finding: finding::Finding) {
        event::tell(self, finding);
    }

    /// A finding about an image or a board. Rules that are kept are told only to those who asked for more.
    pub fn finding(&mut self, finding: impl Into<outcome::Finding>) {
        let finding = finding.into();
        if let Some(log) = &self.log {
            let outcome::Finding {
                severity,
                code,
                text,
                ..
            } = &finding;
            log.write(&format!("{severity}: {text} [{code}]"));
        }
        let told = match finding.severity {
            Severity::Ok => self.json || self.verbose > 0,
            Severity::Detail => self.verbose > 0,
            Severity::Note => self.json || self.verbose > 0 || !self.quiet,
            Severity::Warning | Severity::Error | Severity::Danger => true,
        };
        if !told {
            return;
        }
        if self.json {
            self.event_line(finding);
            return;
        }
        match finding.severity {
            // a person reads a note as a sentence, not as a verdict
            Severity::Detail | Severity::Note => self.stderr(Style::new(), "", &finding.text),
            severity => {
                let head = format!("{severity}: ");
                self.stderr(severity_style(severity), &head, &finding.text);
            }
        }
    }

    /// A finding whose gist another line says: told to programs, and to people who asked for more.
    pub fn finding_in_detail(&mut self, finding: &finding::Finding) {
        let mut found = outcome::Finding::from(finding);
        if !self.json {
            found.severity = found.severity.min(Severity::Detail);
        }
        self.finding(found);
    }

    fn stderr(&mut self, style: Style, head: &str, text: &str) {
        let text = plain(text);
        self.bars.hide(|| {
            let line = format!("{style}{head}{style:#}{text}");
            let line = wrap(&line, stderr_width(), 2);
            let _ = writeln!(anstream::stderr(), "{line}");
        });
    }

    /// Prints one line for a program, at once.
    pub fn event_line(&mut self, event: impl Into<outcome::Event>) {
        self.json_line(serde_json::to_string(&Line::new(event)));
    }

    fn json_line(&mut self, line: serde_json::Result<String>) {
        let written = line.map_err(std::io::Error::from).and_then(|line| {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "{line}").and_then(|()| stdout.flush())
        });
        self.keep_loss(written);
    }

    fn begin(&mut self, stage: Stage, total: u64) {
        self.running = Some(Running {
            stage,
            total,
            done: 0,
            told: 0,
        });
        self.log(&format!("{stage}: {total} bytes"));
        if self.json {
            self.event_line(outcome::Event::Begin(outcome::Begin { stage, total }));
        } else {
            self.bars.begin(stage, total);
        }
    }

    fn progress(&mut self, stage: Stage, done: u64) {
        let Some(running) = &mut self.running else {
            return;
        };
        running.done = done;
        let total = running.total;
        if !self.json {
            self.bars.set(done);
        } else if done - running.told.min(done) >= (total / 20).max(1) {
            running.told = done;
            let progress = outcome::Progress { stage, done, total };
            self.event_line(outcome::Event::Progress(progress));
        }
    }

    fn end(&mut self, stage: Stage, done: u64) {
        let total = self.running.take().map_or(done, |running| running.total);
        self.log(&format!("{stage}: done, {done} bytes"));
        self.bars.end();
        if self.json {
            let end = outcome::Progress { stage, done, total };
            self.event_line(outcome::Event::End(end));
        } else if self.verbose > 0 && done > 0 {
            let text = format!("{stage} {}", indicatif::BinaryBytes(done));
            self.stderr(Style::new(), "", &text);
        }
    }

    /// Ends a run that did what it should.
    pub fn succeed(&mut self) -> ExitCode {
        self.bars.complete();
        let found = self.found.take();
        // bytes on stdout are the result of `read … -` and its like, and these refuse --json
        debug_assert!(!self.json || found.is_some(), "every command has a result");
        if let (true, Some(found)) = (self.json, found) {
            let line = Line {
                exit: Some(self.exit),
                target: self.target(),
                ..Line::new(found)
            };
            self.json_line(serde_json::to_string(&line));
        }
        ExitCode::SUCCESS
    }

    /// Ends a run that failed: what, where, why likely, what next.
    pub fn fail(&mut self, error: &Error) -> ExitCode {
        self.bars.clear();
        let progress = self.running.map(|running| outcome::Progress {
            stage: running.stage,
            done: running.done,
            total: running.total,
        });
        let failure = failure::failure(error, &self.measured, progress, &self.at_hand);
        let text = failure::text(&failure, Causes::All, None);
        self.log(&text);
        if self.json {
            self.failure_line(failure.clone());
        }
        // stdout took nothing: whoever started the program finds the error on stderr
        if !self.json || self.lost.is_some() {
            let causes = match self.is_verbose() {
                true => Causes::All,
                false => Causes::Likeliest,
            };
            let text = failure::text(&failure, causes, stderr_width());
            let _ = write!(anstream::stderr(), "{text}");
        }
        ExitCode::from(error.exit_code())
    }

    /// The board, once anything is known of it.
    fn target(&self) -> Option<Known> {
        (self.known != Known::default()).then(|| self.known.clone())
    }

    /// The exit code of a run that did its work and has findings.
    pub fn exit_with_findings(&mut self) -> ExitCode {
        self.exit = 1;
        ExitCode::FAILURE
    }

    fn failure_line(&mut self, failure: outcome::Failure) {
        let found = self.found.take().map(Box::new);
        let line = Line {
            target: self.target(),
            ..Line::new(outcome::Failure { found, ..failure })
        };
        self.json_line(serde_json::to_string(&line));
    }
}

impl Listener for Report {
    fn event(&mut self, event: Event) {
        self.measured.hear(&event);
        match event {
            Event::Begin { stage, total } => self.begin(stage, total),
            Event::Progress { stage, done } => self.progress(stage, done),
            Event::End { stage, done } => self.end(stage, done),
            // said once: it is true of every run, and a warning that always comes is read no more
            Event::Finding(found) if found.is(&OWN_LOADER_UNPROVEN) => {
                if folders::first_time(OWN_LOADER_UNPROVEN.code) {
                    let report = Next::Run(Action::DoctorReport);
                    let how = self.at_hand.sentence(&report);
                    self.tell_in_words(&OWN_LOADER_UNPROVEN, format!("{found}: {how}"));
                }
            }
            Event::Finding(found) => self.finding(&found),
            Event::Known(more) => {
                self.log(&Event::Known(more.clone()).to_string());
                self.known.add(*more);
            }
            Event::Measured(_) => {}
        }
    }

    fn cancelled(&self) -> bool {
        interrupted()
    }
}

fn severity_style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Ok => AnsiColor::Green,
        Severity::Detail | Severity::Note => AnsiColor::Cyan,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Error | Severity::Danger => AnsiColor::Red,
    };
    Style::new().bold().fg_color(Some(color.into()))
}
