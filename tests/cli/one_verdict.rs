//! "Would the ROM start it?" has one answer, whichever command is asked, and the virtual ROM gives the same.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_bootable::{BootImage, Chip, Firmware};
use rtboot_fcb::lut::{Instruction, Opcode, Sequence};
use rtboot_fcb::{Fcb, Part, database};
use rtboot_sim::nor::Part as SimPart;
use rtboot_sim::{Board, BootMode, Settings, Straps};
use serde_json::Value;

/// Where the vector table is in the image.
const VECTORS: usize = 0x2000;
/// Where the IVT names what to start.
const IVT_ENTRY: usize = 0x1004;
/// Quad enable of the IS25LP064A, in its status register 1.
const QUAD: [u8; 3] = [0x40, 0, 0];

fn part(name: &str) -> Part {
    let (_, file) = database::find(name).expect("in the database");
    let found = file.parts.into_iter().find(|part| part.name == name);
    found.expect("in its file")
}

/// Flash content: the example with this FCB.
fn image(fcb: &Fcb) -> Vec<u8> {
    let map = Chip::by_name("rt1021").expect("a chip").map;
    let elf = std::fs::read(app("blinky.elf")).expect("a committed file");
    let firmware = Firmware::parse(&elf, Some("blinky.elf"), None, &map).expect("a firmware");
    let image = BootImage::build(&firmware, Some(fcb), &map).expect("an image");
    let length = (image.memory.end() - u64::from(map.flash_base)) as usize;
    image.memory.filled(map.flash_base, length, 0xFF)
}

/// A board with an IS25LP064A that holds this.
fn issi(flash: Vec<u8>, status: [u8; 3]) -> Settings {
    Settings {
        flash,
        status,
        ..Settings::default()
    }
}

fn with_fcb(change: impl Fn(&mut Fcb)) -> Settings {
    let mut fcb = part("IS25LP064A").boot_fcb();
    change(&mut fcb);
    issi(image(&fcb), QUAD)
}

/// The FCB sets 8 dummy cycles by C0h 20h before the first read, as on the vendor's RT1020 board.
fn config_command(fcb: &mut Fcb) {
    let mut bytes = fcb.as_bytes().to_owned();
    // configCmdEnable, its sequence (one, number 12) and argument, then the sequence
    bytes[0x1C..0x24].copy_from_slice(&[1, 0, 0, 0, 1, 12, 0, 0]);
    bytes[0x30..0x34].copy_from_slice(&[0xF0, 0, 0, 0]);
    bytes[0x140..0x144].copy_from_slice(&[0xC0, 0x04, 0x01, 0x20]);
    *fcb = Fcb::parse(&bytes).expect("an FCB");
    fcb.set_sequence(0, &Sequence::read(0xEB, 24, 4, 4, 8));
}

fn hyper_flash(fcb: &mut Fcb) {
    let step = |opcode, operand| Instruction::new(opcode, 8, operand);
    fcb.set_flash_pads(8);
    fcb.set_sequence(
        0,
        &Sequence::of(&[
            step(Opcode::CMD_DDR, 0xA0),
            step(Opcode::RADDR_DDR, 0x18),
            step(Opcode::CADDR_DDR, 0x10),
            step(Opcode::DUMMY_DDR, 0x06),
            step(Opcode::READ_DDR, 0x04),
        ]),
    );
}

/// What a command answers: yes, no, or `None`, not known.
#[track_caller]
fn answer(cli: &Cli, args: &[&str], field: &[&str]) -> Option<bool> {
    let run = cli.run(&[&["--json"], args].concat());
    let starts = |object: &Value| {
        // a failed command has what it found out inside
        let result = object.get("found").unwrap_or(object);
        let found = field.iter().try_fold(result, |at, key| at.get(key))?;
        Some(found.as_bool())
    };
    let found = run.objects().iter().rev().find_map(starts);
    found.unwrap_or_else(|| panic!("{args:?} says nothing\n{run}"))
}

/// That all commands give this answer about this board, and the virtual ROM too where it is a yes or a no.
#[track_caller]
fn all_say(name: &str, settings: Settings, expected: Option<bool>) {
    let rom = Board::new(settings.clone()).boot_verdict();
    let cli = Cli::with(settings);
    let elf = app("blinky.elf");
    let answers = [
        ("info", answer(&cli, &["info"], &["boot", "starts"])),
        (
            "verify",
            answer(&cli, &["verify", &elf], &["boot", "starts"]),
        ),
        ("doctor", answer(&cli, &["doctor"], &["starts"])),
        (
            "image check",
            answer(&cli, &["image", "check", "board"], &["starts"]),
        ),
        ("rom", expected.map(|_| rom.starts.is_some())),
    ];
    for (who, starts) in answers {
        assert_eq!(starts, expected, "{name}: {who}; ROM: {}", rom.reason);
    }
}

#[test]
fn every_command_gives_the_same_answer() {
    let sound = image(&part("IS25LP064A").boot_fcb());
    let no = Some(false);
    all_say("blank", Settings::default(), no);
    all_say("sound", issi(sound.clone(), QUAD), Some(true));
    all_say("quad enable clear", issi(sound.clone(), [0; 3]), no);
    let wrong = |fcb: &mut Fcb| fcb.set_sequence(0, &Sequence::read(0xEB, 24, 4, 4, 2));
    all_say("wrong dummy", with_fcb(wrong), no);
    all_say("HyperFlash FCB", with_fcb(hyper_flash), no);
    all_say(
        "configuration command",
        with_fcb(config_command),
        Some(true),
    );
    let mut erased = sound.clone();
    erased[VECTORS..VECTORS + 8].fill(0xFF);
    // the IVT of the example names the reset handler itself; then one that names the table
    all_say("vectors not used", issi(erased.clone(), QUAD), Some(true));
    erased[IVT_ENTRY..IVT_ENTRY + 4].copy_from_slice(&0x6000_2000u32.to_le_bytes());
    all_say("erased vectors", issi(erased, QUAD), no);
    let mut half = sound.clone();
    half.truncate(0x1000);
    all_say("half image", issi(half, QUAD), no);
    all_say("protected", issi(sound, [0x7C, 0, 0]), Some(true));
    let winbond = Settings {
        part: SimPart::find("W25Q64JV").expect("a part"),
        flash: image(&part("W25Q64JV").boot_fcb()),
        status: [0, 2, 0],
        ..Settings::default()
    };
    all_say("W25Q64JV", winbond, Some(true));
}

#[test]
fn boot_pins_count_for_every_command() {
    let elf = app("blinky.elf");
    let commands: [(&[&str], &[&str]); 5] = [
        (&["info"], &["boot", "starts"]),
        (&["verify", &elf], &["boot", "starts"]),
        (&["doctor"], &["starts"]),
        (&["image", "check", "board"], &["starts"]),
        (&["write", "--fcb", "IS25LP064A", &elf], &["starts"]),
    ];
    // flash type 7, the second pin group, for a flash on the first
    let (boot_mode, boot_cfg) = (BootMode::SerialDownloader, 7 << 1);
    for (args, field) in commands {
        // a flashloader that runs already cannot tell the pins, so each command gets a board in its ROM
        let settings = Settings {
            straps: Straps {
                boot_mode,
                boot_cfg,
            },
            ..issi(image(&part("IS25LP064A").boot_fcb()), QUAD)
        };
        let rom = Board::new(settings.clone()).boot_verdict();
        let cli = Cli::with(settings);
        assert_eq!(answer(&cli, args, field), Some(false), "{args:?}");
        assert!(!rom.with_present_straps, "{}", rom.present_straps);
    }
}

#[test]
fn named_part_changes_no_answer() {
    let cli = Cli::with(issi(image(&part("IS25LP064A").boot_fcb()), QUAD));
    for fcb in [&[][..], &["--fcb", "IS25LP064A"]] {
        let doctor = answer(&cli, &[&["doctor"], fcb].concat(), &["starts"]);
        let check = answer(
            &cli,
            &[&["image", "check", "board"], fcb].concat(),
            &["starts"],
        );
        assert_eq!((doctor, check), (Some(true), Some(true)), "{fcb:?}");
    }
}

#[test]
fn write_ends_with_the_answer_of_info() {
    let cli = Cli::fresh();
    let write = ["write", "--fcb", "IS25LP064A", &app("blinky.elf")];
    assert_eq!(answer(&cli, &write, &["starts"]), Some(true));
    assert_eq!(answer(&cli, &["info"], &["boot", "starts"]), Some(true));
    cli.would_start();
}

#[test]
fn write_without_fcb_counts_the_fcb_in_flash() {
    let sound = image(&part("IS25LP064A").boot_fcb());
    let mut headless = sound[0x1000..].to_vec();
    *headless.last_mut().expect("an image") ^= 1;
    let cli = Cli::with(issi(sound.clone(), QUAD));
    std::fs::write(cli.path("headless.bin"), &headless).expect("a file");
    let write = ["write", "--as-is", "--base", "0x60001000", "headless.bin"];
    assert_eq!(answer(&cli, &write, &["starts"]), Some(true));
    assert_eq!(answer(&cli, &["info"], &["boot", "starts"]), Some(true));
    cli.would_start();
    let flash = cli.flash();
    assert_eq!(flash[..0x1000], sound[..0x1000]);
    assert_eq!(flash[0x1000..sound.len()], headless);
}
