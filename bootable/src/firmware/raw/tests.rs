use crate::testing::rt1021;
use crate::testing::{app, fcb, headers, image, texts};
use crate::{Error, Firmware};

fn read(bytes: &[u8], base: Option<u32>) -> Result<Firmware, Error> {
    Firmware::parse(bytes, Some("app.bin"), base, &rt1021().map)
}

/// Where it was placed and the note about it.
fn placed(bytes: &[u8]) -> (u32, String) {
    let firmware = read(bytes, None).unwrap();
    (
        firmware.memory.first().unwrap(),
        firmware.notes.last().unwrap().to_string(),
    )
}

fn message(bytes: &[u8]) -> String {
    read(bytes, None).unwrap_err().to_string()
}

#[test]
fn a_given_base_is_taken_and_its_alias_normalised() {
    let bytes = app(0x2001_0000, 0x6000_5101, 0x200);
    assert_eq!(
        read(&bytes, Some(0x6000_5000)).unwrap().memory.first(),
        Some(0x6000_5000)
    );
    let firmware = read(&bytes, Some(0x0800_5000)).unwrap();
    assert_eq!(firmware.memory.first(), Some(0x6000_5000));
    assert_eq!(
        texts(&firmware.notes),
        ["the base 0x08005000 is the flash alias of 0x60005000"]
    );
    let error = read(&bytes, Some(0xFFFF_FF00)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "512 bytes at 0xffffff00 run past the end of the 32-bit address space"
    );
}

#[test]
fn a_reset_handler_that_fits_decides_the_base() {
    let (base, note) = placed(&app(0x2001_0000, 0x6000_21DD, 0x300));
    assert_eq!(base, 0x6000_2000);
    assert_eq!(
        note,
        "placed at 0x60002000: its reset handler 0x600021dd lies inside the file there"
    );
}

#[test]
fn the_usual_base_wins_when_others_fit_as_well() {
    let (base, note) = placed(&app(0x2001_0000, 0x6000_32DD, 0x182C));
    assert_eq!(base, 0x6000_2000);
    assert_eq!(
        note,
        "placed at 0x60002000: its reset handler 0x600032dd lies inside the file there (5 other bases would fit as well: give the base if it is linked elsewhere)"
    );
}

#[test]
fn the_only_base_that_fits_decides_otherwise() {
    let (base, note) = placed(&app(0x2001_0000, 0x6000_5101, 0x300));
    assert_eq!(base, 0x6000_5000);
    assert_eq!(
        note,
        "placed at 0x60005000: the only base on a 1 KiB boundary that puts its reset handler 0x60005101 inside the file"
    );
    assert_eq!(placed(&app(0x2001_0000, 0x2000_2101, 0x300)).0, 0x2000_2000);
    assert_eq!(placed(&app(0x2001_0000, 0x0000_0501, 0x300)).0, 0x400);
}

#[test]
fn other_handlers_help_to_find_the_base() {
    let mut bytes = app(0x2001_0000, 0x6000_5701, 0x800);
    assert_eq!(
        message(&bytes),
        "the address of this raw file is not known: its reset handler 0x60005701 would fit 2 bases from 0x60005000 to 0x60005400"
    );
    bytes[8..12].fill(0); // no NMI
    bytes[12..16].copy_from_slice(&0x6000_5011u32.to_le_bytes()); // HardFault
    assert_eq!(placed(&bytes).0, 0x6000_5000);
}

#[test]
fn what_cannot_be_placed_says_what_was_seen() {
    let say = |seen: &str| format!("the address of this raw file is not known: {seen}");
    assert_eq!(
        message(&app(0x6000_0000, 0x6000_2101, 0x300)),
        say(
            "it does not begin with a vector table, for its first word 0x60000000 would be a stack pointer in flash"
        )
    );
    assert_eq!(
        message(&app(0x2001_0000, 0x6000_2100, 0x300)),
        say(
            "it does not begin with a vector table, for its second word 0x60002100 is even and so no reset handler"
        )
    );
    assert_eq!(
        message(&app(0x2001_0000, 0x4000_0101, 0x300)),
        say(
            "no base puts its reset handler 0x40000101 (in no memory of the RT1021) and its other handlers inside its 768 bytes"
        )
    );
    assert!(
        read(&app(0, 1, 8), None)
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("base address")
    );
}

#[test]
fn a_complete_image_lies_at_the_start_of_the_flash() {
    let whole = image().filled(0x6000_0000, 0x2400, 0xFF);
    let (base, note) = placed(&whole);
    assert_eq!(base, 0x6000_0000);
    assert_eq!(
        note,
        "placed at 0x60000000: the IVT at offset 0x1000 says that it lies at 0x60001000"
    );
    let mut fcb_only = fcb().to_bytes().to_vec();
    fcb_only.resize(0x2400, 0xFF);
    assert_eq!(
        placed(&fcb_only).1,
        "placed at 0x60000000: it begins with an FCB, and the ROM looks for that at the start of the flash"
    );
}

#[test]
fn an_image_without_padding_lies_where_its_ivt_says() {
    let whole = image().filled(0x6000_1000, 0x1400, 0);
    assert_eq!(
        placed(&whole),
        (
            0x6000_1000,
            "placed at 0x60001000: the IVT at offset 0x0 says that it lies at 0x60001000"
                .to_owned()
        )
    );
}

#[test]
fn an_ivt_with_other_boot_data_implies_no_base() {
    let (ivt, data) = headers(0x6000_2000, 0x10);
    let bytes = [ivt.to_bytes().as_slice(), &data.to_bytes(), &[2; 64]].concat();
    assert!(
        message(&bytes).contains("is not known"),
        "{}",
        message(&bytes)
    );
}

#[test]
fn padding_before_a_vector_table_implies_the_base() {
    let bytes = [vec![0xFF; 0x2000], app(0x2001_0000, 0x6000_2101, 0x200)].concat();
    assert_eq!(placed(&bytes), (0x6000_0000, "placed at 0x60000000: a vector table that fits 0x60002000 follows 0x2000 bytes of 0xff".to_owned()));
}

#[test]
fn random_tables_do_not_panic() {
    let mut random = crate::testing::Lcg(4);
    let extremes = [
        0,
        1,
        4,
        5,
        0x2001_0000,
        0x6000_0001,
        0x7F7F_FFFF,
        0x7FFF_FFFF,
        0x8000_0001,
        0xFFFF_FFFD,
        0xFFFF_FFFF,
    ];
    for _ in 0..3000 {
        let mut pick = || extremes[random.next() as usize % extremes.len()];
        let bytes = app(pick(), pick(), 8 + pick() as usize % 5000);
        let _ = read(&bytes, None).map_err(|error| error.to_string());
    }
}
