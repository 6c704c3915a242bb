//! One program a board: two processes at one UART.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::kit::cli::{self, RTBOOT};
use crate::kit::pty::Served;
use crate::kit::server::Server;
use rtboot::Error;
use rtboot::board::{Board, Options, Selector};
use rtboot::port::virtual_board::{Make, VirtualBoard};

/// A board on a pseudo-terminal, and its selector.
fn board() -> (Served, Selector) {
    let served = Served::on(&VirtualBoard::new());
    let selector = served.selector();
    (served, selector)
}

/// Asks the board behind this terminal, with a program in this place.
fn ask(program: impl AsRef<OsStr>, path: &str) -> Command {
    let mut command = Command::new(program);
    let selector = format!("uart:{path}");
    cli::clean(&mut command, Path::new("/nonexistent")).current_dir("/");
    command.args(["--no-wait", "--board", &selector, "sdp", "error-status"]);
    command
}

fn rtboot(path: &str) -> Command {
    ask(RTBOOT, path)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn second_run_is_told_who_holds_the_board() {
    let (served, selector) = board();
    let mut board = Board::find(&selector, Options::default()).expect("free");
    // a session outlives the board it came from
    let session = board.rom().expect("open");
    drop(board);
    let refused = rtboot(&served.path).output().expect("a run");
    let text = said(&refused);
    assert_eq!(refused.status.code(), Some(14), "{text}");
    let process = format!("(process {})", std::process::id());
    assert!(
        text.contains(&served.path) && text.contains(&process),
        "{text}"
    );
    // in one process, too
    let error = Board::find(&selector, Options::default()).err();
    assert!(matches!(error, Some(Error::BoardBusy { .. })), "{error:?}");
    drop(session);
    let taken = rtboot(&served.path).output().expect("a run");
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken));
}

#[test]
fn held_board_does_not_block_another() {
    let ((first, selector), (second, _)) = (board(), board());
    let _held = Board::find(&selector, Options::default()).expect("free");
    let refused = rtboot(&first.path).output().expect("a run");
    assert_eq!(refused.status.code(), Some(14), "{}", said(&refused));
    let free = rtboot(&second.path).output().expect("a run");
    assert_eq!(free.status.code(), Some(0), "{}", said(&free));
}

/// Whether this process may become another user.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[test]
fn lock_keeps_other_users_away() {
    const NOBODY: u32 = 65534;
    if !is_root() {
        eprintln!("not tried: only root can run rtboot as another user");
        return;
    }
    // other users may not enter the folder that the program was built in
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("open to all");
    let program = folder.path().join("rtboot");
    // by another process: one that still had it open for writing would keep it from being started
    let copied = Command::new("cp").arg(RTBOOT).arg(&program).status();
    assert!(copied.expect("cp runs").success());
    let (served, selector) = board();
    let as_nobody = || {
        let mut command = ask(&program, &served.path);
        command.uid(NOBODY).gid(NOBODY).output().expect("a run")
    };
    // the terminal belongs to this user
    let alone = as_nobody();
    assert_eq!(alone.status.code(), Some(11), "{}", said(&alone));
    let _board = Board::find(&selector, Options::default()).expect("free");
    let refused = as_nobody();
    assert_eq!(refused.status.code(), Some(14), "{}", said(&refused));
}

#[test]
fn program_with_the_port_open_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    VirtualBoard::create(&folder.path().join("board"), &Make::default()).expect("a board");
    let server = Server::pty(folder.path());
    let path = &server.line;
    let port = OpenOptions::new().read(true).write(true).open(path);
    let mut other = Command::new("tail")
        .args(["-f", "/dev/null"])
        .stdin(Stdio::null())
        .stdout(port.expect("open"))
        .spawn()
        .expect("a program");
    let run = rtboot(path).output();
    let _ = other.kill();
    let _ = other.wait();
    let run = run.expect("a run");
    assert_eq!(run.status.code(), Some(0), "{}", said(&run));
    let names: Vec<_> = said(&run)
        .lines()
        .filter(|l| l.contains(" is open in "))
        .map(str::to_owned)
        .collect();
    // the server has it open too, and is not named
    let name = format!("{path} is open in tail (process {}) too", other.id());
    assert!(names.len() == 1 && names[0].contains(&name), "{names:?}");
}
