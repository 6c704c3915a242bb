//! The real program on a terminal of its own, and what it drew there.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::cli::rtboot;

/// A new terminal of so many columns: what a person sees and types, and what programs are started on. Neither end is inherited
/// by a program that another test starts meanwhile, which would hold this terminal open.
pub fn pair(columns: u16) -> (File, File) {
    let person =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&person).expect("its programs' end");
    unlockpt(&person).expect("its programs' end");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&person, size).expect("a size");
    let path = ptsname(&person, Vec::new()).expect("its name");
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let programs = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("it opens");
    (File::from(person), File::from(programs))
}

/// All that a run wrote to its terminal, drawing commands included.
pub struct Drawn {
    pub code: i32,
    pub text: String,
}

impl Drawn {
    /// Runs the program in `folder` on a terminal of so many columns.
    pub fn by(folder: &Path, columns: u16, args: &[&str], environment: &[(&str, &str)]) -> Drawn {
        let (mut person, programs) = pair(columns);
        let mut child = {
            let mut command = rtboot(folder);
            command
                .env("TERM", "xterm")
                .envs(environment.iter().copied());
            let out = programs.try_clone().expect("a handle");
            command.args(args).stdin(Stdio::null());
            // the command holds the terminal open: it goes before the reading
            command
                .stdout(out)
                .stderr(programs)
                .spawn()
                .expect("it runs")
        };
        let mut bytes = Vec::new();
        // a terminal that nobody holds any more ends with an error
        let _ = person.read_to_end(&mut bytes);
        let status = child.wait().expect("it ends");
        Drawn {
            code: status.code().expect("no signal"),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Every drawing of a line, without the commands of the terminal.
    pub fn frames(&self) -> Vec<String> {
        let mut frames = vec![String::new()];
        let mut chars = self.text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' | '\n' => frames.push(String::new()),
                '\x1b' => {
                    let mut command = chars.by_ref().skip_while(|c| *c == '[');
                    // a line that is cleared is drawn anew
                    if command.find(char::is_ascii_alphabetic) == Some('K') {
                        frames.push(String::new());
                    }
                }
                c => frames.last_mut().expect("one").push(c),
            }
        }
        frames.retain(|frame| !frame.trim().is_empty());
        frames
    }

    /// The percentages that the bar showed, in their order.
    pub fn percents(&self) -> Vec<u32> {
        let of = |frame: &String| {
            let (before, _) = frame.split_once(" %")?;
            before.rsplit([' ', ']']).next()?.parse().ok()
        };
        self.frames().iter().filter_map(of).collect()
    }
}
