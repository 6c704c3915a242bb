//! Every session recorded over the UART of rtboot's own loader holds on its model, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod replay;

use replay::line::{Differences, Line, all_hold, number};
use replay::{Rig, bytes, text};
use rtboot_sim::flashloader::{Entry, OwnSerial};
use serde_json::Value;

/// Plays a session; every difference is a sentence.
fn differences(all: &[Value]) -> Vec<String> {
    let mut rig = Rig::own(text(&all[0], "flash").unwrap());
    let loader = OwnSerial::start(&mut rig.m, Entry::default());
    let mut line = Line::new(rig, loader, number(&all[0], "baud").unwrap() as u32);
    let mut differ = Differences::default();
    for entry in &all[1..] {
        if let Some(name) = text(entry, "step") {
            differ.step = name.to_string();
        } else if let Some(out) = text(entry, "out") {
            differ.last = out.to_string();
            line.send(&bytes(out));
        } else if let Some(wanted) = text(entry, "in") {
            differ.compare("answer", wanted, &hex::encode(line.listen()));
        } else if let Some(ms) = number(entry, "idle_ms") {
            line.run_to(line.now() + ms * 1_000_000);
        } else if let Some(baud) = number(entry, "host_baud") {
            line.baud = baud as u32;
        }
    }
    differ.found
}

#[test]
fn every_uart_transcript_of_the_own_loader_holds() {
    all_hold("own_uart", 2, differences);
}
