use std::fmt;

/// The read clock as the FCB names it (byte 0x46): an index, not a frequency.
///
/// | index | RT1021 nominal MHz | its dividers give |
/// |-------|--------------------|-------------------|
/// | 1     | 30                 | 31.8              |
/// | 2     | 50                 | 49.1              |
/// | 3     | 60                 | 60.0              |
/// | 4     | 75                 | 72.0              |
/// | 5     | 80                 | 80.0              |
/// | 6     | 100                | 102.9             |
/// | 7     | 133                | 132.9             |
///
/// Index 8 (166) is above the chip's limit. Other RT10xx chips number 7 and up differently.
/// Source: SDK board headers of the RT1020 EVK; dividers found in the shipped RT1021 flashloader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockIndex(pub u8);

const KHZ: [(u8, u16, u32); 8] = [
    (1, 30, 31_765),
    (2, 50, 49_091),
    (3, 60, 60_000),
    (4, 75, 72_000),
    (5, 80, 80_000),
    (6, 100, 102_857),
    (7, 133, 132_923),
    (8, 166, 166_154),
];

impl ClockIndex {
    /// The slowest clock, used for probing.
    pub const MHZ_30: ClockIndex = ClockIndex(1);
    /// The fastest index that stays inside the RT1021's own limit.
    pub const MAX: ClockIndex = ClockIndex(7);

    /// Nominal MHz, as the SDK names the index; `None` for an index without a name.
    pub fn mhz(self) -> Option<u16> {
        self.row().map(|row| row.1)
    }

    /// What the dividers really give, in kHz.
    pub fn khz(self) -> Option<u32> {
        self.row().map(|row| row.2)
    }

    /// The fastest index whose real clock is no higher than `mhz` + 1 % (80.0 for a part of 80 MHz).
    pub fn fastest_within(mhz: u16) -> Option<ClockIndex> {
        KHZ.iter()
            .rev()
            .filter(|row| row.0 <= Self::MAX.0)
            .find(|row| row.2 <= u32::from(mhz) * 1010)
            .map(|row| ClockIndex(row.0))
    }

    fn row(self) -> Option<&'static (u8, u16, u32)> {
        KHZ.iter().find(|row| row.0 == self.0)
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
