//! A virtual board on a pseudo-terminal, pumped by a thread of the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rtboot::port;
use rtboot::port::virtual_board::{Pty, VirtualBoard};

/// A virtual board served on a pseudo-terminal for as long as this lives; then it has heard all that was said.
pub struct Served {
    /// Path of the terminal.
    pub path: String,
    stop: Arc<AtomicBool>,
    pump: Option<JoinHandle<Result<(), port::Error>>>,
}

impl Served {
    pub fn on(board: &VirtualBoard) -> Served {
        let mut pty = Pty::new().expect("a pseudo-terminal");
        let path = pty.path().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let (board, asked) = (board.clone(), stop.clone());
        let mut heard = None;
        // what programs wrote before the end was asked for still reaches the board
        let mut go_on =
            move |now: u64| !asked.load(Ordering::SeqCst) || heard.replace(now) != Some(now);
        let pump = thread::spawn(move || {
            let its = board.clone();
            pty.pump(&board, &mut || go_on(its.board().counts().uart_out))
        });
        Served {
            path,
            stop,
            pump: Some(pump),
        }
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
