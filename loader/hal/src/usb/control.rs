//! Endpoint 0: enumeration, and the requests of the HID class.

use super::descriptors::{self, CONTROL_PACKET};
use super::memory;
use super::queue::{self, NO_ZERO_PACKET, ON_SETUP};
use super::registers::{
    ACTIVE, ADDRESS, COMMAND, ENDPOINT, FLUSH, IN, PRIME, SETUP_STATUS, SETUP_TRIPWIRE, STALL,
};
use crate::breadcrumb::{self, Error, Stage};
use crate::mmio::barrier;
use crate::time;

const OUT_HEAD: usize = 0;
const IN_HEAD: usize = 1;
const OUT_TRANSFER: usize = 0;
const IN_TRANSFER: usize = 1;
const EMPTY_TRANSFER: usize = 2;
const _: () = assert!(EMPTY_TRANSFER < memory::CONTROL_TRANSFERS);
const OUT_BIT: u32 = 1;
const IN_BIT: u32 = 1 << 16;
/// The set-up packet in a queue head.
const SETUP_WORD: u32 = 10;

/// The controller acts on a prime or a flush within a microframe.
const LIMIT: u32 = 2_000;
/// A host cannot send set-up packets faster than one in several microseconds; the wait ends after a few at most.
const SETUP_LIMIT: u32 = 1_000;
/// A packet in flight makes a flush fail; it is over within a microframe.
const FLUSH_TRIES: u32 = 8;

/// A request of the host.
#[derive(Clone, Copy)]
struct Request {
    kind: u8,
    code: u8,
    value: u16,
    index: u16,
    length: u16,
}

/// What a request changes for the rest of the device. All but `None` still have to be acknowledged.
pub(super) enum Change {
    None,
    /// The host chose a configuration; 0 is none.
    Configured(u8),
    /// The host cleared the halt of an endpoint: its data toggle begins anew.
    Cleared(u8),
    /// The host chose the only setting of an interface: the data toggles of its endpoints begin anew.
    Interface(u8),
}

/// Makes the queue heads of endpoint 0.
pub(super) fn restart() {
    for (head, capabilities) in [(OUT_HEAD, ON_SETUP), (IN_HEAD, 0)] {
        let words = memory::head(head);
        words.write(
            0,
            (CONTROL_PACKET as u32) << 16 | NO_ZERO_PACKET | capabilities,
        );
        words.write(2, 1);
        words.write(3, 0);
    }
}

/// Takes endpoints away from the controller. Bits of [`FLUSH`].
pub(super) fn flush(bits: u32) {
    for _ in 0..FLUSH_TRIES {
        FLUSH.write(bits);
        if time::wait(LIMIT, || FLUSH.read() & bits == 0).is_err() {
            break;
        }
        if ACTIVE.read() & bits == 0 {
            return;
        }
    }
    breadcrumb::fail(Error::UsbFlush, bits);
}

/// As [`flush`] for everything, when it does not matter whether it works.
pub(super) fn flush_if_possible() {
    FLUSH.write(super::registers::ALL);
    let _ = time::wait(LIMIT, || FLUSH.read() == 0);
}

/// Answers the set-up packet that has arrived.
pub(super) fn serve(configured: bool, high_speed: bool) -> Change {
    let request = take();
    // what was queued for an earlier request is void
    flush(OUT_BIT | IN_BIT);
    let Request {
        kind,
        code,
        value,
        index,
        length,
    } = request;
    let mut text = [0; 64];
    let [value_low, value_high] = value.to_le_bytes();
    match (kind, code) {
        (0x80 | 0x81, 6) => match (kind, value_high) {
            (0x80, 1) => reply(&[&descriptors::DEVICE], length),
            (0x80, 2) => reply(&[&descriptors::configuration(2, high_speed)], length),
            (0x80, 3) => match descriptors::string(value_low, &mut text) {
                Some(used) => reply(&[&text[..used]], length),
                None => stall(),
            },
            (0x80, 6) => reply(&[&descriptors::QUALIFIER], length),
            (0x80, 7) => reply(&[&descriptors::configuration(7, !high_speed)], length),
            (0x80, 15) => reply(&[&descriptors::BOS], length),
            (0x81, 0x21) => reply(&[&descriptors::hid()], length),
            (0x81, 0x22) => reply(&[&descriptors::REPORT, &[descriptors::REPORT_END]], length),
            _ => stall(),
        },
        (0xC0, descriptors::MICROSOFT_CODE) if index == descriptors::MICROSOFT_INDEX => {
            reply(&[&descriptors::MICROSOFT], length);
        }
        (0x80, 0) => reply(&[&[1, 0]], length), // self-powered
        (0x81, 0) => reply(&[&[0, 0]], length),
        (0x82, 0) => {
            let halted = ENDPOINT.plus(4 * u32::from(index & 7)).read()
                >> (if index & 0x80 != 0 { IN } else { 0 })
                & STALL;
            reply(&[&[halted as u8, 0]], length);
        }
        (0x80, 8) => reply(&[&[u8::from(configured)]], length),
        (0x81, 10) => reply(&[&[0]], length), // GET_INTERFACE
        (0x00, 5) => {
            // takes effect after the status stage (USBADRA)
            ADDRESS.write(u32::from(value & 0x7F) << 25 | 1 << 24);
            breadcrumb::stage(Stage::Addressed);
            acknowledge();
        }
        // acknowledged by the caller, once it is done: the host may use the endpoints at once
        (0x00, 9) if value_low <= 1 => return Change::Configured(value_low),
        (0x02, 1) if value == 0 => return Change::Cleared(index as u8),
        (0x01, 11) if value == 0 && configured => return Change::Interface(index as u8),
        // SET_IDLE: reports are never sent twice
        (0x21, 10) => acknowledge(),
        // reports travel on the interrupt endpoints only, as with NXP's loader
        _ => stall(),
    }
    Change::None
}

/// Copies the set-up packet. The tripwire falls when another one arrives meanwhile: then it is copied again.
fn take() -> Request {
    let head = memory::head(OUT_HEAD);
    if time::wait(SETUP_LIMIT, || {
        SETUP_STATUS.write(1);
        SETUP_STATUS.read() & 1 == 0
    })
    .is_err()
    {
        breadcrumb::fail(Error::UsbSetup, 0);
    }
    let mut words = [0; 2];
    let whole = time::wait(SETUP_LIMIT, || {
        COMMAND.set(SETUP_TRIPWIRE);
        words = [head.read(SETUP_WORD), head.read(SETUP_WORD + 1)];
        COMMAND.has(SETUP_TRIPWIRE)
    });
    COMMAND.clear(SETUP_TRIPWIRE);
    if whole.is_err() {
        breadcrumb::fail(Error::UsbTripwire, 0);
    }
    let [first, second] = words;
    Request {
        kind: first as u8,
        code: (first >> 8) as u8,
        value: (first >> 16) as u16,
        index: second as u16,
        length: (second >> 16) as u16,
    }
}

/// Data to the host, then its empty packet back. Both stages are queued at once.
fn reply(parts: &[&[u8]], asked: u16) {
    let buffer = memory::control();
    let mut length = 0;
    for part in parts {
        buffer.write(length, part);
        length += part.len();
    }
    let asked = usize::from(asked);
    let (data, status) = (
        memory::transfer(IN_TRANSFER),
        memory::transfer(OUT_TRANSFER),
    );
    queue::fill(data, buffer.address(), length.min(asked));
    if length < asked && length.is_multiple_of(CONTROL_PACKET) {
        // the host waits for a short packet; the configuration has 64 bytes
        let empty = memory::transfer(EMPTY_TRANSFER);
        queue::fill(empty, buffer.address(), 0);
        data.write(queue::NEXT, empty.address());
    }
    queue::fill(status, buffer.address(), 0);
    queue::prepare(memory::head(IN_HEAD), data);
    queue::prepare(memory::head(OUT_HEAD), status);
    prime(IN_BIT | OUT_BIT);
}

/// The empty packet that ends a request without data.
pub(super) fn acknowledge() {
    let status = memory::transfer(IN_TRANSFER);
    queue::fill(status, memory::control().address(), 0);
    queue::prepare(memory::head(IN_HEAD), status);
    prime(IN_BIT);
}

/// Refuses the request; the next set-up packet ends the stall.
fn stall() {
    ENDPOINT.set(STALL << IN | STALL);
}

/// Gives an answer to the controller.
///
/// Not seen in emulation: a second request that comes while the first is being answered. Before the look at `SETUP_STATUS` it is found
/// here. Behind it the controller itself drops the prime of endpoint 0, which the wait below takes for its end; what is left of this answer is
/// flushed before the newer request gets its own.
fn prime(bits: u32) {
    barrier();
    // a newer request voids this answer; it must not be given to it
    if SETUP_STATUS.read() & 1 != 0 {
        return;
    }
    PRIME.write(bits);
    if time::wait(LIMIT, || {
        PRIME.read() & bits == 0 || SETUP_STATUS.read() & 1 != 0
    })
    .is_err()
    {
        breadcrumb::fail(Error::UsbPrime, bits);
    }
}
