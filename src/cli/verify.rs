//! Verb `verify`: does flash hold what the file brings?

use std::path::PathBuf;

use rtboot::Result;
use rtboot::job::Comparison;
use rtboot::outcome::{self, Outcome};

use super::plain::plain;
use super::{About, Context, number};

/// Compare flash with a file
///
/// Compares every byte that the file brings. The boot header of an application is not in its file: what lies in flash in
/// its place, and whether the ROM would start it, is said apart. Changes nothing. Exit code 33 when a byte differs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, in any format that `write` takes
    file: PathBuf,
    /// Address of the first byte of a raw file, when its vector table does not tell
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    base: Option<u32>,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = About {
        app: Some(&args.file),
        base: args.base,
        ..About::default()
    };
    context.report.is_about(&context.globals, &about);
    let target = context.target()?;
    let chip = target.chip_for_files();
    let comparison = Comparison::prepare(&args.file.as_path().into(), args.base, chip)?;
    target.loader.check(chip)?;
    let mut board = context.connect(&target)?;
    let mut nor = target.open_flash(&mut board, &mut context.report)?;
    comparison.check_fits(&nor)?;
    let boot = nor.look_at_boot(&mut context.report)?;
    context.report.found(Outcome::Verify(outcome::Verify {
        file: args.file.display().to_string(),
        bytes: comparison.len_bytes(),
        image: comparison.memory().into(),
        boot: (&boot).into(),
    }));
    let same = comparison.compare(&mut nor, &mut context.report);
    if same.is_ok() {
        let text = format!("application: identical ({} bytes)", comparison.len_bytes());
        context.report.line(text);
    }
    let header = format!(
        "boot header in flash: {}; {}",
        boot.parts(),
        boot.verdict.words()
    );
    context.report.sentence(plain(&header), 2);
    same
}
