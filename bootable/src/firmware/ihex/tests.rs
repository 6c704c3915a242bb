use crate::testing::rt1021;
use crate::testing::texts;
use crate::{Error, Firmware, Format};

fn read(text: &str) -> Result<Firmware, Error> {
    Firmware::parse(text.as_bytes(), Some("app.hex"), None, &rt1021().map)
}

fn message(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// A record with its length and checksum.
fn record(address: u16, kind: u8, data: &[u8]) -> String {
    let [high, low] = address.to_be_bytes();
    let mut bytes = vec![data.len() as u8, high, low, kind];
    bytes.extend(data);
    bytes.push(bytes.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte)));
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!(":{digits}\n")
}

const END: &str = ":00000001FF\n";

#[test]
fn linear_addresses_and_the_start_address_are_read() {
    let firmware = read(
        ":020000046000 9A\n:0420000001020304D2\n:0400000560002101 75\n:00000001FF\n"
            .replace(' ', "")
            .as_str(),
    )
    .unwrap();
    assert_eq!(firmware.format, Format::IntelHex);
    assert_eq!(firmware.memory.read(0x6000_2000, 4), Some(vec![1, 2, 3, 4]));
    assert_eq!(firmware.entry, Some(0x6000_2101));
}

#[test]
fn segment_addresses_count_sixteen_times() {
    let text = [
        record(0, 2, &[0x12, 0x34]),
        record(5, 0, &[7]),
        record(0, 3, &[0x10, 0, 0, 0x11]),
        END.into(),
    ]
    .concat();
    let firmware = read(&text).unwrap();
    assert_eq!(firmware.memory.byte(0x1_2345), Some(7));
    assert_eq!(firmware.entry, Some(0x1_0011));
}

#[test]
fn white_space_between_records_is_ignored() {
    let text = [record(0, 0, &[1]), record(1, 0, &[2]), END.into()]
        .concat()
        .replace('\n', " \t\r\n\r\n");
    assert_eq!(
        read(&format!("\u{feff}{text}\u{1a}"))
            .unwrap()
            .memory
            .read(0, 2),
        Some(vec![1, 2])
    );
}

#[test]
fn the_flash_alias_becomes_flash_with_a_note() {
    let text = [
        record(0, 4, &[0x08, 0x00]),
        record(0x2000, 0, &[9]),
        END.into(),
    ]
    .concat();
    let firmware = read(&text).unwrap();
    assert_eq!(firmware.memory.byte(0x6000_2000), Some(9));
    assert_eq!(
        texts(&firmware.notes),
        ["addresses in the flash alias are treated as flash: 0x08002000 is 0x60002000"]
    );
}

#[test]
fn each_bad_line_is_named_with_its_reason() {
    let good = record(0, 0, &[1]);
    let after = |bad: &str| message(&format!("{good}{bad}\n{END}"));
    assert_eq!(
        after(":0100010002FD"),
        "Intel HEX, line 2: its checksum is 0xfd, but its bytes give 0xfc"
    );
    assert_eq!(
        after("garbage"),
        "Intel HEX, line 2: it begins with \"garbage\", not with \":\""
    );
    assert_eq!(
        after(":01000100G2FC"),
        "Intel HEX, line 2: column 10 holds 'G', which is no hexadecimal digit"
    );
    assert_eq!(
        after(":0100010002F"),
        "Intel HEX, line 2: it has an odd number of digits: a character is missing"
    );
    assert_eq!(
        after(":0200010002FB"),
        "Intel HEX, line 2: its length says 7 bytes, but 6 are there"
    );
    assert_eq!(
        after(":00"),
        "Intel HEX, line 2: its length says 5 bytes, but 1 are there"
    );
    assert_eq!(
        after(record(0, 6, &[]).trim()),
        "Intel HEX, line 2: 06 is no record type"
    );
    assert_eq!(
        after(record(0, 4, &[1]).trim()),
        "Intel HEX, line 2: a record of type 04 carries 2 bytes, not 1"
    );
    assert_eq!(
        after(record(0, 1, &[1]).trim()),
        "Intel HEX, line 2: a record of type 01 carries 0 bytes, not 1"
    );
}

#[test]
fn data_over_the_end_of_64_kib_is_refused() {
    let wrap = |len: usize| read(&[record(0xFFFE, 0, &vec![0; len]), END.into()].concat());
    assert!(wrap(2).is_ok());
    assert_eq!(
        wrap(3).unwrap_err().to_string(),
        "Intel HEX, line 1: 3 bytes at 0x0000fffe run over the end of its 64 KiB segment"
    );
}

#[test]
fn the_last_byte_of_the_address_space_holds() {
    let text = [
        record(0, 4, &[0xFF, 0xFF]),
        record(0xFFFF, 0, &[3]),
        END.into(),
    ]
    .concat();
    assert_eq!(read(&text).unwrap().memory.end(), 1 << 32);
}

#[test]
fn two_lines_that_disagree_are_both_named() {
    let text = [
        record(0, 0, &[1, 2]),
        record(4, 0, &[9]),
        record(1, 0, &[2]),
        record(1, 0, &[3]),
        END.into(),
    ]
    .concat();
    assert_eq!(
        message(&text),
        "line 1 and line 4 put different bytes at 0x00000001: 0x02 and 0x03"
    );
}

#[test]
fn a_missing_end_and_lines_after_the_end_are_refused() {
    let data = record(0, 0, &[1]);
    assert_eq!(
        message(&data),
        "Intel HEX, line 1: the file ends here without an end-of-file record (type 01): it is cut off"
    );
    assert_eq!(
        message(&format!("{data}{END}{data}")),
        "Intel HEX, line 3: it comes after the record that ends the file (line 2)"
    );
    assert_eq!(message(END), "the Intel HEX file holds no data");
}

#[test]
fn records_in_falling_order_are_one_segment() {
    let lines = (0..4096u16)
        .rev()
        .map(|line| record(line * 16, 0, &[line as u8; 16]));
    let firmware = read(&lines.chain([END.to_owned()]).collect::<String>()).unwrap();
    assert_eq!(
        firmware
            .memory
            .segments()
            .map(|(start, bytes)| (start, bytes.len()))
            .collect::<Vec<_>>(),
        [(0, 0x1_0000)]
    );
}

#[test]
fn cut_or_changed_files_are_refused_or_read_the_same() {
    let whole = [
        record(0, 4, &[0x60, 0]),
        record(0x2000, 0, &[1, 2, 3, 4]),
        record(0, 5, &[0x60, 0, 0x21, 1]),
        END.into(),
    ]
    .concat();
    let expected = read(&whole).unwrap().memory;
    for len in 0..whole.len() - 1 {
        assert!(read(&whole[..len]).is_err(), "{len}");
    }
    let mut random = crate::testing::Lcg(11);
    for _ in 0..5000 {
        let text = random.spoil(whole.as_bytes(), 1);
        if let Ok(firmware) = Firmware::parse(&text, None, None, &rt1021().map) {
            assert_eq!(
                firmware.memory,
                expected,
                "{}",
                String::from_utf8_lossy(&text)
            ); // a digit in the other case
        }
    }
}

#[test]
fn lines_may_end_with_any_line_end() {
    let upper = record(0, 4, &[0x60, 0x00]);
    let text = format!("{upper}{}{END}", record(0x2000, 0, &[1, 2, 3, 4]));
    let lines = read(&text).unwrap();
    for end in ["\r\n", "\r", "\n\n", " \t\r\n"] {
        let other = text.replace('\n', end);
        assert_eq!(read(&other).unwrap(), lines, "{end:?}");
        assert_eq!(read(&format!("\u{feff}{other}")).unwrap(), lines);
        assert_eq!(read(&other.to_lowercase()).unwrap(), lines);
    }
}
