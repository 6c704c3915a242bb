//! The rules of a boot image that are broken in flash, each with its likely cause and cure.

use rtboot_bootable::{Severity, starts};

use super::write_command;
use crate::doctor::facts::{Content, Facts};
use crate::doctor::finding::{Finding, Sure};
use crate::sdp::Hab;

/// One rule of a boot image: its name there, our code, the likely cause.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "fcb-version",
        "content-fcb-version",
        "something was programmed over the FCB, or it was never whole",
    ),
    (
        "fcb-size",
        "content-fcb-no-size",
        "an FCB that was made by hand and left incomplete",
    ),
    (
        "fcb-no-read",
        "content-fcb-no-read",
        "an FCB whose look-up table was left empty, as an SDK template",
    ),
    ("fcb-cut", "content-fcb-version", "the FCB is not whole"),
    (
        "image-past-flash",
        "content-past-flash",
        "the FCB is for a smaller part, or the image was linked for a larger one",
    ),
    (
        "ivt-missing",
        "content-ivt-missing",
        "the FCB was written alone, or the application's first sectors were erased or overwritten",
    ),
    (
        "ivt-misplaced",
        "content-ivt-misplaced",
        "an image for SD cards or serial download (IVT at 0x400), or written to the wrong address",
    ),
    (
        "ivt-stray",
        "content-ivt-misplaced",
        "written to the wrong address",
    ),
    (
        "ivt-no-padding",
        "content-ivt-self",
        "an image without padding was written to the start of the flash",
    ),
    (
        "ivt-self-mismatch",
        "content-ivt-self",
        "linked for another flash address (0x70000000 is the RT1064), or written to the wrong one",
    ),
    (
        "not-for-flash",
        "content-ivt-misplaced",
        "an image for SD cards or serial download",
    ),
    (
        "boot-data-outside",
        "content-boot-data",
        "the boot header was built for another layout, or partly overwritten",
    ),
    (
        "boot-data-empty",
        "content-boot-data",
        "the boot data was never filled in: the project's linker script lacks its symbols",
    ),
    (
        "boot-data-contradicts",
        "content-boot-data",
        "the boot data's start and length do not hold the image",
    ),
    (
        "boot-data-start",
        "content-boot-data",
        "the boot data's start is not that of the flash",
    ),
    (
        "plugin-flag",
        "content-boot-data",
        "the boot data is garbage, or partly overwritten",
    ),
    (
        "ram-overflow",
        "content-ram-image",
        "linked for a chip with more RAM",
    ),
    (
        "entry-outside-image",
        "content-entry",
        "the image in flash is cut off, or its entry is another chip's address",
    ),
    (
        "entry-cut",
        "content-entry",
        "the image in flash is cut off",
    ),
    (
        "vectors-blank",
        "content-app-erased",
        "the boot header was written and the application was not, or it was erased since",
    ),
    (
        "stack-outside-ram",
        "content-stack",
        "linked for another chip's RAM, or another file was written over the vector table",
    ),
    (
        "stack-unaligned",
        "content-stack",
        "the vector table was overwritten",
    ),
    (
        "reset-even",
        "content-reset",
        "the vector table was overwritten, or holds no Thumb address",
    ),
    (
        "reset-outside-image",
        "content-reset",
        "the application was linked for another address than it lies at, or is cut off",
    ),
    (
        "dcd-broken",
        "content-dcd",
        "the device configuration data was partly overwritten",
    ),
    (
        "sdram-without-dcd",
        "content-sdram",
        "built for external memory without the DCD that sets it up",
    ),
    (
        "dcd-fuses",
        "content-dcd-fuses",
        "somebody put fuse writes into the DCD: the ROM runs it at every start",
    ),
    (
        "dcd-unlocks-fuses",
        "content-dcd-fuses",
        "somebody put fuse writes into the DCD: the ROM runs it at every start",
    ),
    (
        "entry-outside-boot-data",
        "content-entry",
        "the IVT and the application come from different builds",
    ),
    (
        "past-flash-window",
        "content-past-flash",
        "linked for another memory",
    ),
    (
        "in-no-memory",
        "content-past-flash",
        "linked for another memory",
    ),
    (
        "outside-flash",
        "content-past-flash",
        "linked for another memory",
    ),
];

pub fn rules(facts: &Facts, content: &Content) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for rule in content
        .rules
        .iter()
        .filter(|rule| rule.severity >= Severity::Error)
    {
        let Some((_, code, cause)) = BROKEN.iter().find(|(name, ..)| *name == rule.code()) else {
            continue;
        };
        if findings.iter().any(|finding| finding.code == *code) {
            continue;
        }
        let finding = Finding::error(code, rule.to_string())
            .why("read on one pad, by the rules that the ROM and the processor follow")
            .cause(*cause);
        findings.push(match *code {
            "content-dcd-fuses" => finding
                .act("do not let this image start; write another one")
                .run(write_command(facts)),
            _ => finding.run(write_command(facts)),
        });
    }
    findings.extend(entry_beyond(facts, content, &findings));
    findings.extend(external_stack(facts, content));
    findings.extend(reset_erased(facts, content));
    findings.extend(unsigned(facts, content));
    findings
}

/// An entry that the boot data does not cover; an error when there is nothing.
fn entry_beyond(facts: &Facts, content: &Content, so_far: &[Finding]) -> Option<Finding> {
    let rule = content
        .rules
        .iter()
        .find(|rule| rule.code() == "entry-outside-boot-data")?;
    if so_far.iter().any(|finding| finding.code == "content-entry") {
        return None;
    }
    let entry = content.inspection.ivt?.entry & !1;
    let erased = content
        .memory
        .bytes(entry, 4)
        .is_none_or(|bytes| bytes == [0xFF; 4]);
    let finding = match erased {
        true => Finding::error("content-entry", format!("{}, and nothing is there", rule)),
        false => Finding::warning("content-entry", rule.to_string()),
    };
    Some(
        finding
            .why("the boot data says how far the image reaches")
            .cause("the IVT and the application come from different builds")
            .run(write_command(facts)),
    )
}

/// A stack in external memory, which must be set up before the first instruction.
fn external_stack(facts: &Facts, content: &Content) -> Option<Finding> {
    let rule = content
        .rules
        .iter()
        .find(|rule| rule.code() == "stack-in-sdram")?;
    Some(
        Finding::warning("content-stack-external", rule.to_string())
            .why("the processor uses the stack before any code can set up the memory controller")
            .cause("linked for another board, with external memory")
            .run(write_command(facts)),
    )
}

/// The vector table is there, and the code that it points to is not.
fn reset_erased(facts: &Facts, content: &Content) -> Option<Finding> {
    let vectors = content.inspection.vectors?;
    let first = content.memory.bytes(vectors.reset & !1, 4)?;
    (first == [0xFF; 4]).then(|| {
        Finding::error(
            "content-code-erased",
            format!("the reset handler {:#010x} is erased flash", vectors.reset),
        )
        .why("boot header and vector table are there, the code is not")
        .cause("a write stopped half-way, or a part of the image was erased since")
        .run(write_command(facts))
    })
}

/// A closed part starts signed images only.
fn unsigned(facts: &Facts, content: &Content) -> Option<Finding> {
    let closed = facts.rom.as_ref()?.hab? == Hab::Closed;
    let signed = content.inspection.csf.is_some();
    (closed && !signed && starts(&content.rules)).then(|| {
        Finding::error("content-unsigned", "the part is closed (HAB), and the image in flash is not signed")
            .why("the ROM says closed; the IVT's CSF pointer leads to no signature")
            .sure(Sure::Certain)
            .act("sign the image with the key whose hash is in this part's fuses (SPSDK nxpimage hab export)")
            .run(write_command(facts))
    })
}

/// An image that no RT1021 was meant to start.
pub fn other_chip(facts: &Facts, content: &Content) -> Option<Finding> {
    let seen = content
        .inspection
        .finding(&rtboot_finding::catalogue::image::OTHER_CHIP)?;
    Some(
        Finding::error(
            "content-other-chip",
            "what is in flash was made for another chip",
        )
        .why(seen.to_string())
        .cause("another project's image was written")
        .run(write_command(facts)),
    )
}
