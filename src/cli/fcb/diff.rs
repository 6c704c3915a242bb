//! `fcb diff`: two FCBs field by field.

use std::process::ExitCode;

use rtboot::Result;
use rtboot::outcome::{Difference, FcbDiff, Outcome};
use rtboot_fcb::{FieldDiff, FieldValue};

use crate::cli::Context;
use crate::cli::fcb_source::{self as source, Probe};

/// Compare two FCBs field by field
///
/// Exit code 0 if they are equal, 1 if they differ.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A part, or a file with an FCB: .cfg, 512 bytes, SPSDK's YAML, C, Rust or assembler array, image, ELF, HEX; option
    /// words; `board`
    #[arg(value_name = "SOURCE")]
    this: String,
    /// Another one
    #[arg(value_name = "OTHER")]
    other: String,
    #[command(flatten)]
    probe: Probe,
}

pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let this = source::load(&args.this, &args.probe, context)?;
    let other = source::load(&args.other, &args.probe, context)?;
    let differences = this.fcb.diff_on(&other.fcb, this.chip);
    context.report.found(Outcome::FcbDiff(FcbDiff {
        from: [this.from.clone(), other.from.clone()],
        differences: differences.iter().map(Difference::from).collect(),
    }));
    if differences.is_empty() {
        context.report.line("they are equal");
        return Ok(ExitCode::SUCCESS);
    }
    context.report.line(format!("- {}", this.from));
    context.report.line(format!("+ {}", other.from));
    for FieldDiff { this, other } in &differences {
        let head = format!("{:#05x}  {}", this.offset, this.name);
        let alias = if this.alias.is_empty() {
            String::new()
        } else {
            format!(" ({})", this.alias)
        };
        context.report.line(format!("{head}{alias}"));
        context.report.line(format!("  - {}", words(this)));
        context.report.line(format!("  + {}", words(other)));
    }
    Ok(context.report.exit_with_findings())
}

fn words(field: &FieldValue) -> String {
    match field.meaning.as_str() {
        "" => field.value.clone(),
        meaning => format!("{}  {meaning}", field.value),
    }
}
