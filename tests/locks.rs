//! One program a board: two processes at one UART.
#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use rtboot::Error;
use rtboot::board::{Board, Options, Selector};
use rtboot::port::virtual_board::{Make, Pty, VirtualBoard};

/// A virtual board on a pseudo-terminal for as long as `act` runs; it gets the terminal's path.
fn with_terminal(act: impl FnOnce(&str)) {
    let mut pty = Pty::new().expect("a terminal");
    let path = pty.path().to_owned();
    let ended = AtomicBool::new(false);
    /// Whatever happens in `act`.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    std::thread::scope(|scope| {
        let _end = End(&ended);
        let ended = &ended;
        scope.spawn(move || {
            let board = VirtualBoard::new();
            let mut go_on = || !ended.load(Ordering::SeqCst);
            pty.pump(&board, &mut go_on).expect("the terminal stays");
        });
        act(&path);
    });
}

fn rtboot(path: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rtboot"));
    let selector = format!("uart:{path}");
    command.args(["--no-wait", "--board", &selector, "sdp", "error-status"]);
    command
        .current_dir("/")
        .env("HOME", "/nonexistent")
        .env_remove("XDG_CONFIG_HOME");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_run_is_told_who_has_the_board_until_the_first_is_done() {
    with_terminal(|path| {
        let selector: Selector = format!("uart:{path}").parse().expect("a selector");
        let mut board = Board::find(&selector, Options::default()).expect("free");
        // a session outlives the board it came from
        let session = board.rom().expect("open");
        drop(board);
        let refused = rtboot(path).output().expect("a run");
        let text = said(&refused);
        assert_eq!(refused.status.code(), Some(14), "{text}");
        let process = format!("(process {})", std::process::id());
        assert!(text.contains(path) && text.contains(&process), "{text}");
        // in one process, too
        let error = Board::find(&selector, Options::default()).err();
        assert!(matches!(error, Some(Error::Held { .. })), "{error:?}");
        drop(session);
        let taken = rtboot(path).output().expect("a run");
        assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
    });
}

#[test]
fn two_boards_are_two_boards() {
    with_terminal(|first| {
        with_terminal(|second| {
            let selector: Selector = format!("uart:{first}").parse().expect("a selector");
            let _held = Board::find(&selector, Options::default()).expect("free");
            let refused = rtboot(first).output().expect("a run");
            assert_eq!(refused.status.code(), Some(14), "{}", said(&refused));
            let free = rtboot(second).output().expect("a run");
            assert_eq!(free.status.code(), Some(0), "{}", said(&free));
        });
    });
}

#[test]
fn another_user_is_kept_away_by_the_same_lock() {
    const NOBODY: u32 = 65534;
    with_terminal(|path| {
        let as_nobody = || rtboot(path).uid(NOBODY).gid(NOBODY).output();
        // only root may become somebody else, and only a program that others may run can be run by them
        let Ok(alone) = as_nobody() else {
            eprintln!("not tried: this user cannot run rtboot as another one");
            return;
        };
        // the terminal belongs to this user
        assert_eq!(alone.status.code(), Some(11), "{}", said(&alone));
        let selector: Selector = format!("uart:{path}").parse().expect("a selector");
        let _board = Board::find(&selector, Options::default()).expect("free");
        let refused = as_nobody().expect("a run");
        assert_eq!(refused.status.code(), Some(14), "{}", said(&refused));
    });
}

#[test]
fn a_program_that_has_the_port_open_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    VirtualBoard::create(folder.path(), &Make::default()).expect("a board");
    let mut server = Command::new(env!("CARGO_BIN_EXE_rtboot"))
        .args(["virtual", "serve", "--pty"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a server");
    let mut path = String::new();
    let out = server.stdout.take().expect("piped");
    BufReader::new(out).read_line(&mut path).expect("a path");
    let path = path.trim();
    let port = OpenOptions::new().read(true).write(true).open(path);
    let mut other = Command::new("tail")
        .args(["-f", "/dev/null"])
        .stdin(Stdio::null())
        .stdout(port.expect("open"))
        .spawn()
        .expect("a program");
    let run = rtboot(path).output().expect("a run");
    for child in [&mut other, &mut server] {
        let _ = child.kill();
        let _ = child.wait();
    }
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let names: Vec<_> = said(&run)
        .lines()
        .filter(|l| l.contains(" is open in "))
        .map(str::to_owned)
        .collect();
    // the server has it open, too, and is no rival
    let name = format!("{path} is open in tail (process {}) too", other.id());
    assert!(names.len() == 1 && names[0].contains(&name), "{names:?}");
}
