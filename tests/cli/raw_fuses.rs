//! Fuses through the raw commands: nothing burns unconfirmed. The board's `fuses.txt` is checked.

use crate::kit::cli::Cli;

/// A board with a flashloader.
fn board() -> Cli {
    let board = Cli::fresh();
    board.run(&["info"]).good();
    board
}

#[test]
fn a_fuse_word_is_read() {
    let board = Cli::made(&["--unique-id", "9abcdef012345678"]);
    board.run(&["info"]).good();
    let out = board.run(&["mboot", "efuse-read-once", "1"]).good();
    assert_eq!(out, "word 0x01 = 0x12345678\n");
    let out = board.run(&["mboot", "flash-read-once", "0x2", "4"]).good();
    assert_eq!(out, "word 0x02 = 0x9abcdef0\n");
    board
        .run(&["mboot", "efuse-read-once", "64"])
        .fails(1, "fuse word 0x40");
}

#[test]
fn fuses_burn_only_with_the_exact_words() {
    let board = board();
    let before = board.text("board/fuses.txt");
    let burn = ["mboot", "efuse-program-once", "0x06", "0x10"];
    board
        .run(&burn)
        .fails(2, "--burn \"word 0x06 = 0x00000010\"");
    for words in [
        "",
        "yes",
        "word 6 = 0x10",
        "word 0x06 = 0x00000030",
        "word 0x05 = 0x00000010",
    ] {
        board
            .run(&[&burn[..], &["--burn", words]].concat())
            .fails(2, "must be confirmed in these words");
    }
    let other = ["mboot", "flash-program-once", "6", "4", "0x10"];
    board
        .run(&other)
        .fails(2, "--burn \"word 0x06 = 0x00000010\"");
    board
        .run(&["mboot", "fuse-program", "0x460", "{{10000000}}"])
        .fails(2, "--burn \"4 bytes at 0x460 = 10000000\"");
    assert_eq!(board.text("board/fuses.txt"), before);
}

#[test]
fn burn_sends_new_and_already_burnt_bits() {
    let board = board();
    let burn = |value: &str, words: &str| {
        board.run(&[
            "--json",
            "mboot",
            "efuse-program-once",
            "0x18",
            value,
            "--burn",
            words,
        ])
    };
    let first = burn("0x10", "word 0x18 = 0x00000010");
    assert_eq!(
        (first.code, first.last()["after"].as_u64()),
        (0, Some(0x10)),
        "{}",
        first
    );
    assert!(board.text("board/fuses.txt").contains("0x18 = 0x00000010"));
    // the genuine flashloader calls it an error when bits burnt before are missing
    let second = burn("0x01", "word 0x18 = 0x00000001");
    assert_eq!(
        (second.code, second.last()["after"].as_u64()),
        (0, Some(0x11)),
        "{}",
        second
    );
    let again = burn("0x11", "word 0x18 = 0x00000011");
    assert_eq!(
        (again.code, again.last()["burnt"].as_u64()),
        (0, Some(0)),
        "{}",
        again
    );
    assert!(board.text("board/fuses.txt").contains("0x18 = 0x00000011"));
}
