//! The line now: what the wall screen shows.

use maud::{Markup, PreEscaped, html};

use super::super::clock::now;
use super::super::words::{foreign, percent, plain};
use crate::event::Stage;
use crate::line::{Counts, LineState, SlotPhase, SlotState};

/// The live page.
pub(in super::super) fn live(state: &LineState) -> Markup {
    html! {
        (signs())
        div #lost .alert hidden role="alert" {
            strong { "NO CONNECTION" }
            " This page shows an old state: the station does not answer."
        }
        div #live { (live_parts(state)) }
        p #said .unseen role="status" aria-live="polite" {}
    }
}

/// What changes on it. The script replaces the parts that differ, by their ids.
pub(in super::super) fn live_parts(state: &LineState) -> Markup {
    html! {
        header #job .job {
            h1 { @if state.job.name.is_empty() { "No job" } @else { (foreign(&state.job.name)) } }
            dl {
                @for (name, text) in [("Station", &state.station), ("Operator", &state.operator)] {
                    @if !text.is_empty() { div { dt { (name) } dd { (foreign(text)) } } }
                }
                @if let Some(id) = state.job.id.get(..12) { div { dt { "Job" } dd { code { (id) } } } }
            }
        }
        div #alerts { (alerts(state)) }
        section #counts .counts aria-label="Counts of this run" { (counts(state)) }
        section #slots .slots aria-label="Slots" data-columns=(columns(state.slots.len())) {
            @for (i, slot) in state.slots.iter().enumerate() { (cell(i, slot)) }
            @if state.slots.is_empty() { p .note { "The line has no slots." } }
        }
    }
}

/// Slots beside each other on a wide screen, so that the cells fill it and keep the order of the table.
fn columns(slots: usize) -> usize {
    match slots {
        0..=3 => slots.max(1),
        4 => 2,
        5 | 6 | 9 => 3,
        7..=16 => 4,
        17..=24 => 6,
        _ => 8,
    }
}

fn alerts(state: &LineState) -> Markup {
    html! {
        @if let Some(why) = &state.ledger_away {
            p .alert {
                strong { "DATABASE AWAY" } " No unit is begun and no verdict is shown until it is back. "
                small { (foreign(why)) }
            }
        }
        @if let Some(told) = &state.ended {
            p .alert {
                strong { "LINE HAS ENDED" } " " (foreign(&told.what)) " " code { (foreign(&told.code)) }
                @for next in &told.next { " → " (foreign(next)) }
            }
        } @else if state.stopping {
            p .alert .mild { strong { "STOPPING" } " No unit is begun any more. Units that run are finished." }
        }
        @if state.letters_waiting > 0 {
            p .alert .mild {
                strong { (state.letters_waiting) " NOT SENT" } " Labels or records wait for their receiver. "
                @if let Some(error) = &state.hook_error { small { (foreign(error)) } }
            }
        }
    }
}

fn counts(state: &LineState) -> Markup {
    let Counts {
        passed,
        failed,
        aborted,
        refused,
    } = state.counts;
    html! {
        dl {
            div .pass { dt { (sign("pass")) "Pass" } dd { (passed) } }
            div .fail { dt { (sign("fail")) "Fail" } dd { (failed) } }
            div .aborted { dt { (sign("aborted")) "Aborted" } dd { (aborted) } }
            div .refused { dt { (sign("refused")) "Refused" } dd { (refused) } }
            div { dt { "Yield" } dd { (percent(passed, passed.saturating_add(failed))) } }
            @if let Some(units) = state.per_hour(now()) { div { dt { "Units an hour" } dd { (units) } } }
            @if let Some(lasted) = state.lasted(now()) {
                div { dt { "Running for" } dd { (lasted.as_secs() / 3600) " h " (lasted.as_secs() / 60 % 60) " min" } }
            }
            @if let Some(units) = state.job.units {
                div { dt { "Units allowed" } dd { (units) } }
            }
            @for pool in &state.pools {
                div .short[pool.left < 50] { dt { (foreign(&pool.pool)) " left" } dd { (pool.left) } }
            }
        }
    }
}

/// The class of a slot's colour and sign.
fn class(phase: &SlotPhase) -> &'static str {
    match phase {
        SlotPhase::Empty => "empty",
        SlotPhase::NoBoard { .. } => "no-board",
        SlotPhase::Asking | SlotPhase::Working { .. } => "busy",
        SlotPhase::AwaitsLedger => "waiting",
        SlotPhase::Passed { .. } => "pass",
        SlotPhase::Failed { .. } => "fail",
        SlotPhase::Aborted { .. } => "aborted",
        SlotPhase::Refused { .. } => "refused",
        SlotPhase::Out { .. } => "out",
        SlotPhase::Off => "off",
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Load => "loading the loader",
        Stage::Compare => "comparing",
        Stage::Erase => "erasing",
        Stage::BlankCheck => "checking for blank",
        Stage::Program => "programming",
        Stage::Verify => "verifying",
        Stage::Trial => "reading as the chip will",
        Stage::Read => "reading",
        Stage::Send => "sending",
    }
}

fn cell(i: usize, slot: &SlotState) -> Markup {
    let class = class(&slot.phase);
    let number = slot.unit.as_ref().and_then(|unit| unit.numbers.first());
    html! {
        // the script says the word of a slot that changed
        article id={ "slot-" (i) } class={ "slot " (class) } data-name=(plain(&slot.name)) data-word=(slot.phase.word()) {
            header {
                h2 { (foreign(&slot.name)) }
                span .place { (foreign(&slot.board)) }
            }
            p .word {
                (sign(class))
                @match &slot.phase {
                    SlotPhase::Working { percent, .. } => { span { (percent.min(&100)) small { " %" } } }
                    other => { span { (other.word()) } }
                }
            }
            @if let SlotPhase::Working { percent, .. } = &slot.phase {
                progress max="100" value=(percent.min(&100)) aria-label="of the unit" {}
            }
            p .serial { @if let Some(number) = number { (foreign(number)) } }
            (said(slot))
            footer { (tally(slot)) }
        }
    }
}

/// What goes on, and what the operator does next.
fn said(slot: &SlotState) -> Markup {
    let uid = slot.unit.as_ref().map(|unit| unit.uid.as_str());
    let next = slot.phase.next();
    html! {
        @match &slot.phase {
            SlotPhase::Working { stage: now, .. } => { p .what { (stage(*now)) } }
            SlotPhase::Asking => { p .what { "asking the chip" } }
            SlotPhase::Passed { took_ms } => { p .what { "in " (super::super::words::duration((*took_ms).try_into().unwrap_or(i64::MAX))) } }
            phase => {
                @if let Some(told) = phase.told() {
                    p .what { (foreign(&told.what)) " " code { (foreign(&told.code)) } }
                }
            }
        }
        @if !next.is_empty() { p .next { (foreign(next)) } }
        @if let Some(uid) = uid.filter(|uid| rtboot_ledger::Uid::from_hex(uid).is_ok()) {
            p .unit { a href={ "/unit/" (uid) } { "unit " (uid) } }
        }
    }
}

fn tally(slot: &SlotState) -> Markup {
    let Counts {
        passed,
        failed,
        aborted,
        refused,
    } = slot.counts;
    html! {
        (passed) " pass · " (failed) " fail"
        @if aborted > 0 { " · " (aborted) " aborted" }
        @if refused > 0 { " · " (refused) " refused" }
        @if slot.failures_in_a_row > 1 { " · " strong { (slot.failures_in_a_row) " failures in a row" } }
    }
}

fn sign(name: &str) -> Markup {
    html! { svg .sign viewBox="0 0 24 24" aria-hidden="true" { use href={ "#sign-" (name) } {} } }
}

/// The signs, drawn: each state has its own shape, so that colour is not needed and no font decides.
fn signs() -> Markup {
    let signs = [
        ("empty", r#"<path d="M12 2v11M7 9l5 5 5-5M3 16v5h18v-5"/>"#),
        (
            "no-board",
            r#"<path d="M8 8a4 4 0 1 1 6 3.4c-1.5.9-2 1.6-2 3.6M12 19.5v1"/>"#,
        ),
        ("busy", r#"<path d="M21 12a9 9 0 1 1-3-6.7M18 1v5h-5"/>"#),
        (
            "waiting",
            r#"<path d="M5 2h14M5 22h14M7 2c0 6 10 14 10 20M17 2c0 6-10 14-10 20"/>"#,
        ),
        ("pass", r#"<path d="M3 13l6 6L21 5"/>"#),
        ("fail", r#"<path d="M4 4l16 16M20 4L4 20"/>"#),
        ("aborted", r#"<path d="M12 3L2 21h20zM12 10v5M12 17.5v1"/>"#),
        (
            "refused",
            r#"<circle cx="12" cy="12" r="10"/><path d="M6 12h12"/>"#,
        ),
        ("out", r#"<path d="M3 3h18v18H3zM3 21L21 3"/>"#),
        ("off", r#"<path d="M12 2v9M7 5a9 9 0 1 0 10 0"/>"#),
    ];
    html! {
        svg .unseen aria-hidden="true" {
            @for (name, drawing) in signs {
                symbol id={ "sign-" (name) } viewBox="0 0 24 24" { (PreEscaped(drawing)) }
            }
        }
    }
}
