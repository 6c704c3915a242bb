//! Sizes: of the flash, of pages, of what an erase clears.

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
        if let Some(expected) = of_part.filter(|expected| value != 0 && *expected != value) {
            let of = part.map_or("", |part| part.name.as_str());
            let text = format!(
                "the {name} size is {}, and {of} has {}",
                size_in_words(value),
                size_in_words(expected)
            );
            found.push(Finding::warning("fcb-geometry-part", text));
        }
    }
    if fcb.page_size() > fcb.sector_size() && fcb.sector_size() != 0 {
        let text = format!(
            "a page of {} does not fit into a sector of {}",
            size_in_words(fcb.page_size()),
            size_in_words(fcb.sector_size())
        );
        found.push(Finding::error("fcb-geometry", text));
    }
    erase(fcb, index::ERASE_SECTOR, "sector", fcb.sector_size(), found);
    erase(fcb, index::ERASE_BLOCK, "block", fcb.block_size(), found);
}

fn size(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    let total = fcb.total_size();
    if fcb.sflash_a1_size() == 0 && fcb.sflash_b1_size() == 0 {
        found.push(Finding::error(
            "fcb-size",
            "the block says that there is no flash: both first sizes are 0",
        ));
        return;
    }
    // the window of the FlexSPI on the bus
    if total > 0x1F80_0000 {
        found.push(Finding::error(
            "fcb-size",
            format!("{total:#x} bytes of flash do not fit the window of 504 MiB"),
        ));
    }
    let Some(part) = part else {
        return;
    };
    let own = fcb.sflash_a1_size().max(fcb.sflash_b1_size());
    if own > part.size {
        let text = format!(
            "the block says {}, and {} has {}: the flash will appear more than once",
            size_in_words(own),
            part.name,
            size_in_words(part.size)
        );
        found.push(Finding::error("fcb-size-part", text));
    }
    if own < part.size {
        let text = format!(
            "the block says {}, and {} has {}: the rest cannot be reached",
            size_in_words(own),
            part.name,
            size_in_words(part.size)
        );
        found.push(Finding::warning("fcb-size-part", text));
    }
}

fn unit(name: &str, value: u32, found: &mut Vec<Finding>) {
    if value == 0 {
        let text = format!("the {name} size is 0: good for booting, not for flashing");
        found.push(Finding::note("fcb-geometry", text));
    } else if !value.is_power_of_two() {
        let text = format!("the {name} size {value:#x} is no power of two");
        found.push(Finding::error("fcb-geometry", text));
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

fn erase(fcb: &Fcb, place: usize, name: &str, size: u32, found: &mut Vec<Finding>) {
    let Some(command) = fcb.sequence(place).command_byte() else {
        return;
    };
    // other parts than quad ones clear more
    let usual = ERASES
        .iter()
        .find(|(known, _)| *known == command && fcb.flash_pads() <= 4);
    if let Some((_, clears)) = usual.filter(|(_, clears)| *clears != size && size != 0) {
        let text = format!(
            "sequence {place} erases a {name} of {} with {command:02X}h, which clears {}",
            size_in_words(size),
            size_in_words(*clears)
        );
        // more than asked for destroys what lies behind; less leaves old data, and the verification finds it
        found.push(Finding::error("fcb-erase-size", text));
    }
}
