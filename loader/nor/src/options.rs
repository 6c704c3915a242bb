//! The option words of ConfigureMemory.

use crate::Error;

/// Option word 0 (0xCxxxxxxx) and, when its size field says so, option word 1.
///
/// | bits of word 0 | field | | bits of word 1 | field |
/// |--|--|--|--|--|
/// | 31:28 | 0xC | | 31:28 | port; 0 is port A |
/// | 27:24 | further words | | 27:24 | drive strength |
/// | 23:20 | device type | | 23:20 | pin group of DQS |
/// | 19:16, 15:12 | pads of query and of commands | | 19:16 | pin group |
/// | 11:8 | where quad enable lies, for SFDP 1.0 | | 15:8 | status override |
/// | 7:4 | misc mode | | 7:0 | dummy cycles; 0: from SFDP |
/// | 3:0 | clock index | | | |
///
/// Source: NXP's public FlexSPI NOR driver; the genuine RT1021 flashloader, emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    word0: u32,
    word1: u32,
}

/// Misc mode: continuous read (0-4-4).
const CONTINUOUS_READ: u32 = 1;
/// Misc mode: second pin group.
const SECOND_PINS: u32 = 4;
/// Fields of word 1 that choose other pins: port, pin group of DQS, pin group.
const PINS: u32 = 0xF0FF_0000;
/// Misc mode: internal sample clock.
const INTERNAL_SAMPLE_CLOCK: u32 = 5;

impl Options {
    /// Takes both words; word 1 counts only when word 0 says that it is there.
    ///
    /// # Errors
    /// [`Error::Argument`] for what is no option word or another kind of flash than NXP's loader takes;
    /// [`Error::OtherKind`] for HyperFlash and octal flash; [`Error::OtherPins`] for port B and the second pin group;
    /// [`Error::DdrProbe`] for double data rate.
    pub fn new(word0: u32, word1: u32) -> Result<Options, Error> {
        let word1 = if word0 >> 24 & 0xF != 0 { word1 } else { 0 };
        let options = Options { word0, word1 };
        match (word0 >> 28, options.field(20)) {
            (0xC, 0 | 1) if options.field(16) != 0 => Err(Error::Argument),
            // which pins a flash of the second group has is known; that a board's flash answers there was never seen
            (0xC, 0) if word1 & PINS != 0 || options.field(4) == SECOND_PINS => {
                Err(Error::OtherPins)
            }
            (0xC, 0) => Ok(options),
            // the dummy cycles of a DDR read are found with a pattern in flash; the loader programs nothing on its own
            (0xC, 1) => Err(Error::DdrProbe),
            (0xC, 2..=9) => Err(Error::OtherKind),
            _ => Err(Error::Argument),
        }
    }

    fn field(&self, shift: u32) -> u32 {
        self.word0 >> shift & 0xF
    }

    /// Commands on one pad, as a quad SPI part in SPI mode takes them.
    pub(crate) fn is_single_pad(&self) -> bool {
        self.field(12) == 0
    }

    pub(crate) fn quad_mode(&self) -> u8 {
        self.field(8) as u8
    }

    pub(crate) fn wants_continuous_read(&self) -> bool {
        self.field(4) == CONTINUOUS_READ
    }

    pub(crate) fn sample_source(&self) -> u8 {
        u8::from(self.field(4) != INTERNAL_SAMPLE_CLOCK)
    }

    pub(crate) fn clock_index(&self) -> u8 {
        self.field(0) as u8
    }

    pub(crate) fn dummy_cycles(&self) -> Option<u8> {
        match self.word1 as u8 {
            0 => None,
            cycles => Some(cycles),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_from_their_bits() {
        let options = Options::new(0xC100_0257, 0x0000_000A).unwrap();
        assert_eq!((options.quad_mode(), options.clock_index()), (2, 7));
        assert_eq!(
            (options.sample_source(), options.dummy_cycles()),
            (0, Some(10))
        );
        assert!(options.is_single_pad() && !options.wants_continuous_read());
    }

    #[test]
    fn second_word_counts_only_when_announced() {
        assert_eq!(Options::new(0xC000_0007, 0xA).unwrap().dummy_cycles(), None);
    }

    #[test]
    fn other_kinds_are_told_apart() {
        let refused = |word| Options::new(word, 0).unwrap_err();
        for word in [
            0,
            0xA000_0007,
            0xD000_0000,
            0xFFFF_FFFF,
            0xC0A0_0000,
            0xC001_0007,
        ] {
            assert_eq!(refused(word), Error::Argument, "{word:#x}");
        }
        assert_eq!(refused(0xC000_0047), Error::OtherPins);
        for word1 in [0x0001_0000, 0x0010_0000, 0x2000_0000, 0x0001_000A] {
            let refused = Options::new(0xC100_0007, word1);
            assert_eq!(refused, Err(Error::OtherPins), "{word1:#x}");
            assert!(Options::new(0xC000_0007, word1).is_ok(), "not announced");
        }
        assert_eq!(refused(0xC020_0003), Error::OtherKind);
        assert_eq!(refused(0xC010_0003), Error::DdrProbe);
    }
}
