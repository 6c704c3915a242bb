//! A line that is killed while one board's flash is half written. The board stays switched on, as hardware does; the next run of the
//! line finishes the same unit with the same number.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rtboot::port::virtual_board::{Make, VirtualBoard};
use serde_json::Value;

use super::floor::JOB;
use crate::kit::app_bytes;
use crate::kit::cli::rtboot;
use crate::kit::pty::Served;

/// A station with a job, and a slot for each board on a UART.
pub struct Line {
    folder: tempfile::TempDir,
    slots: Vec<String>,
}

impl Line {
    pub fn new(served: &[Served]) -> Line {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("app.elf"), app_bytes("blinky.elf")).expect("written");
        fs::write(at("job.toml"), JOB).expect("written");
        fs::write(at("standin.bin"), rtboot_sim::standin_loader()).expect("written");
        let job = JOB.replacen("fcb =", "loader = \"standin.bin\"\nfcb =", 1);
        fs::write(at("job.toml"), job).expect("written");
        let line = Line {
            slots: (1..)
                .zip(served)
                .map(|(number, served)| format!("S{number}=uart:{}", served.path))
                .collect(),
            folder,
        };
        let key = line.run(&["line", "keygen", "-o", "seal.key"]);
        line.run(&[
            "line",
            "init",
            "bench",
            "--trust",
            key.trim(),
            "--station",
            "bench",
        ]);
        line.run(&[
            "line", "pack", "job.toml", "-o", "x.rtjob", "--key", "seal.key",
        ]);
        line
    }

    fn run(&self, args: &[&str]) -> String {
        let output = rtboot(self.folder.path())
            .args(args)
            .output()
            .expect("a run");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {words}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The line, until so many units have passed.
    pub fn line(&self, units: usize) -> Command {
        let mut command = rtboot(self.folder.path());
        command.args([
            "--json",
            "line",
            "run",
            "x.rtjob",
            "--units",
            &units.to_string(),
            "--station",
            "bench",
        ]);
        for slot in &self.slots {
            command.args(["--slot", slot]);
        }
        command
    }
}

/// Kills the line as soon as the board's flash has done so many programs, erases and status writes.
fn killed_at(operations: u64) {
    let make = Make {
        unique_id: Some([0x1234_5678, 0x0BAD_CAFE]),
        ..Make::default()
    };
    let board = VirtualBoard::in_memory(&make).expect("a board");
    let served = [Served::on(&board)];
    let line = Line::new(&served);
    let mut child = line
        .line(1)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a line");
    let start = Instant::now();
    loop {
        if board.board().counts().nor_operations >= operations {
            break;
        }
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended before it was killed"
        );
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it never came so far"
        );
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    let half = board.board().flash().to_vec();
    assert!(
        half.iter().any(|&byte| byte != 0xFF),
        "something is in flash"
    );
    // the operator takes it out and puts it in again
    board.power_cycle();
    let output = line.line(1).output().expect("a line");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "after {operations} operations: {words}"
    );
    drop(served);
    let mut board = board.board();
    assert_eq!(
        &board.flash()[0x10000..0x10009],
        b"RT000001\0",
        "the first number, once more"
    );
    let application = app_bytes("blinky.bin");
    assert_eq!(
        &board.flash()[0x2000..0x2000 + application.len()],
        application
    );
    assert!(board.boot_verdict().starts.is_some());
    drop(board);
    let rows = line.run(&["--json", "line", "units", "--station", "bench"]);
    let rows: Value = serde_json::from_str(rows.trim()).expect("JSON");
    let verdicts: Vec<&str> = rows["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|row| row["verdict"].as_str().expect("a verdict"))
        .collect();
    assert_eq!(
        verdicts,
        ["pass", "aborted"],
        "after {operations} operations"
    );
    line.run(&["line", "audit", "--station", "bench"]);
}

#[test]
fn half_written_unit_is_finished_with_the_same_number() {
    for operations in [4, 8] {
        killed_at(operations);
    }
}
