//! Ctrl-C: the first asks the run to stop between two operations, the second ends the process.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
/// A person is asked for words: nothing is on its way, and the wait for the words does not end by itself.
static PROMPTING: AtomicBool = AtomicBool::new(false);

/// Exit code of a run that was stopped.
const STOPPED: i32 = 70;

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const KILLED: i32 = 130;

/// Catches Ctrl-C from now on.
pub fn catch() {
    let caught = ctrlc::set_handler(|| {
        if PROMPTING.load(Ordering::SeqCst) {
            let _ = writeln!(
                anstream::stderr(),
                "\nstopped by the user: flash is unchanged"
            );
            std::process::exit(STOPPED);
        }
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

/// Waits for what a person types; Ctrl-C ends the program meanwhile.
pub fn while_prompting<T>(ask: impl FnOnce() -> T) -> T {
    PROMPTING.store(true, Ordering::SeqCst);
    let answer = ask();
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    ASKED.load(Ordering::SeqCst)
}
