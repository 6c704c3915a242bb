//! Sealed jobs of a production line.
//!
//! A job says what each unit of a product gets: an image, an FCB, a loader, and bytes that are the unit's own, as its serial number.
//! Its author writes a `job.toml`; [`pack`] puts it and all files that it names into one archive and signs it. [`open`] gives it
//! back only when nothing was changed and the key is one that the station trusts. `docs/job-format.md` describes both.
//!
//! No board, no database: [`Job::patches`] turns a unit's numbers into bytes and addresses, and whoever writes the unit writes those.

mod archive;
mod error;
mod job;
mod key;
mod secret;
mod unit;

pub use archive::{EXTENSION, FILE_LIMIT, Sealed, open, pack};
pub use error::{Error, Result};
pub use job::{
    Before, Encoding, Field, Job, Limits, Origin, Pool, Record, StartUnknown, Table, seal_column,
};
pub use key::{PublicKey, SecretKey};
pub use secret::{Identity, Recipient, seal_secret, secret_length};
pub use unit::{Patch, UnitNumber};

/// The newest format that this version reads and the one that it writes.
pub const FORMAT: u32 = 1;
