//! MBOOT responses as bytes.

use std::fmt;

use byteorder::{ByteOrder, LE};

use super::command::{Command, Tag};
use super::status::Status;

/// One response: the same layout as a command; parameter 0 is always a status.
///
/// | tag | response | parameters |
/// |--|--|--|
/// | A0 | generic | status, tag of the command |
/// | A3 | ReadMemory, FuseRead | status, byte count |
/// | A7 | GetProperty | status, values … |
/// | AF | FlashReadOnce | status, byte count, words … |
/// | B0 B3 B5 | FlashReadResource, GenerateKeyBlob, KeyProvisioning | status, byte count |
/// | B6 | TrustProvisioning | status, values … |
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The response's own tag.
    pub tag: Tag,
    /// Whether data of the device follows (flags bit 0).
    pub brings_data: bool,
    /// The status, parameter 0.
    pub status: Status,
    /// The parameters after the status.
    pub values: Vec<u32>,
}

impl Response {
    /// Reads a response packet; `None` when it is too short for what it announces, or has no status.
    pub fn parse(bytes: &[u8]) -> Option<Response> {
        let (&[tag, flags, _, count], rest) = bytes.split_first_chunk::<{ Command::HEADER }>()?;
        let words = rest.get(..4 * usize::from(count))?;
        let mut parameters = words.chunks_exact(4).map(LE::read_u32);
        let status = Status(parameters.next()?);
        Some(Response {
            tag: Tag(tag),
            brings_data: flags & 1 != 0,
            status,
            values: parameters.collect(),
        })
    }

    /// The packet.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = (1 + self.values.len()).min(255);
        let mut bytes = vec![self.tag.0, u8::from(self.brings_data), 0, count as u8];
        bytes.extend(self.status.0.to_le_bytes());
        for value in &self.values[..count - 1] {
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    /// Whether this can be an answer to `command`: its own response, or the generic one that names it.
    pub fn answers(&self, command: Tag) -> bool {
        match self.tag {
            Tag::GENERIC_RESPONSE => self.values.first() == Some(&u32::from(command.0)),
            tag => command.own_response() == Some(tag),
        }
    }

    /// Whether this is the generic response.
    pub fn is_generic(&self) -> bool {
        self.tag == Tag::GENERIC_RESPONSE
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tag, self.status)?;
        for (i, value) in self.values.iter().enumerate() {
            match (i, self.is_generic(), u8::try_from(*value)) {
                (0, true, Ok(tag)) => write!(f, " to {}", Tag(tag))?,
                _ => write!(f, ", {value:#x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({self})")
    }
}
