//! What several verbs print.

use rtboot::Change;
use rtboot::chip::BootMode;
use rtboot::job::{Reappeared, Started};

use super::Report;

/// An application was started.
pub fn started(started: Started, report: &mut Report) {
    report.record_change(Change::Started);
    let text = format!(
        "started the application at {:#010x}, stack {:#010x}",
        started.entry, started.stack
    );
    report.sentence(text, 2);
}

/// The board was reset, and who came back.
pub fn reset(who: Reappeared, report: &mut Report) {
    report.record_change(Change::Reset);
    let text = match who {
        Reappeared::Rom { boot_mode } => format!(
            "reset: the boot ROM is back in serial download, {}",
            why(boot_mode)
        ),
        _ => "reset: the board left serial download, so the ROM found something to start".into(),
    };
    report.sentence(text, 2);
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
