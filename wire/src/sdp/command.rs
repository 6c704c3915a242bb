//! SDP commands.

use core::fmt;

/// What an SDP command asks for. Codes without a name are kept as they are.
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

/// How wide the ROM accesses a register. Peripheral registers need [`Width::Word`].
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
    pub const fn bits(self) -> u8 {
        match self {
            Width::Byte => 8,
            Width::Half => 16,
            Width::Word => 32,
        }
    }

    /// 1, 2 or 4.
    pub const fn bytes(self) -> u32 {
        self.bits() as u32 / 8
    }

    /// The width of 8, 16 or 32 bits; `None` for other numbers.
    pub const fn from_bits(bits: u32) -> Option<Width> {
        match bits {
            8 => Some(Width::Byte),
            16 => Some(Width::Half),
            32 => Some(Width::Word),
            _ => None,
        }
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
    #[doc(alias = "read-register")]
    pub const fn read_register(address: u32, width: Width, count: u32) -> Command {
        Command {
            address,
            format: width.bits(),
            count,
            ..Command::plain(Tag::READ_REGISTER)
        }
    }

    /// Writes `value` to the register at `address`. The count is the width in bytes, as SPSDK sends it.
    #[doc(alias = "write-register")]
    pub const fn write_register(address: u32, width: Width, value: u32) -> Command {
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
    #[doc(alias = "write-file")]
    pub const fn write_file(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::WRITE_FILE)
        }
    }

    /// Announces a command sequence file of `count` bytes for `address`.
    #[doc(alias = "write-csf")]
    pub const fn write_csf(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::WRITE_CSF)
        }
    }

    /// Announces a DCD table of `count` bytes; the ROM stages it in RAM at `address` and runs it.
    #[doc(alias = "dcd-write")]
    pub const fn dcd_write(address: u32, count: u32) -> Command {
        Command {
            address,
            count,
            ..Command::plain(Tag::DCD_WRITE)
        }
    }

    /// Jumps to the image whose IVT lies at `address`.
    #[doc(alias = "jump-address")]
    pub const fn jump_address(address: u32) -> Command {
        Command {
            address,
            ..Command::plain(Tag::JUMP_ADDRESS)
        }
    }

    /// Asks for the result of the last HAB action.
    #[doc(alias = "error-status")]
    pub const fn error_status() -> Command {
        Command::plain(Tag::ERROR_STATUS)
    }

    /// Makes the next jump ignore the image's DCD pointer.
    #[doc(alias = "skip-dcd-header")]
    pub const fn skip_dcd_header() -> Command {
        Command::plain(Tag::SKIP_DCD_HEADER)
    }

    /// Changes the UART speed; the speed travels in the address field.
    #[doc(alias = "set-baudrate")]
    pub const fn set_baudrate(baud: u32) -> Command {
        Command {
            address: baud,
            ..Command::plain(Tag::SET_BAUDRATE)
        }
    }

    /// The 16 bytes.
    pub const fn to_bytes(&self) -> [u8; Command::LEN] {
        let [t0, t1] = self.tag.0.to_be_bytes();
        let [a0, a1, a2, a3] = self.address.to_be_bytes();
        let [c0, c1, c2, c3] = self.count.to_be_bytes();
        let [d0, d1, d2, d3] = self.data.to_be_bytes();
        #[rustfmt::skip] // one line per field of the table above
        let bytes = [
            t0, t1,
            a0, a1, a2, a3,
            self.format,
            c0, c1, c2, c3,
            d0, d1, d2, d3,
            0,
        ];
        bytes
    }

    /// Reads the 16 bytes. The reserved byte is ignored: on other chips hosts put a file type there.
    pub const fn parse(bytes: &[u8; Command::LEN]) -> Command {
        #[rustfmt::skip] // one line per field of the table above
        let [
            t0, t1,
            a0, a1, a2, a3,
            format,
            c0, c1, c2, c3,
            d0, d1, d2, d3,
            _,
        ] = *bytes;
        Command {
            tag: Tag(u16::from_be_bytes([t0, t1])),
            address: u32::from_be_bytes([a0, a1, a2, a3]),
            format,
            count: u32::from_be_bytes([c0, c1, c2, c3]),
            data: u32::from_be_bytes([d0, d1, d2, d3]),
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
