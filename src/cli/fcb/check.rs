//! `fcb check`: what contradicts what in an FCB.

use std::process::ExitCode;

use rtboot::Result;
use rtboot::outcome::{self, FcbCheck, Outcome};
use rtboot_bootable::verdict::judge_fcb;
use rtboot_fcb::Severity;

use crate::cli::Context;
use crate::cli::fcb_source::{self as source, Probe};

/// Check an FCB: sequences, clock, sizes, quad enable, against each other and against the part
///
/// Exit code 1 if something cannot work, else 0; warnings and notes do not count.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A part, or a file with an FCB: .cfg, 512 bytes, SPSDK's YAML, C, Rust or assembler array, image, ELF, HEX; option
    /// words; `board`
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The part it is for, when the source is not one
    #[arg(long, value_name = "PART|FILE")]
    part: Option<String>,
    #[command(flatten)]
    probe: Probe,
}

pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let source = source::load(&args.source, &args.probe, context)?;
    let chip = source.chip;
    let named = args.part.as_deref();
    let named = named.map(|name| source::part(name, chip)).transpose()?;
    let part = named.as_ref().or(source.part());
    let findings = judge_fcb(&source.fcb, part, chip);
    let bad = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error)
        .count();
    context.report.found(Outcome::FcbCheck(FcbCheck {
        from: source.from.clone(),
        part: part.map(|part| part.name.clone()),
        findings: outcome::findings(&findings),
    }));
    let held = part.map_or("no part to hold it against".to_owned(), |part| {
        format!("held against {}", part.name)
    });
    context.report.line(format!("{}, {held}", source.from));
    for line in source
        .notes
        .iter()
        .map(|note| format!("note: {note}"))
        .chain(
            findings
                .iter()
                .map(|finding| format!("{}: {finding} [{}]", finding.severity, finding.code())),
        )
    {
        context.report.line(line);
    }
    context.report.line(match (bad, findings.is_empty()) {
        (0, true) => "nothing is wrong".to_owned(),
        (0, false) => "nothing that cannot work".to_owned(),
        (1, _) => "1 thing cannot work".to_owned(),
        (bad, _) => format!("{bad} things cannot work"),
    });
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        context.report.exit_with_findings()
    })
}
