//! Who is on a UART: asked so that neither the boot ROM nor a flashloader is harmed.

use std::time::Duration;

use crate::kit::board::Rig;
use crate::kit::standin;
use crate::kit::wire::{Cable, Way, Wire};
use rtboot::board::{Board, Options, Program};
use rtboot::flash::Rom;
use rtboot::port::SerialPort;
use rtboot::port::virtual_board::VirtualBoard;

const PING: [u8; 2] = [0x5A, 0xA6];

/// What goes out over a UART to a board whose ROM holds these bytes of an earlier program.
fn after(stray: &[u8]) -> (Option<Program>, Board) {
    let board = VirtualBoard::new();
    board.serial(115_200).write(stray).expect("a UART");
    let wire = Wire::new(&board, Cable::Uart);
    let mut board = Board::on_plug(Box::new(wire), Options::default());
    (board.program().expect("asked"), board)
}

#[test]
fn rom_with_stray_bytes_is_found_and_in_step() {
    for count in 0..16 {
        let (program, mut board) = after(&[5; 16][..count]);
        assert_eq!(program, Some(Program::Rom), "{count} bytes");
        let rom = Rom::connect(&mut board).expect("in step");
        let chip = rom.identify(None).map(|identity| identity.chip.name);
        assert_eq!(chip.ok(), Some("RT1021"), "{count} bytes");
    }
}

#[test]
fn rom_that_was_pinged_by_another_tool_is_found() {
    for pings in 1..=9 {
        let (program, mut board) = after(&PING.repeat(pings));
        assert_eq!(program, Some(Program::Rom), "{pings} pings");
        Rom::connect(&mut board).expect("in step");
    }
}

#[test]
fn unpinged_flashloader_hears_pings_only() {
    let rig = Rig::fresh();
    let wire = Wire::new(&rig.virtual_board, Cable::Uart);
    let mut board = Board::on_plug(Box::new(wire.clone()), Options::default());
    assert_eq!(board.program().expect("asked"), Some(Program::Rom));
    let rom = Rom::connect(&mut board).expect("asked");
    let identity = rom.identify(None).expect("told");
    let loader = standin().load(identity.chip, &board).expect("the stand-in");
    drop(rom);
    // another program loads it and ends before its first ping
    let mut rom = board.rom().expect("a session");
    let image = loader.image;
    rom.write_file(image.load, &image.bytes, &mut |_| {})
        .expect("loaded");
    rom.jump_address(image.jump).expect("jumped");
    rig.virtual_board.wait(Duration::from_secs(1));
    let wire = wire.logged();
    let mut board = Board::on_plug(Box::new(wire.clone()), Options::default());
    assert_eq!(board.program().expect("asked"), Some(Program::Flashloader));
    let sent = wire.take_log();
    let sent = sent.iter().filter(|line| line.way == Way::Out);
    let sent: Vec<&[u8]> = sent.map(|line| line.bytes.as_slice()).collect();
    assert_eq!(sent, [PING]);
}

#[test]
fn flashloader_that_never_comes_ends_in_its_limit() {
    let rig = Rig::fresh();
    let wire = Wire::new(&rig.virtual_board, Cable::Uart);
    let mut board = Board::on_plug(Box::new(wire), Options::default());
    let began = rig.virtual_board.board().elapsed();
    let came = board.await_program(Program::Flashloader, Duration::from_secs(10));
    assert!(!came.expect("asked"));
    let took = rig.virtual_board.board().elapsed() - began;
    assert!(took <= Duration::from_secs(11), "{took:?}");
    assert!(took >= Duration::from_secs(9), "{took:?}");
}

/// A line on which the answer to the first command comes twice, as that to an earlier one does where it comes late.
struct Late {
    port: Box<dyn SerialPort>,
    repeats: bool,
}

impl SerialPort for Late {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), rtboot::port::Error> {
        if bytes.len() == 16 && std::mem::take(&mut self.repeats) {
            self.port.write(bytes)?;
        }
        self.port.write(bytes)
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        timeout: Duration,
    ) -> std::result::Result<usize, rtboot::port::Error> {
        self.port.read(buffer, timeout)
    }

    fn set_baud(&mut self, baud: u32) -> std::result::Result<(), rtboot::port::Error> {
        self.port.set_baud(baud)
    }

    fn discard_input(&mut self) -> std::result::Result<(), rtboot::port::Error> {
        self.port.discard_input()
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

#[test]
fn a_late_answer_does_not_stand_in_for_the_chip_id() {
    let board = VirtualBoard::new();
    let mut found = Board::on_serial(board.serial(115_200), Options::default());
    assert_eq!(found.program().expect("asked"), Some(Program::Rom));
    drop(found);
    let late = Late {
        port: Box::new(board.serial(115_200)),
        repeats: true,
    };
    let mut board = Board::on_serial(Box::new(late), Options::default());
    let rom = Rom::connect(&mut board).expect("in step");
    let identity = rom.identify(None).expect("its own id");
    assert_eq!(identity.told.id.map(|(_, id)| id), Some(0x006B_0000));
    assert_eq!(
        rom.facts().unique_id.map(|id| id.to_string()),
        Some("9abcdef012345678".into())
    );
}
