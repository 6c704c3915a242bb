//! What is seen in a block or an image, one sentence each.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A rule that is kept.
    Ok,
    /// Good to know.
    Note,
    /// It may still start, but look at it.
    Warning,
    /// The ROM will not start it, or it will die at once.
    Error,
    /// It can change the chip for ever.
    Danger,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Ok => "ok",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Danger => "danger",
        })
    }
}

/// One thing seen in a configuration block or in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable name in kebab-case, for machines: "ivt-self-mismatch".
    pub code: &'static str,
    /// One sentence with the addresses in it.
    pub text: String,
}

impl Finding {
    /// A finding of [`Severity::Ok`].
    pub fn ok(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Ok,
            code,
            text: text.into(),
        }
    }

    /// A finding of [`Severity::Note`].
    pub fn note(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Note,
            code,
            text: text.into(),
        }
    }

    /// A finding of [`Severity::Warning`].
    pub fn warning(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Warning,
            code,
            text: text.into(),
        }
    }

    /// A finding of [`Severity::Error`].
    pub fn error(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            code,
            text: text.into(),
        }
    }

    /// A finding of [`Severity::Danger`].
    pub fn danger(code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Danger,
            code,
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.severity, self.text, self.code)
    }
}
