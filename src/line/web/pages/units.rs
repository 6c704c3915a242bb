//! Search, and the history of a unit.

use maud::{Markup, html};
use rtboot_ledger::{Attempt, Number, UnitRow};
use serde_json::Value as Json;

use super::super::clock::Clock;
use super::super::words::{duration, foreign, plain, verdict};

/// The search and what it found.
pub(in super::super) fn units(text: &str, found: &[UnitRow], most: usize, clock: &Clock) -> Markup {
    html! {
        h1 { "Units" }
        form method="get" action="/units" role="search" {
            label for="q" { "Serial number, MAC address or unique id, or a part of it" }
            input #q type="search" name="q" value=(plain(text)) maxlength="100" autocomplete="off" autofocus;
            button type="submit" { "Search" }
        }
        @if text.is_empty() { h2 { "Tried last" } }
        @if found.is_empty() {
            p .note { "The ledger has no such unit." }
        } @else {
            (table(found.iter().map(|unit| (&unit.last, Some(unit))), clock))
            @if found.len() >= most { p .note { "These are the last " (most) ". Give more of the number to see fewer." } }
        }
    }
}

/// A table of units, each with its last attempt.
pub(in super::super) fn table<'a>(
    rows: impl Iterator<Item = (&'a Attempt, Option<&'a UnitRow>)>,
    clock: &Clock,
) -> Markup {
    html! {
        div .wide { table {
            thead { tr {
                th scope="col" { "Numbers" } th scope="col" { "Unit" } th scope="col" { "Verdict" } th scope="col" { "Why" }
                th scope="col" { "When" } th scope="col" { "Where" } th scope="col" .number { "Attempts" }
            } }
            tbody { @for (last, unit) in rows {
                tr {
                    td { (numbers(last)) }
                    td { @if let Some(unit) = unit { a href={ "/unit/" (unit.uid) } { code { (unit.uid) } } } }
                    td { (badge(last)) }
                    td { (why(last)) }
                    td .time { (clock.time(last.started)) }
                    td { (foreign(&last.station)) " / " (foreign(&last.slot)) }
                    td .number { @if let Some(unit) = unit { (unit.attempts) } }
                }
            } }
        } }
    }
}

fn numbers(attempt: &Attempt) -> Markup {
    html! {
        @for (i, number) in attempt.numbers.iter().enumerate() {
            @if i > 0 { br; }
            (foreign(number))
        }
    }
}

pub(in super::super) fn badge(attempt: &Attempt) -> Markup {
    let (word, class) = verdict(attempt.verdict);
    html! { span class={ "badge " (class) } { (word) @if attempt.rework { " (rework)" } } }
}

pub(in super::super) fn why(attempt: &Attempt) -> Markup {
    html! {
        @if let Some(code) = &attempt.code { code { (foreign(code)) } }
        @if let Some(step) = &attempt.step { " at " (foreign(step)) }
    }
}

/// A unit's numbers and attempts.
pub(in super::super) fn unit(
    uid: &str,
    numbers: &[Number],
    attempts: &[Attempt],
    clock: &Clock,
) -> Markup {
    html! {
        h1 { "Unit " code { (uid) } }
        @if !numbers.is_empty() {
            div .wide { table {
                thead { tr { th scope="col" { "Pool" } th scope="col" { "Number" } th scope="col" { "State" } } }
                tbody { @for number in numbers {
                    tr { td { (foreign(&number.pool)) } td .big { (foreign(&number.text)) } td { (number.state.name()) } }
                } }
            } }
        }
        h2 { (attempts.len()) @if attempts.len() == 1 { " attempt" } @else { " attempts" } }
        @for attempt in attempts { (history(attempt, clock)) }
    }
}

fn history(attempt: &Attempt, clock: &Clock) -> Markup {
    let detail: Json = serde_json::from_str(&attempt.detail).unwrap_or_default();
    let mut phases: Vec<_> = detail["phases_ms"]
        .as_object()
        .into_iter()
        .flatten()
        .collect();
    phases.sort_by_key(|(phase, _)| super::day::place_of_phase(phase));
    let took = attempt
        .ended
        .map(|ended| duration(ended.saturating_sub(attempt.started)));
    html! {
        section .attempt {
            h3 {
                (badge(attempt)) " " (clock.time(attempt.started))
                @if let Some(took) = took { " " small { "took " (took) } }
            }
            dl .facts {
                @if attempt.code.is_some() { div { dt { "Why" } dd { (why(attempt)) } } }
                @for (name, text) in [
                    ("Job", &attempt.job_name), ("Station", &attempt.station), ("Slot", &attempt.slot),
                    ("Operator", &attempt.operator), ("Program", &attempt.tool),
                ] {
                    @if !text.is_empty() { div { dt { (name) } dd { (foreign(text)) } } }
                }
                div { dt { "Sealed job" } dd { code { (foreign(&attempt.job)) } } }
                @for (name, value) in detail.as_object().into_iter().flatten() {
                    @if name != "phases_ms" && !is_empty(value) {
                        div { dt { (foreign(&name.replace('_', " "))) } dd { (fact(value)) } }
                    }
                }
                div { dt { "Attempt" } dd { code { (attempt.id) } } }
            }
            @if !phases.is_empty() {
                ol .phases aria-label="Times of the phases" {
                    @for (phase, time) in phases {
                        li { (foreign(phase)) " " b { (duration(time.as_i64().unwrap_or_default())) } }
                    }
                }
            }
        }
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(all) => all.is_empty(),
        Json::Object(all) => all.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn fact(value: &Json) -> Markup {
    match value {
        Json::String(text) => foreign(text),
        Json::Number(_) | Json::Bool(_) | Json::Null => html! { (value) },
        Json::Array(_) | Json::Object(_) => html! { code { (foreign(&value.to_string())) } },
    }
}
