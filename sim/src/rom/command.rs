//! The 16 bytes of one SDP command, as the ROM reads them.
//!
//! | offset | bytes | field (big-endian)                         |
//! |--------|-------|--------------------------------------------|
//! | 0      | 2     | tag                                        |
//! | 2      | 4     | address, or baud rate                      |
//! | 6      | 1     | access width in bits: 8, 16, 32; or 0      |
//! | 7      | 4     | count, in bytes                            |
//! | 11     | 4     | value of a register write                  |
//! | 15     | 1     | reserved                                   |
//!
//! Source: i.MX RT1020 reference manual, "Serial Downloader", as the public hosts send it.

use byteorder::{BigEndian as BE, ByteOrder};

/// Bytes of a command.
pub const LEN: usize = 16;

/// READ_REGISTER.
pub const READ_REGISTER: u16 = 0x0101;
/// WRITE_REGISTER.
pub const WRITE_REGISTER: u16 = 0x0202;
/// WRITE_FILE.
pub const WRITE_FILE: u16 = 0x0404;
/// ERROR_STATUS.
pub const ERROR_STATUS: u16 = 0x0505;
/// DCD_WRITE.
pub const DCD_WRITE: u16 = 0x0A0A;
/// JUMP_ADDRESS.
pub const JUMP_ADDRESS: u16 = 0x0B0B;
/// SKIP_DCD_HEADER.
pub const SKIP_DCD_HEADER: u16 = 0x0C0C;
/// SET_BAUDRATE.
pub const SET_BAUDRATE: u16 = 0x0D0D;

/// Eight pings of the flashloader's protocol, 5Ah A6h each, fill the 16 bytes of one command. An RT1062 answered such
/// pings over its UART; that it takes eight of them is concluded from a logic analyser's view of a single one. What
/// follows the first ping is not looked at (guess).
pub const PINGS: u16 = 0x5AA6;

/// A parsed command; nothing is checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// Which command; both bytes are equal in every known one.
    pub tag: u16,
    /// Bus address, or the baud rate.
    pub address: u32,
    /// Access width in bits.
    pub width: u8,
    /// Bytes to follow or to be read.
    pub count: u32,
    /// Value of a register write.
    pub value: u32,
}

impl Command {
    /// Takes the first 16 bytes; `None` when there are fewer. What follows is padding.
    pub fn parse(bytes: &[u8]) -> Option<Command> {
        let bytes = bytes.get(..LEN)?;
        Some(Command {
            tag: BE::read_u16(&bytes[0..2]),
            address: BE::read_u32(&bytes[2..6]),
            width: bytes[6],
            count: BE::read_u32(&bytes[7..11]),
            value: BE::read_u32(&bytes[11..15]),
        })
    }

    /// Bytes of one access: 1, 2 or 4; 4 for a width that does not exist (guess).
    pub fn access(&self) -> u32 {
        match self.width {
            8 => 1,
            16 => 2,
            _ => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_command_is_parsed() {
        // READ_REGISTER 0x401F4410, width 32, 4 bytes
        let bytes = [
            1, 1, 0x40, 0x1F, 0x44, 0x10, 0x20, 0, 0, 0, 4, 0, 0, 0, 0, 0,
        ];
        let want = Command {
            tag: READ_REGISTER,
            address: 0x401F_4410,
            width: 32,
            count: 4,
            value: 0,
        };
        assert_eq!(Command::parse(&bytes), Some(want));
        assert_eq!(Command::parse(&bytes[..15]), None);
    }

    #[test]
    fn register_write_value_lies_at_offset_11() {
        // WRITE_REGISTER 0x400AC044 := 0x12345678, width 32, count 4
        let bytes = [
            2, 2, 0x40, 0x0A, 0xC0, 0x44, 0x20, 0, 0, 0, 4, 0x12, 0x34, 0x56, 0x78, 0,
        ];
        let command = Command::parse(&bytes).expect("16 bytes");
        assert_eq!((command.value, command.access()), (0x1234_5678, 4));
    }
}
