//! What is seen in an image, one sentence each.

use std::fmt;

pub use rtboot_fcb::Severity;

/// One thing seen in an image.
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

impl From<rtboot_fcb::Finding> for Finding {
    fn from(finding: rtboot_fcb::Finding) -> Finding {
        Finding {
            severity: finding.severity,
            code: finding.code(),
            text: finding.to_string(),
        }
    }
}
