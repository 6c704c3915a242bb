//! After a write: start the application, or reset the board and look who comes.

use std::time::Duration;

use rtboot::board::{Board, Program};
use rtboot::flash::{BootMode, Flashloader, Nor, Rom};
use rtboot::{Change, Error, Result};
use rtboot_bootable::BootImage;
use rtboot_fcb::EraseUnit;
use serde_json::json;

use crate::cli::Report;

/// How long the ROM gets to come back after a reset.
const COME_BACK: Duration = Duration::from_secs(3);

/// Starts what was just written.
pub fn start(nor: Nor, image: Option<&BootImage>, report: &mut Report) -> Result<()> {
    let found = image.and_then(|image| Some((image.entry, image.stack?)));
    let (entry, stack) = found.ok_or_else(|| {
        Error::Usage(
            "the image shows no vector table, so its stack is not known; use --reset".into(),
        )
    })?;
    execute(nor, entry, stack, report)
}

/// Sets up the flash as the ROM would read it, and starts code in it.
pub fn execute(mut nor: Nor, entry: u32, stack: u32, report: &mut Report) -> Result<()> {
    nor.use_work(EraseUnit::Sector4K)?;
    nor.into_loader().execute(entry, stack)?;
    report.record_change(Change::Started);
    report.line(format!(
        "started the application at {entry:#010x}, stack {stack:#010x}"
    ));
    report.result(json!({"started": true, "entry": entry, "stack": stack}));
    Ok(())
}

/// Resets the board and says what came of it.
pub fn reset(flashloader: Flashloader, mut board: Board, report: &mut Report) -> Result<()> {
    flashloader.reset()?;
    report.record_change(Change::Reset);
    if !board.await_program(Program::Rom, COME_BACK)? {
        report.line("reset: the board left serial download, so the ROM found something to start");
        report.result(json!({"reset": true, "rom_came_back": false, "boot_mode": null}));
        return Ok(());
    }
    let mode = Rom::connect(&mut board)
        .ok()
        .and_then(|rom| rom.facts().boot_mode());
    report.line(format!(
        "reset: the boot ROM is back in serial download, {}",
        why(mode)
    ));
    let mode = mode.map(|mode| format!("{mode:?}"));
    report.result(json!({"reset": true, "rom_came_back": true, "boot_mode": mode}));
    Ok(())
}

/// Why the ROM stays in serial download.
fn why(mode: Option<BootMode>) -> &'static str {
    match mode {
        Some(BootMode::SerialDownload) => {
            "as its BOOT_MODE pins say (01); set them to 10 (internal boot) and switch power off and on to start the application"
        }
        Some(BootMode::Internal) => {
            "although its BOOT_MODE pins say internal boot (10): it refused the image, or its BOOT_CFG pins name another boot device; `rtboot info` says more"
        }
        Some(BootMode::Fuses) => {
            "BOOT_MODE is 00 (boot as the fuses say): with BT_FUSE_SEL clear that is serial download; set the pins to 10 for internal boot"
        }
        Some(BootMode::Reserved) => {
            "BOOT_MODE is 11 (reserved); set the pins to 10 for internal boot"
        }
        None => "and it does not tell its BOOT_MODE pins; set them to 10 to start the application",
    }
}
