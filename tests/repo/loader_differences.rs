//! docs/loader.md lists every difference between NXP's loader and rtboot's own that their recordings of the same scenarios show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Scenario, part of a step's name, and the row of the table "Differences from NXP's loader" that says why its answers differ.
const WHY: [(&str, &str, &str); 19] = [
    (
        "call_and_execute",
        "execute the same",
        "Execute of code that returns",
    ),
    (
        "configure_states",
        "read the FCB",
        "program sequence of an FCB that it makes",
    ),
    ("configure_w25q64jv", "0xc0100003", "DDR option words"),
    ("configure_w25q64jv", "0xc0100007", "DDR option words"),
    (
        "configure_w25q64jv",
        "0xc1000007 0x00010000",
        "option words for port B, for the second pin group",
    ),
    (
        "exact_packet",
        "1015 bytes, report not padded",
        "data report of 1015 bytes",
    ),
    ("fuses", "program-once", "FlashProgramOnce"),
    ("fuses", "read it back", "FlashProgramOnce"),
    ("get_property", "get-property 2", "property 2"),
    ("get_property", "get-property 7", "property 7"),
    ("get_property", "get-property 12", "property 12"),
    ("get_property", "get-property 15", "property 15"),
    (
        "host_abort",
        "a command instead of data",
        "command in the data phase of a write",
    ),
    // what the write before it left in flash
    (
        "host_abort",
        "stop a read through",
        "command in the data phase of a write",
    ),
    (
        "host_abort",
        "middle of a read",
        "command in the data phase of a write",
    ),
    ("ram_access", "fill the flashloader", "property 12"),
    ("read", "the flashloader itself", "property 12"),
    ("reconnect", "get-property 1", "bus reset in a data phase"),
    (
        "reconnect",
        "left after its first",
        "bus reset in a data phase",
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// The device's answers in each step; steps of one name are counted.
fn answers(path: &Path) -> BTreeMap<(String, usize), Vec<String>> {
    let text = std::fs::read_to_string(path).expect("recording");
    let mut steps: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
    let mut step = None;
    for line in text.lines().skip(1) {
        let line: Value = serde_json::from_str(line).expect("JSON");
        if let Some(name) = line["step"].as_str() {
            let number = (0..).find(|n| !steps.contains_key(&(name.to_owned(), *n)));
            let key = (name.to_owned(), number.expect("a number"));
            steps.insert(key.clone(), Vec::new());
            step = Some(key);
        } else if let Some(step) = step.as_ref().and_then(|step| steps.get_mut(step)) {
            if let Some(report) = line["in"].as_str() {
                step.push(declared(report).to_owned());
            } else if let Some(event) = line["event"].as_str().filter(|event| !is_host(event)) {
                step.push(event.to_owned());
            }
        }
    }
    steps
}

/// What the host did, not the device.
fn is_host(event: &str) -> bool {
    event.starts_with("report ")
}

/// A report without what follows its declared length: bytes of earlier reports.
fn declared(report: &str) -> &str {
    let byte = |at: usize| {
        report
            .get(2 * at..2 * at + 2)
            .and_then(|hex| usize::from_str_radix(hex, 16).ok())
    };
    match (byte(0), byte(2), byte(3)) {
        (Some(3 | 4), Some(low), Some(high)) => {
            let end = 2 * (4 + low + 256 * high);
            report.get(..end).unwrap_or(report)
        }
        _ => report,
    }
}

fn rows() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/loader.md");
    let text = std::fs::read_to_string(path).expect("docs/loader.md");
    let (_, rest) = text
        .split_once("## Differences from NXP's loader")
        .expect("the table");
    let (table, _) = rest.split_once("\n## ").expect("its end");
    let first_cell = |line: &str| {
        line.strip_prefix("| ")?
            .split(" | ")
            .next()
            .map(str::to_owned)
    };
    table.lines().filter_map(first_cell).collect()
}

#[test]
fn own_loader_answers_as_nxps_but_for_what_its_docs_list() {
    let rows = rows();
    let mut unexplained = Vec::new();
    let mut used = BTreeSet::new();
    let mut compared = 0;
    for entry in std::fs::read_dir(folder().join("own")).expect("recordings") {
        let own = entry.expect("entry").path();
        let name = own.file_name().expect("name").to_owned();
        let genuine = folder().join(&name);
        if !genuine.exists() {
            continue; // rtboot's own commands
        }
        let scenario = own
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("UTF-8")
            .to_owned();
        let genuine = answers(&genuine);
        for (step, found) in answers(&own) {
            let Some(wanted) = genuine.get(&step) else {
                unexplained.push(format!("{scenario}: {step:?} is not in NXP's recording"));
                continue;
            };
            compared += 1;
            if found == *wanted {
                continue;
            }
            let why = WHY.iter().position(|(name, part, _)| {
                *name == scenario && !part.is_empty() && step.0.contains(part)
            });
            match why {
                Some(rule) => _ = used.insert(rule),
                None => {
                    unexplained.push(format!("{scenario}: {}: {wanted:?}, own {found:?}", step.0))
                }
            }
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(compared > 300, "{compared} steps");
    for (rule, (scenario, part, row)) in WHY.iter().enumerate() {
        assert!(
            used.contains(&rule),
            "{scenario}, {part}: no difference any more"
        );
        assert!(rows.contains(*row), "docs/loader.md has no row {row:?}");
    }
}
