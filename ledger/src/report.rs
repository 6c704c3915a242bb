//! Numbers of a shift: yield by hour, what fails most, how long phases take.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::ledger::Ledger;
use crate::model::Verdict;

/// What a span of time gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Units that passed.
    pub passed: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Attempts of which nothing is known.
    pub aborted: u64,
    /// Units that passed at their first attempt of this span.
    pub first_pass: u64,
    /// Units that were tried.
    pub units: u64,
    /// By hour, oldest first; hours without an attempt are left out.
    pub hours: Vec<Bucket>,
    /// What failed, most frequent first.
    pub failures: Vec<Failure>,
    /// Milliseconds of each phase of passed attempts, as median and slowest.
    pub phases: BTreeMap<String, (i64, i64)>,
}

/// An hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Bucket {
    /// When it began: milliseconds since 1970.
    pub start: i64,
    /// Passed attempts.
    pub passed: u64,
    /// Failed attempts.
    pub failed: u64,
}

/// One kind of failure in one slot.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The error's code.
    pub code: String,
    /// The station's slot.
    pub slot: String,
    /// How often.
    pub count: u64,
}

const HOUR: i64 = 3_600_000;

impl Ledger {
    /// What this span of time (milliseconds since 1970) gave.
    ///
    /// # Errors
    /// As any read.
    pub fn report(&mut self, span: std::ops::Range<i64>) -> Result<Report> {
        let mut report = Report::default();
        let mut hours: BTreeMap<i64, Bucket> = BTreeMap::new();
        let mut failures: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut phases: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        // by unit: whether its first attempt passed
        let mut firsts: BTreeMap<String, bool> = BTreeMap::new();
        self.each(span, |attempt| {
            let start = attempt.started - attempt.started.rem_euclid(HOUR);
            let hour = hours.entry(start).or_insert_with(|| Bucket {
                start,
                ..Bucket::default()
            });
            let code = attempt.code.clone().unwrap_or_default();
            match attempt.verdict {
                Verdict::Pass => {
                    report.passed += 1;
                    hour.passed += 1;
                    take_phases(&attempt.detail, &mut phases);
                }
                Verdict::Fail => {
                    report.failed += 1;
                    hour.failed += 1;
                    *failures.entry((code, attempt.slot.clone())).or_default() += 1;
                }
                Verdict::Aborted => report.aborted += 1,
                Verdict::Open => {}
            }
            if let Some(uid) = &attempt.uid
                && attempt.verdict != Verdict::Aborted
            {
                firsts
                    .entry(uid.clone())
                    .or_insert(attempt.verdict == Verdict::Pass);
            }
            Ok(())
        })?;
        report.units = firsts.len() as u64;
        report.first_pass = firsts.values().filter(|passed| **passed).count() as u64;
        report.hours = hours.into_values().collect();
        report.failures = failures
            .into_iter()
            .map(|((code, slot), count)| Failure { code, slot, count })
            .collect();
        report
            .failures
            .sort_by_key(|failure| std::cmp::Reverse(failure.count));
        report.phases = phases
            .into_iter()
            .filter_map(|(phase, mut times)| {
                times.sort_unstable();
                Some((phase, (*times.get(times.len() / 2)?, *times.last()?)))
            })
            .collect();
        Ok(report)
    }
}

/// The phases of an attempt's detail: `{"phases_ms": {"erase": 120}}`.
fn take_phases(detail: &str, phases: &mut BTreeMap<String, Vec<i64>>) {
    let Ok(detail) = serde_json::from_str::<serde_json::Value>(detail) else {
        return;
    };
    for (phase, time) in detail["phases_ms"].as_object().into_iter().flatten() {
        phases
            .entry(phase.clone())
            .or_default()
            .extend(time.as_i64());
    }
}
