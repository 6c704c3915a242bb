//! Findings and their scales.

use std::collections::BTreeMap;

use rtboot_finding as finding;
use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A rule that is kept.
    Ok,
    /// Printed only with `-v`.
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

impl From<finding::Severity> for Severity {
    fn from(severity: finding::Severity) -> Severity {
        match severity {
            finding::Severity::Ok => Severity::Ok,
            finding::Severity::Detail => Severity::Detail,
            finding::Severity::Note => Severity::Note,
            finding::Severity::Warning => Severity::Warning,
            finding::Severity::Error => Severity::Error,
            finding::Severity::Danger => Severity::Danger,
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// One of several causes that look alike from here; the likeliest.
    Possible,
    /// No other known cause explains the facts as well.
    Likely,
    /// The board or the system said so.
    Certain,
}

impl From<finding::Sure> for Sure {
    fn from(sure: finding::Sure) -> Sure {
        match sure {
            finding::Sure::Possible => Sure::Possible,
            finding::Sure::Likely => Sure::Likely,
            finding::Sure::Certain => Sure::Certain,
        }
    }
}

/// A name or number in the sentence of a finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Value {
    /// An address, length, count or byte.
    Number(u64),
    /// A name.
    Text(String),
}

impl From<&finding::Value> for Value {
    fn from(value: &finding::Value) -> Value {
        match value {
            finding::Value::Address(value)
            | finding::Value::Hex(value)
            | finding::Value::Number(value) => Value::Number(*value),
            finding::Value::Byte(value) => Value::Number(u64::from(*value)),
            other => Value::Text(other.to_string()),
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Severity::Ok => "ok",
            Severity::Detail => "detail",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Danger => "danger",
        })
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable kebab-case name: what it is.
    pub code: String,
    /// One sentence.
    pub text: String,
    /// How sure it is.
    pub sure: Sure,
    /// Names and numbers of the sentence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// The facts behind it, one sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Finding {
    /// A finding without names and numbers.
    pub fn new(severity: Severity, code: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding {
            severity,
            code: code.into(),
            text: text.into(),
            sure: Sure::Certain,
            values: BTreeMap::new(),
            why: String::new(),
        }
    }
}

impl From<&finding::Finding> for Finding {
    fn from(found: &finding::Finding) -> Finding {
        let values = found.values.iter();
        Finding {
            severity: found.severity.into(),
            code: found.code().to_owned(),
            text: found.to_string(),
            sure: found.sure.into(),
            values: values
                .map(|(name, value)| ((*name).to_owned(), value.into()))
                .collect(),
            why: found.why.clone(),
        }
    }
}

/// Findings as lines and results carry them.
pub fn findings<'a>(found: impl IntoIterator<Item = &'a finding::Finding>) -> Vec<Finding> {
    found.into_iter().map(Finding::from).collect()
}
