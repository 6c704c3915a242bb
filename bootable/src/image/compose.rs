//! Headers around an application, and images moved to where the flash shows them.

use rtboot_fcb::Fcb;
use rtboot_finding::catalogue::image as found;
use rtboot_finding::{Finding, Severity};

use super::BuildProblem;
use crate::layout::{DCD_OFFSET, header_areas, is_padding};
use crate::{BootData, BootDevice, Dcd, Error, Inspection, Ivt, Memory, MemoryMap, Vectors};

/// A bare application with IVT, boot data and DCD.
pub(super) fn headers(
    app: &Memory,
    vectors: Vectors,
    dcd: Option<&Dcd>,
    entry: Option<u32>,
    map: &MemoryMap,
    notes: &mut Vec<Finding>,
) -> Result<Memory, Error> {
    // for RAM, the image's start is the header area before the application, as in flash
    let start = if map.in_flash(vectors.table) {
        map.flash_base
    } else {
        ram_start(app, vectors, dcd, map)?
    };
    let mut memory = app.moved(start, map.flash_base)?;
    if start != map.flash_base {
        notes.push(Finding::new(&found::COPIED_TO_RAM).address("start", start));
    }
    let mut areas = header_areas(map).to_vec();
    areas.extend(dcd.map(|dcd| {
        (
            "DCD",
            map.ivt_address().wrapping_add(DCD_OFFSET),
            dcd.as_bytes().len(),
        )
    }));
    for (header, address, len) in areas {
        clear(&mut memory, header, address, len, notes)?;
    }
    let length = memory.end().saturating_sub(u64::from(map.flash_base));
    let to_run = |address: u32| address.wrapping_sub(map.flash_base).wrapping_add(start);
    let self_address = to_run(map.ivt_address());
    let boot_data = self_address.wrapping_add(Ivt::LEN as u32);
    let ivt = Ivt {
        version: Ivt::VERSION,
        entry: entry.unwrap_or(map.normalised(vectors.reset)),
        reserved1: 0,
        dcd: dcd.map_or(0, |_| self_address.wrapping_add(DCD_OFFSET)),
        boot_data,
        self_address,
        csf: 0,
        reserved2: 0,
    };
    let length = u32::try_from(length).map_err(|_| Error::Wraps {
        address: start,
        len: length,
    })?;
    let data = BootData {
        start,
        length,
        plugin: 0,
    };
    memory.insert(
        map.ivt_address(),
        [ivt.to_bytes().as_slice(), &data.to_bytes()].concat(),
    )?;
    if let Some(dcd) = dcd {
        memory.insert(
            map.ivt_address().wrapping_add(DCD_OFFSET),
            dcd.as_bytes().to_vec(),
        )?;
    }
    let made = Finding::new(&found::HEADERS_MADE);
    let made = match map.device {
        BootDevice::SerialNor => made.address("at", map.ivt_address()),
        BootDevice::SdCard => {
            made.text("at", format_args!("byte {:#x} of the card", map.ivt_offset))
        }
    };
    notes.push(
        made.address("entry", ivt.entry)
            .text("choice", entry.map_or("the reset handler", |_| "as given"))
            .address("start", start)
            .hex("length", length),
    );
    Ok(memory)
}

/// Where the image of a RAM application begins: its vector table less the header area.
fn ram_start(
    app: &Memory,
    vectors: Vectors,
    dcd: Option<&Dcd>,
    map: &MemoryMap,
) -> Result<u32, BuildProblem> {
    let address = vectors.table;
    let refuse = |problem: String| BuildProblem::Ram { address, problem };
    let Some(ram) = map.ram_at(address) else {
        return Err(refuse(format!("it is in {}", map.name_of(address))));
    };
    let start = address
        .checked_sub(map.app_offset)
        .filter(|&start| start >= ram.base);
    let start = start.ok_or_else(|| {
        refuse(format!(
            "the ROM copies {:#x} bytes of headers before it, and {} begins at {:#010x}",
            map.app_offset, ram.name, ram.base
        ))
    })?;
    if map.sdram.as_ref() == Some(ram) && dcd.is_none() {
        return Err(refuse(
            "SDRAM works only after a DCD has set it up, and none is given".to_owned(),
        ));
    }
    if let Some((from, bytes)) = app.segments().find(|(from, bytes)| {
        *from < start || u64::from(*from) + bytes.len() as u64 > ram.max_end()
    }) {
        let to = u64::from(from) + bytes.len() as u64;
        return Err(refuse(format!(
            "its bytes {from:#010x}..{to:#010x} are not in {} from {start:#010x} on",
            ram.name
        )));
    }
    Ok(start)
}

/// Removes padding from the place of a header; anything else there is an error.
fn clear(
    memory: &mut Memory,
    header: &'static str,
    start: u32,
    len: usize,
    notes: &mut Vec<Finding>,
) -> Result<(), BuildProblem> {
    let area = memory.slice(start, len);
    let Some((from, first)) = area.segments().next() else {
        return Ok(());
    };
    if first.starts_with(b"FCFB") && header == "FCB" && from == start {
        return Ok(());
    }
    if !is_padding(&area) {
        let (to, end) = (
            u64::from(from) + first.len() as u64,
            u64::from(start) + len as u64,
        );
        return Err(BuildProblem::OverHeader {
            from,
            to,
            header,
            start,
            end,
        });
    }
    notes.push(Finding::new(&found::PADDING_LEFT_OUT).text("header", header));
    memory.remove(start, len);
    Ok(())
}

/// An image with its own IVT, at flash addresses and otherwise as it is.
pub(super) fn in_flash(
    memory: &Memory,
    seen: &Inspection,
    map: &MemoryMap,
    notes: &mut Vec<Finding>,
) -> Result<Memory, Error> {
    let misplaced = [
        &found::IVT_MISPLACED,
        &found::IVT_STRAY,
        &found::IVT_SELF_MISMATCH,
        &found::IVT_NO_PADDING,
        &found::FCB_MISPLACED,
    ];
    let wrong = misplaced.into_iter().find_map(|entry| seen.finding(entry));
    let wrong = wrong.filter(|finding| finding.severity >= Severity::Error);
    if let Some(finding) = wrong.cloned().or_else(|| seen.layout_problem(map)) {
        let problem = finding.to_string();
        return Err(BuildProblem::Misplaced { problem }.into());
    }
    let at = seen.ivt_address.unwrap_or(map.ivt_address());
    if at == map.ivt_address() {
        return Ok(memory.clone());
    }
    // a RAM image at its RAM addresses: its IVT belongs to 0x1000 in flash
    notes.push(Finding::new(&found::MOVED_TO_FLASH).address("at", map.ivt_address()));
    memory.moved(at, map.ivt_address())
}

/// Puts the FCB at the start of the flash, unless the image has one.
pub(super) fn with_fcb(
    mut memory: Memory,
    fcb: Option<&Fcb>,
    map: &MemoryMap,
    notes: &mut Vec<Finding>,
) -> Result<Memory, Error> {
    let address = map.fcb_address();
    let carried = memory
        .bytes(address, Fcb::LEN)
        .and_then(|bytes| Fcb::parse(bytes).ok());
    match (carried, fcb) {
        (Some(carried), Some(given)) => {
            let names: Vec<&str> = carried
                .diff(given)
                .iter()
                .map(|diff| diff.this.name)
                .collect();
            if !names.is_empty() {
                notes.push(Finding::new(&found::FCB_KEPT).text("fields", names.join(", ")));
            }
        }
        (None, Some(given)) => {
            clear(&mut memory, "FCB", address, Fcb::LEN, notes)?;
            memory.insert(address, given.as_bytes().to_vec())?;
        }
        (None, None) => notes.push(Finding::new(&found::FCB_NOT_GIVEN)),
        (Some(_), None) => {}
    }
    Ok(memory)
}
