//! Flash configuration blocks inside of files: at the start of a boot image, or somewhere in an ELF, HEX or raw file.

use rtboot_fcb::Fcb;

use crate::{Error, Firmware, Format, MemoryMap};

/// A block and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedFcb {
    /// The block.
    pub fcb: Fcb,
    /// The file's format.
    pub format: Format,
    /// Where it is: an address, or the offset in a raw file.
    pub at: u32,
}

/// What a search for blocks gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FcbSearch {
    /// The block at its usual place, or the only one of the file.
    Found(Box<EmbeddedFcb>),
    /// None.
    Nothing,
    /// Several that differ, and none at the usual place; where they are.
    Several(Vec<u32>),
}

/// Finds the block of a file of any format.
///
/// One where the ROM reads it counts first: at the chip's address, in a raw file at the chip's offset or at byte 0. Else the
/// file is searched for words with the tag and behind it a version that begins with V, as every block has.
///
/// # Errors
/// As [`Firmware::parse`] for ELF, HEX, S-record and UF2 files that are broken.
pub fn find_fcb(bytes: &[u8], name: Option<&str>, map: &MemoryMap) -> Result<FcbSearch, Error> {
    if !crate::firmware::has_addresses(bytes, name) {
        let places = [map.fcb_offset, 0];
        let usual = places.iter().find_map(|at| {
            let block = bytes.get(*at as usize..)?;
            Some((*at, Fcb::parse(block).ok()?))
        });
        return Ok(search(usual, [(0, bytes)].into_iter(), Format::Raw));
    }
    let firmware = Firmware::parse(bytes, name, None, map)?;
    let at = map.fcb_address();
    let usual = firmware.memory.bytes(at, Fcb::LEN).map(Fcb::parse);
    let usual = usual.and_then(Result::ok).map(|fcb| (at, fcb));
    let format = firmware.format;
    Ok(search(usual, firmware.memory.segments(), format))
}

fn search<'a>(
    usual: Option<(u32, Fcb)>,
    segments: impl Iterator<Item = (u32, &'a [u8])>,
    format: Format,
) -> FcbSearch {
    let found = |at, fcb| FcbSearch::Found(Box::new(EmbeddedFcb { fcb, format, at }));
    if let Some((at, fcb)) = usual {
        return found(at, fcb);
    }
    let mut blocks = segments.flat_map(|(start, bytes)| in_segment(start, bytes));
    let Some((first, fcb)) = blocks.next() else {
        return FcbSearch::Nothing;
    };
    let others: Vec<u32> = blocks
        .filter(|(_, other)| *other != fcb)
        .map(|(at, _)| at)
        .take(3)
        .collect();
    match others.is_empty() {
        true => found(first, fcb),
        false => FcbSearch::Several([&[first][..], &others].concat()),
    }
}

/// The blocks at word addresses of a segment.
fn in_segment(start: u32, bytes: &[u8]) -> impl Iterator<Item = (u32, Fcb)> {
    let first = start.wrapping_neg() as usize % 4;
    (first..bytes.len()).step_by(4).filter_map(move |at| {
        let block = bytes.get(at..)?;
        if !block.starts_with(b"FCFB") || block.get(7) != Some(&b'V') {
            return None;
        }
        let fcb = Fcb::parse(block).ok()?;
        Some((start.wrapping_add(at as u32), fcb))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chip;

    fn block(clock: u8) -> Vec<u8> {
        let mut fcb = Fcb::new();
        fcb.set_clock(clock);
        fcb.to_bytes().to_vec()
    }

    fn searched(bytes: &[u8]) -> FcbSearch {
        let map = Chip::by_name("rt1021").expect("a chip").map;
        find_fcb(bytes, Some("a.bin"), &map).expect("raw files always parse")
    }

    fn place(bytes: &[u8]) -> Option<(u32, u8)> {
        match searched(bytes) {
            FcbSearch::Found(found) => Some((found.at, found.fcb.clock())),
            _ => None,
        }
    }

    #[test]
    fn a_block_is_found_wherever_it_lies() {
        let at = |offset: usize| [vec![0x55; offset], block(3), vec![0xAA; 9]].concat();
        for offset in [0, 0x400, 0x404, 4, 1 << 20] {
            assert_eq!(place(&at(offset)), Some((offset as u32, 3)), "{offset:#x}");
        }
        // not at a word's place, and cut
        assert_eq!(searched(&at(2)), FcbSearch::Nothing);
        assert_eq!(searched(&block(3)[..511]), FcbSearch::Nothing);
        assert_eq!(searched(b""), FcbSearch::Nothing);
        assert_eq!(searched(b"FCFB"), FcbSearch::Nothing);
    }

    #[test]
    fn the_first_place_counts_before_others() {
        let two = [block(3), block(4)].concat();
        assert_eq!(place(&two), Some((0, 3)));
        let apart = [vec![0; 16], block(3), block(3)].concat();
        assert_eq!(place(&apart), Some((16, 3)), "the same twice is one");
        let several = [vec![0; 16], block(3), block(4)].concat();
        assert_eq!(searched(&several), FcbSearch::Several(vec![16, 528]));
    }

    #[test]
    fn a_hex_file_is_searched_by_address() {
        let map = Chip::by_name("rt1021").expect("a chip").map;
        let mut memory = crate::Memory::new();
        memory.insert(0x2000_0104, block(6)).expect("room");
        let hex = crate::emit::intel_hex(&memory);
        let found = find_fcb(hex.as_ref(), Some("a.hex"), &map).expect("a file");
        assert!(
            matches!(&found, FcbSearch::Found(found) if found.at == 0x2000_0104 && found.format == Format::IntelHex),
            "{found:?}"
        );
    }
}
