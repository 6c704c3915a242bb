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

/// Packet of the two bulk endpoints at high speed.
pub(super) const BULK_PACKET: usize = 512;

/// Release 1.xx: NXP's loader has 0.02. Windows remembers what a release has; 1.01 had no second interface.
const RELEASE: u16 = 0x0102;
/// USB 2.01: there is a BOS descriptor. Everything else is as in USB 2.0.
const USB: [u8; 2] = [0x01, 0x02];

#[unsafe(link_section = ".gap")]
pub(super) static DEVICE: [u8; 18] = [
    18,
    1,
    USB[0],
    USB[1],
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
#[unsafe(link_section = ".gap")]
pub(super) static QUALIFIER: [u8; 10] =
    [10, 6, USB[0], USB[1], 0, 0, 0, CONTROL_PACKET as u8, 1, 0];

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
pub(super) fn configuration(kind: u8, high_speed: bool) -> [u8; 64] {
    let mut bytes = CONFIGURATION;
    bytes[1] = kind;
    if !high_speed {
        for at in [31, 38, 54, 61] {
            bytes[at] = FULL_SPEED_PACKET as u8;
            bytes[at + 1] = 0;
        }
    }
    bytes
}

#[rustfmt::skip]
const CONFIGURATION: [u8; 64] = [
    9, 2, 64, 0, 2, 1, 0, 0xC0, 50,
    9, 4, 0, 0, 2, 3, 0, 0, 3,
    HID[0], HID[1], HID[2], HID[3], HID[4], HID[5], HID[6], HID[7], HID[8],
    7, 5, 0x81, 3, HIGH_SPEED_PACKET as u8, (HIGH_SPEED_PACKET >> 8) as u8, 1,
    7, 5, 0x02, 3, HIGH_SPEED_PACKET as u8, (HIGH_SPEED_PACKET >> 8) as u8, 1,
    9, 4, 1, 0, 2, 0xFF, 0, 0, 3,
    7, 5, 0x83, 2, BULK_PACKET as u8, (BULK_PACKET >> 8) as u8, 0,
    7, 5, 0x03, 2, BULK_PACKET as u8, (BULK_PACKET >> 8) as u8, 0,
];

/// Windows 8.1, the first one that knows [`MICROSOFT`].
const WINDOWS: [u8; 4] = [0x00, 0x00, 0x03, 0x06];
/// bRequest and wIndex of the vendor request for [`MICROSOFT`]; the BOS descriptor names the first.
pub(super) const MICROSOFT_CODE: u8 = 0x20;
pub(super) const MICROSOFT_INDEX: u16 = 7;

/// One capability: there is a set of Microsoft OS 2.0 descriptors.
#[rustfmt::skip]
#[unsafe(link_section = ".gap")]
pub(super) static BOS: [u8; 33] = [
    5, 15, 33, 0, 1,
    28, 16, 5, 0,
    0xDF, 0x60, 0xDD, 0xD8, 0x89, 0x45, 0xC7, 0x4C, 0x9C, 0xD2, 0x65, 0x9D, 0x9E, 0x64, 0x8A, 0x9F,
    WINDOWS[0], WINDOWS[1], WINDOWS[2], WINDOWS[3], MICROSOFT.len() as u8, 0, MICROSOFT_CODE, 0,
];

/// Under this GUID programs find the bulk interface.
const GUID: &[u8; 38] = b"{C0D2BFC2-974E-402C-946A-0E1C88B24EC0}";

/// The Microsoft OS 2.0 descriptor set: interface 1 gets WinUSB as its driver, and a GUID. The HID interface is not in it.
///
/// Source: Microsoft OS 2.0 Descriptors Specification.
pub(super) const MICROSOFT: [u8; 178] = {
    let mut bytes = [0; 178];
    #[rustfmt::skip]
    let head = [
        10, 0, 0, 0, WINDOWS[0], WINDOWS[1], WINDOWS[2], WINDOWS[3], 178, 0, // the set
        8, 0, 1, 0, 0, 0, 168, 0,                                            // the configuration
        8, 0, 2, 0, 1, 0, 160, 0,                                            // interface 1
        20, 0, 3, 0, b'W', b'I', b'N', b'U', b'S', b'B', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        132, 0, 4, 0, 7, 0, 42, 0, // a property, REG_MULTI_SZ; bytes of its name
    ];
    let name = b"DeviceInterfaceGUIDs";
    let mut at = 0;
    while at < head.len() {
        bytes[at] = head[at];
        at += 1;
    }
    let mut i = 0;
    while i < name.len() {
        bytes[at + 2 * i] = name[i];
        i += 1;
    }
    at += 42;
    bytes[at] = 80; // bytes of its value: one text, its end, the end of the list
    at += 2;
    let mut i = 0;
    while i < GUID.len() {
        bytes[at + 2 * i] = GUID[i];
        i += 1;
    }
    assert!(at + 80 == bytes.len());
    bytes
};

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
