//! MBOOT frames on a UART, as bytes. The only file that uses the crc crate.
//!
//! ```text
//! 5A type                                     A1 ACK, A2 NAK, A3 abort, A6 ping
//! 5A type length(LE16) crc(LE16) payload …    A4 command, A5 data
//! 5A A7 fix minor major 'P' options(LE16) crc(LE16)        ping response
//! ```
//!
//! The CRC is CRC-16/XMODEM over everything but itself.
//!
//! Source: SPSDK, blhost; the genuine RT1021 flashloader.

/// First byte of everything.
pub const START: u8 = 0x5A;
/// The frame arrived.
pub const ACK: u8 = 0xA1;
/// The frame arrived damaged: send it again.
pub const NAK: u8 = 0xA2;
/// The frame arrived and the data phase is over.
pub const ABORT: u8 = 0xA3;
/// A command or response.
pub const COMMAND: u8 = 0xA4;
/// Data.
pub const DATA: u8 = 0xA5;
/// A ping.
pub const PING: u8 = 0xA6;
/// The answer to a ping.
pub const PING_RESPONSE: u8 = 0xA7;

/// Bytes of a frame before its payload.
pub const HEADER: usize = 6;
/// Bytes of a ping response.
pub const PING_RESPONSE_LEN: usize = 10;
/// Largest payload that an RT1021 flashloader sends or takes.
pub const MAX_PAYLOAD: usize = 1024;

const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);

/// The CRC over the pieces, as it stands in the frame.
fn checksum(pieces: &[&[u8]]) -> [u8; 2] {
    let mut digest = CRC.digest();
    for piece in pieces {
        digest.update(piece);
    }
    digest.finalize().to_le_bytes()
}

/// A frame of type `kind` around `payload`; `None` for more than 65535 bytes.
pub fn build(kind: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let [low, high] = u16::try_from(payload.len()).ok()?.to_le_bytes();
    let head = [START, kind, low, high];
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend(head);
    frame.extend(checksum(&[&head, payload]));
    frame.extend_from_slice(payload);
    Some(frame)
}

/// The payload's length in a frame's header.
pub fn payload_length(header: &[u8; HEADER]) -> usize {
    usize::from(u16::from_le_bytes([header[2], header[3]]))
}

/// Whether header and payload belong together.
pub fn is_intact(header: &[u8; HEADER], payload: &[u8]) -> bool {
    payload_length(header) == payload.len() && checksum(&[&header[..4], payload]) == header[4..]
}

/// The answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PingResponse {
    /// Version of the serial protocol: major, minor, bug fix.
    pub version: (u8, u8, u8),
    /// Option bits.
    pub options: u16,
}

impl PingResponse {
    /// Reads the ten bytes; `None` when start, type, mark or CRC is wrong.
    pub fn parse(bytes: &[u8; PING_RESPONSE_LEN]) -> Option<PingResponse> {
        let &[
            START,
            PING_RESPONSE,
            fix,
            minor,
            major,
            b'P',
            low,
            high,
            crc_low,
            crc_high,
        ] = bytes
        else {
            return None;
        };
        let intact = checksum(&[&bytes[..8]]) == [crc_low, crc_high];
        intact.then_some(PingResponse {
            version: (major, minor, fix),
            options: u16::from_le_bytes([low, high]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Response, Status, Tag};
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        text.split_whitespace()
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect()
    }

    #[test]
    fn the_check_value_of_the_crc() {
        assert_eq!(checksum(&[b"1234", b"56789"]), 0x31C3u16.to_le_bytes());
    }

    #[test]
    fn commands_as_blhost_sends_them() {
        let vectors = [
            (
                Command::get_property(1, 0),
                "5A A4 0C 00 4B 33 07 00 00 02 01 00 00 00 00 00 00 00",
            ),
            (
                Command::fill_memory(0x2020_2000, 4, 0xC000_0007),
                "5A A4 10 00 A6 1C 05 00 00 03 00 20 20 20 04 00 00 00 07 00 00 C0",
            ),
            (
                Command::configure_memory(9, 0x2020_2000),
                "5A A4 0C 00 BD B5 11 00 00 02 09 00 00 00 00 20 20 20",
            ),
            (Command::reset(), "5A A4 04 00 6F 46 0B 00 00 00"),
        ];
        for (command, bytes) in vectors {
            assert_eq!(
                build(COMMAND, &command.to_bytes()).unwrap(),
                hex(bytes),
                "{command}"
            );
        }
    }

    #[test]
    fn responses_and_data_as_they_come() {
        let version = Response {
            tag: Tag::GET_PROPERTY_RESPONSE,
            brings_data: false,
            status: Status::SUCCESS,
            values: vec![0x4B02_0100],
        };
        let done = Response {
            tag: Tag::GENERIC_RESPONSE,
            brings_data: false,
            status: Status::SUCCESS,
            values: vec![u32::from(Tag::RESET.0)],
        };
        let frame = |kind, payload: &[u8]| build(kind, payload).unwrap();
        assert_eq!(
            frame(COMMAND, &version.to_bytes()),
            hex("5A A4 0C 00 64 18 A7 00 00 02 00 00 00 00 00 01 02 4B")
        );
        assert_eq!(
            frame(COMMAND, &done.to_bytes()),
            hex("5A A4 0C 00 CD A6 A0 00 00 02 00 00 00 00 0B 00 00 00")
        );
        assert_eq!(
            frame(DATA, &[1, 2, 3, 4]),
            hex("5A A5 04 00 12 ED 01 02 03 04")
        );
        assert_eq!(frame(DATA, &[]), hex("5A A5 00 00 FC 4B"));
        assert_eq!(build(DATA, &vec![0; 65536]), None);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_seen() {
        let frame = build(DATA, &[1, 2, 3, 4]).unwrap();
        for bit in 0..frame.len() * 8 {
            let mut damaged = frame.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (header, payload) = damaged.split_first_chunk().unwrap();
            assert!(!is_intact(header, payload), "bit {bit}");
        }
        let (header, payload) = frame.split_first_chunk().unwrap();
        assert!(is_intact(header, payload));
    }

    #[test]
    fn the_ping_response_of_an_rt1021_flashloader() {
        let bytes: [u8; 10] = hex("5A A7 00 02 01 50 00 00 AA EA").try_into().unwrap();
        assert_eq!(
            PingResponse::parse(&bytes),
            Some(PingResponse {
                version: (1, 2, 0),
                options: 0
            })
        );
        let kinetis: [u8; 10] = hex("5A A7 00 00 01 50 00 00 29 AE").try_into().unwrap();
        assert_eq!(PingResponse::parse(&kinetis).unwrap().version, (1, 0, 0));
        let mut damaged = bytes;
        damaged[4] = 2;
        assert_eq!(PingResponse::parse(&damaged), None);
    }
}
