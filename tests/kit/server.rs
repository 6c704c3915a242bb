//! `rtboot virtual serve --pty` as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::clean::clean;

/// A server of the board in a folder's `board`; it ends with this at the latest.
pub struct Server {
    /// Path of the terminal.
    pub path: String,
    child: Child,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rtboot"));
        let child = clean(&mut command, folder)
            .current_dir(folder)
            .args(["virtual", "serve", "board", "--pty"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut server = Server {
            path: String::new(),
            child,
        };
        let out = server.child.stdout.take().expect("piped");
        let line = BufReader::new(out).lines().next().expect("a line");
        server.path = line.expect("a path").trim().to_owned();
        server
    }

    /// Number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as Ctrl-C does; how it ended.
    pub fn interrupt(mut self) -> ExitStatus {
        let pid = self.id().to_string();
        let asked = Command::new("kill").args(["-INT", &pid]).status();
        assert!(asked.expect("kill runs").success());
        self.child.wait().expect("it ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // neither fails for one that has ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
