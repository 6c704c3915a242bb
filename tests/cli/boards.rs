//! The command line on boards with old data, protection, faults or another part.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_sim::nor::Part;
use rtboot_sim::{Fault, ReportFault, Settings};

const EVK: &str = "--fcb=IS25LP064A";

#[test]
fn old_data_outside_the_image_is_kept() {
    let old: Vec<u8> = (0..0x2_0000_u32).map(|i| (i % 251) as u8).collect();
    let cli = Cli::with(Settings {
        flash: old.clone(),
        ..Settings::default()
    });
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(0, &["3 sectors rewritten", "verified"]);
    cli.would_start();
    let flash = cli.flash();
    assert_eq!(flash[0x3000..0x2_0000], old[0x3000..]);
    assert_eq!(flash[0x200..0x1000], old[0x200..0x1000], "around the FCB");
    let cli = Cli::with(Settings {
        flash: old,
        ..Settings::default()
    });
    cli.run(&["write", EVK, "--erase-around", &app("blinky.elf")])
        .says(0, &[]);
    assert!(cli.flash()[0x200..0x1000].iter().all(|&byte| byte == 0xFF));
}

#[test]
fn protected_flash_is_written_after_unprotect() {
    let cli = Cli::with(Settings {
        status: [0x3C, 0, 0],
        ..Settings::default()
    });
    let before = cli.flash();
    cli.run(&["write", EVK, &app("blinky.elf")]).says(
        31,
        &["write-protected", "0x60000000 holds 0xff", " unprotect`"],
    );
    cli.run(&["erase", "0x60000000", "4K"])
        .says(31, &["write-protected"]);
    assert_eq!(cli.flash(), before);
    cli.run(&["unprotect"]).says(
        2,
        &["0b0011_1100 -> 0b0000_0000", "nothing was changed", "--yes"],
    );
    assert_eq!(cli.board().nor().status[0], 0x3C);
    cli.run(&["unprotect", "--yes"])
        .says(0, &["unprotected: SR1 00"]);
    assert_eq!(cli.board().nor().status[0], 0);
    cli.run(&["unprotect", "--yes"]).says(0, &["nothing to do"]);
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(0, &["verified"]);
    cli.would_start();
}

#[test]
fn unprotect_fails_with_the_wp_pin_low() {
    let cli = Cli::with(Settings {
        status: [0xBC, 0, 0],
        faults: vec![Fault::WriteProtectLow],
        ..Settings::default()
    });
    cli.run(&["unprotect", "--yes"])
        .says(31, &["stays", "[protection-stays]", "WP#"]);
    assert_eq!(cli.board().nor().status[0], 0xBC);
}

fn winbond(status: [u8; 3]) -> Cli {
    Cli::with(Settings {
        part: Part::find("w25q64jv").expect("a part"),
        status,
        ..Settings::default()
    })
}

#[test]
fn locks_of_single_blocks_are_named_and_stop_changes() {
    let cli = winbond([0, 0x02, 0x04]);
    let before = cli.flash();
    let write = ["write", "--fcb", "w25q64jv.cfg", &app("blinky.elf")];
    cli.run(&write)
        .says(31, &["write-protected", "SR3 04", "lock of its own", "WPS"]);
    cli.run(&["erase", "0x60000000", "4K"])
        .says(31, &["write-protected", "WPS"]);
    cli.run(&["unprotect", "--yes"])
        .says(31, &["[block-locks]", "flash-individual-locks", "WPS"]);
    cli.run(&["info"]).says(0, &["SR3 04", "lock of its own"]);
    cli.run(&["doctor"]).says(1, &["flash-individual-locks"]);
    assert_eq!(cli.flash(), before);
    assert_eq!(cli.board().nor().status, [0, 0x02, 0x04]);
    let cli = winbond([0, 0x02, 0x60]);
    cli.run(&write).says(0, &["verified"]);
    cli.run(&["info"])
        .says(0, &["SR3 60", "nothing is protected"]);
}

#[test]
fn another_part_stops_the_write_and_is_named() {
    let cli = Cli::with(Settings {
        part: Part::find("w25q64jv").expect("a part"),
        ..Settings::default()
    });
    let before = cli.flash();
    cli.run(&["write", EVK, &app("blinky.elf")]).says(
        30,
        &["another part", "ef 40 17", "W25Q64JV", "--fcb W25Q64JV"],
    );
    assert_eq!(cli.flash(), before);
    cli.run(&["write", "--fcb", "W25Q64JV", &app("blinky.elf")])
        .says(0, &["verified"]);
    cli.would_start();
}

#[test]
fn absent_flash_is_shown_by_info_and_fails_write() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::Absent],
        ..Settings::default()
    });
    cli.run(&["info"]).says(0, &["none answers", "ff ff ff"]);
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(30, &["no flash answers", "[no-flash]", "likely causes"]);
}

#[test]
fn worn_sector_fails_blank_check_with_flash_state() {
    let cli = Cli::with(Settings {
        flash: vec![0; 0x3000],
        faults: vec![Fault::WornSector { address: 0x2000 }],
        ..Settings::default()
    });
    let run = cli.run(&["write", EVK, &app("blinky.elf")]);
    assert_eq!(run.code, 31, "{run}");
    run.says(
        31,
        &["flash now:", "no FCB, so the ROM starts nothing", "next:"],
    );
    assert!(cli.board().boot_verdict().starts.is_none());
}

#[test]
fn board_unplugged_mid_write_is_a_lost_link() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::UsbIn {
            at: 40,
            what: ReportFault::Unplug,
        }],
        ..Settings::default()
    });
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(15, &["error:"]);
}

#[test]
fn erase_works_with_quad_enable_clear() {
    let cli = Cli::with(Settings {
        flash: vec![0x5A; 0x3000],
        ..Settings::default()
    });
    cli.run(&["erase", "0x60001000", "4K"])
        .says(0, &["read back blank"]);
    assert_eq!(
        cli.board().nor().status,
        [0; 3],
        "an erase needs no quad enable"
    );
    let flash = cli.flash();
    assert!(flash[0x1000..0x2000].iter().all(|byte| *byte == 0xFF));
    assert_eq!((flash[0xFFF], flash[0x2000]), (0x5A, 0x5A));
    let cli = Cli::fresh();
    let words = "erase the whole flash";
    cli.run(&["erase", "--all", "--confirm", words])
        .says(0, &["read back blank"]);
}

#[test]
fn errors_name_the_port_range_or_folder_asked_for() {
    let cli = Cli::fresh();
    let port = cli.path("ttyNONE").display().to_string();
    let run = cli.run(&["--board", &format!("uart:{port}"), "info"]).says(
        10,
        &[
            "does not exist",
            "[uart-no-port]",
            "the adapter is not plugged in",
            "`rtboot list`",
        ],
    );
    assert!(!run.stderr.contains("BOOT_MODE"), "{run}");
    let file = cli.file("file", "no port");
    cli.run(&["--board", &format!("uart:{file}"), "info"])
        .says(15, &["[uart-broken]", "it is no serial port"]);
    let run = cli.run(&["erase", "0x60000000", "0x900000"]).says(
        3,
        &["[outside-flash]", "info` shows the chip and the size of"],
    );
    assert!(!run.stderr.contains("linked"), "{run}");
    let board = cli.path("board").display().to_string();
    cli.run_bare(&["virtual", "new", &board])
        .says(4, &["holds a virtual board already", "another folder"]);
}

#[test]
fn failed_write_advises_this_boards_doctor_command() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::IgnoresProgram],
        ..Settings::default()
    });
    let elf = app("blinky.elf");
    let run = cli
        .run(&["write", "--fcb", "issi.cfg", &elf])
        .says(32, &["[flash-other-part]", "[supply-dips]"]);
    let line = format!("doctor --fcb issi.cfg {elf}` can rule some of them out");
    let next = run.stderr.lines().find(|line| line.contains("next:"));
    assert!(next.is_some_and(|next| next.ends_with(&line)), "{run}");
    let object = cli
        .run(&["--json", "write", "--fcb", "issi.cfg", &elf])
        .last();
    let count = |key: &str| object[key].as_array().map(Vec::len);
    assert_eq!(count("causes"), count("cause_codes"));
    // the status register says that nothing is protected
    let codes = serde_json::json!(["supply-dips", "flash-other-part"]);
    assert_eq!(object["cause_codes"], codes);
    assert!(object["causes"][0].is_string());
}
