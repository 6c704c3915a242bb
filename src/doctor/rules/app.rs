//! The application file: usable at all, fit for this flash, and what of it is in flash.

use rtboot_bootable::Severity;
use rtboot_fcb::Protected;

use super::write_command;
use crate::Error;
use crate::doctor::facts::{AppFacts, Facts};
use crate::doctor::finding::{Finding, Sure};

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

fn unusable(app: &AppFacts, error: &Error) -> Finding {
    let finding = match error.code() {
        "image-other-chip" => Finding::error(
            "app-other-chip",
            format!("{} is for another chip", app.name),
        ),
        _ => Finding::error("app-unusable", format!("{} cannot be written", app.name)),
    }
    .why(error.to_string());
    let hints = crate::advice::advice(error);
    let finding = hints
        .causes
        .iter()
        .fold(finding, |finding, cause| finding.cause(cause.text));
    let finding = hints.next.into_iter().fold(finding, Finding::act);
    finding.run(format!("rtboot image show {}", app.name))
}

fn outside(facts: &Facts, app: &AppFacts) -> Option<Finding> {
    let size = facts.part()?.size;
    let end = app.memory.end();
    let flash_end = u64::from(facts.flash_base()) + u64::from(size);
    (end > flash_end).then(|| {
        Finding::error(
            "app-too-large",
            format!(
                "{} ends at {end:#010x}, the flash at {flash_end:#010x}",
                app.name
            ),
        )
        .why(format!(
            "the {} has {size:#x} bytes",
            facts.part().map_or("flash", |part| part.name.as_str())
        ))
        .run(format!("rtboot image show {}", app.name))
    })
}

/// A rule of the file itself that is broken, so that it would not start from any flash.
fn broken(app: &AppFacts) -> Option<Finding> {
    let seen = app.inspection.as_ref()?;
    // a boot header that is missing is made while writing
    let first = seen.findings.iter().find(|rule| {
        rule.severity == Severity::Error && !matches!(rule.code(), "fcb-missing" | "ivt-missing")
    })?;
    Some(
        Finding::error(
            "app-broken",
            format!("{} would not start: {}", app.name, first),
        )
        .why(seen.reason.clone())
        .run(format!("rtboot image check {}", app.name)),
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
        Finding::error(
            "app-in-protected",
            format!(
                "{} reaches into blocks that are write-protected ({from:#010x} to {to:#010x})",
                app.name
            ),
        )
        .why(format!("status registers {}", look.nor.status))
        .run("rtboot unprotect")
        .run(write_command(facts))
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
    let name = &app.name;
    if compared.erased == compared.differ {
        return Some(
            Finding::error(
                "app-half-written",
                format!("a part of {name} is missing in flash: erased where bytes should be"),
            )
            .why(why)
            .run(write_command(facts)),
        );
    }
    if compared.cleared == compared.differ && compared.differ * 4 < compared.total {
        return Some(
            Finding::error(
                "app-bits-lost",
                format!("bits of {name} are 0 in flash that should be 1"),
            )
            .why(format!(
                "{why}; in all of them bits are cleared, none is set"
            ))
            .sure(Sure::Likely)
            .run(write_command(facts))
            .act("if the same places come back after a write, the part is worn"),
        );
    }
    Some(
        Finding::warning("app-differs", format!("{name} is not what is in flash"))
            .why(why)
            .run(write_command(facts)),
    )
}
