//! SPSDK's YAML, read.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use super::YamlError;
use super::spsdk::{Bits, Names, OPERATIONS, Register};
use super::tree::{self, Content, Node, Pair, fail};
use crate::cfg_error::nearest;
use crate::fcb::{Fcb, Spec};

/// Reads the YAML or JSON of SPSDK's FCB: `family`, `type: flexspi_nor`, and `fcb_settings` with NXP's field names.
///
/// All forms are read that SPSDK 3.12 reads: a register as a number, with its bits by name, and as version 1 wrote it, with
/// `value` or `bitfields` below. Fields that are left out stay zero; tag and version have the values that SPSDK gives them.
///
/// # Errors
/// [`YamlError`] at the first line that is wrong: no YAML, an unknown key, a value out of its range.
pub fn from_yaml(text: &str) -> Result<Fcb, YamlError> {
    let root = tree::parse(text)?;
    let pairs = root.map().unwrap_or_default();
    let find = |key: &str| pairs.iter().find(|pair| pair.key == key);
    if let Some(pair) = find("type") {
        match &pair.value.content {
            Content::Scalar { text, .. } if text == "flexspi_nor" => {}
            Content::Scalar { text, .. } => {
                let message = format!("the type is `{text}`; only flexspi_nor is read");
                return Err(fail(pair.line, message));
            }
            _ => return Err(fail(pair.line, "the type is no word".into())),
        }
    }
    let Some(settings) = find("fcb_settings").or_else(|| find("settings")) else {
        let message = "there is no `fcb_settings`; SPSDK's own template has it (nxpimage bootable-image fcb get-templates)";
        return Err(fail(1, message.into()));
    };
    let mut block = Block::new(find("family"));
    let Some(registers) = settings.value.map() else {
        let message = format!("there is nothing below `{}`", settings.key);
        return Err(fail(settings.line, message));
    };
    for pair in registers {
        block.set(pair)?;
    }
    let tag = find_tag(registers).unwrap_or(settings.line);
    Fcb::parse(&block.bytes).map_err(|error| fail(tag, format!("{error}")))
}

fn find_tag(registers: &[Pair]) -> Option<usize> {
    let tag = Register::find("tag");
    let found = registers
        .iter()
        .find(|pair| Register::find(&pair.key) == tag);
    found.map(|pair| pair.line)
}

struct Block {
    bytes: [u8; Fcb::LEN],
    /// Offset and width of what is set already.
    seen: BTreeSet<(usize, usize)>,
}

impl Block {
    /// What SPSDK begins with for this family.
    fn new(family: Option<&Pair>) -> Block {
        let mut fcb = Fcb::new();
        let family = family.and_then(|pair| scalar(&pair.value)).unwrap_or("");
        // the register description of these two chips has an older version as its default
        let older = ["mimxrt1010", "mimxrt1015", "rt1010", "rt1015"];
        if older.iter().any(|name| name.eq_ignore_ascii_case(family)) {
            fcb.set_version(0x5601_0100);
        }
        Block {
            bytes: fcb.to_bytes(),
            seen: BTreeSet::new(),
        }
    }

    fn set(&mut self, pair: &Pair) -> Result<(), YamlError> {
        let register = Register::find(&pair.key).ok_or_else(|| unknown(pair))?;
        if !self.seen.insert((register.offset, register.width)) {
            let message = format!("`{}` stands here for the second time", pair.key);
            return Err(fail(pair.line, message));
        }
        let place = register.offset..register.offset + register.width;
        let place = self.bytes.get_mut(place).unwrap_or_default();
        let mut word = place
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        match &pair.value.content {
            Content::Map(below) => map(&register, pair, below, &mut word)?,
            _ => word = number(&pair.key, &pair.value, largest(8 * register.width as u32))?,
        }
        for (byte, new) in place.iter_mut().zip(word.to_le_bytes()) {
            *byte = new;
        }
        Ok(())
    }
}

/// What a register holds when it is written as a map: `value`, `bitfields`, or its bits by name.
fn map(register: &Register, pair: &Pair, below: &[Pair], word: &mut u32) -> Result<(), YamlError> {
    match below {
        [only] if only.key.eq_ignore_ascii_case("value") => {
            *word = number(&pair.key, &only.value, largest(8 * register.width as u32))?;
            Ok(())
        }
        [only] if only.key.eq_ignore_ascii_case("bitfields") => match only.value.map() {
            Some(bits) => fields(register, pair, bits, word),
            None => Err(fail(only.line, "there is nothing below `bitfields`".into())),
        },
        _ => fields(register, pair, below, word),
    }
}

fn fields(register: &Register, of: &Pair, pairs: &[Pair], word: &mut u32) -> Result<(), YamlError> {
    let mut seen = 0;
    for pair in pairs {
        let bits = register.bits(&pair.key).ok_or_else(|| {
            let has = match register.kind {
                super::spsdk::Kind::Number => "a number, and no names below it",
                super::spsdk::Kind::Call => "seqNum and seqId",
                super::spsdk::Kind::Instruction => "OPERAND, NUM_PADS and OPERATION_CODE",
            };
            let (key, of) = (&pair.key, &of.key);
            fail(
                pair.line,
                format!("unknown key `{key}`; `{of}` takes {has}"),
            )
        })?;
        let mask = largest(bits.width) << bits.first;
        if seen & mask != 0 {
            let message = format!("`{}` stands here for the second time", pair.key);
            return Err(fail(pair.line, message));
        }
        seen |= mask;
        *word = *word & !mask | value(&bits, of, pair)? << bits.first;
    }
    Ok(())
}

/// A number, or one of the names that the bits' values have.
fn value(bits: &Bits, of: &Pair, pair: &Pair) -> Result<u32, YamlError> {
    let largest = largest(bits.width);
    let Some(text) = scalar(&pair.value).filter(|_| bits.names != Names::None) else {
        return number(&pair.key, &pair.value, largest);
    };
    // version 1 put the names of register and bits before that of the value
    let name = after(after(text, &of.key), &pair.key);
    let known = match bits.names {
        Names::Operations => OPERATIONS
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(code, _)| u32::from(*code)),
        _ => ["1PAD", "2PAD", "4PAD", "8PAD"]
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
            .map(|code| code as u32),
    };
    if let Some(known) = known {
        return Ok(known);
    }
    if parse(&pair.value).is_some() {
        return number(&pair.key, &pair.value, largest);
    }
    if bits.names == Names::Pads {
        let message = format!("{} is 1PAD, 2PAD, 4PAD or 8PAD", pair.key);
        return Err(fail(pair.line, message));
    }
    let near = did_you_mean(nearest(name, OPERATIONS.iter().map(|(_, name)| *name)));
    let message = format!("unknown instruction `{name}`{near}");
    Err(fail(pair.line, message))
}

/// The text behind this word and an underscore, or all of it.
fn after<'t>(text: &'t str, word: &str) -> &'t str {
    let (Some(head), Some(rest)) = (text.get(..word.len()), text.get(word.len()..)) else {
        return text;
    };
    match rest.strip_prefix('_') {
        Some(rest) if head.eq_ignore_ascii_case(word) => rest,
        _ => text,
    }
}

fn unknown(pair: &Pair) -> YamlError {
    let stem = pair
        .key
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let near = did_you_mean(nearest(stem, Spec::all().iter().map(|spec| spec.alias)));
    fail(pair.line, format!("unknown key `{}`{near}", pair.key))
}

fn did_you_mean(near: Option<String>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

fn scalar(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

/// The largest number of so many bits.
fn largest(bits: u32) -> u32 {
    u32::MAX >> (32 - bits)
}

fn number(key: &str, node: &Node, max: u32) -> Result<u32, YamlError> {
    let Some(value) = parse(node) else {
        let what = match &node.content {
            Content::Scalar { text, plain: true } if text.is_empty() => "there is none".into(),
            Content::Scalar { text, .. } => format!("`{text}` is none"),
            Content::Map(_) => "this is a map".into(),
            Content::List => "this is a list".into(),
        };
        let message = format!("`{key}` takes a number, and {what}");
        return Err(fail(node.line, message));
    };
    match u32::try_from(value) {
        Ok(value) if value <= max => Ok(value),
        _ => {
            let message = format!("`{key}` takes at most {max:#x}, and this is {value:#x}");
            Err(fail(node.line, message))
        }
    }
}

/// A number as SPSDK reads it: `0x`, `0o`, `0b` or decimal, with underscores, and with the `UL` of C behind it.
fn parse(node: &Node) -> Option<u64> {
    let Content::Scalar { text, plain } = &node.content else {
        return None;
    };
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(['u', 'l']);
    if lower.len() - digits.len() > 3 {
        return None;
    }
    let (digits, radix) = match digits.get(..2) {
        Some("0x") => (digits.get(2..)?, 16),
        Some("0o") => (digits.get(2..)?, 8),
        Some("0b") => (digits.get(2..)?, 2),
        // SPSDK's YAML is version 1.1, in which 010 without quotes is octal; the string '010' is decimal
        Some(_) if *plain && digits.starts_with('0') && is_octal(digits) => (digits, 8),
        _ => (digits, 10),
    };
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    // from_str_radix would take a sign
    let first = digits.chars().next()?;
    first.is_ascii_alphanumeric().then_some(())?;
    u64::from_str_radix(&digits, radix).ok()
}

fn is_octal(digits: &str) -> bool {
    digits.chars().all(|c| matches!(c, '0'..='7' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_spsdk_is_a_register() {
        for (name, offset, width) in [
            ("tag", 0x000, 4),
            ("FIELD000", 0x000, 4),
            ("version", 0x004, 4),
            ("reserved0", 0x008, 4),
            ("CSHOLDTIME", 0x00D, 1),
            ("field00D", 0x00D, 1),
            ("deviceModeSeq", 0x014, 4),
            ("configModeType_2", 0x01F, 1),
            ("configCmdSeqs_2", 0x028, 4),
            ("Reserved02C", 0x02C, 4),
            ("reserved1", 0x02C, 4),
            ("reserved2", 0x03C, 4),
            ("reserved3_1", 0x04C, 4),
            ("dataValidTime_1", 0x07A, 2),
            ("lookupTable_63", 0x17C, 4),
            ("lookupTable_seq15_instr7", 0x17E, 2),
            ("field17E", 0x17E, 2),
            ("lutCustomSeq_11", 0x1AC, 4),
            ("reserved4_3", 0x1BC, 4),
            ("reserved0_1", 0x1CB, 1),
            ("blockSize", 0x1D0, 4),
            ("reserve2_0", 0x1D4, 4),
            ("Reserved2_10", 0x1FC, 4),
        ] {
            let register = Register::find(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((register.offset, register.width), (offset, width), "{name}");
        }
        for name in [
            "field081",
            "lookupTable_64",
            "lookupTable_seq16_instr0",
            "lookupTable_seq0_instr8",
            "lutCustomSeq_12",
            "lutCustomSeq",
            "deviceModeSeq_0",
            "reserve2_11",
            "field",
            "",
            "_",
        ] {
            assert_eq!(Register::find(name), None, "{name}");
        }
    }
}
