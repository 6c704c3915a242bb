//! The flash itself: silent, asleep, another part, protected.

use rtboot::board::{Board, Program};
use rtboot::finding::{Action, Severity};
use rtboot::flash::Flashloader;
use rtboot::{Question, SetUp};
use rtboot_fcb::lut::{Sequence, index};
use rtboot_fcb::{StatusRegisters, database, probe};
use rtboot_sim::nor::{Part, QuadEnable};
use rtboot_sim::{Fault, Settings, Straps};

use crate::kit::standin;

use super::rig::{Exam, faulty, finds, healthy, healthy_on, image_with, part, tampered};

pub fn straps(boot_cfg: u16) -> Straps {
    Straps {
        boot_cfg,
        ..Straps::default()
    }
}

pub fn with_part(change: impl Fn(&mut Part)) -> Settings {
    let mut part = Part::is25lp064a();
    change(&mut part);
    Settings { part, ..healthy() }
}

/// Bytes of the basic SFDP table, from this dword on.
fn with_sfdp(dword: usize, change: impl Fn(&mut [u8])) -> Settings {
    with_part(|part| {
        let table =
            u32::from_le_bytes(part.sfdp[12..16].try_into().expect("a pointer")) & 0xFF_FFFF;
        let at = table as usize + 4 * (dword - 1);
        change(&mut part.sfdp[at..]);
    })
}

fn blank(status: [u8; 3], part: usize) -> Settings {
    Settings {
        flash: Vec::new(),
        status,
        ..healthy_on(part)
    }
}

/// A board whose flash was sent one command by an earlier program, the flashloader still running.
fn after_command(opcode: u8) -> Exam {
    let mut exam = Exam::on(healthy());
    let mut flashloader = start(&mut exam.board);
    flashloader
        .read_through(
            &probe::register(opcode),
            Question::Register { opcode },
            0,
            4,
        )
        .expect("a command");
    exam
}

pub fn start(board: &mut Board) -> Flashloader {
    rtboot::flash::reach_flashloader(board, None, &standin(), &mut ())
        .expect("a flashloader")
        .flashloader
}

#[test]
fn silent_flash_lists_its_causes() {
    for fault in [Fault::Absent, Fault::HeldInReset, Fault::SecondPins] {
        let diagnosis = finds(faulty(fault), "flash-silent");
        let first = &diagnosis.findings[0];
        assert!(first.causes.len() >= 3, "{first:?}");
        assert!(matches!(
            diagnosis.next(),
            Some(rtboot::finding::Next::Measure(_))
        ));
    }
}

#[test]
fn second_pin_group_explains_a_silent_flash() {
    let settings = Settings {
        straps: straps(7 << 1),
        ..faulty(Fault::SecondPins)
    };
    finds(settings, "flash-second-pins");
    // by fuses the flashloader itself drives the second group, and the flash is on the first
    let settings = Settings {
        fuses: vec![(6, 1 << 4), (5, 7 << 8)],
        ..healthy()
    };
    finds(settings, "flash-loader-pins");
}

#[test]
fn flash_id_of_zeros_is_a_line_held_low() {
    finds(with_part(|part| part.jedec = [0; 3]), "flash-line-low");
}

#[test]
fn busy_flash_is_not_absent() {
    let diagnosis = finds(faulty(Fault::StuckBusy), "flash-busy");
    assert!(diagnosis.findings[0].why.contains("ff ff ff"));
}

#[test]
fn flash_in_power_down_is_woken() {
    let diagnosis = after_command(0xB9).finds("flash-asleep");
    assert!(diagnosis.findings[0].why.contains("9d 60 17"));
}

#[test]
fn flash_in_qpi_answers_on_four_lines() {
    let mut exam = after_command(0x35);
    assert!(exam.virtual_board.board().nor().in_qpi());
    // a reset of the chip does not help, as the finding says; the doctor ends the mode
    exam.virtual_board.board().reset();
    exam.virtual_board
        .board()
        .wait(std::time::Duration::from_secs(1));
    assert_eq!(exam.board.program().expect("a look"), Some(Program::Rom));
    assert!(exam.virtual_board.board().nor().in_qpi());
    exam.finds("flash-in-qpi");
    assert!(!exam.virtual_board.board().nor().in_qpi());
    assert!(exam.run().is_healthy());
}

#[test]
fn flash_in_four_byte_mode_is_named_and_ended() {
    let mut exam = Exam::on(Settings {
        part: Part::w25q256jv(),
        flash: image_with(&part("W25Q256JV").boot_fcb()),
        status: [0, 2, 0],
        ..Settings::default()
    });
    start(&mut exam.board)
        .read_through(
            &probe::register(0xB7),
            Question::Register { opcode: 0xB7 },
            0,
            4,
        )
        .expect("a command");
    exam.finds("flash-in-four-byte-mode");
    assert!(exam.run().is_healthy());
}

#[test]
fn flash_in_continuous_read_is_named_and_ended() {
    let mut exam = Exam::on(healthy());
    let mut flashloader = start(&mut exam.board);
    let mut fcb = probe::plain_read(8 << 20);
    let quad = Sequence::read_with_mode(0xEB, 24, 4, 4, 0xA5, 4);
    fcb.set_sequence(index::READ, &quad);
    fcb.set_flash_pads(4);
    let read = flashloader.read_through(&fcb, Question::OtherRead, 0, 4);
    read.expect("a read");
    let diagnosis = exam.finds("flash-in-continuous-read");
    assert!(diagnosis.findings[0].why.contains("9d 60 17"));
    assert!(exam.run().is_healthy());
}

#[test]
fn flash_that_only_its_reset_brings_back_is_told() {
    let mut exam = tampered(healthy(), |report, count| {
        if report.get(4..7) == Some(&[0x9D, 0x60, 0x17]) {
            *count += 1;
            // two reads, three for each gentle step, two more, and the one that the reset comes with
            if *count <= 2 + 3 * 3 + 2 + 1 {
                report[4..7].fill(0xFF);
            }
        }
    });
    exam.finds("flash-in-other-mode");
}

#[test]
fn shifted_id_blames_the_line() {
    let diagnosis = finds(
        with_part(|part| part.jedec = [0x4E, 0xB0, 0x0B]),
        "flash-id-garbled",
    );
    assert!(diagnosis.findings[0].to_string().contains("9d 60 17"));
}

#[test]
fn other_part_than_named_is_identified() {
    let mut exam = Exam::on(healthy_on(1)).expecting("issi.cfg");
    let diagnosis = exam.finds("flash-other-part");
    assert!(diagnosis.findings[0].to_string().contains("W25Q64JV"));
    let write = Action::Write {
        app: None,
        part: Some("W25Q64JV".into()),
    };
    assert_eq!(diagnosis.next(), Some(&write.into()));
}

#[test]
fn unknown_part_with_sfdp_is_to_be_probed() {
    let diagnosis = finds(
        with_part(|part| part.jedec = [0x12, 0x34, 0x17]),
        "flash-unknown",
    );
    assert_eq!(diagnosis.next(), Some(&Action::ProbeToCfg.into()));
    let without = with_part(|part| {
        part.jedec = [0x25, 0x34, 0x17];
        part.sfdp.fill(0xFF);
    });
    let diagnosis = finds(without, "flash-unknown-no-sfdp");
    assert!(diagnosis.findings[0].why.contains("copy"));
}

#[test]
fn contradicting_sfdp_names_the_property() {
    finds(with_part(|part| part.sfdp.fill(0xFF)), "flash-no-sfdp");
    let larger = Part::mx25l12845g().sfdp;
    finds(
        with_part(|part| part.sfdp = larger.clone()),
        "flash-sfdp-size",
    );
    finds(
        with_sfdp(15, |b| b[2] = b[2] & 0x8F | 0x40),
        "flash-sfdp-quad",
    );
    finds(with_sfdp(8, |b| b[0] = 0x0D), "flash-sfdp-erase");
    finds(
        with_sfdp(3, |b| b[0] = b[0] & 0xE0 | 0x08),
        "flash-sfdp-read",
    );
    finds(
        with_sfdp(11, |b| b[0] = b[0] & 0x0F | 0x90),
        "flash-sfdp-page",
    );
    let old = Settings {
        part: Part::is25lp064a_sfdp10(),
        ..healthy()
    };
    Exam::on(old)
        .expecting("IS25LP064A")
        .finds("flash-sfdp-old");
}

#[test]
fn wrong_quad_read_is_found() {
    let elsewhere = with_part(|part| {
        part.status_registers = 2;
        part.quad_enable = QuadEnable {
            register: 1,
            bit: 1,
        };
    });
    finds(elsewhere, "flash-quad-wrong");
}

#[test]
fn block_protection_names_extent_and_lock() {
    finds(blank([0x7C, 0, 0], 0), "flash-protected");
    finds(blank([0x48, 0, 0], 0), "flash-protected-range");
    finds(blank([0, 0x42, 0], 1), "flash-protected-complement");
    let locked = Settings {
        faults: vec![Fault::WriteProtectLow],
        ..blank([0xBC, 0, 0], 0)
    };
    let diagnosis = finds(locked, "flash-protected-locked");
    assert!(
        diagnosis
            .next()
            .expect("a next step")
            .to_string()
            .contains("WP#")
    );
}

#[test]
fn locks_of_single_blocks_are_told() {
    finds(blank([0, 0x02, 0x04], 1), "flash-individual-locks");
    let mut exam = Exam::on(blank([0, 0x02, 0x60], 1));
    let healthy = exam.finds("content-blank");
    let tells = |code| healthy.findings.iter().any(|f| f.code() == code);
    assert!(!tells("flash-individual-locks"));
}

/// A board with a W25Q64JV whose status registers an earlier program wrote since power-on.
fn after_status_write(sr1: u8, sr2: u8) -> Exam {
    let mut exam = Exam::on(blank([0, 0x02, 0], 1));
    let mut flashloader = start(&mut exam.board);
    let part = database::find("w25q64jv").expect("known").1.parts.remove(0);
    let now = StatusRegisters {
        sr1: 0,
        sr2: Some(0x02),
        sr3: None,
    };
    let new = StatusRegisters {
        sr1,
        sr2: Some(sr2),
        ..now
    };
    for fcb in part.status_write_steps(&now, &new).expect("a way") {
        flashloader
            .configure(&fcb, SetUp::WriteStatus)
            .expect("written");
    }
    exam
}

#[test]
fn locks_of_status_registers_are_told_apart() {
    let diagnosis = after_status_write(0x1C, 0x03).finds("flash-status-locked-until-power-off");
    assert_eq!(diagnosis.findings[0].severity, Severity::Error);
    let diagnosis = after_status_write(0x80, 0x03).finds("content-blank");
    let locked = &diagnosis.findings[1];
    assert_eq!(
        (locked.code(), locked.severity),
        ("flash-status-locked-until-power-off", Severity::Note)
    );
    for sr1 in [0x1C, 0x80] {
        let mut exam = after_status_write(sr1, 0x03);
        let mut flashloader = start(&mut exam.board);
        let facts = flashloader.look_at_flash(&mut ()).expect("facts");
        assert_eq!((facts.status.sr1, facts.status.sr2), (sr1, Some(0x03)));
    }
}

#[test]
fn lock_bit_keeps_quad_enable_clear() {
    let diagnosis = finds(blank([0x80, 0, 0], 0), "flash-status-locked");
    assert!(
        diagnosis
            .next()
            .expect("a next step")
            .to_string()
            .contains("WP#")
    );
    // with quad enable set WP# is a data line
    let set = Settings {
        status: [0xC0, 0, 0],
        ..healthy()
    };
    assert!(Exam::on(set).run().is_healthy());
}

#[test]
fn protection_of_an_unknown_part_is_a_guess() {
    let settings = with_part(|part| part.jedec = [0x12, 0x34, 0x17]);
    let mut exam = Exam::on(Settings {
        status: [0x5C, 0, 0],
        ..settings
    });
    assert!(exam.codes().contains(&"flash-maybe-protected"));
}

#[test]
fn protection_of_a_working_board_is_a_warning() {
    let settings = Settings {
        status: [0x7C, 0, 0],
        ..healthy()
    };
    let diagnosis = finds(settings, "flash-protected");
    assert_eq!(
        diagnosis.findings[0].severity,
        rtboot::finding::Severity::Warning
    );
}

#[test]
fn protected_flash_is_never_called_free_to_be_written() {
    let protected = Settings {
        status: [0x7C, 0, 0],
        ..healthy()
    };
    let diagnosis = Exam::on(protected).run();
    assert!(
        diagnosis.verdict.starts_with("the ROM would start what is in flash with BOOT_MODE 10, but the flash is write-protected"),
        "{}",
        diagnosis.verdict
    );
    let empty = Exam::on(blank([0x40, 0, 0], 0)).run();
    assert!(
        empty
            .verdict
            .starts_with("no error was found, but the flash is blank"),
        "{}",
        empty.verdict
    );
}
