//! What earlier runs left open.

use rtboot_bootable::verdict::Starts;
use rtboot_finding::catalogue::open as entries;
use rtboot_finding::{Finding, Severity};

use crate::doctor::facts::Facts;
use crate::flash::OpenEntry;

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
