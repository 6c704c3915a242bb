//! A virtual board with its stand-in flashloader running.

use std::time::Duration;

use rtboot_sim::{Board, Settings, State, standin_loader};

/// Loads and starts the stand-in by hand: WRITE_FILE, the file in whole reports, JUMP_ADDRESS.
pub fn with_flashloader() -> Board {
    let mut board = Board::new(Settings::default());
    let file = standin_loader();
    board
        .usb_write(&command(4, 0x2020_8000, file.len() as u32))
        .expect("taken");
    for piece in file.chunks(1024) {
        let mut report = vec![0; 1025];
        report[0] = 2;
        report[1..=piece.len()].copy_from_slice(piece);
        board.usb_write(&report).expect("taken");
    }
    take_answers(&mut board);
    board
        .usb_write(&command(0x0B, 0x2020_8400, 0))
        .expect("taken");
    take_answers(&mut board);
    board.wait(Duration::from_secs(1));
    assert_eq!(board.state(), State::Flashloader);
    board
}

fn take_answers(board: &mut Board) {
    while let Ok(Some(_)) = board.usb_read(Duration::from_millis(200)) {}
}

fn command(tag: u8, address: u32, count: u32) -> Vec<u8> {
    let mut report = vec![1, tag, tag];
    report.extend(address.to_be_bytes());
    report.push(0);
    report.extend(count.to_be_bytes());
    report.resize(17, 0);
    report
}
