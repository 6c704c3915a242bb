use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use super::force;
use super::section::{Entry, Section};
use super::tables::{choice, protection, read, sfdp, times};
use crate::CfgError;
use crate::part::{Overrides, SfdpExpectation, Times};
use crate::protection::Protection;
use crate::{
    ChipName, ClockIndex, Evidence, JedecId, OptionWords, Part, QeMethod, ReadMode, StatusWrite,
};

/// A part in the making: what the file and the member have said so far.
#[derive(Clone, Default)]
pub(super) struct Draft {
    name: Option<String>,
    vendor: Option<String>,
    jedec: Option<JedecId>,
    size: Option<u32>,
    page_size: Option<u32>,
    sector_size: Option<u32>,
    block_size: Option<u32>,
    qe: Option<QeMethod>,
    status_write: Option<StatusWrite>,
    clock: Option<ClockIndex>,
    max_mhz: Option<u16>,
    option_words: Option<OptionWords>,
    evidence: Option<Evidence>,
    source: Option<String>,
    note: Option<String>,
    chips: Vec<ChipName>,
    read: Option<ReadMode>,
    protection: Option<Protection>,
    times: Times,
    sfdp: Option<SfdpExpectation>,
    overrides: Overrides,
}

impl Draft {
    /// A member with a size of its own does not inherit what hangs on it.
    pub fn inherited_by(&mut self, member: &Section<'_>) {
        if member.get("size").is_some() {
            self.times.chip_erase = None;
        }
    }

    /// Takes over what the table says.
    pub fn overlay(&mut self, section: &Section<'_>) -> Result<(), CfgError> {
        let text = |key: &'static str| {
            section
                .get(key)
                .map(|entry| entry.string("a text").map(str::to_owned))
                .transpose()
        };
        let size = |key: &'static str| {
            section
                .get(key)
                .map(|entry| entry.number(u32::MAX))
                .transpose()
        };
        replace(&mut self.name, text("name")?);
        replace(&mut self.vendor, text("vendor")?);
        replace(&mut self.source, text("source")?);
        replace(&mut self.size, size("size")?);
        replace(&mut self.page_size, size("page-size")?);
        replace(&mut self.sector_size, size("sector-size")?);
        replace(&mut self.block_size, size("block-size")?);
        replace(
            &mut self.jedec,
            section
                .get("jedec")
                .map(|entry| jedec(&entry))
                .transpose()?,
        );
        replace(
            &mut self.clock,
            section
                .get("clock")
                .map(|entry| clock(&entry))
                .transpose()?,
        );
        replace(
            &mut self.qe,
            choice(section, "quad-enable", QeMethod::NAMES, QeMethod::WHAT)?,
        );
        replace(
            &mut self.status_write,
            choice(
                section,
                "status-write",
                StatusWrite::NAMES,
                StatusWrite::WHAT,
            )?,
        );
        replace(
            &mut self.evidence,
            choice(section, "evidence", Evidence::NAMES, Evidence::WHAT)?,
        );
        take_back(&mut self.note, section.get("note"), |entry| {
            Ok(entry.string("a text")?.to_owned())
        })?;
        take_back(&mut self.max_mhz, section.get("max-mhz"), |entry| {
            Ok(entry.number(1000)? as u16)
        })?;
        take_back(
            &mut self.option_words,
            section.get("option-words"),
            option_words,
        )?;
        if let Some(entry) = section.get("chip") {
            self.chips = chips(&entry)?;
        }
        self.overlay_tables(section)
    }

    fn overlay_tables(&mut self, section: &Section<'_>) -> Result<(), CfgError> {
        if let Some(entry) = section.get("read") {
            self.read = Some(read(&entry.table("[read]")?)?);
        }
        if let Some(entry) = section.get("protection") {
            self.protection = Some(protection(&entry.table("[protection]")?)?);
        }
        if let Some(entry) = section.get("times") {
            self.times = times(&entry.table("[times]")?)?;
        }
        if let Some(entry) = section.get("sfdp") {
            self.sfdp = Some(sfdp(&entry.table("[sfdp]")?)?);
        }
        if let Some(entry) = section.get("fcb") {
            self.overrides = force::overrides(&entry.table("[fcb]")?)?;
        }
        Ok(())
    }

    /// The part, when all that is needed is there and fits together.
    pub fn finish(&self, section: &Section<'_>) -> Result<Part, CfgError> {
        let draft = self.clone();
        let jedec = draft
            .jedec
            .ok_or_else(|| section.missing("jedec", "\"9d 60 17\""))?;
        let qe = draft
            .qe
            .ok_or_else(|| section.missing("quad-enable", "\"sr1-bit6\""))?;
        let part = Part {
            name: draft
                .name
                .ok_or_else(|| section.missing("name", "\"IS25LP064A\""))?,
            vendor: draft
                .vendor
                .unwrap_or_else(|| jedec.maker().unwrap_or("unknown").to_owned()),
            jedec,
            size: draft
                .size
                .ok_or_else(|| section.missing("size", "\"8M\""))?,
            page_size: draft.page_size.unwrap_or(0x100),
            sector_size: draft.sector_size.unwrap_or(0x1000),
            block_size: draft.block_size.unwrap_or(0x1_0000),
            qe,
            status_write: draft.status_write.unwrap_or(qe.usual_status_write()),
            protection: draft.protection.unwrap_or(Protection::UNKNOWN),
            read: draft
                .read
                .ok_or_else(|| section.error(format!("{} lacks the table [read]", section.name)))?,
            clock: draft.clock.ok_or_else(|| section.missing("clock", "6"))?,
            max_mhz: draft.max_mhz,
            times: draft.times,
            option_words: draft.option_words,
            sfdp: draft.sfdp.unwrap_or(SfdpExpectation::UNKNOWN),
            evidence: draft.evidence.unwrap_or(Evidence::Unconfirmed),
            source: draft.source.unwrap_or_default(),
            note: draft.note,
            chips: draft.chips,
            overrides: draft.overrides,
        };
        check(&part, section).map(|()| part)
    }
}

/// Whether the part's facts fit together; errors stand at the key that this table gives, else at the table.
fn check(part: &Part, section: &Section<'_>) -> Result<(), CfgError> {
    match part.misfit() {
        None => Ok(()),
        Some((key, message)) => Err(section
            .get(key)
            .map_or_else(|| section.error(&message), |entry| entry.error(&message))),
    }
}

fn replace<T>(place: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *place = new;
    }
}

/// As [`replace`], but the text "none" takes back what was inherited.
fn take_back<T>(
    place: &mut Option<T>,
    entry: Option<Entry<'_>>,
    value: impl Fn(&Entry<'_>) -> Result<T, CfgError>,
) -> Result<(), CfgError> {
    match entry {
        Some(entry) if entry.text_value() == Some("none") => *place = None,
        Some(entry) => *place = Some(value(&entry)?),
        None => {}
    }
    Ok(())
}

fn parsed<T: FromStr>(entry: &Entry<'_>, wanted: &str) -> Result<T, CfgError>
where
    T::Err: Display,
{
    entry
        .string(wanted)?
        .parse()
        .map_err(|error: T::Err| entry.error(error.to_string()))
}

fn jedec(entry: &Entry<'_>) -> Result<JedecId, CfgError> {
    if entry.text_value().is_some() {
        return parsed(entry, "a text");
    }
    let [_, a, b, c] = entry.number(0xFF_FFFF)?.to_be_bytes();
    Ok(JedecId([a, b, c]))
}

/// One name or a list of them; `"none"` takes back what was inherited.
fn chips(entry: &Entry<'_>) -> Result<Vec<ChipName>, CfgError> {
    let names = entry.words("a chip's name, or a list of them")?;
    let chip = |(word, place): (&str, Range<usize>)| {
        word.parse().map_err(|()| {
            let message = format!(
                "there is no chip \"{word}\"; a family is written with x for any digit, such as \"rt102x\""
            );
            let error = CfgError::at(entry.section.text, place, message);
            error.near(word, ChipName::all().map(|name| name.as_str()))
        })
    };
    match names[..] {
        [("none", _)] => Ok(Vec::new()),
        [] => Err(entry.error("`chip` names no chip; without the key the file is for any RT10xx")),
        _ => names.into_iter().map(chip).collect(),
    }
}

fn option_words(entry: &Entry<'_>) -> Result<OptionWords, CfgError> {
    let words: OptionWords = match entry.text_value() {
        Some(_) => parsed(entry, "a text")?,
        None => match entry.numbers(u32::MAX)?[..] {
            [word0] => OptionWords::one(word0),
            [word0, word1] => OptionWords::two(word0, word1),
            _ => return Err(entry.error("`option-words` takes one or two words")),
        },
    };
    words
        .check()
        .map_err(|error| entry.error(error.to_string()))?;
    Ok(words)
}

fn clock(entry: &Entry<'_>) -> Result<ClockIndex, CfgError> {
    let bad =
        || entry.error("`clock` takes an index from 1 to 8, or a frequency such as \"100 MHz\"");
    let index = match entry.text_value() {
        Some(text) => {
            let mhz = text.to_ascii_lowercase();
            let mhz: u16 = mhz
                .trim_end_matches("mhz")
                .trim()
                .parse()
                .map_err(|_| bad())?;
            (1..=8)
                .map(ClockIndex)
                .find(|index| index.mhz() == Some(mhz))
                .ok_or_else(bad)?
        }
        None => ClockIndex(entry.number(u32::MAX)?.try_into().unwrap_or(0)),
    };
    index.mhz().map(|_| index).ok_or_else(bad)
}
