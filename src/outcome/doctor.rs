//! Result of `doctor`.

use serde::Serialize;

use super::{OpenWork, Severity, Sure};

/// What is wrong with a board, how sure that is, and what to do next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Doctor {
    /// Whether nothing is wrong.
    pub healthy: bool,
    /// One sentence.
    pub verdict: String,
    /// Whether the ROM would start what is in flash; null when it is not known.
    pub starts: Option<bool>,
    /// What is wrong, the gravest and surest first.
    pub findings: Vec<Diagnosed>,
    /// The one thing to do next.
    pub next: Option<Next>,
    /// Every fact, with the place it comes from.
    pub facts: Vec<Fact>,
    /// Writes and erases that broke off and are still open, by the journals of this board.
    pub open: Vec<OpenWork>,
    /// What could not be found out.
    pub not_known: Vec<Unknown>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Diagnosed {
    /// How much it matters.
    pub severity: Severity,
    /// Stable kebab-case name.
    pub code: String,
    /// What it is.
    pub what: String,
    /// The facts behind it.
    pub why: String,
    /// How sure it is.
    pub sure: Sure,
    /// What it may come from, likely first.
    pub causes: Vec<String>,
    /// What to do next.
    pub next: Vec<Next>,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Next {
    /// `run` a command, `measure` or `look` at the board, ...
    pub kind: String,
    /// The command, or what to do.
    pub text: String,
}

/// A fact about the board or the machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What is known.
    pub value: String,
    /// Who said so.
    pub source: String,
}

/// Something that could not be found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Unknown {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    /// What would tell.
    pub tells: String,
}
