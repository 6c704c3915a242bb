//! The configuration blocks that option words lead to, against those the genuine flashloader wrote to flash.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;

use std::fs;
use std::path::Path;

use replay::{Rig, directory};
use rtboot_sim::chip::{CHIPS, Chip, RT1021};
use serde_json::Value;

const RAM: u32 = 0x2020_2000;

fn command(rig: &mut Rig, tag: u8, words: &[u32]) -> Option<u32> {
    rig.command(tag, words);
    let answer = rig.receive()?;
    Some(u32::from_le_bytes(answer[8..12].try_into().unwrap()))
}

fn configure(rig: &mut Rig, words: &[u32]) -> Option<u32> {
    for (at, word) in (RAM..).step_by(4).zip(words) {
        command(rig, 5, &[at, 4, *word]);
    }
    command(rig, 0x11, &[9, RAM])
}

fn word(value: &Value) -> u32 {
    u32::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn status(value: &Value) -> Option<u32> {
    value.as_u64().map(|status| status as u32)
}

/// Holds the blocks of a folder against those of a chip; how many were compared.
fn blocks_of(chip: &'static Chip, blocks: &Path) -> usize {
    let index: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(blocks.join("index.json")).unwrap()).unwrap();
    let mut compared = 0;
    for entry in &index {
        let what = format!(
            "{} {} {} {}",
            chip.name, entry["flash"], entry["qe_before"], entry["option"]
        );
        let mut rig = Rig::of(chip, entry["flash"].as_str().unwrap());
        rig.m
            .nor_mut()
            .set_quad_enabled(entry["qe_before"].as_bool().unwrap());
        let option: Vec<u32> = entry["option"]
            .as_array()
            .unwrap()
            .iter()
            .map(word)
            .collect();
        let wanted = status(&entry["configure_status"]);
        assert_eq!(configure(&mut rig, &option), wanted, "{what}");
        if wanted != Some(0) {
            continue;
        }
        assert_eq!(
            Some(rig.m.nor().quad_enabled()),
            entry["qe_after"].as_bool(),
            "{what}"
        );
        assert_eq!(
            Some(rig.m.flexspi.clock_hz),
            entry["flexspi_root_hz"].as_u64(),
            "{what}"
        );
        assert_eq!(
            configure(&mut rig, &[0xF000_000F]),
            status(&entry["fcb_status"]),
            "{what}"
        );
        if let Some(file) = entry["file"].as_str() {
            let recorded = fs::read(blocks.join(file)).unwrap();
            let at = chip.fcb_offset as usize;
            assert_eq!(
                hex::encode(&rig.m.nor().memory[at..at + 512]),
                hex::encode(&recorded),
                "{what}"
            );
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_option_word_gives_the_recorded_block() {
    let compared = blocks_of(&RT1021, &directory().join("fcb"));
    assert!(compared >= 40, "{compared} blocks compared");
}

#[test]
fn option_words_give_each_chip_its_own_block() {
    for chip in CHIPS.into_iter().filter(|chip| chip.name != "RT1021") {
        let folder = directory().join(chip.name.to_ascii_lowercase());
        let compared = blocks_of(chip, &folder.join("fcb"));
        assert!(compared >= 40, "{}: {compared} blocks compared", chip.name);
    }
}
