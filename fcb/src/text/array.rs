//! C and Rust source, read: the list of numbers in it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::assembler;
use crate::Fcb;

/// Why source text gives no block.
///
/// Prints `line 12: the list holds 511 numbers; a block is 512 bytes or 128 words`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayError {
    /// Counted from 1.
    pub line: usize,
    /// One sentence without a full stop.
    pub message: String,
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl core::error::Error for ArrayError {}

/// Shorter lists are something else: an array's length, a call's arguments.
const SHORTEST: usize = 64;

/// Reads a block from C, C++, Rust or assembler source: the first list of 512 bytes, 256 half-words or 128 words,
/// little-endian, that begins with the tag.
///
/// What [`super::to_c`] and [`super::to_rust`] write, what `xxd -i` makes of 512 bytes, an array of words, `.byte` and `.word` of
/// an assembler. A structure with named fields, or calls that build a block, are not read.
///
/// # Errors
/// [`ArrayError`] when there is no such list, or its numbers make no block.
pub fn from_array(text: &str) -> Result<Fcb, ArrayError> {
    let code = without_comments(text);
    let mut lists = lists(&code, SHORTEST).map(block).peekable();
    let first = lists.peek().cloned();
    if let Some(fcb) = lists.find_map(Result::ok) {
        return Ok(fcb);
    }
    if let Some(found) = assembler::block(&code) {
        return found;
    }
    if let Some((line, message)) = structure(&code) {
        return Err(ArrayError { line, message });
    }
    first.unwrap_or_else(|| {
        let message =
            "there is no list of numbers; 512 bytes, 256 half-words or 128 words are read";
        Err(ArrayError {
            line: 1,
            message: message.to_string(),
        })
    })
}

/// The block that these numbers make.
fn block((line, items): (usize, Vec<Item<'_>>)) -> Result<Fcb, ArrayError> {
    let numbers = numbers(line, &items)?;
    let bytes: Option<Vec<u8>> = match numbers.len() {
        Fcb::LEN => Some(as_bytes(line, &numbers)?),
        256 => numbers
            .iter()
            .map(|number| u16::try_from(*number).ok().map(u16::to_le_bytes))
            .collect::<Option<Vec<[u8; 2]>>>()
            .map(|pairs| pairs.concat()),
        128 => Some(numbers.iter().flat_map(|word| word.to_le_bytes()).collect()),
        _ => None,
    };
    let bytes = bytes.ok_or_else(|| {
        let count = numbers.len();
        let message = format!(
            "the list holds {count} numbers; a block is 512 bytes, 256 half-words or 128 words"
        );
        ArrayError { line, message }
    })?;
    Fcb::parse(&bytes).map_err(|error| ArrayError {
        line,
        message: error.to_string(),
    })
}

/// What a structure in C or a builder in Rust is called, that would be a block once it is compiled; its line and the message.
fn structure(code: &str) -> Option<(usize, String)> {
    let line = |at: usize| 1 + code.get(..at).unwrap_or_default().matches('\n').count();
    let instead =
        "give the ELF, HEX or image that is built of it, its 512 bytes as an array, or a part";
    for kind in ["flexspi_nor_config_t", "flexspi_mem_config_t"] {
        for (at, _) in code.match_indices(kind) {
            // what belongs to this definition; the rest may be long, and there may be many
            let behind: String = code
                .get(at + kind.len()..)
                .unwrap_or_default()
                .chars()
                .take(256)
                .collect();
            let behind = behind.trim_start();
            let end = behind.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (name, rest) = behind.split_at(end.unwrap_or(behind.len()));
            let defined = rest.split([';', '{']).next().unwrap_or_default();
            if !name.is_empty() && defined.contains('=') {
                let message = format!(
                    "`{name}` is a C structure, and only the compiler knows its values: {instead}"
                );
                return Some((line(at), message));
            }
        }
    }
    let other = |word: &str, what: &str| {
        let at = code.find(word)?;
        Some((
            line(at),
            format!("{what}, and only the compiler knows its values: {instead}"),
        ))
    };
    other(".memConfig", "this is a C structure")
        .or_else(|| other(".memCfg", "this is a C structure"))
        .or_else(|| other("ConfigurationBlock", "this builds the block by calls"))
}

/// The bytes of the first array in C or Rust source that holds at least `shortest`: a DCD as the SDK's `dcd.c` has it, say.
///
/// # Errors
/// [`ArrayError`] when there is none, or one of its numbers is no byte.
pub fn bytes_from_array(text: &str, shortest: usize) -> Result<Vec<u8>, ArrayError> {
    let code = without_comments(text);
    let Some((line, items)) = lists(&code, shortest).next() else {
        return Err(ArrayError {
            line: 1,
            message: "there is no list of numbers; an array of bytes is read".to_string(),
        });
    };
    as_bytes(line, &numbers(line, &items)?)
}

/// Every list of at least `shortest` numbers, and its line.
fn lists(code: &str, shortest: usize) -> impl Iterator<Item = (usize, Vec<Item<'_>>)> {
    let (mut line, mut counted) = (1, 0);
    let opened = code.char_indices().filter(|(_, c)| matches!(c, '{' | '['));
    let all = opened.map(|(at, _)| (at, items(code.get(at + 1..).unwrap_or_default())));
    all.filter(move |(_, items)| items.len() >= shortest)
        .map(move |(at, items)| {
            line += code
                .get(counted..at)
                .unwrap_or_default()
                .matches('\n')
                .count();
            counted = at;
            (line, items)
        })
}

/// The values of a list.
fn numbers(line: usize, items: &[Item<'_>]) -> Result<Vec<u32>, ArrayError> {
    if let Some(unclear) = items.iter().find(|item| item.is_octal_in_c()) {
        let text = unclear.text;
        return Err(ArrayError {
            line,
            message: format!(
                "the number {text} begins with 0, so it is octal in C and decimal in Rust; write it in hex"
            ),
        });
    }
    Ok(items.iter().map(|item| item.value).collect())
}

fn as_bytes(line: usize, numbers: &[u32]) -> Result<Vec<u8>, ArrayError> {
    let bytes: Option<Vec<u8>> = numbers
        .iter()
        .map(|&number| u8::try_from(number).ok())
        .collect();
    bytes.ok_or_else(|| ArrayError {
        line,
        message: format!("of {} bytes one is larger than 0xff", numbers.len()),
    })
}

/// One number of a list.
pub(super) struct Item<'a> {
    /// As it is written.
    text: &'a str,
    /// Read as hex after `0x`, else as decimal.
    pub(super) value: u32,
}

impl<'a> Item<'a> {
    /// `0x0A18_04EB`, `256`, `0xFFu8`, `4096UL`.
    pub(super) fn parse(text: &'a str) -> Option<Item<'a>> {
        let text = text.trim();
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        let digits: String = bare(digits).chars().filter(|c| *c != '_').collect();
        let value = u32::from_str_radix(&digits, radix).ok()?;
        Some(Item { text, value })
    }

    /// Whether C reads another number than Rust does: `010`, and `09`, which C does not read at all.
    pub(super) fn is_octal_in_c(&self) -> bool {
        let digits = bare(self.text);
        digits.len() > 1
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && digits.starts_with('0')
            && u32::from_str_radix(digits, 8) != Ok(self.value)
    }
}

/// Digits without the type that C or Rust writes behind them.
fn bare(digits: &str) -> &str {
    let digits = digits.trim_end_matches(['u', 'U', 'l', 'L']);
    ["u8", "u16", "u32"]
        .iter()
        .find_map(|ending| digits.strip_suffix(ending))
        .unwrap_or(digits)
}

/// The numbers up to the first thing that is none.
fn items(text: &str) -> Vec<Item<'_>> {
    // an opening bracket ends an item as well, so that no text is looked through twice
    let items = text.split([',', '}', ']', '{', '[']).map(Item::parse);
    items.map_while(|item| item).collect()
}

/// Comments as spaces, so that lines stay where they are. Looks at each character once.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (code, from) = rest.split_at(at);
        out.push_str(code);
        let end = match from.as_bytes().get(1) {
            Some(b'/') => from.find('\n'),
            Some(b'*') => from
                .get(2..)
                .and_then(|inner| inner.find("*/"))
                .map(|end| end + 4),
            _ => {
                out.push('/');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        };
        let (comment, behind) = from.split_at(end.unwrap_or(from.len()));
        out.extend(comment.chars().filter(|c| *c == '\n'));
        out.push(' ');
        rest = behind;
    }
    out.push_str(rest);
    out
}
