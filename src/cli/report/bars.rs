//! One progress bar for a whole run, on a terminal only.
//!
//! Stages differ a hundredfold in time for a byte, so the bar counts modelled time: bytes by what a byte of their stage costs.

use std::time::Instant;

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};
use rtboot::event::Stage;
use rtboot::port::Wire;
use terminal_size::terminal_size_of;

/// The bar for a terminal of so many columns: a line that wraps would leave its first half on the screen at each step.
fn template(columns: u16) -> &'static str {
    match columns {
        0..30 => "{percent:>3} %  {eta}",
        30..78 => "{prefix:>11} {percent:>3} %  {eta} left",
        78.. => "{prefix:>11} [{bar:32}] {percent:>3} %  {msg:14}  {eta} left",
    }
}

/// Steps of the bar.
const STEPS: u64 = 10_000;

/// Nanoseconds that a byte needs on USB: an erase of 4 KiB takes 50 ms, a page of 256 bytes 1 ms, a report of 1024 bytes 1 ms.
fn cost(stage: Stage) -> u64 {
    match stage {
        Stage::Load | Stage::Send => 1_000,
        Stage::Compare | Stage::Verify | Stage::Trial | Stage::Read | Stage::BlankCheck => 1_500,
        Stage::Program => 4_000,
        Stage::Erase => 12_000,
    }
}

/// The same on a UART at 115200 baud: ten bits a byte, except that an erase sends none.
const UART_COST: u64 = 87_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Over,
}

/// A stage of the run.
#[derive(Debug, Clone, Copy)]
struct Part {
    stage: Stage,
    total: u64,
    done: u64,
    state: State,
}

/// What the run will do and has done, in modelled time.
#[derive(Debug, Default)]
struct Course {
    parts: Vec<Part>,
    over_uart: bool,
}

impl Course {
    fn expect(&mut self, stage: Stage, total: u64) {
        self.parts.push(Part {
            stage,
            total,
            done: 0,
            state: State::Waiting,
        });
    }

    /// Begins the next such stage that was expected; those before it do not come any more.
    fn begin(&mut self, stage: Stage, total: u64) {
        let fits = |part: &Part| part.stage == stage && part.state == State::Waiting;
        let Some(at) = self.parts.iter().position(fits) else {
            self.expect(stage, total);
            let last = self.parts.len() - 1;
            self.parts[last].state = State::Running;
            return;
        };
        for part in &mut self.parts[..at] {
            if part.state == State::Waiting {
                part.total = 0;
                part.state = State::Over;
            }
        }
        self.parts[at].total = total;
        self.parts[at].state = State::Running;
    }

    fn running(&mut self) -> Option<&mut Part> {
        let mut parts = self.parts.iter_mut();
        parts.find(|part| part.state == State::Running)
    }

    /// How much is done, of how much.
    fn measure(&self) -> (u64, u64) {
        let cost = |part: &Part| match self.over_uart && part.stage != Stage::Erase {
            true => UART_COST,
            false => cost(part.stage),
        };
        let sum = |of: fn(&Part) -> u64| {
            let costs = self
                .parts
                .iter()
                .map(|part| of(part).saturating_mul(cost(part)));
            costs.fold(0, u64::saturating_add)
        };
        (
            sum(|part| part.done.min(part.total)),
            sum(|part| part.total),
        )
    }
}

/// The bar that is drawn now, if any.
#[derive(Debug)]
pub struct Bars {
    enabled: bool,
    bar: Option<ProgressBar>,
    course: Course,
    /// Steps that were drawn: more work that shows up later holds the bar, and never draws it back.
    drawn: u64,
    began: Instant,
}

impl Bars {
    pub fn new(enabled: bool) -> Bars {
        Bars {
            enabled,
            drawn: 0,
            bar: None,
            course: Course::default(),
            began: Instant::now(),
        }
    }

    /// What the board hangs on.
    pub fn is_over(&mut self, wire: Wire) {
        self.course.over_uart = wire == Wire::Serial;
    }

    /// Stages that will come, with their bytes; those that were expected before and have not begun are forgotten.
    pub fn expect(&mut self, stages: &[(Stage, u64)]) {
        self.course
            .parts
            .retain(|part| part.state != State::Waiting);
        for (stage, total) in stages {
            self.course.expect(*stage, *total);
        }
    }

    pub fn begin(&mut self, stage: Stage, total: u64) {
        if !self.enabled {
            return;
        }
        self.course.begin(stage, total);
        self.began = Instant::now();
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(STEPS);
            let columns = terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| width.0);
            bar.set_style(style(template(columns)));
            bar
        });
        bar.set_prefix(stage.name());
        bar.set_message("");
        self.draw();
    }

    pub fn set(&mut self, done: u64) {
        if let Some(part) = self.course.running() {
            part.done = done;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        if let (Some(bar), true) = (&self.bar, seconds > 0.2) {
            let rate = BinaryBytes((done as f64 / seconds) as u64);
            bar.set_message(format!("{rate}/s"));
        }
        self.draw();
    }

    pub fn end(&mut self) {
        if let Some(part) = self.course.running() {
            part.done = part.total;
            part.state = State::Over;
        }
        self.draw();
    }

    fn draw(&mut self) {
        if let Some(bar) = &self.bar {
            let (done, total) = self.course.measure();
            let steps = u128::from(done) * u128::from(STEPS) / u128::from(total.max(1));
            self.drawn = self.drawn.max(steps as u64);
            bar.set_position(self.drawn);
        }
    }

    /// All is done: what was expected and did not come, did not have to.
    pub fn complete(&mut self) {
        self.drawn = STEPS;
        self.draw();
        if let Some(bar) = &self.bar {
            bar.force_draw();
        }
        self.clear();
    }

    /// Takes the bar off the screen.
    pub fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Prints something without tearing the bar.
    pub fn hide(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_counts_modelled_time_and_never_goes_back() {
        let mut course = Course::default();
        for (stage, total) in [
            (Stage::Load, 1000),
            (Stage::Erase, 4096),
            (Stage::Verify, 4096),
        ] {
            course.expect(stage, total);
        }
        let (done, total) = course.measure();
        assert_eq!((done, total), (0, 1_000_000 + 4096 * 13_500));
        // the flashloader runs already: the load does not come any more
        course.begin(Stage::Erase, 4096);
        assert_eq!(course.measure(), (0, 4096 * 13_500));
        if let Some(part) = course.running() {
            part.done = 4096;
            part.state = State::Over;
        }
        assert_eq!(course.measure().0, 4096 * 12_000);
        // a stage that nobody expected is added
        course.begin(Stage::Program, 256);
        assert_eq!(
            course.measure(),
            (4096 * 12_000, 4096 * 13_500 + 256 * 4_000)
        );
    }
}
