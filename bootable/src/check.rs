//! Would the ROM start it? Rule by rule.

use rtboot_finding::catalogue::{fcb as found_fcb, image as found};
use rtboot_finding::{Finding, Severity};

use crate::{BootDevice, Memory, MemoryMap, inspect};

/// Every rule that is known for an image in flash, in the order in which the ROM comes to them: kept rules are
/// [`Severity::Ok`], broken ones [`Severity::Error`].
///
/// `memory` is flash content: of an image about to be written, or read back from a board. The known rules are those that
/// public tools and images follow: an FCB with its tag at the start; an IVT with its header at 0x1000 that knows where it
/// lies; boot data around it; an entry, stack and reset handler that make sense; a DCD that can be read. Whether the NOR
/// answers as the FCB says, what a closed part thinks of the signature, and what straps and fuses say is not in the bytes.
pub fn check(memory: &Memory, map: &MemoryMap) -> Vec<Finding> {
    let seen = inspect::examine(memory, map);
    let mut findings = Vec::new();
    if map.device == BootDevice::SerialNor
        && seen.fcb.is_none()
        && !seen
            .findings
            .iter()
            .any(|finding| finding.is(&found::FCB_MISPLACED) || finding.is(&found::FCB_CUT))
    {
        findings.push(
            Finding::new(&found_fcb::FCB_MISSING)
                .address("at", map.fcb_address())
                .text("there", there(memory, map.fcb_address())),
        );
    }
    if seen.ivt.is_none() {
        findings.push(
            Finding::new(&found::IVT_MISSING)
                .address("at", map.ivt_address())
                .text("there", there(memory, map.ivt_address())),
        );
    }
    findings.extend(seen.layout_problem(map));
    findings.extend(seen.findings);
    findings
}

/// True when no finding says that the ROM will not start it.
pub fn starts(findings: &[Finding]) -> bool {
    !findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

/// What is at an address instead.
fn there(memory: &Memory, address: u32) -> String {
    match memory.bytes(address, 4) {
        None => "nothing is there".to_owned(),
        Some([0xFF, 0xFF, 0xFF, 0xFF]) => "the flash is blank there".to_owned(),
        Some(bytes) => format!("{} is there", crate::bytes_text(bytes, 4)),
    }
}

#[cfg(test)]
mod tests;
