//! What an image is: found in its bytes, never asked.

mod chain;
mod foreign;
mod judge;
mod kind;

pub use kind::Kind;
use rtboot_fcb::Fcb;
use rtboot_finding::catalogue::image as found;
use rtboot_finding::{Entry, Finding, Severity};

use crate::vectors::TABLE_ALIGNMENT;
use crate::{BootData, Csf, Dcd, Ivt, McubootHeader, Memory, MemoryMap, Vectors};

/// What was found in an image, and everything about it that does not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// What it is.
    pub kind: Kind,
    /// Why it is taken for that, one sentence.
    pub reason: String,
    /// The FCB at the start of the flash.
    pub fcb: Option<Fcb>,
    /// The image vector table.
    pub ivt: Option<Ivt>,
    /// Where that table lies in the memory; its own idea of it is [`Ivt::self_address`].
    pub ivt_address: Option<u32>,
    /// The boot data that the IVT points to.
    pub boot_data: Option<BootData>,
    /// The device configuration data that the IVT points to.
    pub dcd: Option<Dcd>,
    /// The command sequence file that the IVT points to.
    pub csf: Option<Csf>,
    /// The application's stack and reset handler; `table` is the address that the application was linked to.
    pub vectors: Option<Vectors>,
    /// MCUboot's header, when nothing here is for the boot ROM.
    pub mcuboot: Option<McubootHeader>,
    /// Addresses at which headers of the bus encryption engine seem to lie.
    pub bee: Vec<u32>,
    /// What does not fit, or is worth knowing. Rules that are kept are not among them; [`crate::Verdict`] lists those too.
    pub findings: Vec<Finding>,
}

impl Inspection {
    /// The gravest finding.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Why a RAM image cannot be copied from a NOR flash: its IVT is not as far behind its start as the ROM has it there.
    pub(crate) fn layout_problem(&self, map: &MemoryMap) -> Option<Finding> {
        let (ivt, data) = (self.ivt?, self.boot_data?);
        map.ram_at(ivt.self_address)?;
        let offset = ivt.self_address.wrapping_sub(data.start);
        (offset != map.ivt_offset).then(|| {
            Finding::new(&found::NOT_FOR_FLASH)
                .hex("offset", offset)
                .hex("expected", map.ivt_offset)
        })
    }

    /// True when the IVT is encrypted: an FCB and a header of the bus encryption engine are there, and neither IVT nor vector
    /// table can be read.
    pub(crate) fn is_encrypted(&self) -> bool {
        let readable = self.ivt.is_some() || self.vectors.is_some();
        self.fcb.is_some() && !self.bee.is_empty() && !readable
    }

    /// The finding of this entry.
    pub fn finding(&self, entry: &'static Entry) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.is(entry))
    }
}

/// Looks at an image: finds its parts, says what it is and why, and what contradicts what.
///
/// Nothing is refused; an image that makes no sense is [`Kind::Unknown`] with the reasons as findings.
pub fn inspect(memory: &Memory, map: &MemoryMap) -> Inspection {
    let mut inspection = examine(memory, map);
    inspection
        .findings
        .retain(|finding| finding.severity > Severity::Ok);
    inspection
}

/// As [`inspect`], with the rules that are kept among the findings.
pub(crate) fn examine(memory: &Memory, map: &MemoryMap) -> Inspection {
    let mut seen = Inspection {
        kind: Kind::Unknown,
        reason: String::new(),
        fcb: None,
        ivt: None,
        ivt_address: None,
        boot_data: None,
        dcd: None,
        csf: None,
        vectors: None,
        mcuboot: None,
        bee: Vec::new(),
        findings: Vec::new(),
    };
    judge::fcb(&mut seen, memory, map);
    judge::bee(&mut seen, memory, map);
    match locate_ivt(memory, map) {
        Some((address, ivt)) => {
            seen.ivt = Some(ivt);
            seen.ivt_address = Some(address);
            chain::judge(&mut seen, Frame { ivt, address }, memory, map);
        }
        None => {
            seen.mcuboot = McubootHeader::find(memory);
            let vectors = locate_vectors(memory, seen.mcuboot, map);
            judge::bare(&mut seen, vectors, memory, map);
        }
    }
    judge::places(&mut seen, memory, map);
    // first, because all other rules are those of this chip
    seen.findings
        .splice(0..0, foreign::judge(&seen, memory, map));
    (seen.kind, seen.reason) = kind::decide(&seen, memory, map);
    seen
}

/// An IVT and where it really lies: turns the addresses that the image uses into those of the memory.
///
/// They differ when the ROM copies the image to RAM, and when the image is in the wrong place.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub ivt: Ivt,
    pub address: u32,
}

impl Frame {
    /// Where the memory holds what the image calls `address`.
    pub fn to_memory(self, address: u32) -> u32 {
        address
            .wrapping_sub(self.ivt.self_address)
            .wrapping_add(self.address)
    }

    /// What the image calls that address of the memory.
    pub fn to_image(self, address: u32) -> u32 {
        address
            .wrapping_sub(self.address)
            .wrapping_add(self.ivt.self_address)
    }
}

/// Where the ROM looks for the IVT, then the places where one lies in files that are not (yet) in the right place.
fn locate_ivt(memory: &Memory, map: &MemoryMap) -> Option<(u32, Ivt)> {
    let at = |address: u32| Ivt::parse(memory.bytes(address, Ivt::LEN)?).ok();
    let usual = map.ivt_address();
    if let Some(ivt) = at(usual) {
        return Some((usual, ivt));
    }
    let offsets = [0, 0x400, map.ivt_offset];
    let places = memory
        .segments()
        .flat_map(|(start, _)| offsets.map(|offset| start.checked_add(offset)));
    // elsewhere its four header bytes may be chance: its boot data must be near, too
    let near = |ivt: &Ivt| ivt.boot_data.wrapping_sub(ivt.self_address) < 0x1000;
    places
        .flatten()
        .find_map(|address| at(address).filter(near).map(|ivt| (address, ivt)))
}

/// A vector table of an application without IVT: behind MCUboot's header, at the start of a segment, at the usual place, then on
/// any 1 KiB boundary.
fn locate_vectors(
    memory: &Memory,
    mcuboot: Option<McubootHeader>,
    map: &MemoryMap,
) -> Option<Vectors> {
    let starts = memory.segments().map(|(start, _)| start);
    let behind = mcuboot.map(|header| header.table());
    let likely = behind
        .into_iter()
        .chain(starts)
        .chain([map.app_address()])
        .find_map(|table| Vectors::recognise(memory, map, table));
    likely.or_else(|| aligned(memory).find_map(|table| Vectors::recognise(memory, map, table)))
}

/// Every address on a 1 KiB boundary that the memory holds.
pub(crate) fn aligned(memory: &Memory) -> impl Iterator<Item = u32> {
    memory.segments().flat_map(|(start, bytes)| {
        let end = u64::from(start) + bytes.len() as u64;
        let first = u64::from(start).next_multiple_of(u64::from(TABLE_ALIGNMENT));
        (first..end)
            .step_by(TABLE_ALIGNMENT as usize)
            .map(|address| address as u32)
    })
}

#[cfg(test)]
mod tests;
