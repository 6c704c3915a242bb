//! Why a flash that answers would not let itself be changed: block protection, locked status registers.

use rtboot_fcb::{Part, Protected, StatusLock};
use rtboot_finding::catalogue::flash as entries;
use rtboot_finding::{Action, Finding, Severity, Sure};

use super::write;
use crate::advice::BLOCK_LOCKS;
use crate::doctor::facts::{Facts, FlashLook};

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
    let extent = look.nor.protected_extent(part);
    if let Protected::OwnLocks { .. } = extent {
        let closed = extent.is_any();
        return closed
            .then(|| own_locks(facts, look, extent))
            .into_iter()
            .collect();
    }
    match (part.status_lock(&look.nor.status), extent.is_any()) {
        (StatusLock::UntilPowerOff, _) => vec![locked_registers(facts, look, part)],
        (lock, true) => vec![protected(facts, look, part, lock == StatusLock::Pin)],
        (StatusLock::Open, false) => Vec::new(),
        (_, false) => vec![lock_alone(facts, look, part)],
    }
}

/// Blocks' own locks are closed; the block-protect bits do not count.
fn own_locks(facts: &Facts, look: &FlashLook, extent: Protected) -> Finding {
    let severity = match matters(facts, &extent, 0) {
        true => Severity::Error,
        false => Severity::Warning,
    };
    Finding::new(&entries::FLASH_INDIVIDUAL_LOCKS)
        .text("extent", extent)
        .text("status", look.nor.status)
        .severity(severity)
        .why("a locked block ignores erase and program without an error, and the block-protect bits say nothing of it")
        .act(BLOCK_LOCKS)
}

/// Neither the protection nor quad enable can be changed, whatever WP# is.
fn locked_registers(facts: &Facts, look: &FlashLook, part: &Part) -> Finding {
    let status = look.nor.status;
    let extent = part.protected_extent(&status);
    let hurts = part.quad_enabled(&status) == Some(false) || matters(facts, &extent, part.size);
    let severity = match hurts {
        true => Severity::Error,
        false => Severity::Note,
    };
    Finding::new(&entries::FLASH_STATUS_LOCKED_UNTIL_POWER_OFF)
        .text("extent", extent)
        .text("status", status)
        .severity(severity)
        .why("writes of the status registers are ignored: protection and quad enable stay as they are")
        .act("switch the board's power off and on: that clears the lock")
}

fn unknown(look: &FlashLook) -> Vec<Finding> {
    let bits = look.nor.status.sr1 & 0x3C;
    if bits == 0 || look.nor.status.sr1 == 0xFF || !look.nor.answers() {
        return Vec::new();
    }
    vec![
        Finding::new(&entries::FLASH_MAYBE_PROTECTED)
            .byte("sr1", look.nor.status.sr1)
            .why("the part is not in the database, so the meaning of its bits is unknown")
            .sure(Sure::Possible)
            .act("look up the status register in the part's data sheet"),
    ]
}

fn protected(facts: &Facts, look: &FlashLook, part: &Part, locked: bool) -> Finding {
    let status = look.nor.status;
    let extent = part.protected_extent(&status);
    let complement = status.sr2.unwrap_or(0) & part.protection.complement != 0;
    let partly = matches!(extent, Protected::Range { .. });
    let entry = match (locked, complement, partly) {
        (true, ..) => &entries::FLASH_PROTECTED_LOCKED,
        (_, true, _) => &entries::FLASH_PROTECTED_COMPLEMENT,
        (.., true) => &entries::FLASH_PROTECTED_RANGE,
        _ => &entries::FLASH_PROTECTED,
    };
    let severity = match matters(facts, &extent, part.size) {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let finding = Finding::new(entry)
        .text("extent", extent)
        .text("status", status)
        .severity(severity)
        .why("a protected block ignores erase and program, and other tools call that success, or end with 20106 or \"Byte in module is $FF\"");
    let finding = match locked {
        true => finding
            .measure("measure the flash's WP# pin: it must be high (pull it up) to clear the bits"),
        false => finding,
    };
    finding.run(Action::Unprotect).run(write(facts))
}

/// Whether the protection is in the way of what is, or should be, in flash.
fn matters(facts: &Facts, extent: &Protected, size: u32) -> bool {
    let differs = facts
        .app
        .as_ref()
        .and_then(|app| app.compared.as_ref())
        .is_some_and(|compared| compared.differ > 0);
    let starts = facts.content.is_some() && facts.content_starts() != Some(false);
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
    let finding = Finding::new(&entries::FLASH_STATUS_LOCKED).text("status", status);
    let finding = match quad_clear {
        true => finding
            .severity(Severity::Error)
            .why("quad enable is clear and must be set before the board can start; with WP# low it cannot be set")
            .sure(Sure::Possible),
        false => finding
            .why("whether WP# is low cannot be read; writing the image does not need it"),
    };
    finding
        .measure("measure the flash's WP# pin: pull it up, or it stays locked")
        .run(write(facts))
}
