//! One progress bar for a whole run, on a terminal only.
//!
//! Stages differ a hundredfold in time for a byte, so the bar counts time: [`Forecast`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, FormattedDuration, ProgressBar, ProgressState, ProgressStyle};
use rtboot::event::Stage;
use rtboot::forecast::{Coming, Forecast};
use rtboot::port::Wire;
use terminal_size::terminal_size_of;

/// The bar for a terminal of so many columns: a line that wraps would leave its first half on the screen at each step.
fn template(columns: u16) -> &'static str {
    match columns {
        0..30 => "{percent:>3} %  {to_come}",
        30..78 => "{prefix:>11} {percent:>3} %  {to_come} left",
        78.. => "{prefix:>11} [{bar:32}] {percent:>3} %  {msg:14}  {to_come} left",
    }
}

/// Steps of the bar.
const STEPS: u64 = 10_000;

/// The bar that is drawn now, if any.
#[derive(Debug)]
pub struct Bars {
    enabled: bool,
    bar: Option<ProgressBar>,
    forecast: Forecast,
    over_uart: bool,
    /// Time zero of the forecast.
    zero: Instant,
    /// When the run will be over.
    over: Arc<Mutex<Instant>>,
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
            forecast: Forecast::default(),
            over_uart: false,
            zero: Instant::now(),
            over: Arc::new(Mutex::new(Instant::now())),
            began: Instant::now(),
        }
    }

    /// What the board hangs on.
    pub fn is_over(&mut self, wire: Wire) {
        self.over_uart = wire == Wire::Serial;
    }

    /// Stages that will come, with their bytes; those that were expected before and have not begun are forgotten.
    pub fn expect(&mut self, stages: &[(Stage, u64)]) {
        let coming = stages.iter();
        let coming = coming.map(|(stage, bytes)| Coming::by_bytes(*stage, *bytes, self.over_uart));
        self.forecast.expect(coming.collect());
    }

    /// The same, with the time that they should take.
    pub fn expect_timed(&mut self, coming: Vec<Coming>) {
        self.forecast.expect(coming);
    }

    fn now(&self) -> Duration {
        self.zero.elapsed()
    }

    pub fn begin(&mut self, stage: Stage, total: u64) {
        if !self.enabled {
            return;
        }
        let now = self.now();
        self.forecast.begin(stage, total, self.over_uart, now);
        self.began = Instant::now();
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(STEPS);
            let columns = terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| width.0);
            bar.set_style(style(template(columns), self.over.clone()));
            bar
        });
        bar.set_prefix(stage.name());
        bar.set_message("");
        self.draw();
    }

    pub fn set(&mut self, done: u64) {
        self.forecast.set(done, self.now());
        let seconds = self.began.elapsed().as_secs_f64();
        if let (Some(bar), true) = (&self.bar, seconds > 0.2) {
            let rate = BinaryBytes((done as f64 / seconds) as u64);
            bar.set_message(format!("{rate}/s"));
        }
        self.draw();
    }

    pub fn end(&mut self) {
        self.forecast.end();
        self.draw();
    }

    fn draw(&mut self) {
        if let Some(bar) = &self.bar {
            let steps = self.forecast.share() * STEPS as f64;
            self.drawn = self.drawn.max((steps as u64).min(STEPS));
            let left = self.forecast.left(self.now());
            *self.over.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + left;
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

fn style(template: &str, over: Arc<Mutex<Instant>>) -> ProgressStyle {
    let to_come = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
        let over = *over.lock().unwrap_or_else(PoisonError::into_inner);
        let left = over.saturating_duration_since(Instant::now());
        // a second that has begun counts
        let seconds = left.as_millis().div_ceil(1000) as u64;
        let _ = write!(to, "{}", FormattedDuration(Duration::from_secs(seconds)));
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("to_come", to_come)
        .progress_chars("=> ")
}
