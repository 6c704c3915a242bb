//! What can go wrong with an MBOOT command.

use std::fmt;
use std::time::Duration;

use super::{Status, Tag};
use crate::port;

/// Where in a command something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The first response.
    Response,
    /// During the data phase.
    Data,
    /// The response after all data.
    Final,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Response => "first response",
            Step::Data => "data phase",
            Step::Final => "final response",
        })
    }
}

/// An error of the MBOOT client; says which command failed, where, and keeps the device's own code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The flashloader answered with a status other than success.
    #[error("the flashloader refused {command}: {status}{}", at(*.step, *.done))]
    Refused {
        /// The command.
        command: Tag,
        /// The flashloader's code.
        status: Status,
        /// Where it came.
        step: Step,
        /// Bytes of the data phase that had passed (a write: that were sent; not all need be in memory).
        done: u64,
    },
    /// The flashloader did not answer in time.
    #[error("no answer from the flashloader to {command} within {waited:?}{}", at(*.step, *.done))]
    Timeout {
        /// The command.
        command: Tag,
        /// Where it was waited for.
        step: Step,
        /// How long.
        waited: Duration,
        /// Bytes of the data phase that had passed.
        done: u64,
    },
    /// The device left the bus before it had answered.
    #[error("the board left during {command}")]
    Gone {
        /// The command.
        command: Tag,
    },
    /// An answer that the protocol does not allow.
    #[error("unexpected answer to {command}: {what} [{}]", crate::port::hex(.bytes))]
    Protocol {
        /// The command.
        command: Tag,
        /// What is wrong with it.
        what: &'static str,
        /// The bytes, at most 64.
        bytes: Vec<u8>,
    },
    /// The caller's `progress` said stop. The device is ready for the next command.
    #[error("{command} was cancelled after {done} bytes")]
    Cancelled {
        /// The command.
        command: Tag,
        /// Bytes that had passed.
        done: u64,
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

/// `" (final response, after 4096 bytes)"`; nothing for a plain first response.
fn at(step: Step, done: u64) -> String {
    match (step, done) {
        (Step::Response, _) => String::new(),
        (step, 0) => format!(" ({step})"),
        (step, done) => format!(" ({step}, after {done} bytes)"),
    }
}

impl Error {
    /// The device's own code, when it gave one.
    pub fn status(&self) -> Option<Status> {
        match self {
            Error::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether an answer was lost or garbled on its way.
    pub(crate) fn is_of_link(&self) -> bool {
        matches!(self, Error::Timeout { .. } | Error::Protocol { .. }) || self.data_was_garbled()
    }

    /// Whether the device says that bytes of the data phase were lost or changed on their way: a packet stopped halfway, was no
    /// packet, was a ping, or an acknowledgement was garbled into an end of data. NXP's flashloader, measured over its UART.
    pub fn data_was_garbled(&self) -> bool {
        const PING: Status = Status(10003);
        const TIMEOUT: Status = Status(5);
        match self {
            Error::Refused {
                status,
                step: Step::Data,
                ..
            } => matches!(
                *status,
                Status::FAIL | TIMEOUT | Status::DATA_PHASE_ABORTED | PING
            ),
            // a record of a stream carries the CRC of its bytes
            Error::Refused { status, .. } => matches!(
                *status,
                Status::DATA_PHASE_ABORTED | Status::LOADER_BAD_RECORD | Status::LOADER_BAD_DATA
            ),
            _ => false,
        }
    }

    /// The command that failed.
    pub fn command(&self) -> Tag {
        match *self {
            Error::Refused { command, .. }
            | Error::Timeout { command, .. }
            | Error::Gone { command }
            | Error::Protocol { command, .. }
            | Error::Cancelled { command, .. }
            | Error::Argument { command, .. }
            | Error::Port { command, .. } => command,
        }
    }

    /// What to do about it, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Refused { status, .. } => hint(*status),
            Error::Timeout {
                command: Tag::FLASH_ERASE_ALL | Tag::FLASH_ERASE_REGION,
                ..
            } => Some(
                "erasing takes its time: raise the time-out; a flash that never gets ready needs a reset of the board",
            ),
            Error::Timeout { .. } => {
                Some("a flash that is absent or held in reset stays busy for ever; reset the board")
            }
            Error::Gone { .. } => Some(
                "the flashloader crashed or lost power; look whether the ROM is back on the same port",
            ),
            Error::Protocol { .. } => Some("reset the board and load the flashloader again"),
            Error::Port { source, .. } => source.hint(),
            _ => None,
        }
    }
}

/// What to do about a status, where something can be done.
pub fn hint(status: Status) -> Option<&'static str> {
    Some(match status {
        Status::FLASH_ADDRESS => "this is RAM; only flash is erased",
        Status::FLEXSPI_TIMEOUT | Status::FLEXSPI_INVALID_SEQUENCE => {
            "the flash does not answer: look at its power, pins and clock, and at the lookup table"
        }
        Status::FLEXSPI_DEVICE_TIMEOUT => {
            "the flash stays busy: absent, held in reset, or slower than the time-out in the configuration"
        }
        Status::UNKNOWN_COMMAND => "this flashloader does not have the command",
        Status::SB_SIGNATURE => "this is no SB file for this flashloader",
        Status::MEMORY_RANGE_INVALID => {
            "outside the memory map, behind the end of the flash, or RAM that the flashloader needs"
        }
        Status::MEMORY_CUMULATIVE_WRITE => "erase first",
        Status::MEMORY_NOT_CONFIGURED => "configure the flash first",
        Status::UNKNOWN_PROPERTY => "this flashloader does not have the property",
        Status::NOR_WRITE_ALIGNMENT => "flash is written from a page boundary (256 bytes) on",
        Status::NOR_COMMAND_FAILURE => {
            "it reads back differently: block protection set, quad mode off, worn sector, or wrong read set-up"
        }
        Status::NOR_SFDP_NOT_FOUND => {
            "the flash is missing or has no SFDP: configure it by its own FCB"
        }
        Status::NOR_FLASH_NOT_FOUND => "the option words ask for another kind of flash",
        Status::OCOTP_PROGRAM => {
            "the word reads back differently: it may be burnt all the same, read it"
        }
        _ => return None,
    })
}
