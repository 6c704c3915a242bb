//! SDP commands as bytes. This file knows nothing else.

use std::fmt;
use std::ops::Range;

use byteorder::{BE, ByteOrder};

mod field {
    use super::Range;
    pub const TAG: Range<usize> = 0..2;
    pub const ADDRESS: Range<usize> = 2..6;
    pub const FORMAT: usize = 6;
    pub const COUNT: Range<usize> = 7..11;
    pub const DATA: Range<usize> = 11..15;
    pub const RESERVED: usize = 15;
}

const _: () = assert!(field::RESERVED + 1 == Command::LEN); // the layout adds up
const _: () =
    assert!(field::FORMAT + 1 == field::COUNT.start && field::COUNT.end == field::DATA.start);

/// What an SDP command asks for. Codes without a name are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub u16);

#[allow(missing_docs)] // the names are the manual's
impl Tag {
    pub const READ_REGISTER: Tag = Tag(0x0101);
    pub const WRITE_REGISTER: Tag = Tag(0x0202);
    pub const WRITE_FILE: Tag = Tag(0x0404);
    pub const ERROR_STATUS: Tag = Tag(0x0505);
    pub const WRITE_CSF: Tag = Tag(0x0606);
    pub const DCD_WRITE: Tag = Tag(0x0A0A);
    pub const JUMP_ADDRESS: Tag = Tag(0x0B0B);
    pub const SKIP_DCD_HEADER: Tag = Tag(0x0C0C);
    pub const SET_BAUDRATE: Tag = Tag(0x0D0D);

    /// The manual's name, `None` for codes without one.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Tag::READ_REGISTER => "READ_REGISTER",
            Tag::WRITE_REGISTER => "WRITE_REGISTER",
            Tag::WRITE_FILE => "WRITE_FILE",
            Tag::ERROR_STATUS => "ERROR_STATUS",
            Tag::WRITE_CSF => "WRITE_CSF",
            Tag::DCD_WRITE => "DCD_WRITE",
            Tag::JUMP_ADDRESS => "JUMP_ADDRESS",
            Tag::SKIP_DCD_HEADER => "SKIP_DCD_HEADER",
            Tag::SET_BAUDRATE => "SET_BAUDRATE",
            _ => return None,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command {:#06x}", self.0),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// How wide the ROM accesses a register. Peripherals want [`Width::Word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Half,
    /// 32 bits.
    #[default]
    Word,
}

impl Width {
    /// 8, 16 or 32.
    pub fn bits(self) -> u8 {
        match self {
            Width::Byte => 8,
            Width::Half => 16,
            Width::Word => 32,
        }
    }

    /// 1, 2 or 4.
    pub fn bytes(self) -> u32 {
        u32::from(self.bits()) / 8
    }

    /// The width of 8, 16 or 32 bits; `None` for other numbers.
    pub fn from_bits(bits: u32) -> Option<Width> {
        [Width::Byte, Width::Half, Width::Word]
            .into_iter()
            .find(|w| u32::from(w.bits()) == bits)
    }
}

/// One SDP command: 16 bytes, big-endian.
///
/// | offset | bytes | field                                 |
/// |--------|-------|---------------------------------------|
/// | 0      | 2     | tag                                   |
/// | 2      | 4     | address                               |
/// | 6      | 1     | access width in bits: 8, 16, 32; or 0 |
/// | 7      | 4     | count, in bytes                       |
/// | 11     | 4     | value of a register write             |
/// | 15     | 1     | reserved, zero                        |
///
/// Source: i.MX RT1020 reference manual, "Serial Downloader"; the same in SPSDK, sdphost, imx_usb_loader, uuu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command {
    /// What to do.
    pub tag: Tag,
    /// Bus address; the speed for SET_BAUDRATE.
    #[doc(alias = "addr")]
    pub address: u32,
    /// Access width in bits, 0 where it has no meaning.
    pub format: u8,
    /// Bytes to read, or of the data that follows.
    pub count: u32,
    /// The value of WRITE_REGISTER, else 0.
    pub data: u32,
}

impl Command {
    /// Bytes of a command.
    pub const LEN: usize = 16;

    const fn plain(tag: Tag) -> Command {
        Command {
            tag,
            address: 0,
            format: 0,
            count: 0,
            data: 0,
        }
    }

    /// Reads `count` bytes from `address` on, in accesses of `width`.
    pub fn read_register(address: u32, width: Width, count: u32) -> Command {
        Command {
            address,
            format: width.bits(),
            count,
            ..Command::plain(Tag::READ_REGISTER)
        }
    }

    /// Writes `value` to the register at `address`. The count is the width in bytes, as SPSDK sends it.
    pub fn write_register(address: u32, width: Width, value: u32) -> Command {
        let count = width.bytes();
        Command {
            address,
            format: width.bits(),
            count,
            data: value,
            ..Command::plain(Tag::WRITE_REGISTER)
        }
    }

    /// Announces `count` bytes for `address`.
    pub fn write_file(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::WRITE_FILE)
        }
    }

    /// Announces a command sequence file of `count` bytes for `address`.
    pub fn write_csf(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::WRITE_CSF)
        }
    }

    /// Announces a DCD table of `count` bytes; the ROM stages it in RAM at `address` and runs it.
    pub fn dcd_write(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::DCD_WRITE)
        }
    }

    /// Jumps to the image whose IVT lies at `address`.
    pub fn jump_address(address: u32) -> Command {
        Command {
            address,
            ..Command::plain(Tag::JUMP_ADDRESS)
        }
    }

    /// Asks for the result of the last HAB action.
    pub fn error_status() -> Command {
        Command::plain(Tag::ERROR_STATUS)
    }

    /// Makes the next jump ignore the image's DCD pointer.
    pub fn skip_dcd_header() -> Command {
        Command::plain(Tag::SKIP_DCD_HEADER)
    }

    /// Changes the UART speed; the speed travels in the address field.
    pub fn set_baudrate(baud: u32) -> Command {
        Command {
            address: baud,
            ..Command::plain(Tag::SET_BAUDRATE)
        }
    }

    /// The 16 bytes.
    pub fn to_bytes(&self) -> [u8; Command::LEN] {
        let mut bytes = [0; Command::LEN];
        BE::write_u16(&mut bytes[field::TAG], self.tag.0);
        BE::write_u32(&mut bytes[field::ADDRESS], self.address);
        bytes[field::FORMAT] = self.format;
        BE::write_u32(&mut bytes[field::COUNT], self.count);
        BE::write_u32(&mut bytes[field::DATA], self.data);
        bytes
    }

    /// Reads the 16 bytes back; the reserved byte is not looked at.
    pub fn parse(bytes: &[u8; Command::LEN]) -> Command {
        Command {
            tag: Tag(BE::read_u16(&bytes[field::TAG])),
            address: BE::read_u32(&bytes[field::ADDRESS]),
            format: bytes[field::FORMAT],
            count: BE::read_u32(&bytes[field::COUNT]),
            data: BE::read_u32(&bytes[field::DATA]),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Command {
            tag,
            address,
            format,
            count,
            data,
        } = *self;
        match tag {
            Tag::READ_REGISTER => {
                write!(f, "{tag} {address:#010x}, {count} bytes by {format} bits")
            }
            Tag::WRITE_REGISTER => {
                write!(f, "{tag} {address:#010x} := {data:#010x}, {format} bits")
            }
            Tag::ERROR_STATUS | Tag::SKIP_DCD_HEADER => write!(f, "{tag}"),
            Tag::SET_BAUDRATE => write!(f, "{tag} {address}"),
            Tag::JUMP_ADDRESS => write!(f, "{tag} {address:#010x}"),
            _ => write!(f, "{tag} {address:#010x}, {count} bytes"),
        }
    }
}
