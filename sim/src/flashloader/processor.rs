//! Commands, data phases and answers, free of framing.
//!
//! ```text
//! --> command            <-- response
//! --> write-memory       <-- response   ==> data ==> data   <-- final response
//! --> read-memory        <-- response   <== data <== data   <-- final response
//! ```
//! A write that fails before its last packet is stopped by the device ([`Waits::Abort`]) before the final response;
//! a read that fails sends an empty data packet first.

pub(super) mod command;

use std::collections::VecDeque;

use super::memory::Memory;
use super::nor::NorMemory;
use super::status::{ABORT_DATA_PHASE, FAIL, SUCCESS, Status, Stop};
use super::{Build, Outcome, jump, keyblob, pace, sb};
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

/// A packet that arrived, as waited for or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received<'a> {
    /// The payload. For a command, bytes beyond its declared length may follow (USB leaves old ones there).
    Packet(&'a [u8]),
    /// A packet of length zero.
    Aborted,
    /// Nothing that the phase can go on with; it ends with this status.
    Failed(Status),
    /// A packet of another kind.
    Wrong,
}

/// What a data phase moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Memory {
        address: u32,
        id: u32,
    },
    SbFile,
    Key,
    Blob,
    /// What is left in the packet buffer.
    Resource,
}

/// A step the firmware has still to take.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Packet),
    Abort,
    Consume,
    Produce,
    Finish(Status),
    End(Outcome),
    Jump { pc: u32, argument: u32, sp: u32 },
}

/// The data phase under way.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub tag: u8,
    pub channel: Channel,
    pub left: u32,
}

/// The command processor.
#[derive(Debug, Clone)]
pub struct Processor {
    pub(super) memory: Memory,
    pub(super) build: Build,
    pub(super) max_packet: usize,
    pub(super) phase: Phase,
    pub(super) keys: keyblob::Keys,
    sb: sb::Loader,
    steps: VecDeque<Step>,
    waits: Waits,
    outcome: Option<Outcome>,
}

impl Processor {
    /// A processor that waits for its first command; `max_packet` is property 11: 1016 over USB, 1024 over a UART.
    pub fn new(max_packet: usize) -> Processor {
        Processor::with_build(max_packet, Build::default())
    }

    /// The same for another build of the firmware.
    pub fn with_build(max_packet: usize, build: Build) -> Processor {
        Processor {
            memory: Memory::new(build),
            build,
            max_packet,
            phase: Phase {
                tag: 0,
                channel: Channel::Resource,
                left: 0,
            },
            keys: keyblob::Keys::default(),
            sb: sb::Loader::default(),
            steps: VecDeque::new(),
            waits: Waits::Command,
            outcome: None,
        }
    }

    /// Longest payload, property 11.
    pub fn max_packet(&self) -> usize {
        self.max_packet
    }

    /// FlexSPI NOR.
    pub fn nor(&self) -> &NorMemory {
        &self.memory.nor
    }

    /// FlexSPI NOR, to be changed.
    pub fn nor_mut(&mut self) -> &mut NorMemory {
        &mut self.memory.nor
    }

    /// What it waits for now.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// A packet arrived while the processor waited for one; ignored while it did not.
    pub fn received(&mut self, m: &mut Machine, what: Received<'_>) {
        match (&self.waits, what) {
            (Waits::Command, Received::Packet(bytes)) => {
                m.clock.work(pace::COMMAND_NS);
                let steps = command::handle(self, m, bytes);
                self.steps.extend(steps);
            }
            (Waits::Data, Received::Packet(bytes)) => self.consume(m, bytes),
            (Waits::Data, Received::Aborted) => {
                self.steps.push_back(Step::Finish(ABORT_DATA_PHASE))
            }
            (Waits::Data, Received::Wrong) => self.steps.extend([Step::Abort, Step::Finish(FAIL)]),
            (Waits::Data, Received::Failed(status)) => {
                self.steps.extend([Step::Abort, Step::Finish(status)]);
            }
            // a UART host ends the data phase it reads
            (Waits::Send(Packet::Data(_)), Received::Failed(status)) => {
                self.steps.clear();
                self.steps.push_back(Step::Finish(status));
            }
            // left over from an abandoned data phase: dropped
            _ => return,
        }
        self.advance(m);
    }

    /// The host took the packet of [`Waits::Send`], or was told of [`Waits::Abort`].
    pub fn sent(&mut self, m: &mut Machine) {
        if matches!(self.waits, Waits::Send(_) | Waits::Abort) {
            self.advance(m);
        }
    }

    /// The core hangs.
    pub(super) fn hang(&mut self) {
        self.steps.clear();
        self.end(Outcome::Silent);
    }

    fn end(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
        self.waits = Waits::Nothing;
    }

    /// Works until the host has to do something.
    fn advance(&mut self, m: &mut Machine) {
        if self.outcome.is_some() {
            return;
        }
        self.waits = Waits::Command;
        while let Some(step) = self.steps.pop_front() {
            match step {
                Step::Send(packet) => self.waits = Waits::Send(packet),
                Step::Abort => self.waits = Waits::Abort,
                Step::Consume if self.phase.left == 0 => {
                    self.steps.push_front(Step::Finish(SUCCESS))
                }
                Step::Consume => self.waits = Waits::Data,
                Step::Produce => self.produce(m),
                Step::Finish(status) => self.finish(m, status),
                Step::End(outcome) => self.end(outcome),
                Step::Jump { pc, argument, sp } => self.jump(m, pc, argument, sp),
            }
            if self.waits != Waits::Command {
                return;
            }
        }
    }

    /// Next piece of a device-to-host phase.
    fn produce(&mut self, m: &mut Machine) {
        let len = (self.phase.left as usize).min(self.max_packet);
        if len == 0 {
            self.steps.push_front(Step::Finish(SUCCESS));
            return;
        }
        m.clock.work(pace::READ_BYTE_NS * len as u64);
        let data = match &mut self.phase.channel {
            Channel::Memory { address, id } => {
                let data = self.memory.read(m, *address, len, *id);
                *address = address.wrapping_add(len as u32);
                data
            }
            Channel::Blob => Ok(self.keys.blob(len)),
            _ => Ok(vec![0; len]),
        };
        let next = match data {
            Ok(data) => {
                self.phase.left -= len as u32;
                [Step::Send(Packet::Data(data)), Step::Produce]
            }
            Err(Stop::Status(status)) => {
                [Step::Send(Packet::Data(Vec::new())), Step::Finish(status)]
            }
            Err(Stop::Hang) => return self.hang(),
        };
        for step in next.into_iter().rev() {
            self.steps.push_front(step);
        }
    }

    /// A piece of a host-to-device phase; more bytes than are left are cut.
    fn consume(&mut self, m: &mut Machine, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(self.phase.left as usize)];
        m.clock.work(pace::WRITE_BYTE_NS * bytes.len() as u64);
        let done = match &mut self.phase.channel {
            Channel::Memory { address, id } => {
                let done = self.memory.write(m, *address, bytes, *id);
                *address = address.wrapping_add(bytes.len() as u32);
                done
            }
            Channel::SbFile => self.sb.feed(bytes).map_err(Stop::Status),
            Channel::Key => {
                self.keys.feed(bytes);
                Ok(())
            }
            Channel::Blob | Channel::Resource => Ok(()),
        };
        self.phase.left -= bytes.len() as u32;
        match done {
            Ok(()) if self.phase.left > 0 => self.steps.push_back(Step::Consume),
            Ok(()) => self.steps.push_back(Step::Finish(SUCCESS)),
            // the last packet's error comes with the final response alone
            Err(Stop::Status(status)) if self.phase.left == 0 => {
                self.steps.push_back(Step::Finish(status))
            }
            Err(Stop::Status(status)) => self.steps.extend([Step::Abort, Step::Finish(status)]),
            Err(Stop::Hang) => self.hang(),
        }
    }

    /// Starts receive-sb-file afresh.
    pub(super) fn reset_sb(&mut self) {
        self.sb.restart();
    }

    /// End of a data phase: what a write left in the page buffer is programmed, whatever happened before.
    fn finish(&mut self, m: &mut Machine, status: Status) {
        let mut status = status;
        self.phase.left = 0;
        if self.phase.tag == command::tag::WRITE_MEMORY {
            match self.memory.nor.flush(m) {
                Err(Stop::Hang) => return self.hang(),
                Err(Stop::Status(code)) if status == SUCCESS => status = code,
                _ => {}
            }
        }
        self.steps
            .push_front(Step::Send(command::generic(status, self.phase.tag)));
    }

    fn jump(&mut self, m: &mut Machine, pc: u32, argument: u32, sp: u32) {
        self.end(jump(m, pc, argument, sp));
    }
}
