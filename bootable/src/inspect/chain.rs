//! The rules of the IVT and of everything that hangs on it.

use super::{Frame, Inspection, aligned};
use rtboot_finding::catalogue::image as found;
use rtboot_finding::{Entry, Finding, Severity};

use crate::{BootData, Csf, Dcd, Ivt, Memory, MemoryMap, Vectors};

/// The boot data normally lies right behind the IVT.
const BOOT_DATA_OFFSET: u32 = Ivt::LEN as u32;

/// Everything that hangs on an IVT.
pub(super) fn judge(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let Frame { ivt, address } = frame;
    let sound = || {
        Finding::new(&found::IVT)
            .byte("version", ivt.version)
            .address("at", address)
    };
    let finding = place(frame, map).unwrap_or_else(sound);
    seen.findings.push(finding);
    boot_data(seen, frame, memory, map);
    entry(seen, frame, memory, map);
    dcd(seen, frame, memory, map);
    csf(seen, frame, memory, map);
    sdram(seen, frame, map);
}

/// Does the IVT lie where it says, and where the ROM looks?
fn place(frame: Frame, map: &MemoryMap) -> Option<Finding> {
    let Frame { ivt, address } = frame;
    let (says, usual) = (ivt.self_address, map.ivt_address());
    if map.ram_at(says).is_some() {
        // copied by the ROM, or loaded over serial download: it may lie in the flash, or where it says
        let placed = address == says || address == usual;
        return (!placed).then(|| {
            Finding::new(&found::IVT_STRAY)
                .address("at", address)
                .address("self", says)
                .address("expected", usual)
        });
    }
    if says != address {
        let entry = match address == map.flash_base && says == usual {
            true => &found::IVT_NO_PADDING,
            false => &found::IVT_SELF_MISMATCH,
        };
        return Some(
            Finding::new(entry)
                .address("at", address)
                .address("self", says),
        );
    }
    (address != usual).then(|| {
        Finding::new(&found::IVT_MISPLACED)
            .address("at", address)
            .address("expected", usual)
    })
}

fn boot_data(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let ivt = frame.ivt;
    let bytes = memory.bytes(frame.to_memory(ivt.boot_data), BootData::LEN);
    let Some(data) = bytes.and_then(|bytes| BootData::parse(bytes).ok()) else {
        let outside = Finding::new(&found::BOOT_DATA_OUTSIDE);
        return seen
            .findings
            .push(outside.address("pointer", ivt.boot_data));
    };
    seen.boot_data = Some(data);
    let before = seen.findings.len();
    if data.length == 0 {
        seen.findings.push(Finding::new(&found::BOOT_DATA_EMPTY));
    } else if !data.contains(ivt.self_address)
        || data.end() < u64::from(ivt.self_address) + Ivt::LEN as u64
    {
        let finding = ranged(&found::BOOT_DATA_CONTRADICTS, data);
        seen.findings.push(finding.address("ivt", ivt.self_address));
    } else {
        seen.findings.extend(extent(frame, data, memory, map));
        seen.findings.extend(over_rom_ram(data, map));
    }
    if ivt.boot_data != ivt.self_address.wrapping_add(BOOT_DATA_OFFSET) {
        let finding = Finding::new(&found::BOOT_DATA_PLACE).address("at", ivt.boot_data);
        seen.findings.push(finding);
    }
    match data.plugin {
        0 => {}
        1 => seen.findings.push(Finding::new(&found::PLUGIN)),
        other => {
            let finding = Finding::new(&found::PLUGIN_FLAG).address("flag", other);
            seen.findings.push(finding);
        }
    }
    if seen.findings.len() == before {
        seen.findings.push(ranged(&found::BOOT_DATA, data));
    }
}

/// A finding that names the range of the boot data.
fn ranged(entry: &'static Entry, data: BootData) -> Finding {
    Finding::new(entry)
        .address("start", data.start)
        .address("end", data.end())
}

/// Do the addresses of the boot data fit the bytes that are there?
fn extent(frame: Frame, data: BootData, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let end = u64::from(frame.to_image(last_used(memory))) + 1;
    if let Some(ram) = map.ram_at(data.start) {
        if data.end() > ram.max_end() {
            return Some(
                ranged(&found::RAM_OVERFLOW, data)
                    .text("ram", ram.name)
                    .address("limit", ram.max_end()),
            );
        }
        if data.end() > ram.end() {
            return Some(
                ranged(&found::RAM_PAST_DEFAULT, data)
                    .text("ram", ram.name)
                    .address("limit", ram.end()),
            );
        }
        return (data.end() < end)
            .then(|| ranged(&found::RAM_COPY_SHORT, data).address("used", end));
    }
    if data.start != map.flash_base {
        let severity = match map.in_flash(data.start) {
            true => Severity::Warning,
            false => Severity::Error,
        };
        let finding = ranged(&found::BOOT_DATA_START, data).address("flash", map.flash_base);
        return Some(finding.severity(severity));
    }
    (data.end() < end).then(|| ranged(&found::BOOT_DATA_SHORT, data).address("used", end))
}

/// The ROM may overwrite what it copies to its own RAM, or the other way round. Whether it does is not documented.
fn over_rom_ram(data: BootData, map: &MemoryMap) -> Option<Finding> {
    let rom = map.rom_reserved;
    rom.overlaps(data.start, u64::from(data.length)).then(|| {
        ranged(&found::OVER_ROM_RAM, data)
            .address("from", rom.base)
            .address("to", rom.end())
    })
}

/// The last address whose byte is not that of an erased flash.
fn last_used(memory: &Memory) -> u32 {
    let used = memory.segments().filter_map(|(start, bytes)| {
        let last = bytes.iter().rposition(|&byte| byte != 0xFF)?;
        Some(start + last as u32)
    });
    used.max().unwrap_or(0)
}

/// Both conventions: an odd entry is the reset handler, an even one the vector table.
fn entry(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let entry = map.normalised(frame.ivt.entry);
    let place = frame.to_memory(entry & !1);
    let inside = memory.byte(place).is_some();
    let covered = seen.boot_data.is_none_or(|data| data.contains(entry & !1));
    if !inside {
        let finding = Finding::new(&found::ENTRY_OUTSIDE_IMAGE);
        return seen
            .findings
            .push(finding.address("entry", frame.ivt.entry));
    }
    if !covered {
        let copied = map.ram_at(frame.ivt.self_address).is_some();
        let finding =
            Finding::new(&found::ENTRY_OUTSIDE_BOOT_DATA).address("entry", frame.ivt.entry);
        seen.findings.push(match copied {
            true => finding.severity(Severity::Error),
            false => finding,
        });
    }
    if entry != frame.ivt.entry {
        seen.findings.push(
            Finding::new(&found::FLASH_ALIAS)
                .text("what", "entry")
                .address("address", frame.ivt.entry),
        );
    }
    let at = |table: u32| {
        let found = Vectors::read(memory, table)?;
        Some(Vectors {
            table: frame.to_image(table),
            ..found
        })
    };
    if entry & 1 == 0 {
        let Some(vectors) = at(place) else {
            let finding = Finding::new(&found::ENTRY_CUT).address("entry", entry);
            return seen.findings.push(finding);
        };
        let code = frame.to_memory(map.normalised(vectors.reset) & !1);
        seen.findings
            .extend(first_code(memory, code, vectors.reset));
        let mut wrong = vectors.findings(memory, map, |address| frame.to_memory(address));
        // an erased table has no reset handler, and an entry outside says as much of what it points to
        if covered && vectors.reset != u32::MAX {
            wrong.extend(reset_covered(seen, frame, vectors, map));
        }
        if wrong.is_empty() {
            seen.findings.push(sound(vectors, "vector table"));
        }
        seen.findings.extend(wrong);
        seen.vectors = Some(vectors);
        return;
    }
    seen.findings
        .extend(first_code(memory, place, frame.ivt.entry));
    if memory.bytes(place, 2) == Some(&[0xFF, 0xFF]) {
        let finding = Finding::new(&found::RESET_ERASED).address("reset", frame.ivt.entry);
        seen.findings.push(finding);
    }
    let is_table =
        |vectors: &Vectors| map.normalised(vectors.reset) == entry && vectors.stack_is_usable(map);
    match aligned(memory).filter_map(at).find(is_table) {
        Some(vectors) => {
            seen.findings.push(sound(vectors, "reset handler"));
            seen.vectors = Some(vectors);
        }
        None => {
            let finding = Finding::new(&found::VECTORS_NOT_FOUND).address("entry", entry);
            seen.findings.push(finding);
        }
    }
}

/// Zeros do nothing and let the processor run on: what comes of it is not known.
fn first_code(memory: &Memory, place: u32, reset: u32) -> Option<Finding> {
    const FIRST: usize = 16;
    let zeros = memory.bytes(place, FIRST) == Some(&[0; FIRST]);
    zeros.then(|| {
        Finding::new(&found::CODE_ZEROS)
            .number("count", FIRST as u64)
            .address("reset", reset)
    })
}

/// Does the boot data cover the reset handler, and is it called by its address in the flash window?
fn reset_covered(
    seen: &Inspection,
    frame: Frame,
    vectors: Vectors,
    map: &MemoryMap,
) -> Vec<Finding> {
    let reset = map.normalised(vectors.reset);
    let mut findings = Vec::new();
    if reset != vectors.reset {
        findings.push(
            Finding::new(&found::FLASH_ALIAS)
                .text("what", "reset handler")
                .address("address", vectors.reset),
        );
    }
    let covered = seen.boot_data.is_none_or(|data| data.contains(reset & !1));
    if vectors.reset & 1 == 1 && !covered {
        let copied = map.ram_at(frame.ivt.self_address).is_some();
        let finding = Finding::new(&found::RESET_OUTSIDE_BOOT_DATA).address("reset", vectors.reset);
        findings.push(match copied {
            true => finding.severity(Severity::Error),
            false => finding,
        });
    }
    findings
}

fn sound(vectors: Vectors, convention: &str) -> Finding {
    Finding::new(&found::ENTRY)
        .text("convention", convention)
        .address("table", vectors.table)
        .address("stack", vectors.stack)
        .address("reset", vectors.reset)
}

fn dcd(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let pointer = frame.ivt.dcd;
    if pointer == 0 {
        return seen.findings.push(Finding::new(&found::NO_DCD));
    }
    let Some((start, segment)) = memory.segment_at(frame.to_memory(pointer)) else {
        let finding = Finding::new(&found::DCD_OUTSIDE_IMAGE);
        return seen.findings.push(finding.address("pointer", pointer));
    };
    let bytes = segment
        .get((frame.to_memory(pointer) - start) as usize..)
        .unwrap_or_default();
    if bytes.iter().take(4).all(|&byte| byte == 0xFF) {
        let finding = Finding::new(&found::DCD_ERASED);
        return seen.findings.push(finding.address("pointer", pointer));
    }
    // the tag alone decides: behind it the ROM takes nothing but a sound table
    if bytes.first() != Some(&Dcd::TAG) {
        return seen
            .findings
            .push(points_at(&found::DCD_TAG, pointer, bytes));
    }
    match Dcd::parse(bytes) {
        Ok(dcd) => {
            let dangers = dcd.dangers(map);
            if dangers.is_empty() {
                seen.findings.push(
                    Finding::new(&found::DCD)
                        .number("commands", dcd.commands().len() as u64)
                        .address("at", pointer),
                );
            }
            seen.findings.extend(dangers);
            seen.dcd = Some(dcd);
        }
        Err(error) => seen.findings.push(
            Finding::new(&found::DCD_BROKEN)
                .address("at", pointer)
                .text("problem", error),
        ),
    }
}

/// What a pointer to something else leads to.
fn points_at(entry: &'static Entry, pointer: u32, bytes: &[u8]) -> Finding {
    Finding::new(entry)
        .address("pointer", pointer)
        .text("there", crate::bytes_text(bytes, 4))
}

fn csf(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let pointer = frame.ivt.csf;
    if pointer == 0 {
        return seen.findings.push(Finding::new(&found::NO_CSF));
    }
    let Some((start, segment)) = memory.segment_at(frame.to_memory(pointer)) else {
        let finding = Finding::new(&found::CSF_OUTSIDE_IMAGE);
        return seen.findings.push(finding.address("pointer", pointer));
    };
    let bytes = segment
        .get((frame.to_memory(pointer) - start) as usize..)
        .unwrap_or_default();
    let Ok(csf) = Csf::parse(bytes) else {
        return seen
            .findings
            .push(points_at(&found::CSF_TAG, pointer, bytes));
    };
    if let Some(problem) = &csf.problem {
        seen.findings.push(
            Finding::new(&found::CSF_BROKEN)
                .address("at", pointer)
                .text("problem", problem),
        );
    }
    let unsupported = match (csf.encrypted(), map.ram_at(frame.ivt.self_address)) {
        (true, _) => Some(Finding::new(&found::ENCRYPTED)),
        (false, Some(_)) => Some(Finding::new(&found::SIGNED_RAM)),
        (false, None) => None,
    };
    seen.findings.extend(unsupported);
    seen.findings.push(
        Finding::new(&found::SIGNED)
            .address("at", pointer)
            .number("blocks", csf.blocks().len() as u64),
    );
    seen.csf = Some(csf);
}

/// SDRAM works only after something has set its controller up, and before the copy only a DCD can.
fn sdram(seen: &mut Inspection, frame: Frame, map: &MemoryMap) {
    let ram = map.ram_at(frame.ivt.self_address);
    if seen.dcd.is_none() && ram.is_some() && ram == map.sdram.as_ref() {
        seen.findings.push(Finding::new(&found::SDRAM_WITHOUT_DCD));
    }
    let in_sdram = |stack: &u32| map.stack_ram(*stack) == map.sdram.as_ref() && map.sdram.is_some();
    let stack = seen.vectors.map(|vectors| vectors.stack).filter(in_sdram);
    if let Some(stack) = stack.filter(|_| seen.dcd.is_none()) {
        let finding = Finding::new(&found::STACK_IN_SDRAM).address("stack", stack);
        seen.findings.push(finding);
    }
}
