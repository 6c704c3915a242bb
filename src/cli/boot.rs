//! The boot header that is in flash now: what the ROM would read, and whether it would start it.

use rtboot::Result;
use rtboot::doctor::{is_blank, quad_clear, read_header};
use rtboot::event::{Listener, Meter, Stage};
use rtboot::flash::Nor;
use rtboot_bootable::{Finding, Inspection, Memory, MemoryMap, Severity, check, inspect, starts};
use rtboot_fcb::{Fcb, database};
use rtboot_finding::catalogue::fcb as found;
use serde_json::{Value, json};

/// What lies at the start of the flash, and what the ROM makes of it.
#[derive(Debug)]
pub struct BootState {
    /// What was found.
    pub inspection: Inspection,
    /// Every rule, kept or broken.
    pub findings: Vec<Finding>,
    /// Whether all that was read is erased.
    pub blank: bool,
    /// Whether no rule that the bytes can tell keeps the ROM from starting it.
    pub starts: bool,
}

/// Reads the header, and what it points to, on one pad; changes nothing.
///
/// # Errors
/// Whatever reading brings.
pub fn read(nor: &mut Nor, map: &MemoryMap, listener: &mut dyn Listener) -> Result<BootState> {
    nor.use_plain()?;
    let size = nor.geometry().size;
    let memory = read_header(size, map, &mut |address, length| {
        let mut meter = Meter::begin(listener, Stage::Read, u64::from(length));
        let bytes = nor.read(address, length, &mut meter)?;
        meter.end();
        Ok(bytes)
    })?;
    Ok(judge(&memory, map, nor))
}

fn judge(memory: &Memory, map: &MemoryMap, nor: &Nor) -> BootState {
    let inspection = inspect(memory, map);
    let mut findings = check(memory, map);
    if let Some(fcb) = &inspection.fcb {
        findings.extend(against_part(fcb, nor));
    }
    let blank = is_blank(memory);
    BootState {
        inspection,
        blank,
        starts: starts(&findings),
        findings,
    }
}

/// The names of all known parts with this flash's id: reading does not tell them apart.
pub fn names(nor: &Nor) -> String {
    let parts = database::by_jedec(nor.facts().id);
    let names: Vec<String> = parts.into_iter().map(|part| part.name).collect();
    names.join(" or ")
}

/// The FCB against the flash that is really there.
fn against_part(fcb: &Fcb, nor: &Nor) -> Vec<Finding> {
    let (part, status) = (nor.part(), nor.facts().status);
    let quad = part.quad_enabled(&status);
    let clear = quad_clear(fcb, quad, status, &names(nor));
    let mut findings: Vec<Finding> = clear.into_iter().collect();
    if fcb.total_size() > u64::from(part.size) {
        findings.push(
            Finding::new(&found::FCB_SIZE_PART)
                .severity(Severity::Warning)
                .hex("size", fcb.total_size())
                .text("part", names(nor))
                .hex("has", part.size),
        );
    }
    findings
}

impl BootState {
    /// "FCB for 8 MiB, IVT at 0x60001000, stack 0x20010000, reset handler 0x60002009"
    pub fn parts(&self) -> String {
        if self.blank {
            return "blank".into();
        }
        let seen = &self.inspection;
        let fcb = seen.fcb.as_ref().map_or("no FCB".to_owned(), |fcb| {
            format!("FCB ({})", fcb.sequence(0))
        });
        let ivt = seen
            .ivt_address
            .map_or("no IVT".to_owned(), |at| format!("IVT at {at:#010x}"));
        let vectors = seen
            .vectors
            .map(|v| format!("stack {:#010x}, reset handler {:#010x}", v.stack, v.reset));
        [Some(fcb), Some(ivt), vectors]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Why the ROM would not start it.
    pub fn reasons(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Error)
    }

    /// "the ROM would start it" or why not.
    pub fn verdict(&self) -> String {
        if self.starts {
            return "the ROM would start it".into();
        }
        let reasons: Vec<String> = self.reasons().map(ToString::to_string).collect();
        format!("the ROM would not start it: {}", reasons.join("; "))
    }

    /// As programs get it.
    pub fn object(&self) -> Value {
        let seen = &self.inspection;
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "severity": finding.severity.to_string(),
                    "code": finding.code(),
                    "text": finding.to_string(),
                })
            })
            .collect();
        json!({
            "blank": self.blank,
            "kind": seen.kind.to_string(),
            "fcb": seen.fcb.is_some(),
            "fcb_read": seen.fcb.as_ref().map(|fcb| fcb.sequence(0).to_string()),
            "ivt": seen.ivt_address,
            "entry": seen.ivt.map(|ivt| ivt.entry),
            "boot_data": seen.boot_data.map(|data| json!({"start": data.start, "length": data.length})),
            "stack": seen.vectors.map(|vectors| vectors.stack),
            "reset_handler": seen.vectors.map(|vectors| vectors.reset),
            "starts": self.starts,
            "findings": findings,
        })
    }
}
