//! The person at the keyboard: slips, words of other tools, ranges; each gets the sentence that helps, and flash stays as it was.

use std::fs;

use crate::kit::app;
use crate::kit::cli::{Cli, Run};

const EVK: &str = "--fcb=IS25LP064A";
const WORDS: &str = "--confirm=erase the whole flash";

/// All of a board's flash: its file ends with the last byte that is not blank.
fn whole(cli: &Cli) -> Vec<u8> {
    let mut flash = cli.flash();
    flash.resize(8 << 20, 0xFF);
    flash
}

#[test]
fn only_write_makes_a_virtual_board_and_says_so_first() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    for command in [
        &["info"][..],
        &["doctor"],
        &["verify", &elf],
        &["read", "--all", "x.bin"],
        &["backup", "x.bin"],
        &["restore", &elf],
        &["erase", "0x60000000", "4K"],
        &["blank-check", "0x60000000", "4K"],
        &["write", &elf, "--dry-run"],
        &["run"],
        &["reset"],
        &["unprotect"],
        &["fcb", "probe"],
        &["image", "show", "board"],
        &["sdp", "error-status"],
        &["mboot", "get-property", "1"],
        &["virtual", "show"],
    ] {
        let args = [&["--board=virtual:baord"][..], command].concat();
        let run = cli.run_bare(&args);
        let words = ["no virtual board in baord", "there is one in board"];
        let run = run.says(10, &words);
        let next = ["--board virtual:board", "rtboot virtual new baord"];
        let _ = run.says(10, &next);
        assert!(!cli.path("baord").exists(), "{command:?}");
    }
    let run = cli.run_bare(&["--board=virtual:baord", "write", EVK, &elf]);
    let first = run.stderr.lines().next().unwrap_or_default();
    assert!(first.contains("no virtual board in baord yet"), "{run}");
    run.good();
    let flash = fs::read(cli.path("baord/flash.bin")).expect("made");
    assert_eq!(flash[..4], *b"FCFB");
    let again = cli.run_bare(&["--board=virtual:baord", "write", EVK, &elf]);
    assert!(!again.stderr.contains("fresh"), "{again}");
}

#[test]
fn erasing_all_by_numbers_asks_as_all_does() {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).good();
    let before = whole(&cli);
    for range in [
        &["0x60000000", "8M"][..],
        &["0x60000000..0x60800000"],
        &["0x60000000+8M"],
        &["--round", "0x60000001..0x607fffff"],
        &["--all"],
    ] {
        let args = [&["erase"], range].concat();
        let words = ["erasing the whole flash must be confirmed in these words"];
        cli.run(&args).says(2, &words);
        assert_eq!(whole(&cli), before, "{range:?}");
    }
    cli.run(&["erase", "0x60000000..0x60800000", WORDS])
        .says(0, &["erased 0x60000000..0x60800000", "read back blank"]);
    assert!(whole(&cli).iter().all(|byte| *byte == 0xFF));
}

#[test]
fn every_form_of_range_erases_and_reads_the_same() {
    for range in [
        &["0x60002000", "0x1000"][..],
        &["0x60002000..0x60003000"],
        &["0x60002000+4K"],
    ] {
        let cli = Cli::fresh();
        cli.run(&["write", EVK, &app("blinky.elf")]).good();
        let before = whole(&cli);
        cli.run(&[&["read"], range, &["part.bin"]].concat())
            .says(0, &["read 4096 bytes from 0x60002000 into part.bin"]);
        assert_eq!(cli.read("part.bin"), before[0x2000..0x3000]);
        cli.run(&[&["blank-check"], range].concat())
            .says(31, &["0x60002000"]);
        cli.run(&[&["erase"], range].concat())
            .says(0, &["erased 0x60002000..0x60003000"]);
        cli.run(&[&["blank-check"], range].concat())
            .says(0, &["0x60002000..0x60003000 is blank"]);
        let mut wanted = before;
        wanted[0x2000..0x3000].fill(0xFF);
        assert!(whole(&cli) == wanted, "{range:?}");
    }
}

#[test]
fn read_all_reads_the_whole_flash() {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).good();
    cli.run(&["read", "--all", "all.bin"])
        .says(0, &["read 8388608 bytes from 0x60000000"]);
    assert!(cli.read("all.bin") == whole(&cli));
}

#[test]
fn slips_in_a_read_are_named() {
    let cli = Cli::fresh();
    for (args, words) in [
        (&["out.bin", "0x60000000", "4K"][..], "the file comes last"),
        (&["0x60000000", "4K"], "the file is missing"),
        (&["0x60000000..0x60001000"], "the file is missing"),
        (&["out.bin"], "the range is missing"),
        (&["0x60000000", "out.bin"], "the length is missing"),
        (&["60000000", "4K", "out.bin"], "with 0x it is 0x60000000"),
        (&["--all", "0x60000000", "out.bin"], "has no range besides"),
        (
            &["0x20000000", "1M", "out.bin"],
            "runs past the end of the DTCM: 0x20000000..0x20010000",
        ),
        (
            &["0x20010000", "16", "out.bin"],
            "runs past the end of the DTCM",
        ),
        (
            &["0x2021fff0..0x20220010", "out.bin"],
            "runs past the end of the OCRAM",
        ),
    ] {
        cli.run(&[&["read"], args].concat()).says(2, &[words]);
        assert!(!cli.path("out.bin").exists(), "{args:?}");
    }
    cli.run(&["read", "0x20000000", "0x10000", "dtcm.bin"])
        .says(0, &["read 65536 bytes"]);
}

#[test]
fn words_of_other_tools_are_the_same_commands() {
    let cli = Cli::fresh();
    let board = format!("virtual:{}", cli.at("board"));
    let elf = app("blinky.elf");
    cli.run_bare(&["-b", &board, "flash", EVK, &elf])
        .says(0, &["3 sectors programmed, verified"]);
    let written = whole(&cli);
    cli.run_bare(&["program", "-b", &board, EVK, &elf])
        .says(0, &["nothing to do"]);
    cli.run_bare(&["board-info", "-b", &board])
        .says(0, &["would start:   yes"]);
    cli.run(&["save", "--all", "all.bin"]).good();
    assert!(cli.read("all.bin") == written);
    let raw = app("blinky.bin");
    cli.run(&["verify", "--address", "0x60002000", &raw])
        .says(0, &["identical"]);
}

#[test]
fn json_of_a_wrong_board_names_it() {
    let cli = Cli::without_board();
    let last = cli
        .run_bare(&["--json", "--board=virtual:nowhere", "info"])
        .last();
    assert_eq!(last["code"], "no-virtual-board");
    assert_eq!(last["exit"], 10);
    assert_eq!(last["facts"]["selector"], "virtual:nowhere");
    let last = cli.run_bare(&["--json", "--board=COM3", "info"]).last();
    assert_eq!(last["code"], "usage");
    let message = last["message"].as_str().unwrap_or_default();
    assert!(message.contains("uart:COM3"), "{message}");
}

#[test]
fn result_is_two_lines_and_figures_come_with_v() {
    let cli = Cli::fresh();
    let run = cli.run(&["write", EVK, &app("blinky.elf")]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{run}");
    let sent = "sent 2.00 KiB, skipped 10.00 KiB, erased 0 B; compare ";
    assert!(lines[1].starts_with(sent), "{run}");
    let words = "3 sectors programmed, verified; flash now: the ROM would start it";
    assert!(lines[0].ends_with(words), "{run}");
    assert!(run.stderr.contains("blinky.elf: ELF, "), "{run}");
    assert!(!run.stderr.contains("verify 11.75 KiB"), "{run}");
    let again = cli.run(&["-v", "write", EVK, &app("blinky_fast.elf")]);
    let words = [
        "2 sectors erased, 0 programmed",
        "modelled time",
        "verify 11.75 KiB",
    ];
    again.says(0, &words);
}

#[test]
fn log_holds_all_details_of_a_quiet_run_with_times() {
    let cli = Cli::fresh();
    let elf = app("blinky.elf");
    cli.run(&["-q", "--log=run.log", "write", EVK, &elf]).good();
    cli.run(&["--log=run.log", "verify", "nothing.elf"])
        .says(4, &["nothing.elf"]);
    let log = cli.text("run.log");
    for line in log.lines() {
        let (time, _) = line.split_once(' ').expect("a time");
        assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
    }
    for what in [
        "rtboot 0.1.0: ",
        "detail: the flash of the RT1021 is the ISSI IS25LP064A",
        "program: 1792 bytes",
        "WriteMemory(0x60002000",
        "flash now: the ROM would start it",
        "error: cannot read nothing.elf",
    ] {
        assert!(log.contains(what), "{what:?} is not in\n{log}");
    }
    assert!(!log.contains('\u{1b}'), "no colours");
    cli.run(&["--log=no/such/folder.log", "info"])
        .says(4, &["no/such/folder.log"]);
}

#[test]
fn json_has_plan_board_and_digest() {
    let cli = Cli::fresh();
    let run = cli.run(&["--json", "write", EVK, &app("blinky.elf")]);
    let objects = run.objects();
    let at = |event: &str, stage: &str| {
        let is = |o: &serde_json::Value| {
            o["event"] == event && (stage.is_empty() || o["stage"] == stage)
        };
        objects
            .iter()
            .position(is)
            .unwrap_or_else(|| panic!("{event} {stage}: {run}"))
    };
    let plan = &objects[at("plan", "")];
    assert!(at("plan", "") < at("begin", "program"));
    assert_eq!(plan["dry_run"], false);
    let steps = plan["steps"].as_array().expect("steps");
    assert!(
        steps
            .iter()
            .any(|step| step["step"] == "program-last" && step["address"] == 0x6000_0000)
    );
    let last = run.last();
    assert_eq!(last["exit"], 0);
    let target = &last["target"];
    assert_eq!(target["board"], format!("virtual:{}", cli.at("board")));
    assert_eq!(target["chip"], "RT1021");
    assert_eq!(target["jedec"], "9d 60 17");
    assert_eq!(target["part"], "IS25LP064A");
    assert_eq!(target["unique_id"].as_str().map(str::len), Some(16));
    assert_eq!(
        target["flashloader_sha256"].as_str().map(str::len),
        Some(64)
    );
    // the digest is that of what flash holds in these ranges
    let flash = whole(&cli);
    let number =
        |value: &serde_json::Value| value.as_u64().expect("a number") as usize - 0x6000_0000;
    let ranges = last["image"]["ranges"].as_array().expect("ranges");
    let pieces = ranges
        .iter()
        .map(|range| &flash[number(&range["start"])..number(&range["end"])]);
    assert_eq!(last["image"]["sha256"], rtboot::digest::sha256(pieces));
    assert_eq!(last["image"], plan["image"]);
}

#[test]
fn json_of_a_failure_names_the_board() {
    let cli = Cli::fresh();
    let last = cli
        .run(&["--json", "write", "--fcb=W25Q64JV", &app("blinky.elf")])
        .last();
    assert_eq!(last["code"], "part-mismatch");
    assert_eq!(last["exit"], 30);
    assert_eq!(last["target"]["jedec"], "9d 60 17");
    assert_eq!(last["target"]["chip"], "RT1021");
    assert_eq!(last["target"]["part"], serde_json::Value::Null);
    let findings = cli.run(&["--json", "doctor"]).last();
    assert_eq!(findings["exit"], 1);
}

#[test]
fn remembered_flashloaders_are_chosen_and_forgotten() {
    let cli = Cli::without_board();
    for (name, end) in [("a.bin", 1), ("b.bin", 2)] {
        let file = cli.file(name, [rtboot_sim::standin_loader(), &[end]].concat());
        cli.run_bare(&["flashloader", "add", &file]).good();
    }
    let sent = || {
        let list = cli.run_bare(&["flashloader", "list"]).good();
        let line = list.lines().find(|line| line.starts_with('*'));
        line.map(|line| line.contains("a.bin"))
    };
    assert_eq!(sent(), Some(false));
    cli.run_bare(&["flashloader", "use", "a.bin"])
        .says(0, &["a.bin is sent"]);
    assert_eq!(sent(), Some(true));
    cli.run_bare(&["flashloader", "use", "c.bin"])
        .says(2, &["remembered: a.bin, b.bin"]);
    cli.run_bare(&["flashloader", "remove", "a.bin"])
        .says(0, &["a.bin is forgotten", "it was the one that is sent"]);
    assert_eq!(sent(), None);
    let list = cli.run_bare(&["flashloader", "list"]).good();
    assert!(!list.contains("a.bin") && list.contains("b.bin"), "{list}");
    let copies = fs::read_dir(cli.path("state/flashloaders/rt1021")).expect("a folder");
    assert_eq!(copies.count(), 2, "the index and one copy");
}

#[test]
fn config_tells_where_each_value_comes_from() {
    let cli = Cli::without_board();
    cli.file("rtboot.toml", "fcb = \"issi.cfg\"\nboard = \"usb\"\n");
    let run = |args: &[&str]| {
        let mut command = cli.command();
        Run::of(command.env("RTBOOT_CHIP", "rt1024").args(args))
    };
    let last = run(&["--json", "config", "-b", "virtual:x"]).last();
    let settings = last["settings"].as_array().expect("settings").clone();
    let of = |key: &str| {
        let setting = settings.iter().find(|setting| setting["key"] == key);
        let setting = setting.expect(key);
        (setting["value"].clone(), setting["source"].clone())
    };
    assert_eq!(of("board"), ("virtual:x".into(), "option".into()));
    assert_eq!(of("chip"), ("rt1024".into(), "environment".into()));
    assert_eq!(of("fcb"), ("issi.cfg".into(), "file".into()));
    assert_eq!(of("wait").1, "default");
    run(&["config"]).says(0, &["rtboot.toml)", "(environment)", "(default)"]);
}
