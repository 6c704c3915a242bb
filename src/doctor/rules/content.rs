//! What is in flash, as the ROM would read it: blank, shifted, half written, for another flash, or sound.

use rtboot_bootable::verdict::Verdict;
use rtboot_bootable::{Kind, Memory, header_areas};
use rtboot_fcb::{ClockIndex, Fcb};
use rtboot_finding::catalogue::{content as entries, fcb as fcb_entries, image as image_entries};
use rtboot_finding::{Entry, Finding, Severity, Sure};

use super::{AGAIN, image, open, write};
use crate::doctor::facts::{Content, Facts};
use crate::flash::{Trial, TrialDiffers};

const TAG: &[u8] = b"FCFB";
/// The next step when rtboot's own write left it so.
const WRITE_FAILS_AGAIN: &str = "if a write of rtboot fails here again: measure the flash's WP# and HOLD# (both must be high), and its supply while it is programmed";

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let Some(content) = &facts.content else {
        return Vec::new();
    };
    if let Some(address) = content.unstable {
        return vec![unstable(address)];
    }
    // what a write left half done is wrong in more ways than one; the rule about open work tells the one that counts
    if facts.open.image_incomplete().is_some() {
        return Vec::new();
    }
    if content.blank {
        return vec![blank(facts)];
    }
    let Some(verdict) = facts.content_verdict() else {
        return Vec::new();
    };
    let whole = [
        zeros(facts, content),
        image::other_chip(facts, content),
        shifted(facts, content),
        foreign(facts, content),
        no_fcb(facts, content, &verdict),
    ];
    if let Some(finding) = whole.into_iter().flatten().next() {
        return vec![finding];
    }
    let mut findings: Vec<Finding> = too_fast(facts, content).into_iter().collect();
    findings.extend(image::rules(facts, content, &verdict));
    findings.extend(warned(facts, &verdict));
    if let (Some(fcb), false) = (content.fcb(), verdict.findings.iter().any(is_broken_fcb)) {
        let checks = [size(facts, &verdict), clock(facts, fcb)];
        findings.extend(checks.into_iter().flatten().take(1));
        findings.extend(status_write(fcb));
    }
    findings
}

fn unstable(address: u32) -> Finding {
    Finding::new(&entries::CONTENT_UNSTEADY)
        .address("at", address)
        .why("nothing was written in between, so it is reading that fails")
        .sure(Sure::Likely)
        .measure("look at the flash's VCC and CLK with a scope while the doctor runs")
        .run(AGAIN)
}

/// What to measure should a write fail; where one has failed, [`open::explain`] puts that first.
fn unless_it_failed(finding: Finding, facts: &Facts) -> Finding {
    match open::failed(facts) {
        true => finding,
        false => finding.measure(WRITE_FAILS_AGAIN),
    }
}

/// An erased flash: fresh, erased and never programmed, or programmed by a tool whose program step did nothing.
fn blank(facts: &Facts) -> Finding {
    let compared = facts.app.as_ref().and_then(|app| app.compared.as_ref());
    let first = compared.and_then(|compared| compared.first);
    if let Some((address, expected, found)) = first {
        let finding = Finding::new(&entries::CONTENT_NOT_PROGRAMMED)
            .text("file", super::app_name(facts))
            .address("at", address)
            .byte("expected", expected)
            .byte("found", found)
            .why("the start of the flash is erased; the tool that was to program it erased at most (\"Byte in module is $FF\")")
            .run(write(facts));
        return unless_it_failed(finding, facts);
    }
    Finding::new(&entries::CONTENT_BLANK)
        .why("the first 12 KiB read as ones, on one pad")
        .run(write(facts))
}

fn zeros(facts: &Facts, content: &Content) -> Option<Finding> {
    let all = content
        .memory
        .segments()
        .all(|(_, bytes)| bytes.iter().all(|&byte| byte == 0));
    let id = facts.flash.as_ref().map(|look| look.nor.id.to_string());
    all.then(|| {
        Finding::new(&entries::CONTENT_ZEROS)
            .why(format!(
                "its id reads well ({}), so the line works",
                id.unwrap_or_default()
            ))
            .run(write(facts))
    })
}

/// A whole image at another place than the ROM looks.
fn shifted(facts: &Facts, content: &Content) -> Option<Finding> {
    let base = facts.flash_base();
    let right = facts.identity.chip.map.fcb_address();
    let at = |address: u32| content.memory.bytes(address, 4);
    if at(right) == Some(TAG) {
        return None;
    }
    let offset = (0x100..0x3000)
        .step_by(0x100)
        .find(|&offset| at(right + offset) == Some(TAG))?;
    Some(
        Finding::new(&entries::CONTENT_SHIFTED)
            .hex("offset", offset)
            .address("at", right + offset)
            .why(format!("the ROM looks for the FCB at {right:#010x} only"))
            .run(write(facts))
            .act(format!(
                "write the complete image to {base:#010x}; rtboot finds the place by itself"
            )),
    )
}

/// Something that is no boot image for this flash: a flashloader, a bare application, an image for SD cards, other bytes.
fn foreign(facts: &Facts, content: &Content) -> Option<Finding> {
    let seen = &content.inspection;
    match seen.kind {
        Kind::Flashloader => Some(
            Finding::new(&entries::CONTENT_FLASHLOADER)
                .why(seen.reason.clone())
                .run(write(facts)),
        ),
        Kind::BareApplication if seen.fcb.is_none() => {
            let table = seen
                .vectors
                .map_or(facts.flash_base(), |vectors| vectors.table);
            Some(
                Finding::new(&entries::CONTENT_BARE)
                    .address("at", table)
                    .why(seen.reason.clone())
                    .run(write(facts))
                    .act("rtboot adds the boot header; other tools need XIP_BOOT_HEADER_ENABLE=1 in the project"),
            )
        }
        Kind::Unknown => match ram_vectors(facts, content) {
            Some((table, reset)) => Some(
                Finding::new(&entries::CONTENT_BARE_RAM)
                    .address("at", table)
                    .why(format!(
                        "its reset handler is {reset:#010x}; nothing copies it there"
                    ))
                    .sure(Sure::Likely)
                    .act(format!(
                        "link it for flash ({:#010x}), or give it an IVT that has it copied",
                        facts.identity.chip.map.app_address()
                    ))
                    .run(write(facts)),
            ),
            None if seen.fcb.is_none() && seen.ivt.is_none() => {
                let finding = Finding::new(&entries::CONTENT_UNKNOWN).run(write(facts));
                Some(match headers_are_blank(facts, content) {
                    true => finding
                        .because("something was written behind the place of the boot headers, or the headers were erased")
                        .why("flash is erased where FCB and IVT belong, and not everywhere behind them"),
                    false => finding.why(seen.reason.clone()),
                })
            }
            None => None,
        },
        _ => None,
    }
}

/// Whether nothing lies where the boot headers belong.
fn headers_are_blank(facts: &Facts, content: &Content) -> bool {
    let areas = header_areas(&facts.identity.chip.map);
    areas.into_iter().all(|(_, address, length)| {
        let bytes = content.memory.bytes(address, length);
        bytes.is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0xFF))
    })
}

/// A vector table of a RAM application at one of the usual places: where it lies, and its reset handler.
fn ram_vectors(facts: &Facts, content: &Content) -> Option<(u32, u32)> {
    let map = facts.identity.chip.map;
    let at = |table: u32| {
        let (stack, reset) = (content.memory.word(table)?, content.memory.word(table + 4)?);
        let fits = map.stack_ram(stack).is_some() && stack % 8 == 0;
        let code = reset & 1 == 1 && reset > 0x100 && map.ram_at(reset).is_some();
        (fits && code).then_some((table, reset))
    };
    [0, 0x1000, 0x2000]
        .into_iter()
        .find_map(|offset| at(map.flash_base + offset))
}

/// An IVT where it belongs, and no FCB before it: overwritten, never written, or not written yet.
fn no_fcb(facts: &Facts, content: &Content, verdict: &Verdict) -> Option<Finding> {
    let (seen, base) = (&content.inspection, facts.identity.chip.map.fcb_address());
    let ivt = facts.identity.chip.map.ivt_address();
    if seen.fcb.is_some() || seen.ivt_address != Some(ivt) {
        return None;
    }
    if !erased(&content.memory, base, 0x100) {
        if verdict.findings.iter().any(is_broken_fcb) {
            return None; // there is one, and the broken rule says how
        }
        let begins = content.memory.bytes(base, 4).unwrap_or_default();
        let begins: Vec<String> = begins.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some(
            Finding::new(&entries::CONTENT_FCB_OVERWRITTEN)
                .address("ivt", ivt)
                .address("at", base)
                .text("found", begins.join(" "))
                .why("the ROM reads the FCB's tag (46 43 46 42, \"FCFB\") first and falls back to serial download without it")
                .run(write(facts)),
        );
    }
    let half = (!erased(&content.memory, base + 0x100, 0x100)).then(|| {
        "the FCB's second page is there and its first one is erased, which rtboot programs last"
            .to_owned()
    });
    if let Some(why) = half {
        let finding = Finding::new(&entries::CONTENT_INTERRUPTED)
            .why(why)
            .run(write(facts))
            .act("the same write finishes the job and restores the saved bytes");
        return Some(unless_it_failed(finding, facts));
    }
    let missing = verdict
        .findings
        .iter()
        .find(|rule| rule.is(&fcb_entries::FCB_MISSING))?;
    Some(
        missing
            .clone()
            .why(format!(
                "its place is erased, and there is an IVT at {ivt:#010x}"
            ))
            .sure(Sure::Likely)
            .run(write(facts)),
    )
}

fn erased(memory: &Memory, address: u32, length: usize) -> bool {
    memory
        .bytes(address, length)
        .is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0xFF))
}

/// Whether a rule of an FCB's own bytes is broken. What the flash makes of the FCB is another matter.
fn is_broken_fcb(rule: &Finding) -> bool {
    const BYTES: [&Entry; 5] = [
        &fcb_entries::FCB_VERSION,
        &fcb_entries::FCB_SIZE,
        &fcb_entries::FCB_NO_READ,
        &image_entries::FCB_CUT,
        &image_entries::FCB_MISPLACED,
    ];
    rule.severity >= Severity::Error && BYTES.iter().any(|entry| rule.is(entry))
}

/// The FCB's read is right at 30 MHz and wrong at its own clock.
fn too_fast(facts: &Facts, content: &Content) -> Option<Finding> {
    let Trial::Differs(TrialDiffers {
        address,
        expected: plain,
        found: fast,
        slow_is_right: true,
    }) = &content.trial
    else {
        return None;
    };
    Some(
        Finding::new(&entries::CONTENT_FCB_TOO_FAST)
            .text("clock", ClockIndex(content.fcb()?.clock()).on(&facts.identity.chip.clocks))
            .why(format!(
                "it gives {fast:#04x} at {address:#010x} where the one-pad read gives {plain:#04x}; at 30 MHz it is correct"
            ))
            .sure(Sure::Likely)
            .measure(format!("look whether {} is free", super::dqs(facts)))
            .run(super::slower(facts)),
    )
}

/// What the ROM may stumble over, and what the application may miss.
fn warned(facts: &Facts, verdict: &Verdict) -> Vec<Finding> {
    let rules = verdict.findings.iter();
    rules
        .filter_map(|rule| {
            let clock = rule.is(&fcb_entries::FCB_CLOCK_UNKNOWN)
                || rule.is(&fcb_entries::FCB_CLOCK_CHIP);
            if clock {
                let why = "the FCB was not tried at this clock: the flashloader would run outside of its limits, too";
                return Some(rule.clone().why(why).run(image::fitting(facts)));
            }
            let why = "the IVT names it, and the bytes there are all ones";
            rule.is(&image_entries::DCD_ERASED)
                .then(|| rule.clone().why(why).run(write(facts)))
        })
        .collect()
}

/// An FCB for a larger flash: the board starts, and wraps.
fn size(facts: &Facts, verdict: &Verdict) -> Option<Finding> {
    let larger = |rule: &&Finding| rule.is(&fcb_entries::FCB_SIZE_PART);
    let rule = verdict.findings.iter().find(larger)?;
    Some(
        rule.clone()
            .why("the board starts, but addresses past the end wrap to the start")
            .because("the FCB was made for a larger part")
            .run(write(facts)),
    )
}

fn clock(facts: &Facts, fcb: &Fcb) -> Option<Finding> {
    let look = facts.flash.as_ref()?;
    let part = look.part.as_ref()?;
    let clocks = &facts.identity.chip.clocks;
    let khz = ClockIndex(fcb.clock()).khz_on(clocks)?;
    let same_read = fcb.sequence(0) == part.read.sequence();
    // which of the parts that share the id it is is not known: only what is too fast for all of them is a finding
    let limits = look.known.iter().chain([part]).map(|part| part.max_mhz);
    let limit = limits.collect::<Option<Vec<u16>>>()?.into_iter().max()?;
    (same_read && khz > u32::from(limit) * 1010).then(|| {
        Finding::new(&fcb_entries::FCB_CLOCK_PART)
            .text("clock", ClockIndex(fcb.clock()).on(clocks))
            .number("max", limit)
            .text("part", look.name())
            .number("dummy", part.read.dummy_cycles)
            .severity(Severity::Warning)
            .because("option words or an SDK example with a higher clock index")
            .why("it may work on the bench and fail in the cold or on the next board")
            .run(write(facts))
    })
}

/// An FCB that writes the status register at every start.
fn status_write(fcb: &Fcb) -> Option<Finding> {
    let sequence = fcb.sequence(usize::from(fcb.device_mode_sequence().index));
    // an empty sequence sends nothing
    (fcb.device_mode_enable() != 0 && !sequence.is_empty()).then(|| {
        Finding::new(&entries::CONTENT_FCB_WRITES_STATUS)
            .why(format!("device mode is on, argument {:#x}: protection bits are overwritten, and the register wears (some 100 000 writes)", fcb.device_mode_argument()))
            .act("set quad enable once while writing (rtboot does) and leave device mode off")
    })
}
