//! The real program in a folder of its own, with nothing of the user's settings, and mostly with a virtual board.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rtboot_sim::{Board, Settings};
use serde_json::Value;
use tempfile::TempDir;

use super::app;

/// What programs take from their environment besides their own variables.
const OF_ANY_PROGRAM: [&str; 6] = [
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "CI",
];

/// Removes all that a user may have set for rtboot; state, settings and home are below `folder` from now on.
pub fn clean<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    for (name, _) in std::env::vars_os() {
        let word = name.to_string_lossy();
        if word.starts_with("RTBOOT_") || OF_ANY_PROGRAM.contains(&word.as_ref()) {
            command.env_remove(name);
        }
    }
    command
        .env("RTBOOT_STATE_DIR", folder.join("state"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("HOME", folder.join("home"))
}

/// A program that runs in `folder`, with a clean environment and no input.
/// Another program, to be run in `folder`.
pub fn program_in(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    clean(&mut command, folder)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// Path of the program.
pub const RTBOOT: &str = env!("CARGO_BIN_EXE_rtboot");

/// The program, to be run in `folder`.
pub fn rtboot(folder: &Path) -> Command {
    program_in(RTBOOT, folder)
}

/// A line for the shell, to be run in `folder`.
pub fn shell(folder: &Path, line: &str) -> Command {
    let mut command = program_in("sh", folder);
    command.args(["-c", line]);
    command
}

/// Runs the program in `folder`.
pub fn rtboot_in(folder: &Path, args: &[&str]) -> Run {
    Run::of(rtboot(folder).args(args))
}

/// What a run gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Runs this command to its end.
    pub fn of(command: &mut Command) -> Run {
        command.output().expect("it runs").into()
    }

    /// That it ended with this code and printed these words, on either stream.
    #[track_caller]
    pub fn says(self, code: i32, words: &[&str]) -> Run {
        assert_eq!(self.code, code, "{self}");
        for word in words {
            let said = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(said, "nothing of {word:?} in\n{self}");
        }
        self
    }

    /// Standard output of a run that must have worked.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout
    }

    /// That it ended with this code and printed this text on standard error.
    #[track_caller]
    pub fn fails(self, code: i32, text: &str) {
        assert_eq!(self.code, code, "{self}");
        assert!(self.stderr.contains(text), "{text:?} is not in\n{self}");
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
        let last = self.objects().pop();
        last.unwrap_or_else(|| panic!("no object in\n{self}"))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Run {
            code: output.status.code().expect("no signal"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// A folder, mostly with a virtual board in its `board`, where the program runs.
pub struct Cli {
    folder: TempDir,
}

impl Cli {
    /// No board at all.
    pub fn without_board() -> Cli {
        Cli {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A blank RT1020 EVK.
    pub fn fresh() -> Cli {
        Cli::with(Settings::default())
    }

    /// A board with these settings.
    pub fn with(settings: Settings) -> Cli {
        let cli = Cli::without_board();
        let board = Board::create(&cli.path("board"), settings).expect("a board");
        board.save().expect("saved");
        cli
    }

    /// A board made by `virtual new` with these options.
    pub fn made(options: &[&str]) -> Cli {
        let cli = Cli::without_board();
        let new = ["virtual", "new", "board"];
        cli.run_bare(&[&new[..], options].concat()).good();
        cli
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as an argument.
    pub fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Content of a file of the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The same, of a text file.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect(name)
    }

    /// Puts a file beside the board; its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes).expect("written");
        self.at(name)
    }

    /// The example as a whole boot image of that name, in the folder; its bytes.
    pub fn built(&self, name: &str) -> Vec<u8> {
        let elf = app("blinky.elf");
        let build = ["image", "build", &elf, "--fcb", "IS25LP064A", "-o", name];
        let words = [&format!("{name}:"), "made an IVT at 0x60001000"];
        self.run_bare(&build).says(0, &words);
        self.read(name)
    }

    /// The program, on no board yet.
    pub fn command(&self) -> Command {
        rtboot(self.folder())
    }

    /// The program, on this test's board.
    pub fn on_board(&self) -> Command {
        let mut command = self.command();
        command.env("RTBOOT_BOARD", format!("virtual:{}", self.at("board")));
        command
    }

    /// Runs the program on this test's board.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.on_board().args(args))
    }

    /// Runs the program without naming a board.
    pub fn run_bare(&self, args: &[&str]) -> Run {
        Run::of(self.command().args(args))
    }

    pub fn flash(&self) -> Vec<u8> {
        self.read("board/flash.bin")
    }

    /// The board, switched off and on with what is in its folder now.
    pub fn board(&self) -> Board {
        Board::open(&self.path("board")).expect("a board")
    }

    /// These faults and no others happen to the board from now on, counted from the beginning of each run.
    pub fn set_faults(&self, faults: &[rtboot_sim::Fault]) {
        let text = self.text("board/board.json");
        let mut board: Value = serde_json::from_str(&text).expect("JSON");
        board["faults"] = serde_json::to_value(faults).expect("JSON");
        self.file("board/board.json", board.to_string());
    }

    /// That the ROM would start what is in flash.
    #[track_caller]
    pub fn would_start(&self) {
        let verdict = self.board().boot_verdict();
        assert!(verdict.starts.is_some(), "{}", verdict.reason);
    }
}

/// A copy with these bytes in other places.
pub fn patched(mut bytes: Vec<u8>, patches: &[(usize, &[u8])]) -> Vec<u8> {
    for (at, new) in patches {
        bytes[*at..at + new.len()].copy_from_slice(new);
    }
    bytes
}
