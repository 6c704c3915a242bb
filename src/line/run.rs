//! A line that runs: a thread for each slot, one for the hooks.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use rtboot_finding::Next;
use rtboot_ledger::Ledger;
use rtboot_sealed::Limits;
use serde_json::json;

use super::book::Book;
use super::outbox;
use super::product::Product;
use super::program;
use super::socket::{AtSelector, Bus, Presence, Socket};
use super::state::{Counts, JobWords, LineState, SlotPhase, SlotState, Told, Watch};
use super::station::{HookOn, SlotSpec, Station};
use super::unit::{Broken, End, Shared, Work, with_acts};
use crate::{Error, LineError, Result};

/// How a line is run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Who is there.
    pub operator: String,
    /// Units that passed may be made again.
    pub rework: bool,
    /// The line ends when this many units have passed in this run.
    pub units: Option<u64>,
    /// The ledger, where it is not the station's own.
    pub ledger: Option<String>,
    /// The program and its version, for the ledger.
    pub tool: String,
}

/// What a run of the line was.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct LineEnd {
    /// What became of the attempts.
    pub counts: Counts,
    /// Why it ended; `None` when it was asked to.
    pub reason: Option<Told>,
    /// Letters that no hook has taken; they are told when the line runs again.
    pub letters_waiting: usize,
    /// Attempts of an earlier run that never ended, and that were ended as aborted at the start.
    pub recovered: usize,
}

/// A slot and the socket that stands for it.
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Where its boards are, for the screen.
    pub place: String,
    /// The socket.
    pub socket: Box<dyn Socket>,
}

/// The sockets of these slots.
pub fn slots_of(specs: &[SlotSpec]) -> Vec<Slot> {
    let bus = Bus::default();
    let slot = |spec: &SlotSpec| Slot {
        name: spec.name.clone(),
        place: spec.board.to_string(),
        socket: Box::new(AtSelector::new(spec.board.clone(), bus.clone())),
    };
    specs.iter().map(slot).collect()
}

/// Opens the job that this station is to make.
///
/// # Errors
/// As [`Product::open`]; [`LineError::TrustsNobody`]; [`LineError::NoHook`].
pub fn open_job(station: &Station, file: &Path) -> Result<Product> {
    if station.trusted().is_empty() {
        let key = Product::open(file, &[])?.sealed().key.to_string();
        let file = station.file();
        return Err(LineError::TrustsNobody { file, key }.into());
    }
    let mut product = Product::open(file, station.trusted())?;
    product.unlock(station)?;
    let missing = |kind, name: &str| LineError::NoHook {
        kind,
        name: name.to_owned(),
        file: station.file(),
    };
    for name in &product.job().hooks {
        if !station.hooks().iter().any(|hook| hook.name == *name) {
            return Err(missing("hook", name).into());
        }
    }
    for pool in &product.job().pools {
        if let Some(name) = product.command_of(pool.name())
            && !station
                .commands()
                .iter()
                .any(|command| command.name == name)
        {
            return Err(missing("command", name).into());
        }
    }
    Ok(product)
}

/// Runs the line until `stop` is set or a rule ends it; units that are being made are finished then. `watch` shows what goes on.
///
/// # Errors
/// [`LineError::Runs`], [`LineError::NoSlots`], [`LineError::Ledger`]; [`LineError::Stopped`] when a rule of the job ended it.
pub fn run(
    station: &Station,
    product: &Product,
    slots: Vec<Slot>,
    options: &RunOptions,
    watch: &Watch,
    stop: &AtomicBool,
) -> Result<LineEnd> {
    if slots.is_empty() {
        let file = station.file();
        return Err(LineError::NoSlots { file }.into());
    }
    if product.job().has_secrets() {
        product.secrets()?;
        super::secrets::no_core_dumps();
    }
    let _held = station.hold()?;
    let address = options
        .ledger
        .clone()
        .unwrap_or_else(|| station.ledger_address());
    let of_ledger = |source| LineError::Ledger {
        address: super::station::without_password(&address),
        source,
    };
    let mut ledger = station.ledger(options.ledger.as_deref())?;
    let recovered = ledger.recover().map_err(of_ledger)?.len();
    ledger.add_job(&product.row()).map_err(of_ledger)?;
    for pool in product.pools()? {
        ledger.add_pool(&pool).map_err(of_ledger)?;
    }
    watch.change(|state| *state = begin(station, product, &slots, options));
    let book = Book::new(ledger, watch.clone());
    book.show_pools();
    let rules = Rules::new(product.job().limits.clone(), options.units);
    let line = Shared {
        station,
        product,
        book: &book,
        watch,
        stop,
        rework: options.rework,
        tool: &options.tool,
    };
    let ended = AtomicBool::new(false);
    let broken: Mutex<Option<Error>> = Mutex::new(None);
    thread::scope(|scope| {
        let hooks = scope.spawn(|| outbox::run(&book, station, watch, &ended));
        let threads = slots.into_iter().enumerate();
        let threads = threads.map(|(at, slot)| {
            let (line, rules, broken) = (&line, &rules, &broken);
            scope.spawn(move || {
                if let Err(Broken(error)) = run_slot(line, rules, at, slot) {
                    line.stop.store(true, Ordering::SeqCst);
                    broken
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(error);
                }
            })
        });
        // all of them run before the first is waited for
        let threads: Vec<_> = threads.collect();
        for thread in threads {
            if thread.join().is_err() {
                let told = Told::new("internal", "a slot's thread broke off: please report this");
                rules.end(&line, told);
            }
        }
        ended.store(true, Ordering::SeqCst);
        let _ = hooks.join();
    });
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let broke = broken
        .as_ref()
        .map(|error| with_acts(Told::new(error.code(), error.to_string()), error));
    // it ends by itself when no slot is left
    let reason = broke.or_else(|| rules.reason()).or_else(|| {
        let left = Told::new("no-slot-left", "every slot was taken out");
        let left = left.next("mend what the slots say, then start the line again");
        (!stop.load(Ordering::SeqCst)).then_some(left)
    });
    let (_, last) = watch.now();
    let end = LineEnd {
        counts: last.counts,
        reason: reason.clone(),
        letters_waiting: last.letters_waiting,
        recovered,
    };
    report_hooks(station, product, &end, book.into_ledger());
    watch.change(|state| {
        state.stopping = true;
        state.ended = Some(
            reason
                .clone()
                .unwrap_or_else(|| Told::new("asked", "the line was asked to end")),
        );
    });
    if let Some(error) = broken {
        return Err(error);
    }
    match reason {
        Some(told) if told.code != UNITS_MADE => Err(LineError::Stopped {
            code: told.code,
            reason: told.what,
            next: told.next.into_iter().map(Next::Act).collect(),
        }
        .into()),
        _ => Ok(end),
    }
}

/// Code of a line that made as many units as it was to.
const UNITS_MADE: &str = "units-made";

fn begin(station: &Station, product: &Product, slots: &[Slot], options: &RunOptions) -> LineState {
    let slot = |slot: &Slot| SlotState {
        name: slot.name.clone(),
        board: slot.place.clone(),
        ..SlotState::default()
    };
    LineState {
        job: JobWords {
            name: product.job().name.clone(),
            id: product.sealed().id.clone(),
            sealed_by: product.sealed().key.to_string(),
            units: product.job().units,
        },
        station: station.name().to_owned(),
        operator: options.operator.clone(),
        began_ms: Some(now_ms()),
        slots: slots.iter().map(slot).collect(),
        ..LineState::default()
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// Hooks that are told of the run as a whole.
fn report_hooks(station: &Station, product: &Product, end: &LineEnd, mut ledger: Ledger) {
    let hooks = station
        .hooks()
        .iter()
        .filter(|hook| hook.on == HookOn::Report);
    let head = ledger.head_of_chain().ok();
    let record = json!({
        "event": "report", "station": station.name(), "job": product.job().name, "job_id": product.sealed().id,
        "counts": end.counts, "reason": end.reason, "head": head.map(|head| json!({ "seq": head.seq, "hash": head.hash })),
    });
    for hook in hooks {
        // there is nobody left to tell of a failure but the engineer who reads the hook's own log
        let _ = program::run(&hook.command, &record.to_string(), hook.limit());
    }
}

/// When a slot or the line stops.
struct Rules {
    limits: Limits,
    units: Option<u64>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The last units, each with its last verdict: a bad unit that is put in three times is one bad unit.
    last: VecDeque<(Option<String>, bool)>,
    passed: u64,
    reason: Option<Told>,
}

impl Rules {
    fn new(limits: Limits, units: Option<u64>) -> Rules {
        Rules {
            limits,
            units,
            kept: Mutex::default(),
        }
    }

    fn reason(&self) -> Option<Told> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reason
            .clone()
    }

    /// The line begins no unit any more.
    fn end(&self, line: &Shared<'_>, told: Told) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.reason.get_or_insert(told);
        line.stop.store(true, Ordering::SeqCst);
        line.watch.change(|state| state.stopping = true);
    }

    /// A verdict, good or bad.
    fn verdict(&self, line: &Shared<'_>, uid: Option<String>, passed: bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.passed += u64::from(passed);
        if uid.is_some() {
            kept.last.retain(|(known, _)| *known != uid);
        }
        kept.last.push_back((uid, passed));
        let of = self.limits.yield_of as usize;
        while kept.last.len() > of {
            kept.last.pop_front();
        }
        let good = kept.last.iter().filter(|(_, passed)| *passed).count();
        let (count, total) = (kept.passed, kept.last.len());
        drop(kept);
        let percent = self.limits.yield_percent as usize;
        if of > 0 && total == of && good * 100 < percent * total {
            let what =
                format!("{good} of the last {total} units passed, and {percent} % is the limit");
            let told = Told::new("yield-low", what)
                .next("call the engineer: something is wrong with all boards, or with the line");
            self.end(line, told);
        }
        if self.units.is_some_and(|units| count >= units) {
            let told = Told::new(UNITS_MADE, format!("{count} units passed"));
            self.end(line, told);
        }
    }
}

/// A slot, from the first board to the end of the line.
fn run_slot(
    line: &Shared<'_>,
    rules: &Rules,
    at: usize,
    slot: Slot,
) -> std::result::Result<(), Broken> {
    let Slot {
        name, mut socket, ..
    } = slot;
    let show = |phase: SlotPhase| {
        line.watch.change(|state| {
            if let Some(slot) = state.slots.get_mut(at)
                && slot.phase != phase
            {
                slot.phase = phase;
            }
        });
    };
    let stopping = || line.stop.load(Ordering::SeqCst);
    let mut failed = BTreeSet::new();
    loop {
        if stopping() {
            show(SlotPhase::Off);
            return Ok(());
        }
        match look(&mut *socket) {
            Presence::Board => {}
            Presence::Empty => {
                forget_unit(line, at);
                show(SlotPhase::Empty);
                socket.pause();
                continue;
            }
            Presence::NoBoard(told) => {
                show(SlotPhase::NoBoard { told });
                socket.pause();
                continue;
            }
        }
        forget_unit(line, at);
        let (end, broken) = match Work::new(line, (at, &name), &mut *socket).make() {
            Ok(end) => (end, None),
            Err(Broken(error)) => {
                let told = Told::new(error.code(), error.to_string());
                let told = told.next("put the board in again when the line runs again");
                (End::Aborted(told), Some(Broken(error)))
            }
        };
        let passed = matches!(end, End::Passed { .. });
        if let Some(told) = booked(line, rules, (at, &name), &mut failed, end) {
            show(SlotPhase::Out { told });
            return Ok(());
        }
        if let Some(broken) = broken {
            return Err(broken);
        }
        socket.done(passed);
        // the next unit begins when this one was seen to leave
        let (mut empty, needed) = (0, socket.looks_until_empty());
        while empty < needed {
            if stopping() {
                return Ok(());
            }
            match look(&mut *socket) {
                Presence::Empty => empty += 1,
                _ => empty = 0,
            }
            if empty < needed {
                socket.pause();
            }
        }
    }
}

/// What is there; where the system cannot be asked, that is told in the slot.
fn look(socket: &mut dyn Socket) -> Presence {
    socket.look().unwrap_or_else(|error| {
        let told = Told::new(error.code(), error.to_string());
        Presence::NoBoard(told.next("call whoever set this station up"))
    })
}

fn forget_unit(line: &Shared<'_>, at: usize) {
    let unit = |state: &LineState| state.slots.get(at).is_some_and(|slot| slot.unit.is_some());
    let has = line.watch.look(unit);
    if has {
        line.watch.change(|state| {
            if let Some(slot) = state.slots.get_mut(at) {
                slot.unit = None;
            }
        });
    }
}

/// Shows and counts the end of a unit. Returns why the slot is taken out, when it is. `failed` are the units that failed in the
/// slot since its last good one.
fn booked(
    line: &Shared<'_>,
    rules: &Rules,
    (at, name): (usize, &str),
    failed: &mut BTreeSet<String>,
    end: End,
) -> Option<Told> {
    let (phase, count): (SlotPhase, fn(&mut Counts)) = match &end {
        End::Passed { took_ms } => (SlotPhase::Passed { took_ms: *took_ms }, |counts| {
            counts.passed += 1
        }),
        End::Failed(told) => (SlotPhase::Failed { told: told.clone() }, |counts| {
            counts.failed += 1
        }),
        End::Aborted(told) => (SlotPhase::Aborted { told: told.clone() }, |counts| {
            counts.aborted += 1
        }),
        End::Refused(told) | End::NoMore(told) => {
            (SlotPhase::Refused { told: told.clone() }, |counts| {
                counts.refused += 1
            })
        }
    };
    let (in_a_row, uid) = line.watch.change(|state| {
        count(&mut state.counts);
        let Some(slot) = state.slots.get_mut(at) else {
            return (0, None);
        };
        let uid = slot.unit.as_ref().map(|unit| unit.uid.clone());
        slot.phase = phase;
        count(&mut slot.counts);
        state.show_verdict(at);
        let Some(slot) = state.slots.get_mut(at) else {
            return (0, uid);
        };
        match &end {
            End::Passed { .. } => slot.failures_in_a_row = 0,
            // a unit that failed before says nothing about the slot
            End::Failed(_) if uid.as_ref().is_some_and(|uid| failed.contains(uid)) => {}
            End::Failed(_) => slot.failures_in_a_row += 1,
            _ => {}
        }
        (slot.failures_in_a_row, uid)
    });
    match &end {
        End::Passed { .. } => failed.clear(),
        End::Failed(_) => failed.extend(uid.clone()),
        _ => {}
    }
    match end {
        End::Passed { .. } => rules.verdict(line, uid, true),
        End::Failed(last) => {
            rules.verdict(line, uid, false);
            let limit = rules.limits.failures_in_a_row;
            if limit > 0 && in_a_row >= limit {
                let what = format!(
                    "{in_a_row} units failed in slot {name} in a row, the last one with {}: {}",
                    last.code, last.what
                );
                return Some(
                    Told::new("slot-out", what)
                        .next("check the slot's cable, pins and supply; then start the line again"),
                );
            }
        }
        End::NoMore(told) => rules.end(line, told),
        End::Aborted(_) | End::Refused(_) => {}
    }
    None
}
