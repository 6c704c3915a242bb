//! Broken and unsuitable files: the message, the exit code, and flash untouched. No board is opened for any of them.

use crate::kit::cli::{Cli, patched};
use crate::kit::{app, app_bytes};

/// Writes each of these files; every one must be refused with these words and this exit code.
fn refused(cases: &[(&str, Vec<u8>, i32, &[&str])]) {
    let cli = Cli::fresh();
    let before = cli.flash();
    for (name, bytes, code, words) in cases {
        let file = cli.file(name, bytes);
        cli.run(&["write", "--fcb", "issi.cfg", &file])
            .says(*code, words);
    }
    assert_eq!(cli.flash(), before);
    untouched(&cli);
}

/// No flashloader runs: nothing was sent.
fn untouched(cli: &Cli) {
    assert_eq!(cli.board().state(), rtboot_sim::State::Rom);
}

#[test]
fn missing_empty_and_huge_files_are_refused() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let missing = cli.path("none.elf").display().to_string();
    cli.run(&["write", "--fcb", "issi.cfg", &missing])
        .says(4, &["cannot read", "none.elf", "[file-unreadable]"]);
    let empty = cli.file("empty.bin", []);
    cli.run(&["write", "--fcb", "issi.cfg", &empty]).says(
        3,
        &["empty.bin: the file is empty", "build the firmware again"],
    );
    let folder = cli.path("").display().to_string();
    cli.run(&["write", "--fcb", "issi.cfg", &folder])
        .says(4, &["cannot read", "[file-unreadable]"]);
    let huge = cli.path("huge.bin");
    let file = std::fs::File::create(&huge).expect("a file");
    file.set_len(1 << 40).expect("a hole of a terabyte");
    cli.run(&["write", "--fcb", "issi.cfg", &huge.display().to_string()])
        .says(3, &["1099511627776 bytes are more than the 26214400"]);
    assert_eq!(cli.flash(), before);
    untouched(&cli);
}

#[test]
fn foreign_and_broken_elf_files_are_refused() {
    let elf = app_bytes("blinky.elf");
    let headers = u32::from_le_bytes(elf[28..32].try_into().expect("four")) as usize;
    let no_segments: Vec<(usize, &[u8])> = (0..elf[44] as usize)
        .map(|i| (headers + 32 * i, &[6, 0, 0, 0][..]))
        .collect();
    refused(&[
        (
            "x86.elf",
            patched(elf.clone(), &[(18, &[0x3E, 0])]),
            3,
            &["x86.elf: ELF:", "x86-64"],
        ),
        (
            "64.elf",
            patched(elf.clone(), &[(4, &[2])]),
            3,
            &["64.elf: ELF:", "64-bit"],
        ),
        (
            "none.elf",
            patched(elf.clone(), &no_segments),
            3,
            &["none.elf: ELF:"],
        ),
        (
            "cut.elf",
            elf[..elf.len() / 8].to_vec(),
            3,
            &["cut.elf: ELF:"],
        ),
        ("header.elf", elf[..40].to_vec(), 3, &["header.elf: ELF:"]),
    ]);
}

#[test]
fn broken_hex_and_srec_files_are_refused() {
    let hex = String::from_utf8(app_bytes("blinky.hex")).expect("text");
    let srec = String::from_utf8(app_bytes("blinky.srec")).expect("text");
    let end = hex.find(":00000001FF").expect("an end record");
    let overlap = format!(
        "{}:020000046000 9A\n:0420000011223344{:02X}\n{}",
        &hex[..end],
        0x100 - (4 + 0x20 + 0x11 + 0x22 + 0x33 + 0x44),
        &hex[end..]
    )
    .replace("6000 9A", "60009A");
    refused(&[
        (
            "sum.hex",
            patched(hex.clone().into_bytes(), &[(20, b"7")]),
            3,
            &["sum.hex: Intel HEX, line", "checksum"],
        ),
        ("over.hex", overlap.into_bytes(), 3, &["over.hex: "]),
        (
            "cut.hex",
            hex.as_bytes()[..hex.len() / 2].to_vec(),
            3,
            &["cut.hex: Intel HEX, line"],
        ),
        (
            "sum.srec",
            patched(
                srec.clone().into_bytes(),
                &[(srec.find("S3").expect("data") + 14, b"7")],
            ),
            3,
            &["sum.srec: S-record, line", "checksum"],
        ),
        (
            "text.hex",
            b"hello, this is a note\n".to_vec(),
            3,
            &["text.hex: "],
        ),
        (
            "text.srec",
            b"hello, this is a note\n".to_vec(),
            3,
            &["text.srec: "],
        ),
        (
            "note.bin",
            b"hello, this is a note and no firmware at all\n".to_vec(),
            3,
            &["note.bin: "],
        ),
    ]);
}

#[test]
fn images_outside_the_flash_are_refused() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let bin = app("blinky.bin");
    cli.run(&["write", "--fcb", "issi.cfg", "--base", "0x70002000", &bin])
        .says(3, &["blinky.bin: ", "0x70002000"]);
    cli.run(&["write", "--fcb", "issi.cfg", "--base", "0x60000000", &bin])
        .says(3, &["blinky.bin: "]);
    cli.run(&["write", "--fcb", "issi.cfg", "--base", "0x60000400", &bin])
        .says(3, &["blinky.bin: "]);
    let mut large = app_bytes("blinky.bin");
    large.resize(8 << 20, 0x5A);
    let large = cli.file("large.bin", large);
    cli.run(&["write", "--fcb", "issi.cfg", &large])
        .says(3, &["0x60802000", "0x800000 bytes of flash"]);
    cli.run(&[
        "write",
        "--fcb",
        "issi.cfg",
        "--base",
        "0x60002000",
        &app("blinky.elf"),
    ])
    .says(
        3,
        &["bring their own addresses", "leave the base address out"],
    );
    assert_eq!(cli.flash(), before);
    untouched(&cli);
}

#[test]
fn broken_vector_table_is_refused() {
    let bin = app_bytes("blinky.bin");
    let cli = Cli::fresh();
    let before = cli.flash();
    for (name, at, word, words) in [
        ("stack.bin", 0, 0x1234_5678_u32, "stack pointer 0x12345678"),
        ("reset.bin", 4, 0x7000_0001, "reset vector 0x70000001"),
        ("even.bin", 4, 0x6000_2278, "even"),
    ] {
        let bytes = patched(bin.clone(), &[(at, &word.to_le_bytes())]);
        let file = cli.file(name, bytes);
        cli.run(&["write", "--fcb", "issi.cfg", "--base", "0x60002000", &file])
            .says(3, &[name, words]);
    }
    assert_eq!(cli.flash(), before);
    untouched(&cli);
}

#[test]
fn broken_cfg_is_shown_with_a_caret() {
    let (_, text) = rtboot_fcb::database::files()[0];
    let cli = Cli::fresh();
    let before = cli.flash();
    let mut latin = text.as_bytes().to_vec();
    latin.extend_from_slice(b"# caf\xE9\n");
    for (name, bytes, words) in [
        (
            "typo.cfg",
            text.replacen("\nsize", "\nszie", 1).into_bytes(),
            &["unknown key `szie`", "did you mean `size`?", "^^^^"][..],
        ),
        (
            "type.cfg",
            text.replacen("page-size = 256", "page-size = true", 1)
                .into_bytes(),
            &["page-size", "^^^^"],
        ),
        (
            "value.cfg",
            text.replacen("clock = 6", "clock = 99", 1).into_bytes(),
            &["clock", "99", "^^"],
        ),
        ("latin.cfg", latin, &["not UTF-8", "column 6"]),
        ("nothing.cfg", Vec::new(), &["nothing.cfg"]),
        ("toml.cfg", b"name = \n".to_vec(), &["line 1", "not TOML"]),
    ] {
        let file = cli.file(name, bytes);
        cli.run(&["write", "--fcb", &file, &app("blinky.elf")])
            .says(3, words)
            .says(3, &["[bad-cfg]", name, "line "]);
    }
    assert_eq!(cli.flash(), before);
    untouched(&cli);
}

#[test]
fn bad_fcb_files_and_unknown_names_are_refused() {
    let block = app_bytes("blinky_boot.bin")[..512].to_vec();
    let cli = Cli::fresh();
    let before = cli.flash();
    for (name, bytes, words) in [
        (
            "short.fcb",
            block[..511].to_vec(),
            "has 512 bytes, here are 511",
        ),
        (
            "long.fcb",
            [block.clone(), vec![0]].concat(),
            "has 512 bytes, here are 513",
        ),
        (
            "tag.fcb",
            patched(block.clone(), &[(0, b"XXXX")]),
            "no FCB tag",
        ),
    ] {
        let file = cli.file(name, bytes);
        cli.run(&["write", "--fcb", &file, &app("blinky.elf")])
            .says(3, &[words, name, "[bad-fcb-file]"]);
    }
    cli.run(&["write", "--fcb", "IS25LP064", &app("blinky.elf")])
        .says(3, &["no file and no known NOR part", "did you mean"]);
    cli.run(&["write", "--fcb", "parts/none.cfg", &app("blinky.elf")])
        .says(4, &["cannot read parts/none.cfg"]);
    assert_eq!(cli.flash(), before);
    untouched(&cli);
    let good = cli.file("good.fcb", block);
    cli.run(&["write", "--fcb", &good, &app("blinky.elf")])
        .says(0, &["good.fcb, 512 bytes"]);
    cli.would_start();
}
