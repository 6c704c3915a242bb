//! What a line is doing, at one instant: all that a screen or a web page shows.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::event::Stage;

/// A line at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LineState {
    /// The job.
    pub job: JobWords,
    /// The station's name.
    pub station: String,
    /// Who is there. Attempts that begin are this person's: [`Watch::set_operator`].
    pub operator: String,
    /// When this run began, in milliseconds since 1970.
    pub began_ms: Option<i64>,
    /// Each slot, in the order of the station's settings.
    pub slots: Vec<SlotState>,
    /// What became of the attempts of this run.
    pub counts: Counts,
    /// Numbers that are left of each pool.
    pub pools: Vec<PoolLeft>,
    /// Letters that hooks have not taken yet: labels to print, records to post.
    pub letters_waiting: usize,
    /// What the last hook said that did not take its letter.
    pub hook_error: Option<String>,
    /// Why the ledger cannot be reached, while it cannot: nothing is begun then, and no verdict is shown.
    pub ledger_away: Option<String>,
    /// No unit is begun any more; those that run are finished.
    pub stopping: bool,
    /// Why the line has ended, when it has.
    pub ended: Option<Told>,
    /// The last verdicts, the newest at the end: a screen that is slow finds those here that slots do not show any more.
    #[serde(skip)]
    pub verdicts: VecDeque<SlotVerdict>,
}

/// A verdict as its slot showed it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SlotVerdict {
    /// Its number in this run, from 1 on.
    pub number: u64,
    /// The slot as it was.
    pub slot: SlotState,
}

/// So many verdicts are kept for a screen that is slow: it looks ten times a second.
const VERDICTS_KEPT: usize = 256;

impl LineState {
    /// What slot number `at` shows is a verdict: it is kept for screens that look too late. The line does it; a screen that is tried
    /// out may, too.
    pub fn show_verdict(&mut self, at: usize) {
        let Some(slot) = self.slots.get(at).cloned() else {
            return;
        };
        let number = self.verdicts.back().map_or(1, |last| last.number + 1);
        self.verdicts.push_back(SlotVerdict { number, slot });
        while self.verdicts.len() > VERDICTS_KEPT {
            self.verdicts.pop_front();
        }
    }

    /// How long the run has lasted at this instant, where it has begun.
    pub fn lasted(&self, now_ms: i64) -> Option<Duration> {
        let ms = now_ms.checked_sub(self.began_ms?)?;
        u64::try_from(ms).ok().map(Duration::from_millis)
    }

    /// Units that passed in an hour of this run, as far as it lasted; of the first minute there is none to tell.
    pub fn per_hour(&self, now_ms: i64) -> Option<u64> {
        let lasted = self.lasted(now_ms)?.as_secs();
        (lasted >= 60).then(|| self.counts.passed.saturating_mul(3600) / lasted)
    }

    /// Verdicts that came after `before`.
    pub fn verdicts_since(&self, before: &LineState) -> impl Iterator<Item = &SlotVerdict> {
        let seen = before.verdicts.back().map_or(0, |last| last.number);
        self.verdicts
            .iter()
            .filter(move |verdict| verdict.number > seen)
    }
}

/// A job in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobWords {
    /// The product's name.
    pub name: String,
    /// The sealed job's id: a SHA-256 in hex.
    pub id: String,
    /// The key that sealed it, in hex.
    pub sealed_by: String,
    /// How many units may pass, where there is a limit.
    pub units: Option<u32>,
}

/// Numbers that are left of a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PoolLeft {
    /// The pool.
    pub pool: String,
    /// How many.
    pub left: i64,
}

/// What became of attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Units that are good.
    pub passed: u64,
    /// Units that are bad.
    pub failed: u64,
    /// Units of which nothing is known: pulled too early, stopped.
    pub aborted: u64,
    /// Units that were not touched: done already, another chip, another product in flash.
    pub refused: u64,
}

/// A share of units: `33.3 %`, rounded down, for 99.96 % is not all; `None` of nothing.
pub fn percent(part: u64, whole: u64) -> Option<String> {
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole))?;
    Some(format!("{}.{} %", tenths / 10, tenths % 10))
}

/// A slot at one instant.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SlotState {
    /// Its name.
    pub name: String,
    /// Where its boards are: a selector.
    pub board: String,
    /// What goes on in it.
    #[serde(flatten)]
    pub phase: SlotPhase,
    /// The unit in it, as far as it is known.
    pub unit: Option<UnitWords>,
    /// What became of its attempts in this run.
    pub counts: Counts,
    /// Failures since the last pass.
    pub failures_in_a_row: u32,
}

/// What goes on in a slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SlotPhase {
    /// It waits for a board.
    #[default]
    Empty,
    /// Something is in it that is no board in serial-download mode.
    NoBoard {
        /// What it is, and what to do.
        told: Told,
    },
    /// A board is asked who it is.
    Asking,
    /// A unit is being made.
    Working {
        /// The stage.
        stage: Stage,
        /// Bytes of the stage that are done.
        done: u64,
        /// Bytes of the stage.
        total: u64,
        /// How far the whole unit is, in percent.
        percent: u8,
    },
    /// The unit waits for the ledger. It may be good or bad: that is not known before it is stored.
    AwaitsLedger,
    /// The unit is good, and the ledger has it.
    Passed {
        /// Milliseconds from the first question to the verdict.
        took_ms: u64,
    },
    /// The unit is bad, and the ledger has it.
    Failed {
        /// Why, and what to do.
        told: Told,
    },
    /// Nothing is known of the unit: it was pulled too early, or its link broke.
    Aborted {
        /// Why, and what to do.
        told: Told,
    },
    /// The unit was not touched.
    Refused {
        /// Why, and what to do.
        told: Told,
    },
    /// The slot is taken out: too many failures, or it cannot be used.
    Out {
        /// Why, and what to do.
        told: Told,
    },
    /// The line has stopped.
    Off,
}

impl SlotPhase {
    /// Its name on a screen, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            SlotPhase::Empty => "READY",
            SlotPhase::NoBoard { .. } => "NO BOARD",
            SlotPhase::Asking | SlotPhase::Working { .. } => "BUSY",
            SlotPhase::AwaitsLedger => "WAITING",
            SlotPhase::Passed { .. } => "PASS",
            SlotPhase::Failed { .. } => "FAIL",
            SlotPhase::Aborted { .. } => "ABORTED",
            SlotPhase::Refused { .. } => "REFUSED",
            SlotPhase::Out { .. } => "OUT",
            SlotPhase::Off => "OFF",
        }
    }

    /// Its name for programs: the tag that it is serialized with.
    pub fn name(&self) -> &'static str {
        match self {
            SlotPhase::Empty => "empty",
            SlotPhase::NoBoard { .. } => "no-board",
            SlotPhase::Asking => "asking",
            SlotPhase::Working { .. } => "working",
            SlotPhase::AwaitsLedger => "awaits-ledger",
            SlotPhase::Passed { .. } => "passed",
            SlotPhase::Failed { .. } => "failed",
            SlotPhase::Aborted { .. } => "aborted",
            SlotPhase::Refused { .. } => "refused",
            SlotPhase::Out { .. } => "out",
            SlotPhase::Off => "off",
        }
    }

    /// What happened, where something is to be said of it.
    pub fn told(&self) -> Option<&Told> {
        match self {
            SlotPhase::NoBoard { told }
            | SlotPhase::Failed { told }
            | SlotPhase::Aborted { told }
            | SlotPhase::Refused { told }
            | SlotPhase::Out { told } => Some(told),
            _ => None,
        }
    }

    /// What the operator does next, in a few words.
    pub fn next(&self) -> &str {
        match self {
            SlotPhase::Empty => "put a board in",
            SlotPhase::Asking | SlotPhase::Working { .. } => "leave the board in",
            SlotPhase::AwaitsLedger => "leave the board in: the database cannot be reached",
            SlotPhase::Passed { .. } => "take the board out",
            SlotPhase::NoBoard { told }
            | SlotPhase::Failed { told }
            | SlotPhase::Aborted { told }
            | SlotPhase::Refused { told }
            | SlotPhase::Out { told } => told.next.first().map_or("take the board out", |it| it),
            SlotPhase::Off => "",
        }
    }
}

/// What happened, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Told {
    /// A stable code: of an error, or of a rule of the line.
    pub code: String,
    /// What happened.
    pub what: String,
    /// What to do, the likeliest first.
    pub next: Vec<String>,
}

impl Told {
    /// With nothing to do yet.
    pub fn new(code: impl Into<String>, what: impl Into<String>) -> Told {
        Told {
            code: code.into(),
            what: what.into(),
            next: Vec::new(),
        }
    }

    /// With one more thing to do.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Told {
        self.next.push(next.into());
        self
    }
}

/// A unit, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnitWords {
    /// The chip's unique id: 16 hex digits.
    pub uid: String,
    /// Its numbers as text, in the order of the job's pools: the first one is the serial number, mostly.
    pub numbers: Vec<String>,
}

/// Characters of an operator's name.
const LONGEST_OPERATOR: usize = 80;

/// The state of a line, shared by its slots and its screens.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<(u64, LineState)>,
    changed: Condvar,
}

impl Watch {
    /// Of a line that has not begun.
    pub fn new() -> Watch {
        Watch::default()
    }

    fn lock(&self) -> MutexGuard<'_, (u64, LineState)> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state now, and its number, which goes up with each change.
    pub fn now(&self) -> (u64, LineState) {
        self.lock().clone()
    }

    /// Another person is there: a name, or what a badge says. Attempts that begin from now on are this person's; those that run stay
    /// the other's. Returns the name as it is kept.
    ///
    /// # Errors
    /// In words: no name at all, or one that is too long.
    pub fn set_operator(&self, name: &str) -> Result<String, String> {
        let plain = name.chars().filter(|c| !c.is_control());
        let name = plain.collect::<String>().trim().to_owned();
        match name.chars().count() {
            0 => Err("nobody is named".into()),
            count if count > LONGEST_OPERATOR => Err(format!(
                "{count} characters are no name: at most {LONGEST_OPERATOR}"
            )),
            _ => {
                self.change(|state| state.operator.clone_from(&name));
                Ok(name)
            }
        }
    }

    /// Something of the state now, without a copy of all of it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&LineState) -> T) -> T {
        look(&self.lock().1)
    }

    /// The state as soon as it is another one than number `seen`, or after `limit`.
    pub fn after(&self, seen: u64, limit: Duration) -> (u64, LineState) {
        let guard = self.lock();
        let waited = self
            .0
            .changed
            .wait_timeout_while(guard, limit, |(number, _)| *number == seen);
        match waited {
            Ok((guard, _)) => guard.clone(),
            Err(poisoned) => poisoned.into_inner().0.clone(),
        }
    }

    /// Changes the state and wakes whoever waits for that. The line does it; a screen that is tried out may, too.
    pub fn change<T>(&self, change: impl FnOnce(&mut LineState) -> T) -> T {
        let mut guard = self.lock();
        let (number, state) = &mut *guard;
        *number += 1;
        let done = change(state);
        drop(guard);
        self.0.changed.notify_all();
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_is_that_of_the_run_and_a_clock_that_went_back_gives_none() {
        let mut state = LineState::default();
        assert_eq!(state.per_hour(1_000_000), None);
        state.began_ms = Some(1_000_000);
        state.counts.passed = 90;
        assert_eq!(state.per_hour(1_000_000 + 59_000), None);
        assert_eq!(state.per_hour(1_000_000 + 1_800_000), Some(180));
        assert_eq!(state.per_hour(0), None);
        assert_eq!(state.lasted(1_002_000), Some(Duration::from_secs(2)));
    }
}
