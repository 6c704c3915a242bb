//! An image vector table and the boot data behind it, as the ROM reads them out of RAM or flash.

use byteorder::{ByteOrder, LittleEndian as LE};

/// Bytes of an IVT.
pub const LEN: usize = 32;
/// Bytes of the boot data that the ROM looks at.
pub const BOOT_DATA_LEN: usize = 12;

/// An image vector table.
///
/// Source: i.MX RT1020 reference manual, "Image Vector Table"; layout 2+ public hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ivt {
    /// Where to start: a vector table (even) or the reset handler (odd).
    pub entry: u32,
    /// Device configuration data, or 0.
    pub dcd: u32,
    /// Where the boot data is.
    pub boot_data: u32,
    /// Where this table says it is.
    pub own: u32,
    /// Signature data, or 0.
    pub csf: u32,
}

impl Ivt {
    /// Reads a table; the reason in words when its header is not that of an IVT.
    pub fn parse(bytes: &[u8; LEN]) -> Result<Ivt, String> {
        let header = LE::read_u32(&bytes[0..4]);
        if header & 0xFF != 0xD1 {
            return Err(format!("tag 0xd1 expected, found {:#04x}", bytes[0]));
        }
        if bytes[1..3] != [0, 0x20] {
            return Err(format!(
                "length 32 expected, found {}",
                u16::from_be_bytes([bytes[1], bytes[2]])
            ));
        }
        if bytes[3] >> 4 != 4 {
            return Err(format!(
                "version 0x40 to 0x4f expected, found {:#04x}",
                bytes[3]
            ));
        }
        let word = |at: usize| LE::read_u32(&bytes[at..at + 4]);
        Ok(Ivt {
            entry: word(4),
            dcd: word(12),
            boot_data: word(16),
            own: word(20),
            csf: word(24),
        })
    }
}

/// Boot data: where the whole image lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootData {
    /// First address of the image.
    pub start: u32,
    /// Its length in bytes.
    pub length: u32,
    /// Not 0: the image is a plugin that returns to the ROM.
    pub plugin: u32,
}

impl BootData {
    /// Reads boot data; there is no tag to check.
    pub fn parse(bytes: &[u8; BOOT_DATA_LEN]) -> BootData {
        let word = |at: usize| LE::read_u32(&bytes[at..at + 4]);
        BootData {
            start: word(0),
            length: word(4),
            plugin: word(8),
        }
    }

    /// First address behind the image; may lie behind the end of the address space.
    pub fn end(&self) -> u64 {
        u64::from(self.start) + u64::from(self.length)
    }

    /// Whether `address` lies in the image.
    pub fn holds(&self, address: u32) -> bool {
        address >= self.start && u64::from(address) < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> [u8; LEN] {
        let mut bytes = [0; LEN];
        LE::write_u32_into(
            &[
                0x4020_00D1,
                0x6000_22DD,
                0,
                0,
                0x6000_1020,
                0x6000_1000,
                0,
                0,
            ],
            &mut bytes,
        );
        bytes
    }

    #[test]
    fn ivt_fields_lie_at_their_offsets() {
        let ivt = Ivt::parse(&table()).expect("a table");
        let want = Ivt {
            entry: 0x6000_22DD,
            dcd: 0,
            boot_data: 0x6000_1020,
            own: 0x6000_1000,
            csf: 0,
        };
        assert_eq!(ivt, want);
    }

    #[test]
    fn wrong_tag_length_or_version_is_no_ivt() {
        for (at, value) in [(0, 0xD2), (1, 1), (2, 0x21), (3, 0x30)] {
            let mut bytes = table();
            bytes[at] = value;
            assert!(Ivt::parse(&bytes).is_err(), "byte {at}");
        }
    }

    #[test]
    fn boot_data_may_reach_behind_the_address_space() {
        let data = BootData {
            start: 0xFFFF_0000,
            length: 0xFFFF_FFFF,
            plugin: 0,
        };
        assert!(data.holds(0xFFFF_FFFF));
        assert!(!data.holds(0x6000_0000));
    }
}
