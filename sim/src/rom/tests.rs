use super::registers::{DIGPROG, GPR16, GPR17, SBMR1, SBMR2, SRSR};
use super::*;
use crate::board::{Board, Gone, Settings, State};
use crate::standin::{self, standin_loader};
use crate::testkit::*;

mod jump;

fn board() -> Board {
    Board::new(Settings::default())
}

fn closed() -> Board {
    Board::new(Settings {
        fuses: vec![(6, 2)],
        ..Settings::default()
    })
}

fn with(rom: RomOptions) -> Board {
    Board::new(Settings {
        rom,
        ..Settings::default()
    })
}

/// Asks by a command with all its fields, over USB.
fn ask(board: &mut Board, tag: u16, address: u32, width: u8, count: u32, value: u32) {
    let report = [&[1][..], &sdp(tag, address, width, count, value)].concat();
    board.usb_write(&report).expect("taken");
}

const REFUSED: u32 = 0x8923_2389;

// The exchange of the recorded serial downloader, command by command.

#[test]
fn error_status_is_success_at_first() {
    let mut board = board();
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(
        board.usb_read(SECOND),
        Ok(Some(vec![3, 0x56, 0x78, 0x78, 0x56]))
    );
    let report = board.usb_read(SECOND).expect("attached").expect("report 4");
    assert_eq!(
        (report.len(), &report[..5]),
        (65, &[4, 0xF0, 0xF0, 0xF0, 0xF0][..])
    );
    assert!(report[5..].iter().all(|byte| *byte == 0));
    assert_eq!(board.usb_read(SECOND), Ok(None));
}

#[test]
fn commands_may_be_padded_to_the_longest_report() {
    let mut board = board();
    let mut report = [&[1][..], &sdp(ERROR_STATUS, 0, 0, 0, 0)].concat();
    report.resize(1025, 0);
    board.usb_write(&report).expect("taken");
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
}

#[test]
fn a_read_of_68_bytes_comes_in_two_pages() {
    let mut board = board();
    ask(&mut board, WRITE_REGISTER, 0x2020_9000, 32, 4, 0x1234_5678);
    assert_eq!(
        answers(&mut board),
        [Some((3, OPEN)), Some((4, 0x128A_8A12))]
    );
    command(&mut board, READ_REGISTER, 0x2020_9000, 68);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    let first = board.usb_read(SECOND).expect("attached").expect("page");
    assert_eq!(
        (first.len(), &first[..5]),
        (65, &[4, 0x78, 0x56, 0x34, 0x12][..])
    );
    assert_eq!(answer(&mut board), Some((4, 0)));
    assert_eq!(board.usb_read(SECOND), Ok(None));
}

#[test]
fn skip_dcd_header_is_acknowledged() {
    let mut board = board();
    command(&mut board, SKIP_DCD, 0, 0);
    assert_eq!(
        answers(&mut board),
        [Some((3, OPEN)), Some((4, 0x900D_D009))]
    );
}

#[test]
fn unknown_command_and_jump_to_nothing_are_refused() {
    let mut board = board();
    for (tag, address) in [(0x0D0E, 0), (JUMP, 0x2020_2000), (JUMP, 0x6000_0000)] {
        command(&mut board, tag, address, 0);
        assert_eq!(
            answers(&mut board),
            [Some((3, OPEN)), Some((4, FAILURE))],
            "{tag:#06x}"
        );
    }
    assert_eq!(board.state(), State::Rom);
}

#[test]
fn the_standin_is_loaded_and_started() {
    let mut board = board();
    assert_eq!(
        write_file(&mut board, standin::LOAD, standin_loader()),
        Some(FILE_DONE)
    );
    command(&mut board, JUMP, standin::JUMP, 0);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    assert_eq!((board.usb(), board.state()), (None, State::Flashloader));
    assert_eq!(board.usb_write(&[1]), Err(Gone::Detached));
    board.wait(SECOND);
    let device = board.usb().expect("back on the bus");
    assert_eq!(
        (device.vendor_id, device.product_id, device.release),
        (0x15A2, 0x0073, 0x0002)
    );
    assert_eq!(board.loader(), Some(loader::Loader::Standin));
}

#[test]
fn loader_dies_without_the_ram_that_it_works_in() {
    let mut board = Board::new(Settings {
        fuses: vec![(0x2D, 1 << 16)], // OCRAM 64 KiB
        ..Settings::default()
    });
    assert_eq!(
        write_file(&mut board, standin::LOAD, standin_loader()),
        Some(FILE_DONE)
    );
    command(&mut board, JUMP, standin::JUMP, 0);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    board.wait(SECOND);
    assert_eq!((board.usb(), board.state()), (None, State::Silent));
    assert!(board.reason().contains("FlexRAM"), "{}", board.reason());
}

// What a read finds.

#[test]
fn known_registers_answer() {
    let straps = Straps {
        boot_cfg: 0x304,
        ..Straps::default()
    };
    let mut board = Board::new(Settings {
        straps,
        ..Settings::default()
    });
    let id = board.fuses().unique_id();
    for (address, want) in [
        (0x401F_4410, id[0]),
        (0x401F_4420, id[1]),
        (SBMR1, 0x304),
        (SBMR2, 0x0100_0001),
        (SRSR, 1),
        (DIGPROG, 0x006B_0000),
        (GPR16, 3),
        (GPR17, 0),
        (0x402A_8000, 0xFFFF_80C2),
    ] {
        assert_eq!(register(&mut board, address), Some(want), "{address:#010x}");
    }
}

#[test]
fn reads_off_the_list_get_one_refusal_word() {
    let mut board = board();
    for (address, width, count) in [
        (0, 8, 4),
        (0, 32, 4),
        (0x2020_0000, 8, 8),
        (0x2020_0000, 32, 4),
        (0x2020_0000, 8, 1),
        (0x2021_FFC0, 32, 200),
        (0x6000_0000, 32, 4),
        (0x4000_0000, 16, 2),
        (0xFFFF_FFFC, 32, u32::MAX),
    ] {
        ask(&mut board, READ_REGISTER, address, width, count, 0);
        let refusal = [Some((3, OPEN)), Some((4, REFUSED))];
        assert_eq!(answers(&mut board), refusal, "{address:#010x}");
        assert_eq!(board.usb_read(SECOND), Ok(None), "one word only");
    }
    assert_eq!(register(&mut board, DIGPROG), Some(0x006B_0000));
}

#[test]
fn unaligned_read_is_silent_and_next_command_works() {
    let mut board = board();
    command(&mut board, READ_REGISTER, 0x401F_4411, 4);
    assert_eq!(answer(&mut board), None);
    assert_eq!(register(&mut board, DIGPROG), Some(0x006B_0000));
}

#[test]
fn the_list_of_reads_can_be_shorter() {
    for (reads, id, ram) in [
        (Reads::Listed, 0x006B_0000, 0),
        (Reads::Registers, 0x006B_0000, REFUSED),
        (Reads::Nothing, REFUSED, REFUSED),
    ] {
        let mut board = with(RomOptions {
            reads,
            ..RomOptions::default()
        });
        assert_eq!(register(&mut board, DIGPROG), Some(id), "{reads:?}");
        assert_eq!(register(&mut board, 0x2020_8000), Some(ram), "{reads:?}");
    }
}

#[test]
fn answers_carry_stale_bytes_behind_their_end() {
    let mut board = board();
    assert_eq!(
        write_file(&mut board, 0x2020_9000, &[0x5A; 64]),
        Some(FILE_DONE)
    );
    command(&mut board, READ_REGISTER, 0x2020_9000, 64);
    while answer(&mut board).is_some() {}
    command(&mut board, ERROR_STATUS, 0, 0);
    board.usb_read(SECOND).expect("attached");
    let report = board.usb_read(SECOND).expect("attached").expect("report 4");
    assert_eq!(&report[..6], [4, 0xF0, 0xF0, 0xF0, 0xF0, 0x5A]);
    assert_eq!(report[64], 0x5A);
}

#[test]
fn error_status_can_be_failure_after_a_reset() {
    let mut board = with(RomOptions {
        failure_at_reset: true,
        ..RomOptions::default()
    });
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FAILURE))]);
}

#[test]
fn sdp_read_disable_silences_reads_only() {
    let mut board = Board::new(Settings {
        fuses: vec![(6, 1 << 18)],
        ..Settings::default()
    });
    assert_eq!(register(&mut board, DIGPROG), None);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
}

#[test]
fn write_register_changes_the_register() {
    let mut board = board();
    let shadow = 0x401F_46F0; // written on an RT1050-EVK, with count 0
    ask(&mut board, WRITE_REGISTER, shadow, 32, 0, 0xFE00_005A);
    assert_eq!(
        answers(&mut board),
        [Some((3, OPEN)), Some((4, 0x128A_8A12))]
    );
    assert_eq!(register(&mut board, shadow), Some(0xFE00_005A));
    for address in [0x2020_0000, 0, 0x6000_0000] {
        ask(&mut board, WRITE_REGISTER, address, 8, 0, 0);
        let refusal = [Some((3, OPEN)), Some((4, REFUSED))];
        assert_eq!(answers(&mut board), refusal, "{address:#010x}");
    }
}

#[test]
fn write_register_can_be_silent() {
    let mut board = with(RomOptions {
        write_register_answers: false,
        ..RomOptions::default()
    });
    ask(&mut board, WRITE_REGISTER, 0x2020_9000, 32, 4, 1);
    assert_eq!(answer(&mut board), None);
    assert_eq!(board.ram(0x2020_9000, 1), Some(vec![0]));
}

// What a file does to the RAM.

#[test]
fn last_report_padding_overwrites_ram_after_file() {
    let mut board = board();
    command(&mut board, WRITE_FILE, 0x2020_A000, 5);
    data(&mut board, &[1, 2, 3, 4, 5], 0xEE);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FILE_DONE))]);
    let ram = board.ram(0x2020_A000, 1025).expect("RAM");
    assert_eq!(&ram[..6], [1, 2, 3, 4, 5, 0xEE]);
    assert_eq!((ram[1023], ram[1024]), (0xEE, 0));
}

#[test]
fn short_last_report_writes_old_buffer_bytes() {
    let mut board = board();
    command(&mut board, WRITE_FILE, 0x2020_A000, 1026);
    data(&mut board, &[7; 1024], 0);
    board.usb_write(&[2, 8, 9]).expect("taken");
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FILE_DONE))]);
    assert_eq!(board.ram(0x2020_A400, 3), Some(vec![8, 9, 7]));
}

#[test]
fn file_that_does_not_fit_is_refused_and_the_rom_stays() {
    for (address, count) in [
        (0x2020_0000, 16),
        (0x2020_7FF8, 16),
        (0x2028_0000, 8),
        (0x2020_8200, 0x2_0000),
        (0, 16),
        (0x6000_0000, 16),
    ] {
        let mut board = board();
        let refused = write_file(&mut board, address, &vec![1; count]);
        assert_eq!(refused, Some(REFUSED), "{address:#010x}");
        assert_eq!(board.state(), State::Rom, "{address:#010x}");
        assert_eq!(register(&mut board, DIGPROG), Some(0x006B_0000));
    }
}

#[test]
fn padding_past_the_end_of_a_bank_crashes_the_rom() {
    for (address, count) in [(0x2021_FC01, 16), (0x2021_FFF0, 16)] {
        let mut board = board();
        command(&mut board, WRITE_FILE, address, count);
        data(&mut board, &vec![1; count as usize], 0);
        assert_eq!(
            (board.state(), board.usb()),
            (State::Silent, None),
            "{address:#010x}"
        );
    }
}

#[test]
fn file_up_to_the_end_of_a_bank_is_taken() {
    let mut board = board();
    assert_eq!(
        write_file(&mut board, 0x2021_FC00, &[9; 1024]),
        Some(FILE_DONE)
    );
    assert_eq!(board.ram(0x2021_FFFF, 1), Some(vec![9]));
}

#[test]
fn the_flexram_fuse_moves_the_end_of_the_ram() {
    let fuses = vec![(0x2D, 11 << 16)]; // ITCM 0, DTCM 32, OCRAM 224 KiB
    let mut board = Board::new(Settings {
        fuses,
        ..Settings::default()
    });
    assert_eq!(
        write_file(&mut board, 0x2023_7C00, &[9; 1024]),
        Some(FILE_DONE)
    );
    assert_eq!(
        write_file(&mut board, 0x2000_7C00, &[9; 1024]),
        Some(FILE_DONE)
    );
    assert_eq!(write_file(&mut board, 0x400, &[1; 1024]), Some(REFUSED));
}
