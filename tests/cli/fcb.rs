//! `fcb` on the real program: work on files, without a board; and `fcb` and `image` once with one.

use crate::kit::app;
use crate::kit::cli::Cli;

#[test]
fn fcb_survives_every_format_and_back() {
    let cli = Cli::without_board();
    let bin = cli.at("fcb.bin");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &bin])
        .says(0, &["fcb.bin: 512 bytes, from IS25LP064A (issi.cfg)"]);
    for name in ["fcb.yaml", "fcb.cfg"] {
        let file = cli.at(name);
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
    let rust = cli.at("fcb.rs");
    cli.run_bare(&["fcb", "build", &bin, "-o", &rust])
        .says(0, &["fcb.rs"]);
    let text = std::fs::read_to_string(&rust).expect("written");
    assert!(
        text.contains("pub static FLEXSPI_CONFIGURATION_BLOCK: [u8; 512]"),
        "{text}"
    );
    // with the facts of a part, the .cfg can be used to write
    let cfg = cli.at("mine.cfg");
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
fn fcb_differences_and_contradictions_exit_1() {
    let cli = Cli::without_board();
    let run = cli
        .run_bare(&["fcb", "diff", "IS25LP064A", "W25Q128JV", "--json"])
        .says(1, &[]);
    let result = run.last();
    let differences = result["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 1, "{result}");
    assert_eq!(differences[0]["alias"], "sflashA1Size");
    let bin = cli.at("fcb.bin");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &bin])
        .says(0, &[]);
    let mut bytes = std::fs::read(&bin).expect("written");
    bytes[0x46] = 7;
    let fast = cli.file("fast.bin", &bytes);
    cli.run_bare(&["fcb", "check", &fast, "--part", "IS25LP064A"])
        .says(
            0,
            &[
                "133 MHz (index 7) is above the 104 MHz limit of IS25LP064A",
                "nothing that cannot work",
            ],
        );
    let cfg = cli.at("mine.cfg");
    cli.run_bare(&["fcb", "build", "IS25LP064A", "-o", &cfg])
        .says(0, &[]);
    cli.run_bare(&["fcb", "check", &fast, "--part", &cfg])
        .says(0, &["[fcb-clock-part]"]);
    bytes[0x84] = 4;
    let short = cli.file("short.bin", &bytes);
    cli.run_bare(&["fcb", "check", &short, "--part", "IS25LP064A"])
        .says(1, &["[fcb-read-misfit]", "1 thing cannot work"]);
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
fn option_words_and_sfdp_become_an_fcb() {
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
    cli.run_bare(&["fcb", "check", "0xC0000006"])
        .says(2, &["give it with --sfdp FILE"]);
    cli.run_bare(&["fcb", "show", "0xC0000006", "--cfg"])
        .says(2, &["give it with --sfdp FILE"]);
    // the RT1024's flashloader samples inside the controller, at 60 MHz
    let other = "0xC0000006 W25Q64JV --chip rt1024 --sfdp";
    let other: Vec<&str> = other.split(' ').chain([sfdp.as_str()]).collect();
    cli.run_bare(&[&["fcb", "diff"], &other[..]].concat())
        .says(0, &["they are equal"]);
    let block = [
        "fcb",
        "show",
        "0xC0000006",
        "--chip",
        "rt1024",
        "--sfdp",
        &sfdp,
    ];
    cli.run_bare(&block).says(
        0,
        &[
            "3           60 MHz (index 3)",
            "0           internal loopback",
        ],
    );
    cli.run_bare(&["fcb", "show", "0xC0010006", "--sfdp", &sfdp])
        .says(2, &["the flashloader answers 4"]);
    let noise = cli.file("noise.bin", [0xFF; 256]);
    cli.run_bare(&["fcb", "show", "0xC0000006", "--sfdp", &noise])
        .says(3, &["no SFDP signature", "the flashloader answers 20107"]);
}

#[test]
fn fcb_survives_c_and_rust_source() {
    let cli = Cli::without_board();
    for name in ["fcb.c", "fcb.h", "fcb.rs"] {
        let file = cli.at(name);
        cli.run_bare(&["fcb", "build", "W25Q64JV", "-o", &file])
            .says(0, &[name]);
        cli.run_bare(&["fcb", "diff", &file, "W25Q64JV"])
            .says(0, &["they are equal"]);
    }
    let text = std::fs::read_to_string(cli.at("fcb.c")).expect("written");
    let short = cli.file("short.c", text.replacen("0x46, ", "", 1));
    cli.run_bare(&["fcb", "show", &short]).says(
        3,
        &["short.c: line 10: the list holds 511 numbers", "[bad-file]"],
    );
}

#[test]
fn yaml_with_an_unknown_key_names_its_line() {
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
fn the_fcb_of_a_board_is_read_where_its_chip_has_it() {
    let cli = Cli::made(&["--chip", "rt1010"]);
    cli.run_bare(&[
        "fcb",
        "build",
        "AT25SF128A",
        "-o",
        "fcb.bin",
        "--chip",
        "rt1010",
    ])
    .says(0, &[]);
    let block = cli.read("fcb.bin");
    cli.file("board/flash.bin", [vec![0xFF; 0x400], block].concat());
    cli.run(&["fcb", "diff", "board", "fcb.bin"])
        .says(0, &["they are equal"]);
}

#[test]
fn board_flash_is_accepted_as_a_source() {
    let cli = Cli::fresh();
    cli.run(&["image", "show", "board"])
        .says(0, &["read from the flash of the board: id 9d 60 17, 8 MiB"]);
    cli.run(&["image", "check", "board"])
        .says(1, &["[fcb-missing]"]);
    cli.run(&["fcb", "show", "board"]).says(3, &["no FCB tag"]);
    cli.run(&["write", "--fcb", "issi.cfg", &app("blinky.elf")])
        .says(0, &[]);
    cli.run(&["image", "check", "board"])
        .says(0, &["the ROM would start it"]);
    cli.run(&["fcb", "diff", "board", "issi.cfg"])
        .says(0, &["they are equal"]);
    let shown = cli.run(&["image", "show", "board", "--json"]).last();
    assert_eq!(shown["kind"], "boot image with FCB", "{shown}");
}
