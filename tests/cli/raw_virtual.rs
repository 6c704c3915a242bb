//! `rtboot virtual …`: boards are made, shown, set and served.

use crate::kit::app;
use crate::kit::cli::{Cli, rtboot_in};
use crate::kit::server::Server;

#[test]
fn virtual_new_options_show_in_virtual_show() {
    let board = Cli::made(&[
        "--part",
        "W25Q64JV",
        "--qe",
        "set",
        "--straps",
        "internal",
        "--unique-id",
        "0123456789abcdef",
        "--fault",
        r#"{"fault":"worn-sector","address":4096}"#,
        "--fault",
        r#"{"fault":"usb-in","at":7,"does":"drop"}"#,
    ]);
    let json = board.run(&["--json", "virtual", "show", "board"]).last();
    assert_eq!(json["part"], "w25q64jv");
    assert_eq!(json["quad_enabled"], true);
    assert_eq!(json["status_registers"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (json["boot_mode"].as_u64(), json["boots"].as_bool()),
        (Some(2), Some(false))
    );
    assert_eq!(json["fuses"][0]["value"], 0x89AB_CDEF_u32);
    assert_eq!(json["faults"][0]["fault"], "worn-sector");
    assert_eq!(json["faults"][1]["does"], "drop");
    let text = board.run(&["virtual", "show"]).good();
    for part in [
        "w25q64jv, id ef 40 17, 8 MiB",
        "quad-enable set",
        "no: no FCB at flash offset 0",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn board_of_each_chip_is_its_evaluation_kit() {
    let folder = tempfile::tempdir().expect("a folder");
    for (spelled, chip, part, boot) in [
        ("rt1010", "RT1011", "at25sf128a", "flash offset 0x400"),
        ("RT1015", "RT1015", "at25sf128a", "flash offset 0"),
        ("MIMXRT1024-EVK", "RT1024", "w25q32jv", "flash offset 0"),
        ("imxrt1046", "RT1042", "w25q64jv", "flash offset 0"),
        ("rt1051", "RT1052", "is25wp064a", "flash offset 0"),
        ("MIMXRT1062DVL6B", "RT1062", "is25wp064a", "flash offset 0"),
        ("rt1064", "RT1064", "w25q32jv", "flash offset 0"),
    ] {
        let new = ["--chip", spelled, "virtual", "new", spelled];
        rtboot_in(folder.path(), &new).good();
        let show = ["--json", "virtual", "show", spelled];
        let json = rtboot_in(folder.path(), &show).last();
        assert_eq!((&json["chip"], &json["part"]), (&chip.into(), &part.into()));
        let reason = json["boot_reason"].as_str().expect("a reason");
        assert!(reason.contains(boot), "{spelled}: {reason}");
        let packaged = json["fuses"].as_array().expect("fuses").iter();
        let packaged = packaged.filter(|word| word["index"] == 4).count();
        assert_eq!(packaged == 1, part == "w25q32jv", "{spelled}");
    }
    // another flash than the kit's
    let other = [
        "--chip",
        "rt1062",
        "virtual",
        "new",
        "teensy",
        "--part",
        "w25q16jv-im",
    ];
    let text = rtboot_in(folder.path(), &other).good();
    assert!(text.contains("chip        RT1062"), "{text}");
    assert!(text.contains("w25q16jv-im, id ef 70 15, 2 MiB"), "{text}");
}

#[test]
fn chip_that_no_virtual_board_is_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for chip in ["rt1170", "lpc55", "rt106"] {
        let new = ["--chip", chip, "virtual", "new", "board"];
        rtboot_in(folder.path(), &new).fails(2, "there are RT1011, RT1015, RT1021");
        assert!(!folder.path().join("board").exists(), "{chip}");
    }
}

#[test]
fn impossible_board_is_refused_and_not_made() {
    let folder = tempfile::tempdir().expect("a folder");
    for (args, code, text) in [
        (&["--part", "flashy"][..], 2, "there are is25lp064a"),
        (&["--fault", "{\"fault\":\"gremlins\"}"], 2, "gremlins"),
        (&["--fault", "absent"], 2, "the fault absent is not usable"),
        (
            &["--fault", "{\"fault\":\"worn-sector\",\"address\":8388608}"],
            2,
            "lies outside the flash",
        ),
        (
            &["--fault", "{\"fault\":\"wrong-part\",\"part\":\"x\"}"],
            2,
            "no flash is called",
        ),
        (&["--straps", "up"], 2, "internal"),
        (&["--unique-id", "zz"], 2, "16 hex digits"),
    ] {
        let args = [&["virtual", "new", "board"], args].concat();
        rtboot_in(folder.path(), &args).fails(code, text);
        assert!(!folder.path().join("board").exists(), "{args:?}");
    }
    std::fs::write(folder.path().join("letter.txt"), "dear").expect("written");
    rtboot_in(folder.path(), &["virtual", "new", "."]).fails(4, "is not empty");
    rtboot_in(folder.path(), &["virtual", "show", "nowhere"])
        .fails(10, "there is no virtual board in nowhere");
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn boot_pins_count_from_the_next_power_on() {
    let board = Cli::fresh();
    board
        .run(&["virtual", "set", "board"])
        .fails(2, "nothing to set");
    let out = board
        .run(&["virtual", "set", "board", "--straps", "internal"])
        .good();
    assert!(out.contains("BOOT_MODE 10, internal boot"), "{out}");
    assert!(out.contains("runs        boot ROM"), "{out}");
    let args = [
        "virtual",
        "set",
        "board",
        "--straps",
        "fuses",
        "--power-cycle",
    ];
    let out = board.run(&args).good();
    assert!(out.contains("BT_FUSE_SEL is not burnt"), "{out}");
}

#[test]
fn written_board_boots_with_internal_boot_pins() {
    let board = Cli::fresh();
    board
        .run(&["write", "--fcb", "issi.cfg", &app("blinky.elf")])
        .good();
    let out = board.run(&["virtual", "show", "board"]).good();
    assert!(
        out.contains("yes, once the switches say internal boot"),
        "{out}"
    );
    let args = [
        "--json",
        "virtual",
        "set",
        "board",
        "--straps",
        "internal",
        "--power-cycle",
    ];
    let json = board.run(&args).last();
    assert_eq!(json["runs"], "application");
    assert_eq!(json["boots_now"], true);
    assert!(json["used"].as_u64().is_some_and(|used| used > 512));
}

#[cfg(unix)]
#[test]
fn served_board_is_usable_locked_and_kept() {
    let board = Cli::fresh();
    let server = Server::pty(board.folder());
    let selector = format!("uart:{}", server.line);
    let used = rtboot_in(
        board.folder(),
        &["--board", &selector, "sdp", "error-status"],
    );
    let locked = board.run(&["virtual", "show", "board"]);
    let pid = server.id();
    let (ended, _) = server.interrupt();
    assert!(used.good().contains("HAB success"));
    locked.fails(14, &format!("in use by rtboot (process {pid})"));
    assert!(ended.success(), "{ended}");
    board.run(&["virtual", "show", "board"]).good();
}

#[test]
fn too_many_boards_are_refused_before_serving() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..16).map(|n| format!("b{n}")).collect();
    let mut args = vec!["virtual", "serve", "--usbip=127.0.0.1:0"];
    args.extend(names.iter().map(String::as_str));
    rtboot_in(folder.path(), &args).fails(2, "16 boards are more than the 15");
    let made = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(made, 0);
}
