//! Boards, flashloaders and settings by name, `--json`, and how much is printed.

use crate::kit::cli::{Cli, Run, patched};
use crate::kit::{app, app_bytes};
use rtboot_sim::standin_loader;

const EVK: &str = "--fcb=IS25LP064A";

#[test]
fn unknown_boards_and_chips_are_refused() {
    let cli = Cli::without_board();
    cli.run_bare(&["--board", "usb:9-9.9", "info"]).says(
        10,
        &[
            "no board at usb:9-9.9",
            "[no-board]",
            "BOOT_MODE = 01",
            "rtboot list",
        ],
    );
    cli.run_bare(&["--board", "jtag", "info"])
        .says(2, &["\"jtag\" names no board", "[usage]"]);
    cli.run_bare(&["--board", "uart:/dev/ttyNONE", "info"])
        .says(10, &["ttyNONE"]);
    cli.run_bare(&["--chip", "rt1176", "--board", "virtual:b", "info"])
        .says(2, &["no chip that rtboot knows", "rt1021"]);
    cli.run_bare(&["list"]).says(0, &[]);
    cli.run_bare(&["frobnicate"])
        .says(2, &["unrecognized subcommand"]);
    cli.run_bare(&["read", "0x6000000g", "1", "-"])
        .says(2, &["0x1000"]);
}

#[test]
fn default_virtual_board_names_its_folder() {
    let cli = Cli::without_board();
    let write = ["--board=virtual", "write", EVK, &app("blinky.elf")];
    cli.run_bare(&write)
        .says(0, &["no virtual board in", "making a fresh one"]);
    cli.run_bare(&["--board", "virtual", "info"])
        .says(0, &["virtual board in", "state/virtual", "RT1021"]);
    assert!(cli.path("state/virtual/flash.bin").is_file());
    cli.run_bare(&["list"]).says(0, &["virtual board in"]);
}

#[cfg(unix)]
#[test]
fn settings_that_redirect_a_write_are_named_or_refused() {
    use std::os::unix::fs::PermissionsExt;

    let cli = Cli::fresh();
    cli.file(
        "rtboot.toml",
        "board = \"virtual:board\"\nfcb = \"IS25LP064A\"\n",
    );
    let write = ["write", &app("blinky.elf")];
    cli.run_bare(&write).says(
        0,
        &[
            "board = \"virtual:board\", from",
            "fcb = \"IS25LP064A\", from",
            "rtboot.toml",
        ],
    );
    let shared = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(cli.path("rtboot.toml"), shared).expect("changed");
    cli.run_bare(&write).says(
        3,
        &[
            "rtboot.toml: it sets `board`, and every user may write it",
            "[bad-settings]",
        ],
    );
    // a key that redirects nothing is nobody's door
    cli.file("rtboot.toml", "timeout = \"5s\"\n");
    cli.run_bare(&["--board=virtual:board", "info"])
        .says(0, &["RT1021"]);
}

#[test]
fn settings_are_searched_upwards_local_file_first() {
    let cli = Cli::fresh();
    cli.file("rtboot.toml", "board = \"usb:9-9\"\nfcb = \"IS25LP064A\"\n");
    cli.file("rtboot.local.toml", "board = \"virtual:board\"\n");
    std::fs::create_dir_all(cli.path("deep/er")).expect("folders");
    let mut command = cli.command();
    command.current_dir(cli.path("deep/er"));
    Run::of(command.args(["write", &app("blinky.elf")])).good();
    cli.would_start();
    // an option wins over both
    cli.run_bare(&["--board", "usb:9-9", "--no-wait", "info"])
        .says(10, &["usb:9-9"]);
    cli.file(
        "rtboot.local.toml",
        "board = \"virtual:board\"\nflashlaoder = \"x\"\n",
    );
    cli.run_bare(&["info"]).says(
        3,
        &[
            "rtboot.local.toml: line 2",
            "did you mean `flashloader`?",
            "[bad-settings]",
        ],
    );
}

/// The virtual board's flashloader with words of its IVT and boot data changed.
fn loader(patches: &[(usize, u32)]) -> Vec<u8> {
    let file = standin_loader().to_vec();
    let ivt = file
        .windows(4)
        .position(|w| w[..3] == [0xD1, 0x00, 0x20] && w[3] & 0xF0 == 0x40)
        .expect("an IVT");
    let patches: Vec<(usize, [u8; 4])> = patches
        .iter()
        .map(|(at, word)| (ivt + at, word.to_le_bytes()))
        .collect();
    let patches: Vec<(usize, &[u8])> = patches.iter().map(|(at, b)| (*at, &b[..])).collect();
    patched(file, &patches)
}

#[test]
fn files_without_a_flashloader_are_refused() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let moved = |base: u32| {
        loader(&[
            (4, base + 0x401),
            (0x10, base + 0x20),
            (0x14, base),
            (0x20, base),
        ])
    };
    for (name, bytes, words) in [
        ("empty.bin", Vec::new(), "empty.bin"),
        ("app.bin", app_bytes("blinky.bin"), "no IVT"),
        ("boot.bin", app_bytes("blinky_boot.bin"), "boot.bin"),
        ("long.bin", loader(&[(0x24, 0x0400_0000)]), "long.bin"),
        ("sdram.bin", moved(0x8000_0000), "0x80000000"),
        ("cut.bin", standin_loader()[..2000].to_vec(), "cut.bin"),
    ] {
        let file = cli.file(name, bytes);
        cli.run(&["--flashloader", &file, "write", EVK, &app("blinky.elf")])
            .says(3, &[words, "[bad-firmware-file]"]);
        cli.run(&["flashloader", "show", &file]).says(3, &[words]);
        cli.run(&["flashloader", "add", &file]).says(3, &[words]);
    }
    cli.run(&["--flashloader", "none.bin", "info"])
        .says(4, &["cannot read none.bin"]);
    assert_eq!(cli.flash(), before);
}

#[test]
fn added_flashloader_is_used_from_then_on() {
    let cli = Cli::fresh();
    cli.run(&["flashloader", "list"])
        .says(0, &["no flashloader is remembered"]);
    let file = cli.file("standin.bin", standin_loader());
    cli.run(&["flashloader", "add", &file])
        .says(3, &["stand-in, no flashloader", "[bad-file]"]);
    let file = cli.file("mine.bin", [standin_loader(), &[0]].concat());
    cli.run(&["flashloader", "show", &file])
        .says(0, &["sha256", "loads to 0x"]);
    cli.run(&["flashloader", "add", &file])
        .says(0, &["remembered for the RT1021"]);
    std::fs::remove_file(&file).expect("it was copied");
    cli.run(&["flashloader", "list"])
        .says(0, &["* ", "mine.bin"]);
    cli.run(&["info"])
        .says(0, &["started from", "flashloaders/rt1021/"]);
}

#[test]
fn loader_is_chosen_by_option_file_and_setting() {
    let cli = Cli::fresh();
    let list = |args: &[&str], words: &[&str]| {
        let args: Vec<&str> = args.iter().chain(&["loader", "list"]).copied().collect();
        cli.run(&args).says(0, words);
    };
    list(&[], &["* own", "rtboot's own", "proven in emulation only"]);
    cli.run(&["loader", "show"]).says(
        0,
        &[
            "sha256",
            "loads to 0x20208000",
            "for the RT1015, RT1020, RT1021",
        ],
    );
    cli.run(&["loader", "show", "nxp"])
        .says(20, &["no flashloader file is known", "--loader own"]);
    let file = cli.file("mine.bin", [standin_loader(), &[0]].concat());
    cli.run(&["flashloader", "add", &file]).good();
    list(&[], &["* nxp", "flashloaders/rt1021/", "  own"]);
    list(&["--loader", "own"], &["  nxp", "* own"]);
    cli.file("rtboot.toml", "loader = \"own\"\n");
    list(&[], &["  nxp", "* own"]);
    list(&["--loader", "nxp"], &["* nxp", "  own"]);
    // what is given for this run wins over what is usual
    cli.run(&["--flashloader", &file, "info"])
        .says(0, &["started from", "mine.bin"]);
    cli.run(&["--flashloader", &file, "--loader", "own", "info"])
        .says(2, &["leave out one of the two", "[usage]"]);
    cli.run(&["config"])
        .says(0, &["loader", "own", "rtboot.toml"]);
    cli.file("rtboot.toml", "loader = \"mine\"\n");
    cli.run(&["info"])
        .says(3, &["\"mine\" is none of auto, own, nxp", "rtboot.toml"]);
    // it is not for the RT1024
    cli.file("rtboot.toml", "");
    let rt1024 = ["--chip", "rt1024", "--loader", "own", "loader", "list"];
    cli.run(&rt1024).says(0, &["  own"]);
}

#[test]
fn own_loader_does_the_whole_job_on_a_virtual_board() {
    let cli = Cli::fresh();
    let own = |args: &[&str]| {
        let args: Vec<&str> = ["--loader", "own"].iter().chain(args).copied().collect();
        cli.run(&args)
    };
    own(&["info"]).says(0, &["flashloader:   rtboot's own loader, L"]);
    own(&["write", EVK, &app("blinky.elf")]).says(0, &["the ROM would start it"]);
    cli.would_start();
    let verify = own(&["verify", EVK, &app("blinky.elf")]);
    verify.says(0, &["identical"]);
    own(&["doctor", EVK, &app("blinky.elf")]).says(0, &["nothing is wrong"]);
    own(&["verify", EVK, &app("blinky_fast.elf")]).says(33, &["[verify-failed]"]);
    // the next command goes on with the loader that runs
    cli.run(&["info"])
        .says(0, &["rtboot's own loader, L", "was running already"]);
}

#[test]
fn json_lines_end_with_a_result_or_an_error() {
    let cli = Cli::fresh();
    let run = cli.run(&["--json", "write", EVK, &app("blinky.elf")]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    let events = run.objects();
    for event in ["begin", "progress", "end", "finding", "result"] {
        assert!(
            events.iter().any(|o| o["event"] == event),
            "{event} in {run}"
        );
    }
    let result = run.last();
    assert_eq!(result["event"], "result");
    assert_eq!(result["changed"], true);
    assert_eq!(result["bytes_verified"], 12288);
    assert_eq!(result["modelled"], true);
    let verify = cli
        .run(&["--json", "verify", &app("blinky_fast.elf")])
        .last();
    assert_eq!(verify["event"], "error");
    assert_eq!(
        (verify["code"].as_str(), verify["exit"].as_u64()),
        (Some("verify-failed"), Some(33))
    );
    assert_eq!(verify["found"]["boot"]["starts"], true);
    assert!(
        verify["next"]
            .as_array()
            .is_some_and(|next| !next.is_empty())
    );
    let info = cli.run(&["--json", "info"]).last();
    assert_eq!(info["flash"]["jedec"], "9d 60 17");
    assert_eq!(info["flash"]["quad_enabled"], true);
    assert_eq!(info["boot"]["starts"], true);
    let usage = cli.run(&["--json", "write"]);
    assert_eq!(usage.code, 2);
    assert_eq!(usage.last()["code"], "usage");
}

#[test]
fn quiet_prints_nothing_and_vv_shows_packets() {
    let cli = Cli::fresh();
    let quiet = cli.run(&["-q", "write", EVK, &app("blinky.elf")]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""), "{quiet}");
    cli.run(&["-vv", "info"]).says(0, &["-->", "<--"]);
    let failed = cli.run(&["-q", "blank-check", "0x60000000", "1"]);
    failed.says(31, &["error: flash is not blank"]);
}
