//! `image` on the real program: work on files, without a board.

use crate::kit::app;
use crate::kit::cli::{Cli, Run};

#[test]
fn an_image_is_built_checked_and_converted() {
    let cli = Cli::without_board();
    let bytes = cli.built("image.bin");
    let image = cli.at("image.bin");
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
    let mut last = image;
    for name in ["a.hex", "a.srec", "a.uf2", "back.bin"] {
        let next = cli.at(name);
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
fn dcd_is_read_from_bytes_or_a_c_array() {
    let cli = Cli::without_board();
    let table = [
        0xD2, 0x00, 0x10, 0x41, 0xCC, 0x00, 0x0C, 0x04, 0x40, 0x2F, 0x00, 0x00, 0x10, 0x00, 0x00,
        0x04,
    ];
    let binary = cli.file("dcd.bin", table);
    let bytes: String = table[3..]
        .iter()
        .map(|byte| format!("    {byte:#04X}, /* x */\n"))
        .collect();
    let text = "#include \"dcd.h\"\nconst uint8_t dcd_data[] = {\n    /* HEADER */\n    /* Tag */\n    0xD2,\n    /* Image Length */\n    0x00, 0x10,\n";
    let source = cli.file("dcd.c", format!("{text}{bytes}}};\n"));
    let mut app = [0x2001_0000_u32, 0x8000_2101]
        .map(u32::to_le_bytes)
        .concat();
    app.resize(0x400, 0xA5);
    let app = cli.file("sdram.bin", app);
    let build = |dcd: &str, name: &str| {
        let image = cli.at(name);
        cli.run_bare(&[
            "image",
            "build",
            &app,
            "--base",
            "0x80002000",
            "--dcd",
            dcd,
            "-o",
            &image,
        ])
        .says(0, &["made an IVT"]);
        std::fs::read(image).expect("written")
    };
    let image = build(&source, "c.bin");
    assert_eq!(image, build(&binary, "binary.bin"));
    assert_eq!(image[0x1040..0x1050], table);
    let none = cli.file("none.c", "int x = 1;\n");
    cli.run_bare(&[
        "image",
        "build",
        &app,
        "--base",
        "0x80002000",
        "--dcd",
        &none,
        "-o",
        &cli.at("x.bin"),
    ])
    .says(
        3,
        &["none.c: line 1: there is no list of numbers; an array of bytes is read"],
    );
}

#[test]
fn colour_only_on_terminals_or_when_forced() {
    let cli = Cli::without_board();
    let show = |name: &str, value: &str| {
        let mut command = cli.command();
        command.env_remove("NO_COLOR").env(name, value);
        Run::of(command.args(["image", "show", &app("blinky.elf")])).good()
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
fn sd_card_image_starts_with_ivt_and_has_no_fcb() {
    let cli = Cli::without_board();
    // stack, reset handler: linked to 0x20002000
    let mut bytes = [0x2001_0000_u32, 0x2000_2101]
        .map(u32::to_le_bytes)
        .concat();
    bytes.resize(0x400, 0xA5);
    let app = cli.file("ram.bin", bytes.clone());
    let card = cli.at("card.bin");
    let build = ["image", "build", &app, "--base", "0x20002000", "--sd", "-o"];
    // --fcb contradicts --sd; an FCB from the environment is a default for other images and is ignored
    cli.run_bare(&[&build[..], &[&card, "--fcb", "no such part"]].concat())
        .says(2, &["--sd", "cannot be used with", "--fcb"]);
    let mut command = cli.command();
    command
        .args([&build[..], &[&card]].concat())
        .env("RTBOOT_FCB", "no such part");
    Run::of(&mut command).says(0, &["made an IVT at byte 0x400 of the card"]);
    let file = std::fs::read(&card).expect("written");
    assert_eq!(file[..4], [0xD1, 0x00, 0x20, 0x40]);
    assert_eq!(file[0x14..0x18], 0x2000_1400_u32.to_le_bytes());
    assert_eq!(file[0xC00..], bytes);
    // other formats count from the card's first byte
    let hex = cli.at("card.hex");
    cli.run_bare(&[&build[..], &[&hex]].concat())
        .says(0, &["0x00000400..0x0000042c, 0x00001000..0x00001400"]);
}

#[test]
fn backup_too_large_to_read_is_refused() {
    let cli = Cli::without_board();
    let raw = cli.file("a.bin", [1, 2, 3, 4].repeat(13 << 18));
    let out = cli.at("a.uf2");
    cli.run_bare(&["image", "convert", &raw, &out, "--base", "0x60000000"])
        .says(
            0,
            &[
                "warning: ",
                "rtboot reads no file of more than 26214400 bytes again",
            ],
        );
    // a backup is refused before any board is asked
    let run = cli.run_bare(&["--board", "uart:none", "read", "0x60000000", "10M", "a.hex"]);
    run.says(2, &["a.hex would have 28838412 bytes", "not read again"]);
    let run = cli.run_bare(&[
        "--board",
        "uart:none",
        "read",
        "0x60000000",
        "32M",
        "a.srec",
    ]);
    run.says(2, &["not read again"]);
    cli.run_bare(&["--board", "uart:none", "read", "0x60000000", "8M", "a.hex"])
        .says(10, &["does not exist"]);
}

#[test]
fn convert_crops_fills_and_moves() {
    let cli = Cli::without_board();
    let raw = cli.file("a.bin", (0..64).collect::<Vec<u8>>());
    let out = cli.at("out.bin");
    let convert = |more: &[&str]| {
        let args = ["image", "convert", &raw, &out, "--base", "0x60002000"];
        cli.run_bare(&[&args[..], more].concat())
    };
    convert(&["--crop", "0x60002010..0x60002014"])
        .says(0, &["the file's first byte belongs to 0x60002010"]);
    assert_eq!(std::fs::read(&out).expect("written"), [16, 17, 18, 19]);
    convert(&[
        "--crop",
        "0x6000203e..0x60002042",
        "--fill",
        "0xAA",
        "--offset",
        "-0x60000000",
    ])
    .says(0, &["the file's first byte belongs to 0x0000203e"]);
    assert_eq!(std::fs::read(&out).expect("written"), [62, 63, 0xAA, 0xAA]);
    convert(&["--crop", "0x1..0x2"]).says(2, &["nothing is left"]);
    convert(&["--offset", "-0x70000000"]).says(3, &["cannot be moved by -0x70000000"]);
}

#[test]
fn image_show_draws_svg_and_lists_symbols() {
    let cli = Cli::without_board();
    let svg = cli.at("map.svg");
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
