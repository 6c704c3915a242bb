//! A factory floor: lines that are killed and started again, and somebody who puts boards in and takes them out.
//!
//! The boards are folders that this test moves into the slots. A board that passed is looked at here, byte by byte, with nothing of
//! the host's code: its serial number, the application, and what the virtual boot ROM says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rtboot::port::virtual_board::{Make, VirtualBoard};
use rtboot_sim::Board;
use serde_json::Value;

use crate::kit::cli::rtboot;
use crate::kit::random::Random;
use crate::kit::{app, app_bytes};

/// What is made.
pub const JOB: &str = r#"format = 1
name = "blinky"
chip = "rt1021"
image = "app.elf"
fcb = "IS25LP064A"
[limits]
yield-percent = 0
[[pool]]
name = "sn"
kind = "serial"
format = "RT{value:06}"
first = 1
last = 999999
[[field]]
at = 0x60010000
size = 16
from = { pool = "sn" }
as = "c-string"
"#;

/// How often a board is put in before the test gives up.
const TRIES: u32 = 60;
/// How long the floor may stand still.
const STILL: Duration = Duration::from_secs(120);

/// One line: a station with its own process.
pub struct Station {
    name: String,
    slots: Vec<usize>,
    child: Option<Child>,
    /// Reads what it says.
    reader: Option<JoinHandle<()>>,
    /// The number of the process that runs now.
    number: u64,
}

struct Slot {
    name: String,
    place: PathBuf,
    unit: Option<usize>,
    /// The line says that it waits for a board.
    empty: bool,
}

struct Unit {
    uid: String,
    home: PathBuf,
    tries: u32,
    /// Its serial number, read from its flash when it had passed.
    serial: Option<String>,
}

/// What a line said: station, number of its process, slot, phase, code.
struct Said {
    station: usize,
    number: u64,
    event: Value,
}

/// The floor.
pub struct Floor {
    pub folder: tempfile::TempDir,
    stations: Vec<Station>,
    slots: Vec<Slot>,
    units: Vec<Unit>,
    waiting: VecDeque<usize>,
    said: Receiver<Said>,
    to: Sender<Said>,
    ledger: Option<String>,
    application: Vec<u8>,
    /// Verdicts that were shown, by unit.
    shown: BTreeMap<(usize, String), u64>,
    pub kills: u64,
}

impl Floor {
    /// Stations with so many slots each, and units of which some are pulled out while they are made.
    pub fn new(
        stations: usize,
        slots: usize,
        units: usize,
        seed: u64,
        ledger: Option<String>,
    ) -> Floor {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("app.elf"), app_bytes("blinky.elf")).expect("written");
        fs::write(at("job.toml"), JOB).expect("written");
        let run = |args: &[&str]| {
            let output = rtboot(folder.path()).args(args).output().expect("a run");
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {words}");
            String::from_utf8(output.stdout).expect("text")
        };
        let key = run(&["line", "keygen", "-o", "seal.key"]);
        run(&[
            "line", "pack", "job.toml", "-o", "x.rtjob", "--key", "seal.key",
        ]);
        let stations: Vec<Station> = (0..stations)
            .map(|at| {
                let name = format!("station{at}");
                run(&[
                    "line",
                    "init",
                    &name,
                    "--trust",
                    key.trim(),
                    "--station",
                    &name,
                ]);
                Station {
                    slots: (at * slots..(at + 1) * slots).collect(),
                    name,
                    child: None,
                    reader: None,
                    number: 0,
                }
            })
            .collect();
        let slots = (0..stations.len() * slots).map(|slot| Slot {
            name: format!("S{slot}"),
            place: at(&format!("slot{slot}")),
            unit: None,
            empty: false,
        });
        let slots = slots.collect();
        let mut random = Random::seeded(seed);
        let units: Vec<Unit> = (0..units)
            .map(|number| {
                let uid = [0x1000_0000 + number as u32, 0xC0DE_0000 + seed as u32];
                let home = at(&format!("unit{number}"));
                let pulled = random.below(12) == 0;
                let fault = format!(
                    r#"{{"fault":"usb-out","at":{},"does":"unplug"}}"#,
                    1 + random.below(200)
                );
                let make = Make {
                    unique_id: Some(uid),
                    faults: pulled.then_some(fault).into_iter().collect(),
                    ..Make::default()
                };
                drop(VirtualBoard::create(&home, &make).expect("a board"));
                Unit {
                    uid: format!("{:08x}{:08x}", uid[1], uid[0]),
                    home,
                    tries: 0,
                    serial: None,
                }
            })
            .collect();
        let (to, said) = channel();
        Floor {
            waiting: (0..units.len()).collect(),
            application: fs::read(app("blinky.bin")).expect("the application"),
            shown: BTreeMap::new(),
            kills: 0,
            folder,
            stations,
            slots,
            units,
            said,
            to,
            ledger,
        }
    }

    fn start(&mut self, station: usize) {
        let it = &mut self.stations[station];
        it.number += 1;
        let mut command = rtboot(self.folder.path());
        command.args([
            "--json",
            "line",
            "run",
            "x.rtjob",
            "--operator",
            "Ana",
            "--station",
            &it.name,
        ]);
        for slot in &it.slots {
            let Slot { name, place, .. } = &self.slots[*slot];
            command
                .arg("--slot")
                .arg(format!("{name}=virtual:{}", place.display()));
        }
        if let Some(ledger) = &self.ledger {
            command.args(["--ledger", ledger]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a line");
        let out = child.stdout.take().expect("piped");
        let (to, number) = (self.to.clone(), it.number);
        it.reader = Some(std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // a killed process can leave half a line
                let Ok(event) = serde_json::from_str(&line) else {
                    continue;
                };
                let said = Said {
                    station,
                    number,
                    event,
                };
                if to.send(said).is_err() {
                    return;
                }
            }
        }));
        it.child = Some(child);
    }

    /// Makes all units. `each` is called between two looks, and may kill.
    pub fn run(&mut self, mut each: impl FnMut(&mut Floor)) {
        for station in 0..self.stations.len() {
            self.start(station);
        }
        let mut moved = Instant::now();
        while self.units.iter().any(|unit| unit.serial.is_none()) {
            let said = self.said.recv_timeout(Duration::from_millis(10));
            if said.is_ok_and(|said| self.hear(&said)) {
                moved = Instant::now();
            }
            self.put_boards_in();
            self.restart_what_ended();
            each(self);
            assert!(moved.elapsed() < STILL, "the floor stands still");
        }
        for station in 0..self.stations.len() {
            self.end(station);
        }
    }

    /// A process that ends by itself: slots were taken out. Somebody starts it again.
    fn restart_what_ended(&mut self) {
        for station in 0..self.stations.len() {
            let child = self.stations[station].child.as_mut().expect("started");
            if child.try_wait().expect("a child").is_some() {
                self.hear_the_rest(station);
                self.start(station);
            }
        }
    }

    /// Kills a station's line with SIGKILL at whatever it does, and starts it again.
    pub fn kill(&mut self, station: usize) {
        let mut child = self.stations[station].child.take().expect("started");
        child.kill().expect("killed");
        child.wait().expect("ended");
        self.kills += 1;
        self.hear_the_rest(station);
        self.start(station);
    }

    /// All that a process said that has ended: its operator acts on it before the next one starts.
    fn hear_the_rest(&mut self, station: usize) {
        let reader = self.stations[station].reader.take().expect("a reader");
        reader.join().expect("read to the end");
        while let Ok(said) = self.said.try_recv() {
            self.hear(&said);
        }
        for slot in self.stations[station].slots.clone() {
            self.slots[slot].empty = false;
        }
    }

    /// As Ctrl-C.
    fn end(&mut self, station: usize) {
        let mut child = self.stations[station].child.take().expect("started");
        let pid = child.id().to_string();
        let asked = Command::new("kill").args(["-INT", &pid]).status();
        assert!(asked.expect("kill runs").success());
        let ended = child.wait().expect("ended");
        // one that was started a moment ago catches nothing yet, and has begun nothing
        let caught_nothing = ended.signal() == Some(2);
        assert!(ended.success() || caught_nothing, "{ended}");
    }

    /// What a line shows. Whether anything came of it.
    fn hear(&mut self, said: &Said) -> bool {
        let Said {
            station,
            number,
            event,
        } = said;
        if event["event"] != "slot" {
            return false;
        }
        let name = event["slot"].as_str().expect("a slot");
        let at = self
            .slots
            .iter()
            .position(|slot| slot.name == name)
            .expect("a known slot");
        let phase = event["phase"].as_str().expect("a phase");
        let old = *number != self.stations[*station].number;
        if phase == "empty" {
            // what a killed line saw counts no more
            self.slots[at].empty = !old;
            return false;
        }
        self.slots[at].empty = false;
        let verdict = matches!(phase, "passed" | "failed" | "aborted" | "refused");
        let Some(unit) = self.slots[at].unit.filter(|_| verdict) else {
            return false;
        };
        // a verdict is about the board that is in the slot; where another one is by now, the line that gave it is gone
        if event["uid"]
            .as_str()
            .is_some_and(|uid| uid != self.units[unit].uid)
        {
            assert!(old, "{event}: unit {} is in the slot", self.units[unit].uid);
            return false;
        }
        *self.shown.entry((unit, phase.to_owned())).or_default() += 1;
        let good = phase == "passed" || event["code"] == "already-passed";
        self.take_out(at, unit, good, event);
        true
    }

    fn put_boards_in(&mut self) {
        for slot in &mut self.slots {
            if slot.empty && slot.unit.is_none() {
                let Some(unit) = self.waiting.pop_front() else {
                    return;
                };
                fs::rename(&self.units[unit].home, &slot.place).expect("moved");
                slot.unit = Some(unit);
                slot.empty = false;
            }
        }
    }

    fn take_out(&mut self, at: usize, unit: usize, good: bool, event: &Value) {
        let slot = &mut self.slots[at];
        let it = &mut self.units[unit];
        slot.unit = None;
        fs::rename(&slot.place, &it.home).expect("moved");
        it.tries += 1;
        if good {
            it.serial = Some(serial_of(&it.home, &self.application, &it.uid));
            // nobody looks at it again, and a thousand flashes take room
            fs::remove_dir_all(&it.home).expect("removed");
            return;
        }
        assert!(it.tries < TRIES, "unit {} never passes: {event}", it.uid);
        let board = VirtualBoard::open(&it.home).expect("a board");
        board.power_cycle();
        board.save().expect("saved");
        self.waiting.push_back(unit);
    }

    /// Holds the ledger against what was found in the units.
    pub fn check(&self) {
        let station = &self.stations[0].name;
        let run = |args: &[&str]| {
            let mut command = rtboot(self.folder.path());
            command.args(args).args(["--station", station]);
            if let Some(ledger) = &self.ledger {
                command.args(["--ledger", ledger]);
            }
            let output = command.output().expect("a run");
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {words}");
        };
        run(&["line", "audit"]);
        run(&["line", "export", "-o", "all.jsonl"]);
        let rows = fs::read_to_string(self.folder.path().join("all.jsonl")).expect("rows");
        let rows: Vec<Value> = rows
            .lines()
            .map(|row| serde_json::from_str(row).expect("JSON"))
            .collect();
        assert!(
            rows.iter().all(|row| row["verdict"] != "open"),
            "every attempt has ended"
        );
        let mut serials = BTreeSet::new();
        for (number, unit) in self.units.iter().enumerate() {
            let serial = unit.serial.as_ref().expect("passed");
            assert!(serials.insert(serial.clone()), "{serial} is in two units");
            let of_unit = |row: &&Value| row["uid"] == unit.uid.as_str();
            let own: Vec<&Value> = rows.iter().filter(of_unit).collect();
            let passes = own.iter().filter(|row| row["verdict"] == "pass").count();
            assert_eq!(passes, 1, "unit {}: one pass", unit.uid);
            for row in &own {
                assert_eq!(
                    row["numbers"],
                    serde_json::json!([serial]),
                    "unit {}",
                    unit.uid
                );
            }
            // what was shown is there
            for (phase, verdict) in [("failed", "fail"), ("passed", "pass")] {
                let shown = self
                    .shown
                    .get(&(number, phase.to_owned()))
                    .copied()
                    .unwrap_or_default();
                let kept = own.iter().filter(|row| row["verdict"] == verdict).count() as u64;
                assert!(
                    shown <= kept,
                    "unit {}: {shown} times {phase}, {kept} rows",
                    unit.uid
                );
            }
        }
        let passes = rows.iter().filter(|row| row["verdict"] == "pass").count();
        assert_eq!(passes, self.units.len(), "as many passes as units");
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        for station in &mut self.stations {
            if let Some(mut child) = station.child.take() {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// The serial number in a board's flash, when everything else in it is right.
fn serial_of(home: &Path, application: &[u8], uid: &str) -> String {
    let mut board = Board::open(home).expect("a board");
    let flash = board.flash();
    let at = 0x2000;
    assert_eq!(
        &flash[at..at + application.len()],
        application,
        "unit {uid}: the application"
    );
    let field = &flash[0x10000..0x10010];
    let end = field
        .iter()
        .position(|&byte| byte == 0)
        .expect("a zero behind the text");
    let serial = String::from_utf8(field[..end].to_vec()).expect("text");
    assert!(
        serial.starts_with("RT") && serial.len() == 8,
        "unit {uid}: {serial}"
    );
    assert!(
        field[end + 1..].iter().all(|&byte| byte == 0xFF),
        "unit {uid}: filled up"
    );
    let around = flash[at + application.len()..0x10000]
        .iter()
        .chain(&flash[0x10010..]);
    assert!(
        around.copied().all(|byte| byte == 0xFF),
        "unit {uid}: nothing else is in flash"
    );
    let verdict = board.boot_verdict();
    assert!(verdict.starts.is_some(), "unit {uid}: {}", verdict.reason);
    serial
}
