//! A day, or any span, in figures and pictures.

use jiff::civil::Date;
use maud::{Markup, html};
use rtboot_ledger::Report;

use super::super::clock::Clock;
use super::super::picture::{self, Bar, Hour, Times};
use super::super::words::{duration, foreign, percent, plain};
use crate::event::Stage;

/// Kinds of failure that are shown one by one.
const MOST_FAILURES: usize = 12;

/// The page of a day.
pub(in super::super) fn day(day: Date, report: &Report, clock: &Clock) -> Markup {
    let other = |day: Result<Date, jiff::Error>, name: &str| {
        html! { @if let Ok(day) = day { a href={ "/day?day=" (day) } { (name) } } }
    };
    html! {
        h1 { (day) }
        p .days {
            (other(day.yesterday(), "← day before")) " "
            @if day < clock.today() { (other(day.tomorrow(), "day after →")) " " a href="/day" { "today" } }
            span .zone { "times in " (clock.zone(clock.span(day).start)) }
        }
        (totals(report))
        @if report.units == 0 && report.aborted == 0 {
            p .note { "The ledger has no attempt on this day." }
        } @else {
            h2 { "Units by hour" }
            (hours(report, clock))
            h2 { "What failed" }
            (failures(report))
            h2 { "Times of the phases" }
            (phases(report))
        }
        h2 { "Export" }
        p .exports {
            @for form in ["csv", "json", "xml"] {
                a href={ "/export." (form) "?day=" (day) } download { (form.to_uppercase()) } " "
            }
        }
    }
}

/// The sums.
pub(in super::super) fn totals(report: &Report) -> Markup {
    let Report {
        passed,
        failed,
        aborted,
        first_pass,
        units,
        ..
    } = report;
    let made = report.hours.iter().filter(|hour| hour.passed > 0).count() as u64;
    html! {
        section .counts aria-label="Sums" { dl {
            div .pass { dt { "Pass" } dd { (passed) } }
            div .fail { dt { "Fail" } dd { (failed) } }
            div .aborted { dt { "Aborted" } dd { (aborted) } }
            div { dt { "Units" } dd { (units) } }
            div { dt { "Yield" } dd { (percent(*passed, passed.saturating_add(*failed))) } }
            div { dt { "Good at first try" } dd { (percent(*first_pass, *units)) } }
            @if made > 0 { div { dt { "Pass an hour" } dd { (passed / made) } } }
        } }
    }
}

/// Units by hour.
pub(in super::super) fn hours(report: &Report, clock: &Clock) -> Markup {
    let date = |at: i64| clock.date(at);
    let (first, last) = (report.hours.first(), report.hours.last());
    let several = first.map(|hour| date(hour.start)) != last.map(|hour| date(hour.start));
    let hours: Vec<Hour> = report
        .hours
        .iter()
        .map(|hour| Hour {
            label: clock.hour(hour.start, several),
            passed: hour.passed,
            failed: hour.failed,
        })
        .collect();
    html! {
        (picture::hours(&hours))
        details { summary { "As a table" }
            div .wide { table {
                thead { tr {
                    th scope="col" { "Hour" } th scope="col" .number { "Pass" } th scope="col" .number { "Fail" }
                    th scope="col" .number { "Yield" }
                } }
                tbody { @for hour in &hours {
                    tr {
                        td .time { (hour.label) } td .number { (hour.passed) } td .number { (hour.failed) }
                        td .number { (percent(hour.passed, hour.passed.saturating_add(hour.failed))) }
                    }
                } }
            } }
        }
    }
}

/// What failed, the commonest first, over all slots; each with the slots where it did.
pub(in super::super) fn failures(report: &Report) -> Markup {
    let mut kinds: Vec<(&str, u64, Vec<String>)> = Vec::new();
    for failure in &report.failures {
        let slot = format!("{} × {}", plain(&failure.slot), failure.count);
        match kinds.iter_mut().find(|(code, ..)| *code == failure.code) {
            Some((_, count, slots)) => {
                *count += failure.count;
                slots.push(slot);
            }
            None => kinds.push((&failure.code, failure.count, vec![slot])),
        }
    }
    kinds.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
    let all: u64 = kinds.iter().map(|(_, count, _)| count).sum();
    let bars: Vec<Bar> = kinds
        .iter()
        .take(MOST_FAILURES)
        .map(|(code, count, slots)| Bar {
            label: plain(code),
            value: *count,
            note: format!("slot {}", slots.join(", ")),
        })
        .collect();
    html! {
        @if bars.is_empty() {
            p .note { "Nothing." }
        } @else {
            (picture::pareto(&bars, all))
            @if kinds.len() > MOST_FAILURES {
                p .note { (kinds.len() - MOST_FAILURES) " more kinds of failure, which are rarer." }
            }
        }
    }
}

/// How long the phases of good units took.
pub(in super::super) fn phases(report: &Report) -> Markup {
    let mut phases: Vec<_> = report.phases.iter().collect();
    phases.sort_by_key(|(phase, _)| place_of_phase(phase));
    let times: Vec<Times> = phases
        .into_iter()
        .map(|(phase, (median, slowest))| Times {
            label: plain(phase),
            median: *median,
            slowest: *slowest,
        })
        .collect();
    html! {
        @if times.is_empty() {
            p .note { "No unit passed." }
        } @else {
            (picture::times(&times))
            details { summary { "As a table" }
                div .wide { table {
                    thead { tr {
                        th scope="col" { "Phase" } th scope="col" .number { "Median" } th scope="col" .number { "Slowest" }
                    } }
                    tbody { @for time in &times {
                        tr {
                            td { (foreign(&time.label)) } td .number { (duration(time.median)) }
                            td .number { (duration(time.slowest)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// Phases in the order in which a unit goes through them; those that are no stage of a write come last.
pub(super) fn place_of_phase(phase: &str) -> usize {
    let stages = [
        Stage::Load,
        Stage::Compare,
        Stage::Erase,
        Stage::BlankCheck,
        Stage::Program,
        Stage::Verify,
        Stage::Trial,
    ];
    let place = stages.iter().position(|stage| stage.name() == phase);
    place.unwrap_or(stages.len())
}
