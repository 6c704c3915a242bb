//! Raw bytes: the address is given, or implied by what is in them.

mod base;
mod evidence;

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Parsed;
use crate::{BootData, Error, Firmware, Ivt, Memory, MemoryMap};

pub use evidence::BaseEvidence;

pub(super) fn parse(bytes: &[u8], base: Option<u32>, map: &MemoryMap) -> Result<Parsed, Error> {
    if bytes.len() > Firmware::LIMIT {
        return Err(Error::TooLarge {
            size: bytes.len() as u64,
            limit: Firmware::LIMIT as u64,
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
    base::implied(bytes, map)
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

#[cfg(test)]
mod tests;
