use super::section::Section;
use crate::CfgError;
use crate::ReadMode;
use crate::part::{SfdpExpectation, SfdpPresence, Span, Times};
use crate::protection::{Protection, Scheme};

pub(super) fn choice<T: Copy>(
    section: &Section<'_>,
    key: &'static str,
    names: &[(T, &'static str)],
    what: &str,
) -> Result<Option<T>, CfgError> {
    let Some(entry) = section.get(key) else {
        return Ok(None);
    };
    let word = entry.string("a text")?;
    match names.iter().find(|(_, name)| *name == word) {
        Some((value, _)) => Ok(Some(*value)),
        None => {
            let known: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
            let message = format!(
                "there is no {what} \"{word}\"; known are {}",
                known.join(", ")
            );
            Err(entry.error(message).near(word, known))
        }
    }
}

pub(super) fn read(section: &Section<'_>) -> Result<ReadMode, CfgError> {
    section.knows([
        "opcode",
        "address-bits",
        "address-pads",
        "data-pads",
        "dummy-cycles",
    ])?;
    let byte = |key: &'static str, example: &str| match section.get(key) {
        Some(entry) => Ok(entry.number(0xFF)? as u8),
        None => Err(section.missing(key, example)),
    };
    let one_of = |key: &'static str, value: u8, allowed: &[u8]| match section.get(key) {
        Some(entry) if !allowed.contains(&value) => {
            Err(entry.error(format!("`{key}` must be one of {allowed:?}")))
        }
        _ => Ok(value),
    };
    let bits = if section.get("address-bits").is_some() {
        byte("address-bits", "24")?
    } else {
        24
    };
    Ok(ReadMode {
        opcode: byte("opcode", "0xEB")?,
        address_bits: one_of("address-bits", bits, &[24, 32])?,
        address_pads: one_of("address-pads", byte("address-pads", "4")?, &[1, 2, 4, 8])?,
        data_pads: one_of("data-pads", byte("data-pads", "4")?, &[1, 2, 4, 8])?,
        dummy_cycles: byte("dummy-cycles", "6")?,
    })
}

pub(super) fn protection(section: &Section<'_>) -> Result<Protection, CfgError> {
    section.knows(["mask", "lock", "complement", "scheme", "confirmed"])?;
    let mask = |key: &'static str| {
        section
            .get(key)
            .map_or(Ok(0), |entry| Ok(entry.number(0xFF)? as u8))
    };
    Ok(Protection {
        mask: mask("mask")?,
        lock: mask("lock")?,
        complement: mask("complement")?,
        scheme: choice(section, "scheme", Scheme::NAMES, Scheme::WHAT)?.unwrap_or(Scheme::Unknown),
        confirmed: section
            .get("confirmed")
            .map_or(Ok(false), |entry| entry.boolean())?,
    })
}

pub(super) fn times(section: &Section<'_>) -> Result<Times, CfgError> {
    section.knows([
        "sector-erase-ms",
        "block-erase-ms",
        "chip-erase-ms",
        "page-program-us",
    ])?;
    let pair = |key: &'static str, span: fn(u64, u64) -> Span| {
        let Some(entry) = section.get(key) else {
            return Ok(None);
        };
        match entry.numbers(u32::MAX)?[..] {
            [typical, max] if typical <= max => Ok(Some(span(typical.into(), max.into()))),
            _ => Err(entry.error(format!(
                "`{key}` takes two numbers, typical and longest, such as [48, 384]"
            ))),
        }
    };
    Ok(Times {
        sector_erase: pair("sector-erase-ms", Span::millis)?,
        block_erase: pair("block-erase-ms", Span::millis)?,
        chip_erase: pair("chip-erase-ms", Span::millis)?,
        page_program: pair("page-program-us", Span::micros)?,
    })
}

pub(super) fn sfdp(section: &Section<'_>) -> Result<SfdpExpectation, CfgError> {
    section.knows(["presence", "dwords", "qer"])?;
    let byte = |key: &'static str, max| {
        section
            .get(key)
            .map(|entry| entry.number(max).map(|n| n as u8))
            .transpose()
    };
    Ok(SfdpExpectation {
        presence: choice(section, "presence", SfdpPresence::NAMES, SfdpPresence::WHAT)?
            .unwrap_or(SfdpPresence::Unknown),
        dwords: byte("dwords", 0xFF)?,
        qer: byte("qer", 7)?,
    })
}
