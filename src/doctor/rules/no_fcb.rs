//! An image without its FCB: overwritten, never written, or not written yet.

use super::write_command;
use crate::doctor::facts::{Content, Facts};
use crate::doctor::finding::{Finding, Sure};

/// The next step when this tool's own write left it so.
pub const DEAF: &str = "if a write of rtboot fails here again: measure the flash's WP# and HOLD# (both must be high), and its supply while it is programmed";

/// An IVT where it belongs, and no FCB before it.
pub fn no_fcb(facts: &Facts, content: &Content) -> Option<Finding> {
    let (seen, base) = (&content.inspection, facts.flash_base());
    if seen.fcb.is_some() || seen.ivt_address != Some(facts.identity.chip.map.ivt_address()) {
        return None;
    }
    if !erased(content, base, 0x100) {
        let is_broken = |code: &str| code.starts_with("fcb") && code != "fcb-missing";
        if content.rules.iter().any(|rule| is_broken(rule.code())) {
            return None; // there is one, and it is broken: the rule says how
        }
        let begins = content.memory.bytes(base, 4).unwrap_or_default();
        let begins: Vec<String> = begins.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some(
            Finding::error("content-fcb-overwritten", format!("there is an IVT at 0x60001000, but {} instead of an FCB at 0x60000000", begins.join(" ")))
                .why("the ROM reads the FCB's tag (46 43 46 42, \"FCFB\") first and falls back to serial download without it")
                .cause("the place of the FCB was filled with something else, as padding or with other data")
                .run(write_command(facts)),
        );
    }
    let waits = facts.host.rescue.as_ref();
    let waits = waits.map(|path| {
        format!("the FCB's place is erased, and bytes saved before the erase wait in {path}")
    });
    let half = (!erased(content, base + 0x100, 0x100)).then(|| {
        "the FCB's second page is there and its first one is erased, which rtboot programs last"
            .to_owned()
    });
    if let Some(why) = waits.or(half) {
        return Some(
            Finding::error(
                "content-interrupted",
                "an interrupted write left the flash half done: the FCB comes last",
            )
            .why(why)
            .run(write_command(facts))
            .act("the same write finishes the job and restores the saved bytes")
            .measure(DEAF),
        );
    }
    Some(
        Finding::error("content-fcb-missing", "there is an IVT at 0x60001000, but no FCB: its place is erased")
            .why("without an FCB the ROM does not know the flash and falls back to serial download")
            .sure(Sure::Likely)
            .cause("the file was written without an FCB (a \"nopadding\" image; blhost without fill-memory and configure-memory 0xF000000F)")
            .cause("a write was interrupted: rtboot writes the FCB last")
            .run(write_command(facts)),
    )
}

fn erased(content: &Content, address: u32, length: usize) -> bool {
    content
        .memory
        .bytes(address, length)
        .is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0xFF))
}
