//! The FlexSPI configuration block: what the boot ROM reads from the first 512 bytes of flash.

use crate::clock::{self, Clock};
use crate::lut::{Sequence, opcode};
use crate::{Error, Setup};

/// Places of the sequences in the look-up table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SequenceIndex {
    /// Mapped reads.
    Read = 0,
    /// Status register with the busy bit.
    ReadStatus = 1,
    /// Write enable.
    WriteEnable = 3,
    /// Smallest erase.
    EraseSector = 5,
    /// Largest erase below the chip erase.
    EraseBlock = 8,
    /// Page program.
    Program = 9,
    /// Chip erase.
    EraseChip = 11,
}

/// Byte offsets of the fields.
mod field {
    pub const TAG: usize = 0x000;
    pub const VERSION: usize = 0x004;
    pub const SAMPLE_SOURCE: usize = 0x00C;
    pub const CS_HOLD: usize = 0x00D;
    pub const CS_SETUP: usize = 0x00E;
    pub const DEVICE_MODE_ENABLE: usize = 0x010;
    pub const DEVICE_MODE_SEQUENCE: usize = 0x014;
    pub const DEVICE_MODE_ARGUMENT: usize = 0x018;
    pub const CONFIG_ENABLE: usize = 0x01C;
    pub const CONFIG_SEQUENCES: usize = 0x020;
    pub const CONFIG_ARGUMENTS: usize = 0x030;
    pub const MISC: usize = 0x040;
    pub const DEVICE_TYPE: usize = 0x044;
    pub const PADS: usize = 0x045;
    pub const CLOCK: usize = 0x046;
    pub const A1_SIZE: usize = 0x050;
    pub const TIMEOUT_MS: usize = 0x070;
    pub const BUSY_BIT: usize = 0x07C;
    pub const BUSY_POLARITY: usize = 0x07E;
    pub const LUT: usize = 0x080;
    pub const PAGE_SIZE: usize = 0x1C0;
    pub const SECTOR_SIZE: usize = 0x1C4;
    pub const COMMAND_CLOCK: usize = 0x1C8;
    pub const BLOCK_SIZE: usize = 0x1D0;
}

const TAG: [u8; 4] = *b"FCFB";
/// Safe 30 MHz clock while the part is configured; NXP's loader always sets it.
const MISC_SAFE_CLOCK: u32 = 1 << 4;

/// A configuration block of 512 bytes.
///
/// Source: NXP's public FlexSPI NOR driver; field by field in `docs/images.md` of rtboot.
#[derive(PartialEq, Eq)]
pub struct Fcb {
    bytes: [u8; Fcb::LEN],
}

impl core::fmt::Debug for Fcb {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Fcb")
    }
}

/// A set-up command of an FCB: its sequence, and the data it writes.
pub(crate) struct SetupCommand {
    pub sequence: Sequence,
    data: [u8; 4],
    length: usize,
}

impl SetupCommand {
    pub fn data(&self) -> &[u8] {
        &self.data[..self.length]
    }
}

/// The sizes in bytes and other fields of a new FCB.
pub(crate) struct Fields {
    pub size: u32,
    pub page_size: u32,
    pub sector_size: u32,
    pub block_size: u32,
    pub clock_index: u8,
    pub sample_source: u8,
    pub pads: u8,
}

impl Fcb {
    /// Bytes of a block.
    pub const LEN: usize = 512;
    /// How many commands [`Fcb::setup_command`] knows.
    pub(crate) const SETUP_COMMANDS: usize = 4;
    /// The first word of a block.
    pub const TAG_WORD: u32 = u32::from_le_bytes(TAG);

    /// No block yet.
    pub(crate) const EMPTY: Fcb = Fcb {
        bytes: [0; Fcb::LEN],
    };

    pub(crate) fn set(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() != Fcb::LEN || !bytes.starts_with(&TAG) {
            return Err(Error::Argument);
        }
        self.bytes.copy_from_slice(bytes);
        Ok(())
    }

    /// Begins a new block; its sequences are empty.
    pub(crate) fn begin(&mut self, fields: &Fields) {
        self.bytes.fill(0);
        self.put(field::TAG, Fcb::TAG_WORD);
        self.put(field::VERSION, 0x5601_0400);
        self.bytes[field::SAMPLE_SOURCE] = fields.sample_source;
        self.bytes[field::CS_HOLD] = 3;
        self.bytes[field::CS_SETUP] = 3;
        self.put(field::MISC, MISC_SAFE_CLOCK);
        self.bytes[field::DEVICE_TYPE] = 1;
        self.bytes[field::PADS] = fields.pads;
        self.bytes[field::CLOCK] = fields.clock_index;
        self.put(field::A1_SIZE, fields.size);
        self.put(field::PAGE_SIZE, fields.page_size);
        self.put(field::SECTOR_SIZE, fields.sector_size);
        self.bytes[field::COMMAND_CLOCK] = 1;
        self.put(field::BLOCK_SIZE, fields.block_size);
    }

    pub(crate) fn set_sequence(&mut self, index: SequenceIndex, sequence: &Sequence) {
        for (i, word) in sequence.0.iter().enumerate() {
            self.put(field::LUT + 16 * index as usize + 4 * i, *word);
        }
    }

    /// The block.
    pub fn bytes(&self) -> &[u8; Fcb::LEN] {
        &self.bytes
    }

    /// A sequence of the look-up table.
    pub fn sequence(&self, index: SequenceIndex) -> Sequence {
        self.lut(index as u8)
    }

    #[inline(never)]
    fn lut(&self, index: u8) -> Sequence {
        let mut at = field::LUT + 16 * usize::from(index & 15);
        let mut words = [0; 4];
        for word in &mut words {
            *word = self.word(at);
            at += 4;
        }
        Sequence(words)
    }

    /// Size of the flash in bytes.
    pub fn size(&self) -> u32 {
        self.word(field::A1_SIZE)
    }

    /// Page, sector and block size in bytes; fields that are 0 get the usual values.
    pub fn geometry(&self) -> [u32; 3] {
        let or = |at, usual| match self.word(at) {
            0 => usual,
            size => size,
        };
        [
            or(field::PAGE_SIZE, 256),
            or(field::SECTOR_SIZE, 0x1000),
            or(field::BLOCK_SIZE, 0x1_0000),
        ]
    }

    /// The limit of every flash operation in microseconds, when the block states one.
    pub fn time_limit(&self) -> Option<u32> {
        match self.word(field::TIMEOUT_MS) {
            0 => None,
            ms => Some(ms.saturating_mul(1000)),
        }
    }

    /// Number of the busy bit in the status register, and whether a set bit means busy.
    pub fn busy_bit(&self) -> (u32, bool) {
        let half = |at: usize| u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]);
        (
            u32::from(half(field::BUSY_BIT)),
            half(field::BUSY_POLARITY) == 0,
        )
    }

    /// The set-up of the controller for this block.
    ///
    /// Clock and sample source stay within what the RT1021 can do: 60 MHz with the internal sample clock, 133 MHz with
    /// the loop-back through the DQS pad, 50 MHz for command 03h. A block that asks for more is served at the limit: the
    /// loader reads slower than the boot ROM, never wrongly. Sample source 2 is not documented for this part and becomes 1.
    ///
    /// # Errors
    /// [`Error::Argument`] for what this loader does not drive: double data rate, eight pads, no flash on port A.
    pub fn setup(&self) -> Result<Setup, Error> {
        let read = self.sequence(SequenceIndex::Read);
        let pads = self.bytes[field::PADS];
        if self.size() < 1024 || pads > 4 || read.is_ddr() || !read.contains(opcode::READ) {
            return Err(Error::Argument);
        }
        let sample_source = match self.bytes[field::SAMPLE_SOURCE] {
            source @ (0 | 1 | 3) => source,
            2 => 1,
            _ => return Err(Error::Argument),
        };
        Ok(Setup {
            read,
            read_clock: self.read_clock(sample_source, read.command_byte() == Some(0x03)),
            sample_source,
            cs_hold: self.bytes[field::CS_HOLD],
            cs_setup: self.bytes[field::CS_SETUP],
            size_kib: self.size() / 1024,
        })
    }

    fn read_clock(&self, sample_source: u8, is_plain_read: bool) -> Clock {
        let index = match self.bytes[field::CLOCK] {
            8 | 9 => 7, // above the 133 MHz of the part
            index => index,
        };
        let slow_source = sample_source == 0;
        match Clock::from_index(index) {
            clock if is_plain_read && clock.khz() > 50_000 => Clock::from_index(2),
            clock if slow_source && clock.khz() > clock::MAX_INTERNAL_KHZ => Clock::from_index(3),
            clock => clock,
        }
    }

    /// Command `number` of those that the block wants sent before reads: 0 is the device mode, 1 to 3 are configuration
    /// commands. `None` for one that is switched off.
    pub(crate) fn setup_command(&self, number: usize) -> Option<SetupCommand> {
        let (enable, sequence, argument) = match number {
            0 => (
                field::DEVICE_MODE_ENABLE,
                field::DEVICE_MODE_SEQUENCE,
                field::DEVICE_MODE_ARGUMENT,
            ),
            n => (
                field::CONFIG_ENABLE,
                field::CONFIG_SEQUENCES + 4 * (n - 1),
                field::CONFIG_ARGUMENTS + 4 * (n - 1),
            ),
        };
        let index = self.bytes[sequence + 1];
        // a configuration command with sequence 0 is unused
        if self.bytes[enable] == 0 || (number > 0 && index == 0) {
            return None;
        }
        let sequence = self.lut(index);
        Some(SetupCommand {
            sequence,
            data: self.word(argument).to_le_bytes(),
            length: usize::from(sequence.write_count()).min(4),
        })
    }

    fn word(&self, at: usize) -> u32 {
        let mut word = [0; 4];
        word.copy_from_slice(&self.bytes[at..at + 4]);
        u32::from_le_bytes(word)
    }

    fn put(&mut self, at: usize, word: u32) {
        self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
}
