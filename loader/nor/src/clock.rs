//! FlexSPI root clocks of the RT1021: 480 MHz (PLL3) × 18 / fraction / divider.

/// A root clock by its two dividers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// PFD0's fraction, 12 to 35.
    pub fraction: u8,
    /// The divider behind it, 1 to 8.
    pub divider: u8,
}

/// The clock of commands, 31.8 MHz.
pub const COMMAND: Clock = Clock::of(34, 8);

/// The highest clock with the internal sample clock (RXCLKSRC 0), in kHz.
pub const MAX_INTERNAL_KHZ: u32 = 60_000;

impl Clock {
    const fn of(fraction: u8, divider: u8) -> Clock {
        Clock { fraction, divider }
    }

    /// Index 1 to 9 of option words and of FCB byte 0x46: 31.8, 49, 60, 72, 80, 103, 133, 166 and 196 MHz. Every other
    /// index gives the 31.8 MHz of commands, as NXP's loader does.
    ///
    /// Source: the table in NXP's RT1021 flashloader; the same in its public driver.
    pub const fn from_index(index: u8) -> Clock {
        match index {
            2 => Clock::of(22, 8),
            3 => Clock::of(24, 6),
            4 => Clock::of(30, 4),
            5 => Clock::of(18, 6),
            6 => Clock::of(14, 6),
            7 => Clock::of(13, 5),
            8 => Clock::of(13, 4),
            9 => Clock::of(22, 2),
            _ => COMMAND,
        }
    }

    /// In kHz, rounded down.
    pub const fn khz(self) -> u32 {
        480_000 * 18 / self.fraction as u32 / self.divider as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_give_the_clocks_of_the_rt1021_table() {
        let mhz: std::vec::Vec<u32> = (1..=9).map(|i| Clock::from_index(i).khz() / 100).collect();
        assert_eq!(mhz, [317, 490, 600, 720, 800, 1028, 1329, 1661, 1963]);
        assert_eq!(Clock::from_index(0), COMMAND);
        assert_eq!(Clock::from_index(15), COMMAND);
    }
}
