//! The text of a settings file: TOML with few keys, each of them text. No file access here, so that it can be fuzzed.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Keys that a settings file may have.
const KEYS: &[&str] = &[
    "board",
    "chip",
    "loader",
    "flashloader",
    "fcb",
    "timeout",
    "wait",
];

/// Keys and values of a settings file.
pub fn parse(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let table = DeTable::parse(text).map_err(|error| {
        let place = Place::of(text, error.span().unwrap_or(0..0));
        place.sentence(&format!("this is not TOML: {}", error.message()))
    })?;
    let mut values = Vec::new();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let Some(known) = KEYS.iter().find(|known| **known == name) else {
            let near =
                nearest(name).map_or(String::new(), |key| format!("; did you mean `{key}`?"));
            let place = Place::of(text, key.span());
            return Err(place.sentence(&format!("unknown key `{name}`{near}")));
        };
        let DeValue::String(value) = value.get_ref() else {
            let place = Place::of(text, value.span());
            return Err(place.sentence(&format!("`{name}` takes text in quotes")));
        };
        values.push((*known, value.to_string()));
    }
    Ok(values)
}

fn nearest(word: &str) -> Option<&'static str> {
    let distance = |key: &&&str| strsim::damerau_levenshtein(word, key);
    let near = KEYS.iter().min_by_key(distance)?;
    (word.len() <= 64 && distance(&near) <= 3).then_some(*near)
}

/// Most characters of a line that are shown.
const SHOWN: usize = 160;

/// Where something stands in a text.
#[derive(Debug)]
struct Place {
    line: usize,
    column: usize,
    width: usize,
    text: String,
}

impl Place {
    /// The place of these bytes of `text`.
    fn of(text: &str, span: Range<usize>) -> Place {
        let before = text.get(..span.start).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next());
        let marked = text.get(span).and_then(|marked| marked.lines().next());
        Place {
            line: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
            width: marked.map_or(1, |marked| marked.chars().count().max(1)),
            text: line.unwrap_or_default().chars().take(SHOWN).collect(),
        }
    }

    /// "line 2, column 1: what", the line, a caret; without the line where the place lies behind what is shown of it.
    fn sentence(&self, what: &str) -> String {
        let Place {
            line,
            column,
            width,
            text,
        } = self;
        let what: String = what.chars().take(4 * SHOWN).collect();
        let head = format!("line {line}, column {column}: {what}");
        let Some(left) = SHOWN.checked_sub(column - 1).filter(|left| *left > 0) else {
            return head;
        };
        let (before, caret) = (" ".repeat(column - 1), "^".repeat(*width.min(&left)));
        format!("{head}\n  {text}\n  {before}{caret}")
    }
}
