use super::section::{Entry, Section};
use crate::CfgError;
use crate::fcb::Spec;
use crate::lut::{Instruction, Sequence, index};
use crate::part::Overrides;

/// Reads `[fcb]`: fields by their name or NXP's, and sequences under `[fcb.lut]`.
pub(super) fn overrides(section: &Section<'_>) -> Result<Overrides, CfgError> {
    let names = Spec::all().iter().flat_map(|spec| [spec.name, spec.alias]);
    let reserved = Spec::reserved().iter().map(|spec| spec.name);
    section.knows(names.chain(reserved).chain(["lut"]))?;
    let mut fields = Vec::new();
    for entry in section.entries() {
        let Some(spec) = Spec::find(entry.key) else {
            continue;
        };
        let values = entry.numbers(spec.max())?;
        if values.len() != spec.count {
            return Err(entry.error(format!(
                "`{}` takes {} numbers, not {}",
                entry.key,
                spec.count,
                values.len()
            )));
        }
        if fields
            .iter()
            .any(|(known, _): &(&Spec, _)| known.offset == spec.offset)
        {
            return Err(entry.key_error(format!(
                "`{}` and `{}` are the same field",
                spec.name, spec.alias
            )));
        }
        fields.push((spec, values));
    }
    fields.sort_by_key(|(spec, _)| spec.offset);
    let sequences = section.get("lut").map_or(Ok(Vec::new()), |entry| {
        sequences(&entry.table("[fcb.lut]")?)
    })?;
    Ok(Overrides { fields, sequences })
}

fn sequences(section: &Section<'_>) -> Result<Vec<(usize, Sequence)>, CfgError> {
    let mut sequences = Vec::new();
    for entry in section.entries() {
        let number = entry.key.parse::<usize>().ok().filter(|index| *index < 16);
        let number =
            number.ok_or_else(|| entry.key_error("sequences have numbers from 0 to 15"))?;
        sequences.push((number, sequence(&entry)?));
    }
    sequences.sort_by_key(|(number, _)| *number);
    Ok(sequences)
}

/// Words (`[0x0A1804EB, 0x26043206]`) or instructions (`["CMD/1 0xEB", "RADDR/4 24"]`).
fn sequence(entry: &Entry<'_>) -> Result<Sequence, CfgError> {
    if let Some(texts) = entry.strings().filter(|texts| !texts.is_empty()) {
        let steps: Result<Vec<Instruction>, _> = texts.iter().map(|text| text.parse()).collect();
        let steps = steps.map_err(|error: crate::Error| entry.error(error.to_string()))?;
        return match steps.len() {
            0..=8 => Ok(Sequence::of(&steps)),
            more => Err(entry.error(format!("a sequence has at most 8 instructions, not {more}"))),
        };
    }
    let words = entry.numbers(u32::MAX)?;
    match words.len() {
        0..=4 => Ok(Sequence::from_words(&words)),
        more => Err(entry.error(format!(
            "a sequence has at most 4 words, not {more}; {} is `{}`",
            entry.key,
            index::name(entry.key.parse().unwrap_or(16))
        ))),
    }
}
