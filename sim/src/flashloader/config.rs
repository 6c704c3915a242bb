//! The FlexSPI NOR configuration block as the firmware keeps it: 512 bytes, little-endian.

use super::firmware::{Firmware, RT1021};
use crate::flexspi::SEQUENCE_WORDS;

/// Places of the fields the firmware uses.
///
/// Source: NXP fsl_romapi.h, flexspi_nor_config_t.
pub mod field {
    pub const TAG: usize = 0x00;
    pub const VERSION: usize = 0x04;
    pub const SAMPLE_CLOCK: usize = 0x0C;
    pub const CS_HOLD: usize = 0x0D;
    pub const CS_SETUP: usize = 0x0E;
    pub const COLUMN_WIDTH: usize = 0x0F;
    pub const DEVICE_MODE_ENABLE: usize = 0x10;
    pub const DEVICE_MODE_TYPE: usize = 0x11;
    pub const WAIT_TIME: usize = 0x12;
    pub const DEVICE_MODE_SEQ: usize = 0x14;
    pub const DEVICE_MODE_ARG: usize = 0x18;
    pub const CONFIG_CMD_ENABLE: usize = 0x1C;
    pub const CONFIG_CMD_TYPES: usize = 0x1D;
    pub const CONFIG_CMD_SEQS: usize = 0x20;
    pub const CONFIG_CMD_ARGS: usize = 0x30;
    pub const MISC_OPTION: usize = 0x40;
    pub const DEVICE_TYPE: usize = 0x44;
    pub const PAD_TYPE: usize = 0x45;
    pub const SERIAL_CLOCK: usize = 0x46;
    pub const CUSTOM_LUT: usize = 0x47;
    pub const FLASH_SIZES: usize = 0x50;
    pub const TIMEOUT_MS: usize = 0x70;
    pub const BUSY_OFFSET: usize = 0x7C;
    pub const BUSY_POLARITY: usize = 0x7E;
    pub const LUT: usize = 0x80;
    pub const PAGE_SIZE: usize = 0x1C0;
    pub const SECTOR_SIZE: usize = 0x1C4;
    pub const IP_CLOCK: usize = 0x1C8;
    pub const UNIFORM: usize = 0x1C9;
    pub const EXIT_NO_CMD: usize = 0x1CD;
    pub const HALF_CLOCK: usize = 0x1CE;
    pub const RESTORE_NO_CMD: usize = 0x1CF;
    pub const BLOCK_SIZE: usize = 0x1D0;
}

/// Sequences by their use.
pub mod seq {
    pub const READ: usize = 0;
    pub const READ_STATUS: usize = 1;
    pub const WRITE_ENABLE: usize = 3;
    pub const ERASE_SECTOR: usize = 5;
    pub const ERASE_BLOCK: usize = 8;
    pub const PAGE_PROGRAM: usize = 9;
    pub const ERASE_CHIP: usize = 11;
    pub const RESTORE_NO_CMD: usize = 14;
    pub const EXIT_NO_CMD: usize = 15;
}

/// Bits of the controller option word.
pub mod misc {
    /// Clock and its inverse.
    pub const DIFFERENTIAL: u32 = 1 << 0;
    /// Two parts side by side.
    pub const PARALLEL: u32 = 1 << 2;
    /// Addresses count words of two bytes.
    pub const WORD_ADDRESS: u32 = 1 << 3;
    /// 30 MHz while configuring.
    pub const SAFE_CLOCK: u32 = 1 << 4;
    /// Both clock edges.
    pub const DDR: u32 = 1 << 6;
    /// Second pin group.
    pub const SECOND_PINS: u32 = 1 << 8;
}

/// Bytes of a block.
pub const LEN: usize = 512;
/// "FCFB".
pub const TAG: u32 = 0x4246_4346;

/// A block, and the firmware that works by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    bytes: [u8; LEN],
    /// Whose clocks and habits count.
    pub firmware: &'static Firmware,
}

impl Config {
    /// All zeros, as before the first configuration; clocks of the RT1021.
    pub fn blank() -> Config {
        Config::blank_of(&RT1021)
    }

    /// The same for another firmware.
    pub fn blank_of(firmware: &'static Firmware) -> Config {
        Config {
            bytes: [0; LEN],
            firmware,
        }
    }

    /// The block those bytes are; `None` unless they are 512.
    pub fn from_bytes(bytes: &[u8]) -> Option<Config> {
        Config::blank().with_bytes(bytes)
    }

    /// The block those bytes are, for the same firmware.
    pub fn with_bytes(&self, bytes: &[u8]) -> Option<Config> {
        Some(Config {
            bytes: bytes.try_into().ok()?,
            firmware: self.firmware,
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; LEN] {
        &self.bytes
    }

    pub fn u8(&self, at: usize) -> u8 {
        self.bytes[at]
    }

    pub fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]])
    }

    pub fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) | u32::from(self.u16(at + 2)) << 16
    }

    pub fn set_u8(&mut self, at: usize, value: u8) {
        self.bytes[at] = value;
    }

    pub fn set_u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Sets bits of a word.
    pub fn or_u32(&mut self, at: usize, bits: u32) {
        self.set_u32(at, self.u32(at) | bits);
    }

    /// Table words of `count` sequences from `first` on.
    pub fn sequences(&self, first: usize, count: usize) -> Vec<u32> {
        let words = self.bytes[field::LUT..field::LUT + 256].chunks_exact(4);
        words
            .skip(first * SEQUENCE_WORDS)
            .take(count * SEQUENCE_WORDS)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect()
    }

    /// Writes one table word; `word` counts inside the sequence.
    pub fn set_lut(&mut self, sequence: usize, word: usize, value: u32) {
        self.set_u32(field::LUT + 16 * sequence + 4 * word, value);
    }

    /// It asks for the second pin group.
    pub fn asks_second_pins(&self) -> bool {
        self.u32(field::MISC_OPTION) & misc::SECOND_PINS != 0
    }

    /// All four chip selects together.
    pub fn total_size(&self) -> u32 {
        (0..4)
            .map(|i| self.u32(field::FLASH_SIZES + 4 * i))
            .fold(0, u32::wrapping_add)
    }
}

/// One instruction of the look-up table.
pub const fn instruction(opcode: u32, pads: u32, operand: u32) -> u32 {
    opcode << 10 | pads << 8 | (operand & 0xFF)
}

/// Two instructions in a word.
pub const fn pair(first: u32, second: u32) -> u32 {
    first | second << 16
}
