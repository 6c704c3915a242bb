//! The flashloader behind a UART: autobaud on the first ping, then frames, acknowledged one by one.
//!
//! ```text
//! --> 5A A6        <-- 5A A7 .. (ping; the baud rate is measured on the first one)
//! --> command      <-- ACK  <-- response  --> ACK
//! --> data         <-- ACK, or ACK-ABORT when the device wants no more
//! <== data         --> ACK
//! ```
//!
//! The device sends its ACK when it has processed the packet. A damaged frame gets a NAK, the host's NAK brings the
//! last frame again. Source: the genuine flashloader (K2.1.0, in NXP-MCUBootUtility), disassembled, and run in emulation with
//! random traffic.

use std::collections::VecDeque;

pub mod frame;
#[cfg(test)]
mod tests;

use frame::{Event, Receiver};

use crate::flashloader::status::{
    ABORT_DATA_PHASE, FAIL, INVALID_ARGUMENT, PING_IN_DATA, Status, TIMEOUT,
};
use crate::flashloader::{Outcome, Packet, Processor, Received, Waits};
use crate::machine::Machine;

/// Bytes the firmware's receive ring holds while it is at work; more are lost.
const RING: usize = 64;
/// Bits of a ping from the first to the last falling edge of each byte, together: four edges in the first, three in the second.
const PING_BITS: u64 = 8 + 7;
/// Longest gap between two edges of the ping that is measured.
const AUTOBAUD_GAP_NS: u64 = 80_000_000;
/// Measured rates are rounded to a multiple of this.
const BAUD_STEP: u32 = 1200;

/// The flashloader's serial side.
#[derive(Clone, Debug)]
pub struct SerialLoader {
    processor: Processor,
    receiver: Receiver,
    baud: Option<u32>,
    ring: VecDeque<(u64, u8)>,
    /// Falling edges before autobaud.
    edges: Vec<u64>,
    /// What was last sent and waits for the host's ACK.
    last: Option<Vec<u8>>,
    idle_since: u64,
}

impl SerialLoader {
    /// A flashloader that has not heard a ping yet.
    pub fn new(processor: Processor) -> SerialLoader {
        SerialLoader {
            receiver: Receiver::new(processor.max_packet()),
            processor,
            baud: None,
            ring: VecDeque::new(),
            edges: Vec::new(),
            last: None,
            idle_since: 0,
        }
    }

    /// The command processor.
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    /// The command processor, to be changed.
    pub fn processor_mut(&mut self) -> &mut Processor {
        &mut self.processor
    }

    /// The rate it listens at; `None` before it has measured one.
    pub fn baud(&self) -> Option<u32> {
        self.baud
    }

    /// How the program ended, if it did.
    pub fn outcome(&self) -> Option<Outcome> {
        self.processor.outcome()
    }

    /// A byte arrives at the host's present time, sent at `baud`. It waits in the ring while the firmware works.
    pub fn arrive(&mut self, machine: &mut Machine, baud: u32, byte: u8) {
        let now = machine.clock.now_ns();
        match self.baud {
            None => self.measure(machine, now, baud, byte),
            Some(_) if self.ring.len() < RING => self.ring.push_back((now, byte)),
            Some(_) => {}
        }
    }

    /// When the firmware will look at its ring again; `None` when nothing is in it.
    pub fn at_work_until(&self, machine: &Machine) -> Option<u64> {
        (!self.ring.is_empty()).then(|| machine.clock.device_ns())
    }

    /// When it will do something again without another byte: with what is in its ring, or because the rest of a frame does not
    /// come.
    pub fn due(&self, machine: &Machine) -> Option<u64> {
        let late = self.receiver.deadline().map(|deadline| deadline + 1);
        // in silence, where it waits for a command
        let late = late.filter(|_| self.wanted() != Some(frame::COMMAND));
        let late = late.map(|late| late.max(machine.clock.device_ns()));
        self.at_work_until(machine).into_iter().chain(late).min()
    }

    /// Works off what is in the ring, as far as the host's time has come; bytes to send, each with the time it is out.
    pub fn run(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>) {
        self.push(machine, out);
        while machine.clock.device_ns() <= machine.clock.now_ns() {
            let seen = self.ring.front().map(|(at, _)| (*at).max(self.idle_since));
            let late = self.receiver.deadline();
            let late = late.is_some_and(|late| seen.unwrap_or(machine.clock.now_ns()) > late);
            let event = match (late, seen) {
                (true, _) => Some(self.receiver.give_up()),
                (false, None) => return,
                (false, Some(seen)) => {
                    let wanted = self.wanted();
                    let byte = self.ring.pop_front().map_or(0, |(_, byte)| byte);
                    self.receiver.byte(seen, byte, wanted)
                }
            };
            if let Some(event) = event {
                self.event(machine, out, event);
            }
        }
    }

    /// The type of the frame it waits for; `None` when it waits for an acknowledgement, or for nothing.
    fn wanted(&self) -> Option<u8> {
        match self.processor.waits() {
            _ if self.last.is_some() => None,
            Waits::Command => Some(frame::COMMAND),
            Waits::Data => Some(frame::DATA),
            Waits::Send(_) | Waits::Abort | Waits::Nothing => None,
        }
    }

    /// Before the first ping only the falling edges on the line mean anything: the firmware takes any seven of them for those
    /// of a ping, four and three, and the time in each group for its 8 and 7 bits. Source: the rate that the running firmware
    /// takes from the boot ROM's question, 96000 of 115200.
    fn measure(&mut self, machine: &mut Machine, now: u64, baud: u32, byte: u8) {
        let bit = byte_ns(baud) / 10;
        let began = now.saturating_sub(10 * bit);
        for edge in falling_edges(byte).map(|place| began + place * bit) {
            if self
                .edges
                .last()
                .is_some_and(|last| edge.saturating_sub(*last) > AUTOBAUD_GAP_NS)
            {
                self.edges.clear();
            }
            self.edges.push(edge);
            let [first, _, _, fourth, fifth, _, last] = self.edges[..] else {
                continue;
            };
            let time = (fourth - first + last - fifth).max(1);
            let measured = PING_BITS * 1_000_000_000 / time;
            let rounded = (measured as u32 + BAUD_STEP / 2) / BAUD_STEP * BAUD_STEP;
            self.baud = Some(rounded.max(BAUD_STEP));
            // they count as a ping, which is answered at that rate
            self.ring.extend([(now, frame::START), (now, frame::PING)]);
            self.idle_since = machine.clock.device_ns();
            return;
        }
    }

    fn event(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>, event: Event) {
        match (self.wanted(), event) {
            (None, event) => self.acknowledged(machine, out, event),
            (Some(_), Event::Damaged) => self.send(machine, out, &[frame::START, frame::NAK]),
            (Some(_), Event::Frame(payload)) => self.frame(machine, out, &payload),
            (Some(frame::DATA), Event::Late) => self.fail(machine, out, TIMEOUT),
            (Some(frame::DATA), Event::Header(frame::PING)) => {
                self.send(machine, out, &frame::PING_ANSWER);
                self.fail(machine, out, PING_IN_DATA);
            }
            (Some(frame::DATA), Event::Header(_)) => self.fail(machine, out, FAIL),
            (_, Event::Header(frame::PING)) => self.send(machine, out, &frame::PING_ANSWER),
            // where a command is waited for, all else is dropped in silence
            (_, Event::Header(_) | Event::Late) => {}
        }
        self.idle_since = machine.clock.device_ns();
    }

    /// The host's acknowledgement, or what came in its place. Anything but ACK and NAK ends the wait: an answer counts as
    /// sent, a data phase ends with a status of its own, unless it ended already.
    fn acknowledged(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>, event: Event) {
        let Some(last) = self.last.take() else { return };
        let in_data =
            matches!(self.processor.waits(), Waits::Send(Packet::Data(data)) if !data.is_empty());
        let failed = match event {
            Event::Header(frame::NAK) => {
                self.send(machine, out, &last);
                self.last = Some(last);
                return;
            }
            Event::Header(frame::ACK) => None,
            Event::Header(frame::ACK_ABORT) => Some(ABORT_DATA_PHASE),
            Event::Late => Some(TIMEOUT),
            Event::Header(_) | Event::Frame(_) | Event::Damaged => Some(INVALID_ARGUMENT),
        };
        match failed.filter(|_| in_data) {
            Some(status) => self.processor.received(machine, Received::Failed(status)),
            None => self.processor.sent(machine),
        }
        self.push(machine, out);
    }

    /// Something else came where the next data frame was to come: the device ends the phase.
    fn fail(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>, status: Status) {
        self.processor.received(machine, Received::Failed(status));
        self.send(machine, out, &[frame::START, frame::ACK_ABORT]);
        self.processor.sent(machine);
        self.push(machine, out);
    }

    /// The frame it waited for.
    fn frame(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>, payload: &[u8]) {
        let what = match payload {
            [] => Received::Aborted,
            _ => Received::Packet(payload),
        };
        self.processor.received(machine, what);
        if *self.processor.waits() == Waits::Abort {
            self.send(machine, out, &[frame::START, frame::ACK_ABORT]);
            self.processor.sent(machine);
        } else if *self.processor.waits() != Waits::Nothing || self.processor.outcome().is_some() {
            self.send(machine, out, &[frame::START, frame::ACK]);
        }
        self.push(machine, out);
    }

    /// Sends the packet the processor has for the host, once.
    fn push(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>) {
        if self.last.is_some() {
            return;
        }
        let bytes = match self.processor.waits() {
            Waits::Send(Packet::Command(payload)) => frame::encode(frame::COMMAND, payload),
            Waits::Send(Packet::Data(payload)) => frame::encode(frame::DATA, payload),
            _ => return,
        };
        self.send(machine, out, &bytes);
        self.last = Some(bytes);
    }

    fn send(&mut self, machine: &mut Machine, out: &mut VecDeque<(u64, u8)>, bytes: &[u8]) {
        for byte in bytes {
            machine.clock.work(byte_ns(self.baud.unwrap_or(BAUD_STEP)));
            out.push_back((machine.clock.device_ns(), *byte));
        }
    }
}

/// Where the line falls in a byte, in bits from its start bit on; lowest bit first.
pub(crate) fn falling_edges(byte: u8) -> impl Iterator<Item = u64> {
    let level = move |place: u64| match place {
        0 => false,
        place => byte >> (place - 1) & 1 == 1,
    };
    (0..9).filter(move |place| !level(*place) && (*place == 0 || level(*place - 1)))
}

/// Time of one byte on the line: start bit, eight bits, stop bit.
pub fn byte_ns(baud: u32) -> u64 {
    10_000_000_000 / u64::from(baud.max(1))
}

/// What a byte sent at one rate looks like to a receiver at another: garbage, the same every time.
pub fn garbled(byte: u8, sent: u32, heard: u32) -> u8 {
    // a UART tolerates about 2 % between the two rates
    if sent.abs_diff(heard) <= heard / 50 {
        byte
    } else {
        byte.rotate_left(3) ^ 0xC3
    }
}
