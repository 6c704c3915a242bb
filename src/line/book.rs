//! The ledger as slots share it: one at a time, and with patience while the database is away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rtboot_ledger::{Error, Ledger, Refused};

use super::state::{PoolLeft, Watch};

/// Between two tries to reach a database that is away.
const AGAIN: Duration = Duration::from_millis(500);
/// Between two looks whether the line is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// A ledger that several threads use.
pub(super) struct Book {
    ledger: Mutex<Ledger>,
    watch: Watch,
}

/// Why something is not in the ledger.
#[derive(Debug)]
pub(super) enum Unbooked {
    /// A rule forbids it.
    Refused(Refused),
    /// The database is away, and the line was stopped while it waited for it.
    Stopped(Error),
    /// Nothing more can be booked at all.
    Broken(Error),
}

impl Book {
    pub(super) fn new(ledger: Ledger, watch: Watch) -> Book {
        Book {
            ledger: Mutex::new(ledger),
            watch,
        }
    }

    /// Asks once.
    pub(super) fn once<T>(
        &self,
        ask: impl FnOnce(&mut Ledger) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&mut ledger)
    }

    /// Asks again and again while the database is away, until the line is to stop; then once more. `waits` is called before each wait. What is asked must be the same
    /// when it is asked twice, for an answer can get lost.
    pub(super) fn patiently<T>(
        &self,
        stop: &AtomicBool,
        waits: &dyn Fn(),
        mut ask: impl FnMut(&mut Ledger) -> Result<T, Error>,
    ) -> Result<T, Unbooked> {
        loop {
            let stopping = stop.load(Ordering::SeqCst);
            match self.once(&mut ask) {
                Ok(done) => {
                    self.is_there();
                    return Ok(done);
                }
                Err(Error::Refused(refused)) => {
                    self.is_there();
                    return Err(Unbooked::Refused(refused));
                }
                Err(error) if error.is_passing() => {
                    let words = error.to_string();
                    self.watch.change(|state| state.ledger_away = Some(words));
                    waits();
                    if stopping {
                        return Err(Unbooked::Stopped(error));
                    }
                    pause(AGAIN, stop);
                }
                Err(error) => return Err(Unbooked::Broken(error)),
            }
        }
    }

    fn is_there(&self) {
        if self.watch.look(|state| state.ledger_away.is_some()) {
            self.watch.change(|state| state.ledger_away = None);
        }
    }

    /// Brings what is left of the pools up to date; a look that fails changes nothing.
    pub(super) fn show_pools(&self) {
        let Ok(left) = self.once(Ledger::pools_left) else {
            return;
        };
        let left = left.into_iter().map(|(pool, left)| PoolLeft { pool, left });
        let left: Vec<PoolLeft> = left.collect();
        self.watch.change(|state| state.pools = left);
    }

    pub(super) fn into_ledger(self) -> Ledger {
        self.ledger
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits this long, or until the line is to stop.
pub(super) fn pause(time: Duration, stop: &AtomicBool) {
    let mut left = time;
    while !left.is_zero() && !stop.load(Ordering::SeqCst) {
        let slice = LOOK.min(left);
        std::thread::sleep(slice);
        left -= slice;
    }
}
