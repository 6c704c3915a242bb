//! Commands that need no board: `fcb list`, `fcb show`, `image show`, `udev`, `completions`.

use crate::kit::app;
use crate::kit::cli::{Run, rtboot_in};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn run(args: &[&str]) -> Run {
    rtboot_in(folder().path(), args)
}

#[test]
fn parts_are_listed_and_found() {
    let all = run(&["fcb", "list"]).good();
    assert!(all.starts_with("FILE"), "{all}");
    assert!(all.lines().count() > 8, "{all}");
    let row = all
        .lines()
        .find(|line| line.contains("IS25LP064A "))
        .expect("a row");
    for cell in ["issi.cfg", "ISSI", "9d 60 17", "8 MiB", "sr1-bit6", "MHz"] {
        assert!(row.contains(cell), "{cell}: {row}");
    }
    let some = run(&["fcb", "list", "winbond", "8M"]).good();
    assert!(
        some.contains("W25Q64JV") && !some.contains("IS25LP064A"),
        "{some}"
    );
    let json = run(&["--json", "fcb", "list", "9d6017"]).last();
    assert_eq!(json["parts"][0]["jedec"], "9d 60 17");
    run(&["fcb", "list", "W25Q64JW9"]).fails(3, "no file and no known NOR part");
}

#[test]
fn a_part_is_shown_with_its_fcb_in_words() {
    let out = run(&["fcb", "show", "IS25LP064A"]).good();
    for text in [
        "from: IS25LP064A (issi.cfg)",
        "part          IS25LP064A (ISSI)",
        "8 MiB, page 256 bytes, sector 4 KiB, block 64 KiB",
        "EBh 1-4-4, 24-bit address",
        "read status: 05h",
        "erase sector: 20h 1-1-1, 24-bit address",
    ] {
        assert!(out.contains(text), "{text:?} is not in\n{out}");
    }
    let json = run(&["--json", "fcb", "show", "issi.cfg"]).last();
    assert_eq!(json["part"]["name"], "IS25LP064A");
    assert_eq!(json["fields"][0]["values"][0], 0x5601_0400);
    run(&["fcb", "show", "IS25LP064"]).fails(3, "no known NOR part");
    for args in [
        &["fcb", "show", "auto"][..],
        &["fcb", "check", "IS25LP064A", "--part", "auto"],
        &[
            "image",
            "build",
            &app("blinky.elf"),
            "--fcb",
            "auto",
            "-o",
            "never.bin",
        ],
    ] {
        run(args).fails(2, "`auto` is settled by the flash on a board");
    }
}

#[test]
fn fcb_verbs_go_by_the_chip() {
    let folder = folder();
    let run = |line: &str| {
        let args: Vec<&str> = line.split(' ').collect();
        rtboot_in(folder.path(), &args)
    };
    let fast = "name='F'\njedec='9d6017'\nsize='8M'\nquad-enable='sr1-bit6'\nclock='133 MHz'\nmax-mhz=133\n\
                read={opcode=0xEB,address-pads=4,data-pads=4,dummy-cycles=8}\n";
    std::fs::write(folder.path().join("fast.cfg"), fast).expect("written");
    for (chip, index, clock) in [
        ("rt1021", 7, "133 MHz (index 7)"),
        ("rt1062", 8, "133 MHz (index 8)"),
        ("rt1024", 3, "60 MHz (index 3)"),
    ] {
        let shown = run(&format!("fcb show fast.cfg --chip {chip}")).good();
        assert!(
            shown.contains(&format!("{index}           {clock}")),
            "{chip}\n{shown}"
        );
        run(&format!("fcb check fast.cfg --chip {chip}")).good();
        let file = format!("{chip}.bin");
        run(&format!("fcb build fast.cfg -o {file} --chip {chip}")).good();
        let block = std::fs::read(folder.path().join(&file)).expect("built");
        assert_eq!(block[0x46], index, "{chip}");
        let json = run(&format!("--json fcb list IS25LP064A --chip {chip}")).last();
        let most = if chip == "rt1024" { 60 } else { 100 };
        assert_eq!(json["parts"][0]["clock_mhz"], most, "{chip}");
    }
    // the RT1062's block on an RT1021: 166 MHz
    let found = run("fcb check rt1062.bin --part fast.cfg --chip rt1021").good();
    assert!(
        found.contains("166 MHz (index 8) is above the 133 MHz limit"),
        "{found}"
    );
    let differ = run("fcb diff rt1021.bin rt1062.bin --chip rt1062");
    assert!(
        differ.stdout.contains("- 7  120 MHz (index 7)"),
        "{}",
        differ.stdout
    );
    assert!(
        differ.stdout.contains("+ 8  133 MHz (index 8)"),
        "{}",
        differ.stdout
    );
}

#[test]
fn the_hyperflash_fcb_is_made_for_chips_that_can_carry_it() {
    let folder = folder();
    let run = |line: &str| {
        let args: Vec<&str> = line.split(' ').collect();
        rtboot_in(folder.path(), &args)
    };
    run("fcb build S26KS512S -o hyper.bin --chip rt1050").good();
    let block = std::fs::read(folder.path().join("hyper.bin")).expect("built");
    // 8 pads, 133 MHz, 64 MiB; the read begins on eight pads and both edges
    assert_eq!(block[0x45..0x47], [8, 7]);
    assert_eq!(block[0x50..0x54], [0, 0, 0, 4]);
    assert_eq!(block[0x80..0x84], [0xA0, 0x87, 0x18, 0x8B]);
    run("fcb check hyper.bin --chip rt1050").good();
    run("fcb check S26KS512S --chip rt1050").good();
    run("fcb check hyper.bin --part S26KS512S --chip rt1050").good();
    let other = run("fcb check IS25WP064A --part S26KS512S --chip rt1050");
    assert!(other.says(1, &[]).stdout.contains("[fcb-not-hyperbus]"));
    let inside = run("fcb check hyper.bin --chip rt1064");
    assert!(inside.says(1, &[]).stdout.contains("[fcb-in-package]"));
    // without a chip it is for one that the part is for
    let shown = run("fcb show S26KS512S").good();
    for text in [
        "id            none",
        "HyperFlash",
        "133 MHz (index 7)",
        "option words  0xC0233007",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    let words = run("fcb show 0xC0233007 --chip rt1050").good();
    assert!(words.contains("device: HyperFlash 1.8 V"), "{words}");
    for chip in ["rt1010", "rt1021", "rt1024", "rt1062", "rt1064"] {
        for verb in [
            "fcb build S26KS512S -o never.bin",
            "fcb check S26KS512S",
            "fcb show S26KS512S",
        ] {
            run(&format!("{verb} --chip {chip}")).fails(12, "S26KS512S is for rt105x");
        }
    }
    assert!(!folder.path().join("never.bin").exists());
    run("fcb list S26KS512S --chip rt1050").good();
    run("fcb list S26KS512S --chip rt1021").fails(3, "");
}

#[test]
fn option_words_are_explained_for_the_chip() {
    let said = run(&["fcb", "show", "0xC0000007", "--chip", "rt1064"]).good();
    for text in [
        "option words 0xC0000007, RT1064",
        "keeps the ROM's clock",
        "120.0 MHz",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    run(&["fcb", "show", "0xC0A00007"]).fails(2, "no such device type");
    run(&["fcb", "build", "0xC0000007", "-o", "-"]).fails(2, "only with the flash's SFDP");
}

#[test]
fn printed_cfg_parses_to_the_same_part() {
    let folder = folder();
    for name in ["issi.cfg", "IS25LP032D", "W25Q64JV"] {
        let text = rtboot_in(folder.path(), &["fcb", "show", "--cfg", name]).good();
        std::fs::write(folder.path().join("my.cfg"), &text).expect("written");
        let mine = rtboot_in(folder.path(), &["--json", "fcb", "show", "my.cfg"]).last();
        let theirs = rtboot_in(folder.path(), &["--json", "fcb", "show", name]).last();
        assert_eq!(mine["fields"], theirs["fields"], "{name}");
        assert_eq!(mine["part"], theirs["part"], "{name}");
    }
    std::fs::write(folder.path().join("my.cfg"), "name = \"X\"\nszie = 8\n").expect("written");
    let ran = rtboot_in(folder.path(), &["fcb", "show", "my.cfg"]);
    ran.fails(3, "line 2, column 1");
}

#[test]
fn an_fcb_is_found_in_files_of_every_kind() {
    let folder = folder();
    let (_, file) = rtboot_fcb::database::find("issi.cfg").expect("in the database");
    let fcb = file.parts[0].boot_fcb().to_bytes();
    std::fs::write(folder.path().join("fcb.bin"), fcb).expect("written");
    let out = rtboot_in(folder.path(), &["fcb", "show", "fcb.bin"]).good();
    assert!(
        out.contains("fcb.bin, 512 bytes") && out.contains("EBh 1-4-4"),
        "{out}"
    );
    for name in [
        "blinky_boot.bin",
        "blinky_boot.elf",
        "blinky_boot.hex",
        "blinky_boot.srec",
    ] {
        let out = run(&["fcb", "show", &app(name)]).good();
        assert!(out.contains("EBh 1-4-4"), "{name}: {out}");
    }
    run(&["fcb", "show", &app("blinky.elf")]).fails(3, "no FCB tag");
    let cfg = rtboot_in(folder.path(), &["fcb", "show", "--cfg", "fcb.bin"]);
    cfg.fails(2, "not the facts of a part");
}

#[test]
fn image_show_draws_every_part() {
    let out = run(&["image", "show", &app("blinky_boot.bin")]).good();
    for text in [
        "boot image with FCB",
        "why       an FCB at 0x60000000 and an IVT at 0x60001000",
        "0x60000000  ┌",
        "│ FCB",
        "0x60001000  ",
        "│ IVT",
        "│ boot data",
        "│ vector table: stack ",
        "│ application",
        "vectors   at 0x60002000",
    ] {
        assert!(out.contains(text), "{text:?} is not in\n{out}");
    }
    let bare = run(&["image", "show", &app("blinky.elf")]).good();
    assert!(
        bare.contains("bare application") && bare.contains("format    ELF"),
        "{bare}"
    );
}

#[test]
fn json_image_pieces_cover_every_byte_once() {
    for name in [
        "blinky_boot.elf",
        "blinky_boot.bin",
        "blinky.hex",
        "blinky_fast.srec",
    ] {
        let json = run(&["--json", "image", "show", &app(name)]).last();
        let pieces = json["pieces"].as_array().expect("pieces");
        let held = |piece: &&serde_json::Value| piece["gap"] == false;
        let sum: u64 = pieces
            .iter()
            .filter(held)
            .filter_map(|p| p["length"].as_u64())
            .sum();
        assert_eq!(Some(sum), json["bytes"].as_u64(), "{name}");
        for pair in pieces.windows(2) {
            let end = pair[0]["address"].as_u64().unwrap() + pair[0]["length"].as_u64().unwrap();
            assert_eq!(Some(end), pair[1]["address"].as_u64(), "{name}");
        }
    }
}

#[test]
fn base_is_for_raw_files_only() {
    let folder = folder();
    std::fs::write(
        folder.path().join("raw.bin"),
        (0..64u8).map(|at| at.wrapping_mul(37)).collect::<Vec<_>>(),
    )
    .expect("written");
    let out = rtboot_in(
        folder.path(),
        &["image", "show", "raw.bin", "--base", "0x6000_2000"],
    )
    .good();
    assert!(
        out.contains("unknown") && out.contains("0x60002000  ┌"),
        "{out}"
    );
    rtboot_in(folder.path(), &["image", "show", "none.bin"]).fails(4, "cannot read none.bin");
    run(&["image", "show", &app("blinky.elf"), "--base", "0"]).fails(3, "blinky.elf");
}

#[test]
fn udev_rules_cover_rom_and_flashloader_only() {
    let out = run(&["udev"]).good();
    let rules: Vec<&str> = out
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    for (vendor, product) in [
        ("1fc9", "0130"),
        ("1fc9", "0135"),
        ("1fc9", "0145"),
        ("1fc9", "013d"),
        ("15a2", "0073"),
    ] {
        let ids = format!("ATTRS{{idVendor}}==\"{vendor}\", ATTRS{{idProduct}}==\"{product}\"");
        assert!(rules.iter().any(|rule| rule.contains(&ids)), "{ids}");
    }
    let (usb, hidraw): (Vec<&str>, Vec<&str>) = rules
        .iter()
        .partition(|rule| rule.starts_with("SUBSYSTEM==\"usb\""));
    assert!(
        matches!(usb[..], [rule] if rule.contains("ATTRS{idVendor}==\"15a2\", ATTRS{idProduct}==\"0073\""))
    );
    assert!(
        hidraw
            .iter()
            .all(|rule| rule.starts_with("SUBSYSTEM==\"hidraw\""))
    );
    for rule in &rules {
        for part in ["MODE=\"0660\"", "GROUP=\"plugdev\"", "TAG+=\"uaccess\""] {
            assert!(rule.contains(part), "{part}: {rule}");
        }
    }
    assert!(out.contains("70-rtboot.rules") && out.contains("udevadm control --reload"));
    assert!(!out.contains("0666"));
}

#[test]
fn completions_know_the_raw_verbs() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let out = run(&["completions", shell]).good();
        assert!(out.contains("efuse-program-once"), "{shell}");
    }
    run(&["completions", "cmd.exe"]).fails(2, "bash");
}

#[test]
fn man_writes_a_page_for_every_command() {
    let page = run(&["man"]).good();
    assert!(
        page.contains(".TH rtboot 1") && page.contains("rtboot\\-doctor(1)"),
        "{page}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("man1");
    run(&["man", "--to", &to.display().to_string()]).good();
    for (name, word) in [
        ("rtboot-write.1", "fcb"),
        ("rtboot-fcb-probe.1", "set\\-qe"),
        ("rtboot-mboot-get-property.1", "property"),
    ] {
        let text = std::fs::read_to_string(to.join(name)).expect("a page");
        assert!(text.contains(word), "{name}: {text}");
    }
}
