//! Results of the commands about FCBs and NOR parts.

use rtboot_fcb::{ChipName, FieldDiff, FieldValue};
use serde::Serialize;

use super::Finding;

/// Parts of the database.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbList {
    /// Those that fit the filters.
    pub parts: Vec<Part>,
}

/// A NOR part.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Part {
    /// Its file in the database; empty for a part of one's own.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its maker.
    pub vendor: String,
    /// JEDEC id, as in 9d 60 17.
    pub jedec: String,
    /// Bytes.
    pub size: u32,
    /// Bytes of a page.
    pub page_size: u32,
    /// Bytes of the smallest erase.
    pub sector_size: u32,
    /// Bytes of a block erase.
    pub block_size: u32,
    /// How its quad-enable bit is set.
    pub quad_enable: String,
    /// The FCB's serialClkFreq, on the chip that is named.
    pub clock_index: u8,
    /// That clock in MHz.
    pub clock_mhz: Option<u16>,
    /// The part's limit for its read.
    pub max_mhz: Option<u16>,
    /// Its read, as the data sheet writes it.
    pub read: String,
    /// How sure its values are.
    pub evidence: String,
    /// Where its values come from.
    pub source: String,
    /// What else is good to know.
    pub note: Option<String>,
    /// Chips that it is meant for; empty for all.
    pub chips: Vec<String>,
}

impl Part {
    /// A part of this file of the database; an empty name for a part of one's own.
    pub fn new(file: &str, part: &rtboot_fcb::Part) -> Part {
        let chips = part.chips.iter();
        Part {
            file: file.to_owned(),
            name: part.name.clone(),
            vendor: part.vendor.clone(),
            jedec: part.jedec.to_string(),
            size: part.size,
            page_size: part.page_size,
            sector_size: part.sector_size,
            block_size: part.block_size,
            quad_enable: part.qe.name().to_owned(),
            clock_index: part.boot_fcb().clock(),
            clock_mhz: Some(part.clock.mhz()),
            max_mhz: part.max_mhz,
            read: part
                .boot_fcb()
                .sequence(rtboot_fcb::lut::index::READ)
                .to_string(),
            evidence: part.evidence.name().to_owned(),
            source: part.source.clone(),
            note: part.note.clone(),
            chips: chips.map(ChipName::as_str).map(str::to_owned).collect(),
        }
    }
}

/// A part or an FCB: its text as a `.cfg`, or its fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)] // a run has one
pub enum FcbShow {
    /// The text of a `.cfg`.
    Text {
        /// The text.
        cfg: String,
    },
    /// Option words.
    Words(FcbWords),
    /// Every field.
    Fields(FcbFields),
}

/// What option words say to a chip's flashloader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbWords {
    /// The words, as in 0xC0000007.
    pub option_words: String,
    /// The chip.
    pub chip: String,
    /// What they say and do, a line each.
    pub says: Vec<String>,
}

/// An FCB, field by field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbFields {
    /// Where it came from.
    pub from: String,
    /// The part, when it came as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Its fields, by offset.
    pub fields: Vec<Field>,
}

/// A field of an FCB.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Field {
    /// What it is called here.
    pub name: String,
    /// What the vendor calls it; empty when there is no such name.
    pub alias: String,
    /// Its place in the FCB.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
    /// Its words or bytes.
    pub values: Vec<u32>,
    /// What they mean.
    pub meaning: String,
}

impl From<&FieldValue> for Field {
    fn from(field: &FieldValue) -> Field {
        Field {
            name: field.name.to_string(),
            alias: field.alias.to_string(),
            offset: field.offset,
            length: field.len,
            values: field.values.clone(),
            meaning: field.meaning.clone(),
        }
    }
}

/// An FCB was written to a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbBuild {
    /// The file.
    pub file: String,
    /// Where the FCB came from.
    pub from: String,
    /// Bytes of the file.
    pub bytes: usize,
}

/// What contradicts what in an FCB.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbCheck {
    /// Where it came from.
    pub from: String,
    /// The part that it was held against.
    pub part: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Two FCBs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbDiff {
    /// Where they came from.
    pub from: [String; 2],
    /// Fields that differ; empty when the FCBs are equal.
    pub differences: Vec<Difference>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Difference {
    /// What it is called here.
    pub name: String,
    /// What the vendor calls it; empty when there is no such name.
    pub alias: String,
    /// Its place in the FCB.
    pub offset: usize,
    /// The field of the first FCB.
    pub this: Side,
    /// The field of the second.
    pub other: Side,
}

/// A field of one of two FCBs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Side {
    /// Its words or bytes.
    pub values: Vec<u32>,
    /// What they mean.
    pub meaning: String,
}

impl From<&FieldDiff> for Difference {
    fn from(FieldDiff { this, other }: &FieldDiff) -> Difference {
        let side = |field: &FieldValue| Side {
            values: field.values.clone(),
            meaning: field.meaning.clone(),
        };
        Difference {
            name: this.name.to_string(),
            alias: this.alias.to_string(),
            offset: this.offset,
            this: side(this),
            other: side(other),
        }
    }
}

/// What was found out about a board's flash.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbProbe {
    /// JEDEC id, as in 9d 60 17.
    pub jedec: String,
    /// Known parts with this id.
    pub parts: Vec<String>,
    /// Status registers, in words.
    pub status: String,
    /// Where the quad-enable bit is, and whether it is set.
    pub quad_enable: Option<QuadEnable>,
    /// Bytes that each read mode was tried on.
    pub compared_bytes: u32,
    /// Every read mode.
    pub tried: Vec<TriedRead>,
    /// The read that was taken.
    pub read: String,
    /// The clock that was taken, as the FCB's serialClkFreq.
    pub clock: u8,
    /// Option words for the same.
    pub option_words: Option<String>,
    /// The part as the text of a `.cfg`.
    pub cfg: String,
    /// What is not certain.
    pub doubts: Vec<String>,
    /// The file that the part was saved in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
}

/// A quad-enable bit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct QuadEnable {
    /// Where it is.
    pub r#where: String,
    /// Whether it is set.
    pub set: Option<bool>,
}

/// A read mode that was tried, or not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct TriedRead {
    /// The mode, as the data sheet writes it.
    pub read: String,
    /// The fastest clock at which it was right, as the FCB's serialClkFreq; null for none.
    pub right_to_clock: Option<u8>,
    /// Why it was not tried.
    pub not_tried: Option<String>,
}
