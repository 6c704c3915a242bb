//! A span of the ledger as one HTML file that needs nothing else.

use std::ops::Range;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rtboot_ledger::{Attempt, Audit, Ledger, Result, Verdict};

use super::clock::{self, Clock};
use super::pages;
use super::words::{duration, foreign};

const CSS: &str = include_str!("assets/page.css");
/// Attempts in the table at most; a ledger of years would make a file that no browser opens.
const MOST_ROWS: usize = 20_000;

/// A report of a span (milliseconds since 1970): sums, units by hour, what failed, times of the phases, every attempt, and whether the
/// ledger's chains are whole, with their ends. `zone` is a time zone as `Europe/Berlin`, else the system's.
///
/// The whole ledger is audited, which takes its time on a large one.
///
/// # Errors
/// As reading the ledger. An audit that failed is no error: the report says what is wrong. An unknown zone counts as the system's.
pub fn html(ledger: &mut Ledger, span: Range<i64>, zone: Option<&str>) -> Result<String> {
    let clock = Clock::new(zone)
        .or_else(|_| Clock::new(None))
        .unwrap_or_else(|_| Clock::utc());
    let report = ledger.report(span.clone())?;
    let (mut attempts, mut more) = (Vec::new(), 0usize);
    ledger.each(span.clone(), |attempt| {
        match attempts.len() < MOST_ROWS {
            true => attempts.push(attempt.clone()),
            false => more += 1,
        }
        Ok(())
    })?;
    let audit = ledger.audit(&[])?;
    let made = clock::now();
    let title = format!(
        "Line report {} to {}",
        clock.time(span.start),
        clock.time(span.end)
    );
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="dark light";
                title { (title) }
                style { (PreEscaped(CSS)) }
            }
            body { main .report {
                h1 { "Line report" }
                p {
                    (clock.time(span.start)) " to " (clock.time(span.end)) ", times in " (clock.zone(span.start))
                    br;
                    "Ledger " code { (ledger.id()) } ", made " (clock.time(made)) " by rtboot " (env!("CARGO_PKG_VERSION"))
                }
                (pages::totals(&report))
                h2 { "Audit" } (audited(&audit))
                h2 { "Units by hour" } (pages::hours(&report, &clock))
                h2 { "What failed" } (pages::failures(&report))
                h2 { "Times of the phases" } (pages::phases(&report))
                h2 { "Attempts" } (rows(&attempts, more, &clock))
            } }
        }
    }
    .into_string())
}

fn audited(audit: &Audit) -> Markup {
    html! {
        @if audit.is_good() {
            p { span .badge .pass { "PASS" } " The ledger is as it was written: " (audit.entries) " entries, " (audit.attempts)
                " attempts, " (audit.numbers) " numbers." }
        } @else {
            p { span .badge .fail { "FAIL" } " The ledger was changed, or is incomplete:" }
            ul { @for wrong in audit.wrong.iter().take(100) { li { (foreign(wrong)) } } }
        }
        div .wide { table {
            thead { tr { th scope="col" { "Station" } th scope="col" .number { "Last entry" } th scope="col" { "Its hash" } } }
            tbody { @for head in &audit.heads {
                tr { td { (foreign(&head.station)) } td .number { (head.seq) } td { code .hash { (head.hash) } } }
            } }
        } }
        p .note { "Keep these hashes: an audit with them shows later that no entry before them was changed." }
    }
}

fn rows(attempts: &[Attempt], more: usize, clock: &Clock) -> Markup {
    html! {
        @if attempts.is_empty() {
            p .note { "The ledger has no attempt in this span." }
        } @else {
            div .wide { table {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Numbers" } th scope="col" { "Unit" } th scope="col" { "Verdict" }
                    th scope="col" { "Why" } th scope="col" { "Where" } th scope="col" { "Operator" } th scope="col" { "Job" }
                    th scope="col" .number { "Time" }
                } }
                tbody { @for attempt in attempts {
                    tr {
                        td .time { (clock.time(attempt.started)) }
                        td { @for number in &attempt.numbers { (foreign(number)) " " } }
                        td { @if let Some(uid) = &attempt.uid { code { (foreign(uid)) } } }
                        td { (pages::badge(attempt)) }
                        td { (pages::why(attempt)) }
                        td { (foreign(&attempt.station)) " / " (foreign(&attempt.slot)) }
                        td { (foreign(&attempt.operator)) }
                        td { (foreign(&attempt.job_name)) }
                        td .number {
                            @if let (Some(ended), true) = (attempt.ended, attempt.verdict != Verdict::Open) {
                                (duration(ended.saturating_sub(attempt.started)))
                            }
                        }
                    }
                } }
            } }
            @if more > 0 { p .note { (more) " more attempts: an export has all." } }
        }
    }
}
