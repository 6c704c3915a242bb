//! Every recorded session with the genuine flashloaders of the other chips holds on the virtual ones, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! Left out of them: `full_speed`, which `full_speed_of_every_chip_is_as_recorded` looks at instead.

mod replay;

use std::path::PathBuf;

use replay::scenario::{differences, scenarios};
use replay::{Device, Rig, bytes, directory, lines, text};
use rtboot_sim::chip::{CHIPS, Chip};
use rtboot_sim::flashloader::Control;

/// Chips with recordings of their own, and where those are.
fn recorded() -> impl Iterator<Item = (&'static Chip, PathBuf)> {
    CHIPS
        .into_iter()
        .filter(|chip| chip.name != "RT1021")
        .map(|chip| {
            let folder = directory().join(chip.name.to_ascii_lowercase());
            (chip, folder)
        })
}

#[test]
fn every_transcript_of_every_chip_holds_byte_for_byte() {
    let only = std::env::var("TRANSCRIPT").ok();
    let mut failed = Vec::new();
    for (chip, folder) in recorded() {
        let names = scenarios(&folder);
        assert_eq!(names.len(), 23, "{}", chip.name);
        let wanted = |name: &&String| {
            let whole = format!("{}/{name}", chip.name);
            *name != "full_speed"
                && only
                    .as_ref()
                    .is_none_or(|only| whole.contains(only.as_str()))
        };
        for name in names.iter().filter(wanted) {
            let start = |part: &str| Rig::of(chip, part);
            let found = differences(&start, &folder, name);
            failed.extend(
                found
                    .into_iter()
                    .map(|found| format!("{}/{name}: {found}", chip.name)),
            );
        }
    }
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// At full speed most builds keep packets that the bus cannot carry; what a host asks of the RT1024's is answered.
#[test]
fn full_speed_of_every_chip_is_as_recorded() {
    for (chip, folder) in recorded() {
        let all = lines(&folder.join("full_speed.jsonl"));
        let mut rig = Rig::of(chip, "is25lp064a");
        let Device::Genuine(loader) = &mut rig.loader else {
            panic!("a genuine loader")
        };
        loader.set_full_speed(true);
        let setup = [0x80, 6, 0, 2, 0, 0, 41, 0];
        let got = loader.usb_control(&mut rig.m, setup, &[]);
        let event = text(&all[1], "event").unwrap();
        let wanted = event.strip_prefix("configuration descriptor: ").unwrap();
        assert_eq!(got, Control::Data(bytes(wanted)), "{}", chip.name);
        if loader.packet() > 64 {
            let event = text(&all[5], "event").unwrap();
            assert_eq!(event, "no answer: Babble", "{}", chip.name);
            continue;
        }
        rig.step();
        let found = replay::replay(&mut rig, &all[3..], &mut |_, _| {});
        assert!(found.is_empty(), "{}: {found:?}", chip.name);
    }
}
