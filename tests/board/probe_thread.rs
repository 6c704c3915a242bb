//! "Byte in module is $FF and should be $46": flash that ignores erase and program, for several reasons. A write never
//! succeeds, and the message names address, bytes and likely causes.

use crate::kit::app;
use crate::kit::board::{Rig, old_flash};
use rtboot::Error;
use rtboot::advice::advice;
use rtboot_sim::{Fault, Settings};

/// Writes blinky; expects this exit code and all these words in message and advice. Returns the whole text.
fn refused(rig: &mut Rig, exit: u8, words: &[&str]) -> String {
    let error = rig
        .write(app("blinky.elf"), "issi.cfg")
        .map(|_| ())
        .expect_err("never a success");
    let advice = advice(&error);
    let text = format!(
        "{error}\n{}\n{}",
        advice
            .words()
            .map(|(_, words)| words)
            .collect::<Vec<_>>()
            .join("\n"),
        advice
            .next
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(error.exit_code(), exit, "{text}");
    for word in words {
        assert!(text.contains(word), "\"{word}\" is missing in: {text}");
    }
    text
}

fn faulty(fault: Fault, flash: Vec<u8>) -> Rig {
    Rig::with(Settings {
        flash,
        faults: vec![fault],
        ..Settings::default()
    })
}

#[test]
fn protected_flash_is_refused_unchanged() {
    let mut rig = Rig::with(Settings {
        status: [0x3C, 0, 0],
        ..Settings::default()
    });
    refused(
        &mut rig,
        31,
        &[
            "write-protected",
            "0x60000000",
            "0x46",
            "0xff",
            "block protection",
        ],
    );
    assert!(rig.flash().iter().all(|&b| b == 0xFF));
    assert_eq!(rig.operations(), 0);
    assert_eq!(
        rig.virtual_board.board().nor().status[0],
        0x3C,
        "not even quad enable"
    );
}

#[test]
fn ignored_program_exits_32_with_flash_blank() {
    let mut rig = faulty(Fault::IgnoresProgram, Vec::new());
    let text = refused(
        &mut rig,
        32,
        &["20106", "write-protected", "found 0xff", "WP#"],
    );
    assert!(text.contains("should be 0x"), "{text}");
    assert!(rig.flash().iter().all(|&b| b == 0xFF));
}

#[test]
fn ignored_erase_exits_31_with_flash_unchanged() {
    let old = old_flash(0x8000);
    let mut rig = faulty(Fault::IgnoresErase, old.clone());
    refused(
        &mut rig,
        31,
        &["20106", "0x60000000", "should be 0xff", "write-protected"],
    );
    assert_eq!(rig.flash()[..0x8000], old);
}

#[test]
fn locked_status_register_fails_quad_enable() {
    let mut rig = Rig::with(Settings {
        status: [0x80, 0, 0],
        faults: vec![Fault::WriteProtectLow],
        ..Settings::default()
    });
    refused(&mut rig, 30, &["quad-enable", "WP#"]);
    assert!(rig.flash().iter().all(|&b| b == 0xFF));
}

#[test]
fn silent_flash_names_pins_reset_and_absence() {
    for fault in [Fault::Absent, Fault::HeldInReset, Fault::SecondPins] {
        let mut rig = faulty(fault, Vec::new());
        refused(
            &mut rig,
            30,
            &["no flash answers", "ff ff ff", "pins", "reset", "power"],
        );
        assert!(rig.flash().iter().all(|&b| b == 0xFF));
    }
}

#[test]
fn unexpected_part_is_named() {
    let mut rig = Rig::with_part(rtboot_sim::nor::Part::w25q64jv());
    refused(
        &mut rig,
        30,
        &["ef 40 17", "W25Q64JV", "IS25LP064A", "name the part"],
    );
    assert_eq!(rig.operations(), 0);
}

#[test]
fn stuck_bits_are_reported_with_their_address() {
    let mut rig = faulty(
        Fault::StuckAtOne {
            address: 0x2000,
            bits: 0x01,
        },
        Vec::new(),
    );
    refused(&mut rig, 32, &["0x60002000", "20106"]);
    let mut rig = faulty(
        Fault::StuckAtZero {
            address: 0x2010,
            bits: 0x01,
        },
        old_flash(0x8000),
    );
    refused(&mut rig, 31, &["0x60002010", "should be 0xff, found 0xfe"]);
}

#[test]
fn busy_flash_ends_within_its_timeout() {
    let mut rig = faulty(Fault::StuckBusy, Vec::new());
    let error = rig
        .write(app("blinky.elf"), "issi.cfg")
        .map(|_| ())
        .expect_err("busy for ever");
    assert!([15, 30, 31, 32].contains(&error.exit_code()), "{error}");
    assert!(!matches!(error, Error::Interrupted { .. }));
    let modelled = rig.virtual_board.board().elapsed();
    assert!(
        modelled.as_secs() < 60,
        "bounded: {modelled:?} of modelled time"
    );
}
