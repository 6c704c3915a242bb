//! SPSDK's YAML, read.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::fmt;

use super::scan::{self, Entry};
use crate::cfg_error::nearest;
use crate::fcb::{Fcb, Spec};
use crate::lut::{Instruction, Opcode, Sequence};

/// What is wrong with a YAML file, and where.
///
/// Prints `line 12: unknown key `csHold`; did you mean `csHoldTime`?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Counted from 1.
    pub line: usize,
    /// One sentence without a full stop.
    pub message: String,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl core::error::Error for YamlError {}

/// Offset of the reserved words at the end that SPSDK names `reserve2_0` and on.
pub(super) const TAIL: usize = 0x1D4;
pub(super) const RESERVED_WORDS: usize = 11;

/// SPSDK's names of the instructions. Source: SPSDK, FCB register description.
pub(super) const OPERATIONS: &[(u8, &str)] = &[
    (0x00, "STOP"),
    (0x01, "CMD_SDR"),
    (0x02, "RADDR_SDR"),
    (0x03, "CADDR_SDR"),
    (0x04, "MODE1_SDR"),
    (0x05, "MODE2_SDR"),
    (0x06, "MODE4_SDR"),
    (0x07, "MODE8_SDR"),
    (0x08, "WRITE_SDR"),
    (0x09, "READ_SDR"),
    (0x0A, "LEARN_SDR"),
    (0x0B, "DATSZ_SDR"),
    (0x0C, "DUMMY_SDR"),
    (0x0D, "DUMMY_RWDS_SDR"),
    (0x1F, "JMP_ON_CS"),
    (0x21, "CMD_DDR"),
    (0x22, "RADDR_DDR"),
    (0x23, "CADDR_DDR"),
    (0x24, "MODE1_DDR"),
    (0x25, "MODE2_DDR"),
    (0x26, "MODE4_DDR"),
    (0x27, "MODE8_DDR"),
    (0x28, "WRITE_DDR"),
    (0x29, "READ_DDR"),
    (0x2A, "LEARN_DDR"),
    (0x2B, "DATSZ_DDR"),
    (0x2C, "DUMMY_DDR"),
    (0x2D, "DUMMY_RWDS_DDR"),
];

/// Reads the YAML of SPSDK's FCB template: `family`, `type: flexspi_nor`, and `fcb_settings` with NXP's field names.
///
/// Fields that are left out stay zero, as SPSDK has it; tag and version have their usual values. Only the part of YAML
/// that such files use is read: maps, one value a line, comments.
///
/// # Errors
/// [`YamlError`] at the first line that is wrong: another form of YAML, an unknown key, a value out of its range.
pub fn from_yaml(text: &str) -> Result<Fcb, YamlError> {
    let entries = scan::entries(text).map_err(|(line, message)| YamlError { line, message })?;
    let mut fcb = Fcb::new();
    let mut rest = entries.as_slice();
    let mut settings = false;
    while let Some((entry, behind)) = rest.split_first() {
        let body = behind
            .iter()
            .take_while(|next| next.indent > entry.indent)
            .count();
        let (children, next) = behind.split_at(body);
        match entry.key {
            "type" if entry.value != "flexspi_nor" => {
                return Err(error(
                    entry,
                    format!("the type is `{}`; only flexspi_nor is read", entry.value),
                ));
            }
            "fcb_settings" | "settings" => {
                settings = true;
                fields(&mut fcb, children)?;
            }
            _ => {}
        }
        rest = next;
    }
    if settings {
        return Ok(fcb);
    }
    let message = "there is no `fcb_settings`; SPSDK's own template has it (nxpimage bootable-image fcb get-templates)";
    Err(YamlError {
        line: 1,
        message: message.to_owned(),
    })
}

fn error(entry: &Entry<'_>, message: String) -> YamlError {
    YamlError {
        line: entry.line,
        message,
    }
}

fn fields(fcb: &mut Fcb, mut rest: &[Entry<'_>]) -> Result<(), YamlError> {
    let mut seen = BTreeSet::new();
    while let Some((entry, behind)) = rest.split_first() {
        let body = behind
            .iter()
            .take_while(|next| next.indent > entry.indent)
            .count();
        let (children, next) = behind.split_at(body);
        if !seen.insert(entry.key) {
            return Err(error(
                entry,
                format!("`{}` stands here for the second time", entry.key),
            ));
        }
        field(fcb, entry, children)?;
        rest = next;
    }
    Ok(())
}

fn field(fcb: &mut Fcb, entry: &Entry<'_>, children: &[Entry<'_>]) -> Result<(), YamlError> {
    if entry.key == "tag" {
        return match number(entry, u32::MAX)? {
            Fcb::TAG => Ok(()),
            other => Err(error(
                entry,
                format!("the tag is {other:#010x}, and must be {:#010x}", Fcb::TAG),
            )),
        };
    }
    if let Some(rest) = entry.key.strip_prefix("lookupTable_") {
        return lookup(fcb, entry, rest, children);
    }
    if let Some(word) = entry
        .key
        .strip_prefix("reserve2_")
        .and_then(|i| i.parse::<usize>().ok())
    {
        let value = number(entry, u32::MAX)?;
        return fcb.set_tail_word(word, value).ok_or_else(|| unknown(entry));
    }
    let (spec, place) = place(entry.key).ok_or_else(|| unknown(entry))?;
    let mut values = fcb.get(spec);
    if spec.is_calls() {
        for (i, key) in ["seqNum", "seqId"].iter().enumerate() {
            let Some(child) = children.iter().find(|child| child.key == *key) else {
                continue;
            };
            let value = number(child, 0xFF)?;
            values
                .get_mut(4 * place + i)
                .map(|at| *at = value)
                .unwrap_or_default();
        }
    } else {
        let value = number(entry, spec.max())?;
        values
            .get_mut(place)
            .map(|at| *at = value)
            .unwrap_or_default();
    }
    fcb.set(spec, &values);
    Ok(())
}

/// `csHoldTime` or `configCmdArgs_1`: the field, and which of its elements.
fn place(key: &str) -> Option<(&'static Spec, usize)> {
    let by_alias = |alias: &str| Spec::all().iter().find(|spec| spec.alias == alias);
    let elements = |spec: &Spec| {
        if spec.is_calls() {
            spec.count / 4
        } else {
            spec.count
        }
    };
    if let Some(spec) = by_alias(key).filter(|spec| elements(spec) == 1) {
        return Some((spec, 0));
    }
    let (alias, index) = key.rsplit_once('_')?;
    let (spec, index) = (by_alias(alias)?, index.parse().ok()?);
    (elements(spec) > 1 && index < elements(spec)).then_some((spec, index))
}

fn unknown(entry: &Entry<'_>) -> YamlError {
    let stem = entry
        .key
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let near = nearest(stem, Spec::all().iter().map(|spec| spec.alias));
    let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    error(entry, format!("unknown key `{}`{near}", entry.key))
}

/// `seq3_instr0` with three values below, or the number of a 32-bit word.
fn lookup(
    fcb: &mut Fcb,
    entry: &Entry<'_>,
    rest: &str,
    children: &[Entry<'_>],
) -> Result<(), YamlError> {
    if let Ok(word) = rest.parse::<usize>() {
        let value = number(entry, u32::MAX)?;
        let mut words = fcb.sequence(word / 4).words();
        let place = words
            .get_mut(word % 4)
            .filter(|_| word < 64)
            .ok_or_else(|| unknown(entry))?;
        *place = value;
        fcb.set_sequence(word / 4, &Sequence::from_words(&words));
        return Ok(());
    }
    let numbers = rest
        .strip_prefix("seq")
        .and_then(|rest| rest.split_once("_instr"));
    let numbers =
        numbers.and_then(|(sequence, step)| Some((sequence.parse().ok()?, step.parse().ok()?)));
    let (index, step): (usize, usize) = numbers.ok_or_else(|| unknown(entry))?;
    let mut sequence = fcb.sequence(index);
    let place = sequence
        .0
        .get_mut(step)
        .filter(|_| index < 16)
        .ok_or_else(|| unknown(entry))?;
    for child in children {
        instruction(place, child)?;
    }
    fcb.set_sequence(index, &sequence);
    Ok(())
}

fn instruction(step: &mut Instruction, entry: &Entry<'_>) -> Result<(), YamlError> {
    match entry.key {
        "OPERAND" => step.operand = number(entry, 0xFF)? as u8,
        "NUM_PADS" => {
            let pads = match entry.value.strip_suffix("PAD") {
                Some(pads) => pads.parse().ok(),
                None => number(entry, 3).ok().map(|code| 1 << code),
            };
            let pads = pads.filter(|pads| matches!(pads, 1 | 2 | 4 | 8));
            step.pads = pads
                .ok_or_else(|| error(entry, "NUM_PADS is 1PAD, 2PAD, 4PAD or 8PAD".to_owned()))?;
        }
        "OPERATION_CODE" => {
            let known = OPERATIONS
                .iter()
                .find(|(_, name)| *name == entry.value)
                .map(|(code, _)| *code);
            step.opcode = Opcode(match known {
                Some(code) => code,
                None if entry.value.starts_with(|c: char| c.is_ascii_digit()) => {
                    number(entry, 0x3F)? as u8
                }
                None => {
                    let near = nearest(entry.value, OPERATIONS.iter().map(|(_, name)| *name));
                    let near =
                        near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                    return Err(error(
                        entry,
                        format!("unknown instruction `{}`{near}", entry.value),
                    ));
                }
            });
        }
        _ => {
            let text = format!(
                "unknown key `{}`; an instruction has OPERAND, NUM_PADS, OPERATION_CODE",
                entry.key
            );
            return Err(error(entry, text));
        }
    }
    Ok(())
}

fn number(entry: &Entry<'_>, max: u32) -> Result<u32, YamlError> {
    let text: String = entry.value.chars().filter(|c| *c != '_').collect();
    let lower = text.to_ascii_lowercase();
    let value = match (lower.strip_prefix("0x"), lower.strip_prefix("0b")) {
        (Some(digits), _) => u32::from_str_radix(digits, 16),
        (_, Some(digits)) => u32::from_str_radix(digits, 2),
        _ => lower.parse(),
    };
    let value = value.map_err(|_| {
        error(
            entry,
            format!(
                "`{}` takes a number, and `{}` is none",
                entry.key, entry.value
            ),
        )
    })?;
    if value > max {
        return Err(error(
            entry,
            format!(
                "`{}` takes at most {max:#x}, and this is {value:#x}",
                entry.key
            ),
        ));
    }
    Ok(value)
}
