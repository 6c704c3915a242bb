//! The boot header that is in flash now: what the ROM would read, and whether it would start it.

use rtboot::Result;
use rtboot::event::{Listener, Meter, Stage};
use rtboot::flash::Nor;
use rtboot_bootable::{
    Finding, Inspection, Ivt, Memory, MemoryMap, Severity, check, inspect, starts,
};
use rtboot_fcb::{Fcb, database};
use serde_json::{Value, json};

/// Bytes at the start of the flash that are always read: FCB, IVT, boot data, the usual place of the vector table.
const HEADER: u32 = 0x3000;

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
    let mut memory = Memory::new();
    let base = nor.geometry().base;
    piece(nor, &mut memory, base, HEADER, listener)?;
    let ivt = memory
        .bytes(map.ivt_address(), Ivt::LEN)
        .and_then(|bytes| Ivt::parse(bytes).ok());
    for (address, length) in ivt.map_or(Vec::new(), |ivt| pointed_at(&ivt, map)) {
        piece(nor, &mut memory, address, length, listener)?;
    }
    Ok(judge(&memory, map, nor))
}

/// Places that an IVT points to, as flash addresses, with how much of them is worth reading.
fn pointed_at(ivt: &Ivt, map: &MemoryMap) -> Vec<(u32, u32)> {
    let in_flash = |address: u32| {
        map.normalised(address)
            .wrapping_sub(ivt.self_address)
            .wrapping_add(map.ivt_address())
    };
    [
        (ivt.boot_data, 16),
        (ivt.entry & !1, 16),
        (ivt.dcd, 2 * 1024),
        (ivt.csf, 8 * 1024),
    ]
    .into_iter()
    .filter(|&(address, _)| address != 0)
    .map(|(address, length)| (in_flash(address), length))
    .collect()
}

/// Reads as much of the piece as lies in flash and is not there yet.
fn piece(
    nor: &mut Nor,
    memory: &mut Memory,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<()> {
    let g = nor.geometry();
    let end = (u64::from(address) + u64::from(length)).min(g.end());
    if address < g.base || u64::from(address) >= end {
        return Ok(());
    }
    let length = (end - u64::from(address)) as u32;
    if memory.bytes(address, length as usize).is_some() {
        return Ok(());
    }
    let mut meter = Meter::begin(listener, Stage::Read, u64::from(length));
    let bytes = nor.read(address, length, &mut meter)?;
    meter.end();
    // both were read from the same flash; a difference would be noise, and the newer read is as good
    let _ = memory.replace(address, bytes);
    Ok(())
}

fn judge(memory: &Memory, map: &MemoryMap, nor: &Nor) -> BootState {
    let inspection = inspect(memory, map);
    let mut findings = check(memory, map);
    if let Some(fcb) = &inspection.fcb {
        findings.extend(against_part(fcb, nor));
    }
    let blank = memory
        .segments()
        .all(|(_, bytes)| bytes.iter().all(|&byte| byte == 0xFF));
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
    let mut findings = Vec::new();
    let quad = fcb
        .sequence(0)
        .steps()
        .iter()
        .any(|instruction| instruction.pads == 4);
    if quad && part.quad_enabled(&status) == Some(false) && fcb.device_mode_enable() == 0 {
        findings.push(Finding {
            severity: Severity::Error,
            code: "quad-enable-clear",
            text: format!(
                "the FCB reads on four pads, but the quad-enable bit of the {} is clear ({status}), so the ROM reads garbage",
                names(nor)
            ),
        });
    }
    if fcb.total_size() > u64::from(part.size) {
        findings.push(Finding {
            severity: Severity::Warning,
            code: "fcb-size-part",
            text: format!(
                "the FCB is for {:#x} bytes of flash, the {} has {:#x}",
                fcb.total_size(),
                names(nor),
                part.size
            ),
        });
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
        let reasons: Vec<&str> = self
            .reasons()
            .map(|finding| finding.text.as_str())
            .collect();
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
                    "code": finding.code,
                    "text": finding.text,
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
