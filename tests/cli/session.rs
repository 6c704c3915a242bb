//! A session at the command line: one command after the other on a virtual board.

use crate::kit::cli::Cli;
use crate::kit::{app, app_bytes};

const EVK: &str = "--fcb=IS25LP064A";

#[test]
fn blank_board_is_written_verified_and_read() {
    let cli = Cli::fresh();
    let blank = cli.flash();
    cli.run(&["info"])
        .says(
            0,
            &[
                "RT1021",
                "HAB open",
                "01: serial download",
                "9d 60 17",
                "IS25LP064A",
            ],
        )
        .says(
            0,
            &[
                "quad enable clear",
                "image:         blank",
                "would start:   no",
                "there is no FCB",
            ],
        );
    assert_eq!(cli.flash(), blank, "info changes nothing");
    let first = cli.run(&["-v", "write", EVK, &app("blinky.elf")]);
    first.says(
        0,
        &[
            "FCB: IS25LP064A (issi.cfg)",
            "set the quad-enable bit",
            "3 programmed",
            "verified",
            "modelled time",
        ],
    );
    cli.would_start();
    cli.run(&["verify", &app("blinky.hex")]).says(
        0,
        &[
            "application: identical (1096 bytes)",
            "IVT at 0x60001000",
            "the ROM would start it",
        ],
    );
    cli.run(&["read", "0x60000000", "0x3000", "header.bin"])
        .says(0, &["read 12288 bytes"]);
    let read = std::fs::read(cli.path("header.bin")).expect("written");
    assert_eq!(read, cli.flash()[..0x3000]);
    cli.run(&["info"]).says(
        0,
        &[
            "quad enable set",
            "would start:   yes",
            "EBh 1-4-4",
            "reset handler 0x60002279",
        ],
    );
    let before = cli.flash();
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(0, &["nothing to do: flash already holds", "would start it"]);
    assert_eq!(cli.flash(), before);
}

#[test]
fn every_format_leads_to_the_same_flash() {
    let mut flashes = Vec::new();
    for ending in ["elf", "bin", "hex", "srec"] {
        let cli = Cli::fresh();
        let file = app(&format!("blinky.{ending}"));
        cli.run(&["write", EVK, &file]).says(0, &["verified"]);
        cli.would_start();
        flashes.push(cli.flash());
    }
    assert!(flashes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn an_image_with_its_own_boot_header_keeps_it() {
    for ending in ["elf", "bin", "hex", "srec"] {
        let cli = Cli::fresh();
        let file = app(&format!("blinky_boot.{ending}"));
        cli.run(&["write", &file])
            .says(0, &["boot image with FCB", "verified"]);
        cli.would_start();
        let image = app_bytes("blinky_boot.bin");
        assert_eq!(cli.flash()[..0x200], image[..0x200]);
        assert_eq!(cli.flash()[0x1000..0x1030], image[0x1000..0x1030]);
    }
}

#[test]
fn verify_tells_two_builds_apart() {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).says(0, &[]);
    cli.run(&["verify", &app("blinky_fast.elf")])
        .says(33, &["flash differs at 0x6000", "[verify-failed]", "next:"]);
    cli.run(&["write", EVK, &app("blinky_fast.bin")])
        .says(0, &["2 sectors rewritten"]);
    cli.run(&["verify", &app("blinky_fast.elf")])
        .says(0, &["identical"]);
    cli.would_start();
}

#[test]
fn a_dry_run_prints_the_plan_and_leaves_flash_alone() {
    let cli = Cli::fresh();
    let before = cli.flash();
    cli.run(&["write", EVK, "--dry-run", &app("blinky.elf")])
        .says(
            0,
            &[
                "set      the quad-enable bit",
                "program  0x60002000..",
                "last: the FCB's page",
            ],
        )
        .says(0, &["dry run: nothing in flash was changed"]);
    assert_eq!(cli.flash(), before);
    assert!(!cli.board().nor().quad_enabled());
}

#[test]
fn erase_blank_check_and_what_they_refuse() {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).says(0, &[]);
    let written = cli.flash();
    cli.run(&["blank-check", "0x60000000", "4K"])
        .says(31, &["0x60000000 holds 0x46", "[not-blank]"]);
    cli.run(&["erase", "0x60000100", "16"]).says(
        2,
        &["does not consist of whole 4096-byte sectors", "--round"],
    );
    cli.run(&["erase", "0x607FF000", "8K"])
        .says(3, &["lies outside the flash", "[outside-flash]"]);
    cli.run(&["erase", "0x60000000", "0"])
        .says(2, &["length is 0"]);
    cli.run(&["erase", "--all"]).says(
        2,
        &["must be confirmed in these words: \"erase the whole flash\""],
    );
    assert_eq!(cli.flash(), written);
    cli.run(&["erase", "0x60000100", "16", "--round"])
        .says(0, &["erased 0x60000000..0x60001000", "read back blank"]);
    assert!(cli.flash()[..0x1000].iter().all(|&byte| byte == 0xFF));
    assert_eq!(cli.flash()[0x1000..], written[0x1000..]);
    cli.run(&["erase", "--all", "--confirm", "erase the whole flash"])
        .says(0, &["erased 0x60000000..0x60800000"]);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
    cli.run(&["blank-check", "0x60000000", "8M"])
        .says(0, &["is blank"]);
}

#[test]
fn reset_names_the_boot_pins_and_run_starts_the_app() {
    let cli = Cli::fresh();
    cli.run(&["reset"])
        .says(2, &["no reset command", "reset button"]);
    cli.run(&["write", EVK, "--reset", &app("blinky.elf")])
        .says(0, &["the boot ROM is back", "BOOT_MODE pins say (01)"]);
    cli.run(&["run"]).says(
        0,
        &["started the application at 0x60002279, stack 0x20010000"],
    );
    cli.run(&["info"])
        .says(10, &["no board at virtual:", "[no-board]", "virtual set"]);
    let cli = Cli::fresh();
    cli.run(&["write", EVK, "--run", &app("blinky.elf")])
        .says(0, &["started the application at 0x60002279"]);
}

#[test]
fn run_fails_on_a_blank_flash() {
    Cli::fresh()
        .run(&["run"])
        .says(3, &["[nothing-to-start]", "write APP` writes"]);
}

#[test]
fn run_does_not_start_erased_vectors_or_code() {
    let cli = Cli::fresh();
    let refused = |why| {
        cli.run(&["info"]).says(0, &["would start:   no"]);
        let told = cli.run(&["run"]);
        told.says(3, &["[nothing-to-start]", why, "write APP` writes"]);
    };
    cli.run(&["write", EVK, &app("blinky.elf")]).says(0, &[]);
    cli.run(&["erase", "0x60002000", "4K"]).says(0, &[]);
    refused("the first code of the application is erased");
    let table = [0x2001_0000_u32, 0x6000_2279].map(u32::to_le_bytes);
    std::fs::write(cli.path("table.bin"), table.concat()).expect("a file");
    cli.run(&["write", "--as-is", "--base", "0x60002000", "table.bin"])
        .says(0, &[]);
    refused("the first code of the application is erased");
}

#[test]
fn read_format_follows_the_file_name() {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).says(0, &[]);
    for name in ["a.hex", "a.srec", "a.bin"] {
        cli.run(&["read", "0x60002000", "1096", name]).says(0, &[]);
        let base = if name == "a.bin" {
            vec!["--base", "0x60002000"]
        } else {
            vec![]
        };
        let path = cli.path(name).display().to_string();
        cli.run(&[&["verify", path.as_str()][..], &base].concat())
            .says(0, &["identical (1096 bytes)"]);
    }
    cli.run(&["read", "0x20000000", "64", "ram.bin"])
        .says(0, &["read 64 bytes"]);
    cli.run(&["read", "0x607FFFF0", "32", "x.bin"])
        .says(3, &["outside the flash"]);
    cli.run(&["read", "0x60000000", "16", "no/such/folder.bin"])
        .says(4, &["cannot write"]);
    cli.run(&["read", "0xFFFFFFF0", "32", "x.bin"])
        .says(2, &["end of the address space"]);
    let dump = cli.run(&["-q", "read", "0x60002434", "0x10", "-"]);
    assert_eq!(dump.stderr, "");
    assert_eq!(dump.stdout.len(), 16);
}
