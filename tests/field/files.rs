//! Files that are no boot images, and files in a shape of their own: what their makers meant, and what is refused.

use std::io::Write;
use std::process::Stdio;

use crate::kit::cli::{Cli, Run, patched};
use crate::kit::{app, app_bytes};

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An application of 2 KiB for an address, its handlers at the end; what it holds does not look like code.
fn application(base: u32) -> Vec<u8> {
    let mut bytes = words(&[0x2001_0000, base + 0x401]);
    bytes.extend(words(&[base + 0x411; 14]));
    bytes.resize(0x400, 0xA5);
    bytes.resize(0x800, 0xBF);
    bytes
}

/// Intel HEX with an extended linear address before every line, as some linkers write it.
pub fn hex(memory: &[(u32, &[u8])]) -> String {
    let line = |kind: u8, address: u16, bytes: &[u8]| {
        let head = [bytes.len() as u8, (address >> 8) as u8, address as u8, kind];
        let all = [&head[..], bytes].concat();
        let sum = all.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
        let digits: String = all.iter().map(|byte| format!("{byte:02X}")).collect();
        format!(":{digits}{sum:02X}\r\n")
    };
    let mut text = String::new();
    for &(address, bytes) in memory {
        for (index, piece) in bytes.chunks(16).enumerate() {
            let at = address + index as u32 * 16;
            text += &line(4, 0, &((at >> 16) as u16).to_be_bytes());
            text += &line(0, at as u16, piece);
        }
    }
    text + &line(1, 0, &[])
}

#[test]
fn a_web_page_is_no_firmware_and_changes_nothing() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let page = "<!DOCTYPE html>\n<html><body>404: not found</body></html>\n";
    cli.file("firmware.bin", page);
    cli.run(&["write", "--fcb", "IS25LP064A", "firmware.bin"])
        .says(
            3,
            &[
                "firmware.bin: this is not firmware but an HTML page",
                "write --as-is --base ADDRESS firmware.bin` writes any bytes as they are",
            ],
        );
    assert_eq!(cli.flash(), before);
}

#[test]
fn as_is_takes_any_bytes_at_a_base() {
    let fcb = app_bytes("blinky_boot.bin")[..512].to_vec();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIB\n-----END CERTIFICATE-----\n";
    for (name, bytes) in [
        ("config.json", b"{ \"ssid\": \"x\" }\n".to_vec()),
        ("key.pem", pem.into()),
        ("page.html", b"<!DOCTYPE html><html></html>".to_vec()),
        ("zeros.bin", vec![0; 300]),
        ("blank.bin", vec![0xFF; 300]),
        ("short.bin", vec![1, 2, 3]),
        ("block.fcb", fcb),
        ("fs.zip", b"PK\x03\x04 and so on".to_vec()),
    ] {
        let cli = Cli::fresh();
        cli.file(name, &bytes);
        cli.run(&["write", "--as-is", "--base", "0x60300010", name])
            .good();
        let mut flash = cli.flash();
        flash.resize(8 << 20, 0xFF);
        assert_eq!(flash[0x30_0010..][..bytes.len()], bytes, "{name}");
        assert!(flash[..0x30_0000].iter().all(|byte| *byte == 0xFF));
        cli.run(&["verify", "--base", "0x60300010", name])
            .says(0, &["identical"]);
        cli.run(&["verify", "--base", "0x60300020", name])
            .says(if name == "blank.bin" { 0 } else { 33 }, &[]);
        cli.run_bare(&["image", "convert", "--base", "0x60300010", name, "a.hex"])
            .says(0, &["0x60300010.."]);
        // without a base nothing is guessed; an FCB has one place only
        let expected = if name == "block.fcb" { 0 } else { 3 };
        let run = cli.run_bare(&["image", "convert", name, "b.hex"]);
        assert_eq!(run.code, expected, "{name}: {run}");
    }
}

#[test]
fn formats_with_addresses_take_no_base() {
    let cli = Cli::fresh();
    let before = cli.flash();
    for name in ["blinky.elf", "blinky.hex", "blinky.srec"] {
        cli.run(&["write", "--as-is", "--base", "0x60300000", &app(name)])
            .says(3, &["bring their own addresses"]);
    }
    cli.file("broken.hex", "# not yet built\n");
    cli.run(&["write", "--as-is", "--base", "0x60300000", "broken.hex"])
        .says(3, &["broken.hex: Intel HEX"]);
    assert_eq!(cli.flash(), before);
}

#[test]
fn data_in_the_place_of_a_header_is_told() {
    let cli = Cli::fresh();
    cli.file("data.bin", [7; 0x20]);
    let as_is = |base| cli.run(&["write", "--as-is", "--base", base, "data.bin"]);
    as_is("0x60000100").says(0, &["warning: ", "where the FCB should be"]);
    as_is("0x60001010").says(0, &["warning: ", "where the IVT and boot data should be"]);
    let run = as_is("0x60001100");
    assert!(!run.stderr.contains("warning"), "{run}");
}

#[test]
fn raw_application_for_another_place_is_not_guessed() {
    let cli = Cli::fresh();
    let before = cli.flash();
    // as CircuitPython is linked: its handlers lie inside the file at 0x60002000, too
    let mut bytes = application(0x6000_C000);
    bytes.resize(0x1_0000, 0x42);
    cli.file("circuit.bin", &bytes);
    let run = cli.run(&["write", "--fcb", "IS25LP064A", "circuit.bin"]);
    run.says(3, &["is unknown", "0x60002000 (", "next: `--base ADDRESS`"]);
    assert_eq!(cli.flash(), before);
    let run = cli.run_bare(&["image", "show", "--json", "circuit.bin"]);
    let bases = &run.last()["facts"]["bases"];
    assert!(
        bases
            .as_array()
            .expect("bases")
            .contains(&0x6000_C000.into())
    );
    cli.run(&[
        "write",
        "--fcb",
        "IS25LP064A",
        "--base",
        "0x6000C000",
        "circuit.bin",
    ])
    .good();
    assert_eq!(cli.flash()[0xC000..0x1_C000], bytes);
    cli.would_start();
}

/// FCB, IVT and boot data, and an application, as they run in OCRAM.
fn ram_image() -> Vec<u8> {
    let mut image = app_bytes("blinky_boot.bin")[..512].to_vec();
    image.resize(0x1000, 0xFF);
    let ivt = [
        0x4120_00D1,
        0x2020_A000,
        0,
        0,
        0x2020_9020,
        0x2020_9000,
        0,
        0,
    ];
    image.extend(words(&ivt));
    image.extend(words(&[0x2020_8000, 0x2800, 0]));
    image.resize(0x2000, 0xFF);
    image.extend(application(0x2020_A000));
    image
}

#[test]
fn ram_hex_with_its_fcb_is_written_like_the_raw_file() {
    let image = ram_image();
    let pieces = [
        (0x2020_8000, &image[..0x200]),
        (0x2020_9000, &image[0x1000..0x102C]),
        (0x2020_A000, &image[0x2000..]),
    ];
    let (from_hex, from_raw) = (Cli::fresh(), Cli::fresh());
    from_hex.file("ram.hex", hex(&pieces));
    from_raw.file("ram.bin", &image);
    from_hex
        .run(&["write", "ram.hex"])
        .says(0, &["in flash its IVT lies at 0x60001000"]);
    from_raw.run(&["write", "ram.bin"]).good();
    assert_eq!(from_hex.flash(), from_raw.flash());
    from_hex.would_start();
    from_hex.run(&["verify", "ram.hex"]).good();
    from_hex
        .run_bare(&["image", "convert", "ram.hex", "same.bin"])
        .good();
    assert_eq!(
        std::fs::read(from_hex.path("same.bin")).expect("written"),
        image
    );
    for name in ["ram.hex", "same.bin"] {
        from_hex.run_bare(&["image", "check", name]).good();
    }
}

#[test]
fn ram_image_over_the_roms_own_ram_warns() {
    let cli = Cli::fresh();
    let bytes = application(0x2020_2000);
    cli.file("low.hex", hex(&[(0x2020_2000, &bytes)]));
    let words = &["over 0x20200000..0x20208000 that the ROM uses"];
    cli.run_bare(&["image", "check", "low.hex"]).says(1, words);
    cli.run_bare(&["image", "show", "low.hex"]).says(0, words);
    cli.run(&["write", "--fcb", "IS25LP064A", "low.hex"])
        .says(0, words);
}

#[test]
fn ivt_in_another_place_is_named() {
    let cli = Cli::fresh();
    // a bare application, and the IVT of a second image behind it
    let mut bytes = application(0x6000_2000);
    bytes.resize(0xE700, 0xFF);
    bytes.extend(words(&[
        0x4120_00D1,
        0x6001_2000,
        0,
        0,
        0x6001_0720,
        0x6001_0700,
        0,
        0,
        0x6000_F700,
        0x3000,
        0,
    ]));
    cli.file("two.hex", hex(&[(0x6000_2000, &bytes)]));
    cli.run_bare(&["image", "check", "two.hex"]).says(
        1,
        &[
            "there is an IVT at 0x60010700",
            "`rtboot write` and `rtboot image build` put the headers around it",
        ],
    );
}

#[test]
fn check_promises_no_headers_where_write_refuses() {
    let cli = Cli::fresh();
    // it begins where the IVT belongs
    let bytes = application(0x6000_1000);
    cli.file("low.hex", hex(&[(0x6000_1000, &bytes)]));
    let run = cli.run_bare(&["image", "check", "low.hex"]);
    assert!(!run.stdout.contains("put the headers"), "{run}");
    run.says(
        1,
        &["no headers can be put around it", "0x60001000..0x6000102c"],
    );
    cli.run(&["write", "--fcb", "IS25LP064A", "low.hex"])
        .says(3, &["low.hex"]);
}

/// Runs the program on the board with this on its stdin.
fn fed(cli: &Cli, bytes: &[u8], args: &[&str]) -> std::process::Output {
    let mut command = cli.on_board();
    command.args(args).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(bytes).expect("taken");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_dash_is_stdin_and_stdout() {
    let cli = Cli::fresh();
    let (elf, image) = (app_bytes("blinky.elf"), cli.built("image.bin"));
    let out = |bytes: &[u8], args: &[&str]| {
        let done = fed(&cli, bytes, args);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{args:?}: {stderr}");
        done.stdout
    };
    let built = out(
        &elf,
        &["image", "build", "-", "--fcb", "issi.cfg", "-o", "-"],
    );
    assert_eq!(built, image);
    assert_eq!(out(&image, &["image", "convert", "-", "-"]), image);
    out(&image, &["image", "check", "-"]);
    out(&image, &["image", "show", "-"]);
    out(&image[..512], &["fcb", "show", "-"]);
    out(&elf, &["write", "--fcb", "IS25LP064A", "-"]);
    assert_eq!(cli.flash()[..image.len()], image);
    out(&elf, &["verify", "-"]);
    let length = image.len().to_string();
    assert_eq!(out(&[], &["read", "0x60000000", &length, "-"]), image);
    let json = fed(&cli, &image, &["--json", "image", "convert", "-", "-"]);
    assert_eq!(json.status.code(), Some(2));
}

#[test]
fn a_format_that_is_not_written_is_refused_first() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    for name in ["out.elf", "out.AXF"] {
        for args in [
            &[
                "image",
                "build",
                "--fcb",
                "issi.cfg",
                "image.bin",
                "-o",
                name,
            ][..],
            &["image", "convert", "image.bin", name],
            &["read", "0x60000000", "0x3000", name],
        ] {
            cli.run(args).says(2, &[name, "are written"]);
        }
        assert!(!cli.path(name).exists());
    }
    assert_eq!(cli.board().state(), rtboot_sim::State::Rom);
    // UF2 is written as what it is
    cli.run(&["write", "image.bin"]).good();
    cli.run(&["read", "0x60000000", "0x2448", "back.uf2"])
        .good();
    cli.run_bare(&["image", "convert", "back.uf2", "back.bin"])
        .good();
    let back = std::fs::read(cli.path("back.bin")).expect("written");
    assert_eq!(back[..image.len()], image);
}

#[test]
fn an_output_that_cannot_be_made_fails_before_the_board() {
    let cli = Cli::fresh();
    for args in [
        &["read", "0x60000000", "0x3000", "none/out.bin"][..],
        &["read", "0x60000000", "0x3000", "."],
        &["doctor", "--report", "none/report.md"],
        &["fcb", "probe", "--save", "none/part.cfg"],
        &["mboot", "read-memory", "0x60000000", "16", "none/out.bin"],
    ] {
        cli.run(args).says(4, &["cannot write"]);
        assert_eq!(cli.board().state(), rtboot_sim::State::Rom, "{args:?}");
    }
}

#[test]
fn escape_sequences_of_files_never_reach_the_terminal() {
    let cli = Cli::fresh();
    let name = b"\nreset_handler\0".map(|byte| if byte == b'\n' { 0 } else { byte });
    let mut elf = app_bytes("blinky.elf");
    let at = elf.windows(name.len()).position(|part| part == name);
    let at = at.expect("a symbol") + 1;
    elf[at..at + 5].copy_from_slice(b"\x1b[35m");
    cli.file("a\x1b[2Jb.elf", &elf);
    let broken = "#\x1b]0;owned\x07";
    cli.file("c\u{9b}31m.hex", broken);
    for args in [
        &["image", "show", "a\x1b[2Jb.elf"][..],
        &["image", "check", "a\x1b[2Jb.elf"],
        &["write", "--fcb", "IS25LP064A", "a\x1b[2Jb.elf"],
        &["write", "c\u{9b}31m.hex"],
        &["write", "no\x1b[2Jne.elf"],
    ] {
        let mut command = cli.on_board();
        let run = Run::of(command.args(args).env("CLICOLOR_FORCE", "1"));
        let said = run.stdout.clone() + &run.stderr;
        for foreign in ["\x1b[2J", "\x1b[35m", "\x1b]", "\u{9b}", "\x07"] {
            assert!(!said.contains(foreign), "{args:?}: {said:?}");
        }
        assert!(said.contains("\\x"), "{args:?}: {said:?}");
    }
}

#[test]
fn image_for_ram_may_have_its_fcb_in_flash() {
    let mut image = app_bytes("blinky_boot.bin")[..512].to_vec();
    image.resize(0x1000, 0xFF);
    let (start, table) = (0x2000_0000, 0x2000_2000);
    image.extend(words(&[
        0x4020_00D1,
        table + 0x401,
        0,
        0,
        start + 0x1020,
        start + 0x1000,
        0,
        0,
    ]));
    image.extend(words(&[start, 0x2800, 0]));
    image.resize(0x2000, 0xFF);
    image.extend(application(table));
    image[0x2400..0x2402].copy_from_slice(&[0xFE, 0xE7]); // b .
    for at in [start + 0x1000, start + 0xF00] {
        let from = (at - start) as usize;
        let cli = Cli::fresh();
        cli.file(
            "ram.hex",
            hex(&[(0x6000_0000, &image[..512]), (at, &image[from..])]),
        );
        if from != 0x1000 {
            // the IVT is not where one is looked for: nothing is guessed
            let run = cli.run(&["write", "ram.hex"]);
            assert_eq!(run.code, 3, "{run}");
            continue;
        }
        cli.run(&["write", "ram.hex"]).good();
        assert_eq!(cli.flash()[..image.len()], image);
        cli.would_start();
        for command in ["verify", "doctor"] {
            cli.run(&[command, "ram.hex"]).good();
        }
    }
}

#[test]
fn hex_without_the_flash_address_is_told_where_it_belongs() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    cli.file("low.hex", hex(&[(0, &image)]));
    cli.run(&["write", "low.hex"])
        .says(3, &["its self pointer says 0x60001000", "image convert"]);
    cli.run(&[
        "image",
        "convert",
        "--offset",
        "0x60000000",
        "low.hex",
        "high.hex",
    ])
    .good();
    cli.run(&["write", "high.hex"]).good();
    assert_eq!(cli.flash()[..image.len()], image);
}

/// `verify` and `doctor` name the FCB that `--fcb` put there, and blame no cells.
#[test]
fn replaced_fcb_is_named_by_verify_and_doctor() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    cli.file("image.bin", &image);
    // bits of the clock index are cleared and bits of the hold time, as worn cells would do
    cli.file(
        "slow.fcb",
        patched(image[..0x200].to_vec(), &[(0x46, &[4])]),
    );
    cli.run(&["write", "--fcb", "slow.fcb", "image.bin"])
        .says(0, &["differs in clock"]);
    assert_eq!(cli.flash()[0x46], 4);
    cli.run(&["verify", "image.bin"]).says(
        33,
        &[
            "it differs in clock",
            "[other-fcb]",
            "name the same one here",
        ],
    );
    cli.run(&["verify", "--fcb", "slow.fcb", "image.bin"])
        .says(0, &["identical"]);
    let run = cli
        .run(&["doctor", "image.bin"])
        .says(1, &["[app-other-fcb]", "it differs in clock"]);
    assert!(!run.stdout.contains("worn"), "{run}");
    cli.run(&["doctor", "--fcb", "slow.fcb", "image.bin"])
        .says(0, &[]);
    // a byte of the application beside it is a difference like any other
    let mut flash = cli.flash();
    flash[0x2010] ^= 0xFF;
    cli.file("board/flash.bin", &flash);
    cli.run(&["verify", "image.bin"])
        .says(33, &["[verify-failed]"]);
}
