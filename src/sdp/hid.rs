//! SDP over USB HID: one report a packet, see [`report`].
//!
//! A command goes out with its 17 bytes, as sdphost, uuu and imx_usb_loader send it; a port whose system needs the full
//! length pads it. Data always goes out in whole reports: the ROM takes nothing else, and so overwrites up to 1023 bytes
//! behind the file with the padding.

use std::time::Duration;

use rtboot_wire::sdp::report::{self, FromHost, FromRom, Malformed};

use super::{Answer, Command, Hab, Link, LinkError, Status, Want};
use crate::port::HidPort;
use crate::port::traced::Direction;

/// Most stale reports discarded: a Linux hidraw ring holds 64.
const STALE_LIMIT: usize = 128;
/// Silence after which no stale report is left: one that waits in the device comes at once.
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
        Ok(self.port.write(&report::command(command))?)
    }

    fn data(&mut self, piece: &[u8]) -> Result<(), LinkError> {
        let report = report::data(piece).ok_or(LinkError::Protocol {
            what: "more data than a report can carry",
            bytes: Vec::new(),
        })?;
        Ok(self.port.write(&report)?)
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
    let what = match FromRom::parse(&bytes) {
        Ok(FromRom::Hab(word)) => return Ok(Answer::Hab(word)),
        Ok(FromRom::Block(block)) => return Ok(Answer::Block(block.to_vec())),
        Err(Malformed::TooShort) => "a report that is too short",
        Err(Malformed::UnknownId) => "a report id that the ROM does not have",
    };
    Err(LinkError::Protocol { what, bytes })
}

/// Describes a report for a trace; `None` for reports that SDP does not have.
pub fn describe_report(direction: Direction, bytes: &[u8]) -> Option<String> {
    let text = match direction {
        Direction::Out => match FromHost::parse(bytes).ok()? {
            FromHost::Command(command) => command.to_string(),
            FromHost::Data(_) => "data".into(),
        },
        Direction::In => match FromRom::parse(bytes).ok()? {
            FromRom::Hab(word) => {
                Hab::from_bytes(word).map_or_else(|| "unknown HAB state".into(), |h| h.to_string())
            }
            FromRom::Block(block) => {
                let status = Status::from_bytes(*block.first_chunk()?);
                match status.name() {
                    Some(_) => status.to_string(),
                    None => "data".into(),
                }
            }
        },
    };
    Some(text)
}
