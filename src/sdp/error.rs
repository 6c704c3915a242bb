//! What can go wrong with an SDP command.

use std::time::Duration;

use super::{Status, Tag};
use crate::port;

/// An error of the SDP client; says which command failed and keeps the ROM's own code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ROM answered with another status than the one for success.
    #[error("the ROM refused {command}: {status}")]
    Refused {
        /// The command.
        command: Tag,
        /// The ROM's word.
        status: Status,
    },
    /// The ROM did not answer in time.
    #[error("no answer from the ROM to {command} within {waited:?}")]
    Timeout {
        /// The command.
        command: Tag,
        /// How long the answer was waited for.
        waited: Duration,
    },
    /// The device left the bus before it had answered.
    #[error("the board left during {command}")]
    Gone {
        /// The command.
        command: Tag,
    },
    /// An answer that SDP does not know.
    #[error("unexpected answer to {command}: {what} [{}]", crate::port::hex(.bytes))]
    Protocol {
        /// The command.
        command: Tag,
        /// What is wrong with it.
        what: &'static str,
        /// The bytes, at most 80.
        bytes: Vec<u8>,
    },
    /// An argument that the protocol cannot carry; nothing was sent.
    #[error("{command}: {what}")]
    Argument {
        /// The command.
        command: Tag,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The port failed.
    #[error("{command}: {source}")]
    Port {
        /// The command.
        command: Tag,
        /// The port's own error.
        source: port::Error,
    },
}

impl Error {
    /// Whether an answer was lost or garbled on its way.
    pub(crate) fn is_of_link(&self) -> bool {
        matches!(self, Error::Timeout { .. } | Error::Protocol { .. })
    }

    /// What to do about it, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Refused {
                status: Status::HAB_FAILURE,
                ..
            } => Some("the part is closed (HAB): the image must be signed"),
            Error::Refused {
                command: Tag::READ_REGISTER,
                status: Status::REFUSED_89,
            } => Some("ask a flashloader instead: the ROM lets only some addresses be read"),
            Error::Refused {
                command: Tag::WRITE_FILE | Tag::WRITE_REGISTER,
                status: Status::REFUSED_89,
            } => Some(
                "all of it must lie in one RAM, outside the ROM's own (0x20200000 to 0x20207fff) and not at address 0",
            ),
            Error::Refused {
                command: Tag::JUMP_ADDRESS,
                ..
            } => Some(
                "the IVT at this address is not one the ROM accepts: look at load and jump address",
            ),
            Error::Timeout {
                command: Tag::READ_REGISTER,
                ..
            } => Some(
                "reading may be fused off (SDP_READ_DISABLE), or the ROM hangs on this address; reset the board",
            ),
            Error::Timeout { .. } | Error::Protocol { .. } => {
                Some("reset the board into serial downloader mode and try again")
            }
            Error::Gone { .. } => {
                Some("look at cable and power; the ROM resets when an image overruns a RAM bank")
            }
            Error::Port { source, .. } => source.hint(),
            _ => None,
        }
    }
}
