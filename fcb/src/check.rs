//! What contradicts what in a configuration block, rule by rule.
//!
//! The block alone says much: a sequence that cannot work, a clock that the chip does not reach. With the [`Part`] it is
//! meant for, its size, dummy cycles, clock limit and quad enable bit are held against it as well.

mod device_mode;
mod geometry;
mod reading;
mod sequences;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rtboot_finding::catalogue::fcb as entries;

use crate::fcb::Fcb;
use crate::{Chip, Finding, Part};

/// Every rule that the block breaks, and what is good to know. An empty list: nothing is odd.
///
/// `part` is the flash that it is for, when it is known; `chip` the one whose ROM reads it.
///
/// [`crate::Severity::Error`] says that the ROM cannot read the flash with the block as it is, [`crate::Severity::Warning`] that it
/// may not, or that the block is of no use to a flashloader.
///
/// ```
/// use rtboot_fcb::{Chip, check::check, database};
///
/// let part = database::find("IS25LP064A").unwrap().1.parts.remove(0);
/// let chip = Chip::by_name("rt1021").unwrap();
/// let mut fcb = part.boot_fcb();
/// assert!(check(&fcb, Some(&part), chip).iter().all(|finding| finding.severity <= rtboot_fcb::Severity::Note));
///
/// fcb.set_clock(7);
/// let findings = check(&fcb, Some(&part), chip);
/// assert_eq!(findings[0].code(), "fcb-clock-part");
/// assert_eq!(findings[0].to_string(), "133 MHz (index 7) is above the 104 MHz limit of IS25LP064A with 6 dummy cycles");
/// ```
pub fn check(fcb: &Fcb, part: Option<&Part>, chip: &Chip) -> Vec<Finding> {
    let mut found = Vec::new();
    general(fcb, &mut found);
    sequences::check(fcb, &mut found);
    reading::check(fcb, part, chip, &mut found);
    device_mode::check(fcb, part, &mut found);
    geometry::check(fcb, part, &mut found);
    found.sort_by_key(|finding| core::cmp::Reverse(finding.severity));
    found
}

/// Fields that can be judged one by one.
fn general(fcb: &Fcb, found: &mut Vec<Finding>) {
    if fcb.version() >> 24 != u32::from(b'V') {
        found.push(Finding::new(&entries::FCB_VERSION).address("version", fcb.version()));
    }
    if fcb.device_type() != 1 {
        found.push(Finding::new(&entries::FCB_DEVICE_TYPE).number("type", fcb.device_type()));
    }
    if !matches!(fcb.flash_pads(), 1 | 2 | 4 | 8) {
        found.push(Finding::new(&entries::FCB_PADS).number("pads", fcb.flash_pads()));
    }
    let unused: Vec<String> = crate::Spec::reserved()
        .iter()
        .filter(|spec| fcb.get(spec).iter().any(|byte| *byte != 0))
        .map(|spec| format!("{:#05x}", spec.offset))
        .collect();
    if !unused.is_empty() {
        found.push(Finding::new(&entries::FCB_RESERVED).text("offsets", unused.join(", ")));
    }
    let pads = [fcb.cs_pad(), fcb.clock_pad(), fcb.data_pad(), fcb.dqs_pad()];
    if fcb.controller_options() >> 5 & 1 == 0 && pads.iter().any(|pad| *pad != 0) {
        found.push(Finding::new(&entries::FCB_PAD_OVERRIDE));
    }
}

/// A command as data sheets print it: "EBh".
fn hex_h(command: u8) -> String {
    format!("{command:02X}h")
}
