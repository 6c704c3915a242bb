//! A full stdout: exit 4, and standard error says what was done all the same.

use std::fs::File;

use crate::kit::app;
use crate::kit::cli::{Cli, Run};

/// A device that takes no byte.
fn full() -> File {
    File::options()
        .write(true)
        .open("/dev/full")
        .expect("the full device")
}

/// Runs it on the board of this test with a full stdout: exit code and standard error.
fn into_full(cli: &Cli, args: &[&str]) -> (i32, String) {
    let run = Run::of(cli.on_board().args(args).stdout(full()));
    (run.code, run.stderr)
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
    let state = "flash now: flash holds the image, verified; only the report of this was lost";
    assert!(words.contains(state), "{words}");
    cli.would_start();
    // again with --json: the error object cannot go to stdout
    let again = [&["--json"], &write[..], &["--reset"]].concat();
    let (code, words) = into_full(&cli, &again);
    assert_eq!(code, 4, "{words}");
    let state =
        "flash already held the image, the board was reset; only the report of this was lost";
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
    let run = Run::of(cli.on_board().args(["-vv", "info"]).stderr(full()));
    run.says(0, &["flash:"]);
}

#[test]
fn full_stderr_stops_no_write_at_any_verbosity() {
    for options in [
        &[][..],
        &["-v"],
        &["-vv"],
        &["-vvv"],
        &["-q"],
        &["--json", "-vv"],
    ] {
        let cli = Cli::fresh();
        let mut write = cli.on_board();
        write.args(options);
        write.args(["write", "--fcb", "IS25LP064A", &app("blinky.elf")]);
        let run = Run::of(write.stderr(full()));
        assert_eq!(run.code, 0, "{options:?}: {}", run.stdout);
        cli.would_start();
    }
}
