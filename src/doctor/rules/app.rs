//! The application file: usable at all, fit for this flash, and what of it is in flash.

use rtboot_fcb::Protected;
use rtboot_finding::catalogue::{app as entries, fcb, image};
use rtboot_finding::{Action, Finding, Severity, Sure};

use super::write;
use crate::Error;
use crate::doctor::facts::{AppFacts, Facts};

/// What the file alone, or the file and the flash's size, tell.
pub fn file_rules(facts: &Facts) -> Vec<Finding> {
    let Some(app) = &facts.app else {
        return Vec::new();
    };
    if let Some(error) = &app.error {
        return vec![unusable(app, error)];
    }
    let checks = [outside(facts, app), broken(app), protected(facts, app)];
    checks.into_iter().flatten().take(1).collect()
}

fn show(app: &AppFacts) -> Action {
    Action::ShowImage {
        file: Some(app.name.clone()),
    }
}

fn unusable(app: &AppFacts, error: &Error) -> Finding {
    let entry = match error {
        Error::Firmware {
            source: rtboot_bootable::Error::OtherChip { .. },
            ..
        } => &entries::APP_OTHER_CHIP,
        _ => &entries::APP_UNUSABLE,
    };
    let mut finding = Finding::new(entry)
        .text("file", &app.name)
        .why(error.to_string());
    let advice = crate::advice::advice(error);
    finding
        .causes
        .extend(advice.words().map(|(_, words)| words));
    finding.next.extend(advice.next);
    finding.run(show(app))
}

fn outside(facts: &Facts, app: &AppFacts) -> Option<Finding> {
    let part = facts.part()?;
    let end = app.memory.end();
    let flash_end = u64::from(facts.flash_base()) + u64::from(part.size);
    (end > flash_end).then(|| {
        Finding::new(&entries::APP_TOO_LARGE)
            .text("file", &app.name)
            .address("end", end)
            .address("flash_end", flash_end)
            .why(format!("the {} has {:#x} bytes", part.name, part.size))
            .run(show(app))
    })
}

/// A rule of the file itself that is broken, so that it would not start from any flash.
fn broken(app: &AppFacts) -> Option<Finding> {
    let seen = app.inspection.as_ref()?;
    // a boot header that is missing is made while writing
    let first = seen.findings.iter().find(|rule| {
        let made = rule.is(&fcb::FCB_MISSING) || rule.is(&image::IVT_MISSING);
        rule.severity == Severity::Error && !made
    })?;
    Some(
        Finding::new(&entries::APP_BROKEN)
            .text("file", &app.name)
            .text("rule", first)
            .why(seen.reason.clone())
            .run(Action::CheckImage {
                file: Some(app.name.clone()),
            }),
    )
}

/// Parts of the application lie where blocks are protected.
fn protected(facts: &Facts, app: &AppFacts) -> Option<Finding> {
    let look = facts.flash.as_ref()?;
    let part = look.part.as_ref()?;
    let Protected::Range { offsets, .. } = part.protected_extent(&look.nor.status) else {
        return None;
    };
    let differs = app
        .compared
        .as_ref()
        .is_some_and(|compared| compared.differ > 0);
    let (from, to) = (
        u64::from(facts.flash_base()) + u64::from(offsets.start),
        u64::from(facts.flash_base()) + u64::from(offsets.end),
    );
    let hit = app.memory.segments().any(|(start, bytes)| {
        u64::from(start) < to && u64::from(start) + bytes.len() as u64 > from
    });
    (differs && hit).then(|| {
        Finding::new(&entries::APP_IN_PROTECTED)
            .text("file", &app.name)
            .address("from", from)
            .address("to", to)
            .why(format!("status registers {}", look.nor.status))
            .run(Action::Unprotect)
            .run(write(facts))
    })
}

/// What of the application is in flash.
pub fn flash_rules(facts: &Facts) -> Vec<Finding> {
    let blank = facts
        .content
        .as_ref()
        .is_none_or(|content| content.blank || content.unstable.is_some());
    let Some(app) = facts
        .app
        .as_ref()
        .filter(|app| app.error.is_none() && !blank)
    else {
        return Vec::new();
    };
    differs(facts, app).into_iter().collect()
}

fn differs(facts: &Facts, app: &AppFacts) -> Option<Finding> {
    let compared = app.compared.as_ref()?;
    let (address, expected, found) = compared.first?;
    let why = format!(
        "{} of {} bytes differ, first at {address:#010x}: expected {expected:#04x}, found {found:#04x}",
        compared.differ, compared.total
    );
    let of = |entry| Finding::new(entry).text("file", &app.name);
    if let Some(fields) = &app.other_fcb {
        let finding = of(&entries::APP_OTHER_FCB).text("fields", fields);
        let finding = finding.why(format!("the rest of the file is in flash; {why}"));
        return Some(
            finding
                .act("if the write named an FCB, name the same one here")
                .run(write(facts)),
        );
    }
    if compared.erased == compared.differ {
        let finding = of(&entries::APP_HALF_WRITTEN).why(why);
        return Some(finding.run(write(facts)));
    }
    if compared.cleared == compared.differ && compared.differ * 4 < compared.total {
        return Some(
            of(&entries::APP_BITS_LOST)
                .why(format!(
                    "{why}; in all of them bits are cleared, none is set"
                ))
                .sure(Sure::Likely)
                .run(write(facts))
                .act("if the same places come back after a write, the part is worn"),
        );
    }
    Some(of(&entries::APP_DIFFERS).why(why).run(write(facts)))
}
