//! A stdout that takes nothing: exit 4, and words about what was done all the same.

use std::process::{Command, Output, Stdio};

use crate::kit::cli::{Cli, app};

/// Runs it on the board of this test with a stdout that is always full.
fn into_full(cli: &Cli, args: &[&str]) -> (i32, String) {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("the full device");
    let board = format!("virtual:{}", cli.path("board").display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtboot"));
    let output: Output = command
        .args(args)
        .current_dir(cli.path("."))
        .env("RTBOOT_BOARD", board)
        .env("RTBOOT_STATE_DIR", cli.path("state"))
        .env("XDG_CONFIG_HOME", cli.path("config"))
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .expect("it runs");
    let words = String::from_utf8(output.stderr).expect("text");
    (output.status.code().expect("no signal"), words)
}

#[test]
fn bytes_lost_on_stdout_are_a_failure() {
    let cli = Cli::fresh();
    // less than stdout's buffer, with no line end to flush it
    for args in [
        &["read", "0x60000000", "512", "-"][..],
        &["fcb", "build", "IS25LP064A", "-o", "-"],
    ] {
        let (code, words) = into_full(&cli, args);
        assert_eq!(code, 4, "{args:?}: {words}");
        assert!(words.contains("[file-unwritable]"), "{words}");
        assert!(!words.contains("flash now"), "{words}");
    }
}

#[test]
fn lost_write_report_says_flash_holds_the_image() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    let write = ["write", "--fcb", "IS25LP064A", &elf];
    let (code, words) = into_full(&cli, &write);
    assert_eq!(code, 4, "{words}");
    assert!(words.contains("cannot write stdout"), "{words}");
    let state = "flash now: flash holds the image, verified; only the report of it is lost";
    assert!(words.contains(state), "{words}");
    cli.would_start();
    // again, with a reset, and as a program hears of it: the object has no place to go but beside
    let again = [&["--json"], &write[..], &["--reset"]].concat();
    let (code, words) = into_full(&cli, &again);
    assert_eq!(code, 4, "{words}");
    let state = "flash held the image already, the board was reset; only the report of it is lost";
    assert!(words.contains(state), "{words}");
}

#[test]
fn lost_erase_report_says_the_range_is_erased() {
    let cli = Cli::fresh();
    cli.run(&["write", "--fcb", "IS25LP064A", &app("blinky.elf")])
        .says(0, &["verified"]);
    let (code, words) = into_full(&cli, &["erase", "0x60000000", "4K"]);
    assert_eq!(code, 4, "{words}");
    assert!(words.contains("the range is erased"), "{words}");
    // nothing was done to flash here
    let (code, words) = into_full(&cli, &["info"]);
    assert_eq!(code, 4, "{words}");
    assert!(!words.contains("flash now"), "{words}");
}

#[test]
fn full_stderr_does_not_stop_a_run() {
    let cli = Cli::fresh();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let board = format!("virtual:{}", cli.path("board").display());
    let output = Command::new(env!("CARGO_BIN_EXE_rtboot"))
        .args(["-vv", "info"])
        .current_dir(cli.path("."))
        .env("RTBOOT_BOARD", board)
        .env("RTBOOT_STATE_DIR", cli.path("state"))
        .env("XDG_CONFIG_HOME", cli.path("config"))
        .stdin(Stdio::null())
        .stderr(full.expect("the full device"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("flash:"));
}
