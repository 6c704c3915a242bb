//! The image vector table: where the ROM learns where everything else is.

use std::ops::Range;

use byteorder::{ByteOrder, LE};

use crate::Error;

mod field {
    use super::Range;

    pub const TAG: usize = 0;
    pub const LENGTH: Range<usize> = 1..3; // big-endian, alone in this structure
    pub const VERSION: usize = 3;
    pub const ENTRY: Range<usize> = 4..8;
    pub const RESERVED1: Range<usize> = 8..12;
    pub const DCD: Range<usize> = 12..16;
    pub const BOOT_DATA: Range<usize> = 16..20;
    pub const SELF: Range<usize> = 20..24;
    pub const CSF: Range<usize> = 24..28;
    pub const RESERVED2: Range<usize> = 28..32;
}
const _: () = assert!(field::RESERVED2.end == Ivt::LEN);

/// Image vector table: 32 bytes, little-endian, absolute addresses.
///
/// | offset | bytes | field                                            |
/// |--------|-------|--------------------------------------------------|
/// | 0      | 1     | tag, 0xD1                                        |
/// | 1      | 2     | length, big-endian, 32                           |
/// | 3      | 1     | version, 0x40..=0x4F                             |
/// | 4      | 4     | entry: reset handler (odd) or vector table (even)|
/// | 8      | 4     | reserved                                         |
/// | 12     | 4     | DCD, or 0                                        |
/// | 16     | 4     | boot data                                        |
/// | 20     | 4     | self: where this table lies                      |
/// | 24     | 4     | CSF, or 0                                        |
/// | 28     | 4     | reserved                                         |
///
/// Versions seen in public images: 0x40 (elftosb, SPSDK), 0x41 (SDK), 0x43 (Teensy).
/// Source: SPSDK `spsdk/image/hab`, NXP SDK `fsl_flexspi_nor_boot.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ivt {
    /// Header version.
    pub version: u8,
    /// Where the ROM jumps: the reset handler with its thumb bit, or the vector table.
    pub entry: u32,
    /// First reserved word.
    pub reserved1: u32,
    /// Address of the DCD; 0 for none. May be set and point to nothing in SDK images.
    pub dcd: u32,
    /// Address of the boot data.
    #[doc(alias = "bdt")]
    pub boot_data: u32,
    /// Address of this table itself.
    #[doc(alias = "self")]
    pub self_address: u32,
    /// Address of the CSF; 0 for an unsigned image.
    pub csf: u32,
    /// Second reserved word.
    pub reserved2: u32,
}

impl Ivt {
    /// Length in bytes.
    pub const LEN: usize = 32;
    /// First byte of the table.
    pub const TAG: u8 = 0xD1;
    /// Version that new tables carry.
    pub const VERSION: u8 = 0x40;

    /// True when the bytes begin like an image vector table: D1 00 20 4x.
    pub fn is_here(bytes: &[u8]) -> bool {
        matches!(bytes, [Ivt::TAG, 0x00, 0x20, version, ..] if version & 0xF0 == 0x40)
    }

    /// Reads the first 32 bytes.
    ///
    /// # Errors
    /// [`Error::Structure`] when there are fewer, or the header is another.
    pub fn parse(bytes: &[u8]) -> Result<Ivt, Error> {
        let Some(table) = bytes.get(..Ivt::LEN) else {
            return Err(Error::structure(
                "IVT",
                format!("{} bytes are too few for its 32", bytes.len()),
            ));
        };
        if !Ivt::is_here(table) {
            let begins = crate::bytes_text(table, 4);
            return Err(Error::structure(
                "IVT",
                format!("it begins with {begins}, not with d1 00 20 4x"),
            ));
        }
        let word = |range: Range<usize>| table.get(range).map_or(0, LE::read_u32);
        Ok(Ivt {
            version: table.get(field::VERSION).copied().unwrap_or_default(),
            entry: word(field::ENTRY),
            reserved1: word(field::RESERVED1),
            dcd: word(field::DCD),
            boot_data: word(field::BOOT_DATA),
            self_address: word(field::SELF),
            csf: word(field::CSF),
            reserved2: word(field::RESERVED2),
        })
    }

    /// The table as it lies in flash.
    pub fn to_bytes(&self) -> [u8; Ivt::LEN] {
        let mut bytes = [0; Ivt::LEN];
        bytes[field::TAG] = Ivt::TAG;
        bytes[field::LENGTH].copy_from_slice(&(Ivt::LEN as u16).to_be_bytes());
        bytes[field::VERSION] = self.version;
        LE::write_u32(&mut bytes[field::ENTRY], self.entry);
        LE::write_u32(&mut bytes[field::RESERVED1], self.reserved1);
        LE::write_u32(&mut bytes[field::DCD], self.dcd);
        LE::write_u32(&mut bytes[field::BOOT_DATA], self.boot_data);
        LE::write_u32(&mut bytes[field::SELF], self.self_address);
        LE::write_u32(&mut bytes[field::CSF], self.csf);
        LE::write_u32(&mut bytes[field::RESERVED2], self.reserved2);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_table_survives() {
        let mut bytes: Vec<u8> = (0..32).collect();
        bytes[..4].copy_from_slice(&[0xD1, 0x00, 0x20, 0x43]);
        let ivt = Ivt::parse(&bytes).unwrap();
        assert_eq!((ivt.entry, ivt.self_address), (0x0706_0504, 0x1716_1514));
        assert_eq!(ivt.to_bytes(), *bytes);
    }

    #[test]
    fn every_cut_is_refused_by_length() {
        let bytes = [0xD1, 0x00, 0x20, 0x40].repeat(8);
        for len in 0..32 {
            let error = Ivt::parse(&bytes[..len]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("IVT: {len} bytes are too few for its 32")
            );
        }
    }

    #[test]
    fn another_header_is_named() {
        for (at, byte) in [(0, 0xD2), (1, 1), (2, 0x21), (3, 0x50), (3, 0x3F)] {
            let mut bytes = [0xD1, 0x00, 0x20, 0x40].repeat(8);
            bytes[at] = byte;
            assert!(
                Ivt::parse(&bytes)
                    .unwrap_err()
                    .to_string()
                    .contains("not with d1 00 20 4x")
            );
        }
    }
}
