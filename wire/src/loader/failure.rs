use crate::mboot::Status;

/// Where and why a stream or an erase failed.
///
/// | offset | word |
/// |--|--|
/// | 0 | status, 0 when nothing has failed |
/// | 4 | number of the record, from 0 on |
/// | 8 | address |
/// | 12 | the byte that should be there, in bits 7:0 |
/// | 16 | the byte that is there, in bits 7:0 |
/// | 20 | status register 1 of the flash after it |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub status: Status,
    /// Number of the record, from 0 on.
    pub record: u32,
    /// Where, as the chip sees it.
    pub address: u32,
    /// What should be there.
    pub expected: u8,
    /// What is there.
    pub found: u8,
    /// Status register 1 afterwards.
    pub flash_status: u8,
}

impl Failure {
    /// Bytes of it.
    pub const LEN: usize = 24;

    /// The bytes.
    pub fn to_bytes(self) -> [u8; Failure::LEN] {
        let words = [
            self.status.0,
            self.record,
            self.address,
            self.expected.into(),
            self.found.into(),
            self.flash_status.into(),
        ];
        let mut bytes = [0; Failure::LEN];
        for (place, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// Reads them; `None` when they are too few.
    pub fn parse(bytes: &[u8]) -> Option<Failure> {
        let bytes = bytes.first_chunk::<{ Failure::LEN }>()?;
        let (words, _) = bytes.as_chunks::<4>();
        let &[status, record, address, expected, found, flash_status] = words else {
            return None;
        };
        Some(Failure {
            status: Status(u32::from_le_bytes(status)),
            record: u32::from_le_bytes(record),
            address: u32::from_le_bytes(address),
            expected: expected[0],
            found: found[0],
            flash_status: flash_status[0],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_comes_back_as_it_was() {
        let failure = Failure {
            status: Status::LOADER_NOT_PROGRAMMED,
            record: 7,
            address: 0x6000_2345,
            expected: 0x46,
            found: 0xFF,
            flash_status: 0x40,
        };
        let bytes = failure.to_bytes();
        assert_eq!(&bytes[8..13], &[0x45, 0x23, 0x00, 0x60, 0x46]);
        assert_eq!(Failure::parse(&bytes), Some(failure));
        assert_eq!(Failure::parse(&bytes[..23]), None);
    }
}
