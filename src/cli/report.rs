//! What people and programs get to see: stdout is the result, stderr is the talk, `--json` one object a line.

mod about;
mod bars;
mod failure;
mod interrupt;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use rtboot::event::{self, Event, Listener, Stage};
use rtboot::finding;
use rtboot::port::Wire;
use rtboot::{Change, Content, Error};
use rtboot_bootable::{Finding, Severity};
use serde_json::{Value, json};

use super::Globals;
use about::doctor;
use bars::Bars;

pub use about::About;
pub use failure::print_usage_error;
pub use interrupt::{catch as catch_ctrl_c, interrupted};

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
    running: Option<Running>,
    result: Value,
    /// The doctor's command for this board and application.
    doctor: String,
    /// What the board hangs on, once it is known.
    wire: Option<Wire>,
    /// What this run has changed.
    done: Vec<Change>,
    /// Why a part of the result never reached stdout.
    lost: Option<std::io::Error>,
}

impl Report {
    /// A report as the global options want it.
    pub fn new(globals: &Globals) -> Report {
        let bars = !globals.json
            && !globals.quiet
            && globals.verbose < 2
            && std::io::stderr().is_terminal();
        Report {
            json: globals.json,
            quiet: globals.quiet,
            verbose: globals.verbose,
            bars: Bars::new(bars),
            running: None,
            result: json!({}),
            doctor: doctor(globals, &About::default()),
            wire: None,
            done: Vec::new(),
            lost: None,
        }
    }

    /// What this run is about: advice about a failure names it.
    pub fn is_about(&mut self, globals: &Globals, about: &About<'_>) {
        self.doctor = doctor(globals, about);
    }

    /// What the board hangs on: causes that the other wire brings are left out.
    pub fn is_over(&mut self, wire: Wire) {
        self.wire = Some(wire);
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
        self.bars.hide(|| {
            let _ = write!(anstream::stderr(), "{question} [y/N] ");
        });
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
        matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// A line of the result, on stdout. Programs get [`Report::result`] instead.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if !self.json {
            let mut written = Ok(());
            self.bars.hide(|| {
                let mut stdout = anstream::stdout();
                written = writeln!(stdout, "{}", text.as_ref()).and_then(|()| stdout.flush());
            });
            self.keep_loss(written);
        }
    }

    /// A reader that has heard enough is no failure; a full disk is.
    fn keep_loss(&mut self, written: std::io::Result<()>) {
        let loss = written.err();
        let loss = loss.filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
        self.lost = self.lost.take().or(loss);
    }

    /// Fails when a part of the result never reached stdout; the error says what was done all the same.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
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
    pub fn finding_line(&mut self, finding: &Finding) {
        let style = severity_style(finding.severity);
        let (severity, code) = (finding.severity, finding.code());
        self.line(format!("{style}{severity}:{style:#} {finding} [{code}]"));
    }

    /// Adds the fields of a JSON object to the result that ends the run under `--json`.
    pub fn result(&mut self, fields: Value) {
        if let (Value::Object(all), Value::Object(fields)) = (&mut self.result, fields) {
            all.extend(fields);
        }
    }

    /// Says a sentence, on stderr.
    pub fn say(&mut self, code: &'static str, text: impl Into<String>) {
        self.note(finding::Severity::Note, code, &text.into());
    }

    /// Says something that a person should look at.
    pub fn warn(&mut self, code: &'static str, text: impl Into<String>) {
        self.note(finding::Severity::Warning, code, &text.into());
    }

    /// Says something to those who asked for more.
    pub fn detail(&mut self, code: &'static str, text: impl Into<String>) {
        self.note(finding::Severity::Detail, code, &text.into());
    }

    /// Says what was found in the run.
    pub fn tell(&mut self, finding: finding::Finding) {
        event::tell(self, finding);
    }

    /// A finding about an image or a board. Rules that are kept are told only to those who asked for more.
    pub fn finding(&mut self, finding: &Finding) {
        let severity = finding.severity.to_string();
        if self.json {
            self.object(json!({
                "event": "finding",
                "severity": severity,
                "code": finding.code(),
                "text": finding.to_string(),
            }));
        } else if finding.severity >= Severity::Warning
            || self.verbose > 0
            || (finding.severity == Severity::Note && !self.quiet)
        {
            self.stderr(
                severity_style(finding.severity),
                &format!("{severity}: "),
                &finding.to_string(),
            );
        }
    }

    fn note(&mut self, severity: finding::Severity, code: &'static str, text: &str) {
        if severity <= finding::Severity::Detail && self.verbose == 0 {
            return;
        }
        if self.json {
            self.object(
                json!({"event": "note", "weight": severity.name(), "code": code, "text": text}),
            );
        } else if severity >= finding::Severity::Warning {
            self.stderr(severity_style(Severity::Warning), "warning: ", text);
        } else if !self.quiet {
            self.stderr(Style::new(), "", text);
        }
    }

    fn stderr(&mut self, style: Style, head: &str, text: &str) {
        self.bars.hide(|| {
            let _ = writeln!(anstream::stderr(), "{style}{head}{style:#}{text}");
        });
    }

    fn object(&mut self, object: Value) {
        let written = writeln!(std::io::stdout().lock(), "{object}");
        self.keep_loss(written);
    }

    fn stage_event(&mut self, name: &str, stage: Stage, done: Option<u64>, total: u64) {
        let mut object = json!({"event": name, "stage": stage.name(), "total": total});
        if let Some(done) = done {
            object["done"] = done.into();
        }
        self.object(object);
    }

    fn begin(&mut self, stage: Stage, total: u64) {
        self.running = Some(Running {
            stage,
            total,
            done: 0,
            told: 0,
        });
        if self.json {
            self.stage_event("begin", stage, None, total);
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
            self.stage_event("progress", stage, Some(done), total);
        }
    }

    fn end(&mut self, stage: Stage, done: u64) {
        let total = self.running.take().map_or(done, |running| running.total);
        if self.json {
            self.stage_event("end", stage, Some(done), total);
        } else if !self.bars.end(stage, done) && !self.quiet && done > 0 {
            let text = format!("{stage} {}", indicatif::BinaryBytes(done));
            self.stderr(Style::new(), "", &text);
        }
    }

    /// Ends a run that did what it should.
    pub fn succeed(&mut self) -> ExitCode {
        self.bars.clear();
        if self.json {
            let mut object = json!({"event": "result"});
            if let (Value::Object(all), Value::Object(fields)) = (&mut object, self.result.take()) {
                all.extend(fields);
            }
            self.object(object);
        }
        ExitCode::SUCCESS
    }

    /// Ends a run that failed: what, where, why likely, what next.
    pub fn fail(&mut self, error: &Error) -> ExitCode {
        self.bars.clear();
        let at = self.running.map(|running| {
            format!(
                "{}, {} of {} bytes done",
                running.stage, running.done, running.total
            )
        });
        if self.json {
            let found = self.result.take();
            let object = failure::object(error, self.wire, at.as_deref(), &self.doctor, found);
            self.object(object);
        }
        // a program whose pipe or disk took nothing still finds the words beside it
        if !self.json || self.lost.is_some() {
            let text = failure::text(error, self.wire, at.as_deref(), &self.doctor);
            let _ = write!(anstream::stderr(), "{text}");
        }
        ExitCode::from(error.exit_code())
    }
}

impl Listener for Report {
    fn event(&mut self, event: Event) {
        match event {
            Event::Begin { stage, total } => self.begin(stage, total),
            Event::Progress { stage, done } => self.progress(stage, done),
            Event::End { stage, done } => self.end(stage, done),
            Event::Finding(found) => self.note(found.severity, found.code(), &found.to_string()),
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
