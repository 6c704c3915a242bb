//! The part of YAML that such files use: maps in maps, one scalar a line, comments. Nothing else is read.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// One line `key: value`; `value` is empty where a map follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    /// Counted from 1.
    pub line: usize,
    /// Spaces before the key.
    pub indent: usize,
    pub key: &'t str,
    pub value: &'t str,
}

/// The lines that say something, in their order; on failure, the line and what is wrong with it.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, (usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut entries = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let body = line.trim_start_matches(' ');
        if body.trim().is_empty()
            || body.starts_with('#')
            || matches!(body.trim_end(), "---" | "...")
        {
            continue;
        }
        let entry = entry(line.len() - body.len(), body).map_err(|message| (i + 1, message))?;
        entries.push(Entry {
            line: i + 1,
            ..entry
        });
    }
    Ok(entries)
}

fn entry(indent: usize, body: &str) -> Result<Entry<'_>, String> {
    if body.starts_with('\t') {
        return Err("a tab stands where spaces belong".to_owned());
    }
    let refused = [
        '-', '[', ']', '{', '}', '&', '*', '!', '|', '>', '%', '@', '`', '?', ',',
    ];
    if body.starts_with(refused) {
        return Err("only lines of the form `key: value` are read".to_owned());
    }
    let (key, value) = body.split_once(':').ok_or("there is no `:` behind a key")?;
    if !value.is_empty() && !value.starts_with([' ', '\t']) {
        return Err("a space belongs behind the `:`".to_owned());
    }
    Ok(Entry {
        line: 0,
        indent,
        key: unquoted(key.trim())?,
        value: scalar(value.trim())?,
    })
}

/// A value without its quotes and without the comment behind it.
fn scalar(value: &str) -> Result<&str, String> {
    if value.starts_with(['\'', '"']) {
        let quote = &value[..1];
        let end = value[1..].find(quote).ok_or("the quote is not closed")?;
        let behind = value[end + 2..].trim_start();
        if !behind.is_empty() && !behind.starts_with('#') {
            return Err("something stands behind the quoted value".to_owned());
        }
        return Ok(&value[1..=end]);
    }
    if value.starts_with('#') {
        return Ok("");
    }
    let plain = value.split(" #").next().unwrap_or_default().trim_end();
    if plain.starts_with(['[', '{', '&', '*', '!', '|', '>']) {
        return Err("lists, references and texts of several lines are not read".to_owned());
    }
    Ok(plain)
}

fn unquoted(key: &str) -> Result<&str, String> {
    scalar(key)
}
