//! USB descriptors: ids and report ids of NXP's loader, release 1.01, packets that are a report each.
//!
//! Source: `docs/loader.md`, `loader/hal/src/usb/descriptors.rs`.

use super::super::descriptors::string;

const DEVICE: [u8; 18] = [
    0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0xA2, 0x15, 0x73, 0x00, 0x01, 0x01, 0x01, 0x02,
    0x00, 0x01,
];
/// The device at the other speed.
const QUALIFIER: [u8; 10] = [0x0A, 0x06, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00];
const HID: [u8; 9] = [0x09, 0x21, 0x00, 0x01, 0x00, 0x01, 0x22, 0x48, 0x00];
const STRINGS: [&str; 3] = ["rtboot", "rtboot RAM loader", "MBOOT"];
/// Descriptor types.
const CONFIGURATION: u8 = 2;
const OTHER_SPEED: u8 = 7;

/// A descriptor of the device (kind 80h) or the interface (81h).
pub fn answer(kind: u8, descriptor: u8, index: u8) -> Option<Vec<u8>> {
    Some(match (kind, descriptor) {
        (0x80, 1) => DEVICE.to_vec(),
        (0x80, CONFIGURATION) => configuration(CONFIGURATION, super::PACKET),
        (0x80, 3) => return string(&STRINGS, index),
        (0x80, 6) => QUALIFIER.to_vec(),
        (0x80, OTHER_SPEED) => configuration(OTHER_SPEED, 64),
        (0x81, 0x21) => HID.to_vec(),
        (0x81, 0x22) => report(),
        _ => return None,
    })
}

fn configuration(kind: u8, packet: usize) -> Vec<u8> {
    let [low, high] = (packet as u16).to_le_bytes();
    [
        &[0x09, kind, 0x29, 0x00, 0x01, 0x01, 0x00, 0xC0, 0x32][..],
        &[0x09, 0x04, 0x00, 0x00, 0x02, 0x03, 0x00, 0x00, 0x03],
        &HID,
        &[0x07, 0x05, 0x81, 0x03, low, high, 0x01],
        &[0x07, 0x05, 0x02, 0x03, low, high, 0x01],
    ]
    .concat()
}

/// Report descriptor: ids 1 and 2 out, 3 and 4 in, each 1020 bytes.
fn report() -> Vec<u8> {
    let mut bytes = vec![0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01];
    for id in 1..=4 {
        let main = if id <= 2 { 0x91 } else { 0x81 };
        bytes.extend([
            0x85, id, 0x09, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x96, 0xFC, 0x03, main,
            0x02,
        ]);
    }
    bytes.push(0xC0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_the_own_loader_add_up() {
        assert_eq!(report().len(), usize::from(HID[7]));
        for kind in [CONFIGURATION, OTHER_SPEED] {
            let bytes = answer(0x80, kind, 0).unwrap();
            assert_eq!(usize::from(bytes[2]), bytes.len());
        }
        assert_eq!(answer(0x80, 3, 2).map(|text| text.len()), Some(36));
        assert_eq!(answer(0x80, 3, 4), None);
    }
}
