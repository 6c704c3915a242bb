//! Pieces of the sentences in `Display`, and what an error is about where advice hangs on it.

use std::fmt;

/// What lies outside the flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// The range that was asked for.
    Range,
    /// The image that was to be written.
    Image,
    /// What a file brings, to be compared.
    File,
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outside::Range => "the range",
            Outside::Image => "the image",
            Outside::File => "what the file brings at",
        })
    }
}

/// What a flash's SFDP says otherwise than the part's `.cfg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Whether there is any.
    Presence,
    /// The size.
    Size,
    /// The smallest erase.
    Erase,
    /// How the quad-enable bit is set.
    QuadEnable,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Claim::Presence => "SFDP",
            Claim::Size => "its size",
            Claim::Erase => "its smallest erase",
            Claim::QuadEnable => "its quad-enable bit",
        })
    }
}

pub(super) fn seen(lines: &[String]) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!(" (there is: {})", lines.join("; "))
    }
}

pub(super) fn named(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(" or "))
    }
}

pub(super) fn at_byte(differs: &Option<(u32, u8)>, expected: u8) -> String {
    differs.map_or(String::new(), |(at, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

pub(super) fn at_pair(differs: &Option<(u32, u8, u8)>) -> String {
    differs.map_or(String::new(), |(at, expected, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

/// Who holds a board.
pub(super) fn holders(by: &[String]) -> String {
    match by {
        [] => "another program".into(),
        by => by.join(", "),
    }
}
