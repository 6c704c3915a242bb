//! A rehearsal: the line as in production, with virtual boards, and somebody who puts them in and takes them out.
//!
//! Every unit that passed is looked at by itself when it is taken out; at the end the ledger is held against what was found.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rtboot_ledger::{Ledger, NumberState, Uid, Verdict, shown};
use rtboot_sealed::UnitNumber;

use super::product::Product;
use super::run::{LineEnd, RunOptions, Slot, run};
use super::socket::{Presence, Socket};
use super::state::Watch;
use super::station::Station;
use crate::job::Target;
use crate::port::virtual_board::{Make, VirtualBoard};
use crate::{Error, LineError, Result};

/// How often a unit is put in again before it is scrapped.
const TRIES: u32 = 4;
/// After so many fresh units one that failed gets its turn.
const REWORK: usize = 5;
/// Pause of a slot that has nothing to do.
const PAUSE: Duration = Duration::from_millis(2);

/// What is rehearsed.
#[derive(Debug, Clone, PartialEq)]
pub struct RehearseOptions {
    /// How many slots.
    pub slots: usize,
    /// How many units.
    pub units: usize,
    /// How many of a hundred units have a fault.
    pub faults_percent: f64,
    /// The same seed brings the same units and the same faults.
    pub seed: u64,
    /// Where the rehearsal's own station, ledger and marks are; nothing of it is the real station's.
    pub folder: PathBuf,
    /// Another ledger than one in the folder.
    pub ledger: Option<String>,
    /// The program and its version, for the ledger.
    pub tool: String,
}

/// What a rehearsal found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rehearsal {
    /// The line's own end.
    pub end: LineEnd,
    /// Units that are good.
    pub passed: usize,
    /// Units that were scrapped.
    pub scrapped: usize,
    /// Units with a fault.
    pub with_fault: usize,
    /// Modelled time of all boards together.
    pub modelled: Duration,
    /// Modelled time of the slot that took longest: the line's.
    pub longest: Duration,
    /// What must not be. Empty when the rehearsal went well.
    pub problems: Vec<String>,
}

/// Rehearses a job. `stop` ends it early.
///
/// # Errors
/// As [`run`]. What the rehearsal found is no error of this call.
pub fn rehearse(
    station: Option<&Station>,
    product: &Product,
    options: &RehearseOptions,
    watch: &Watch,
    stop: &AtomicBool,
) -> Result<Rehearsal> {
    let own = Station::for_rehearsal(&options.folder, station)?;
    let floor = Arc::new(Floor::new(options));
    let slots = (0..options.slots).map(|at| Slot {
        name: slot_name(at),
        place: "virtual".into(),
        socket: Box::new(RigSocket::new(floor.clone())),
    });
    let line_stop = AtomicBool::new(false);
    let run_options = RunOptions {
        operator: "rehearsal".into(),
        ledger: options.ledger.clone(),
        tool: options.tool.clone(),
        ..RunOptions::default()
    };
    let done = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        let (line_stop, floor, done) = (&line_stop, &floor, &done);
        let watcher = {
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    if stop.load(Ordering::SeqCst) || floor.is_finished() {
                        line_stop.store(true, Ordering::SeqCst);
                    }
                    std::thread::sleep(PAUSE);
                }
            })
        };
        let ended = run(
            &own,
            product,
            slots.collect(),
            &run_options,
            watch,
            line_stop,
        );
        done.store(true, Ordering::SeqCst);
        let _ = watcher.join();
        ended
    });
    // a rule that stops the line is something that the rehearsal found
    let (end, stopped) = match ended {
        Ok(end) => (end, None),
        Err(Error::Line(error)) if matches!(*error, LineError::Stopped { .. }) => {
            let end = LineEnd {
                counts: watch.look(|state| state.counts),
                ..LineEnd::default()
            };
            (end, Some(error.to_string()))
        }
        Err(error) => return Err(error),
    };
    let mut ledger = own.ledger(options.ledger.as_deref())?;
    let mut found = floor.into_found();
    found.problems.extend(stopped);
    if stop.load(Ordering::SeqCst) {
        found
            .problems
            .push("the rehearsal was stopped before its end".into());
    }
    check_ledger(&mut ledger, product, &mut found, options).map_err(|source| {
        LineError::Ledger {
            address: own.ledger_address(),
            source,
        }
    })?;
    Ok(Rehearsal {
        end,
        passed: found.passed.len(),
        scrapped: found.scrapped,
        with_fault: found.with_fault,
        modelled: found.slots.iter().sum(),
        longest: found.slots.iter().max().copied().unwrap_or_default(),
        problems: found.problems,
    })
}

/// A, B, … Z, 27, 28 …
fn slot_name(at: usize) -> String {
    match u8::try_from(at) {
        Ok(at @ 0..26) => char::from(b'A' + at).to_string(),
        _ => (at + 1).to_string(),
    }
}

/// A unit of the rehearsal.
struct Unit {
    uid: [u32; 2],
    board: VirtualBoard,
    tries: u32,
    /// It passed already, and comes a second time by mistake.
    again: bool,
}

/// Where units come from and go to.
struct Floor {
    seed: u64,
    units: usize,
    faults_percent: f64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    made: usize,
    in_slots: usize,
    /// Slots that take no unit any more.
    left: BTreeSet<usize>,
    /// The longest that a unit took.
    longest: Duration,
    /// Units that are put in again.
    back: VecDeque<Unit>,
    found: Found,
}

/// What was found in units that were taken out.
#[derive(Default, Clone)]
struct Found {
    /// Passed units: the id's words, and the pages of their flash that are not erased, by offset.
    passed: BTreeMap<[u32; 2], BTreeMap<usize, Vec<u8>>>,
    scrapped: usize,
    with_fault: usize,
    slots: Vec<Duration>,
    problems: Vec<String>,
}

/// A sequence of numbers that look random: splitmix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Floor {
    fn new(options: &RehearseOptions) -> Floor {
        Floor {
            seed: options.seed,
            units: options.units,
            faults_percent: options.faults_percent,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_finished(&self) -> bool {
        let state = self.state();
        state.made == self.units && state.in_slots == 0 && state.back.is_empty()
    }

    /// The next unit for a slot. Units that failed are put in again between fresh ones: nobody puts them all into one slot. On a real
    /// line time is the boards'; here a slot waits that is ahead of the others by more than the longest unit took.
    fn next(&self, slot: usize) -> Option<Unit> {
        let mut state = self.state();
        let here = state.found.slots.get(slot).copied().unwrap_or_default();
        let others = state.found.slots.iter().enumerate();
        let others = others.filter(|(at, _)| !state.left.contains(at));
        let slowest = others.map(|(_, time)| *time).min().unwrap_or_default();
        if here > slowest + state.longest {
            return None;
        }
        let fresh = state.made < self.units;
        let turn = !fresh || state.made.is_multiple_of(REWORK);
        let back = if turn { state.back.pop_front() } else { None };
        let unit = match back {
            Some(unit) => Some(unit),
            None if fresh => {
                state.made += 1;
                let (unit, faulty) = self.make(state.made);
                state.found.with_fault += usize::from(faulty);
                unit.map_err(|error| state.found.problems.push(error)).ok()
            }
            None => None,
        };
        state.in_slots += usize::from(unit.is_some());
        unit
    }

    fn make(&self, number: usize) -> (std::result::Result<Unit, String>, bool) {
        let mut seed = self.seed ^ (number as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let _ = random(&mut seed);
        let uid = [(random(&mut seed) as u32) | 1, number as u32];
        let faulty = (random(&mut seed) % 10_000) as f64 / 100.0 < self.faults_percent;
        let (mut faults, mut again) = (Vec::new(), false);
        if faulty {
            match fault(&mut seed) {
                Some(fault) => faults.push(fault),
                None => again = true,
            }
        }
        let make = Make {
            faults,
            unique_id: Some(uid),
            ..Make::default()
        };
        let board = VirtualBoard::in_memory(&make);
        let unit = board.map(|board| Unit {
            uid,
            board,
            tries: 0,
            again,
        });
        (unit.map_err(|error| error.to_string()), faulty)
    }

    /// A unit is taken out.
    fn take(&self, mut unit: Unit, passed: bool, slot: usize, took: Duration) {
        let mut state = self.state();
        state.in_slots -= 1;
        if state.found.slots.len() <= slot {
            state.found.slots.resize(slot + 1, Duration::ZERO);
        }
        state.found.slots[slot] += took;
        state.longest = state.longest.max(took);
        unit.tries += 1;
        let known = state.found.passed.contains_key(&unit.uid);
        match (passed, known) {
            (true, true) => {
                let what = format!("unit {} passed twice", name(unit.uid));
                state.found.problems.push(what);
            }
            (true, false) => {
                let pages = pages(unit.board.board().flash());
                state.found.passed.insert(unit.uid, pages);
                if unit.again {
                    unit.board.power_cycle();
                    state.back.push_back(unit);
                }
            }
            // it was refused, as it should be
            (false, true) => {}
            (false, false) if unit.tries < TRIES => {
                unit.board.power_cycle();
                state.back.push_back(unit);
            }
            (false, false) => state.found.scrapped += 1,
        }
    }

    fn into_found(self: Arc<Floor>) -> Found {
        self.state().found.clone()
    }
}

/// Bytes of a page.
const PAGE: usize = 256;

/// The pages that are not erased: 1000 whole flashes would not fit into memory.
fn pages(flash: &[u8]) -> BTreeMap<usize, Vec<u8>> {
    let pages = flash.chunks(PAGE).enumerate();
    let used = pages.filter(|(_, page)| page.iter().any(|&byte| byte != 0xFF));
    used.map(|(at, page)| (at * PAGE, page.to_vec())).collect()
}

/// The byte that a unit's flash held at this offset.
fn held(pages: &BTreeMap<usize, Vec<u8>>, at: usize) -> u8 {
    let page = pages.get(&(at - at % PAGE));
    page.and_then(|page| page.get(at % PAGE))
        .copied()
        .unwrap_or(0xFF)
}

/// What goes wrong with a unit; `None`: it comes a second time after it has passed.
fn fault(seed: &mut u64) -> Option<String> {
    let at = |seed: &mut u64, most: u64| random(seed) % most + 1;
    Some(match random(seed) % 10 {
        0 => format!(
            r#"{{"fault":"usb-out","at":{},"does":"unplug"}}"#,
            at(seed, 400)
        ),
        1 => format!(
            r#"{{"fault":"usb-in","at":{},"does":"unplug"}}"#,
            at(seed, 200)
        ),
        2 => format!(
            r#"{{"fault":"usb-out","at":{},"does":"drop"}}"#,
            at(seed, 400)
        ),
        3 => format!(
            r#"{{"fault":"usb-in","at":{},"does":"drop"}}"#,
            at(seed, 200)
        ),
        4 => format!(
            r#"{{"fault":"usb-in","at":{},"does":"corrupt","byte":{},"xor":{}}}"#,
            at(seed, 200),
            at(seed, 30),
            at(seed, 255)
        ),
        5 => format!(r#"{{"fault":"power-cut","at":{}}}"#, at(seed, 40)),
        6 => format!(
            r#"{{"fault":"stuck-at-one","address":{},"bits":{}}}"#,
            0x1000 + at(seed, 0x2000),
            1 << (random(seed) % 8)
        ),
        7 => r#"{"fault":"ignores-program"}"#.to_owned(),
        8 => r#"{"fault":"absent"}"#.to_owned(),
        _ => return None,
    })
}

fn name(uid: [u32; 2]) -> String {
    format!("{:08x}{:08x}", uid[1], uid[0])
}

/// A slot of the rehearsal, and whoever serves it.
struct RigSocket {
    floor: Arc<Floor>,
    slot: usize,
    unit: Option<Unit>,
    /// The unit's own clock when it was put in.
    since: Duration,
    /// It was done, and taken out: the next look finds nothing.
    taken: bool,
}

impl RigSocket {
    fn new(floor: Arc<Floor>) -> RigSocket {
        let slot = {
            let mut state = floor.state();
            state.found.slots.push(Duration::ZERO);
            state.found.slots.len() - 1
        };
        RigSocket {
            floor,
            slot,
            unit: None,
            since: Duration::ZERO,
            taken: false,
        }
    }
}

impl Socket for RigSocket {
    fn look(&mut self) -> Result<Presence> {
        if std::mem::take(&mut self.taken) {
            return Ok(Presence::Empty);
        }
        if self.unit.is_none() {
            self.unit = self.floor.next(self.slot);
            self.since = self
                .unit
                .as_ref()
                .map_or(Duration::ZERO, |unit| unit.board.board().elapsed());
        }
        Ok(match &self.unit {
            Some(unit) if unit.board.is_powered() => Presence::Board,
            _ => Presence::Empty,
        })
    }

    fn target(&self) -> Target {
        self.unit
            .as_ref()
            .map_or_else(Target::default, |unit| Target::on_virtual(&unit.board))
    }

    fn pause(&mut self) {
        std::thread::sleep(PAUSE);
    }

    fn looks_until_empty(&self) -> u32 {
        1
    }

    fn done(&mut self, passed: bool) {
        if let Some(unit) = self.unit.take() {
            let took = unit.board.board().elapsed().saturating_sub(self.since);
            self.floor.take(unit, passed, self.slot, took);
            self.taken = true;
        }
    }
}

impl Drop for RigSocket {
    /// A line that ends early leaves a unit in its slot.
    fn drop(&mut self) {
        if let Some(unit) = self.unit.take() {
            self.floor.take(unit, false, self.slot, Duration::ZERO);
        }
        self.floor.state().left.insert(self.slot);
    }
}

/// Holds the ledger against what units hold: each passed unit has the bytes of the numbers that the ledger gave it, no number is in
/// two units, and nothing of the ledger was changed.
fn check_ledger(
    ledger: &mut Ledger,
    product: &Product,
    found: &mut Found,
    options: &RehearseOptions,
) -> rtboot_ledger::Result<()> {
    let base = product.chip().map.flash_base;
    let mut owners: BTreeMap<(String, String), [u32; 2]> = BTreeMap::new();
    for (uid, flash) in &found.passed {
        let id = Uid::from_hex(&name(*uid))?;
        let numbers = ledger.numbers_of(id)?;
        for number in &numbers {
            if let Some(other) = owners.insert((number.pool.clone(), number.text.clone()), *uid) {
                let what = format!(
                    "{} is in units {} and {}",
                    shown(&number.text),
                    name(other),
                    name(*uid)
                );
                found.problems.push(what);
            }
            if number.state != NumberState::Written {
                let what = format!(
                    "{} of passed unit {} is {}",
                    shown(&number.text),
                    name(*uid),
                    number.state.name()
                );
                found.problems.push(what);
            }
        }
        let passes = ledger.attempts(Some(&name(*uid)), 100)?;
        let passes = passes
            .iter()
            .filter(|it| it.verdict == Verdict::Pass)
            .count();
        if passes != 1 {
            let what = format!(
                "unit {} passed, and the ledger has {passes} passes of it",
                name(*uid)
            );
            found.problems.push(what);
        }
        let numbers = numbers.into_iter().map(|number| {
            let (value, text) = (number.value, number.text);
            (number.pool, UnitNumber { value, text })
        });
        match product.unit(&name(*uid), &numbers.collect()) {
            Ok(job) => {
                for (address, bytes) in job.pieces().memory().segments() {
                    let from = (address - base) as usize;
                    let wrong = bytes
                        .iter()
                        .enumerate()
                        .position(|(at, byte)| held(flash, from + at) != *byte);
                    if let Some(at) = wrong {
                        let what = format!(
                            "unit {} passed, and its flash is wrong at {:#010x}",
                            name(*uid),
                            u64::from(address) + at as u64
                        );
                        found.problems.push(what);
                        break;
                    }
                }
            }
            Err(error) => found.problems.push(format!("unit {}: {error}", name(*uid))),
        }
    }
    let accounted = found.passed.len() + found.scrapped;
    if accounted != options.units {
        let what = format!("{accounted} of {} units are accounted for", options.units);
        found.problems.push(what);
    }
    let audit = ledger.audit(&[])?;
    found.problems.extend(
        audit
            .wrong
            .iter()
            .map(|problem| format!("audit: {problem}")),
    );
    Ok(())
}
