//! What is wrong with a job, a seal or a key.

use std::path::PathBuf;

/// The result of work on a job.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with a job, a seal or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is longer than any job needs.
    #[error("{name} has {size} bytes, and at most {limit} are taken")]
    TooLarge {
        /// Which.
        name: String,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// `job.toml` is not a job.
    #[error("job.toml: {0}")]
    Job(String),
    /// A later format.
    #[error(
        "the job has format {found}, and this rtboot reads formats up to {known}: use a newer one"
    )]
    TooNew {
        /// What the job says.
        found: i64,
        /// What this version reads.
        known: u32,
    },
    /// Not an archive as [`pack`](crate::pack) makes it.
    #[error("not a sealed job: {0}")]
    NotSealed(String),
    /// Its contents are not those that were signed.
    #[error("the seal is broken: {0}")]
    Broken(String),
    /// Another key than those that are trusted.
    #[error("the job is sealed by key {found}, which this station does not trust")]
    Stranger {
        /// The key, in hex.
        found: String,
    },
    /// A key that is none.
    #[error("{0}")]
    Key(String),
    /// A secret that is none, or that cannot be opened. Never with a part of it.
    #[error("the secret cannot be opened: {0}")]
    Secret(String),
    /// A unit's number that does not fit where it belongs.
    #[error("{what} at {at:#010x}: {reason}")]
    Unit {
        /// The field.
        what: String,
        /// Its address.
        at: u32,
        /// Why.
        reason: String,
    },
}
