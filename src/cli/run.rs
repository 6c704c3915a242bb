//! Verb `run`: start the application that is in flash.

use rtboot::{Error, Result};
use serde_json::json;

use super::write::execute;
use super::{Context, boot};

/// Start the application that is in flash, without a reset
///
/// Sets up the flash, then starts the reset handler of the vector table in flash with its stack. BOOT_MODE does not matter;
/// a DCD in the image is not run.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    let boot = nor.look_at_boot(None, &mut context.report)?;
    context.report.result(json!({"boot": boot::object(&boot)}));
    let Some(vectors) = boot.verdict.inspection.vectors else {
        return Err(Error::Firmware {
            path: "flash".into(),
            source: rtboot_bootable::Error::Structure {
                structure: "application",
                problem: format!("no vector table to start was found ({})", boot.parts()),
            },
        });
    };
    if boot.verdict.inspection.kind.runs_in_ram() {
        return Err(Error::Usage(
            "the image in flash runs in RAM, so the ROM must copy it: use `rtboot reset`".into(),
        ));
    }
    nor.set_quad(&mut context.report)?;
    execute(nor, vectors.reset, vectors.stack, &mut context.report)
}
