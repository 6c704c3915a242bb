//! Pictures as SVG, made here: bars with their figures written on them. Failures are hatched, so that colour is not needed.

use maud::{Markup, html};

use super::words::{duration, percent};

/// An hour.
pub(super) struct Hour {
    /// `14:00`.
    pub label: String,
    /// Attempts that passed.
    pub passed: u64,
    /// Attempts that failed.
    pub failed: u64,
}

/// A bar with a name.
pub(super) struct Bar {
    /// What it counts.
    pub label: String,
    /// How often.
    pub value: u64,
    /// Where.
    pub note: String,
}

/// Times of a phase, in milliseconds.
pub(super) struct Times {
    /// The phase.
    pub label: String,
    /// Half of the units took no longer.
    pub median: i64,
    /// The slowest unit.
    pub slowest: i64,
}

const WIDTH: f64 = 960.0;
/// Width of a digit of the pictures' text, for what must fit.
const DIGIT: f64 = 9.0;
/// Labels of rows: characters at most, and their width.
const LABEL_CHARS: usize = 26;
const LABEL: f64 = 230.0;
const ROW: f64 = 42.0;

/// A number of the drawing: one digit behind the point is enough, and equal input gives equal files.
fn n(value: f64) -> String {
    format!("{:.1}", if value.is_finite() { value } else { 0.0 })
}

/// The part of `length` that `value` is of `most`.
fn scaled(value: u64, most: u64, length: f64) -> f64 {
    value as f64 / most.max(1) as f64 * length
}

/// The steps of an axis up to `most`: 1, 2 or 5 times a power of ten, at most five of them.
fn step(most: u64) -> u64 {
    let mut ten = 1u64;
    loop {
        for step in [1, 2, 5].map(|it: u64| it.saturating_mul(ten)) {
            if step.saturating_mul(5) >= most {
                return step;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

fn short(label: &str) -> String {
    match label.chars().nth(LABEL_CHARS) {
        None => label.to_owned(),
        Some(_) => label.chars().take(LABEL_CHARS - 1).chain(['…']).collect(),
    }
}

/// Passed and failed attempts by hour, the yield above them.
pub(super) fn hours(hours: &[Hour]) -> Markup {
    let (height, left, top, bottom) = (320.0, 56.0, 34.0, 40.0);
    let most = hours
        .iter()
        .map(|it| it.passed.saturating_add(it.failed))
        .max()
        .unwrap_or(0)
        .max(1);
    let step = step(most);
    let top_value = most.div_ceil(step).saturating_mul(step);
    let plot = height - top - bottom;
    let slot = (WIDTH - left) / hours.len().max(1) as f64;
    let bar = (slot * 0.72).min(72.0);
    // labels that would run into each other are left out
    let widest = hours
        .iter()
        .map(|it| it.label.chars().count())
        .max()
        .unwrap_or(0);
    let every = (((widest as f64 + 1.0) * DIGIT) / slot).ceil().max(1.0) as usize;
    let figures = slot >= 7.0 * DIGIT;
    html! {
        svg .picture role="img" viewBox={ "0 0 " (n(WIDTH)) " " (n(height)) } aria-label="Passed and failed units by hour" {
            (hatch())
            @for value in (0..=top_value / step).map(|i| i * step) {
                @let y = height - bottom - scaled(value, top_value, plot);
                line .grid x1=(n(left)) x2=(n(WIDTH)) y1=(n(y)) y2=(n(y)) {}
                text .axis x=(n(left - 8.0)) y=(n(y + 5.0)) text-anchor="end" { (value) }
            }
            @for (i, hour) in hours.iter().enumerate() {
                @let x = left + slot * (i as f64 + 0.5);
                @let good = scaled(hour.passed, top_value, plot);
                @let bad = scaled(hour.failed, top_value, plot);
                @let base = height - bottom;
                g {
                    title { (hour.label) ": " (hour.passed) " pass, " (hour.failed) " fail" }
                    rect .good x=(n(x - bar / 2.0)) y=(n(base - good)) width=(n(bar)) height=(n(good)) {}
                    rect .bad x=(n(x - bar / 2.0)) y=(n(base - good - bad)) width=(n(bar)) height=(n(bad)) {}
                }
                @if figures {
                    text .figure x=(n(x)) y=(n(base - good - bad - 7.0)) text-anchor="middle" {
                        (percent(hour.passed, hour.passed.saturating_add(hour.failed)))
                    }
                    @if good > 24.0 {
                        text .inside x=(n(x)) y=(n(base - good / 2.0 + 5.0)) text-anchor="middle" { (hour.passed) }
                    }
                }
                @if i % every == 0 {
                    text .axis x=(n(x)) y=(n(height - 16.0)) text-anchor="middle" { (hour.label) }
                }
            }
        }
        p .legend { span .key .good {} " pass " span .key .bad {} " fail" @if figures { " · above: yield" } }
    }
}

/// Counts, the largest first, with what they come to together.
pub(super) fn pareto(bars: &[Bar], all: u64) -> Markup {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let height = ROW * bars.len() as f64 + 6.0;
    let width = WIDTH - LABEL - 150.0;
    let sums: Vec<u64> = bars
        .iter()
        .scan(0u64, |sum, bar| {
            *sum = sum.saturating_add(bar.value);
            Some(*sum)
        })
        .collect();
    html! {
        svg .picture role="img" viewBox={ "0 0 " (n(WIDTH)) " " (n(height)) } aria-label="Failures by code, the commonest first" {
            (hatch())
            @for (i, (bar, sum)) in bars.iter().zip(sums).enumerate() {
                @let y = ROW * i as f64;
                g {
                    title { (bar.label) ": " (bar.value) ", " (bar.note) }
                    text .label x=(n(LABEL - 10.0)) y=(n(y + 19.0)) text-anchor="end" { (short(&bar.label)) }
                    rect .bad x=(n(LABEL)) y=(n(y + 4.0)) width=(n(scaled(bar.value, most, width))) height="20" {}
                    text .figure x=(n(LABEL + scaled(bar.value, most, width) + 8.0)) y=(n(y + 19.0)) {
                        (bar.value) " · " (percent(sum, all))
                    }
                    text .note x=(n(LABEL)) y=(n(y + 37.0)) { (short_note(&bar.note)) }
                }
            }
        }
        p .legend { "Behind each bar: how often, and what share of all failures it and those above it are." }
    }
}

fn short_note(note: &str) -> String {
    match note.chars().nth(90) {
        None => note.to_owned(),
        Some(_) => note.chars().take(89).chain(['…']).collect(),
    }
}

/// Median and slowest of each phase.
pub(super) fn times(times: &[Times]) -> Markup {
    let ms = |time: i64| u64::try_from(time).unwrap_or_default();
    let most = times
        .iter()
        .map(|it| ms(it.slowest.max(it.median)))
        .max()
        .unwrap_or(0);
    let height = 34.0 * times.len() as f64 + 6.0;
    let width = WIDTH - LABEL - 190.0;
    html! {
        svg .picture role="img" viewBox={ "0 0 " (n(WIDTH)) " " (n(height)) } aria-label="Median and slowest time of each phase" {
            @for (i, time) in times.iter().enumerate() {
                @let y = 34.0 * i as f64;
                @let (middle, end) = (scaled(ms(time.median), most, width), scaled(ms(time.slowest), most, width));
                g {
                    text .label x=(n(LABEL - 10.0)) y=(n(y + 19.0)) text-anchor="end" { (short(&time.label)) }
                    rect .usual x=(n(LABEL)) y=(n(y + 4.0)) width=(n(middle)) height="20" {}
                    line .slowest x1=(n(LABEL + middle)) x2=(n(LABEL + end)) y1=(n(y + 14.0)) y2=(n(y + 14.0)) {}
                    line .slowest x1=(n(LABEL + end)) x2=(n(LABEL + end)) y1=(n(y + 6.0)) y2=(n(y + 22.0)) {}
                    text .figure x=(n(LABEL + end + 8.0)) y=(n(y + 19.0)) {
                        (duration(time.median)) " … " (duration(time.slowest))
                    }
                }
            }
        }
        p .legend { "Bar: half of the units took no longer. Line: up to the slowest unit." }
    }
}

fn hatch() -> Markup {
    html! {
        defs {
            pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect .hatch-back width="6" height="6" {}
                rect .hatch-front width="2.5" height="6" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_few_round_steps() {
        for (most, expected) in [
            (0, 1),
            (1, 1),
            (5, 1),
            (6, 2),
            (26, 10),
            (500, 100),
            (u64::MAX, 1_000_000_000_000_000_000 * 5),
        ] {
            assert_eq!(step(most), expected, "{most}");
        }
    }

    #[test]
    fn pictures_of_nothing_and_of_too_much_are_drawn() {
        let hour = |passed, failed| Hour {
            label: "14:00".into(),
            passed,
            failed,
        };
        for all in [vec![], vec![hour(0, 0)], vec![hour(u64::MAX, u64::MAX)]] {
            let drawn = hours(&all).into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
        let drawn = times(&[Times {
            label: "<b>".into(),
            median: -1,
            slowest: i64::MIN,
        }])
        .into_string();
        assert!(
            drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"),
            "{drawn}"
        );
        assert!(pareto(&[], 0).into_string().contains("<svg"));
    }
}
