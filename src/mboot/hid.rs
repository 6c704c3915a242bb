//! MBOOT over USB HID.
//!
//! | report | direction | carries |
//! |--|--|--|
//! | 1 | out | a command |
//! | 2 | out | data; empty: the host ends the data phase |
//! | 3 | in | a response; empty: the device ends a write |
//! | 4 | in | data; empty: the device ends a read |
//!
//! A report is its id, a zero, the payload's length (little-endian), the payload. IN reports always have 1021 bytes; what lies
//! behind the payload is stale.
//!
//! # How long an OUT report is
//!
//! The endpoint takes packets of 1019 bytes every half millisecond. A report of up to 1018 bytes is one short packet and done; a
//! longer one takes two. A report of **exactly 1019** bytes is one full packet that does not end the transfer: the firmware waits
//! for ever. So:
//!
//! - where short reports travel as they are, data goes out in reports of [`SHORT`] bytes (1014 of payload): one transaction;
//! - anything longer than that is padded to [`FULL`] bytes, and so is everything where the system pads anyway (Windows), which then
//!   takes the largest payload, 1016;
//! - an unpadded report longer than [`SHORT`] never leaves this file.

use std::time::Duration;

use super::link::{Link, LinkError, Packet, Sent};
use super::{Command, Response};
use crate::port::HidPort;
use crate::port::traced::Direction;

/// HID report ids of a flashloader.
mod report {
    pub const COMMAND: u8 = 1;
    pub const DATA_OUT: u8 = 2;
    pub const RESPONSE: u8 = 3;
    pub const DATA_IN: u8 = 4;
}

/// Bytes before the payload.
const HEADER: usize = 4;
/// The longest report that is one short packet of the endpoint.
pub const SHORT: usize = 1018;
/// A whole report of an RT1021 flashloader.
pub const FULL: usize = 1021;
/// The largest payload of a whole report that the genuine flashloader announces (property 0x0B).
const FULL_PAYLOAD: usize = 1016;

const _: () = assert!(SHORT - HEADER == 1014 && HEADER + FULL_PAYLOAD <= FULL);

/// A stale report waits in the device until it is fetched, and then comes at once.
const SETTLE: Duration = Duration::from_millis(20);

/// MBOOT over a HID port.
#[derive(Debug)]
pub struct HidLink<P> {
    port: P,
    /// A packet that was seen while data was sent.
    early: Option<Packet>,
}

impl<P: HidPort> HidLink<P> {
    /// A link over `port`.
    pub fn new(port: P) -> HidLink<P> {
        HidLink { port, early: None }
    }

    /// The port below.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Gives the port back.
    pub fn into_port(self) -> P {
        self.port
    }

    fn send(&mut self, id: u8, payload: &[u8]) -> Result<(), LinkError> {
        let report = out_report(id, payload).ok_or(LinkError::Protocol {
            what: "a payload that no report can carry",
            bytes: Vec::new(),
        })?;
        Ok(self.port.write(&report)?)
    }
}

/// The report for a payload; `None` when it does not fit.
fn out_report(id: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(payload.len())
        .ok()
        .filter(|_| HEADER + payload.len() <= FULL)?;
    let [low, high] = length.to_le_bytes();
    let mut report = vec![id, 0, low, high];
    report.extend_from_slice(payload);
    if report.len() > SHORT {
        report.resize(FULL, 0);
    }
    Some(report)
}

/// The packet in a report. What is behind the payload is not looked at.
fn parse(report: Vec<u8>) -> Result<Packet, LinkError> {
    let Some((&[id, _, low, high], rest)) = report.split_first_chunk::<HEADER>() else {
        return Err(LinkError::Protocol {
            what: "a report without a header",
            bytes: report,
        });
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    if id != report::RESPONSE && id != report::DATA_IN {
        return Ok(Packet::Stray(report));
    }
    let Some(payload) = rest.get(..length) else {
        return Err(LinkError::Protocol {
            what: "a report shorter than the length in it",
            bytes: report,
        });
    };
    Ok(match id {
        report::RESPONSE => Packet::Response(payload.to_vec()),
        _ => Packet::Data(payload.to_vec()),
    })
}

impl<P: HidPort> Link for HidLink<P> {
    fn send_command(&mut self, packet: &[u8], _timeout: Duration) -> Result<(), LinkError> {
        self.send(report::COMMAND, packet)
    }

    fn send_data(&mut self, chunk: &[u8], _timeout: Duration) -> Result<Sent, LinkError> {
        let sent = self.send(report::DATA_OUT, chunk);
        if let Err(LinkError::Port(error)) = &sent
            && error.is_gone()
        {
            return sent.map(|()| Sent::Taken);
        }
        // A look costs a system call and no wait. A device that will not take more data says so here, also when the write failed.
        if self.early.is_none()
            && let Some(report) = self.port.read(Duration::ZERO)?
        {
            self.early = Some(parse(report)?);
        }
        match self.early {
            Some(_) => Ok(Sent::Stop),
            None => sent.map(|()| Sent::Taken),
        }
    }

    fn receive(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError> {
        match self.early.take() {
            Some(packet) => Ok(Some(packet)),
            None => self.port.read(timeout)?.map(parse).transpose(),
        }
    }

    fn chunk_size(&self, device_max: usize) -> usize {
        let best = if self.port.sends_short_reports() {
            SHORT - HEADER
        } else {
            FULL_PAYLOAD
        };
        device_max.clamp(1, best)
    }

    fn settle_time(&self) -> Duration {
        SETTLE
    }

    fn describe(&self) -> String {
        self.port.describe()
    }
}

/// A few words on a report, for a trace; `None` for reports that MBOOT does not know.
pub fn describe_report(direction: Direction, bytes: &[u8]) -> Option<String> {
    let (&[id, _, low, high], rest) = bytes.split_first_chunk::<HEADER>()?;
    let payload = rest.get(..usize::from(u16::from_le_bytes([low, high])))?;
    match (direction, id) {
        (Direction::Out, report::COMMAND) => Some(Command::parse(payload)?.to_string()),
        (Direction::Out, report::DATA_OUT) | (Direction::In, report::DATA_IN) => {
            Some(format!("data, {} bytes", payload.len()))
        }
        (Direction::In, report::RESPONSE) if payload.is_empty() => Some("end of data".into()),
        (Direction::In, report::RESPONSE) => Some(Response::parse(payload)?.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
