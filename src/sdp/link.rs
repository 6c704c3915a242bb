//! What carries SDP: whole commands, data and answers.

use std::time::Duration;

pub(super) use rtboot_wire::sdp::report::{
    BLOCK_PAYLOAD as READ_PIECE, DATA_PAYLOAD as DATA_PIECE,
};

use super::{Command, Error, Tag};
use crate::port;

/// An error below the commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// The port failed.
    Port(port::Error),
    /// What arrived is no SDP answer.
    Protocol {
        /// What is wrong.
        what: &'static str,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl From<port::Error> for LinkError {
    fn from(error: port::Error) -> LinkError {
        LinkError::Port(error)
    }
}

impl LinkError {
    /// The same, with the command it happened to.
    pub(crate) fn during(self, command: Tag) -> Error {
        match self {
            LinkError::Port(port::Error::Gone { .. }) => Error::Gone { command },
            LinkError::Port(source) => Error::Port { command, source },
            LinkError::Protocol { what, bytes } => protocol(command, what, &bytes),
        }
    }
}

/// A protocol error that keeps the head of the bytes.
pub(crate) fn protocol(command: Tag, what: &'static str, bytes: &[u8]) -> Error {
    Error::Protocol {
        command,
        what,
        bytes: bytes.iter().copied().take(80).collect(),
    }
}

/// What the client expects next. A UART needs it, because nothing marks the answers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The HAB state word.
    Hab,
    /// A status word.
    Status,
    /// The first bytes of a READ_REGISTER, at most 64, or the word of a refusal, which has 4 bytes whatever was asked for.
    FirstData(usize),
    /// More bytes of a READ_REGISTER, at most 64.
    Data(usize),
}

/// One answer of the ROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// HAB state (report 3).
    Hab([u8; 4]),
    /// Status or data (report 4): 4 to 64 bytes; over USB the device pads to 64.
    Block(Vec<u8>),
}

/// Carries SDP over a port.
pub trait Link: Send {
    /// Sends one command.
    ///
    /// # Errors
    /// The port's.
    fn command(&mut self, command: &Command) -> Result<(), LinkError>;

    /// Sends a piece of data, at most 1024 bytes.
    ///
    /// # Errors
    /// The port's.
    fn data(&mut self, piece: &[u8]) -> Result<(), LinkError>;

    /// The next answer; `None` when none came in time.
    ///
    /// # Errors
    /// The port's; [`LinkError::Protocol`] for bytes that are no answer.
    fn receive(&mut self, want: Want, timeout: Duration) -> Result<Option<Answer>, LinkError>;

    /// Discards answers that an earlier program left unread.
    ///
    /// # Errors
    /// The port's.
    fn drain(&mut self) -> Result<(), LinkError>;

    /// Sets a new line speed; does nothing over USB.
    ///
    /// # Errors
    /// The port's.
    fn set_baud(&mut self, baud: u32) -> Result<(), LinkError>;

    /// The name of the port below, for messages.
    fn describe(&self) -> String;
}

impl<L: Link + ?Sized> Link for Box<L> {
    fn command(&mut self, command: &Command) -> Result<(), LinkError> {
        (**self).command(command)
    }
    fn data(&mut self, piece: &[u8]) -> Result<(), LinkError> {
        (**self).data(piece)
    }
    fn receive(&mut self, want: Want, timeout: Duration) -> Result<Option<Answer>, LinkError> {
        (**self).receive(want, timeout)
    }
    fn drain(&mut self) -> Result<(), LinkError> {
        (**self).drain()
    }
    fn set_baud(&mut self, baud: u32) -> Result<(), LinkError> {
        (**self).set_baud(baud)
    }
    fn describe(&self) -> String {
        (**self).describe()
    }
}
