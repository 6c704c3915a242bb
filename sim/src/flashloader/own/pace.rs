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
/// A byte into SHA-256: 57 clocks at 396 MHz. Source: the committed image in emulation, an instruction a clock.
pub const SHA256_BYTE_NS: u64 = 144;
/// A byte into CRC-32 by a table of half bytes: 12 clocks at 396 MHz; twice what that sheet gives for a table of bytes.
pub const CRC_BYTE_NS: u64 = 30;
/// A byte out of an LZ4 block: a guess.
pub const LZ4_BYTE_NS: u64 = 20;
