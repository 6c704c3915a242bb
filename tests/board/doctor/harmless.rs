//! The doctor changes nothing on the board and needs few reports.

use super::rig::{Exam, healthy};

/// Commands that change the flash: write enable, programs, erases, status writes, and 35h, which changes the mode of some.
const CHANGING: [&str; 18] = [
    "06", "50", "02", "12", "32", "38", "20", "21", "52", "d7", "d8", "dc", "60", "c7", "01", "31",
    "11", "b9",
];

#[test]
fn examination_changes_neither_flash_nor_fuses() {
    let mut exam = Exam::on(healthy()).with_blinky();
    let before = {
        let mut board = exam.virtual_board.board();
        board.trace_spi(true);
        (
            board.flash().to_vec(),
            board.fuses().clone(),
            board.nor().status,
        )
    };
    exam.run();
    let mut board = exam.virtual_board.board();
    let trace = board.take_spi_trace();
    assert!(!trace.is_empty(), "the flash was looked at");
    for line in &trace {
        let opcode = line.split([' ', '/']).next().unwrap_or_default();
        assert!(!CHANGING.contains(&opcode), "{line} in {trace:#?}");
        assert_ne!(opcode, "35", "an ISSI part would enter QPI: {trace:#?}");
    }
    assert_eq!(board.flash(), before.0);
    assert_eq!(format!("{:?}", board.fuses()), format!("{:?}", before.1));
    assert_eq!(board.nor().status, before.2);
    assert_eq!(board.counts().nor_operations, 0);
}

#[test]
fn healthy_board_takes_less_than_150_reports() {
    let mut first = Exam::on(healthy());
    first.run();
    let whole = first.virtual_board.board().counts();
    // from here on the flashloader runs: a second examination counts without ROM and loading
    let diagnosis = first.run();
    let now = first.virtual_board.board().counts();
    let out = now.usb_out - whole.usb_out;
    let back = now.usb_in - whole.usb_in;
    println!("doctor on a healthy board: {out} reports out, {back} in");
    assert!(diagnosis.is_healthy(), "{diagnosis:#?}");
    assert!(out + back < 150, "{out} out, {back} in");
}

#[test]
fn doctor_source_never_names_the_virtual_board() {
    let root = env!("CARGO_MANIFEST_DIR");
    for folder in [
        "src/doctor",
        "src/doctor/rules",
        "src/doctor/gather",
        "src/doctor/facts",
    ] {
        for entry in std::fs::read_dir(format!("{root}/{folder}")).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source");
            for word in ["rtboot_sim", "virtual_board", "VirtualBoard"] {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
    }
}
