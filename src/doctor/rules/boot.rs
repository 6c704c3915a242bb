//! Boot pins: where the ROM would look, and whether it looks at all.

use crate::chip::BootConfig;
use crate::doctor::facts::{BOOT_CFG1, Facts, Obstacle, obstacle};
use crate::doctor::finding::{Finding, Sure};
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
    let shadow = facts.fuses.bit(BOOT_CFG1, FUSE_SEL);
    shadow.unwrap_or(
        rom.sbmr2
            .is_some_and(|sbmr2| facts.identity.chip.boot.by_fuses(sbmr2)),
    )
}

/// BOOT_CFG names another device or kind of flash than is there.
fn place(facts: &Facts, rom: &RomFacts, config: BootConfig) -> Option<Finding> {
    let fuses = by_fuses(facts, rom);
    let who = match fuses {
        true => "the fuses (BT_FUSE_SEL is burnt)",
        false => "the BOOT_CFG pins",
    };
    let cure = |finding: Finding| {
        match fuses {
        true => finding.act("fuses cannot be set back; only BOOT_CFG bits that are still 0 can be burnt, so this board may have to stay as it is"),
        false => finding
            .measure("measure BT_CFG[9:0] (GPIO_EMC_18 to 27) at reset: other chips on these pins may drive them")
            .act("set them all low, switch power off and on"),
    }
    };
    let why = format!("BOOT_CFG was latched as {:#010x}", config.sbmr1);
    let size = facts.part().map(|part| part.size);
    let answers = facts.flash.as_ref().is_some_and(|look| look.nor.answers());
    match obstacle(&config, size, facts.encrypted())? {
        Obstacle::Device(name) => {
            let code = match fuses {
                true => "fuse-boot-device",
                false => "strap-boot-device",
            };
            let text = format!("{who} say that the ROM boots from {name}, not from the FlexSPI NOR");
            Some(cure(Finding::error(code, text).why(why)))
        }
        Obstacle::SecondPins => answers.then(|| cure(
            Finding::error("strap-second-pins", format!("{who} say that the flash is on the second pin group, but it answers on the primary one"))
                .why(format!("{why}: flash type 7; the flashloader reached the flash on GPIO_SD_B1_06 to 11")),
        )),
        Obstacle::FlashType(kind) => Some(cure(
            Finding::error("strap-flash-type", format!("{who} say flash type {kind}: HyperFlash or an octal part"))
                .why(format!("{why}; a quad SPI flash is type 0")),
        )),
        Obstacle::FourByte => Some(cure(
            Finding::error("strap-four-byte", format!("{who} say that the ROM reads the FCB with four address bytes"))
                .why(format!("{why}: flash type 1; a part of 16 MiB or less takes three"))
                .sure(Sure::Likely),
        )),
        Obstacle::Encrypted => Some(cure(
            Finding::error("strap-encrypted", format!("{who} say that the image is encrypted (BEE), and it is not"))
                .why(format!("{why}: bit 0 is set; no header of the encryption engine is in flash")),
        )),
    }
}

fn mode_rules(facts: &Facts, rom: &RomFacts, mode: BootMode, explained: bool) -> Option<Finding> {
    let starts = facts.content.as_ref().is_some_and(|content| content.starts);
    match mode {
        BootMode::Fuses if !by_fuses(facts, rom) => Some(
            Finding::warning("strap-boot-from-fuses", "BOOT_MODE is 00 (boot as the fuses say), and the fuses say nothing")
                .why("BT_FUSE_SEL is not burnt: with these pins the ROM goes to serial download at every start, whatever is in flash")
                .act("set BOOT_MODE to 10 (internal boot) and switch power off and on to start the application"),
        ),
        BootMode::Internal if starts && !explained && only_cause(facts) => Some(
            Finding::error("rom-refused-image", "the BOOT_MODE pins say internal boot, and the ROM is in serial download: it refused what is in flash, and nothing here tells why")
                .why("SBMR2 says BOOT_MODE 10; FCB, IVT and vector table keep every rule that can be read")
                .sure(Sure::Possible)
                .cause("the pins were moved, or the flash written, since the last power-on: the board only has to be switched off and on")
                .cause("the FCB's clock or sampling suits the flashloader and not the ROM")
                .cause("the application itself jumped to serial download")
                .act("switch the board's power off and on and see whether it starts")
                .act("write it with a lower clock in the part's .cfg"),
        ),
        BootMode::Reserved => Some(
            Finding::warning("strap-reserved", "BOOT_MODE is 11, which is reserved")
                .why("SBMR2 bits 25:24")
                .measure("measure BOOT_MODE0 and BOOT_MODE1 (GPIO_EMC_16, 17) at reset"),
        ),
        _ => None,
    }
}

/// Whether no other finding explains that the ROM did not start what is in flash.
fn only_cause(facts: &Facts) -> bool {
    super::content::rules(facts).is_empty() && super::flash::rules(facts).is_empty()
}
