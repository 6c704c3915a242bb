//! The doctor on boards with one thing wrong: the finding that names it comes first.

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
fn a_healthy_board_of_every_part_has_no_finding() {
    for index in 0..PARTS.len() {
        let mut exam = Exam::on(healthy_on(index)).with_blinky();
        let diagnosis = exam.run();
        assert!(diagnosis.is_healthy(), "{:?}: {diagnosis:#?}", PARTS[index]);
        assert!(
            diagnosis.verdict.contains("would start"),
            "{}",
            diagnosis.verdict
        );
    }
}
