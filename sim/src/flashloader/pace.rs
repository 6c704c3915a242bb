//! What the firmware's own work costs in time, beside USB, SPI clocks and the flash: it runs from OCRAM without caches.
//!
//! Source: the genuine RT1021 flashloader in emulation, 396 MHz, four cycles an instruction from OCRAM and 0.75 more with its
//! stack there, each step on its own. At these rates whole reads and writes take as long as there, within 5 %.

/// From a command's last byte to its answer, and back to where it waits.
pub const COMMAND_NS: u64 = 30_000;
/// A byte of read-memory into the report.
pub const READ_BYTE_NS: u64 = 135;
/// A byte of write-memory out of the report.
pub const WRITE_BYTE_NS: u64 = 75;
/// A byte held against what flash reads as.
pub const COMPARE_BYTE_NS: u64 = 60;
/// Taking a page together, beside its bytes and IP commands.
pub const PAGE_NS: u64 = 20_000;
/// Setting up one IP command of the controller.
pub const IP_COMMAND_NS: u64 = 8_000;
