//! Ctrl-C: the first asks the run to stop between two operations, the second ends the process.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const KILLED: i32 = 130;

/// Catches Ctrl-C from now on.
pub fn catch() {
    let caught = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(KILLED);
        }
        let _ = writeln!(
            anstream::stderr(),
            "\nstopping after this operation (Ctrl-C again: at once, whatever flash holds then)"
        );
    });
    // without a handler Ctrl-C ends the process at once, which is no reason not to run
    let _ = caught;
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    ASKED.load(Ordering::SeqCst)
}
