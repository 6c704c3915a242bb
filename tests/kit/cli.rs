//! The real binary on a virtual board in a folder of its own, with nothing of the user's around it.

use std::path::{Path, PathBuf};

use rtboot_sim::{Board, Settings};
use serde_json::Value;
use tempfile::TempDir;

/// What a run gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// That it ended with this code and said these words, on either stream.
    #[track_caller]
    pub fn says(self, code: i32, words: &[&str]) -> Run {
        assert_eq!(self.code, code, "{self}");
        for word in words {
            let said = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(said, "nothing of {word:?} in\n{self}");
        }
        self
    }

    /// The objects that `--json` printed.
    #[track_caller]
    pub fn objects(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The last object.
    #[track_caller]
    pub fn last(&self) -> Value {
        self.objects().pop().expect("one object at least")
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// A folder with a board, and the command line.
pub struct Cli {
    folder: TempDir,
}

impl Cli {
    /// A blank RT1020 EVK.
    pub fn fresh() -> Cli {
        Cli::with(Settings::default())
    }

    /// A board that is made so.
    pub fn with(settings: Settings) -> Cli {
        let folder = tempfile::tempdir().expect("a folder");
        let board = Board::create(&folder.path().join("board"), settings).expect("a board");
        board.save().expect("saved");
        Cli { folder }
    }

    /// No board at all.
    pub fn without_board() -> Cli {
        Cli {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as an argument.
    pub fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The example as a whole boot image of that name, in the folder; its bytes.
    pub fn built(&self, name: &str) -> Vec<u8> {
        let elf = app("blinky.elf");
        let build = ["image", "build", &elf, "--fcb", "IS25LP064A", "-o", name];
        let words = [&format!("{name}:"), "made an IVT at 0x60001000"];
        self.run_bare(&build).says(0, &words);
        std::fs::read(self.path(name)).expect("built")
    }

    /// A file beside the board.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    }

    /// `rtboot` with these arguments, in the folder of the test.
    pub fn command(&self) -> assert_cmd::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rtboot"));
        super::clean::clean(&mut command, self.folder.path()).current_dir(self.folder.path());
        assert_cmd::Command::from_std(command)
    }

    /// Runs it on this test's board.
    pub fn run(&self, args: &[&str]) -> Run {
        let mut command = self.command();
        command.env(
            "RTBOOT_BOARD",
            format!("virtual:{}", self.path("board").display()),
        );
        finish(command.args(args))
    }

    /// Runs it with nothing said about the board.
    pub fn run_bare(&self, args: &[&str]) -> Run {
        finish(self.command().args(args))
    }

    pub fn flash(&self) -> Vec<u8> {
        std::fs::read(self.path("board/flash.bin")).expect("the board's flash")
    }

    /// The board, switched off and on with what is in its folder now.
    pub fn board(&self) -> Board {
        Board::open(&self.path("board")).expect("a board")
    }

    /// Whether the ROM would start what is in flash.
    #[track_caller]
    pub fn would_start(&self) {
        let verdict = self.board().boot_verdict();
        assert!(verdict.starts.is_some(), "{}", verdict.reason);
    }
}

fn finish(command: &mut assert_cmd::Command) -> Run {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Run {
        code: output.status.code().expect("no signal"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Path of an example file.
pub fn app(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/apps/blinky");
    folder.join(name).display().to_string()
}

/// Content of an example file.
pub fn app_bytes(name: &str) -> Vec<u8> {
    std::fs::read(app(name)).expect("a committed file")
}

/// A copy with these bytes in other places.
pub fn patched(mut bytes: Vec<u8>, patches: &[(usize, &[u8])]) -> Vec<u8> {
    for (at, new) in patches {
        bytes[*at..at + new.len()].copy_from_slice(new);
    }
    bytes
}
