//! What rtboot's own RAM loader knows beside MBOOT.
//!
//! The loader speaks MBOOT, with NXP's commands and status codes. This module adds commands, properties and status codes with
//! numbers that NXP's tables leave free, and the layout of their data. All words are little-endian.
//!
//! A host asks for [`IDENTITY`] first. NXP's loaders look at the low byte of a property only and answer something without
//! [`MAGIC`]; ours answers with it. What the protocol can do follows from [`Features`], not from the loader's version.
//!
//! | command | parameters | data |
//! |--|--|--|
//! | [`Fetch`](Tag::LOADER_FETCH) | what, offset, length | to the host |
//! | [`FlashCommand`](Tag::LOADER_FLASH_COMMAND) | [shape](FlashCommand), address, four bytes to send, bytes to receive | to the host |
//! | [`ReadByFcb`](Tag::LOADER_READ_BY_FCB) | address of an FCB in RAM, address in flash, length | to the host |
//! | [`Hash`](Tag::LOADER_HASH) | kind, address, length, bytes per hash | to the host |
//! | [`Stream`](Tag::LOADER_STREAM) | bytes, options | from the host: [records](mod@stream) |
//! | [`Protect`](Tag::LOADER_PROTECT) | 0 clears the block protection, 1 protects all of the flash | none |
//! | [`Start`](Tag::LOADER_START) | address of the image's flash | none |
//! | [`SetBaud`](Tag::LOADER_SET_BAUD) | bits per second | none |
//!
//! A command that sends data to the host answers like ReadMemory: with the tag of its response, the status and the number of
//! bytes, then the data, then a generic response.

use crate::mboot::{Command, Property, Tag};

pub mod bulk;
mod checksum;
mod failure;
mod flash_command;
pub mod stream;

pub use checksum::crc32;
pub use failure::Failure;
pub use flash_command::{FlashCommand, NotOneCommand};

/// First word of the answer to [`IDENTITY`]: `rtbl`.
pub const MAGIC: u32 = u32::from_le_bytes(*b"rtbl");
/// Version of what this module describes. A host refuses a loader with another one.
pub const PROTOCOL: u32 = 1;

/// Magic, [`PROTOCOL`], version of the loader as NXP writes versions, [`Features`], bytes of the snapshot.
pub const IDENTITY: Property = Property(0x5254_0001);
/// Core clock as measured against the crystal, clock of FlexSPI, clock of the UART; in Hz, 0 for one that is not set up.
pub const CLOCKS: Property = Property(0x5254_0002);
/// SRC_SRSR and SRC_SBMR2 as they were at entry, and the breadcrumb that the run before left.
pub const ENTRY: Property = Property(0x5254_0003);
/// Bytes of ITCM, DTCM and OCRAM as the FlexRAM split gives them.
pub const MEMORIES: Property = Property(0x5254_0004);
/// The three bytes of the JEDEC id with the maker in bits 7:0, the [rung](Rung) that was needed to get it, bytes of the flash
/// (0: unknown), clock of its reads in Hz.
pub const FLASH: Property = Property(0x5254_0005);

/// What a loader can do beside MBOOT, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub u32);

impl Features {
    /// [`Tag::LOADER_FETCH`] and [`Tag::LOADER_FLASH_COMMAND`].
    pub const INSPECT: Features = Features(1 << 0);
    /// [`Tag::LOADER_READ_BY_FCB`].
    pub const READ_BY_FCB: Features = Features(1 << 1);
    /// [`Tag::LOADER_HASH`].
    pub const HASH: Features = Features(1 << 2);
    /// [`Tag::LOADER_STREAM`].
    pub const STREAM: Features = Features(1 << 3);
    /// [`Tag::LOADER_PROTECT`].
    pub const PROTECT: Features = Features(1 << 4);
    /// [`Tag::LOADER_START`].
    pub const START: Features = Features(1 << 5);
    /// [`Tag::LOADER_SET_BAUD`].
    pub const BAUD: Features = Features(1 << 6);
    /// The second, bulk interface.
    pub const BULK: Features = Features(1 << 7);
    /// A build to be signed: it reads no memory, writes no RAM and starts no code that is not a flash image.
    pub const RESTRICTED: Features = Features(1 << 31);

    /// Are all of these there?
    pub const fn has(self, wanted: Features) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Both together.
    pub const fn with(self, more: Features) -> Features {
        Features(self.0 | more.0)
    }
}

/// What [`fetch`] is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fetch {
    /// Registers as they were at entry: words, in the order of the loader's own documentation.
    Snapshot = 0,
    /// The answer to 9Fh, up to 8 bytes.
    JedecId = 1,
    /// SFDP from this offset on.
    Sfdp = 2,
    /// Status and configuration registers: 8 bytes for each, with the command, the number of its bytes and two bytes of
    /// zero, then up to four bytes as the flash sent them.
    Registers = 3,
    /// Where and why the last stream or erase failed: a [`Failure`].
    Failure = 4,
}

impl Fetch {
    /// The meaning of a word; `None` for one without.
    pub const fn of(word: u32) -> Option<Fetch> {
        Some(match word {
            0 => Fetch::Snapshot,
            1 => Fetch::JedecId,
            2 => Fetch::Sfdp,
            3 => Fetch::Registers,
            4 => Fetch::Failure,
            _ => return None,
        })
    }
}

/// What [`hash`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum HashKind {
    /// SHA-256, 32 bytes each.
    Sha256 = 0,
    /// CRC-32 as zlib and Ethernet have it, 4 bytes each, little-endian.
    Crc32 = 1,
}

impl HashKind {
    /// The meaning of a word; `None` for one without.
    pub const fn of(word: u32) -> Option<HashKind> {
        match word {
            0 => Some(HashKind::Sha256),
            1 => Some(HashKind::Crc32),
            _ => None,
        }
    }

    /// Bytes of one hash.
    pub const fn bytes(self) -> u32 {
        match self {
            HashKind::Sha256 => 32,
            HashKind::Crc32 => 4,
        }
    }
}

/// What the loader had to do before the flash told its id, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Rung {
    /// Nothing: the first question was answered.
    None = 0,
    /// It waited: the flash was not ready yet.
    Waited = 1,
    /// It released the flash from power-down (ABh).
    Released = 2,
    /// It waited for the end of an erase or program.
    Busy = 3,
    /// It ended a continuous read behind a command on one line.
    ContinuousRead = 4,
    /// It ended a continuous read without command.
    ContinuousQuad = 5,
    /// It ended QPI by FFh on four lines.
    QpiFf = 6,
    /// It ended QPI by F5h on four lines.
    QpiF5 = 7,
    /// It reset the flash by 66h 99h on one line.
    Reset = 8,
    /// It reset the flash by 66h 99h on four lines.
    ResetQuad = 9,
    /// It reset the flash by F0h.
    ResetF0 = 10,
    /// Nothing helped: the id is all ones or all zeros, or changes.
    Silent = 11,
}

impl Rung {
    /// The meaning of a word; `None` for one without.
    pub const fn of(word: u32) -> Option<Rung> {
        Some(match word {
            0 => Rung::None,
            1 => Rung::Waited,
            2 => Rung::Released,
            3 => Rung::Busy,
            4 => Rung::ContinuousRead,
            5 => Rung::ContinuousQuad,
            6 => Rung::QpiFf,
            7 => Rung::QpiF5,
            8 => Rung::Reset,
            9 => Rung::ResetQuad,
            10 => Rung::ResetF0,
            11 => Rung::Silent,
            _ => return None,
        })
    }
}

/// Fetches `length` bytes of something that the loader knows, from `offset` on. Fewer come where there are no more.
pub const fn fetch(what: Fetch, offset: u32, length: u32) -> Command {
    Command::new(Tag::LOADER_FETCH, false, [what as u32, offset, length])
}

/// Reads flash as the ROM does with the FCB that lies at `fcb` in RAM, its set-up included.
pub const fn read_by_fcb(fcb: u32, address: u32, length: u32) -> Command {
    Command::new(Tag::LOADER_READ_BY_FCB, false, [fcb, address, length])
}

/// Hashes `length` bytes from `address` on, each `unit` of them apart; the last may be shorter. 0 is one hash over all.
pub const fn hash(kind: HashKind, address: u32, length: u32, unit: u32) -> Command {
    let parameters = [kind as u32, address, length, unit];
    Command::new(Tag::LOADER_HASH, false, parameters)
}

/// Option of a stream: what is programmed is not read back, as the host reads all of it.
pub const UNREAD: u32 = 1;

/// Begins a stream of `length` bytes of [records](mod@stream), with options.
pub const fn stream(length: u32, options: u32) -> Command {
    Command::new(Tag::LOADER_STREAM, true, [length, options])
}

/// Clears the block protection, or protects all of the flash.
pub const fn protect(all: bool) -> Command {
    Command::new(Tag::LOADER_PROTECT, false, [all as u32])
}

/// Starts the image whose FCB or IVT begins the flash.
pub const fn start(flash: u32) -> Command {
    Command::new(Tag::LOADER_START, false, [flash])
}

/// Changes the UART's speed once the answer is sent.
pub const fn set_baud(baud: u32) -> Command {
    Command::new(Tag::LOADER_SET_BAUD, false, [baud])
}
