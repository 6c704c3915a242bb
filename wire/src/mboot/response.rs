//! MBOOT responses.

use core::fmt;

use super::packet::{self, PacketBytes, Parameters};
use super::{Status, Tag};

/// One response: the layout of a command; parameter 0 is always a status.
///
/// | tag | response | parameters |
/// |--|--|--|
/// | A0 | generic | status, tag of the command |
/// | A3 | ReadMemory, FuseRead | status, byte count |
/// | A7 | GetProperty | status, values … |
/// | AF | FlashReadOnce | status, byte count, words … |
/// | B0 B3 B5 | FlashReadResource, GenerateKeyBlob, KeyProvisioning | status, byte count |
/// | B6 | TrustProvisioning | status, values … |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Response {
    /// The response's own tag.
    pub tag: Tag,
    /// Whether data of the device follows (flags bit 0).
    pub brings_data: bool,
    // never empty: the first one is the status
    parameters: Parameters,
}

impl Response {
    /// Most values beside the status.
    pub const MAX_VALUES: usize = packet::MAX_PARAMETERS - 1;

    /// Any response; `None` for more than six values.
    pub fn raw(tag: Tag, brings_data: bool, status: Status, values: &[u32]) -> Option<Response> {
        let all = [status.0].into_iter().chain(values.iter().copied());
        Some(Response {
            tag,
            brings_data,
            parameters: Parameters::collect(all)?,
        })
    }

    /// The generic response to `command`: the only answer to most commands, the last one after a data phase, and the one
    /// that refuses a command the device does not have.
    pub const fn generic(status: Status, command: Tag) -> Response {
        Response {
            tag: Tag::GENERIC_RESPONSE,
            brings_data: false,
            parameters: Parameters::of([status.0, command.0 as u32]),
        }
    }

    /// Announces `count` bytes of data for `command`; `None` for a command that has no response of its own.
    pub fn announce(command: Tag, count: u32) -> Option<Response> {
        Some(Response {
            tag: command.own_response()?,
            brings_data: true,
            parameters: Parameters::of([Status::SUCCESS.0, count]),
        })
    }

    /// The answer to GetProperty: the property's words, none when it failed; `None` for more than six words.
    pub fn get_property(status: Status, words: &[u32]) -> Option<Response> {
        Response::raw(Tag::GET_PROPERTY_RESPONSE, false, status, words)
    }

    /// The answer to FlashReadOnce: the fuse word, or the status of a failure.
    pub const fn flash_read_once(result: Result<u32, Status>) -> Response {
        Response {
            tag: Tag::FLASH_READ_ONCE_RESPONSE,
            brings_data: false,
            parameters: match result {
                Ok(word) => Parameters::of([Status::SUCCESS.0, 4, word]),
                Err(status) => Parameters::of([status.0, 0]),
            },
        }
    }

    /// The packet.
    pub fn to_bytes(&self) -> PacketBytes {
        packet::build(self.tag, self.brings_data, &self.parameters)
    }

    /// Reads a packet; `None` when it is shorter than it says, has no status, or says it has more than seven parameters.
    pub fn parse(bytes: &[u8]) -> Option<Response> {
        let (tag, brings_data, parameters) = packet::parse(bytes)?;
        let _status = parameters.as_slice().first()?;
        Some(Response {
            tag,
            brings_data,
            parameters,
        })
    }

    /// The status, parameter 0.
    pub fn status(&self) -> Status {
        // there is always one; a response without it is not built and not parsed
        Status(self.parameters.as_slice().first().copied().unwrap_or(1))
    }

    /// The parameters after the status.
    pub fn values(&self) -> &[u32] {
        self.parameters.as_slice().get(1..).unwrap_or_default()
    }

    /// Whether this can be an answer to `command`: its own response, or the generic one that names it.
    pub fn answers(&self, command: Tag) -> bool {
        match self.tag {
            Tag::GENERIC_RESPONSE => self.values().first() == Some(&u32::from(command.0)),
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
        write!(f, "{}: {}", self.tag, self.status())?;
        for (i, value) in self.values().iter().enumerate() {
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
