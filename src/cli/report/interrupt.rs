//! Ctrl-C: the first asks the run to stop between two operations, the second ends the process. Where nothing is on its way, the
//! first ends it.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
/// Nothing is on its way to a board: files are read, perhaps from a terminal where nobody types, or a person is asked for words.
/// Neither wait ends by itself.
static IDLE: AtomicBool = AtomicBool::new(false);

/// Exit code of a run that was stopped.
const STOPPED: i32 = 70;

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const KILLED: i32 = 130;

/// Catches Ctrl-C from now on. `idle`: the first one ends the process until [`begin`].
pub fn catch(idle: bool) {
    IDLE.store(idle, Ordering::SeqCst);
    let caught = ctrlc::set_handler(|| {
        if IDLE.load(Ordering::SeqCst) {
            let _ = writeln!(
                anstream::stderr(),
                "\nerror: stopped by the user: flash is unchanged [interrupted]"
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

/// A board is looked for, or something else begins that must come to an end of its own.
pub fn begin() {
    IDLE.store(false, Ordering::SeqCst);
}

/// Waits for what a person types; Ctrl-C ends the program meanwhile.
pub fn while_prompting<T>(ask: impl FnOnce() -> T) -> T {
    let before = IDLE.swap(true, Ordering::SeqCst);
    let answer = ask();
    IDLE.store(before, Ordering::SeqCst);
    answer
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    ASKED.load(Ordering::SeqCst)
}
