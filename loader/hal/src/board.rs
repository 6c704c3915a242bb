//! The whole board behind the traits of the portable crates.

use loader_nor::{Bus, BusError, Data, Sequence, Setup, Speed};
use loader_proto::{Board, BoardState, Build, LinkLost, Payload, Region, WINDOW};
use rtboot_wire::mboot::report;

use crate::breadcrumb::{self, Stage};
use crate::flexspi::FlexSpi;
use crate::link::{self, Link};
use crate::start::{boot_at, run_at};
use crate::watchdog::{self, Watchdogs};
use crate::{memory, snapshot, system, time};

/// How long the last answer waits for its host.
const DRAIN_LIMIT: u32 = 1_000_000;
/// After the last answer, so that the host has it before the device goes.
const LEAVE: u32 = 1_000;

const SRC_SRSR: u32 = 0x400F_8008;
const SRC_SBMR2: u32 = 0x400F_801C;

/// What could not be done at start; the bits of `BoardState::troubles`.
mod trouble {
    pub const NO_CRYSTAL_CLOCK: u32 = 1 << 0;
    pub const USB_PLL_NOT_LOCKED: u32 = 1 << 1;
    pub const RTWDOG_NOT_SET: u32 = 1 << 2;
    pub const OTHER_WATCHDOG_RUNS: u32 = 1 << 3;
}

/// An i.MX RT1021 that has just left its boot ROM.
pub struct Rt1021 {
    link: Link,
    flexspi: FlexSpi,
    watchdogs: Watchdogs,
    ram: [Region; 3],
    core_khz: u32,
    troubles: u32,
    guarded: bool,
}

impl Rt1021 {
    /// Brings the board up, to the point where a host can find it.
    #[inline(never)]
    ///
    /// Returns the board and the window, 4 KiB of fast memory for the commands.
    pub fn start() -> (Rt1021, &'static mut [u8; WINDOW]) {
        breadcrumb::stage(Stage::CachesSet);
        system::stop_timers();
        let core_khz = time::start();
        breadcrumb::stage(Stage::ClockMeasured);
        let watchdogs = Watchdogs::start();
        breadcrumb::stage(Stage::WatchdogSet);
        let ram = memory::regions();
        let work = memory::work().start;
        #[cfg_attr(not(feature = "uart"), expect(unused_mut))]
        let (mut link, pll_locked) = Link::start(work);
        #[cfg(feature = "uart")]
        link.set_core_clock(core_khz);
        let window = memory::window(work + link::LEN);
        let trouble = |is: bool, bit| if is { bit } else { 0 };
        let board = Rt1021 {
            troubles: trouble(core_khz == 0, trouble::NO_CRYSTAL_CLOCK)
                | trouble(!pll_locked, trouble::USB_PLL_NOT_LOCKED)
                | trouble(!watchdogs.is_set(), trouble::RTWDOG_NOT_SET)
                | trouble(watchdogs.others_run(), trouble::OTHER_WATCHDOG_RUNS),
            link,
            flexspi: FlexSpi::new(),
            watchdogs,
            ram,
            core_khz,
            guarded: false,
        };
        (board, window)
    }

    /// One turn of every wait: the link and watchdogs. Until the host has been there for the first time nobody feeds
    /// RTWDOG: a loader that no host can see ends in the boot ROM.
    fn turn(&mut self) {
        self.link.poll();
        if self.link.is_found() && !self.guarded {
            self.guarded = true;
            self.watchdogs.set_period(watchdog::RUN_SECONDS);
        }
        if self.guarded {
            self.watchdogs.feed();
        }
    }

    fn leave(&mut self) {
        time::delay(LEAVE);
        self.link.stop();
    }
}

impl Bus for Rt1021 {
    fn set_up(&mut self, setup: &Setup) -> Result<(), BusError> {
        self.flexspi.set_up(setup)
    }

    fn set_speed(&mut self, speed: Speed) -> Result<(), BusError> {
        self.flexspi.set_speed(speed)
    }

    fn transfer(
        &mut self,
        sequence: &Sequence,
        offset: u32,
        data: Data<'_>,
    ) -> Result<(), BusError> {
        self.flexspi.transfer(sequence, offset, data)
    }

    fn read_mapped(&mut self, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        self.flexspi.read_mapped(offset, into)
    }

    fn now(&mut self) -> u32 {
        time::now()
    }

    fn pause(&mut self, microseconds: u32) {
        self.turn();
        if microseconds > 0 {
            time::delay(microseconds);
        }
    }
}

impl Board for Rt1021 {
    fn receive(&mut self, payload: &mut Payload) -> Result<u8, LinkLost> {
        loop {
            self.turn();
            if self.link.take_lost() {
                return Err(LinkLost);
            }
            if let Some(id) = self.link.take_report(payload) {
                return Ok(id);
            }
            if self.link.yields() {
                return Err(LinkLost);
            }
        }
    }

    fn is_abort_pending(&mut self) -> bool {
        // over a UART the host's answer to the last frame tells
        #[cfg(feature = "uart")]
        while !self.link.can_send() {
            self.turn();
        }
        self.link.is_next_empty(report::COMMAND)
    }

    fn send(&mut self, id: u8, payload: &[u8]) -> Result<(), LinkLost> {
        loop {
            self.turn();
            if self.link.take_lost() {
                return Err(LinkLost);
            }
            if self.link.can_send() {
                self.link.send(id, payload);
                return Ok(());
            }
            if self.link.yields() {
                return Err(LinkLost);
            }
        }
    }

    fn payload(&self) -> usize {
        self.link.payload()
    }

    fn drain(&mut self) {
        let start = time::now();
        while !self.link.is_idle() && time::now().wrapping_sub(start) < DRAIN_LIMIT {
            self.turn();
        }
    }

    fn ram(&self) -> [Region; 3] {
        self.ram
    }

    fn own(&self) -> [Region; 2] {
        memory::own()
    }

    fn read_ram(&mut self, address: u32, into: &mut [u8]) {
        // the map comes from the fuses; a place that faults all the same reads as zeros
        if memory::read(address, into).is_err() {
            into.fill(0);
        }
    }

    fn write_ram(&mut self, address: u32, data: &[u8]) {
        memory::write(address, data);
    }

    fn fuse(&mut self, index: u32) -> Option<u32> {
        memory::fuse(index)
    }

    fn call(&mut self, address: u32, argument: u32) -> u32 {
        memory::call(address, argument)
    }

    fn execute(&mut self, address: u32, argument: u32, stack: u32) {
        self.leave();
        self.watchdogs.stop();
        // SAFETY: the host asks for it, at an address that was checked to be code; nothing of this program is used again
        unsafe { run_at(address, argument, stack) }
    }

    fn start(&mut self, table: u32, stack: u32, code: u32) {
        self.leave();
        self.watchdogs.stop();
        time::stop();
        // SAFETY: the caller found an image there; nothing of this program is used again
        unsafe { boot_at(code, stack, table) }
    }

    fn reset(&mut self) {
        self.leave();
        system::reset()
    }

    fn state(&self) -> BoardState {
        BoardState {
            core_khz: self.core_khz,
            snapshot: snapshot::place(),
            reset_cause: snapshot::register(SRC_SRSR),
            boot_mode: snapshot::register(SRC_SBMR2),
            troubles: self.troubles,
            breadcrumb: breadcrumb::previous(),
            #[cfg(feature = "uart")]
            uart_hz: self.link.clock(),
            #[cfg(not(feature = "uart"))]
            uart_hz: 0,
        }
    }

    fn build(&self) -> Build {
        Build {
            uart: cfg!(feature = "uart"),
            restricted: cfg!(feature = "restricted"),
        }
    }

    #[cfg(feature = "uart")]
    fn has_speed(&self, baud: u32) -> bool {
        self.link.has_speed(baud)
    }

    #[cfg(feature = "uart")]
    fn set_speed_of_line(&mut self, baud: u32) {
        self.link.set_speed(baud);
    }
}
