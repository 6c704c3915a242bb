//! Files that belong to another chip: refused with exit 12 before anything is loaded, or told by the doctor.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod cli_rig;

use cli_rig::{Cli, app};
use rtboot_sim::State;

/// The part of the evaluation kit, for these chips.
fn cfg(chip: &str) -> String {
    let (_, text) = rtboot_fcb::database::files()
        .iter()
        .find(|(name, _)| *name == "issi.cfg")
        .expect("the kit's part");
    format!("chip = {chip}\n{text}")
}

/// Nothing was sent: no flashloader runs, and flash is as it was.
#[track_caller]
fn untouched(cli: &Cli) {
    assert_eq!(cli.board().state(), State::Rom);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn a_cfg_for_another_chip_is_refused_by_every_verb_that_writes_with_it() {
    let cli = Cli::fresh();
    let other = cli.file("other.cfg", cfg("[\"rt1062\", \"rt117x\"]"));
    let elf = app("blinky.elf");
    let words = [
        "other.cfg is for rt1062, rt117x, not for the RT1021",
        "[cfg-other-chip]",
        "next:",
    ];
    cli.run(&["write", "--fcb", &other, &elf]).says(12, &words);
    let said = "other.cfg is for rt1062, rt117x, not for the RT1020";
    cli.run(&["--chip", "rt1020", "write", "--fcb", &other, &elf])
        .says(12, &[said, "[cfg-other-chip]"]);
    cli.run(&["image", "build", "--fcb", &other, &elf, "-o", "x.bin"])
        .says(12, &words);
    let object = cli.run(&["--json", "write", "--fcb", &other, &elf]).last();
    assert_eq!(
        (&object["code"], &object["exit"]),
        (&"cfg-other-chip".into(), &12.into())
    );
    untouched(&cli);
    // what only looks at the file shows it
    cli.run(&["fcb", "show", &other])
        .says(0, &["chips         rt1062, rt117x"]);
}

#[test]
fn a_cfg_for_this_chip_its_family_or_any_chip_is_taken() {
    for chip in [
        "\"rt1021\"",
        "\"MIMXRT1020\"",
        "[\"rt1062\", \"rt102x\"]",
        "\"none\"",
    ] {
        let cli = Cli::fresh();
        let mine = cli.file("mine.cfg", cfg(chip));
        cli.run(&["write", "--fcb", &mine, &app("blinky.elf")])
            .says(0, &["wrote"]);
        cli.would_start();
    }
}

#[test]
fn the_doctor_names_a_cfg_for_another_chip_and_loads_nothing() {
    let cli = Cli::fresh();
    let other = cli.file("other.cfg", cfg("\"rt1062\""));
    let elf = app("blinky.elf");
    for chip in [&[][..], &["--chip", "rt1021"]] {
        let args = [chip, &["doctor", "--fcb", &other, &elf]].concat();
        let run = cli.run(&args).says(
            1,
            &[
                "1. error: ",
                "other.cfg is for rt1062, not for the RT1021 [cfg-other-chip]",
                "nothing was loaded",
            ],
        );
        assert!(!run.stdout.contains("2. error"), "{run}");
    }
    untouched(&cli);
}

#[test]
fn what_the_probe_saves_names_the_chip_that_was_found() {
    let cli = Cli::fresh();
    cli.run(&["fcb", "probe", "--save", "mine.cfg"])
        .says(0, &[]);
    let text = std::fs::read_to_string(cli.path("mine.cfg")).expect("written");
    assert!(text.contains("\nchip = \"rt1021\"\n"), "{text}");
    // text to text keeps it
    cli.run(&[
        "fcb",
        "build",
        "mine.cfg",
        "--as",
        "cfg",
        "--part",
        "mine.cfg",
        "-o",
        "again.cfg",
    ])
    .says(0, &[]);
    assert_eq!(
        std::fs::read_to_string(cli.path("again.cfg")).expect("written"),
        text
    );
    // a flashloader that ran already does not say which chip it is on
    cli.run(&["fcb", "probe", "--save", "late.cfg"])
        .says(0, &[]);
    let late = std::fs::read_to_string(cli.path("late.cfg")).expect("written");
    assert!(late.contains("chip = \"none\""), "{late}");
}

#[test]
fn images_of_other_chips_are_refused_by_what_gives_them_away() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    let mut rt1010 = image.clone();
    rt1010.copy_within(0..0x200, 0x400);
    rt1010[..0x200].fill(0xFF);
    let mut rt1170 = rt1010.clone();
    for at in [0x1004, 0x1010, 0x1014, 0x1020, 0x2004] {
        rt1170[at + 3] = 0x30;
    }
    for (name, bytes, words) in [
        ("rt1010.bin", rt1010, "an FCB lies at 0x60000400"),
        (
            "rt1170.bin",
            rt1170,
            "flash window at 0x30000000 of the RT1160 and RT1170",
        ),
        (
            "unpadded.bin",
            [&image[..0x200], &[0xFF; 0xA00], &image[0x1000..]].concat(),
            "0xc00 behind the FCB",
        ),
    ] {
        let file = cli.file(name, bytes);
        cli.run(&["write", "--fcb", "issi.cfg", &file]).says(
            12,
            &[
                name,
                words,
                "not made for the RT1021",
                "[image-other-chip]",
                "next:",
            ],
        );
        cli.run(&["image", "check", &file])
            .says(1, &["[other-chip]"]);
        cli.run(&["doctor", &file])
            .says(1, &["[app-other-chip]", words]);
        let cli = Cli::fresh();
        cli.run(&["write", "--fcb", "issi.cfg", &file])
            .says(12, &[]);
        untouched(&cli);
    }
}
