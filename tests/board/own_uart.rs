//! rtboot's own loader over a UART: the whole job, and the speed of the line.

use std::time::Duration;

use rtboot::board::{Board, Options, Program};
use rtboot::event::Event;
use rtboot::flash::LoaderSource;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::port::{self, SerialPort};
use rtboot_sim::rom::loader::Loader;

use crate::kit::board::{Rig, old_flash, starts};
use crate::kit::case::application;

/// A UART whose adapter knows no speed above one limit, and whose wires spoil bytes above another.
struct Line {
    port: Box<dyn SerialPort>,
    baud: u32,
    adapter: u32,
    wires: u32,
    /// Only one byte in so many is spoiled.
    spares: usize,
    count: usize,
}

impl Line {
    fn new(board: &VirtualBoard, adapter: u32, wires: u32, spares: usize) -> Box<Line> {
        Box::new(Line {
            port: board.serial(115_200),
            baud: 115_200,
            adapter,
            wires,
            spares,
            count: 0,
        })
    }

    fn spoil(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.count += 1;
            if self.baud > self.wires && self.count.is_multiple_of(self.spares) {
                *byte ^= 0x40;
            }
        }
    }
}

impl SerialPort for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<(), port::Error> {
        let mut bytes = bytes.to_vec();
        self.spoil(&mut bytes);
        self.port.write(&bytes)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, port::Error> {
        let count = self.port.read(buffer, timeout)?;
        self.spoil(&mut buffer[..count]);
        Ok(count)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), port::Error> {
        if baud > self.adapter {
            return Err(port::Error::Io {
                port: "the line".into(),
                action: "set the speed of",
                message: "invalid argument".into(),
            });
        }
        self.baud = baud;
        self.port.set_baud(baud)
    }

    fn discard_input(&mut self) -> Result<(), port::Error> {
        self.port.discard_input()
    }

    fn describe(&self) -> String {
        "the line".into()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

fn rig(line: impl FnOnce(&VirtualBoard) -> Box<dyn SerialPort>) -> Rig {
    let mut rig = Rig::with_flash(old_flash(0x4_0000)).with_own_loader();
    rig.options.base = Some(0x6000_2000);
    rig.board = Board::on_serial(line(&rig.virtual_board), Options::default());
    rig
}

fn good(board: &VirtualBoard) -> Box<dyn SerialPort> {
    board.serial(115_200)
}

/// What was said of the speed.
fn speeds(rig: &Rig) -> Vec<String> {
    let said = |event: &Event| match event {
        Event::Finding(found) if found.code().starts_with("uart-speed") => {
            Some(format!("{}: {found}", found.code()))
        }
        _ => None,
    };
    rig.events.iter().filter_map(said).collect()
}

fn written(mut rig: Rig) -> Rig {
    let app = application(3, 50_001);
    let report = rig
        .write_bytes(&app, "app.bin", "issi.cfg")
        .expect("written")
        .report;
    assert!(report.changed);
    assert_eq!(rig.flash()[0x2000..][..50_001], app);
    assert_eq!(starts(&rig), Some(0x6000_2401));
    rig
}

#[test]
fn own_loader_writes_over_uart_at_the_highest_speed() {
    let rig = written(rig(good));
    assert_eq!(speeds(&rig), ["uart-speed: UART: 921600 baud from now on"]);
    // much faster than at 115200 baud, where the image alone takes three seconds and the read-back another three
    let taken = rig.virtual_board.board().elapsed();
    assert!(taken < Duration::from_secs(14), "{taken:?}");
}

#[test]
fn adapter_that_knows_no_higher_speed_stays() {
    let rig = written(rig(|board| Line::new(board, 230_400, u32::MAX, 1)));
    assert_eq!(
        speeds(&rig),
        [
            "uart-speed-stays: 460800 baud do not get through the UART: it stays at 230400",
            "uart-speed: UART: 230400 baud from now on"
        ]
    );
}

#[test]
fn wires_that_carry_no_higher_speed_stay() {
    // nothing gets through; then one byte in 300 does not
    for spares in [1, 300] {
        let rig = written(rig(|board| Line::new(board, u32::MAX, 460_800, spares)));
        assert_eq!(
            speeds(&rig),
            [
                "uart-speed-stays: 921600 baud do not get through the UART: it stays at 460800",
                "uart-speed: UART: 460800 baud from now on"
            ],
            "one in {spares}"
        );
    }
}

#[test]
fn loader_is_at_the_first_speed_after_a_session() {
    let mut rig = rig(good);
    let loader = rig.flashloader().expect("a loader");
    assert_eq!(rig.virtual_board.board().loader(), Some(Loader::OwnUart));
    drop(loader);
    let mut session = rig.board.loader().expect("a session");
    let own = session.identity().expect("an answer");
    assert!(own.is_some());
}

#[test]
fn loader_of_a_host_that_died_is_found() {
    let mut rig = rig(good);
    std::mem::forget(rig.flashloader().expect("a loader"));
    rig.virtual_board.wait(Duration::from_secs(3));
    rig.board = Board::on_serial(good(&rig.virtual_board), Options::default());
    assert_eq!(
        rig.board.program().expect("asked"),
        Some(Program::Flashloader)
    );
    rig.loader = LoaderSource::Nxp;
    written(rig);
}
