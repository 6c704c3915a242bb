//! Why a flash that answers would not let itself be changed: block protection, locked status registers.

use rtboot_fcb::{Part, Protected};

use super::write_command;
use crate::doctor::facts::{Facts, FlashLook};
use crate::doctor::finding::{Finding, Sure};

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let Some(look) = &facts.flash else {
        return Vec::new();
    };
    let Some(part) = &look.part else {
        return unknown(look);
    };
    if !look.nor.answers() {
        return Vec::new();
    }
    let status = look.nor.status;
    let locked = part.protection.can_be_locked_by_pin(&status);
    match (part.protected(&status), locked) {
        (true, locked) => vec![protected(facts, look, part, locked)],
        (false, true) => vec![lock_alone(facts, look, part)],
        (false, false) => Vec::new(),
    }
}

fn unknown(look: &FlashLook) -> Vec<Finding> {
    let bits = look.nor.status.sr1 & 0x3C;
    if bits == 0 || look.nor.status.sr1 == 0xFF || !look.nor.answers() {
        return Vec::new();
    }
    vec![
        Finding::warning("flash-maybe-protected", format!("status register 1 of the unknown flash is {:#04x}: on most parts bits 5:2 protect blocks", look.nor.status.sr1))
            .why("the part is not in the database, so what its bits mean is not known")
            .sure(Sure::Possible)
            .act("look up the status register in the part's data sheet"),
    ]
}

fn protected(facts: &Facts, look: &FlashLook, part: &Part, locked: bool) -> Finding {
    let status = look.nor.status;
    let extent = part.protected_extent(&status);
    let complement = status.sr2.unwrap_or(0) & part.protection.complement != 0;
    let partly = matches!(extent, Protected::Range { .. });
    let code = match (locked, complement, partly) {
        (true, ..) => "flash-protected-locked",
        (_, true, _) => "flash-protected-complement",
        (.., true) => "flash-protected-range",
        _ => "flash-protected",
    };
    let what = format!("the flash is write-protected: {extent} ({status})");
    let finding = match matters(facts, &extent, part.size) {
        true => Finding::error(code, what),
        false => Finding::warning(code, what),
    };
    let finding = finding
        .why("a protected block ignores erase and program, and other tools call that success, or end with 20106 or \"Byte in module is $FF\"");
    let finding = match locked {
        true => finding
            .measure("measure the flash's WP# pin: it must be high (pull it up) to clear the bits"),
        false => finding,
    };
    finding.run("rtboot unprotect").run(write_command(facts))
}

/// Whether the protection is in the way of what is, or should be, in flash.
fn matters(facts: &Facts, extent: &Protected, size: u32) -> bool {
    let differs = facts
        .app
        .as_ref()
        .and_then(|app| app.compared.as_ref())
        .is_some_and(|compared| compared.differ > 0);
    let starts = facts.content.as_ref().is_some_and(|content| content.starts);
    let low = match extent {
        Protected::Nothing => false,
        // an image lies at the start
        Protected::Range {
            offsets,
            end_unknown,
        } => *end_unknown || offsets.start < size / 2,
        _ => true,
    };
    low && (differs || !starts)
}

/// Nothing is protected, but with WP# low the status register cannot be written: quad enable stays as it is.
fn lock_alone(facts: &Facts, look: &FlashLook, part: &Part) -> Finding {
    let status = look.nor.status;
    let quad_clear = part.quad_enabled(&status) == Some(false);
    let what = format!(
        "the status register's lock bit is set ({status}): while WP# is low it cannot be written"
    );
    let finding = match quad_clear {
        true => Finding::error("flash-status-locked", what)
            .why("quad enable is clear and must be set before the board can start; with WP# low that does nothing")
            .sure(Sure::Possible),
        false => Finding::warning("flash-status-locked", what)
            .why("whether WP# is low cannot be read; writing the image does not need it"),
    };
    finding
        .measure("measure the flash's WP# pin: pull it up, or it stays locked")
        .run(write_command(facts))
}
