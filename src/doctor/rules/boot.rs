//! Boot pins: where the ROM would look, and whether it looks at all.

use rtboot_bootable::verdict::{Obstacle, obstacle};
use rtboot_finding::catalogue::boot as entries;
use rtboot_finding::{Finding, Sure};

use crate::chip::BootConfig;
use crate::doctor::facts::Facts;
use crate::flash::{BootMode, RomFacts};

/// BT_FUSE_SEL in BOOT_CFG1.
const FUSE_SEL: u32 = 4;

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let Some(rom) = &facts.rom else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = facts
        .boot_config()
        .and_then(|config| place(facts, rom, config))
        .into_iter()
        .collect();
    if let Some(mode) = rom.boot_mode() {
        findings.extend(mode_rules(facts, rom, mode, !findings.is_empty()));
    }
    findings
}

fn by_fuses(facts: &Facts, rom: &RomFacts) -> bool {
    let shadow = facts
        .fuses
        .bit(facts.identity.chip.fuses.boot_cfg1, FUSE_SEL);
    shadow.unwrap_or(
        rom.sbmr2
            .is_some_and(|sbmr2| facts.identity.chip.boot.by_fuses(sbmr2)),
    )
}

/// BOOT_CFG names another device or kind of flash than is there.
fn place(facts: &Facts, rom: &RomFacts, config: BootConfig) -> Option<Finding> {
    let (fuses, chip) = (by_fuses(facts, rom), facts.identity.chip);
    let latched = format!("BOOT_CFG was latched as {:#010x}", config.sbmr1);
    let size = facts.part().map(|part| part.size);
    let answers = facts.flash.as_ref().is_some_and(|look| look.nor.answers());
    let (finding, why) =
        match obstacle(&config, config.moves_flashloader(), size, facts.encrypted())? {
            Obstacle::Device(name) => {
                let entry = match fuses {
                    true => &entries::FUSE_BOOT_DEVICE,
                    false => &entries::STRAP_BOOT_DEVICE,
                };
                (Finding::new(entry).text("device", name), String::new())
            }
            // without an answer on the primary pins the flash may well be on the second group
            Obstacle::SecondPins if !answers => return None,
            // the doctor looks at the primary pins only
            Obstacle::FirstPins => return None,
            Obstacle::SecondPins => (
                Finding::new(&entries::STRAP_SECOND_PINS),
                format!(
                    ": flash type {}; the flashloader reached the flash on the primary group",
                    config.flash_type
                ),
            ),
            Obstacle::FlashType(kind) => (
                Finding::new(&entries::STRAP_FLASH_TYPE).number("type", kind),
                "; a quad SPI flash is type 0".into(),
            ),
            Obstacle::FourByte => (
                Finding::new(&entries::STRAP_FOUR_BYTE).sure(Sure::Likely),
                format!(
                    ": flash type {}; a part of 16 MiB or less takes three",
                    config.flash_type
                ),
            ),
            Obstacle::Encrypted => (
                Finding::new(&entries::STRAP_ENCRYPTED),
                format!(
                    ": bit {} is set; no header of the encryption engine is in flash",
                    config.encrypted_bit()
                ),
            ),
        };
    let finding = finding.why(latched + &why);
    Some(match fuses {
        true => finding
            .text("who", "the fuses (BT_FUSE_SEL is burnt)")
            .act("fuses cannot be set back; only BOOT_CFG bits that are still 0 can be burnt, so this board may have to stay as it is"),
        false => finding
            .text("who", "the BOOT_CFG pins")
            .measure(format!("measure the BOOT_CFG pins ({}) at reset: other chips on these pins may drive them", pads(chip.boot_cfg_pads)))
            .act("set them all low, switch power off and on"),
    })
}

/// "GPIO_EMC_18 to GPIO_EMC_27"
fn pads(pads: &[&str]) -> String {
    match pads {
        [first, .., last] => format!("{first} to {last}"),
        few => few.join(", "),
    }
}

fn mode_rules(facts: &Facts, rom: &RomFacts, mode: BootMode, explained: bool) -> Option<Finding> {
    let starts = facts.content_starts() == Some(true);
    match mode {
        BootMode::Fuses if !by_fuses(facts, rom) => Some(
            Finding::new(&entries::STRAP_BOOT_FROM_FUSES)
                .why("BT_FUSE_SEL is not burnt: with these pins the ROM goes to serial download at every start, whatever is in flash")
                .act("set BOOT_MODE to 10 (internal boot) and switch power off and on to start the application"),
        ),
        BootMode::Internal if starts && !explained && only_cause(facts) => Some(
            Finding::new(&entries::ROM_REFUSED_IMAGE)
                .why("SBMR2 says BOOT_MODE 10; FCB, IVT and vector table keep every rule that can be read")
                .sure(Sure::Possible)
                .act("switch the board's power off and on and see whether it starts")
                .act("write it with a lower clock")
                .run(super::slower(facts)),
        ),
        BootMode::Reserved => Some(
            Finding::new(&entries::STRAP_RESERVED)
                .why("SBMR2 bits 25:24")
                .measure(format!("measure BOOT_MODE0 and BOOT_MODE1 ({}) at reset", pads(&facts.identity.chip.boot_mode_pads))),
        ),
        _ => None,
    }
}

/// Whether no other finding explains that the ROM did not start what is in flash.
fn only_cause(facts: &Facts) -> bool {
    super::content::rules(facts).is_empty() && super::flash::rules(facts).is_empty()
}
