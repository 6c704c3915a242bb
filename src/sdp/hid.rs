//! SDP over USB HID.
//!
//! | report | direction | bytes with id | carries |
//! |--|--|--|--|
//! | 1 | out | 17 | a command |
//! | 2 | out | 1025 | data; the last piece padded with zeros |
//! | 3 | in | 5 (65 on Windows) | HAB state |
//! | 4 | in | 65 | status (first four bytes) or register data |
//!
//! Report 1 goes out with its 17 bytes (sdphost, uuu and imx_usb_loader do so; a port that must pad, pads). Report 2 always
//! goes out whole: the ROM takes whole reports, and so overwrites up to 1023 bytes behind the file with the padding.
//! Answers are told apart by their id, never by their length.

use std::time::Duration;

use super::link::{DATA_PIECE, READ_PIECE};
use super::{Answer, Command, Link, LinkError, Status, Want};
use crate::port::HidPort;
use crate::port::traced::Direction;

/// HID report ids of the ROM.
mod report {
    pub const COMMAND: u8 = 1;
    pub const DATA: u8 = 2;
    pub const HAB: u8 = 3;
    pub const BLOCK: u8 = 4;
}

/// Most stale reports thrown away: a Linux hidraw ring holds 64.
const STALE_LIMIT: usize = 128;
/// A stale report waits in the device until it is fetched, and then comes at once.
const SETTLE: Duration = Duration::from_millis(20);

/// SDP over a HID port.
#[derive(Debug)]
pub struct HidLink<P> {
    port: P,
}

impl<P: HidPort> HidLink<P> {
    /// A link over `port`.
    pub fn new(port: P) -> HidLink<P> {
        HidLink { port }
    }

    /// The port below.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Gives the port back.
    pub fn into_port(self) -> P {
        self.port
    }
}

impl<P: HidPort> Link for HidLink<P> {
    fn command(&mut self, command: &Command) -> Result<(), LinkError> {
        let mut bytes = Vec::with_capacity(1 + Command::LEN);
        bytes.push(report::COMMAND);
        bytes.extend(command.to_bytes());
        Ok(self.port.write(&bytes)?)
    }

    fn data(&mut self, piece: &[u8]) -> Result<(), LinkError> {
        let mut bytes = vec![0; 1 + DATA_PIECE];
        bytes[0] = report::DATA;
        let count = piece.len().min(DATA_PIECE);
        bytes[1..][..count].copy_from_slice(&piece[..count]);
        Ok(self.port.write(&bytes)?)
    }

    fn receive(&mut self, _want: Want, timeout: Duration) -> Result<Option<Answer>, LinkError> {
        self.port.read(timeout)?.map(parse).transpose()
    }

    fn drain(&mut self) -> Result<(), LinkError> {
        for _ in 0..STALE_LIMIT {
            if self.port.read(SETTLE)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn set_baud(&mut self, _baud: u32) -> Result<(), LinkError> {
        Ok(())
    }

    fn describe(&self) -> String {
        self.port.describe()
    }
}

/// The answer in a report.
fn parse(bytes: Vec<u8>) -> Result<Answer, LinkError> {
    match *bytes.as_slice() {
        [report::HAB, a, b, c, d, ..] => Ok(Answer::Hab([a, b, c, d])),
        [report::BLOCK, ref block @ ..] if block.len() >= 4 => {
            Ok(Answer::Block(block[..block.len().min(READ_PIECE)].to_vec()))
        }
        [report::HAB | report::BLOCK, ..] => Err(LinkError::Protocol {
            what: "a report that is too short",
            bytes,
        }),
        _ => Err(LinkError::Protocol {
            what: "a report id that the ROM does not have",
            bytes,
        }),
    }
}

/// A few words on a report, for a trace; `None` for reports that SDP does not know.
pub fn describe_report(direction: Direction, bytes: &[u8]) -> Option<String> {
    let (&id, rest) = bytes.split_first()?;
    match (direction, id) {
        (Direction::Out, report::COMMAND) => {
            Some(Command::parse(rest.first_chunk::<{ Command::LEN }>()?).to_string())
        }
        (Direction::Out, report::DATA) => Some("data".into()),
        (Direction::In, report::HAB) => {
            let word = u32::from_be_bytes(*rest.first_chunk()?);
            Some(
                super::Hab::from_word(word)
                    .map_or_else(|| "unknown HAB state".into(), |h| h.to_string()),
            )
        }
        (Direction::In, report::BLOCK) => {
            let status = Status(u32::from_be_bytes(*rest.first_chunk()?));
            Some(
                status
                    .name()
                    .map_or_else(|| "data".into(), |_| status.to_string()),
            )
        }
        _ => None,
    }
}
