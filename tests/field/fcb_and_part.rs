//! FCBs that are made for one part, on boards with another: what is proved, what is replaced, what stays open.

use rtboot_sim::Settings;
use rtboot_sim::nor::Part;
use serde_json::Value;

use crate::kit::cli::{Cli, Run, patched};

type Patch = (usize, &'static [u8]);

/// The vendor's block for the RT1020 EVK: 8 dummy cycles, set by C0h with F0h.
const SETS_DUMMIES: &[Patch] = &[
    (0x01C, &[1, 0, 0, 0, 1, 12, 0, 0]),
    (0x030, &[0xF0]),
    (0x084, &[8]),
    (0x140, &[0xC0, 0x04, 0x01, 0x20]),
];
/// EDh on four lines at double data rate, 24 address bits, 12 half clocks.
const DOUBLE_RATE: &[Patch] = &[
    (0x040, &[0x50]),
    (0x080, &[0xED, 0x04, 0x18, 0x8A, 0x0C, 0xB2, 0x04, 0xA6]),
];

/// A blank board with this part, and the example for the EVK with its FCB changed as `image.bin`.
fn board_with(part: &str, patches: &[Patch]) -> Cli {
    let cli = Cli::with(Settings {
        part: Part::find(part).expect("a part"),
        ..Settings::default()
    });
    let image = patched(cli.built("built.bin"), patches);
    cli.file("image.bin", &image);
    cli
}

fn starts(cli: &Cli, args: &[&str], path: &str) -> Value {
    let run = cli.run(&[&["--json"], args].concat());
    let last = run.last();
    let found = last.pointer(path).cloned();
    found.unwrap_or_else(|| panic!("no {path} in\n{run}"))
}

/// Every command says what the ROM does.
#[track_caller]
fn all_say(cli: &Cli, starts_it: bool) {
    let rom = cli.board().boot_verdict();
    assert_eq!(rom.starts.is_some(), starts_it, "ROM: {}", rom.reason);
    for (args, path) in [
        (&["info"][..], "/boot/starts"),
        (&["verify", "--fcb", "auto", "image.bin"], "/boot/starts"),
        (&["doctor"], "/starts"),
        (&["image", "check", "board"], "/starts"),
    ] {
        assert_eq!(starts(cli, args, path), starts_it, "{args:?}");
    }
}

#[test]
fn evk_block_on_a_winbond_part_stops_before_a_write() {
    for part in ["w25q64jv", "w25q128jv"] {
        let cli = board_with(part, SETS_DUMMIES);
        let run = cli.run(&["write", "image.bin"]);
        run.says(30, &["[fcb-unfit]", "nothing was written", "--fcb auto"]);
        assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
        cli.run(&["write", "--fcb", "auto", "image.bin"]).good();
        all_say(&cli, true);
    }
}

/// `write` finds out by the trial, and `--fcb auto` behind it helps.
fn tried_and_replaced(part: &str, patches: &[Patch]) -> Run {
    let cli = board_with(part, patches);
    let run = cli.run(&["write", "image.bin"]);
    let run = run.says(30, &["[fcb-unreadable]", "write --fcb auto image.bin"]);
    all_say(&cli, false);
    let auto = cli.run(&["write", "--fcb", "auto", "image.bin"]);
    auto.says(0, &["the image's own FCB is replaced"]);
    all_say(&cli, true);
    run
}

#[test]
fn evk_block_on_other_parts_is_tried_then_replaced() {
    tried_and_replaced("gd25q64c", SETS_DUMMIES);
    tried_and_replaced("mx25l6433f", SETS_DUMMIES);
    // the id of the EVK's own part, and C0h by other bits
    tried_and_replaced("is25lp064d", SETS_DUMMIES);
}

#[test]
fn double_data_rate_is_tried_then_replaced() {
    tried_and_replaced("is25lp064a", DOUBLE_RATE);
    tried_and_replaced("w25q64jv", DOUBLE_RATE);
}

#[test]
fn auto_replaces_what_a_blank_flash_cannot_prove() {
    for (part, patches) in [("gd25q64c", SETS_DUMMIES), ("w25q64jv", DOUBLE_RATE)] {
        let cli = board_with(part, patches);
        let run = cli.run(&["write", "--fcb", "auto", "image.bin"]);
        run.says(0, &["the image's own FCB is replaced"]);
        all_say(&cli, true);
    }
}
