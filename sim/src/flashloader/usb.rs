//! The flashloader as a USB HID device.
//!
//! ```text
//! OUT report  id 1 command, id 2 data: id, 0, length (2, LE), payload     1 to 1021 bytes
//! IN report   id 3 response, id 4 data: the same                          always 1021 bytes
//! ```
//! On an RT1024 the longest report has 1016 bytes, and both directions take it in one packet.
//!
//! Both directions share one buffer, and the firmware waits for one thing at a time: the OUT endpoint listens only
//! while the firmware asks for a report, an IN report blocks it until the host has read it.

use super::firmware::UsbProfile;
use super::{Build, Outcome, Packet, Processor, Received, Waits, descriptors};
use crate::machine::Machine;

/// Bytes before the payload.
const HEADER: usize = 4;

/// What became of an OUT report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutResult {
    /// The endpoint took it.
    Taken,
    /// The endpoint answers NAK: the firmware waits for its IN report to be read (or has gone silent).
    Nak,
}

/// Answer to a control transfer on endpoint 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Data of an IN transfer, or an acknowledgement (empty).
    Data(Vec<u8>),
    /// The request stalls.
    Stall,
}

/// Reset, address, descriptors, configuration and SET_IDLE, as an operating system does: SETUP packets, `None` for a bus reset.
pub(super) fn enumeration() -> [Option<[u8; 8]>; 12] {
    let get = |kind, value: u16, index: u16, length: u16| {
        let ([v0, v1], [i0, i1], [l0, l1]) = (
            value.to_le_bytes(),
            index.to_le_bytes(),
            length.to_le_bytes(),
        );
        Some([kind, 6, v0, v1, i0, i1, l0, l1])
    };
    [
        None,
        get(0x80, 0x100, 0, 64),
        None,
        Some([0, 5, 1, 0, 0, 0, 0, 0]),
        get(0x80, 0x100, 0, 18),
        get(0x80, 0x200, 0, 9),
        get(0x80, 0x200, 0, 41),
        get(0x80, 0x301, 0x409, 255),
        get(0x80, 0x302, 0x409, 255),
        Some([0, 9, 1, 0, 0, 0, 0, 0]),
        Some([0x21, 0x0A, 0, 0, 0, 0, 0, 0]),
        get(0x81, 0x2200, 0, 76),
    ]
}

/// The flashloader behind its USB endpoints.
#[derive(Debug, Clone)]
pub struct Flashloader {
    processor: Processor,
    buffer: Vec<u8>,
    profile: &'static UsbProfile,
    /// The bus runs at full speed.
    full_speed: bool,
    /// Endpoint 2 listens: bytes of the report so far, and since when.
    out: Option<(usize, u64)>,
    /// Bytes of a transfer that come when endpoint 2 listens again.
    rest: Vec<u8>,
    /// Endpoint 1 has a report, from then on.
    report_in: Option<u64>,
    /// Bytes of the last report that came in.
    last: usize,
    /// A report came in while the firmware did not ask for one; only a re-enumeration makes that possible.
    early: Option<usize>,
    configured: bool,
}

impl Flashloader {
    /// The firmware starts on `m`, attaches to the bus and waits.
    pub fn start(m: &mut Machine) -> Flashloader {
        Flashloader::start_build(m, Build::default())
    }

    /// The same for a build that lives elsewhere in RAM.
    pub fn start_build(m: &mut Machine, build: Build) -> Flashloader {
        let profile = &build.firmware.usb;
        let mut loader = Flashloader {
            processor: Processor::with_build(profile.payload, build),
            buffer: vec![0; profile.report],
            profile,
            full_speed: false,
            out: None,
            rest: Vec::new(),
            report_in: None,
            last: 0,
            early: None,
            configured: true,
        };
        loader.settle(m);
        loader
    }

    /// Endpoints and reports.
    pub fn profile(&self) -> &'static UsbProfile {
        self.profile
    }

    /// Puts the device on a full-speed bus, or back.
    pub fn set_full_speed(&mut self, full: bool) {
        self.full_speed = full;
    }

    /// wMaxPacketSize at the speed of the bus.
    pub fn packet(&self) -> usize {
        match self.full_speed {
            true => self.profile.full_speed,
            false => self.profile.packet,
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

    /// One OUT report on endpoint 2, id first, at most as long as a report. Waits (in virtual time) until the endpoint listens;
    /// `Nak` when it never does.
    pub fn usb_out(&mut self, m: &mut Machine, report: &[u8]) -> OutResult {
        if self.out.is_none() {
            return OutResult::Nak;
        }
        self.packets(m, report);
        OutResult::Taken
    }

    /// Packets of a transfer to the endpoint that listens. Where one ends a report and the firmware then has an IN report for the
    /// host, the rest goes on when that was read: a system's driver reads by itself.
    fn packets(&mut self, m: &mut Machine, bytes: &[u8]) {
        let (packet_size, most) = (self.packet(), self.profile.report);
        let mut rest = bytes;
        loop {
            let Some((got, since)) = self.out else {
                self.rest = rest.to_vec();
                return;
            };
            let (packet, later) = rest.split_at(rest.len().min(packet_size));
            m.clock.advance_to(since);
            m.usb_time(1);
            m.costs.out2 += 1;
            let end = (got + packet.len()).min(most);
            self.buffer[got..end].copy_from_slice(&packet[..end - got]);
            self.out = Some((end, since));
            rest = later;
            if packet.len() < packet_size || end == most {
                self.out = None;
                self.last = end;
                self.take(m, end);
            }
            if rest.is_empty() {
                return;
            }
        }
    }

    /// Since when or from when on endpoint 2 listens; `None` = not before an IN report is read.
    pub fn usb_out_ready_at(&self) -> Option<u64> {
        self.out.map(|(_, since)| since)
    }

    /// When the pending IN report is or becomes ready, in nanoseconds of the clock; `None` = none is pending.
    pub fn usb_in_ready_at(&self) -> Option<u64> {
        self.report_in
    }

    /// The pending IN report at its full length, id first; the clock goes on to when it is ready.
    pub fn usb_in(&mut self, m: &mut Machine) -> Option<Vec<u8>> {
        let ready = self.report_in.take()?;
        m.clock.advance_to(ready);
        let packets = self.profile.report.div_ceil(self.packet()) as u64;
        m.usb_time(packets);
        m.costs.in1 += packets;
        let report = self.buffer.clone();
        self.processor.sent(m);
        self.settle(m);
        if self.out.is_some() && !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.packets(m, &rest);
        }
        Some(report)
    }

    /// A control transfer on endpoint 0; `setup` is the 8 bytes of the SETUP packet.
    pub fn usb_control(&mut self, m: &mut Machine, setup: [u8; 8], data: &[u8]) -> Control {
        let [
            kind,
            request,
            value_low,
            value_high,
            index,
            _,
            length_low,
            length_high,
        ] = setup;
        let length = usize::from(u16::from_le_bytes([length_low, length_high]));
        m.costs.setup += 1;
        let _ = (data, index);
        let answer = match (kind, request, value_high) {
            (0x80, 6, 1) => Some(descriptors::DEVICE.to_vec()),
            (0x80, 6, 2) => Some(descriptors::configuration(self.profile, self.full_speed)),
            (0x80, 6, 3) => descriptors::string(&descriptors::STRINGS, value_low),
            (0x81, 6, 0x22) => Some(descriptors::report(self.profile)),
            (0x80, 8, _) => Some(vec![u8::from(self.configured)]),
            (0x80..=0x82, 0, _) => Some(vec![u8::from(kind == 0x80), 0]),
            (0x00, 9, _) => {
                self.set_configuration(m, value_low != 0);
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

    /// The host resets the bus: what the firmware waited for on an endpoint counts as done, with whatever the shared
    /// buffer holds and the length of the last report.
    pub fn bus_reset(&mut self, m: &mut Machine) {
        self.rest.clear();
        if !std::mem::take(&mut self.configured) {
            return;
        }
        if self.report_in.take().is_some() {
            self.processor.sent(m);
            self.settle(m);
        } else if self.out.take().is_some() {
            self.take(m, self.last);
        }
    }

    /// An operating system enumerates the device.
    pub fn enumerate(&mut self, m: &mut Machine) {
        for request in enumeration() {
            match request {
                Some(setup) => {
                    self.usb_control(m, setup, &[]);
                }
                None => self.bus_reset(m),
            }
        }
    }

    /// How the program ended, if it did: then nothing is on the bus any more, unless `Silent`.
    pub fn outcome(&self) -> Option<Outcome> {
        self.processor.outcome()
    }

    /// The endpoints open again, and endpoint 2 listens once whatever the firmware is doing.
    fn set_configuration(&mut self, m: &Machine, on: bool) {
        self.configured = on;
        if on && self.out.is_none() && self.processor.outcome().is_none() {
            self.out = Some((0, m.clock.device_ns()));
        }
    }

    /// A whole report is in the buffer.
    fn take(&mut self, m: &mut Machine, len: usize) {
        if matches!(self.processor.waits(), Waits::Command | Waits::Data) {
            self.report(m, len);
        } else {
            self.early = Some(len);
        }
    }

    /// The firmware looks at the report in the buffer.
    fn report(&mut self, m: &mut Machine, len: usize) {
        let wanted = if *self.processor.waits() == Waits::Data {
            2
        } else {
            1
        };
        let declared = usize::from(u16::from_le_bytes([self.buffer[2], self.buffer[3]]));
        let buffer = self.buffer.clone();
        let what = if buffer[0] != wanted {
            Received::Wrong
        } else if declared == 0 {
            Received::Aborted
        } else if len.wrapping_sub(HEADER) < declared {
            Received::Wrong
        } else if wanted == 1 {
            // parameters beyond the declared length are what an earlier report left
            Received::Packet(&buffer[HEADER..])
        } else {
            Received::Packet(&buffer[HEADER..buffer.len().min(HEADER + declared)])
        };
        self.processor.received(m, what);
        self.settle(m);
    }

    /// Arms the endpoint for what the firmware waits for.
    fn settle(&mut self, m: &mut Machine) {
        match self.processor.waits().clone() {
            Waits::Send(Packet::Command(bytes)) => self.arm_in(m, 3, &bytes),
            Waits::Send(Packet::Data(bytes)) => self.arm_in(m, 4, &bytes),
            Waits::Abort => self.arm_in(m, 3, &[]),
            Waits::Command | Waits::Data => {
                // the endpoint opens before the firmware sees that a report came early: it can take one more
                self.out = self.out.or(Some((0, m.clock.device_ns())));
                if let Some(len) = self.early.take() {
                    self.report(m, len);
                }
            }
            Waits::Nothing => {
                self.out = None;
                self.report_in = None;
            }
        }
    }

    /// Puts a report into the shared buffer; bytes beyond its payload stay what they were.
    fn arm_in(&mut self, m: &Machine, id: u8, payload: &[u8]) {
        let len = payload.len().min(self.buffer.len() - HEADER);
        let [low, high] = (len as u16).to_le_bytes();
        self.buffer[..HEADER].copy_from_slice(&[id, 0, low, high]);
        self.buffer[HEADER..HEADER + len].copy_from_slice(&payload[..len]);
        self.report_in = Some(m.clock.device_ns());
    }
}
