//! Progress bars, one a stage, on a terminal only.

use std::io::Write;

use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};
use rtboot::event::Stage;

const TEMPLATE: &str =
    "{prefix:>11} [{bar:32}] {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta}";

/// The bar that is drawn now, if any.
#[derive(Debug)]
pub struct Bars {
    enabled: bool,
    bar: Option<ProgressBar>,
}

impl Bars {
    pub fn new(enabled: bool) -> Bars {
        Bars { enabled, bar: None }
    }

    pub fn begin(&mut self, stage: Stage, total: u64) {
        self.clear();
        if self.enabled {
            let bar = ProgressBar::new(total).with_prefix(stage.name());
            bar.set_style(style(TEMPLATE));
            self.bar = Some(bar);
        }
    }

    pub fn set(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// Takes the bar away and leaves a line in its place; `false` when bars are not drawn.
    pub fn end(&mut self, stage: Stage, done: u64) -> bool {
        if let Some(bar) = self.bar.take() {
            let seconds = bar.elapsed().as_secs_f32();
            bar.finish_and_clear();
            let bytes = BinaryBytes(done);
            let _ = writeln!(
                anstream::stderr(),
                "{:>11} {bytes} in {seconds:.1} s",
                stage.name()
            );
        }
        self.enabled
    }

    /// Takes an unfinished bar off the screen.
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
