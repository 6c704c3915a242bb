//! CRC-32 as in zlib and Ethernet: polynomial 0x04C11DB7, bits reflected, start and end inverted.

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The CRC of each half byte: 64 bytes, where the usual table takes 1 KiB.
static TABLE: [u32; 16] = {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = crc >> 1 ^ if crc & 1 != 0 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

/// Bytes of a sector, and what a blank one makes of the start: most of a flash is blank, and looking is ten times as fast.
const SECTOR: usize = 4096;
const AFTER_BLANK: u32 = !0xF154_670A;

/// The CRC as the bytes come.
pub struct Crc32(u32);

impl Crc32 {
    /// Of no bytes yet.
    pub const fn new() -> Crc32 {
        Crc32(u32::MAX)
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut crc = self.0;
        if crc == u32::MAX
            && bytes.len() == SECTOR
            && bytes
                .as_chunks()
                .0
                .iter()
                .all(|word| u128::from_ne_bytes(*word) == u128::MAX)
        {
            self.0 = AFTER_BLANK;
            return;
        }
        for byte in bytes {
            crc ^= u32::from(*byte);
            crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
            crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
        }
        self.0 = crc;
    }

    /// The CRC.
    pub fn finish(self) -> u32 {
        !self.0
    }
}

impl Default for Crc32 {
    fn default() -> Crc32 {
        Crc32::new()
    }
}
