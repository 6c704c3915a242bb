//! MBOOT over the bulk interface of rtboot's own loader: frames in a stream of bytes.

use std::time::Duration;

use rtboot_wire::loader::bulk;
use rtboot_wire::mboot::{Property, report};

use super::link::{LinkError, Packet};
use super::{Command, Response, Tag};
use crate::port::{BulkPort, Deadline};

/// How long the loader may take for its first answer here.
const FIRST_ANSWER: Duration = Duration::from_millis(500);

/// The commands that are given here, beside GetProperty and writes to RAM: those that can be given a second time, over HID, when they
/// fail.
const COMMANDS: [Tag; 6] = [
    Tag::READ_MEMORY,
    Tag::CONFIGURE_MEMORY,
    Tag::LOADER_FETCH,
    Tag::LOADER_FLASH_COMMAND,
    Tag::LOADER_READ_BY_FCB,
    Tag::LOADER_HASH,
];
/// Flash is mapped from here on.
const MAPPED: u32 = 0x6000_0000;
/// Bytes of a packet at high speed.
const HIGH_SPEED: usize = 512;

/// Whether this command goes over the bulk interface.
pub(super) fn takes(packet: &[u8]) -> bool {
    let first = packet.get(4..8).and_then(|word| word.try_into().ok());
    let (Some(&tag), Some(first)) = (packet.first(), first.map(u32::from_le_bytes)) else {
        return false;
    };
    match Tag(tag) {
        Tag::WRITE_MEMORY => first < MAPPED,
        // the question of a sync, which finds out whether HID is in step
        Tag::GET_PROPERTY => first != Property::CURRENT_VERSION.0,
        tag => COMMANDS.contains(&tag),
    }
}

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
        self.send_frame(report::COMMAND, packet)
    }

    pub(super) fn send_data(&mut self, chunk: &[u8]) -> Result<(), LinkError> {
        self.send_frame(report::DATA_OUT, chunk)
    }

    fn send_frame(&mut self, id: u8, payload: &[u8]) -> Result<(), LinkError> {
        let length = u16::try_from(payload.len()).map_err(|_| malformed(payload))?;
        let head = bulk::header(id, length);
        Ok(self.port.write(&[&head, payload].concat())?)
    }

    /// The longest payload to the loader: a frame is one USB packet.
    pub(super) fn chunk_size(&self) -> usize {
        self.port.packet_size() - bulk::HEADER
    }

    /// Whether flash is brought to the host as fast as the loader can hash it.
    pub(super) fn is_fast(&self) -> bool {
        self.port.packet_size() >= HIGH_SPEED
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
