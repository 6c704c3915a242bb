//! A line drawn in a terminal: a cell for each slot.
//!
//! It reads the line's state and changes nothing of it; a terminal that is slow or gone never holds up a slot.

mod big;
mod cell;
mod draw;
mod grid;
mod paint;
mod terminal;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use rtboot::line::{LineState, Watch};

use super::Bell;
use crate::cli::report::{dumb_terminal, interrupt};
use terminal::{Entry, Key, Signals, Taken, Typed};

/// The screen is drawn at most so often.
const FRAME: Duration = Duration::from_millis(100);

/// Exit code of a process that a second SIGTERM ended, as shells know it.
const TERMINATED: i32 = 143;

/// How the screen looks and sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenOptions {
    /// Whether there are colours; words say the same without.
    pub colour: bool,
    /// When the bell rings.
    pub bell: Bell,
}

impl ScreenOptions {
    /// Colours as the environment wants them: `NO_COLOR`, `CLICOLOR`, `TERM`.
    pub fn new(bell: Bell) -> ScreenOptions {
        let choice = anstream::AutoStream::choice(&io::stdout());
        ScreenOptions {
            colour: choice != anstream::ColorChoice::Never,
            bell,
        }
    }
}

/// Whether a screen can be drawn: stdout is a terminal that knows drawing commands. Where not, [`follow`](super::plain::follow)
/// tells the line.
pub fn can_draw() -> bool {
    io::stdout().is_terminal() && !dumb_terminal()
}

/// What the person looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct View {
    page: usize,
    help: bool,
    /// The name of another operator, while it is typed.
    operator: Option<Entry>,
}

impl View {
    /// What was typed: a key, or a part of a name that is being typed.
    fn typed(&mut self, bytes: &[u8], watch: &Watch) -> Option<Key> {
        let Some(entry) = &mut self.operator else {
            return Some(terminal::parse(bytes));
        };
        match entry.take(bytes) {
            Typed::More => return None,
            Typed::Done(name) => {
                // an empty name is nobody: the operator stays
                let _ = watch.set_operator(&name);
            }
            Typed::Dropped => {}
            Typed::CtrlC => return Some(Key::CtrlC),
        }
        self.operator = None;
        None
    }

    /// What a key does to it.
    fn press(&mut self, key: Key, pages: usize) {
        if std::mem::take(&mut self.help) {
            return;
        }
        match key {
            Key::Help => self.help = true,
            Key::Operator => self.operator = Some(Entry::default()),
            Key::Next => self.page = (self.page + 1) % pages.max(1),
            Key::Back => self.page = self.page.checked_sub(1).unwrap_or(pages.max(1) - 1),
            Key::Stop | Key::CtrlC | Key::Other => {}
        }
    }
}

/// Shows the line until `ended`, which is asked ten times a second.
///
/// `stop` is called once when a person or the system asks the line to stop: by `q`, Ctrl-C, SIGTERM, or because the terminal has
/// gone. The line then finishes what runs and lets `ended` be true. A Ctrl-C after that ends the process with 130, a second
/// SIGTERM with 143.
///
/// # Errors
/// The terminal cannot be taken. One that goes away later is no error: the line is asked to stop, and waited for.
pub fn run(
    watch: &Watch,
    stop: &dyn Fn(),
    ended: &dyn Fn() -> bool,
    options: ScreenOptions,
) -> rtboot::Result<()> {
    interrupt::begin();
    let signals = Signals::catch();
    let taken = Taken::take().map_err(|source| rtboot::Error::WriteFile {
        path: "stdout".into(),
        source,
    })?;
    let mut screen = Some(taken);
    let keys = terminal::keys();
    let (mut stop_asked, mut terminated) = (false, false);
    let mut view = View::default();
    let mut pages = 1;
    let mut drawn = None;
    let (mut seen, mut state) = watch.now();
    loop {
        let size = Taken::size();
        let now = (seen, view.clone(), size);
        let same = drawn.as_ref() == Some(&now);
        if let Some(taken) = screen.as_mut().filter(|_| !same) {
            let shown = taken.draw(|buffer| {
                pages = draw::draw(&state, &view, options.colour, buffer);
            });
            view.page = view.page.min(pages - 1);
            drawn = Some(now);
            if shown.is_err() {
                screen = None;
            }
        }
        if ended() {
            break;
        }
        let began = Instant::now();
        if let Ok(typed) = keys.recv_timeout(FRAME) {
            match (view.typed(&typed, watch), view.help) {
                (Some(Key::CtrlC), _) => interrupt::press(),
                (Some(Key::Stop), false) => interrupt::ask_to_stop(),
                (Some(key), _) => view.press(key, pages),
                (None, _) => {}
            }
        }
        // keys that come fast do not make the screen draw faster, nor does a keyboard that is gone
        std::thread::sleep(FRAME.saturating_sub(began.elapsed()));
        if signals.hung_up() {
            screen = None;
        }
        if signals.terminated() {
            if std::mem::replace(&mut terminated, true) {
                interrupt::end_now(TERMINATED);
            }
            interrupt::ask_to_stop();
        }
        if !stop_asked && (interrupt::interrupted() || screen.is_none()) {
            stop_asked = true;
            stop();
        }
        let (number, later) = watch.now();
        if number != seen {
            let bells = bells(options.bell, &state, &later);
            let rung = screen.as_mut().map(|taken| taken.ring(&bells));
            if let Some(Err(_)) = rung {
                screen = None;
            }
            (seen, state) = (number, later);
        }
    }
    drop(screen);
    interrupt::set_leave_screen(None);
    Ok(())
}

/// The bells of slots that came into another phase.
fn bells(bell: Bell, before: &LineState, now: &LineState) -> String {
    let slots = now.slots.iter().zip(&before.slots);
    let changed = slots.filter(|(now, before)| now.phase != before.phase);
    changed.map(|(now, _)| bell.rings(&now.phase)).collect()
}

#[cfg(test)]
mod tests;
