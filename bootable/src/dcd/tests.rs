use super::*;
use crate::testing::rt1021;
use rtboot_finding::Value;

/// Header and commands with the right length in the header.
fn table(commands: &[&[u8]]) -> Vec<u8> {
    let body = commands.concat();
    let length = (body.len() + 4) as u16;
    let [high, low] = length.to_be_bytes();
    [vec![0xD2, high, low, 0x41], body].concat()
}

// from the public SDRAM table of the RT1020 EVK: all clocks on; wait for the SEMC's done bit
const WRITE: [u8; 12] = [
    0xCC, 0, 12, 0x04, 0x40, 0x0F, 0xC0, 0x68, 0xFF, 0xFF, 0xFF, 0xFF,
];
const CHECK: [u8; 12] = [0xCF, 0, 12, 0x1C, 0x40, 0x2F, 0x00, 0x3C, 0, 0, 0, 1];
const FUSE: [u8; 12] = [
    0xCC, 0, 12, 0x04, 0x40, 0x1F, 0x40, 0x00, 0x3E, 0x77, 0x00, 0x06,
];
const UNLOCK: [u8; 8] = [0xB2, 0, 8, 0x21, 0, 0, 0, 1];

#[test]
fn commands_are_decoded_to_text() {
    let dcd = Dcd::parse(&table(&[&WRITE, &CHECK, &[0xC0, 0, 4, 0]])).unwrap();
    assert_eq!(
        dcd.to_string(),
        "DCD, 32 bytes, 3 commands\nwrite, 4 bytes wide\n  0x400fc068 0xffffffff\n\
         wait until a bit is set of 0x00000001 at 0x402f003c, 4 bytes wide, for ever\nnothing"
    );
    assert!(dcd.dangers(&rt1021().map).is_empty());
}

#[test]
fn what_lies_behind_the_table_is_left_alone() {
    let mut bytes = table(&[&WRITE]);
    bytes.extend([0xEE; 9]);
    assert_eq!(Dcd::parse(&bytes).unwrap().as_bytes().len(), 16);
}

#[test]
fn writes_into_ocotp_and_its_unlock_are_dangers() {
    let dcd = Dcd::parse(&table(&[&WRITE, &FUSE, &UNLOCK])).unwrap();
    let dangers = dcd.dangers(&rt1021().map);
    assert_eq!(dangers.len(), 2);
    assert_eq!(dangers[0].value("at"), Some(&Value::Address(0x401F_4000)));
    assert_eq!(
        dangers[0].to_string(),
        "the DCD's command 1 writes 0x3e770006 to the fuse controller at 0x401f4000: it can burn fuses"
    );
    assert_eq!(
        dangers[1].to_string(),
        "the DCD's command 2 unlocks fuses (engine 0x21)"
    );
}

#[test]
fn the_edges_of_ocotp_are_0x401f4000_and_0x401f7fff() {
    let dangers = |address: u32, width: u8| {
        let mut write = FUSE;
        write[3] = width;
        write[4..8].copy_from_slice(&address.to_be_bytes());
        Dcd::parse(&table(&[&write]))
            .unwrap()
            .dangers(&rt1021().map)
            .len()
    };
    assert_eq!(
        [
            dangers(0x401F_3FFF, 1),
            dangers(0x401F_3FFE, 4),
            dangers(0x401F_7FFF, 1),
            dangers(0x401F_8000, 4)
        ],
        [0, 1, 1, 0]
    );
}

#[test]
fn each_refusal_says_what_it_saw() {
    let message = |bytes: &[u8]| Dcd::parse(bytes).unwrap_err().to_string();
    assert_eq!(
        message(&[0xD2, 0, 4]),
        "3 bytes are too few for the header of 4"
    );
    assert_eq!(
        message(&[0, 0, 4, 0x41]),
        "it begins with 0x00, not with the tag 0xd2"
    );
    assert_eq!(
        message(&[0xD2, 0, 4, 0x51]),
        "version 0x51 is not 0x40..=0x4f"
    );
    assert_eq!(
        message(&[0xD2, 0, 2, 0x41]),
        "its header says 2 bytes, but 4 are there"
    );
    assert_eq!(
        message(&[0xD2, 0, 9, 0x41]),
        "its header says 9 bytes, but 4 are there"
    );
    assert_eq!(
        message(&[0xD2, 7, 0, 0x41]),
        "1792 bytes are more than the 1768 that the ROM takes"
    );
    assert_eq!(
        message(&table(&[&[0xAA, 0, 4, 0]])),
        "the command at offset 0x4 has the tag 0xaa, which is none of a DCD"
    );
    assert_eq!(
        message(&table(&[&[0xCC, 0, 0, 4]])),
        "the command at offset 0x4 says 0 bytes, but 4 are left"
    );
    assert_eq!(
        message(&table(&[&[0xCC, 0, 8, 4, 0, 0, 0, 0]])),
        "the command at offset 0x4 (0xcc) cannot be 8 bytes long"
    );
    assert_eq!(
        message(&table(&[&[0xCC, 0, 5, 4, 0]])),
        "the command at offset 0x4 has a length of 5, not a multiple of 4"
    );
    assert_eq!(
        message(&table(&[&[0xCC, 0, 12, 3, 0, 0, 0, 0, 0, 0, 0, 0]])),
        "the command at offset 0x4 has an access width of 3 bytes"
    );
}

#[test]
fn no_cut_and_no_random_bytes_panic() {
    let whole = table(&[&WRITE, &CHECK, &UNLOCK]);
    for len in 0..whole.len() {
        assert!(Dcd::parse(&whole[..len]).is_err(), "{len}");
    }
    let mut seed = 7u32;
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 16) as usize % bytes.len();
            bytes[at] = seed as u8;
        }
        if let Ok(dcd) = Dcd::parse(&bytes) {
            let _ = (dcd.to_string(), dcd.dangers(&rt1021().map));
        }
    }
}
