//! The board: the chip with its flash, its boot pins, the program that runs, USB and UART.
//!
//! ```text
//! power-on, reset ─┬─ boot from flash ──► Application   (nothing on USB)
//!                  └─ or ──► Rom ── a loader jumped to ──► Flashloader ── reset ──► power-on
//!                             └── anything else jumped to ──► Silent
//! ```
//!
//! Time is virtual. A host's action costs wire time at once; the chip works off a command at once, and its answer is
//! ready when the host's clock gets there. Nothing here sleeps.

use std::collections::VecDeque;
use std::time::Duration;

mod kept;
mod power;
mod serial;
mod settings;
#[cfg(test)]
mod tests;
mod usb;

pub use settings::Settings;
pub use usb::{Gone, UsbIdentity};

use crate::boot::{BootVerdict, Start};
use crate::chip::Chip;
use crate::fault::{Counts, Fault, Faults};
use crate::flashloader::{Flashloader, OwnLoader, OwnSerial};
use crate::fuses::Fuses;
use crate::machine::{Costs, Machine};
use crate::nor::{Nor, Part, Trace};
use crate::rom::loader::Loader;
use crate::rom::serial::SerialRom;
use crate::rom::{Rom, RomOptions};
use crate::store::Store;
use crate::straps::Straps;
use crate::uart::SerialLoader;

/// What the board is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The ROM's serial downloader runs.
    Rom,
    /// The flashloader runs.
    Flashloader,
    /// An application runs; neither link answers.
    Application,
    /// Powered, but it answers on no link.
    Silent,
    /// Without power.
    Off,
}

/// The program that runs, with its state.
#[derive(Clone, Debug)]
enum Program {
    Rom(Box<Rom>, SerialRom),
    Flashloader(Loader, Box<Flashloader>, Box<SerialLoader>),
    /// rtboot's own loader, on USB only.
    Own(Box<OwnLoader>),
    OwnUart(Box<OwnSerial>),
    /// `None`: the program before this one started it.
    Application(Option<Start>),
    Silent,
    Off,
}

/// Which link the running program listens to: the first one used, until reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Either,
    Usb,
    Uart,
}

/// A virtual board.
pub struct Board {
    machine: Machine,
    program: Program,
    link: Link,
    straps: Straps,
    options: RomOptions,
    /// The board's own part; a fault may have put another in its place.
    part: Part,
    faults: Faults,
    /// The lasting faults that the flash knows of.
    applied: Vec<Fault>,
    /// From when on the host sees the USB device, in nanoseconds.
    attached_at: u64,
    usb: usb::Wire,
    bulk: usb::Wire,
    bulk_closed: bool,
    uart: serial::Wire,
    reason: String,
    store: Option<Store>,
}

impl Board {
    /// A board, switched on.
    pub fn new(settings: Settings) -> Board {
        let mut board = Board::unpowered(settings);
        board.power_cycle();
        board.attached_at = 0;
        board
    }

    /// A board that was never switched on.
    pub(crate) fn unpowered(settings: Settings) -> Board {
        let mut nor = Nor::new(settings.part.clone());
        for (cell, byte) in nor.memory.iter_mut().zip(&settings.flash) {
            *cell = *byte;
        }
        nor.status = settings.status;
        let mut machine = Machine::of(settings.chip, nor);
        for (index, value) in settings.fuses {
            machine.fuses.set(index, value);
        }
        machine.fuses.mark_package(settings.chip);
        machine.fuses.set(1, settings.unique_id[0]);
        machine.fuses.set(2, settings.unique_id[1]);
        Board {
            machine,
            program: Program::Off,
            link: Link::Either,
            straps: settings.straps,
            options: settings.rom,
            part: settings.part,
            faults: Faults {
                list: settings.faults,
                counts: Counts::default(),
            },
            applied: Vec::new(),
            attached_at: 0,
            usb: usb::Wire::default(),
            bulk: usb::Wire::default(),
            bulk_closed: false,
            uart: serial::Wire::default(),
            reason: "never switched on".into(),
            store: None,
        }
    }

    /// What the board is doing.
    pub fn state(&self) -> State {
        match self.program {
            Program::Rom(..) => State::Rom,
            Program::Flashloader(..) | Program::Own(_) | Program::OwnUart(_) => State::Flashloader,
            Program::Application(_) => State::Application,
            Program::Silent => State::Silent,
            Program::Off => State::Off,
        }
    }

    /// The reason for the present state, in words.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The application that runs; `None` in every other state, and when the board was opened with it running.
    pub fn application(&self) -> Option<Start> {
        match self.program {
            Program::Application(start) => start,
            _ => None,
        }
    }

    /// Which known loader runs; `None` when none does.
    pub fn loader(&self) -> Option<Loader> {
        match self.program {
            Program::Flashloader(loader, ..) => Some(loader),
            Program::Own(_) => Some(Loader::Own),
            Program::OwnUart(_) => Some(Loader::OwnUart),
            _ => None,
        }
    }

    /// Virtual time passes.
    pub fn wait(&mut self, time: Duration) {
        let until = self.machine.clock.now_ns().saturating_add(nanos(time));
        self.run_serial(until);
        self.machine.clock.advance_to(until);
        self.settle();
    }

    /// Virtual time since the board was made or opened, as the host sees it.
    pub fn elapsed(&self) -> Duration {
        self.machine.clock.elapsed()
    }

    /// Transactions and flash cycles so far.
    pub fn costs(&self) -> Costs {
        let flexspi = &self.machine.flexspi;
        Costs {
            ip_commands: flexspi.ip_commands,
            ahb_fills: flexspi.ahb_fills,
            spi_cycles: flexspi.cycles,
            ..self.machine.costs.clone()
        }
    }

    /// The boot pins as they are set; the chip samples them at reset only.
    pub fn straps(&self) -> Straps {
        self.straps
    }

    /// Sets the boot pins. Nothing happens until the next reset or power cycle.
    pub fn set_straps(&mut self, straps: Straps) {
        self.straps = straps;
    }

    /// The flash's content.
    pub fn flash(&self) -> &[u8] {
        &self.machine.nor().memory
    }

    /// The flash's content, to be changed without a command.
    pub fn flash_mut(&mut self) -> &mut [u8] {
        &mut self.machine.nor_mut().memory
    }

    /// `len` bytes of RAM; `None` when they are not all in one bank.
    pub fn ram(&self, address: u32, len: usize) -> Option<Vec<u8>> {
        self.machine.ram.slice(address, len).map(<[u8]>::to_vec)
    }

    /// The flash part: status registers, content, faults.
    pub fn nor(&self) -> &Nor {
        self.machine.nor()
    }

    /// The flash part, to be changed. A change of the fault list sets its faults anew.
    pub fn nor_mut(&mut self) -> &mut Nor {
        self.machine.nor_mut()
    }

    /// The chip.
    pub fn chip(&self) -> &'static Chip {
        self.machine.chip
    }

    /// The board's own part; a fault may have put another in its place.
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// The fuses.
    pub fn fuses(&self) -> &Fuses {
        &self.machine.fuses
    }

    /// The fuses, to be changed; the ROM looks at them at reset.
    pub fn fuses_mut(&mut self) -> &mut Fuses {
        &mut self.machine.fuses
    }

    /// The faults of the board.
    pub fn faults(&self) -> &[Fault] {
        &self.faults.list
    }

    /// The faults, to be changed; in force from the board's next action on.
    pub fn fault_mut(&mut self) -> &mut Vec<Fault> {
        &mut self.faults.list
    }

    /// Reports, bytes and flash operations since the board was made or opened.
    pub fn counts(&self) -> Counts {
        Counts {
            nor_operations: self.machine.nor().operations,
            nor_reads: self.machine.nor().reads,
            ..self.faults.counts
        }
    }

    /// Writes down every cycle on the flash's wires from now on, or stops doing so.
    pub fn trace_spi(&mut self, on: bool) {
        self.machine.nor_mut().trace = on.then(Trace::default);
    }

    /// The cycles written down since the last call, one line a kind; empty when tracing is off.
    pub fn take_spi_trace(&mut self) -> Vec<String> {
        self.machine.nor_mut().take_trace()
    }

    /// What the ROM would do with the flash as it is. The board does not change.
    pub fn boot_verdict(&mut self) -> BootVerdict {
        self.sync();
        BootVerdict::of(&self.machine, self.straps)
    }

    /// Puts the faults of the list into the flash, when they have changed.
    fn sync(&mut self) {
        self.faults.counts.nor_operations = self.machine.nor().operations;
        let lasting = |fault: &&Fault| {
            use Fault::{UartIn, UartOut, UsbIn, UsbOut};
            !matches!(
                fault,
                UsbOut { .. } | UsbIn { .. } | UartOut { .. } | UartIn { .. }
            )
        };
        let now: Vec<Fault> = self.faults.list.iter().filter(lasting).cloned().collect();
        if now == self.applied {
            return;
        }
        let chip = self.machine.chip;
        self.machine.chip_id = self.faults.other_chip().unwrap_or(chip.id);
        self.machine.other_pins = self.faults.second_pins();
        let named = self.faults.wrong_part().map(Part::find);
        let nor = self.machine.nor_mut();
        let part = match &named {
            Some(Some(wrong)) => wrong,
            _ => &self.part,
        };
        if nor.part != *part {
            nor.memory.resize(part.size as usize, 0xFF);
            nor.part = part.clone();
        }
        self.faults.apply(nor);
        // a part that is not in the list has no model: it does not answer
        nor.present &= named != Some(None);
        self.applied = now;
        self.reach_flash();
    }
}

/// Program, reason and part; neither flash nor RAM.
impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Board")
            .field("chip", &self.machine.chip.name)
            .field("part", &self.part.name)
            .field("state", &self.state())
            .field("reason", &self.reason)
            .field("straps", &self.straps)
            .field("faults", &self.faults.list)
            .finish_non_exhaustive()
    }
}

/// A duration in nanoseconds, at most `u64::MAX`.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Bytes on their way to the host, each with the time it is there.
type Queue = VecDeque<(u64, u8)>;
