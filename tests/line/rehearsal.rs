//! Rehearsals: what they find, and how well slots are used.

use std::fs;
use std::sync::atomic::AtomicBool;

use rtboot::line::sealed::SecretKey;
use rtboot::line::{Product, Rehearsal, RehearseOptions, Watch, rehearse};

use super::floor::JOB;
use crate::kit::app_bytes;

fn rehearsed(slots: usize, units: usize, faults_percent: f64, stop: bool) -> Rehearsal {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("job.toml");
    fs::write(folder.path().join("app.elf"), app_bytes("blinky.elf")).expect("written");
    fs::write(&file, JOB).expect("written");
    let key = SecretKey::new().expect("a key");
    let (_, product) = Product::pack(&file, &key).expect("a job");
    let options = RehearseOptions {
        slots,
        units,
        faults_percent,
        seed: 7,
        folder: folder.path().join("rehearsal"),
        ledger: None,
        tool: "a test".into(),
    };
    let stop = AtomicBool::new(stop);
    rehearse(None, &product, &options, &Watch::new(), &stop).expect("a rehearsal")
}

#[test]
fn eight_slots_make_seven_and_a_half_times_what_one_makes() {
    let found = rehearsed(8, 320, 0.0, false);
    assert_eq!(found.problems, [""; 0]);
    assert_eq!(found.passed, 320);
    let share = found.modelled.as_secs_f64() / found.longest.as_secs_f64();
    assert!(share >= 7.5, "{share} of 8 slots were busy");
}

#[test]
fn faults_cost_units_and_no_promise() {
    let found = rehearsed(4, 80, 30.0, false);
    assert_eq!(found.problems, [""; 0]);
    assert!(found.with_fault > 10, "{found:?}");
    assert_eq!(found.passed + found.scrapped, 80);
    assert!(
        found.end.counts.failed > 0 && found.end.counts.aborted > 0,
        "{found:?}"
    );
}

#[test]
fn rehearsal_that_is_stopped_did_not_go_well() {
    let found = rehearsed(2, 50, 0.0, true);
    let words = found.problems.join("\n");
    assert!(words.contains("stopped before its end"), "{words}");
    assert!(words.contains("of 50 units are accounted for"), "{words}");
}
