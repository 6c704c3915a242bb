//! Verb `run`: start the application that is in flash.

use rtboot::outcome::{self, Outcome};
use rtboot::{Result, job};

use super::pieces::PartArgs;
use super::{Context, draw};

/// Start the application that is in flash, without a reset
///
/// Sets up the flash, then starts the reset handler of the vector table in flash with its stack. BOOT_MODE does not matter;
/// a DCD in the image is not run.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    part: PartArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    args.part.expect(context)?;
    let (mut nor, _board) = context.nor()?;
    let report = &mut context.report;
    let boot = nor.look_at_boot(report)?;
    let found = |started| {
        let boot = (&boot).into();
        Outcome::Run(outcome::Run { boot, started })
    };
    report.found(found(None));
    let started = job::start_in_flash(nor, &boot, report)?;
    draw::started(started, report);
    report.found(found(Some(started.into())));
    Ok(())
}
