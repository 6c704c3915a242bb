//! USB descriptors of the flashloader.
//!
//! Source: genuine flashloaders, emulated.

use super::firmware::UsbProfile;

/// Device descriptor: USB 2.0, endpoint 0 of 64 bytes, 15A2:0073, release 0.02, strings 1 and 2, no serial number.
pub const DEVICE: [u8; 18] = [
    0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0xA2, 0x15, 0x73, 0x00, 0x02, 0x00, 0x01, 0x02,
    0x00, 0x01,
];

/// Configuration: one HID interface, interrupt endpoints 1 IN and 2 OUT; sizes and interval are those of the firmware.
const CONFIGURATION: [u8; 41] = [
    0x09, 0x02, 0x29, 0x00, 0x01, 0x01, 0x00, 0xC0,
    0x32, // configuration 1, self-powered, 100 mA
    0x09, 0x04, 0x00, 0x00, 0x02, 0x03, 0x00, 0x00, 0x03, // interface 0, HID, string 3
    0x09, 0x21, 0x00, 0x01, 0x00, 0x01, 0x22, 0x4C,
    0x00, // HID 1.0, report descriptor of 76 bytes
    0x07, 0x05, 0x81, 0x03, 0xFB, 0x03, 0x03, // endpoint 1 IN
    0x07, 0x05, 0x02, 0x03, 0xFB, 0x03, 0x03, // endpoint 2 OUT
];

/// Places of wMaxPacketSize, which bInterval follows, in it.
const PACKETS: [usize; 2] = [31, 38];

/// The configuration at high speed or full speed. At full speed the interval is 1.
pub fn configuration(profile: &UsbProfile, full_speed: bool) -> Vec<u8> {
    let (packet, interval) = match full_speed {
        true => (profile.full_speed, 1),
        false => (profile.packet, profile.interval),
    };
    let mut bytes = CONFIGURATION.to_vec();
    for at in PACKETS {
        bytes[at..at + 2].copy_from_slice(&(packet as u16).to_le_bytes());
        bytes[at + 2] = interval;
    }
    bytes
}

/// Strings 1 to 3; 3 names the interface.
pub const STRINGS: [&str; 3] = [
    "FREESCALE SEMICONDUCTOR INC.",
    "USB COMPOSITE DEVICE",
    "MCU HID GENERIC DEVICE",
];

/// Report descriptor: ids 1 and 2 out, 3 and 4 in, each of as many items of 40 bits as a report holds behind its id.
pub fn report(profile: &UsbProfile) -> Vec<u8> {
    let items = ((profile.report - 1) / 5) as u8;
    let mut bytes = vec![0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01];
    for id in 1..=4 {
        let main = if id <= 2 { 0x91 } else { 0x81 };
        bytes.extend([
            0x85, id, 0x19, 0x01, 0x29, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x28, 0x95,
            items, main, 0x02,
        ]);
    }
    bytes.push(0xC0);
    bytes
}

/// A string descriptor; index 0 lists the languages.
pub fn string(strings: &[&str], index: u8) -> Option<Vec<u8>> {
    let body: Vec<u8> = match index {
        0 => vec![0x09, 0x04],
        _ => strings
            .get(usize::from(index) - 1)?
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    };
    let len = u8::try_from(body.len() + 2).ok()?;
    Some([vec![len, 3], body].concat())
}

#[cfg(test)]
mod tests {
    use super::super::firmware::Firmware;
    use super::*;
    use crate::chip::Chip;

    #[test]
    fn descriptors_add_up() {
        for (chip, items) in [("rt1021", 0xCC), ("rt1024", 0xCB)] {
            let chip = Chip::find(chip).expect("a chip");
            let report = report(&Firmware::of(chip).usb);
            // as the genuine one gives it
            assert_eq!((report.len(), report[21]), (76, items));
        }
        assert_eq!(usize::from(CONFIGURATION[2]), CONFIGURATION.len());
        // a language list, a string, and none
        assert_eq!(string(&STRINGS, 0), Some(vec![4, 3, 9, 4]));
        assert_eq!(string(&STRINGS, 2).map(|s| s.len()), Some(42));
        assert_eq!(string(&STRINGS, 4), None);
    }
}
