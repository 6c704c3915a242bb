//! Fuses that lock ways in or change what the chip does at reset, and what the last reset was.

use rtboot_finding::catalogue::boot as entries;
use rtboot_finding::{Finding, Sure};

use super::write;
use crate::Error;
use crate::doctor::facts::{Facts, Source};
use crate::sdp::Hab;

const FORCE_INTERNAL: u32 = 16;
const SDP_DISABLE: u32 = 17;
const SJC_DISABLE: u32 = 20;
const WDOG_ENABLE: u32 = 21;
const UART_DISABLE: u32 = 4;
/// Bits of SRC_SRSR: watchdogs, and the temperature sensor.
const SRSR_WATCHDOG: u32 = 1 << 4 | 1 << 7;
const SRSR_TEMPERATURE: u32 = 1 << 8;

pub fn rules(facts: &Facts) -> Vec<Finding> {
    [
        force_internal(facts),
        sdp_disabled(facts),
        uart_disabled(facts),
        flexram(facts),
        watchdog_fuse(facts),
        no_debugger(facts),
        reset_cause(facts),
        flash_closed(facts),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A bit of BOOT_CFG1, when the word was read.
fn bit(facts: &Facts, bit: u32) -> Option<bool> {
    facts.fuses.bit(facts.identity.chip.fuses.boot_cfg1, bit)
}

fn boot_cfg1(facts: &Facts) -> String {
    let source = facts.fuses.from.unwrap_or(Source::Rom);
    format!(
        "BOOT_CFG1 is {:#010x} ({source})",
        facts
            .fuses
            .word(facts.identity.chip.fuses.boot_cfg1)
            .unwrap_or(0)
    )
}

fn force_internal(facts: &Facts) -> Option<Finding> {
    bit(facts, FORCE_INTERNAL)?.then(|| {
        Finding::new(&entries::FUSE_FORCE_INTERNAL)
            .why(boot_cfg1(facts))
            .act("serial download comes only while no image in flash starts: keep the application able to erase its own FCB, or this board cannot be reached again")
    })
}

fn sdp_disabled(facts: &Facts) -> Option<Finding> {
    bit(facts, SDP_DISABLE)?.then(|| {
        Finding::new(&entries::FUSE_SDP_DISABLED)
            .why(boot_cfg1(facts))
            .act("write a working image now, before this board is reset or loses power")
            .run(write(facts))
    })
}

fn uart_disabled(facts: &Facts) -> Option<Finding> {
    let index = facts.identity.chip.fuses.boot_cfg2;
    facts.fuses.bit(index, UART_DISABLE)?.then(|| {
        Finding::new(&entries::FUSE_UART_DISABLED)
            .why(format!(
                "BOOT_CFG2 is {:#010x}",
                facts.fuses.word(index).unwrap_or(0)
            ))
            .act("use USB; the UART stays silent on this board")
    })
}

/// The FlexRAM split by fuses may leave less DTCM or OCRAM than the application's stack needs.
fn flexram(facts: &Facts) -> Option<Finding> {
    let (word, ram) = facts.flexram_by_fuse()?;
    let split = word >> 16 & 0xF;
    if split == 0 || matches!(facts.loader_error, Some(Error::LoaderRam { .. })) {
        return None;
    }
    Some(
        Finding::new(&entries::FUSE_FLEXRAM)
            .number("ocram", ram.ocram)
            .why(format!("MISC_CONF0 is {word:#010x}, field {split} (0 is 64 KiB ITCM, 64 KiB DTCM, 128 KiB OCRAM)"))
            .act("compare the linker script's RAM sizes with this split"),
    )
}

fn watchdog_fuse(facts: &Facts) -> Option<Finding> {
    bit(facts, WDOG_ENABLE)?.then(|| {
        Finding::new(&entries::FUSE_WATCHDOG)
            .why(boot_cfg1(facts))
            .act("let the application serve the watchdog, or it is reset again and again; long erases may be cut off, too")
    })
}

fn no_debugger(facts: &Facts) -> Option<Finding> {
    bit(facts, SJC_DISABLE)?.then(|| {
        Finding::new(&entries::FUSE_NO_DEBUG)
            .why(boot_cfg1(facts))
            .act("use serial download; a probe's \"cannot connect\" is this")
    })
}

fn reset_cause(facts: &Facts) -> Option<Finding> {
    let srsr = facts.rom.as_ref()?.srsr?;
    let why = format!("SRC_SRSR is {srsr:#x}; its bits may stay set until power-off");
    if srsr & SRSR_WATCHDOG != 0 {
        return Some(
            Finding::new(&entries::RESET_WATCHDOG)
                .why(why)
                .sure(Sure::Likely)
                .act("switch power off and on; if it comes again, look at the application's start-up"),
        );
    }
    (srsr & SRSR_TEMPERATURE != 0).then(|| {
        Finding::new(&entries::RESET_TEMPERATURE)
            .why(why)
            .measure("measure the chip's temperature and supply current")
    })
}

/// A closed part whose flashloader runs nevertheless: it is signed; the image must be, too.
fn flash_closed(facts: &Facts) -> Option<Finding> {
    let closed = facts.rom.as_ref()?.hab? == Hab::Closed;
    let blank = facts.content.as_ref().is_some_and(|content| content.blank);
    (closed && blank).then(|| {
        Finding::new(&entries::CLOSED_NEEDS_SIGNATURE)
            .why("the boot ROM says closed")
            .act("sign the application before it is written")
    })
}
