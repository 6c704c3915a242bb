//! Flash NXP i.MX RT10xx boards over USB or UART, without a debug probe.
//!
//! The boot ROM's serial downloader (SDP) takes a *flashloader* into RAM; the flashloader (MBOOT, the protocol of
//! blhost) erases, programs and reads the FlexSPI NOR flash. This crate speaks both, builds the boot image (FCB, IVT, boot
//! data), decides what must change, writes it so that an interrupted run never leaves a half image that starts, and
//! reads every byte back.
//!
//! | module | what for |
//! |--|--|
//! | [`job`] | whole jobs in one call: write, erase, read, verify, reset, info; each step alone, too |
//! | [`board`] | find a board by a selector, whatever it runs |
//! | [`flash`] | the stages of a write: prepare, ROM, flashloader, flash, plan, write |
//! | [`loader_file`] | flashloader files: read, checked, remembered |
//! | [`journal`] | interrupted writes, and the bytes that they owe |
//! | [`consent`] | words for what cannot be undone |
//! | [`mod@file`] | files as input, read with limits |
//! | [`sdp`], [`mboot`] | the two protocols, every command of them |
//! | [`port`] | USB-HID, UART, the embedded virtual board |
//! | [`chip`] | chips as data |
//! | [`doctor`] | what is wrong with a board: facts, then pure rules |
//! | [`event`] | progress and findings for whoever listens |
//! | [`forecast`] | how much time is left |
//! | `line` | a production line: slots, units with numbers of their own, a ledger (feature `line`) |
//! | [`catalogue`] | every symptom by its code, for findings and errors |
//! | [`advice`] | for every [`Error`]: likely causes and what to do next |
//! | [`outcome`] | events, results and errors as programs read them: the types of `--json` |
//!
//! Images and FCBs alone, without a board: crates `rtboot-bootable` and `rtboot-fcb`. Packets alone: `rtboot-wire`.
//!
//! | cargo feature (all on by default) | brings |
//! |--|--|
//! | `own-loader` | rtboot's own RAM loader, for chips of which no flashloader file is known |
//! | `hid` | boards on USB, through hidapi |
//! | `serial` | boards on a UART, through serialport |
//! | `virtual` | the embedded virtual board |
//! | `line` | the production line: sealed jobs, a ledger, slots |
//! | `line-web` | its web page, and its report as HTML |
//! | `cli` | the program `rtboot`; includes `virtual` |
//!
//! A selector for a transport that was left out ends with [`port::Error::NotBuilt`].
//!
//! ```
//! # #[cfg(not(feature = "virtual"))] fn main() {}
//! # #[cfg(feature = "virtual")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use rtboot::job::{self, Target, WriteOptions};
//! use rtboot::port::virtual_board::VirtualBoard;
//! use rtboot::FcbChoice;
//! use rtboot::chip::Chip;
//!
//! let board = VirtualBoard::new();
//! let target = Target::on_virtual(&board); // or Target::default(): the only board on USB
//! let options = WriteOptions {
//!     fcb: FcbChoice::named("IS25LP064A", Chip::DEFAULT)?.0,
//!     ..WriteOptions::default()
//! };
//! let written = job::write(&"examples/apps/blinky/blinky.elf".into(), options, &target, &mut ())?;
//! assert!(written.report.changed);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

pub mod advice;
pub mod board;
pub mod consent;
pub mod digest;
pub mod doctor;
mod error;
pub mod event;
pub mod file;
pub mod flash;
pub mod forecast;
pub mod job;
pub mod journal;
#[cfg(feature = "line")]
pub mod line;
#[cfg(feature = "loader-store")]
pub mod loader_file;
pub mod mboot;
pub mod outcome;
pub mod port;
pub mod sdp;
mod selector;

pub use rtboot_chip as chip;
pub use rtboot_finding::{self as finding, catalogue};

pub use board::{Board, FoundBoard, Program, Selector};
pub use chip::Chip;
pub use consent::{Act, Consent};
pub use event::{Event, Listener, Stage};
pub use file::Source;
pub use finding::{Entry, Finding, Severity};
pub use flash::{FcbChoice, LoaderSource};
pub use rtboot_bootable::{
    BootImage, Firmware, LoaderImage, Memory, MemoryMap, Starts, Verdict, emit, inspect,
};
pub use rtboot_fcb::{Fcb, JedecId, Part, PartFile, StatusRegisters, database};

#[cfg(feature = "line")]
pub use error::LineError;
pub use error::{
    BackupOf, Breadcrumb, Change, Content, Error, Evidence, FlashState, Holder, KeptUnit, NoOwn,
    OnPort, OutOfRange, QuadEnable, Question, Result, SetUp, SfdpField, SplitBy, Step,
    TrialDiffers, Unread,
};
