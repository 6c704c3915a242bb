//! The whole flash into a file, and back.

use crate::kit::app;
use crate::kit::cli::{Cli, Run};
use rtboot_sim::nor::Part;
use rtboot_sim::{Fault, Settings};

const EVK: &str = "--fcb=IS25LP064A";
const SIZE: usize = 8 << 20;

/// All of the board's flash: its file ends with the last byte that is not blank.
fn whole(cli: &Cli) -> Vec<u8> {
    let mut flash = cli.flash();
    flash.resize(SIZE, 0xFF);
    flash
}

/// A board with an application that starts, and its flash.
fn written() -> (Cli, Vec<u8>) {
    let cli = Cli::fresh();
    cli.run(&["write", EVK, &app("blinky.elf")]).good();
    let flash = whole(&cli);
    (cli, flash)
}

/// Spoils the header, the application, and places that were blank.
fn scribble(cli: &Cli) {
    for at in ["0x60000000", "0x60002000", "0x60123400", "0x607ffff0"] {
        let data = format!("{}@{at}", cli.file("junk.bin", [0x11; 16]));
        cli.run(&["write", "--as-is", &data]);
    }
    let flash = whole(cli);
    for at in [0, 0x2000, 0x12_3400, SIZE - 1] {
        assert_eq!(flash[at], 0x11, "{at:#x}");
    }
}

#[test]
fn restore_brings_back_every_byte_of_the_backup() {
    let (cli, before) = written();
    cli.run(&["backup", "all.bin"]).good();
    assert!(cli.read("all.bin") == before);
    scribble(&cli);
    cli.run(&["restore", "all.bin"])
        .says(0, &["restored all.bin", "verified", "would start it"]);
    assert!(whole(&cli) == before);
    cli.would_start();
    cli.run(&["restore", "all.bin"])
        .says(0, &["nothing to do: flash already holds all.bin"]);
}

#[test]
fn backup_tells_size_id_part_and_digest() {
    let (cli, before) = written();
    let digest = rtboot::digest::sha256([&before]);
    let words = ["8388608 bytes", "9d 60 17", "IS25LP064A", &digest];
    cli.run(&["backup", "all.bin"]).says(0, &words);
    let last = cli.run(&["--json", "backup", "all.bin"]).last();
    assert_eq!(last["command"], "backup");
    assert_eq!(last["address"], 0x6000_0000);
    assert_eq!(last["bytes"], SIZE);
    assert_eq!(last["sha256"], digest);
    assert_eq!(last["jedec"], "9d 60 17");
    let part = last["part"].as_str().unwrap_or_default();
    assert!(part.contains("IS25LP064A"), "{part}");
}

/// A label as it stands in its file.
fn label(cli: &Cli, backup: &str) -> serde_json::Value {
    serde_json::from_slice(&cli.read(&format!("{backup}.json"))).expect("JSON")
}

/// Writes a label again with another value.
fn relabel(cli: &Cli, key: &str, value: &str) {
    let mut label = label(cli, "all.bin");
    label[key] = value.into();
    cli.file("all.bin.json", label.to_string());
}

#[test]
fn label_says_which_chip_flash_and_bytes() {
    let (cli, before) = written();
    cli.run(&["backup", "all.bin"]).good();
    let label = label(&cli, "all.bin");
    assert_eq!(label["chip"], "RT1021");
    assert_eq!(label["jedec"], "9d 60 17");
    assert_eq!(label["size"], SIZE);
    assert_eq!(label["sha256"], rtboot::digest::sha256([&before]));
    let info = cli.run(&["--json", "info"]).last();
    assert_eq!(label["unique_id"], info["flashloader"]["unique_id"]);
}

#[test]
fn backup_of_another_chip_or_flash_is_refused() {
    let (cli, before) = written();
    cli.run(&["backup", "all.bin"]).good();
    scribble(&cli);
    let spoilt = whole(&cli);
    let real = label(&cli, "all.bin");
    for (key, value, code) in [("chip", "RT1060", 12), ("jedec", "ef 40 17", 30)] {
        relabel(&cli, key, value);
        cli.run(&["restore", "all.bin"]).says(
            code,
            &["[backup-misfit]", value, "give the backup of this board"],
        );
        cli.file("all.bin.json", real.to_string());
    }
    relabel(&cli, "sha256", "00");
    cli.run(&["restore", "all.bin"])
        .says(3, &["[bad-file]", "the file is damaged"]);
    cli.file("all.bin.json", "{}");
    cli.run(&["restore", "all.bin"])
        .says(3, &["[bad-file]", "no label of a backup"]);
    assert!(whole(&cli) == spoilt);
    // the package is not told by the chip, so the backup of the one is a backup of the other
    cli.file("all.bin.json", real.to_string());
    cli.run(&["--chip", "rt1020", "restore", "all.bin", "--dry-run"])
        .good();
    // another board of the same kind is only named
    cli.file("all.bin.json", real.to_string());
    relabel(&cli, "unique_id", "0123456789abcdef");
    cli.run(&["restore", "all.bin"])
        .says(0, &["0123456789abcdef", "verified"]);
    assert!(whole(&cli) == before);
}

#[test]
fn backup_without_label_is_told() {
    let (cli, before) = written();
    cli.run(&["backup", "all.bin"]).good();
    std::fs::remove_file(cli.path("all.bin.json")).expect("removed");
    scribble(&cli);
    cli.run(&["restore", "all.bin"])
        .says(0, &["all.bin has no label beside it", "verified"]);
    assert!(whole(&cli) == before);
}

#[test]
fn file_of_another_size_changes_nothing() {
    let (cli, before) = written();
    let status = cli.board().nor().status;
    for size in [1, 100, SIZE - 1, SIZE + 1] {
        let file = cli.file("part.bin", vec![0x22; size]);
        let held = format!("{size} bytes");
        let words = ["[backup-misfit]", &held, "8388608 bytes"];
        cli.run(&["restore", &file]).says(30, &words);
        cli.run(&["restore", &file, "--dry-run"]).says(30, &words);
    }
    // an application is no backup: the advice is the command that was meant
    cli.run(&["restore", &app("blinky.elf")])
        .says(30, &["[backup-misfit]", "write", "blinky.elf"]);
    assert!(whole(&cli) == before);
    assert_eq!(cli.board().nor().status, status);
}

#[test]
fn backup_has_no_other_format_than_raw() {
    let (cli, _) = written();
    for name in ["all.hex", "all.srec", "all.uf2", "all.elf"] {
        cli.run(&["backup", name]).says(2, &[".bin"]);
        assert!(!cli.path(name).exists());
    }
}

#[test]
fn no_file_is_left_of_a_board_without_flash() {
    let cli = Cli::with(Settings {
        faults: vec![Fault::Absent],
        ..Settings::default()
    });
    cli.run(&["backup", "all.bin"]).says(30, &["[no-flash]"]);
    assert!(!cli.path("all.bin").exists());
    let file = cli.file("old.bin", [1; 4096]);
    cli.run(&["restore", &file]).says(30, &["[no-flash]"]);
}

#[test]
fn backup_to_stdout_is_the_flash_alone() {
    let (cli, before) = written();
    let output = cli.on_board().args(["backup", "-"]).output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == before);
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("8388608 bytes"), "{told}");
    cli.run(&["--json", "backup", "-"])
        .says(2, &["name a file"]);
    scribble(&cli);
    cli.file("piped.bin", output.stdout);
    let piped = std::fs::File::open(cli.path("piped.bin")).expect("a file");
    let mut restore = cli.on_board();
    let run = Run::of(restore.args(["restore", "-"]).stdin(piped));
    run.says(0, &["verified"]);
    assert!(whole(&cli) == before);
}

#[test]
fn backup_with_a_misread_byte_is_no_backup() {
    let cli = Cli::with(Settings {
        flash: vec![0x5A; 0x3000],
        faults: vec![Fault::Misread {
            at: 20,
            byte: 3,
            xor: 1,
        }],
        ..Settings::default()
    });
    cli.run(&["backup", "all.bin"])
        .says(33, &["[reads-differ]"]);
    assert!(!cli.path("all.bin").exists());
}

#[test]
fn failed_restore_leaves_nothing_that_starts() {
    let (_, image) = written();
    let mut old = image.clone();
    old[0x2400..0x2440].fill(0);
    let cli = Cli::with(Settings {
        flash: old,
        faults: vec![Fault::WornSector { address: 0x2000 }],
        ..Settings::default()
    });
    let file = cli.file("all.bin", &image);
    let words = ["flash now:", "no FCB, so the ROM starts nothing"];
    cli.run(&["restore", &file]).says(31, &words);
    assert!(cli.flash()[..0x100].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn dry_run_of_a_restore_changes_nothing() {
    let (cli, _) = written();
    cli.run(&["backup", "all.bin"]).good();
    scribble(&cli);
    let spoilt = whole(&cli);
    cli.run(&["restore", "all.bin", "--dry-run"])
        .says(0, &["dry run: nothing in flash was changed", "erase"]);
    assert!(whole(&cli) == spoilt);
}

/// Backup, everything erased, restore: flash is the same again, ending in a byte that is not blank and one that is.
fn round_trip(part: &str, jedec: &str) {
    let part = Part::find(part).expect("a part");
    let size = part.size as usize;
    let mut flash: Vec<u8> = (0..0x4_0000_u32).map(|i| (i % 249) as u8).collect();
    flash.resize(size, 0xFF);
    flash[size - 2] = 0x77;
    let cli = Cli::with(Settings {
        part,
        flash: flash.clone(),
        ..Settings::default()
    });
    let whole = || {
        let mut held = cli.flash();
        held.resize(size, 0xFF);
        held
    };
    cli.run(&["backup", "all.bin"]).says(0, &[jedec]);
    assert!(cli.read("all.bin") == flash, "the backup");
    let words = "--confirm=erase the whole flash";
    cli.run(&["erase", "--all", words]).good();
    // what was blank in the backup becomes blank again
    let junk = format!("{}@0x60380000", cli.file("junk.bin", [0x11; 256]));
    cli.run(&["write", "--as-is", &junk]);
    assert_eq!(whole()[0x38_0000], 0x11);
    cli.run(&["restore", "all.bin"]).says(0, &["verified"]);
    assert!(whole() == flash, "the flash");
}

#[test]
fn winbond_8_mib_goes_back_whole() {
    round_trip("w25q64jv", "ef 40 17");
}

#[test]
fn flash_of_32_mib_goes_back_whole() {
    round_trip("w25q256jv", "ef 40 19");
}

#[test]
fn interrupted_restore_starts_nothing_and_is_healed() {
    let (source, image) = written();
    source.run(&["backup", "all.bin"]).good();
    let mut old = image.clone();
    old[0x2400..0x2440].fill(0);
    old[0x12_0000..0x12_0100].fill(0x11);
    for at in [1, 3, 5] {
        let cli = Cli::with(Settings {
            flash: old.clone(),
            faults: vec![Fault::PowerCut { at }],
            ..Settings::default()
        });
        cli.file("all.bin", &image);
        cli.file("all.bin.json", source.read("all.bin.json"));
        let run = cli.run(&["restore", "all.bin"]);
        let told = format!("cut {at}: {run}");
        if run.code == 0 {
            assert!(whole(&cli) == image, "{told}");
            continue;
        }
        // the old image or nothing starts, never a mixture
        let now = whole(&cli);
        assert!(
            now[..4] != image[..4] || now == old || now == image,
            "{told}"
        );
        cli.run(&["restore", "all.bin"]).says(0, &["verified"]);
        assert!(whole(&cli) == image, "{told}");
        cli.run(&["restore", "all.bin"]).says(0, &["nothing to do"]);
    }
}

#[test]
fn restore_ends_an_interrupted_write_whatever_flash_holds() {
    let (source, image) = written();
    let cli = Cli::with(Settings {
        flash: image.clone(),
        faults: vec![Fault::PowerCut { at: 3 }],
        ..Settings::default()
    });
    let data = format!("{}@0x60002000", cli.file("new.bin", [0x42; 0x3000]));
    assert_ne!(cli.run(&["write", "--as-is", &data]).code, 0);
    // somebody else changed what that write had begun: another write would have to ask
    let mut changed = whole(&cli);
    changed[0x2010..0x2020].fill(0);
    changed[0x4ff0..0x5000].fill(0);
    cli.file("board/flash.bin", changed);
    cli.file("all.bin", &image);
    cli.file("all.bin.json", {
        source.run(&["backup", "all.bin"]).good();
        source.read("all.bin.json")
    });
    cli.run(&["restore", "all.bin"]).says(0, &["verified"]);
    assert!(whole(&cli) == image);
    // nothing of that write is left to come back
    let run = cli.run(&["write", EVK, &app("blinky.elf")]);
    run.says(0, &["nothing to do"]);
}
