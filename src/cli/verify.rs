//! Verb `verify`: does flash hold what a write of these files puts there?

use std::path::PathBuf;

use rtboot::Result;
use rtboot::event::Stage;
use rtboot::flash::OpenEntry;
use rtboot::job::Comparison;
use rtboot::outcome::{self, Outcome};

use super::Context;
use super::pieces::{self, LayoutArgs};
use super::plain::plain;
use super::report::LOAD;

/// Compare flash with a file
///
/// Compares every byte that `write` puts into flash for the same files and options. Where `write` would make a boot
/// header, one of another tool that starts the same application counts as well; what is there, and whether the ROM
/// would start it, is reported separately. Changes nothing. Exit code 33 if a byte differs or nothing is programmed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot verify app.elf\n  rtboot verify app.bin --base 0x60002000"
)]
pub struct Args {
    /// The files, as for `write`
    #[arg(required = true, value_name = "FILE[@ADDRESS]")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    layout: LayoutArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = args.layout.about(&args.files);
    context.report.is_about(&context.globals, &about);
    let mut target = context.target()?;
    let choice = args.layout.choice(context)?;
    target.part = context.part()?;
    let files = pieces::parse(&args.files)?;
    let comparison = Comparison::prepare(&files, &args.layout.options(choice), target.chip)?;
    target.loader.check(target.chip)?;
    let mut board = context.connect(&target)?;
    let bytes = comparison.pieces().without_headers().len_bytes();
    context
        .report
        .expect(&[LOAD, (Stage::Verify, bytes as u64)]);
    let mut nor = target.open_flash(&mut board, &mut context.report)?;
    let comparison = comparison.for_chip(nor.chip())?;
    comparison.check_fits(&nor)?;
    let boot = nor.look_at_boot(&mut context.report)?;
    context.report.found_open(&boot.open, boot.verdict.starts);
    let pieces = comparison.pieces();
    context.report.found(Outcome::Verify(outcome::Verify {
        file: pieces.names(),
        pieces: outcome::pieces(pieces),
        bytes,
        image: pieces.memory().into(),
        boot: (&boot).into(),
    }));
    let same = comparison.compare(&mut nor, &boot, &mut context.report);
    if same.is_ok() {
        let text = format!("application: identical ({bytes} bytes)");
        context.report.line(text);
    }
    let header = format!(
        "boot header in flash: {}; {}",
        boot.parts(),
        boot.verdict.words()
    );
    context.report.sentence(plain(&header), 2);
    for finding in boot.open.told(&boot.verdict) {
        let text = format!("{}: {finding}", finding.severity);
        context.report.sentence(plain(&text), 2);
    }
    // the error's own advice tells it where a byte differs
    let next = boot.open.entries.iter().flat_map(OpenEntry::next);
    for next in next.filter(|_| same.is_ok()) {
        let next = context.report.at_hand().sentence(&next);
        context.report.sentence(plain(&format!("  {next}")), 2);
    }
    same
}
