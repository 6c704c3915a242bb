//! LPUART1 on GPIO_AD_B0_06 (TX) and GPIO_AD_B0_07 (RX).
//!
//! Until the first ping RX is a GPIO whose falling edges are timed by the core's cycle counter; the ping's edges give the
//! speed, and it is answered. From then on an interrupt moves bytes from the FIFO of four into a ring of [`RING`] bytes, so
//! that none is lost while flash is programmed; everything else is polled: [`Uart::poll`] has to be called in every wait.
//!
//! The clock is the 24 MHz crystal: it owes nothing to the boot ROM's PLLs, and 921600 baud are 0.2 % off (1.4 % with the
//! 20 MHz that the boot ROM leaves).

mod line;
mod memory;

use loader_proto::Payload;
use loader_proto::serial::autobaud::{Edges, speed};
use loader_proto::serial::divider::Divider;
use loader_proto::serial::{MOST, Serial};
use rtboot_wire::mboot::report;

pub(crate) use self::memory::LEN;
use crate::breadcrumb::{self, Stage};
use crate::{clock, system, time};

/// A new speed at which no host is heard for so long was none that both sides can do.
const AGREEMENT: u32 = 2_000_000;
/// Bytes that fit no speed end the speed, when nothing else has come for so long.
const QUIET: u32 = 1_000_000;
const GARBLED: u32 = 2;
/// Without a ping for so long after that the old speed comes back.
const SEARCH: u32 = 10_000_000;
/// Time in one turn that belongs to the edges.
const LOOK: u32 = 200;
/// The longest time from one edge of a ping to the next.
const EDGE_GAP: u32 = 80_000;
/// Stands in for a core clock that could not be measured.
const ASSUMED_KHZ: u32 = 396_000;

/// What is known about the speed of the line.
#[derive(Clone, Copy)]
enum Speed {
    /// Nothing: the next ping tells it, or, when there was one before and none comes, that one stays.
    Unknown { since: u32, before: Option<Divider> },
    /// A host was heard at it.
    Agreed(Divider),
    /// A host asked for it; the other one comes back when it is not heard.
    Tried {
        since: u32,
        now: Divider,
        before: Divider,
    },
}

/// The UART with MBOOT's frames on it.
pub(crate) struct Uart {
    serial: &'static mut Serial,
    speed: Speed,
    edges: Edges,
    was_high: bool,
    /// When a host was heard last.
    heard: u32,
    garbled: u32,
    core_khz: u32,
    found: bool,
}

impl Uart {
    /// Listens for the first ping. `work` is the address of [`LEN`] bytes of memory. Returns the UART and whether PLL3 says
    /// that it is locked.
    pub fn start(work: u32) -> (Uart, bool) {
        // FlexSPI runs from PLL3
        let locked = clock::start_usb_pll();
        line::start();
        breadcrumb::stage(Stage::UartSet);
        let uart = Uart {
            serial: memory::place(work),
            speed: Speed::Unknown {
                since: time::now(),
                before: None,
            },
            edges: Edges::new(),
            was_high: true,
            heard: 0,
            garbled: 0,
            core_khz: ASSUMED_KHZ,
            found: false,
        };
        breadcrumb::stage(Stage::UartListens);
        (uart, locked)
    }

    /// The core clock, by which the edges are timed; 0: it could not be measured.
    pub fn set_core_clock(&mut self, khz: u32) {
        if khz != 0 {
            self.core_khz = khz;
        }
    }

    /// Whether a host has been there: a ping was measured.
    pub fn is_found(&self) -> bool {
        self.found
    }

    /// Whether the host began anew since the last question.
    pub fn take_lost(&mut self) -> bool {
        self.serial.take_lost()
    }

    /// Moves what there is to move.
    pub fn poll(&mut self) {
        if let Speed::Unknown { since, before } = self.speed {
            self.search(since, before);
            return;
        }
        let mut now = time::now();
        while let Some(byte) = memory::pop() {
            now = time::now();
            self.serial.take(now, byte);
        }
        self.serial.tick(now);
        while line::can_take()
            && let Some(byte) = self.serial.output(now)
        {
            line::put(byte);
        }
        if self.serial.take_heard() {
            self.heard = now;
            self.garbled = 0;
            memory::take_garbled();
            if let Speed::Tried { now, .. } = self.speed {
                self.speed = Speed::Agreed(now);
            }
        }
        self.doubt(now);
    }

    /// Gives a speed up that no host uses.
    fn doubt(&mut self, now: u32) {
        self.garbled += memory::take_garbled();
        match self.speed {
            Speed::Tried { since, before, .. } if now.wrapping_sub(since) > AGREEMENT => {
                self.change(before);
                self.speed = Speed::Agreed(before);
            }
            Speed::Agreed(before)
                if self.garbled >= GARBLED && now.wrapping_sub(self.heard) > QUIET =>
            {
                self.garbled = 0;
                line::stop();
                self.speed = Speed::Unknown {
                    since: now,
                    before: Some(before),
                };
            }
            _ => {}
        }
    }

    /// Looks for the edges of a ping, for a short time; until the ping is over or broken off once one has begun.
    fn search(&mut self, since: u32, before: Option<Divider>) {
        let start = time::now();
        let mut last = None;
        loop {
            let high = line::is_high();
            let falls = self.was_high && !high;
            self.was_high = high;
            if falls {
                last = Some(time::now());
                if let Some(cycles) = self.edges.edge(time::cycles()) {
                    self.found_at(cycles);
                    return;
                }
            }
            let (from, patience) = match last {
                Some(last) => (last, EDGE_GAP),
                None => (start, LOOK),
            };
            if time::now().wrapping_sub(from) > patience {
                break;
            }
        }
        if last.is_some() {
            self.edges = Edges::new();
        }
        if let Some(before) = before
            && time::now().wrapping_sub(since) > SEARCH
        {
            self.heard = time::now();
            self.change(before);
            self.speed = Speed::Agreed(before);
        }
    }

    /// The last edge of a ping has passed.
    fn found_at(&mut self, cycles: u32) {
        self.edges = Edges::new();
        let baud = speed(cycles, self.core_khz);
        let Some(divider) = Divider::of(line::clock(), baud) else {
            return;
        };
        // two bits and the stop bit are still to come
        let until = time::now();
        let bits = 3_500_000 / baud.max(1) + 1;
        while time::now().wrapping_sub(until) < bits {}
        self.change(divider);
        self.speed = Speed::Agreed(divider);
        self.found = true;
        self.serial.ping();
        breadcrumb::stage(Stage::Configured);
    }

    fn change(&mut self, divider: Divider) {
        line::stop();
        memory::forget();
        line::listen(divider);
    }

    /// The next report of the host.
    pub fn take_report(&mut self, payload: &mut Payload) -> Option<u8> {
        let id = self.serial.take_report(payload);
        if id.is_some() {
            breadcrumb::stage(Stage::FirstCommand);
        }
        id
    }

    /// The longest payload of data to the host.
    pub fn payload(&self) -> usize {
        MOST
    }

    /// There is no other connection that a command could come from.
    pub fn yields(&mut self) -> bool {
        false
    }

    /// Whether the host has ended the data to it; `id` is that of a command. Known once it has answered the last frame.
    pub fn is_next_empty(&mut self, id: u8) -> bool {
        id == report::COMMAND && self.serial.take_stop()
    }

    /// Space for a report to the host.
    pub fn can_send(&mut self) -> bool {
        self.serial.can_send()
    }

    /// Whether the host has taken everything, and the line is quiet.
    pub fn is_idle(&mut self) -> bool {
        self.serial.is_idle() && line::is_quiet()
    }

    /// Queues a report.
    pub fn send(&mut self, id: u8, payload: &[u8]) {
        self.serial.send(id, payload);
    }

    /// The clock of the UART.
    pub fn clock(&self) -> u32 {
        line::clock()
    }

    /// Whether this speed is near enough to one that the clock gives.
    pub fn has_speed(&self, baud: u32) -> bool {
        Divider::of(line::clock(), baud).is_some()
    }

    /// Changes the speed; the last answer has left.
    pub fn set_speed(&mut self, baud: u32) {
        let (Some(now), Speed::Agreed(before)) = (Divider::of(line::clock(), baud), self.speed)
        else {
            return;
        };
        self.change(now);
        self.speed = Speed::Tried {
            since: time::now(),
            now,
            before,
        };
    }

    /// Leaves the line.
    pub fn stop(&mut self) {
        line::stop();
        system::silence();
    }
}
