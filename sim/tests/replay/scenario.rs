//! The recorded scenarios: what was done to the board besides what the recording tells.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Device, Rig, lines, pattern, replay, text};

/// Starts a loader over a blank part of this name.
pub type Start<'a> = &'a dyn Fn(&str) -> Rig;

/// Sets the board up as the recording's first line and scenario say.
fn rig(start: Start, scenario: &str, part: &str) -> Rig {
    let mut rig = start(part);
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
        "read" => {
            let first = match rig.loader {
                Device::Own(_) => 0xE0,
                Device::Genuine(_) => match rig.m.chip.name {
                    "RT1011" => 0x10,
                    "RT1024" => 0xF0,
                    "RT1052" => 0x00,
                    "RT1042" | "RT1062" | "RT1064" => 0x80,
                    _ => 0xD8,
                },
            };
            assert!(rig.m.ram.write(0x2020_8400, &[first]));
        }
        _ => {}
    }
    rig
}

/// What the scenario does to the flash between steps.
fn meddle(start: Start, scenario: &str, rig: &mut Rig, part: &str, step: &str) {
    if step.starts_with("fresh board") {
        *rig = start(part);
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

/// What differs between a recording and the virtual loader that `start` starts.
pub fn differences(start: Start, directory: &Path, scenario: &str) -> Vec<String> {
    let all = lines(&directory.join(format!("{scenario}.jsonl")));
    let part = text(&all[0], "flash").unwrap().to_string();
    let mut board = rig(start, scenario, &part);
    let mut meddler = |rig: &mut Rig, step: &str| meddle(start, scenario, rig, &part, step);
    replay(&mut board, &flashloader_part(&all), &mut meddler)
}

/// Names of the recordings in a folder.
pub fn scenarios(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.unwrap().file_name();
        Some(name.to_str()?.strip_suffix(".jsonl")?.to_string())
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names
}
