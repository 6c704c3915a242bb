//! rtboot's own RAM loader as a USB device: reports on two interrupt endpoints, as NXP's loader has them, and the same as
//! frames on two bulk endpoints.
//!
//! ```text
//! OUT report  id 1 command, id 2 data: id, 0, length (2, LE), payload     up to 1024 bytes, one packet
//! IN report   id 3 response, id 4 data: the same                          always 1021 bytes, one packet
//! OUT frame   the same                                                    up to 512 bytes, one packet
//! IN frame    the same                                                    4 to 1024 bytes, packets of 512
//! ```
//! Unlike NXP's it takes reports while it works: [`OUT_BUFFERS`] of them, and it has [`IN_BUFFERS`] for those to the host.
//! So flash and wire work at the same time.
//!
//! One interface has the word. A command on the other one gets it where the command at hand has to wait for its host.
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
mod serial;
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
pub use serial::OwnSerial;
use server::Server;
pub use server::{Entry, Server as OwnServer};

/// Bytes of a USB packet on both endpoints, which ends a report.
pub const PACKET: usize = 1024;
/// Bytes of a report to the host.
pub const REPORT: usize = 1021;
/// Bytes before the payload.
const HEADER: usize = 4;
/// One packet on an interrupt endpoint: bInterval 1, a microframe.
const PACKET_NS: u64 = 125_000;
/// A packet on a bulk endpoint: 13 of them fit into a microframe.
const BULK_PACKET_NS: u64 = 125_000 / 13;
/// Reports from the host that the controller takes by itself, on each interface.
const OUT_BUFFERS: [usize; 2] = [8, 1];
/// Reports to the host that the controller keeps.
const IN_BUFFERS: usize = 4;
/// The longest payload of data to the host, on each interface.
const MAX_PAYLOAD: [usize; 2] = [1016, 1020];
/// Bytes of a packet on the bulk endpoints.
pub const BULK_PACKET: usize = 512;

/// An interface of the USB device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    /// Reports on endpoints 1 IN and 2 OUT.
    Hid = 0,
    /// Frames on endpoint 3.
    Bulk = 1,
}

impl Interface {
    fn other(self) -> Interface {
        match self {
            Interface::Hid => Interface::Bulk,
            Interface::Bulk => Interface::Hid,
        }
    }

    /// Bytes of a packet from the host.
    fn packet(self) -> usize {
        match self {
            Interface::Hid => PACKET,
            Interface::Bulk => BULK_PACKET,
        }
    }

    /// How long so many bytes are on the wire.
    fn wire_ns(self, bytes: usize) -> u64 {
        match self {
            Interface::Hid => PACKET_NS,
            Interface::Bulk => BULK_PACKET_NS * bytes.div_ceil(BULK_PACKET).max(1) as u64,
        }
    }
}

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

impl Server {
    /// What it knows beside how the flash is set up.
    pub fn knows(&self) -> OwnState {
        OwnState {
            id: self.flash.id,
            rung: self.flash.rung,
            entry: self.entry,
            failure: self.failure,
        }
    }

    /// Takes on what [`Server::knows`] told.
    pub fn set_known(&mut self, state: OwnState) {
        self.flash.id = state.id;
        self.flash.rung = state.rung;
        self.entry = state.entry;
        self.failure = state.failure;
    }

    /// How the flash is set up.
    pub fn setup(&self) -> NorSetup {
        self.flash.setup()
    }

    /// Takes a set-up on.
    pub fn set_up_as(&mut self, setup: &NorSetup) {
        self.flash.set_up_as(setup);
    }
}

/// rtboot's own loader behind its USB endpoints.
#[derive(Debug, Clone)]
pub struct OwnLoader {
    server: Server,
    /// Reports from the host that the firmware has not looked at, in their buffers, of each interface.
    waiting: [VecDeque<Report>; 2],
    /// When it looks at those that it has looked at: until then each has its buffer.
    looked_at: [VecDeque<u64>; 2],
    /// The interface that has the word.
    active: Interface,
    /// Reports for the host on that interface, each with the time from when on it is there.
    for_host: VecDeque<(u64, Vec<u8>)>,
    configured: bool,
}

impl OwnLoader {
    /// The firmware starts on `m` and attaches to the bus; `entry` is what the boot ROM left.
    pub fn start(m: &mut Machine, entry: Entry) -> OwnLoader {
        OwnLoader {
            server: Server::start(m, entry),
            waiting: Default::default(),
            looked_at: Default::default(),
            active: Interface::Hid,
            for_host: VecDeque::new(),
            configured: true,
        }
    }

    /// What answers behind the connection.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The same, to be changed.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }

    /// One OUT transfer. Waits (in virtual time) until there is a buffer; `Nak` when there will be none.
    pub fn usb_out(&mut self, m: &mut Machine, interface: Interface, transfer: &[u8]) -> OutResult {
        let packets = transfer
            .chunks(interface.packet())
            .chain(transfer.is_empty().then_some(transfer));
        for packet in packets {
            let Some(ready) = self.usb_out_ready_at(interface) else {
                return OutResult::Nak;
            };
            m.clock.advance_to(ready);
            m.clock.advance(interface.wire_ns(packet.len()));
            match interface {
                Interface::Hid => m.costs.out2 += 1,
                Interface::Bulk => m.costs.out3 += 1,
            }
            let now = m.clock.now_ns();
            self.looked_at[interface as usize].retain(|at| *at > now);
            // a report that is shorter than it says is dropped
            if let Some(report) = report(packet) {
                self.waiting[interface as usize].push_back(report);
                self.work(m);
            }
        }
        OutResult::Taken
    }

    /// From when on an interface takes a report; `None` = not before an IN report is read.
    pub fn usb_out_ready_at(&self, interface: Interface) -> Option<u64> {
        if !self.configured || self.server.is_over() {
            return None;
        }
        let waiting = self.waiting[interface as usize].len();
        let looked_at = &self.looked_at[interface as usize];
        let room = OUT_BUFFERS[interface as usize].checked_sub(waiting + 1)?;
        match looked_at.len().saturating_sub(room) {
            0 => Some(0),
            too_many => looked_at.get(too_many - 1).copied(),
        }
    }

    /// When the next IN report of an interface is or becomes ready; `None` = none is pending.
    pub fn usb_in_ready_at(&self, interface: Interface) -> Option<u64> {
        let first = self.for_host.front().filter(|_| interface == self.active);
        first.map(|(ready, _)| *ready)
    }

    /// The next IN report, 1021 bytes with HID, id first; the clock goes on to when it is ready.
    pub fn usb_in(&mut self, m: &mut Machine, interface: Interface) -> Option<Vec<u8>> {
        self.usb_in_ready_at(interface)?;
        let (ready, report) = self.for_host.pop_front()?;
        m.clock.advance_to(ready);
        m.clock.advance(interface.wire_ns(report.len()));
        match interface {
            Interface::Hid => m.costs.in1 += 1,
            Interface::Bulk => m.costs.in3 += report.len().div_ceil(BULK_PACKET) as u64,
        }
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
            (0xC0, descriptors::MICROSOFT_CODE, _) if index == 7 => Some(descriptors::microsoft()),
            (0x80, 8, _) => Some(vec![u8::from(self.configured)]),
            (0x80..=0x82, 0, _) => Some(vec![u8::from(kind == 0x80), 0]),
            (0x81, 10, _) => Some(vec![0]),
            (0x00, 9, _) if value_low <= 1 => self.begin_anew(value_low == 1),
            // SET_INTERFACE; CLEAR_FEATURE(HALT)
            (0x01, 11, 0) if value_low == 0 && self.configured => {
                match index {
                    0 => [0x81, 0x02].map(|endpoint| self.clear_halt(endpoint)),
                    1 => [0x83, 0x03].map(|endpoint| self.clear_halt(endpoint)),
                    _ => [(); 2],
                };
                Some(Vec::new())
            }
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
        self.waiting = Default::default();
        self.for_host.clear();
        self.server.lose_link();
        Some(Vec::new())
    }

    /// The other interface goes on.
    fn clear_halt(&mut self, endpoint: u8) {
        let interface = match endpoint {
            0x81 | 0x02 => Interface::Hid,
            0x83 | 0x03 => Interface::Bulk,
            _ => return,
        };
        if endpoint & 0x80 == 0 {
            self.waiting[interface as usize].clear();
        }
        if interface == self.active {
            if endpoint & 0x80 != 0 {
                self.for_host.clear();
            }
            self.server.lose_link();
        }
    }

    /// Gives the word to the other interface when it has a command. What else is there, is left from a data phase that ended.
    fn yields(&mut self) -> bool {
        let other = self.active.other();
        while let Some((id, _)) = self.waiting[other as usize].front() {
            if *id == server::id::COMMAND {
                self.active = other;
                self.for_host.clear();
                self.server.lose_link();
                return true;
            }
            self.waiting[other as usize].pop_front();
        }
        false
    }

    /// The firmware works until it needs a report from the host or a buffer for one to it.
    fn work(&mut self, m: &mut Machine) {
        loop {
            while self.for_host.len() < IN_BUFFERS
                && let Some(report) = self.server.answers.pop_front()
            {
                let bytes = match self.active {
                    Interface::Hid => padded(&report),
                    Interface::Bulk => frame(&report),
                };
                self.for_host.push_back((m.clock.device_ns(), bytes));
            }
            if self.server.is_over() {
                return;
            }
            if !self.server.answers.is_empty() {
                match self.yields() {
                    true => continue,
                    false => return,
                }
            }
            let active = self.active as usize;
            let ends_read =
                matches!(self.waiting[active].front(), Some((1, payload)) if payload.is_empty());
            if self.server.goes_on(m, MAX_PAYLOAD[active], ends_read) {
                continue;
            }
            let Some((id, payload)) = self.waiting[active].pop_front() else {
                match self.yields() {
                    true => continue,
                    false => return,
                }
            };
            self.looked_at[active].push_back(m.clock.device_ns());
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

/// The report without padding.
fn frame((id, payload): &Report) -> Vec<u8> {
    let [low, high] = (payload.len() as u16).to_le_bytes();
    [&[*id, 0, low, high], payload.as_slice()].concat()
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
