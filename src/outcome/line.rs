//! Results of commands about a production line.

use std::collections::BTreeMap;

use serde::Serialize;

/// A station that was set up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineInit {
    /// Its folder.
    pub folder: String,
    /// Its settings.
    pub file: String,
    /// What people call it.
    pub name: String,
    /// How many keys it trusts.
    pub trusted: u32,
}

/// A key pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineKeygen {
    /// The file with the secret key.
    pub file: String,
    /// The public key: 64 hex digits.
    pub public: String,
}

/// What a station opens secrets with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineSecretsInit {
    /// The file with the identity.
    pub file: String,
    /// Whom to encrypt for: `age1…`.
    pub recipient: String,
}

/// A list of secrets that was encrypted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineSecretsEncrypt {
    /// The encrypted file.
    pub file: String,
    /// How many secrets are in it.
    pub secrets: u64,
}

/// A job that was sealed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LinePack {
    /// The sealed file.
    pub file: String,
    /// Its length in bytes.
    pub length: u64,
    /// The job.
    pub job: LineJob,
}

/// A sealed job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineJob {
    /// The product's name.
    pub name: String,
    /// The job's id: SHA-256 of what is signed, in hex.
    pub id: String,
    /// The key that sealed it, in hex.
    pub key: String,
    /// Whether this station trusts that key; null where no station was asked.
    pub trusted: Option<bool>,
    /// The chip.
    pub chip: String,
    /// Flash parts that may be on the board; empty: any that the FCB fits.
    pub parts: Vec<String>,
    /// The image's file.
    pub image: String,
    /// SHA-256 of that file, in hex.
    pub image_sha256: String,
    /// Where the FCB comes from.
    pub fcb: String,
    /// The loader's file; null: the one that the station uses.
    pub loader: Option<String>,
    /// How many units may pass.
    pub units: Option<u32>,
    /// Pools of numbers, each with the first and the last number.
    pub pools: Vec<LineJobPool>,
    /// What is written, in the order of the addresses.
    pub places: Vec<LinePlace>,
    /// Hooks that the station must have.
    pub hooks: Vec<String>,
}

/// A pool of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineJobPool {
    /// Its name.
    pub name: String,
    /// Whether its texts are secrets, which are encrypted and not shown.
    pub secret: bool,
    /// The first number, as text; null where a command gives them, and of secrets.
    pub first: Option<String>,
    /// The last number, as text.
    pub last: Option<String>,
}

/// Bytes that a unit gets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LinePlace {
    /// Address of the first byte.
    pub address: u32,
    /// How many.
    pub length: u32,
    /// What they are.
    pub what: String,
    /// Those of an example unit, in hex, where they are each unit's own.
    pub example: Option<String>,
}

/// Slots of a station.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineSlots {
    /// Each of them.
    pub slots: Vec<LineSlot>,
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineSlot {
    /// Its name.
    pub name: String,
    /// Where its boards are: a selector.
    pub board: String,
    /// Whether a board is there now; null where that was not looked at.
    pub there: Option<bool>,
}

/// A run of a line that ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineRun {
    /// Units that are good.
    pub passed: u64,
    /// Units that are bad.
    pub failed: u64,
    /// Units of which nothing is known.
    pub aborted: u64,
    /// Units that were not touched.
    pub refused: u64,
    /// Why it ended, as a code; null when it was asked to.
    pub reason: Option<String>,
    /// Records that no hook has taken yet.
    pub letters_waiting: u64,
    /// Attempts of an earlier run that never ended.
    pub recovered: u64,
}

/// What goes on in a slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SlotEvent {
    /// The slot.
    pub slot: String,
    /// What: empty, no-board, asking, working, awaits-ledger, passed, failed, aborted, refused, out, off.
    pub phase: String,
    /// The unit's chip: 16 hex digits.
    pub uid: Option<String>,
    /// The unit's numbers, in the order of the job's pools.
    pub numbers: Vec<String>,
    /// The code of what happened.
    pub code: Option<String>,
    /// What happened, in words.
    pub text: Option<String>,
    /// What the operator does next.
    pub next: String,
}

/// An attempt, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineAttempt {
    /// Its id.
    pub attempt: String,
    /// The unit's chip.
    pub uid: Option<String>,
    /// The unit's numbers.
    pub numbers: Vec<String>,
    /// How it stands: open, pass, fail, aborted.
    pub verdict: String,
    /// What went wrong.
    pub code: Option<String>,
    /// At which step.
    pub step: Option<String>,
    /// The job's name.
    pub job: String,
    /// The station's name.
    pub station: String,
    /// The slot.
    pub slot: String,
    /// Who was there.
    pub operator: String,
    /// Milliseconds since 1970, by the station's clock.
    pub started_ms: i64,
    /// The same of its end.
    pub ended_ms: Option<i64>,
    /// Whether the unit was made again on purpose.
    pub rework: bool,
}

/// Attempts, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineUnits {
    /// Each of them.
    pub attempts: Vec<LineAttempt>,
}

/// How far pools are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LinePools {
    /// Each of them.
    pub pools: Vec<LinePool>,
}

/// How far a pool is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LinePool {
    /// Its name.
    pub name: String,
    /// range, list or given.
    pub kind: String,
    /// The number that the next unit gets.
    pub next: i64,
    /// The same as the unit gets it, of a range of which any is left.
    pub next_text: Option<String>,
    /// The last number that may be given.
    pub last: i64,
    /// How many are left.
    pub left: i64,
    /// How many are bound to units that have not passed.
    pub reserved: i64,
    /// How many are in units that passed.
    pub written: i64,
    /// How many are given up.
    pub void: i64,
}

/// A number that was given up for ever.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineVoid {
    /// The pool.
    pub pool: String,
    /// The number.
    pub number: i64,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineAudit {
    /// Entries that were looked at.
    pub entries: u64,
    /// Attempts.
    pub attempts: u64,
    /// Numbers.
    pub numbers: u64,
    /// The end of each station's chain: name, number of the last entry, its hash.
    pub heads: Vec<LineHead>,
    /// What is wrong; empty: the ledger is as it was written.
    pub wrong: Vec<String>,
}

/// The end of a station's chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineHead {
    /// The station.
    pub station: String,
    /// The number of its last entry.
    pub entry: i64,
    /// The hash of that entry, in hex.
    pub hash: String,
}

/// Rows that went into a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineExport {
    /// The file; `-` is stdout.
    pub file: String,
    /// How many attempts.
    pub attempts: u64,
}

/// Numbers of a span of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineReport {
    /// Units that passed.
    pub passed: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Attempts of which nothing is known.
    pub aborted: u64,
    /// Units that were tried.
    pub units: u64,
    /// Units that passed at their first attempt.
    pub first_pass: u64,
    /// What failed, most frequent first: code, slot, how often.
    pub failures: Vec<LineFailure>,
    /// Milliseconds of each phase of passed attempts: median and slowest.
    pub phases_ms: BTreeMap<String, (i64, i64)>,
    /// The file that it was written to.
    pub file: Option<String>,
}

/// One kind of failure in one slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineFailure {
    /// The error's code.
    pub code: String,
    /// The slot.
    pub slot: String,
    /// How often.
    pub count: u64,
}

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineRehearse {
    /// Units that are good.
    pub passed: u64,
    /// Units that were scrapped.
    pub scrapped: u64,
    /// Units with a fault.
    pub with_fault: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Attempts of which nothing is known.
    pub aborted: u64,
    /// Boards that were refused.
    pub refused: u64,
    /// Modelled milliseconds of all boards together.
    pub modelled_ms: u64,
    /// Modelled milliseconds of the slot that took longest.
    pub longest_ms: u64,
    /// What must not be; empty when the rehearsal went well.
    pub problems: Vec<String>,
    /// The folder with the rehearsal's ledger.
    pub folder: String,
}
