//! How much time is left: what the stages of a run should take, set right by what they have taken so far. Pure: the caller brings the
//! time.
//!
//! Stages differ a hundredfold in time for a byte, and so do the erases of a sector and of a block. So each stage is told in spans, and
//! what counts is their time.

use std::time::Duration;

use crate::event::Stage;

/// A stage that is about to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// Which.
    pub stage: Stage,
    /// Bytes of each span, in order, and how long they should take; nothing where only the bytes of the stage are known.
    pub spans: Vec<(u64, Duration)>,
}

impl Coming {
    /// A stage of which only the bytes are known: on a UART, or on USB.
    pub fn by_bytes(stage: Stage, bytes: u64, over_uart: bool) -> Coming {
        let nanoseconds = bytes.saturating_mul(cost(stage, over_uart));
        Coming {
            stage,
            spans: vec![(bytes, Duration::from_nanos(nanoseconds))],
        }
    }

    fn bytes(&self) -> u64 {
        self.spans.iter().map(|(bytes, _)| bytes).sum()
    }

    /// How long all of it should take.
    pub fn time(&self) -> Duration {
        self.spans.iter().map(|(_, time)| *time).sum()
    }

    /// The same stage for another number of bytes.
    fn resize(&mut self, bytes: u64, over_uart: bool) {
        match self.bytes() {
            0 => *self = Coming::by_bytes(self.stage, bytes, over_uart),
            known if known != bytes => {
                let time = self.time().mul_f64(bytes as f64 / known as f64);
                self.spans = vec![(bytes, time)];
            }
            _ => {}
        }
    }

    /// How long the first `done` bytes should take.
    fn time_of(&self, done: u64) -> Duration {
        let mut left = done;
        let mut sum = Duration::ZERO;
        for (bytes, time) in &self.spans {
            let part = left.min(*bytes);
            sum += match part == *bytes {
                true => *time,
                false => time.mul_f64(part as f64 / *bytes as f64),
            };
            left -= part;
        }
        sum
    }
}

/// Nanoseconds that a byte needs where no more is known. On USB an erase of 4 KiB takes 50 ms, a page of 256 bytes 1 ms, a report of
/// 1016 bytes 1.2 ms; on a UART at 115200 baud ten bits a byte, except that an erase sends none.
fn cost(stage: Stage, over_uart: bool) -> u64 {
    match stage {
        Stage::Erase => 12_000,
        _ if over_uart => 87_000,
        Stage::Load | Stage::Send => 1_000,
        Stage::Compare | Stage::Verify | Stage::Trial | Stage::Read | Stage::BlankCheck => 1_200,
        Stage::Program => 2_000,
    }
}

/// Time that a stage must have taken until its pace counts for the rest of it.
const TELLING: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// Since then.
    Running(Duration),
    Over,
}

#[derive(Debug, Clone)]
struct Part {
    coming: Coming,
    state: State,
    /// Bytes done, and when that was told.
    done: u64,
    told: Duration,
}

/// What a run will do and has done, in time.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    parts: Vec<Part>,
}

impl Forecast {
    /// Stages that will come; those that were expected before and have not begun are forgotten.
    pub fn expect(&mut self, coming: Vec<Coming>) {
        self.parts.retain(|part| part.state != State::Waiting);
        self.parts.extend(coming.into_iter().map(|coming| Part {
            coming,
            state: State::Waiting,
            done: 0,
            told: Duration::ZERO,
        }));
    }

    /// The next such stage that was expected begins; those before it do not come any more. One that nobody expected is added.
    pub fn begin(&mut self, stage: Stage, bytes: u64, over_uart: bool, now: Duration) {
        let fits = |part: &Part| part.coming.stage == stage && part.state == State::Waiting;
        let at = match self.parts.iter().position(fits) {
            Some(at) => at,
            None => {
                let mut later = self.parts.split_off(self.begun());
                let coming = Coming::by_bytes(stage, bytes, over_uart);
                self.parts.push(Part {
                    coming,
                    state: State::Waiting,
                    done: 0,
                    told: now,
                });
                let at = self.parts.len() - 1;
                self.parts.append(&mut later);
                at
            }
        };
        for (place, part) in self.parts.iter_mut().enumerate() {
            match part.state {
                State::Waiting if place < at => {
                    part.coming.spans.clear();
                    part.state = State::Over;
                }
                State::Waiting if place == at => {
                    part.coming.resize(bytes, over_uart);
                    (part.state, part.told) = (State::Running(now), now);
                }
                _ => {}
            }
        }
    }

    /// The place behind the last stage that has begun.
    fn begun(&self) -> usize {
        let waits = |part: &Part| part.state == State::Waiting;
        self.parts
            .iter()
            .position(waits)
            .unwrap_or(self.parts.len())
    }

    /// So many bytes of the running stage are done.
    pub fn set(&mut self, done: u64, now: Duration) {
        if let Some(part) = self.running_mut() {
            (part.done, part.told) = (done, now);
        }
    }

    /// The running stage is over.
    pub fn end(&mut self) {
        if let Some(part) = self.running_mut() {
            part.state = State::Over;
        }
    }

    fn running_mut(&mut self) -> Option<&mut Part> {
        let running = |part: &&mut Part| matches!(part.state, State::Running(_));
        self.parts.iter_mut().find(running)
    }

    /// How long it will take from now on.
    pub fn left(&self, now: Duration) -> Duration {
        let of = |part: &Part| match part.state {
            State::Waiting => part.coming.time(),
            State::Running(began) => part.left(began, now),
            State::Over => Duration::ZERO,
        };
        self.parts.iter().map(of).sum()
    }

    /// How much of the whole run is done, from 0 to 1.
    pub fn share(&self) -> f64 {
        let of = |part: &Part| match part.state {
            State::Waiting => Duration::ZERO,
            State::Running(_) => part.coming.time_of(part.done),
            State::Over => part.coming.time(),
        };
        let done: Duration = self.parts.iter().map(of).sum();
        let all: Duration = self.parts.iter().map(|part| part.coming.time()).sum();
        done.as_secs_f64() / all.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Part {
    fn left(&self, began: Duration, now: Duration) -> Duration {
        let (all, should) = (self.coming.time(), self.coming.time_of(self.done));
        let took = self.told.saturating_sub(began);
        let pace = match should.is_zero() || took < TELLING {
            true => 1.0,
            false => took.as_secs_f64() / should.as_secs_f64(),
        };
        let left = (all - should).mul_f64(pace);
        left.saturating_sub(now.saturating_sub(self.told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn erase_and_verify() -> Forecast {
        let mut forecast = Forecast::default();
        forecast.expect(vec![
            Coming::by_bytes(Stage::Load, 1 << 16, false),
            Coming {
                stage: Stage::Erase,
                spans: vec![(0x2000, ms(100)), (0x2_0000, ms(600))],
            },
            Coming {
                stage: Stage::Verify,
                spans: vec![(0x1_0000, ms(80))],
            },
        ]);
        forecast
    }

    #[test]
    fn time_is_that_of_the_spans_and_runs_between_events() {
        let mut forecast = erase_and_verify();
        // the flashloader runs already: the load does not come any more
        forecast.begin(Stage::Erase, 0x2_2000, false, ms(1000));
        assert_eq!(forecast.left(ms(1000)), ms(780));
        forecast.set(0x2000, ms(1100));
        assert_eq!(forecast.left(ms(1100)), ms(680));
        assert_eq!(forecast.left(ms(1250)), ms(530));
        forecast.set(0x1_2000, ms(1400));
        assert_eq!(forecast.left(ms(1400)), ms(380));
        assert!((forecast.share() - 400.0 / 780.0).abs() < 1e-9);
        forecast.end();
        assert_eq!(forecast.left(ms(1700)), ms(80));
    }

    #[test]
    fn stage_that_takes_longer_is_believed() {
        let mut forecast = erase_and_verify();
        forecast.begin(Stage::Erase, 0x2_2000, false, ms(0));
        forecast.set(0x2000, ms(200));
        assert_eq!(forecast.left(ms(200)), ms(680), "too short to tell");
        forecast.set(0x1_2000, ms(800));
        assert_eq!(forecast.left(ms(800)), ms(680));
        assert_eq!(forecast.left(ms(5000)), ms(80), "late");
    }

    #[test]
    fn what_nobody_expected_is_added() {
        let mut forecast = erase_and_verify();
        forecast.begin(Stage::Erase, 0x2_2000, false, ms(0));
        forecast.end();
        forecast.begin(Stage::Program, 1000, false, ms(700));
        assert_eq!(forecast.left(ms(700)), ms(82));
        forecast.end();
        // other bytes than were expected
        forecast.begin(Stage::Verify, 0x2_0000, false, ms(702));
        assert_eq!(forecast.left(ms(702)), ms(160));
        forecast.end();
        assert_eq!((forecast.left(ms(9999)), forecast.share()), (ms(0), 1.0));
    }
}
