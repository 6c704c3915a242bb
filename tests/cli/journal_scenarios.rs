//! What must not come back, and what must, when boards, flash chips and hosts change around an interrupted write: with the real
//! program, judged by flash.

use crate::kit::cli::{Cli, Run};
use crate::kit::hex;
use rtboot_sim::nor::Part;
use rtboot_sim::{Board, Fault, Settings};

const EVK: &str = "--fcb=IS25LP064A";
const APP: u32 = 0x6000_2000;
/// The application ends in the middle of its last sector; calibration data stand behind it.
const LENGTH: usize = 0x5800;
const TAIL: std::ops::Range<usize> = 0x7800..0x8000;

fn application(version: u8) -> Vec<u8> {
    let vectors = [0x2001_0000u32, APP + 0x401].map(u32::to_le_bytes).concat();
    let mut bytes: Vec<u8> = (0..LENGTH).map(|n| (n as u8 & 0x3F) ^ version).collect();
    bytes[..8].copy_from_slice(&vectors);
    bytes[0x400..0x402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// Calibration data that nobody asked to change.
fn calibration(seed: u8) -> Vec<u8> {
    TAIL.map(|at| (at as u8).wrapping_mul(7) ^ seed).collect()
}

fn write(version: u8) -> [&'static str; 3] {
    match version {
        1 => ["write", EVK, "v1.hex"],
        _ => ["write", EVK, "v2.hex"],
    }
}

fn files(cli: &Cli) {
    cli.file("v1.hex", hex(APP, &application(1)));
    cli.file("v2.hex", hex(APP, &application(2)));
    cli.file("settings.bin", [0x42; 64]);
}

/// A board with v1 and calibration data.
fn with_v1(unique_id: [u32; 2]) -> Cli {
    let mut flash = vec![0xFF; 0x1_0000];
    flash[TAIL].copy_from_slice(&calibration(1));
    let cli = Cli::with(Settings {
        flash,
        unique_id,
        ..Settings::default()
    });
    files(&cli);
    cli.run(&write(1)).good();
    assert!(flash_of(&cli)[TAIL] == calibration(1));
    cli
}

/// The first 128 KiB of flash; the board's file ends where the rest is blank.
fn flash_of(cli: &Cli) -> Vec<u8> {
    let mut flash = cli.flash();
    flash.resize(0x2_0000, 0xFF);
    flash
}

/// v2 lost power when some of its pages were programmed, and the calibration data were erased.
fn half_v2(cli: &Cli) {
    cli.set_faults(&[Fault::PowerCut { at: 40 }]);
    let run = cli.run(&write(2));
    cli.set_faults(&[]);
    assert_eq!(run.code, 15, "{run}");
    assert!(flash_of(cli)[TAIL] != calibration(1), "erased");
}

fn set_flash(cli: &Cli, flash: &[u8]) {
    std::fs::write(cli.path("board/flash.bin"), flash).expect("written");
}

fn journals(cli: &Cli) -> usize {
    let folder = std::fs::read_dir(cli.path("state/journal"));
    folder.map_or(0, Iterator::count)
}

/// Flash holds v2, and this behind it.
#[track_caller]
fn holds_v2(cli: &Cli, tail: &[u8]) {
    let flash = flash_of(cli);
    assert!(flash[0x2000..0x7800] == application(2));
    assert!(flash[TAIL] == *tail);
    cli.would_start();
    assert_eq!(journals(cli), 0);
}

/// Runs v2's write: it stops with the choice, and flash is as it was.
#[track_caller]
fn stops_with_the_choice(cli: &Cli) {
    let before = flash_of(cli);
    cli.run(&write(2)).says(
        34,
        &["[flash-changed-since]", "--restore", "--discard", "SHA-256"],
    );
    assert!(flash_of(cli) == before);
}

const NO_ID: [u32; 2] = [0, 0];
const ID: [u32; 2] = [0x1234_5678, 0x9ABC_DEF0];

#[test]
fn kept_bytes_of_the_same_board_return() {
    let cli = with_v1(ID);
    half_v2(&cli);
    cli.run(&write(2)).good();
    holds_v2(&cli, &calibration(1));
}

#[test]
fn boards_without_ids_keep_their_own_bytes() {
    let cli = with_v1(NO_ID);
    half_v2(&cli);
    // another one in another place
    let other = cli.path("other");
    let mut flash = vec![0xFF; 0x1_0000];
    flash[TAIL].copy_from_slice(&calibration(2));
    let settings = Settings {
        flash,
        unique_id: NO_ID,
        ..Settings::default()
    };
    Board::create(&other, settings)
        .and_then(|board| board.save())
        .expect("a board");
    let mut on_other = cli.command();
    on_other.env("RTBOOT_BOARD", format!("virtual:{}", other.display()));
    Run::of(on_other.args(write(2))).good();
    let flash = std::fs::read(other.join("flash.bin")).expect("its flash");
    assert!(flash[0x2000..0x7800] == application(2) && flash[TAIL] == calibration(2));
    // the first one gets its own back
    cli.run(&write(2)).good();
    holds_v2(&cli, &calibration(1));
}

#[test]
fn board_without_id_in_the_same_place_gets_a_choice() {
    let cli = with_v1(NO_ID);
    half_v2(&cli);
    let another = with_v1(NO_ID);
    let mut flash = flash_of(&another);
    flash[TAIL].copy_from_slice(&calibration(2));
    set_flash(&cli, &flash);
    stops_with_the_choice(&cli);
    cli.run(&["write", EVK, "--discard", "v2.hex"]).good();
    holds_v2(&cli, &calibration(2));
}

#[test]
fn replaced_flash_chip_gets_no_bytes_of_the_old_one() {
    let cli = with_v1(ID);
    half_v2(&cli);
    // one of another kind
    std::fs::rename(cli.path("board"), cli.path("old")).expect("moved");
    let settings = Settings {
        part: Part::w25q64jv(),
        unique_id: ID,
        ..Settings::default()
    };
    Board::create(&cli.path("board"), settings)
        .and_then(|board| board.save())
        .expect("a board");
    cli.run(&["write", "--fcb=W25Q64JV", "v2.hex"]).good();
    let flash = flash_of(&cli);
    assert!(flash[0x2000..0x7800] == application(2));
    assert!(flash[TAIL].iter().all(|&byte| byte == 0xFF));
    assert_eq!(journals(&cli), 1, "the old one may come back");
    std::fs::remove_dir_all(cli.path("board")).expect("removed");
    std::fs::rename(cli.path("old"), cli.path("board")).expect("moved");
    // one of the same kind that was used elsewhere
    let mut used = flash_of(&cli);
    used[0x1000..0x8000].fill(0x5A);
    let broken = flash_of(&cli);
    set_flash(&cli, &used);
    stops_with_the_choice(&cli);
    set_flash(&cli, &broken);
    cli.run(&write(2)).good();
    holds_v2(&cli, &calibration(1));
}

#[test]
fn board_repaired_by_another_host_keeps_its_bytes() {
    let cli = with_v1(ID);
    half_v2(&cli);
    let elsewhere = |args: &[&str]| {
        let mut host = cli.on_board();
        host.env("RTBOOT_STATE_DIR", cli.path("elsewhere"));
        Run::of(host.args(args)).good();
    };
    elsewhere(&write(2));
    cli.file("new.bin", calibration(3));
    elsewhere(&["write", "--as-is", "--base", "0x60007800", "new.bin"]);
    cli.would_start();
    stops_with_the_choice(&cli);
    cli.run(&["write", EVK, "--discard", "v2.hex"]).good();
    holds_v2(&cli, &calibration(3));
}

#[test]
fn settings_stored_after_a_lost_answer_stay() {
    let cli = with_v1(ID);
    let fcb = flash_of(&cli)[..0x100].to_vec();
    cli.run(&write(2)).good();
    let whole = flash_of(&cli);
    let cli = with_v1(ID);
    // the last operation is the page with the FCB's tag
    let (mut low, mut high) = (40, 400);
    while low < high {
        let at = (low + high) / 2;
        let cli = with_v1(ID);
        cli.set_faults(&[Fault::PowerCut { at }]);
        match cli.run(&write(2)).code {
            0 => high = at,
            _ => low = at + 1,
        }
    }
    cli.set_faults(&[Fault::PowerCut { at: low - 1 }]);
    assert_eq!(cli.run(&write(2)).code, 15);
    assert!(flash_of(&cli)[0x2000..0x7800] == application(2));
    cli.set_faults(&[]);
    let mut now = whole;
    now[..0x100].copy_from_slice(&fcb);
    now[TAIL].copy_from_slice(&calibration(4));
    set_flash(&cli, &now);
    let settings = ["write", "--as-is", "--base", "0x60010000", "settings.bin"];
    cli.run(&settings).good();
    assert!(flash_of(&cli)[0x1_0000..0x1_0040] == [0x42; 64]);
    holds_v2(&cli, &calibration(4));
}

#[test]
fn wiped_bytes_do_not_return() {
    let blank = vec![0xFF; TAIL.len()];
    let all = ["--confirm", "erase the whole flash"];
    let cli = with_v1(ID);
    half_v2(&cli);
    cli.run(&[&["erase", "--all"], &all[..]].concat()).good();
    assert_eq!(journals(&cli), 0);
    cli.run(&write(2)).good();
    holds_v2(&cli, &blank);

    let cli = with_v1(ID);
    half_v2(&cli);
    cli.run(&[&write(2)[..], &["--erase-all"], &all].concat())
        .good();
    holds_v2(&cli, &blank);
}

#[test]
fn raw_erase_ends_what_it_wipes() {
    let blank = vec![0xFF; TAIL.len()];
    let all = ["9", "--confirm", "erase all of memory 0x9"];
    // of all, of the sector with the calibration data, of a byte in it, of another sector
    for (erase, tail) in [
        (
            &[&["mboot", "flash-erase-all"], &all[..]].concat()[..],
            &blank,
        ),
        (
            &["mboot", "flash-erase-region", "0x60007000", "0x1000", "9"],
            &blank,
        ),
        (
            &["mboot", "flash-erase-region", "0x60007900", "1", "9"],
            &blank,
        ),
        (
            &["mboot", "flash-erase-region", "0x60003000", "0x1000", "9"],
            &calibration(1),
        ),
    ] {
        let cli = with_v1(ID);
        half_v2(&cli);
        cli.run(&["info"]).good(); // starts the flashloader
        // the option words of the part, for the flash set-up that lets the flashloader erase
        let ram = "0x20202000";
        cli.run(&["mboot", "fill-memory", ram, "4", "0xC0000007"])
            .good();
        cli.run(&["mboot", "configure-memory", "9", ram]).good();
        cli.run(erase).good();
        cli.run(&write(2)).good();
        let flash = flash_of(&cli);
        assert!(flash[0x2000..0x7800] == application(2), "{erase:?}");
        assert!(flash[TAIL] == **tail, "{erase:?}");
        assert_eq!(journals(&cli), 0, "{erase:?}");
    }
}

#[test]
fn unfinished_write_is_finished_by_its_own_command() {
    let cli = with_v1([1, 2]);
    half_v2(&cli);
    let data = ["write", "settings.bin@0x60004000"];
    let command = "write --fcb IS25LP064A v2.hex` finishes it";
    cli.run(&data).says(34, &["[write-unfinished]", command]);
}
