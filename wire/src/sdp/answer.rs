//! The two words the ROM answers with, both big-endian.
//!
//! All but two read the same in either byte order. 0x900DD009 (DCD will be skipped) and 0x09D00D90 (baud rate set) are
//! each other's byte-swapped form.

use core::fmt;

/// The HAB state word, the first answer to every command: whether the part runs unsigned code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hab {
    /// Open: a development part, runs unsigned code.
    Open,
    /// Closed: runs signed code only.
    Closed,
}

impl Hab {
    const OPEN: u32 = 0x5678_7856;
    const CLOSED: u32 = 0x1234_3412;

    /// The state a word stands for; `None` for every other word.
    pub fn from_word(word: u32) -> Option<Hab> {
        match word {
            Hab::OPEN => Some(Hab::Open),
            Hab::CLOSED => Some(Hab::Closed),
            _ => None,
        }
    }

    /// The word that stands for this state.
    pub const fn word(self) -> u32 {
        match self {
            Hab::Open => Hab::OPEN,
            Hab::Closed => Hab::CLOSED,
        }
    }

    /// The four bytes as they travel.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.word().to_be_bytes()
    }

    /// The state in four bytes as they travel; `None` for every other word.
    pub fn from_bytes(bytes: [u8; 4]) -> Option<Hab> {
        Hab::from_word(u32::from_be_bytes(bytes))
    }
}

impl fmt::Display for Hab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hab::Open => "HAB open",
            Hab::Closed => "HAB closed",
        })
    }
}

/// A status word of the ROM. Words without a name are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(pub u32);

impl Status {
    /// WRITE_REGISTER, DCD_WRITE, WRITE_CSF done.
    pub const WRITE_COMPLETE: Status = Status(0x128A_8A12);
    /// DCD_WRITE done, by another table of the reference manual; accept both.
    pub const WRITE_COMPLETE_ALTERNATIVE: Status = Status(0x1282_8212);
    /// WRITE_FILE done.
    pub const FILE_COMPLETE: Status = Status(0x8888_8888);
    /// SKIP_DCD_HEADER done.
    pub const DCD_SKIPPED: Status = Status(0x900D_D009);
    /// ERROR_STATUS: no HAB event is recorded.
    pub const HAB_SUCCESS: Status = Status(0xF0F0_F0F0);
    /// ERROR_STATUS: HAB refused the image.
    pub const HAB_FAILURE: Status = Status(0x3333_3333);
    /// ERROR_STATUS: HAB has a warning.
    pub const HAB_WARNING: Status = Status(0x6969_6969);
    /// SET_BAUDRATE done.
    pub const BAUDRATE_SET: Status = Status(0x09D0_0D90);
    /// The ROM does not take this address or argument: seen on RT1020, RT1021, RT1050, RT1062 and RT1064, and the device
    /// stayed on the bus each time. READ_REGISTER gets it in the place of data, 4 bytes whatever the count. Old sources call
    /// it "re-enumeration acknowledged".
    pub const REFUSED_89: Status = Status(0x8923_2389);

    /// The four bytes as they travel.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// Reads the four bytes as they travel.
    pub const fn from_bytes(bytes: [u8; 4]) -> Status {
        Status(u32::from_be_bytes(bytes))
    }

    /// What the word means, `None` for words without a name.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Status::WRITE_COMPLETE | Status::WRITE_COMPLETE_ALTERNATIVE => "write complete",
            Status::FILE_COMPLETE => "file complete",
            Status::DCD_SKIPPED => "DCD will be skipped",
            Status::HAB_SUCCESS => "HAB success",
            Status::HAB_FAILURE => "HAB failure",
            Status::HAB_WARNING => "HAB warning",
            Status::BAUDRATE_SET => "baud rate set",
            Status::REFUSED_89 => "address or argument refused",
            _ => return None,
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.hab_event()) {
            (Some(name), _) => write!(f, "{:#010x} ({name})", self.0),
            (None, Some(event)) => write!(f, "{:#010x} ({event})", self.0),
            (None, None) => write!(f, "{:#010x}", self.0),
        }
    }
}

/// A HAB event in the place of a status word: status 33h (failure), reason, context, engine.
///
/// i.MX6 and i.MX7 parts were seen to answer a refused jump so (`33 18 c0 00`, `33 22 0a 00`), an i.MX8 a refused read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HabEvent {
    /// Why.
    pub reason: &'static str,
    /// What was done at the time.
    pub context: &'static str,
}

// Source: NXP's HAB 4 API reference, as U-Boot's hab.h has it.
const REASONS: [(u8, &str); 24] = [
    (0x03, "unsupported command"),
    (0x05, "invalid IVT"),
    (0x06, "invalid command"),
    (0x09, "unsuitable state"),
    (0x0A, "unsupported engine"),
    (0x0C, "invalid assertion"),
    (0x0F, "invalid index"),
    (0x11, "invalid CSF"),
    (0x12, "unsupported algorithm"),
    (0x14, "unsupported protocol"),
    (0x17, "invalid size"),
    (0x18, "invalid signature"),
    (0x1B, "unsupported key"),
    (0x1D, "invalid key"),
    (0x1E, "failed callback"),
    (0x21, "invalid certificate"),
    (0x22, "invalid address"),
    (0x24, "unsupported item"),
    (0x27, "invalid DCD"),
    (0x28, "call out of sequence"),
    (0x2B, "expired poll count"),
    (0x2D, "exhausted storage"),
    (0x2E, "memory failure"),
    (0x30, "engine failure"),
];
const CONTEXTS: [(u8, &str); 10] = [
    (0x0A, "authenticating an image"),
    (0x33, "checking an address"),
    (0xA0, "checking an assertion"),
    (0xC0, "carrying out a command"),
    (0xCF, "carrying out the CSF"),
    (0xDB, "checking signed data"),
    (0xDD, "carrying out the DCD"),
    (0xE1, "starting HAB"),
    (0xEE, "leaving HAB"),
    (0xFF, "a factory test"),
];

impl fmt::Display for HabEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HAB failure: {} while {}", self.reason, self.context)
    }
}

impl Status {
    /// The HAB event that the word is; `None` for other words.
    pub fn hab_event(self) -> Option<HabEvent> {
        let [0x33, reason, context, 0] = self.to_bytes() else {
            return None;
        };
        let of = |names: &[(u8, &'static str)], code| {
            let named = names.iter().find(|(byte, _)| *byte == code);
            named.map(|(_, name)| *name)
        };
        Some(HabEvent {
            reason: of(&REASONS, reason)?,
            context: of(&CONTEXTS, context)?,
        })
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn hab_events_are_told_in_words() {
        let said = |word: u32| Status(word).to_string();
        assert_eq!(
            said(0x3318_C000),
            "0x3318c000 (HAB failure: invalid signature while carrying out a command)"
        );
        assert_eq!(
            said(0x3322_0A00),
            "0x33220a00 (HAB failure: invalid address while authenticating an image)"
        );
        assert_eq!(
            said(0x3322_3300),
            "0x33223300 (HAB failure: invalid address while checking an address)"
        );
        assert_eq!(said(0x3333_3333), "0x33333333 (HAB failure)");
        for other in [0x3300_0000, 0x3318_C001, 0x6918_C000, 0x3399_C000] {
            assert_eq!(Status(other).hab_event(), None, "{other:#x}");
        }
    }
}
