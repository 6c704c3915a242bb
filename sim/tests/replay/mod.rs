//! Plays a recorded session with the genuine flashloader against the virtual one, line by line.
//!
//! The recording tells what a host sent ("out"), what came back ("in"), what did not ("event"), which SPI cycles the
//! flash saw ("spi") and how many USB transactions it took ("usb"). See tests/transcripts/README.md.

#![allow(dead_code)]

pub mod line;
pub mod scenario;

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use rtboot_sim::chip::{Chip, RT1021};
use rtboot_sim::flashloader::{
    Control, Entry, Flashloader, Interface, OutResult, Outcome, OwnLoader,
};
use rtboot_sim::machine::{Costs, Machine};
use rtboot_sim::nor::{Nor, Part, ReadRegister, Trace};
use rtboot_sim::rom::loader::Loader;
use serde_json::Value;

/// Where the recordings are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts")
}

/// The lines of a recording; the first one describes it.
pub fn lines(path: &Path) -> Vec<Value> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub fn text<'a>(line: &'a Value, key: &str) -> Option<&'a str> {
    line.get(key).and_then(Value::as_str)
}

pub fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// Reproducible data: high bytes of a linear congruential generator.
pub fn pattern(count: usize, seed: u32) -> Vec<u8> {
    let mut seed = seed;
    (0..count)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
        .collect()
}

/// The build that the recordings of a chip were made with.
pub fn recorded(chip: &Chip) -> Loader {
    match chip.name {
        "RT1011" => Loader::McuBootUtilityRt1011,
        "RT1015" => Loader::McuBootUtilityRt1015,
        "RT1024" => Loader::McuBootUtilityRt1024,
        "RT1052" => Loader::McuBootUtilityRt1052,
        "RT1042" | "RT1062" | "RT1064" => Loader::McuBootUtilityRt1062,
        _ => Loader::McuBootUtility,
    }
}

/// The table that stood in for the AT25SF128A's in the recordings: at 0x30, and quad enable as Winbond's.
fn stand_in_sfdp(sfdp: &[u8]) -> Vec<u8> {
    let mut bytes = sfdp.to_vec();
    let word15 = 0x80 + 4 * 14;
    bytes[word15 + 2] = bytes[word15 + 2] & 0x8F | 4 << 4;
    bytes.copy_within(0x80..0xC0, 0x30);
    (bytes[4], bytes[9], bytes[12]) = (6, 6, 0x30);
    bytes
}

/// The loader that runs.
pub enum Device {
    Genuine(Box<Flashloader>),
    Own(Box<OwnLoader>),
}

impl Device {
    pub fn usb_out(&mut self, m: &mut Machine, report: &[u8]) -> OutResult {
        match self {
            Device::Genuine(loader) => loader.usb_out(m, report),
            Device::Own(loader) => loader.usb_out(m, Interface::Hid, report),
        }
    }

    pub fn usb_in(&mut self, m: &mut Machine) -> Option<Vec<u8>> {
        match self {
            Device::Genuine(loader) => loader.usb_in(m),
            Device::Own(loader) => loader.usb_in(m, Interface::Hid),
        }
    }

    pub fn usb_control(&mut self, m: &mut Machine, setup: [u8; 8], data: &[u8]) -> Control {
        match self {
            Device::Genuine(loader) => loader.usb_control(m, setup, data),
            Device::Own(loader) => loader.usb_control(m, setup),
        }
    }

    pub fn enumerate(&mut self, m: &mut Machine) {
        match self {
            Device::Genuine(loader) => loader.enumerate(m),
            Device::Own(loader) => loader.enumerate(m),
        }
    }

    /// How it ended, if it did and the host has its answers.
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Device::Genuine(loader) => loader.outcome(),
            Device::Own(loader) => loader.outcome(0),
        }
    }
}

/// A virtual board that runs a loader, and the host's side of the wire.
pub struct Rig {
    pub m: Machine,
    pub loader: Device,
    /// Reports that a host's background polling picked up.
    inbox: VecDeque<Vec<u8>>,
    /// Costs at the last step.
    before: Costs,
}

impl Rig {
    /// A freshly started RT1021 flashloader over a blank part.
    pub fn new(part: &str) -> Rig {
        Rig::of(&RT1021, part)
    }

    /// The flashloader of a chip.
    pub fn of(chip: &'static Chip, part: &str) -> Rig {
        let mut nor = Nor::new(Part::find(part).unwrap_or_else(|| panic!("no part {part}")));
        nor.trace = Some(Trace::default());
        // the recordings were made with a simpler flash model: three status reads a wait whatever the time, plain block
        // protection, status registers without locks, fixed dummy clocks, reads on both edges in every part
        nor.polls_only = true;
        nor.part.protect.bottom = None;
        nor.part.protect.sector = None;
        nor.part.protect.complement = None;
        nor.part.read_register = ReadRegister::None;
        nor.part.status_bytes = None;
        nor.part.volatile_status = true;
        nor.part.power_lock = None;
        nor.part.block_locks = None;
        nor.part.ddr = true;
        if part == "at25sf128a" {
            nor.part.sfdp = stand_in_sfdp(&nor.part.sfdp);
        }
        let mut m = Machine::of(chip, nor);
        m.any_pins = true;
        if chip.name == "RT1024" {
            // the emulated one had no bit for the flash in its package
            m.fuses.set(4, 0);
        }
        let build = recorded(chip).build(chip);
        let loader = Device::Genuine(Box::new(Flashloader::start_build(&mut m, build)));
        Rig {
            m,
            loader,
            inbox: VecDeque::new(),
            before: Costs::default(),
        }
    }

    /// The same with rtboot's own loader.
    pub fn own(part: &str) -> Rig {
        let mut rig = Rig::new(part);
        let entry = Entry {
            cause: 1,
            boot_mode: 0x0100_0001,
            ..Entry::default()
        };
        rig.loader = Device::Own(Box::new(OwnLoader::start(&mut rig.m, entry)));
        rig
    }

    /// Sends a report; a host that polls makes room by reading. False when the endpoint never takes it.
    pub fn send(&mut self, report: &[u8], polled: bool) -> bool {
        loop {
            match self.loader.usb_out(&mut self.m, report) {
                OutResult::Taken => return true,
                OutResult::Nak if !polled => return false,
                OutResult::Nak => match self.loader.usb_in(&mut self.m) {
                    Some(report) => self.inbox.push_back(report),
                    None => return false,
                },
            }
        }
    }

    /// Sends a command with these parameters.
    pub fn command(&mut self, tag: u8, words: &[u32]) {
        let count = words.len() as u8;
        let mut report = vec![1, 0, 4 + 4 * count, 0, tag, 0, 0, count];
        report.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        assert!(self.send(&report, true));
    }

    /// A frame to the bulk interface. False when it never takes it.
    pub fn send_bulk(&mut self, frame: &[u8]) -> bool {
        match &mut self.loader {
            Device::Own(loader) => {
                loader.usb_out(&mut self.m, Interface::Bulk, frame) == OutResult::Taken
            }
            Device::Genuine(_) => false,
        }
    }

    /// The next frame of the bulk interface.
    pub fn receive_bulk(&mut self) -> Option<Vec<u8>> {
        match &mut self.loader {
            Device::Own(loader) => loader.usb_in(&mut self.m, Interface::Bulk),
            Device::Genuine(_) => None,
        }
    }

    /// The next report.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        self.inbox
            .pop_front()
            .or_else(|| self.loader.usb_in(&mut self.m))
    }

    /// SPI lines and USB counts since the last call; empty counts once USB is gone.
    pub fn step(&mut self) -> (Vec<String>, BTreeMap<String, u64>) {
        let now = self.m.costs.clone();
        let pairs = [
            ("setup", now.setup - self.before.setup),
            ("in0", now.in0 - self.before.in0),
            ("out0", now.out0 - self.before.out0),
            ("out2", now.out2 - self.before.out2),
            ("in1", now.in1 - self.before.in1),
            ("out3", now.out3 - self.before.out3),
            ("in3", now.in3 - self.before.in3),
        ];
        self.before = now;
        let gone = !matches!(self.loader.outcome(), None | Some(Outcome::Silent));
        let used = pairs.into_iter().filter(|(_, count)| *count > 0 && !gone);
        (
            self.m.nor_mut().take_trace(),
            used.map(|(name, count)| (name.to_string(), count))
                .collect(),
        )
    }
}

/// What a scenario does to the board outside the wire, by the name of the step that begins.
pub type Meddle<'a> = &'a mut dyn FnMut(&mut Rig, &str);

/// Plays `lines`; every difference is a sentence.
pub fn replay(rig: &mut Rig, lines: &[Value], meddle: Meddle<'_>) -> Vec<String> {
    let mut player = Player {
        step: String::new(),
        seen: None,
        found: Vec::new(),
        last: String::new(),
    };
    for (at, line) in lines.iter().enumerate() {
        player.line(rig, line, &lines[at + 1..], meddle);
        if player.found.len() > 20 {
            break;
        }
    }
    player.found
}

struct Player {
    step: String,
    /// SPI lines and USB counts of the step, once asked for.
    seen: Option<(Vec<String>, BTreeMap<String, u64>)>,
    found: Vec<String>,
    /// The last report sent, for messages.
    last: String,
}

impl Player {
    fn differ(&mut self, what: &str, wanted: &str, got: &str) {
        if wanted != got {
            let at = wanted
                .bytes()
                .zip(got.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let cut = |s: &str| {
                s.chars()
                    .skip(at.saturating_sub(40))
                    .take(200)
                    .collect::<String>()
            };
            let lead = if at > 40 { "…" } else { "" };
            self.found.push(format!(
                "[{}] {what} after {}\n  recorded {lead}{}\n  virtual  {lead}{}",
                self.step,
                &self.last[..self.last.len().min(80)],
                cut(wanted),
                cut(got)
            ));
        }
    }

    fn line(&mut self, rig: &mut Rig, line: &Value, rest: &[Value], meddle: Meddle<'_>) {
        if let Some(name) = text(line, "step") {
            self.end_of_step(rig);
            self.step = name.to_string();
            meddle(rig, name);
        } else if let Some(out) = text(line, "out") {
            self.last = out.to_string();
            match text(line, "via") {
                Some(_) => self.set_report(rig, &bytes(out)),
                None => {
                    let refused = rest.first().and_then(|next| text(next, "event"));
                    let refused = refused.is_some_and(|event| event.starts_with("not accepted"));
                    let taken = rig.send(&bytes(out), !refused);
                    if taken == refused {
                        self.differ(
                            "out report",
                            if refused { "refused" } else { "taken" },
                            "the other",
                        );
                    }
                }
            }
        } else if let Some(answer) = text(line, "in") {
            let len = line["len"].as_u64().unwrap() as usize;
            let got = rig.receive().unwrap_or_default();
            self.differ("length", &len.to_string(), &got.len().to_string());
            self.differ(
                "in report",
                answer,
                &hex::encode(&got[..got.len().min(answer.len() / 2)]),
            );
        } else if let Some(frame) = text(line, "bulk_out") {
            self.last = frame.to_string();
            let taken = rig.send_bulk(&bytes(frame));
            self.differ("frame", "true", &taken.to_string());
        } else if let Some(frame) = text(line, "bulk_in") {
            let got = rig.receive_bulk().unwrap_or_default();
            self.differ("frame to the host", frame, &hex::encode(&got));
        } else if let Some(setup) = text(line, "control") {
            let setup = bytes(setup).try_into().unwrap();
            rig.loader.usb_control(&mut rig.m, setup, &[]);
        } else if let Some(event) = text(line, "event") {
            self.event(rig, event);
        } else if let Some(board) = line.get("board") {
            self.end_of_step(rig);
            tamper(rig, board);
        } else if let Some(spi) = line.get("spi") {
            let wanted: Vec<String> = spi
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s.as_str().unwrap().to_string())
                .collect();
            let got = self.seen(rig).0.clone();
            // after a reset the ROM reads on
            let wanted = match rig.loader.outcome() {
                Some(Outcome::Reset) => wanted[..got.len().min(wanted.len())].to_vec(),
                _ => wanted,
            };
            let (wanted, got) = (wanted.join(", "), got.join(", "));
            // how often, and how long, a firmware looks that looks for ever is nobody's business
            if rig.loader.outcome() == Some(Outcome::Silent) {
                if !got.is_empty() {
                    self.differ("spi", without_count(&wanted), without_count(&got));
                }
            } else {
                self.differ("spi", &wanted, &got);
            }
            self.seen.as_mut().unwrap().0.clear();
        } else if let Some(usb) = line.get("usb") {
            let wanted: BTreeMap<String, u64> = serde_json::from_value(usb.clone()).unwrap();
            let got = self.seen(rig).1.clone();
            // a fresh board's enumeration happens before the recorded step
            if wanted
                != BTreeMap::from([("setup".into(), 10), ("in0".into(), 11), ("out0".into(), 7)])
            {
                self.differ("usb", &format!("{wanted:?}"), &format!("{got:?}"));
            }
            self.seen.as_mut().unwrap().1.clear();
        }
    }

    fn seen(&mut self, rig: &mut Rig) -> &mut (Vec<String>, BTreeMap<String, u64>) {
        self.seen.get_or_insert_with(|| rig.step())
    }

    /// What the recording does not mention must not have happened.
    fn end_of_step(&mut self, rig: &mut Rig) {
        let (spi, _) = self.seen(rig).clone();
        self.seen = None;
        self.differ("spi nobody recorded", "", &spi.join(", "));
    }

    fn set_report(&mut self, rig: &mut Rig, report: &[u8]) {
        let len = report.len().to_le_bytes();
        let setup = [0x21, 9, report[0], 2, 0, 0, len[0], len[1]];
        let stalled = rig.loader.usb_control(&mut rig.m, setup, report) == Control::Stall;
        self.differ("SET_REPORT", "true", &stalled.to_string());
    }

    fn event(&mut self, rig: &mut Rig, event: &str) {
        if event.starts_with("no answer") {
            let got = rig.receive().map(|report| hex::encode(&report[..16]));
            self.differ("in report", "none", got.as_deref().unwrap_or("none"));
        } else if event.starts_with("bus reset") {
            rig.inbox.clear();
            rig.loader.enumerate(&mut rig.m);
        } else if event.starts_with("board state") {
            self.differ(
                "outcome",
                "Some(Reset)",
                &format!("{:?}", rig.loader.outcome()),
            );
        }
    }
}

/// What a recorder did to the board outside the wire.
pub fn tamper(rig: &mut Rig, what: &Value) {
    let number = |value: &Value| value.as_u64().unwrap();
    let rows = |key: &str| {
        let rows = what
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        rows.into_iter()
            .map(|row| {
                row.as_array()
                    .unwrap()
                    .iter()
                    .map(number)
                    .collect::<Vec<u64>>()
            })
            .collect::<Vec<_>>()
    };
    for fuse in rows("fuse") {
        rig.m.fuses.set(fuse[0] as usize, fuse[1] as u32);
    }
    let nor = rig.m.nor_mut();
    if let Some(on) = what.get("qe").and_then(Value::as_bool) {
        nor.set_quad_enabled(on);
    }
    if let Some(on) = what.get("present").and_then(Value::as_bool) {
        nor.present = on;
    }
    if let Some(value) = what.get("status") {
        nor.status[0] = number(value) as u8;
    }
    if let Some(value) = what.get("busy_polls") {
        nor.busy_polls = number(value) as u32;
    }
    for row in rows("memory") {
        let (at, len) = (row[0] as usize, row[1] as usize);
        let data = if row[2] == 0 {
            vec![0; len]
        } else {
            pattern(len, row[2] as u32)
        };
        nor.memory[at..at + len].copy_from_slice(&data);
    }
    for row in rows("blank") {
        let end = nor.memory.len().min((row[0] + row[1]) as usize);
        nor.memory[row[0] as usize..end].fill(0xFF);
    }
    if what.get("stuck").is_some() {
        nor.never_erase = rows("stuck")
            .iter()
            .map(|row| (row[0] as u32, row[1] as u8))
            .collect();
    }
}

/// A line of SPI cycles without the repeat count at its end.
fn without_count(line: &str) -> &str {
    match line.rsplit_once(" x") {
        Some((head, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => head,
        _ => line,
    }
}
