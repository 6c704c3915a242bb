use std::time::Duration;

use super::*;
use crate::board::{Board, Settings, State};
use crate::rom::loader::Loader;
use crate::testkit::*;

const GET_VERSION: [u8; 18] = [
    0x5A, 0xA4, 0x0C, 0x00, 0x4B, 0x33, 0x07, 0, 0, 0x02, 0x01, 0, 0, 0, 0, 0, 0, 0,
];
const ITS_ANSWER: [u8; 18] = [
    0x5A, 0xA4, 0x0C, 0x00, 0x64, 0x18, 0xA7, 0, 0, 0x02, 0, 0, 0, 0, 0x00, 0x01, 0x02, 0x4B,
];
const ACK: [u8; 2] = [0x5A, 0xA1];
const NAK: [u8; 2] = [0x5A, 0xA2];
const NOTHING: [u8; 0] = [];
const PING: [u8; 2] = [0x5A, 0xA6];

/// Everything that comes within a second.
fn heard(board: &mut Board) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = board.uart_read(4096, SECOND);
        if more.is_empty() {
            return bytes;
        }
        bytes.extend(more);
    }
}

fn flashloader() -> Board {
    let mut board = Board::new(Settings::default());
    board.start_loader(Loader::Standin);
    board
}

/// A flashloader that has been pinged at 115200.
fn pinged() -> Board {
    let mut board = flashloader();
    board.uart_write(&PING);
    assert_eq!(heard(&mut board), frame::PING_ANSWER);
    board
}

// The ROM.

#[test]
fn rom_answers_plain_words() {
    let mut board = Board::new(Settings::default());
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    assert_eq!(
        heard(&mut board),
        [0x56, 0x78, 0x78, 0x56, 0xF0, 0xF0, 0xF0, 0xF0]
    );
    board.uart_write(&sdp(READ_REGISTER, 0x2020_9000, 32, 100, 0));
    assert_eq!(heard(&mut board).len(), 4 + 100);
}

#[test]
fn rom_refuses_by_one_word() {
    let mut board = Board::new(Settings::default());
    let refusal = [0x56, 0x78, 0x78, 0x56, 0x89, 0x23, 0x23, 0x89];
    for (address, width, count) in [(0, 8, 4), (0, 32, 4), (0x2020_0000, 8, 8)] {
        board.uart_write(&sdp(READ_REGISTER, address, width, count, 0));
        assert_eq!(heard(&mut board), refusal, "{address:#010x}");
    }
    board.uart_write(&sdp(WRITE_REGISTER, 0x2020_0000, 8, 0, 0));
    assert_eq!(heard(&mut board), refusal);
    board.uart_write(&sdp(WRITE_FILE, 0x2028_0000, 0x20, 8, 0));
    board.uart_write(&[0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(heard(&mut board), refusal);
}

#[test]
fn first_link_used_is_the_only_one_until_reset() {
    let mut board = Board::new(Settings::default());
    board.uart_write(&[0]);
    assert_eq!(board.usb(), None);
    board.reset();
    board.wait(SECOND);
    command(&mut board, ERROR_STATUS, 0, 0);
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    assert_eq!(heard(&mut board), NOTHING);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
}

#[test]
fn fuse_disables_the_rom_uart() {
    let mut board = Board::new(Settings {
        fuses: vec![(7, 1 << 4)],
        ..Settings::default()
    });
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    assert_eq!(heard(&mut board), NOTHING);
    assert!(board.usb().is_some());
}

#[test]
fn file_over_uart_has_no_tail_and_a_jump_starts_it() {
    let mut board = Board::new(Settings::default());
    let image = crate::standin_loader();
    board.uart_write(&sdp(
        WRITE_FILE,
        crate::standin::LOAD,
        0,
        image.len() as u32,
        0,
    ));
    board.uart_write(image);
    assert_eq!(heard(&mut board)[4..], [0x88; 4]);
    assert_eq!(
        board.ram(crate::standin::LOAD + image.len() as u32, 1),
        Some(vec![0])
    );
    // 20 KiB at 115200 baud, ten bits a byte
    assert!(board.elapsed().as_millis() > 1777, "{:?}", board.elapsed());
    board.uart_write(&sdp(JUMP, crate::standin::JUMP, 0, 0, 0));
    assert_eq!(heard(&mut board), [0x56, 0x78, 0x78, 0x56]);
    assert_eq!(board.state(), State::Flashloader);
    board.uart_write(&PING);
    assert_eq!(heard(&mut board), frame::PING_ANSWER);
}

#[test]
fn wrong_baud_rate_reads_as_garbage() {
    let mut board = Board::new(Settings::default());
    board.set_uart_baud(57_600);
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    let answer = heard(&mut board);
    assert_ne!(answer, [0x56, 0x78, 0x78, 0x56, 0xF0, 0xF0, 0xF0, 0xF0]);
}

#[test]
fn set_baudrate_takes_effect_after_the_answer() {
    let mut board = Board::new(Settings::default());
    board.uart_write(&sdp(SET_BAUDRATE, 230_400, 0, 0, 0));
    assert_eq!(
        heard(&mut board),
        [0x56, 0x78, 0x78, 0x56, 0x90, 0x0D, 0xD0, 0x09]
    );
    board.set_uart_baud(230_400);
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    assert_eq!(
        heard(&mut board),
        [0x56, 0x78, 0x78, 0x56, 0xF0, 0xF0, 0xF0, 0xF0]
    );
}

// The flashloader.

#[test]
fn the_first_ping_sets_the_rate() {
    for baud in [4_800, 57_600, 115_200] {
        let mut board = flashloader();
        board.set_uart_baud(baud);
        board.uart_write(&PING);
        assert_eq!(heard(&mut board), frame::PING_ANSWER, "{baud}");
        assert_eq!(board.usb(), None);
        board.set_uart_baud(baud * 2);
        board.uart_write(&PING);
        assert_eq!(heard(&mut board), NOTHING, "{baud}");
    }
}

#[test]
fn bytes_far_apart_are_no_ping() {
    let mut board = flashloader();
    board.uart_write(&[0x5A]);
    board.wait(SECOND);
    board.uart_write(&[0xA6]);
    assert_eq!(heard(&mut board), NOTHING);
    board.wait(SECOND);
    assert!(board.usb().is_some());
}

#[test]
fn get_property_is_acknowledged_and_answered() {
    let mut board = pinged();
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
    board.uart_write(&ACK);
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
}

#[test]
fn a_nak_brings_the_last_frame_again() {
    let mut board = pinged();
    board.uart_write(&GET_VERSION);
    heard(&mut board);
    board.uart_write(&NAK);
    assert_eq!(heard(&mut board), ITS_ANSWER);
    board.uart_write(&ACK);
    board.uart_write(&NAK);
    assert_eq!(heard(&mut board), NOTHING);
}

#[test]
fn other_bytes_in_place_of_the_ack_end_the_wait() {
    for instead in [&PING[..], &GET_VERSION[..]] {
        let mut board = pinged();
        board.uart_write(&GET_VERSION);
        heard(&mut board);
        board.uart_write(instead);
        assert_eq!(heard(&mut board), NOTHING);
        board.uart_write(&GET_VERSION);
        assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
    }
}

#[test]
fn damaged_frame_gets_a_nak_and_may_be_resent() {
    let mut board = pinged();
    let mut damaged = GET_VERSION;
    damaged[9] ^= 0x10;
    board.uart_write(&damaged);
    assert_eq!(heard(&mut board), NAK);
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
}

#[test]
fn gap_in_a_frame_drops_it_silently() {
    let mut board = pinged();
    board.uart_write(&GET_VERSION[..10]);
    board.wait(SECOND);
    board.uart_write(&GET_VERSION[10..]);
    assert_eq!(heard(&mut board), NOTHING);
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
}

#[test]
fn a_write_to_ram_and_its_reading_back() {
    let mut board = pinged();
    let write = [4, 1, 0, 3, 0x00, 0x20, 0x20, 0x20, 4, 0, 0, 0, 0, 0, 0, 0];
    board.uart_write(&frame::encode(frame::COMMAND, &write));
    let generic = [0xA0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0];
    let answer = frame::encode(frame::COMMAND, &generic);
    assert_eq!(heard(&mut board), [&ACK[..], &answer].concat());
    board.uart_write(&ACK);
    board.uart_write(&frame::encode(frame::DATA, &[1, 2, 3, 4]));
    assert_eq!(heard(&mut board), [&ACK[..], &answer].concat());
    board.uart_write(&ACK);
    assert_eq!(board.ram(0x2020_2000, 4), Some(vec![1, 2, 3, 4]));
    let read = [3, 0, 0, 3, 0x00, 0x20, 0x20, 0x20, 4, 0, 0, 0, 0, 0, 0, 0];
    board.uart_write(&frame::encode(frame::COMMAND, &read));
    let started = frame::encode(frame::COMMAND, &[0xA3, 1, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(heard(&mut board), [&ACK[..], &started].concat());
    board.uart_write(&ACK);
    assert_eq!(heard(&mut board), frame::encode(frame::DATA, &[1, 2, 3, 4]));
    board.uart_write(&ACK);
    let generic = [0xA0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0];
    assert_eq!(heard(&mut board), frame::encode(frame::COMMAND, &generic));
}

#[test]
fn device_ends_a_data_phase_with_ack_abort() {
    let mut board = pinged();
    // write 8 bytes where no memory is, in two frames
    let write = [4, 1, 0, 3, 0x00, 0x00, 0x00, 0x30, 8, 0, 0, 0, 0, 0, 0, 0];
    board.uart_write(&frame::encode(frame::COMMAND, &write));
    heard(&mut board);
    board.uart_write(&ACK);
    board.uart_write(&frame::encode(frame::DATA, &[1, 2, 3, 4]));
    let refused = [0xA0, 0, 0, 2, 0xD8, 0x27, 0, 0, 4, 0, 0, 0];
    let answer = frame::encode(frame::COMMAND, &refused);
    assert_eq!(heard(&mut board), [&[0x5A, 0xA3][..], &answer].concat());
}

#[test]
fn host_ends_a_data_phase_with_ack_abort() {
    let mut board = pinged();
    let read = [3, 0, 0, 3, 0x00, 0x20, 0x20, 0x20, 0, 8, 0, 0, 0, 0, 0, 0];
    board.uart_write(&frame::encode(frame::COMMAND, &read));
    heard(&mut board);
    board.uart_write(&ACK);
    assert_eq!(heard(&mut board).len(), 6 + 1024);
    board.uart_write(&[0x5A, 0xA3]);
    let aborted = [0xA0, 0, 0, 2, 0x12, 0x27, 0, 0, 3, 0, 0, 0];
    assert_eq!(heard(&mut board), frame::encode(frame::COMMAND, &aborted));
}

#[test]
fn a_command_in_place_of_data_ends_the_phase() {
    let mut board = pinged();
    let write = [4, 1, 0, 3, 0x00, 0x20, 0x20, 0x20, 8, 0, 0, 0, 0, 0, 0, 0];
    board.uart_write(&frame::encode(frame::COMMAND, &write));
    heard(&mut board);
    board.uart_write(&ACK);
    board.uart_write(&GET_VERSION);
    let failed = frame::encode(frame::COMMAND, &[0xA0, 0, 0, 2, 1, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(heard(&mut board), [&[0x5A, 0xA3][..], &failed].concat());
}

#[test]
fn a_reset_is_answered_before_it_happens() {
    let mut board = pinged();
    board.uart_write(&[0x5A, 0xA4, 0x04, 0x00, 0x6F, 0x46, 0x0B, 0, 0, 0]);
    let answer = [
        0x5A, 0xA4, 0x0C, 0, 0xCD, 0xA6, 0xA0, 0, 0, 2, 0, 0, 0, 0, 0x0B, 0, 0, 0,
    ];
    assert_eq!(heard(&mut board), [&ACK[..], &answer].concat());
    assert_eq!(board.state(), State::Flashloader);
    board.uart_write(&ACK);
    assert_eq!(board.state(), State::Rom);
}

#[test]
fn busy_firmware_keeps_only_64_bytes() {
    let mut machine =
        crate::machine::Machine::new(crate::nor::Nor::new(crate::nor::Part::is25lp064a()));
    let mut loader = SerialLoader::new(Processor::new(1024));
    let mut out = VecDeque::new();
    for byte in PING {
        loader.arrive(&mut machine, 115_200, byte);
    }
    loader.run(&mut machine, &mut out);
    machine.clock.work(1_000_000_000);
    for _ in 0..100 {
        loader.arrive(&mut machine, 115_200, 0);
        loader.run(&mut machine, &mut out);
    }
    assert_eq!(loader.ring.len(), RING);
    assert_eq!(loader.due(&machine), Some(machine.clock.device_ns()));
}

// What the running genuine firmware does with packets in the wrong place.

#[test]
fn edges_of_anything_set_the_rate() {
    let mut board = flashloader();
    // the question of the boot ROM: the answer comes at another rate, and then nothing is understood
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    let answer = heard(&mut board);
    assert_eq!(answer.len(), frame::PING_ANSWER.len());
    assert_ne!(answer, frame::PING_ANSWER);
    board.uart_write(&PING);
    assert_eq!(heard(&mut board), NOTHING);
    // a command has its seven edges where a ping has them
    let mut board = flashloader();
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), frame::PING_ANSWER);
    // edges far apart are no measurement
    let mut board = flashloader();
    board.uart_write(&[0x00, 0x00]);
    board.wait(Duration::from_millis(100));
    board.uart_write(&PING);
    assert_eq!(heard(&mut board), frame::PING_ANSWER);
}

#[test]
fn data_outside_of_a_data_phase_is_dropped() {
    let mut board = pinged();
    board.uart_write(&frame::encode(frame::DATA, b"abcd"));
    assert_eq!(heard(&mut board), NOTHING);
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
}

/// A response to a command: status and tag.
fn generic(status: u16, tag: u8) -> Vec<u8> {
    let [low, high] = status.to_le_bytes();
    frame::encode(
        frame::COMMAND,
        &[0xA0, 0, 0, 2, low, high, 0, 0, tag, 0, 0, 0],
    )
}

/// What follows after a transfer of eight bytes has been asked for, and `sent` came in place of data or of an ACK.
fn in_the_data(transfer: &[u8], sent: &[u8]) -> (Board, Vec<u8>) {
    let mut board = pinged();
    board.uart_write(&frame::encode(frame::COMMAND, transfer));
    let _ = heard(&mut board);
    board.uart_write(&ACK);
    let _ = heard(&mut board);
    board.uart_write(sent);
    let answer = heard(&mut board);
    (board, answer)
}

#[test]
fn other_packets_in_place_of_data_end_the_phase() {
    let write = [4, 1, 0, 3, 0, 0x20, 0x20, 0x20, 8, 0, 0, 0, 0, 0, 0, 0];
    let abort = [0x5A, 0xA3];
    let mut damaged = GET_VERSION;
    damaged[9] ^= 1;
    let data = frame::encode(frame::DATA, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let cases = [
        (&ACK[..], 1),
        (&NAK, 1),
        (&abort, 1),
        (&[0x5A, 0xA9], 1),
        (&[0x5A, 0x5A], 1),
        (&damaged, 1),
        (&PING, 10003),
        // frames whose rest does not come
        (&data[..1], 5),
        (&data[..9], 5),
    ];
    for (sent, status) in cases {
        let (mut board, answer) = in_the_data(&write, sent);
        let mut wanted = [&abort[..], &generic(status, 4)].concat();
        if sent == PING {
            wanted.splice(0..0, frame::PING_ANSWER);
        }
        assert_eq!(answer, wanted, "{sent:02x?}");
        board.uart_write(&ACK);
        board.uart_write(&GET_VERSION);
        assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
    }
}

#[test]
fn other_packets_in_place_of_an_ack_end_a_read() {
    let read = [3, 0, 0, 3, 0, 0x20, 0x20, 0x20, 8, 0, 0, 0, 0, 0, 0, 0];
    let cases = [
        (&PING[..], 4),
        (&[0x5A, 0xA9], 4),
        (&GET_VERSION, 4),
        (&[0x5A, 0xA3], 10002),
        (&[0x5A], 5),
        (&ACK, 0),
    ];
    for (sent, status) in cases {
        let (_, answer) = in_the_data(&read, sent);
        assert_eq!(answer, generic(status, 3), "{sent:02x?}");
    }
}

#[test]
fn status_of_a_failed_read_stays_whatever_follows() {
    let read = [3, 0, 0, 3, 0, 0, 0, 0x60, 8, 0, 0, 0, 0, 0, 0, 0];
    for sent in [ACK, PING, [0x5A, 0xA3]] {
        let (_, answer) = in_the_data(&read, &sent);
        assert_eq!(answer, generic(10205, 3));
    }
}

#[test]
fn half_an_ack_leaves_the_next_command_whole() {
    let mut board = pinged();
    board.uart_write(&GET_VERSION);
    let _ = heard(&mut board);
    board.uart_write(&[0x5A]);
    board.wait(SECOND);
    board.uart_write(&GET_VERSION);
    assert_eq!(heard(&mut board), [&ACK[..], &ITS_ANSWER].concat());
}

#[test]
fn packets_inside_stray_data_are_heard() {
    let mut board = pinged();
    let mut stray = frame::encode(frame::DATA, &PING);
    stray[4] ^= 1;
    board.uart_write(&stray);
    assert_eq!(heard(&mut board), frame::PING_ANSWER);
}

#[test]
fn rom_answers_eight_pings_with_its_id() {
    let mut board = Board::new(Settings {
        unique_id: [0x0403_0201, 0x0807_0605],
        ..Settings::default()
    });
    board.uart_write(&PING.repeat(7));
    assert_eq!(heard(&mut board), NOTHING);
    board.uart_write(&PING);
    let answer = [0x5A, 0xA8, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(heard(&mut board), answer);
}
