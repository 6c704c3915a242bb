//! Ctrl-C: the first asks the run to stop between two operations, the second ends the process. Where nothing is on its way, the
//! first ends it.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct State {
    /// Nothing is on its way to a board: files are read, perhaps from a terminal where nobody types, or a person is asked for
    /// words. Neither wait ends by itself.
    idle: bool,
    /// Ctrl-C was pressed.
    asked: bool,
    /// Gives the terminal back, as long as a screen has it: nothing is printed on it meanwhile.
    leave_screen: Option<fn()>,
}

/// The handler runs on a thread of its own and holds this until it has ended the process: the run does not begin anything
/// between "nothing is on its way" and the end.
static STATE: Mutex<State> = Mutex::new(State {
    idle: false,
    asked: false,
    leave_screen: None,
});

/// Exit code of a run that was stopped.
const STOPPED: i32 = 70;

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const KILLED: i32 = 130;

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Catches Ctrl-C from now on. `idle`: the first one ends the process until [`begin`].
pub fn catch(idle: bool) {
    state().idle = idle;
    let caught = ctrlc::set_handler(press);
    // without a handler Ctrl-C ends the process at once, which is no reason not to run
    let _ = caught;
}

/// What Ctrl-C does. A screen reads it as a key and calls this itself.
pub fn press() {
    let mut state = state();
    if state.idle {
        end_unchanged();
    }
    if std::mem::replace(&mut state.asked, true) {
        end(&state, KILLED);
    }
    // a screen says it itself
    if state.leave_screen.is_some() {
        return;
    }
    // a terminal that takes nothing holds up this thread, not the run
    drop(state);
    let _ = writeln!(
        anstream::stderr(),
        "\nstopping after this operation (Ctrl-C again: at once, whatever flash holds then)"
    );
}

/// Asks the run to stop, as the first Ctrl-C does; the next Ctrl-C ends the process.
#[cfg(feature = "screen")]
pub fn ask_to_stop() {
    state().asked = true;
}

/// From now on `leave` gives the terminal back before Ctrl-C ends the process; `None` when the screen is gone.
#[cfg(feature = "screen")]
pub fn set_leave_screen(leave: Option<fn()>) {
    state().leave_screen = leave;
}

/// Ends the process at once, with the terminal given back.
#[cfg(feature = "screen")]
pub fn end_now(code: i32) -> ! {
    end(&state(), code)
}

/// Ends the process at once; `state` stays held, so that nothing begins meanwhile.
fn end(state: &State, code: i32) -> ! {
    if let Some(leave) = state.leave_screen {
        leave();
    }
    std::process::exit(code);
}

fn end_unchanged() -> ! {
    let _ = writeln!(
        anstream::stderr(),
        "\nerror: stopped by the user: flash is unchanged [interrupted]"
    );
    std::process::exit(STOPPED);
}

/// A board is looked for, or something else begins that must come to an end of its own.
pub fn begin() {
    state().idle = false;
}

/// Asks a person and waits for what is typed; Ctrl-C ends the program meanwhile. `ask` prints the question, too: a Ctrl-C that
/// comes as soon as it is seen counts.
pub fn while_prompting<T>(ask: impl FnOnce() -> T) -> T {
    let before = {
        let mut state = state();
        // one that came just before the question is its answer
        if state.asked {
            end_unchanged();
        }
        std::mem::replace(&mut state.idle, true)
    };
    let answer = ask();
    state().idle = before;
    answer
}

/// Whether Ctrl-C was pressed.
pub fn interrupted() -> bool {
    state().asked
}
