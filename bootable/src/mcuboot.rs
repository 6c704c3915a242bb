//! The header that MCUboot looks for at the start of an image slot.

use byteorder::{ByteOrder, LE};

use crate::Memory;

/// The header of an MCUboot image: 32 bytes, little-endian, at the start of its slot.
///
/// | offset | bytes | field                          |
/// |--------|-------|--------------------------------|
/// | 0      | 4     | magic 0x96f3b83d               |
/// | 4      | 4     | load address                   |
/// | 8      | 2     | length of the header           |
/// | 10     | 2     | length of the protected TLVs   |
/// | 12     | 4     | length of the image            |
/// | 16     | 4     | flags                          |
/// | 20     | 8     | version                        |
///
/// The vector table follows the header. Behind the image come its TLVs; the trailer at the end of the slot is MCUboot's own and
/// mostly not in the file.
///
/// Source: MCUboot's design document, "Image format".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct McubootHeader {
    /// Where the slot begins.
    pub slot: u32,
    /// Bytes from there to the vector table.
    pub header_len: u16,
    /// Bytes of the image behind the header.
    pub image_len: u32,
}

impl McubootHeader {
    /// The first word.
    pub const MAGIC: u32 = 0x96F3_B83D;
    /// Bytes of the fields.
    pub const LEN: usize = 32;

    /// Reads the header at `slot`.
    pub fn at(memory: &Memory, slot: u32) -> Option<McubootHeader> {
        let bytes = memory.bytes(slot, McubootHeader::LEN)?;
        let word = |at: usize| bytes.get(at..at + 4).map(LE::read_u32);
        (word(0)? == McubootHeader::MAGIC).then_some(())?;
        Some(McubootHeader {
            slot,
            header_len: LE::read_u16(bytes.get(8..10)?),
            image_len: word(12)?,
        })
    }

    /// Where the vector table lies.
    pub fn table(&self) -> u32 {
        self.slot.wrapping_add(u32::from(self.header_len))
    }

    /// The one at the lowest address. A header further up is that of a slot behind a boot loader in the same file.
    pub fn find(memory: &Memory) -> Option<McubootHeader> {
        McubootHeader::at(memory, memory.first()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(magic: u32) -> Memory {
        let mut bytes = vec![0; 0x600];
        LE::write_u32(&mut bytes[0..], magic);
        LE::write_u16(&mut bytes[8..], 0x400);
        LE::write_u32(&mut bytes[12..], 0x200);
        let mut memory = Memory::new();
        memory.insert(0x6004_0000, bytes).expect("no overlap");
        memory
    }

    #[test]
    fn header_is_found_at_the_lowest_address() {
        let found = McubootHeader::find(&slot(McubootHeader::MAGIC)).expect("a header");
        assert_eq!(
            (found.slot, found.header_len, found.image_len),
            (0x6004_0000, 0x400, 0x200)
        );
        assert_eq!(McubootHeader::find(&slot(0x96F3_B83C)), None);
        assert_eq!(found.table(), 0x6004_0400);
        let mut merged = slot(McubootHeader::MAGIC);
        merged.insert(0x6000_2000, vec![0; 8]).expect("no overlap");
        assert_eq!(McubootHeader::find(&merged), None);
        assert_eq!(
            McubootHeader::at(&slot(McubootHeader::MAGIC), 0x6004_05F0),
            None
        );
    }
}
