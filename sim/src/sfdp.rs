//! Serial Flash Discoverable Parameters: the tables the parts answer to 5Ah.
//!
//! Source: JESD216B. The ISSI layout and times are those published for its family (IS25WP256D), density and
//! opcodes from the IS25LP064A data sheet; the Winbond table is the published one of the W25Q64JV; the Macronix
//! table is rebuilt from the published decode of the MX25L12845G; the GigaDevice one from that of the GD25Q32C.

/// Erase times and page-program times in the coding of table words 10 and 11.
struct Timing {
    /// Erase typical times in ms, types 1 to 3; maximum = `erase_factor` times that.
    erase_ms: [u32; 3],
    erase_factor: u32,
    program_us: u32,
    program_factor: u32,
    chip_s: u32,
}

impl Timing {
    /// Words 10 and 11.
    fn words(&self) -> [u32; 2] {
        let erase = |ms: u32| match ms {
            1..=32 => ms - 1,
            _ => (ms / 16 - 1) | 1 << 5,
        };
        let [a, b, c] = self.erase_ms.map(erase);
        let word10 = (self.erase_factor / 2 - 1) | a << 4 | b << 11 | c << 18;
        let program = match self.program_us {
            8..=256 => self.program_us / 8 - 1,
            us => (us / 64 - 1) | 1 << 5,
        };
        let chip = (self.chip_s / 4 - 1) | 2 << 5;
        [
            word10,
            (self.program_factor / 2 - 1) | 8 << 4 | program << 8 | chip << 24,
        ]
    }
}

/// What differs between the basic tables here; all have 3-byte addresses and 1-4-4 reads by EBh with 2 + 4 clocks.
struct Basic {
    size: u32,
    /// Word 4 high half: 1-2-2 read.
    dual_io: u32,
    /// Words 5 to 7: 2-2-2 and 4-4-4 reads.
    multi: [u32; 3],
    /// Word 9: third and fourth erase type.
    erase34: u32,
}

impl Basic {
    /// Words 1 to 9, which every revision has.
    fn words(&self) -> Vec<u32> {
        vec![
            0xFFF9_20E5,
            self.size * 8 - 1,
            0x6B08_EB44,
            self.dual_io << 16 | 0x3B08,
            self.multi[0],
            self.multi[1],
            self.multi[2],
            0x520F_200C,
            self.erase34,
        ]
    }
}

/// A whole table: header, one or two parameter headers, basic table at `at`, the rest of 256 bytes ones.
fn image(minor: u8, at: usize, words: &[u32], vendor: Option<u8>) -> Vec<u8> {
    let mut bytes = vec![0xFF; 0x100];
    bytes[..8].copy_from_slice(&[
        b'S',
        b'F',
        b'D',
        b'P',
        minor,
        1,
        u8::from(vendor.is_some()),
        0xFF,
    ]);
    let count = u8::try_from(words.len()).unwrap_or(u8::MAX);
    bytes[8..16].copy_from_slice(&[0, minor, 1, count, at as u8, 0, 0, 0xFF]);
    if let Some(id) = vendor {
        bytes[16..24].copy_from_slice(&[id, 5, 1, 0, 0, 1, 0, 2]);
    }
    for (place, word) in bytes[at..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

const ISSI: Basic = Basic {
    size: 8 << 20,
    dual_io: 0xBB80,
    multi: [0xFFFF_FFFE, 0xFF00_FFFF, 0xEB44_FFFF],
    erase34: 0xFF00_D810,
};

/// IS25LP064A: revision 1.6, 16 words, quad enable = status register 1 bit 6.
pub fn is25lp064a() -> Vec<u8> {
    let mut words = ISSI.words();
    words.extend([
        0x00C9_4A23,
        0xCE11_D882,
        0x4668_CDCC,
        0x757A_757A,
        0x5CD5_AEF7,
        0xFF2C_424A,
        0x8000_30F0,
    ]);
    image(6, 0x30, &words, Some(0x9D))
}

/// The same part with a revision 1.0 table: nine words, nothing about quad enable.
pub fn is25lp064a_1_0() -> Vec<u8> {
    image(0, 0x80, &ISSI.words(), None)
}

/// W25Q64JV: revision 1.5, 16 words, quad enable = status register 2 bit 1.
pub fn w25q64jv() -> Vec<u8> {
    let basic = Basic {
        size: 8 << 20,
        dual_io: 0xBB42,
        multi: [0xFFFF_FFFE, 0x0000_FFFF, 0xEB40_FFFF],
        erase34: 0x0000_D810,
    };
    let mut words = basic.words();
    words.extend([
        0x00A6_0236,
        0xC214_EA82,
        0x3376_63E9,
        0x757A_757A,
        0x5CD5_A2F7,
        0xFF4D_F719,
        0x80F8_30E9,
    ]);
    image(5, 0x80, &words, None)
}

/// MX25L12845G: revision 1.6, 16 words, quad enable = status register 1 bit 6; 4 KiB erase 25 ms, at most 150 ms.
pub fn mx25l12845g() -> Vec<u8> {
    let basic = Basic {
        size: 16 << 20,
        erase34: 0x00FF_D810,
        ..ISSI
    };
    let times = Timing {
        erase_ms: [25, 144, 256],
        erase_factor: 6,
        program_us: 384,
        program_factor: 4,
        chip_s: 28,
    };
    let mut words = basic.words();
    words.extend(times.words());
    words.extend([
        0x1267_CDCC,
        0x3030_B030,
        0x4A30_B030,
        0x0025_0A85 | 2 << 20,
        0x0000_0000,
    ]);
    image(6, 0x30, &words, Some(0xC2))
}

/// GD25Q64C: revision 1.0, nine words.
pub fn gd25q64c() -> Vec<u8> {
    image(
        0,
        0x30,
        &Basic {
            size: 8 << 20,
            dual_io: 0xBB42,
            ..ISSI
        }
        .words(),
        Some(0xC8),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(table: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(table[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn every_table_carries_its_signature_and_density() {
        for (table, at, mib) in [
            (is25lp064a(), 0x30, 8),
            (w25q64jv(), 0x80, 8),
            (mx25l12845g(), 0x30, 16),
            (gd25q64c(), 0x30, 8),
        ] {
            assert_eq!(&table[..4], b"SFDP");
            assert_eq!(usize::from(table[12]), at);
            assert_eq!(word(&table, at + 4), mib * 0x80_0000 - 1);
        }
    }

    #[test]
    fn rebuilt_times_match_the_published_issi_table() {
        let issi = Timing {
            erase_ms: [48, 160, 304],
            erase_factor: 8,
            program_us: 200,
            program_factor: 6,
            chip_s: 60,
        };
        let [erase, program] = issi.words();
        assert_eq!(
            erase & 0x1FF_FFFF,
            word(&is25lp064a(), 0x30 + 36) & 0x1FF_FFFF
        );
        assert_eq!(program & 0x3FFF, word(&is25lp064a(), 0x30 + 40) & 0x3FFF);
    }

    #[test]
    fn macronix_quad_enable_field_is_two() {
        assert_eq!(word(&mx25l12845g(), 0x30 + 56) >> 20 & 7, 2);
    }
}
