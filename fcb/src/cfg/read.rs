//! A part from its table, inherited keys included.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::str::FromStr;

use rtboot_chip::CHIPS;

use super::section::{Entry, Section};
use crate::fcb::Spec;
use crate::lut::{Instruction, Sequence, index};
use crate::{
    CfgError, Chip, ChipName, ClockIndex, DummyControl, DummyPlace, EraseCommands, Evidence,
    JedecId, OptionWords, Overrides, Part, Protection, QeMethod, ReadClock, ReadMode, Scheme,
    SfdpExpectation, SfdpPresence, Span, StatusWrite, Times,
};

/// The keys of a part's table.
pub(super) const KEYS: [&str; 25] = [
    "name",
    "vendor",
    "jedec",
    "id-tail",
    "size",
    "page-size",
    "sector-size",
    "block-size",
    "sector-erase",
    "block-erase",
    "quad-enable",
    "status-write",
    "clock",
    "max-mhz",
    "option-words",
    "evidence",
    "source",
    "note",
    "chip",
    "read",
    "dummy-register",
    "protection",
    "times",
    "sfdp",
    "fcb",
];

pub(super) fn part(section: &Section<'_>) -> Result<Part, CfgError> {
    let text = |entry: &Entry<'_>| entry.text().map(str::to_owned);
    let size = |entry: &Entry<'_>| entry.number(u32::MAX);
    // tables first: a key under the wrong header is then reported as unknown there, not as missing here
    let read = section.get("read", read)?;
    let dummy_register = section.get("dummy-register", dummy_register)?.flatten();
    let protection = section.get("protection", protection)?;
    let mut times = section.get("times", times)?.unwrap_or_default();
    // a member with a size of its own needs another time for a chip erase
    if section.own("size").is_some() && section.own("times").is_none() {
        times.chip_erase = None;
    }
    let sfdp = section.get("sfdp", sfdp)?;
    let overrides = section.get("fcb", overrides)?;
    let jedec = section.need("jedec", "\"9d 60 17\"", jedec)?;
    let qe = section.need("quad-enable", "\"sr1-bit6\"", |entry| {
        choice(entry, QeMethod::NAMES, QeMethod::WHAT)
    })?;
    let status_write = section.get("status-write", |entry| {
        choice(entry, StatusWrite::NAMES, StatusWrite::WHAT)
    })?;
    let evidence = section.get("evidence", |entry| {
        choice(entry, Evidence::NAMES, Evidence::WHAT)
    })?;
    let chips = section.get("chip", chips)?.unwrap_or_default();
    let command = |entry: &Entry<'_>| entry.number(u8::MAX);
    let (sector_erase, block_erase) = (
        section.get("sector-erase", command)?,
        section.get("block-erase", command)?,
    );
    let lacks_read = || section.error(format!("{} lacks the table [read]", section.name));
    let read = read.ok_or_else(lacks_read)?;
    let usual = EraseCommands::usual(read.address_bits);
    let part = Part {
        name: section.need("name", "\"IS25LP064A\"", text)?,
        vendor: section
            .get("vendor", text)?
            .unwrap_or_else(|| jedec.maker().unwrap_or("unknown").to_owned()),
        jedec,
        id_tail: section
            .get_unless_none("id-tail", id_tail)?
            .unwrap_or_default(),
        size: section.need("size", "\"8M\"", size)?,
        page_size: section.get("page-size", size)?.unwrap_or(0x100),
        sector_size: section.get("sector-size", size)?.unwrap_or(0x1000),
        block_size: section.get("block-size", size)?.unwrap_or(0x1_0000),
        erase: EraseCommands {
            sector: sector_erase.unwrap_or(usual.sector),
            block: block_erase.unwrap_or(usual.block),
        },
        qe,
        status_write: status_write.unwrap_or(qe.usual_status_write()),
        protection: protection.unwrap_or(Protection::UNKNOWN),
        read,
        dummy_register,
        clock: section.need("clock", "6", |entry| clock(entry, &chips))?,
        max_mhz: section.get_unless_none("max-mhz", |entry| entry.number(1000_u16))?,
        times,
        option_words: section.get_unless_none("option-words", option_words)?,
        sfdp: sfdp.unwrap_or(SfdpExpectation::UNKNOWN),
        evidence: evidence.unwrap_or(Evidence::Unconfirmed),
        source: section.get("source", text)?.unwrap_or_default(),
        note: section.get_unless_none("note", text)?,
        chips,
        overrides: overrides.unwrap_or_default(),
    };
    match part.misfit() {
        None => Ok(part),
        // at the key when this table gives it, else at the table: an inherited value is right for another part
        Some((key, message)) => Err(match section.own(key) {
            Some(entry) => entry.error(message),
            None => section.error(message),
        }),
    }
}

fn choice<T: Copy>(
    entry: &Entry<'_>,
    names: &[(T, &'static str)],
    what: &str,
) -> Result<T, CfgError> {
    let word = entry.text()?;
    let found = names.iter().find(|(_, name)| *name == word);
    found.map(|(value, _)| *value).ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
        let list = known.join(", ");
        let error = entry.error(format!("there is no {what} \"{word}\"; known are {list}"));
        error.near(word, known)
    })
}

fn parsed<T: FromStr<Err = crate::Error>>(entry: &Entry<'_>, text: &str) -> Result<T, CfgError> {
    text.parse()
        .map_err(|error: crate::Error| entry.error(error.to_string()))
}

fn jedec(entry: &Entry<'_>) -> Result<JedecId, CfgError> {
    if let Some(text) = entry.as_text() {
        return parsed(entry, text);
    }
    let [_, a, b, c] = entry.number(0xFF_FFFF_u32)?.to_be_bytes();
    Ok(JedecId([a, b, c]))
}

fn id_tail(entry: &Entry<'_>) -> Result<Vec<u8>, CfgError> {
    let bytes = entry.text()?.split_whitespace();
    let bytes: Vec<Option<u8>> = bytes
        .map(|digits| u8::from_str_radix(digits, 16).ok())
        .collect();
    match bytes.len() {
        1..=3 if bytes.iter().all(Option::is_some) => Ok(bytes.into_iter().flatten().collect()),
        _ => Err(entry.error("`id-tail` takes one to three bytes in hex, such as \"4d 00\"")),
    }
}

/// One name or a list of them; `"none"` takes back what was inherited.
fn chips(entry: &Entry<'_>) -> Result<Vec<ChipName>, CfgError> {
    let names = entry.texts("a chip's name, or a list of them")?;
    if names.is_empty() {
        return Err(entry.error("`chip` names no chip; without the key the file is for any RT10xx"));
    }
    if let [only] = &names[..]
        && only.as_text() == Some("none")
    {
        return Ok(Vec::new());
    }
    let chip = |name: &Entry<'_>| {
        let word = name.text()?;
        word.parse().map_err(|()| {
            let message = format!(
                "there is no chip \"{word}\"; a family is written with x for any digit, such as \"rt102x\""
            );
            let known = ChipName::all().map(|name| name.as_str());
            name.error(message).near(word, known)
        })
    };
    names.iter().map(chip).collect()
}

fn option_words(entry: &Entry<'_>) -> Result<OptionWords, CfgError> {
    let words = match entry.as_text() {
        Some(text) => parsed(entry, text)?,
        None => match entry.numbers(u32::MAX)?[..] {
            [word0] => OptionWords::one(word0),
            [word0, word1] => OptionWords::two(word0, word1),
            _ => return Err(entry.error("`option-words` takes one or two words")),
        },
    };
    match words.check() {
        Ok(_) => Ok(words),
        Err(error) => Err(entry.error(error.to_string())),
    }
}

/// A frequency, or the index of it on the chips that the file is for.
fn clock(entry: &Entry<'_>, chips: &[ChipName]) -> Result<ReadClock, CfgError> {
    let wrong =
        || entry.error("`clock` takes an index such as 6, or a frequency such as \"100 MHz\"");
    if let Some(text) = entry.as_text() {
        let text = text.to_ascii_lowercase();
        let mhz = text.trim_end_matches("mhz").trim().parse().ok();
        return mhz.and_then(ReadClock::of_mhz).ok_or_else(wrong);
    }
    let index = entry.number(u32::MAX)?;
    let index = u8::try_from(index).map(ClockIndex).map_err(|_| wrong())?;
    // a file for any chip, and one for chips that are not in the table, counts as the default chip does
    let meant = |chip: &&Chip| !chips.is_empty() && chip.is_meant_by(chips);
    let mut clocks = CHIPS
        .iter()
        .filter(meant)
        .map(|chip| ReadClock::of_index(index, &chip.clocks));
    let first = match clocks.next() {
        Some(first) => first,
        None => ReadClock::of_index(index, &Chip::DEFAULT.clocks),
    };
    if clocks.any(|other| other != first) {
        return Err(entry.error(format!(
            "index {} is another clock on one of the chips in `chip` than on the next: write the frequency, such as \"100 MHz\"",
            index.0
        )));
    }
    first.ok_or_else(wrong)
}

fn read(entry: &Entry<'_>) -> Result<ReadMode, CfgError> {
    let keys = [
        "opcode",
        "address-bits",
        "address-pads",
        "data-pads",
        "dummy-cycles",
    ];
    let section = entry.table_of("[read]", keys)?;
    let byte = |entry: &Entry<'_>| entry.number(u8::MAX);
    let one_of = |entry: &Entry<'_>, allowed: &[u8]| match entry.number(u8::MAX)? {
        value if allowed.contains(&value) => Ok(value),
        _ => Err(entry.error(format!("`{}` must be one of {allowed:?}", entry.key))),
    };
    let pads = |entry: &Entry<'_>| one_of(entry, &[1, 2, 4, 8]);
    let bits = section.get("address-bits", |entry| one_of(entry, &[24, 32]))?;
    Ok(ReadMode {
        opcode: section.need("opcode", "0xEB", byte)?,
        address_bits: bits.unwrap_or(24),
        address_pads: section.need("address-pads", "4", pads)?,
        data_pads: section.need("data-pads", "4", pads)?,
        dummy_cycles: section.need("dummy-cycles", "6", byte)?,
    })
}

/// An empty table takes back what was inherited.
fn dummy_register(entry: &Entry<'_>) -> Result<Option<DummyControl>, CfgError> {
    let keys = ["place", "mask", "cycles", "plain-mask", "plain-value"];
    let section = entry.table_of("[dummy-register]", keys)?;
    if section.entries().next().is_none() {
        return Ok(None);
    }
    let byte = |entry: &Entry<'_>| entry.number(u8::MAX);
    let bytes = |entry: &Entry<'_>| -> Result<Vec<u8>, CfgError> {
        entry
            .elements()
            .map(|entry| entry.number(u8::MAX))
            .collect()
    };
    Ok(Some(DummyControl {
        place: section.need("place", "\"c0h\"", |entry| {
            choice(entry, DummyPlace::NAMES, DummyPlace::WHAT)
        })?,
        mask: section.need("mask", "0x18", byte)?,
        cycles: section.need("cycles", "[6, 4, 8, 10]", bytes)?,
        plain_mask: section.get("plain-mask", byte)?.unwrap_or(0),
        plain_value: section.get("plain-value", byte)?.unwrap_or(0),
    }))
}

fn protection(entry: &Entry<'_>) -> Result<Protection, CfgError> {
    let keys = [
        "mask",
        "lock",
        "complement",
        "power-lock",
        "block-locks",
        "scheme",
        "confirmed",
    ];
    let section = entry.table_of("[protection]", keys)?;
    let bits = |key| section.get(key, |entry| entry.number(u8::MAX));
    let scheme = section.get("scheme", |entry| choice(entry, Scheme::NAMES, Scheme::WHAT))?;
    Ok(Protection {
        mask: bits("mask")?.unwrap_or(0),
        lock: bits("lock")?.unwrap_or(0),
        complement: bits("complement")?.unwrap_or(0),
        power_lock: bits("power-lock")?.unwrap_or(0),
        block_locks: bits("block-locks")?.unwrap_or(0),
        scheme: scheme.unwrap_or(Scheme::Unknown),
        confirmed: section.get("confirmed", Entry::boolean)?.unwrap_or(false),
    })
}

fn times(entry: &Entry<'_>) -> Result<Times, CfgError> {
    let keys = [
        "sector-erase-ms",
        "block-erase-ms",
        "chip-erase-ms",
        "page-program-us",
    ];
    let section = entry.table_of("[times]", keys)?;
    let pair = |key: &str, span: fn(u64, u64) -> Span| {
        section.get(key, |entry| match entry.numbers(u32::MAX)?[..] {
            [typical, max] if typical <= max => Ok(span(typical.into(), max.into())),
            _ => Err(entry.error(format!(
                "`{key}` takes two numbers, typical and longest, such as [48, 384]"
            ))),
        })
    };
    Ok(Times {
        sector_erase: pair("sector-erase-ms", Span::millis)?,
        block_erase: pair("block-erase-ms", Span::millis)?,
        chip_erase: pair("chip-erase-ms", Span::millis)?,
        page_program: pair("page-program-us", Span::micros)?,
    })
}

fn sfdp(entry: &Entry<'_>) -> Result<SfdpExpectation, CfgError> {
    let section = entry.table_of("[sfdp]", ["presence", "dwords", "qer"])?;
    let presence = section.get("presence", |entry| {
        choice(entry, SfdpPresence::NAMES, SfdpPresence::WHAT)
    })?;
    Ok(SfdpExpectation {
        presence: presence.unwrap_or(SfdpPresence::Unknown),
        dwords: section.get("dwords", |entry| entry.number(u8::MAX))?,
        qer: section.get("qer", |entry| entry.number(7_u8))?,
    })
}

/// `[fcb]`: fields by their name or NXP's, and sequences under `[fcb.lut]`.
fn overrides(entry: &Entry<'_>) -> Result<Overrides, CfgError> {
    let names = Spec::all().iter().flat_map(|spec| [spec.name, spec.alias]);
    let reserved = Spec::reserved().iter().map(|spec| spec.name);
    let section = entry.table_of("[fcb]", names.chain(reserved).chain(["lut"]))?;
    let mut fields: Vec<(&'static Spec, Vec<u32>)> = Vec::new();
    for entry in section.entries() {
        let Some(spec) = Spec::find(entry.key) else {
            continue;
        };
        let values = entry.numbers(spec.max())?;
        if values.len() != spec.count {
            let (key, wanted, given) = (entry.key, spec.count, values.len());
            return Err(entry.error(format!("`{key}` takes {wanted} numbers, not {given}")));
        }
        if fields.iter().any(|(known, _)| known.offset == spec.offset) {
            return Err(entry.key_error(format!(
                "`{}` and `{}` are the same field",
                spec.name, spec.alias
            )));
        }
        fields.push((spec, values));
    }
    fields.sort_by_key(|(spec, _)| spec.offset);
    let sequences = section.get("lut", sequences)?.unwrap_or_default();
    Ok(Overrides { fields, sequences })
}

fn sequences(entry: &Entry<'_>) -> Result<Vec<(usize, Sequence)>, CfgError> {
    let section = entry.table("[fcb.lut]")?;
    let numbered = |entry: Entry<'_>| match entry.key.parse() {
        Ok(number @ 0..16) => Ok((number, sequence(&entry, number)?)),
        _ => Err(entry.key_error("sequences have numbers from 0 to 15")),
    };
    let mut sequences: Vec<_> = section.entries().map(numbered).collect::<Result<_, _>>()?;
    sequences.sort_by_key(|(number, _)| *number);
    Ok(sequences)
}

/// Words (`[0x0A1804EB, 0x26043206]`) or instructions (`["CMD/1 0xEB", "RADDR/4 24"]`).
fn sequence(entry: &Entry<'_>, number: usize) -> Result<Sequence, CfgError> {
    let texts: Option<Vec<&str>> = entry.elements().map(|element| element.as_text()).collect();
    if let Some(texts) = texts.filter(|texts| entry.is_list() && !texts.is_empty()) {
        let steps = texts.iter().map(|text| parsed(entry, text));
        let steps: Vec<Instruction> = steps.collect::<Result<_, _>>()?;
        return match steps.len() {
            0..=Sequence::STEPS => Ok(Sequence::of(&steps)),
            more => Err(entry.error(format!("a sequence has at most 8 instructions, not {more}"))),
        };
    }
    let words = entry.numbers(u32::MAX)?;
    match words.len() {
        0..=4 => Ok(Sequence::from_words(&words)),
        more => Err(entry.error(format!(
            "a sequence has at most 4 words, not {more}; {number} is `{}`",
            index::name(number)
        ))),
    }
}
