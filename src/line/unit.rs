//! One unit, from the first question to its verdict in the ledger.
//!
//! The order decides what a crash can do. The chip is asked who it is; its numbers are bound to it in the ledger; only then is
//! anything sent to it. The verdict is stored before anybody sees it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rtboot_bootable::Starts;
use rtboot_finding::Next;
use rtboot_ledger::{
    Attempt, AttemptId, Finish, Ledger, Number, Open, Refused, Uid, Verdict, Want, is_secret, shown,
};
use rtboot_sealed::{Before, StartUnknown, UnitNumber};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::book::{Book, Unbooked};
use super::product::Product;
use super::program;
use super::secrets::without_bytes;
use super::socket::{Presence, Socket};
use super::state::{SlotPhase, Told, UnitWords, Watch};
use super::station::{HookOn, Station};
use crate::advice::advice;
use crate::board::{Board, Program};
use crate::digest::sha256;
use crate::event::{Event, Known, Listener, Stage};
use crate::flash::{Flashloader, Rom, UniqueId};
use crate::job::{Target, WriteJob};
use crate::sdp::Hab;
use crate::{Error, LineError, Result};

/// How often a unit whose link broke is tried again at once.
const RETRIES: u32 = 2;
/// How long a board may take to come back after its link broke.
const BACK: Duration = Duration::from_secs(4);
/// Between two looks whether it is back.
const LOOK: Duration = Duration::from_millis(100);
/// Between two steps of a bar.
const REDRAW: Duration = Duration::from_millis(100);

/// Of a chip that has none, and where a word of it was lost on the way.
const NO_ID: UniqueId = UniqueId([0, 0]);

/// What all slots of a run share.
pub(super) struct Shared<'a> {
    pub station: &'a Station,
    pub product: &'a Product,
    pub book: &'a Book,
    pub watch: &'a Watch,
    pub stop: &'a AtomicBool,
    pub rework: bool,
    pub tool: &'a str,
}

/// What became of a unit.
#[derive(Debug)]
pub(super) enum End {
    /// It is good, and the ledger says so.
    Passed { took_ms: u64 },
    /// It is bad, and the ledger says so.
    Failed(Told),
    /// Nothing is known of it.
    Aborted(Told),
    /// It was not touched.
    Refused(Told),
    /// It was not touched, and nothing more can be made: a pool is empty, the limit is reached.
    NoMore(Told),
}

/// Why a unit has no verdict, and the line must stop.
#[derive(Debug)]
pub(super) struct Broken(pub Error);

/// A slot's work on one unit.
pub(super) struct Work<'a> {
    pub line: &'a Shared<'a>,
    pub slot: usize,
    pub name: &'a str,
    pub socket: &'a mut dyn Socket,
    /// Who was there when it began.
    operator: String,
}

/// What the boot ROM or a running loader says of its chip.
struct Asked {
    uid: UniqueId,
    hab: Option<Hab>,
    chip: &'static str,
}

/// What a write brought: phases, digests.
struct Made {
    detail: serde_json::Map<String, Json>,
}

/// Why a unit was not made.
enum Stop {
    /// An error of the board or of its link.
    Error(Box<Error>),
    /// It is not one of this job's, and was left as it is.
    Refused(Told),
    /// It is bad, although nothing failed.
    Bad(Told),
    /// Another board is there than before.
    Changed,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        if matches!(error, Error::OtherBoard { .. }) {
            return Stop::Changed;
        }
        Stop::Error(Box::new(error))
    }
}

impl Stop {
    fn is_link(&self) -> bool {
        matches!(self, Stop::Error(error) if is_link(error))
    }
}

type Outcome<T> = std::result::Result<T, Stop>;

impl<'a> Work<'a> {
    /// On the unit that is in the socket.
    pub(super) fn new(
        line: &'a Shared<'a>,
        (slot, name): (usize, &'a str),
        socket: &'a mut dyn Socket,
    ) -> Work<'a> {
        Work {
            operator: line.watch.look(|state| state.operator.clone()),
            line,
            slot,
            name,
            socket,
        }
    }

    /// Makes the unit that is in the socket.
    pub(super) fn make(&mut self) -> std::result::Result<End, Broken> {
        let began = Instant::now();
        self.show(SlotPhase::Asking);
        let asked = match self.ask_patiently() {
            Ok(asked) => asked,
            Err(error) => return self.unknown(&error),
        };
        let uid = match Uid::from_hex(&asked.uid.to_string()) {
            Ok(uid) => uid,
            Err(error) => return self.anonymous(&error.to_string()),
        };
        self.unit(&uid, &[]);
        if asked.hab == Some(Hab::Closed) {
            let told = Told::new(
                "unit-closed",
                "the chip is closed: it starts signed images only",
            )
            .next("put it aside: it was fused already");
            return self.untouched(Some(uid), &asked, told, "identify");
        }
        if let Some(refused) = self.before_hooks(uid, &asked) {
            return Ok(End::Refused(refused));
        }
        let open = match self.open(uid, &asked)? {
            Ok(open) => open,
            Err(end) => return Ok(end),
        };
        let history = self.history(uid)?;
        let opened = match self.patiently(|ledger| ledger.open(&open)) {
            Ok(opened) => opened,
            Err(Unbooked::Refused(refused)) => return Ok(of_refusal(&refused)),
            Err(Unbooked::Stopped(error)) => return Ok(End::Aborted(away(&error.to_string()))),
            Err(Unbooked::Broken(error)) => return Err(self.broken(error)),
        };
        self.line.book.show_pools();
        let open = opened.numbers.iter().filter(|it| !is_secret(&it.text));
        let numbers: Vec<String> = open.map(|it| it.text.clone()).collect();
        self.unit(&uid, &numbers);
        let attempt = opened.attempt.clone();
        let given = Given {
            uid,
            asked: &asked,
            numbers: &opened.numbers,
            history: &history,
        };
        let (made, retries) = self.write_patiently(&given);
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (finish, end) = self.judge(made, &given, &attempt, retries, took_ms);
        let booked = self.patiently(|ledger| ledger.finish(&attempt, &finish));
        match booked {
            Ok(()) => Ok(end),
            Err(Unbooked::Refused(refused)) => {
                let told = Told::new(refused.code(), refused.to_string());
                Ok(End::Aborted(told.next("put the board in again")))
            }
            // the verdict is not stored: it is none. The unit comes again, with the same numbers.
            Err(Unbooked::Stopped(error)) => Ok(End::Aborted(away(&error.to_string()))),
            Err(Unbooked::Broken(error)) => Err(self.broken(error)),
        }
    }

    /// Asks the ledger; while the database is away, the slot says that it waits.
    fn patiently<T>(
        &self,
        ask: impl FnMut(&mut Ledger) -> std::result::Result<T, rtboot_ledger::Error>,
    ) -> std::result::Result<T, Unbooked> {
        let waits = || self.show(SlotPhase::AwaitsLedger);
        self.line.book.patiently(self.line.stop, &waits, ask)
    }

    fn broken(&self, source: rtboot_ledger::Error) -> Broken {
        let address = super::station::without_password(&self.line.station.ledger_address());
        Broken(LineError::Ledger { address, source }.into())
    }

    fn show(&self, phase: SlotPhase) {
        let slot = self.slot;
        self.line.watch.change(|state| {
            if let Some(slot) = state.slots.get_mut(slot) {
                slot.phase = phase;
            }
        });
    }

    fn unit(&self, uid: &Uid, numbers: &[String]) {
        let unit = UnitWords {
            uid: uid.to_string(),
            numbers: numbers.to_vec(),
        };
        let slot = self.slot;
        self.line.watch.change(|state| {
            if let Some(slot) = state.slots.get_mut(slot) {
                slot.unit = Some(unit);
            }
        });
    }

    /// Asks the board who it is, again when the link breaks.
    fn ask_patiently(&mut self) -> Result<Asked> {
        let mut tried = 0;
        loop {
            let asked = ask(&self.socket.target(), self.line.product);
            let again = match &asked {
                Ok(asked) => asked.uid == NO_ID,
                Err(error) => is_link(error) && self.comes_back(),
            };
            if !again || tried == RETRIES {
                return asked;
            }
            tried += 1;
        }
    }

    /// Whether a board is in the socket, or comes back to it.
    fn comes_back(&mut self) -> bool {
        for _ in 0..BACK.as_millis() / LOOK.as_millis() {
            if self.line.stop.load(Ordering::SeqCst) {
                return false;
            }
            match self.socket.look() {
                Ok(Presence::Board) => return true,
                Ok(_) if self.socket.looks_until_empty() <= 1 => return false,
                _ => std::thread::sleep(LOOK),
            }
        }
        false
    }

    /// A board that does not even tell its id.
    fn unknown(&mut self, error: &Error) -> std::result::Result<End, Broken> {
        let told = told(error);
        let refused = matches!(error.exit_code(), 12);
        if is_link(error) && !matches!(self.socket.look(), Ok(Presence::Board)) {
            let told = Told::new(
                "pulled",
                "the board was taken out before it had told its id",
            );
            return Ok(End::Aborted(told.next("put the board in again")));
        }
        let verdict = if refused {
            Verdict::Aborted
        } else {
            Verdict::Fail
        };
        let open = Open::unknown(&self.line.product.sealed().id, self.name);
        self.book_at_once(self.named(open), verdict, &told, "identify")?;
        Ok(match refused {
            true => End::Refused(told),
            false => End::Failed(told),
        })
    }

    /// A chip without an id: nothing can be bound to it.
    fn anonymous(&self, reason: &str) -> std::result::Result<End, Broken> {
        let told = Told::new("no-unique-id", reason)
            .next("put the board aside: its chip has no id of its own");
        let open = Open::unknown(&self.line.product.sealed().id, self.name);
        self.book_at_once(self.named(open), Verdict::Fail, &told, "identify")?;
        Ok(End::Failed(told))
    }

    /// A unit that is known and left as it is.
    fn untouched(
        &self,
        uid: Option<Uid>,
        asked: &Asked,
        told: Told,
        step: &str,
    ) -> std::result::Result<End, Broken> {
        let job = &self.line.product.sealed().id;
        let mut open = match uid {
            Some(uid) => Open::new(job, self.name, uid),
            None => Open::unknown(job, self.name),
        };
        open.chip = asked.chip.to_owned();
        self.book_at_once(self.named(open), Verdict::Aborted, &told, step)?;
        Ok(End::Refused(told))
    }

    fn named(&self, mut open: Open) -> Open {
        open.operator.clone_from(&self.operator);
        open.tool = self.line.tool.to_owned();
        open.rework = self.line.rework;
        open
    }

    /// An attempt that ends as it begins. Where a rule forbids the row, the ledger knows better already.
    fn book_at_once(
        &self,
        open: Open,
        verdict: Verdict,
        told: &Told,
        step: &str,
    ) -> std::result::Result<(), Broken> {
        let finish = Finish::new(verdict)
            .because(&told.code, step)
            .detail(json!({ "what": told.what }));
        let finish = match verdict {
            Verdict::Fail => self.with_letters(
                finish,
                HookOn::Fail,
                &self.record(None, &[], &open.attempt, verdict, Some(told), &Json::Null),
            ),
            _ => finish,
        };
        let booked = self.patiently(|ledger| {
            let opened = ledger.open(&open)?;
            ledger.finish(&opened.attempt, &finish)
        });
        match booked {
            Ok(()) | Err(Unbooked::Refused(_) | Unbooked::Stopped(_)) => Ok(()),
            Err(Unbooked::Broken(error)) => Err(self.broken(error)),
        }
    }

    /// The hooks that may keep a unit from being made.
    fn before_hooks(&self, uid: Uid, asked: &Asked) -> Option<Told> {
        let hooks = self.line.station.hooks().iter();
        for hook in hooks.filter(|hook| hook.on == HookOn::BeforeUnit) {
            let record = json!({
                "event": "before-unit", "uid": uid.to_string(), "chip": asked.chip, "slot": self.name,
                "station": self.line.station.name(), "operator": self.operator,
                "job": self.line.product.job().name, "job_id": self.line.product.sealed().id,
            });
            if let Err(reason) = program::run(&hook.command, &record.to_string(), hook.limit()) {
                let what = format!("hook {}: {reason}", hook.name);
                return Some(Told::new("hook-refused", what).next("put the board aside"));
            }
        }
        None
    }

    /// The attempt that is to be opened, with all numbers that it wants.
    fn open(
        &self,
        uid: Uid,
        asked: &Asked,
    ) -> std::result::Result<std::result::Result<Open, End>, Broken> {
        let product = self.line.product;
        let mut open = self.named(Open::new(&product.sealed().id, self.name, uid));
        open.chip = asked.chip.to_owned();
        // only a pool of texts from outside asks before the ledger gives what the unit has
        let mut pools = product.job().pools.iter();
        let known = match pools.any(|pool| product.command_of(pool.name()).is_some()) {
            true => self.patiently(|ledger| ledger.numbers_of(uid)),
            false => Ok(Vec::new()),
        };
        let known = match known {
            Ok(known) => known,
            Err(Unbooked::Refused(refused)) => return Ok(Err(of_refusal(&refused))),
            Err(Unbooked::Stopped(error)) => {
                return Ok(Err(End::Aborted(away(&error.to_string()))));
            }
            Err(Unbooked::Broken(error)) => return Err(self.broken(error)),
        };
        for pool in &product.job().pools {
            let pool = pool.name();
            let has = known.iter().any(|number| number.pool == pool);
            open = match product.command_of(pool).filter(|_| !has) {
                None => open.want(Want::next(pool)),
                Some(command) => match self.text_from(command, pool, uid, asked) {
                    Ok(text) => open.want(Want::given(pool, text)),
                    Err(told) => return Ok(Err(End::Refused(told))),
                },
            };
        }
        Ok(Ok(open))
    }

    /// A text that a command of the station gives.
    fn text_from(
        &self,
        name: &str,
        pool: &str,
        uid: Uid,
        asked: &Asked,
    ) -> std::result::Result<String, Told> {
        let failed = |reason: String| {
            let what = format!("command {name} gave no text of pool {pool}: {reason}");
            Told::new("no-text", what).next("call whoever set this station up")
        };
        let commands = self.line.station.commands();
        let command = commands.iter().find(|command| command.name == name);
        let command = command.ok_or_else(|| failed("the station has none of that name".into()))?;
        let question = json!({
            "pool": pool, "uid": uid.to_string(), "chip": asked.chip, "slot": self.name,
            "station": self.line.station.name(), "job": self.line.product.job().name,
        });
        let said = program::run(&command.command, &question.to_string(), command.limit());
        let said = Zeroizing::new(said.map_err(failed)?);
        let mut text = Zeroizing::new(text_of_answer(&said).map_err(failed)?);
        if !self.line.product.job().has_secrets_in(pool) {
            return match is_secret(&text) {
                true => Err(failed(
                    "it is encrypted, and the pool is none of secrets".into(),
                )),
                false => Ok(std::mem::take(&mut *text)),
            };
        }
        // from here on it is nowhere in the clear until it is written
        let secrets = self.line.product.secrets();
        let secrets = secrets.map_err(|error| failed(error.to_string()))?;
        secrets.seal(&text).map_err(failed)
    }

    /// What the ledger knows of earlier attempts on this unit by this job, newest first.
    fn history(&self, uid: Uid) -> std::result::Result<Vec<Attempt>, Broken> {
        const MOST: u32 = 50;
        let job = &self.line.product.sealed().id;
        let known = self.patiently(|ledger| ledger.attempts_on(uid, MOST));
        match known {
            Ok(attempts) => Ok(attempts.into_iter().filter(|it| it.job == *job).collect()),
            // the attempt that is opened next finds out the same
            Err(Unbooked::Refused(_) | Unbooked::Stopped(_)) => Ok(Vec::new()),
            Err(Unbooked::Broken(error)) => Err(self.broken(error)),
        }
    }

    /// Writes and verifies, again when the link breaks and the same board is there again.
    fn write_patiently(&mut self, given: &Given<'_>) -> (Outcome<Made>, u32) {
        let mut retries = 0;
        loop {
            let made = self.write(given, retries > 0);
            match &made {
                Err(stop) if stop.is_link() && retries < RETRIES && self.comes_back() => {
                    retries += 1
                }
                _ => return (made, retries),
            }
        }
    }

    fn write(&mut self, given: &Given<'_>, again: bool) -> Outcome<Made> {
        let product = self.line.product;
        let numbers = given.numbers.iter().map(|number| {
            let unit = UnitNumber {
                value: number.value,
                text: number.text.clone(),
            };
            (number.pool.clone(), unit)
        });
        let numbers: BTreeMap<String, UnitNumber> = numbers.collect();
        let job = product.unit(&given.uid.to_string(), &numbers);
        // nothing was done to the unit: it is the job that does not fit
        let mut job = job.map_err(|error| {
            let told = Told::new(error.code(), error.to_string());
            Stop::Refused(told.next("call whoever set this station up"))
        })?;
        // A unit whose last attempt did not end well is not compared and left where it reads right, it is made anew: what a power cut
        // broke off may read right now and not later. A line keeps no journal; the attempt in the ledger takes its place.
        let last = given.history.first();
        if again || last.is_some_and(|last| last.verdict != Verdict::Pass) {
            job.write_all_anew();
        }
        let mut target = self.socket.target();
        target.chip = Some(product.chip());
        target.loader = product.loader().clone();
        let mut listener = Progress::new(self.line.watch, self.slot);
        let mut board = target.connect(&mut listener)?;
        let made = self.on_board(job, &target, &mut board, given, &mut listener);
        // a virtual board keeps what was done to it
        let saved = board.save();
        let made = made?;
        saved?;
        Ok(made)
    }

    fn on_board(
        &self,
        job: WriteJob,
        target: &Target,
        board: &mut Board,
        given: &Given<'_>,
        listener: &mut Progress<'_>,
    ) -> Outcome<Made> {
        let product = self.line.product;
        let modelled = board.modelled_time();
        let mut ready = job.identify(board, target, listener)?;
        // the board may be another one since it was asked; so far its flash was only looked at
        if ready.nor().loader_facts().unique_id != given.asked.uid {
            return Err(Stop::Changed);
        }
        let parts = &product.job().parts;
        let is_one = parts.is_empty() || ready.nor().may_be(parts);
        if !is_one {
            let what = format!(
                "the flash is {}, and the job is for {}",
                ready.nor().called(),
                parts.join(" or ")
            );
            return Err(Stop::Refused(
                Told::new("wrong-part", what).next(NOT_OF_JOB),
            ));
        }
        let plan = ready.plan(listener)?;
        let fresh = given.history.is_empty() && !self.line.rework;
        if fresh
            && product.before() == Before::Blank
            && let Some(at) = plan.overwrites()
        {
            let what = format!("flash holds something at {at:#010x} that this line did not write");
            let told = Told::new("unexpected-image", what);
            let next = "put the board aside: it is another product, or was made before";
            return Err(Stop::Refused(told.next(next)));
        }
        let report = ready.write(&plan, listener)?;
        let verdict = ready.verdict(&plan, &report, listener)?;
        let mut detail = serde_json::Map::new();
        let bad = |code, next: &str| {
            let told = Told::new(code, verdict.words()).next("put the board aside as bad");
            Err(Stop::Bad(told.next(next)))
        };
        let may_pass = product.job().limits.start_unknown == StartUnknown::Pass;
        match verdict.starts {
            Starts::Yes => {}
            Starts::No => {
                return bad("would-not-start", "correct the job: no unit of it starts");
            }
            Starts::Unknown if may_pass => {
                detail.insert("start_unknown".into(), verdict.why().into());
            }
            Starts::Unknown => {
                let next = "correct the job; where its units are known to start, its limits may say `start-unknown = \"pass\"`";
                return bad("start-unknown", next);
            }
        }
        let phases = ready
            .phases()
            .iter()
            .map(|(stage, time)| (stage.name().to_owned(), json!(time.as_millis() as u64)));
        detail.insert("phases_ms".into(), Json::Object(phases.collect()));
        // a digest over a short secret and what everybody knows would give it away
        let mut memory = ready.layout().memory.clone();
        for (at, size) in product.job().secret_areas() {
            memory.remove(at, size as usize);
        }
        let digest = sha256(memory.segments().map(|(_, bytes)| bytes));
        detail.insert("flash_sha256".into(), digest.into());
        detail.insert("image_sha256".into(), product.image_sha256().into());
        detail.insert("part".into(), ready.nor().called().into());
        detail.insert("jedec".into(), ready.nor().part().jedec.to_string().into());
        detail.insert("changed".into(), report.changed.into());
        drop(ready);
        // and it may be another one since it was written
        if ask_board(board, product)?.uid != given.asked.uid {
            return Err(Stop::Changed);
        }
        if let (Some(before), Some(now)) = (modelled, board.modelled_time()) {
            detail.insert(
                "modelled_ms".into(),
                json!(now.saturating_sub(before).as_millis() as u64),
            );
        }
        if let Some(loader) = &listener.known.flashloader {
            detail.insert("loader".into(), loader.clone().into());
        }
        if let Some(sha256) = &listener.known.flashloader_sha256 {
            detail.insert("loader_sha256".into(), sha256.clone().into());
        }
        Ok(Made { detail })
    }

    /// The verdict, as the ledger and the screen get it.
    fn judge(
        &mut self,
        made: Outcome<Made>,
        given: &Given<'_>,
        attempt: &AttemptId,
        retries: u32,
        took_ms: u64,
    ) -> (Finish, End) {
        let common = |mut detail: serde_json::Map<String, Json>| {
            detail.insert("ms".into(), took_ms.into());
            detail.insert("retries".into(), retries.into());
            Json::Object(detail)
        };
        let stop = match made {
            Ok(made) => {
                let detail = common(made.detail);
                let record = self.record(
                    Some(given.uid),
                    given.numbers,
                    attempt,
                    Verdict::Pass,
                    None,
                    &detail,
                );
                let finish = Finish::new(Verdict::Pass).detail(detail);
                let finish = self.with_letters(finish, HookOn::Pass, &record);
                return (finish, End::Passed { took_ms });
            }
            Err(stop) => stop,
        };
        let gone = stop.is_link() && !matches!(self.socket.look(), Ok(Presence::Board));
        let (kind, told, step) = match stop {
            Stop::Error(_) if gone => {
                let told = Told::new("pulled", "the board was taken out before it was done");
                (
                    End::Aborted as fn(Told) -> End,
                    told.next("put the board in again"),
                    "link",
                )
            }
            Stop::Error(error) => {
                let kind = match &*error {
                    Error::Interrupted { .. } => End::Aborted as fn(Told) -> End,
                    error if is_refusal(error) => End::Refused,
                    _ => End::Failed,
                };
                let mut told = told(&error);
                if self.line.product.job().has_secrets() {
                    told.what = without_bytes(&told.what);
                }
                (kind, told, step_of(&error))
            }
            Stop::Refused(told) => (End::Refused as fn(Told) -> End, told, "identify"),
            Stop::Bad(told) => (End::Failed as fn(Told) -> End, told, "verdict"),
            Stop::Changed => {
                let told = Told::new(
                    "board-changed",
                    "another board is in the slot than the one that was asked who it is",
                );
                let told = told.next("put both boards aside, and check which is which");
                (End::Aborted as fn(Told) -> End, told, "link")
            }
        };
        let detail = common(serde_json::Map::from_iter([(
            "what".to_owned(),
            json!(told.what),
        )]));
        let end = kind(told.clone());
        if !matches!(end, End::Failed(_)) {
            let finish = Finish::new(Verdict::Aborted)
                .because(&told.code, step)
                .detail(detail);
            return (finish, end);
        }
        let record = self.record(
            Some(given.uid),
            given.numbers,
            attempt,
            Verdict::Fail,
            Some(&told),
            &detail,
        );
        let finish = Finish::new(Verdict::Fail)
            .because(&told.code, step)
            .detail(detail);
        (self.with_letters(finish, HookOn::Fail, &record), end)
    }

    /// What hooks are told of an attempt. The same record has the same attempt, however often it is told.
    fn record(
        &self,
        uid: Option<Uid>,
        numbers: &[Number],
        attempt: &AttemptId,
        verdict: Verdict,
        told: Option<&Told>,
        detail: &Json,
    ) -> Json {
        let numbers = numbers
            .iter()
            .map(|it| (it.pool.clone(), json!(shown(&it.text))));
        json!({
            "event": verdict.name(),
            "attempt": attempt.as_str(),
            "uid": uid.map(|uid| uid.to_string()),
            "numbers": Json::Object(numbers.collect()),
            "verdict": verdict.name(),
            "code": told.map(|told| &told.code),
            "what": told.map(|told| &told.what),
            "slot": self.name,
            "station": self.line.station.name(),
            "operator": self.operator,
            "job": self.line.product.job().name,
            "job_id": self.line.product.sealed().id,
            "tool": self.line.tool,
            "rework": self.line.rework,
            "detail": detail,
        })
    }

    fn with_letters(&self, finish: Finish, on: HookOn, record: &Json) -> Finish {
        let hooks = self
            .line
            .station
            .hooks()
            .iter()
            .filter(|hook| hook.on == on);
        hooks.fold(finish, |finish, hook| {
            finish.letter(&hook.name, record.clone())
        })
    }
}

/// A unit with its numbers, and what is known of it.
struct Given<'a> {
    uid: Uid,
    asked: &'a Asked,
    numbers: &'a [Number],
    /// Earlier attempts by this job, newest first.
    history: &'a [Attempt],
}

/// What an operator does with a unit that is not of the job.
const NOT_OF_JOB: &str = "put the board aside: it is not of this job";

fn ask(target: &Target, product: &Product) -> Result<Asked> {
    let mut board = target.connect(&mut ())?;
    ask_board(&mut board, product)
}

/// Asks whatever runs on the board who its chip is; nothing is loaded and nothing is changed.
fn ask_board(board: &mut Board, product: &Product) -> Result<Asked> {
    let chip = product.chip();
    let mut program = board.program()?;
    // one that was just plugged in, or that resets, takes a moment
    if program.is_none() && board.await_program(Program::Rom, BACK)? {
        program = Some(Program::Rom);
    }
    match program {
        Some(Program::Rom) => {}
        Some(Program::Flashloader) => {
            let loader = Flashloader::join(board, Some(chip), &mut ())?;
            return Ok(Asked {
                uid: loader.facts().unique_id,
                hab: None,
                chip: loader.chip().name,
            });
        }
        None => {
            return Err(Error::NoBoard {
                selector: board.name(),
                seen_instead: Vec::new(),
            });
        }
    }
    let rom = Rom::connect(board)?;
    let identity = rom.identify(Some(chip))?;
    // without one nothing can be bound to it, as with one of zeros
    let uid = rom.facts().unique_id.unwrap_or(NO_ID);
    Ok(Asked {
        uid,
        hab: rom.facts().hab,
        chip: identity.chip.name,
    })
}

/// Whether the link broke: what may go well the next time.
fn is_link(error: &Error) -> bool {
    matches!(error.exit_code(), 10 | 15)
        || matches!(
            error,
            Error::LoaderSilent { .. } | Error::OwnLoaderSilent { .. }
        )
}

/// Whether the unit was left as it was because it is not one of this job's.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::PartMismatch { .. } | Error::FcbUnfit { .. }) || error.exit_code() == 12
}

fn step_of(error: &Error) -> &'static str {
    match error.exit_code() {
        10..=15 => "link",
        20 | 21 => "load",
        30 => "identify",
        31 => "erase",
        32 => "program",
        33 => "verify",
        _ => "write",
    }
}

/// An error for the operator: commands are for the engineer, and stay out.
fn told(error: &Error) -> Told {
    let first = match error.exit_code() {
        12 => NOT_OF_JOB,
        30 => "put the board aside: its flash does not do for the job",
        10 | 15 => "put the board in again; if it fails again, put it aside",
        _ => "put the board aside as bad",
    };
    with_acts(
        Told::new(error.code(), error.to_string()).next(first),
        error,
    )
}

/// With what the error's advice says that is no command.
pub(super) fn with_acts(told: Told, error: &Error) -> Told {
    let next = advice(error).next.into_iter();
    let acts = next.filter_map(|next| match next {
        Next::Act(text) | Next::Measure(text) => Some(text),
        Next::Run(_) => None,
    });
    acts.fold(told, Told::next)
}

fn of_refusal(refused: &Refused) -> End {
    let told = Told::new(refused.code(), refused.to_string());
    match refused {
        Refused::AlreadyPassed { .. } => End::Refused(told.next("take the board out: it is done")),
        Refused::HeldElsewhere { .. } => {
            End::Refused(told.next("take the board out: two boards have one id"))
        }
        Refused::PoolEmpty { .. } | Refused::LimitReached { .. } => {
            End::NoMore(told.next("take the board out"))
        }
        _ => End::Refused(told.next("take the board out")),
    }
}

fn away(error: &str) -> Told {
    let what = format!("the line was stopped while the database was away: {error}");
    Told::new("ledger-away", what).next("put the board in again when the database is there")
}

/// The text that a command answers with: JSON with `text`, or one plain line.
fn text_of_answer(said: &str) -> std::result::Result<String, String> {
    let said = said.trim();
    let text = match serde_json::from_str::<Json>(said) {
        // taken and not copied: it may be a secret
        Ok(Json::Object(mut answer)) => match answer.remove("text") {
            Some(Json::String(text)) => text,
            _ => return Err("its answer has no \"text\"".into()),
        },
        _ => said.to_owned(),
    };
    match text.is_empty() || text.len() > 4096 || text.chars().any(char::is_control) {
        true => Err("its answer is empty, too long, or has control characters".into()),
        false => Ok(text),
    }
}

/// Draws a unit's stages, and remembers what they told.
struct Progress<'a> {
    watch: &'a Watch,
    slot: usize,
    known: Known,
    stage: Option<(Stage, u64)>,
    percent: u8,
    drawn: Option<Instant>,
}

/// Where each stage of a unit begins, in percent of a usual unit's time on blank flash, and how much it is.
const SHARES: [(Stage, u8, u8); 7] = [
    (Stage::Load, 0, 8),
    (Stage::Compare, 8, 8),
    (Stage::Erase, 16, 30),
    (Stage::BlankCheck, 46, 2),
    (Stage::Program, 46, 40),
    (Stage::Verify, 86, 12),
    (Stage::Trial, 98, 1),
];

impl Progress<'_> {
    fn new(watch: &Watch, slot: usize) -> Progress<'_> {
        Progress {
            watch,
            slot,
            known: Known::default(),
            stage: None,
            percent: 0,
            drawn: None,
        }
    }

    fn draw(&mut self, stage: Stage, done: u64, total: u64) {
        if let Some((_, start, share)) = SHARES.iter().find(|(it, ..)| *it == stage) {
            let part = (u64::from(*share) * done).checked_div(total).unwrap_or(0);
            // a bar never goes back
            self.percent = self.percent.max(start + part.min(u64::from(*share)) as u8);
        }
        let (slot, percent) = (self.slot, self.percent);
        self.watch.change(|state| {
            if let Some(slot) = state.slots.get_mut(slot) {
                slot.phase = SlotPhase::Working {
                    stage,
                    done,
                    total,
                    percent,
                };
            }
        });
    }
}

impl Listener for Progress<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Begin { stage, total } => {
                self.stage = Some((stage, total));
                self.drawn = Some(Instant::now());
                self.draw(stage, 0, total);
            }
            Event::Progress { stage, done }
                if self.drawn.is_none_or(|at| at.elapsed() >= REDRAW) =>
            {
                self.drawn = Some(Instant::now());
                let total = self.stage.map_or(done, |(_, total)| total);
                self.draw(stage, done, total);
            }
            Event::Known(known) => self.known.add(*known),
            _ => {}
        }
    }
}
