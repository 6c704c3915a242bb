//! USB descriptors of the ROM's device, for USB/IP.
//!
//! Source: USB descriptors of an RT1061 ROM (sizes, endpoint, attributes) and kernel logs of an RT1024 (release, no serial
//! number). Size and interval of the IN endpoint, and the wording of the report descriptor, are guesses that fit them.

use crate::flashloader::Control;

const DEVICE: [u8; 18] = [
    18, 1, 0x00, 0x02, 0, 0, 0, 64, 0xC9, 0x1F, 0x30, 0x01, 0x01, 0x01, 1, 2, 0, 1,
];
/// Place of idProduct in it, which is the chip's.
const PRODUCT_ID: std::ops::Range<usize> = 10..12;
const QUALIFIER: [u8; 10] = [10, 6, 0x00, 0x02, 0, 0, 0, 64, 1, 0];
const HID: [u8; 9] = [9, 0x21, 0x00, 0x01, 0, 1, 0x22, REPORT_LEN, 0];
const REPORT_LEN: u8 = 76;
const LANGUAGES: [u8; 4] = [4, 3, 9, 4];

/// Standard requests of endpoint 0; SET_REPORT is not among them, it carries SDP. `strings` are numbers 1 and 2.
pub fn control(setup: [u8; 8], product_id: u16, strings: [&str; 2]) -> Control {
    let length = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
    let answer = match (setup[0], setup[1]) {
        (0x80 | 0x81, 6) => descriptor((setup[3], setup[2]), product_id, strings),
        (0x80, 0) => Some(vec![1, 0]),
        (0x81 | 0x82, 0) => Some(vec![0, 0]),
        (0x80, 8) => Some(vec![1]),
        (0x81, 10) | (0xA1, 2) => Some(vec![0]),
        (0, 1 | 3 | 5 | 9) | (1, 11) | (2, 1) | (0x21, 10) => Some(Vec::new()),
        _ => None,
    };
    match answer {
        Some(mut data) => {
            data.truncate(length);
            Control::Data(data)
        }
        None => Control::Stall,
    }
}

fn descriptor(what: (u8, u8), product_id: u16, strings: [&str; 2]) -> Option<Vec<u8>> {
    match what {
        (1, _) => {
            let mut device = DEVICE;
            device[PRODUCT_ID].copy_from_slice(&product_id.to_le_bytes());
            Some(device.to_vec())
        }
        (2 | 7, _) => Some(configuration()),
        (3, 0) => Some(LANGUAGES.to_vec()),
        (3, index) => strings.get(usize::from(index) - 1).map(|text| string(text)),
        (6, _) => Some(QUALIFIER.to_vec()),
        (0x21, _) => Some(HID.to_vec()),
        (0x22, _) => Some(report()),
        _ => None,
    }
}

/// One HID interface with one interrupt IN endpoint: reports go out by SET_REPORT.
fn configuration() -> Vec<u8> {
    let head = [9, 2, 34, 0, 1, 1, 0, 0xC0, 50];
    let interface = [9, 4, 0, 0, 1, 3, 0, 0, 0];
    let endpoint = [7, 5, 0x81, 3, 64, 0, 1];
    [&head[..], &interface, &HID, &endpoint].concat()
}

fn string(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u8::try_from(units.len() + 2).unwrap_or(u8::MAX);
    [&[length, 3][..], &units].concat()
}

/// Reports 1 (16 bytes) and 2 (1024, as 64 items of 128 bits) out, 3 (4 bytes) and 4 (64) in.
fn report() -> Vec<u8> {
    let mut bytes = vec![0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01];
    for (id, bits, count, item) in [
        (1, 8, 16, 0x91),
        (2, 128, 64, 0x91),
        (3, 8, 4, 0x81),
        (4, 8, 64, 0x81),
    ] {
        bytes.extend([0x85, id, 0x19, 1, 0x29, 1, 0x15, 0, 0x26, 0xFF, 0]);
        bytes.extend([0x75, bits, 0x95, count, item, 2]);
    }
    bytes.push(0xC0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRINGS: [&str; 2] = ["NXP      SemiConductors Inc ", "SE Blank RT Family "];

    fn get(kind: u8, index: u8, length: u8) -> Control {
        control([0x80, 6, index, kind, 0, 0, length, 0], 0x0130, STRINGS)
    }

    #[test]
    fn descriptor_lengths_are_those_of_a_real_rom() {
        let Control::Data(configuration) = get(2, 0, 255) else {
            panic!("stalled")
        };
        assert_eq!(
            (configuration.len(), configuration[2], configuration[4]),
            (34, 34, 1)
        );
        let Control::Data(report) = get(0x22, 0, 255) else {
            panic!("stalled")
        };
        assert_eq!(report.len(), usize::from(REPORT_LEN));
        assert_eq!(get(1, 0, 8), Control::Data(DEVICE[..8].to_vec()));
    }

    #[test]
    fn strings_one_and_two_exist_and_no_serial_number() {
        let Control::Data(product) = get(3, 2, 255) else {
            panic!("stalled")
        };
        assert_eq!(
            (product[0], product[1], product[2], product.len()),
            (40, 3, b'S', 40)
        );
        assert_eq!(get(3, 3, 255), Control::Stall);
        assert_eq!(get(15, 0, 255), Control::Stall);
    }
}
