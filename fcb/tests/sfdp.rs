//! SFDP tables as flashes hold them, rebuilt from their dwords.

use std::time::Duration;

use rtboot_fcb::sfdp::Sfdp;
use rtboot_fcb::{Error, Part, QeMethod, database};

/// Header, one parameter header, the basic table at `at`.
fn image(minor: u8, at: u8, dwords: &[u32]) -> Vec<u8> {
    let mut image = vec![0xFF; 0x100];
    image[..8].copy_from_slice(&[b'S', b'F', b'D', b'P', minor, 1, 0, 0xFF]);
    image[8..16].copy_from_slice(&[0, minor, 1, dwords.len() as u8, at, 0, 0, 0xFF]);
    for (place, dword) in image[usize::from(at)..].chunks_mut(4).zip(dwords) {
        place.copy_from_slice(&dword.to_le_bytes());
    }
    image
}

/// IS25LP064A: the layout and times that are published for its family, with its density.
fn is25lp064a() -> Vec<u32> {
    vec![
        0xFFF9_20E5,
        0x03FF_FFFF,
        0x6B08_EB44,
        0xBB80_3B08,
        0xFFFF_FFFE,
        0xFF00_FFFF,
        0xEB44_FFFF,
        0x520F_200C,
        0xFF00_D810,
        0x00C9_4A23,
        0xCE11_D882,
        0x4668_CDCC,
        0x757A_757A,
        0x5CD5_AEF7,
        0xFF2C_424A,
        0x8000_30F0,
    ]
}

/// W25Q64JV, JESD216A, as published dumps have it.
fn w25q64jv() -> Vec<u32> {
    vec![
        0xFFF9_20E5,
        0x03FF_FFFF,
        0x6B08_EB44,
        0xBB42_3B08,
        0xFFFF_FFFE,
        0x0000_FFFF,
        0xEB40_FFFF,
        0x520F_200C,
        0x0000_D810,
        0x00A6_0236,
        0xC414_EA82,
        0x3376_63E9,
        0x757A_757A,
        0x5CD5_A2F7,
        0xFF4D_F719,
        0x80F8_30E9,
    ]
}

fn part(name: &str) -> Part {
    database::find(name).unwrap().1.parts.remove(0)
}

fn millis(span: Option<rtboot_fcb::Span>) -> Option<(u128, u128)> {
    span.map(|span| (span.typical.as_millis(), span.max.as_millis()))
}

#[test]
fn is25lp064a_tells_what_its_data_sheet_says() {
    let sfdp = Sfdp::parse(&image(6, 0x30, &is25lp064a())).unwrap();
    assert_eq!(
        (sfdp.revision, sfdp.size(), sfdp.page_size()),
        ((1, 6), 8 << 20, Some(256))
    );
    let quad = sfdp.quad_io().unwrap();
    assert_eq!(
        (
            quad.opcode,
            quad.mode_clocks,
            quad.wait_states,
            quad.dummy_cycles()
        ),
        (0xEB, 2, 4, 6)
    );
    let types: Vec<_> = sfdp
        .erase_types()
        .iter()
        .map(|t| (t.size, t.opcode, millis(t.time)))
        .collect();
    assert_eq!(
        types,
        [
            (4 << 10, 0x20, Some((48, 384))),
            (32 << 10, 0x52, Some((160, 1280))),
            (64 << 10, 0xD8, Some((304, 2432))),
        ]
    );
    let page = sfdp.page_program().unwrap();
    assert_eq!(
        (page.typical, page.max),
        (Duration::from_micros(200), Duration::from_micros(1200))
    );
    assert_eq!(
        (sfdp.qer_code(), sfdp.qer()),
        (Some(2), Some(QeMethod::Sr1Bit6))
    );
}

#[test]
fn w25q64jv_tells_its_times() {
    let sfdp = Sfdp::parse(&image(5, 0x80, &w25q64jv())).unwrap();
    let types: Vec<_> = sfdp
        .erase_types()
        .iter()
        .map(|t| (t.size, millis(t.time)))
        .collect();
    assert_eq!(
        types,
        [
            (4 << 10, Some((64, 896))),
            (32 << 10, Some((128, 1792))),
            (64 << 10, Some((160, 2240)))
        ]
    );
    assert_eq!(millis(sfdp.chip_erase()), Some((20_000, 280_000)));
    let page = sfdp.page_program().unwrap();
    assert_eq!(
        (page.typical, page.max),
        (Duration::from_micros(704), Duration::from_micros(4224))
    );
    assert_eq!(
        (sfdp.qer_code(), sfdp.qer()),
        (Some(4), Some(QeMethod::Sr2Bit1TwoByte))
    );
}

#[test]
fn the_database_repeats_the_times_of_the_tables() {
    for (name, dwords) in [("is25lp064a", is25lp064a()), ("w25q64jv", w25q64jv())] {
        let (part, sfdp) = (part(name), Sfdp::parse(&image(6, 0x30, &dwords)).unwrap());
        let types = sfdp.erase_types();
        assert_eq!(part.times.sector_erase, types[0].time, "{name}");
        assert_eq!(part.times.block_erase, types[2].time, "{name}");
        assert_eq!(part.times.page_program, sfdp.page_program(), "{name}");
    }
}

#[test]
fn an_old_table_tells_neither_times_nor_quad_enable() {
    let sfdp = Sfdp::parse(&image(0, 0x30, &is25lp064a()[..9])).unwrap();
    assert_eq!(
        (sfdp.size(), sfdp.page_size(), sfdp.qer(), sfdp.chip_erase()),
        (8 << 20, None, None, None)
    );
    assert_eq!(sfdp.erase_types()[0].time, None);
    assert!(!sfdp.basic.is_long());
    assert_eq!(
        part("is25lp064a").contradictions(Some(&sfdp)),
        [],
        "silence contradicts nothing"
    );
}

#[test]
fn a_density_beyond_4_gigabits_is_a_power_of_two() {
    let mut dwords = w25q64jv();
    dwords[1] = 0x8000_0000 | 33;
    assert_eq!(
        Sfdp::parse(&image(6, 0x30, &dwords)).unwrap().size(),
        1 << 30
    );
    dwords[1] = u32::MAX;
    assert_eq!(Sfdp::parse(&image(6, 0x30, &dwords)).unwrap().size(), 0);
}

#[test]
fn the_newest_basic_table_counts() {
    let mut bytes = image(6, 0x30, &is25lp064a());
    bytes[6] = 1;
    // a second header for the same table: JESD216, 9 dwords, elsewhere
    bytes[16..24].copy_from_slice(&[0, 0, 1, 9, 0x90, 0, 0, 0xFF]);
    assert_eq!(Sfdp::parse(&bytes).unwrap().qer_code(), Some(2));
}

#[test]
fn a_four_byte_table_is_read() {
    let mut bytes = image(6, 0x30, &is25lp064a());
    bytes[6] = 1;
    bytes[16..24].copy_from_slice(&[0x84, 0, 1, 2, 0x80, 0, 0, 0xFF]);
    bytes[0x80..0x88].copy_from_slice(&[0x61, 0x0A, 0, 0, 0x21, 0x5C, 0xDC, 0xFF]);
    let table = Sfdp::parse(&bytes).unwrap().four_byte.unwrap();
    assert!(table.quad_io() && table.program() && !table.quad_output());
    assert_eq!(
        (
            table.erase(0),
            table.erase(1),
            table.erase(2),
            table.erase(9)
        ),
        (Some(0x21), None, Some(0xDC), None)
    );
}

#[test]
fn what_is_no_sfdp_says_so() {
    assert_eq!(
        Sfdp::parse(&[0xFF; 64]).unwrap_err(),
        Error::NoSfdp {
            found: vec![0xFF; 4]
        }
    );
    assert_eq!(
        Sfdp::parse(b"SF").unwrap_err(),
        Error::NoSfdp {
            found: b"SF".to_vec()
        }
    );
    let bytes = image(6, 0x80, &is25lp064a());
    let short = Sfdp::parse(&bytes[..0x90]).unwrap_err();
    assert_eq!(
        short,
        Error::SfdpShort {
            what: "basic table",
            needed: 0xC0,
            found: 0x90
        }
    );
    assert_eq!(
        short.to_string(),
        "the SFDP basic table ends at offset 0xc0, here are 0x90 bytes"
    );
    assert!(Sfdp::parse(&bytes[..0xC0]).is_ok());
    let mut other = image(6, 0x30, &is25lp064a());
    other[8] = 0x9D;
    assert_eq!(
        Sfdp::parse(&other).unwrap_err(),
        Error::NoBasicTable { headers: 1 }
    );
}

#[test]
fn a_part_is_held_against_what_the_flash_says() {
    let issi = Sfdp::parse(&image(6, 0x30, &is25lp064a())).unwrap();
    let winbond = Sfdp::parse(&image(5, 0x80, &w25q64jv())).unwrap();
    assert_eq!(part("is25lp064a").contradictions(Some(&issi)), []);
    assert_eq!(part("w25q64jv").contradictions(Some(&winbond)), []);
    // two 8 MiB parts with the same geometry: only the quad enable bit tells them apart
    let said: Vec<String> = part("issi.cfg")
        .contradictions(Some(&winbond))
        .iter()
        .map(|c| c.to_string())
        .collect();
    assert_eq!(
        said,
        [
            "quad enable: the part's file says status register 1 bit 6, the flash says status register 2 bit 1"
        ]
    );
    let said: Vec<String> = part("mt25ql128")
        .contradictions(Some(&issi))
        .iter()
        .map(|c| c.what.to_string())
        .collect();
    assert_eq!(said, ["size", "quad enable", "read command"]);
    assert_eq!(
        part("is25lp064a").contradictions(None).len(),
        1,
        "it should have one"
    );
    assert_eq!(
        part("is25lp032d").contradictions(None),
        [],
        "not known whether it has one"
    );
}
