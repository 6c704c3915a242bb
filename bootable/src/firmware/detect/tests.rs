use super::*;
use crate::Firmware;
use crate::testing::rt1021;

fn message(bytes: &[u8], name: Option<&str>) -> String {
    Firmware::parse(bytes, name, None, &rt1021().map)
        .unwrap_err()
        .to_string()
}

#[test]
fn other_kinds_of_files_are_named() {
    let tar = [vec![b'a'; 257], b"ustar\0".to_vec(), vec![0; 249]].concat();
    for (bytes, what) in [
        (&b"PK\x03\x04 and so on"[..], "a ZIP archive"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"\x89PNG\r\n\x1A\n and so on", "a PNG picture"),
        (b"\x1F\x8B\x08 and so on", "a gzip archive"),
        (&tar, "a tar archive"),
        (
            b"!<arch>\nmain.o",
            "a static library (ar archive), not a linked program",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "a Git LFS pointer; the file itself was not fetched",
        ),
        (
            b"sbv3\0\0\0\0 and so on",
            "an NXP SB3 file; blhost's receive-sb-file takes it, and it can hold fuse commands",
        ),
        (
            b"DfuSe\x01 and so on",
            "a DfuSe file, for the DFU boot loader of ST's chips",
        ),
        (
            b"\xFF\xFE:\x001\x000\0",
            "a text of 16-bit characters, as PowerShell's > writes it; give the file that the build made",
        ),
        (b"\n<!DOCTYPE html>", "an HTML page"),
        (b"# a part of ISSI\nname = \"IS25LP064A\"\n", "a text file"),
        ("gr\u{fc}n ist die Heide".as_bytes(), "a text file"),
        (&[0xFF; 4096], "4096 bytes of 0xff: blank"),
        (&[0; 16], "16 bytes of 0x00: blank"),
        (&[1, 2, 3], "3 bytes, too few for a vector table"),
    ] {
        assert_eq!(
            message(bytes, Some("app.bin")),
            format!("this is not firmware but {what}")
        );
        assert_eq!(looks_like(bytes), what);
    }
    assert_eq!(
        message(&crate::testing::fcb().to_bytes(), None),
        "this is not firmware but an FCB alone, without an application"
    );
}

#[test]
fn an_empty_file_and_one_over_25_mib_are_refused() {
    assert_eq!(message(&[], Some("app.elf")), "the file is empty");
    let size = Firmware::FILE_LIMIT + 1;
    assert_eq!(
        message(&vec![1; size], None),
        "26214401 bytes are more than the 26214400 this tool handles"
    );
}

#[test]
fn the_content_outranks_the_name() {
    assert_eq!(
        format(b":00000001FF\n", Some("app.bin")),
        Ok(Format::IntelHex)
    );
    assert_eq!(
        format(b"S9030000FC\n", Some("app.hex")),
        Ok(Format::SRecord)
    );
    assert_eq!(format(b"\x7FELF", Some("app.hex")), Ok(Format::Elf));
}

#[test]
fn the_name_decides_for_a_broken_text_file() {
    assert_eq!(
        message(b"no record\n", Some("app.HEX")),
        "Intel HEX, line 1: it begins with \"no recor\", not with \":\""
    );
    assert_eq!(
        message(b"no record\n", Some("app.mot")),
        "S-record, line 1: it begins with \"no recor\", not with S0 to S9"
    );
}

#[test]
fn a_binary_with_a_wrong_name_is_refused() {
    let bytes = crate::testing::app(0x2001_0000, 0x6000_2101, 0x200);
    assert_eq!(
        message(&bytes, Some("app.elf")),
        "the name says ELF, but the content is not: it begins with 00 00 01 20 01 21 00 60"
    );
    assert_eq!(
        message(&bytes, Some("app.uf2")),
        "the name says UF2, but the content is not: it begins with 00 00 01 20 01 21 00 60"
    );
    assert_eq!(format(&bytes, Some("app.img")), Ok(Format::Raw));
    assert_eq!(looks_like(&bytes), "binary data");
}

#[test]
fn a_base_is_for_raw_files_only() {
    let error = Firmware::parse(
        b":0100000001FE\n:00000001FF\n",
        None,
        Some(0x6000_2000),
        &rt1021().map,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Intel HEX files bring their own addresses, so the base 0x60002000 cannot apply"
    );
    assert_eq!(error.hint().unwrap(), "leave the base address out");
}

#[test]
fn random_files_of_any_name_do_not_panic() {
    let mut random = crate::testing::Lcg(1);
    for round in 0..4000 {
        let len = random.next() as usize % 200;
        let mut bytes: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        let start: &[u8] = [&b"\x7FELF\x01\x01"[..], b":10", b"S3", b"FCFB", b"UF2\n"][round % 5];
        bytes.splice(0..0, start.iter().copied());
        for name in ["a.elf", "a.hex", "a.srec", "a.uf2", "a"] {
            let _ = Firmware::parse(&bytes, Some(name), None, &rt1021().map)
                .map_err(|error| (error.to_string(), error.hint()));
        }
        let _ = looks_like(&bytes);
    }
}
