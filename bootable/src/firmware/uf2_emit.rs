//! UF2 written.

use super::uf2::{BLOCK, FAMILY_RT10XX, MAGIC_END, MAGIC0, MAGIC1, field, flag};
use crate::{Error, Firmware, Memory};

/// Bytes of data in a block: what bootloaders expect, a flash page.
const PAGE: u32 = 256;

/// UF2 with the family id of the RT10xx: a block of 512 bytes for each page of 256 that holds a byte, `fill` in its gaps.
///
/// # Errors
/// [`Error::TooLarge`] when scattered bytes make more than [`Firmware::LIMIT`] bytes of pages.
pub fn emit_uf2(memory: &Memory, fill: u8) -> Result<Vec<u8>, Error> {
    Ok(emit_uf2_blocks(memory, fill)?.flatten().collect())
}

/// The blocks of [`emit_uf2`], made one by one: the file is twice as long as the bytes.
///
/// # Errors
/// As [`emit_uf2`].
pub fn emit_uf2_blocks(
    memory: &Memory,
    fill: u8,
) -> Result<impl Iterator<Item = [u8; BLOCK]>, Error> {
    let mut pages: Vec<u32> = Vec::new();
    for (start, bytes) in memory.segments() {
        let (first, last) = (
            start / PAGE,
            (u64::from(start) + bytes.len() as u64 - 1) / u64::from(PAGE),
        );
        let known = pages.last().copied();
        pages.extend((first..=last as u32).filter(|page| known.is_none_or(|known| *page > known)));
    }
    if pages.len() * PAGE as usize > Firmware::LIMIT {
        return Err(Error::TooLarge {
            size: pages.len() as u64 * u64::from(PAGE),
            limit: Firmware::LIMIT as u64,
        });
    }
    let count = pages.len() as u32;
    let blocks = pages.into_iter().zip(0..);
    Ok(blocks.map(move |(page, number)| {
        let address = page * PAGE;
        let mut block = [0; BLOCK];
        for (place, word) in [
            (field::MAGIC0, MAGIC0),
            (field::MAGIC1, MAGIC1),
            (field::FLAGS, flag::FAMILY),
            (field::ADDRESS, address),
            (field::SIZE, PAGE),
            (field::NUMBER, number),
            (field::COUNT, count),
            (field::FAMILY, FAMILY_RT10XX),
            (field::MAGIC_END, MAGIC_END),
        ] {
            let bytes = word.to_le_bytes();
            for (place, byte) in block.iter_mut().skip(place.start).zip(bytes) {
                *place = byte;
            }
        }
        let data = memory.filled(address, PAGE as usize, fill);
        for (place, byte) in block[field::DATA].iter_mut().zip(data) {
            *place = byte;
        }
        block
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rt1021;
    use crate::{Firmware, Format};

    #[test]
    fn what_is_written_is_read_again() {
        let mut memory = Memory::new();
        memory.insert(0x6000_10F0, (0..40).collect()).expect("room");
        memory.insert(0x6000_1190, vec![7]).expect("room");
        memory.insert(0x6001_0000, vec![1; 256]).expect("room");
        let file = emit_uf2(&memory, 0xFF).expect("small");
        assert_eq!(file.len(), 3 * BLOCK);
        let read = Firmware::parse(&file, Some("a.uf2"), None, &rt1021().map).expect("whole");
        assert_eq!(read.format, Format::Uf2);
        assert_eq!(read.memory.read(0x6000_10F0, 40), Some((0..40).collect()));
        assert_eq!(read.memory.byte(0x6000_1190), Some(7));
        assert_eq!(read.memory.byte(0x6000_1191), Some(0xFF));
        assert_eq!(read.memory.len_bytes(), 3 * 256);
    }

    #[test]
    fn an_empty_memory_is_an_empty_file() {
        assert_eq!(emit_uf2(&Memory::new(), 0), Ok(Vec::new()));
    }
}
