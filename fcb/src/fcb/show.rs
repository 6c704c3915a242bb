use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rtboot_chip::ClockTable;

use super::layout::{LUT, Spec};
use super::{Fcb, words};
use crate::Chip;
use crate::lut::{self, Sequence};

/// One field of a block, ready for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    /// The name in a `.cfg` file, `lut-0` … `lut-15` for a sequence, `reserved-0x…` for bytes without a meaning.
    pub name: &'static str,
    /// NXP's name, empty for reserved bytes.
    pub alias: &'static str,
    /// Offset in the block.
    pub offset: usize,
    /// Bytes.
    pub len: usize,
    /// The elements: bytes, half-words or words as the field has them; the four words of a sequence.
    pub values: Vec<u32>,
    /// The elements as text, hex or decimal as they are best read.
    pub value: String,
    /// What it means, in words; may be empty.
    pub meaning: String,
}

/// One field in which two blocks differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDiff {
    /// The field in the block whose method was called.
    pub this: FieldValue,
    /// The same field in the other one.
    pub other: FieldValue,
}

const SEQUENCES: [&str; 16] = [
    "lut-0", "lut-1", "lut-2", "lut-3", "lut-4", "lut-5", "lut-6", "lut-7", "lut-8", "lut-9",
    "lut-10", "lut-11", "lut-12", "lut-13", "lut-14", "lut-15",
];

impl Fcb {
    /// Every field with its meaning, by offset. Unused sequences and reserved bytes appear when they are not zero.
    pub fn fields(&self) -> Vec<FieldValue> {
        self.used_fields(None)
    }

    /// The same, with the clock's meaning on this chip.
    pub fn fields_on(&self, chip: &Chip) -> Vec<FieldValue> {
        self.used_fields(Some(&chip.clocks))
    }

    fn used_fields(&self, clocks: Option<&ClockTable>) -> Vec<FieldValue> {
        let used = |field: &FieldValue| {
            !is_quiet(field.name) || field.values.iter().any(|value| *value != 0)
        };
        self.every_field(clocks).into_iter().filter(used).collect()
    }

    /// The fields in which `other` differs, by offset; together they cover every byte but the tag.
    pub fn diff(&self, other: &Fcb) -> Vec<FieldDiff> {
        self.differing(other, None)
    }

    /// The same, with the clock's meaning on this chip.
    pub fn diff_on(&self, other: &Fcb, chip: &Chip) -> Vec<FieldDiff> {
        self.differing(other, Some(&chip.clocks))
    }

    fn differing(&self, other: &Fcb, clocks: Option<&ClockTable>) -> Vec<FieldDiff> {
        let own = self.every_field(clocks).into_iter();
        own.zip(other.every_field(clocks))
            .filter(|(this, other)| this.values != other.values)
            .map(|(this, other)| FieldDiff { this, other })
            .collect()
    }

    fn every_field(&self, clocks: Option<&ClockTable>) -> Vec<FieldValue> {
        let named = Spec::all().iter().map(|spec| {
            let values = self.get(spec);
            show(
                spec,
                words::number(spec, &values),
                words::meaning(spec, &values, clocks),
                values,
            )
        });
        let reserved = Spec::reserved().iter().map(|spec| {
            let values = self.get(spec);
            let bytes: Vec<String> = values.iter().map(|byte| format!("{byte:02x}")).collect();
            show(
                spec,
                bytes.join(" "),
                "without a meaning".to_owned(),
                values,
            )
        });
        let sequences = SEQUENCES
            .iter()
            .enumerate()
            .map(|(index, name)| self.show_sequence(index, name));
        let mut all: Vec<FieldValue> = named.chain(reserved).chain(sequences).collect();
        all.sort_by_key(|field| field.offset);
        all
    }

    fn show_sequence(&self, index: usize, name: &'static str) -> FieldValue {
        let sequence = self.sequence(index);
        let words: Vec<String> = sequence
            .words()
            .iter()
            .map(|word| format!("{word:08x}"))
            .collect();
        FieldValue {
            name,
            alias: "lookupTable",
            offset: LUT.start + index * Sequence::LEN,
            len: Sequence::LEN,
            values: sequence.words().to_vec(),
            value: words.join(" "),
            meaning: format!("{}: {sequence}", lut::index::name(index)),
        }
    }
}

fn is_quiet(name: &str) -> bool {
    name.starts_with("reserved") || name.starts_with("lut-")
}

fn show(spec: &Spec, value: String, meaning: String, values: Vec<u32>) -> FieldValue {
    FieldValue {
        name: spec.name,
        alias: spec.alias,
        offset: spec.offset,
        len: spec.len(),
        values,
        value,
        meaning,
    }
}
