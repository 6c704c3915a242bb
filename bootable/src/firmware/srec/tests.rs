use crate::testing::rt1021;
use crate::testing::texts;
use crate::{Error, Firmware, Format};

fn read(text: &str) -> Result<Firmware, Error> {
    Firmware::parse(text.as_bytes(), Some("app.s19"), None, &rt1021().map)
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// A record with its length and checksum; `address` in as many bytes as the type has.
fn record(kind: u8, address: &[u8], data: &[u8]) -> String {
    let mut bytes = vec![(address.len() + data.len() + 1) as u8];
    bytes.extend(address.iter().chain(data));
    bytes.push(!bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)));
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("S{kind}{digits}\n")
}

fn data() -> String {
    record(3, &[0x60, 0, 0x20, 0], &[1, 2, 3, 4])
}

fn end() -> String {
    record(7, &[0x60, 0, 0x21, 1], &[])
}

#[test]
fn all_three_address_sizes_are_read() {
    let text = [
        record(0, &[0, 0], b"name"),
        record(1, &[0x10, 0], &[1]),
        record(2, &[2, 0, 0], &[2]),
        data(),
        record(5, &[0, 3], &[]),
        end(),
    ];
    let firmware = read(&text.concat()).unwrap();
    assert_eq!(
        (firmware.format, firmware.entry),
        (Format::SRecord, Some(0x6000_2101))
    );
    assert_eq!(firmware.memory.byte(0x1000), Some(1));
    assert_eq!(firmware.memory.byte(0x2_0000), Some(2));
    assert_eq!(firmware.memory.read(0x6000_2000, 4), Some(vec![1, 2, 3, 4]));
    assert!(firmware.notes.is_empty());
}

#[test]
fn s7_s8_and_s9_end_the_file_and_zero_is_no_entry() {
    for (kind, address, entry) in [
        (8, &[1, 2, 3][..], Some(0x1_0203)),
        (9, &[4, 5], Some(0x405)),
        (9, &[0, 0], None),
    ] {
        assert_eq!(
            read(&[data(), record(kind, address, &[])].concat())
                .unwrap()
                .entry,
            entry
        );
    }
}

#[test]
fn an_s6_record_that_does_not_fit_is_only_a_note() {
    let with = |s6: &str| {
        let file = [data().as_str(), s6, "\n", &end()].concat();
        texts(&read(&file).unwrap().notes)
    };
    assert!(with(record(6, &[0, 0, 1], &[]).trim()).is_empty());
    assert_eq!(
        with(record(6, &[0, 0, 9], &[]).trim()),
        ["the S6 record in line 2 counts 9 data records, 1 came before it"]
    );
    assert_eq!(
        with("S60"),
        [
            "the S6 record in line 2 is ignored: it has an odd number of digits: a character is missing"
        ]
    );
}

#[test]
fn a_count_that_does_not_fit_is_an_error() {
    let text = [data(), record(5, &[0, 2], &[]), end()].concat();
    assert_eq!(
        message(&text),
        "S-record, line 2: it counts 2 data records, but 1 came before it"
    );
}

#[test]
fn each_bad_line_is_named_with_its_reason() {
    let after = |bad: &str| message(&[data().as_str(), bad, "\n", &end()].concat());
    assert_eq!(
        after("S1040000AA50"),
        "S-record, line 2: its checksum is 0x50, but its bytes give 0x51"
    );
    assert_eq!(
        after("S1040000AA"),
        "S-record, line 2: its length says 4 bytes, but 3 are there"
    );
    assert_eq!(
        after("S102000"),
        "S-record, line 2: it has an odd number of digits: a character is missing"
    );
    assert_eq!(
        after("S1"),
        "S-record, line 2: its length says 3 bytes, but 0 are there"
    );
    assert_eq!(
        after("S4030000FC"),
        "S-record, line 2: S4 is no record type"
    );
    assert_eq!(
        after("T1040000AA51"),
        "S-record, line 2: it begins with \"T1040000\", not with S0 to S9"
    );
    assert_eq!(
        after("S1x"),
        "S-record, line 2: column 3 holds 'x', which is no hexadecimal digit"
    );
    assert_eq!(
        after(record(3, &[0xFF; 4], &[1, 2]).trim()),
        "S-record, line 2: 2 bytes at 0xffffffff run over the end of the address space"
    );
}

#[test]
fn a_missing_end_and_lines_after_the_end_are_refused() {
    assert_eq!(
        message(&data()),
        "S-record, line 1: the file ends here without S7, S8 or S9: it is cut off"
    );
    assert_eq!(
        message(&[data(), end(), data()].concat()),
        "S-record, line 3: it comes after the record that ends the file (line 2)"
    );
    assert_eq!(message(&end()), "the S-record file holds no data");
}

#[test]
fn two_lines_that_disagree_are_both_named() {
    let text = [data(), record(3, &[0x60, 0, 0x20, 2], &[3, 5]), end()].concat();
    assert_eq!(
        message(&text),
        "line 1 and line 2 put different bytes at 0x60002003: 0x04 and 0x05"
    );
}

#[test]
fn every_cut_is_refused_and_no_spoiled_byte_panics() {
    let whole = [
        record(0, &[0, 0], b"x"),
        data(),
        record(5, &[0, 1], &[]),
        end(),
    ]
    .concat()
    .replace('\n', "\r\n");
    for len in 0..whole.trim_end().len() {
        assert!(read(&whole[..len]).is_err(), "{len}");
    }
    let mut random = crate::testing::Lcg(5);
    for _ in 0..5000 {
        let text = random.spoil(whole.as_bytes(), 1);
        // the type of a record is outside its checksum: an S3 may become an S1, with other bytes
        let _ = Firmware::parse(&text, Some("a.srec"), None, &rt1021().map);
    }
}
