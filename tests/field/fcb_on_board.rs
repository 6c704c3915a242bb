//! FCBs held against the flash that is there, before and after a write.

use crate::kit::cli::{Cli, patched};
use rtboot_sim::Settings;
use rtboot_sim::nor::Cycle;
use serde_json::Value;

type Patch = (usize, &'static [u8]);

/// SDK block of the RT1050 EVK: HyperFlash on eight lines.
const HYPER: &[Patch] = &[
    (0x00C, &[3]),
    (0x00F, &[3]),
    (0x040, &[0x59]),
    (0x045, &[8, 7]),
    (
        0x080,
        &[
            0xA0, 0x87, 0x18, 0x8B, 0x10, 0x8F, 0x06, 0xB3, 0x04, 0xA7, 0, 0,
        ],
    ),
];
/// 8 dummy cycles, and nothing that sets them.
const EIGHT_DUMMIES: &[Patch] = &[(0x084, &[8])];
/// The same, set by C0h F0h: the vendor's block for the RT1020 EVK.
const SETS_DUMMIES: &[Patch] = &[
    (0x01C, &[1, 0, 0, 0, 1, 12, 0, 0]),
    (0x030, &[0xF0]),
    (0x084, &[8]),
    (0x140, &[0xC0, 0x04, 0x01, 0x20]),
];
/// Command and data on eight lines.
const OCTAL: &[Patch] = &[
    (0x045, &[8]),
    (0x080, &[0xEC, 0x07, 0x20, 0x0B, 0x06, 0x33, 0x04, 0x27]),
];
/// 1-1-4 by the command of 1-4-4.
const WRONG_PADS: &[Patch] = &[(0x080, &[0xEB, 0x04, 0x18, 0x08])];
const MISFITS: [(&str, &[Patch]); 4] = [
    ("HyperFlash", HYPER),
    ("8 dummies", EIGHT_DUMMIES),
    ("octal", OCTAL),
    ("wrong pads", WRONG_PADS),
];
const QUAD: [u8; 3] = [0x40, 0, 0];

/// The example with its FCB changed, as `image.bin` beside a blank board.
fn with_image(patches: &[Patch]) -> (Cli, Vec<u8>) {
    let cli = Cli::fresh();
    let image = patched(cli.built("built.bin"), patches);
    cli.file("image.bin", &image);
    (cli, image)
}

/// A field of the last object of a run.
#[track_caller]
fn field(cli: &Cli, args: &[&str], path: &str) -> Value {
    let run = cli.run(&[&["--json"], args].concat());
    let last = run.last();
    last.pointer(path)
        .unwrap_or_else(|| panic!("no {path} in\n{run}"))
        .clone()
}

/// What every command says about a board's flash.
#[track_caller]
fn all_say(cli: &Cli, name: &str, starts: bool) {
    let rom = cli.board().boot_verdict();
    assert_eq!(rom.starts.is_some(), starts, "{name}: ROM: {}", rom.reason);
    let commands: [(&[&str], &str); 4] = [
        (&["info"], "/boot/starts"),
        (&["verify", "image.bin"], "/boot/starts"),
        (&["doctor"], "/starts"),
        (&["image", "check", "board"], "/starts"),
    ];
    for (args, path) in commands {
        assert_eq!(field(cli, args, path), starts, "{name}: {args:?}");
    }
}

#[test]
fn misfit_stops_before_flash_is_touched() {
    for (name, patches) in MISFITS {
        let (cli, _) = with_image(patches);
        let run = cli.run(&["write", "image.bin"]);
        let run = run.says(30, &["[fcb-unfit]", "nothing was written"]);
        assert!(run.stderr.contains("--fcb auto"), "{name}\n{run}");
        assert!(cli.flash().iter().all(|&byte| byte == 0xFF), "{name}");
        assert_eq!(cli.board().nor().status[0], 0, "{name}: quad enable");
    }
}

#[test]
fn kept_misfit_ends_with_an_error_and_the_image_in_flash() {
    for (name, patches) in MISFITS {
        let (cli, image) = with_image(patches);
        let run = cli.run(&["write", "--keep-fcb", "image.bin"]);
        let words = ["[fcb-unreadable]", "flash holds the new image, verified"];
        let run = run.says(30, &words);
        assert!(!run.stderr.contains("--keep-fcb"), "{name}\n{run}");
        assert_eq!(cli.flash()[..image.len()], image, "{name}");
        all_say(&cli, name, false);
    }
}

#[test]
fn trial_tells_the_first_wrong_byte() {
    let (cli, image) = with_image(EIGHT_DUMMIES);
    let write = ["--json", "write", "--keep-fcb", "image.bin"];
    let error = cli.run(&write).last();
    let facts = &error["facts"];
    assert_eq!(facts["address"], 0x6000_0000, "{error}");
    assert_eq!(facts["expected"], image[0], "{error}");
    assert_ne!(facts["found"], image[0], "{error}");
    assert_eq!(field(&cli, &["info"], "/boot/trial/result"), "differs");
}

#[test]
fn auto_replaces_a_misfit() {
    for (name, patches) in MISFITS {
        let (cli, image) = with_image(patches);
        let run = cli.run(&["write", "--fcb", "auto", "image.bin"]);
        run.says(0, &["the image's own FCB is replaced"]);
        cli.would_start();
        let flash = cli.flash();
        assert_ne!(flash[..0x200], image[..0x200], "{name}");
        assert_eq!(flash[0x200..image.len()], image[0x200..], "{name}");
        assert_eq!(field(&cli, &["info"], "/boot/starts"), true, "{name}");
    }
}

#[test]
fn auto_keeps_a_block_that_fits() {
    let slower: &[Patch] = &[(0x046, &[3])];
    for patches in [slower, SETS_DUMMIES] {
        let (cli, image) = with_image(patches);
        cli.run(&["write", "--fcb", "auto", "image.bin"]).good();
        assert_eq!(cli.flash()[..image.len()], image);
    }
}

#[test]
fn named_fcb_replaces_the_images_own() {
    let slower: &[Patch] = &[(0x046, &[3])];
    let (cli, image) = with_image(slower);
    let run = cli.run(&["write", "--fcb", "IS25LP064A", "image.bin"]);
    run.says(0, &["the given FCB replaces the image's own", "clock"]);
    let built = cli.read("built.bin");
    assert_eq!(cli.flash()[..built.len()], built);
    cli.run(&["write", "image.bin"]).good();
    assert_eq!(cli.flash()[..image.len()], image);
}

#[test]
fn set_up_commands_of_the_block_count() {
    let (cli, image) = with_image(SETS_DUMMIES);
    cli.run(&["write", "image.bin"])
        .says(0, &["flash now: the ROM would start it"]);
    assert_eq!(cli.flash()[..image.len()], image);
    all_say(&cli, "C0h F0h", true);
    assert_eq!(field(&cli, &["info"], "/boot/trial/result"), "same");
    // the trial leaves no dummy cycles behind that the next write would stumble over
    cli.run(&["write", "--fcb", "auto", "built.bin"]).good();
}

/// A board on which an application has set 8 dummy cycles, and was reset without losing power.
fn left_with_eight_dummies(flash: Vec<u8>) -> Cli {
    let cli = Cli::with(Settings {
        flash,
        status: QUAD,
        ..Settings::default()
    });
    let mut board = cli.board();
    let clock = &mut rtboot_sim::clock::Clock::new();
    for (opcode, write) in [(0x06, vec![]), (0xC0, vec![0xF0])] {
        let cycle = Cycle {
            opcode: Some(opcode),
            write,
            ..Cycle::new(0)
        };
        board.nor_mut().cycle(&cycle, clock);
    }
    board.save().expect("saved");
    cli
}

#[test]
fn leftover_dummy_cycles_hide_no_misfit() {
    let image = with_image(EIGHT_DUMMIES).1;
    let cli = left_with_eight_dummies(image.clone());
    cli.file("image.bin", &image);
    for (args, path) in [
        (&["info"][..], "/boot/starts"),
        (&["doctor"], "/starts"),
        (&["verify", "image.bin"], "/boot/starts"),
    ] {
        let cli = left_with_eight_dummies(image.clone());
        cli.file("image.bin", &image);
        assert_eq!(field(&cli, args, path), false, "{args:?}");
    }
}

#[test]
fn leftover_dummy_cycles_spoil_no_write() {
    let image = with_image(&[]).1;
    let mut older = image.clone();
    *older.last_mut().expect("bytes") ^= 1;
    let cli = left_with_eight_dummies(older);
    cli.file("image.bin", &image);
    cli.run(&["write", "image.bin"]).good();
    assert_eq!(cli.flash()[..image.len()], image);
}

#[test]
fn status_write_at_every_start_is_not_tried_for_good() {
    // device mode: 01h with 7Ch sets quad enable and protects everything
    let protects: &[Patch] = &[
        (0x010, &[1, 1, 0, 0, 1, 4, 0, 0, 0x7C]),
        (0x0C0, &[0x01, 0x04, 0x01, 0x20]),
    ];
    let (cli, _) = with_image(protects);
    cli.run(&["write", "image.bin"]).good();
    for args in [&["info"][..], &["verify", "image.bin"], &["doctor"]] {
        cli.run(args);
        assert_eq!(cli.board().nor().status, QUAD, "{args:?}");
    }
    let trial = field(&cli, &["info"], "/boot/trial");
    assert_eq!(trial["result"], "not-tried", "{trial}");
    assert!(trial["why"].as_str().is_some_and(|why| why.contains("01h")));
}

#[test]
fn doctor_names_a_write_that_does_not_keep_the_misfit() {
    let (cli, _) = with_image(EIGHT_DUMMIES);
    cli.run(&["write", "--keep-fcb", "image.bin"]);
    let run = cli.run(&["doctor", "image.bin"]);
    let next = "write --fcb auto image.bin";
    let run = run.says(1, &["[fcb-read-misfit]", next]);
    assert!(run.stdout.trim_end().ends_with(next), "{run}");
    cli.run(&["write", "--fcb", "auto", "image.bin"]).good();
    cli.would_start();
}

#[test]
fn built_image_takes_the_named_fcb() {
    let (cli, image) = with_image(EIGHT_DUMMIES);
    let build = [
        "image",
        "build",
        "image.bin",
        "--fcb",
        "IS25LP064A",
        "-o",
        "out.bin",
    ];
    cli.run(&build)
        .says(0, &["the given FCB replaces the image's own"]);
    assert_eq!(cli.read("out.bin"), cli.read("built.bin"));
    cli.run(&[&build[..], &["--keep-fcb"]].concat()).good();
    assert_eq!(cli.read("out.bin"), image);
}

#[test]
fn erased_and_empty_code_is_told_by_every_command() {
    let (cli, _) = with_image(&[]);
    cli.run(&["write", "image.bin"]).good();
    cli.run(&["erase", "0x60002000", "4K"]).good();
    for (args, code) in [(&["doctor"][..], 1), (&["image", "check", "board"], 1)] {
        cli.run(args).says(code, &["[reset-erased]"]);
    }
    assert_eq!(field(&cli, &["info"], "/boot/starts"), false);
    // the example's reset handler is at 0x60002278
    let (cli, _) = with_image(&[(0x2278, &[0; 16])]);
    cli.run(&["write", "image.bin"])
        .says(0, &["is unknown", "are zeros"]);
    assert_eq!(field(&cli, &["info"], "/boot/starts"), Value::Null);
    assert_eq!(field(&cli, &["doctor"], "/starts"), Value::Null);
}

#[test]
fn clock_without_a_meaning_is_never_called_healthy() {
    for (index, code) in [(9, "fcb-clock-unknown"), (8, "fcb-clock-chip")] {
        let patches: [(usize, &[u8]); 1] = [(0x046, &[index])];
        let cli = Cli::fresh();
        let image = patched(cli.built("built.bin"), &patches);
        cli.file("image.bin", &image);
        cli.run(&["write", "image.bin"]).says(0, &["is unknown"]);
        for (args, path) in [
            (&["info"][..], "/boot/starts"),
            (&["verify", "image.bin"], "/boot/starts"),
            (&["doctor"], "/starts"),
            (&["image", "check", "board"], "/starts"),
        ] {
            assert_eq!(field(&cli, args, path), Value::Null, "{index}: {args:?}");
        }
        let run = cli.run(&["doctor", "image.bin"]);
        let next = "write --fcb auto image.bin";
        let run = run.says(1, &[&format!("[{code}]"), next]);
        assert!(run.stdout.trim_end().ends_with(next), "{run}");
        cli.run(&["write", "--fcb", "auto", "image.bin"]).good();
        cli.would_start();
        assert_eq!(field(&cli, &["info"], "/boot/starts"), true);
    }
}

#[test]
fn dcd_pointer_into_erased_flash_is_told_and_starts() {
    let (cli, _) = with_image(&[(0x100C, &[0x00, 0x00, 0x01, 0x60])]);
    cli.run(&["write", "image.bin"]).good();
    all_say(&cli, "DCD erased", true);
    cli.run(&["doctor"])
        .says(1, &["[dcd-erased]", "0x60010000"]);
    cli.run(&["info"]).says(0, &["leads to erased flash"]);
    // a zero byte behind the application, as in images of an SDK without a DCD
    let (cli, image) = with_image(&[(0x100C, &[0x00, 0x40, 0x00, 0x60])]);
    cli.file("image.bin", [image, vec![0xFF; 0x4000]].concat());
    let mut longer = cli.read("image.bin");
    longer[0x4000] = 0;
    cli.file("image.bin", longer);
    cli.run(&["write", "image.bin"]).good();
    all_say(&cli, "no DCD", true);
    cli.run(&["doctor"]).says(0, &["nothing is wrong"]);
}
