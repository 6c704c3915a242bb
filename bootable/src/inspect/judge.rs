//! The rules of the FCB, of a bare application, and of places.

use rtboot_fcb::Fcb;

use super::Inspection;
use crate::finding::Finding;
use crate::{BootDevice, Memory, MemoryMap, Vectors};

/// The FCB: is one at the start of the flash, and can it be one?
pub(super) fn fcb(seen: &mut Inspection, memory: &Memory, map: &MemoryMap) {
    let address = map.fcb_address();
    let tag = |address| memory.bytes(address, 4) == Some(b"FCFB");
    if !tag(address) {
        if let Some(start) = memory
            .segments()
            .map(|(start, _)| start)
            .find(|&start| tag(start))
        {
            let text = format!(
                "an FCB lies at {start:#010x}, but the ROM looks for it at {address:#010x} only: the image is in the wrong place"
            );
            seen.findings.push(Finding::error("fcb-misplaced", text));
        }
        return;
    }
    let Some(fcb) = memory
        .bytes(address, Fcb::LEN)
        .and_then(|bytes| Fcb::parse(bytes).ok())
    else {
        let text = format!("the FCB at {address:#010x} is cut off: 512 bytes are needed");
        return seen.findings.push(Finding::error("fcb-cut", text));
    };
    let sound = seen.findings.len();
    if fcb.version() >> 24 != u32::from(b'V') {
        let text = format!(
            "the FCB's version is {:#010x}, which does not begin with 0x56 (\"V\"): garbage behind a tag?",
            fcb.version()
        );
        seen.findings.push(Finding::error("fcb-version", text));
    }
    if fcb.total_size() == 0 {
        seen.findings.push(Finding::error(
            "fcb-size",
            "the FCB says that the flash has 0 bytes",
        ));
    }
    if fcb.sequence(0).to_bytes().iter().all(|&byte| byte == 0) {
        seen.findings.push(Finding::error(
            "fcb-read-sequence",
            "the FCB has no read sequence (LUT 0 is empty), so nothing can be read",
        ));
    }
    let size = fcb.total_size();
    let in_flash = memory.segments().filter(|(start, _)| map.in_flash(*start));
    let end = in_flash
        .last()
        .map_or(0, |(start, bytes)| u64::from(start) + bytes.len() as u64);
    if size != 0 && end > u64::from(map.flash_base) + size {
        let text = format!(
            "the image ends at {end:#010x}, past the {size:#x} bytes of flash that the FCB describes"
        );
        seen.findings.push(Finding::error("image-past-flash", text));
    }
    if seen.findings.len() == sound {
        seen.findings.push(Finding::ok(
            "fcb",
            format!("an FCB lies at {address:#010x}, for {size:#x} bytes of flash"),
        ));
    }
    seen.fcb = Some(fcb);
}

/// An application without IVT.
pub(super) fn bare(
    seen: &mut Inspection,
    vectors: Option<Vectors>,
    memory: &Memory,
    map: &MemoryMap,
) {
    if let Some(vectors) = vectors {
        seen.findings
            .extend(vectors.findings(memory, map, |address| address));
        seen.findings.extend(over_headers(vectors, memory, map));
        seen.vectors = Some(vectors);
        return;
    }
    // nothing keeps the rules of a vector table: say what is wrong with the likeliest one
    let usual = memory.byte(map.app_address()).map(|_| map.app_address());
    let guess = usual
        .or(memory.first())
        .and_then(|table| Vectors::read(memory, table));
    if let Some(guess) = guess {
        seen.findings
            .extend(guess.findings(memory, map, |address| address));
    }
}

/// Does a bare application reach into the places of the FCB and the IVT?
fn over_headers(vectors: Vectors, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let is_fcb = |address| memory.bytes(address, 4) == Some(b"FCFB");
    let mut areas = crate::image::header_areas(map)
        .into_iter()
        .filter(|&(_, address, _)| !is_fcb(address));
    let (name, address, len) = areas.find(|&(_, address, len)| {
        let area = memory.slice(address, len);
        !crate::image::is_padding(&area)
            || (vectors.table >= address && vectors.table - address < len as u32)
    })?;
    let text = format!(
        "the application reaches into {address:#010x}..{:#010x}, the place of the {name}; link its vector table to {:#010x}",
        u64::from(address) + len as u64,
        map.app_address()
    );
    Some(Finding::error("app-over-boot-header", text))
}

/// Places that have to do with the chip alone: outside the flash, BEE headers.
pub(super) fn places(seen: &mut Inspection, memory: &Memory, map: &MemoryMap) {
    let flash = memory.segments().any(|(start, _)| map.in_flash(start));
    for (start, bytes) in memory.segments() {
        let end = u64::from(start) + bytes.len() as u64;
        let text = if map.in_flash(start) && end > map.flash_end() {
            format!(
                "the bytes {start:#010x}..{end:#010x} run past the end of the flash window at {:#010x}",
                map.flash_end()
            )
        } else if flash && !map.in_flash(start) {
            format!(
                "the bytes {start:#010x}..{end:#010x} lie in {}, not in flash with the rest",
                map.name_of(start)
            )
        } else if map.ram_at(start).is_none() && !map.in_flash(start) {
            format!(
                "the bytes {start:#010x}..{end:#010x} lie in {}",
                map.name_of(start)
            )
        } else {
            continue;
        };
        seen.findings.push(Finding::error("outside-flash", text));
    }
    let nor = map.device == BootDevice::SerialNor;
    if nor && (seen.ivt.is_some() || seen.fcb.is_some()) {
        for offset in [0x400, 0x800] {
            let address = map.flash_base.wrapping_add(offset);
            // key block and region block, both encrypted: neither zero nor blank
            let blocks = [
                memory.bytes(address, 32),
                memory.bytes(address.wrapping_add(0x80), 256),
            ];
            if blocks
                .iter()
                .all(|block| block.is_some_and(|bytes| !uniform(bytes)))
            {
                let text = format!(
                    "something lies at {address:#010x}, where a header of the bus encryption engine (BEE) would be"
                );
                seen.findings.push(Finding::note("bee-header", text));
                seen.bee.push(address);
            }
        }
    }
}

fn uniform(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0) || bytes.iter().all(|&byte| byte == 0xFF)
}

/// Why nothing was recognised.
pub(super) fn nothing(memory: &Memory, map: &MemoryMap) -> String {
    let Some(first) = memory.first() else {
        return "there are no bytes".to_owned();
    };
    let begins = memory
        .segments()
        .next()
        .map_or_else(String::new, |(_, bytes)| crate::bytes_text(bytes, 8));
    let place = map.name_of(first);
    format!(
        "no FCB, no IVT and no vector table were found; the bytes begin at {first:#010x} in {place} with {begins}"
    )
}
