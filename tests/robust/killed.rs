//! The real program, killed in the middle of a write and started again; and a disk that is full when it must save bytes.
//!
//! The board stands behind a pseudo-terminal and stays switched on, as a real one does.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::kit::case::{APP, Case, WINDOW, application};
use crate::kit::cli::{self, RTBOOT};
use crate::kit::pty::Served;
use crate::kit::wire::{Cable, Way};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_sim::{ByteFault, Fault};

/// Files for the program, and its state.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("app.bin"), application(7, APP)).expect("a file");
        let loader = VirtualBoard::standin_loader();
        fs::write(folder.path().join("loader.bin"), loader).expect("a file");
        Files(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The write, to be started; `shell` comes before it.
    fn write(&self, terminal: &str, shell: &str) -> Command {
        let line = format!(
            "{shell} exec {RTBOOT} write --fcb IS25LP064A --base 0x60002000 app.bin \
             --board uart:{terminal} --flashloader loader.bin"
        );
        cli::shell(self.path(), &line)
    }
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|b| String::from_utf8_lossy(b));
    format!("{:?}\n{out}{err}", output.status)
}

/// Flash holds the old image whole, the new one whole, or nothing that starts.
fn nothing_half_starts(board: &VirtualBoard, case: &Case) {
    let mut board = board.board();
    let starts = board.boot_verdict().starts.is_some();
    let flash = &board.flash()[..WINDOW];
    assert!(!starts || flash == case.old || flash == case.done);
}

/// The file of kept bytes is there whole, or not at all.
fn kept_bytes_are_whole(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder.join("state/journal")) else {
        return;
    };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.extension().is_some_and(|end| end == "journal") {
            let text = fs::read_to_string(&path).expect("text");
            let seal = text.lines().last().expect("a last line");
            assert!(seal.starts_with("sha256 "), "{}", path.display());
        }
    }
}

/// Two frames: more than the program sends without an answer, and in the load fewer bytes than the ROM waits for.
const SWALLOWED: u64 = 2 * 1_030;

/// From this byte on nothing reaches the board: the program waits for an answer until it is killed or fails.
fn swallowed(at: u64) -> Vec<Fault> {
    let what = ByteFault::Drop;
    (at..at + SWALLOWED)
        .map(|at| Fault::UartOut { at, what })
        .collect()
}

/// Starts the write on a board that receives nothing from this byte on, and kills it there.
fn killed_at(at: u64, files: &Files, case: &Case) -> VirtualBoard {
    let board = case.board(swallowed(at));
    let served = Served::on(&board);
    let mut child = files.write(&served.path, "");
    let mut child = child
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    while board.board().counts().uart_out < at && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    let killed = child.wait_with_output().expect("a child");
    drop(served);
    // on a very slow machine it gave up by itself before: that is a failure too
    assert!(!killed.status.success(), "{}", text(&killed));
    let heard = board.board().counts().uart_out;
    assert!(heard >= at, "ended at {heard} of {at}: {}", text(&killed));
    board.board().fault_mut().clear();
    board
}

#[test]
fn killed_write_is_finished_by_the_next_run() {
    let case = Case::update();
    let (log, counts) = case.count(Cable::Uart);
    let to_rom = log.iter().filter(|l| l.way == Way::Out && !l.loader);
    let loaded: u64 = to_rom.map(|line| line.bytes.len() as u64).sum();
    let middle_of_load = VirtualBoard::standin_loader().len() as u64 / 2;
    assert!(middle_of_load < loaded);
    // while the flashloader is loaded, and five times from its start to the last bytes
    let points = (0..5).map(|n| loaded + 1 + (counts.uart_out - loaded) * n / 5);
    for at in std::iter::once(middle_of_load).chain(points) {
        let files = Files::new();
        let board = killed_at(at, &files, &case);
        nothing_half_starts(&board, &case);
        kept_bytes_are_whole(files.path());
        if at == middle_of_load {
            // the ROM waits for the rest of the file: only a reset ends that
            board.power_cycle();
            board.wait(Duration::from_secs(1));
        }
        let served = Served::on(&board);
        let mut again = files.write(&served.path, "").output().expect("run");
        if !again.status.success() {
            board.power_cycle();
            board.wait(Duration::from_secs(1));
            again = files.write(&served.path, "").output().expect("run");
        }
        assert!(again.status.success(), "after {at}: {}", text(&again));
        drop(served);
        assert!(board.board().flash()[..WINDOW] == case.done, "after {at}");
        assert!(board.board().boot_verdict().starts.is_some());
    }
}

#[test]
fn bytes_that_cannot_be_saved_are_not_erased() {
    let case = Case::update();
    let files = Files::new();
    let board = case.board(Vec::new());
    let served = Served::on(&board);
    // no file may grow, as on a full disk; the limit holds for the child only
    let mut full = files.write(&served.path, "trap '' XFSZ; ulimit -f 0;");
    let output = full.output().expect("run");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(text(&output).contains("cannot write"), "{}", text(&output));
    assert!(
        text(&output).contains("flash is unchanged"),
        "{}",
        text(&output)
    );
    assert!(board.board().flash()[..WINDOW] == case.old);
    let again = files.write(&served.path, "").output().expect("run");
    assert!(again.status.success(), "{}", text(&again));
    drop(served);
    assert!(board.board().flash()[..WINDOW] == case.done);
}
