//! Every chip of the family: from blank flash to an image that boots, and what is refused on each.

use crate::kit::cli::Cli;
use crate::kit::linked::{app, elf};
use rtboot_sim::chip::{CHIPS, Chip};
use rtboot_sim::{Settings, State};

/// Where applications of this chip are linked to.
fn link(chip: &Chip) -> u32 {
    chip.window.start + 0x2000
}

fn kit(chip: &'static Chip) -> Cli {
    Cli::with(Settings::kit(chip))
}

/// Switched off and on: the boot ROM runs again.
fn power_cycle(cli: &Cli) {
    let mut board = cli.board();
    board.power_cycle();
    assert_eq!(board.state(), State::Rom);
    board.save().expect("saved");
}

#[test]
fn every_chip_goes_from_blank_to_boots() {
    for chip in CHIPS {
        let cli = kit(chip);
        let app = app(link(chip), 0x5432);
        let file = cli.file("app.elf", elf(link(chip), &app));
        let named = format!("chip:          {}", chip.name);
        let info = cli.run(&["info"]).good();
        let line = info.lines().find(|line| line.starts_with("chip:"));
        // chips that tell the same are named together
        assert!(
            line.is_some_and(|line| line.contains(chip.name)),
            "{named}\n{info}"
        );
        power_cycle(&cli);
        cli.run(&["write", "--fcb", chip.flash, &file])
            .says(0, &["wrote", "the ROM would start it"]);
        let flash = cli.flash();
        assert_eq!(flash[0x2000..0x2000 + app.len()], app, "{}", chip.name);
        let fcb = chip.fcb_offset as usize;
        assert_eq!(&flash[fcb..fcb + 4], b"FCFB", "{}", chip.name);
        let starts = cli.board().boot_verdict().starts.map(|start| start.entry);
        assert_eq!(starts, Some(link(chip) + 0x401), "{}", chip.name);

        for again in ["running", "ROM"] {
            cli.run(&["write", "--fcb", chip.flash, &file])
                .says(0, &["nothing to do"]);
            cli.run(&["verify", &file]).says(0, &["identical"]);
            cli.run(&["image", "check", "board"])
                .says(0, &["boot image with FCB", "the ROM would start it"]);
            let doctor = cli.run(&["doctor", &file]);
            assert_eq!(doctor.code, 0, "{}, {again}: {doctor}", chip.name);
            power_cycle(&cli);
        }
        cli.run(&["read", "--all", "back.bin"]).good();
        // the board's file leaves out what is erased at the end
        let back = cli.read("back.bin");
        let (written, behind) = back.split_at(flash.len());
        assert!(written == flash && behind.iter().all(|&byte| byte == 0xFF));
        assert_eq!(cli.flash(), flash, "{}", chip.name);
    }
}

#[test]
fn a_board_that_a_write_makes_has_the_chip_that_is_named() {
    let chip = Chip::find("rt1064").expect("a chip");
    let cli = Cli::without_board();
    let file = cli.file("app.elf", elf(link(chip), &app(link(chip), 0x3000)));
    let write = ["--chip", "rt1064", "write", "--fcb", chip.flash, &file];
    cli.run(&write)
        .says(0, &["making a fresh one", "would start it"]);
    assert_eq!(cli.board().chip(), chip);
    // without the name it stays what it is
    cli.run(&write[2..]).says(0, &["nothing to do"]);
}

#[test]
fn another_chip_than_the_board_has_is_refused() {
    for chip in CHIPS {
        let others = ["rt1010", "rt1021", "rt1052", "rt1062", "rt1064"];
        for other in others {
            let named = rtboot::Chip::by_name(other).expect("a row");
            let same_id = named.id.value == chip.id & named.id.mask;
            // the fuse decides where the flash is
            let same_place =
                (named.map.flash_base, named.rom_usb.1) == (chip.window.start, chip.rom_product_id);
            if same_id && same_place {
                continue;
            }
            let cli = kit(chip);
            let link = named.map.app_address();
            let file = cli.file("app.elf", elf(link, &app(link, 0x3000)));
            let write = ["--chip", other, "write", "--fcb", "auto", &file];
            let run = cli.run(&write);
            assert_eq!(run.code, 12, "{} as {other}: {run}", chip.name);
            assert!(
                run.stderr.contains("[wrong-chip]"),
                "{} as {other}: {run}",
                chip.name
            );
            assert_eq!(cli.board().state(), State::Rom);
            assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
        }
    }
}

#[test]
fn images_of_other_chips_are_refused() {
    let chip = |name: &str| Chip::find(name).expect("a chip");
    let (rt1010, rt1062, rt1064) = (chip("rt1010"), chip("rt1062"), chip("rt1064"));
    // whole images, as each chip takes them
    let image = |name: &str, chip: &Chip| {
        let cli = Cli::without_board();
        let file = cli.file("app.elf", elf(link(chip), &app(link(chip), 0x3000)));
        let part = ["--fcb", "IS25WP064A", "-o", "x.hex"];
        cli.run_bare(&[&["--chip", name, "image", "build", &file], &part[..]].concat())
            .good();
        cli.read("x.hex")
    };
    let of_1010 = image("rt1010", rt1010);
    let of_1062 = image("rt1062", rt1062);
    let of_1064 = image("rt1064", rt1064);
    for (board, bytes, sign) in [
        (rt1010, &of_1062, "an FCB lies at 0x60000000"),
        (rt1010, &of_1064, "0x70000000 of the RT1064"),
        (rt1062, &of_1010, "an FCB lies at 0x60000400"),
        (rt1062, &of_1064, "0x70000000 of the RT1064"),
        (rt1064, &of_1010, "0x60000000 of the other RT10xx"),
        (rt1064, &of_1062, "0x60000000 of the other RT10xx"),
    ] {
        let cli = kit(board);
        let file = cli.file("x.hex", bytes);
        cli.run(&["write", "--fcb", "auto", &file])
            .says(12, &[sign, "[image-other-chip]"]);
        assert_eq!(cli.board().state(), State::Rom, "{}", board.name);
        assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
    }
    for (board, bytes) in [(rt1010, &of_1010), (rt1062, &of_1062), (rt1064, &of_1064)] {
        let cli = kit(board);
        let file = cli.file("x.hex", bytes);
        // whoever names no chip has it judged for the one that it gives away
        let name = format!("taken for an image of the {}", board.name);
        let words = ["nothing here keeps the ROM from starting it"];
        let check = cli.run(&["image", "check", &file]).says(0, &words);
        // the default chip's window and FCB are those of the RT1062
        let told = check.stderr.contains("taken for") || check.stdout.contains("taken for");
        assert_eq!(told, board != rt1062, "{check}");
        if told {
            let name = name.replace("RT1011", "RT1010");
            check.says(0, &[&name]);
        }
        cli.run(&["write", "--fcb", "auto", &file])
            .says(0, &["wrote"]);
        assert!(
            cli.board().boot_verdict().starts.is_some(),
            "{}",
            board.name
        );
    }
}

#[test]
fn backups_go_back_to_their_chip_only() {
    let chip = |name: &str| Chip::find(name).expect("a chip");
    let (rt1062, rt1064) = (chip("rt1062"), chip("rt1064"));
    let cli = kit(rt1064);
    let file = cli.file("app.elf", elf(link(rt1064), &app(link(rt1064), 0x3000)));
    cli.run(&["write", "--fcb", "auto", &file]).good();
    cli.run(&["backup", "all.bin"]).good();
    let whole = cli.flash();
    let erase = ["erase", "--all", "--confirm", "erase the whole flash"];
    cli.run(&erase).good();
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
    cli.run(&["restore", "all.bin"])
        .says(0, &["as is, at 0x70000000"]);
    assert_eq!(cli.flash(), whole);
    let other = kit(rt1062);
    for name in ["all.bin", "all.bin.json"] {
        if cli.path(name).exists() {
            other.file(name, cli.read(name));
        }
    }
    other.run(&["restore", "all.bin"]).says(12, &["RT1064"]);
    assert!(other.flash().iter().all(|&byte| byte == 0xFF));
}
