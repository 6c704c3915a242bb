//! Verb `info`: all that a board tells, and whether the ROM would start what is in flash.

mod show;

use rtboot::{Result, job};

use super::Context;
use super::pieces::PartArgs;

/// Say what the board is, and whether the ROM would start what is in its flash
///
/// Chip, unique id, security state, boot pins; the flashloader; the NOR part, its quad-enable bit and protection; FCB and
/// image in flash. Changes nothing in flash. The boot ROM cannot read flash, so a flashloader is loaded into RAM.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot info\n  rtboot --board usb:1-4.1 info\n  rtboot --board uart:/dev/ttyUSB0 info"
)]
pub struct Args {
    #[command(flatten)]
    part: PartArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    args.part.expect(context)?;
    let part = context.part()?;
    let (mut board, mut target) = context.board_for_flash()?;
    target.part = part;
    // what is known is shown even when a step fails
    let (info, gathered) = job::info(&mut board, &target, &mut context.report);
    show::all(&info, &mut context.report);
    gathered
}
