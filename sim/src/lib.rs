#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![warn(missing_debug_implementations)]

pub mod chip;
pub mod clock;
pub mod flashloader;
pub mod flexspi;
pub mod fuses;
pub mod machine;
pub mod memory;
pub mod nor;
pub mod sfdp;

mod board;
pub mod boot;
pub mod fault;
pub mod rom;
mod standin;
mod store;
mod straps;
#[cfg(test)]
mod testkit;
pub mod uart;
pub mod usbip;

pub use board::{Board, Gone, Settings, State, UsbIdentity};
pub use boot::{BootTrial, BootVerdict, Booted, PowerOn, Start};
pub use chip::{CHIPS, Chip};
pub use fault::{ByteFault, Counts, Fault, ReportFault};
pub use machine::Costs;
pub use rom::loader::Loader;
pub use rom::{Reads, RomOptions};
pub use standin::standin_loader;
pub use store::StoreError;
pub use straps::{BootConfig, BootFuses, BootMode, Straps};
