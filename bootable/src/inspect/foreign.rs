//! Signs that an image is for another chip.

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Inspection;
use crate::{Ivt, Memory, MemoryMap};

/// Where the ROMs of other chips look for the FCB, counted from the start of their flash.
const FCB_OF_OTHERS: u32 = 0x400;
/// From such an FCB to the IVT.
const FCB_TO_IVT: u32 = 0xC00;
const WITH_THAT_FCB: &str = "RT1010, RT1011, RT1160, RT1170, RT500 and RT600";
const TAG: &[u8] = b"FCFB";

/// Flash windows that the RT1021 has no flash in: first address, one past the last, whose they are.
///
/// Source: NXP's SDK and Zephyr's device trees of these chips.
const WINDOWS: &[(u32, u32, &str)] = &[
    (0x2800_0000, 0x3000_0000, "RT1180"),
    (0x3000_0000, 0x4000_0000, "RT1160 and RT1170"),
    (
        0x7000_0000,
        0x7800_0000,
        "RT1064, and of the second FlexSPI of the RT1060",
    ),
];

/// The sign; `None` when the image may be for this chip.
pub(super) fn judge(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let sign = window(seen, memory, map).or_else(|| far_fcb(seen, memory, map))?;
    Some(Finding::new(&found::OTHER_CHIP).text("sign", sign))
}

/// Bytes, or what they are linked to, in a window of another chip's flash.
fn window(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<String> {
    let linked = seen.ivt.map(|ivt| ivt.self_address);
    let linked = linked.or(seen.vectors.map(|vectors| vectors.reset & !1));
    let inside = |address: u32| {
        WINDOWS
            .iter()
            .find(|(from, to, _)| (*from..*to).contains(&address))
    };
    let placed = memory
        .segments()
        .find_map(|(start, _)| Some((start, inside(start)?)));
    let (start, (from, _, whose)) = placed?;
    // this chip's own window may be as wide: then the image itself must say so
    let told = !map.in_flash(start) || linked.and_then(inside).is_some();
    told.then(|| {
        format!("its bytes at {start:#010x} lie in the flash window at {from:#010x} of the {whose}")
    })
}

/// An FCB where other ROMs look for it.
fn far_fcb(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<String> {
    let is_fcb = |at: u32| memory.bytes(at, TAG.len()) == Some(TAG);
    let far = map.flash_base.wrapping_add(FCB_OF_OTHERS);
    let ours = map.fcb_address();
    // an image of this chip that lies too high has its IVT as far behind its FCB as ever
    let is_shifted = memory
        .bytes(far.wrapping_add(map.ivt_offset), Ivt::LEN)
        .is_some_and(Ivt::is_here);
    if seen.fcb.is_none() && is_fcb(far) && !is_shifted {
        return Some(format!(
            "an FCB lies at {far:#010x}, where the ROM of {WITH_THAT_FCB} looks for it; that of the {} looks at {ours:#010x}",
            map.chip
        ));
    }
    let ivt = memory
        .bytes(ours.wrapping_add(FCB_TO_IVT), Ivt::LEN)
        .filter(|bytes| Ivt::is_here(bytes) && seen.ivt_address != Some(map.ivt_address()))?;
    (is_fcb(ours) && Ivt::parse(ivt).is_ok()).then(|| {
        format!(
            "the IVT lies {FCB_TO_IVT:#x} behind the FCB, as for the ROM of {WITH_THAT_FCB}; on the {} it lies at {:#010x}",
            map.chip,
            map.ivt_address()
        )
    })
}
