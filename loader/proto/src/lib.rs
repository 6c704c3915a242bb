#![no_std]
#![forbid(unsafe_code)]
//! MBOOT on the device's side: commands in, answers out.
//!
//! ```text
//! Board::receive ──> Loader::serve ──> nor::Flash, Board (RAM, fuses, reset)
//!                         └──────────> Board::send
//! ```
//!
//! [`Board`] is implemented by the loader's `hal`, and by a board in memory in the tests. What is answered follows the
//! genuine flashloader where that is known; the differences are listed in `docs/loader.md`.

#[cfg(test)]
extern crate std;

mod board;
mod commands;
mod data;
mod hash;
mod inspect;
mod loader;
mod memory;
mod property;
pub mod serial;
mod speed;
mod start;
mod status;
mod stream;

pub use board::{Board, BoardState, Build, LinkLost, MAX_PAYLOAD, Payload, Region, WINDOW};
pub use loader::Loader;
pub use memory::MAILBOX;
pub use property::{FEATURES, PAYLOAD, VERSION};
