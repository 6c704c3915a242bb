//! `info`, `verify` and `doctor` on a board where a write or an erase broke off: which one, what is incomplete, what to type.

use crate::kit::cli::{Cli, RTBOOT, Run, shell};
use crate::kit::{app, hex};
use rtboot_sim::{Fault, Settings};
use serde_json::Value;

const EVK: &str = "--fcb=IS25LP064A";
/// Where the boot loader of a second stage lies, and the second stage.
const LOADER: u32 = 0x6000_2000;
const SLOT: u32 = 0x6002_0000;

/// An application of this length; `fill` tells versions apart.
fn application(table: u32, length: usize, fill: u8) -> Vec<u8> {
    let vectors = [0x2001_0000u32, table + 0x401]
        .map(u32::to_le_bytes)
        .concat();
    let mut bytes: Vec<u8> = (0..length).map(|n| (n as u8 & 0x3F) ^ fill).collect();
    bytes[..8].copy_from_slice(&vectors);
    bytes[0x400..0x402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// v1 is in flash; v2.hex waits.
fn with_v1() -> Cli {
    let cli = Cli::fresh();
    cli.file("v1.hex", hex(LOADER, &application(LOADER, 0x6000, 1)));
    cli.file("v2.hex", hex(LOADER, &application(LOADER, 0x6000, 2)));
    cli.run(&["write", EVK, "v1.hex"]).good();
    cli.would_start();
    cli
}

/// Runs this while power goes in its `at`-th flash operation; power is back then.
#[track_caller]
fn cut(cli: &Cli, at: u64, args: &[&str]) {
    cli.set_faults(&[Fault::PowerCut { at }]);
    let run = cli.run(args);
    cli.set_faults(&[]);
    assert_eq!(run.code, 15, "{run}");
}

fn json(cli: &Cli, args: &[&str]) -> (i32, Value) {
    let run = cli.run(&[&["--json"], args].concat());
    (run.code, run.last())
}

/// What a command says of the boot header, in a result or in an error.
fn boot(object: &Value) -> &Value {
    match &object["boot"] {
        Value::Null => &object["found"]["boot"],
        boot => boot,
    }
}

fn codes(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().expect("a list").iter();
    findings.filter_map(|it| it["code"].as_str()).collect()
}

/// All three commands tell one open entry by this code, and agree on whether it starts.
#[track_caller]
fn told_by_all(cli: &Cli, file: &str, code: &str, starts: Value) -> Value {
    let (exit, info) = json(cli, &["info"]);
    assert_eq!(exit, 0, "{info}");
    let (_, verify) = json(cli, &["verify", EVK, file]);
    let (exit, doctor) = json(cli, &["doctor"]);
    assert_eq!(exit, 1, "{doctor}");
    let open = boot(&info)["open"].clone();
    assert_eq!(open.as_array().map(Vec::len), Some(1), "{info}");
    for (command, told, of) in [
        ("info", codes(&boot(&info)["findings"]), boot(&info)),
        ("verify", codes(&boot(&verify)["findings"]), boot(&verify)),
        ("doctor", codes(&doctor["findings"]), &doctor),
    ] {
        assert!(told.contains(&code), "{command}: {told:?}");
        assert_eq!(of["open"], open, "{command}");
        assert_eq!(of["starts"], starts, "{command}");
    }
    open[0].clone()
}

#[test]
fn interrupted_write_is_named_by_all() {
    // sectors erased, pages programmed, the last page cut
    let operations = operations(&["write", EVK, "v2.hex"]);
    for (at, phase) in [
        (3, "erasing"),
        (operations / 2, "programming"),
        (operations, "last"),
    ] {
        let cli = with_v1();
        cut(&cli, at, &["write", EVK, "v2.hex"]);
        let open = told_by_all(&cli, "v2.hex", "image-incomplete", Value::Bool(false));
        assert_eq!(open["what"], "write", "{open}");
        assert_eq!(open["image"], "v2.hex", "{open}");
        assert_eq!(open["phase"], phase, "{open}");
        assert_eq!(open["shows"], "broken", "{open}");
        assert_eq!(open["user"], Value::Null);
        let file = open["journal"].as_str().expect("a path");
        assert!(std::path::Path::new(file).is_file(), "{file}");
        let finish = "write --fcb IS25LP064A v2.hex` finishes it";
        cli.run(&["info"])
            .says(0, &["the write of v2.hex (20", "was interrupted", finish]);
        cli.run(&["doctor"])
            .says(1, &["the write of v2.hex", "write --fcb IS25LP064A v2.hex"]);
        let verify = cli.run(&["verify", EVK, "v2.hex"]);
        assert_eq!(verify.code, 33, "{verify}");
        let finish = format!("write {} v2.hex` finishes it", EVK.replace('=', " "));
        verify.says(33, &["the write of v2.hex (20", &finish]);
        cli.run(&["write", EVK, "v2.hex"]).good();
        nothing_open(&cli);
    }
}

/// How many flash operations a whole run of this on v1 takes.
fn operations(args: &[&str]) -> u64 {
    let (mut low, mut high) = (1, 4096);
    while low < high {
        let middle = (low + high) / 2;
        let cli = with_v1();
        cli.set_faults(&[Fault::PowerCut { at: middle }]);
        match cli.run(args).code {
            0 => high = middle,
            _ => low = middle + 1,
        }
    }
    low - 1
}

#[track_caller]
fn nothing_open(cli: &Cli) {
    let (_, info) = json(cli, &["info"]);
    assert_eq!(boot(&info)["open"], Value::Array(Vec::new()), "{info}");
    let told = codes(&boot(&info)["findings"]).join(" ");
    assert!(!told.contains("incomplete"), "{told}");
}

#[test]
fn interrupted_erase_is_named_by_all() {
    // behind the image: the image starts all the same
    let cli = with_v1();
    cut(&cli, 1, &["erase", "0x60100000..0x60103000"]);
    let open = told_by_all(&cli, "v1.hex", "erase-incomplete", Value::Bool(true));
    assert_eq!(open["what"], "erase", "{open}");
    assert_eq!(open["ranges"][0]["start"], 0x6010_0000, "{open}");
    assert_eq!(open["ranges"][0]["end"], 0x6010_3000, "{open}");
    let again = "erase 0x60100000..0x60103000` erases all of it";
    cli.run(&["info"]).says(0, &["was interrupted", again]);
    cli.run(&["verify", EVK, "v1.hex"])
        .says(0, &["identical", again]);
    cli.run(&["erase", "0x60100000..0x60103000"]).good();
    nothing_open(&cli);
    // of the image, cut when nothing is changed yet by what can be read of it
    let cli = with_v1();
    cut(&cli, 1, &["erase", "0x60006000..0x60007000"]);
    let open = told_by_all(&cli, "v1.hex", "erase-incomplete", Value::Null);
    assert_eq!(open["what"], "erase", "{open}");
    cli.run(&["write", EVK, "v1.hex"]).good();
    nothing_open(&cli);
    cli.would_start();
}

#[test]
fn second_stage_is_incomplete_behind_its_boot_loader() {
    let cli = with_v1();
    let write = ["write", "--second-stage", "slot.hex"];
    cli.file("slot.hex", hex(SLOT, &application(SLOT, 0x4000, 7)));
    cli.run(&write).good();
    cli.file("slot.hex", hex(SLOT, &application(SLOT, 0x4000, 9)));
    cut(&cli, 20, &write);
    cli.would_start();
    let code = "application-incomplete";
    let (exit, info) = json(&cli, &["info"]);
    assert_eq!((exit, &boot(&info)["starts"]), (0, &Value::Bool(true)));
    assert!(codes(&boot(&info)["findings"]).contains(&code), "{info}");
    for (command, code) in [("info", 0), ("doctor", 1)] {
        cli.run(&[command]).says(
            code,
            &[
                "the boot loader starts, the application is incomplete: the write of slot.hex",
                "write --second-stage slot.hex",
            ],
        );
    }
    let verify = cli.run(&["verify", "--second-stage", "slot.hex"]);
    assert_ne!(verify.code, 0, "{verify}");
    let code = verify.code;
    verify.says(
        code,
        &["the boot loader starts, the application is incomplete"],
    );
    // other data do not end it, and say so
    cli.file("settings.bin", [0x42; 64]);
    cli.run(&["write", "--as-is", "--base", "0x60300000", "settings.bin"])
        .says(0, &["is still unfinished"]);
    cli.run(&write).good();
    nothing_open(&cli);
    let flash = cli.flash();
    let at = (SLOT - 0x6000_0000) as usize;
    assert!(flash[at..at + 0x4000] == application(SLOT, 0x4000, 9));
    assert!(flash[0x30_0000..0x30_0040] == [0x42; 64]);
}

#[test]
fn interrupted_data_leave_the_image_whole() {
    let cli = with_v1();
    cli.file("table.bin", vec![0x42; 0x2000]);
    let write = ["write", "--as-is", "--base", "0x60300000", "table.bin"];
    cut(&cli, 20, &write);
    let open = told_by_all(&cli, "v1.hex", "write-incomplete", Value::Bool(true));
    assert_eq!(open["image"], "table.bin", "{open}");
    cli.run(&["verify", EVK, "v1.hex"])
        .says(0, &["identical", "its bytes in 0x60300000..0x60302000"]);
    cli.run(&write).good();
    nothing_open(&cli);
}

#[test]
fn lost_last_answer_is_no_incomplete_image() {
    let cli = with_v1();
    let all = operations(&["write", EVK, "v2.hex"]);
    cut(&cli, all, &["write", EVK, "v2.hex"]);
    // the last page arrived after all
    let mut flash = cli.flash();
    let page = with_v1().flash()[..0x100].to_vec();
    flash[..0x100].copy_from_slice(&page);
    std::fs::write(cli.path("board/flash.bin"), flash).expect("written");
    let open = told_by_all(&cli, "v2.hex", "write-unconfirmed", Value::Bool(true));
    assert_eq!(open["shows"], "whole", "{open}");
    cli.run(&["verify", EVK, "v2.hex"])
        .says(0, &["identical", "flash holds all of v2.hex"]);
}

#[test]
fn flash_that_changed_since_is_said_so() {
    let cli = with_v1();
    cut(&cli, 12, &["write", EVK, "v2.hex"]);
    let repaired = with_v1().flash();
    std::fs::write(cli.path("board/flash.bin"), repaired).expect("written");
    // as v1 was before the write: nothing of it is seen
    told_by_all(&cli, "v1.hex", "write-not-seen", Value::Bool(true));
    let mut other = with_v1().flash();
    other[0x7000..0x7800].fill(0x11);
    std::fs::write(cli.path("board/flash.bin"), other).expect("written");
    told_by_all(&cli, "v1.hex", "write-overtaken", Value::Bool(true));
}

/// Runs it with the state folder that is usual for this user.
fn in_usual_folder(cli: &Cli, args: &[&str]) -> Run {
    let mut command = cli.on_board();
    command.env_remove("RTBOOT_STATE_DIR");
    command.env("XDG_STATE_HOME", cli.path("usual"));
    Run::of(command.args(args))
}

#[test]
fn journal_in_another_state_folder_is_named() {
    let cli = with_v1();
    cli.set_faults(&[Fault::PowerCut { at: 12 }]);
    let loader = cli.at("state/flashloader");
    assert!(
        !std::path::Path::new(&loader).exists(),
        "virtual boards bring theirs"
    );
    assert_eq!(in_usual_folder(&cli, &["write", EVK, "v2.hex"]).code, 15);
    cli.set_faults(&[]);
    let mut info = cli.on_board();
    info.env("XDG_STATE_HOME", cli.path("usual"));
    let run = Run::of(info.args(["--json", "info"]));
    let object = run.last();
    let open = &boot(&object)["open"][0];
    assert_eq!(open["image"], "v2.hex", "{object}");
    assert_eq!(
        open["user"], "this user (without RTBOOT_STATE_DIR)",
        "{object}"
    );
    // and a write does not go over it
    let mut write = cli.on_board();
    write.env("XDG_STATE_HOME", cli.path("usual"));
    let before = cli.flash();
    let run = Run::of(write.args(["write", EVK, "v2.hex"]));
    run.says(34, &["journal-of-other"]);
    assert!(cli.flash() == before);
}

#[cfg(unix)]
#[test]
fn journal_that_cannot_be_read_is_told_to_be_there() {
    let cli = with_v1();
    cut(&cli, 12, &["write", EVK, "v2.hex"]);
    let journal = std::fs::read_dir(cli.path("state/journal")).expect("a folder");
    let journal = journal.flatten().next().expect("one").path();
    let usual = cli.path("usual/rtboot/journal");
    std::fs::create_dir_all(&usual).expect("a folder");
    let there = usual.join(journal.file_name().expect("a name"));
    let aside = cli.path("aside");
    std::fs::rename(&journal, &aside).expect("moved");
    std::os::unix::fs::symlink(&aside, &there).expect("a link");
    for (command, code) in [("info", 0), ("doctor", 1)] {
        let mut on_board = cli.on_board();
        on_board.env("XDG_STATE_HOME", cli.path("usual"));
        let run = Run::of(on_board.args(["--json", command]));
        assert_eq!(run.code, code, "{run}");
        let object = run.last();
        let findings = match command {
            "info" => &boot(&object)["findings"],
            _ => &object["findings"],
        };
        assert!(codes(findings).contains(&"journal-there"), "{object}");
    }
}

#[test]
fn absence_of_the_journal_is_told() {
    let cli = with_v1();
    let all = operations(&["write", EVK, "v2.hex"]);
    cut(&cli, all - 1, &["write", EVK, "v2.hex"]);
    std::fs::remove_dir_all(cli.path("state/journal")).expect("removed");
    let (_, info) = json(&cli, &["info"]);
    let told = codes(&boot(&info)["findings"]);
    assert!(told.contains(&"journal-elsewhere"), "{told:?}");
    cli.run(&["verify", EVK, "v2.hex"])
        .says(33, &["this user has no journal of it"]);
    cli.run(&["doctor"]).says(1, &["content-interrupted"]);
}

#[test]
fn unusable_journal_is_told_and_stops_no_look() {
    let cli = with_v1();
    cut(&cli, 12, &["write", EVK, "v2.hex"]);
    let folder = cli.path("state/journal");
    let journal = std::fs::read_dir(&folder).expect("a folder").next();
    let journal = journal.expect("one").expect("readable").path();
    std::fs::write(&journal, "no journal").expect("written");
    cli.run(&["info"])
        .says(0, &["whether a write or an erase is open is not known"]);
    let (_, doctor) = json(&cli, &["doctor"]);
    assert!(
        codes(&doctor["findings"]).contains(&"journal-unread"),
        "{doctor}"
    );
    cli.run(&["write", EVK, "v2.hex"])
        .says(4, &["journal-unusable"]);
    cli.run(&["write", EVK, "--discard", "v2.hex"]).good();
    nothing_open(&cli);
    cli.would_start();
}

#[test]
fn whole_board_has_nothing_open() {
    let cli = Cli::with(Settings::default());
    cli.run(&["write", EVK, &app("blinky.elf")]).good();
    nothing_open(&cli);
    cli.run(&["erase", "0x60000000", "4K"]).good();
    nothing_open(&cli);
    assert!(
        !cli.path("state/journal")
            .read_dir()
            .is_ok_and(|mut it| it.next().is_some())
    );
}

/// A write of several files breaks off: what finishes it is typed whole, verify blames nothing else, and a write that takes its
/// place says which bytes are lost.
#[test]
fn interrupted_write_of_several_files_can_be_finished_by_its_own_command() {
    let data: Vec<u8> = (0..0x7000u32).map(|n| (n * 7) as u8).collect();
    let place = 0x40_0000;
    let flash = |cli: &Cli| {
        let mut bytes = cli.flash();
        // blank bytes at the end are not in the file
        bytes.resize(8 << 20, 0xFF);
        bytes
    };
    for finish in [true, false] {
        let cli = Cli::fresh();
        cli.file(
            "app of mine.hex",
            hex(LOADER, &application(LOADER, 0x1000, 1)),
        );
        cli.file("data.bin", data.clone());
        let write = ["write", EVK, "app of mine.hex", "data.bin@0x60400000"];
        cut(&cli, 30, &write);
        let board = format!("rtboot --board virtual:{}", cli.at("board"));
        let whole = format!("{board} write --fcb IS25LP064A 'app of mine.hex' data.bin@0x60400000");
        let verify = cli.run(&["verify", EVK, "app of mine.hex"]);
        assert_eq!(verify.code, 33, "{verify}");
        assert!(
            verify.stderr.contains("[image-incomplete]") && !verify.stderr.contains("clock"),
            "{verify}"
        );
        assert!(verify.stderr.contains(&whole), "{verify}");
        let doctor = cli.run(&["doctor"]);
        assert!(
            doctor.stdout.contains(&format!("next: {whole}")),
            "{doctor}"
        );
        match finish {
            true => {
                let line = whole.replacen("rtboot", RTBOOT, 1);
                let said = Run::of(&mut shell(cli.folder(), &line)).says(0, &[]);
                assert!(!said.stderr.contains("is erased"), "{said}");
                cli.would_start();
                assert_eq!(flash(&cli)[place..][..data.len()], data);
            }
            false => {
                let run = cli.run(&["write", EVK, "app of mine.hex"]).says(0, &[]);
                let lost = "what that one brought to 0x60400000..0x60407000 is erased";
                assert!(run.stderr.contains(lost), "{run}");
                cli.would_start();
                assert!(
                    flash(&cli)[place..][..data.len()]
                        .iter()
                        .all(|&b| b == 0xFF)
                );
            }
        }
    }
}
