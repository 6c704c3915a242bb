//! The screen on a real terminal: it is given back on every way out. This test's own program is started for that.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rtboot::line::{SlotPhase, Watch};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use super::states;
use crate::cli::line::Bell;
use crate::cli::line::screen::{ScreenOptions, run};

/// What the child does; without it the child's test does nothing.
const WAY_OUT: &str = "RTBOOT_TEST_WAY_OUT";
/// No step takes so long.
const LONG: Duration = Duration::from_secs(120);

/// Not a test of its own: the program that the others start.
#[test]
fn child() {
    let Ok(way) = std::env::var(WAY_OUT) else {
        return;
    };
    crate::cli::report::catch_ctrl_c(false);
    let watch = Watch::new();
    watch.change(|state| *state = states::busy(4));
    let (stopped, asked) = (AtomicBool::new(false), AtomicBool::new(false));
    let stop = || {
        stopped.store(true, Ordering::SeqCst);
        watch.change(|state| state.stopping = true);
    };
    let ended = || {
        // a frame was drawn before the second question
        let again = asked.swap(true, Ordering::SeqCst);
        match way.as_str() {
            "end" => again,
            "panic" if again => panic!("the screen broke"),
            "other-panic" if again => {
                let thread = std::thread::spawn(|| panic!("a slot broke"));
                thread.join().is_err()
            }
            "obey" => stopped.load(Ordering::SeqCst),
            "bell" if !again => {
                watch.change(|state| state.slots[0].phase = SlotPhase::Passed { took_ms: 1 });
                false
            }
            _ => false,
        }
    };
    let options = ScreenOptions {
        colour: true,
        bell: Bell::Always,
    };
    run(&watch, &stop, &ended, options).expect("a terminal");
}

/// The child on a terminal of its own.
struct Shown {
    child: Child,
    person: File,
    programs: File,
    before: Termios,
    pieces: Receiver<Vec<u8>>,
    text: String,
}

impl Shown {
    fn start(way: &str) -> Shown {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let person = openpt(flags).expect("a terminal");
        grantpt(&person).expect("its programs' end");
        unlockpt(&person).expect("its programs' end");
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&person, size).expect("a size");
        let path = ptsname(&person, Vec::new()).expect("its name");
        let flags =
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let programs = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("it opens");
        let programs = File::from(programs);
        let before = tcgetattr(&programs).expect("its modes");
        let end = || programs.try_clone().expect("a handle");
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "cli::line::screen::tests::terminal::child"])
            .args(["--nocapture", "--test-threads", "1"])
            .env(WAY_OUT, way)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env_remove("RUST_BACKTRACE")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("it runs");
        let mut reader = File::from(rustix::io::dup(&person).expect("a handle"));
        let (send, pieces) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Shown {
            child,
            person: File::from(person),
            programs,
            before,
            pieces,
            text: String::new(),
        }
    }

    /// Waits until this was drawn.
    fn until(&mut self, mark: &str) -> &mut Shown {
        while !self.text.contains(mark) {
            let piece = self.pieces.recv_timeout(LONG);
            let piece = piece.unwrap_or_else(|_| panic!("no {mark:?} in {:?}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&piece));
        }
        self
    }

    fn signal(&mut self, signal: Signal) -> &mut Shown {
        let number = i32::try_from(self.child.id()).expect("a process id");
        kill_process(Pid::from_raw(number).expect("a process id"), signal).expect("it lives");
        self
    }

    fn press(&mut self, keys: &[u8]) -> &mut Shown {
        self.person.write_all(keys).expect("typed");
        self
    }

    /// The exit code, what was written, and a check that the terminal is as it was.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it ends");
        let after = tcgetattr(&self.programs).expect("its modes");
        assert_eq!(after.local_modes, self.before.local_modes);
        assert_eq!(after.input_modes, self.before.input_modes);
        assert_eq!(after.output_modes, self.before.output_modes);
        drop(self.programs);
        while let Ok(piece) = self.pieces.recv_timeout(LONG) {
            self.text.push_str(&String::from_utf8_lossy(&piece));
        }
        let left = self.text.rfind("\x1b[?1049l").expect("the screen is left");
        let after = &self.text[left..];
        assert!(
            after.contains("\x1b[?25h"),
            "the cursor is shown: {after:?}"
        );
        assert!(!after.contains("\x1b[48"), "nothing is drawn: {after:?}");
        assert_eq!(self.text.matches("\x1b[?1049h").count(), 1);
        (status.code(), self.text)
    }
}

#[test]
fn terminal_is_given_back_at_the_end() {
    let (code, text) = Shown::start("end").end();
    assert_eq!(code, Some(0), "{text:?}");
    assert!(text.contains("RT000017") && text.contains("usb:1-4.1.2"));
}

#[test]
fn first_sigterm_stops_the_line_second_one_ends_the_process() {
    let mut shown = Shown::start("obey");
    shown.until("RT000017").signal(Signal::TERM);
    let (code, text) = shown.end();
    assert_eq!(code, Some(0), "{text:?}");

    let mut shown = Shown::start("stubborn");
    shown.until("RT000017").signal(Signal::TERM);
    shown.until("STOPPING").signal(Signal::TERM);
    let (code, text) = shown.end();
    assert_eq!(code, Some(super::super::TERMINATED), "{text:?}");
}

#[test]
fn terminal_that_hangs_up_stops_the_line() {
    let mut shown = Shown::start("obey");
    shown.until("RT000017").signal(Signal::HUP);
    let (code, text) = shown.end();
    assert_eq!(code, Some(0), "{text:?}");
}

#[test]
fn q_stops_the_line_and_ctrl_c_after_it_ends_the_process() {
    let mut shown = Shown::start("obey");
    shown.until("RT000017").press(b"q");
    assert_eq!(shown.end().0, Some(0));

    let mut shown = Shown::start("stubborn");
    shown.until("RT000017").press(b"q").until("STOPPING");
    shown.press(b"?").until("WAITING").press(b"?");
    shown.press(b"\x03");
    let (code, text) = shown.end();
    assert_eq!(code, Some(130), "{text:?}");

    let mut shown = Shown::start("stubborn");
    shown
        .until("RT000017")
        .signal(Signal::INT)
        .until("STOPPING");
    shown.signal(Signal::INT);
    let (code, text) = shown.end();
    assert_eq!(code, Some(130), "{text:?}");
    assert!(!text.contains("stopping after this operation"), "{text:?}");
}

#[test]
fn panic_is_told_after_the_terminal_is_given_back() {
    let (code, text) = Shown::start("panic").end();
    assert_eq!(code, Some(101), "{text:?}");
    let (_, after) = text.rsplit_once("\x1b[?1049l").expect("it is left");
    assert!(after.contains("the screen broke"), "{text:?}");

    let (code, text) = Shown::start("other-panic").end();
    assert_eq!(code, Some(0), "{text:?}");
    let (_, after) = text.rsplit_once("\x1b[?1049l").expect("it is left");
    assert!(after.contains("a slot broke"), "{text:?}");
}

#[test]
fn bell_rings_at_a_verdict() {
    let mut shown = Shown::start("bell");
    shown.until("RT000017").until("\x07\x07").press(b"\x03");
    shown.until("STOPPING").press(b"\x03");
    assert_eq!(shown.end().0, Some(130));
}
