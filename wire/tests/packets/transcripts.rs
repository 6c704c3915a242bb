//! The recorded sessions of the repository: every packet of the genuine flashloader parses and is built again.

use std::path::{Path, PathBuf};

use rtboot_wire::mboot::report::{self, Malformed, Report};
use rtboot_wire::mboot::{Command, Response};
use rtboot_wire::sdp::report::{FromHost, FromRom};

use super::hex;

fn sessions() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts");
    let mut files = Vec::new();
    for folder in [root.clone(), root.join("random")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// How many packets of each kind were seen.
#[derive(Debug, Default)]
struct Seen {
    commands: u32,
    responses: u32,
    data: u32,
    rom: u32,
}

fn from_flashloader(bytes: &[u8], seen: &mut Seen, place: &str) {
    let report = Report::parse(bytes).unwrap_or_else(|e| panic!("{place}: {e:?}"));
    match (report.id, report.payload) {
        (report::RESPONSE, []) => {}
        (report::RESPONSE, packet) => {
            let response = Response::parse(packet).unwrap_or_else(|| panic!("{place}"));
            assert_eq!(response.to_bytes()[..], *packet, "{place}");
            seen.responses += 1;
        }
        (report::DATA_IN, payload) => {
            assert!(payload.len() <= report::MAX_PAYLOAD, "{place}");
            seen.data += 1;
        }
        // after a bus reset the firmware sends the host's own report back
        _ => {}
    }
}

#[test]
fn recorded_packets_parse_and_build() {
    let mut seen = Seen::default();
    for path in sessions() {
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let of = |key: &str| line[key].as_str().map(hex);
            if let Some(bytes) = of("in") {
                // the ROM's reports carry no length, and only they are 5 or 65 bytes long
                match line["len"].as_u64() {
                    Some(5 | 65) => {
                        FromRom::parse(&bytes).unwrap_or_else(|e| panic!("{place}: {e:?}"));
                        seen.rom += 1;
                    }
                    _ => from_flashloader(&bytes, &mut seen, &place),
                }
            }
            if let Some(bytes) = of("out") {
                to_device(&bytes, &mut seen, &place);
            }
        }
    }
    assert!(
        seen.commands > 1000 && seen.responses > 1000 && seen.data > 100 && seen.rom > 20,
        "{seen:?}"
    );
}

/// Hosts send malformed reports on purpose in some sessions, so only what parses is looked at.
fn to_device(bytes: &[u8], seen: &mut Seen, place: &str) {
    if bytes.len() == 17
        && let Ok(FromHost::Command(command)) = FromHost::parse(bytes)
        && command.tag.name().is_some()
    {
        assert_eq!(command.to_bytes()[..15], bytes[1..16], "{place}");
        seen.rom += 1;
        return;
    }
    match Report::parse(bytes) {
        Ok(Report {
            id: report::COMMAND,
            payload,
        }) => {
            if let Some(command) = Command::parse(payload) {
                let packet = command.to_bytes();
                // flags other than bit 0 and the reserved byte are not kept
                assert_eq!(packet[..1], payload[..1], "{place}");
                assert_eq!(packet[3..], payload[3..packet.len()], "{place}");
                seen.commands += 1;
            }
        }
        Ok(_) | Err(Malformed::NoHeader | Malformed::CutOff) => {}
    }
}
