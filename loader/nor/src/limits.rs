//! How long the loader waits for a flash, in microseconds: about twice the longest time of public data sheets.

/// Page program. Longest in data sheets: 5 ms.
pub const PAGE: u32 = 20_000;
/// Erase of 4 KiB. Longest: 400 ms to 2 s for old parts.
pub const SECTOR: u32 = 4_000_000;
/// Erase of a block of 32 or 64 KiB. Longest: 3 s.
pub const BLOCK: u32 = 8_000_000;
/// Chip erase, for each MiB. Longest: 12 s (W25Q64JV: 100 s for 8 MiB).
pub const CHIP_PER_MIB: u32 = 26_000_000;
/// Chip erase of any part.
pub const CHIP: u32 = 900_000_000;
/// Write of a status register. Longest: 100 ms.
pub const STATUS: u32 = 300_000;
/// Time between two polls while a page is programmed.
pub const PAGE_GAP: u32 = 0;
/// Time between two polls while something is erased or a status register is written.
pub const ERASE_GAP: u32 = 25;
/// How long a flash that gives no id is asked again before it is rescued (power-up time, tPUW).
pub const POWER_UP: u32 = 20_000;
/// Between two of these questions.
pub const POWER_UP_GAP: u32 = 1_000;
/// After each rung of the rescue ladder. Longest reset recovery without an erase: 200 µs.
pub const RECOVERY: u32 = 300;
