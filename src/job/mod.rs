//! Whole jobs on a board: write, erase, read, verify, unprotect, start, reset, and what a board tells.
//!
//! Each job is one call, and each of its steps can be called alone:
//!
//! ```text
//! WriteJob::prepare   file → image → layout       no board needed
//! Target::connect     find the board              waits for it, if asked to
//! WriteJob::identify  ROM → flashloader → flash   which chip, which part
//! WriteReady::plan    compare flash and image     changes nothing
//! WriteReady::write   erase, program, verify
//! WriteReady::finish  start, or reset
//! ```
//!
//! ```
//! use rtboot::job::{self, Target, WriteOptions};
//! use rtboot::{FcbChoice, Source};
//! use rtboot::port::virtual_board::VirtualBoard;
//!
//! # fn main() -> rtboot::Result<()> {
//! let file = Source::from("examples/apps/blinky/blinky.elf");
//! let options = WriteOptions {
//!     fcb: FcbChoice::named("IS25LP064A", Chip::DEFAULT)?.0,
//!     ..WriteOptions::default()
//! };
//! let target = Target::on_virtual(&VirtualBoard::new()); // or Target::default(), the only board on USB
//! let written = job::write(&file, options, &target, &mut ())?;
//! assert!(written.report.changed);
//! # Ok(())
//! # }
//! ```

mod after;
mod erase;
mod info;
mod journal;
mod protection;
mod range;
mod target;
mod verify;
mod write;

pub use after::{After, AfterReport, Reappeared, Started, reset, start, start_in_flash};
pub use erase::{Edges, EraseRange, blank_check, erase, first_programmed};
pub use info::{Info, NotKnown, Why, info};
pub use journal::of_flash as journal_of_flash;
pub use protection::{Unprotect, unprotect};
pub use range::{check_ram, end_of, read_flash, read_flash_twice, read_ram};
pub use target::Target;
pub use verify::{Comparison, verify};
pub use write::{Took, WriteJob, WriteOptions, WriteReady, Written, write};
