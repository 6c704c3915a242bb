//! Command `doctor`: text, exit codes, JSON and the report.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_sim::{Fault, Settings};

fn written() -> Cli {
    let cli = Cli::fresh();
    cli.run(&["write", &app("blinky.elf"), "--fcb", "IS25LP064A"])
        .says(0, &[]);
    cli
}

#[test]
fn healthy_board_is_exit_0_and_one_sentence() {
    let cli = written();
    let run = cli
        .run(&["doctor"])
        .says(0, &["nothing is wrong", "would start"]);
    assert!(!run.stdout.contains("why:"), "{run}");
    // the flashloader still runs: facts that only the boot ROM knows are listed as not known
    assert!(run.stdout.contains("not known: boot pins"), "{run}");
}

#[test]
fn findings_are_exit_1_and_end_with_the_next_step() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::Absent],
        ..Settings::default()
    });
    let run = cli
        .run(&["doctor"])
        .says(1, &["[flash-silent]", "why:", "likely causes:", "measure:"]);
    let last = run.stdout.lines().last().expect("a line");
    assert!(last.starts_with("next: "), "{run}");
}

#[test]
fn json_has_verdict_findings_facts_and_unknowns() {
    let cli = Cli::with(Settings {
        status: [0x3C, 0, 0],
        ..Settings::default()
    });
    let run = cli.run(&["doctor", "--json"]);
    assert_eq!(run.code, 1);
    let object = run.last();
    assert_eq!(object["event"], "result");
    assert_eq!(object["healthy"], false);
    assert_eq!(object["findings"][0]["code"], "flash-protected");
    assert_eq!(object["next"]["kind"], "run");
    let facts = object["facts"].as_array().expect("facts");
    let fact = |name: &str| {
        facts
            .iter()
            .find(|fact| fact["name"] == name)
            .expect("a fact")
    };
    assert_eq!(fact("flash-id")["source"], "flash through a read-only FCB");
    assert_eq!(
        fact("boot-mode")["source"],
        "ROM over SDP, by documentation"
    );
}

#[test]
fn report_hides_the_unique_id_unless_asked() {
    let cli = written();
    let id = "9abcdef012345678";
    let report = |extra: &[&str]| {
        let mut args = vec!["doctor", "--report", "doctor.md"];
        args.extend(extra);
        cli.run(&args).says(0, &["doctor.md"]);
        std::fs::read_to_string(cli.path("doctor.md")).expect("the report")
    };
    let text = report(&[]);
    for word in [
        "# rtboot doctor",
        "| flash-id | 9d 60 17",
        "## FCB",
        "46 43 46 42",
        "## SFDP",
        "(redacted)",
        "Would the ROM start it?",
    ] {
        assert!(text.contains(word), "{word} is missing in\n{text}");
    }
    for part in [id, "9abcdef0", "12345678", "9ABCDEF0"] {
        assert!(!text.contains(part), "{part} is in\n{text}");
    }
    assert!(report(&["--with-unique-id"]).contains(id));
}

#[test]
fn missing_board_is_a_finding() {
    let cli = Cli::without_board();
    let run = cli.run_bare(&["doctor", "--board", "uart:/dev/ttyNOTHING"]);
    run.says(1, &["[uart-no-port]", "/dev/ttyNOTHING"]);
}

#[test]
fn unusable_application_is_a_finding() {
    let cli = written();
    cli.run(&["doctor", "nothing.elf"])
        .says(1, &["[app-unusable]"]);
    let text = cli.file("readme.txt", "hello, this is no firmware at all");
    cli.run(&["doctor", &text]).says(1, &["[app-unusable]"]);
}

#[test]
fn another_application_in_flash_differs() {
    let cli = written();
    cli.run(&["doctor", &app("blinky.elf")]).says(0, &[]);
    cli.run(&["doctor", &app("blinky_fast.elf")])
        .says(1, &["[app-differs]"]);
    let loader = cli.file("loader.bin", rtboot_sim::standin_loader());
    cli.run(&["doctor", &loader]).says(1, &["[app-"]);
}

#[test]
fn unknowable_facts_name_the_measurement() {
    let cli = Cli::fresh();
    let quiet = cli.run(&["doctor"]);
    assert!(!quiet.stdout.contains("cannot be known"), "{quiet}");
    cli.run(&["doctor", "-v"]).says(
        1,
        &[
            "cannot be known from here: the levels of the flash's WP#",
            "a meter",
        ],
    );
    let object = cli.run(&["doctor", "--json"]).last();
    let unknown = object["not_known"].as_array().expect("a list");
    assert!(
        unknown
            .iter()
            .any(|row| row["what"] == "the flash's supply while it works")
    );
    cli.run(&["doctor", "--report", "r.md"]).says(1, &[]);
    let text = std::fs::read_to_string(cli.path("r.md")).expect("a report");
    assert!(text.contains("## Cannot be known from here"), "{text}");
}

#[test]
fn failed_write_of_the_journal_explains_what_flash_shows() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::IgnoresProgram],
        ..Settings::default()
    });
    let elf = app("blinky.elf");
    let write = cli.run(&["write", "--fcb", "IS25LP064A", &elf]);
    assert!(!write.stderr.contains("same command again"), "{write}");
    write.says(32, &["[program-failed]"]);
    let run = cli.run(&["doctor", "--fcb", "IS25LP064A", &elf]);
    let why = "failed while pages were programmed (program-failed: 0x60000100 should have become";
    let run = run.says(1, &["[content-not-programmed]", why]);
    // a write would fail in the same way, so a measurement comes first
    let last = run.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("next: measure"), "{run}");
    let object = cli.run(&["--json", "doctor", &elf]).last();
    let failed = &object["open"][0]["failed"];
    assert_eq!(failed["code"], "program-failed", "{object}");
    assert_eq!(failed["address"], 0x6000_0100, "{object}");
    assert_eq!(failed["found"], 0xFF, "{object}");
}

#[test]
fn away_virtual_board_is_brought_back_by_the_first_advice() {
    let mut settings = Settings {
        flash: std::fs::read(app("blinky_boot.bin")).expect("a committed file"),
        status: [0x40, 0, 0],
        ..Settings::default()
    };
    settings.straps.boot_mode = rtboot_sim::BootMode::InternalBoot;
    let cli = Cli::with(settings);
    let run = cli.run(&["doctor"]).says(1, &["[host-virtual-away]"]);
    let last = run.stdout.lines().last().unwrap_or_default();
    let words = format!(
        "next: rtboot virtual set {} --straps serial --power-cycle",
        cli.at("board")
    );
    assert_eq!(last, words, "{run}");
    let set = ["virtual", "set", "--straps", "serial", "--power-cycle"];
    cli.run(&set).good();
    cli.run(&["doctor"]).says(0, &["nothing is wrong"]);
}

#[test]
fn json_names_the_board_at_hand() {
    let cli = written();
    for (args, flashloader) in [
        (&["--json", "doctor"], false),
        (&["--json", "doctor"], true),
    ] {
        if flashloader {
            cli.run_bare(&["virtual", "set", "board", "--power-cycle"])
                .good();
        }
        let run = cli.run(args);
        let target = run.says(0, &[]).last()["target"].clone();
        assert_eq!(target["board"], format!("virtual:{}", cli.at("board")));
        assert_eq!(target["unique_id"], "9abcdef012345678", "{target}");
        assert_eq!(target["chip"], "RT1021", "{target}");
        assert_eq!(target["jedec"], "9d 60 17", "{target}");
        assert_eq!(target["part"], "IS25LP064D or IS25LP064A", "{target}");
        assert_eq!(target["flash_protected"], false, "{target}");
        assert_eq!(target["flashloader"].is_string(), flashloader, "{target}");
    }
}

#[test]
fn missing_board_is_told_with_what_is_asked_for_as_data() {
    let cli = Cli::with(Settings {
        rom: rtboot_sim::RomOptions {
            reads: rtboot_sim::Reads::Nothing,
            ..rtboot_sim::RomOptions::default()
        },
        ..Settings::default()
    });
    let error = cli.run(&["--json", "info"]).last();
    assert_eq!(error["code"], "unknown-chip", "{error}");
    let facts = &error["facts"];
    assert_eq!(facts["refused"][0]["address"], 0x400D_8260_u32, "{facts}");
    let chips = facts["chips"].as_array().expect("a list");
    assert!(chips.iter().any(|chip| chip == "RT1021"), "{facts}");
    assert_eq!(error["cause_codes"][0], "rom-reads-refused", "{error}");
}
