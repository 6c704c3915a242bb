//! The flash itself: does it answer, is it the part that is meant, does it say of itself what the part's data sheet says?

use rtboot_fcb::{JedecId, database};

use super::{POWER_CYCLE, sfdp};
use crate::doctor::facts::{Facts, FlashLook, ReadProof};
use crate::doctor::finding::{Finding, Sure};
use crate::{Error, mboot, port};

/// Makers' bytes that no maker has registered: copies.
const UNREGISTERED: [u8; 2] = [0x25, 0x46];

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.flash_error.iter().map(|e| link(facts, e)).collect();
    let Some(look) = &facts.flash else {
        return findings;
    };
    if let Some(finding) = mode(look).or_else(|| silent(facts, look)) {
        findings.push(finding);
        return findings;
    }
    if look.nor.id != look.id_again {
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
    let status = match error {
        Error::Configure { source, .. } | Error::Mboot { source, .. } => source.status(),
        _ => None,
    };
    if let Some(status) = status {
        return Finding::error("flash-refused", "the flashloader refuses to ask the flash")
            .why(error.to_string())
            .sure(Sure::Possible)
            .cause(match status.0 {
                7000..=7002 => "the flash does not get ready: absent, held in reset, or busy",
                4 => "this flashloader does not take configuration blocks",
                _ => "an answer that no build of NXP's flashloader is known to give here",
            })
            .act(POWER_CYCLE);
    }
    let gone = match error {
        Error::Configure { source, .. } | Error::Mboot { source, .. } => matches!(
            source,
            mboot::Error::Gone { .. }
                | mboot::Error::Port {
                    source: port::Error::Gone { .. },
                    ..
                }
        ),
        _ => false,
    };
    let answered = facts.flash.is_some();
    match gone {
        true => Finding::error(
            "flash-link-lost",
            "the board left while the flash was asked",
        )
        .why(error.to_string())
        .sure(Sure::Possible)
        .measure("watch the board's supply while the flash is read"),
        false => Finding::error(
            "flash-link-silent",
            "the flashloader went silent while the flash was asked",
        )
        .why(error.to_string())
        .sure(Sure::Possible)
        .cause(match answered {
            true => "a report was lost: hub, cable, virtual machine",
            false => "the flashloader waits for the flash for ever",
        })
        .cause("noise on the link")
        .act("switch the board's power off and on, then the doctor again"),
    }
}

/// A flash that is there, but in a mode where it does not hear: busy, asleep, in QPI.
fn mode(look: &FlashLook) -> Option<Finding> {
    let sr1 = look.nor.status.sr1;
    if sr1 != 0xFF && look.sr1_again != 0xFF && sr1 & look.sr1_again & 1 == 1 {
        return Some(
            Finding::error("flash-busy", "the flash says that it is busy, and stays so")
                .why(format!(
                    "status register 1 reads {sr1:#04x} twice (bit 0 is busy); its id reads {}",
                    look.nor.id
                ))
                .sure(Sure::Likely)
                .act(POWER_CYCLE)
                .measure("measure the flash's VCC while it is busy"),
        );
    }
    if let Some(id) = look.woken {
        return Some(
            Finding::error("flash-asleep", "the flash was in deep power-down")
                .why(format!("its id read all ones, and {id} after a release from power-down (ABh)"))
                .cause("the application puts it to sleep, and a reset of the chip does not wake it")
                .act("it is awake now; run the command again")
                .run("rtboot doctor")
                .act("let the application wake it (ABh) before a reset, or wire the flash's reset to the chip's"),
        );
    }
    let id = look.qpi?;
    Some(
        Finding::error("flash-in-qpi", "the flash is in QPI mode: it hears commands on four lines only")
            .why(format!("on one line its id reads {}, on four lines {id}", look.nor.id))
            .cause("the application left it so, or another tool sent 35h or 38h (35h enters QPI on ISSI and Macronix parts)")
            .act(POWER_CYCLE),
    )
}

/// Nothing sensible comes back. What it is cannot be told from here, so alternatives with the next measurement.
fn silent(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let id = look.nor.id;
    if id.0 == [0; 3] {
        return Some(
            Finding::error("flash-line-low", "the flash's data line stays low: its id reads 00 00 00")
                .why("an absent flash reads as ones; zeros need something that pulls the line down")
                .sure(Sure::Possible)
                .measure("with the board off, measure D1 (GPIO_SD_B1_10) against ground; with it on, the flash's VCC"),
        );
    }
    if look.nor.answers() {
        return None;
    }
    if facts.loader_drives_second_pins() {
        return Some(
            Finding::error("flash-loader-pins", "no flash answers, and the flashloader drives the second pin group on this board")
                .why("SBMR1 bits 10:8 are 7, or bit 20 of fuse word 0x440 is set: then the RT1021 flashloader uses GPIO_AD_B1_00 to 05")
                .sure(Sure::Likely)
                .cause("the flash is on the primary group, and BOOT_CFG (by fuses) says otherwise")
                .cause("the flash on the second group has no supply, is held in reset, or is not soldered")
                .measure("look where the flash's CS goes: GPIO_AD_B1_05 is the second group, GPIO_SD_B1_11 the primary one"),
        );
    }
    let seconds = facts
        .boot_config()
        .is_some_and(|config| config.device == 0 && config.flash_type == 7);
    if seconds {
        return Some(
            Finding::error("flash-second-pins", "the flash is on the second pin group, which the RT1021 flashloader does not drive here")
                .why("no flash answers on the primary pins, and the boot pins or fuses say flash type 7: second group (GPIO_AD_B1_00 to 05)")
                .sure(Sure::Likely)
                .act("program it with a debug probe or an application of your own; for serial download it must sit on the primary group (GPIO_SD_B1_06 to 11)")
                .measure("look where the flash's CS goes: GPIO_AD_B1_05 is the second group, GPIO_SD_B1_11 the primary one"),
        );
    }
    Some(
        Finding::error("flash-silent", "no flash answers on the primary pins: its id reads ff ff ff")
            .why("nor does it after a release from power-down, nor on four lines; nobody drives the line")
            .sure(Sure::Possible)
            .measure("look where the flash's CS goes: GPIO_SD_B1_11 is the primary group; GPIO_AD_B1_05 is the second group, which cannot be reached")
            .measure("measure its VCC and RESET#; then CS and CLK with a scope while the doctor runs: pulses and no answer is the flash, no pulses are the pins")
            .act(POWER_CYCLE),
    )
}

fn unsteady(look: &FlashLook) -> Finding {
    Finding::error(
        "flash-id-unsteady",
        "the flash's id reads differently each time",
    )
    .why(format!("{} and {}", look.nor.id, look.id_again))
    .sure(Sure::Likely)
    .cause("noise or a bad joint on CLK, CS, D0 or D1")
    .cause("the flash's supply dips")
    .measure("look at CLK and D1 with a scope at the flash; re-solder")
}

/// Which part it is, held against what the user says and what the database knows.
fn identity(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let id = look.nor.id;
    if let Some(expected) = &facts.expected
        && expected.file.by_jedec(id).is_empty()
    {
        let names = names(look);
        let wanted: Vec<String> = expected
            .file
            .parts
            .iter()
            .take(3)
            .map(|part| format!("{} ({})", part.name, part.jedec))
            .collect();
        let finding = Finding::error(
            "flash-other-part",
            format!(
                "the flash is another part than {} says: {id}{}",
                expected.from,
                named(&names)
            ),
        )
        .why(format!("it should be {}", wanted.join(" or ")));
        let app = super::app_name(facts);
        return Some(match look.known.first() {
            Some(part) => finding.run(format!("rtboot write --fcb {} {app}", part.name)),
            None => finding.run("rtboot fcb probe"),
        });
    }
    if !look.known.is_empty() || facts.part().is_some() {
        return None;
    }
    if let Some((near, how)) = garbled(id) {
        return Some(
            Finding::error(
                "flash-id-garbled",
                format!("the flash's id {id} is {near} with {how}"),
            )
            .why("bits that are shifted or stuck are the line's doing, not the part's")
            .sure(Sure::Likely)
            .cause("D1 (flash SO) or CLK with a bad joint, or a pull that is too strong")
            .measure("look at CLK and D1 with a scope at the flash")
            .run("rtboot doctor"),
        );
    }
    let maker = match UNREGISTERED.contains(&id.0[0]) {
        true => "its maker's byte is unregistered: a copy of another maker's part".to_owned(),
        false => id.maker().map_or("its maker is not known".into(), |maker| {
            format!("its maker is {maker}")
        }),
    };
    Some(match &look.nor.sfdp {
        Ok(_) => Finding::error(
            "flash-unknown",
            format!("the flash {id} is not in the database"),
        )
        .why(format!("{maker}; it describes itself by SFDP"))
        .run("rtboot fcb probe --save PART.cfg"),
        Err(error) => Finding::error(
            "flash-unknown-no-sfdp",
            format!("the flash {id} is not in the database and does not describe itself"),
        )
        .why(format!("{maker}; SFDP: {error}"))
        .act("read the marking on the chip and write a .cfg from its data sheet")
        .run("rtboot fcb show issi.cfg --cfg"),
    })
}

fn names(look: &FlashLook) -> Vec<String> {
    look.known.iter().map(|part| part.name.clone()).collect()
}

fn named(names: &[String]) -> String {
    match names {
        [] => ", not in the database".into(),
        names => format!(", {}", names.join(" or ")),
    }
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
        .is_some_and(|content| matches!(content.stored_read, ReadProof::Same));
    if stored_too {
        return None; // the board's own FCB reads it well: the part's entry is not this board's
    }
    let text = format!(
        "the fast read ({}) gives {fast:#04x} at {address:#010x} where the one-pad read gives {plain:#04x}",
        part.read
    );
    Some(match slow_is_right {
        true => Finding::error("flash-too-fast", text)
            .why(format!("at 30 MHz it is right, at the part's clock ({}) it is not", part.clock))
            .sure(Sure::Likely)
            .measure("look whether DQS (GPIO_SD_B1_05) is free: sampling above 60 MHz goes through this pad")
            .act("lower `clock` in the part's .cfg and write again"),
        false => Finding::error("flash-quad-wrong", text)
            .why("at 30 MHz it is wrong, too, so the clock is not it; quad enable is set")
            .sure(Sure::Possible)
            .measure("measure D2 (GPIO_SD_B1_09) and D3 (GPIO_SD_B1_06) from chip to flash")
            .act(POWER_CYCLE),
    })
}
