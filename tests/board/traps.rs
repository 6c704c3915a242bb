//! What a host tool must know of the genuine RT1021 flashloader: the virtual board has each trap, the client avoids it or
//! reports what happened. The tests check flash, RAM and status registers, not only `Ok`.

use std::time::Duration;

use crate::kit::random::pattern;
use rtboot::mboot::{Error, HidLink, Mboot, MemoryId, Property, Status, Step};
use rtboot::port::HidPort;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::sdp::{self, Hab, JumpOutcome, Sdp};
use rtboot_sim::{Board, Settings};

mod flash;
mod stale;
mod uart;

const FLASH: u32 = 0x6000_0000;
/// Free RAM, outside what the flashloader keeps for itself.
const SCRATCH: u32 = 0x2020_2000;
const NOR: MemoryId = MemoryId::FLEXSPI_NOR;
const MAPPED: MemoryId = MemoryId::INTERNAL;

type Loader = Mboot<HidLink<Box<dyn HidPort>>>;

fn go(_: u64) -> bool {
    true
}

/// A board with these settings and its flashloader running.
fn board_with(settings: Settings) -> (VirtualBoard, Loader) {
    let board = VirtualBoard::from_board(Board::new(settings));
    let mut rom = Sdp::new(sdp::HidLink::new(board.hid()));
    rom.write_file(0x2020_8000, VirtualBoard::standin_loader(), &mut |_| ())
        .unwrap();
    let outcome = rom.jump_address(0x2020_8400).unwrap();
    assert!(matches!(outcome, JumpOutcome::Left | JumpOutcome::Silent));
    assert_eq!(rom.hab(), Some(Hab::Open));
    board.wait(Duration::from_secs(1));
    assert_eq!(board.identity().map(|usb| usb.product_id), Some(0x0073));
    let loader = open(&board);
    (board, loader)
}

fn board() -> (VirtualBoard, Loader) {
    board_with(Settings::default())
}

/// Another program opens the device.
fn open(board: &VirtualBoard) -> Loader {
    Mboot::new(HidLink::new(board.hid()))
}

/// configure-memory by option words.
fn configure(loader: &mut Loader, words: &[u32]) -> Result<(), Error> {
    for (word, at) in words.iter().zip((SCRATCH..).step_by(4)) {
        loader.fill_memory(at, 4, *word)?;
    }
    loader.configure_memory(NOR, SCRATCH)
}

/// A board whose flash is configured by option word and blank.
fn ready() -> (VirtualBoard, Loader) {
    let (board, mut loader) = board();
    configure(&mut loader, &[0xC000_0007]).unwrap();
    (board, loader)
}

fn flash(board: &VirtualBoard, offset: usize, length: usize) -> Vec<u8> {
    board.board().flash()[offset..][..length].to_vec()
}

#[test]
fn reports_of_1019_bytes_are_never_sent() {
    let (board, mut loader) = board();
    // every length around the packet size and around twice its payload
    for length in (1010..1022).chain(2025..2036).chain(3040..3055) {
        let bytes = pattern(length);
        loader
            .write_memory(SCRATCH, &bytes, MAPPED, &mut go)
            .unwrap();
        assert_eq!(
            board.board().ram(SCRATCH, length).unwrap(),
            bytes,
            "{length}"
        );
        assert_eq!(
            loader
                .read_memory(SCRATCH, length as u32, MAPPED, &mut go)
                .unwrap(),
            bytes,
            "{length}"
        );
    }
    // the trap itself: the same write by hand, not padded
    let mut port = board.hid();
    let command = [
        1, 0, 16, 0, 4, 1, 0, 3, 0, 0x20, 0x20, 0x20, 0xF7, 3, 0, 0, 0, 0, 0, 0,
    ];
    port.write(&command).unwrap();
    assert!(port.read(Duration::from_secs(1)).unwrap().is_some());
    let mut report = vec![2, 0, 0xF7, 3];
    report.extend(pattern(1015));
    assert_eq!(report.len(), 1019);
    port.write(&report).unwrap();
    assert_eq!(port.read(Duration::from_secs(10)).unwrap(), None);
}

#[test]
fn a_write_of_64_kib_takes_66_transactions() {
    let (board, mut loader) = ready();
    loader.flash_erase_region(FLASH, 0x1_0000, NOR).unwrap();
    loader.max_packet_size().unwrap();
    let before = board.board().costs();
    loader
        .write_memory(FLASH, &pattern(0x1_0000), MAPPED, &mut go)
        .unwrap();
    let after = board.board().costs();
    assert_eq!((after.out2 - before.out2, after.in1 - before.in1), (66, 4));
    assert_eq!(flash(&board, 0, 0x1_0000), pattern(0x1_0000));
}

#[test]
fn stale_bytes_after_the_length_are_dropped() {
    let (board, mut loader) = board();
    loader
        .write_memory(SCRATCH, &pattern(900), MAPPED, &mut go)
        .unwrap();
    // the trap: the answer's report still carries the data behind its twelve bytes
    let mut port = board.hid();
    port.write(&[1, 0, 12, 0, 7, 0, 0, 2, 0x12, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    let report = port.read(Duration::from_secs(1)).unwrap().unwrap();
    assert_eq!(report.len(), 1021);
    assert!(report[4 + 16..].iter().any(|&b| b != 0), "stale bytes");
    assert_eq!(loader.unique_id().unwrap(), [0x1234_5678, 0x9ABC_DEF0]);
}

#[test]
fn flashloader_answers_its_properties() {
    let (_board, mut loader) = board();
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
    assert_eq!(loader.target_version().unwrap().to_string(), "T1.0.0");
    assert_eq!(loader.max_packet_size().unwrap(), 1016);
    assert_eq!(loader.ram(2).unwrap(), (0x2020_0000, 0x4_0000));
    assert_eq!(loader.reserved_regions().unwrap().len(), 2);
    assert_eq!(
        loader.get_property(Property::SECURITY_STATE, 0).unwrap(),
        [0]
    );
    let unknown = loader.get_property(Property::FLASH_START, 0).unwrap_err();
    assert_eq!(unknown.status(), Some(Status::UNKNOWN_PROPERTY));
    assert_eq!(loader.flash_read_once(1).unwrap(), 0x1234_5678);
    let beyond = loader.flash_read_once(64).unwrap_err();
    assert_eq!(beyond.status(), Some(Status::INVALID_ARGUMENT));
    let missing = loader.flash_security_disable([0; 8]).unwrap_err();
    assert_eq!(missing.status(), Some(Status::UNKNOWN_COMMAND));
}

#[test]
fn reset_brings_the_rom_back() {
    let (board, mut loader) = board();
    loader.reset().unwrap();
    board.wait(Duration::from_secs(1));
    assert_eq!(board.identity().map(|usb| usb.product_id), Some(0x0130));
    // the old port does not reach the new device
    assert!(matches!(loader.version(), Err(Error::Gone { .. })));
}

#[test]
fn closed_part_loads_but_never_runs_unsigned_file() {
    const SEC_CONFIG_CLOSED: (usize, u32) = (6, 1 << 1);
    let settings = Settings {
        fuses: vec![SEC_CONFIG_CLOSED],
        ..Settings::default()
    };
    let board = VirtualBoard::from_board(Board::new(settings));
    let mut rom = Sdp::new(sdp::HidLink::new(board.hid()));
    assert_eq!(rom.error_status().unwrap(), sdp::Status::HAB_SUCCESS);
    rom.write_file(0x2020_8000, VirtualBoard::standin_loader(), &mut |_| ())
        .unwrap();
    // the jump is answered as always; the refusal shows in the ROM staying on the bus and in the status afterwards
    assert_eq!(rom.jump_address(0x2020_8400).unwrap(), JumpOutcome::Silent);
    board.wait(Duration::from_secs(1));
    assert_eq!(board.identity().map(|usb| usb.product_id), Some(0x0130));
    assert_eq!(rom.hab(), Some(Hab::Closed));
    assert_eq!(rom.error_status().unwrap(), sdp::Status::HAB_FAILURE);
}
