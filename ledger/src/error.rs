//! What can go wrong with a ledger.

use std::path::PathBuf;

use crate::model::UidError;

/// The result of work on a ledger.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong with a ledger. In each case nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database is not there: the server does not answer, or the connection broke. Whether the last commit took effect is not
    /// known; to call again with the same attempt id finds out.
    #[error("the ledger's database does not answer: {0}")]
    Away(String),
    /// The database cannot store anything: no space, a read-only file system.
    #[error("the ledger cannot be written: {0}")]
    Unwritable(String),
    /// Another program has held the database for too long.
    #[error("the ledger is held by another program: {0}")]
    Busy(String),
    /// A rule of the line forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database is older than what this station has seen of it: a backup was restored, or a fail-over lost commits.
    #[error(
        "the ledger went back: {what} was {seen} when this station last wrote it, and is {found} now. It was restored from a backup or lost its last commits; to go on would give numbers twice"
    )]
    WentBack {
        /// What went back: `entries of station A`, `pool sn`.
        what: String,
        /// What this station remembers.
        seen: String,
        /// What the database says.
        found: String,
    },
    /// The database is another one than this station knows.
    #[error(
        "{file} belongs to ledger {known}, and this is ledger {found}: the database was replaced"
    )]
    OtherLedger {
        /// The high-water file.
        file: PathBuf,
        /// The ledger that it knows.
        known: String,
        /// The ledger that is there.
        found: String,
    },
    /// The database's settings lose commits when power fails.
    #[error("the server may lose commits: {setting} is {value} and must be {needed}")]
    NotDurable {
        /// The setting.
        setting: String,
        /// What it is.
        value: String,
        /// What it has to be.
        needed: &'static str,
    },
    /// Not a ledger of ours, or of a later version.
    #[error("{0}")]
    NotALedger(String),
    /// A file beside the database.
    #[error("{}: {source}", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A number's format.
    #[error(transparent)]
    Format(#[from] crate::format::FormatError),
    /// A unique id that is none.
    #[error(transparent)]
    Uid(#[from] UidError),
    /// Anything else that the database says.
    #[error("the ledger's database refused: {0}")]
    Database(String),
}

impl Error {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Away(_) => "ledger-away",
            Error::Unwritable(_) => "ledger-unwritable",
            Error::Busy(_) => "ledger-busy",
            Error::Refused(refused) => refused.code(),
            Error::WentBack { .. } => "ledger-went-back",
            Error::OtherLedger { .. } => "ledger-replaced",
            Error::NotDurable { .. } => "ledger-not-durable",
            Error::NotALedger(_) => "not-a-ledger",
            Error::File { .. } => "ledger-file",
            Error::Format(_) => "bad-number-format",
            Error::Uid(_) => "bad-unique-id",
            Error::Database(_) => "ledger-refused",
        }
    }

    /// Whether the same call may succeed later, without anybody changing the line's set-up.
    pub fn is_passing(&self) -> bool {
        matches!(self, Error::Away(_) | Error::Unwritable(_) | Error::Busy(_))
    }
}

/// A rule of the line that forbids an attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// This unit passed this job.
    #[error("this unit passed already{}", passed_as(.numbers))]
    AlreadyPassed {
        /// Its numbers, as text.
        numbers: Vec<String>,
    },
    /// Somebody works on a unit with this id.
    #[error("station {station} works on a unit with this id in slot {slot}")]
    HeldElsewhere {
        /// The station.
        station: String,
        /// Its slot.
        slot: String,
    },
    /// No number is left.
    #[error("pool {pool} has no number left: its last one, {last}, is given")]
    PoolEmpty {
        /// The pool.
        pool: String,
        /// Its last number.
        last: i64,
    },
    /// The job's units are made.
    #[error("the job's limit of {limit} units is reached")]
    LimitReached {
        /// The limit.
        limit: i64,
    },
    /// A pool that is not there.
    #[error("there is no pool {0}")]
    NoPool(String),
    /// A job that is not there.
    #[error("there is no job {0}")]
    NoJob(String),
    /// An attempt that is not there.
    #[error("there is no attempt {0}")]
    NoAttempt(String),
    /// An attempt that ended with another verdict.
    #[error("attempt {attempt} ended as {ended} already")]
    Ended {
        /// The attempt.
        attempt: String,
        /// Its verdict.
        ended: String,
    },
    /// A pool that is set up differently.
    #[error("pool {pool} exists with {what} {found}, not {asked}")]
    OtherPool {
        /// The pool.
        pool: String,
        /// What differs.
        what: &'static str,
        /// What it has.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// Two pools of one kind of number that share values.
    #[error("pool {pool} shares numbers with pool {other}: {first} to {last}")]
    PoolsOverlap {
        /// The new pool.
        pool: String,
        /// The one that is there.
        other: String,
        /// The first shared value.
        first: i64,
        /// The last shared value.
        last: i64,
    },
    /// A range that holds nothing.
    #[error("pool {pool}: {reason}")]
    BadPool {
        /// The pool.
        pool: String,
        /// What is wrong.
        reason: String,
    },
    /// A text that another unit has.
    #[error("{text} of pool {pool} belongs to unit {uid}")]
    TextTaken {
        /// The pool.
        pool: String,
        /// The text.
        text: String,
        /// The unit's id.
        uid: String,
    },
    /// A number that is in use.
    #[error("{pool} {value} cannot be voided: {reason}")]
    NotVoidable {
        /// The pool.
        pool: String,
        /// The number.
        value: i64,
        /// Why.
        reason: String,
    },
    /// A station of the same name.
    #[error("another station is called {0}")]
    NameTaken(String),
}

fn passed_as(numbers: &[String]) -> String {
    match numbers {
        [] => String::new(),
        numbers => format!(" as {}", numbers.join(", ")),
    }
}

impl Refused {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refused::AlreadyPassed { .. } => "already-passed",
            Refused::HeldElsewhere { .. } => "held-elsewhere",
            Refused::PoolEmpty { .. } => "pool-empty",
            Refused::LimitReached { .. } => "limit-reached",
            Refused::NoPool(_) => "no-pool",
            Refused::NoJob(_) => "no-job",
            Refused::NoAttempt(_) => "no-attempt",
            Refused::Ended { .. } => "attempt-ended",
            Refused::OtherPool { .. } => "other-pool",
            Refused::PoolsOverlap { .. } => "pools-overlap",
            Refused::BadPool { .. } => "bad-pool",
            Refused::TextTaken { .. } => "text-taken",
            Refused::NotVoidable { .. } => "not-voidable",
            Refused::NameTaken(_) => "station-name-taken",
        }
    }
}
