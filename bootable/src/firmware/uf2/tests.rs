use super::{FAMILY_RT10XX, MAGIC_END, MAGIC0, MAGIC1};
use crate::testing::rt1021;
use crate::testing::texts;
use crate::{Error, Firmware, Format};

fn block(flags: u32, address: u32, number: u32, count: u32, family: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = crate::testing::words(&[
        MAGIC0,
        MAGIC1,
        flags,
        address,
        data.len() as u32,
        number,
        count,
        family,
    ]);
    bytes.extend(data);
    bytes.resize(508, 0);
    bytes.extend(MAGIC_END.to_le_bytes());
    bytes
}

fn read(bytes: &[u8]) -> Result<Firmware, Error> {
    Firmware::parse(bytes, None, None, &rt1021().map)
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn blocks_become_one_segment_without_a_note() {
    let file = [
        block(0x2000, 0x6000_2100, 1, 2, FAMILY_RT10XX, &[2; 256]),
        block(0x2000, 0x6000_2000, 0, 2, FAMILY_RT10XX, &[1; 256]),
    ];
    let firmware = read(&file.concat()).unwrap();
    assert_eq!(firmware.format, Format::Uf2);
    assert_eq!(
        firmware
            .memory
            .segments()
            .map(|(start, bytes)| (start, bytes.len()))
            .collect::<Vec<_>>(),
        [(0x6000_2000, 512)]
    );
    assert!(firmware.notes.is_empty());
}

#[test]
fn another_family_and_blocks_for_elsewhere_are_notes() {
    let file = [
        block(0x2000, 0x6000_2000, 0, 2, 0xE48B_FF56, &[1; 16]),
        block(0x2001, 0, 1, 2, 0xE48B_FF56, &[9; 16]),
    ];
    let firmware = read(&file.concat()).unwrap();
    assert_eq!(firmware.memory.len_bytes(), 16);
    assert_eq!(
        texts(&firmware.notes),
        [
            "the UF2 family id is 0xe48bff56, not that of the RT10xx (0x4fb2d5bd)",
            "1 UF2 blocks are not for the flash and are left out"
        ]
    );
}

#[test]
fn each_refusal_names_its_block() {
    let good = block(0, 0x6000_2000, 0, 2, 0, &[1; 256]);
    let with = |second: Vec<u8>| message(&[good.clone(), second].concat());
    assert_eq!(
        with(vec![]),
        "UF2, block 1: the file says it has 2 blocks, 1 different ones are there"
    );
    assert_eq!(
        with(vec![0; 100]),
        "UF2, block 1: 100 bytes of its 512: the file is cut off"
    );
    assert_eq!(
        with(vec![0; 512]),
        "UF2, block 1: the magic number at offset 0 is 0x00000000"
    );
    assert_eq!(
        with(block(0x1000, 0, 1, 2, 0, &[1])),
        "UF2, block 1: it is a part of a file container, not of flash content"
    );
    assert_eq!(
        with(block(0, 0, 2, 2, 0, &[1])),
        "UF2, block 1: its number is 2 of 2"
    );
    let mut long = block(0, 0x6000_3000, 1, 2, 0, &[]);
    long[16..20].copy_from_slice(&477u32.to_le_bytes());
    assert_eq!(
        with(long),
        "UF2, block 1: it says 477 bytes of data, a block holds 476"
    );
    assert_eq!(
        with(block(0, 0x6000_20FF, 1, 2, 0, &[9, 9])),
        "block 0 and block 1 put different bytes at 0x600020ff: 0x01 and 0x09"
    );
}

#[test]
fn no_cut_and_no_random_bytes_panic() {
    let whole = [
        block(0, 0x6000_2000, 0, 2, 0, &[1; 256]),
        block(0, 0x6000_2100, 1, 2, 0, &[2; 256]),
    ]
    .concat();
    for len in 0..whole.len() {
        assert!(read(&whole[..len]).is_err(), "{len}");
    }
    let mut random = crate::testing::Lcg(9);
    for _ in 0..3000 {
        let _ = read(&random.spoil(&whole, 3));
    }
}

#[test]
fn blocks_of_other_chips_are_left_out() {
    const NRF52: u32 = 0xADA5_2840;
    // both programs at one address, each with its own count
    let file = [
        block(0x2000, 0x6000_2000, 0, 2, NRF52, &[9; 256]),
        block(0x2000, 0x6000_2100, 1, 2, NRF52, &[9; 256]),
        block(0x2000, 0x6000_2000, 0, 1, FAMILY_RT10XX, &[1; 256]),
    ];
    let firmware = read(&file.concat()).unwrap();
    assert_eq!(
        firmware.memory.segments().collect::<Vec<_>>(),
        [(0x6000_2000, &[1; 256][..])]
    );
    assert_eq!(
        texts(&firmware.notes),
        ["2 UF2 blocks are for the families of other chips and left out"]
    );
    // a block of ours that is missing is missing all the same
    let cut = [
        block(0x2000, 0x6000_2000, 0, 1, NRF52, &[9; 256]),
        block(0x2000, 0x6000_2000, 0, 2, FAMILY_RT10XX, &[1; 256]),
    ];
    assert!(message(&cut.concat()).contains("has 2 blocks, 1 different"));
}
