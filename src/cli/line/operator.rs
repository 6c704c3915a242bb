//! Who is there, told on standard input of a line that has no screen: a line `operator Ana`, typed or from a badge.

use std::io::{BufRead, BufReader, Read, stdin};
use std::thread;

use rtboot::line::Watch;

/// The word before a name.
const WORD: &str = "operator ";

/// Most bytes of a line; what says more is no person.
const LONGEST: u64 = 1024;

/// Listens until standard input ends, on a thread of its own. It waits for a line as long as the process lives.
pub fn listen(watch: &Watch) {
    let watch = watch.clone();
    let hear = move || {
        let mut input = BufReader::new(Foreground);
        while let Some(line) = next_line(&mut input) {
            hear_line(&watch, &line);
        }
    };
    // a line whose operator cannot be changed is still a line
    let _ = thread::Builder::new()
        .name("operator".to_owned())
        .spawn(hear);
}

fn next_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = input.take(LONGEST).read_until(b'\n', &mut line).ok()?;
    let whole = line.ends_with(b"\n") || (read as u64) < LONGEST;
    (read > 0 && whole).then(|| String::from_utf8_lossy(&line).into_owned())
}

/// Anything but `operator NAME` means nothing: a scanner types serial numbers, too.
fn hear_line(watch: &Watch, line: &str) {
    if let Some(name) = line.trim().strip_prefix(WORD) {
        let _ = watch.set_operator(name);
    }
}

/// Standard input, read only while this process is in the foreground: the system stops one in the background that reads its terminal.
struct Foreground;

impl Read for Foreground {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        #[cfg(unix)]
        while !foreground::may_read()? {
            thread::sleep(foreground::LOOK);
        }
        stdin().read(buffer)
    }
}

#[cfg(unix)]
mod foreground {
    use std::io::{IsTerminal, Result, stdin};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// Between two looks whether this process is in the foreground.
    pub const LOOK: Duration = Duration::from_millis(500);

    /// Whether a read would bring something, and would not stop the process.
    pub fn may_read() -> Result<bool> {
        let input = stdin();
        if !input.is_terminal() {
            return Ok(true);
        }
        let limit = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        let mut look = [PollFd::new(&input, PollFlags::IN)];
        let there = poll(&mut look, Some(&limit));
        let there = match there {
            Err(rustix::io::Errno::INTR) => false,
            there => there? > 0,
        };
        let mine = rustix::termios::tcgetpgrp(&input)
            .is_ok_and(|group| group == rustix::process::getpgrp());
        Ok(there && mine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_operator_is_heard() {
        let watch = Watch::new();
        let said = format!(
            "RT000017\noperator  Ana\x1b[2J \r\noperator \noperator {}\n",
            "x".repeat(200)
        );
        let mut input = said.as_bytes();
        let mut heard = 0;
        while let Some(line) = next_line(&mut input) {
            hear_line(&watch, &line);
            heard += 1;
        }
        assert_eq!(heard, 4);
        assert_eq!(watch.now().1.operator, "Ana[2J");
        // a file without an end of line is no person
        assert_eq!(next_line(&mut [b'x'; 5000].as_slice()), None);
    }
}
