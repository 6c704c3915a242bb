use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rtboot_chip::{CHIPS, Chip, Clock, ClockTable};
use serde::{Deserialize, Serialize};

/// The read clock as the FCB names it (byte 0x46): an index, not a frequency.
///
/// What an index means depends on the chip: [`ClockTable`]. Without a chip only what all chips of
/// [`rtboot_chip::CHIPS`] agree on is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClockIndex(pub u8);

impl ClockIndex {
    /// The slowest clock, used for probing.
    pub const MHZ_30: ClockIndex = ClockIndex(1);

    /// Nominal MHz, as the SDK names the index; `None` for an index without a name, or whose name depends on the chip.
    pub fn mhz(self) -> Option<u16> {
        ClockTable::common(self.0).map(|row| row.mhz)
    }

    /// What the dividers really give, in kHz; `None` as for [`ClockIndex::mhz`].
    pub fn khz(self) -> Option<u32> {
        ClockTable::common(self.0).map(|row| row.khz)
    }

    /// What the dividers of this chip really give, in kHz.
    pub fn khz_on(self, clocks: &ClockTable) -> Option<u32> {
        clocks.row(self.0).map(|row| row.khz)
    }

    /// The index with its frequency on this chip, as text.
    pub fn on(self, clocks: &ClockTable) -> String {
        match clocks.row(self.0) {
            Some(row) => format!("{} MHz (index {})", row.mhz, self.0),
            None if self.0 == 0 => format!("{self}"),
            None => format!("unknown clock (index {})", self.0),
        }
    }

    /// Every MHz that the index means on some chip, slowest first.
    fn meanings(self) -> Vec<u16> {
        let rows = CHIPS.iter().filter_map(|chip| chip.clocks.row(self.0));
        let mut all: Vec<u16> = rows.map(|row| row.mhz).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl fmt::Display for ClockIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.meanings().as_slice(), self.0) {
            ([], 0) => write!(f, "unchanged (index 0)"),
            ([], index) => write!(f, "unknown clock (index {index})"),
            ([mhz], index) => write!(f, "{mhz} MHz (index {index})"),
            ([least, .., most], index) => {
                write!(f, "{least} or {most} MHz, by the chip (index {index})")
            }
        }
    }
}

/// A read clock by its frequency, which is the same on every chip: nominal MHz, as NXP's SDK names its indices.
///
/// ```
/// use rtboot_fcb::{Chip, ReadClock};
///
/// let clock = ReadClock::of_mhz(133).expect("a clock of the SDK");
/// let index = |chip| clock.index_on(&Chip::by_name(chip).unwrap().clocks);
/// assert_eq!((index("rt1021"), index("rt1062")), (7, 8));
/// // no more than the chip takes
/// assert_eq!(index("rt1024"), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadClock(u16);

impl ReadClock {
    /// The slowest clock, used for probing.
    pub const MHZ_30: ReadClock = ReadClock(30);
    /// What most parts take with the dummy cycles they are shipped with.
    pub const MHZ_100: ReadClock = ReadClock(100);

    /// The clock with this nominal frequency; `None` when no chip has it.
    pub fn of_mhz(mhz: u16) -> Option<ReadClock> {
        rows().any(|row| row.mhz == mhz).then_some(ReadClock(mhz))
    }

    /// What an index means on a chip.
    pub fn of_index(index: ClockIndex, clocks: &ClockTable) -> Option<ReadClock> {
        clocks.row(index.0).map(|row| ReadClock(row.mhz))
    }

    /// What an index means on every chip; `None` where one chip has it not, or two differ.
    pub fn common(index: ClockIndex) -> Option<ReadClock> {
        let first = ReadClock::of_index(index, &Chip::DEFAULT.clocks)?;
        let same = |chip: &Chip| ReadClock::of_index(index, &chip.clocks) == Some(first);
        CHIPS.iter().all(same).then_some(first)
    }

    /// The index that means this on every chip.
    pub fn common_index(self) -> Option<ClockIndex> {
        let mut all = (1..16).map(ClockIndex);
        all.find(|index| ReadClock::common(*index) == Some(self))
    }

    /// Nominal MHz.
    pub fn mhz(self) -> u16 {
        self.0
    }

    /// What the dividers really give, in kHz.
    pub fn khz(self) -> u32 {
        let own = rows().find(|row| row.mhz == self.0);
        own.map_or(u32::from(self.0) * 1000, |row| row.khz)
    }

    /// The index that gives this clock on a chip; where it has none, or may not run at it, the fastest below.
    pub fn index_on(self, clocks: &ClockTable) -> u8 {
        let slower = |row: &&Clock| row.index <= clocks.max && row.khz <= self.khz();
        let index = clocks.rows.iter().rev().find(slower).map(|row| row.index);
        index.unwrap_or(ClockIndex::MHZ_30.0)
    }
}

fn rows() -> impl Iterator<Item = &'static Clock> {
    CHIPS.iter().flat_map(|chip| chip.clocks.rows)
}

impl fmt::Display for ReadClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.common_index() {
            Some(index) => write!(f, "{} MHz (index {})", self.0, index.0),
            None => write!(f, "{} MHz", self.0),
        }
    }
}
