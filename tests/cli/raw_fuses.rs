//! Fuses through the raw verbs: nothing burns without its words. The board's `fuses.txt` tells.

use crate::kit::raw::Kept;

/// A board with a flashloader.
fn board() -> Kept {
    let board = Kept::fresh();
    board.run(&["info"]).good();
    board
}

#[test]
fn a_fuse_word_is_read() {
    let board = Kept::with(&["--unique-id", "9abcdef012345678"]);
    board.run(&["info"]).good();
    let out = board.run(&["mboot", "efuse-read-once", "1"]).good();
    assert_eq!(out, "word 0x01 = 0x12345678\n");
    let out = board.run(&["mboot", "flash-read-once", "0x2", "4"]).good();
    assert_eq!(out, "word 0x02 = 0x9abcdef0\n");
    board
        .run(&["mboot", "efuse-read-once", "64"])
        .bad(1, "fuse word 0x40");
}

#[test]
fn fuses_burn_only_with_the_exact_words() {
    let board = board();
    let before = board.text("fuses.txt");
    let burn = ["mboot", "efuse-program-once", "0x06", "0x10"];
    board.run(&burn).bad(2, "--burn \"word 0x06 = 0x00000010\"");
    for words in [
        "",
        "yes",
        "word 6 = 0x10",
        "word 0x06 = 0x00000030",
        "word 0x05 = 0x00000010",
    ] {
        board
            .run(&[&burn[..], &["--burn", words]].concat())
            .bad(2, "must be confirmed in these words");
    }
    let other = ["mboot", "flash-program-once", "6", "4", "0x10"];
    board
        .run(&other)
        .bad(2, "--burn \"word 0x06 = 0x00000010\"");
    board
        .run(&["mboot", "fuse-program", "0x460", "{{10000000}}"])
        .bad(2, "--burn \"4 bytes at 0x460 = 10000000\"");
    assert_eq!(board.text("fuses.txt"), before);
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
        (first.code, first.json()["after"].as_u64()),
        (0, Some(0x10)),
        "{}",
        first.all()
    );
    assert!(board.text("fuses.txt").contains("0x18 = 0x00000010"));
    // the genuine flashloader calls it an error when bits burnt before are missing
    let second = burn("0x01", "word 0x18 = 0x00000001");
    assert_eq!(
        (second.code, second.json()["after"].as_u64()),
        (0, Some(0x11)),
        "{}",
        second.all()
    );
    let again = burn("0x11", "word 0x18 = 0x00000011");
    assert_eq!(
        (again.code, again.json()["burnt"].as_u64()),
        (0, Some(0)),
        "{}",
        again.all()
    );
    assert!(board.text("fuses.txt").contains("0x18 = 0x00000011"));
}
