use super::{board, closed};
use crate::Board;
use crate::board::{Settings, State};
use crate::rom::{RefusedJump, RomOptions};
use crate::standin::{self, standin_loader};
use crate::testkit::*;

// What a jump needs.

/// Loads the stand-in at `address` after `change`, jumps to `jump`; the answers.
fn try_jump(board: &mut Board, image: &[u8], address: u32, jump: u32) -> [Option<(u8, u32)>; 2] {
    assert_eq!(write_file(board, address, image), Some(FILE_DONE));
    command(board, JUMP, jump, 0);
    let first = answer(board);
    [
        first,
        board
            .usb_read(SECOND)
            .ok()
            .flatten()
            .map(|report| (report[0], 0)),
    ]
}

#[test]
fn one_wrong_loader_byte_leaves_the_board_silent() {
    for at in [0, 0x410 + 3, 0x420 + 9, 0x600, standin::LEN - 1] {
        let mut board = board();
        let mut image = standin_loader().to_vec();
        image[at] ^= 1;
        let answers = try_jump(&mut board, &image, standin::LOAD, standin::JUMP);
        if answers[1].is_none() {
            assert_eq!(
                (board.state(), board.usb()),
                (State::Silent, None),
                "byte {at:#x}"
            );
        } else {
            assert_eq!((at, board.state()), (0x413, State::Rom)); // boot data pointer out of RAM
        }
    }
}

#[test]
fn loader_at_a_wrong_address_is_lost_after_the_jump() {
    let mut board = board();
    let answers = try_jump(&mut board, standin_loader(), 0x2020_9000, 0x2020_9400);
    assert_eq!(answers, [Some((3, OPEN)), None]);
    assert_eq!(board.state(), State::Silent);
    assert!(board.reason().contains("wrong place"), "{}", board.reason());
}

#[test]
fn jump_beside_the_ivt_is_refused() {
    let mut board = board();
    assert_eq!(
        write_file(&mut board, standin::LOAD, standin_loader()),
        Some(FILE_DONE)
    );
    command(&mut board, JUMP, standin::LOAD, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FAILURE))]);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FAILURE))]);
    // told once, it is forgotten
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
    start_flashloader(&mut board);
    assert_eq!(board.state(), State::Flashloader);
}

#[test]
fn half_loaded_image_is_lost_until_reset() {
    let mut board = board();
    let half = &standin_loader()[..standin::LEN / 2];
    try_jump(&mut board, half, standin::LOAD, standin::JUMP);
    assert_eq!(board.state(), State::Silent);
    board.reset();
    assert_eq!((board.state(), board.usb()), (State::Rom, None));
    board.wait(SECOND);
    assert!(board.usb().is_some());
}

// A closed part.

#[test]
fn closed_part_refuses_unsigned_images() {
    let mut board = closed();
    assert_eq!(
        board.usb().map(|device| device.product),
        Some("SP Blank RT Family")
    );
    assert_eq!(
        write_file(&mut board, standin::LOAD, standin_loader()),
        Some(FILE_DONE)
    );
    command(&mut board, JUMP, standin::JUMP, 0);
    assert_eq!(answers(&mut board), [Some((3, CLOSED)), None]);
    assert_eq!(board.state(), State::Rom);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, CLOSED)), Some((4, FAILURE))]);
}

// Device configuration data.

#[test]
fn a_dcd_writes_checks_and_answers() {
    let mut board = board();
    let mut dcd = vec![0xD2, 0, 32, 0x41, 0xCC, 0, 12, 4];
    dcd.extend([0x20, 0x20, 0x90, 0x00, 0x12, 0x34, 0x56, 0x78]);
    dcd.extend([
        0xCF, 0, 16, 0x1C, 0x40, 0x2F, 0x00, 0x3C, 0, 0, 0, 1, 0, 0, 0, 9,
    ]);
    command(&mut board, DCD_WRITE, 0x2021_0000, dcd.len() as u32);
    data(&mut board, &dcd, 0);
    assert_eq!(
        answers(&mut board),
        [Some((3, OPEN)), Some((4, 0x128A_8A12))]
    );
    assert_eq!(
        board.ram(0x2020_9000, 4),
        Some(vec![0x78, 0x56, 0x34, 0x12])
    );
}

#[test]
fn broken_dcd_fails_and_endless_check_hangs() {
    let mut board = board();
    for dcd in [
        [0xD2, 0, 9, 0x41, 0],
        [0xD1, 0, 5, 0x41, 0],
        [0xD2, 0, 5, 0x41, 0xCC],
    ] {
        command(&mut board, DCD_WRITE, 0x2021_0000, 5);
        data(&mut board, &dcd, 0);
        assert_eq!(
            answers(&mut board),
            [Some((3, OPEN)), Some((4, FAILURE))],
            "{dcd:02x?}"
        );
    }
    let endless = [
        0xD2, 0, 16, 0x41, 0xCF, 0, 12, 0x0C, 0x20, 0x20, 0x90, 0, 0, 0, 0, 1,
    ];
    command(&mut board, DCD_WRITE, 0x2021_0000, 16);
    data(&mut board, &endless, 0);
    assert_eq!(answer(&mut board), None);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answer(&mut board), None);
}

#[test]
fn a_dcd_too_long_for_hab_is_refused() {
    let mut board = board();
    command(&mut board, DCD_WRITE, 0x2021_0000, 1769);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, FAILURE))]);
}

#[test]
fn a_set_baudrate_is_acknowledged() {
    let mut board = board();
    command(&mut board, SET_BAUDRATE, 230_400, 0);
    assert_eq!(
        answers(&mut board),
        [Some((3, OPEN)), Some((4, 0x09D0_0D90))]
    );
}

#[test]
fn refused_jump_can_tell_the_event_of_hab() {
    let event = RomOptions {
        refused_jump: RefusedJump::Event,
        ..RomOptions::default()
    };
    for fuses in [vec![], vec![(6, 2)]] {
        let mut board = Board::new(Settings {
            rom: event,
            fuses,
            ..Settings::default()
        });
        command(&mut board, JUMP, standin::LOAD, 0);
        let report = board.usb_read(SECOND).expect("attached").expect("report 3");
        assert_eq!(report[0], 3);
        let report = board.usb_read(SECOND).expect("attached").expect("report 4");
        assert_eq!(report[..5], [4, 0x33, 0x18, 0xC0, 0x00]);
        assert_eq!(board.state(), State::Rom);
    }
}
