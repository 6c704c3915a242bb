//! The rules of a boot image that are broken in flash, each by its own entry.

use rtboot_bootable::starts;
use rtboot_finding::catalogue::{content as entries, image as rules_of};
use rtboot_finding::{Finding, Severity};

use super::write;
use crate::doctor::facts::{Content, Facts};
use crate::doctor::header::is_of_flash_state;
use crate::sdp::Hab;

pub fn rules(facts: &Facts, content: &Content) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let broken = content.rules.iter();
    // what the flash makes of the FCB is judged with its part and clock, in the rules of the content
    for rule in broken.filter(|rule| rule.severity >= Severity::Error && !is_of_flash_state(rule)) {
        if findings.iter().any(|finding| finding.is(rule.entry)) {
            continue;
        }
        let finding = rule
            .clone()
            .why("read on one pad, by the rules that the ROM and the processor follow");
        let finding = match rule.severity {
            Severity::Danger => finding.act("do not let this image start; write another one"),
            _ => finding,
        };
        findings.push(finding.run(write(facts)));
    }
    findings.extend(entry_beyond(facts, content));
    findings.extend(external_stack(facts, content));
    findings.extend(reset_erased(facts, content));
    findings.extend(unsigned(facts, content));
    findings
}

/// An entry that the boot data does not cover; an error when there is nothing.
fn entry_beyond(facts: &Facts, content: &Content) -> Option<Finding> {
    let beyond = |rule: &&Finding| rule.is(&rules_of::ENTRY_OUTSIDE_BOOT_DATA);
    let rule = content.rules.iter().find(beyond)?;
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
fn external_stack(facts: &Facts, content: &Content) -> Option<Finding> {
    let external = |rule: &&Finding| rule.is(&rules_of::STACK_IN_SDRAM);
    let rule = content.rules.iter().find(external)?;
    Some(
        rule.clone()
            .why("the processor uses the stack before any code can set up the memory controller")
            .run(write(facts)),
    )
}

/// The vector table is there, and the code that it points to is not.
fn reset_erased(facts: &Facts, content: &Content) -> Option<Finding> {
    let vectors = content.inspection.vectors?;
    let first = content.memory.bytes(vectors.reset & !1, 4)?;
    (first == [0xFF; 4]).then(|| {
        Finding::new(&entries::CONTENT_CODE_ERASED)
            .address("reset", vectors.reset)
            .why("boot header and vector table are there, the code is not")
            .run(write(facts))
    })
}

/// A closed part starts signed images only.
fn unsigned(facts: &Facts, content: &Content) -> Option<Finding> {
    let closed = facts.rom.as_ref()?.hab? == Hab::Closed;
    let signed = content.inspection.csf.is_some();
    (closed && !signed && starts(&content.rules)).then(|| {
        Finding::new(&entries::CONTENT_UNSIGNED)
            .why("the ROM says closed; the IVT's CSF pointer leads to no signature")
            .act("sign the image with the key whose hash is in this part's fuses (SPSDK nxpimage hab export)")
            .run(write(facts))
    })
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
