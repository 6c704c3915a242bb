//! The main job over a UART: the real serial port code on a pseudo-terminal, with the virtual board behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::kit::app;
use crate::kit::board::Rig;
use crate::kit::pty::Served;
use rtboot::Error;
use rtboot::board::{Board, Options, Program, Selector};
use rtboot::event::Event;
use rtboot::finding::catalogue::run;
use rtboot::flash::Rom;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::port::{self, SerialPort};

#[test]
fn uart_and_usb_writes_leave_the_same_flash() {
    let mut usb = Rig::fresh();
    usb.write(app("blinky.elf"), "issi.cfg").expect("over USB");
    let mut uart = Rig::fresh();
    let served = Served::on(&uart.virtual_board);
    uart.board = served.board();
    let written = uart
        .write(app("blinky.elf"), "issi.cfg")
        .expect("over the UART");
    assert!(written.report.changed);
    assert!(uart.flash() == usb.flash());
    assert_eq!(
        uart.virtual_board.board().counts().usb_out,
        0,
        "nothing went over USB"
    );
    let verdict = uart.virtual_board.board().boot_verdict();
    assert!(verdict.starts.is_some(), "{}", verdict.reason);
}

#[test]
fn second_run_uses_the_running_flashloader() {
    let mut rig = Rig::fresh();
    let served = Served::on(&rig.virtual_board);
    rig.board = served.board();
    assert_eq!(rig.board.program().expect("asked"), Some(Program::Rom));
    drop(rig.flashloader().expect("a flashloader"));
    assert_eq!(
        rig.board.program().expect("asked"),
        Some(Program::Flashloader)
    );
    // the port is closed and opened again, as by another run of the program
    rig.board = Board::on_virtual(&VirtualBoard::new(), Options::default());
    rig.board = served.board();
    assert_eq!(
        rig.board.program().expect("asked"),
        Some(Program::Flashloader)
    );
}

#[test]
fn running_application_is_silent_on_the_uart() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("over USB");
    rig.virtual_board
        .set_switches(rtboot::port::virtual_board::Switches::Internal);
    rig.virtual_board.power_cycle();
    let served = Served::on(&rig.virtual_board);
    assert_eq!(served.board().program().expect("asked"), None);
}

#[test]
fn rom_is_silent_at_an_unsupported_baud() {
    let rig = Rig::fresh();
    let served = Served::on(&rig.virtual_board);
    let selector: Selector = format!("uart:{}@57600", served.path)
        .parse()
        .expect("a selector");
    let mut board = Board::find(&selector, Options::default()).expect("the terminal opens");
    assert_eq!(board.program().expect("asked"), None);
}

/// A board whose UART flips a bit of these bytes, once the ROM has been asked, and a rig on it.
fn spoiled(places: impl Iterator<Item = u64>) -> (Rig, Served) {
    let mut rig = Rig::fresh();
    for at in places {
        let what = rtboot_sim::ByteFault::Corrupt { xor: 0x10 };
        let fault = rtboot_sim::Fault::UartOut { at, what };
        rig.virtual_board.board().fault_mut().push(fault);
    }
    let served = Served::on(&rig.virtual_board);
    rig.board = served.board();
    (rig, served)
}

#[test]
fn damaged_flashloader_byte_is_sent_again() {
    let (mut rig, served) = spoiled([2000, 2100].into_iter());
    let loader = rig.flashloader().expect("mended");
    drop((loader, served));
    let resent = |event: &Event| matches!(event, Event::Finding(found) if found.is(&run::FLASHLOADER_SENT_AGAIN));
    assert_eq!(rig.events.iter().filter(|event| resent(event)).count(), 1);
}

#[test]
fn damaged_flashloader_is_found_before_the_jump() {
    let mut rig = Rig::fresh();
    let served = Served::on(&rig.virtual_board);
    rig.board = served.board();
    rig.board.program().expect("asked");
    drop(Rom::connect(&mut rig.board).expect("asked"));
    let loading = rig.virtual_board.board().counts().uart_out + 16;
    drop((rig, served));
    let loaded = loading + VirtualBoard::standin_loader().len() as u64;
    // a byte of the load, and each time it is resent: after a command that reads and one that writes
    let again = (1..=3).map(|time| loaded + time * (16 + 16 + 1));
    let (mut rig, _served) = spoiled([loading + 1_000].into_iter().chain(again));
    let error = rig.flashloader().err().expect("a damaged flashloader");
    assert!(matches!(error, Error::LoaderDamaged { .. }), "{error}");
}

/// Speeds above 115200 baud.
const SPEEDS: usize = 3;

/// A terminal whose other end halts from the acknowledgement before a new speed to the ping behind it.
struct Halting {
    port: Box<dyn SerialPort>,
    halted: Arc<AtomicBool>,
    asked: bool,
    halts: usize,
}

impl SerialPort for Halting {
    fn write(&mut self, bytes: &[u8]) -> Result<(), port::Error> {
        const SET_BAUD: u8 = 0x57;
        match bytes {
            [0x5A, 0xA4, .., _] => self.asked = bytes.get(6) == Some(&SET_BAUD),
            // not at the end, when no ping follows
            [0x5A, 0xA1] if self.asked && self.halts < SPEEDS => {
                self.halted.store(true, Ordering::SeqCst);
                // it waits for a byte, 10 ms at most
                std::thread::sleep(Duration::from_millis(50));
                self.halts += 1;
            }
            _ => {}
        }
        let written = self.port.write(bytes);
        if bytes == [0x5A, 0xA6] {
            self.halted.store(false, Ordering::SeqCst);
        }
        written
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, port::Error> {
        self.port.read(buffer, timeout)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), port::Error> {
        self.port.set_baud(baud)
    }

    fn discard_input(&mut self) -> Result<(), port::Error> {
        self.port.discard_input()
    }

    fn describe(&self) -> String {
        "the terminal".into()
    }
}

#[test]
fn speed_is_raised_behind_a_terminal_that_halts() {
    let mut rig = Rig::fresh().with_own_loader();
    let served = Served::on(&rig.virtual_board);
    let port = port::serial::open(&served.path, 115_200).expect("the terminal opens");
    rig.board = Board::on_serial(
        Box::new(Halting {
            port,
            halted: served.halted.clone(),
            asked: false,
            halts: 0,
        }),
        Options::default(),
    );
    drop(rig.flashloader().expect("a flashloader"));
    let raised = rig.events.iter().any(|event| {
        matches!(event, Event::Finding(finding) if finding.is(&run::UART_SPEED) && finding.to_string().contains("921600"))
    });
    assert!(raised, "{:?}", rig.events);
}
