//! `fcb` and `image` on the real program: work at the desk, without a board, and once with one.

mod cli_rig;

use cli_rig::{Cli, app};

fn path(cli: &Cli, name: &str) -> String {
    cli.path(name).display().to_string()
}

#[test]
fn a_block_goes_through_every_form_and_back() {
    let cli = Cli::without_board();
    let bin = path(&cli, "fcb.bin");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &bin])
        .says(0, &["fcb.bin: 512 bytes, from issi.cfg of the database"]);
    for name in ["fcb.yaml", "fcb.cfg"] {
        let file = path(&cli, name);
        cli.run_bare(&["fcb", "build", &bin, "-o", &file])
            .says(0, &[name]);
        cli.run_bare(&["fcb", "diff", &file, &bin])
            .says(0, &["they are equal"]);
    }
    let c = cli.run_bare(&["fcb", "build", &bin, "--as", "c", "-o", "-"]);
    c.says(
        0,
        &[
            "const uint8_t flexspi_nor_config[512]",
            "EBh 1-4-4, 24-bit address, 6 dummy cycles",
        ],
    );
    let rust = path(&cli, "fcb.rs");
    cli.run_bare(&["fcb", "build", &bin, "-o", &rust])
        .says(0, &["fcb.rs"]);
    let text = std::fs::read_to_string(&rust).expect("written");
    assert!(
        text.contains("pub static FLEXSPI_CONFIGURATION_BLOCK: [u8; 512]"),
        "{text}"
    );
    // with a part's facts the .cfg is one to flash with
    let cfg = path(&cli, "mine.cfg");
    cli.run_bare(&["fcb", "build", &bin, "--part", "W25Q64JV", "-o", &cfg])
        .says(0, &["mine.cfg"]);
    cli.run_bare(&["fcb", "show", &cfg]).says(
        0,
        &[
            "W25Q64JV (Winbond)",
            "EBh 1-4-4, 24-bit address, 6 dummy cycles",
        ],
    );
}

#[test]
fn differences_and_contradictions_have_exit_code_1() {
    let cli = Cli::without_board();
    let run = cli
        .run_bare(&["fcb", "diff", "IS25LP064A", "W25Q128JV", "--json"])
        .says(1, &[]);
    let result = run.last();
    let differences = result["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 1, "{result}");
    assert_eq!(differences[0]["alias"], "sflashA1Size");
    let bin = path(&cli, "fcb.bin");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &bin])
        .says(0, &[]);
    let mut bytes = std::fs::read(&bin).expect("written");
    bytes[0x46] = 7;
    let fast = cli.file("fast.bin", &bytes);
    cli.run_bare(&["fcb", "check", &fast, "--part", "IS25LP064A"])
        .says(
            1,
            &[
                "133 MHz (index 7) is above the 104 MHz that IS25LP064A takes",
                "1 thing cannot work",
            ],
        );
    let cfg = path(&cli, "mine.cfg");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &cfg])
        .says(0, &[]);
    cli.run_bare(&["fcb", "check", &fast, "--part", &cfg])
        .says(1, &["[fcb-clock-part]"]);
    cli.run_bare(&["fcb", "check", &bin])
        .says(0, &["no part to hold it against"]);
    bytes[0] = 0;
    let none = cli.file("none.bin", &bytes);
    cli.run_bare(&["fcb", "check", &none])
        .says(3, &["no FCB tag"]);
}

/// An SFDP of 16 dwords that says what W25Q64JV says.
fn sfdp() -> Vec<u8> {
    let dwords: [u32; 16] = [
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
    ];
    let mut bytes = b"SFDP\x05\x01\x00\xff\x00\x05\x01\x10\x10\x00\x00\xff".to_vec();
    bytes.extend(dwords.iter().flat_map(|dword| dword.to_le_bytes()));
    bytes
}

#[test]
fn option_words_become_a_block_with_the_sfdp() {
    let cli = Cli::without_board();
    let sfdp = cli.file("sfdp.bin", sfdp());
    cli.run_bare(&["fcb", "diff", "0xC0000006", "W25Q64JV", "--sfdp", &sfdp])
        .says(0, &["they are equal"]);
    cli.run_bare(&[
        "fcb",
        "show",
        "0xC0000006",
        "--sfdp",
        &sfdp,
        "--status",
        "00,00",
    ])
    .says(0, &["the flashloader writes 01 00 02 to the flash"]);
    cli.run_bare(&["fcb", "show", "0xC0000006"])
        .says(2, &["give it with --sfdp FILE"]);
    cli.run_bare(&["fcb", "show", "0xC0010006", "--sfdp", &sfdp])
        .says(2, &["the flashloader answers 4"]);
    let noise = cli.file("noise.bin", [0xFF; 256]);
    cli.run_bare(&["fcb", "show", "0xC0000006", "--sfdp", &noise])
        .says(3, &["no SFDP signature", "the flashloader answers 20107"]);
}

#[test]
fn source_text_goes_there_and_back() {
    let cli = Cli::without_board();
    for name in ["fcb.c", "fcb.h", "fcb.rs"] {
        let file = path(&cli, name);
        cli.run_bare(&["fcb", "build", "W25Q64JV", "-o", &file])
            .says(0, &[name]);
        cli.run_bare(&["fcb", "diff", &file, "W25Q64JV"])
            .says(0, &["they are equal"]);
    }
    let text = std::fs::read_to_string(path(&cli, "fcb.c")).expect("written");
    let short = cli.file("short.c", text.replacen("0x46, ", "", 1));
    cli.run_bare(&["fcb", "show", &short]).says(
        3,
        &["short.c: line 10: the list holds 511 numbers", "[bad-file]"],
    );
}

#[test]
fn yaml_with_a_slip_names_its_line() {
    let cli = Cli::without_board();
    let yaml = cli.file(
        "fcb.yaml",
        "family: mimxrt1020\nfcb_settings:\n  csHoldTim: 3\n",
    );
    cli.run_bare(&["fcb", "show", &yaml]).says(
        3,
        &[
            "fcb.yaml: line 3: unknown key `csHoldTim`; did you mean `csHoldTime`?",
            "[bad-file]",
        ],
    );
}

#[test]
fn an_image_is_built_checked_and_converted() {
    let cli = Cli::without_board();
    let image = path(&cli, "image.bin");
    cli.run_bare(&[
        "image",
        "build",
        &app("blinky.elf"),
        "--fcb",
        "IS25LP064A",
        "-o",
        &image,
    ])
    .says(0, &["image.bin:", "made an IVT at 0x60001000"]);
    cli.run_bare(&["image", "check", &image])
        .says(0, &["nothing here keeps the ROM from starting it"]);
    cli.run_bare(&["image", "check", &app("blinky.elf")]).says(
        1,
        &[
            "[fcb-missing]",
            "[ivt-missing]",
            "`rtboot image build` put the headers around it",
        ],
    );
    // through the other formats and back to the same bytes
    let bytes = std::fs::read(&image).expect("written");
    let mut last = image;
    for name in ["a.hex", "a.srec", "a.uf2", "back.bin"] {
        let next = path(&cli, name);
        cli.run_bare(&["image", "convert", &last, &next])
            .says(0, &[name]);
        last = next;
    }
    let back = std::fs::read(&last).expect("written");
    assert_eq!(back[..bytes.len()], bytes);
    assert!(
        back[bytes.len()..].iter().all(|byte| *byte == 0xFF),
        "UF2 has whole pages"
    );
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let cli = Cli::without_board();
    let show = |name: &str, value: &str| {
        let mut command = cli.command();
        command.env_remove("NO_COLOR").env(name, value);
        let output = command.args(["image", "show", &app("blinky.elf")]).output();
        String::from_utf8(output.expect("it runs").stdout).expect("text")
    };
    let piped = show("CLICOLOR", "1");
    assert!(!piped.contains('\x1b'), "{piped}");
    let forced = show("CLICOLOR_FORCE", "1");
    assert!(forced.contains("\x1b[32mvector table: stack"), "{forced}");
    // the same but for the colours
    let plain = forced
        .split('\x1b')
        .map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
    let first = forced.split('\x1b').next().unwrap_or_default();
    assert_eq!(first.to_owned() + &plain.skip(1).collect::<String>(), piped);
}

#[test]
fn an_image_for_a_card_begins_with_its_ivt_and_has_no_fcb() {
    let cli = Cli::without_board();
    // stack, reset handler: linked to 0x20002000
    let mut bytes = [0x2001_0000_u32, 0x2000_2101]
        .map(u32::to_le_bytes)
        .concat();
    bytes.resize(0x400, 0xA5);
    let app = cli.file("ram.bin", bytes.clone());
    let card = path(&cli, "card.bin");
    let build = ["image", "build", &app, "--base", "0x20002000", "--sd", "-o"];
    cli.run_bare(&[&build[..], &[&card, "--fcb", "IS25LP064A"]].concat())
        .says(0, &["made an IVT at byte 0x400 of the card"]);
    let file = std::fs::read(&card).expect("written");
    assert_eq!(file[..4], [0xD1, 0x00, 0x20, 0x40]);
    assert_eq!(file[0x14..0x18], 0x2000_1400_u32.to_le_bytes());
    assert_eq!(file[0xC00..], bytes);
    // other formats count from the card's first byte
    let hex = path(&cli, "card.hex");
    cli.run_bare(&[&build[..], &[&hex]].concat())
        .says(0, &["0x00000400..0x0000042c, 0x00001000..0x00001400"]);
}

#[test]
fn convert_cuts_fills_and_moves() {
    let cli = Cli::without_board();
    let raw = cli.file("a.bin", (0..64).collect::<Vec<u8>>());
    let out = path(&cli, "out.bin");
    cli.run_bare(&[
        "image",
        "convert",
        &raw,
        &out,
        "--base",
        "0x60002000",
        "--crop",
        "0x60002010..0x60002014",
    ])
    .says(0, &["the file's first byte belongs to 0x60002010"]);
    assert_eq!(std::fs::read(&out).expect("written"), [16, 17, 18, 19]);
    cli.run_bare(&[
        "image",
        "convert",
        &raw,
        &out,
        "--base",
        "0x60002000",
        "--crop",
        "0x6000203e..0x60002042",
        "--fill",
        "0xAA",
        "--offset",
        "-0x60000000",
    ])
    .says(0, &["the file's first byte belongs to 0x0000203e"]);
    assert_eq!(std::fs::read(&out).expect("written"), [62, 63, 0xAA, 0xAA]);
    cli.run_bare(&[
        "image",
        "convert",
        &raw,
        &out,
        "--base",
        "0x60002000",
        "--crop",
        "0x1..0x2",
    ])
    .says(2, &["nothing is left"]);
    cli.run_bare(&[
        "image",
        "convert",
        &raw,
        &out,
        "--base",
        "0x60002000",
        "--offset",
        "-0x70000000",
    ])
    .says(3, &["address space"]);
}

#[test]
fn show_draws_and_lists() {
    let cli = Cli::without_board();
    let svg = path(&cli, "map.svg");
    cli.run_bare(&[
        "image",
        "show",
        &app("blinky_boot.elf"),
        "--svg",
        &svg,
        "--symbols",
        "3",
    ])
    .says(
        0,
        &["FCB", "IVT", "vector table", "symbols   the largest 3 of"],
    );
    let text = std::fs::read_to_string(&svg).expect("drawn");
    assert!(
        text.starts_with("<svg") && text.contains("0x60001000"),
        "{text}"
    );
    let shown = cli
        .run_bare(&["--json", "image", "show", &app("blinky.elf")])
        .last();
    assert!(
        shown["symbols"]
            .as_array()
            .is_some_and(|symbols| !symbols.is_empty()),
        "{shown}"
    );
}

#[test]
fn the_boards_flash_is_a_source_too() {
    let cli = Cli::fresh();
    cli.run(&["image", "show", "board"])
        .says(0, &["read from the flash of the board: id 9d 60 17, 8 MiB"]);
    cli.run(&["image", "check", "board"])
        .says(1, &["[fcb-missing]"]);
    cli.run(&["fcb", "show", "board"]).says(3, &["no FCB tag"]);
    cli.run(&["write", "--fcb", "issi.cfg", &app("blinky.elf")])
        .says(0, &[]);
    cli.run(&["image", "check", "board"])
        .says(0, &["nothing here keeps the ROM from starting it"]);
    cli.run(&["fcb", "diff", "board", "issi.cfg"])
        .says(0, &["they are equal"]);
    let shown = cli.run(&["image", "show", "board", "--json"]).last();
    assert_eq!(shown["kind"], "boot image with FCB", "{shown}");
}
