//! The doctor on boards with one thing wrong: the finding that names it comes first.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

#[path = "doctor/app.rs"]
mod app;
#[path = "doctor/boot.rs"]
mod boot;
#[path = "doctor/content.rs"]
mod content;
#[path = "doctor/flash.rs"]
mod flash;
#[path = "doctor/harmless.rs"]
mod harmless;
#[path = "doctor/host.rs"]
mod host;
#[path = "doctor/loader.rs"]
mod loader;
#[path = "doctor/pairs.rs"]
mod pairs;
#[path = "doctor/random.rs"]
mod random;
#[path = "doctor/rig.rs"]
mod rig;
#[path = "doctor/tamper.rs"]
mod tamper;

use rig::{Exam, PARTS, healthy_on};

#[test]
fn healthy_board_of_every_part_has_no_finding() {
    for (index, part) in PARTS.iter().enumerate() {
        let mut exam = Exam::on(healthy_on(index)).with_blinky();
        let diagnosis = exam.run();
        assert!(diagnosis.is_healthy(), "{part:?}: {diagnosis:#?}");
        assert!(
            diagnosis.verdict.contains("would start"),
            "{}",
            diagnosis.verdict
        );
    }
}

#[test]
fn every_finding_has_a_test_that_comes_to_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doctor");
    let mut tests = String::new();
    for entry in std::fs::read_dir(folder).expect("the tests") {
        tests += &std::fs::read_to_string(entry.expect("a file").path()).expect("a source");
    }
    let untold: Vec<&str> = rtboot::finding::catalogue::doctor()
        .map(|entry| entry.code)
        .filter(|code| !tests.contains(&format!("\"{code}\"")))
        .collect();
    assert!(untold.is_empty(), "{untold:?}");
}
