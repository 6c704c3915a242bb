//! The flashloader's serial frames, and the longest gap inside one.
//!
//! ```text
//! 5A A1 | 5A A2 | 5A A3                 ACK, NAK, ACK-ABORT
//! 5A A4 | 5A A5  len2 crc2 payload      command, data; length and crc little-endian
//! 5A A6                                 ping
//! 5A A7 bugfix minor major 'P' options2 crc2     its answer
//! ```
//!
//! The crc is CRC-16/XMODEM over everything but itself. Source: MCU bootloader reference manual, "Serial protocol"; time
//! limits: genuine flashloader, disassembled.

/// First byte of everything.
pub const START: u8 = 0x5A;
/// The frame before was taken.
pub const ACK: u8 = 0xA1;
/// The frame before was damaged: send it again.
pub const NAK: u8 = 0xA2;
/// The frame before was taken, and no more data are wanted.
pub const ACK_ABORT: u8 = 0xA3;
/// A command or a response.
pub const COMMAND: u8 = 0xA4;
/// Data.
pub const DATA: u8 = 0xA5;
/// Ping.
pub const PING: u8 = 0xA6;
/// The answer to a ping: protocol P1.2.0, no options.
pub const PING_ANSWER: [u8; 10] = [START, 0xA7, 0x00, 0x02, 0x01, b'P', 0x00, 0x00, 0xAA, 0xEA];

/// Longest payload of most builds.
pub const MAX_PAYLOAD: usize = 1024;
const BYTE_NS: u64 = 10_000_000;

const XMODEM: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);

/// The checksum of a frame that comes in parts.
pub fn crc(parts: &[&[u8]]) -> u16 {
    let mut digest = XMODEM.digest();
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

/// A command or data frame around `payload`.
pub fn encode(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_le_bytes();
    let head = [START, kind, length[0], length[1]];
    let crc = crc(&[&head, payload]).to_le_bytes();
    [&head[..], &crc, payload].concat()
}

/// What the bytes so far mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Start and type of anything but the frame waited for; what follows it is looked at afresh.
    Header(u8),
    /// The payload of the frame waited for; its crc is right.
    Frame(Vec<u8>),
    /// That frame with a wrong crc.
    Damaged,
    /// Its next bytes did not come in time.
    Late,
}

/// Puts frames together out of bytes and their times of arrival.
#[derive(Clone, Debug)]
pub struct Receiver {
    frame: Vec<u8>,
    deadline: u64,
    /// Longest payload; a longer length is read as this.
    most: usize,
}

impl Receiver {
    /// A receiver of a firmware with this longest payload.
    pub fn new(most: usize) -> Receiver {
        Receiver {
            frame: Vec::new(),
            deadline: 0,
            most,
        }
    }

    /// A byte that the firmware sees at `now` (nanoseconds) while it waits for a frame of the type `wanted`, or for none but
    /// an acknowledgement.
    pub fn byte(&mut self, now: u64, byte: u8, wanted: Option<u8>) -> Option<Event> {
        if self.frame.is_empty() && byte != START {
            return None;
        }
        self.frame.push(byte);
        match self.frame.len() {
            1 => self.deadline = now + BYTE_NS,
            2 if wanted != Some(byte) => {
                self.frame.clear();
                return Some(Event::Header(byte));
            }
            2 | 4 => self.deadline = now + 2 * BYTE_NS,
            6 => self.deadline = now + self.payload() as u64 * BYTE_NS,
            _ => {}
        }
        (self.frame.len() >= 6 && self.frame.len() == 6 + self.payload()).then(|| self.close())
    }

    /// Until when the next part of a frame has to come, if one has begun.
    pub fn deadline(&self) -> Option<u64> {
        (!self.frame.is_empty()).then_some(self.deadline)
    }

    /// Gives the frame up that has begun.
    pub fn give_up(&mut self) -> Event {
        self.frame.clear();
        Event::Late
    }

    fn payload(&self) -> usize {
        usize::from(u16::from_le_bytes([self.frame[2], self.frame[3]])).min(self.most)
    }

    fn close(&mut self) -> Event {
        let frame = std::mem::take(&mut self.frame);
        let found = u16::from_le_bytes([frame[4], frame[5]]);
        if crc(&[&frame[..4], &frame[6..]]) == found {
            Event::Frame(frame[6..].to_vec())
        } else {
            Event::Damaged
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET_PROPERTY: [u8; 18] = [
        0x5A, 0xA4, 0x0C, 0x00, 0x4B, 0x33, 0x07, 0, 0, 0x02, 0x01, 0, 0, 0, 0, 0, 0, 0,
    ];

    fn feed(bytes: &[u8], wanted: u8) -> Vec<Event> {
        let mut receiver = Receiver::new(MAX_PAYLOAD);
        bytes
            .iter()
            .filter_map(|byte| receiver.byte(0, *byte, Some(wanted)))
            .collect()
    }

    #[test]
    fn the_crc_is_xmodem() {
        assert_eq!(crc(&[b"12345", b"6789"]), 0x31C3);
        assert_eq!(crc(&[&PING_ANSWER[..8]]).to_le_bytes(), PING_ANSWER[8..]);
    }

    #[test]
    fn frames_match_the_published_vectors() {
        assert_eq!(encode(COMMAND, &GET_PROPERTY[6..]), GET_PROPERTY);
        assert_eq!(
            encode(DATA, &[1, 2, 3, 4]),
            [0x5A, 0xA5, 4, 0, 0x12, 0xED, 1, 2, 3, 4]
        );
        assert_eq!(encode(DATA, &[]), [0x5A, 0xA5, 0, 0, 0xFC, 0x4B]);
    }

    #[test]
    fn noise_before_a_frame_is_skipped() {
        let mut bytes = vec![0, 0xFF];
        bytes.extend(GET_PROPERTY);
        bytes.extend([0x5A, 0xA1]);
        let want = [Event::Frame(GET_PROPERTY[6..].to_vec()), Event::Header(ACK)];
        assert_eq!(feed(&bytes, COMMAND), want);
    }

    #[test]
    fn payload_of_an_unwanted_frame_is_looked_at() {
        let bytes = [&encode(DATA, &[0x5A, PING])[..], &GET_PROPERTY].concat();
        let want = [
            Event::Header(DATA),
            Event::Header(PING),
            Event::Frame(GET_PROPERTY[6..].to_vec()),
        ];
        assert_eq!(feed(&bytes, COMMAND), want);
    }

    #[test]
    fn an_empty_data_frame_is_a_frame() {
        let bytes = [0x5A, 0xA5, 0, 0, 0xFC, 0x4B];
        assert_eq!(feed(&bytes, DATA), [Event::Frame(vec![])]);
    }

    #[test]
    fn one_wrong_byte_is_damage() {
        let mut bytes = GET_PROPERTY;
        bytes[10] = 2;
        assert_eq!(feed(&bytes, COMMAND), [Event::Damaged]);
    }

    #[test]
    fn each_part_of_a_frame_has_its_time() {
        let mut receiver = Receiver::new(MAX_PAYLOAD);
        assert_eq!(receiver.deadline(), None);
        let mut deadlines = Vec::new();
        for byte in &GET_PROPERTY[..6] {
            receiver.byte(0, *byte, Some(COMMAND));
            deadlines.extend(receiver.deadline().map(|ns| ns / 1_000_000));
        }
        assert_eq!(deadlines, [10, 20, 20, 20, 20, 120]);
        assert_eq!(receiver.give_up(), Event::Late);
        assert_eq!(receiver.deadline(), None);
    }
}
