//! A device in a host's hands: transfers wait for the device, answers for their time.
//!
//! ```text
//! endpoint 0        control transfers, one after the other, at once
//! endpoint 2 OUT    waits while the firmware does not listen (NAK)
//! endpoint 1 IN     waits until there is a report; it comes in packets, and a packet shorter than the endpoint's ends the
//!                   transfer, as does a full buffer
//! endpoint 3        the same in both directions, where the device has a bulk interface
//! ```

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::slot::{Place, Slot, Taken};
use super::wire::{self, Failure, Request, Urb};
use crate::board::{Board, Gone};
use crate::flashloader::{BULK_PACKET, Control, Interface};

/// More transfers than a host keeps waiting at an endpoint of a HID device.
const MAX_WAITING: usize = 64;

/// How long a hub takes to notice that a device has left.
///
/// Without it Linux hangs now and then: when the connection ends between a transfer's submission and its unlinking, as after the
/// answer to a reset, `vhci-hcd` (6.1) drops the unlinking and never gives the transfer back, and whoever closes the device waits
/// for ever in `usb_kill_urb`.
const UNNOTICED: Duration = Duration::from_millis(300);

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The host released it.
    HostLeft,
    /// The device left the bus.
    DeviceLeft,
}

/// What remains to be done after a step.
enum Turn {
    /// More, at once.
    Again,
    /// More, then.
    After(Duration),
    /// Nothing until the host wants something.
    Idle,
    /// Nothing any more.
    Left,
}

/// An interface's two endpoints.
struct Pipe {
    interface: Interface,
    /// Bytes of an IN packet.
    packet: usize,
    output: VecDeque<Urb>,
    input: VecDeque<Urb>,
    /// Packets to the host that no transfer has taken yet.
    packets: VecDeque<Vec<u8>>,
    /// What the first IN transfer has got so far.
    got: Vec<u8>,
}

impl Pipe {
    fn new(interface: Interface, packet: usize) -> Pipe {
        Pipe {
            interface,
            packet,
            output: VecDeque::new(),
            input: VecDeque::new(),
            packets: VecDeque::new(),
            got: Vec::new(),
        }
    }

    /// When the device takes the first OUT transfer, and when it has something for the first IN transfer.
    fn ready(&self, board: &Board) -> [Option<Duration>; 2] {
        let (takes, gives) = match self.interface {
            Interface::Hid => (board.usb_out_ready(), board.usb_in_ready()),
            Interface::Bulk => (board.bulk_out_ready(), board.bulk_in_ready()),
        };
        [
            self.output.front().and(takes),
            self.input.front().and(gives),
        ]
    }

    /// Gives the next packet to the first IN transfer; its answer when that ends it, `None` when there is no packet or no
    /// transfer.
    fn fill(&mut self) -> Option<Vec<u8>> {
        let room = self.input.front()?.length;
        let packet = self.packets.pop_front()?;
        let room = room.saturating_sub(self.got.len());
        let fits = packet.len() <= room;
        self.got.extend(&packet[..packet.len().min(room)]);
        if fits && packet.len() == self.packet && packet.len() < room {
            return Some(Vec::new());
        }
        let urb = self.input.pop_front()?;
        let failure = (!fits).then_some(Failure::Babble);
        let data = std::mem::take(&mut self.got);
        Some(wire::ended_in(urb.seqnum, failure, &data))
    }
}

/// A device that a host has imported.
pub struct Session<'a> {
    slot: &'a Slot,
    taken: &'a Taken,
    stream: TcpStream,
    control: VecDeque<Urb>,
    hid: Pipe,
    bulk: Pipe,
    /// Transfers that the device will never end.
    stuck: Vec<Urb>,
    /// Answers to be sent when the wall clock is where the board is.
    answers: Vec<u8>,
}

impl<'a> Session<'a> {
    pub fn new(slot: &'a Slot, taken: &'a Taken, stream: TcpStream) -> Session<'a> {
        Session {
            slot,
            taken,
            stream,
            control: VecDeque::new(),
            hid: Pipe::new(Interface::Hid, taken.packet),
            bulk: Pipe::new(Interface::Bulk, BULK_PACKET),
            stuck: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Serves until one side leaves. A host that takes no more answers counts as gone.
    pub fn run(&mut self, requests: &Receiver<Request>) -> Ended {
        loop {
            let turn = match self.turn() {
                Ok(turn) => turn,
                Err(_) => return Ended::HostLeft,
            };
            let first = match turn {
                Turn::Left => {
                    self.linger(requests);
                    let _ = self.shut_down();
                    return Ended::DeviceLeft;
                }
                Turn::Again => requests.recv_timeout(Duration::ZERO),
                Turn::After(time) => requests.recv_timeout(time),
                Turn::Idle => requests.recv().map_err(RecvTimeoutError::from),
            };
            match first {
                Ok(request) => self.take(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ended::HostLeft,
            }
            while let Ok(request) = requests.try_recv() {
                self.take(request);
            }
        }
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Submit(urb) => self.submit(urb),
            Request::Unlink { seqnum, victim } => {
                let was_there = self.unlink(victim);
                self.answers.extend(wire::unlinked(seqnum, was_there));
            }
        }
    }

    fn submit(&mut self, urb: Urb) {
        let stuck = self.stuck.len();
        let queue = match (urb.endpoint, urb.is_in) {
            (0, _) => &mut self.control,
            (1, true) => &mut self.hid.input,
            (2, false) if self.taken.has_out_endpoint => &mut self.hid.output,
            (3, true) if self.taken.has_bulk => &mut self.bulk.input,
            (3, false) if self.taken.has_bulk => &mut self.bulk.output,
            _ => return self.fail(&urb, Failure::Stall),
        };
        match queue.len() + stuck < MAX_WAITING {
            true => queue.push_back(urb),
            false => self.fail(&urb, Failure::TooMany),
        }
    }

    fn queues(&mut self) -> [&mut VecDeque<Urb>; 5] {
        [
            &mut self.control,
            &mut self.hid.output,
            &mut self.hid.input,
            &mut self.bulk.output,
            &mut self.bulk.input,
        ]
    }

    fn pending(&mut self) -> usize {
        let queued: usize = self.queues().iter().map(|queue| queue.len()).sum();
        queued + self.stuck.len()
    }

    /// Unlinks a transfer; `false` when it has ended already.
    fn unlink(&mut self, victim: u32) -> bool {
        for pipe in [&mut self.hid, &mut self.bulk] {
            let first = pipe.input.front();
            if first.is_some_and(|urb| urb.seqnum == victim) {
                pipe.got.clear();
            }
        }
        let before = self.pending();
        for queue in self.queues() {
            queue.retain(|urb| urb.seqnum != victim);
        }
        self.stuck.retain(|urb| urb.seqnum != victim);
        self.pending() < before
    }

    fn fail(&mut self, urb: &Urb, failure: Failure) {
        let bytes = match urb.is_in {
            true => wire::ended_in(urb.seqnum, Some(failure), &[]),
            false => wire::ended_out(urb.seqnum, Some(failure), 0),
        };
        self.answers.extend(bytes);
    }

    /// One step of the device, not before the answers of the last step are due.
    fn turn(&mut self) -> io::Result<Turn> {
        let slot = self.slot;
        let ahead = slot.visit(|board, place| place.pace.ahead(board.elapsed(), Instant::now()));
        if !ahead.is_zero() {
            return Ok(Turn::After(ahead));
        }
        if !self.answers.is_empty() {
            self.stream.write_all(&self.answers)?;
            self.answers.clear();
        }
        Ok(slot.visit(|board, place| {
            let there = board.usb().is_some();
            if !there || board.usb_attach() != Some(self.taken.enumeration) {
                return Turn::Left;
            }
            self.step(board, place)
        }))
    }

    fn step(&mut self, board: &mut Board, place: &mut Place) -> Turn {
        if let Some(urb) = self.control.pop_front() {
            self.control(board, place, urb);
            return Turn::Again;
        }
        let now = board.elapsed();
        let mut next = None;
        for interface in [Interface::Hid, Interface::Bulk] {
            let [takes, gives] = self.pipe(interface).ready(board);
            if takes.is_some_and(|at| at <= now) {
                self.send(board, place, interface);
                return Turn::Again;
            }
            if let Some(answer) = self.pipe(interface).fill() {
                self.answers.extend(answer);
                return Turn::Again;
            }
            if gives.is_some_and(|at| at <= now) {
                self.receive(board, interface);
                return Turn::Again;
            }
            next = next.into_iter().chain(takes).chain(gives).min();
        }
        match next {
            Some(at) => Turn::After(at.saturating_sub(now)),
            None => Turn::Idle,
        }
    }

    fn pipe(&mut self, interface: Interface) -> &mut Pipe {
        match interface {
            Interface::Hid => &mut self.hid,
            Interface::Bulk => &mut self.bulk,
        }
    }

    fn control(&mut self, board: &mut Board, place: &mut Place, urb: Urb) {
        let length = usize::from(u16::from_le_bytes([urb.setup[6], urb.setup[7]]));
        let data = &urb.data[..urb.data.len().min(length)];
        match board.usb_control(urb.setup, data) {
            Ok(Control::Data(mut bytes)) if urb.is_in => {
                bytes.truncate(urb.length);
                self.answers
                    .extend(wire::ended_in(urb.seqnum, None, &bytes));
            }
            Ok(Control::Data(_)) => {
                self.answers
                    .extend(wire::ended_out(urb.seqnum, None, data.len()));
            }
            Ok(Control::Stall) => self.fail(&urb, Failure::Stall),
            Err(Gone::Stalled) => self.stick(board, place, urb),
            Err(Gone::Detached) => self.control.push_front(urb),
        }
    }

    fn send(&mut self, board: &mut Board, place: &mut Place, interface: Interface) {
        let Some(urb) = self.pipe(interface).output.pop_front() else {
            return;
        };
        let written = match interface {
            Interface::Hid => board.usb_write(&urb.data),
            Interface::Bulk => board.bulk_write(&urb.data),
        };
        match written {
            Ok(()) => {
                let taken = urb.data.len();
                self.answers
                    .extend(wire::ended_out(urb.seqnum, None, taken));
            }
            Err(Gone::Stalled) => self.stick(board, place, urb),
            Err(Gone::Detached) => self.pipe(interface).output.push_front(urb),
        }
    }

    /// The device does not take this transfer. The host decides how long to wait; the board's own time-out does not count.
    fn stick(&mut self, board: &Board, place: &mut Place, urb: Urb) {
        self.stuck.push(urb);
        place.pace.forgive(board.elapsed(), Instant::now());
    }

    fn receive(&mut self, board: &mut Board, interface: Interface) {
        let read = match interface {
            Interface::Hid => board.usb_read(Duration::ZERO),
            Interface::Bulk => board.bulk_read(Duration::ZERO),
        };
        if let Ok(Some(report)) = read {
            let pipe = self.pipe(interface);
            let packet = pipe.packet;
            pipe.packets
                .extend(report.chunks(packet).map(<[u8]>::to_vec));
            // at once: the device may have left the bus with this answer
            while let Some(answer) = self.pipe(interface).fill() {
                self.answers.extend(answer);
            }
        }
    }

    /// The device has left, unnoticed so far: no transfer ends, but the host can unlink them.
    fn linger(&mut self, requests: &Receiver<Request>) {
        let end = Instant::now() + UNNOTICED;
        while let Ok(request) = requests.recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.take(request);
            let sent = self.stream.write_all(&self.answers);
            self.answers.clear();
            if sent.is_err() || Instant::now() >= end {
                return;
            }
        }
    }

    /// The device has left: all waiting transfers end.
    fn shut_down(&mut self) -> io::Result<()> {
        let mut all = std::mem::take(&mut self.stuck);
        for queue in self.queues() {
            all.extend(queue.drain(..));
        }
        for urb in &all {
            self.fail(urb, Failure::Shutdown);
        }
        self.stream.write_all(&self.answers)
    }
}
