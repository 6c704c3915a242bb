//! Raw bytes: the address is given, or implied by what is in them.

use byteorder::{ByteOrder, LE};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Parsed;
use crate::vectors::TABLE_ALIGNMENT;
use crate::{BootData, Error, Ivt, Memory, MemoryMap, Vectors};

/// Words of the vector table that are looked at besides the first two: as many as a table on 1 KiB has.
const HANDLERS: std::ops::Range<usize> = 2..256;

pub(super) fn parse(bytes: &[u8], base: Option<u32>, map: &MemoryMap) -> Result<Parsed, Error> {
    if bytes.len() > Memory::LIMIT {
        return Err(Error::TooLarge {
            size: bytes.len() as u64,
            limit: Memory::LIMIT as u64,
        });
    }
    let mut notes = Vec::new();
    let base = match base {
        Some(base) => {
            let bus = map.normalised(base);
            if bus != base {
                notes.push(
                    Finding::new(&found::BASE_ALIAS)
                        .address("base", base)
                        .address("bus", bus),
                );
            }
            bus
        }
        None => {
            let (base, reason) = implied(bytes, map)?;
            notes.push(
                Finding::new(&found::BASE_IMPLIED)
                    .address("base", base)
                    .text("reason", reason),
            );
            base
        }
    };
    let mut memory = Memory::new();
    memory.insert(base, bytes.to_vec())?;
    Ok(Parsed {
        memory,
        entry: None,
        notes,
    })
}

/// The base that the content implies, and why.
fn implied(bytes: &[u8], map: &MemoryMap) -> Result<(u32, String), Error> {
    let by_ivt = by_ivt(bytes, map);
    // an image for RAM with an FCB is what the flash holds: the ROM has not copied it yet
    let copied = |(base, _): &(u32, String)| map.ram_at(*base).is_some();
    if bytes.starts_with(b"FCFB") && by_ivt.as_ref().is_none_or(copied) {
        return Ok((
            map.fcb_address(),
            "it begins with an FCB, and the ROM looks for that at the start of the flash"
                .to_owned(),
        ));
    }
    if let Some(found) = by_ivt {
        return Ok(found);
    }
    if bytes
        .get(0x400..)
        .is_some_and(|rest| rest.starts_with(b"FCFB"))
    {
        return Ok((
            map.flash_base,
            "an FCB lies 0x400 behind its start, as other chips have it".to_owned(),
        ));
    }
    match by_padding(bytes, map) {
        Some(found) => Ok(found),
        None => by_vectors(bytes, map),
    }
}

/// From padding where the headers would be, and a vector table behind it.
fn by_padding(bytes: &[u8], map: &MemoryMap) -> Option<(u32, String)> {
    let (head, _) = bytes.split_at_checked(map.app_offset as usize)?;
    let first = *head
        .first()
        .filter(|&&first| first == 0x00 || first == 0xFF)?;
    let mut memory = Memory::new();
    memory.insert(map.flash_base, bytes.to_vec()).ok()?;
    let table = Vectors::recognise(&memory, map, map.app_address())
        .filter(|_| head.iter().all(|&byte| byte == first))?
        .table;
    Some((
        map.flash_base,
        format!(
            "a vector table that fits {table:#010x} follows {:#x} bytes of {first:#04x}",
            head.len()
        ),
    ))
}

/// From an IVT that agrees with its boot data.
fn by_ivt(bytes: &[u8], map: &MemoryMap) -> Option<(u32, String)> {
    [0, 0x400, map.ivt_offset as usize]
        .into_iter()
        .find_map(|offset| {
            let ivt = Ivt::parse(bytes.get(offset..)?).ok()?;
            let base = ivt.self_address.checked_sub(offset as u32)?;
            let data_at = ivt.boot_data.checked_sub(base)? as usize;
            let data = BootData::parse(bytes.get(data_at..)?).ok()?;
            let reason = format!(
                "the IVT at offset {offset:#x} says that it lies at {:#010x}",
                ivt.self_address
            );
            data.contains(ivt.self_address).then_some((base, reason))
        })
}

/// From a vector table at the start.
fn by_vectors(bytes: &[u8], map: &MemoryMap) -> Result<(u32, String), Error> {
    let word = |index: usize| bytes.get(index * 4..index * 4 + 4).map_or(0, LE::read_u32);
    let vectors = Vectors {
        table: 0,
        stack: word(0),
        reset: word(1),
    };
    let Vectors { stack, reset, .. } = vectors;
    let no_base = |seen: String| Error::NoBase { seen };
    if !vectors.stack_is_usable(map) {
        let place = map.name_of(stack);
        return Err(no_base(format!(
            "it does not begin with a vector table, for its first word {stack:#010x} would be a stack pointer in {place}"
        )));
    }
    if reset & 1 == 0 {
        return Err(no_base(format!(
            "it does not begin with a vector table, for its second word {reset:#010x} is even and so no reset handler"
        )));
    }
    let code = map.normalised(reset & !1);
    let inside = |address: u32, base: u32| {
        let offset = map.normalised(address & !1).checked_sub(base);
        offset.is_some_and(|offset| offset >= 8 && (offset as usize) < bytes.len())
    };
    // odd words less than a file away from the reset handler are handlers, and so inside as well; the table ends at the
    // first word that is neither one of them nor empty
    let near =
        |word: u32| word & 1 == 1 && (map.normalised(word).abs_diff(code) as usize) < bytes.len();
    let table = HANDLERS
        .map(word)
        .take_while(|&word| word == 0 || near(word));
    let handlers: Vec<u32> = table.filter(|&word| word != 0).collect();
    let fits =
        |base: u32| inside(reset, base) && handlers.iter().all(|&handler| inside(handler, base));
    let usual = map.app_address();
    let candidates = candidates(bytes.len(), code, map, fits);
    if fits(usual) {
        let mut reason = format!("its reset handler {reset:#010x} lies inside the file there");
        if candidates.len() > 1 {
            reason += &format!(
                " ({} other bases would fit as well: give the base if it is linked elsewhere)",
                candidates.len() - 1
            );
        }
        return Ok((usual, reason));
    }
    match *candidates.as_slice() {
        [base] => Ok((
            base,
            format!(
                "the only base on a 1 KiB boundary that puts its reset handler {reset:#010x} inside the file"
            ),
        )),
        [] => {
            let (len, place) = (bytes.len(), map.name_of(reset));
            Err(no_base(format!(
                "no base puts its reset handler {reset:#010x} (in {place}) and its other handlers inside its {len} bytes"
            )))
        }
        [first, .., last] => {
            let count = candidates.len();
            Err(no_base(format!(
                "its reset handler {reset:#010x} would fit {count} bases from {first:#010x} to {last:#010x}"
            )))
        }
    }
}

/// Bases on a 1 KiB boundary, with the whole file in the flash or in one RAM. No more than the file has KiB, plus one.
fn candidates(len: usize, code: u32, map: &MemoryMap, fits: impl Fn(u32) -> bool) -> Vec<u32> {
    let len = len as u64;
    let highest = code / TABLE_ALIGNMENT * TABLE_ALIGNMENT;
    let lowest = u64::from(code).saturating_sub(len);
    let mut bases = Vec::new();
    let mut base = Some(highest);
    while let Some(here) = base.filter(|&here| u64::from(here) + TABLE_ALIGNMENT as u64 > lowest) {
        let in_flash = map.in_flash(here) && u64::from(here) + len <= map.flash_end();
        let in_ram = map
            .ram_at(here)
            .is_some_and(|ram| u64::from(here) + len <= ram.max_end());
        if (in_flash || in_ram) && fits(here) {
            bases.push(here);
        }
        base = here.checked_sub(TABLE_ALIGNMENT);
    }
    bases.reverse();
    bases
}

#[cfg(test)]
mod tests;
