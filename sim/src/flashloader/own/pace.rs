//! What the firmware's own work costs in time, beside USB, SPI clocks and the flash.
//!
//! A guess: it runs with the instruction cache on, so about a quarter of what the genuine loader needs without.

/// From a command's last byte to its answer.
pub const COMMAND_NS: u64 = 8_000;
/// A byte from or to a report.
pub const COPY_BYTE_NS: u64 = 20;
/// A byte held against what flash reads as.
pub const COMPARE_BYTE_NS: u64 = 15;
/// Setting up one command of the controller.
pub const TRANSFER_NS: u64 = 3_000;
