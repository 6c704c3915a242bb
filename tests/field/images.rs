//! Boot images as SDKs, IDEs and other tools make them.

use crate::kit::app;
use crate::kit::cli::Cli;

#[test]
fn a_whole_image_is_written_byte_for_byte() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    cli.run(&["write", "image.bin"]).good();
    assert_eq!(cli.flash()[..image.len()], image);
    cli.would_start();
}

/// A bare application for flash of 10 KiB with these bytes before its vector table.
fn padded(fill: u8) -> Vec<u8> {
    let vectors = [0x2001_0000u32, 0x6000_2401].map(u32::to_le_bytes).concat();
    let mut bytes: Vec<u8> = (0..0x2800u32).map(|n| (n * 5) as u8 & 0x7F).collect();
    bytes[..0x2000].fill(fill);
    bytes[0x2000..0x2008].copy_from_slice(&vectors);
    bytes[0x2400..0x2402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// That verify and doctor agree with a write of this file.
#[track_caller]
fn agreed(cli: &Cli, file: &str, flags: &[&str]) {
    let named = [&["write", file], flags].concat();
    cli.run(&named).good();
    cli.run(&[&["verify", file], flags].concat())
        .says(0, &["identical"]);
    cli.run(&[&["doctor", file], flags].concat())
        .says(0, &["nothing is wrong"]);
    cli.run(&named).says(0, &["nothing to do"]);
}

#[test]
fn padding_that_was_dropped_is_no_difference() {
    for fill in [0xFF, 0x00] {
        let cli = Cli::fresh();
        cli.file("app.bin", padded(fill));
        for fcb in ["--fcb=IS25LP064A", "--fcb=issi.cfg"] {
            agreed(&cli, "app.bin", &["--base=0x60000000", fcb]);
        }
        // without the part's name the FCB may be any
        cli.run(&["verify", "--base", "0x60000000", "app.bin"])
            .good();
        cli.run(&["doctor", "--base", "0x60000000", "app.bin"])
            .good();
        cli.would_start();
    }
}

#[test]
fn every_kind_of_file_is_found_again() {
    let fcb = "--fcb=IS25LP064A";
    for name in [
        "blinky.elf",
        "blinky.hex",
        "blinky.srec",
        "blinky.bin",
        "blinky_boot.bin",
        "blinky_boot.elf",
        "blinky_boot.hex",
        "blinky_fast.elf",
    ] {
        let cli = Cli::fresh();
        let file = app(name);
        agreed(&cli, &file, &[fcb]);
        cli.run(&["verify", &file]).good();
        cli.run(&["doctor", &file]).good();
    }
}

#[test]
fn made_header_that_is_gone_is_a_difference() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    cli.run(&["write", "--fcb=IS25LP064A", &elf]).good();
    cli.run(&["erase", "0x60001000", "4K"]).good();
    cli.run(&["verify", &elf]).says(33, &["0x60001000"]);
    cli.run(&["write", "--fcb=IS25LP064A", &elf]).good();
    cli.run(&["erase", "0x60000000", "4K"]).good();
    cli.run(&["verify", &elf]).says(33, &["0x60000000"]);
    cli.run(&["verify", "--as-is", &elf]).good();
}

#[test]
fn header_of_another_tool_is_no_difference() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    let build = ["image", "build", &elf, "--fcb", "IS25LP064A"];
    let entry = ["--entry", "0x60002000", "-o", "other.bin"];
    cli.run_bare(&[&build[..], &entry].concat()).good();
    cli.run(&["write", "other.bin"]).good();
    cli.run(&["verify", &elf]).says(0, &["identical"]);
    cli.run(&["doctor", &elf]).says(0, &["nothing is wrong"]);
}

#[test]
fn blank_flash_is_not_programmed() {
    let cli = Cli::fresh();
    let run = cli.run(&["--json", "verify", &app("blinky.elf")]);
    assert_eq!(run.code, 33, "{run}");
    assert_eq!(run.last()["code"], "not-programmed", "{run}");
    cli.run(&["verify", &app("blinky.elf")])
        .says(33, &["not programmed"]);
}
