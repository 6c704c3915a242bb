//! A device in a host's hands: transfers wait for the device, answers for their time.
//!
//! ```text
//! endpoint 0        control transfers, one after the other, at once
//! endpoint 2 OUT    waits while the firmware does not listen (NAK)
//! endpoint 1 IN     waits until there is a report; it comes in packets, and a packet shorter than the endpoint's ends the
//!                   transfer, as does a full buffer
//! ```

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::slot::{Place, Slot, Taken};
use super::wire::{self, Failure, Request, Urb};
use crate::board::{Board, Gone};
use crate::flashloader::Control;

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

/// A device that a host has imported.
pub struct Session<'a> {
    slot: &'a Slot,
    taken: &'a Taken,
    stream: TcpStream,
    control: VecDeque<Urb>,
    output: VecDeque<Urb>,
    input: VecDeque<Urb>,
    /// Transfers that the device will never end.
    stuck: Vec<Urb>,
    /// Packets of IN reports that no transfer has taken yet.
    packets: VecDeque<Vec<u8>>,
    /// What the first IN transfer has got so far.
    got: Vec<u8>,
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
            output: VecDeque::new(),
            input: VecDeque::new(),
            stuck: Vec::new(),
            packets: VecDeque::new(),
            got: Vec::new(),
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
            (1, true) => &mut self.input,
            (2, false) if self.taken.has_out_endpoint => &mut self.output,
            _ => return self.fail(&urb, Failure::Stall),
        };
        match queue.len() + stuck < MAX_WAITING {
            true => queue.push_back(urb),
            false => self.fail(&urb, Failure::TooMany),
        }
    }

    fn pending(&self) -> usize {
        self.control.len() + self.output.len() + self.input.len() + self.stuck.len()
    }

    /// Unlinks a transfer; `false` when it has ended already.
    fn unlink(&mut self, victim: u32) -> bool {
        if self.input.front().is_some_and(|urb| urb.seqnum == victim) {
            self.got.clear();
        }
        let before = self.pending();
        for queue in [&mut self.control, &mut self.output, &mut self.input] {
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
        let takes = self.output.front().and_then(|_| board.usb_out_ready());
        if takes.is_some_and(|at| at <= now) {
            self.send(board, place);
            return Turn::Again;
        }
        if self.fill() {
            return Turn::Again;
        }
        let gives = self.input.front().and_then(|_| board.usb_in_ready());
        if gives.is_some_and(|at| at <= now) {
            self.receive(board);
            return Turn::Again;
        }
        match takes.into_iter().chain(gives).min() {
            Some(at) => Turn::After(at.saturating_sub(now)),
            None => Turn::Idle,
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

    fn send(&mut self, board: &mut Board, place: &mut Place) {
        let Some(urb) = self.output.pop_front() else {
            return;
        };
        match board.usb_write(&urb.data) {
            Ok(()) => {
                let taken = urb.data.len();
                self.answers
                    .extend(wire::ended_out(urb.seqnum, None, taken));
            }
            Err(Gone::Stalled) => self.stick(board, place, urb),
            Err(Gone::Detached) => self.output.push_front(urb),
        }
    }

    /// The device does not take this transfer. The host decides how long to wait; the board's own time-out does not count.
    fn stick(&mut self, board: &Board, place: &mut Place, urb: Urb) {
        self.stuck.push(urb);
        place.pace.forgive(board.elapsed(), Instant::now());
    }

    fn receive(&mut self, board: &mut Board) {
        if let Ok(Some(report)) = board.usb_read(Duration::ZERO) {
            self.packets
                .extend(report.chunks(self.taken.packet).map(<[u8]>::to_vec));
            // at once: the device may have left the bus with this answer
            while self.fill() {}
        }
    }

    /// Gives the next packet to the first IN transfer; `false` when there is no packet or no transfer.
    fn fill(&mut self) -> bool {
        let Some(room) = self.input.front().map(|urb| urb.length) else {
            return false;
        };
        let Some(packet) = self.packets.pop_front() else {
            return false;
        };
        let room = room.saturating_sub(self.got.len());
        let fits = packet.len() <= room;
        self.got.extend(&packet[..packet.len().min(room)]);
        if fits && packet.len() == self.taken.packet && packet.len() < room {
            return true;
        }
        if let Some(urb) = self.input.pop_front() {
            let failure = (!fits).then_some(Failure::Babble);
            let data = std::mem::take(&mut self.got);
            self.answers
                .extend(wire::ended_in(urb.seqnum, failure, &data));
        }
        true
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
        for queue in [&mut self.control, &mut self.output, &mut self.input] {
            all.extend(queue.drain(..));
        }
        for urb in &all {
            self.fail(urb, Failure::Shutdown);
        }
        self.stream.write_all(&self.answers)
    }
}
