//! Runs that are stopped, and acts that must be confirmed: what flash holds then, and how the next run goes on.

use crate::kit::cli::{Cli, patched};
use crate::kit::{app, app_bytes};
use rtboot_sim::{Fault, Settings};

const EVK: &str = "--fcb=IS25LP064A";

/// A boot image whose DCD writes to the fuse controller.
fn burning_image() -> Vec<u8> {
    let dcd = [
        0xD2, 0x00, 0x10, 0x41, 0xCC, 0x00, 0x0C, 0x04, 0x40, 0x1F, 0x40, 0x00, 0x3E, 0x77, 0x00,
        0x05,
    ];
    let pointer = 0x6000_1040_u32.to_le_bytes();
    patched(
        app_bytes("blinky_boot.bin"),
        &[(0x100C, &pointer), (0x1040, &dcd)],
    )
}

#[test]
fn fuse_changing_image_must_be_confirmed() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let file = cli.file("burn.bin", burning_image());
    cli.run(&["write", &file]).says(
        2,
        &[
            "[not-confirmed]",
            "--confirm \"write an image that can change fuses\"",
            "danger",
        ],
    );
    cli.run(&["write", &file, "--confirm", "yes"])
        .says(2, &["[not-confirmed]"]);
    assert_eq!(cli.flash(), before);
    cli.run(&[
        "write",
        &file,
        "--confirm",
        "write an image that can change fuses",
    ])
    .says(0, &["verified"]);
}

#[test]
fn bytes_around_the_image_outlive_a_power_cut() {
    let old: Vec<u8> = (0..0x4000_u32).map(|i| (i % 251) as u8).collect();
    let cli = Cli::with(Settings {
        flash: old.clone(),
        faults: vec![Fault::PowerCut { at: 3 }],
        ..Settings::default()
    });
    let cut = cli.run(&["write", EVK, &app("blinky.elf")]);
    cut.says(
        15,
        &["flash now:", "the bytes around the image are saved in"],
    );
    assert_ne!(
        cli.flash()[0x200..0x1000],
        old[0x200..0x1000],
        "the cut came after the erase"
    );
    // the board in the folder counts its flash operations from 1 in each run: remove the fault, or power is cut again
    cli.set_faults(&[]);
    cli.run(&["write", EVK, &app("blinky.elf")])
        .says(0, &["bytes saved by an interrupted write", "verified"]);
    cli.would_start();
    assert_eq!(cli.flash()[0x200..0x1000], old[0x200..0x1000]);
    assert_eq!(cli.flash()[0x3000..0x4000], old[0x3000..]);
}

/// The child prints every packet. From the first erase on nobody reads its stderr until Ctrl-C was sent: the full pipe blocks it
/// long before the end of the job.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_between_operations_with_flash_state() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    use std::sync::{Arc, Mutex};

    let cli = Cli::with(Settings {
        flash: vec![0; 0x20_0000],
        ..Settings::default()
    });
    let mut image = app_bytes("blinky.bin");
    image.resize(0x10_0000, 0x5A);
    let image = cli.file("large.bin", image);
    let mut child = cli
        .on_board()
        .args(["-vv", "--json", "write", EVK, &image])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stderr = child.stderr.take().expect("piped");
    let tap = Arc::new(Mutex::new(()));
    let its_tap = Arc::clone(&tap);
    let drain = std::thread::spawn(move || {
        let mut piece = [0; 1024];
        while stderr.read(&mut piece).is_ok_and(|count| count > 0) {
            drop(its_tap.lock());
        }
    });
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = stdout.lines().map(|line| line.expect("text"));
    // at the stage's beginning nothing may be erased yet, and the state would be "untouched"
    let is_erased = |line: &str| line.contains("\"progress\"") && line.contains("\"erase\"");
    assert!(lines.any(|line| is_erased(&line)), "it never erased");
    let closed = tap.lock().expect("the drain does not panic");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
    drop(closed);
    let last = lines.last().expect("an error at the end");
    drain.join().expect("joined");
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, Some(70), "{last}");
    let error: serde_json::Value = serde_json::from_str(&last).expect("an object");
    assert_eq!(error["code"], "interrupted");
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|m| m.contains("no FCB")),
        "{error}"
    );
    assert!(cli.board().boot_verdict().starts.is_none());
    cli.run(&["write", EVK, &image]).says(0, &["verified"]);
    cli.would_start();
}

#[test]
fn wait_option_limits_the_wait_for_a_board() {
    let cli = Cli::without_board();
    cli.run_bare(&["--board", "usb:9-9", "--wait=300ms", "info"])
        .says(10, &["waiting 0.3 s for a board", "[no-board]"]);
}
