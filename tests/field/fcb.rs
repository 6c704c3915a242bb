//! FCBs as SDKs, boards and generators make them: what `fcb check` says of each, alone and on a part.
//!
//! An error (exit 1) means that the ROM could not read the flash with it; what the ROM does not need is a warning at most.

use rtboot::FcbChoice;
use rtboot::job::WriteOptions;
use rtboot_fcb::{Fcb, PartFile};
use rtboot_sim::nor::Part as SimPart;

use crate::kit::app;
use crate::kit::board::{Rig, starts, write};
use crate::kit::cli::{Cli, Run, patched};

/// Changes to a block.
type Patches<'a> = &'a [(usize, &'a [u8])];

/// A block of zeros with what the ROM needs for a read of an 8 MiB quad part: tag, version, sampling, pads, clock, size, LUT 0.
fn minimal() -> Vec<u8> {
    let needed: Patches = &[
        (0x000, b"FCFB"),
        (0x004, &[0x00, 0x04, 0x01, 0x56]),
        (0x00C, &[1, 3, 3]), // sampling through the DQS pad, CS hold, CS set-up
        (0x040, &[0x10]),    // safe clock while configuring
        (0x044, &[1, 4, 6]), // NOR, four pads, 100 MHz
        (0x050, &[0x00, 0x00, 0x80, 0x00]), // 8 MiB
        (0x080, &[0xEB, 0x04, 0x18, 0x0A]), // EBh, 24 address bits on four pads
        (0x084, &[0x06, 0x32, 0x04, 0x26]), // 6 dummy cycles, read on four pads
    ];
    patched(vec![0; 512], needed)
}

/// The same with what a flashloader needs to write: the block that NXP's flashloader makes for 0xC0000006.
fn full() -> Vec<u8> {
    let rest: Patches = &[
        (0x090, &[0x05, 0x04, 0x04, 0x24]),             // read status
        (0x0B0, &[0x06, 0x04]),                         // write enable
        (0x0D0, &[0x20, 0x04, 0x18, 0x08]),             // erase sector
        (0x100, &[0xD8, 0x04, 0x18, 0x08]),             // erase block
        (0x110, &[0x02, 0x04, 0x18, 0x08, 0x04, 0x20]), // page program
        (0x130, &[0x60, 0x04]),                         // erase chip
        (
            0x1C0,
            &[0x00, 0x01, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x01],
        ), // page, sector, clock of commands
        (0x1D0, &[0x00, 0x00, 0x01, 0x00]),             // block
    ];
    patched(minimal(), rest)
}

/// The read of a HyperFlash: command and address in one on eight pads at double data rate, RWDS, column address.
const HYPER: Patches = &[
    (0x00C, &[3]),
    (0x00F, &[3]),
    (0x040, &[0x59]),
    (0x045, &[8]),
    (
        0x080,
        &[
            0xA0, 0x87, 0x18, 0x8B, 0x10, 0x8F, 0x06, 0xB3, 0x04, 0xA7, 0x00, 0x00,
        ],
    ),
];
/// An octal read at double data rate, Macronix style: EEh 11h, 32 address bits, DQS.
const OCTAL: Patches = &[
    (0x00C, &[3]),
    (0x040, &[0x50]),
    (0x045, &[8]),
    (
        0x080,
        &[0xEE, 0x87, 0x11, 0x87, 0x20, 0x8B, 0x0A, 0xB3, 0x04, 0xA7],
    ),
];
/// EDh on four pads at double data rate, 24 address bits, 12 half clocks.
const DDR: Patches = &[
    (0x040, &[0x50]),
    (0x080, &[0xED, 0x04, 0x18, 0x8A, 0x0C, 0xB2, 0x04, 0xA6]),
];
/// 8 dummy cycles.
const EIGHT: Patches = &[(0x084, &[0x08])];
/// Today's SDK: 8 dummy cycles, set by C0h with F0h before the first read.
const CONFIG: Patches = &[
    (0x01C, &[1]),
    (0x020, &[1, 12]),
    (0x030, &[0xF0]),
    (0x046, &[7]),
    (0x084, &[0x08]),
    (0x140, &[0xC0, 0x04, 0x01, 0x20]),
];
/// Quad enable by a device mode sequence, 01h with 40h.
const QUAD: Patches = &[
    (0x010, &[1, 1]),
    (0x014, &[1, 4]),
    (0x018, &[0x40]),
    (0x0C0, &[0x01, 0x04, 0x01, 0x20]),
];
/// The same with nothing in its sequence.
const QUAD_EMPTY: Patches = &[(0x010, &[1, 1]), (0x014, &[1, 4]), (0x018, &[0x00, 0x02])];
/// Teensy 4: version 1.0.0, EBh with mode bits FFh and 4 dummy cycles.
const TEENSY: Patches = &[
    (0x004, &[0x00, 0x00, 0x01, 0x56]),
    (0x00C, &[0, 1, 2]),
    (
        0x080,
        &[0xEB, 0x04, 0x18, 0x0A, 0xFF, 0x1E, 0x04, 0x32, 0x04, 0x26],
    ),
];

/// A block of the field.
struct Case {
    name: &'static str,
    block: Vec<u8>,
    part: Option<&'static str>,
    /// Whether `fcb check` ends with 1.
    errors: bool,
    /// Codes that are told.
    told: &'static [&'static str],
}

fn case(
    name: &'static str,
    block: Vec<u8>,
    part: Option<&'static str>,
    errors: bool,
    told: &'static [&'static str],
) -> Case {
    Case {
        name,
        block,
        part,
        errors,
        told,
    }
}

const EVK: Option<&str> = Some("IS25LP064A");

fn corpus() -> Vec<Case> {
    let with = |changes: Patches| patched(full(), changes);
    let half = [&full()[..256], &[0xFF; 256]].concat();
    let large: Patches = &[(0x050, &[0x00, 0x00, 0x00, 0x02])];
    vec![
        case("read alone", minimal(), EVK, false, &["fcb-read-only"]),
        case("made by the flashloader", full(), EVK, false, &[]),
        case(
            "133 MHz, by 0xC0000007",
            with(&[(0x046, &[7])]),
            EVK,
            false,
            &["fcb-clock-part"],
        ),
        case(
            "device type 0",
            with(&[(0x044, &[0])]),
            EVK,
            false,
            &["fcb-device-type"],
        ),
        case(
            "device type 0, no part",
            with(&[(0x044, &[0])]),
            None,
            false,
            &["fcb-device-type"],
        ),
        case(
            "second half blank",
            half.clone(),
            EVK,
            false,
            &["fcb-lut-erased"],
        ),
        case(
            "second half blank, no part",
            half,
            None,
            false,
            &["fcb-lut-erased"],
        ),
        case(
            "empty device mode",
            with(QUAD_EMPTY),
            EVK,
            false,
            &["fcb-device-mode"],
        ),
        case(
            "empty device mode, no part",
            with(QUAD_EMPTY),
            None,
            false,
            &["fcb-device-mode"],
        ),
        case("C0h before 8 dummies", with(CONFIG), EVK, false, &[]),
        case(
            "C0h before 8 dummies, no part",
            with(CONFIG),
            None,
            false,
            &[],
        ),
        case(
            "8 dummies and no C0h",
            with(EIGHT),
            EVK,
            true,
            &["fcb-read-misfit"],
        ),
        case(
            "24 bits on 32 MiB",
            with(large),
            None,
            false,
            &["fcb-address-short"],
        ),
        case("HyperFlash", with(HYPER), EVK, true, &["fcb-kind"]),
        case("octal", with(OCTAL), EVK, true, &["fcb-kind"]),
        case("octal, no part", with(OCTAL), None, false, &[]),
        case(
            "quad enable by the FCB",
            with(QUAD),
            EVK,
            false,
            &["fcb-quad-every-start"],
        ),
        case(
            "TinyUSB style",
            patched(patched(full(), QUAD), &[(0x044, &[0])]),
            EVK,
            false,
            &["fcb-device-type"],
        ),
        case("Teensy style, no part", with(TEENSY), None, false, &[]),
        case(
            "no read",
            with(&[(0x080, &[0; 8])]),
            EVK,
            true,
            &["fcb-no-read"],
        ),
        case(
            "no flash",
            with(&[(0x050, &[0; 4])]),
            EVK,
            true,
            &["fcb-size"],
        ),
        case(
            "DDR on four pads",
            with(DDR),
            EVK,
            false,
            &["fcb-read-open"],
        ),
    ]
}

fn check(cli: &Cli, case: &Case) -> Run {
    let block = cli.file("block.bin", &case.block);
    let part: &[&str] = match &case.part {
        Some(part) => &["--part", part],
        None => &[],
    };
    cli.run_bare(&[&["fcb", "check", &block], part].concat())
}

#[test]
fn public_blocks_get_their_right_judgement() {
    let cli = Cli::without_board();
    for case in corpus() {
        let run = check(&cli, &case);
        assert_eq!(run.code, i32::from(case.errors), "{}: {run}", case.name);
        for code in case.told {
            let told = run.stdout.contains(&format!("[{code}]"));
            assert!(told, "{}: nothing of {code}\n{run}", case.name);
        }
    }
}

/// A rule that is broken in many places is told once.
#[test]
fn a_blank_half_is_told_in_one_line() {
    let cli = Cli::without_board();
    let half = [&full()[..256], &[0xFF; 256]].concat();
    let run = check(&cli, &case("", half, None, false, &[]));
    let warnings = run.stdout.matches("\nwarning: ").count();
    assert_eq!(warnings, 1, "{run}");
    run.says(0, &["sequences 8, 9, 10, 11, 12, 13, 14, 15 are erased"]);
}

/// IS25LP064A and IS25LP064D answer with one id; the D reads at 81 MHz at most.
#[test]
fn parts_with_one_id_get_the_slower_fcb_and_a_note() {
    let cli = Cli::fresh();
    let both = "IS25LP064D or IS25LP064A";
    let note = format!("the id 9d 60 17 means {both}");
    let done = format!("to the {both}");
    cli.run(&["write", &app("blinky.elf")])
        .says(0, &[&note, &done]);
    let fcb = Fcb::parse(&cli.flash()).expect("written");
    assert_eq!(
        (fcb.clock(), fcb.flash_pads()),
        (5, 4),
        "80 MHz on four pads"
    );
    cli.would_start();
    let named = cli.run(&["write", "--fcb", "IS25LP064A", &app("blinky.elf")]);
    assert!(!named.stderr.contains(both), "{named}");
    named.says(0, &["to the IS25LP064A"]);
    assert_eq!(Fcb::parse(&cli.flash()).expect("written").clock(), 6);
    cli.would_start();
}

/// A part that no database knows: quad enable in bit 1 of status register 2.
fn unknown_part() -> SimPart {
    SimPart {
        name: "xy25q64",
        jedec: [0x5A, 0x12, 0x17],
        ..SimPart::w25q64jv()
    }
}

/// Its description by the user.
const CFG: &str = "name = \"XY25Q64\"\nvendor = \"XY\"\njedec = \"5a 12 17\"\nsize = \"8M\"\nquad-enable = \"sr2-bit1\"\nclock = \"80 MHz\"\nread = { opcode = 0xEB, address-pads = 4, data-pads = 4, dummy-cycles = 6 }\n";

fn options(cfg: &str) -> WriteOptions {
    let file = PartFile::from_cfg(cfg).unwrap_or_else(|error| panic!("{error}"));
    WriteOptions {
        fcb: FcbChoice::Part {
            from: "xy.cfg".into(),
            file,
        },
        ..WriteOptions::default()
    }
}

#[test]
fn a_part_of_ones_own_gets_quad_enable_in_sr2() {
    let mut rig = Rig::with_part(unknown_part());
    let quad = |rig: &Rig| rig.virtual_board.board().nor().status[1] & 2;
    assert_eq!(quad(&rig), 0, "clear from the factory");
    let file = app("blinky.elf").as_str().into();
    let written = write(&mut rig.board, &file, options(CFG), &mut rig.events);
    written.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(quad(&rig), 2);
    assert!(starts(&rig).is_some());
    let fcb = Fcb::parse(&rig.flash()).expect("written");
    assert_eq!(fcb.clock(), 5);
}

#[test]
fn a_cfg_with_another_block_size_is_refused_before_an_erase() {
    let mut rig = Rig::with_part(unknown_part());
    let before = rig.flash();
    let cfg = format!("{CFG}block-size = \"256K\"\n");
    let file = app("blinky.elf").as_str().into();
    let error = write(&mut rig.board, &file, options(&cfg), &mut rig.events).expect_err("refused");
    let text = error.to_string();
    assert!(
        text.contains("what D8h erases is 64 KiB by its SFDP, 256 KiB by the .cfg"),
        "{text}"
    );
    assert_eq!(rig.flash(), before);
    assert_eq!(rig.operations(), 0);
}
