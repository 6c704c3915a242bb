//! A loader on a UART, and the host's end of the line.

use std::collections::VecDeque;
use std::fs;

use rtboot_sim::flashloader::OwnSerial;
use rtboot_sim::machine::Machine;
use rtboot_sim::uart::{SerialLoader, byte_ns, garbled};
use serde_json::Value;

use super::{Rig, directory, lines};

/// Nothing for so long ends an answer.
const QUIET_NS: u64 = 60_000_000;

/// A loader on the board's end.
pub trait OnLine {
    fn run(&mut self, m: &mut Machine, to_host: &mut VecDeque<(u64, u8)>);
    fn due(&self, m: &Machine) -> Option<u64>;
    fn at_work_until(&self, m: &Machine) -> Option<u64>;
    fn baud(&self, now: u64) -> Option<u32>;
    fn arrive(&mut self, m: &mut Machine, baud: u32, byte: u8);
}

macro_rules! on_line {
    ($loader:ty, |$this:ident, $now:pat_param| $baud:expr) => {
        impl OnLine for $loader {
            fn run(&mut self, m: &mut Machine, to_host: &mut VecDeque<(u64, u8)>) {
                self.run(m, to_host);
            }
            fn due(&self, m: &Machine) -> Option<u64> {
                self.due(m)
            }
            fn at_work_until(&self, m: &Machine) -> Option<u64> {
                self.at_work_until(m)
            }
            fn baud(&self, $now: u64) -> Option<u32> {
                let $this = self;
                $baud
            }
            fn arrive(&mut self, m: &mut Machine, baud: u32, byte: u8) {
                self.arrive(m, baud, byte);
            }
        }
    };
}

on_line!(SerialLoader, |this, _| this.baud());
on_line!(OwnSerial, |this, now| this.baud(now));

/// The host's end of the line.
pub struct Line<L> {
    pub rig: Rig,
    pub loader: L,
    pub baud: u32,
    to_host: VecDeque<(u64, u8)>,
}

impl<L: OnLine> Line<L> {
    pub fn new(rig: Rig, loader: L, baud: u32) -> Line<L> {
        Line {
            rig,
            loader,
            baud,
            to_host: VecDeque::new(),
        }
    }

    pub fn now(&self) -> u64 {
        self.rig.m.clock.now_ns()
    }

    /// Lets the board work until a time on the host's clock.
    pub fn run_to(&mut self, until: u64) {
        loop {
            self.loader.run(&mut self.rig.m, &mut self.to_host);
            match self.loader.due(&self.rig.m) {
                Some(due) if due <= until => self.rig.m.clock.advance_to(due.max(self.now())),
                _ => break,
            }
        }
        self.rig.m.clock.advance_to(until);
    }

    pub fn send(&mut self, bytes: &[u8]) {
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
    pub fn listen(&mut self) -> Vec<u8> {
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

pub fn number(line: &Value, key: &str) -> Option<u64> {
    line.get(key).and_then(Value::as_u64)
}

/// What differs, step by step.
#[derive(Default)]
pub struct Differences {
    pub found: Vec<String>,
    pub step: String,
    pub last: String,
}

impl Differences {
    pub fn compare(&mut self, what: &str, wanted: &str, got: &str) {
        if wanted != got {
            let cut = |s: &str| s.chars().take(120).collect::<String>();
            self.found.push(format!(
                "[{}] {what} after {}\n  recorded {}\n  virtual  {}",
                self.step,
                cut(&self.last),
                cut(wanted),
                cut(got)
            ));
        }
    }
}

/// Plays every session of a folder; none may differ.
pub fn all_hold(folder: &str, sessions: usize, differences: impl Fn(&[Value]) -> Vec<String>) {
    let mut failed = Vec::new();
    let mut played = 0;
    for entry in fs::read_dir(directory().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let found = differences(&lines(&path));
        failed.extend(found.into_iter().map(|found| format!("{name}: {found}")));
        played += 1;
    }
    assert!(played >= sessions, "{played} sessions");
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}
