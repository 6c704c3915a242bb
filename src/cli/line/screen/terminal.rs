//! The terminal: taken for the screen, and given back on every way out.

use std::io::{self, Read, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    self, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::cli::report::interrupt;

/// Whether the terminal is taken. It is held while something is drawn, so that nothing is drawn after the terminal was given back.
static TAKEN: Mutex<bool> = Mutex::new(false);
/// The thread that draws, and what other threads said when they panicked meanwhile.
static PANICS: Mutex<(Option<ThreadId>, Vec<String>)> = Mutex::new((None, Vec::new()));

fn taken() -> MutexGuard<'static, bool> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panics() -> MutexGuard<'static, (Option<ThreadId>, Vec<String>)> {
    PANICS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal, as long as the screen has it.
pub struct Taken {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
}

impl Taken {
    /// Takes the terminal.
    ///
    /// # Errors
    /// It is none, or does not answer.
    pub fn take() -> io::Result<Taken> {
        hold_panics();
        panics().0 = Some(thread::current().id());
        let mut taken = taken();
        // stdin may be a file: there are no keys then, and Ctrl-C comes as a signal
        let _ = enable_raw_mode();
        *taken = true;
        drop(taken);
        interrupt::set_leave_screen(Some(give_back));
        let made = execute!(stdout(), EnterAlternateScreen, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match made {
            Ok(terminal) => Ok(Taken { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws a frame. Nothing happens when the terminal was given back already.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let taken = taken();
        if *taken {
            self.terminal.draw(|frame| draw(frame.buffer_mut()))?;
        }
        Ok(())
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// As [`Taken::draw`].
    pub fn ring(&mut self, bells: &str) -> io::Result<()> {
        let taken = taken();
        if *taken && !bells.is_empty() {
            stdout().write_all(bells.as_bytes())?;
            stdout().flush()?;
        }
        Ok(())
    }

    /// Columns and rows.
    pub fn size() -> Option<(u16, u16)> {
        terminal::size().ok()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// How often the end waits for a frame that is being drawn, and how long each time.
const PATIENCE: (u32, Duration) = (20, Duration::from_millis(10));

/// Gives the terminal back, once; any thread may do it.
pub fn give_back() {
    let guard = (0..PATIENCE.0).find_map(|_| match TAKEN.try_lock() {
        Ok(guard) => Some(guard),
        Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(std::sync::TryLockError::WouldBlock) => {
            thread::sleep(PATIENCE.1);
            None
        }
    });
    // without the lock, this thread panicked while it drew, or the terminal takes nothing: there is no more to lose
    let was = guard.is_none_or(|mut taken| std::mem::take(&mut *taken));
    if !was {
        return;
    }
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    let (_, held) = std::mem::take(&mut *panics());
    for text in held {
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// A panic of the thread that draws gives the terminal back before its message; that of another one is told afterwards, since
/// the line may go on.
fn hold_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let mut held = panics();
            let draws = held.0.is_none_or(|drawer| drawer == thread::current().id());
            if !draws {
                held.1.push(info.to_string());
                return;
            }
            drop(held);
            give_back();
            before(info);
        }));
    });
}

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Stop.
    Stop,
    /// Ctrl-C.
    CtrlC,
    /// Help.
    Help,
    /// The next page.
    Next,
    /// The page before.
    Back,
    /// Another operator.
    Operator,
    /// Anything else.
    Other,
}

/// What is typed, read by a thread of their own: neither a terminal that is gone nor one where nobody types holds up the screen. The thread
/// waits for a key as long as the process lives.
pub fn keys() -> Receiver<Vec<u8>> {
    let (send, keys) = channel();
    let read = move || {
        let mut bytes = [0; 64];
        while let Ok(length @ 1..) = io::stdin().read(&mut bytes) {
            if send.send(bytes[..length].to_vec()).is_err() {
                break;
            }
        }
    };
    // a screen without keys is still a screen
    let _ = thread::Builder::new().name("keys".to_owned()).spawn(read);
    keys
}

/// What was typed. A bar-code scanner types, too: a letter counts only when it comes alone.
pub fn parse(bytes: &[u8]) -> Key {
    if bytes.contains(&CTRL_C) {
        return Key::CtrlC;
    }
    match bytes {
        b"q" | b"Q" => Key::Stop,
        b"?" | b"h" => Key::Help,
        b"n" | b" " | b"\x1b[6~" | b"\x1b[B" | b"\x1b[C" => Key::Next,
        b"p" | b"\x1b[5~" | b"\x1b[A" | b"\x1b[D" => Key::Back,
        b"o" | b"O" => Key::Operator,
        _ => Key::Other,
    }
}

/// What Ctrl-C types.
const CTRL_C: u8 = 3;

/// A text that is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry(Vec<u8>);

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// It goes on.
    More,
    /// Enter: this is it.
    Done(String),
    /// Esc: nothing is meant.
    Dropped,
    /// Ctrl-C.
    CtrlC,
}

impl Entry {
    /// Bytes of a text; more are not taken.
    const LONGEST: usize = 80;

    /// What stands there so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// Takes what was typed. A bar-code scanner types a whole text at once, with Enter behind it.
    pub fn take(&mut self, bytes: &[u8]) -> Typed {
        if bytes.contains(&CTRL_C) {
            return Typed::CtrlC;
        }
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => return Typed::Done(self.text()),
                0x1b => return Typed::Dropped,
                0x7f | 0x08 => {
                    // a character may have several bytes
                    while self.0.pop().is_some_and(|last| last & 0xC0 == 0x80) {}
                }
                byte if *byte >= b' ' && self.0.len() < Entry::LONGEST => self.0.push(*byte),
                _ => {}
            }
        }
        Typed::More
    }
}

/// What the system asks of the process.
#[derive(Debug, Default)]
pub struct Signals {
    /// To end: the first one stops the line, the second one the process.
    terminate: std::sync::Arc<AtomicBool>,
    /// The terminal is gone.
    hang_up: std::sync::Arc<AtomicBool>,
}

impl Signals {
    /// Catches them from now on.
    pub fn catch() -> Signals {
        let signals = Signals::default();
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGHUP, SIGTERM};
            use signal_hook::flag::register;
            // one that cannot be caught does what it always did
            let _ = register(SIGTERM, signals.terminate.clone());
            let _ = register(SIGHUP, signals.hang_up.clone());
        }
        signals
    }

    /// Whether SIGTERM came since this was asked.
    pub fn terminated(&self) -> bool {
        self.terminate.swap(false, Ordering::SeqCst)
    }

    /// Whether the terminal has gone.
    pub fn hung_up(&self) -> bool {
        self.hang_up.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_and_a_scanner_stops_nothing() {
        assert_eq!(parse(b"q"), Key::Stop);
        assert_eq!(parse(b"\x1b[6~"), Key::Next);
        assert_eq!(parse(b"ab\x03"), Key::CtrlC);
        assert_eq!(parse(b"RTq0017\r"), Key::Other);
    }

    #[test]
    fn name_is_typed_corrected_and_dropped() {
        let mut entry = Entry::default();
        assert_eq!(entry.take(b"An\xc3\xa4"), Typed::More);
        assert_eq!(entry.take(b"\x7fq"), Typed::More);
        assert_eq!(entry.text(), "Anq");
        assert_eq!(entry.take(b"\x08na\rX"), Typed::Done("Anna".into()));
        assert_eq!(Entry::default().take(b"B\x1b"), Typed::Dropped);
        assert_eq!(Entry::default().take(b"B\x03"), Typed::CtrlC);
        let mut entry = Entry::default();
        entry.take(&[b'x'; 500]);
        assert_eq!(entry.text().len(), Entry::LONGEST);
    }
}
