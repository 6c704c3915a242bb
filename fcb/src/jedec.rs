use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::error::hex;

/// What a NOR flash answers to 9Fh: maker, memory type, capacity.
///
/// Prints as `9d 60 17`. Reads `9d6017`, `9d 60 17`, `9D-60-17`, `0x9d6017`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JedecId(pub [u8; 3]);

impl JedecId {
    /// The first three bytes of an answer to 9Fh.
    ///
    /// `None` when there are fewer, or when no flash drives the line (all 00 or all ff).
    pub fn from_answer(bytes: &[u8]) -> Option<JedecId> {
        let id = JedecId([*bytes.first()?, *bytes.get(1)?, *bytes.get(2)?]);
        id.answers().then_some(id)
    }

    /// Whether these bytes are an id: lines without a driver read as all ones or all zeros.
    pub fn answers(self) -> bool {
        self.0 != [0xFF; 3] && self.0 != [0; 3]
    }

    /// The maker's name as flash parts use it, when the first byte is a known one.
    ///
    /// Some makers share a byte (0x20 is Micron and XMC).
    pub fn maker(self) -> Option<&'static str> {
        let [maker, ..] = self.0;
        MAKERS
            .iter()
            .find(|(id, _)| *id == maker)
            .map(|(_, name)| *name)
    }

    /// The size most parts encode in the third byte as a power of two; a guess until SFDP confirms it.
    pub fn likely_size(self) -> Option<u32> {
        match self.0[2] {
            n @ 0x10..=0x1F => Some(1 << n),
            // Micron, Winbond and others go on at 0x20 for 64 MiB
            n @ 0x20..=0x22 => Some(1 << (n - 6)),
            _ => None,
        }
    }
}

// Source: flashrom include/flashchips.h and the JEDEC JEP106 numbers in use on NOR flash.
const MAKERS: [(u8, &str); 19] = [
    (0x01, "Infineon (Cypress, Spansion)"),
    (0x0B, "XTX"),
    (0x1C, "EON"),
    (0x1F, "Renesas (Adesto, Atmel)"),
    (0x20, "Micron or XMC"),
    (0x25, "unregistered (ISSI copy)"),
    (0x37, "AMIC"),
    (0x46, "unregistered"),
    (0x68, "Boya"),
    (0x85, "Puya"),
    (0x9D, "ISSI"),
    (0xA1, "Fudan"),
    (0xBA, "Zetta"),
    (0xBF, "Microchip (SST)"),
    (0xC2, "Macronix"),
    (0xC8, "GigaDevice"),
    (0xEF, "Winbond"),
    (0xF8, "Fidelix"),
    (0x5E, "Zbit"),
];

impl fmt::Display for JedecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for JedecId {
    type Err = Error;

    fn from_str(text: &str) -> Result<JedecId, Error> {
        let bare = text
            .trim()
            .trim_start_matches("0x")
            .trim_start_matches("0X");
        let digits: Vec<u8> = bare
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | ':' | '_'))
            .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect::<Option<_>>()
            .unwrap_or_default();
        match digits[..] {
            [a, b, c, d, e, f] => Ok(JedecId([a << 4 | b, c << 4 | d, e << 4 | f])),
            _ => Err(Error::Text {
                text: text.to_owned(),
                expected: "a JEDEC id of three bytes, such as \"9d 60 17\"",
            }),
        }
    }
}
