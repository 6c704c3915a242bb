//! FlexSPI NOR configuration for NXP i.MX RT10xx: the FCB, its look-up table, option words, SFDP, and NOR parts.
//!
//! # The first page
//!
//! An i.MX RT10xx has no flash of its own. Its program lies in a serial NOR flash, wired to the *FlexSPI* controller
//! and mapped at 0x60000000. When the chip starts, its boot ROM knows nothing about that flash, so it reads the first
//! 512 bytes slowly, on one data line, and expects an **FCB** there: a *FlexSPI configuration block* that says how
//! large the flash is, how fast to clock it, and which command reads it on four lines. Without an FCB the ROM does not
//! start the program.
//!
//! The commands are in the FCB's *look-up table* ([`lut`]): sixteen sequences of up to eight steps, such as "send EBh,
//! send 24 address bits on four lines, wait 6 cycles, read".
//!
//! Where an FCB comes from:
//! - from a [`Part`]: facts of one flash part, from a `.cfg` file ([`PartFile`]) or from the [`database`] in this crate.
//!   This is the way to go: the same bytes every time, and nothing is guessed.
//! - from the flash's own description, the SFDP ([`sfdp`]), by the flashloader: that is what [`OptionWords`] ask for.
//!   They also change the part while they are at it; [`OptionWords::explain`] says how, and [`derive`](mod@derive) what comes out.
//! - from other tools: [`text`] reads and writes SPSDK's YAML, and writes C and Rust.
//!
//! Whatever it came from, [`check`](mod@check) says what contradicts what in it.
//!
//! This crate turns bytes into values and values into bytes. It opens no file and talks to no board; a firmware's
//! `build.rs` may call it as well as a flash tool does.
//!
//! # The FCB of a part
//!
//! ```
//! use rtboot_fcb::{database, lut, Fcb};
//!
//! let (_, file) = database::find("IS25LP064A").expect("a part of the database");
//! let part = &file.parts[0];
//! let fcb = part.boot_fcb();
//!
//! assert_eq!(&fcb.as_bytes()[..4], b"FCFB");
//! assert_eq!(fcb.sflash_a1_size(), 8 * 1024 * 1024);
//! let read = fcb.sequence(lut::index::READ);
//! assert_eq!(read.to_string(), "EBh 1-4-4, 24-bit address, 6 dummy cycles");
//!
//! // any block, from a file or a board, reads back field by field
//! let same = Fcb::parse(fcb.as_bytes())?;
//! for field in same.fields() {
//!     println!("{:#05x} {:24} {} {}", field.offset, field.name, field.value, field.meaning);
//! }
//! # Ok::<(), rtboot_fcb::Error>(())
//! ```
//!
//! # A part of your own
//!
//! ```
//! # #[cfg(feature = "cfg")] {
//! use rtboot_fcb::PartFile;
//!
//! let file = PartFile::from_cfg(r#"
//!     name = "XY25Q64"
//!     jedec = "9d 60 17"
//!     size = "8M"
//!     quad-enable = "sr1-bit6"
//!     clock = "80 MHz"
//!     read = { opcode = 0x6B, address-pads = 1, data-pads = 4, dummy-cycles = 8 }
//! "#)?;
//! assert_eq!(file.parts[0].boot_fcb().clock(), 5);
//!
//! // an error names the place and the nearest known key
//! let error = PartFile::from_cfg("nmae = \"XY25Q64\"").unwrap_err();
//! assert_eq!(error.to_string(), "line 1, column 1: unknown key `nmae` in the file; did you mean `name`?\n  nmae = \"XY25Q64\"\n  ^^^^");
//! # }
//! # Ok::<(), rtboot_fcb::CfgError>(())
//! ```
//!
//! [`PartFile`] lists all keys.
//!
//! # While flashing
//!
//! The flashloader takes a complete FCB in RAM as its configuration. [`Part::work_fcb`] is one that bounds every wait
//! and erases by 4 or 64 KiB; [`Part::status_write_steps`] sets quad enable or lifts block protection; [`probe`] looks
//! at id, status and SFDP of whatever flash is there without changing it, and [`Part::contradictions`] says whether it
//! is the part it should be.
//!
//! # What it needs
//!
//! A heap, because half of this crate is texts. Without the feature `std` it is `no_std`: the database is then parsed at each
//! call, and a mistyped word gets no suggestion. The feature `cfg` reads and writes `.cfg` files. A firmware needs nothing of
//! the crate at run time: it takes the 512 bytes from its `build.rs` (`examples/build_rs.rs`), or as [`text::to_rust`] writes
//! them.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "cfg")]
mod cfg;
mod cfg_error;
pub mod check;
mod clock;
pub mod database;
pub mod derive;
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
pub mod text;
pub mod trial;

pub use cfg_error::CfgError;
pub use clock::{ClockIndex, ReadClock};
pub use error::Error;
pub use fcb::{Fcb, FieldDiff, FieldValue, SequenceCall, Spec};
pub use jedec::JedecId;
pub use option::{OptionWords, Options, SecondOptions};
pub use part::{
    Contradiction, DummyControl, DummyPlace, EraseCommands, EraseUnit, Evidence, Overrides, Part,
    PartFile, ReadMode, SfdpExpectation, SfdpPresence, SfdpProperty, Span, Times,
};
pub use protection::{Protected, Protection, Scheme, StatusLock, lock_units};
pub use rtboot_chip::{Chip, ChipName};
pub use rtboot_finding::{Finding, Severity};
pub use status::{QeMethod, StatusRegisters, StatusWrite};
