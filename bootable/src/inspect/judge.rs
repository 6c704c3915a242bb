//! The rules of the FCB, of a bare application, and of places.

use rtboot_fcb::Fcb;
use rtboot_finding::catalogue::{fcb as found_fcb, image as found};
use rtboot_finding::{Finding, Severity};

use super::Inspection;
use crate::{BootDevice, Ivt, McubootHeader, Memory, MemoryMap, Vectors};

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
            seen.findings.push(
                Finding::new(&found::FCB_MISPLACED)
                    .address("at", start)
                    .address("expected", address),
            );
        }
        return;
    }
    let Some(fcb) = memory
        .bytes(address, Fcb::LEN)
        .and_then(|bytes| Fcb::parse(bytes).ok())
    else {
        let finding = Finding::new(&found::FCB_CUT).address("at", address);
        return seen.findings.push(finding);
    };
    let sound = seen.findings.len();
    if fcb.version() >> 24 != u32::from(b'V') {
        let finding = Finding::new(&found_fcb::FCB_VERSION)
            .address("version", fcb.version())
            .severity(Severity::Error);
        seen.findings.push(finding);
    }
    if fcb.total_size() == 0 {
        seen.findings.push(Finding::new(&found_fcb::FCB_SIZE));
    }
    if fcb.sequence(0).is_empty() {
        seen.findings.push(Finding::new(&found_fcb::FCB_NO_READ));
    }
    let size = fcb.total_size();
    // a flash that was read back whole may be larger than its FCB says: erased cells are not part of the image
    let used = |(start, bytes): (u32, &[u8])| {
        let last = bytes.iter().rposition(|&byte| byte != 0xFF)?;
        Some(u64::from(start) + last as u64 + 1)
    };
    let in_flash = memory.segments().filter(|(start, _)| map.in_flash(*start));
    let end = in_flash.filter_map(used).last().unwrap_or(0);
    if size != 0 && end > u64::from(map.flash_base) + size {
        seen.findings.push(
            Finding::new(&found::IMAGE_PAST_FLASH)
                .address("end", end)
                .hex("size", size),
        );
    }
    if seen.findings.len() == sound {
        seen.findings.push(
            Finding::new(&found::FCB_IN_IMAGE)
                .address("at", address)
                .hex("size", size),
        );
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
    let for_mcuboot =
        |header: McubootHeader| Finding::new(&found::FOR_MCUBOOT).address("at", header.slot);
    seen.findings.extend(seen.mcuboot.map(for_mcuboot));
    if let Some(vectors) = vectors {
        seen.findings
            .extend(vectors.findings(memory, map, |address| address));
        seen.findings.extend(over_headers(vectors, memory, map));
        seen.findings.extend(over_rom_ram(vectors, memory, map));
        seen.vectors = Some(vectors);
        return;
    }
    // encrypted, or to be copied to RAM: what lies behind the header is MCUboot's matter
    if seen.mcuboot.is_some() {
        return;
    }
    if let (true, Some(header)) = (seen.is_encrypted(), seen.bee.first()) {
        let encrypted = Finding::new(&found::BEE_ENCRYPTED)
            .address("at", map.ivt_address())
            .address("header", *header);
        return seen.findings.push(encrypted);
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

/// An application for RAM is copied with the header area before it: does that reach into the RAM that the ROM uses?
fn over_rom_ram(vectors: Vectors, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    map.ram_at(vectors.table)?;
    let start = vectors.table.saturating_sub(map.app_offset);
    let (rom, end) = (map.rom_reserved, memory.end());
    let len = end.checked_sub(u64::from(start))?;
    rom.overlaps(start, len).then(|| {
        Finding::new(&found::OVER_ROM_RAM)
            .address("start", start)
            .address("end", end)
            .address("from", rom.base)
            .address("to", rom.end())
    })
}

/// Does a bare application reach into the places of the FCB and the IVT?
fn over_headers(vectors: Vectors, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let is_fcb = |address| memory.bytes(address, 4) == Some(b"FCFB");
    let mut areas = crate::layout::header_areas(map)
        .into_iter()
        .filter(|&(_, address, _)| !is_fcb(address));
    let (name, address, len) = areas.find(|&(_, address, len)| {
        let area = memory.slice(address, len);
        !crate::layout::is_padding(&area)
            || (vectors.table >= address && vectors.table - address < len as u32)
    })?;
    Some(
        Finding::new(&found::APP_OVER_BOOT_HEADER)
            .address("from", address)
            .address("to", u64::from(address) + len as u64)
            .text("header", name)
            .address("table", map.app_address()),
    )
}

/// Places that have to do with the chip alone: outside the flash, BEE headers.
pub(super) fn places(seen: &mut Inspection, memory: &Memory, map: &MemoryMap) {
    let flash = memory.segments().any(|(start, _)| map.in_flash(start));
    for (start, bytes) in memory.segments() {
        let end = u64::from(start) + bytes.len() as u64;
        let in_flash = map.in_flash(start);
        let finding = if in_flash && end > map.flash_end() {
            Finding::new(&found::PAST_FLASH_WINDOW).address("limit", map.flash_end())
        } else if flash && !in_flash {
            Finding::new(&found::OUTSIDE_FLASH).text("place", map.name_of(start))
        } else if map.ram_at(start).is_none() && !in_flash {
            Finding::new(&found::IN_NO_MEMORY).text("place", map.name_of(start))
        } else {
            continue;
        };
        seen.findings
            .push(finding.address("from", start).address("to", end));
    }
    let headers = seen.bee.iter();
    let header = |address: &u32| Finding::new(&found::BEE_HEADER).address("at", *address);
    seen.findings.extend(headers.map(header));
}

/// Headers of the bus encryption engine, behind the FCB or before the IVT of an image for NOR flash.
pub(super) fn bee(seen: &mut Inspection, memory: &Memory, map: &MemoryMap) {
    let ivt = || memory.bytes(map.ivt_address(), Ivt::LEN);
    let has_ivt = || ivt().is_some_and(|bytes| Ivt::parse(bytes).is_ok());
    if !map.bee || map.device != BootDevice::SerialNor || !(seen.fcb.is_some() || has_ivt()) {
        return;
    }
    for offset in [0x400, 0x800] {
        let address = map.flash_base.wrapping_add(offset);
        // key block and region block, both encrypted: neither zero nor blank
        let blocks = [
            memory.bytes(address, 32),
            memory.bytes(address.wrapping_add(0x80), 256),
        ];
        let is_there = |block: &Option<&[u8]>| block.is_some_and(|bytes| !uniform(bytes));
        if blocks.iter().all(is_there) {
            seen.bee.push(address);
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
