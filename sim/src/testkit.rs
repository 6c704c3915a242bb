//! Helpers of this crate's tests: SDP by hand, and small images.

use std::time::Duration;

use byteorder::{BigEndian as BE, ByteOrder, LittleEndian as LE};

use crate::board::{Board, Settings};
use crate::standin::{self, standin_loader};
use crate::straps::{BootMode, Straps};

pub const SECOND: Duration = Duration::from_secs(1);
pub const OPEN: u32 = 0x5678_7856;
pub const CLOSED: u32 = 0x1234_3412;
pub const SUCCESS: u32 = 0xF0F0_F0F0;
pub const FAILURE: u32 = 0x3333_3333;
pub const FILE_DONE: u32 = 0x8888_8888;

pub const READ_REGISTER: u16 = 0x0101;
pub const WRITE_REGISTER: u16 = 0x0202;
pub const WRITE_FILE: u16 = 0x0404;
pub const ERROR_STATUS: u16 = 0x0505;
pub const DCD_WRITE: u16 = 0x0A0A;
pub const JUMP: u16 = 0x0B0B;
pub const SKIP_DCD: u16 = 0x0C0C;
pub const SET_BAUDRATE: u16 = 0x0D0D;

/// The 16 bytes of an SDP command.
pub fn sdp(tag: u16, address: u32, width: u8, count: u32, value: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    BE::write_u16(&mut bytes[0..2], tag);
    BE::write_u32(&mut bytes[2..6], address);
    bytes[6] = width;
    BE::write_u32(&mut bytes[7..11], count);
    BE::write_u32(&mut bytes[11..15], value);
    bytes
}

/// Sends a command in report 1.
pub fn command(board: &mut Board, tag: u16, address: u32, count: u32) {
    let width = if tag == READ_REGISTER { 32 } else { 0 };
    let report = [&[1][..], &sdp(tag, address, width, count, 0)].concat();
    board.usb_write(&report).expect("taken");
}

/// Sends a file in whole 1025-byte reports, the last one padded with `pad`.
pub fn data(board: &mut Board, file: &[u8], pad: u8) {
    for chunk in file.chunks(1024) {
        let mut report = vec![pad; 1025];
        report[0] = 2;
        report[1..=chunk.len()].copy_from_slice(chunk);
        board.usb_write(&report).expect("taken");
    }
}

/// The next report as (id, first word); `None` when none comes within a second.
pub fn answer(board: &mut Board) -> Option<(u8, u32)> {
    let report = board.usb_read(SECOND).expect("attached")?;
    Some((report[0], LE::read_u32(&report[1..5])))
}

/// Both words of an answer: security and status.
pub fn answers(board: &mut Board) -> [Option<(u8, u32)>; 2] {
    [answer(board), answer(board)]
}

/// A register or a word of RAM over SDP.
pub fn register(board: &mut Board, address: u32) -> Option<u32> {
    command(board, READ_REGISTER, address, 4);
    answer(board)?;
    answer(board).map(|(_, word)| word)
}

/// WRITE_FILE with its data; the status word.
pub fn write_file(board: &mut Board, address: u32, file: &[u8]) -> Option<u32> {
    command(board, WRITE_FILE, address, file.len() as u32);
    data(board, file, 0);
    answer(board)?;
    answer(board).map(|(_, word)| word)
}

/// Loads the stand-in loader and waits until it is on the bus.
pub fn start_flashloader(board: &mut Board) {
    assert_eq!(
        write_file(board, standin::LOAD, standin_loader()),
        Some(FILE_DONE)
    );
    command(board, JUMP, standin::JUMP, 0);
    assert_eq!(answer(board), Some((3, OPEN)));
    board.wait(SECOND);
}

/// A board with these switches.
pub fn with_mode(boot_mode: BootMode) -> Settings {
    Settings {
        straps: Straps {
            boot_mode,
            boot_cfg: 0,
        },
        ..Settings::default()
    }
}

/// A flash content that boots: FCB for a plain one-wire read, IVT, boot data, vector table, some code.
pub fn bootable() -> Vec<u8> {
    let mut flash = vec![0xFF; 0x3000];
    flash[..0x200].fill(0);
    flash[0..8].copy_from_slice(&[0x46, 0x43, 0x46, 0x42, 0x00, 0x04, 0x01, 0x56]);
    flash[0x46] = 1; // serialClkFreq: 30 MHz
    words(&mut flash, 0x50, &[8 << 20]); // sflashA1Size
    words(&mut flash, 0x80, &[0x0818_0403, 0x0000_2404]); // 03h, 24-bit address, one wire
    words(&mut flash, 0x90, &[0x2404_0405]); // 05h
    words(&mut flash, 0xB0, &[0x0000_0406]); // 06h
    words(
        &mut flash,
        0x1000,
        &[
            0x4120_00D1,
            0x6000_2000,
            0,
            0,
            0x6000_1020,
            0x6000_1000,
            0,
            0,
        ],
    );
    words(&mut flash, 0x1020, &[0x6000_0000, 0x3000, 0]);
    words(&mut flash, 0x2000, &[0x2001_0000, 0x6000_2401]);
    words(&mut flash, 0x2400, &[0xE7FE_BF00]);
    flash
}

/// The same, read by EBh on four wires with 6 dummy clocks.
pub fn bootable_quad() -> Vec<u8> {
    let mut flash = bootable();
    words(&mut flash, 0x80, &[0x0A18_04EB, 0x2604_3206]);
    flash
}

/// Puts little-endian words into a file.
pub fn words(file: &mut [u8], at: usize, words: &[u32]) {
    for (place, word) in file[at..].chunks_exact_mut(4).zip(words) {
        LE::write_u32(place, *word);
    }
}
