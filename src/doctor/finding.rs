//! What the doctor says: one finding a cause, in words and for programs.

use std::fmt;

use crate::catalogue;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It works, but look at it.
    Warning,
    /// This keeps the board from being written, or from starting.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sure {
    /// One of several causes that look alike from here; the likeliest.
    Possible,
    /// Nothing else that is known explains it as well.
    Likely,
    /// The board or the system said so.
    Certain,
}

impl fmt::Display for Sure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Sure::Possible => "possible",
            Sure::Likely => "likely",
            Sure::Certain => "certain",
        })
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A command to type.
    Run(String),
    /// A thing to measure or look at on the board.
    Measure(String),
    /// Anything else to do by hand.
    Act(String),
}

impl Next {
    /// Stable lower-case name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Next::Run(_) => "run",
            Next::Measure(_) => "measure",
            Next::Act(_) => "do",
        }
    }

    /// The words.
    pub fn text(&self) -> &str {
        match self {
            Next::Run(text) | Next::Measure(text) | Next::Act(text) => text,
        }
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind(), self.text())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable kebab-case name; [`catalogue`] has them all.
    pub code: &'static str,
    /// What is wrong, one sentence.
    pub what: String,
    /// Why the doctor thinks so: the facts behind it.
    pub why: String,
    /// How sure that is.
    pub sure: Sure,
    /// Causes that the facts do not tell apart, likely first; empty when there is one.
    pub causes: Vec<String>,
    /// What to do next, in order.
    pub next: Vec<Next>,
}

impl Finding {
    /// A finding that stops the board from being written or started, with the causes of its catalogue entry.
    pub fn error(code: &'static str, what: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            code,
            what: what.into(),
            why: String::new(),
            sure: Sure::Certain,
            causes: causes(code),
            next: Vec::new(),
        }
    }

    /// A finding to look at.
    pub fn warning(code: &'static str, what: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Warning,
            ..Finding::error(code, what)
        }
    }

    /// With the facts behind it.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = why.into();
        self
    }

    /// With how sure it is.
    #[must_use]
    pub fn sure(mut self, sure: Sure) -> Finding {
        self.sure = sure;
        self
    }

    /// With one more cause that looks the same from here.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Finding {
        self.causes.push(cause.into());
        self
    }

    /// With a command to type next.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Finding {
        self.next.push(Next::Run(command.into()));
        self
    }

    /// With something to measure next.
    #[must_use]
    pub fn measure(mut self, what: impl Into<String>) -> Finding {
        self.next.push(Next::Measure(what.into()));
        self
    }

    /// With something to do next.
    #[must_use]
    pub fn act(mut self, what: impl Into<String>) -> Finding {
        self.next.push(Next::Act(what.into()));
        self
    }
}

/// What the catalogue says that this may come from.
fn causes(code: &str) -> Vec<String> {
    let causes = catalogue::find(code).map_or(&[][..], |entry| entry.causes);
    causes.iter().map(|cause| (*cause).to_owned()).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.severity, self.what, self.code)
    }
}

/// What came of an examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// One sentence.
    pub verdict: String,
    /// What is wrong, gravest and surest cause first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether nothing is wrong.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// The finding to look at first.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// What to do next.
    pub fn next(&self) -> Option<&Next> {
        self.first().and_then(|finding| finding.next.first())
    }
}
