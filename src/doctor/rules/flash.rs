//! The flash itself: does it answer, is it the part that is meant, does it say of itself what the part's data sheet says?

use rtboot_fcb::{JedecId, database};
use rtboot_finding::catalogue::flash as entries;
use rtboot_finding::{Action, Finding, Sure};

use super::{AGAIN, CYCLE_AND_AGAIN, POWER_CYCLE, sfdp};
use crate::doctor::facts::{Facts, FlashLook, ReadProof};
use crate::flash::{Trial, names};
use crate::{Error, mboot, port};

/// Makers' bytes that no maker has registered: copies.
const UNREGISTERED: [u8; 2] = [0x25, 0x46];

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.flash_error.iter().map(|e| link(facts, e)).collect();
    let Some(look) = &facts.flash else {
        return findings;
    };
    if let Some(finding) = busy(look).or_else(|| silent(facts, look)) {
        findings.push(finding);
        return findings;
    }
    findings.extend(woken(look));
    findings.extend(four_byte(look));
    if look.nor.id != look.nor.id_again {
        findings.push(unsteady(look));
        return findings;
    }
    findings.extend(identity(facts, look));
    findings.extend(sfdp::contradictions(facts, look));
    findings.extend(fast_read(facts, look));
    findings
}

/// Asking the flash failed on the way.
fn link(facts: &Facts, error: &Error) -> Finding {
    let source = match error {
        Error::Configure { source, .. } | Error::Mboot { source, .. } => Some(source),
        _ => None,
    };
    let of = |entry| {
        Finding::new(entry)
            .why(error.to_string())
            .sure(Sure::Possible)
    };
    if let Some(status) = source.and_then(mboot::Error::status) {
        return of(&entries::FLASH_REFUSED)
            .because(match status.0 {
                7000..=7002 => "the flash does not get ready: absent, held in reset, or busy",
                4 => "this flashloader does not take configuration blocks",
                _ => "an answer that no build of NXP's flashloader is known to give here",
            })
            .act(POWER_CYCLE);
    }
    let gone = matches!(
        source,
        Some(
            mboot::Error::Gone { .. }
                | mboot::Error::Port {
                    source: port::Error::Gone { .. },
                    ..
                }
        )
    );
    if gone {
        return of(&entries::FLASH_LINK_LOST)
            .measure("watch the board's supply while the flash is read");
    }
    let finding = of(&entries::FLASH_LINK_SILENT).act(CYCLE_AND_AGAIN);
    match facts.flash.is_some() {
        // a flash that answered before does not keep the flashloader waiting
        true => finding.because("a report was lost: hub, cable, virtual machine, or noise"),
        false => finding,
    }
}

/// A flash that is there and does not hear, for it is busy.
fn busy(look: &FlashLook) -> Option<Finding> {
    let sr1 = look.nor.status.sr1;
    if sr1 != 0xFF && look.sr1_again != 0xFF && sr1 & look.sr1_again & 1 == 1 {
        return Some(
            Finding::new(&entries::FLASH_BUSY)
                .why(format!(
                    "status register 1 reads {sr1:#04x} twice (bit 0 is busy); its id reads {}",
                    look.nor.id
                ))
                .sure(Sure::Likely)
                .act(POWER_CYCLE)
                .measure("measure the flash's VCC while it is busy"),
        );
    }
    None
}

/// A flash that was brought back from a mode in which it hears no commands.
fn woken(look: &FlashLook) -> Option<Finding> {
    let woken = look.nor.woken?;
    let finding = woken.finding(look.nor.id).why(format!(
        "its id read {} first and {} now; a reset of the chip does not end such a mode, and the boot ROM cannot read the flash in it",
        woken.before, look.nor.id
    ));
    Some(finding.act(
        "let the application end the mode before a reset, or wire the flash's reset to the chip's",
    ))
}

/// A large flash that the boot ROM could not read, for it took four address bytes.
fn four_byte(look: &FlashLook) -> Option<Finding> {
    let finding = look.nor.left_in_four_byte_mode()?.why(
        "reads of the same place with 24 and with 32 address bits differed, and are alike since the mode was ended; a reset of the chip does not end it",
    );
    Some(finding.act(
        "let the application end the mode (E9h) before a reset, or wire the flash's reset to the chip's",
    ))
}

/// Nothing sensible comes back. What it is cannot be told from here, so alternatives with the next measurement.
fn silent(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let chip = facts.identity.chip;
    let groups = chip.flash_pins.iter();
    let groups: Vec<String> = groups
        .map(|pins| format!("{} is the {} group", pins.ss0, pins.name))
        .collect();
    let cs = format!("look where the flash's CS goes: {}", groups.join(", "));
    let id = look.nor.id;
    if id.0 == [0; 3] {
        return Some(
            Finding::new(&entries::FLASH_LINE_LOW)
                .text("id", id)
                .why("an absent flash reads as ones; zeros need something that pulls the line down")
                .sure(Sure::Possible)
                .measure(format!(
                    "with the board off, measure {} against ground; with it on, the flash's VCC",
                    data(facts, 1)
                )),
        );
    }
    if look.nor.answers() {
        return None;
    }
    if facts.loader_drives_second_pins() {
        return Some(
            Finding::new(&entries::FLASH_LOADER_PINS)
                .why(format!(
                    "SBMR1 bits 10:8 are 7, or bit {} of fuse word {} is set: then the {} flashloader uses the second group",
                    chip.in_package.bit, chip.in_package.word, chip.name
                ))
                .sure(Sure::Likely)
                .measure(cs),
        );
    }
    let seconds = facts
        .boot_config()
        .is_some_and(|config| config.boots_second_pins());
    if seconds {
        return Some(
            Finding::new(&entries::FLASH_SECOND_PINS)
                .why("no flash answers on the primary pins, and the boot pins or fuses say flash type 7: second group")
                .sure(Sure::Likely)
                .act("program it with a debug probe or an application of your own; for serial download it must sit on the primary group")
                .measure(cs),
        );
    }
    Some(
        Finding::new(&entries::FLASH_SILENT)
            .text("id", id)
            .why("nor does it answer after a release from power-down, nor on four lines; nothing drives the line")
            .sure(Sure::Possible)
            .measure(format!("{cs}; the second group cannot be reached"))
            .measure("measure its VCC and RESET#; then CS and CLK with a scope while the doctor runs: pulses and no answer is the flash, no pulses are the pins")
            .act(POWER_CYCLE),
    )
}

/// A data pin of the primary group: "D1 (GPIO_SD_B1_10)".
fn data(facts: &Facts, line: usize) -> String {
    let pins = facts.identity.chip.flash_pins.first();
    let pad = pins.and_then(|pins| pins.data.get(line));
    pad.map_or(format!("D{line}"), |pad| format!("D{line} ({pad})"))
}

fn unsteady(look: &FlashLook) -> Finding {
    Finding::new(&entries::FLASH_ID_UNSTEADY)
        .why(format!("{} and {}", look.nor.id, look.nor.id_again))
        .sure(Sure::Likely)
        .measure("look at CLK and D1 with a scope at the flash; re-solder")
}

/// Which part it is, compared with what the user says and what the database knows.
fn identity(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let id = look.nor.id;
    if let Some(expected) = &facts.expected
        && expected.file.by_jedec(id).is_empty()
    {
        let wanted: Vec<String> = expected
            .file
            .parts
            .iter()
            .take(3)
            .map(|part| format!("{} ({})", part.name, part.jedec))
            .collect();
        let known = match look.known.is_empty() {
            true => "not in the database".into(),
            false => names(&look.known),
        };
        let finding = Finding::new(&entries::FLASH_OTHER_PART)
            .text("from", &expected.from)
            .text("id", id)
            .text("known", known)
            .why(format!("it should be {}", wanted.join(" or ")));
        return Some(finding.run(match look.known.first() {
            Some(part) => Action::Write {
                app: facts.app.as_ref().map(|app| app.name.clone()),
                part: Some(part.name.clone()),
            },
            None => Action::ProbeFlash,
        }));
    }
    if !look.known.is_empty() || facts.part().is_some() {
        return None;
    }
    if let Some((near, how)) = garbled(id) {
        return Some(
            Finding::new(&entries::FLASH_ID_GARBLED)
                .text("id", id)
                .text("known", near)
                .text("how", how)
                .why("bits that are shifted or stuck are the line's doing, not the part's")
                .sure(Sure::Likely)
                .measure("look at CLK and D1 with a scope at the flash")
                .run(AGAIN),
        );
    }
    let maker = match UNREGISTERED.contains(&id.0[0]) {
        true => "its maker's byte is unregistered: a copy of another maker's part".to_owned(),
        false => id.maker().map_or("its maker is unknown".into(), |maker| {
            format!("its maker is {maker}")
        }),
    };
    Some(match &look.nor.sfdp {
        Ok(_) => Finding::new(&entries::FLASH_UNKNOWN)
            .text("id", id)
            .why(format!("{maker}; it describes itself by SFDP"))
            .run(Action::ProbeToCfg),
        Err(error) => Finding::new(&entries::FLASH_UNKNOWN_NO_SFDP)
            .text("id", id)
            .why(format!("{maker}; SFDP: {error}"))
            .act("read the marking on the chip and write a .cfg from its data sheet")
            .run(Action::ExampleCfg),
    })
}

/// A known id with its bits shifted by one, or with bits stuck at 0 or 1.
fn garbled(id: JedecId) -> Option<(JedecId, &'static str)> {
    let word = |id: JedecId| u32::from_be_bytes([0, id.0[0], id.0[1], id.0[2]]);
    let seen = word(id);
    let known = database::parts().map(|part| part.jedec);
    let how = |known: JedecId| {
        let right = word(known);
        if right >> 1 == seen || (right >> 1 | 0x80_0000) == seen {
            return Some("all bits one place late");
        }
        if right << 1 & 0xFF_FFFE == seen & 0xFF_FFFE {
            return Some("all bits one place early");
        }
        None
    };
    known
        .into_iter()
        .find_map(|known| how(known).map(|how| (known, how)))
}

/// The part's own fast read gives other bytes than the one-pad read.
fn fast_read(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let ReadProof::Differs {
        address,
        plain,
        fast,
        slow_is_right,
    } = &look.fast
    else {
        return None;
    };
    let part = look.part.as_ref()?;
    let stored_too = facts
        .content
        .as_ref()
        .is_some_and(|content| matches!(content.trial, Trial::Same { .. }));
    if stored_too {
        return None; // the board's own FCB reads it well: the part's entry is not this board's
    }
    let of = |entry| {
        Finding::new(entry)
            .text("read", part.read)
            .address("at", *address)
            .byte("plain", *plain)
            .byte("found", *fast)
    };
    Some(match slow_is_right {
        true => of(&entries::FLASH_TOO_FAST)
            .why(format!(
                "it fails at the part's clock ({}) only",
                part.clock
            ))
            .sure(Sure::Likely)
            .measure(format!(
                "look whether {} is free: sampling above 60 MHz goes through this pad",
                super::dqs(facts)
            ))
            .run(super::slower(facts)),
        false => of(&entries::FLASH_QUAD_WRONG)
            .why("the clock is not the reason, and quad enable is set")
            .sure(Sure::Possible)
            .measure(format!(
                "measure {} and {} from chip to flash",
                data(facts, 2),
                data(facts, 3)
            ))
            .act(POWER_CYCLE),
    })
}
