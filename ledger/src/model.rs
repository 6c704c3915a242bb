//! Units, attempts and numbers.

use std::fmt;
use std::str::FromStr;

/// A chip's unique id: the eight bytes of its fuses, word 1 then word 2, as rtboot prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid([u8; 8]);

/// Not a unique id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UidError {
    /// Not 16 hex digits.
    #[error("\"{0}\" is not a unique id: 16 hex digits")]
    NotHex(String),
    /// All bits alike: fuses that were never burnt, or a read that failed. Many chips may show it.
    #[error("{0} is no unique id: all of its bits are alike")]
    Blank(String),
}

impl Uid {
    /// From bytes.
    ///
    /// # Errors
    /// [`UidError::Blank`].
    pub fn new(bytes: [u8; 8]) -> Result<Uid, UidError> {
        match bytes {
            [0, 0, 0, 0, 0, 0, 0, 0] | [255, 255, 255, 255, 255, 255, 255, 255] => {
                Err(UidError::Blank(Uid(bytes).to_string()))
            }
            _ => Ok(Uid(bytes)),
        }
    }

    /// From 16 hex digits.
    ///
    /// # Errors
    /// [`UidError`].
    pub fn from_hex(text: &str) -> Result<Uid, UidError> {
        let wrong = || UidError::NotHex(text.chars().take(40).collect());
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let value = u64::from_str_radix(text, 16).map_err(|_| wrong())?;
        Uid::new(value.to_be_bytes())
    }

    /// Its bytes, in the order of the text.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It runs, or its station died.
    Open,
    /// The unit is good.
    Pass,
    /// The unit is bad.
    Fail,
    /// Nothing is known of the unit: it was pulled, the station stopped.
    Aborted,
}

impl Verdict {
    /// As the database has it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Open => "open",
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Aborted => "aborted",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Verdict> {
        [
            Verdict::Open,
            Verdict::Pass,
            Verdict::Fail,
            Verdict::Aborted,
        ]
        .into_iter()
        .find(|verdict| verdict.name() == name)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberState {
    /// Bound to a unit that has not passed yet.
    Reserved,
    /// In a unit that passed.
    Written,
    /// Given up for ever, with its unit.
    Void,
}

impl NumberState {
    /// As the database has it.
    pub fn name(self) -> &'static str {
        match self {
            NumberState::Reserved => "reserved",
            NumberState::Written => "written",
            NumberState::Void => "void",
        }
    }

    pub(crate) fn of(name: &str) -> Option<NumberState> {
        [
            NumberState::Reserved,
            NumberState::Written,
            NumberState::Void,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

/// The id of an attempt, made by its station before anything is asked of the database, so that a call can be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub(crate) String);

impl AttemptId {
    /// A new one (UUID version 7: in the order of time).
    #[allow(clippy::new_without_default)] // two calls differ
    pub fn new() -> AttemptId {
        AttemptId(uuid::Uuid::now_v7().to_string())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AttemptId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<AttemptId, uuid::Error> {
        uuid::Uuid::parse_str(text).map(|id| AttemptId(id.to_string()))
    }
}

/// A row of the ledger: one try to make one unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Its id.
    pub id: String,
    /// The unit's chip, when it was known: 16 hex digits.
    pub uid: Option<String>,
    /// SHA-256 of the sealed job.
    pub job: String,
    /// The job's name.
    pub job_name: String,
    /// The station's name.
    pub station: String,
    /// The slot.
    pub slot: String,
    /// Who was there.
    pub operator: String,
    /// The program and its version.
    pub tool: String,
    /// Milliseconds since 1970, by the station's clock.
    pub started: i64,
    /// Milliseconds since 1970, when it has ended.
    pub ended: Option<i64>,
    /// How it stands.
    pub verdict: Verdict,
    /// The error's code, when it did not pass.
    pub code: Option<String>,
    /// The step that failed.
    pub step: Option<String>,
    /// Whether the unit was done again on purpose.
    pub rework: bool,
    /// What was measured, as JSON: phases, digests, retries.
    pub detail: String,
    /// The unit's numbers, as text, in the order of the pools' names.
    pub numbers: Vec<String>,
}

/// How a text begins that is a secret of a unit: an encrypted one.
const SECRET: &str = "age:";

/// Whether a text is an encrypted secret. The ledger stores it as it is, and shows it to nobody.
pub fn is_secret(text: &str) -> bool {
    text.starts_with(SECRET)
}

/// A text as records and screens show it. Of a secret that is a mark, which tells it from others and says nothing of what is in it.
pub fn shown(text: &str) -> String {
    match is_secret(text) {
        true => {
            let digest = hmac_sha256::Hash::hash(text.as_bytes());
            format!("secret {}", crate::chain::hex(&digest[..8]))
        }
        false => text.to_owned(),
    }
}
