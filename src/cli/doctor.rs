//! Verb `doctor`: what is wrong, how sure that is, and what to type or measure next.

mod markdown;

use std::path::PathBuf;
use std::process::ExitCode;

use rtboot::doctor::{self, AppInput, Diagnosis, Expected, Facts, Request};
use rtboot::finding::catalogue::run;
use rtboot::finding::{Finding, Next};
use rtboot::flash::{FcbChoice, parts_for};
use rtboot::job::LaidOutPieces;
use rtboot::outcome;
use rtboot::{Error, Result};

use super::action::AtHand;
use super::loader::source as loader;
use super::output::{try_out, write_whole};
use super::pieces::{self, LayoutArgs};
use super::report::MOST_CAUSES;
use super::{Context, Report};

/// Say what is wrong with a board, how sure that is, and what to do next
///
/// Asks the host, the boot ROM, the flashloader and the flash, in this order, and compares their answers with each
/// other and with the application, if one is given. Changes nothing in flash or fuses: it reads the flash through
/// read-only set-ups, without option words. Exit code 0: nothing is wrong; 1: there are findings.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What flash should hold: the application and further pieces, as for `write`
    #[arg(value_name = "FILE[@ADDRESS]")]
    app: Vec<PathBuf>,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Write all findings to a Markdown file that can be pasted into a forum or an issue
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Keep the chip's unique id in the report
    #[arg(long, requires = "report")]
    with_unique_id: bool,
}

const EXAMPLES: &str = "\
Examples:
  rtboot doctor
  rtboot doctor --fcb IS25LP064A app.elf
  rtboot doctor app.elf --report doctor.md";

/// Examines the board. The exit code says whether it is healthy.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let about = args.layout.about(&args.app);
    context.report.is_about(&context.globals, &about);
    if let Some(path) = &args.report {
        try_out(path, &context.report)?;
    }
    let facts = gather(args, context)?;
    if let Some(Error::Interrupted { .. }) = facts.flash_error {
        return Err(Error::interrupted());
    }
    let diagnosis = doctor::examine(&facts);
    let at_hand = context.report.at_hand().clone();
    if let Some(path) = &args.report {
        let text = markdown::text(&facts, &diagnosis, &at_hand, args.with_unique_id);
        write_whole(path, text.as_bytes()).map_err(|source| Error::WriteFile {
            path: path.clone(),
            source,
        })?;
        let written = Finding::new(&run::REPORT).text("file", path.display());
        context.report.tell(written);
    }
    show(&facts, &diagnosis, &at_hand, context);
    Ok(match diagnosis.is_healthy() {
        true => ExitCode::SUCCESS,
        false => context.report.exit_with_findings(),
    })
}

fn gather(args: &Args, context: &mut Context) -> Result<Facts> {
    let (expected, choice) = part(args, context)?;
    let chip = context.chip()?;
    // a part for another chip is a finding, and the application is judged without it
    let choice = match (&expected, chip) {
        (Some(named), Some(chip)) if parts_for(&named.from, named.file.clone(), chip).is_err() => {
            FcbChoice::Auto
        }
        _ => choice,
    };
    let app = args.app.first().map(|path| AppInput {
        name: path.display().to_string(),
        pieces: pieces::parse(&args.app)
            .and_then(|files| LaidOutPieces::new(&files, &args.layout.options(choice), chip)),
    });
    let selector = context.selector()?;
    let host = doctor::host(&selector);
    // a missing board is a finding; do not wait for one
    context.globals.no_wait |= context.globals.wait.is_none();
    let found = context.board();
    let loader = loader::unread(context)?;
    let journals = context.journals().ok();
    let request = Request {
        chip,
        loader: &loader,
        expected,
        app,
        journals: journals.as_ref(),
    };
    match found {
        Ok(mut board) => Ok(doctor::gather(
            &mut board,
            host,
            request,
            &mut context.report,
        )),
        Err(
            error @ (Error::NoBoard { .. }
            | Error::SeveralBoards { .. }
            | Error::BoardBusy { .. }
            | Error::Port(_)
            | Error::Virtual(_)),
        ) => Ok(doctor::nobody(host, error, request)),
        Err(error) => Err(error),
    }
}

/// The part that options or settings name.
fn part(args: &Args, context: &mut Context) -> Result<(Option<Expected>, FcbChoice)> {
    let name = args.layout.fcb_name(context)?;
    let Some(name) = name else {
        return Ok((None, FcbChoice::Auto));
    };
    let (choice, _) = FcbChoice::named(&name, context.desk_chip()?)?;
    let expected = match &choice {
        FcbChoice::Part { from, file } => Some(Expected {
            from: from.clone(),
            file: file.clone(),
        }),
        _ => None,
    };
    Ok((expected, choice))
}

fn show(facts: &Facts, diagnosis: &Diagnosis, at_hand: &AtHand, context: &mut Context) {
    let report = &mut context.report;
    report.line(&diagnosis.verdict);
    for (i, finding) in diagnosis.findings.iter().enumerate() {
        report.line("");
        let causes = match report.is_verbose() {
            true => finding.causes.len(),
            false => MOST_CAUSES,
        };
        for line in finding_lines(i + 1, finding, causes, at_hand) {
            report.line(line);
        }
    }
    details(facts, report);
    for unknown in &facts.unknown {
        report.line(format!(
            "\nnot known: {}: {}; {}",
            unknown.what, unknown.why, unknown.tells
        ));
    }
    if report.is_verbose() {
        report.line("");
        for (what, why, tells) in doctor::BEYOND {
            report.line(format!("cannot be known from here: {what}: {why}; {tells}"));
        }
    }
    if let Some(next) = diagnosis.next() {
        report.line(format!("\nnext: {}", at_hand.step(next)));
    }
    report.found(outcome::Outcome::Doctor(outcome(facts, diagnosis, at_hand)));
}

/// Every fact, and every rule of a boot image, for those who ask for more (-v).
fn details(facts: &Facts, report: &mut Report) {
    if !report.is_verbose() {
        return;
    }
    report.line("");
    for row in doctor::rows(facts) {
        report.line(format!("{:<22} {} ({})", row.name, row.value, row.source));
    }
    for rule in facts.verdict().iter().flat_map(|verdict| &verdict.findings) {
        report.line(format!("  {:<8} {}", rule.severity, rule));
    }
}

fn finding_lines(number: usize, finding: &Finding, causes: usize, at_hand: &AtHand) -> Vec<String> {
    let mut lines = vec![format!(
        "{number}. {}: {finding} [{}]",
        finding.severity,
        finding.code()
    )];
    lines.push(format!("   why: {} ({})", finding.why, finding.sure));
    if !finding.causes.is_empty() {
        lines.push("   likely causes:".into());
    }
    for (i, cause) in finding.causes.iter().take(causes).enumerate() {
        lines.push(format!("     {}. {cause}", i + 1));
    }
    if finding.causes.len() > causes {
        let more = finding.causes.len() - causes;
        lines.push(format!("     {more} more with -v"));
    }
    for next in &finding.next {
        lines.push(format!("   {}: {}", next.kind(), at_hand.step(next)));
    }
    lines
}

/// What a program gets.
fn outcome(facts: &Facts, diagnosis: &Diagnosis, at_hand: &AtHand) -> outcome::Doctor {
    let next = |next: &Next| outcome::Next {
        kind: next.kind().into(),
        text: at_hand.step(next),
    };
    let finding = |finding: &Finding| outcome::Diagnosed {
        severity: finding.severity,
        code: finding.code().into(),
        what: finding.to_string(),
        why: finding.why.clone(),
        sure: finding.sure,
        causes: finding.causes.iter().map(|cause| (*cause).into()).collect(),
        next: finding.next.iter().map(next).collect(),
    };
    let fact = |row: doctor::Row| outcome::Fact {
        name: row.name.into(),
        value: row.value,
        source: row.source.to_string(),
    };
    let unknown = facts.unknown.iter();
    let unknown = unknown.map(|it| (it.what, it.why.as_str(), it.tells.as_str()));
    let unknown = unknown.chain(doctor::BEYOND.iter().copied());
    outcome::Doctor {
        healthy: diagnosis.is_healthy(),
        verdict: diagnosis.verdict.clone(),
        starts: facts.verdict().and_then(|verdict| verdict.starts.known()),
        findings: diagnosis.findings.iter().map(finding).collect(),
        next: diagnosis.next().map(next),
        facts: doctor::rows(facts).into_iter().map(fact).collect(),
        open: outcome::open_work(&facts.open),
        not_known: unknown
            .map(|(what, why, tells)| outcome::Unknown {
                what: what.into(),
                why: why.into(),
                tells: tells.into(),
            })
            .collect(),
    }
}
