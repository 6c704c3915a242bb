use std::fs;
use std::path::Path;

use crate::board::{Board, Settings, State};
use crate::fault::{Fault, ReportFault};
use crate::rom::loader::Loader;
use crate::store::{BOARD, FLASH, FUSES, LOCK, MAKING, RAM, Store, StoreError, trimmed};
use crate::straps::{BootMode, Straps};
use crate::testkit::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory for the test")
}

fn open(path: &Path) -> Board {
    Board::open(path).expect("opens")
}

/// Opens after one file has been changed; what is said about it.
fn refusal(name: &str, content: &[u8]) -> String {
    let place = directory();
    drop(open(place.path()));
    fs::write(place.path().join(name), content).expect("written");
    let error = Board::open(place.path()).expect_err("refused");
    let text = error.to_string();
    assert!(text.contains(name), "{text}");
    text
}

#[test]
fn a_directory_that_is_not_there_becomes_a_board() {
    let place = directory();
    let path = place.path().join("new/board");
    let board = open(&path);
    assert_eq!(
        (board.state(), board.part().name),
        (State::Rom, "is25lp064a")
    );
    assert!(board.usb().is_some());
    assert_ne!(board.fuses().unique_id(), [0x1234_5678, 0x9ABC_DEF0]);
    assert_eq!(fs::metadata(path.join(FLASH)).expect("a file").len(), 0);
    let fuses = fs::read_to_string(path.join(FUSES)).expect("a text");
    assert!(
        fuses.lines().any(|line| line.starts_with("0x01 = 0x")),
        "{fuses}"
    );
}

#[test]
fn everything_kept_comes_back() {
    let place = directory();
    let mut board = open(place.path());
    let id = board.fuses().unique_id();
    board.flash_mut()[0x1234] = 0;
    board.nor_mut().status = [0x40, 2, 0];
    board.fuses_mut().set(0x2D, 0x0001_0000);
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0x100,
    });
    *board.fault_mut() = vec![
        Fault::UsbOut {
            at: 9,
            what: ReportFault::Unplug,
        },
        Fault::StuckBusy,
    ];
    board.save().expect("saved");
    assert_eq!(
        fs::metadata(place.path().join(FLASH))
            .expect("a file")
            .len(),
        0x2000
    );
    drop(board);
    let board = open(place.path());
    assert_eq!((board.flash()[0x1234], board.flash()[0x1235]), (0, 0xFF));
    assert_eq!(board.nor().status, [0x40, 2, 0]);
    assert_eq!(
        (board.fuses().unique_id(), board.fuses().word(0x2D)),
        (id, 0x0001_0000)
    );
    assert_eq!(
        board.straps(),
        Straps {
            boot_mode: BootMode::InternalBoot,
            boot_cfg: 0x100
        }
    );
    assert_eq!(board.faults().len(), 2);
}

#[test]
fn dropped_board_is_saved() {
    let place = directory();
    let mut board = open(place.path());
    board.flash_mut()[0] = 1;
    drop(board);
    assert_eq!(open(place.path()).flash()[0], 1);
}

#[test]
fn the_program_goes_on_where_it_was() {
    let place = directory();
    let mut board = open(place.path());
    start_flashloader(&mut board);
    drop(board);
    let mut board = open(place.path());
    assert_eq!(
        (board.state(), board.loader()),
        (State::Flashloader, Some(Loader::Standin))
    );
    assert_eq!(board.usb().map(|device| device.product_id), Some(0x0073));
    board.reset();
    drop(board);
    let mut board = open(place.path());
    assert_eq!(board.state(), State::Rom);
    assert!(board.usb().is_some());
    board.flash_mut()[..0x3000].copy_from_slice(&bootable());
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0,
    });
    drop(board);
    // the switches alone change nothing, a reset does
    let mut board = open(place.path());
    assert_eq!(board.state(), State::Rom);
    board.reset();
    drop(board);
    let board = open(place.path());
    assert_eq!((board.state(), board.usb()), (State::Application, None));
}

#[test]
fn impossible_ram_and_set_up_are_refused() {
    let long = vec![1; crate::chip::RT1021.ram_size() + 1];
    assert!(refusal(RAM, &long).contains("RAM holds 262144"));
    let place = directory();
    let mut board = open(place.path());
    start_flashloader(&mut board);
    drop(board);
    let text = fs::read_to_string(place.path().join(BOARD)).expect("a text");
    assert!(text.contains("\"flash_setup\""), "{text}");
    for (right, wrong) in [
        ("\"fcb\": \"", "\"fcb\": \"00"),
        ("\"fcb\": \"", "\"fcb\": \"x"),
        ("\"lut\": \"", "\"lut\": \"00"),
        ("\"pointer\": 0", "\"pointer\": 8"),
        ("\"read_sequence\": 0", "\"read_sequence\": 16"),
        ("\"clock_hz\": ", "\"clock_hz\": 9000000"),
    ] {
        let damaged = text.replace(right, wrong);
        assert_ne!(damaged, text, "{right}");
        assert!(refusal(BOARD, damaged.as_bytes()).contains(BOARD));
    }
}

#[test]
fn a_board_without_power_is_switched_on() {
    let place = directory();
    let mut board = open(place.path());
    board.fault_mut().push(Fault::UsbOut {
        at: 1,
        what: ReportFault::Unplug,
    });
    assert!(board.usb_write(&[1]).is_err());
    assert_eq!(board.state(), State::Off);
    drop(board);
    let board = open(place.path());
    assert_eq!((board.state(), board.faults().len()), (State::Rom, 0));
}

#[test]
fn program_reset_in_the_file_resets_the_board() {
    let place = directory();
    let mut board = open(place.path());
    board.flash_mut()[..0x3000].copy_from_slice(&bootable());
    drop(board);
    let path = place.path().join(BOARD);
    let text = fs::read_to_string(&path).expect("a text");
    let changed = text
        .replace("\"serial-downloader\"", "\"internal-boot\"")
        .replace("\"program\": \"rom\"", "\"program\": \"reset\"");
    assert_ne!(text, changed);
    fs::write(&path, changed).expect("written");
    assert_eq!(open(place.path()).state(), State::Application);
}

#[test]
fn second_open_of_a_board_is_refused() {
    let place = directory();
    let board = open(place.path());
    let error = Board::open(place.path()).expect_err("refused");
    assert!(matches!(error, StoreError::Busy { .. }));
    assert!(
        error.to_string().contains("in use by another program"),
        "{error}"
    );
    drop(board);
    open(place.path());
}

#[test]
fn a_foreign_directory_is_left_alone() {
    let place = directory();
    fs::write(place.path().join("letter.txt"), "dear").expect("written");
    let error = Board::open(place.path()).expect_err("refused");
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    assert_eq!(fs::read_dir(place.path()).expect("there").count(), 1);
}

#[test]
fn create_refuses_a_used_directory() {
    let place = directory();
    let settings = Settings {
        status: [0x40, 0, 0],
        ..Settings::default()
    };
    drop(Board::create(place.path(), settings.clone()).expect("created"));
    assert_eq!(open(place.path()).nor().status[0], 0x40);
    assert!(Board::create(place.path(), settings).is_err());
}

#[test]
fn a_missing_file_is_named() {
    for name in [BOARD, FLASH, FUSES] {
        let place = directory();
        drop(open(place.path()));
        fs::remove_file(place.path().join(name)).expect("removed");
        let error = Board::open(place.path()).expect_err("refused");
        assert!(
            matches!(&error, StoreError::Missing { path } if path.ends_with(name)),
            "{error}"
        );
    }
}

#[test]
fn a_damaged_file_is_named_with_the_reason() {
    let says = |name, content: &[u8], want: &str| {
        let text = refusal(name, content);
        assert!(text.contains(want), "{text:?} does not say {want:?}");
    };
    says(BOARD, b"{", "line 1 column 1");
    says(BOARD, b"\xFF\xFE", "not a text file");
    says(BOARD, &vec![b' '; 2 << 20], "far too long");
    let file = |part: &str, rest: &str| {
        let straps = r#""straps": {"boot_mode": "fuses"}"#;
        format!(r#"{{"version": 1, "part": "{part}", {straps}{rest}}}"#).into_bytes()
    };
    says(
        BOARD,
        &file("w25q00", ""),
        "part \"w25q00\" is not known; known are is25lp064a",
    );
    says(BOARD, &file("w25q64jv", r#", "colour": 1"#), "colour");
    let status = r#", "status_registers": ["0x100"]"#;
    says(BOARD, &file("w25q64jv", status), "does not fit in a byte");
    let fault = r#", "faults": [{"fault": "worn-sector", "address": 8388608}]"#;
    says(BOARD, &file("w25q64jv", fault), "lies outside the flash");
    let fault = r#", "faults": [{"fault": "wrong-part", "part": "x"}]"#;
    says(BOARD, &file("w25q64jv", fault), "part \"x\" is not known");
    says(
        BOARD,
        br#"{"version": 2, "part": "a", "straps": {"boot_mode": "fuses"}}"#,
        "version 2",
    );
    says(FLASH, &vec![0; (8 << 20) + 1], "the part holds 8388608");
    says(FUSES, b"0x01 = 1\n\n7 8", "line 3: no '='");
    says(
        FUSES,
        b"0x40 = 1",
        "line 1: fuse word 0x40: the last one is 0x3f",
    );
    says(
        FUSES,
        b"1 = 1\n0x01 = 2",
        "line 2: fuse word 0x1 is given twice",
    );
    says(
        FUSES,
        b"1 = 0x1_0000_0000",
        "line 1: \"0x1_0000_0000\" is no 32-bit number",
    );
}

#[test]
fn flash_file_may_be_shorter_than_the_part() {
    let place = directory();
    drop(open(place.path()));
    fs::write(place.path().join(FLASH), [1, 2, 3]).expect("written");
    assert_eq!(open(place.path()).flash()[..4], [1, 2, 3, 0xFF]);
}

#[test]
fn erased_end_of_the_flash_is_not_stored() {
    assert_eq!(trimmed(&[0xFF; 8192]).len(), 0);
    let mut flash = vec![0xFF; 8192];
    flash[0] = 0;
    assert_eq!(trimmed(&flash).len(), 4096);
    flash[8191] = 0;
    assert_eq!(trimmed(&flash).len(), 8192);
}

#[test]
fn only_faults_to_come_are_stored() {
    let place = directory();
    let mut board = open(place.path());
    let misread = |at| Fault::Misread {
        at,
        byte: 0,
        xor: 1,
    };
    let list = [
        Fault::PowerCut { at: 1 },
        misread(1),
        misread(9),
        Fault::StuckBusy,
    ];
    *board.fault_mut() = list.to_vec();
    board.nor_mut().operations = 1;
    board.nor_mut().reads = 3;
    drop(board);
    assert_eq!(open(place.path()).faults(), [misread(9), Fault::StuckBusy]);
}

/// Whether a board can be opened here, and holds this flash.
fn holds(path: &Path, offset: usize, byte: u8) -> bool {
    open(path).flash()[offset] == byte
}

#[test]
fn interrupted_save_leaves_a_board_that_opens() {
    for (name, flash) in [(FLASH, 1), (FUSES, 2), (BOARD, 2)] {
        let place = directory();
        let mut board = open(place.path());
        board.flash_mut()[0x1234] = 1;
        board.save().expect("saved");
        // a folder where the file is made that goes beside: the save ends there
        let beside = place.path().join(format!("{name}.new"));
        fs::create_dir(&beside).expect("a folder");
        board.flash_mut()[0x1234] = 2;
        let error = board.save().expect_err("stopped").to_string();
        assert!(error.contains(name), "{error}");
        std::mem::forget(board); // killed: no save at the end
        let other = directory();
        for file in [FLASH, FUSES, BOARD] {
            fs::copy(place.path().join(file), other.path().join(file)).expect("a copy");
        }
        // half a file, beside its place
        fs::write(other.path().join(format!("{name}.new")), [0x5A; 100]).expect("written");
        assert!(holds(other.path(), 0x1234, flash), "{name}");
        assert!(holds(other.path(), 0x1234, flash), "and again: {name}");
    }
}

#[test]
fn board_not_saved_whole_is_made_again() {
    for made in [&[][..], &[FLASH], &[FLASH, FUSES], &[FLASH, FUSES, BOARD]] {
        let place = directory();
        fs::write(place.path().join(LOCK), MAKING).expect("written");
        for name in made {
            fs::write(place.path().join(name), []).expect("written");
        }
        fs::write(place.path().join("fuses.txt.new"), "0x").expect("written");
        assert!(holds(place.path(), 0, 0xFF), "{made:?}");
        assert_eq!(fs::read(place.path().join(LOCK)).ok(), Some(Vec::new()));
    }
    // one that was whole is never made anew
    let place = directory();
    drop(open(place.path()));
    fs::remove_file(place.path().join(BOARD)).expect("gone");
    assert!(matches!(
        Board::open(place.path()),
        Err(StoreError::Missing { .. })
    ));
}

#[test]
fn second_of_two_makers_is_told_of_the_board() {
    let place = directory();
    drop(open(place.path()));
    // both looked before there was a board; this one gets the lock after the other
    let late = Store::lock(place.path()).expect("free again");
    let error = Board::make_first(late, Settings::default()).expect_err("late");
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
}

#[test]
fn modes_of_the_flash_last_while_it_has_power() {
    let place = directory();
    let mut board = open(place.path());
    let mode = board.nor().lasting();
    assert!(
        !fs::read_to_string(place.path().join(BOARD))
            .expect("a text")
            .contains("flash_mode")
    );
    let clock = &mut crate::clock::Clock::new();
    let enable = crate::nor::Cycle {
        opcode: Some(0x06),
        ..crate::nor::Cycle::new(0)
    };
    let set = crate::nor::Cycle {
        opcode: Some(0xC0),
        write: vec![0xF0],
        ..crate::nor::Cycle::new(0)
    };
    board.nor_mut().cycle(&enable, clock);
    board.nor_mut().cycle(&set, clock);
    let changed = board.nor().lasting();
    assert_ne!(changed, mode);
    drop(board);
    let mut board = open(place.path());
    assert_eq!(board.nor().lasting(), changed);
    board.power_cycle();
    assert_eq!(board.nor().lasting(), mode);
}
