//! The board's virtual time made to follow the clock on the wall.
//!
//! What the board does costs virtual time at once: it is then ahead, and its answer is held back until the wall clock gets
//! there. While nobody asks for anything the board is behind, and is told so when somebody does.

use std::time::{Duration, Instant};

/// Where virtual time stands against the wall clock.
#[derive(Clone, Debug)]
pub struct Pace {
    /// At this moment …
    wall: Instant,
    /// … virtual time was to be this.
    virtual_time: Duration,
    /// Virtual time when the board was last left.
    left: Duration,
}

impl Pace {
    /// A board at virtual time `elapsed` goes on from now.
    pub fn new(elapsed: Duration, now: Instant) -> Pace {
        Pace {
            wall: now,
            virtual_time: elapsed,
            left: elapsed,
        }
    }

    fn due(&self, now: Instant) -> Duration {
        self.virtual_time + now.saturating_duration_since(self.wall)
    }

    /// The board is looked at: how far it is behind. When somebody else has let time pass, that is taken as it is.
    pub fn enter(&mut self, elapsed: Duration, now: Instant) -> Duration {
        if elapsed > self.left && elapsed > self.due(now) {
            self.forgive(elapsed, now);
        }
        self.due(now).saturating_sub(elapsed)
    }

    /// The board is left alone.
    pub fn leave(&mut self, elapsed: Duration) {
        self.left = elapsed;
    }

    /// How far the board is ahead.
    pub fn ahead(&self, elapsed: Duration, now: Instant) -> Duration {
        elapsed.saturating_sub(self.due(now))
    }

    /// Virtual time is right as it is.
    pub fn forgive(&mut self, elapsed: Duration, now: Instant) {
        self.wall = now;
        self.virtual_time = elapsed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn busy_board_is_ahead_of_the_wall_clock() {
        let start = Instant::now();
        let mut pace = Pace::new(MS(1000), start);
        assert_eq!(pace.enter(MS(1000), start + MS(5)), MS(5));
        // an erase of 50 ms begun at 1005
        pace.leave(MS(1055));
        assert_eq!(pace.enter(MS(1055), start + MS(15)), MS(0));
        assert_eq!(pace.ahead(MS(1055), start + MS(15)), MS(40));
        assert_eq!(pace.ahead(MS(1055), start + MS(55)), MS(0));
        assert_eq!(pace.enter(MS(1055), start + MS(75)), MS(20));
    }

    #[test]
    fn time_passed_elsewhere_is_not_waited_for() {
        let start = Instant::now();
        let mut pace = Pace::new(MS(0), start);
        pace.leave(MS(0));
        assert_eq!(pace.enter(MS(30_000), start + MS(10)), MS(0));
        assert_eq!(pace.ahead(MS(30_000), start + MS(10)), MS(0));
        // what they did slower than the wall clock is caught up with
        pace.leave(MS(30_000));
        assert_eq!(pace.enter(MS(30_001), start + MS(20)), MS(9));
    }
}
