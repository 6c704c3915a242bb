//! Entries of the catalogue.

use core::fmt;

/// How much a finding matters. The one scale of rtboot: notes of a run, rules of an image, the doctor's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Severity {
    /// A rule that is kept.
    Ok,
    /// Of interest only to those who ask for more.
    Detail,
    /// Good to know.
    Note,
    /// It works, but look at it.
    Warning,
    /// It keeps the board from being written or the image from starting.
    Error,
    /// It can change the chip for ever.
    Danger,
}

impl Severity {
    /// Stable lower-case name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Detail => "detail",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Danger => "danger",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Something that can be found: its code, its words and what it may come from.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stable kebab-case name, for programs.
    pub code: &'static str,
    /// How much it usually matters; a finding may differ.
    pub severity: Severity,
    /// What it stands for, without names and addresses: for lists, and where it is a likely cause of something else.
    pub title: &'static str,
    /// The sentence of a finding, with holes: "the IVT at {at} says that it lies at {self}".
    pub text: &'static str,
    /// What it may come from when nothing tells these apart, likely first. Empty when the title says it.
    pub causes: &'static [&'static str],
}

impl Entry {
    /// The names of the holes in [`Entry::text`], in order.
    pub fn holes(&self) -> impl Iterator<Item = &'static str> {
        pieces(self.text).filter_map(|piece| match piece {
            Piece::Hole(name) => Some(name),
            Piece::Words(_) => None,
        })
    }
}

/// A piece of an entry's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    Hole(&'a str),
}

/// Words and holes of a text, in order. A brace without its partner is a word.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('{')
            && let Some((name, after)) = inner.split_once('}')
        {
            rest = after;
            return Some(Piece::Hole(name));
        }
        // a lone brace at the start belongs to the words
        let start = usize::from(rest.starts_with('{'));
        let end = rest
            .get(start..)
            .and_then(|tail| tail.find('{'))
            .map_or(rest.len(), |at| at + start);
        let (words, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Words(words))
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn text_splits_into_words_and_holes() {
        let split = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(
            split("at {at}, not {self}"),
            [
                Piece::Words("at "),
                Piece::Hole("at"),
                Piece::Words(", not "),
                Piece::Hole("self"),
            ]
        );
        assert_eq!(split("{a}{b}"), [Piece::Hole("a"), Piece::Hole("b")]);
        assert_eq!(split("a { b"), [Piece::Words("a "), Piece::Words("{ b")]);
        assert_eq!(split(""), []);
    }
}
