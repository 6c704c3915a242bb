//! Verb `restore`: a backup back into flash.

use std::path::PathBuf;

use rtboot::Result;
use rtboot::file::Source;
use rtboot::job::{After, WriteJob, WriteOptions};

use super::write::{self, Goal, Run};
use super::{About, Context};

/// Write a backup to flash, which then holds exactly those bytes
///
/// The file must have as many bytes as the flash; with FILE.json beside it, as `backup` writes it, it must also be of this chip and
/// flash. Anything else is refused before flash is changed. Sectors that already hold the right bytes are left alone,
/// the page with the FCB comes last, everything is verified. After an interruption, run the same command again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  rtboot backup board.bin\n  rtboot restore board.bin --reset")]
pub struct Args {
    /// The backup
    file: PathBuf,
    /// Reset the board afterwards and say whether the application started
    #[arg(long)]
    reset: bool,
    /// Say what would be done and change nothing in flash (the flashloader is still loaded, to read flash)
    #[arg(long, conflicts_with = "reset")]
    dry_run: bool,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = About {
        apps: std::slice::from_ref(&args.file),
        ..About::default()
    };
    context.report.is_about(&context.globals, &about);
    // the FCB of the settings has no part in it
    write::tell_settings(&["fcb"], context)?;
    let target = context.target()?;
    let options = WriteOptions {
        journal: Some(context.journals()?),
        command: Some(context.report.at_hand().repeated()),
        after: match args.reset {
            true => After::Reset,
            false => After::Nothing,
        },
        ..WriteOptions::default()
    };
    let source = Source::from(args.file);
    let job = WriteJob::restore(&source, options, target.chip)?;
    let run = Run {
        goal: Goal::Restore,
        dry_run: args.dry_run,
        no_verify: false,
        confirm: &[],
    };
    write::carry_out(job, &target, &run, context)
}
