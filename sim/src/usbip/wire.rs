//! USB/IP 1.1.1 as bytes, all big-endian.
//!
//! ```text
//! first a question            --> version (2), code (2), status (4) [, bus id (32)]
//!                             <-- version, code, status [, devices]
//! after an import, URBs       --> CMD_SUBMIT (48) [, OUT data]      <-- RET_SUBMIT (48) [, IN data]
//!                             --> CMD_UNLINK (48)                   <-- RET_UNLINK (48)
//! ```
//!
//! Source: "USB/IP protocol", Linux kernel documentation.

use std::io::{self, Read};

use byteorder::{BigEndian, ByteOrder};

use crate::board::UsbIdentity;

/// The protocol's version in every question and answer.
pub const VERSION: u16 = 0x0111;
/// Longest transfer taken: a control transfer cannot be longer.
pub const MAX_TRANSFER: u32 = 0xFFFF;

const REQUEST: u16 = 0x8000;
const IMPORT: u16 = 0x0003;
const DEVICE_LIST: u16 = 0x0005;
const BUS_ID: usize = 32;
const PATH: usize = 256;
const HEADER: usize = 48;
const HIGH_SPEED: u32 = 3;
const HID_CLASS: u8 = 3;

const CMD_SUBMIT: u32 = 1;
const CMD_UNLINK: u32 = 2;
const RET_SUBMIT: u32 = 3;
const RET_UNLINK: u32 = 4;

/// Why an import is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Refusal {
    /// Another host has it.
    Busy = 2,
    /// Nothing is on this bus id.
    NoDevice = 4,
}

/// Errors of a transfer, as Linux numbers them, negative on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Failure {
    /// ENOMEM: more transfers wait than this server holds.
    TooMany = -12,
    /// EPIPE: the endpoint stalls.
    Stall = -32,
    /// EOVERFLOW: the device sent more than the buffer holds.
    Babble = -75,
    /// ECONNRESET: unlinked.
    Unlinked = -104,
    /// ESHUTDOWN: the device has left.
    Shutdown = -108,
}

/// A first question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// List the devices.
    Devices,
    /// Import this bus id. Bytes up to the first zero.
    Import(Vec<u8>),
}

/// A transfer asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urb {
    /// The host's number for it.
    pub seqnum: u32,
    /// Endpoint, without direction.
    pub endpoint: u32,
    /// Towards the host.
    pub is_in: bool,
    /// Buffer size for IN data; bytes of OUT data.
    pub length: usize,
    /// SETUP packet, for endpoint 0.
    pub setup: [u8; 8],
    /// OUT data.
    pub data: Vec<u8>,
}

/// What comes after an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A transfer.
    Submit(Urb),
    /// Withdraws the transfer `victim`.
    Unlink {
        /// The host's number for this request.
        seqnum: u32,
        /// The transfer's.
        victim: u32,
    },
}

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads a first question.
///
/// # Errors
/// `InvalidData` for other bytes.
pub fn read_question(from: &mut impl Read) -> io::Result<Question> {
    let mut head = [0; 8];
    from.read_exact(&mut head)?;
    if BigEndian::read_u16(&head) != VERSION {
        return Err(nonsense("not USB/IP 1.1.1"));
    }
    match BigEndian::read_u16(&head[2..]) ^ REQUEST {
        DEVICE_LIST => Ok(Question::Devices),
        IMPORT => {
            let mut name = [0; BUS_ID];
            from.read_exact(&mut name)?;
            let text = name.split(|&byte| byte == 0).next().unwrap_or_default();
            Ok(Question::Import(text.to_vec()))
        }
        _ => Err(nonsense("an unknown question")),
    }
}

/// A device as both answers show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// `1-1`
    pub bus_id: String,
    /// Number of the bus.
    pub bus: u32,
    /// Number of the device on it, another one after each enumeration.
    pub device: u32,
    /// Its USB ids.
    pub usb: UsbIdentity,
}

impl Exported {
    /// The number by which the host names the device after the import.
    pub fn id(&self) -> u32 {
        self.bus << 16 | self.device
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; PATH + BUS_ID];
        let path = format!("/sys/devices/rtboot/usb{}/{}", self.bus, self.bus_id);
        for (place, text) in [(0, path.as_bytes()), (PATH, self.bus_id.as_bytes())] {
            let room = if place == 0 { PATH } else { BUS_ID } - 1;
            let text = &text[..text.len().min(room)];
            bytes[place..place + text.len()].copy_from_slice(text);
        }
        for word in [self.bus, self.device, HIGH_SPEED] {
            bytes.extend(word.to_be_bytes());
        }
        for half in [self.usb.vendor_id, self.usb.product_id, self.usb.release] {
            bytes.extend(half.to_be_bytes());
        }
        // class, subclass, protocol; configuration in use, configurations, interfaces
        bytes.extend([0, 0, 0, 1, 1, 1]);
        bytes
    }
}

fn answer(code: u16, status: u32) -> Vec<u8> {
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend(code.to_be_bytes());
    bytes.extend(status.to_be_bytes());
    bytes
}

/// The answer to [`Question::Devices`]: each device with its one interface.
pub fn device_list(devices: &[Exported]) -> Vec<u8> {
    let mut bytes = answer(DEVICE_LIST, 0);
    bytes.extend(u32::try_from(devices.len()).unwrap_or(0).to_be_bytes());
    for device in devices {
        bytes.extend(device.to_bytes());
        bytes.extend([HID_CLASS, 0, 0, 0]);
    }
    bytes
}

/// The answer to [`Question::Import`].
pub fn import(outcome: Result<&Exported, Refusal>) -> Vec<u8> {
    match outcome {
        Ok(device) => [answer(IMPORT, 0), device.to_bytes()].concat(),
        Err(refusal) => answer(IMPORT, refusal as u32),
    }
}

/// Reads what comes after the import of the device with this id.
///
/// # Errors
/// `InvalidData` for what is no request to this device, or longer than [`MAX_TRANSFER`].
pub fn read_request(from: &mut impl Read, device: u32) -> io::Result<Request> {
    let mut head = [0; HEADER];
    from.read_exact(&mut head)?;
    let word = |index: usize| BigEndian::read_u32(&head[index * 4..]);
    let [command, seqnum, id, direction, endpoint] = [word(0), word(1), word(2), word(3), word(4)];
    if id != device {
        return Err(nonsense("a request to another device"));
    }
    match command {
        CMD_UNLINK => Ok(Request::Unlink {
            seqnum,
            victim: word(5),
        }),
        CMD_SUBMIT => {
            let [length, packets] = [word(6), word(8)];
            if direction > 1 || endpoint > 15 || !matches!(packets, 0 | u32::MAX) {
                return Err(nonsense("a transfer that no HID device knows"));
            }
            if length > MAX_TRANSFER {
                return Err(nonsense("a transfer longer than any HID device takes"));
            }
            let is_in = direction == 1;
            let mut data = vec![0; if is_in { 0 } else { length as usize }];
            from.read_exact(&mut data)?;
            let mut setup = [0; 8];
            setup.copy_from_slice(&head[HEADER - 8..]);
            Ok(Request::Submit(Urb {
                seqnum,
                endpoint,
                is_in,
                length: length as usize,
                setup,
                data,
            }))
        }
        _ => Err(nonsense("an unknown request")),
    }
}

fn reply(command: u32, seqnum: u32, status: i32, actual: usize) -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    BigEndian::write_u32(&mut bytes, command);
    BigEndian::write_u32(&mut bytes[4..], seqnum);
    BigEndian::write_i32(&mut bytes[20..], status);
    BigEndian::write_u32(&mut bytes[24..], u32::try_from(actual).unwrap_or(u32::MAX));
    bytes
}

/// A transfer towards the host ends with these bytes.
pub fn ended_in(seqnum: u32, failure: Option<Failure>, data: &[u8]) -> Vec<u8> {
    let mut bytes = reply(RET_SUBMIT, seqnum, status(failure), data.len());
    bytes.extend(data);
    bytes
}

/// A transfer towards the device ends, so many bytes having been taken.
pub fn ended_out(seqnum: u32, failure: Option<Failure>, taken: usize) -> Vec<u8> {
    reply(RET_SUBMIT, seqnum, status(failure), taken)
}

/// Answer to an unlink: whether the transfer was still there.
pub fn unlinked(seqnum: u32, was_there: bool) -> Vec<u8> {
    let failure = was_there.then_some(Failure::Unlinked);
    reply(RET_UNLINK, seqnum, status(failure), 0)
}

fn status(failure: Option<Failure>) -> i32 {
    failure.map_or(0, |failure| failure as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submit(words: [u32; 10], setup: [u8; 8], data: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        bytes.extend(setup);
        bytes.extend(data);
        bytes
    }

    #[test]
    fn an_out_transfer_brings_its_bytes() {
        let bytes = submit([1, 7, 0x1_0002, 0, 2, 0, 3, 0, 0, 4], [0; 8], &[9, 8, 7]);
        let request = read_request(&mut &bytes[..], 0x1_0002).expect("a submit");
        let Request::Submit(urb) = request else {
            panic!("{request:?}")
        };
        assert_eq!((urb.seqnum, urb.endpoint, urb.is_in), (7, 2, false));
        assert_eq!(urb.data, [9, 8, 7]);
    }

    #[test]
    fn malformed_requests_are_refused() {
        let wrong = [
            ([9, 1, 5, 0, 0, 0, 0, 0, 0, 0], "an unknown request"),
            ([1, 1, 6, 0, 0, 0, 0, 0, 0, 0], "a request to another"),
            ([1, 1, 5, 2, 0, 0, 0, 0, 0, 0], "a transfer that no HID"),
            ([1, 1, 5, 0, 16, 0, 0, 0, 0, 0], "a transfer that no HID"),
            ([1, 1, 5, 0, 0, 0, 0, 0, 3, 0], "a transfer that no HID"),
            (
                [1, 1, 5, 0, 2, 0, 0x1_0000, 0, 0, 0],
                "a transfer longer than",
            ),
            (
                [1, 1, 5, 1, 1, 0, u32::MAX, 0, 0, 0],
                "a transfer longer than",
            ),
        ];
        for (words, reason) in wrong {
            let bytes = submit(words, [0; 8], &[]);
            let error = read_request(&mut &bytes[..], 5).expect_err(reason);
            assert!(error.to_string().starts_with(reason), "{error}");
        }
        assert!(read_question(&mut &[1, 0, 0x80, 5, 0, 0, 0, 0][..]).is_err());
        assert!(read_question(&mut &[1, 0x11, 0x80, 9, 0, 0, 0, 0][..]).is_err());
    }

    #[test]
    fn answers_have_the_lengths_of_the_protocol() {
        let device = Exported {
            bus_id: "1-1".into(),
            bus: 1,
            device: 2,
            usb: UsbIdentity {
                vendor_id: 0x1FC9,
                product_id: 0x0130,
                manufacturer: "",
                product: "",
                release: 0x0101,
            },
        };
        let bytes = import(Ok(&device));
        assert_eq!(bytes.len(), 8 + 312);
        assert_eq!(bytes[..8], [1, 0x11, 0, 3, 0, 0, 0, 0]);
        assert_eq!(&bytes[8 + 256..8 + 260], b"1-1\0");
        let numbers = [
            0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x1F, 0xC9, 1, 0x30, 1, 1, 0, 0, 0, 1, 1, 1,
        ];
        assert_eq!(bytes[8 + 288..], numbers);
        assert_eq!(import(Err(Refusal::NoDevice)), [1, 0x11, 0, 3, 0, 0, 0, 4]);
        let list = device_list(&[device]);
        assert_eq!(list.len(), 12 + 312 + 4);
        assert_eq!(list[8..12], [0, 0, 0, 1]);
        let reply = ended_in(3, Some(Failure::Stall), &[]);
        assert_eq!(
            (reply.len(), &reply[20..24]),
            (48, &[255, 255, 255, 224][..])
        );
    }
}
