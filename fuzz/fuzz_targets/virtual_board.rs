//! HID reports, control transfers and UART bytes to the virtual board: its ROM, its flashloader, its flash.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/board.rs"]
pub mod board;
#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ports::Pieces;
use rtboot_sim::{Board, Settings};

const LOOK: Duration = Duration::from_millis(20);

fuzz_target!(|data: (bool, &[u8])| {
    let (flashloader, data) = data;
    let mut board = match flashloader {
        true => board::with_flashloader(),
        false => Board::new(Settings::default()),
    };
    let mut pieces = Pieces::new(data);
    while let Some((mark, piece)) = pieces.next() {
        match mark {
            0..=7 => drop(board.usb_write(piece)),
            8 | 9 => {
                drop(board.usb_control(piece.first_chunk().copied().unwrap_or_default(), piece))
            }
            10..=13 => board.uart_write(piece),
            _ => board.wait(LOOK),
        }
        let _ = board.usb_read(LOOK);
        let _ = board.uart_read(64, Duration::ZERO);
    }
    // whatever came, the chip starts again and says how
    board.power_cycle();
    let _ = board.boot_verdict();
});
