//! MBOOT over USB HID: one report a packet, see [`report`] for their lengths and the one that hangs the device.
//!
//! Where short reports travel as they are, data goes out in reports of [`SHORT`] bytes (1014 of payload): one transaction.
//! Where the system pads every report (Windows), each takes the largest payload, 1016.

use std::time::Duration;

use rtboot_wire::mboot::report::{self, HEADER, MAX_PAYLOAD, Malformed, Report, SHORT};

use super::bulk::{self, Pipe};
use super::data::READ_PACKETS;
use super::link::{Link, LinkError, Packet, Sent};
use super::{Command, Response};
use crate::port::traced::Direction;
use crate::port::{self, HidPort};

/// Silence after which no stale report is left: one that waits in the device comes at once.
const SETTLE: Duration = Duration::from_millis(20);
/// Time that a report takes which the device has already: two transactions of 0.5 ms.
const PENDING: Duration = Duration::from_millis(2);

/// Packets of one read command over the bulk interface, which loses none: 256 KiB, so that Ctrl-C is heard at full speed, too.
const BULK_READ_PACKETS: u32 = 258;

/// Times that a report is given to a device that takes none: it is busy, and Linux gives up after 5 s each. Only one that goes
/// out in one packet, for nothing of it can have arrived.
const STALL_TRIES: usize = 3;

/// MBOOT over a HID port.
#[derive(Debug)]
pub struct HidLink<P> {
    port: P,
    /// A packet that was seen while data was sent.
    early: Option<Packet>,
    /// The bulk interface of rtboot's own loader, for reads and set-ups.
    pipe: Option<Pipe>,
    /// Whether the answers to the last command come there.
    in_pipe: bool,
}

impl<P: HidPort> HidLink<P> {
    /// A link over `port`.
    pub fn new(port: P) -> HidLink<P> {
        HidLink {
            port,
            early: None,
            pipe: None,
            in_pipe: false,
        }
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
        for _ in 1..STALL_TRIES {
            match self.port.write(&report) {
                Err(port::Error::Stalled { .. }) if report.len() <= SHORT && self.is_quiet()? => {}
                sent => return Ok(sent?),
            }
        }
        Ok(self.port.write(&report)?)
    }

    /// Whether the device says nothing; what it says is kept.
    fn is_quiet(&mut self) -> Result<bool, LinkError> {
        if self.early.is_none() {
            let report = self.port.read(Duration::ZERO)?;
            self.early = report.map(parse).transpose()?;
        }
        Ok(self.early.is_none())
    }
}

/// The report for a payload, padded where it must be; `None` when it does not fit.
fn out_report(id: u8, payload: &[u8]) -> Option<Vec<u8>> {
    let mut report = report::header(id, payload)?.to_vec();
    report.extend_from_slice(payload);
    report.resize(report::out_length(payload.len()), 0);
    Some(report)
}

/// The packet in a report.
fn parse(bytes: Vec<u8>) -> Result<Packet, LinkError> {
    let what = match (Report::parse(&bytes), bytes.first()) {
        (Ok(report), Some(&report::RESPONSE)) => {
            return Ok(Packet::Response(report.payload.to_vec()));
        }
        (Ok(report), Some(&report::DATA_IN)) => return Ok(Packet::Data(report.payload.to_vec())),
        (Err(Malformed::NoHeader), _) => "a report without a header",
        (Err(Malformed::CutOff), Some(&(report::RESPONSE | report::DATA_IN))) => {
            "a report shorter than the length in it"
        }
        // an echo of the host's own report, whatever its length says
        _ => return Ok(Packet::Stray(bytes)),
    };
    Err(LinkError::Protocol { what, bytes })
}

impl<P: HidPort> Link for HidLink<P> {
    fn send_command(&mut self, packet: &[u8], _timeout: Duration) -> Result<(), LinkError> {
        self.in_pipe = self.pipe.is_some() && bulk::takes(packet);
        if let Some(pipe) = self.pipe.as_mut().filter(|_| self.in_pipe) {
            return pipe.send(packet);
        }
        self.send(report::COMMAND, packet)
    }

    fn send_data(&mut self, chunk: &[u8], _timeout: Duration) -> Result<Sent, LinkError> {
        if let Some(pipe) = self.pipe.as_mut().filter(|_| self.in_pipe) {
            // what goes over it are a few hundred bytes for RAM: the answer behind them tells of a refusal
            return pipe.send_data(chunk).map(|()| Sent::Taken);
        }
        let sent = self.send(report::DATA_OUT, chunk);
        if let Err(LinkError::Port(error)) = &sent
            && error.is_gone()
        {
            return sent.map(|()| Sent::Taken);
        }
        // This read costs a system call and never waits. A device that takes no more data says so here, also when the write failed.
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
        if let Some(pipe) = self.pipe.as_mut().filter(|_| self.in_pipe) {
            return pipe.receive(timeout);
        }
        match self.early.take() {
            Some(packet) => Ok(Some(packet)),
            None => self.port.read(timeout)?.map(parse).transpose(),
        }
    }

    fn chunk_size(&self, device_max: usize) -> usize {
        if let Some(pipe) = self.pipe.as_ref().filter(|_| self.in_pipe) {
            return device_max.clamp(1, pipe.chunk_size());
        }
        let best = if self.port.sends_short_reports() {
            SHORT - HEADER
        } else {
            MAX_PAYLOAD
        };
        device_max.clamp(1, best)
    }

    fn settle_time(&self) -> Duration {
        SETTLE
    }

    fn pending_time(&self) -> Option<Duration> {
        Some(PENDING)
    }

    fn open_bulk(&mut self) {
        if self.pipe.is_none() {
            self.pipe = self.port.open_bulk().ok().and_then(Pipe::new);
        }
    }

    fn fall_back(&mut self) -> bool {
        let was_used = std::mem::take(&mut self.in_pipe);
        if was_used {
            self.pipe = None;
        }
        was_used
    }

    fn reads_fast(&self) -> bool {
        self.pipe.as_ref().is_some_and(Pipe::is_fast)
    }

    fn sends_fast(&self) -> bool {
        true
    }

    fn read_packets(&self) -> u32 {
        match self.pipe {
            Some(_) => BULK_READ_PACKETS,
            None => READ_PACKETS,
        }
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

/// Describes a report for a trace; `None` for reports that MBOOT does not have.
pub fn describe_report(direction: Direction, bytes: &[u8]) -> Option<String> {
    let Report { id, payload } = Report::parse(bytes).ok()?;
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
