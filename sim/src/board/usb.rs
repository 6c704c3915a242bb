//! USB, report by report.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Board, Link, Program, nanos};
use crate::fault::{ReportFault, mangle};
use crate::flashloader::{self, Control, Interface, OutResult};
use crate::rom::registers::boot_fuses;
use crate::rom::{descriptors, hid};

/// wMaxPacketSize of the ROM's IN endpoint.
const ROM_PACKET: usize = 64;
/// Bytes of the ROM's data report with its id.
const ROM_REPORT: usize = 1025;
/// How long a host's kernel tries to send a report.
const WRITE_PATIENCE_NS: u64 = 5_000_000_000;

/// The device descriptor's ids and strings. The chip has no serial number in any state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsbIdentity {
    /// idVendor.
    pub vendor_id: u16,
    /// idProduct.
    pub product_id: u16,
    /// String 1, with its blanks.
    pub manufacturer: &'static str,
    /// String 2.
    pub product: &'static str,
    /// bcdDevice.
    pub release: u16,
}

/// Why a report did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// No device is on the bus.
    #[error("no device is on the bus")]
    Detached,
    /// The device took nothing for 5 s; the report is withdrawn.
    #[error("the device did not take the report within 5 s")]
    Stalled,
}

/// Reports on the wire, and its faults.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    /// Reports that arrive once more.
    again: VecDeque<Vec<u8>>,
    stalled_out: bool,
    stalled_in: bool,
}

impl Wire {
    fn forget(&mut self) {
        self.again.clear();
    }
}

const ROM_OPEN: UsbIdentity = UsbIdentity {
    vendor_id: 0x1FC9,
    product_id: 0x0130,
    manufacturer: "NXP      SemiConductors Inc ",
    product: "SE Blank RT Family ",
    release: 0x0101,
};
const ROM_CLOSED: UsbIdentity = UsbIdentity {
    product: "SP Blank RT Family",
    ..ROM_OPEN
};
const FLASHLOADER: UsbIdentity = UsbIdentity {
    vendor_id: 0x15A2,
    product_id: 0x0073,
    manufacturer: "FREESCALE SEMICONDUCTOR INC.",
    product: "USB COMPOSITE DEVICE",
    release: 0x0002,
};

const OWN_LOADER: UsbIdentity = UsbIdentity {
    manufacturer: "rtboot",
    product: "rtboot RAM loader",
    release: 0x0102,
    ..FLASHLOADER
};

impl Board {
    /// The device on the bus at this moment; `None` while none is there.
    pub fn usb(&self) -> Option<UsbIdentity> {
        if self.link == Link::Uart || self.machine.clock.now_ns() < self.attached_at {
            return None;
        }
        match self.program {
            Program::Rom(..) => {
                let rom = match boot_fuses(&self.machine).closed() {
                    true => ROM_CLOSED,
                    false => ROM_OPEN,
                };
                Some(UsbIdentity {
                    product_id: self.machine.chip.rom_product_id,
                    ..rom
                })
            }
            Program::Flashloader(..) => Some(FLASHLOADER),
            Program::Own(_) => Some(OWN_LOADER),
            Program::OwnUart(_) | Program::Application(_) | Program::Silent | Program::Off => None,
        }
    }

    /// wMaxPacketSize of the present device's IN endpoint.
    pub(crate) fn usb_packet(&self) -> usize {
        match &self.program {
            Program::Flashloader(_, usb, _) => usb.profile().packet,
            Program::Own(_) => flashloader::OWN_PACKET,
            _ => ROM_PACKET,
        }
    }

    /// Bytes of the longest report of the present device, its id included.
    pub fn usb_report(&self) -> usize {
        match &self.program {
            Program::Flashloader(_, usb, _) => usb.profile().report,
            Program::Own(_) => flashloader::OWN_REPORT,
            _ => ROM_REPORT,
        }
    }

    /// From when on the present device is on the bus, in virtual time; `None` when no device is coming. Every enumeration has its
    /// own.
    pub fn usb_attach(&self) -> Option<Duration> {
        let on_usb = matches!(
            self.program,
            Program::Rom(..) | Program::Flashloader(..) | Program::Own(_)
        );
        (on_usb && self.link != Link::Uart).then_some(Duration::from_nanos(self.attached_at))
    }

    /// When the next IN report is or will be there, in virtual time; `None` when the device has nothing to say yet.
    pub fn usb_in_ready(&self) -> Option<Duration> {
        let now = self.machine.clock.now_ns();
        let at = match &self.program {
            _ if !self.usb.again.is_empty() => Some(now),
            _ if self.usb.stalled_in => None,
            Program::Rom(rom, _) => rom.has_answer().then_some(now),
            Program::Flashloader(_, usb, _) => usb.usb_in_ready_at(),
            Program::Own(usb) => usb.usb_in_ready_at(Interface::Hid),
            _ => None,
        };
        at.map(Duration::from_nanos)
    }

    /// The same of the bulk interface, whose frames come back by [`Board::bulk_read`].
    pub fn bulk_in_ready(&self) -> Option<Duration> {
        let Program::Own(usb) = &self.program else {
            return None;
        };
        let at = match (self.bulk.again.is_empty(), self.usb.stalled_in) {
            (false, _) => Some(self.machine.clock.now_ns()),
            (true, true) => None,
            (true, false) => usb.usb_in_ready_at(Interface::Bulk),
        };
        at.map(Duration::from_nanos)
    }

    /// Whether the present device has a bulk interface.
    pub fn has_bulk(&self) -> bool {
        !self.bulk_closed && self.usb().is_some() && matches!(self.program, Program::Own(_))
    }

    /// Keeps the host from the bulk interface, as missing permissions do.
    pub fn close_bulk(&mut self) {
        self.bulk_closed = true;
    }

    /// When the bulk interface takes the next frame, in virtual time; `None` as with [`Board::usb_out_ready`].
    pub fn bulk_out_ready(&self) -> Option<Duration> {
        match &self.program {
            Program::Own(usb) => usb.usb_out_ready_at(Interface::Bulk),
            _ => None,
        }
        .map(Duration::from_nanos)
    }

    /// When the device takes the next OUT report, in virtual time; `None` when that depends on an IN report being read first, or
    /// will never be.
    pub fn usb_out_ready(&self) -> Option<Duration> {
        let at = match &self.program {
            Program::Rom(..) => Some(self.machine.clock.now_ns()),
            Program::Flashloader(_, usb, _) => usb.usb_out_ready_at(),
            Program::Own(usb) => usb.usb_out_ready_at(Interface::Hid),
            _ => None,
        };
        at.map(Duration::from_nanos)
    }

    /// One whole OUT report, id first: by SET_REPORT to the ROM, by the interrupt endpoint to the flashloader.
    pub fn usb_write(&mut self, report: &[u8]) -> Result<(), Gone> {
        self.write(Interface::Hid, report)
    }

    /// One transfer to the bulk interface of rtboot's own loader: a frame.
    pub fn bulk_write(&mut self, frame: &[u8]) -> Result<(), Gone> {
        self.write(Interface::Bulk, frame)
    }

    fn write(&mut self, interface: Interface, report: &[u8]) -> Result<(), Gone> {
        self.sync();
        self.settle();
        self.usb().ok_or(Gone::Detached)?;
        let faults = self.faults.usb_out();
        self.faults.counts.usb_bytes += report.len() as u64;
        for fault in &faults {
            match fault {
                ReportFault::Unplug => return self.unplug(),
                ReportFault::Stall => self.usb.stalled_out = true,
                ReportFault::Delay { ms } => {
                    self.machine.clock.advance(ms.saturating_mul(1_000_000))
                }
                _ => {}
            }
        }
        if self.usb.stalled_out {
            return self.stall();
        }
        self.link = Link::Usb;
        for copy in mangle(report, &faults) {
            self.deliver(interface, &copy)?;
        }
        self.settle();
        Ok(())
    }

    fn deliver(&mut self, interface: Interface, report: &[u8]) -> Result<(), Gone> {
        let m = &mut self.machine;
        let patience = m.clock.now_ns().saturating_add(WRITE_PATIENCE_NS);
        let in_time = |ready: Option<u64>| ready.is_some_and(|ready| ready <= patience);
        let result = match &mut self.program {
            Program::Own(usb) if in_time(usb.usb_out_ready_at(interface)) => {
                usb.usb_out(m, interface, report)
            }
            Program::Own(_) => OutResult::Nak,
            _ if interface == Interface::Bulk => return Err(Gone::Detached),
            Program::Rom(rom, _) => {
                hid::set_report(rom, m, report);
                OutResult::Taken
            }
            Program::Flashloader(_, usb, _) if in_time(usb.usb_out_ready_at()) => {
                usb.usb_out(m, report)
            }
            Program::Flashloader(..) => OutResult::Nak,
            Program::OwnUart(_) | Program::Application(_) | Program::Silent | Program::Off => {
                return Err(Gone::Detached);
            }
        };
        match result {
            OutResult::Taken => Ok(()),
            OutResult::Nak => self.stall(),
        }
    }

    /// The next IN report, id first, if there is one within `timeout` of virtual time; else that time has passed.
    pub fn usb_read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Gone> {
        self.read(Interface::Hid, timeout)
    }

    /// The same from the bulk interface of rtboot's own loader: the next frame.
    pub fn bulk_read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Gone> {
        self.read(Interface::Bulk, timeout)
    }

    fn read(&mut self, interface: Interface, timeout: Duration) -> Result<Option<Vec<u8>>, Gone> {
        self.sync();
        let until = self.machine.clock.now_ns().saturating_add(nanos(timeout));
        loop {
            if let Some(report) = self.arrived(interface).pop_front() {
                self.settle();
                return Ok(Some(report));
            }
            self.settle();
            self.usb().ok_or(Gone::Detached)?;
            let Some(report) = self.next_report(interface, until) else {
                self.machine.clock.advance_to(until);
                self.settle();
                return Ok(None);
            };
            self.pass(interface, &report)?;
        }
    }

    fn arrived(&mut self, interface: Interface) -> &mut VecDeque<Vec<u8>> {
        match interface {
            Interface::Hid => &mut self.usb.again,
            Interface::Bulk => &mut self.bulk.again,
        }
    }

    /// A report that is there by `until`.
    fn next_report(&mut self, interface: Interface, until: u64) -> Option<Vec<u8>> {
        if self.usb.stalled_in {
            return None;
        }
        match &mut self.program {
            Program::Own(usb) if usb.usb_in_ready_at(interface)? <= until => {
                usb.usb_in(&mut self.machine, interface)
            }
            _ if interface == Interface::Bulk => None,
            Program::Rom(rom, _) => hid::in_report(rom, &mut self.machine),
            Program::Flashloader(_, usb, _) if usb.usb_in_ready_at()? <= until => {
                usb.usb_in(&mut self.machine)
            }
            _ => None,
        }
    }

    /// Carries an IN report over the wire: what arrives waits in `again`.
    fn pass(&mut self, interface: Interface, report: &[u8]) -> Result<(), Gone> {
        let faults = self.faults.usb_in();
        self.faults.counts.usb_bytes += report.len() as u64;
        for fault in &faults {
            match fault {
                ReportFault::Unplug => return self.unplug(),
                ReportFault::Stall => self.usb.stalled_in = true,
                ReportFault::Delay { ms } => {
                    self.machine.clock.advance(ms.saturating_mul(1_000_000))
                }
                _ => {}
            }
        }
        if !self.usb.stalled_in {
            self.arrived(interface).extend(mangle(report, &faults));
        }
        Ok(())
    }

    /// A control transfer on endpoint 0, for those who put the board on a real bus: `setup` is the SETUP packet, `data` what
    /// the host sends with it. SET_REPORT to the ROM is [`Board::usb_write`].
    pub fn usb_control(&mut self, setup: [u8; 8], data: &[u8]) -> Result<Control, Gone> {
        self.settle();
        let device = self.usb().ok_or(Gone::Detached)?;
        match &mut self.program {
            Program::Flashloader(_, usb, _) => Ok(usb.usb_control(&mut self.machine, setup, data)),
            Program::Own(usb) => Ok(usb.usb_control(&mut self.machine, setup)),
            _ if setup[..2] == [0x21, 9] => {
                self.usb_write(data).map(|()| Control::Data(Vec::new()))
            }
            _ => Ok(descriptors::control(
                setup,
                device.product_id,
                [device.manufacturer, device.product],
            )),
        }
    }

    /// The host resets the bus: the ROM drops pending answers, the flashloader does as the genuine one.
    pub fn usb_bus_reset(&mut self) {
        self.usb.forget();
        self.bulk.forget();
        match &mut self.program {
            Program::Rom(rom, _) => rom.forget_answers(),
            Program::Flashloader(_, usb, _) => usb.bus_reset(&mut self.machine),
            Program::Own(usb) => usb.bus_reset(),
            _ => {}
        }
    }

    fn unplug(&mut self) -> Result<(), Gone> {
        self.power_off("the cable was pulled");
        Err(Gone::Detached)
    }

    fn stall(&mut self) -> Result<(), Gone> {
        self.machine.clock.advance(WRITE_PATIENCE_NS);
        Err(Gone::Stalled)
    }
}
