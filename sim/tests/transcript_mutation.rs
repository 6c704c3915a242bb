//! The commands of every recorded session, on other boards: another unique id, other flash contents, other addresses
#![allow(clippy::unwrap_used, clippy::expect_used)]
//! and lengths. The answers must be what the rules expect; a virtual board that knew recorded answers by heart fails.

mod dice;
mod replay;
mod rules;

use std::fs;
use std::path::Path;

use dice::Dice;
use replay::{Rig, bytes, directory, lines, pattern, text};
use rtboot_sim::chip::Chip;
use rules::{Expected, OTHERS, RT1021, Rules, Traits};

/// The commands of a recording: tag and parameters.
fn commands(file: &Path) -> Vec<(u8, Vec<u32>)> {
    let all = lines(file);
    let reports = all
        .iter()
        .filter(|line| line.get("via").is_none())
        .filter_map(|line| text(line, "out"));
    let commands = reports
        .map(bytes)
        .filter(|report| report[0] == 1 && report.len() >= 8 && report.len() < 64);
    commands
        .map(|report| {
            let words = report[8..]
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes(word.try_into().unwrap()));
            (report[4], words.chain([0; 3]).collect())
        })
        .collect()
}

/// Another place of the same kind: flash moves by whole sectors (and stays across its end where it was), RAM by words.
fn move_address(dice: &mut Dice, flash: u32, address: u32) -> u32 {
    match address {
        _ if (flash..flash + 0x70_0000).contains(&address) => address + 0x1000 * dice.roll(0x80),
        _ if (flash..flash + 0x100_0000).contains(&address) => address ^ (0x100 * dice.roll(2)),
        0x2020_2000..0x2020_4000 => 0x2020_2000 + address % 4 + 4 * dice.roll(0x400),
        _ => address,
    }
}

/// The parameters of a response.
fn response(report: &[u8]) -> Vec<u32> {
    let count = usize::from(report[7]);
    report[8..8 + 4 * count]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

/// Sends a command with its data phase and collects the answers.
fn run(rig: &mut Rig, payload: usize, tag: u8, words: &[u32], data: Option<&[u8]>) -> Expected {
    rig.command(tag, words);
    let first = response(&rig.receive().expect("a response"));
    let mut got = Expected {
        first,
        data: Vec::new(),
        last: None,
    };
    for chunk in data.unwrap_or_default().chunks(payload) {
        let mut report = vec![2, 0, chunk.len() as u8, (chunk.len() >> 8) as u8];
        report.extend(chunk);
        assert!(rig.send(&report, true));
    }
    while let Some(report) = rig.receive() {
        let len = usize::from(u16::from_le_bytes([report[2], report[3]]));
        match report[0] {
            4 => got.data.extend(&report[4..4 + len]),
            _ if len > 0 => got.last = Some(response(&report)[0]),
            // an announcement of the failure
            _ => {}
        }
    }
    // a generic response repeats the tag
    if !matches!(tag, 3 | 7 | 15) {
        got.first.truncate(1);
    }
    got
}

/// The mutated command, what came and what was expected; `None` where the rules have no opinion.
fn one(
    rig: &mut Rig,
    traits: &Traits,
    rules: &mut Rules,
    dice: &mut Dice,
    tag: u8,
    words: &[u32],
) -> Option<(Expected, Expected)> {
    let address = move_address(dice, traits.flash, words[0]);
    let payload = traits.payload;
    let len = if (1..0x8000).contains(&words[1]) {
        words[1] + dice.roll(words[1]) / 2
    } else {
        words[1]
    };
    let past = words[0].checked_sub(traits.flash).is_some_and(|offset| {
        offset < 0x80_0000 && u64::from(offset) + u64::from(words[1]) > 0x80_0000
    });
    let (address, len) = if past {
        (words[0], words[1])
    } else {
        (address, len)
    };
    Some(match tag {
        2 => (
            run(rig, payload, tag, &[address, len, words[2]], None),
            rules.erase(address, len, words[2]),
        ),
        3 => (
            run(rig, payload, tag, &[address, len, words[2]], None),
            rules.read(address, len, words[2]),
        ),
        4 => {
            let data = pattern(len as usize, dice.roll(u32::MAX));
            let got = run(rig, payload, tag, &[address, len, words[2]], Some(&data));
            (got, rules.write(address, &data, words[2]))
        }
        5 if words[2] >> 28 == 0xC || words[2] >> 28 == 0xF => {
            // an option word stays where configure-memory looks for it
            (
                run(rig, payload, tag, &words[..3], None),
                rules.fill(words[0], words[1], words[2]),
            )
        }
        5 => (
            run(rig, payload, tag, &[address, len, words[2]], None),
            rules.fill(address, len, words[2]),
        ),
        7 => (
            run(rig, payload, tag, &words[..2], None),
            rules.property(words[0], words[1]),
        ),
        15 => {
            let expected = rules.read_once(words[0], words[1])?;
            (run(rig, payload, tag, &words[..2], None), expected)
        }
        17 => {
            let expected = rules.configure(words[0], words[1])?;
            (run(rig, payload, tag, &words[..2], None), expected)
        }
        _ => return None,
    })
}

/// Plays the commands of a folder's recordings on other boards; how many answers were looked at.
fn checked(chip: &'static Chip, traits: &Traits, folder: &Path) -> usize {
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".jsonl") || matches!(&*name, "rom_sdp.jsonl" | "full_speed.jsonl") {
            continue;
        }
        for seed in 1..=2 {
            let mut dice = Dice(seed);
            let mut rig = Rig::of(chip, "is25lp064a");
            let unique_id = [dice.roll(u32::MAX), dice.roll(u32::MAX)];
            (0..2).for_each(|i| rig.m.fuses.set(1 + i, unique_id[i]));
            let used = 0x1000 * dice.roll(0x40) as usize;
            rig.m.nor_mut().memory[..used].copy_from_slice(&pattern(used, dice.roll(u32::MAX)));
            let mut rules = Rules::new(*traits, rig.m.nor().memory.clone(), unique_id);
            let commands = commands(&folder.join(&name)).into_iter();
            for (tag, words) in commands.filter(|(tag, words)| !left_out(chip, *tag, words)) {
                let done = one(&mut rig, traits, &mut rules, &mut dice, tag, &words);
                if let Some((got, expected)) = done {
                    let chip = chip.name;
                    assert_eq!(
                        got, expected,
                        "{chip} {name}, seed {seed}, command {tag:#x} {words:x?}"
                    );
                    checked += 1;
                }
            }
        }
    }
    checked
}

/// What the rules have no opinion on: the firmware's own bytes, registers, and RAM that the map has and the chip has not, which
/// stops the firmware.
fn left_out(chip: &Chip, tag: u8, words: &[u32]) -> bool {
    let own = tag == 3 && words[0] == 0x2020_8400;
    let registers = tag == 3 && words[0] >> 28 == 4;
    let missing = chip.name == "RT1011" && words[0] == 0x2021_0000;
    own || registers || missing
}

#[test]
fn every_transcript_holds_on_other_boards() {
    let chip = Chip::find("rt1021").unwrap();
    let checked = checked(chip, &RT1021, &directory());
    assert!(checked > 700, "{checked} answers checked");
}

#[test]
fn transcripts_of_each_chip_hold_on_other_boards() {
    for traits in OTHERS {
        let chip = Chip::find(traits.name).unwrap();
        let folder = directory().join(traits.name.to_ascii_lowercase());
        let checked = checked(chip, &traits, &folder);
        assert!(checked > 500, "{}: {checked} answers checked", traits.name);
    }
}
