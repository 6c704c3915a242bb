//! Every session recorded over the UART of the genuine flashloader holds on the virtual one, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;

use replay::line::{Differences, Line, all_hold, number};
use replay::{Rig, bytes, recorded, tamper, text};
use rtboot_sim::chip::{Chip, RT1021};
use rtboot_sim::flashloader::{Outcome, Processor};
use rtboot_sim::uart::SerialLoader;
use serde_json::Value;

/// The genuine firmware of a chip on a part, its autobaud waiting.
fn line(chip: &'static Chip, part: &str, baud: u32) -> Line<SerialLoader> {
    let mut rig = Rig::of(chip, part);
    rig.step();
    // the first byte of the firmware itself
    assert!(rig.m.ram.write(0x2020_8400, &[0xD8]));
    let build = recorded(chip).build(chip);
    let processor = Processor::with_build(build.firmware.uart_payload, build);
    Line::new(rig, SerialLoader::new(processor), baud)
}

/// Plays a session; every difference is a sentence.
fn differences(chip: &'static Chip, all: &[Value]) -> Vec<String> {
    let head = &all[0];
    let mut line = line(
        chip,
        text(head, "flash").unwrap(),
        number(head, "baud").unwrap() as u32,
    );
    let mut seen = Vec::new();
    let mut differ = Differences::default();
    for entry in &all[1..] {
        if let Some(name) = text(entry, "step") {
            seen.extend(line.rig.step().0);
            differ.compare("spi nobody recorded", "", &seen.join(", "));
            seen.clear();
            differ.step = name.to_string();
        } else if let Some(out) = text(entry, "out") {
            differ.last = out.to_string();
            line.send(&bytes(out));
        } else if let Some(wanted) = text(entry, "in") {
            differ.compare("answer", wanted, &hex::encode(line.listen()));
        } else if let Some(wanted) = number(entry, "in_len") {
            let got = line.listen().len();
            differ.compare("length", &wanted.to_string(), &got.to_string());
        } else if let Some(ms) = number(entry, "idle_ms") {
            line.run_to(line.now() + ms * 1_000_000);
        } else if let Some(wanted) = number(entry, "board_baud") {
            let got = u64::from(line.loader.baud().unwrap_or_default());
            // the firmware's clock divides to a rate beside the one it wants
            if wanted.abs_diff(got) > wanted / 50 {
                differ.compare("rate", &wanted.to_string(), &got.to_string());
            }
        } else if let Some(spi) = entry.get("spi") {
            let wanted: Vec<String> = serde_json::from_value(spi.clone()).unwrap();
            let got = line.rig.step().0;
            // after a reset the ROM reads on
            let until = match line.loader.outcome() {
                Some(Outcome::Reset) => got.len().min(wanted.len()),
                _ => wanted.len(),
            };
            differ.compare("spi", &wanted[..until].join(", "), &got.join(", "));
        } else if let Some(board) = entry.get("board") {
            tamper(&mut line.rig, board);
        } else if let Some(event) = text(entry, "event") {
            let got = match line.loader.outcome() {
                Some(Outcome::Reset) => "board state reset",
                Some(Outcome::Silent) => "board state dead",
                _ => "board state fw",
            };
            differ.compare("state", event, got);
        }
    }
    differ.found
}

#[test]
fn every_uart_transcript_holds_byte_for_byte() {
    all_hold("uart", 28, |all| differences(&RT1021, all));
}

#[test]
fn every_uart_transcript_of_the_rt1024_holds() {
    let chip = Chip::find("rt1024").unwrap();
    all_hold("rt1024/uart", 3, |all| differences(chip, all));
}
