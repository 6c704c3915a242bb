//! Every session recorded over the UART of the genuine flashloader holds on the virtual one, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;

use std::collections::VecDeque;
use std::fs;

use replay::{Rig, bytes, directory, lines, tamper, text};
use rtboot_sim::flashloader::{Outcome, Processor};
use rtboot_sim::uart::{SerialLoader, byte_ns, garbled};
use serde_json::Value;

/// Nothing for so long ends an answer.
const QUIET_NS: u64 = 60_000_000;

/// The host's end of the line.
struct Line {
    rig: Rig,
    loader: SerialLoader,
    baud: u32,
    to_host: VecDeque<(u64, u8)>,
}

impl Line {
    fn new(part: &str, baud: u32) -> Line {
        let mut rig = Rig::new(part);
        rig.step();
        // the first byte of the firmware itself
        assert!(rig.m.ram.write(0x2020_8400, &[0xD8]));
        Line {
            rig,
            loader: SerialLoader::new(Processor::new(1024)),
            baud,
            to_host: VecDeque::new(),
        }
    }

    fn now(&self) -> u64 {
        self.rig.m.clock.now_ns()
    }

    /// Lets the board work until a time on the host's clock.
    fn run_to(&mut self, until: u64) {
        loop {
            self.loader.run(&mut self.rig.m, &mut self.to_host);
            match self.loader.due(&self.rig.m) {
                Some(due) if due <= until => self.rig.m.clock.advance_to(due.max(self.now())),
                _ => break,
            }
        }
        self.rig.m.clock.advance_to(until);
    }

    fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let there = self.now() + byte_ns(self.baud);
            self.run_to(there);
            let heard = match self.loader.baud() {
                Some(rate) => garbled(*byte, self.baud, rate),
                None => *byte,
            };
            self.loader.arrive(&mut self.rig.m, self.baud, heard);
            self.run_to(there);
        }
    }

    /// Everything until nothing comes for a while.
    fn listen(&mut self) -> Vec<u8> {
        let mut got = Vec::new();
        loop {
            self.run_to(self.now());
            let byte = self.to_host.front().map(|(there, _)| *there);
            let work = self.loader.at_work_until(&self.rig.m);
            // the rest of a frame that does not come is waited for no longer than anything else
            let late = self.loader.due(&self.rig.m);
            let late = late.filter(|late| *late <= self.now() + QUIET_NS);
            match byte.into_iter().chain(work).chain(late).min() {
                Some(next) => self.run_to(next.max(self.now())),
                None => {
                    self.run_to(self.now() + QUIET_NS);
                    return got;
                }
            }
            while self
                .to_host
                .front()
                .is_some_and(|(there, _)| *there <= self.now())
            {
                got.extend(self.to_host.pop_front().map(|(_, byte)| byte));
            }
        }
    }
}

/// Plays a session; every difference is a sentence.
fn differences(all: &[Value]) -> Vec<String> {
    let number = |line: &Value, key: &str| line.get(key).and_then(Value::as_u64);
    let head = &all[0];
    let mut line = Line::new(
        text(head, "flash").unwrap(),
        number(head, "baud").unwrap() as u32,
    );
    let (mut step, mut last) = (String::new(), String::new());
    let mut seen = Vec::new();
    let mut found = Vec::new();
    let mut differ = |step: &str, last: &str, what: &str, wanted: &str, got: &str| {
        if wanted != got {
            let cut = |s: &str| s.chars().take(120).collect::<String>();
            found.push(format!(
                "[{step}] {what} after {}\n  recorded {}\n  virtual  {}",
                cut(last),
                cut(wanted),
                cut(got)
            ));
        }
    };
    for entry in &all[1..] {
        if let Some(name) = text(entry, "step") {
            seen.extend(line.rig.step().0);
            differ(&step, &last, "spi nobody recorded", "", &seen.join(", "));
            seen.clear();
            step = name.to_string();
        } else if let Some(out) = text(entry, "out") {
            last = out.to_string();
            line.send(&bytes(out));
        } else if let Some(wanted) = text(entry, "in") {
            differ(&step, &last, "answer", wanted, &hex::encode(line.listen()));
        } else if let Some(wanted) = number(entry, "in_len") {
            let got = line.listen().len();
            differ(
                &step,
                &last,
                "length",
                &wanted.to_string(),
                &got.to_string(),
            );
        } else if let Some(ms) = number(entry, "idle_ms") {
            line.run_to(line.now() + ms * 1_000_000);
        } else if let Some(wanted) = number(entry, "board_baud") {
            let got = u64::from(line.loader.baud().unwrap_or_default());
            // the firmware's clock divides to a rate beside the one it wants
            if wanted.abs_diff(got) > wanted / 50 {
                differ(&step, &last, "rate", &wanted.to_string(), &got.to_string());
            }
        } else if let Some(spi) = entry.get("spi") {
            let wanted: Vec<String> = serde_json::from_value(spi.clone()).unwrap();
            let got = line.rig.step().0;
            // after a reset the ROM reads on
            let until = match line.loader.outcome() {
                Some(Outcome::Reset) => got.len().min(wanted.len()),
                _ => wanted.len(),
            };
            differ(
                &step,
                &last,
                "spi",
                &wanted[..until].join(", "),
                &got.join(", "),
            );
        } else if let Some(board) = entry.get("board") {
            tamper(&mut line.rig, board);
        } else if let Some(event) = text(entry, "event") {
            let got = match line.loader.outcome() {
                Some(Outcome::Reset) => "board state reset",
                Some(Outcome::Silent) => "board state dead",
                _ => "board state fw",
            };
            differ(&step, &last, "state", event, got);
        }
    }
    found
}

#[test]
fn every_uart_transcript_holds_byte_for_byte() {
    let mut failed = Vec::new();
    let mut sessions = 0;
    for entry in fs::read_dir(directory().join("uart")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let found = differences(&lines(&path));
        failed.extend(found.into_iter().map(|found| format!("{name}: {found}")));
        sessions += 1;
    }
    assert!(sessions >= 28, "{sessions} sessions");
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}
