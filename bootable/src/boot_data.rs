//! Boot data: where the image begins, how long it is, whether it is a plugin.

use std::ops::Range;

use byteorder::{ByteOrder, LE};

use crate::Error;

mod field {
    use super::Range;

    pub const START: Range<usize> = 0..4;
    pub const LENGTH: Range<usize> = 4..8;
    pub const PLUGIN: Range<usize> = 8..12;
}
const _: () = assert!(field::PLUGIN.end == BootData::LEN);

/// Boot data: 12 bytes, little-endian, normally right behind the IVT.
///
/// | offset | bytes | field                                                      |
/// |--------|-------|------------------------------------------------------------|
/// | 0      | 4     | start: absolute address of the image with its header area  |
/// | 4      | 4     | length from start to the end of the image                  |
/// | 8      | 4     | plugin: 0 for an ordinary image, 1 for a plugin            |
///
/// The SDK writes the size of the whole flash as length; other tools the exact length. A flash that runs in place starts
/// with both; a RAM image is copied by this length. Source: SPSDK `spsdk/image/hab`, NXP SDK `fsl_flexspi_nor_boot.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootData {
    /// Where the image begins.
    pub start: u32,
    /// Bytes from `start` to its end.
    pub length: u32,
    /// 0 for an ordinary image, 1 for a plugin.
    pub plugin: u32,
}

impl BootData {
    /// Length in bytes.
    pub const LEN: usize = 12;

    /// Reads the first 12 bytes.
    ///
    /// # Errors
    /// [`Error::Structure`] when there are fewer.
    pub fn parse(bytes: &[u8]) -> Result<BootData, Error> {
        let Some(data) = bytes.get(..BootData::LEN) else {
            return Err(Error::structure(
                "boot data",
                format!("{} bytes are too few for its 12", bytes.len()),
            ));
        };
        let word = |range: Range<usize>| data.get(range).map_or(0, LE::read_u32);
        Ok(BootData {
            start: word(field::START),
            length: word(field::LENGTH),
            plugin: word(field::PLUGIN),
        })
    }

    /// The boot data as it lies in flash.
    pub fn to_bytes(&self) -> [u8; BootData::LEN] {
        let mut bytes = [0; BootData::LEN];
        LE::write_u32(&mut bytes[field::START], self.start);
        LE::write_u32(&mut bytes[field::LENGTH], self.length);
        LE::write_u32(&mut bytes[field::PLUGIN], self.plugin);
        bytes
    }

    /// One past the last address of the image.
    pub fn end(&self) -> u64 {
        u64::from(self.start) + u64::from(self.length)
    }

    /// True when the address lies in the image.
    pub fn contains(&self, address: u32) -> bool {
        address >= self.start && u64::from(address) < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_bytes_there_and_back() {
        let bytes = [0, 0, 0, 0x60, 0x2C, 0x38, 0, 0, 1, 0, 0, 0];
        let data = BootData::parse(&bytes).unwrap();
        assert_eq!(
            data,
            BootData {
                start: 0x6000_0000,
                length: 0x382C,
                plugin: 1
            }
        );
        assert_eq!(data.to_bytes(), bytes);
        assert!(data.contains(0x6000_382B) && !data.contains(0x6000_382C));
    }

    #[test]
    fn every_cut_is_refused() {
        for len in 0..12 {
            assert!(
                BootData::parse(&[0; 12][..len])
                    .unwrap_err()
                    .to_string()
                    .starts_with("boot data: ")
            );
        }
    }

    #[test]
    fn an_end_past_the_address_space_does_not_wrap() {
        let data = BootData {
            start: 0xFFFF_FFFF,
            length: 0xFFFF_FFFF,
            plugin: 0,
        };
        assert_eq!(data.end(), 0x1_FFFF_FFFE);
        assert!(!data.contains(0));
    }
}
