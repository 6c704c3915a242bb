//! Findings as programs read them.

use std::collections::BTreeMap;

use rtboot_finding as finding;
use serde::Serialize;

pub use finding::{Severity, Sure};

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
            severity: found.severity,
            code: found.code().to_owned(),
            text: found.to_string(),
            sure: found.sure,
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
