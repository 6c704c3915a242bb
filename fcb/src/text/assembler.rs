//! Assembler source, read: what `.byte`, `.word` and their like put into memory.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::ArrayError;
use super::array::Item;
use crate::Fcb;

/// Directives of GNU as, and of armasm, with the bytes of each of their numbers.
const DIRECTIVES: &[(&str, usize)] = &[
    (".byte", 1),
    (".hword", 2),
    (".short", 2),
    (".2byte", 2),
    (".word", 4),
    (".long", 4),
    (".int", 4),
    (".4byte", 4),
    ("dcb", 1),
    ("dcw", 2),
    ("dcd", 4),
];
/// Directives that leave room: so many bytes, of the second number, else of zeros.
const ROOM: &[&str] = &[".zero", ".space", ".skip"];
/// More than a block and what stands before it in the same file.
const MOST: usize = 64 << 10;

/// The block in the data of this source, comments left out; `None` when no data begin with the tag.
pub(super) fn block(code: &str) -> Option<Result<Fcb, ArrayError>> {
    let mut data = Vec::new();
    // where a block begins, and its line
    let mut start: Option<(usize, usize)> = None;
    // the last statements with data: four of them may hold the tag, a byte each
    let mut recent: Vec<(usize, usize)> = Vec::new();
    for (i, text) in code.lines().enumerate() {
        let line = i + 1;
        let before = data.len();
        match statement(text) {
            Some(Ok(bytes)) => data.extend(bytes),
            Some(Err(message)) if start.is_some() => {
                return Some(Err(ArrayError { line, message }));
            }
            _ => {}
        }
        if start.is_none() && data.len() > before {
            if recent.len() == 4 {
                recent.remove(0);
            }
            recent.push((before, line));
            let is_tag =
                |(from, _): &&(usize, usize)| data.get(*from..from + 4) == Some(&b"FCFB"[..]);
            start = recent.iter().find(is_tag).copied();
        }
        let whole = start.and_then(|(from, _)| data.get(from..from + Fcb::LEN));
        if let Some(whole) = whole {
            return Some(Fcb::parse(whole).map_err(|error| ArrayError {
                line,
                message: error.to_string(),
            }));
        }
        if data.len() > MOST {
            return None;
        }
    }
    let (from, line) = start?;
    let count = data.len() - from;
    let message = format!("the data from here on are {count} bytes; a block is 512");
    Some(Err(ArrayError { line, message }))
}

/// The bytes that a line puts into memory; `None` for one that is no data.
fn statement(text: &str) -> Option<Result<Vec<u8>, alloc::string::String>> {
    let text = text.split(['@', ';']).next()?.trim();
    // a label
    let text = match text.split_once(':') {
        Some((_, rest)) => rest.trim(),
        None => text,
    };
    let mut words = text.splitn(2, char::is_whitespace);
    let mut directive = words.next()?.to_ascii_lowercase();
    let mut operands = words.next().unwrap_or_default();
    // armasm writes the label without a colon
    let known = |word: &str| DIRECTIVES.iter().any(|(name, _)| *name == word);
    if !known(&directive) && !directive.starts_with('.') {
        let (next, rest) = operands.trim().split_once(char::is_whitespace)?;
        (directive, operands) = (next.to_ascii_lowercase(), rest);
    }
    let numbers: Option<Vec<Item<'_>>> = operands.split(',').map(Item::parse).collect();
    let unclear = || {
        Err(format!(
            "the operands `{}` are no plain numbers",
            operands.trim()
        ))
    };
    if ROOM.contains(&directive.as_str()) {
        return Some(match numbers.as_deref() {
            Some([count, rest @ ..]) if rest.len() < 2 && count.value as usize <= MOST => {
                let fill = rest.first().map_or(0, |fill| fill.value as u8);
                Ok(alloc::vec![fill; count.value as usize])
            }
            _ => unclear(),
        });
    }
    let (_, width) = DIRECTIVES.iter().find(|(name, _)| *name == directive)?;
    let largest = u32::MAX >> (32 - 8 * width);
    let numbers = numbers.filter(|numbers| {
        let fits = |item: &Item<'_>| item.value <= largest && !item.is_octal_in_c();
        numbers.iter().all(fits)
    });
    Some(match numbers {
        Some(numbers) => {
            let bytes = |item: &Item<'_>| item.value.to_le_bytes().into_iter().take(*width);
            Ok(numbers.iter().flat_map(bytes).collect())
        }
        None => unclear(),
    })
}
