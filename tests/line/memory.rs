//! What the station's own process needs, with boards outside of it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rtboot::port::virtual_board::{Make, VirtualBoard};
use serde_json::Value;

use super::halfway::Line;
use crate::kit::pty::Served;

/// The most that a station may take.
const LIMIT_KIB: u64 = 150 << 10;

#[test]
fn station_with_eight_slots_stays_below_150_mib() {
    let board = |number: u32| {
        let make = Make {
            unique_id: Some([number, 0xC0DE]),
            ..Make::default()
        };
        VirtualBoard::in_memory(&make).expect("a board")
    };
    let boards: Vec<VirtualBoard> = (1..=8).map(board).collect();
    let served: Vec<Served> = boards.iter().map(Served::on).collect();
    let line = Line::new(&served);
    let mut child = line
        .line(boards.len())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a line");
    // the high-water mark of what it held; after its end it is gone
    let status = format!("/proc/{}/status", child.id());
    let held = || -> Option<u64> {
        let told = std::fs::read_to_string(&status).ok()?;
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    let (mut most, mut ended, mut passed) = (0, BTreeSet::new(), 0);
    let out = BufReader::new(child.stdout.take().expect("piped"));
    for told in out.lines().map_while(Result::ok) {
        most = most.max(held().unwrap_or(0));
        let event: Value = serde_json::from_str(&told).expect("JSON");
        let phase = event["phase"].as_str().unwrap_or_default();
        if matches!(phase, "passed" | "failed" | "aborted" | "refused") {
            passed += u32::from(phase == "passed");
            ended.insert(event["slot"].to_string());
        }
        // as Ctrl-C; a unit that met a machine without time for its UART has another verdict than "passed"
        if ended.len() == boards.len() {
            let pid = child.id().to_string();
            let _ = Command::new("kill").args(["-INT", &pid]).status();
        }
    }
    drop(served);
    let code = child.wait().expect("ended");
    assert!(code.success(), "{code}");
    assert!(passed > 4, "{passed} units passed");
    println!("the station took {most} KiB at most");
    assert!(most > 1000 && most < LIMIT_KIB, "{most} KiB");
}
