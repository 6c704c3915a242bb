//! The register that sets how many dummy cycles a part's reads take.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::StatusRegisters;
use crate::status::named;

named! {
    /// Where a part keeps the number of dummy cycles.
    DummyPlace, "place of the dummy cycles" {
        /// Read parameters, written with C0h and one byte, lost without power (ISSI).
        ReadParameters = "c0h", "the read parameters, written with C0h";
        /// Volatile configuration register, written with 81h and one byte (Micron).
        Volatile81 = "81h", "the volatile configuration register, written with 81h";
        /// Configuration register, the second byte of 01h, lost without power (Macronix).
        SecondByte = "01h-second-byte", "the configuration register, second byte of 01h";
        /// Configuration register 3, the fourth byte of 01h (S25FL-L).
        FourthByte = "01h-fourth-byte", "configuration register 3, fourth byte of 01h";
        /// Status register 2.
        Status2 = "sr2", "status register 2";
        /// Status register 3.
        Status3 = "sr3", "status register 3";
    }
}

/// A field of a register that sets the dummy cycles of the part's own read.
///
/// What it does to other reads is not told here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DummyControl {
    /// The register.
    pub place: DummyPlace,
    /// Its bits, side by side.
    pub mask: u8,
    /// Dummy cycles, mode cycles included, for each value of these bits from 0 on; 0: not known.
    pub cycles: Vec<u8>,
    /// Bits beside them that make reads wrap, or a mode of their own, at any other value than [`DummyControl::plain_value`].
    pub plain_mask: u8,
    /// Their value for plain reads.
    pub plain_value: u8,
}

impl DummyControl {
    /// The command that writes the register alone, with one byte, until the power is cut.
    pub fn volatile_command(&self) -> Option<u8> {
        match self.place {
            DummyPlace::ReadParameters => Some(0xC0),
            DummyPlace::Volatile81 => Some(0x81),
            _ => None,
        }
    }

    /// Dummy cycles with the register at this value; `None` where they are not known, or reads would not be plain.
    pub fn cycles_at(&self, register: u8) -> Option<u8> {
        if register & self.plain_mask != self.plain_value {
            return None;
        }
        let value = (register & self.mask) >> self.mask.trailing_zeros().min(7);
        let cycles = self.cycles.get(usize::from(value)).copied();
        cycles.filter(|cycles| *cycles != 0)
    }

    /// The register's value, where it is a status register that was read.
    pub fn read_in(&self, status: &StatusRegisters) -> Option<u8> {
        match self.place {
            DummyPlace::Status2 => status.sr2,
            DummyPlace::Status3 => status.sr3,
            _ => None,
        }
    }

    /// Whether a status register holds it, so that it outlives power-off and a flash may come with another value.
    pub fn lasts(&self) -> bool {
        matches!(self.place, DummyPlace::Status2 | DummyPlace::Status3)
    }

    /// What does not fit about it: `own` are the dummy cycles of the part's read as it is shipped.
    pub(super) fn misfit(&self, own: u8) -> Option<String> {
        let bits = self.mask.count_ones();
        let together = self.mask != 0
            && u32::from(self.mask) == ((1 << bits) - 1) << self.mask.trailing_zeros();
        if !together {
            return Some("`mask` of [dummy-register] must have bits side by side".into());
        }
        let values = 1_usize << bits;
        if self.cycles.len() != values {
            let given = self.cycles.len();
            return Some(format!(
                "`cycles` of [dummy-register] needs a number for each of the {values} values of its bits, not {given}"
            ));
        }
        if !self.cycles.contains(&own) {
            return Some(format!(
                "`cycles` of [dummy-register] lacks {own}, the dummy cycles of the part's read"
            ));
        }
        let odd = self.plain_value & !self.plain_mask != 0 || self.plain_mask & self.mask != 0;
        odd.then(|| {
            "`plain-mask` and `plain-value` of [dummy-register] must be bits beside `mask`".into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(mask: u8, cycles: &[u8]) -> DummyControl {
        DummyControl {
            place: DummyPlace::ReadParameters,
            mask,
            cycles: cycles.into(),
            plain_mask: 4,
            plain_value: 0,
        }
    }

    #[test]
    fn cycles_follow_the_field() {
        let issi = control(0x18, &[6, 4, 8, 10]);
        assert_eq!(issi.cycles_at(0xF0), Some(8));
        assert_eq!(issi.cycles_at(0xE0), Some(6));
        assert_eq!(issi.cycles_at(0xF4), None, "reads wrap");
        assert_eq!(issi.misfit(6), None);
    }

    #[test]
    fn odd_fields_are_refused() {
        assert!(control(0x28, &[6, 4, 8, 10]).misfit(6).is_some());
        assert!(control(0x18, &[6, 4]).misfit(6).is_some());
        assert!(control(0x18, &[6, 4, 8, 10]).misfit(9).is_some());
        assert!(control(0, &[6]).misfit(6).is_some());
        let mut over = control(0x0C, &[6, 4, 8, 10]);
        over.plain_mask = 0x04;
        assert!(over.misfit(6).is_some());
    }
}
