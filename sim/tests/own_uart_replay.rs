//! Every session recorded over the UART of rtboot's own loader holds on its model, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;

use std::collections::VecDeque;
use std::fs;

use replay::{Rig, bytes, directory, lines, text};
use rtboot_sim::flashloader::{Entry, OwnSerial};
use rtboot_sim::uart::{byte_ns, garbled};
use serde_json::Value;

/// Nothing for so long ends an answer.
const QUIET_NS: u64 = 60_000_000;

/// The host's end of the line.
struct Line {
    rig: Rig,
    loader: OwnSerial,
    baud: u32,
    to_host: VecDeque<(u64, u8)>,
}

impl Line {
    fn new(part: &str, baud: u32) -> Line {
        let mut rig = Rig::own(part);
        let loader = OwnSerial::start(&mut rig.m, Entry::default());
        Line {
            rig,
            loader,
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
            let heard = match self.loader.baud(there) {
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
        let mut until = self.now() + QUIET_NS;
        while self.now() < until {
            self.run_to(self.now());
            let next = self.to_host.front().map(|(there, _)| *there);
            let next = next.into_iter().chain(self.loader.due(&self.rig.m)).min();
            self.run_to(next.unwrap_or(until).clamp(self.now(), until));
            while self
                .to_host
                .front()
                .is_some_and(|(at, _)| *at <= self.now())
            {
                got.extend(self.to_host.pop_front().map(|(_, byte)| byte));
                until = self.now() + QUIET_NS;
            }
        }
        got
    }
}

/// Plays a session; every difference is a sentence.
fn differences(all: &[Value]) -> Vec<String> {
    let number = |line: &Value, key: &str| line.get(key).and_then(Value::as_u64);
    let baud = number(&all[0], "baud").unwrap() as u32;
    let mut line = Line::new(text(&all[0], "flash").unwrap(), baud);
    let (mut step, mut last) = ("", "");
    let mut found = Vec::new();
    for entry in &all[1..] {
        if let Some(name) = text(entry, "step") {
            step = name;
        } else if let Some(out) = text(entry, "out") {
            last = out;
            line.send(&bytes(out));
        } else if let Some(wanted) = text(entry, "in") {
            let got = hex::encode(line.listen());
            if got != wanted {
                let cut = |s: &str| s.chars().take(120).collect::<String>();
                found.push(format!(
                    "[{step}] after {}\n  recorded {}\n  virtual  {}",
                    cut(last),
                    cut(wanted),
                    cut(&got)
                ));
            }
        } else if let Some(ms) = number(entry, "idle_ms") {
            line.run_to(line.now() + ms * 1_000_000);
        } else if let Some(baud) = number(entry, "host_baud") {
            line.baud = baud as u32;
        }
    }
    found
}

#[test]
fn every_uart_transcript_of_the_own_loader_holds() {
    let mut failed = Vec::new();
    let mut sessions = 0;
    for entry in fs::read_dir(directory().join("own_uart")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let found = differences(&lines(&path));
        failed.extend(found.into_iter().map(|found| format!("{name}: {found}")));
        sessions += 1;
    }
    assert_eq!(sessions, 2);
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}
