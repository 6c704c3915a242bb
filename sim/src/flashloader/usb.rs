//! The flashloader as a USB HID device.

use super::{Outcome, Processor};
use crate::machine::Machine;

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

/// The flashloader behind its USB endpoints.
#[derive(Debug, Clone)]
pub struct Flashloader {
    processor: Processor,
}

impl Flashloader {
    /// The firmware starts on `m`, attaches to the bus and waits.
    pub fn start(_m: &mut Machine) -> Flashloader {
        Flashloader {
            processor: Processor::new(1016),
        }
    }

    /// One OUT report on endpoint 2, id first, 1 to 1021 bytes. Waits (in virtual time) until the endpoint listens;
    /// `Nak` when it never does.
    pub fn usb_out(&mut self, _m: &mut Machine, _report: &[u8]) -> OutResult {
        OutResult::Nak
    }

    /// When the pending IN report is or becomes ready, in nanoseconds of the clock; `None` = none is pending.
    pub fn usb_in_ready_at(&self) -> Option<u64> {
        None
    }

    /// The pending IN report, 1021 bytes, id first; the clock goes on to when it is ready.
    pub fn usb_in(&mut self, _m: &mut Machine) -> Option<Vec<u8>> {
        None
    }

    /// A control transfer on endpoint 0; `setup` is the 8 bytes of the SETUP packet.
    pub fn usb_control(&mut self, _m: &mut Machine, _setup: [u8; 8], _data: &[u8]) -> Control {
        Control::Stall
    }

    /// The host resets the bus.
    pub fn bus_reset(&mut self, _m: &mut Machine) {}

    /// Reset, address, descriptors, configuration and SET_IDLE, as an operating system does.
    pub fn enumerate(&mut self, _m: &mut Machine) {}

    /// How the program ended, if it did: then nothing is on the bus any more, unless `Silent`.
    pub fn outcome(&self) -> Option<Outcome> {
        self.processor.outcome()
    }
}
