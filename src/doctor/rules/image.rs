//! The rules of a boot image that are broken in flash, each by its own entry.

use rtboot_bootable::verdict::Verdict;
use rtboot_finding::catalogue::{fcb, image as rules_of, open};
use rtboot_finding::{Action, Entry, Finding, Severity};

use super::write;
use crate::doctor::facts::{Content, Facts, ReadProof};
use crate::flash::{Trial, TrialDiffers};

pub fn rules(facts: &Facts, content: &Content, verdict: &Verdict) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let broken = verdict.findings.iter();
    let of_image = |rule: &&Finding| !open::ALL.iter().any(|entry| rule.is(entry));
    let broken = broken.filter(of_image);
    for rule in broken.filter(|rule| rule.severity >= Severity::Error) {
        let known = findings.iter().any(|finding| finding.is(rule.entry));
        if known || said_elsewhere(facts, content, rule) {
            continue;
        }
        findings.push(broken_rule(facts, content, rule));
    }
    findings.extend(entry_beyond(facts, content, verdict));
    findings.extend(external_stack(facts, verdict));
    findings
}

/// A broken rule, with what is behind it and what to do about it.
fn broken_rule(facts: &Facts, content: &Content, rule: &Finding) -> Finding {
    let finding = rule.clone().why(why(facts, content, rule));
    if rule.is(&rules_of::HAB_UNSIGNED) {
        return finding
            .act("sign the image with the key whose hash is in this part's fuses (SPSDK nxpimage hab export)")
            .run(write(facts));
    }
    if rule.is(&fcb::QUAD_ENABLE_CLEAR) {
        return finding
            .run(write(facts))
            .act("rtboot sets the bit for good while it writes, and keeps all other bits");
    }
    if UNFIT.iter().any(|entry| rule.is(entry)) {
        return finding.run(fitting(facts));
    }
    match rule.severity {
        Severity::Danger => finding
            .act("do not let this image start; write another one")
            .run(write(facts)),
        _ => finding.run(write(facts)),
    }
}

/// Rules that an image's own FCB breaks again with every write that keeps it.
const UNFIT: [&Entry; 5] = [
    &fcb::FCB_KIND,
    &fcb::FCB_READ_MISFIT,
    &fcb::FCB_CONTROLLER,
    &fcb::FCB_CONTINUOUS,
    &fcb::READ_DIFFERS,
];

/// The write that puts an FCB there that fits.
pub(super) fn fitting(facts: &Facts) -> Action {
    match write(facts) {
        Action::Write { app, .. } if facts.expected.is_none() => Action::Write {
            app,
            part: Some("auto".into()),
        },
        named => named,
    }
}

/// The facts behind a broken rule.
fn why(facts: &Facts, content: &Content, rule: &Finding) -> String {
    let part = facts.part();
    if rule.is(&rules_of::HAB_UNSIGNED) {
        return "the ROM says closed; the IVT's CSF pointer leads to no signature".into();
    }
    if rule.is(&fcb::QUAD_ENABLE_CLEAR)
        && let (Some(part), Some(look)) = (part, &facts.flash)
    {
        let (status, qe) = (look.nor.status, part.qe);
        return format!("{status} ({qe}); the FCB does not set the bit itself");
    }
    match &content.trial {
        Trial::Differs(TrialDiffers {
            address,
            expected: plain,
            found: fast,
            ..
        }) if is_about_the_read(rule) => {
            let wanted = part.map_or(String::new(), |part| {
                format!("; the {} needs {}", part.name, part.read)
            });
            format!(
                "it gives {fast:#04x} at {address:#010x} where the one-pad read gives {plain:#04x}, at 30 MHz, too{wanted}"
            )
        }
        _ => "read on one pad, by the rules that the ROM and the processor follow".into(),
    }
}

/// Whether a rule is about what the flash makes of the FCB's read.
fn is_about_the_read(rule: &Finding) -> bool {
    rule.is(&fcb::READ_DIFFERS) || rule.is(&fcb::FCB_READ_MISFIT)
}

/// A read that differs because of its clock, or as the part's own read does, is a finding of its own.
fn said_elsewhere(facts: &Facts, content: &Content, rule: &Finding) -> bool {
    let Trial::Differs(TrialDiffers { slow_is_right, .. }) = content.trial else {
        return false;
    };
    let part = facts.part();
    let own = part.is_some_and(|part| {
        let read = content.fcb().map(|fcb| fcb.sequence(0));
        read == Some(part.read.sequence())
    });
    let own_fails = facts
        .flash
        .as_ref()
        .is_some_and(|look| matches!(look.fast, ReadProof::Differs { .. }));
    is_about_the_read(rule) && (slow_is_right || (own && own_fails))
}

/// An entry that the boot data does not cover; an error when there is nothing.
fn entry_beyond(facts: &Facts, content: &Content, verdict: &Verdict) -> Option<Finding> {
    let beyond = |rule: &&Finding| rule.is(&rules_of::ENTRY_OUTSIDE_BOOT_DATA);
    let rule = verdict.findings.iter().find(beyond)?;
    let entry = content.inspection.ivt?.entry & !1;
    let erased = content
        .memory
        .bytes(entry, 4)
        .is_none_or(|bytes| bytes == [0xFF; 4]);
    let (severity, there) = match erased {
        true => (Severity::Error, ", and nothing is at the entry"),
        false => (Severity::Warning, ""),
    };
    Some(
        rule.clone()
            .severity(severity)
            .why(format!(
                "the boot data says how far the image reaches{there}"
            ))
            .run(write(facts)),
    )
}

/// A stack in external memory, which must be set up before the first instruction.
fn external_stack(facts: &Facts, verdict: &Verdict) -> Option<Finding> {
    let external = |rule: &&Finding| rule.is(&rules_of::STACK_IN_SDRAM);
    let rule = verdict.findings.iter().find(external)?;
    Some(
        rule.clone()
            .why("the processor uses the stack before any code can set up the memory controller")
            .run(write(facts)),
    )
}

/// An image that this chip was never meant to start.
pub fn other_chip(facts: &Facts, content: &Content) -> Option<Finding> {
    let seen = content.inspection.finding(&rules_of::OTHER_CHIP)?;
    Some(
        seen.clone()
            .why(content.inspection.reason.clone())
            .run(write(facts)),
    )
}
