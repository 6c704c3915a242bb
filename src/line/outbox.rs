//! Letters to hooks: stored with the verdict, told after it, as often as it takes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rtboot_ledger::{Ledger, Letter};

use super::book::{Book, pause};
use super::program;
use super::state::Watch;
use super::station::Station;

/// Between two looks for letters.
const LOOK: Duration = Duration::from_millis(200);
/// The longest pause after a hook has failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Tells hooks until the line has ended, then once more what is left.
pub(super) fn run(book: &Book, station: &Station, watch: &Watch, ended: &AtomicBool) {
    let mut due = Due::default();
    loop {
        let last = ended.load(Ordering::SeqCst);
        if last {
            due = Due::default();
        }
        deliver(book, station, watch, &mut due);
        if last {
            return;
        }
        pause(LOOK, ended);
    }
}

/// When each letter is tried again.
type Due = BTreeMap<(String, String), Instant>;

fn deliver(book: &Book, station: &Station, watch: &Watch, due: &mut Due) {
    // a database that is away is the slots' affair: the letters are safe in it
    let Ok(letters) = book.once(Ledger::letters) else {
        return;
    };
    let mut waiting = letters.len();
    show(watch, waiting, None);
    let now = Instant::now();
    for letter in letters {
        let key = (letter.attempt.clone(), letter.hook.clone());
        if due.get(&key).is_some_and(|at| *at > now) {
            continue;
        }
        let told = tell(station, &letter);
        if book
            .once(|ledger| ledger.told(&letter, told.as_ref().err().map(String::as_str)))
            .is_err()
        {
            return;
        }
        match told {
            Ok(()) => {
                due.remove(&key);
                waiting -= 1;
                show(watch, waiting, None);
            }
            Err(error) => {
                let tries = u32::try_from(letter.tries).unwrap_or(u32::MAX).min(6);
                let pause = Duration::from_secs(1 << tries).min(LONGEST_PAUSE);
                due.insert(key, Instant::now() + pause);
                show(
                    watch,
                    waiting,
                    Some(format!("hook {}: {error}", letter.hook)),
                );
            }
        }
    }
}

/// The record, with how often it was told before: a label that is printed a second time can say so.
fn tell(station: &Station, letter: &Letter) -> Result<(), String> {
    let hook = station.hooks().iter().find(|hook| hook.name == letter.hook);
    let hook = hook.ok_or("the station has none of that name")?;
    let mut record: serde_json::Value =
        serde_json::from_str(&letter.body).map_err(|error| format!("its record: {error}"))?;
    if let Some(record) = record.as_object_mut() {
        record.insert("tries".into(), letter.tries.into());
    }
    program::run(&hook.command, &record.to_string(), hook.limit()).map(drop)
}

fn show(watch: &Watch, waiting: usize, error: Option<String>) {
    let (known, before) = watch.look(|state| (state.letters_waiting, state.hook_error.clone()));
    let hook_error = match (&error, waiting) {
        (Some(_), _) => error,
        (None, 0) => None,
        (None, _) => before.clone(),
    };
    if known != waiting || before != hook_error {
        watch.change(|state| {
            state.letters_waiting = waiting;
            state.hook_error = hook_error;
        });
    }
}
