//! rtboot's own RAM loader as a USB device: reports on two interrupt endpoints, as NXP's loader has them.
//!
//! ```text
//! OUT report  id 1 command, id 2 data: id, 0, length (2, LE), payload     up to 1024 bytes, one packet
//! IN report   id 3 response, id 4 data: the same                          always 1021 bytes, one packet
//! ```
//! Unlike NXP's it takes reports while it works: [`OUT_BUFFERS`] of them, and it has [`IN_BUFFERS`] for those to the host.
//! So flash and wire work at the same time.
//!
//! Source: `docs/loader.md`; the number of buffers: `loader/hal/src/usb/memory.rs`.

mod by_fcb;
mod commands;
mod configure;
mod controller;
mod descriptors;
mod error;
mod flash;
mod hash;
mod inspect;
mod memory;
mod pace;
mod property;
mod protect;
mod rescue;
mod server;
mod source;
mod start;
mod stream;
mod write;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::usb::enumeration;
use super::{Control, NorSetup, OutResult, Outcome};
use crate::machine::Machine;
use inspect::Failure;
use rescue::Rung;
pub use server::Entry;
use server::Server;

/// Bytes of a USB packet on both endpoints, which ends a report.
pub const PACKET: usize = 1024;
/// Bytes of a report to the host.
const REPORT: usize = 1021;
/// Bytes before the payload.
const HEADER: usize = 4;
/// One packet on an interrupt endpoint: bInterval 1, a microframe.
const PACKET_NS: u64 = 125_000;
/// Reports from the host that the controller takes by itself.
const OUT_BUFFERS: usize = 8;
/// Reports to the host that the controller keeps.
const IN_BUFFERS: usize = 6;

/// A report: its id and its payload.
type Report = (u8, Vec<u8>);

/// What the loader knows, as a folder keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnState {
    id: Option<[u8; 3]>,
    rung: Rung,
    entry: Entry,
    failure: Failure,
}

/// rtboot's own loader behind its USB endpoints.
#[derive(Debug, Clone)]
pub struct OwnLoader {
    server: Server,
    /// Reports from the host that the firmware has not looked at, in their buffers.
    waiting: VecDeque<Report>,
    /// When it looks at those that it has looked at: until then each has its buffer.
    looked_at: VecDeque<u64>,
    /// Reports for the host, each with the time from when on it is there.
    for_host: VecDeque<(u64, Vec<u8>)>,
    configured: bool,
}

impl OwnLoader {
    /// The firmware starts on `m` and attaches to the bus; `entry` is what the boot ROM left.
    pub fn start(m: &mut Machine, entry: Entry) -> OwnLoader {
        OwnLoader {
            server: Server::start(m, entry),
            waiting: VecDeque::new(),
            looked_at: VecDeque::new(),
            for_host: VecDeque::new(),
            configured: true,
        }
    }

    /// What it knows beside how the flash is set up.
    pub fn knows(&self) -> OwnState {
        OwnState {
            id: self.server.flash.id,
            rung: self.server.flash.rung,
            entry: self.server.entry,
            failure: self.server.failure,
        }
    }

    /// Takes on what [`OwnLoader::knows`] told.
    pub fn set_known(&mut self, state: OwnState) {
        self.server.flash.id = state.id;
        self.server.flash.rung = state.rung;
        self.server.entry = state.entry;
        self.server.failure = state.failure;
    }

    /// How the flash is set up.
    pub fn setup(&self) -> NorSetup {
        self.server.flash.setup()
    }

    /// Takes a set-up on.
    pub fn set_up_as(&mut self, setup: &NorSetup) {
        self.server.flash.set_up_as(setup);
    }

    /// One OUT transfer on endpoint 2. Waits (in virtual time) until there is a buffer; `Nak` when there will be none.
    pub fn usb_out(&mut self, m: &mut Machine, transfer: &[u8]) -> OutResult {
        let packets = transfer
            .chunks(PACKET)
            .chain(transfer.is_empty().then_some(transfer));
        for packet in packets {
            let Some(ready) = self.usb_out_ready_at() else {
                return OutResult::Nak;
            };
            m.clock.advance_to(ready);
            m.clock.advance(PACKET_NS);
            m.costs.out2 += 1;
            let now = m.clock.now_ns();
            self.looked_at.retain(|at| *at > now);
            // a report that is shorter than it says is dropped
            if let Some(report) = report(packet) {
                self.waiting.push_back(report);
                self.work(m);
            }
        }
        OutResult::Taken
    }

    /// From when on endpoint 2 takes a report; `None` = not before an IN report is read.
    pub fn usb_out_ready_at(&self) -> Option<u64> {
        if !self.configured || self.server.is_over() {
            return None;
        }
        let room = OUT_BUFFERS.checked_sub(self.waiting.len() + 1)?;
        match self.looked_at.len().saturating_sub(room) {
            0 => Some(0),
            too_many => self.looked_at.get(too_many - 1).copied(),
        }
    }

    /// When the next IN report is or becomes ready; `None` = none is pending.
    pub fn usb_in_ready_at(&self) -> Option<u64> {
        self.for_host.front().map(|(ready, _)| *ready)
    }

    /// The next IN report, 1021 bytes, id first; the clock goes on to when it is ready.
    pub fn usb_in(&mut self, m: &mut Machine) -> Option<Vec<u8>> {
        let (ready, report) = self.for_host.pop_front()?;
        m.clock.advance_to(ready);
        m.clock.advance(PACKET_NS);
        m.costs.in1 += 1;
        self.work(m);
        Some(report)
    }

    /// A control transfer on endpoint 0; `setup` is the 8 bytes of the SETUP packet.
    pub fn usb_control(&mut self, m: &mut Machine, setup: [u8; 8]) -> Control {
        let [kind, request, value_low, value_high, index, ..] = setup;
        let length = usize::from(u16::from_le_bytes([setup[6], setup[7]]));
        m.costs.setup += 1;
        let answer = match (kind, request, value_high) {
            (0x80 | 0x81, 6, _) => descriptors::answer(kind, value_high, value_low),
            (0x80, 8, _) => Some(vec![u8::from(self.configured)]),
            (0x80..=0x82, 0, _) => Some(vec![u8::from(kind == 0x80), 0]),
            (0x81, 10, _) => Some(vec![0]),
            (0x00, 9, _) if value_low <= 1 => self.begin_anew(value_low == 1),
            // SET_INTERFACE; CLEAR_FEATURE(HALT)
            (0x01, 11, 0) if value_low == 0 && self.configured => self.begin_anew(true),
            (0x02, 1, 0) if value_low == 0 => {
                self.clear_halt(index);
                Some(Vec::new())
            }
            (0x00, 5, _) | (0x21, 0x0A, _) => Some(Vec::new()),
            // SET_REPORT too: reports travel on endpoint 2
            _ => None,
        };
        let Some(mut bytes) = answer else {
            return Control::Stall;
        };
        bytes.truncate(length);
        if kind & 0x80 == 0 || length == 0 {
            m.costs.in0 += 1;
        } else {
            m.costs.in0 += bytes.len().div_ceil(64).max(1) as u64;
            m.costs.out0 += 1;
        }
        Control::Data(bytes)
    }

    /// The host resets the bus: what was queued is void, the command at hand is over.
    pub fn bus_reset(&mut self) {
        self.begin_anew(false);
    }

    /// An operating system enumerates the device.
    pub fn enumerate(&mut self, m: &mut Machine) {
        for request in enumeration() {
            match request {
                Some(setup) => {
                    self.usb_control(m, setup);
                }
                None => self.bus_reset(),
            }
        }
    }

    /// How the program ended, if it did by now: once the host has its answers, or a second after them.
    pub fn outcome(&self, now: u64) -> Option<Outcome> {
        let (outcome, patience) = self.server.ending?;
        let told = self.for_host.is_empty() && self.server.answers.is_empty();
        (told || now >= patience).then_some(outcome)
    }

    fn begin_anew(&mut self, configured: bool) -> Option<Vec<u8>> {
        self.configured = configured;
        self.waiting.clear();
        self.for_host.clear();
        self.server.lose_link();
        Some(Vec::new())
    }

    fn clear_halt(&mut self, endpoint: u8) {
        match endpoint {
            0x81 => self.for_host.clear(),
            0x02 => self.waiting.clear(),
            _ => return,
        }
        self.server.lose_link();
    }

    /// The firmware works until it needs a report from the host or a buffer for one to it.
    fn work(&mut self, m: &mut Machine) {
        loop {
            while self.for_host.len() < IN_BUFFERS
                && let Some(report) = self.server.answers.pop_front()
            {
                self.for_host
                    .push_back((m.clock.device_ns(), padded(&report)));
            }
            if !self.server.answers.is_empty() || self.server.is_over() {
                return;
            }
            let ends_read =
                matches!(self.waiting.front(), Some((1, payload)) if payload.is_empty());
            if self.server.goes_on(m, ends_read) {
                continue;
            }
            let Some((id, payload)) = self.waiting.pop_front() else {
                return;
            };
            self.looked_at.push_back(m.clock.device_ns());
            self.server.report(m, id, &payload);
        }
    }
}

/// Id and payload of a packet.
fn report(packet: &[u8]) -> Option<Report> {
    let &[id, _, low, high, ref payload @ ..] = packet else {
        return None;
    };
    let declared = usize::from(u16::from_le_bytes([low, high]));
    Some((id, payload.get(..declared)?.to_vec()))
}

/// The report as it goes over the wire.
fn padded((id, payload): &Report) -> Vec<u8> {
    let length = payload.len().min(REPORT - HEADER);
    let [low, high] = (length as u16).to_le_bytes();
    let mut bytes = vec![0; REPORT];
    bytes[..HEADER].copy_from_slice(&[*id, 0, low, high]);
    bytes[HEADER..HEADER + length].copy_from_slice(&payload[..length]);
    bytes
}
