//! SFDP: reading the tables, and the geometry they tell.

use super::super::config::{Config, field, instruction, pair};
use super::super::driver;
use super::super::status::{SFDP_NOT_FOUND, Stop};
use super::MAX_24_BIT;
use super::lut::{CMD, DUMMY, ONE, RADDR, READ};
use crate::machine::Machine;

/// The tables the firmware looks at.
pub struct Tables {
    /// Basic table, 16 words; missing ones are zero.
    basic: [u32; 16],
    /// Bytes of it that the part has.
    basic_len: usize,
    /// 4-byte address instruction table: support bits and erase opcodes.
    pub four_byte: Option<[u32; 2]>,
}

impl Tables {
    /// The tables of a part that has these bytes of the basic one, and no other.
    pub fn of_basic(bytes: &[u8]) -> Tables {
        let mut tables = Tables {
            basic: [0; 16],
            basic_len: bytes.len(),
            four_byte: None,
        };
        fill(&mut tables.basic, bytes);
        tables
    }

    /// Word `number` of the basic table, counted from 1 as JESD216 does.
    pub fn word(&self, number: usize) -> u32 {
        self.basic[number - 1]
    }

    /// The part has this many words of the basic table.
    pub fn holds(&self, words: usize) -> bool {
        self.basic_len >= 4 * words
    }

    /// JESD216A or later: the words on quad enable and 0-4-4 are there.
    pub fn is_long(&self) -> bool {
        self.basic_len >= 64
    }
}

/// Header, up to ten parameter headers, the two known tables.
pub fn read_sfdp(m: &mut Machine) -> Result<Tables, Stop> {
    let words = [
        pair(instruction(CMD, ONE, 0x5A), instruction(RADDR, ONE, 24)),
        pair(instruction(DUMMY, ONE, 8), instruction(READ, ONE, 0xFF)),
        0,
        0,
    ];
    let header = driver::read_with(m, &words, 0, 8)?;
    if header.get(..4) != Some(b"SFDP") {
        return Err(SFDP_NOT_FOUND.into());
    }
    let count = (usize::from(header[6]) + 1).min(10);
    let headers = driver::read_again(m, 8, 8 * count)?;
    let mut tables = Tables {
        basic: [0; 16],
        basic_len: 0,
        four_byte: None,
    };
    for header in headers.chunks_exact(8) {
        let id = u16::from_le_bytes([header[0], header[7]]);
        let len = 4 * usize::from(header[3]);
        let at = u32::from_le_bytes([header[4], header[5], header[6], 0]);
        match id {
            0xFF00 => {
                let len = len.min(64);
                fill(&mut tables.basic, &driver::read_again(m, at, len)?);
                tables.basic_len = len;
            }
            0xFF84 => {
                let mut words = [0; 2];
                fill(&mut words, &driver::read_again(m, at, len)?);
                tables.four_byte = Some(words);
            }
            _ => {}
        }
    }
    Ok(tables)
}

fn fill(words: &mut [u32], bytes: &[u8]) {
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
}

/// Erase opcodes chosen.
pub struct Erases {
    pub sector: u32,
    pub block: u32,
}

/// Sizes into the block, erase opcodes out.
pub fn geometry(config: &mut Config, tables: &Tables) -> Erases {
    let density = tables.word(2);
    let size = match density >> 31 {
        0 => density.wrapping_add(1) >> 3,
        _ => 1u32
            .checked_shl((density & 0x7FFF_FFFF).wrapping_sub(3))
            .unwrap_or(0),
    };
    config.set_u32(field::FLASH_SIZES, size);
    let page = match tables.word(11) >> 4 & 0xF {
        _ if !tables.is_long() => 256,
        15 => 256,
        power => 1 << power,
    };
    config.set_u32(field::PAGE_SIZE, page);
    let types: Vec<(u32, u32)> = (0..4)
        .map(|i| tables.word(8 + i / 2) >> (16 * (i % 2)) & 0xFFFF)
        .map(|half| (half & 0xFF, half >> 8))
        .collect();
    let (mut sector, mut block) = ((0xFF_FFFF, 0), (0, 0));
    for (i, (power, _)) in types
        .iter()
        .enumerate()
        .filter(|(_, (power, _))| *power != 0)
    {
        let bytes = 1u32.checked_shl(*power).unwrap_or(0);
        if bytes < sector.0 {
            sector = (bytes, i);
        }
        if bytes > block.0 && bytes < 1 << 20 {
            block = (bytes, i);
        }
    }
    config.set_u32(field::SECTOR_SIZE, sector.0);
    config.set_u32(field::BLOCK_SIZE, block.0);
    config.set_u8(field::UNIFORM, u8::from(sector.0 == block.0));
    let opcode = |index: usize| match (size > MAX_24_BIT, tables.four_byte) {
        (false, _) => types[index].1,
        (true, Some(words)) => words[1] >> (8 * index) & 0xFF,
        (true, None) => match types[index].1 {
            0x20 => 0x21,
            0xD8 => 0xDC,
            _ => 0,
        },
    };
    Erases {
        sector: opcode(sector.1),
        block: opcode(block.1),
    }
}
