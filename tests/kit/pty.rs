//! Virtual boards on pseudo-terminals: served by a thread of the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rtboot::board::{Board, DEFAULT_BAUD, Options, Selector};
use rtboot::port;
use rtboot::port::virtual_board::{Pty, VirtualBoard};

use super::cli::{Cli, Run, rtboot_in};

/// A virtual board served on a pseudo-terminal for as long as this lives; at its end the board has read all that was sent.
pub struct Served {
    /// Path of the terminal.
    pub path: String,
    /// While this is set nothing moves, as on a machine that does other work.
    pub halted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    pump: Option<JoinHandle<Result<(), port::Error>>>,
}

impl Served {
    pub fn on(board: &VirtualBoard) -> Served {
        let mut pty = Pty::new().expect("a pseudo-terminal");
        let path = pty.path().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let halted = Arc::new(AtomicBool::new(false));
        let (board, asked, halts) = (board.clone(), stop.clone(), halted.clone());
        let mut heard = None;
        // what programs wrote before the end was asked for still reaches the board
        let mut go_on =
            move |now: u64| !asked.load(Ordering::SeqCst) || heard.replace(now) != Some(now);
        let pump = thread::spawn(move || {
            let its = board.clone();
            pty.pump(&board, &mut || {
                while halts.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                go_on(its.board().counts().uart_out)
            })
        });
        Served {
            path,
            halted,
            stop,
            pump: Some(pump),
        }
    }

    pub fn selector(&self) -> Selector {
        format!("uart:{}", self.path).parse().expect("a selector")
    }

    pub fn board(&self) -> Board {
        Board::find(&self.selector(), Options::default()).expect("the terminal opens")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(pump) = self.pump.take() {
            pump.join().expect("no panic").expect("no error");
        }
    }
}

/// A board on a pseudo-terminal that stays switched on between two runs of the program; the test can look inside.
pub struct Live {
    pub board: VirtualBoard,
    pub served: Served,
    pub cli: Cli,
}

impl Live {
    /// A fresh board whose ROM waits.
    pub fn rom() -> Live {
        Live::on(VirtualBoard::new())
    }

    /// A fresh board whose flashloader was started over the UART.
    pub fn flashloader() -> Live {
        let virtual_board = VirtualBoard::new();
        let serial = virtual_board.serial(DEFAULT_BAUD);
        let mut board = Board::on_serial(serial, Options::default());
        rtboot::flash::reach_flashloader(&mut board, None, &super::standin(), &mut ())
            .expect("it starts");
        Live::on(virtual_board)
    }

    fn on(board: VirtualBoard) -> Live {
        Live {
            served: Served::on(&board),
            board,
            cli: Cli::without_board(),
        }
    }

    /// Runs the program on the board.
    pub fn run(&self, args: &[&str]) -> Run {
        let board = format!("uart:{}", self.served.path);
        rtboot_in(self.cli.folder(), &[&["--board", &board], args].concat())
    }

    /// Bytes of the board's RAM.
    pub fn ram(&self, address: u32, length: usize) -> Vec<u8> {
        self.board.board().ram(address, length).expect("RAM")
    }

    /// Bytes that were sent to the board so far.
    pub fn heard(&self) -> u64 {
        self.board.board().counts().uart_out
    }
}
