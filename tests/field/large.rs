//! Parts of 32 MiB: what lies above 16 MiB, sectors of 256 KiB, four-byte address mode.

use rtboot_sim::Settings;
use rtboot_sim::clock::Clock;
use rtboot_sim::nor::{Cycle, Part};
use serde_json::Value;

use super::files::hex;
use crate::kit::app;
use crate::kit::board::{Rig, starts};
use crate::kit::cli::{Cli, patched};

const PARTS: [&str; 4] = ["w25q256jv", "s25fl256s", "mt25ql256aba", "mx25l25645g"];
/// Past what 24 address bits reach.
const HIGH: usize = 0x180_0000;

fn board(part: &str) -> Cli {
    Cli::with(Settings {
        part: Part::find(part).expect("a part"),
        ..Settings::default()
    })
}

/// Bytes that are not alike.
fn data(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 256) as u8).collect()
}

fn field(cli: &Cli, args: &[&str], path: &str) -> Value {
    let run = cli.run(&[&["--json"], args].concat());
    let found = run.last().pointer(path).cloned();
    found.unwrap_or_else(|| panic!("no {path} in\n{run}"))
}

#[track_caller]
fn all_say(cli: &Cli, part: &str, starts: bool) {
    let rom = cli.board().boot_verdict();
    assert_eq!(rom.starts.is_some(), starts, "{part}: ROM: {}", rom.reason);
    for (args, path) in [
        (&["info"][..], "/boot/starts"),
        (&["doctor"], "/starts"),
        (&["image", "check", "board"], "/starts"),
    ] {
        assert_eq!(field(cli, args, path), starts, "{part}: {args:?}");
    }
}

#[test]
fn image_and_data_above_16_mib_are_written_and_found() {
    for part in PARTS {
        let cli = board(part);
        let bytes = data(0x3000);
        cli.file("fs.bin", &bytes);
        let blinky = app("blinky.elf");
        let pieces = [blinky.as_str(), "fs.bin@0x61800000"];
        cli.run(&[&["write"], &pieces[..]].concat()).good();
        assert_eq!(cli.flash()[HIGH..HIGH + bytes.len()], bytes, "{part}");
        all_say(&cli, part, true);
        cli.run(&[&["verify"], &pieces[..]].concat()).good();
        cli.run(&[&["doctor"], &pieces[..]].concat()).good();
        // one byte up there that differs is found, and one sector put right
        {
            let mut board = cli.board();
            board.nor_mut().memory[HIGH + 0x100] ^= 0xFF;
            board.save().expect("saved");
        }
        let verify = cli.run(&[&["verify"], &pieces[..]].concat());
        verify.says(33, &["0x61800100"]);
        let again = cli.run(&[&["write"], &pieces[..]].concat());
        again.says(0, &["rewritten", "verified"]);
        assert_eq!(cli.flash()[HIGH..HIGH + bytes.len()], bytes, "{part}");
        cli.run(&[&["verify"], &pieces[..]].concat()).good();
        cli.run(&["erase", "0x61800000", "256K"]).good();
        let flash = cli.flash();
        // erased bytes at the end are not in the file
        let mut high = flash.iter().skip(HIGH);
        assert!(high.all(|&byte| byte == 0xFF), "{part}");
        all_say(&cli, part, true);
    }
}

#[test]
fn address_bits_24_in_the_fcb_start_a_low_image() {
    for part in ["w25q256jv", "mx25l25645g", "mt25ql256aba"] {
        let cli = board(part);
        cli.run(&["write", &app("blinky.elf")]).good();
        let dummies = [if part == "mt25ql256aba" { 10 } else { 6 }];
        let narrow: &[(usize, &[u8])] = &[(0x080, &[0xEB, 0x04, 0x18, 0x0A]), (0x084, &dummies)];
        let image = patched(cli.flash()[..0x3000].to_vec(), narrow);
        let cli = board(part);
        cli.file("image.bin", &image);
        cli.run(&["write", "image.bin"]).good();
        assert_eq!(cli.flash()[..0x3000], image, "{part}");
        all_say(&cli, part, true);
    }
}

/// An image whose vector table and code lie past 16 MiB, with an FCB that reads with 24 address bits.
fn out_of_reach(cli: &Cli) -> String {
    cli.run(&["write", &app("blinky.elf")]).good();
    let mut low = cli.flash()[..0x3000].to_vec();
    let far = low[0x2000..].to_vec();
    let table = 0x6180_0000_u32;
    low.truncate(0x2000);
    let entry = table.to_le_bytes();
    let patches: &[(usize, &[u8])] = &[
        (0x080, &[0xEB, 0x04, 0x18, 0x0A]),
        (0x1004, &entry),
        (0x1024, &[0x00, 0x00, 0x00, 0x02]),
    ];
    let low = patched(low, patches);
    let reset = u32::from_le_bytes([far[4], far[5], far[6], far[7]]) - 0x6000_2000 + table;
    let far = patched(far, &[(4, &reset.to_le_bytes())]);
    hex(&[(0x6000_0000, &low), (table, &far)])
}

#[test]
fn entry_past_16_mib_needs_32_address_bits() {
    let image = out_of_reach(&board("w25q256jv"));
    let cli = board("w25q256jv");
    cli.file("image.hex", &image);
    let check = cli.run(&["image", "check", "image.hex"]);
    check.says(1, &["[past-read-reach]"]);
    let write = cli.run(&["write", "image.hex"]);
    write.says(30, &["[fcb-unfit]", "16 MiB", "nothing was written"]);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
    cli.run(&["write", "--keep-fcb", "image.hex"])
        .says(30, &["[fcb-unreadable]"]);
    all_say(&cli, "24 bits", false);
    let auto = cli.run(&["write", "--fcb", "auto", "image.hex"]);
    auto.says(0, &["the image's own FCB is replaced"]);
    all_say(&cli, "32 bits", true);
}

#[test]
fn four_byte_mode_is_told_and_ended() {
    for (part, commands) in [
        ("w25q256jv", &[(0x06, None), (0xB7, None)][..]),
        ("mt25ql256aba", &[(0x06, None), (0xB7, None)]),
        ("s25fl256s", &[(0x17, Some(0x80))]),
    ] {
        let left = || {
            let cli = board(part);
            cli.run(&["write", &app("blinky.elf")]).good();
            let mut board = cli.board();
            let clock = &mut Clock::new();
            for (opcode, data) in commands {
                let cycle = Cycle {
                    opcode: Some(*opcode),
                    write: Vec::from_iter(*data),
                    ..Cycle::new(0)
                };
                board.nor_mut().cycle(&cycle, clock);
            }
            board.save().expect("saved");
            drop(board);
            let rom = cli.board().boot_verdict();
            assert_eq!(rom.starts, None, "{part}: {}", rom.reason);
            cli
        };
        for args in [
            &["info"][..],
            &["doctor"],
            &["verify", &app("blinky.elf")],
            &["write", &app("blinky.elf")],
        ] {
            let cli = left();
            let run = cli.run(args);
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(text.contains("four-byte address mode"), "{part}: {run}");
            let rom = cli.board().boot_verdict();
            assert!(rom.starts.is_some(), "{part} {args:?}: {}", rom.reason);
        }
    }
}

/// A blank S25FL256S, changed, with quad enable clear.
fn infineon(change: fn(&mut Part)) -> Rig {
    let mut part = Part::s25fl256s();
    change(&mut part);
    Rig::with_part(part)
}

#[test]
fn sectors_of_s25fl256s_are_told_by_its_long_id() {
    // the other one has sectors of 64 KiB and of 4 KiB
    for named in ["auto", "S25FL256S"] {
        let mut small = infineon(|part| part.jedec_tail = &[0x4D, 0x01, 0x80]);
        let error = small.write(app("blinky.elf"), named).expect_err("another");
        let text = error.to_string();
        assert!(
            text.contains("its id goes on with 4d 01, that of the part with 4d 00"),
            "{text}"
        );
        assert_eq!((error.exit_code(), small.operations()), (30, 0));
    }
}

#[test]
fn s25fl256s_needs_no_sfdp() {
    let mut silent = infineon(|part| part.sfdp.fill(0xFF));
    let written = silent.write(app("blinky.elf"), "auto");
    written.unwrap_or_else(|error| panic!("{error}"));
    assert!(starts(&silent).is_some());
}
