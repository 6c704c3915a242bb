//! Recipes of sdphost and blhost, one command at a time on a board in a folder: RAM and flashloader keep their state from one
//! command to the next, as on a board that stays powered.

use crate::kit::cli::Cli;
use rtboot::port::virtual_board::VirtualBoard;

/// The ROM loads and starts a flashloader.
fn started() -> Cli {
    let cli = Cli::fresh();
    let loader = cli.file("loader.bin", VirtualBoard::standin_loader());
    cli.run(&["sdp", "write-file", "0x20208000", &loader])
        .says(0, &[]);
    cli.run(&["sdp", "read-register", "0x20208400", "32", "4"])
        .says(0, &["0x412000d1"]);
    cli.run(&["sdp", "jump-address", "0x20208400"]).says(0, &[]);
    cli
}

#[test]
fn option_word_recipe_works_command_by_command() {
    let cli = started();
    let bytes: Vec<u8> = (0..600u32).map(|i| (i * 7) as u8).collect();
    let file = cli.file("app.bin", &bytes);
    let flash = "0x60002000";
    cli.run(&["mboot", "read-memory", flash, "600", "early.bin"])
        .says(1, &["10205 MemoryNotConfigured"]);
    for command in [
        &["fill-memory", "0x20202000", "4", "0xC0000007"][..],
        &["configure-memory", "9", "0x20202000"],
        &["flash-erase-region", flash, "0x1000"],
        &["write-memory", flash, &file],
        &["read-memory", flash, "600", "back.bin"],
        &["fill-memory", "0x20202000", "4", "0xF000000F"],
        &["configure-memory", "9", "0x20202000"],
    ] {
        cli.run(&[&["mboot"], command].concat()).says(0, &[]);
    }
    assert!(std::fs::read(cli.path("back.bin")).expect("read back") == bytes);
    let held = std::fs::read(cli.path("board/flash.bin")).expect("the flash");
    assert!(held[0x2000..0x2000 + bytes.len()] == bytes);
    assert_eq!(held[..4], *b"FCFB", "the block that the flashloader made");
}

#[test]
fn ram_keeps_its_content_over_a_reset() {
    let cli = started();
    cli.run(&["mboot", "fill-memory", "0x20008000", "4", "0x11223344"])
        .says(0, &[]);
    cli.run(&["mboot", "reset"]).says(0, &[]);
    let word = ["sdp", "read-register", "0x20008000", "32", "4"];
    cli.run(&word).says(0, &["0x11223344"]);
}

#[test]
fn continuous_read_outlives_a_warm_reset() {
    let cli = started();
    for command in [
        &["fill-memory", "0x20202000", "4", "0xC0000017"][..],
        &["configure-memory", "9", "0x20202000"],
        &["read-memory", "0x60000000", "64", "start.bin"],
        &["reset"],
    ] {
        cli.run(&[&["mboot"], command].concat()).says(0, &[]);
    }
    let power_on = cli.board().nor().lasting_at_power_on();
    let board = cli.board();
    assert_ne!(board.nor().lasting(), power_on, "the mode is on");
    drop(board);
    let told = "continuous read";
    cli.run(&["info"]).says(0, &["9d 60 17", told]);
    // it was brought back, and a power cycle has nothing left to end
    let run = cli.run(&["info"]);
    assert!(!format!("{run:?}").contains(told), "{run:?}");
}
