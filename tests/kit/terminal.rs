//! The real program on a terminal of its own, and what it drew there.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use nix::pty::{Winsize, openpty};

use super::cli::rtboot;

/// All that a run wrote to its terminal, drawing commands included.
pub struct Drawn {
    pub code: i32,
    pub text: String,
}

impl Drawn {
    /// Runs the program in `folder` on a terminal of so many columns.
    pub fn by(folder: &Path, columns: u16, args: &[&str], environment: &[(&str, &str)]) -> Drawn {
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        let slave = File::from(pty.slave);
        let mut child = {
            let mut command = rtboot(folder);
            command
                .env("TERM", "xterm")
                .envs(environment.iter().copied());
            let out = slave.try_clone().expect("a handle");
            command.args(args).stdin(Stdio::null());
            // the command holds the terminal open: it goes before the reading
            command.stdout(out).stderr(slave).spawn().expect("it runs")
        };
        let mut bytes = Vec::new();
        // a terminal that nobody holds any more ends with an error
        let _ = File::from(pty.master).read_to_end(&mut bytes);
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
