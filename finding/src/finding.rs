//! A finding: an entry of the catalogue, with names and addresses filled in.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::action::{Action, Next};
use crate::entry::{Entry, Piece, Severity, pieces};

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Sure {
    /// One of several causes that look alike from here; the likeliest.
    Possible,
    /// No other known cause explains the facts as well.
    Likely,
    /// The board or the system said so.
    Certain,
}

impl Sure {
    /// Stable lower-case name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Sure::Possible => "possible",
            Sure::Likely => "likely",
            Sure::Certain => "certain",
        }
    }
}

impl fmt::Display for Sure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What fills a hole: people read it formatted, programs get the number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A bus address or a 32-bit register value, shown as `0x60001000`. One past the end of the address space fits too.
    Address(u64),
    /// A length or offset, shown as `0x2000`.
    Hex(u64),
    /// A byte, shown as `0xd1`.
    Byte(u8),
    /// A count, shown in decimal.
    Number(u64),
    /// A name or any other words.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Address(value) => write!(f, "{value:#010x}"),
            Value::Hex(value) => write!(f, "{value:#x}"),
            Value::Byte(value) => write!(f, "{value:#04x}"),
            Value::Number(value) => write!(f, "{value}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub entry: &'static Entry,
    /// How much it matters here.
    pub severity: Severity,
    /// How sure it is.
    pub sure: Sure,
    /// Names and addresses for the holes of the entry's text, and others for programs.
    pub values: Vec<(&'static str, Value)>,
    /// The facts behind it, one sentence; empty when the text says all.
    pub why: String,
    /// What it may come from when the facts do not tell these apart, likely first.
    pub causes: Vec<&'static str>,
    /// What to do next, in order.
    pub next: Vec<Next>,
}

impl Finding {
    /// A finding of this entry, as grave as the entry usually is, and certain.
    pub fn new(entry: &'static Entry) -> Finding {
        Finding {
            entry,
            severity: entry.severity,
            sure: Sure::Certain,
            values: Vec::new(),
            why: String::new(),
            causes: entry.causes.to_vec(),
            next: Vec::new(),
        }
    }

    /// The entry's code.
    pub fn code(&self) -> &'static str {
        self.entry.code
    }

    /// Whether it is a finding of this entry.
    pub fn is(&self, entry: &'static Entry) -> bool {
        self.entry.code == entry.code
    }

    /// The value of a hole.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Fills a hole.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Finding {
        self.values.push((name, value));
        self
    }

    /// Fills a hole with an address.
    #[must_use]
    pub fn address(self, name: &'static str, address: impl Into<u64>) -> Finding {
        self.with(name, Value::Address(address.into()))
    }

    /// Fills a hole with a length or offset, shown in hex.
    #[must_use]
    pub fn hex(self, name: &'static str, value: impl Into<u64>) -> Finding {
        self.with(name, Value::Hex(value.into()))
    }

    /// Fills a hole with a byte, shown in hex.
    #[must_use]
    pub fn byte(self, name: &'static str, value: u8) -> Finding {
        self.with(name, Value::Byte(value))
    }

    /// Fills a hole with a count.
    #[must_use]
    pub fn number(self, name: &'static str, value: impl Into<u64>) -> Finding {
        self.with(name, Value::Number(value.into()))
    }

    /// Fills a hole with words.
    #[must_use]
    pub fn text(self, name: &'static str, value: impl fmt::Display) -> Finding {
        self.with(name, Value::Text(value.to_string()))
    }

    /// As grave as this.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    /// As sure as this.
    #[must_use]
    pub fn sure(mut self, sure: Sure) -> Finding {
        self.sure = sure;
        self
    }

    /// The facts behind it.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = why.into();
        self
    }

    /// Only this one of the possible causes: the facts tell.
    #[must_use]
    pub fn because(mut self, cause: &'static str) -> Finding {
        self.causes = [cause].into();
        self
    }

    /// A command to run next.
    #[must_use]
    pub fn run(mut self, action: Action) -> Finding {
        self.next.push(Next::Run(action));
        self
    }

    /// Something to measure next.
    #[must_use]
    pub fn measure(mut self, what: impl Into<String>) -> Finding {
        self.next.push(Next::Measure(what.into()));
        self
    }

    /// Something to do next by hand.
    #[must_use]
    pub fn act(mut self, what: impl Into<String>) -> Finding {
        self.next.push(Next::Act(what.into()));
        self
    }

    /// The first hole that nobody filled; `None` when the sentence is whole.
    pub fn unfilled(&self) -> Option<&'static str> {
        self.entry.holes().find(|name| self.value(name).is_none())
    }
}

/// The sentence, without severity and code.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pieces(self.entry.text).try_for_each(|piece| match piece {
            Piece::Words(words) => f.write_str(words),
            Piece::Hole(name) => match self.value(name) {
                Some(value) => write!(f, "{value}"),
                None => write!(f, "{{{name}}}"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ENTRY: Entry = Entry {
        code: "test-entry",
        severity: Severity::Warning,
        title: "bytes differ",
        text: "{count} bytes of {file} differ from {at} on: {found}, {length} long",
        causes: &[],
    };

    #[test]
    fn next_steps_keep_their_order_and_kind() {
        let finding = Finding::new(&ENTRY)
            .measure("measure WP#")
            .run(Action::ListBoards)
            .act("replug the board");
        let told: Vec<_> = finding
            .next
            .iter()
            .map(|n| (n.kind(), n.to_string()))
            .collect();
        assert_eq!(
            told,
            [
                ("measure", "measure WP#".to_string()),
                ("run", "shows which boards and ports are there".to_string()),
                ("do", "replug the board".to_string()),
            ]
        );
    }

    #[test]
    fn holes_are_filled_and_an_empty_one_shows() {
        let finding = Finding::new(&ENTRY)
            .number("count", 3_u32)
            .text("file", "app.bin")
            .address("at", 0x6000_0000_u32)
            .byte("found", 0xFF);
        assert_eq!(finding.unfilled(), Some("length"));
        assert_eq!(
            finding.to_string(),
            "3 bytes of app.bin differ from 0x60000000 on: 0xff, {length} long"
        );
        let whole = finding.hex("length", 0x20_u32);
        assert_eq!(whole.unfilled(), None);
        assert!(whole.to_string().ends_with("0x20 long"));
        assert_eq!(whole.value("count"), Some(&Value::Number(3)));
    }
}
