//! The real program against virtual boards: kept in a folder, or served on a pseudo-terminal by this test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// What a run of the program gave.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Both streams, for messages of asserts.
    pub fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.code, self.out, self.err)
    }

    /// Standard output of a run that must have worked.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "{}", self.all());
        self.out
    }

    /// The last JSON object of a run with `--json`.
    #[track_caller]
    pub fn json(&self) -> Value {
        let last = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", self.all()))
    }

    /// Asserts exit code and a piece of standard error.
    #[track_caller]
    pub fn bad(self, code: i32, text: &str) {
        assert_eq!(self.code, code, "{}", self.all());
        assert!(
            self.err.contains(text),
            "{text:?} is not in\n{}",
            self.all()
        );
    }
}

/// Runs the program with nothing of this machine's settings, below `folder`.
pub fn rtboot_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtboot"));
    let output = super::clean::clean(&mut command, folder)
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder for files, and a virtual board in `board` below it.
pub struct Kept {
    pub folder: TempDir,
}

impl Kept {
    /// A fresh board.
    pub fn fresh() -> Kept {
        Kept::with(&[])
    }

    /// A board made with these options of `virtual new`.
    pub fn with(options: &[&str]) -> Kept {
        let kept = Kept {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let mut args = vec!["virtual", "new", "board"];
        args.extend(options);
        rtboot_in(kept.folder.path(), &args).good();
        kept
    }

    /// Runs the program on the board.
    pub fn run(&self, args: &[&str]) -> Ran {
        let mut all = vec!["--board", "virtual:board"];
        all.extend(args);
        rtboot_in(self.folder.path(), &all)
    }

    /// One of the board's files.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("board").join(name)).expect("a text file")
    }

    /// Puts a file beside the board; its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

/// A board on a pseudo-terminal, which stays switched on between two runs, and whose inside the test can see.
#[cfg(unix)]
pub struct Live {
    pub board: rtboot::port::virtual_board::VirtualBoard,
    pub served: super::served::Served,
    pub folder: TempDir,
}

#[cfg(unix)]
impl Live {
    /// A fresh board whose ROM waits.
    pub fn rom() -> Live {
        Live::on(rtboot::port::virtual_board::VirtualBoard::new())
    }

    /// A fresh board whose flashloader was started over the UART.
    pub fn flashloader() -> Live {
        use rtboot::board::{Board, DEFAULT_BAUD, Options};

        let virtual_board = rtboot::port::virtual_board::VirtualBoard::new();
        let serial = virtual_board.serial(DEFAULT_BAUD);
        let mut board = Board::on_serial(serial, Options::default());
        let standin = rtboot::Source::bytes("stand-in", rtboot_sim::standin_loader());
        let loader = rtboot::LoaderSource::File(standin);
        rtboot::flash::reach_flashloader(&mut board, None, &loader, &mut ()).expect("it starts");
        Live::on(virtual_board)
    }

    fn on(board: rtboot::port::virtual_board::VirtualBoard) -> Live {
        Live {
            served: super::served::Served::on(&board),
            board,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Runs the program on the board.
    pub fn run(&self, args: &[&str]) -> Ran {
        let board = format!("uart:{}", self.served.path);
        let mut all = vec!["--board", &board];
        all.extend(args);
        rtboot_in(self.folder.path(), &all)
    }

    /// Puts a file into the folder.
    pub fn file(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).expect("written");
    }

    /// Reads a file of the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).expect("a file")
    }

    /// Bytes of the board's RAM.
    pub fn ram(&self, address: u32, length: usize) -> Vec<u8> {
        self.board.board().ram(address, length).expect("RAM")
    }

    /// Bytes that the board has heard on its UART so far.
    pub fn heard(&self) -> u64 {
        self.board.board().counts().uart_out
    }
}

fn rt1021() -> &'static rtboot::chip::Chip {
    rtboot::chip::Chip::by_name("rt1021").expect("a chip of the table")
}
