//! What carries MBOOT: whole packets.

use std::time::Duration;

use super::data::READ_PACKETS;
use super::{Error, Step, Tag};
use crate::port;

/// An error below the commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// The port failed.
    Port(port::Error),
    /// The device did not acknowledge a packet (UART).
    Timeout {
        /// How long it was waited for.
        waited: Duration,
    },
    /// What arrived is no packet, or a packet could not be delivered.
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
    pub(crate) fn during(self, command: Tag, step: Step, done: u64) -> Error {
        match self {
            LinkError::Port(port::Error::Gone { .. }) => Error::Gone { command },
            LinkError::Port(source) => Error::Port { command, source },
            LinkError::Timeout { waited } => Error::Timeout {
                command,
                step,
                waited,
                done,
            },
            LinkError::Protocol { what, bytes } => protocol(command, what, &bytes),
        }
    }
}

/// A protocol error that keeps the head of the bytes.
pub(crate) fn protocol(command: Tag, what: &'static str, bytes: &[u8]) -> Error {
    Error::Protocol {
        command,
        what,
        bytes: bytes.iter().copied().take(64).collect(),
    }
}

/// One packet of the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A response. Empty: the device ends a data phase, the real response follows.
    Response(Vec<u8>),
    /// Data. Empty: the device ends a data phase, the real response follows.
    Data(Vec<u8>),
    /// Something that no device should send, such as an echo of the host's own report.
    Stray(Vec<u8>),
}

/// The result of sending a data packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was sent; go on.
    Taken,
    /// The device has an answer instead: stop sending and receive.
    Stop,
}

/// Carries MBOOT packets over a port.
pub trait Link: Send {
    /// Sends a command packet. Over a UART this waits up to `timeout` for the acknowledgement, which the device may hold back
    /// until it has its answer ready.
    ///
    /// # Errors
    /// The port's; [`LinkError::Timeout`] without an acknowledgement.
    fn send_command(&mut self, packet: &[u8], timeout: Duration) -> Result<(), LinkError>;

    /// Sends a data packet; an empty one ends the data phase.
    ///
    /// # Errors
    /// As [`Link::send_command`].
    fn send_data(&mut self, chunk: &[u8], timeout: Duration) -> Result<Sent, LinkError>;

    /// The next packet; `None` when none came within `timeout`. A `timeout` of zero only looks.
    ///
    /// # Errors
    /// The port's; [`LinkError::Protocol`] for bytes that are no packet.
    fn receive(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError>;

    /// Whether the port can leave one speed for another, and come back.
    ///
    /// # Errors
    /// The port's.
    fn has_speed(&mut self, _from: u32, _to: u32) -> Result<bool, LinkError> {
        Ok(false)
    }

    /// Follows the device, which has agreed to another speed. `false`: it is not heard at it, and both are back at the old one.
    /// When the link ends, the device is asked to go back to the first speed.
    ///
    /// # Errors
    /// The port's; [`LinkError::Timeout`] when the device is not heard at the old speed either.
    fn follow_speed(&mut self, _from: u32, _to: u32) -> Result<bool, LinkError> {
        Ok(false)
    }

    /// Packets that arrived damaged or were refused as such, so far.
    fn damaged(&self) -> usize {
        0
    }

    /// Asks the device to stop sending data. `false` when the link cannot: then the rest must be read and discarded.
    fn stop_receiving(&mut self) -> bool {
        false
    }

    /// Bytes to put in one data packet, for a device that takes `device_max`.
    fn chunk_size(&self, device_max: usize) -> usize;

    /// The longest silence between two packets that an earlier session left behind.
    fn settle_time(&self) -> Duration;

    /// How long a packet that waits in the device takes at most, where nothing else can come unasked. Without it a session listens
    /// for the [settle time](Link::settle_time) before it asks anything.
    fn pending_time(&self) -> Option<Duration> {
        None
    }

    /// Opens a faster way for commands that only bring data, where the loader said that it has one. Where it cannot be opened,
    /// all goes on as before.
    fn open_bulk(&mut self) {}

    /// Gives that way up. `true` when the last command went over it: that can be given again.
    fn fall_back(&mut self) -> bool {
        false
    }

    /// Whether reading flash takes no longer than having the loader hash it.
    fn reads_fast(&self) -> bool {
        false
    }

    /// Whether the wire carries some 100 KiB in a second.
    fn sends_fast(&self) -> bool {
        false
    }

    /// Most data packets of one read command.
    fn read_packets(&self) -> u32 {
        READ_PACKETS
    }

    /// The name of the port below, for messages.
    fn describe(&self) -> String;

    /// The port's clock.
    fn now(&self) -> Duration {
        port::monotonic()
    }
}

impl<L: Link + ?Sized> Link for Box<L> {
    fn send_command(&mut self, packet: &[u8], timeout: Duration) -> Result<(), LinkError> {
        (**self).send_command(packet, timeout)
    }
    fn send_data(&mut self, chunk: &[u8], timeout: Duration) -> Result<Sent, LinkError> {
        (**self).send_data(chunk, timeout)
    }
    fn receive(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError> {
        (**self).receive(timeout)
    }
    fn stop_receiving(&mut self) -> bool {
        (**self).stop_receiving()
    }
    fn chunk_size(&self, device_max: usize) -> usize {
        (**self).chunk_size(device_max)
    }
    fn settle_time(&self) -> Duration {
        (**self).settle_time()
    }
    fn pending_time(&self) -> Option<Duration> {
        (**self).pending_time()
    }
    fn has_speed(&mut self, from: u32, to: u32) -> Result<bool, LinkError> {
        (**self).has_speed(from, to)
    }
    fn follow_speed(&mut self, from: u32, to: u32) -> Result<bool, LinkError> {
        (**self).follow_speed(from, to)
    }
    fn damaged(&self) -> usize {
        (**self).damaged()
    }
    fn open_bulk(&mut self) {
        (**self).open_bulk();
    }
    fn fall_back(&mut self) -> bool {
        (**self).fall_back()
    }
    fn reads_fast(&self) -> bool {
        (**self).reads_fast()
    }
    fn sends_fast(&self) -> bool {
        (**self).sends_fast()
    }
    fn read_packets(&self) -> u32 {
        (**self).read_packets()
    }
    fn describe(&self) -> String {
        (**self).describe()
    }
    fn now(&self) -> Duration {
        (**self).now()
    }
}
