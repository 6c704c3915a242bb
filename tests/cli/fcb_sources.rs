//! `--fcb` and the `fcb` verbs take the same sources; each gives the same bytes.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_bootable::{Memory, emit};
use rtboot_fcb::{Fcb, database};

/// The block that every source of this test stands for: no part of the database has it.
fn block() -> Fcb {
    let (_, file) = database::find("IS25LP064A").expect("in the database");
    let mut fcb = file.parts[0].boot_fcb();
    fcb.set_clock(4);
    fcb
}

/// An ELF file for ARM with this one segment.
fn elf(address: u32, segment: &[u8]) -> Vec<u8> {
    let half = |value: u16| value.to_le_bytes().to_vec();
    let word = |value: u32| value.to_le_bytes().to_vec();
    let length = segment.len() as u32;
    [
        b"\x7fELF\x01\x01\x01".to_vec(),
        vec![0; 9],
        // executable, ARM, version, entry, program headers, no sections, flags
        [half(2), half(40), word(1), word(address | 1)].concat(),
        [word(52), word(0), word(0x0500_0000)].concat(),
        // sizes and counts of headers
        [half(52), half(32), half(1), half(40), half(0), half(0)].concat(),
        // LOAD: offset, virtual and physical address, sizes, readable and executable, alignment
        [word(1), word(84), word(address), word(address)].concat(),
        [word(length), word(length), word(5), word(4)].concat(),
        segment.to_vec(),
    ]
    .concat()
}

fn words(fcb: &Fcb) -> String {
    let words = fcb.as_bytes().chunks(4).map(|word| {
        let word = u32::from_le_bytes(word.try_into().expect("four bytes"));
        format!("{word:#010x}")
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A file of every kind with the block; their names.
fn sources(cli: &Cli) -> Vec<String> {
    let fcb = block();
    let bytes = fcb.to_bytes().to_vec();
    let mut hex = Memory::new();
    // where a RAM image has it, behind other data
    hex.insert(0x2020_8000, [vec![1; 64], bytes.clone()].concat())
        .expect("room");
    let words = words(&fcb);
    let mut names: Vec<String> = [
        ("block.bin", bytes.clone()),
        ("whole.bin", [bytes.clone(), vec![0xFF; 9000]].concat()),
        (
            "later.bin",
            [vec![0; 0x400], bytes.clone(), vec![0; 99]].concat(),
        ),
        ("ram.hex", emit::intel_hex(&hex).into_bytes()),
        (
            "flash.elf",
            elf(0x6000_0000, &[&bytes[..], &[0; 64]].concat()),
        ),
        (
            "words.h",
            format!("const uint32_t fcb[] = {{{words}}};").into_bytes(),
        ),
        (
            "words.rs",
            format!("static FCB: [u32; 128] = [{words}];").into_bytes(),
        ),
        ("words.S", format!("fcb:\n .word {words}\n").into_bytes()),
        (
            "words",
            format!("const uint32_t fcb[] = {{{words}}};").into_bytes(),
        ),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        cli.file(name, bytes);
        name.to_owned()
    })
    .collect();
    for name in ["made.yaml", "made.c", "made.rs", "made.cfg"] {
        let cfg = ["--part", "IS25LP064A"];
        let part: &[&str] = match name.ends_with(".cfg") {
            true => &cfg,
            false => &[],
        };
        let build = [&["fcb", "build", "block.bin", "-o", name], part].concat();
        cli.run_bare(&build).good();
        names.push(name.to_owned());
    }
    names
}

#[test]
fn every_command_takes_every_source() {
    let cli = Cli::fresh();
    let expected = block();
    for name in sources(&cli) {
        cli.run_bare(&["fcb", "diff", &name, "block.bin"])
            .says(0, &["they are equal"]);
        cli.run_bare(&[
            "image",
            "build",
            &app("blinky.elf"),
            "--fcb",
            &name,
            "-o",
            "image.bin",
        ])
        .good();
        assert_eq!(cli.read("image.bin")[..512], *expected.as_bytes(), "{name}");
        cli.run(&["write", "--fcb", &name, &app("blinky.elf")])
            .says(0, &[&name]);
        assert_eq!(cli.flash()[..512], *expected.as_bytes(), "{name}");
        cli.run(&["doctor", "--fcb", &name, &app("blinky.elf")])
            .says(0, &["nothing is wrong"]);
    }
    cli.would_start();
}

#[test]
fn a_file_without_a_usable_block_is_told() {
    let cli = Cli::without_board();
    let says = |name: &str, bytes: &[u8], words: &str| {
        let file = cli.file(name, bytes);
        cli.run_bare(&["fcb", "show", &file])
            .says(3, &[name, words]);
    };
    let (one, mut other) = (block(), block());
    other.set_clock(5);
    let two = [&[0; 8][..], one.as_bytes(), other.as_bytes()].concat();
    says(
        "two.bin",
        &two,
        "it holds several FCBs that differ, at 0x8, 0x208",
    );
    says("none.bin", &[0; 600], "no FCB tag");
    says(
        "cut.bin",
        &one.as_bytes()[..400],
        "a configuration block has 512 bytes, here are 400",
    );
    says(
        "none.hex",
        b":0400000001020304F2\n:00000001FF\n",
        "no FCB tag",
    );
    let structure = "const flexspi_nor_config_t qspiflash_config = {\n .memConfig = {.tag = FLEXSPI_CFG_BLK_TAG}};";
    says(
        "board.c",
        structure.as_bytes(),
        "line 1: `qspiflash_config` is a C structure",
    );
}
