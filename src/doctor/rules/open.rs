//! What earlier runs left open.

use rtboot_bootable::verdict::Starts;
use rtboot_finding::catalogue::{app, content, fcb, image, open as entries};
use rtboot_finding::{Action, Entry, Finding, Next, Severity};

use crate::doctor::facts::Facts;
use crate::flash::{MEASURE, OpenEntry};

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let verdict = facts.content_verdict();
    let starts = verdict
        .as_ref()
        .map_or(Starts::Unknown, |verdict| verdict.starts);
    let open = facts.open.entries.iter();
    let mut findings: Vec<Finding> = open.map(|entry| told(entry, starts)).collect();
    // what is known of journals that could not be read
    let beside = verdict.iter().flat_map(|verdict| &verdict.findings);
    let beside = beside.filter(|finding| {
        let unread = finding.is(&entries::JOURNAL_THERE) || finding.is(&entries::JOURNAL_UNREAD);
        unread && finding.severity >= Severity::Warning
    });
    findings.extend(beside.map(|finding| {
        let finding = finding.clone();
        finding.why("a journal holds what flash has lost, and says which write is incomplete")
    }));
    findings
}

fn told(entry: &OpenEntry, starts: Starts) -> Finding {
    let mut finding = entry
        .finding(starts)
        .why(format!("it is open in {}", entry.file.display()));
    finding.next.extend(entry.next());
    finding
}

/// What an earlier run left open explains other findings: those about the bytes that it was at name it. And where the flash did
/// not do what that run told it, a measurement comes before another try, which would fail in the same way.
pub fn explain(facts: &Facts, findings: &mut [Finding]) {
    let failed = failed(facts);
    for finding in findings {
        if let Some(entry) = behind(facts, finding) {
            finding.why = format!("{}; {}", finding.why, entry.ended());
            finding.causes = vec!["a write or an erase of an earlier run did not end well here"];
        }
        if failed && finding.next.first().is_some_and(is_write) {
            finding.next.insert(0, Next::Measure(MEASURE.to_owned()));
        }
    }
}

/// Whether a run ended because the flash did not do what it was told.
pub fn failed(facts: &Facts) -> bool {
    let mut open = facts.open.entries.iter();
    open.any(|entry| entry.failed().is_some())
}

fn is_write(next: &Next) -> bool {
    matches!(
        next,
        Next::Run(Action::Write { .. } | Action::FinishWrite { .. })
    )
}

/// The run that left the bytes so that a finding is about.
fn behind<'f>(facts: &'f Facts, finding: &Finding) -> Option<&'f OpenEntry> {
    const OF_APP: [&Entry; 3] = [
        &app::APP_HALF_WRITTEN,
        &app::APP_BITS_LOST,
        &app::APP_DIFFERS,
    ];
    const OF_READING: [&Entry; 3] = [
        &content::CONTENT_UNSTEADY,
        &content::CONTENT_FCB_TOO_FAST,
        &content::CONTENT_FCB_WRITES_STATUS,
    ];
    let is_of = |entries: &[&'static Entry]| entries.iter().any(|entry| finding.is(entry));
    let entries = || facts.open.entries.iter();
    if is_of(&OF_APP) || finding.is(&content::CONTENT_NOT_PROGRAMMED) {
        let (address, ..) = facts.app.as_ref()?.compared.as_ref()?.first?;
        let place = u64::from(address)..u64::from(address) + 1;
        return entries().find(|entry| entry.touches(&place));
    }
    let of_content = is_of(content::ALL) && !is_of(&OF_READING);
    let of_image = is_of(image::ALL) && !finding.is(&image::HAB_UNSIGNED);
    if !(of_content || of_image || finding.is(&fcb::FCB_MISSING)) {
        return None;
    }
    let read = &facts.content.as_ref()?.memory;
    entries().find(|entry| {
        read.segments().any(|(start, bytes)| {
            let start = u64::from(start);
            entry.touches(&(start..start + bytes.len() as u64))
        })
    })
}
