//! What the device says it is. Vendor, product and report ids are those of NXP's flashloader, so that its hosts find it;
//! the release number tells the two apart.

use rtboot_wire::mboot::report;

/// Packet of endpoint 0.
pub(super) const CONTROL_PACKET: usize = 64;
/// Packet of the two interrupt endpoints: at high speed a whole report; at full speed the most that USB allows.
pub(super) const HIGH_SPEED_PACKET: usize = 1024;
pub(super) const FULL_SPEED_PACKET: usize = 64;
/// Bytes of a report behind its id.
const REPORT_BODY: u16 = report::FULL as u16 - 1;

/// Release 1.xx: NXP's loader has 0.02.
const RELEASE: u16 = 0x0101;

pub(super) const DEVICE: [u8; 18] = [
    18,
    1,
    0x00,
    0x02,
    0,
    0,
    0,
    CONTROL_PACKET as u8, //
    0xA2,
    0x15,
    0x73,
    0x00,
    RELEASE as u8,
    (RELEASE >> 8) as u8,
    1,
    2,
    0,
    1,
];

/// For a host that asks what the device would be at the other speed.
pub(super) const QUALIFIER: [u8; 10] = [10, 6, 0x00, 0x02, 0, 0, 0, CONTROL_PACKET as u8, 1, 0];

const REPORT_LENGTH: usize = 6 + 4 * 16 + 1;

/// Four vendor reports: 1 and 2 to the device, 3 and 4 from it.
pub(super) const REPORT: [u8; REPORT_LENGTH] = {
    let mut bytes = [0; REPORT_LENGTH];
    let head = [0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1];
    let mut at = 0;
    while at < head.len() {
        bytes[at] = head[at];
        at += 1;
    }
    bytes[at] = 0x01;
    at += 1;
    let mut id = 1;
    while id <= 4 {
        let [low, high] = REPORT_BODY.to_le_bytes();
        let item = if id <= 2 { 0x91 } else { 0x81 };
        let fields = [
            0x85, id, 0x09, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x96, low, high, item,
        ];
        let mut i = 0;
        while i < fields.len() {
            bytes[at] = fields[i];
            at += 1;
            i += 1;
        }
        bytes[at] = 0x02;
        at += 1;
        id += 1;
    }
    bytes
};

/// The collection's end is kept apart: the table above has a length that the compiler can check.
pub(super) const REPORT_END: u8 = 0xC0;

const HID: [u8; 9] = [9, 0x21, 0x00, 0x01, 0, 1, 0x22, REPORT_LENGTH as u8 + 1, 0];

/// The configuration at a speed, as configuration (2) or other-speed configuration (7).
pub(super) fn configuration(kind: u8, high_speed: bool) -> [u8; 41] {
    let mut bytes = CONFIGURATION;
    bytes[1] = kind;
    if !high_speed {
        for at in [31, 38] {
            bytes[at] = FULL_SPEED_PACKET as u8;
            bytes[at + 1] = 0;
        }
    }
    bytes
}

#[rustfmt::skip]
const CONFIGURATION: [u8; 41] = [
    9, 2, 41, 0, 1, 1, 0, 0xC0, 50,
    9, 4, 0, 0, 2, 3, 0, 0, 3,
    HID[0], HID[1], HID[2], HID[3], HID[4], HID[5], HID[6], HID[7], HID[8],
    7, 5, 0x81, 3, HIGH_SPEED_PACKET as u8, (HIGH_SPEED_PACKET >> 8) as u8, 1,
    7, 5, 0x02, 3, HIGH_SPEED_PACKET as u8, (HIGH_SPEED_PACKET >> 8) as u8, 1,
];

/// The HID descriptor alone.
pub(super) const fn hid() -> [u8; 9] {
    HID
}

/// A string as UTF-16, its length in front; 0 is the list of languages. Returns the bytes used.
pub(super) fn string(index: u8, into: &mut [u8; 64]) -> Option<usize> {
    let text = match index {
        0 => {
            into[..4].copy_from_slice(&[4, 3, 0x09, 0x04]);
            return Some(4);
        }
        1 => "rtboot",
        2 => "rtboot RAM loader",
        3 => "MBOOT",
        _ => return None,
    };
    let length = 2 + 2 * text.len();
    into[0] = length as u8;
    into[1] = 3;
    for (place, unit) in into[2..]
        .as_chunks_mut()
        .0
        .iter_mut()
        .zip(text.encode_utf16())
    {
        *place = unit.to_le_bytes();
    }
    Some(length)
}
