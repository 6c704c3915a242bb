//! What a person sees on a terminal: one bar that moves forward, lines that fit, colours where they are wanted.

use crate::kit::app;
use crate::kit::cli::Cli;
use crate::kit::terminal::Drawn;

const EVK: &str = "--fcb=IS25LP064A";
const BOARD: &str = "--board=virtual:board";

fn drawn(cli: &Cli, columns: u16, args: &[&str], environment: &[(&str, &str)]) -> Drawn {
    let args = [&[BOARD], args].concat();
    Drawn::by(cli.folder(), columns, &args, environment)
}

/// One bar: it begins below its end, never goes back, and ends with all of it done.
#[track_caller]
fn moves_forward(drawn: &Drawn) {
    assert_eq!(drawn.code, 0, "{}", drawn.text);
    let percents = drawn.percents();
    assert!(percents.is_sorted(), "{percents:?}");
    assert!(
        percents.first().is_some_and(|first| *first < 50),
        "{percents:?}"
    );
    assert_eq!(percents.last(), Some(&100), "{percents:?}\n{}", drawn.text);
    // a bar that stays behind when the next one begins is a second bar
    assert!(!drawn.text.contains("left\r\n"), "{}", drawn.text);
    for frame in drawn.frames() {
        let Some((_, eta)) = frame
            .rsplit_once("  ")
            .filter(|(_, eta)| eta.ends_with(" left"))
        else {
            continue;
        };
        // seconds or minutes: all of this takes no hour
        assert!(
            eta.ends_with("s left") || eta.ends_with("m left"),
            "{frame}"
        );
    }
}

#[test]
fn bar_of_every_long_command_moves_forward_to_its_end() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    let large = cli.file("large.bin", vec![0x5A; 2 << 20]);
    let data = format!("{large}@0x60100000");
    for args in [
        &["write", EVK, &elf][..],
        &["write", EVK, &app("blinky_fast.elf"), &data],
        &["write", EVK, &app("blinky_fast.elf"), &data],
        &["verify", &app("blinky_fast.elf"), &data],
        &["read", "--all", "all.bin"],
        &["read", "0x60000000", "1M", "--once", "part.bin"],
        &["backup", "backup.bin"],
        &["erase", "0x60000000", "1M"],
        &["restore", "backup.bin"],
        &["blank-check", "0x60700000", "1M"],
    ] {
        println!("{args:?}");
        moves_forward(&drawn(&cli, 100, args, &[]));
    }
}

#[test]
fn bar_fits_narrow_terminals() {
    let cli = Cli::fresh();
    for columns in [20, 40, 77, 100] {
        let all = drawn(&cli, columns, &["read", "--all", "all.bin"], &[]);
        moves_forward(&all);
        for frame in all.frames().iter().filter(|frame| frame.contains(" %")) {
            assert!(
                frame.chars().count() <= columns.into(),
                "{columns}: {frame}"
            );
        }
    }
}

#[test]
fn colours_are_drawn_only_where_they_are_wanted() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    let fails = &["verify", &elf][..];
    let coloured = |environment: &[(&str, &str)]| {
        let drawn = drawn(&cli, 100, fails, environment);
        assert_eq!(drawn.code, 33, "{}", drawn.text);
        drawn.text.contains("\x1b[31m") || drawn.text.contains("\x1b[1m")
    };
    assert!(coloured(&[]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(!coloured(&[("CLICOLOR", "0")]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!coloured(&[("TERM", "dumb"), ("CI", "true")]));
    assert!(
        coloured(&[("NO_COLOR", "")]),
        "an empty NO_COLOR counts as none"
    );
}

#[test]
fn dumb_terminal_gets_no_drawing_commands_and_no_bar() {
    let cli = Cli::fresh();
    let args = &["read", "--all", "all.bin"][..];
    let all = drawn(&cli, 100, args, &[("TERM", "dumb")]);
    assert!(
        !all.text.contains('\x1b') && all.percents().is_empty(),
        "{}",
        all.text
    );
}

#[test]
fn no_terminal_gets_no_drawing_commands_and_no_bar() {
    let cli = Cli::fresh();
    for args in [
        &["read", "--all", "all.bin"][..],
        &["verify", &app("blinky.elf")],
    ] {
        let run = cli.run(args);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(!text.contains('\x1b') && !text.contains(" %"), "{text}");
    }
}

#[test]
fn log_has_neither_colours_nor_bars() {
    let elf = app("blinky.elf");
    for environment in [&[][..], &[("NO_COLOR", "1")], &[("TERM", "dumb")]] {
        let cli = Cli::fresh();
        let args = &["--log", "run.log", "write", EVK, &elf][..];
        let written = drawn(&cli, 100, args, environment);
        assert_eq!(written.code, 0, "{}", written.text);
        let log = String::from_utf8(cli.read("run.log")).expect("text");
        for line in [
            "program: ",
            "programmed, verified; flash now: the ROM would start it",
        ] {
            assert!(log.contains(line), "{line}");
        }
        assert!(
            !log.contains('\x1b') && !log.contains('\r') && !log.contains(" %  "),
            "{log}"
        );
    }
}

#[test]
fn lines_break_at_words_of_narrow_terminals() {
    let cli = Cli::fresh();
    for columns in [40, 20] {
        let failed = drawn(
            &cli,
            columns,
            &["verify", &app("blinky.elf")],
            &[("NO_COLOR", "1")],
        );
        // nothing of a word is lost, and no line ends in its middle
        let words: Vec<&str> = failed.text.split_whitespace().collect();
        for word in ["programmed", "[not-programmed]", "error:"] {
            assert!(
                words.iter().any(|held| held.contains(word)),
                "{}",
                failed.text
            );
        }
    }
}
