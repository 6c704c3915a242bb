//! Files for another chip: refused with exit 12 before anything is loaded, and found by the doctor.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_sim::{Fault, Settings, State};

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
fn cfg_for_another_chip_is_refused_by_every_command() {
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
fn cfg_for_this_chip_or_family_is_accepted() {
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
fn doctor_refuses_foreign_cfg_before_loading() {
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
fn saved_probe_names_the_chip_found() {
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
fn images_of_other_chips_are_recognised() {
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
        cli.run(&["--chip", "rt1021", "image", "check", &file])
            .says(1, &["[other-chip]"]);
        cli.run(&["doctor", &file])
            .says(1, &["[app-other-chip]", words]);
        let cli = Cli::fresh();
        cli.run(&["write", "--fcb", "issi.cfg", &file])
            .says(12, &[]);
        untouched(&cli);
    }
}

/// A board with a chip of this id, where NXP's flashloader for that chip runs already.
fn other_chip_running(id: u32) -> Cli {
    let cli = Cli::fresh();
    cli.run(&["info"]).says(0, &["flashloader:"]);
    let mut board = cli.board();
    assert_eq!(board.state(), State::Flashloader);
    board.fault_mut().push(Fault::OtherChip { id });
    board.save().expect("saved");
    cli
}

#[test]
fn a_running_flashloader_of_another_chip_is_refused() {
    let elf = app("blinky.elf");
    let unnamed = &[][..];
    for (id, name, chips) in [
        (
            0x006A_0001,
            "RT1050/RT1051/RT1052 (chip id 0x006a0001)",
            &[][..],
        ),
        (0x006D_0000, "RT1010/RT1011 (chip id 0x006d0000)", &[]),
        (
            0x1234_0000,
            "an unknown chip (chip id 0x12340000)",
            &[unnamed],
        ),
    ] {
        let cli = other_chip_running(id);
        let before = cli.flash();
        let write: &[&str] = &["write", "--fcb", "issi.cfg", &elf];
        let named = [&["--chip", "rt1021"][..], &["--chip", "rt1024"]];
        for chip in named.into_iter().chain(chips.iter().copied()) {
            for verb in [
                write,
                &["erase", "--all", "--confirm", "erase the whole flash"],
                &["info"],
                &["verify", &elf],
            ] {
                let args = [chip, verb].concat();
                cli.run(&args).says(12, &[name, "[wrong-chip]"]);
            }
        }
        assert_eq!(cli.flash(), before, "{name}");
        let doctor = ["--chip", "rt1021", "doctor"];
        cli.run(&doctor).says(1, &["[chip-other]", name]);
    }
}

#[test]
fn a_rom_of_another_chip_is_refused() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::OtherChip { id: 0x006D_0000 }],
        ..Settings::default()
    });
    let elf = app("blinky.elf");
    let name = "RT1010/RT1011 (chip id 0x006d0000)";
    for chip in [&[][..], &["--chip", "rt1024"]] {
        let args = [chip, &["write", "--fcb", "issi.cfg", &elf]].concat();
        cli.run(&args).says(12, &[name, "[wrong-chip]"]);
    }
    cli.run(&["doctor"]).says(1, &["[chip-other]", name]);
    untouched(&cli);
}

#[test]
fn flashloader_that_hides_the_chip_id_is_used() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    cli.run(&["info"]).says(0, &[]);
    let run = cli.run(&["-v", "write", "--fcb", "issi.cfg", &elf]);
    run.says(0, &["does not allow the chip id to be read", "wrote"]);
    cli.would_start();
}

#[test]
fn the_package_bit_names_the_rt1024() {
    let cli = Cli::with(Settings {
        fuses: vec![(4, 1 << 20)],
        ..Settings::default()
    });
    cli.run(&["info"])
        .says(0, &["chip:          RT1024 (chip id 0x006b0000)"]);
    // a flashloader that runs reads the fuse, too
    let object = cli.run(&["--json", "info"]).last();
    assert_eq!(object["chip"]["name"], "RT1024");
    let cli = Cli::fresh();
    cli.run(&["info"]).says(
        0,
        &["chip:          RT1015/RT1020/RT1021 (chip id 0x006b0000)"],
    );
}

#[test]
fn chip_option_shows_in_every_output() {
    for (name, shown, family) in [
        ("rt1020", "RT1020", "family: mimxrt1020"),
        ("mimxrt1021", "RT1021", "family: mimxrt1020"),
        ("rt1024", "RT1024", "family: mimxrt1024"),
    ] {
        let cli = Cli::fresh();
        let elf = app("blinky.elf");
        let run = |args: &[&str]| cli.run(&[&["--chip", name], args].concat());
        run(&["fcb", "build", "IS25LP064A", "-o", "a.yaml"]).says(0, &[]);
        let yaml = std::fs::read_to_string(cli.path("a.yaml")).expect("written");
        assert!(yaml.lines().any(|line| line == family), "{yaml}");

        let words = cli.file("words.bin", std::array::from_fn::<u8, 64, _>(|at| at as u8));
        let nowhere = format!("no memory of the {shown}");
        run(&["image", "show", "--base", "0x30000000", &words]).says(0, &[&nowhere]);
        run(&[
            "image",
            "build",
            &words,
            "--base",
            "0x30000000",
            "-o",
            "x.bin",
        ])
        .says(12, &[&format!("the {shown}")]);
        let other = cli.file("other.cfg", cfg("\"rt1062\""));
        run(&["write", "--fcb", &other, &elf]).says(12, &[&format!("not for the {shown}")]);

        let chip = format!("chip:          {shown} (chip id 0x006b0000)");
        run(&["info"]).says(0, &[&chip]);
        // the flashloader runs now and does not tell the id
        let as_named = format!("chip:          {shown} (as named)");
        run(&["info"]).says(0, &[&as_named]);
        let object = run(&["--json", "info"]).last();
        assert_eq!(object["chip"]["name"], shown);
        let write = ["write", "--fcb", "issi.cfg", &elf];
        run(&[&["-v"], &write[..]].concat()).says(0, &[&format!("of the {shown}")]);
        assert_eq!(
            run(&[&["--json"], &write[..]].concat()).last()["chip"],
            shown
        );
        let row = format!("chip                   {shown} (as named) (flashloader)");
        run(&["-v", "doctor"]).says(0, &[&row]);
    }
}

#[test]
fn an_unknown_chip_name_lists_the_table() {
    Cli::without_board()
        .run_bare(&["--chip", "rt1170", "info"])
        .says(
            2,
            &["rt1010, rt1011, rt1015, rt1020, rt1021, rt1024, rt1050"],
        );
    let help = Cli::without_board().run_bare(&["--help"]);
    help.says(0, &["rt1021", "rt1062", "rt1064"]);
}

#[test]
fn refused_chip_id_needs_the_chip_from_the_user() {
    let rom = rtboot_sim::RomOptions {
        reads: rtboot_sim::Reads::Nothing,
        ..Default::default()
    };
    let cli = Cli::with(Settings {
        rom,
        ..Settings::default()
    });
    let elf = app("blinky.elf");
    let write = ["write", "--fcb", "IS25LP064A", &elf];
    let words = ["[unknown-chip]", "0x89232389", "RT1021", "--chip"];
    cli.run(&write).says(12, &words);
    untouched(&cli);
    let named = [&["--chip", "rt1021"][..], &write].concat();
    let words = ["wrote", "the boot ROM refused to read"];
    cli.run(&named).says(0, &words);
    cli.would_start();
}
