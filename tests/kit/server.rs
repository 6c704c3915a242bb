//! `rtboot virtual serve` as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::cli::rtboot;

/// `rtboot virtual serve` of a folder's `board`; it ends with this at the latest.
pub struct Server {
    /// Its first line: the path of the terminal, or with `--json` an object.
    pub line: String,
    child: Child,
}

impl Server {
    /// Serves on a pseudo-terminal.
    pub fn pty(folder: &Path) -> Server {
        Server::start(folder, &["virtual", "serve", "board", "--pty"])
    }

    /// Runs the program with these arguments until its first line.
    pub fn start(folder: &Path, args: &[&str]) -> Server {
        let child = rtboot(folder)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut server = Server {
            line: String::new(),
            child,
        };
        let out = server.child.stdout.as_mut().expect("piped");
        // one line and nothing behind it: the rest stays in the pipe for `interrupt`
        BufReader::with_capacity(1, out)
            .read_line(&mut server.line)
            .expect("a line");
        server.line.truncate(server.line.trim_end().len());
        server
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as Ctrl-C does; how it ended, and what it printed after its first line.
    pub fn interrupt(mut self) -> (ExitStatus, String) {
        let pid = self.id().to_string();
        let asked = Command::new("kill").args(["-INT", &pid]).status();
        assert!(asked.expect("kill runs").success());
        let out = self.child.stdout.take().expect("piped");
        let rest = std::io::read_to_string(out).expect("text");
        (self.child.wait().expect("it ends"), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // neither fails for one that has ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
