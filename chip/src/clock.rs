//! The read clock of an FCB: an index whose frequency depends on the chip.

use crate::CHIPS;

/// What one index of `serialClkFreq` (FCB byte 0x46) means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The byte.
    pub index: u8,
    /// MHz by the SDK's name of the index.
    pub mhz: u16,
    /// kHz that the chip's dividers give.
    pub khz: u32,
}

/// The clocks of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTable {
    /// Every index with a meaning, slowest first.
    pub rows: &'static [Clock],
    /// The fastest index inside the chip's own limit.
    pub max: u8,
}

impl ClockTable {
    /// What an index means on every chip that has it; `None` where no chip has it, or two chips differ.
    pub fn common(index: u8) -> Option<&'static Clock> {
        let mut known = CHIPS.iter().filter_map(|chip| chip.clocks.row(index));
        let first = known.next()?;
        known.all(|other| other == first).then_some(first)
    }

    /// The fastest clock inside the chip's own limit.
    pub fn fastest(&self) -> Option<&'static Clock> {
        self.row(self.max)
    }

    /// The row of an index; `None` for an index without a meaning.
    pub fn row(&self, index: u8) -> Option<&'static Clock> {
        self.rows.iter().find(|row| row.index == index)
    }

    /// The fastest index within the chip's limit whose real clock is at most `mhz` + 1 % (80.0 for a part of 80 MHz).
    pub fn fastest_within(&self, mhz: u16) -> Option<u8> {
        let allowed = |row: &&Clock| row.index <= self.max && row.khz <= u32::from(mhz) * 1010;
        self.rows.iter().rev().find(allowed).map(|row| row.index)
    }
}
