//! A production line: many boards at once, each unit with numbers of its own, and a ledger that never gives a number twice.
//!
//! ```text
//! Product::pack   job.toml and its files → a sealed job, checked as if a unit were made
//! Station         slots, hooks, trusted keys and ledger of a PC
//! run             a thread a slot: ask the chip → bind its numbers → write, verify → store the verdict → show it
//! Watch           what a screen or a web page shows of it
//! ```
//!
//! What a number is bound to, and when what is synced: [`rtboot_ledger`]. What a sealed job is: `docs/job-format.md`. How to set a
//! line up: `docs/line.md`.

mod book;
mod outbox;
mod product;
mod program;
#[cfg(feature = "virtual")]
mod rehearse;
mod run;
mod secrets;
mod socket;
mod state;
mod station;
mod unit;
#[cfg(feature = "line-web")]
pub mod web;

pub use product::Product;
#[cfg(feature = "virtual")]
pub use rehearse::{Rehearsal, RehearseOptions, rehearse};
pub use run::{LineEnd, RunOptions, Slot, open_job, run, slots_of};
pub use socket::{Presence, Socket, crowded_buses};
pub use state::{
    Counts, JobWords, LineState, PoolLeft, SlotPhase, SlotState, SlotVerdict, Told, UnitWords,
    Watch, percent,
};
pub use station::{Hook, HookOn, NamedCommand, SlotSpec, Station};

pub use rtboot_ledger as ledger;
pub use rtboot_sealed as sealed;
