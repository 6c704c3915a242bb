//! The USB device: one HID interface, reports on interrupt endpoints 1 (IN) and 2 (OUT).
//!
//! The controller is polled: [`Usb::poll`] has to be called at least every few milliseconds. Reports from the host arrive
//! in a ring of buffers without the core's help, so they are not held up while flash is programmed; reports to the host
//! leave from another ring.
//!
//! At high speed a report is one packet. At full speed it is up to sixteen packets of 64 bytes, and one that ends with a
//! full packet is not ended by the bus: the length in its header ends it. Zeros behind it are padding: a report never
//! begins with a zero.

mod control;
mod descriptors;
mod memory;
mod queue;
mod registers;

use loader_proto::Payload;
use rtboot_wire::mboot::report;

use self::control::Change;
use self::descriptors::{FULL_SPEED_PACKET, HIGH_SPEED_PACKET};
pub(crate) use self::memory::LEN;
use self::memory::{BUFFER, IN_BUFFERS, OUT_BUFFERS};
use self::queue::Queue;
use self::registers::*;
use crate::breadcrumb::{self, Error, Stage};
use crate::{clock, time};

/// How long the pull-up stays off, so that every hub sees a disconnect. A hub looks for one within 2.5 µs to 2 ms, and
/// waits 100 ms after the next connect anyway.
const DISCONNECTED: u32 = 50_000;
/// The controller's reset takes microseconds.
const RESET_LIMIT: u32 = 10_000;
/// Between the end of the PHY's reset and its clock.
const PHY_SETTLE: u32 = 20;

const OUT_BIT: u32 = 1 << 2;
const IN_BIT: u32 = 1 << 17;
const HEADER: usize = report::HEADER;

/// The USB device.
pub(crate) struct Usb {
    out: Queue,
    input: Queue,
    configured: bool,
    lost: bool,
    // full speed: the report whose packets are being put together
    part: Option<Part>,
}

/// A report of which some packets have arrived; they lie in the last OUT buffer, which full speed does not queue.
#[derive(Clone, Copy)]
struct Part {
    id: u8,
    declared: usize,
    got: usize,
}

const PART_BUFFER: usize = OUT_BUFFERS - 1;

impl Usb {
    /// Takes the controller over from the boot ROM: the host sees the old device go and, with a delay, the new one come.
    ///
    /// The order is that of NXP's loader, plus flush, controller reset and PHY reset, which all other public drivers do.
    /// `work` is the address of [`LEN`] bytes of memory. Returns the device and whether its PLL says that it is locked.
    pub fn start(work: u32) -> (Usb, bool) {
        clock::USB.on();
        // nothing of the boot ROM's may stay active: its descriptors lie in its own memory
        INTERRUPTS.write(0);
        if COMMAND.has(RUN) {
            control::flush_if_possible();
        }
        for endpoint in 1..ENDPOINTS {
            ENDPOINT.plus(4 * endpoint).write(0);
        }
        COMMAND.clear(RUN);
        PHY_CONTROL_SET.write(PHY_SOFT_RESET);
        COMMAND.set(RESET);
        if time::wait(RESET_LIMIT, || COMMAND.read() & RESET == 0).is_err() {
            breadcrumb::fail(Error::UsbReset, 0);
        }
        breadcrumb::stage(Stage::UsbReset);
        time::delay(DISCONNECTED);

        let locked = clock::start_usb_pll();
        PHY_CONTROL_CLEAR.write(PHY_SOFT_RESET);
        time::delay(PHY_SETTLE);
        PHY_CONTROL_CLEAR.write(PHY_CLOCK_GATE);
        PHY_POWER_DOWN.write(0);
        CHARGER_DETECT_SET.write(CHARGER_DETECT_OFF);
        if !REGULATOR.has(REGULATOR_ON) {
            REGULATOR.set(REGULATOR_ON);
        }

        MODE.write(DEVICE_MODE);
        memory::place(work);
        control::restart();
        let usb = Usb {
            out: Queue::new(OUT_BIT, 4, 2, 0, OUT_BUFFERS),
            input: Queue::new(IN_BIT, 3, 2 + OUT_BUFFERS, OUT_BUFFERS, IN_BUFFERS),
            configured: false,
            lost: false,
            part: None,
        };
        LIST.write(memory::list());
        ADDRESS.write(0);
        STATUS.write(STATUS_ALL);
        COMMAND.modify(INTERRUPT_THRESHOLD, RUN);
        breadcrumb::stage(Stage::UsbRunning);
        (usb, locked)
    }

    /// Whether a host has found the device: it has chosen the configuration.
    pub fn is_found(&self) -> bool {
        self.configured
    }

    /// Whether the link began anew since the last question.
    pub fn take_lost(&mut self) -> bool {
        core::mem::take(&mut self.lost)
    }

    /// Serves bus resets and endpoint 0.
    pub fn poll(&mut self) {
        let status = STATUS.read() & STATUS_ALL;
        if status != 0 {
            STATUS.write(status);
        }
        if status & STATUS_RESET != 0 {
            self.bus_reset();
        }
        if SETUP_STATUS.read() & 1 != 0 {
            match control::serve(self.configured, is_high_speed()) {
                Change::None => return,
                Change::Configured(value) => self.configure(value != 0),
                Change::Cleared(endpoint) => self.clear_halt(endpoint),
            }
            control::acknowledge();
        }
    }

    /// The host resets the bus. Must be done before the reset ends, 3 ms at least after it began.
    fn bus_reset(&mut self) {
        SETUP_STATUS.write(SETUP_STATUS.read());
        COMPLETE.write(COMPLETE.read());
        if time::wait(RESET_LIMIT, || PRIME.read() == 0).is_err() {
            breadcrumb::fail(Error::UsbPrime, PRIME.read());
        }
        control::flush(ALL);
        control::restart();
        self.unconfigure();
        breadcrumb::stage(Stage::BusReset);
    }

    fn unconfigure(&mut self) {
        for endpoint in 1..3 {
            // the unused type bits must never say "control", not even while the endpoint is off
            ENDPOINT
                .plus(4 * endpoint)
                .write(TYPE_INTERRUPT << IN | TYPE_INTERRUPT);
        }
        self.out.forget();
        self.input.forget();
        self.configured = false;
        self.lost = true;
        self.part = None;
    }

    fn configure(&mut self, on: bool) {
        control::flush(OUT_BIT | IN_BIT);
        self.unconfigure();
        if !on {
            return;
        }
        self.out.restart(packet(), out_slots());
        self.input.restart(packet(), IN_BUFFERS);
        let types = TYPE_INTERRUPT << IN | TYPE_INTERRUPT;
        ENDPOINT
            .plus(4)
            .write(types | (ENABLE | TOGGLE_RESET) << IN);
        ENDPOINT.plus(8).write(types | ENABLE | TOGGLE_RESET);
        self.configured = true;
        breadcrumb::stage(Stage::Configured);
        self.listen();
    }

    /// Gives all free OUT buffers to the controller.
    fn listen(&mut self) {
        let length = packet();
        while self.out.free().is_some() {
            self.out.push(length);
        }
    }

    /// The host starts an endpoint anew: what was queued is void, its data toggle begins at 0. The other endpoint goes on
    /// with its own toggle. The command at hand is over.
    fn clear_halt(&mut self, endpoint: u8) {
        match endpoint {
            0x81 if self.configured => {
                control::flush(IN_BIT);
                self.input.restart(packet(), IN_BUFFERS);
                ENDPOINT.plus(4).set(TOGGLE_RESET << IN);
            }
            0x02 if self.configured => {
                control::flush(OUT_BIT);
                self.out.restart(packet(), out_slots());
                ENDPOINT.plus(8).set(TOGGLE_RESET);
                self.part = None;
                self.listen();
            }
            _ => return,
        }
        self.lost = true;
    }

    /// The next report of the host, if it is whole. Reports that are shorter than they say are dropped.
    pub fn take_report(&mut self, payload: &mut Payload) -> Option<u8> {
        while let Some(done) = self.out.front() {
            let buffer = self.out.buffer(done.slot);
            let report = match is_high_speed() {
                true => whole_report(buffer, BUFFER - done.left.min(BUFFER)),
                false => {
                    self.add_packet(buffer, FULL_SPEED_PACKET - done.left.min(FULL_SPEED_PACKET))
                }
            };
            let mut id = None;
            if let Some((buffer, report)) = report.filter(|_| !done.failed) {
                buffer.read(HEADER, payload.resize(report.declared));
                id = Some(report.id);
            }
            self.out.pop();
            self.listen();
            if id.is_some() {
                breadcrumb::stage(Stage::FirstCommand);
                return id;
            }
        }
        None
    }

    /// Whether the next report has this id and no payload.
    pub fn is_next_empty(&self, id: u8) -> bool {
        let Some(done) = self.out.front() else {
            return false;
        };
        self.part.is_none() && !done.failed && header(self.out.buffer(done.slot)) == (id, 0)
    }

    /// Full speed: a packet of a report. Returns the report when it is the last one.
    fn add_packet(
        &mut self,
        packet: memory::Buffer,
        length: usize,
    ) -> Option<(memory::Buffer, Part)> {
        let whole = memory::buffer(PART_BUFFER);
        let mut bytes = [0; FULL_SPEED_PACKET];
        packet.read(0, &mut bytes);
        let mut part = match self.part {
            Some(part) => part,
            None if length < HEADER || bytes[0] == 0 => return None,
            None => {
                let (id, declared) = header(packet);
                Part {
                    id,
                    declared,
                    got: 0,
                }
            }
        };
        whole.write(part.got, &bytes[..length]);
        part.got += length;
        let is_whole = part.got >= HEADER + part.declared;
        let goes_on = length == FULL_SPEED_PACKET && part.got < BUFFER;
        self.part = (!is_whole && goes_on).then_some(part);
        is_whole.then_some((whole, part))
    }

    /// Space for a report to the host.
    pub fn can_send(&mut self) -> bool {
        while self.input.front().is_some() {
            self.input.pop();
        }
        self.configured && self.input.free().is_some()
    }

    /// Whether the host has taken everything.
    pub fn is_idle(&mut self) -> bool {
        let _ = self.can_send();
        self.input.is_empty()
    }

    /// Queues a report; [`Usb::can_send`] said that there is space. It always has its full length: hosts read that many.
    pub fn send(&mut self, id: u8, payload: &[u8]) {
        let (Some(slot), Some(header)) = (self.input.free(), report::header(id, payload)) else {
            return;
        };
        let buffer = self.input.buffer(slot);
        buffer.write(0, &header);
        buffer.write(HEADER, payload);
        buffer.clear(HEADER + payload.len());
        self.input.push(report::FULL);
    }

    /// Leaves the bus.
    pub fn stop(&mut self) {
        control::flush_if_possible();
        COMMAND.clear(RUN);
        self.configured = false;
    }
}

fn is_high_speed() -> bool {
    PORT.has(HIGH_SPEED)
}

/// Bytes of a packet of the interrupt endpoints.
fn packet() -> usize {
    if is_high_speed() {
        HIGH_SPEED_PACKET
    } else {
        FULL_SPEED_PACKET
    }
}

/// OUT buffers that are queued.
fn out_slots() -> usize {
    if is_high_speed() {
        OUT_BUFFERS
    } else {
        PART_BUFFER
    }
}

/// Id and declared length of a report.
fn header(buffer: memory::Buffer) -> (u8, usize) {
    let mut header = [0; HEADER];
    buffer.read(0, &mut header);
    let [id, _, low, high] = header;
    (id, usize::from(u16::from_le_bytes([low, high])))
}

/// High speed: the report that a packet is, unless it is shorter than it says.
fn whole_report(buffer: memory::Buffer, got: usize) -> Option<(memory::Buffer, Part)> {
    let (id, declared) = header(buffer);
    let part = Part { id, declared, got };
    (got >= HEADER + declared).then_some((buffer, part))
}
