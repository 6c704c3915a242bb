//! The failure that rtboot was made for. A custom RT1021 board with an IS25LP064A: the debug probe's tool erases and
//! programs, then reports "Byte in module is $FF and should be $46"; a program run from RAM says the flash is fine.
//!
//! Five different boards show this symptom. For each of them `write` fails with the right message or does the job, `doctor`
//! names the cause first (or the measurement that decides), and its advice leads to a board that starts.

use crate::kit::app;
use crate::kit::cli::{Cli, Run};
use rtboot_sim::nor::Part;
use rtboot_sim::{Board, Fault, Settings, Straps};
use serde_json::Value;

/// A board as a failed programmer leaves it: flash erased.
fn custom(change: impl FnOnce(&mut Settings)) -> Cli {
    let mut settings = Settings::default();
    change(&mut settings);
    Cli::with(settings)
}

/// Changes the board by hand, as with a soldering iron.
fn rework(cli: &Cli, change: impl FnOnce(&mut Board)) {
    let mut board = cli.board();
    change(&mut board);
    board.save().expect("saved");
}

fn write(cli: &Cli, part: &str) -> Run {
    cli.run(&["write", "--fcb", part, &app("blinky.elf")])
}

/// The doctor's JSON for this part and the application.
fn doctor(cli: &Cli, part: &str) -> Value {
    let run = cli.run(&["doctor", "--fcb", part, &app("blinky.elf"), "--json"]);
    assert_eq!(run.code, 1, "{run}");
    run.last()
}

#[track_caller]
fn first<'a>(diagnosis: &'a Value, code: &str) -> &'a Value {
    let finding = &diagnosis["findings"][0];
    assert_eq!(finding["code"], code, "{diagnosis:#}");
    finding
}

/// The board holds every byte of the image and starts it, and the doctor finds nothing.
fn ends_well(cli: &Cli, part: &str) {
    let app = app("blinky.elf");
    cli.run(&["verify", &app]).says(0, &[]);
    cli.would_start();
    let run = cli.run(&["doctor", "--fcb", part, &app, "--json"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(run.last()["healthy"], true);
}

#[test]
fn block_protection_is_found_and_cleared() {
    let cli = custom(|settings| settings.status = [0x3C, 0, 0]);
    write(&cli, "IS25LP064A").says(31, &["write-protected", "0x46", "0xff", " unprotect`"]);
    let diagnosis = doctor(&cli, "IS25LP064A");
    let finding = first(&diagnosis, "flash-protected");
    let next = finding["next"][0]["text"].as_str().expect("a command");
    assert!(next.starts_with("rtboot --board virtual:"), "{next}");
    assert!(next.ends_with(" unprotect"), "{next}");
    cli.run(&["unprotect", "--yes"]).says(0, &["unprotected"]);
    write(&cli, "IS25LP064A").says(0, &[]);
    ends_well(&cli, "IS25LP064A");
}

#[test]
fn low_wp_pin_is_found_by_a_measurement() {
    let cli = custom(|settings| {
        settings.status = [0xBC, 0, 0];
        settings.faults = vec![Fault::WriteProtectLow];
    });
    write(&cli, "IS25LP064A").says(
        31,
        &["write-protected", "0x46", "measure the flash's WP# pin"],
    );
    cli.run(&["unprotect", "--yes"]).says(31, &["stays", "WP#"]);
    let diagnosis = doctor(&cli, "IS25LP064A");
    let finding = first(&diagnosis, "flash-protected-locked");
    assert_eq!(finding["next"][0]["kind"], "measure");
    assert!(finding["next"][0]["text"].to_string().contains("WP#"));
    // measured: it is low; a pull-up is fitted
    rework(&cli, |board| board.fault_mut().clear());
    cli.run(&["unprotect", "--yes"]).says(0, &["unprotected"]);
    write(&cli, "IS25LP064A").says(0, &[]);
    // the lock bit is still set, and with quad enable set WP# is a data line: it locks nothing
    let healthy = cli.run(&["--json", "doctor", &app("blinky.elf")]);
    assert_eq!(healthy.says(0, &[]).last()["healthy"], true);
    cli.run(&["verify", &app("blinky.elf")]).says(0, &[]);
    cli.would_start();
}

#[test]
fn clear_quad_enable_is_found_and_set() {
    let cli = Cli::fresh();
    write(&cli, "IS25LP064A").says(0, &[]);
    // the other tool wrote the same image and left the bit alone; or an application cleared it
    rework(&cli, |board| board.nor_mut().set_quad_enabled(false));
    assert!(
        cli.board().boot_verdict().starts.is_none(),
        "the ROM reads garbage"
    );
    let diagnosis = doctor(&cli, "IS25LP064A");
    let finding = first(&diagnosis, "quad-enable-clear");
    let next = finding["next"][0]["text"].as_str().expect("a command");
    assert!(next.contains(" write --fcb IS25LP064A "), "{next}");
    // with the status register locked, that write fails and says so
    rework(&cli, |board| {
        board.nor_mut().status[0] = 0x80;
        board.fault_mut().push(Fault::WriteProtectLow);
    });
    write(&cli, "IS25LP064A").says(30, &["quad-enable", "WP#"]);
    rework(&cli, |board| {
        board.nor_mut().status[0] = 0;
        board.fault_mut().clear();
    });
    write(&cli, "IS25LP064A").says(0, &[]);
    ends_well(&cli, "IS25LP064A");
}

#[test]
fn another_part_is_found_and_written() {
    let cli = custom(|settings| settings.part = Part::w25q64jv());
    write(&cli, "IS25LP064A").says(30, &["ef 40 17", "W25Q64JV", "IS25LP064A"]);
    let diagnosis = doctor(&cli, "IS25LP064A");
    let finding = first(&diagnosis, "flash-other-part");
    let next = finding["next"][0]["text"].as_str().expect("a command");
    assert!(next.contains(" write --fcb W25Q64JV "), "{next}");
    write(&cli, "W25Q64JV").says(0, &[]);
    ends_well(&cli, "W25Q64JV");
}

#[test]
fn second_pin_group_is_found_by_a_measurement() {
    let cli = custom(|settings| settings.faults = vec![Fault::SecondPins]);
    write(&cli, "IS25LP064A").says(30, &["no flash answers", "pins"]);
    let diagnosis = doctor(&cli, "IS25LP064A");
    // this cannot be told from an absent flash: the deciding measurement comes first
    let finding = first(&diagnosis, "flash-silent");
    assert_eq!(finding["sure"], "possible");
    assert_eq!(finding["next"][0]["kind"], "measure");
    assert!(
        finding["next"][0]["text"]
            .to_string()
            .contains("GPIO_SD_B1_11")
    );
    // boot pins that select the second group make the finding certain
    rework(&cli, |board| {
        board.set_straps(Straps {
            boot_cfg: 7 << 1,
            ..Straps::default()
        });
        board.reset();
    });
    first(&doctor(&cli, "IS25LP064A"), "flash-second-pins");
    // measured and rewired to the primary group, straps low
    rework(&cli, |board| {
        board.fault_mut().clear();
        board.set_straps(Straps::default());
        board.power_cycle();
    });
    write(&cli, "IS25LP064A").says(0, &[]);
    ends_well(&cli, "IS25LP064A");
}
