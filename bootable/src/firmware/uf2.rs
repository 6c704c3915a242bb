//! UF2: 512-byte blocks, each with its address.

use std::ops::Range;

use byteorder::{ByteOrder, LE};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Parsed;
use super::pieces::{Pieces, Unit};
use crate::{Error, MemoryMap};

pub(super) mod field {
    use super::Range;

    pub const MAGIC0: Range<usize> = 0..4;
    pub const MAGIC1: Range<usize> = 4..8;
    pub const FLAGS: Range<usize> = 8..12;
    pub const ADDRESS: Range<usize> = 12..16;
    pub const SIZE: Range<usize> = 16..20;
    pub const NUMBER: Range<usize> = 20..24;
    pub const COUNT: Range<usize> = 24..28;
    pub const FAMILY: Range<usize> = 28..32;
    pub const DATA: Range<usize> = 32..508;
    pub const MAGIC_END: Range<usize> = 508..512;
}
pub(super) const BLOCK: usize = field::MAGIC_END.end;
pub(super) const MAGIC0: u32 = 0x0A32_4655;
pub(super) const MAGIC1: u32 = 0x9E5D_5157;
pub(super) const MAGIC_END: u32 = 0x0AB1_6F30;

pub(super) mod flag {
    pub const NOT_MAIN_FLASH: u32 = 0x1;
    pub const FILE_CONTAINER: u32 = 0x1000;
    pub const FAMILY: u32 = 0x2000;
}

/// Family id of the RT10xx. Source: Microsoft's `uf2families.json`.
pub(super) const FAMILY_RT10XX: u32 = 0x4FB2_D5BD;

/// What is wrong with a block of a UF2 file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Uf2Problem {
    /// The last block is not whole.
    #[error("{len} bytes of its 512: the file is cut off")]
    Cut {
        /// Bytes that are there.
        len: usize,
    },
    /// One of the three magic numbers is wrong.
    #[error("the magic number at offset {offset} is {found:#010x}")]
    Magic {
        /// Offset in the block.
        offset: usize,
        /// What stands there.
        found: u32,
    },
    /// More data than a block holds.
    #[error("it says {size} bytes of data, a block holds 476")]
    Size {
        /// What it says.
        size: u32,
    },
    /// Not firmware, but a container of files.
    #[error("it is a part of a file container, not of flash content")]
    Container,
    /// Blocks are missing.
    #[error("the file says it has {count} blocks, {found} different ones are there")]
    Missing {
        /// Blocks that the file says it has.
        count: u32,
        /// Blocks with different numbers that are there.
        found: usize,
    },
    /// A block number past the count.
    #[error("its number is {number} of {count}")]
    Number {
        /// Its number, from 0.
        number: u32,
        /// Blocks that the file says it has.
        count: u32,
    },
}

/// True when the bytes begin like a UF2 file.
pub(super) fn is_here(bytes: &[u8]) -> bool {
    let word = |range: Range<usize>| bytes.get(range).map(LE::read_u32);
    word(field::MAGIC0) == Some(MAGIC0) && word(field::MAGIC1) == Some(MAGIC1)
}

pub(super) fn parse(bytes: &[u8], map: &MemoryMap) -> Result<Parsed, Error> {
    let mut pieces = Pieces::new(Unit::Block, map);
    let mut notes = Vec::new();
    let mut seen = std::collections::BTreeMap::<u32, (u32, std::collections::BTreeSet<u32>)>::new();
    let (mut skipped, mut others) = (0u64, std::collections::BTreeSet::new());
    // one file may carry the same program for several chips: each takes the blocks of its own family
    let for_several = bytes
        .chunks(BLOCK)
        .any(|block| family(block) == FAMILY_RT10XX);
    let mut of_others = 0u64;
    for (block, content) in bytes.chunks(BLOCK).enumerate() {
        let at = |problem| Error::Uf2 { block, problem };
        let word = |range: Range<usize>| content.get(range).map_or(0, LE::read_u32);
        magic(content).map_err(at)?;
        let flags = word(field::FLAGS);
        if flags & flag::FILE_CONTAINER != 0 {
            return Err(at(Uf2Problem::Container));
        }
        let family = family(content);
        if for_several && family != 0 && family != FAMILY_RT10XX {
            of_others += 1;
            continue;
        }
        let (number, count) = (word(field::NUMBER), word(field::COUNT));
        if number >= count {
            return Err(at(Uf2Problem::Number { number, count }));
        }
        let group = seen.entry(family).or_default();
        group.0 = group.0.max(count);
        group.1.insert(number);
        if flags & flag::NOT_MAIN_FLASH != 0 {
            skipped += 1;
            continue;
        }
        if family != 0 && family != FAMILY_RT10XX {
            others.insert(family);
        }
        let size = word(field::SIZE);
        let data = content
            .get(field::DATA)
            .and_then(|data| data.get(..size as usize));
        pieces.add_from_file(
            word(field::ADDRESS),
            data.ok_or_else(|| at(Uf2Problem::Size { size }))?,
            block,
        )?;
    }
    for (count, numbers) in seen.values() {
        if numbers.len() != *count as usize {
            let problem = Uf2Problem::Missing {
                count: *count,
                found: numbers.len(),
            };
            return Err(Error::Uf2 {
                block: bytes.len() / BLOCK,
                problem,
            });
        }
    }
    for family in others {
        notes.push(
            Finding::new(&found::UF2_FAMILY)
                .address("family", family)
                .address("expected", FAMILY_RT10XX),
        );
    }
    if of_others > 0 {
        notes.push(Finding::new(&found::UF2_OTHER_FAMILIES).number("count", of_others));
    }
    if skipped > 0 {
        notes.push(Finding::new(&found::UF2_BLOCKS_LEFT_OUT).number("count", skipped));
    }
    Ok(Parsed {
        memory: pieces.into_memory(&mut notes)?,
        entry: None,
        notes,
    })
}

/// The chip family that a block is for; 0 when it does not say.
fn family(block: &[u8]) -> u32 {
    let word = |range: Range<usize>| block.get(range).map_or(0, LE::read_u32);
    match word(field::FLAGS) & flag::FAMILY {
        0 => 0,
        _ => word(field::FAMILY),
    }
}

fn magic(content: &[u8]) -> Result<(), Uf2Problem> {
    if content.len() != BLOCK {
        return Err(Uf2Problem::Cut { len: content.len() });
    }
    for (range, expected) in [
        (field::MAGIC0, MAGIC0),
        (field::MAGIC1, MAGIC1),
        (field::MAGIC_END, MAGIC_END),
    ] {
        let (offset, found) = (range.start, content.get(range).map_or(0, LE::read_u32));
        if found != expected {
            return Err(Uf2Problem::Magic { offset, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
