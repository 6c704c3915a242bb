//! fuses.txt: `index = value`, one word a line, `#` for remarks.

use std::fmt::Write;

use crate::chip::Chip;
use crate::fuses::{Fuses, WORDS};

const HEAD: &str = "\
: index = value. Words that are not named are 0.
# 0x01, 0x02 unique id   0x05 BOOT_CFG0   0x06 security, BT_FUSE_SEL, SDP locks   0x07 UART lock   0x2d FlexRAM split
";

/// All words that are not 0.
pub fn to_text(chip: &Chip, fuses: &Fuses) -> String {
    let mut text = format!("# Fuse words of the virtual {}{HEAD}", chip.name);
    for (index, value) in fuses
        .words()
        .iter()
        .enumerate()
        .filter(|(_, value)| **value != 0)
    {
        // writing to a String cannot fail
        let _ = writeln!(text, "{index:#04x} = {value:#010x}");
    }
    text
}

/// The words of the file; the reason with its line when a line is no `index = value`.
pub fn parse(text: &str) -> Result<Vec<(usize, u32)>, String> {
    let mut words: Vec<(usize, u32)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let at = |why: String| format!("line {}: {why}", number + 1);
        let (index, value) = line
            .split_once('=')
            .ok_or_else(|| at(format!("no '=' in {line:?}")))?;
        let index = parse_number(index).map_err(at)? as usize;
        if index >= WORDS {
            return Err(at(format!(
                "fuse word {index:#x}: the last one is {:#x}",
                WORDS - 1
            )));
        }
        if words.iter().any(|(known, _)| *known == index) {
            return Err(at(format!("fuse word {index:#x} is given twice")));
        }
        words.push((index, parse_number(value).map_err(at)?));
    }
    Ok(words)
}

/// A number, decimal or with 0x, `_` allowed.
pub fn parse_number(text: &str) -> Result<u32, String> {
    let plain = text.trim().replace('_', "");
    let parsed = match plain
        .strip_prefix("0x")
        .or_else(|| plain.strip_prefix("0X"))
    {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => plain.parse(),
    };
    parsed.map_err(|_| format!("{:?} is no 32-bit number", text.trim()))
}
