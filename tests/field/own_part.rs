//! A flash whose id no database knows, and the `.cfg` that its user wrote: every command works with it.

use crate::kit::app;
use crate::kit::cli::{Cli, Run};

const CFG: &str = r#"name = "XT25F64B"
jedec = "0b 40 17"
size = "8M"
quad-enable = "sr2-bit1-31h"
clock = "80 MHz"
read = { opcode = 0xEB, address-pads = 4, data-pads = 4, dummy-cycles = 6 }
protection = { mask = 0x7C, complement = 0x40, scheme = "fractions" }
"#;

fn board() -> Cli {
    let cli = Cli::made(&["--part", "xt25f64b"]);
    cli.file("my.cfg", CFG);
    cli
}

/// Everything that needs to know the flash, after a write.
fn all(run: impl Fn(&[&str]) -> Run, blinky: &str) {
    let info = run(&["info"]).good();
    assert!(
        info.contains("XT25F64B") && info.contains("quad enable"),
        "{info}"
    );
    assert!(info.contains("would start:   yes"), "{info}");
    run(&["verify", blinky]).says(0, &["identical", "the ROM would start it"]);
    run(&["doctor", blinky]).says(0, &["nothing is wrong"]);
    run(&["read", "0x60000000", "0x3000", "header.bin"]).good();
    run(&["image", "check", "board"]).says(0, &["the ROM would start it"]);
    run(&["unprotect"]).says(0, &["XT25F64B", "nothing to do"]);
    run(&["blank-check", "0x60100000", "4K"]).good();
    run(&["erase", "0x60100000", "64K"]).good();
}

#[test]
fn own_cfg_works_in_every_command() {
    let cli = board();
    let blinky = app("blinky.elf");
    cli.run(&["erase", "0x60000000", "4K"])
        .fails(30, "does not identify the part");
    cli.run(&["write", "--fcb", "my.cfg", &blinky])
        .says(0, &["to the XT25F64B"]);
    assert_eq!(cli.board().nor().status[1] & 2, 2, "quad enable");
    all(
        |args| cli.run(&[args, &["--fcb", "my.cfg"]].concat()),
        &blinky,
    );
    cli.would_start();
    let flash = cli.flash();
    assert_eq!(cli.read("header.bin"), flash[..0x3000]);
    cli.run(&["erase", "0x60000000..0x60002000", "--fcb", "my.cfg"])
        .good();
    assert!(cli.flash()[..0x2000].iter().all(|&byte| byte == 0xFF));
    assert_eq!(cli.flash()[0x2000..], flash[0x2000..]);
}

#[test]
fn own_cfg_of_the_settings_works_in_every_command() {
    let cli = board();
    let blinky = app("blinky.elf");
    cli.file("rtboot.toml", "fcb = \"my.cfg\"\n");
    cli.run(&["write", &blinky]).says(0, &["to the XT25F64B"]);
    all(|args| cli.run(args), &blinky);
    cli.run(&["write", "--as-is", "--base", "0x60200000", "my.cfg"])
        .good();
    assert!(cli.flash()[0x20_0000..].starts_with(CFG.as_bytes()));
    cli.would_start();
}

#[test]
fn cfg_against_sfdp_stops_an_erase() {
    let cli = board();
    cli.file(
        "my.cfg",
        CFG.replace("clock", "block-size = \"256K\"\nclock"),
    );
    let before = cli.flash();
    for verb in [
        &["erase", "0x60000000", "256K"][..],
        &["info"],
        &["unprotect"],
    ] {
        let run = cli.run(&[verb, &["--fcb", "my.cfg"]].concat());
        let text = format!("{run}");
        assert!(
            text.contains("what D8h erases is 64 KiB by its SFDP"),
            "{text}"
        );
    }
    assert_eq!(cli.flash(), before);
}

#[test]
fn wrong_part_is_named_and_nothing_is_erased() {
    let cli = Cli::fresh();
    cli.run(&["write", "--fcb", "IS25LP064A", &app("blinky.elf")])
        .good();
    let before = cli.flash();
    let run = cli.run(&["erase", "0x60000000", "4K", "--fcb", "W25Q64JV"]);
    let run = run.says(30, &["the flash is another part"]);
    // the part is named, not the file of the database that it comes from
    assert!(
        run.stderr.contains("W25Q64JV has ef 40 17") && !run.stderr.contains(".cfg"),
        "{run}"
    );
    assert_eq!(cli.flash(), before);
    let info = cli.run(&["info", "--fcb", "W25Q64JV"]).good();
    assert!(
        info.contains("the flash is another part") && info.contains("would start:   yes"),
        "{info}"
    );
    cli.file("block.bin", &before[..512]);
    cli.run(&["erase", "0x60000000", "4K", "--fcb", "block.bin"])
        .fails(2, "block.bin is an FCB");
    assert_eq!(cli.flash(), before);
}
