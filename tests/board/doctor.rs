//! The doctor on boards with one thing wrong: the finding that names it comes first.

mod app;
mod boot;
mod content;
mod flash;
mod harmless;
mod host;
mod loader;
mod pairs;
mod random;
mod rig;

use crate::kit::root;
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
fn every_finding_code_occurs_in_a_doctor_test() {
    let folder = root().join("tests/board/doctor");
    // what earlier runs left open is examined with the real program
    let mut tests =
        std::fs::read_to_string(root().join("tests/cli/open_work.rs")).expect("a source");
    for entry in std::fs::read_dir(folder).expect("the tests") {
        tests += &std::fs::read_to_string(entry.expect("a file").path()).expect("a source");
    }
    let missing: Vec<&str> = rtboot::finding::catalogue::doctor()
        .map(|entry| entry.code)
        .filter(|code| !tests.contains(&format!("\"{code}\"")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
