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
fn the_only_possible_base_is_taken() {
    let (base, note) = placed(&app(0x2001_0000, 0x6000_21DD, 0x300));
    assert_eq!(base, 0x6000_2000);
    assert_eq!(
        note,
        "placed at 0x60002000: the only base on a 1 KiB boundary that puts its reset handler 0x600021dd inside the file"
    );
}

/// Code of `len` bytes for `base`: handlers and functions that begin like functions, and whose addresses and texts it loads
/// from a literal pool. The vector table lies at `table`.
fn linked(base: u32, table: usize, len: usize) -> Vec<u8> {
    linked_with_texts(base, table, len, [0x600, 0x618, 0x638])
}

/// The same with the texts at these places behind the table.
fn linked_with_texts(base: u32, table: usize, len: usize, texts: [usize; 3]) -> Vec<u8> {
    let mut bytes = vec![0x5A; len];
    let mut put = |at: usize, new: &[u8]| bytes[at..at + new.len()].copy_from_slice(new);
    let address = |at: usize| (base + at as u32).to_le_bytes();
    let functions = [0x310, 0x344, 0x3A8, 0x444, 0x4E0].map(|at| at + table);
    let texts = texts.map(|at| at + table);
    put(table, &0x2001_0000u32.to_le_bytes());
    for (number, at) in functions.into_iter().enumerate() {
        put(at, &0xB570u16.to_le_bytes()); // push {r4, r5, r6, lr}
        put(table + 4 + 4 * number, &address(at | 1));
    }
    put(table + 4 + 4 * functions.len(), &[0; 4]);
    for (number, at) in texts.into_iter().enumerate() {
        put(at - 1, b"\0text\0");
        // ldr r0, [pc, #12], and what it loads
        let load = table + 0x240 + 16 * number;
        put(load, &0x4802u16.to_le_bytes());
        put(load + 12, &address(at));
    }
    bytes
}

#[test]
fn usual_base_is_taken_when_addresses_lead_to_starts() {
    let (base, note) = placed(&linked(0x6000_2000, 0, 0x4000));
    assert_eq!(base, 0x6000_2000);
    assert_eq!(
        note,
        "placed at 0x60002000: 8 addresses of its vectors and code lead to functions and texts there, at most 0 at any other base from 0x60000000 on"
    );
    // as text of a literal pool, and as MOVW and MOVT
    let mut bytes = linked(0x6000_2000, 0, 0x4000);
    bytes[0x240..0x248].copy_from_slice(&[0x42, 0xF2, 0x00, 0x60, 0xC6, 0xF2, 0x00, 0x00]);
    let (_, note) = placed(&bytes);
    assert!(note.contains(": 8 addresses"), "{note}");
}

#[test]
fn texts_at_odd_addresses_count() {
    let texts = [0x601, 0x613, 0x62F];
    let (base, note) = placed(&linked_with_texts(0x6000_2000, 0, 0x4000, texts));
    assert_eq!(base, 0x6000_2000);
    assert!(note.contains(": 8 addresses"), "{note}");
    let elsewhere = linked_with_texts(0x6000_C000, 0, 0x1_0000, texts);
    let error = read(&elsewhere, None).unwrap_err();
    assert_eq!(error.likely_base(), Some(0x6000_C000));
    assert!(error.to_string().contains("0x6000c000 (8 of"), "{error}");
}

#[test]
fn application_linked_elsewhere_is_not_put_at_the_usual_base() {
    let bytes = linked(0x6000_C000, 0, 0x1_0000);
    let error = read(&bytes, None).unwrap_err();
    assert_eq!(error.likely_base(), Some(0x6000_C000));
    assert_eq!(
        error.to_string(),
        "the address of this raw file is unknown: its reset handler 0x6000c311 would fit 49 bases: 0x6000c000 (8 of its addresses lead to a function or a text, 0 lie outside the file), 0x60002000 (0 of its addresses lead to a function or a text, 0 lie outside the file), 0x60000000 (0 of its addresses lead to a function or a text, 0 lie outside the file), 0x60000400 (0 of its addresses lead to a function or a text, 0 lie outside the file), and 45 more"
    );
    assert_eq!(
        read(&bytes, Some(0x6000_C000)).unwrap().memory.first(),
        Some(0x6000_C000)
    );
}

#[test]
fn usual_base_without_evidence_is_not_guessed() {
    let error = read(&app(0x2001_0000, 0x6000_32DD, 0x182C), None).unwrap_err();
    assert_eq!(error.likely_base(), None);
    let Error::BaseUnclear { bases, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((bases.len(), bases[0].base), (6, 0x6000_2000));
}

#[test]
fn code_that_speaks_of_another_place_implies_no_base() {
    let mut bytes = linked(0x6000_2000, 0, 0x700);
    assert_eq!(placed(&bytes).0, 0x6000_2000);
    // vectors for 0x60002000, texts at 0x6000c000
    for number in 0..3 {
        let pool = 0x240 + 16 * number + 12;
        bytes[pool + 1] = 0xC6;
    }
    let error = read(&bytes, None).unwrap_err();
    assert_eq!(error.likely_base(), None);
    assert_eq!(
        error.to_string(),
        "the address of this raw file is unknown: its vector table fits only one base, but its code refers to another: 0x60002000 (5 of its addresses lead to a function or a text, 3 lie outside the file)"
    );
}

#[test]
fn vector_table_behind_another_header_is_found() {
    let mut bytes = linked(0x6000_2000, 0x400, 0xB00);
    bytes[..0x400].fill(0x11);
    // 0x60001c00 would fit a longer file only
    assert_eq!(placed(&bytes).0, 0x6000_2000);
    // two words that look like a stack and a handler are no table
    bytes[0x408..0x420].fill(0x5A);
    assert!(message(&bytes).contains("does not begin with a vector table"));
}

#[test]
fn handlers_in_erased_bytes_leave_a_base_out() {
    let mut bytes = linked(0x6000_2000, 0, 0x700);
    bytes.resize(0x4000, 0xFF);
    let (base, note) = placed(&bytes);
    assert_eq!(base, 0x6000_2000);
    assert!(note.contains("the only base"), "{note}");
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
        "the address of this raw file is unknown: its reset handler 0x60005701 would fit 2 bases: 0x60005000 (0 of its addresses lead to a function or a text, 0 lie outside the file), 0x60005400 (0 of its addresses lead to a function or a text, 0 lie outside the file)"
    );
    bytes[8..12].fill(0); // no NMI
    bytes[12..16].copy_from_slice(&0x6000_5011u32.to_le_bytes()); // HardFault
    assert_eq!(placed(&bytes).0, 0x6000_5000);
}

#[test]
fn what_cannot_be_placed_says_what_was_seen() {
    let say = |seen: &str| format!("the address of this raw file is unknown: {seen}");
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
        message(&bytes).contains("is unknown"),
        "{}",
        message(&bytes)
    );
}

#[test]
fn padding_in_the_place_of_the_headers_implies_the_base() {
    let padded = |reset, len| [vec![0xFF; 0x2000], app(0x2001_0000, reset, len)].concat();
    assert_eq!(
        placed(&padded(0x6000_2101, 0x200)),
        (
            0x6000_0000,
            "placed at 0x60000000: the only base that puts the reset handler 0x60002101 of its vector table at offset 0x2000 inside the file".to_owned()
        )
    );
    // others fit a longer file, but nothing speaks for them
    let (base, note) = placed(&padded(0x6000_3101, 0x2200));
    assert_eq!(base, 0x6000_0000);
    assert!(
        note.contains("padding in the place of the boot headers"),
        "{note}"
    );
    // zeros go on into the lowest byte of the stack pointer
    let zeros = [vec![0; 0x2000], app(0x2001_0000, 0x6000_2101, 0x200)].concat();
    assert_eq!(placed(&zeros).0, 0x6000_0000);
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
