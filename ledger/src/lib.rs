//! The ledger of a production line: which unit got which number, at which station, with which verdict.
//!
//! It keeps four promises, each by a constraint or a trigger of the database and not by this code alone:
//!
//! - a number belongs to one chip for ever, and a chip has one number of each pool: a retry, a crash, a lost commit or rework
//!   gives the same unit the same number;
//! - a verdict is there once it was told: [`Ledger::finish`] returns after the database has synced it;
//! - no two stations work on one unit, and no unit passes a job twice unless that is rework;
//! - what was written is not changed: each station's entries are a chain of hashes, and [`Ledger::audit`] holds all tables against
//!   it.
//!
//! A [`HighWater`] file beside the database remembers how far it was: a database that comes back from a backup is refused, for it
//! would give numbers twice.
//!
//! ```
//! use rtboot_ledger::{Finish, JobRow, Ledger, Open, PoolSpec, Station, Uid, Verdict, Want};
//!
//! # fn main() -> Result<(), rtboot_ledger::Error> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let file = folder.path().join("line.db");
//! let mut ledger = Ledger::sqlite(&file, &Station::new("bench"))?;
//! ledger.add_pool(&PoolSpec::serial("sn", "RT{value:06}{check:luhn}", 1, 999_999))?;
//! ledger.add_job(&JobRow::new("5f1c", "product"))?;
//! let open = Open::new("5f1c", "A", Uid::from_hex("0123456789abcdef")?).want(Want::next("sn"));
//! let opened = ledger.open(&open)?;
//! assert_eq!(opened.numbers[0].text, "RT0000018");
//! // … the unit is written and verified …
//! ledger.finish(&opened.attempt, &Finish::new(Verdict::Pass))?;
//! # Ok(())
//! # }
//! ```

mod audit;
mod chain;
mod db;
mod error;
mod export;
mod format;
mod high_water;
mod ledger;
mod model;
#[cfg(feature = "postgres")]
mod pg;
mod report;
mod schema;
mod sqlite;
mod units;

pub use audit::{Audit, Head};
pub use error::{Error, Refused, Result};
pub use export::{Export, safe_cell};
pub use format::{Format, FormatError};
pub use high_water::HighWater;
pub use ledger::{
    Finish, JobRow, Ledger, Letter, Number, Open, Opened, PoolSpec, PoolState, Station, Want,
};
pub use model::{Attempt, AttemptId, NumberState, Uid, UidError, Verdict, is_secret, shown};
pub use report::{Bucket, Failure, Report};
pub use units::UnitRow;
