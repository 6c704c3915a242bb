//! Every recorded session with the genuine flashloader holds on the virtual one, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! Left out: `rom_sdp` (the boot ROM), `full_speed` (a bus that cannot carry the reports) and the stale byte values
//! of `read_resource`.

mod replay;

use std::fs;

use replay::{Rig, directory, lines, pattern, text};
use serde_json::Value;

/// Sets the board up as the recording's first line and scenario say.
fn rig(scenario: &str, part: &str) -> Rig {
    let mut rig = Rig::new(part);
    let nor = rig.m.nor_mut();
    match scenario {
        "configure_states" => nor.set_quad_enabled(true),
        "no_flash" => nor.present = false,
        "erase" => nor.memory[..0x40000].fill(0),
        "erase_all" => nor.memory[0x12345] = 0,
        "read" => nor.memory[..0x2000].copy_from_slice(&pattern(0x2000, 1)),
        "verify_failure" => {
            nor.never_erase.extend([(0x2005, 0x10), (0x3010, 0xFF)]);
            nor.memory[0x3010] = 0;
        }
        _ => {}
    }
    match scenario {
        "fuses" => rig.m.fuses.set(0x26, 5),
        // the first byte of the firmware itself
        "read" => assert!(rig.m.ram.write(0x2020_8400, &[0xD8])),
        _ => {}
    }
    rig
}

/// What the scenario does to the flash between steps.
fn meddle(scenario: &str, rig: &mut Rig, part: &str, step: &str) {
    if step.starts_with("fresh board") {
        *rig = Rig::new(part);
    }
    match scenario {
        "write" if step.ends_with("second page not erased") => rig.m.nor_mut().memory[0x4000] = 0,
        "verify_failure" if step == "block protect bits set" => rig.m.nor_mut().status[0] |= 0x3C,
        _ => {}
    }
}

/// The part of a recording that the flashloader plays: from its first report on, if the ROM came before.
fn flashloader_part(all: &[Value]) -> Vec<Value> {
    let is_report =
        |line: &Value| text(line, "event").is_some_and(|e| e.starts_with("re-enumerated"));
    if let Some(at) = all.iter().position(is_report) {
        return all[at + 2..].to_vec();
    }
    let tool = |line: &Value| text(line, "step").is_some_and(|step| step.starts_with("blhost"));
    let sdp = all
        .iter()
        .any(|line| text(line, "step").is_some_and(|step| step.starts_with("sdphost")));
    let start = if sdp {
        all.iter().position(tool).unwrap()
    } else {
        1
    };
    let mut lines = all[start..].to_vec();
    if all[0]["scenario"] == "read_resource" {
        for line in &mut lines {
            if text(line, "in").is_some_and(|report| report.starts_with("0400")) {
                line["in"] = Value::String("04000400".into());
            }
        }
    }
    // spsdk_session has no SPI lines: the virtual ones are not to be held against that
    if all[0]["scenario"] == "spsdk_session" {
        lines.retain(|line| text(line, "step").is_none());
    }
    lines
}

fn differences(scenario: &str) -> Vec<String> {
    let all = lines(&directory().join(format!("{scenario}.jsonl")));
    let part = text(&all[0], "flash").unwrap().to_string();
    let mut board = rig(scenario, &part);
    let mut meddler = |rig: &mut Rig, step: &str| meddle(scenario, rig, &part, step);
    replay::replay(&mut board, &flashloader_part(&all), &mut meddler)
}

#[test]
fn every_transcript_holds_byte_for_byte() {
    let only = std::env::var("TRANSCRIPT").ok();
    let mut names: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .filter_map(|entry| {
            Some(
                entry
                    .unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(".jsonl")?
                    .to_string(),
            )
        })
        .filter(|name| !matches!(name.as_str(), "rom_sdp" | "full_speed"))
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    names.sort();
    assert!(
        names.len() >= 34 || only.is_some(),
        "{} transcripts",
        names.len()
    );
    let failed: Vec<String> = names
        .iter()
        .flat_map(|name| {
            differences(name)
                .into_iter()
                .map(move |difference| format!("{name}: {difference}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}
