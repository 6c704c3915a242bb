//! Signs that an image is for another chip.

use rtboot_chip::{CHIPS, Chip};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Inspection;
use crate::{Ivt, Memory, MemoryMap};

/// Where ROMs look for the FCB, counted from the start of their flash, and chips without a row in the table that do.
///
/// Source: NXP's SDK and SPSDK's data of these chips.
const FCB_OFFSETS: [(u32, &[&str]); 2] =
    [(0, &[]), (0x400, &["RT1160", "RT1170", "RT500", "RT600"])];
const TAG: &[u8] = b"FCFB";

/// Flash windows of chips without a row in the table: first address, one past the last, whose they are.
///
/// Source: NXP's SDK and Zephyr's device trees of these chips.
const FOREIGN_WINDOWS: [(u32, u32, &str); 2] = [
    (0x2800_0000, 0x3000_0000, "RT1180"),
    (0x3000_0000, 0x4000_0000, "RT1160 and RT1170"),
];
/// Bytes of a window that are looked at: no flash is larger.
const LARGEST: u32 = 0x0800_0000;
/// More names than these are not told one by one.
const FEW: usize = 4;

/// The sign; `None` when the image may be for this chip.
pub(super) fn judge(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let sign = window(seen, memory, map).or_else(|| far_fcb(seen, memory, map))?;
    Some(Finding::new(&found::OTHER_CHIP).text("sign", sign))
}

/// The windows of chips that boot from another one.
fn windows(map: &MemoryMap) -> impl Iterator<Item = (u32, u32, String)> {
    let own = map.flash_base;
    let rows = CHIPS.iter().enumerate().filter(move |(at, chip)| {
        let base = chip.map.flash_base;
        let mut before = CHIPS.iter().take(*at);
        base != own && before.all(|other| other.map.flash_base != base)
    });
    let rows = rows.map(|(_, chip)| {
        let base = chip.map.flash_base;
        let whose = names(&[], |other| other.map.flash_base == base);
        (base, base + LARGEST, whose)
    });
    let foreign = FOREIGN_WINDOWS.iter();
    rows.chain(foreign.map(|&(from, to, whose)| (from, to, whose.to_owned())))
}

/// "RT1010, RT1011, RT1160 and RT1170", or that they are most others.
fn names(more: &[&str], test: impl Fn(&Chip) -> bool) -> String {
    let rows = CHIPS.iter().filter(|chip| test(chip)).map(|chip| chip.name);
    let rows: Vec<&str> = rows.collect();
    let all: Vec<&str> = match rows.len() > FEW {
        true => vec!["other RT10xx"],
        false => rows.into_iter().chain(more.iter().copied()).collect(),
    };
    match all.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        few => few.join(""),
    }
}

/// Bytes, or what they are linked to, in a window of another chip's flash.
fn window(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<String> {
    let linked = seen.ivt.map(|ivt| ivt.self_address);
    let linked = linked.or(seen.vectors.map(|vectors| vectors.reset & !1));
    let inside = |address: u32| {
        windows(map).find(|(from, to, _)| (*from..*to).contains(&map.normalised(address)))
    };
    let placed = memory
        .segments()
        .find_map(|(start, _)| Some((start, inside(start)?)));
    let (start, (from, _, whose)) = placed?;
    // this chip's own window may be as wide: then the image itself must say so
    let told = !map.in_flash(start) || linked.and_then(inside).is_some();
    let here = match map.is_other_flash(start) {
        true => format!(
            "; on the {} that is the flash of its other FlexSPI, from which it does not boot",
            map.chip
        ),
        false => String::new(),
    };
    told.then(|| {
        format!("its bytes at {start:#010x} lie in the flash window at {from:#010x} of the {whose}{here}")
    })
}

/// An FCB where other ROMs look for it.
fn far_fcb(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<String> {
    let others = FCB_OFFSETS.iter();
    let mut others = others.filter(|(offset, _)| *offset != map.fcb_offset);
    others.find_map(|&(offset, more)| {
        let whose = names(more, |chip| chip.map.fcb_offset == offset);
        far_fcb_at(offset, &whose, seen, memory, map)
    })
}

/// The same for ROMs that look for it at this offset.
fn far_fcb_at(
    offset: u32,
    whose: &str,
    seen: &Inspection,
    memory: &Memory,
    map: &MemoryMap,
) -> Option<String> {
    let is_fcb = |at: u32| memory.bytes(at, TAG.len()) == Some(TAG);
    let far = map.flash_base.wrapping_add(offset);
    let ours = map.fcb_address();
    // an image of this chip that lies too high has its IVT as far behind its FCB as ever
    let is_shifted = memory
        .bytes(
            far.wrapping_add(map.ivt_offset.wrapping_sub(map.fcb_offset)),
            Ivt::LEN,
        )
        .is_some_and(Ivt::is_here);
    if seen.fcb.is_none() && is_fcb(far) && !is_shifted {
        return Some(format!(
            "an FCB lies at {far:#010x}, where the ROM of {whose} looks for it; that of the {} looks at {ours:#010x}",
            map.chip
        ));
    }
    let to_ivt = map.ivt_offset.wrapping_sub(offset);
    let ivt = memory
        .bytes(ours.wrapping_add(to_ivt), Ivt::LEN)
        .filter(|bytes| Ivt::is_here(bytes) && seen.ivt_address != Some(map.ivt_address()))?;
    (is_fcb(ours) && Ivt::parse(ivt).is_ok()).then(|| {
        format!(
            "the IVT lies {to_ivt:#x} behind the FCB, as for the ROM of {whose}; on the {} it lies at {:#010x}",
            map.chip,
            map.ivt_address()
        )
    })
}
