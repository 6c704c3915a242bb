//! The UART, byte by byte, at the rate the host has set.

use std::time::Duration;

use super::{Board, Link, Program, Queue, nanos};
use crate::fault::ByteFault;
use crate::rom::registers::boot_fuses;
use crate::rom::serial::{BAUD, SerialRom};
use crate::uart::{byte_ns, garbled};

/// The line and its faults.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    /// The rate of the host.
    host: u32,
    /// The rate of the ROM.
    rom: u32,
    to_host: Queue,
    cut_out: bool,
    cut_in: bool,
}

impl Default for Wire {
    fn default() -> Wire {
        Wire {
            host: BAUD,
            rom: BAUD,
            to_host: Queue::new(),
            cut_out: false,
            cut_in: false,
        }
    }
}

impl Wire {
    /// The chip begins anew; the host's setting stays.
    pub(super) fn restart(&mut self) {
        *self = Wire {
            host: self.host,
            ..Wire::default()
        };
    }

    /// Bytes are still on their way to the host.
    pub(super) fn speaking(&self) -> bool {
        !self.to_host.is_empty()
    }
}

impl Board {
    /// The host opens the line at this rate, 8N1; 115200 at the beginning.
    pub fn set_uart_baud(&mut self, baud: u32) {
        self.uart.host = baud.max(1);
    }

    /// The host sends bytes; they take their time on the line.
    pub fn uart_write(&mut self, bytes: &[u8]) {
        self.sync();
        for byte in bytes {
            let there = self
                .machine
                .clock
                .now_ns()
                .saturating_add(byte_ns(self.uart.host));
            self.run_serial(there);
            self.machine.clock.advance_to(there);
            self.machine.costs.uart_bytes += 1;
            for byte in self.byte_out(*byte) {
                self.receive(byte);
            }
            self.run_serial(there);
        }
        self.settle();
    }

    /// Up to `max` bytes, as soon as one is there; none when `timeout` of virtual time has passed.
    pub fn uart_read(&mut self, max: usize, timeout: Duration) -> Vec<u8> {
        self.sync();
        let until = self.machine.clock.now_ns().saturating_add(nanos(timeout));
        if max == 0 {
            return Vec::new();
        }
        loop {
            let now = self.machine.clock.now_ns();
            self.run_serial(now);
            let bytes = self.take(max, now);
            if !bytes.is_empty() || now >= until {
                self.settle();
                return bytes;
            }
            let next = self.next_event().unwrap_or(until);
            self.machine.clock.advance_to(next.clamp(now, until));
        }
    }

    /// Whether a byte is on its way to the host, or the chip still processes received bytes.
    pub fn uart_busy(&self) -> bool {
        let at_work = match &self.program {
            Program::Flashloader(_, _, serial) => serial.at_work_until(&self.machine),
            Program::OwnUart(serial) => serial.at_work_until(&self.machine),
            _ => None,
        };
        self.uart.speaking() || at_work.is_some()
    }

    /// What becomes of a byte on its way to the chip.
    fn byte_out(&mut self, byte: u8) -> Vec<u8> {
        let faults = self.faults.uart_out();
        self.uart.cut_out |= faults.contains(&ByteFault::Cut);
        if self.uart.cut_out {
            Vec::new()
        } else {
            self.mangled(byte, &faults)
        }
    }

    /// Takes the bytes that have reached the host by `now`.
    fn take(&mut self, max: usize, now: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < max
            && self
                .uart
                .to_host
                .front()
                .is_some_and(|(there, _)| *there <= now)
        {
            let Some((_, byte)) = self.uart.to_host.pop_front() else {
                break;
            };
            self.machine.costs.uart_bytes += 1;
            let faults = self.faults.uart_in();
            self.uart.cut_in |= faults.contains(&ByteFault::Cut);
            if !self.uart.cut_in {
                let heard = garbled(byte, self.chip_baud(), self.uart.host);
                bytes.extend(self.mangled(heard, &faults));
            }
        }
        bytes
    }

    fn mangled(&mut self, byte: u8, faults: &[ByteFault]) -> Vec<u8> {
        let mut bytes = vec![byte];
        for fault in faults {
            match *fault {
                ByteFault::Drop => bytes.clear(),
                ByteFault::Corrupt { xor } => bytes.iter_mut().for_each(|byte| *byte ^= xor),
                ByteFault::Duplicate => bytes.extend_from_within(..),
                ByteFault::Delay { ms } => self.machine.clock.advance(ms.saturating_mul(1_000_000)),
                ByteFault::Cut => {}
            }
        }
        bytes
    }

    /// The rate the chip talks at; the host's own while the flashloader has not measured it.
    fn chip_baud(&self) -> u32 {
        match &self.program {
            Program::Flashloader(_, _, serial) => serial.baud().unwrap_or(self.uart.host),
            Program::OwnUart(serial) => {
                let now = self.machine.clock.now_ns();
                serial.baud(now).unwrap_or(self.uart.host)
            }
            _ => self.uart.rom,
        }
    }

    /// A byte reaches the chip's pin. In the ROM any byte, noise too, selects the UART until reset.
    fn receive(&mut self, byte: u8) {
        if self.link == Link::Usb {
            return;
        }
        let heard = garbled(byte, self.uart.host, self.chip_baud());
        match &mut self.program {
            Program::Rom(rom, serial) if !boot_fuses(&self.machine).uart_disabled() => {
                self.link = Link::Uart;
                serial.byte(rom, &mut self.machine, heard);
            }
            Program::Flashloader(_, _, serial) => {
                serial.arrive(&mut self.machine, self.uart.host, heard);
                if serial.baud().is_some() {
                    self.link = Link::Uart;
                }
            }
            Program::OwnUart(serial) => {
                self.link = Link::Uart;
                serial.arrive(&mut self.machine, self.uart.host, heard);
            }
            _ => {}
        }
    }

    /// Lets the chip process received bytes, up to a time on the host's clock.
    pub(super) fn run_serial(&mut self, until: u64) {
        if self.link != Link::Uart {
            return;
        }
        loop {
            self.speak();
            let due = match &self.program {
                Program::Flashloader(_, _, serial) => serial.due(&self.machine),
                Program::OwnUart(serial) => serial.due(&self.machine),
                _ => return,
            };
            match due {
                Some(due) if due <= until => self.machine.clock.advance_to(due),
                _ => return,
            }
        }
    }

    /// Sends pending answers. The ROM is asked for more only when the line is free.
    fn speak(&mut self) {
        match &mut self.program {
            Program::Rom(rom, _) if self.uart.to_host.is_empty() => {
                let bytes = SerialRom::answer(rom, &self.machine);
                if bytes.is_empty()
                    && let Some(baud) = rom.new_baud()
                {
                    self.uart.rom = baud.clamp(1200, 4_000_000);
                }
                for byte in bytes {
                    self.machine.clock.work(byte_ns(self.uart.rom));
                    self.uart
                        .to_host
                        .push_back((self.machine.clock.device_ns(), byte));
                }
            }
            Program::Flashloader(_, _, serial) => {
                serial.run(&mut self.machine, &mut self.uart.to_host);
            }
            Program::OwnUart(serial) => {
                serial.run(&mut self.machine, &mut self.uart.to_host);
            }
            _ => {}
        }
    }

    /// When something happens next on the line.
    fn next_event(&self) -> Option<u64> {
        let byte = self.uart.to_host.front().map(|(there, _)| *there);
        let work = match &self.program {
            Program::Flashloader(_, _, serial) if self.link == Link::Uart => {
                serial.due(&self.machine)
            }
            Program::OwnUart(serial) if self.link == Link::Uart => serial.due(&self.machine),
            _ => None,
        };
        byte.into_iter().chain(work).min()
    }
}
