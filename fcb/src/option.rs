//! Option words: 4 or 8 bytes that make the flashloader find out by itself how to talk to a flash.

mod explain;

use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::Error;

/// One or two option words of configure-memory, as they are sent.
///
/// Prints as `0xC0000006` or `0xC1000105,0x00020000`, and reads the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OptionWords {
    /// Tag, size, device type, pads, quad mode, clock.
    #[doc(alias = "option0")]
    pub word0: u32,
    /// Connection, drive strength, pin group, dummy cycles; there when the size nibble says 1.
    #[doc(alias = "option1")]
    pub word1: Option<u32>,
}

/// The fields of the option words.
///
/// | word | bits  | field                                                          |
/// |------|-------|----------------------------------------------------------------|
/// | 0    | 31:28 | tag, 0xC                                                       |
/// | 0    | 27:24 | size: 0 one word, 1 two words                                  |
/// | 0    | 23:20 | device type                                                    |
/// | 0    | 19:16 | pads while probing: 0 = 1, 2 = 4, 3 = 8                        |
/// | 0    | 15:12 | pads of commands: 0 = 1, 2 = 4, 3 = 8                          |
/// | 0    | 11:8  | quad mode: where the QE bit is                                 |
/// | 0    | 7:4   | misc mode                                                      |
/// | 0    | 3:0   | clock index                                                    |
/// | 1    | 31:28 | connection: 0 port A, 1 parallel, 2 port B, 3 both             |
/// | 1    | 27:24 | drive strength, 0 keeps it                                     |
/// | 1    | 23:20 | DQS pin group                                                  |
/// | 1    | 19:16 | pin group                                                      |
/// | 1    | 15:8  | status register value to use instead of reading it             |
/// | 1    | 7:0   | dummy cycles, 0 from SFDP                                      |
///
/// Source: SPSDK `opt_word_flexspi_nor.json`, MCUBootUtility `ui_cfg_flexspinor.py`, ROM driver `flexspi_nor_flash.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Options {
    /// What kind of flash: 0 quad SPI, 1 quad SPI at double data rate, 2 and 3 HyperFlash, 4 to 9 octal.
    pub device_type: u8,
    /// Pads while probing: 0 = 1, 2 = 4, 3 = 8.
    pub query_pads: u8,
    /// Pads of commands once configured: 0 = 1, 2 = 4, 3 = 8.
    pub command_pads: u8,
    /// Where the QE bit is, see [`crate::QeMethod::option_value`]; 0: as the SFDP says.
    pub quad_mode: u8,
    /// 0 off, 1 and 2 continuous read, 3 data order swapped, 4 second pin group, 5 internal loopback, 6 stay in SPI.
    pub misc_mode: u8,
    /// Clock index of the flashloader, which also goes to the FCB: [`rtboot_chip::OptionWordTraits::clocks`]; 0 keeps the clock of
    /// probing.
    pub clock: u8,
    /// The fields of the second word, when there is one.
    pub second: Option<SecondOptions>,
}

/// The fields of the second option word; see [`Options`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SecondOptions {
    /// 0 port A, 1 both in parallel, 2 port B, 3 both.
    pub connection: u8,
    /// Drive strength of the pads; 0 keeps it.
    pub drive_strength: u8,
    /// Pin group of DQS: 0 first, 1 second.
    pub dqs_group: u8,
    /// Pin group: 0 primary, 1 secondary.
    pub pin_group: u8,
    /// Value to take instead of reading the status register; 0 reads it.
    pub status_override: u8,
    /// Dummy cycles, mode cycles included; 0 takes those of the SFDP.
    pub dummy_cycles: u8,
}

impl OptionWords {
    /// Bits 31:28 of word 0.
    pub const TAG: u32 = 0xC;

    /// One word.
    pub const fn one(word0: u32) -> OptionWords {
        OptionWords { word0, word1: None }
    }

    /// Two words.
    pub const fn two(word0: u32, word1: u32) -> OptionWords {
        OptionWords {
            word0,
            word1: Some(word1),
        }
    }

    /// Puts the fields together; each must fit its bits.
    ///
    /// Fails for a field that is too large and for what [`OptionWords::check`] refuses.
    pub fn encode(options: &Options) -> Result<OptionWords, Error> {
        let (word0, first_fits) = pack(&[
            (Self::TAG as u8, 4),
            (u8::from(options.second.is_some()), 4),
            (options.device_type, 4),
            (options.query_pads, 4),
            (options.command_pads, 4),
            (options.quad_mode, 4),
            (options.misc_mode, 4),
            (options.clock, 4),
        ]);
        let second = options.second.map(|s| {
            pack(&[
                (s.connection, 4),
                (s.drive_strength, 4),
                (s.dqs_group, 4),
                (s.pin_group, 4),
                (s.status_override, 8),
                (s.dummy_cycles, 8),
            ])
        });
        let words = OptionWords {
            word0,
            word1: second.map(|(word, _)| word),
        };
        if !first_fits || second.is_some_and(|(_, fits)| !fits) {
            return Err(words.error("a field does not fit its 4 bits"));
        }
        words.check()?;
        Ok(words)
    }

    /// Takes the fields apart, after [`OptionWords::check`].
    pub fn decode(&self) -> Result<Options, Error> {
        self.check()?;
        let nibble = |word: u32, at: u32| (word >> at & 0xF) as u8;
        Ok(Options {
            device_type: nibble(self.word0, 20),
            query_pads: nibble(self.word0, 16),
            command_pads: nibble(self.word0, 12),
            quad_mode: nibble(self.word0, 8),
            misc_mode: nibble(self.word0, 4),
            clock: nibble(self.word0, 0),
            second: self.word1.map(|word| SecondOptions {
                connection: nibble(word, 28),
                drive_strength: nibble(word, 24),
                dqs_group: nibble(word, 20),
                pin_group: nibble(word, 16),
                status_override: (word >> 8) as u8,
                dummy_cycles: word as u8,
            }),
        })
    }

    /// Whether the flashloader takes the words at all.
    ///
    /// Each error is one that the genuine flashloaders (emulated) answer with status 4, the same for every chip, or a pair of
    /// words that do not belong together.
    pub fn check(&self) -> Result<(), Error> {
        let nibble = |at: u32| self.word0 >> at & 0xF;
        if nibble(28) != Self::TAG {
            return Err(self.error("bits 31:28 must be 0xC; the flashloader answers status 4"));
        }
        match (nibble(24), self.word1) {
            (0, None) | (1, Some(_)) => {}
            (0, Some(_)) => {
                return Err(
                    self.error("a second word is given, but bits 27:24 say there is one word only")
                );
            }
            (1, None) => {
                return Err(self.error(
                    "bits 27:24 ask for a second word and none is given: the flashloader would take what lies in RAM",
                ));
            }
            _ => return Err(self.error("bits 27:24 must be 0 (one word) or 1 (two words)")),
        }
        if nibble(20) > 9 {
            return Err(self.error(
                "there is no such device type in bits 23:20; the flashloader answers status 4",
            ));
        }
        if nibble(20) <= 1 && (nibble(16) != 0 || nibble(12) != 0) {
            return Err(self.error(
                "quad SPI parts (device type 0 and 1) are probed and commanded on one pad: bits 19:12 must be 0; \
                 the flashloader answers status 4",
            ));
        }
        Ok(())
    }

    /// The bytes as they go to RAM: 4 or 8, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        [Some(self.word0), self.word1]
            .iter()
            .flatten()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    fn error(&self, reason: &str) -> Error {
        Error::Option {
            words: self.to_string(),
            reason: reason.to_owned(),
        }
    }
}

/// Fields from the top bit down; whether each fitted.
fn pack(fields: &[(u8, u32)]) -> (u32, bool) {
    fields
        .iter()
        .fold((0, true), |(word, fits), (value, bits)| {
            let mask = (1_u32 << bits) - 1;
            (
                word << bits | (u32::from(*value) & mask),
                fits && u32::from(*value) <= mask,
            )
        })
}

impl fmt::Display for OptionWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.word1 {
            Some(word1) => write!(f, "0x{:08X},0x{word1:08X}", self.word0),
            None => write!(f, "0x{:08X}", self.word0),
        }
    }
}

impl FromStr for OptionWords {
    type Err = Error;

    fn from_str(text: &str) -> Result<OptionWords, Error> {
        let words: Option<Vec<u32>> = text.split(',').map(word).collect();
        match words.as_deref() {
            Some([word0]) => Ok(OptionWords::one(*word0)),
            Some([word0, word1]) => Ok(OptionWords::two(*word0, *word1)),
            _ => Err(Error::Text {
                text: text.to_owned(),
                expected: "one or two option words, such as \"0xC0000006\" or \"0xC1000105,0x00020000\"",
            }),
        }
    }
}

fn word(text: &str) -> Option<u32> {
    let text = text.trim().replace('_', "");
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
