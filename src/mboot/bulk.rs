//! MBOOT over the bulk interface of rtboot's own loader: frames in a stream of bytes.

use std::time::Duration;

use rtboot_wire::loader::bulk;
use rtboot_wire::mboot::{Property, report};

use super::link::{LinkError, Packet};
use super::{Command, Response, Tag};
use crate::port::{BulkPort, Deadline};

/// How long the loader may take for its first answer here.
const FIRST_ANSWER: Duration = Duration::from_millis(500);

/// The commands that are given here: those that only bring data.
pub(super) const READS: [Tag; 4] = [
    Tag::READ_MEMORY,
    Tag::LOADER_FETCH,
    Tag::LOADER_READ_BY_FCB,
    Tag::LOADER_HASH,
];

/// The interface while it is used.
pub(super) struct Pipe {
    port: Box<dyn BulkPort>,
    /// Bytes that have come; those before `at` are done with.
    bytes: Vec<u8>,
    at: usize,
}

impl Pipe {
    /// Makes sure that the loader answers here.
    pub(super) fn new(port: Box<dyn BulkPort>) -> Option<Pipe> {
        let mut pipe = Pipe {
            port,
            bytes: Vec::new(),
            at: 0,
        };
        let question = Command::get_property(Property::CURRENT_VERSION.0, 0);
        pipe.send(&question.to_bytes()).ok()?;
        match pipe.receive(FIRST_ANSWER) {
            Ok(Some(Packet::Response(bytes))) => {
                let answers = Response::parse(&bytes)?.answers(Tag::GET_PROPERTY);
                answers.then_some(pipe)
            }
            _ => None,
        }
    }

    pub(super) fn send(&mut self, packet: &[u8]) -> Result<(), LinkError> {
        let length = u16::try_from(packet.len()).map_err(|_| malformed(packet))?;
        let head = bulk::header(report::COMMAND, length);
        Ok(self.port.write(&[&head, packet].concat())?)
    }

    /// The next frame.
    pub(super) fn receive(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError> {
        let deadline = Deadline::after(self.port.now(), timeout);
        loop {
            let unread = self.bytes.get(self.at..).unwrap_or_default();
            if let Some((id, payload)) = bulk::first(unread).map_err(|_| malformed(unread))? {
                let payload = payload.to_vec();
                self.at += bulk::HEADER + payload.len();
                return Ok(Some(match id {
                    report::RESPONSE => Packet::Response(payload),
                    report::DATA_IN => Packet::Data(payload),
                    _ => Packet::Stray(payload),
                }));
            }
            self.bytes.drain(..self.at);
            self.at = 0;
            let left = deadline.left(self.port.now());
            match self.port.read(left)? {
                Some(bytes) => self.bytes.extend(bytes),
                None => return Ok(None),
            }
            if left.is_zero() && bulk::first(&self.bytes) == Ok(None) {
                return Ok(None);
            }
        }
    }
}

impl std::fmt::Debug for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pipe({})", self.port.describe())
    }
}

fn malformed(bytes: &[u8]) -> LinkError {
    LinkError::Protocol {
        what: "bytes that are no frame",
        bytes: bytes.iter().copied().take(64).collect(),
    }
}
