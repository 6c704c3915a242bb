//! Serial Flash Discoverable Parameters: the tables the parts answer to 5Ah.
//!
//! Source: JESD216B. The ISSI layout and times are those published for its family (IS25WP256D), density and
//! opcodes from the IS25LP064A data sheet; the Winbond table is the published one of the W25Q64JV; the Macronix
//! table is rebuilt from the published decode of the MX25L12845G; the GigaDevice ones from those of the GD25Q32C and
//! GD25Q32E; Micron's, the larger Winbond and Macronix ones from the published decodes of their parts. Those of Eon, Renesas,
//! Infineon and the MX25L6433F are guesses: the layout of their families, with what the data sheets tell.

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
            33..=512 => (ms / 16 - 1) | 1 << 5,
            _ => (ms / 128 - 1) | 2 << 5,
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

/// What differs between the basic tables here; up to 16 MiB all have 3-byte addresses, above both lengths.
struct Basic {
    size: u32,
    /// Word 3: 1-1-4 and 1-4-4 reads.
    quad: u32,
    /// Word 4 low half: 1-1-2 read.
    dual_output: u32,
    /// Word 4 high half: 1-2-2 read.
    dual_io: u32,
    /// Words 5 to 7: 2-2-2 and 4-4-4 reads.
    multi: [u32; 3],
    /// Word 8: first and second erase type.
    erase12: u32,
    /// Word 9: third and fourth erase type.
    erase34: u32,
}

/// 6Bh with 8 dummy clocks; EBh with 2 + 4.
const QUAD_6: u32 = 0x6B08_EB44;
/// 20h erases 4 KiB, 52h 32 KiB.
const ERASE_4K_32K: u32 = 0x520F_200C;

impl Basic {
    /// Words 1 to 9, which every revision has.
    fn words(&self) -> Vec<u32> {
        let both_lengths = u32::from(self.size > 1 << 24) << 17;
        vec![
            0xFFF9_20E5 | both_lengths,
            self.size * 8 - 1,
            self.quad,
            self.dual_io << 16 | self.dual_output,
            self.multi[0],
            self.multi[1],
            self.multi[2],
            self.erase12,
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

/// Adds a table of 4-byte instructions: EBh, 02h and the rest with 32 address bits, and the erase opcodes.
fn with_four_byte(mut bytes: Vec<u8>, support: u32, erases: [u8; 4]) -> Vec<u8> {
    const AT: u8 = 0xC0;
    bytes[6] += 1;
    let place = 8 + 8 * usize::from(bytes[6]);
    bytes[place..place + 8].copy_from_slice(&[0x84, 0, 1, 2, AT, 0, 0, 0xFF]);
    bytes[usize::from(AT)..usize::from(AT) + 4].copy_from_slice(&support.to_le_bytes());
    bytes[usize::from(AT) + 4..usize::from(AT) + 8].copy_from_slice(&erases);
    bytes
}

const ISSI: Basic = Basic {
    size: 8 << 20,
    quad: QUAD_6,
    dual_output: 0x3B08,
    erase12: ERASE_4K_32K,
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

const WINBOND: Basic = Basic {
    dual_io: 0xBB42,
    multi: [0xFFFF_FFFE, 0x0000_FFFF, 0xEB40_FFFF],
    erase34: 0x0000_D810,
    ..ISSI
};

/// W25Q64JV: revision 1.5, 16 words, quad enable = status register 2 bit 1.
pub fn w25q64jv() -> Vec<u8> {
    let mut words = WINBOND.words();
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

/// W25Q16JV: a guess, the family's with its size; published times.
pub fn w25q16jv() -> Vec<u8> {
    winbond_jv(2 << 20, 5, 0x80F8_30E9)
}

/// W25Q32JV: a guess, the family's with its size.
pub fn w25q32jv() -> Vec<u8> {
    winbond_jv(4 << 20, 10, 0x80F8_30E9)
}

/// Another size of the JV: revision 1.5, 16 words; `chip_s` seconds for the whole array.
fn winbond_jv(size: u32, chip_s: u32, last: u32) -> Vec<u8> {
    let times = Timing {
        erase_ms: [64, 128, 160],
        erase_factor: 14,
        program_us: 704,
        program_factor: 6,
        chip_s,
    };
    let mut words = Basic { size, ..WINBOND }.words();
    words.extend(times.words());
    words.extend([0x3376_63E9, 0x757A_757A, 0x5CD5_A2F7, 0xFF4D_F719, last]);
    image(5, 0x80, &words, None)
}

/// W25Q128JV.
pub fn w25q128jv() -> Vec<u8> {
    winbond_jv(16 << 20, 40, 0x80F8_30E9)
}

/// W25Q256JV: both address lengths, no table of 4-byte instructions.
pub fn w25q256jv() -> Vec<u8> {
    winbond_jv(32 << 20, 80, 0xA5F9_70E9)
}

/// W25Q128FV: revision 1.0, nine words; 4-4-4 reads.
pub fn w25q128fv() -> Vec<u8> {
    let basic = Basic {
        size: 16 << 20,
        multi: [0xFFFF_FFFE, 0x0000_FFFF, 0xEB21_FFFF],
        ..WINBOND
    };
    image(0, 0x80, &basic.words(), Some(0xEF))
}

/// AT25SF128A: a guess, the layout of Winbond's; quad enable = status register 2 bit 1, written by 31h.
pub fn at25sf128a() -> Vec<u8> {
    let mut bytes = w25q128jv();
    let word15 = 0x80 + 4 * 14;
    bytes[word15 + 2] = bytes[word15 + 2] & 0x8F | 6 << 4;
    bytes
}

/// MX25L6433F: a guess, nine words as its neighbour MX25L3233F.
pub fn mx25l6433f() -> Vec<u8> {
    let basic = Basic {
        dual_io: 0xBB04,
        ..ISSI
    };
    image(0, 0x30, &basic.words(), Some(0xC2))
}

/// MX25L25645G: revision 1.6, 16 words, a table of 4-byte instructions.
pub fn mx25l25645g() -> Vec<u8> {
    let basic = Basic {
        size: 32 << 20,
        erase34: 0x00FF_D810,
        ..ISSI
    };
    let times = Timing {
        erase_ms: [30, 192, 384],
        erase_factor: 14,
        program_us: 256,
        program_factor: 6,
        chip_s: 112,
    };
    let mut words = basic.words();
    words.extend(times.words());
    words.extend([
        0x1267_CDCC,
        0x3030_B030,
        0x4A30_B030,
        0x0025_0A85 | 2 << 20,
        0xD15C_0000,
    ]);
    let table = image(6, 0x30, &words, Some(0xC2));
    with_four_byte(table, 0xFFFF_EF7F, [0x21, 0x5C, 0xDC, 0xFF])
}

/// GD25Q64E, GD25B128E: as GD25Q32E, revision 1.6, 16 words, quad enable = status register 2 bit 1, written by 31h.
pub fn gigadevice_e(size: u32) -> Vec<u8> {
    let times = Timing {
        erase_ms: [48, 160, 256],
        erase_factor: 10,
        program_us: 512,
        program_factor: 6,
        chip_s: 3 * (size >> 20),
    };
    let mut words = Basic { size, ..WINBOND }.words();
    words.extend(times.words());
    words.extend([
        0x1462_CCEB,
        0x757A_757A,
        0x4A30_B030,
        0x0004_D519 | 6 << 20,
        0x0000_0000,
    ]);
    image(6, 0x30, &words, Some(0xC8))
}

/// MT25QL128ABA, MT25QL256ABA: revision 1.6, 16 words, no quad enable; EBh with 1 + 9 clocks, 64 KiB before 32 KiB.
pub fn micron(size: u32) -> Vec<u8> {
    let basic = Basic {
        size,
        quad: 0x6B27_EB29,
        dual_output: 0x3B27,
        dual_io: 0xBB27,
        multi: [0xFFFF_FFFF, 0xBB27_FFFF, 0xEB29_FFFF],
        erase12: 0xD810_200C,
        erase34: 0x0000_520F,
    };
    let times = Timing {
        erase_ms: [48, 160, 112],
        erase_factor: 10,
        program_us: 120,
        program_factor: 24,
        chip_s: if size > 1 << 24 { 84 } else { 40 },
    };
    let mut words = basic.words();
    words.extend(times.words());
    words.extend([
        0x2701_ACE1,
        0x757A_757A,
        0x5CD5_BDFB,
        0xFF82_0F4A & !(7 << 20),
        0x363D_BD81,
    ]);
    let table = image(6, 0x30, &words, None);
    match size > 1 << 24 {
        true => with_four_byte(table, 0xFFFF_FFFF, [0x21, 0xDC, 0x5C, 0xFF]),
        false => table,
    }
}

/// S25FL064L: a guess, 16 words with quad enable = status register 2 bit 1; EBh with 2 + 6 clocks.
pub fn s25fl064l() -> Vec<u8> {
    let times = Timing {
        erase_ms: [48, 192, 272],
        erase_factor: 6,
        program_us: 320,
        program_factor: 6,
        chip_s: 32,
    };
    let basic = Basic {
        quad: 0x6B08_EB46,
        dual_io: 0xBB88,
        erase34: 0xFF00_D810,
        ..ISSI
    };
    let mut words = basic.words();
    words.extend(times.words());
    words.extend([
        0x8C31_83EC,
        0x757A_757A,
        0x5CD5_A2F7,
        0xFF04_D719 | 5 << 20,
        0x80F8_30E9,
    ]);
    image(6, 0x80, &words, None)
}

/// S25FL256S with uniform sectors: a guess, 16 words, one erase of 256 KiB by D8h, pages of 512 bytes.
pub fn s25fl256s() -> Vec<u8> {
    let basic = Basic {
        size: 32 << 20,
        dual_io: 0xBB80,
        multi: [0xFFFF_FFEE, 0xFFFF_FFFF, 0xFFFF_FFFF],
        erase12: 0xFF00_FF00,
        erase34: 0xD812_FF00,
        ..ISSI
    };
    let times = Timing {
        erase_ms: [512, 512, 512],
        erase_factor: 10,
        program_us: 384,
        program_factor: 6,
        chip_s: 68,
    };
    let [erase, program] = times.words();
    let mut words = basic.words();
    words[0] = words[0] & !0xFFFF | 0xFFE7;
    words.extend([erase, program & !0xF0 | 9 << 4]);
    words.extend([
        0x8C31_83EC,
        0x757A_757A,
        0x5CD5_A2F7,
        0xFF04_D719 | 5 << 20,
        0xA0F8_7000,
    ]);
    image(6, 0x80, &words, None)
}

/// EN25QH64, EN25QH128: a guess, nine words.
pub fn eon(size: u32) -> Vec<u8> {
    image(0, 0x30, &Basic { size, ..ISSI }.words(), Some(0x1C))
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
