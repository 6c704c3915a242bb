//! Whole jobs on a board: write, erase, read, verify, backup, restore, unprotect, start, reset, and what a board tells.
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
//! use rtboot::FcbChoice;
//! use rtboot::chip::Chip;
//! use rtboot::port::virtual_board::VirtualBoard;
//!
//! # fn main() -> rtboot::Result<()> {
//! let options = WriteOptions {
//!     fcb: FcbChoice::named("IS25LP064A", Chip::DEFAULT)?.0,
//!     ..WriteOptions::default()
//! };
//! let target = Target::on_virtual(&VirtualBoard::new()); // or Target::default(), the only board on USB
//! let written = job::write(&"examples/apps/blinky/blinky.elf".into(), options, &target, &mut ())?;
//! assert!(written.report.changed);
//! # Ok(())
//! # }
//! ```

mod after;
mod backup;
mod boot_loader;
mod erase;
mod expected;
mod info;
mod journal;
mod laid_out;
mod piece;
mod protection;
mod range;
mod target;
mod verify;
mod weak_cells;
mod write;

pub use after::{After, AfterReport, Reappeared, Started, reset, start, start_in_flash};
pub use backup::{Backup, Label, backup, backup_stages, restore};
pub use boot_loader::{BootsAt, asked_for, doubt};
pub use erase::{Edges, EraseRange, blank_check, erase, first_programmed};
pub use expected::{Compared, expected};
pub use info::{Info, NotKnown, Why, info};
pub use journal::{forget_erased, of_flash as journal_of_flash};
pub use laid_out::{BootLoader, LaidOut, LaidOutPieces, LayoutOptions, Role};
pub use piece::{Piece, Pieces};
pub use protection::{Unprotect, unprotect};
pub use range::{check_ram, end_of, read_flash, read_flash_twice, read_ram};
pub use target::Target;
pub use verify::{Comparison, verify};
pub use write::{Phases, Took, WriteJob, WriteOptions, WriteReady, Written, write};
