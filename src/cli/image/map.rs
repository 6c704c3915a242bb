//! What lies where in an image: its parts, what is between them, and a drawing of it.

use anstyle::{AnsiColor, Style};
use rtboot::outcome::Piece;
use rtboot_bootable::{BootData, Csf, Inspection, Ivt, Memory, MemoryMap};
use rtboot_fcb::Fcb;

fn piece(address: u32, length: u64, what: impl Into<String>) -> Piece {
    Piece {
        address,
        length,
        what: what.into(),
        gap: false,
    }
}

fn end_of(piece: &Piece) -> u64 {
    u64::from(piece.address) + piece.length
}

/// Everything in an image in the order of the addresses, gaps between its segments too.
pub fn pieces(memory: &Memory, seen: &Inspection, map: &MemoryMap) -> Vec<Piece> {
    let known = known(memory, seen, map);
    let mut all = Vec::new();
    let mut last_end = None;
    for (start, bytes) in memory.segments() {
        if let Some(end) = last_end {
            let mut gap = piece(end as u32, u64::from(start) - end, "nothing");
            gap.gap = true;
            all.push(gap);
        }
        let end = u64::from(start) + bytes.len() as u64;
        let mut at = u64::from(start);
        for piece in &known {
            let inside = u64::from(piece.address) >= at && u64::from(piece.address) < end;
            if !inside {
                continue;
            }
            if at < u64::from(piece.address) {
                all.push(between(memory, at, u64::from(piece.address), seen));
            }
            let mut piece = piece.clone();
            piece.length = piece.length.min(end - u64::from(piece.address));
            at = end_of(&piece);
            all.push(piece);
        }
        if at < end {
            all.push(between(memory, at, end, seen));
        }
        last_end = Some(end);
    }
    all
}

/// The parts with a name, sorted. Some may lie outside the image; the caller leaves those out.
fn known(memory: &Memory, seen: &Inspection, map: &MemoryMap) -> Vec<Piece> {
    let mut known = Vec::new();
    if seen.fcb.is_some() {
        known.push(piece(map.fcb_address(), Fcb::LEN as u64, "FCB"));
    }
    if let (Some(ivt), Some(address)) = (&seen.ivt, seen.ivt_address) {
        let place = |own: u32| own.wrapping_sub(ivt.self_address).wrapping_add(address);
        known.push(piece(address, Ivt::LEN as u64, "IVT"));
        if seen.boot_data.is_some() {
            known.push(piece(
                place(ivt.boot_data),
                BootData::LEN as u64,
                "boot data",
            ));
        }
        if let Some(dcd) = &seen.dcd {
            known.push(piece(place(ivt.dcd), dcd.as_bytes().len() as u64, "DCD"));
        }
        if seen.csf.is_some() {
            let there = memory
                .segment_at(place(ivt.csf))
                .map_or(0, |(start, bytes)| {
                    u64::from(start) + bytes.len() as u64 - u64::from(place(ivt.csf))
                });
            let length = there.min(u64::from(Csf::AREA));
            known.push(piece(
                place(ivt.csf),
                length,
                "CSF with certificates and signatures",
            ));
        }
    }
    known.extend(
        seen.bee
            .iter()
            .map(|&address| piece(address, 512, "encryption header (BEE)")),
    );
    if let Some(vectors) = &seen.vectors {
        let table = application(seen);
        let text = format!(
            "vector table: stack {:#010x}, reset handler {:#010x}",
            vectors.stack, vectors.reset
        );
        known.push(piece(table, 8, text));
    }
    known.sort_by_key(|piece| piece.address);
    known
}

/// Where the vector table lies in the memory. Its own address is the one it runs at, which differs for an image that the ROM
/// copies to RAM.
fn application(seen: &Inspection) -> u32 {
    match (&seen.vectors, &seen.ivt, seen.ivt_address) {
        (Some(vectors), Some(ivt), Some(address)) => vectors
            .table
            .wrapping_sub(ivt.self_address)
            .wrapping_add(address),
        (Some(vectors), ..) => vectors.table,
        (None, ..) => u32::MAX,
    }
}

/// Bytes between named parts.
fn between(memory: &Memory, from: u64, to: u64, seen: &Inspection) -> Piece {
    let (address, length) = (from as u32, to - from);
    let bytes = memory.bytes(address, length as usize).unwrap_or_default();
    let what = match bytes.first() {
        Some(&fill @ (0 | 0xFF)) if bytes.iter().all(|&byte| byte == fill) => {
            format!("padding, all {fill:02x}")
        }
        _ if address >= application(seen) => "application".into(),
        _ => "data".into(),
    };
    piece(address, length, what)
}

/// Colours as in the picture; anstream strips them where stdout is no terminal.
fn style(piece: &Piece) -> Style {
    let colour = |colour: AnsiColor| colour.on_default();
    match piece.what.split([' ', ',', ':']).next() {
        Some("FCB") => colour(AnsiColor::Yellow),
        Some("IVT" | "boot") => colour(AnsiColor::Cyan),
        Some("DCD") => colour(AnsiColor::Magenta),
        Some("CSF" | "encryption") => colour(AnsiColor::Red),
        Some("vector" | "application") => colour(AnsiColor::Green),
        Some("padding") => Style::new().dimmed(),
        _ => Style::new(),
    }
}

/// The drawing: addresses at the left, boxes, lengths at the right of the names.
pub fn draw(pieces: &[Piece]) -> Vec<String> {
    let width = pieces
        .iter()
        .filter(|piece| !piece.gap)
        .map(|piece| piece.what.chars().count())
        .max()
        .unwrap_or(0);
    let rule = "─".repeat(width + 2);
    let mut lines = Vec::new();
    let mut open = false;
    for (place, piece) in pieces.iter().enumerate() {
        if piece.gap {
            lines.push(format!(
                "            ┆ {:width$} ┆ {:#x} bytes",
                "", piece.length
            ));
            open = false;
            continue;
        }
        let (left, right) = if open { ('├', '┤') } else { ('┌', '┐') };
        lines.push(format!("{:#010x}  {left}{rule}{right}", piece.address));
        let style = style(piece);
        lines.push(format!(
            "            │ {style}{:width$}{style:#} │ {:#x} ({}) bytes",
            piece.what, piece.length, piece.length
        ));
        open = true;
        if pieces.get(place + 1).is_none_or(|next| next.gap) {
            lines.push(format!("{:#010x}  └{rule}┘", end_of(piece)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use rtboot::chip::Chip;

    fn rt1021() -> &'static Chip {
        Chip::by_name("rt1021").expect("a chip")
    }
    use rtboot_bootable::inspect;

    use super::*;

    #[test]
    fn a_gap_is_drawn_between_two_boxes() {
        let map = rt1021().map;
        let mut memory = Memory::new();
        memory.insert(0x6000_0000, vec![0xFF; 16]).unwrap();
        memory.insert(0x6000_1000, vec![1, 2, 3]).unwrap();
        let pieces = pieces(&memory, &inspect(&memory, &map), &map);
        let what: Vec<_> = pieces
            .iter()
            .map(|p| (p.address, p.length, p.what.as_str(), p.gap))
            .collect();
        assert_eq!(
            what,
            [
                (0x6000_0000, 16, "padding, all ff", false),
                (0x6000_0010, 0xFF0, "nothing", true),
                (0x6000_1000, 3, "data", false),
            ]
        );
        let lines: Vec<String> = draw(&pieces)
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(lines[0], "0x60000000  ┌─────────────────┐");
        assert_eq!(lines[1], "            │ padding, all ff │ 0x10 (16) bytes");
        assert_eq!(lines[2], "0x60000010  └─────────────────┘");
        assert!(lines[3].ends_with("┆ 0xff0 bytes"), "{lines:#?}");
        assert_eq!(lines.last().unwrap(), "0x60001003  └─────────────────┘");
    }
}
