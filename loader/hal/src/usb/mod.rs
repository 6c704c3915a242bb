//! The USB device: a HID interface, reports on interrupt endpoints 1 (IN) and 2 (OUT), and a bulk interface, frames on
//! endpoint 3 in both directions.
//!
//! One of the two has the word: commands and data come from it, answers go to it. Where it has to wait for its host, a
//! command on the other one gets the word and ends what is being done: the host that began that may be gone.
//!
//! The controller is polled: [`Usb::poll`] has to be called at least every few milliseconds. Reports from the host arrive
//! in a ring of buffers without the core's help, so they are not held up while flash is programmed; reports to the host
//! leave from another ring.
//!
//! At high speed a report is one packet. At full speed it is up to sixteen packets of 64 bytes, and one that ends with a
//! full packet is not ended by the bus: the length in its header ends it. Zeros behind it are padding: a report never
//! begins with a zero.
//!
//! A frame is a report without padding. One from the host is one packet. Those to the host are up to [`BUFFER`] bytes long,
//! two full packets, so that a host can ask for many in one transfer; the answer that ends every exchange is short and ends
//! the transfer.

mod control;
mod descriptors;
mod memory;
mod queue;
mod registers;

use loader_proto::Payload;
use rtboot_wire::loader::bulk;
use rtboot_wire::mboot::report;

use self::control::Change;
use self::descriptors::{BULK_PACKET, FULL_SPEED_PACKET, HIGH_SPEED_PACKET};
pub(crate) use self::memory::LEN;
use self::memory::{BUFFER, BULK_BUFFERS, CONTROL_TRANSFERS, IN_BUFFERS, OUT_BUFFERS};
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

const HEADER: usize = report::HEADER;

/// Indices of interfaces.
const HID: usize = 0;
const BULK: usize = 1;
/// Endpoint numbers of each interface, to the host and from it.
const IN_NUMBERS: [u32; 2] = [1, 3];
const OUT_NUMBERS: [u32; 2] = [2, 3];
/// Types of the endpoints from number 1 on. The unused type bits must never say "control", not even while the endpoint is off.
const TYPES: [u32; 3] = [TYPE_INTERRUPT, TYPE_INTERRUPT, TYPE_BULK];

/// Bits of an interface in [`FLUSH`].
const fn in_bit(interface: usize) -> u32 {
    1 << (16 + IN_NUMBERS[interface])
}

const fn out_bit(interface: usize) -> u32 {
    1 << OUT_NUMBERS[interface]
}

const _: () = assert!(bulk::MOST + HEADER == BUFFER && bulk::MOST <= loader_proto::MAX_PAYLOAD);
const _: () = assert!(bulk::INTERFACE as usize == BULK);
const _: () =
    assert!(bulk::IN as u32 == 0x80 | IN_NUMBERS[BULK] && bulk::OUT as u32 == OUT_NUMBERS[BULK]);

const ENDPOINT_BITS: u32 = in_bit(HID) | out_bit(HID) | in_bit(BULK) | out_bit(BULK);

/// The USB device.
pub(crate) struct Usb {
    out: [Queue; 2],
    // of the interface that has the word
    input: Queue,
    active: usize,
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
            out: [
                queue_from_host(HID, 0, OUT_BUFFERS),
                queue_from_host(BULK, OUT_BUFFERS, BULK_BUFFERS),
            ],
            input: Queue::new(
                in_bit(HID),
                in_head(HID),
                CONTROL_TRANSFERS + OUT_BUFFERS + BULK_BUFFERS,
                OUT_BUFFERS + BULK_BUFFERS,
                IN_BUFFERS,
            ),
            active: HID,
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

    /// Asked where the command at hand has to wait for its host: whether the other interface has a command, which gets the
    /// word. The command at hand is over then.
    pub fn yields(&mut self) -> bool {
        let other = 1 - self.active;
        while let Some(done) = self.out[other].front() {
            if !done.failed && header(self.out[other].buffer(done.slot)).0 == report::COMMAND {
                self.give_word(other);
                return true;
            }
            // what is left of a data phase that has ended
            self.out[other].pop();
            self.listen();
        }
        false
    }

    /// What the other interface has not fetched is void: it is an answer to nobody, and its memory is needed.
    fn give_word(&mut self, interface: usize) {
        control::flush(in_bit(self.active));
        self.part = None;
        self.active = interface;
        self.input.move_to(in_bit(interface), in_head(interface));
        self.input.restart(packet(interface), IN_BUFFERS);
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
                Change::Interface(index) => {
                    if let (Some(input), Some(out)) = (
                        IN_NUMBERS.get(usize::from(index)),
                        OUT_NUMBERS.get(usize::from(index)),
                    ) {
                        self.clear_halt(0x80 | *input as u8);
                        self.clear_halt(*out as u8);
                    }
                }
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
        for (number, kind) in (1..).zip(TYPES) {
            ENDPOINT.plus(4 * number).write(kind << IN | kind);
        }
        for out in &mut self.out {
            out.forget();
        }
        self.input.forget();
        self.configured = false;
        self.lost = true;
        self.part = None;
    }

    fn configure(&mut self, on: bool) {
        control::flush(ENDPOINT_BITS);
        self.unconfigure();
        if !on {
            return;
        }
        self.input.restart(packet(self.active), IN_BUFFERS);
        for interface in [HID, BULK] {
            self.out[interface].restart(packet(interface), out_slots(interface));
            ENDPOINT
                .plus(4 * IN_NUMBERS[interface])
                .set((ENABLE | TOGGLE_RESET) << IN);
            ENDPOINT
                .plus(4 * OUT_NUMBERS[interface])
                .set(ENABLE | TOGGLE_RESET);
        }
        self.configured = true;
        breadcrumb::stage(Stage::Configured);
        self.listen();
    }

    /// Gives all free OUT buffers to the controller.
    fn listen(&mut self) {
        for interface in [HID, BULK] {
            while self.out[interface].free().is_some() {
                self.out[interface].push(packet(interface));
            }
        }
    }

    /// The host starts an endpoint anew: what was queued is void, its data toggle begins at 0. The other endpoint goes on
    /// with its own toggle. The command at hand is over.
    fn clear_halt(&mut self, endpoint: u8) {
        let number = u32::from(endpoint & 0x7F);
        let is_in = endpoint & 0x80 != 0;
        let numbers = if is_in { IN_NUMBERS } else { OUT_NUMBERS };
        let interface = match numbers {
            [hid, _] if hid == number => HID,
            [_, bulk] if bulk == number => BULK,
            _ => return,
        };
        if !self.configured {
            return;
        }
        let register = ENDPOINT.plus(4 * number);
        if is_in {
            control::flush(in_bit(interface));
            if interface == self.active {
                self.input.restart(packet(interface), IN_BUFFERS);
            }
            register.set(TOGGLE_RESET << IN);
        } else {
            control::flush(out_bit(interface));
            self.out[interface].restart(packet(interface), out_slots(interface));
            register.set(TOGGLE_RESET);
            if interface == HID {
                self.part = None;
            }
            self.listen();
        }
        // the other interface goes on
        self.lost |= interface == self.active;
    }

    /// The next report of the host, if it is whole. Reports that are shorter than they say are dropped.
    pub fn take_report(&mut self, payload: &mut Payload) -> Option<u8> {
        while let Some(done) = self.out[self.active].front() {
            let buffer = self.out[self.active].buffer(done.slot);
            let got = packet(self.active).saturating_sub(done.left);
            let report = match is_high_speed() || self.active == BULK {
                true => whole_report(buffer, got),
                false => self.add_packet(buffer, got),
            };
            let mut id = None;
            if let Some((buffer, report)) = report.filter(|_| !done.failed) {
                buffer.read(HEADER, payload.resize(report.declared));
                id = Some(report.id);
            }
            self.out[self.active].pop();
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
        let out = &self.out[self.active];
        let Some(done) = out.front() else {
            return false;
        };
        self.part.is_none() && !done.failed && header(out.buffer(done.slot)) == (id, 0)
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

    /// The longest payload of data to the host.
    pub fn payload(&self) -> usize {
        match self.active {
            HID => loader_proto::PAYLOAD,
            _ => bulk::MOST,
        }
    }

    /// Queues a report or a frame; [`Usb::can_send`] said that there is space. A report always has its full length: hosts
    /// read that many.
    pub fn send(&mut self, id: u8, payload: &[u8]) {
        let Some(slot) = self.input.free() else {
            return;
        };
        let buffer = self.input.buffer(slot);
        buffer.write(0, &bulk::header(id, payload.len() as u16));
        buffer.write(HEADER, payload);
        let mut length = HEADER + payload.len();
        if self.active == HID {
            buffer.clear(length);
            length = report::FULL;
        }
        self.input.push(length);
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

/// The queue of an interface's reports from the host.
const fn queue_from_host(interface: usize, first: usize, slots: usize) -> Queue {
    let head = 2 * OUT_NUMBERS[interface] as usize;
    Queue::new(
        out_bit(interface),
        head,
        CONTROL_TRANSFERS + first,
        first,
        slots,
    )
}

/// The queue head of an interface's endpoint to the host.
const fn in_head(interface: usize) -> usize {
    2 * IN_NUMBERS[interface] as usize + 1
}

/// Bytes of a packet of an interface's endpoints.
fn packet(interface: usize) -> usize {
    match (is_high_speed(), interface) {
        (false, _) => FULL_SPEED_PACKET,
        (true, HID) => HIGH_SPEED_PACKET,
        (true, _) => BULK_PACKET,
    }
}

/// OUT buffers that are queued.
fn out_slots(interface: usize) -> usize {
    match (is_high_speed(), interface) {
        (true, HID) => OUT_BUFFERS,
        (false, HID) => PART_BUFFER,
        _ => BULK_BUFFERS,
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
