//! The records of a write stream.
//!
//! Each record has a head of 16 bytes, and bytes behind it when it programs:
//!
//! | offset | bytes | field |
//! |--|--|--|
//! | 0 | 1 | 1 erase, 2 program raw bytes, 3 program an LZ4 block |
//! | 1 | 1 | 0 |
//! | 2 | 2 | bytes behind the head; 0 for an erase |
//! | 4 | 4 | address, as the chip sees it |
//! | 8 | 4 | bytes of flash: a sector, a block or all of it for an erase, up to 4096 for a program |
//! | 12 | 4 | CRC-32 of the bytes as they go into flash; 0 for an erase |
//!
//! The loader works on a record as soon as it is there, and takes the next ones meanwhile. It ends at the first that fails,
//! reads the rest and throws it away, and gives the status in the final response. Erased bytes are read back, and programmed
//! ones are compared.

/// Most bytes that one record programs.
pub const MOST: u32 = 4096;

/// What a record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Erases this many bytes.
    Erase(u32),
    /// Programs the bytes behind the head.
    Program(Program),
}

/// A record that programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Bytes of flash, 1 to [`MOST`].
    pub length: u32,
    /// Bytes behind the head.
    pub packed: u16,
    /// Are they an LZ4 block?
    pub lz4: bool,
    /// CRC-32 of the bytes that go into flash.
    pub crc: u32,
}

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where.
    pub address: u32,
    /// What.
    pub action: Action,
}

impl Head {
    /// Bytes of it.
    pub const LEN: usize = 16;

    /// The bytes.
    pub fn to_bytes(self) -> [u8; Head::LEN] {
        let (kind, packed, length, crc) = match self.action {
            Action::Erase(length) => (1, 0, length, 0),
            Action::Program(program) => (
                if program.lz4 { 3 } else { 2 },
                program.packed,
                program.length,
                program.crc,
            ),
        };
        let first = u32::from(packed) << 16 | kind;
        let mut bytes = [0; Head::LEN];
        let words = [first, self.address, length, crc];
        for (place, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// Reads them; `None` for a kind that is unknown and for lengths that contradict each other.
    pub fn parse(bytes: [u8; Head::LEN]) -> Option<Head> {
        let (words, _) = bytes.as_chunks::<4>();
        let &[first, address, length, crc] = words else {
            return None;
        };
        let [kind, zero, packed @ ..] = first;
        let packed = u16::from_le_bytes(packed);
        let length = u32::from_le_bytes(length);
        let crc = u32::from_le_bytes(crc);
        let action = match kind {
            1 if packed == 0 && crc == 0 && length != 0 => Action::Erase(length),
            2 if u32::from(packed) != length => return None,
            2 | 3 if (1..=MOST).contains(&length) && packed != 0 => Action::Program(Program {
                length,
                packed,
                lz4: kind == 3,
                crc,
            }),
            _ => return None,
        };
        (zero == 0).then_some(Head {
            address: u32::from_le_bytes(address),
            action,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Program = Program {
        length: 4096,
        packed: 300,
        lz4: true,
        crc: 0x1234_5678,
    };

    #[test]
    fn heads_come_back_as_they_were() {
        for action in [
            Action::Erase(4096),
            Action::Erase(8 << 20),
            Action::Program(PROGRAM),
            Action::Program(Program {
                length: 300,
                lz4: false,
                ..PROGRAM
            }),
        ] {
            let head = Head {
                address: 0x6000_1000,
                action,
            };
            assert_eq!(Head::parse(head.to_bytes()), Some(head));
        }
    }

    #[test]
    fn head_that_contradicts_itself_is_refused() {
        let head = |action| Head {
            address: 0x6000_1000,
            action,
        };
        let good = head(Action::Program(PROGRAM)).to_bytes();
        for (at, byte) in [(0, 0), (0, 4), (0, 2), (1, 1), (9, 0x11)] {
            let mut bad = good;
            bad[at] = byte;
            assert_eq!(Head::parse(bad), None, "{at}: {byte}");
        }
        let mut bad = head(Action::Erase(4096)).to_bytes();
        bad[2] = 1;
        assert_eq!(Head::parse(bad), None);
        assert_eq!(Head::parse([0; 16]), None);
    }
}
