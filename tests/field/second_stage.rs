//! Boot loaders of others in flash, and applications behind them; several pieces in one run.

use crate::kit::cli::{Cli, patched};
use crate::kit::{app, hex};

/// Where the boot loader's first code lies.
const LOADER: u32 = 0x6000_2000;
/// A slot of MCUboot.
const SLOT: u32 = 0x6002_0000;

/// A bare application: stack, reset handler right behind the table, 0x800 bytes.
fn application(table: u32) -> Vec<u8> {
    let vectors = [0x2001_0000u32, table + 0x401]
        .map(u32::to_le_bytes)
        .concat();
    let mut bytes: Vec<u8> = (0..0x800u32).map(|n| (n * 7) as u8 & 0x7F).collect();
    bytes[..8].copy_from_slice(&vectors);
    bytes[0x400..0x402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// The same in a slot of MCUboot, as imgtool signs it: a header of 0x400 bytes before it.
fn mcuboot_image() -> Vec<u8> {
    let mut header = vec![0; 0x400];
    header[..4].copy_from_slice(&0x96F3_B83Du32.to_le_bytes());
    header[8..10].copy_from_slice(&0x400u16.to_le_bytes());
    header[12..16].copy_from_slice(&0x800u32.to_le_bytes());
    [header, application(SLOT + 0x400)].concat()
}

/// A board whose flash holds a working boot loader at the usual place: the flash's bytes.
fn with_boot_loader() -> (Cli, Vec<u8>) {
    let cli = Cli::fresh();
    cli.file("loader.bin", application(LOADER));
    cli.run(&["write", "--fcb", "IS25LP064A", "loader.bin"])
        .good();
    cli.would_start();
    let flash = cli.flash();
    (cli, flash)
}

/// A board with an application behind the boot loader: that flash holds the application, and the boot loader as before.
#[track_caller]
fn holds(cli: &Cli, before: &[u8], address: u32, bytes: &[u8]) {
    let after = cli.flash();
    assert_eq!(after[..before.len()], *before, "the boot loader changed");
    let at = (address - 0x6000_0000) as usize;
    assert_eq!(after[at..at + bytes.len()], *bytes);
    assert!(after[before.len()..at].iter().all(|&byte| byte == 0xFF));
}

/// A file for a boot loader, with the address of its first byte and its bytes.
struct Second {
    file: &'static str,
    address: u32,
    bytes: Vec<u8>,
    text: Vec<u8>,
}

fn seconds() -> Vec<Second> {
    let hexed = |file, address, bytes: Vec<u8>| Second {
        file,
        address,
        text: hex(address, &bytes).into_bytes(),
        bytes,
    };
    let tiny = application(0x6000_C000);
    vec![
        hexed("slot.hex", SLOT, mcuboot_image()),
        hexed("sbl.hex", 0x6010_0400, application(0x6010_0400)),
        Second {
            file: "tinyuf2.uf2",
            address: 0x6000_C000,
            text: uf2(0x6000_C000, &tiny),
            bytes: tiny,
        },
    ]
}

/// A UF2 file of the RT family.
fn uf2(address: u32, bytes: &[u8]) -> Vec<u8> {
    let count = bytes.len().div_ceil(256) as u32;
    let block = |(i, piece): (usize, &[u8])| {
        let words = [
            0x0A32_4655,
            0x9E5D_5157,
            0x2000,
            address + i as u32 * 256,
            256,
            i as u32,
            count,
            0x4FB2_D5BD,
        ];
        let mut block = words.map(u32::to_le_bytes).concat();
        block.extend(piece);
        block.resize(508, 0);
        block.extend(0x0AB1_6F30u32.to_le_bytes());
        block
    };
    bytes.chunks(256).enumerate().flat_map(block).collect()
}

#[test]
fn application_for_a_boot_loader_stops_the_write() {
    for second in seconds() {
        let (cli, before) = with_boot_loader();
        cli.file(second.file, &second.text);
        let words = [
            "the IVT at 0x60001000 points to 0x60002401",
            second.file,
            "--second-stage",
            "--replace-boot",
        ];
        cli.run(&["write", "--fcb", "IS25LP064A", second.file])
            .says(2, &words);
        assert_eq!(cli.flash(), before, "{}", second.file);
    }
}

#[test]
fn second_stage_leaves_the_boot_loader_whole() {
    for second in seconds() {
        let (cli, before) = with_boot_loader();
        let Second {
            file,
            address,
            bytes,
            text,
        } = second;
        cli.file(file, text);
        let last = "the ROM starts the boot loader at 0x60002401; the application lies at";
        cli.run(&["write", "--second-stage", file]).says(0, &[last]);
        holds(&cli, &before, address, &bytes);
        cli.would_start();
        for flags in [&[][..], &["--second-stage"]] {
            cli.run(&[&["verify", file], flags].concat())
                .says(0, &["identical"]);
            cli.run(&[&["doctor", file], flags].concat())
                .says(0, &["nothing is wrong"]);
        }
    }
}

#[test]
fn replaced_boot_loader_is_not_asked_about_again() {
    for second in seconds() {
        let (cli, before) = with_boot_loader();
        cli.file(second.file, &second.text);
        let write = ["write", "--fcb", "IS25LP064A", second.file];
        cli.run(&[&write[..], &["--replace-boot"]].concat()).good();
        assert_ne!(cli.flash()[..before.len()], before);
        cli.would_start();
        cli.run(&write).says(0, &["nothing to do"]);
        let changed = patched(second.bytes, &[(0x700, b"another version")]);
        let newer = hex(second.address, &changed);
        cli.file("newer.hex", newer);
        cli.run(&["write", "--fcb", "IS25LP064A", "newer.hex"])
            .good();
        cli.run(&["verify", "newer.hex"]).good();
        cli.run(&["verify", second.file])
            .says(33, &[&format!("{:#010x}", second.address + 0x700)]);
    }
}

#[test]
fn own_application_is_written_again_without_a_question() {
    let cli = Cli::fresh();
    for round in 0..3u8 {
        let bytes = patched(application(LOADER), &[(0x500, &[round; 16])]);
        cli.file("app.bin", bytes);
        cli.run(&["write", "--fcb", "IS25LP064A", "app.bin"]).good();
        cli.would_start();
    }
}

#[test]
fn application_that_leaves_room_starts_from_a_blank_flash() {
    for second in seconds().into_iter().skip(1) {
        let cli = Cli::fresh();
        cli.file(second.file, &second.text);
        cli.run(&["write", "--fcb", "IS25LP064A", second.file])
            .says(0, &["leaves room for a boot loader", second.file]);
        cli.would_start();
        cli.run(&["verify", second.file]).good();
        cli.run(&["doctor", second.file]).good();
    }
}

#[test]
fn image_for_mcuboot_alone_is_asked_about() {
    let cli = Cli::fresh();
    cli.file("slot.hex", hex(SLOT, &mcuboot_image()));
    let words = [
        "would not start on its own",
        "--second-stage",
        "--replace-boot",
    ];
    cli.run(&["write", "--fcb", "IS25LP064A", "slot.hex"])
        .says(2, &words);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn second_stage_may_come_before_its_boot_loader() {
    for second in seconds() {
        let cli = Cli::fresh();
        cli.file(second.file, &second.text);
        cli.run(&["write", "--second-stage", second.file]).good();
        holds(&cli, &[], second.address, &second.bytes);
        cli.run(&["verify", second.file]).good();
    }
}

#[test]
fn second_stage_never_lies_on_the_boot_loader() {
    let (cli, before) = with_boot_loader();
    for (name, address, words) in [
        ("ivt.hex", 0x6000_1000, "the boot loader's IVT"),
        ("fcb.hex", 0x6000_0000, "the boot loader's FCB"),
        ("code.hex", 0x6000_2000, "the boot loader in flash"),
    ] {
        cli.file(name, hex(address, &[0x5A; 64]));
        cli.run(&["write", "--second-stage", name])
            .says(3, &[name, words]);
        assert_eq!(cli.flash(), before, "{name}");
    }
}

#[test]
fn boot_loader_and_slot_are_one_write() {
    let cli = Cli::fresh();
    let (loader, slot) = (application(LOADER), mcuboot_image());
    cli.file("mcuboot.hex", hex(LOADER, &loader));
    cli.file("slot.hex", hex(SLOT, &slot));
    // in any order
    cli.run(&["write", "--fcb", "IS25LP064A", "slot.hex", "mcuboot.hex"])
        .good();
    let flash = cli.flash();
    assert_eq!(flash[0x2000..0x2800], loader);
    assert_eq!(flash[0x2_0000..0x2_0000 + slot.len()], slot);
    assert_eq!(flash[0x1004..0x1008], (LOADER + 0x401).to_le_bytes());
    cli.would_start();
    cli.run(&["verify", "mcuboot.hex", "slot.hex"]).good();
    cli.run(&["doctor", "mcuboot.hex", "slot.hex"]).good();
    // the slot alone is the boot loader's from now on
    cli.run(&["write", "--fcb", "IS25LP064A", "slot.hex"])
        .says(2, &["another boot image"]);
}

#[test]
fn kernel_and_user_program_are_one_write() {
    let cli = Cli::fresh();
    let kernel = application(LOADER);
    let user: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
    cli.file("kernel.hex", hex(LOADER, &kernel));
    cli.file("user.hex", hex(0x6004_0000, &user));
    let run = cli.run(&[
        "--json",
        "write",
        "--fcb",
        "IS25LP064A",
        "kernel.hex",
        "user.hex",
    ]);
    let done = run.last();
    run.good();
    let pieces = &done["pieces"];
    assert_eq!(pieces[0]["role"], "boot-image", "{done}");
    assert_eq!(pieces[1]["role"], "application");
    let range = &pieces[1]["ranges"][0];
    let (start, end) = (range["start"].as_u64(), range["end"].as_u64());
    assert_eq!((start, end), (Some(0x6004_0000), Some(0x6004_0000 + 5000)));
    assert_eq!(cli.flash()[0x4_0000..0x4_0000 + user.len()], user);
    cli.would_start();
}

#[test]
fn data_of_any_kind_go_to_their_addresses() {
    let cli = Cli::fresh();
    let (json, fs) = (b"{\"a\": 1}\n".to_vec(), vec![0xA5; 70_000]);
    cli.file("cfg.json", &json);
    cli.file("fs.bin", &fs);
    let files = [
        app("blinky.elf"),
        "cfg.json@0x60700000".into(),
        "fs.bin@0x60400000".into(),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    cli.run(&[&["write", "--fcb", "IS25LP064A"], &files[..]].concat())
        .good();
    let flash = cli.flash();
    assert_eq!(flash[0x70_0000..0x70_0000 + json.len()], json);
    assert_eq!(flash[0x40_0000..0x40_0000 + fs.len()], fs);
    cli.would_start();
    cli.run(&[&["verify"], &files[..]].concat()).good();
    cli.run(&[&["write", "--fcb", "IS25LP064A"], &files[..]].concat())
        .says(0, &["nothing to do"]);
    cli.file("cfg.json", b"{\"a\": 2}\n");
    cli.run(&[&["verify"], &files[..]].concat())
        .says(33, &["0x60700006"]);
}

#[test]
fn overlapping_pieces_are_named_with_the_address() {
    let cli = Cli::fresh();
    cli.file("a.bin", [1; 100]);
    let elf = app("blinky.elf");
    for (data, other, at) in [
        ("a.bin@0x60002000", "a.bin", "0x60002000..0x60002064"),
        ("a.bin@0x60001010", "a.bin", "0x60001010"),
        ("a.bin@0x60000000", "a.bin", "0x60000000..0x60000064"),
    ] {
        cli.run(&["write", "--fcb", "IS25LP064A", &elf, data])
            .says(3, &["blinky.elf", other, at]);
    }
    cli.run(&["write", &elf, &app("blinky.bin")])
        .says(3, &["blinky.bin", "does not say where it belongs"]);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn data_behind_a_boot_loader_leave_it_whole() {
    let (cli, before) = with_boot_loader();
    let data: Vec<u8> = (0..6000u32).map(|n| n as u8).collect();
    cli.file("data.bin", &data);
    cli.run(&["write", "data.bin@0x60100000"]).good();
    holds(&cli, &before, 0x6010_0000, &data);
    cli.would_start();
    cli.run(&["verify", "data.bin@0x60100000"]).good();
}

#[test]
fn data_over_a_boot_header_are_told() {
    let (cli, _) = with_boot_loader();
    cli.file("a.bin", [0x33; 16]);
    cli.run(&["write", "a.bin@0x60001000"])
        .says(0, &["IVT and boot data"]);
    assert_eq!(cli.flash()[0x1000..0x1010], [0x33; 16]);
}

/// The FCB of the example image.
fn block() -> Vec<u8> {
    crate::kit::app_bytes("blinky_boot.bin")[..512].to_vec()
}

#[test]
fn fcb_alone_becomes_that_of_the_application() {
    let mut block = block();
    block[0x46] = 3; // another clock than any default
    for piece in [
        "fcb.bin",
        "fcb.bin@0x60000000",
        "fcb.bin@0x08000000",
        "fcb.hex",
    ] {
        for turned in [false, true] {
            let cli = Cli::fresh();
            cli.file("fcb.bin", &block);
            cli.file("fcb.hex", hex(0x6000_0000, &block));
            let app = app("blinky.elf");
            let mut files = [app.as_str(), piece];
            if turned {
                files.reverse();
            }
            cli.run(&[&["write"], &files[..]].concat()).good();
            assert_eq!(cli.flash()[..512], block, "{piece}");
            cli.would_start();
            cli.run(&[&["verify"], &files[..]].concat()).good();
            cli.run(&[&["doctor"], &files[..]].concat())
                .says(0, &["nothing is wrong"]);
            cli.run(&[&["write"], &files[..]].concat())
                .says(0, &["nothing to do"]);
            // not any FCB, but this one
            cli.file(
                "other.bin",
                &crate::kit::app_bytes("blinky_boot.bin")[..512],
            );
            cli.run(&["verify", &app, "other.bin@0x60000000"])
                .says(33, &["0x60000046"]);
        }
    }
}

#[test]
fn fcb_that_is_named_and_one_in_a_piece_are_refused() {
    let cli = Cli::fresh();
    cli.file("fcb.bin", block());
    let app = app("blinky.elf");
    let words = ["fcb.bin and the FCB that is made for", "blinky.elf"];
    cli.run(&["write", "--fcb", "IS25LP064A", &app, "fcb.bin@0x60000000"])
        .says(3, &words);
    assert!(cli.flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn lowest_of_several_applications_is_the_boot_image() {
    for files in [["low.hex", "high.hex"], ["high.hex", "low.hex"]] {
        let cli = Cli::fresh();
        cli.file("low.hex", hex(LOADER, &application(LOADER)));
        cli.file("high.hex", hex(0x6004_0000, &application(0x6004_0000)));
        cli.run(&[&["write", "--fcb", "IS25LP064A"], &files[..]].concat())
            .good();
        assert_eq!(cli.flash()[0x1004..0x1008], (LOADER + 0x401).to_le_bytes());
        cli.would_start();
    }
}

#[test]
fn raw_image_with_headers_needs_no_address() {
    let cli = Cli::fresh();
    let image = cli.built("boot.bin");
    let slot = mcuboot_image();
    cli.file("slot.hex", hex(SLOT, &slot));
    cli.run(&["write", "slot.hex", "boot.bin"]).good();
    let flash = cli.flash();
    assert_eq!(flash[..image.len()], image);
    assert_eq!(flash[SLOT as usize - 0x6000_0000..][..slot.len()], slot);
    cli.run(&["verify", "boot.bin", "slot.hex"]).good();
}

#[test]
fn hidden_image_for_mcuboot_is_named_and_kept_apart() {
    let mut encrypted = mcuboot_image();
    encrypted[0x400..].iter_mut().for_each(|byte| *byte ^= 0xA5);
    let mut short_header = mcuboot_image()[..0x20].to_vec();
    short_header[8..10].copy_from_slice(&0x20u16.to_le_bytes());
    short_header.extend(application(SLOT + 0x20));
    for (name, slot) in [("encrypted.hex", encrypted), ("short.hex", short_header)] {
        let (cli, before) = with_boot_loader();
        cli.file(name, hex(SLOT, &slot));
        let run = cli.run(&["write", "--fcb", "IS25LP064A", name]);
        assert!(matches!(run.code, 2 | 3), "{run}");
        run.says(if name == "short.hex" { 2 } else { 3 }, &["--second-stage"]);
        assert_eq!(cli.flash(), before);
        cli.run(&["write", "--second-stage", name]).good();
        holds(&cli, &before, SLOT, &slot);
        cli.run(&["verify", "--second-stage", name]).good();
        cli.run(&["doctor", "--second-stage", name])
            .says(0, &["nothing is wrong"]);
        cli.run(&["image", "check", name]).says(1, &["MCUboot"]);
    }
}
