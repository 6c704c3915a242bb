//! USB descriptors: ids and report ids of NXP's loader, release 1.02, packets that are a report each; a bulk interface that
//! Windows gives to WinUSB.
//!
//! Source: `docs/loader.md`, `loader/hal/src/usb/descriptors.rs`.

use super::super::descriptors::string;

const DEVICE: [u8; 18] = [
    0x12, 0x01, 0x01, 0x02, 0x00, 0x00, 0x00, 0x40, 0xA2, 0x15, 0x73, 0x00, 0x02, 0x01, 0x01, 0x02,
    0x00, 0x01,
];
/// The device at the other speed.
const QUALIFIER: [u8; 10] = [0x0A, 0x06, 0x01, 0x02, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00];
const HID: [u8; 9] = [0x09, 0x21, 0x00, 0x01, 0x00, 0x01, 0x22, 0x48, 0x00];
const STRINGS: [&str; 3] = ["rtboot", "rtboot RAM loader", "MBOOT"];
/// Descriptor types.
const CONFIGURATION: u8 = 2;
const OTHER_SPEED: u8 = 7;
const BOS: u8 = 15;
/// bRequest of the vendor request for [`microsoft`]. Its index is 7.
pub const MICROSOFT_CODE: u8 = 0x20;
/// Windows 8.1.
const WINDOWS: [u8; 4] = [0x00, 0x00, 0x03, 0x06];

/// A descriptor of the device (kind 80h) or the interface (81h).
pub fn answer(kind: u8, descriptor: u8, index: u8) -> Option<Vec<u8>> {
    Some(match (kind, descriptor) {
        (0x80, 1) => DEVICE.to_vec(),
        (0x80, CONFIGURATION) => configuration(CONFIGURATION, super::PACKET, super::BULK_PACKET),
        (0x80, 3) => return string(&STRINGS, index),
        (0x80, 6) => QUALIFIER.to_vec(),
        (0x80, OTHER_SPEED) => configuration(OTHER_SPEED, 64, 64),
        (0x80, BOS) => bos(),
        (0x81, 0x21) => HID.to_vec(),
        (0x81, 0x22) => report(),
        _ => return None,
    })
}

fn configuration(kind: u8, packet: usize, bulk: usize) -> Vec<u8> {
    let [low, high] = (packet as u16).to_le_bytes();
    let [bulk_low, bulk_high] = (bulk as u16).to_le_bytes();
    [
        &[0x09, kind, 0x40, 0x00, 0x02, 0x01, 0x00, 0xC0, 0x32][..],
        &[0x09, 0x04, 0x00, 0x00, 0x02, 0x03, 0x00, 0x00, 0x03],
        &HID,
        &[0x07, 0x05, 0x81, 0x03, low, high, 0x01],
        &[0x07, 0x05, 0x02, 0x03, low, high, 0x01],
        &[0x09, 0x04, 0x01, 0x00, 0x02, 0xFF, 0x00, 0x00, 0x03],
        &[0x07, 0x05, 0x83, 0x02, bulk_low, bulk_high, 0x00],
        &[0x07, 0x05, 0x03, 0x02, bulk_low, bulk_high, 0x00],
    ]
    .concat()
}

/// One capability: Microsoft OS 2.0 descriptors.
fn bos() -> Vec<u8> {
    let uuid = [
        0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A,
        0x9F,
    ];
    let [low, high] = (microsoft().len() as u16).to_le_bytes();
    [
        &[0x05, BOS, 33, 0, 1, 28, 0x10, 0x05, 0][..],
        &uuid,
        &WINDOWS,
        &[low, high, MICROSOFT_CODE, 0],
    ]
    .concat()
}

/// Microsoft OS 2.0 descriptors: WinUSB for interface 1.
pub fn microsoft() -> Vec<u8> {
    let text = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let name = text("DeviceInterfaceGUIDs\0");
    let guid = text("{C0D2BFC2-974E-402C-946A-0E1C88B24EC0}\0\0");
    let short = |value: usize| (value as u16).to_le_bytes();
    let property = [
        &short(10 + name.len() + guid.len())[..],
        &[4, 0, 7, 0],
        &short(name.len()),
        &name,
        &short(guid.len()),
        &guid,
    ]
    .concat();
    let id = [&[20, 0, 3, 0][..], b"WINUSB", &[0; 10]].concat();
    let function = [
        &[8, 0, 2, 0, 1, 0][..],
        &short(8 + id.len() + property.len()),
    ]
    .concat();
    let inner = [function, id, property].concat();
    let configuration = [&[8, 0, 1, 0, 0, 0][..], &short(8 + inner.len()), &inner].concat();
    let length = short(10 + configuration.len());
    [&[10, 0, 0, 0][..], &WINDOWS, &length, &configuration].concat()
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
        assert_eq!(usize::from(bos()[2]), bos().len());
        assert_eq!(microsoft().len(), 178);
        assert_eq!(answer(0x80, 3, 2).map(|text| text.len()), Some(36));
        assert_eq!(answer(0x80, 3, 4), None);
    }
}
