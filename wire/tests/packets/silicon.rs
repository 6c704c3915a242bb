//! Every line of `vectors/silicon.txt` is parsed, printed and built again.

use rtboot_wire::mboot::report::{self as mboot_report, Report};
use rtboot_wire::mboot::{self, frame};
use rtboot_wire::sdp::report::{self as sdp_report, FromHost, FromRom};
use rtboot_wire::sdp::{self, Hab};

use super::hex;

/// What a packet prints as, and its bytes once more.
type Reading = (String, Vec<u8>);

fn sdp_command(command: sdp::Command) -> Reading {
    (command.to_string(), command.to_bytes().to_vec())
}

/// HAB state and status without anything around them, or one of them.
fn sdp_words(bytes: &[u8]) -> Reading {
    let words = bytes.as_chunks::<4>().0.iter().map(|word| {
        let hab = Hab::from_bytes(*word).map(|hab| (hab.to_string(), hab.to_bytes()));
        let status = sdp::Status::from_bytes(*word);
        hab.unwrap_or_else(|| (status.to_string(), status.to_bytes()))
    });
    let (texts, words): (Vec<_>, Vec<_>) = words.unzip();
    (texts.join(", "), words.concat())
}

fn sdp_to_rom(report: &[u8]) -> Reading {
    match FromHost::parse(report).unwrap() {
        FromHost::Command(command) => (command.to_string(), sdp_report::command(&command).to_vec()),
        FromHost::Data(_) => panic!("no vector has data"),
    }
}

fn sdp_from_rom(report: &[u8]) -> Reading {
    match FromRom::parse(report).unwrap() {
        FromRom::Hab(word) => {
            let hab = Hab::from_bytes(word).unwrap();
            (hab.to_string(), sdp_report::hab(hab).to_vec())
        }
        FromRom::Block(block) => {
            let status = sdp::Status::from_bytes(*block.first_chunk().unwrap());
            (status.to_string(), sdp_report::status(status).to_vec())
        }
    }
}

/// What a packet prints as, and the packet once more.
fn mboot_packet(to_device: bool, packet: &[u8]) -> Reading {
    if to_device {
        let command = mboot::Command::parse(packet).unwrap();
        (command.to_string(), command.to_bytes().to_vec())
    } else {
        let response = mboot::Response::parse(packet).unwrap();
        (response.to_string(), response.to_bytes().to_vec())
    }
}

fn mboot_frame(to_device: bool, bytes: &[u8]) -> Reading {
    let (header, payload) = bytes.split_first_chunk().unwrap();
    assert!(frame::is_intact(header, payload), "CRC of {bytes:02x?}");
    let (text, packet) = mboot_packet(to_device, payload);
    let mut again = [0; 64];
    let length = frame::write(frame::COMMAND, &packet, &mut again).unwrap();
    (text, again[..length].to_vec())
}

fn mboot_hid(to_device: bool, bytes: &[u8]) -> Reading {
    let Report { id, payload } = Report::parse(bytes).unwrap();
    let (text, packet) = mboot_packet(to_device, payload);
    // a host may announce more than the packet has
    let mut padded = packet;
    padded.resize(payload.len(), 0);
    let mut again = [0; mboot_report::FULL];
    let length = mboot_report::write(id, &padded, &mut again).unwrap();
    (text, again[..length].to_vec())
}

#[test]
fn packets_of_real_boards_parse_and_build() {
    let mut count = 0;
    for line in include_str!("../vectors/silicon.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (packet, text) = line.split_once(" | ").unwrap();
        let (link, rest) = packet.split_once(' ').unwrap();
        let (direction, bytes) = rest.split_once(' ').unwrap();
        let to_device = direction == ">";
        let open_end = bytes.strip_suffix("..");
        let bytes = hex(open_end.unwrap_or(bytes));
        let (said, again) = match (link, to_device) {
            ("sdp/uart", true) => {
                sdp_command(sdp::Command::parse(bytes.as_slice().try_into().unwrap()))
            }
            ("sdp/uart", false) => sdp_words(&bytes),
            ("sdp/hid", true) => sdp_to_rom(&bytes),
            ("sdp/hid", false) => sdp_from_rom(&bytes),
            ("mboot/uart", _) => mboot_frame(to_device, &bytes),
            ("mboot/hid", _) => mboot_hid(to_device, &bytes),
            _ => panic!("no such link: {line}"),
        };
        assert_eq!(said, text, "{line}");
        match open_end {
            None => assert_eq!(again, bytes, "{line}"),
            Some(_) => {
                let common = again.len().min(bytes.len());
                assert!(common >= 5 && again[..common] == bytes[..common], "{line}");
            }
        }
        count += 1;
    }
    assert!(count > 40, "{count} vectors");
}
