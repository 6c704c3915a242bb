//! Commands, data phases and answers, free of framing.

use super::Outcome;
use crate::machine::Machine;

/// One packet without its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A command or a response.
    Command(Vec<u8>),
    /// Data; empty = the device ends its data phase early.
    Data(Vec<u8>),
}

/// What the processor waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// A command packet from the host.
    Command,
    /// A data packet from the host.
    Data,
    /// That the host takes this packet; then call [`Processor::sent`].
    Send(Packet),
    /// The device gives up the host's data phase: over HID an empty report 3 (then `sent`), over a UART an ACK-ABORT
    /// in place of the next acknowledgement (then `sent`).
    Abort,
    /// Nothing: see [`Processor::outcome`].
    Nothing,
}

/// What came instead of, or as, the packet waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<'a> {
    /// The payload. For a command, bytes beyond its declared length may follow (USB leaves old ones there).
    Packet(&'a [u8]),
    /// A packet of length zero, or the host's ACK-ABORT.
    Aborted,
    /// A packet of another kind.
    Wrong,
}

/// The command processor.
#[derive(Debug, Clone)]
pub struct Processor {
    waits: Waits,
    outcome: Option<Outcome>,
}

impl Processor {
    /// A processor that waits for its first command; `max_packet` is property 11: 1016 over USB, 1024 over a UART.
    pub fn new(_max_packet: usize) -> Processor {
        Processor {
            waits: Waits::Command,
            outcome: None,
        }
    }

    /// What it waits for now.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// A packet arrived while the processor waited for one.
    pub fn received(&mut self, _m: &mut Machine, _what: Received<'_>) {}

    /// The host took the packet of [`Waits::Send`], or was told of [`Waits::Abort`].
    pub fn sent(&mut self, _m: &mut Machine) {
        self.waits = Waits::Command;
    }
}
