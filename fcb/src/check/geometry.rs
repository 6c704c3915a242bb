//! Sizes: of the flash, of pages, of what an erase clears.

use alloc::vec::Vec;
use core::cmp::Ordering;

use rtboot_finding::catalogue::fcb as entries;

use super::hex_h;
use crate::fcb::{Fcb, size_in_words};
use crate::lut::index;
use crate::{Finding, Part};

pub(super) fn check(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    size(fcb, part, found);
    for (name, value, of_part) in [
        ("page", fcb.page_size(), part.map(|part| part.page_size)),
        ("sector", fcb.sector_size(), None),
        ("block", fcb.block_size(), part.map(|part| part.block_size)),
    ] {
        unit(name, value, found);
        if let Some(expected) = of_part.filter(|expected| is_set(value) && *expected != value) {
            let of = part.map_or("", |part| part.name.as_str());
            let finding = Finding::new(&entries::FCB_GEOMETRY_PART)
                .text("unit", name)
                .text("size", size_in_words(value));
            found.push(
                finding
                    .text("part", of)
                    .text("has", size_in_words(expected)),
            );
        }
    }
    if fcb.page_size() > fcb.sector_size() && is_set(fcb.sector_size()) && is_set(fcb.page_size()) {
        let finding = Finding::new(&entries::FCB_PAGE_SECTOR)
            .text("page", size_in_words(fcb.page_size()))
            .text("sector", size_in_words(fcb.sector_size()));
        found.push(finding);
    }
    let sector = ("sector", fcb.sector_size());
    erase(fcb, part, index::ERASE_SECTOR, sector, found);
    let block = ("block", fcb.block_size());
    erase(fcb, part, index::ERASE_BLOCK, block, found);
}

fn size(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    let total = fcb.total_size();
    if fcb.sflash_a1_size() == 0 && fcb.sflash_b1_size() == 0 {
        found.push(Finding::new(&entries::FCB_SIZE));
        return;
    }
    // the window of the FlexSPI on the bus
    if total > 0x1F80_0000 {
        found.push(Finding::new(&entries::FCB_SIZE_WINDOW).hex("size", total));
    }
    let Some(part) = part else {
        return;
    };
    let own = fcb.sflash_a1_size().max(fcb.sflash_b1_size());
    let entry = match own.cmp(&part.size) {
        Ordering::Greater => &entries::FCB_SIZE_PART,
        Ordering::Less => &entries::FCB_SIZE_SMALL,
        Ordering::Equal => return,
    };
    let finding = Finding::new(entry)
        .text("size", size_in_words(own))
        .text("part", &part.name)
        .text("has", size_in_words(part.size));
    found.push(finding);
}

/// Neither zero nor erased flash.
fn is_set(value: u32) -> bool {
    value != 0 && value != u32::MAX
}

fn unit(name: &str, value: u32, found: &mut Vec<Finding>) {
    if !is_set(value) {
        let finding = Finding::new(&entries::FCB_GEOMETRY_ZERO).text("unit", name);
        found.push(match value {
            0 => finding.number("size", 0u32),
            _ => finding.text("size", "erased"),
        });
    } else if !value.is_power_of_two() {
        let finding = Finding::new(&entries::FCB_GEOMETRY);
        found.push(finding.text("unit", name).hex("size", value));
    }
}

/// What the usual erase commands clear. Source: JESD216B; the makers' data sheets agree for quad parts.
const ERASES: [(u8, u32); 6] = [
    (0x20, 0x1000),
    (0x21, 0x1000),
    (0x52, 0x8000),
    (0x5C, 0x8000),
    (0xD8, 0x1_0000),
    (0xDC, 0x1_0000),
];

/// What the block erase of parts with uniform sectors clears (S25FL-S).
const UNIFORM: u32 = 0x4_0000;

/// What a command clears: on this part, else as on most quad parts.
fn clears(fcb: &Fcb, part: Option<&Part>, command: u8, size: u32) -> Option<u32> {
    if let Some(part) = part {
        let narrow = part.erase.with_address_bits(24);
        let of_part = [
            (part.erase.sector, part.sector_size),
            (part.erase.block, part.block_size),
            (narrow.sector, part.sector_size),
            (narrow.block, part.block_size),
        ];
        let own = of_part.iter().find(|(own, _)| *own == command);
        if let Some((_, clears)) = own {
            return Some(*clears);
        }
    }
    // other parts than quad ones clear more
    let quad = fcb.flash_pads() <= 4;
    let (_, usual) = ERASES.iter().find(|(known, _)| *known == command && quad)?;
    let uniform = part.is_none() && *usual == 0x1_0000 && size == UNIFORM;
    Some(if uniform { UNIFORM } else { *usual })
}

fn erase(
    fcb: &Fcb,
    part: Option<&Part>,
    place: usize,
    (name, size): (&str, u32),
    found: &mut Vec<Finding>,
) {
    let Some(command) = fcb.sequence(place).command_byte() else {
        return;
    };
    let clears = clears(fcb, part, command, size);
    if let Some(clears) = clears.filter(|clears| *clears != size && is_set(size)) {
        // an erase of more destroys data behind the unit, one of less leaves old data in it; the ROM erases nothing
        let finding = Finding::new(&entries::FCB_ERASE_SIZE)
            .number("sequence", place as u64)
            .text("unit", name)
            .text("size", size_in_words(size))
            .text("command", hex_h(command))
            .text("clears", size_in_words(clears));
        found.push(finding);
    }
}
