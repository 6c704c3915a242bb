use core::fmt;

use rtboot_chip::{Chip, Clock, ClockTable};

/// The read clock as the FCB names it (byte 0x46): an index, not a frequency.
///
/// What an index means depends on the chip: [`ClockTable`]. Without a chip only what all chips of
/// [`rtboot_chip::CHIPS`] agree on is known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct ClockIndex(pub u8);

impl ClockIndex {
    /// The slowest clock, used for probing.
    pub const MHZ_30: ClockIndex = ClockIndex(1);

    /// Nominal MHz, as the SDK names the index; `None` for an index without a name, or whose name depends on the chip.
    pub fn mhz(self) -> Option<u16> {
        self.row().map(|row| row.mhz)
    }

    /// What the dividers really give, in kHz; `None` as for [`ClockIndex::mhz`].
    pub fn khz(self) -> Option<u32> {
        self.row().map(|row| row.khz)
    }

    /// What the dividers of this chip really give, in kHz.
    pub fn khz_on(self, clocks: &ClockTable) -> Option<u32> {
        clocks.row(self.0).map(|row| row.khz)
    }

    fn row(self) -> Option<&'static Clock> {
        // what a part says without a chip is said for the default one
        ClockTable::common(self.0).or_else(|| Chip::DEFAULT.clocks.row(self.0))
    }
}

impl fmt::Display for ClockIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mhz() {
            Some(mhz) => write!(f, "{mhz} MHz (index {})", self.0),
            None if self.0 == 0 => write!(f, "unchanged (index 0)"),
            None => write!(f, "unknown clock (index {})", self.0),
        }
    }
}
