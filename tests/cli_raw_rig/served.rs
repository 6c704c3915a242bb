//! A virtual board on a pseudo-terminal, pumped by a thread of the test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rtboot::port;
use rtboot::port::virtual_board::{Pty, VirtualBoard};

/// A virtual board served on a pseudo-terminal for as long as this lives.
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
        let pump = thread::spawn(move || pty.pump(&board, &mut || !asked.load(Ordering::SeqCst)));
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
