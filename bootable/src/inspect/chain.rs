//! The rules of the IVT and of everything that hangs on it.

use super::{Frame, Inspection, aligned};
use crate::finding::Finding;
use crate::{BootData, Csf, Dcd, Ivt, Memory, MemoryMap, Vectors};

/// The boot data normally lies right behind the IVT.
const BOOT_DATA_OFFSET: u32 = Ivt::LEN as u32;

/// Everything that hangs on an IVT.
pub(super) fn judge(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let Frame { ivt, address } = frame;
    if let Some(finding) = place(frame, map) {
        seen.findings.push(finding);
    } else {
        seen.findings.push(Finding::ok(
            "ivt",
            format!(
                "an IVT (version {:#04x}) lies at {address:#010x}",
                ivt.version
            ),
        ));
    }
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
    if map.ram_at(says).is_some() || map.ram_at(address).is_some() {
        // copied by the ROM, or loaded over serial download: it may lie in the flash, or where it says
        let placed = address == says || address == usual;
        let text = format!(
            "the IVT lies at {address:#010x}, neither where it says ({says:#010x}) nor where the ROM looks ({usual:#010x})"
        );
        return (!placed).then(|| Finding::error("ivt-misplaced", text));
    }
    if says != address {
        let mut text =
            format!("the IVT lies at {address:#010x}, but says that it lies at {says:#010x}");
        if address == map.flash_base && says == usual {
            text += ": an image without room for its FCB (\"nopadding\") is placed at the start of the flash";
        }
        return Some(Finding::error("ivt-self-mismatch", text));
    }
    let text =
        format!("the IVT lies at {address:#010x}, but the ROM looks for it at {usual:#010x} only");
    (address != usual).then(|| Finding::error("ivt-misplaced", text))
}

fn boot_data(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let ivt = frame.ivt;
    let bytes = memory.bytes(frame.to_memory(ivt.boot_data), BootData::LEN);
    let Some(data) = bytes.and_then(|bytes| BootData::parse(bytes).ok()) else {
        let text = format!(
            "the boot data pointer {:#010x} leads outside the image",
            ivt.boot_data
        );
        return seen
            .findings
            .push(Finding::error("boot-data-outside", text));
    };
    seen.boot_data = Some(data);
    let before = seen.findings.len();
    let range = format!("{:#010x}..{:#010x}", data.start, data.end());
    if data.length == 0 {
        seen.findings.push(Finding::error(
            "boot-data-empty",
            "the boot data gives the image a length of 0",
        ));
    } else if !data.contains(ivt.self_address)
        || data.end() < u64::from(ivt.self_address) + Ivt::LEN as u64
    {
        let text = format!(
            "the boot data says that the image is {range}, which does not hold its own IVT at {:#010x}",
            ivt.self_address
        );
        seen.findings
            .push(Finding::error("boot-data-contradicts", text));
    } else {
        seen.findings.extend(extent(frame, data, memory, map));
    }
    if ivt.boot_data != ivt.self_address.wrapping_add(BOOT_DATA_OFFSET) {
        let text = format!(
            "the boot data lies at {:#010x}, not right behind the IVT",
            ivt.boot_data
        );
        seen.findings.push(Finding::note("boot-data-place", text));
    }
    match data.plugin {
        0 => {}
        1 => seen.findings.push(Finding::warning(
            "plugin",
            "it is a plugin image: the ROM calls it to load another one",
        )),
        other => {
            let text =
                format!("the plugin flag of the boot data is {other:#010x}, neither 0 nor 1");
            seen.findings.push(Finding::error("plugin-flag", text));
        }
    }
    if seen.findings.len() == before {
        seen.findings.push(Finding::ok(
            "boot-data",
            format!("the boot data says that the image is {range}"),
        ));
    }
}

/// Do the addresses of the boot data fit the bytes that are there?
fn extent(frame: Frame, data: BootData, memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    let end = u64::from(frame.to_image(last_used(memory))) + 1;
    let range = format!("{:#010x}..{:#010x}", data.start, data.end());
    if let Some(ram) = map.ram_at(data.start) {
        if data.end() > ram.max_end() {
            let text = format!(
                "the boot data says that the image is {range}, past the end of {} at {:#010x}",
                ram.name,
                ram.max_end()
            );
            return Some(Finding::error("ram-overflow", text));
        }
        if data.end() > ram.end() {
            let text = format!(
                "the image is {range}, past the end that {} has by default, {:#010x}",
                ram.name,
                ram.end()
            );
            return Some(Finding::warning("ram-past-default", text));
        }
        let text = format!(
            "the boot data ends at {:#010x}, so the bytes up to {end:#010x} are not copied",
            data.end()
        );
        return (data.end() < end).then(|| Finding::warning("boot-data-short", text));
    }
    if data.start != map.flash_base {
        let text = format!(
            "the boot data begins the image at {:#010x}, not at the start of the flash {:#010x}",
            data.start, map.flash_base
        );
        let outside = !map.in_flash(data.start);
        return Some(if outside {
            Finding::error("boot-data-start", text)
        } else {
            Finding::warning("boot-data-start", text)
        });
    }
    let text = format!(
        "the boot data ends the image at {:#010x}, its bytes go on to {end:#010x}; it runs in place, so only a signature would mind",
        data.end()
    );
    (data.end() < end).then(|| Finding::note("boot-data-short", text))
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
        let text = format!("the entry {:#010x} is outside the image", frame.ivt.entry);
        return seen
            .findings
            .push(Finding::error("entry-outside-image", text));
    }
    if !covered {
        let text = format!(
            "the entry {:#010x} is outside the range of its boot data",
            frame.ivt.entry
        );
        let copied = map.ram_at(frame.ivt.self_address).is_some();
        let severity = if copied {
            Finding::error
        } else {
            Finding::warning
        };
        seen.findings.push(severity("entry-outside-image", text));
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
            let text = format!(
                "the entry {entry:#010x} is even, so a vector table, but its two words are not in the image"
            );
            return seen.findings.push(Finding::error("entry-cut", text));
        };
        let wrong = vectors.findings(memory, map, |address| frame.to_memory(address));
        if wrong.is_empty() {
            seen.findings
                .push(sound(vectors, "the entry is the vector table"));
        }
        seen.findings.extend(wrong);
        seen.vectors = Some(vectors);
        return;
    }
    let is_table =
        |vectors: &Vectors| map.normalised(vectors.reset) == entry && vectors.stack_is_usable(map);
    match aligned(memory).filter_map(at).find(is_table) {
        Some(vectors) => {
            seen.findings
                .push(sound(vectors, "the entry is the reset handler"));
            seen.vectors = Some(vectors);
        }
        None => {
            let text = format!(
                "the entry {entry:#010x} is the reset handler of no vector table in the image"
            );
            seen.findings.push(Finding::note("vectors-not-found", text));
        }
    }
}

fn sound(vectors: Vectors, convention: &str) -> Finding {
    let Vectors {
        table,
        stack,
        reset,
    } = vectors;
    Finding::ok(
        "entry",
        format!(
            "{convention}: table {table:#010x}, stack {stack:#010x}, reset handler {reset:#010x}"
        ),
    )
}

fn dcd(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let pointer = frame.ivt.dcd;
    if pointer == 0 {
        return seen.findings.push(Finding::ok("dcd", "there is no DCD"));
    }
    let Some((start, segment)) = memory.segment_at(frame.to_memory(pointer)) else {
        let text = format!("the DCD pointer {pointer:#010x} leads outside the image");
        return seen
            .findings
            .push(Finding::warning("dcd-outside-image", text));
    };
    let bytes = segment
        .get((frame.to_memory(pointer) - start) as usize..)
        .unwrap_or_default();
    if !Dcd::is_here(bytes) {
        let begins = crate::bytes_text(bytes, 4);
        let text = format!(
            "the DCD pointer {pointer:#010x} leads to {begins}, which is no DCD (d2 … 4x); SDK images without a DCD are so, and start"
        );
        return seen.findings.push(Finding::warning("dcd-tag", text));
    }
    match Dcd::parse(bytes) {
        Ok(dcd) => {
            let dangers = dcd
                .dangers(map)
                .into_iter()
                .map(|danger| Finding::danger("dcd-fuses", format!("the DCD's {}", danger.text)));
            let known = seen.findings.len();
            seen.findings.extend(dangers);
            if seen.findings.len() == known {
                let text = format!(
                    "a DCD with {} commands lies at {pointer:#010x}",
                    dcd.commands().len()
                );
                seen.findings.push(Finding::ok("dcd", text));
            }
            seen.dcd = Some(dcd);
        }
        Err(error) => seen.findings.push(Finding::error(
            "dcd-broken",
            format!("the DCD at {pointer:#010x} is broken: {error}"),
        )),
    }
}

fn csf(seen: &mut Inspection, frame: Frame, memory: &Memory, map: &MemoryMap) {
    let pointer = frame.ivt.csf;
    if pointer == 0 {
        return seen.findings.push(Finding::ok(
            "csf",
            "it is not signed: a part with open HAB starts it, a closed one does not",
        ));
    }
    let Some((start, segment)) = memory.segment_at(frame.to_memory(pointer)) else {
        let text = format!("the CSF pointer {pointer:#010x} leads outside the image");
        return seen
            .findings
            .push(Finding::warning("csf-outside-image", text));
    };
    let bytes = segment
        .get((frame.to_memory(pointer) - start) as usize..)
        .unwrap_or_default();
    let Ok(csf) = Csf::parse(bytes) else {
        let text = format!(
            "the CSF pointer {pointer:#010x} leads to {}, which is no CSF (d4 … 4x)",
            crate::bytes_text(bytes, 4)
        );
        return seen.findings.push(Finding::warning("csf-tag", text));
    };
    if let Some(problem) = &csf.problem {
        seen.findings.push(Finding::warning(
            "csf-broken",
            format!("the CSF at {pointer:#010x} is broken: {problem}"),
        ));
    }
    let unsupported = match (csf.encrypted(), map.ram_at(frame.ivt.self_address)) {
        (true, _) => Some(("encrypted", "encrypted for HAB")),
        (false, Some(_)) => Some(("signed-ram", "signed and copied to RAM")),
        (false, None) => None,
    };
    if let Some((code, what)) = unsupported {
        let text = format!(
            "it is {what}, which public tools hold for unsupported when an RT1020 boots from NOR flash"
        );
        seen.findings.push(Finding::warning(code, text));
    }
    let text = format!(
        "it is signed (CSF at {pointer:#010x}, {} blocks); its signature is not checked here",
        csf.blocks().len()
    );
    seen.findings.push(Finding::note("signed", text));
    seen.csf = Some(csf);
}

/// SDRAM works only after something has set its controller up, and before the copy only a DCD can.
fn sdram(seen: &mut Inspection, frame: Frame, map: &MemoryMap) {
    let ram = map.ram_at(frame.ivt.self_address);
    if seen.dcd.is_none() && ram.is_some() && ram == map.sdram.as_ref() {
        let text = "the image is copied to SDRAM, which works only after a DCD has set it up, and it has none";
        seen.findings
            .push(Finding::error("sdram-without-dcd", text));
    }
    let in_sdram = |stack: &u32| map.stack_ram(*stack) == map.sdram.as_ref() && map.sdram.is_some();
    let stack = seen.vectors.map(|vectors| vectors.stack).filter(in_sdram);
    if let Some(stack) = stack.filter(|_| seen.dcd.is_none()) {
        let text = format!(
            "the initial stack pointer {stack:#010x} is in SDRAM, but no DCD sets that up before the first push"
        );
        seen.findings.push(Finding::warning("stack-in-sdram", text));
    }
}
