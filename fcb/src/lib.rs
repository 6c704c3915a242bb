//! FlexSPI NOR configuration for NXP i.MX RT10xx: the FCB, its look-up table, option words, SFDP, and NOR parts.

mod cfg;
mod clock;
pub mod database;
mod error;
mod fcb;
mod jedec;
pub mod lut;
mod option;
mod part;
pub mod probe;
mod protection;
pub mod sfdp;
mod status;

pub use cfg::{CfgError, PartFile};
pub use clock::ClockIndex;
pub use error::Error;
pub use fcb::{Fcb, FieldDiff, FieldValue, SequenceCall, Spec};
pub use jedec::JedecId;
pub use option::{OptionWords, Options, SecondOptions};
pub use part::{
    Contradiction, EraseUnit, Evidence, Overrides, Part, ReadMode, SfdpExpectation, SfdpPresence,
    Span, Times,
};
pub use protection::{Protected, Protection, Scheme};
pub use status::{QeMethod, StatusRegisters, StatusWrite};
