//! Power, reset, and how one program follows another.

use super::{Board, Link, Program};
use crate::boot::{self, Booted, Start};
use crate::flashloader::{Entry, Flashloader, Outcome, OwnLoader, OwnSerial, Processor};
use crate::rom::loader::Loader;
use crate::rom::registers::boot_fuses;
use crate::rom::serial::SerialRom;
use crate::rom::{Rom, Then};
use crate::store::Running;
use crate::uart::SerialLoader;

/// From reset to the ROM's device on the bus (guess; hosts wait for seconds).
const ROM_ATTACH_NS: u64 = 300_000_000;
/// From the jump to the flashloader's device on the bus (guess; hosts expect 0.5 to 2 s with their system's part).
const LOADER_ATTACH_NS: u64 = 300_000_000;
/// SRC_SRSR after power-on or the reset pin.
const CAUSE_PIN: u32 = 1 << 0;
/// SRC_SRSR after SYSRESETREQ.
const CAUSE_SOFTWARE: u32 = 1 << 1;

impl Board {
    /// Power off and on: RAM is lost, the flash wakes in its default mode, the boot pins are sampled.
    pub fn power_cycle(&mut self) {
        self.sync();
        self.faults.power_cut_done();
        self.machine.power_cycle();
        self.sync();
        self.begin(CAUSE_PIN);
    }

    /// The reset button: RAM stays, the flash keeps its modes, the boot pins are sampled. Without power nothing happens.
    pub fn reset(&mut self) {
        if !matches!(self.program, Program::Off) {
            self.warm_reset(CAUSE_PIN);
        }
    }

    pub(super) fn warm_reset(&mut self, cause: u32) {
        self.sync();
        self.machine.reset();
        // the ROM reads the flash much later than any operation of it can last
        boot::fcb::rest(&mut self.machine);
        self.begin(cause);
    }

    /// Takes the power away.
    pub(super) fn power_off(&mut self, why: &str) {
        self.become_program(Program::Off, why.into());
    }

    /// The chip comes out of reset.
    fn begin(&mut self, cause: u32) {
        self.program = Program::Off;
        self.latch(cause);
        self.reach_flash();
        match boot::out_of_reset(&mut self.machine, self.straps) {
            Booted::Application(start) => {
                self.become_program(Program::Application(Some(start)), boot::in_words(start));
            }
            Booted::SerialDownload(why) => self.downloader(why, cause),
            Booted::Nothing(why) => self.become_program(Program::Silent, why),
        }
        self.attached_at = self.machine.clock.device_ns().saturating_add(ROM_ATTACH_NS);
        self.settle();
    }

    /// The chip samples its boot pins, and knows why it was reset.
    fn latch(&mut self, cause: u32) {
        self.machine.straps = self.straps;
        self.machine.cause = cause;
    }

    /// Goes on with the program that ran when the board was put away; on the bus at once.
    pub(super) fn go_on(&mut self, running: Running) {
        self.sync();
        self.machine.power_cycle();
        self.machine.partition_ram();
        self.latch(CAUSE_PIN);
        let why = String::from("left so by the last program");
        match running {
            Running::Reset => self.begin(CAUSE_PIN),
            Running::Rom => self.downloader(why, CAUSE_PIN),
            Running::Flashloader(loader) => self.start_loader(loader),
            Running::Application => self.become_program(Program::Application(None), why),
            Running::Silent => self.become_program(Program::Silent, why),
        }
        self.attached_at = 0;
    }

    fn downloader(&mut self, why: String, cause: u32) {
        let rom = Rom::new(self.straps, cause, self.options);
        self.become_program(Program::Rom(Box::new(rom), SerialRom::default()), why);
    }

    /// A loader runs, as after a jump to it.
    pub(crate) fn start_loader(&mut self, loader: Loader) {
        let program = match loader {
            Loader::Own => Program::Own(Box::new(self.own_loader())),
            Loader::OwnUart => {
                let entry = self.entry();
                Program::OwnUart(Box::new(OwnSerial::start(&mut self.machine, entry)))
            }
            _ => {
                let build = loader.build(self.machine.chip);
                let mut usb = Flashloader::start_build(&mut self.machine, build);
                usb.enumerate(&mut self.machine);
                let serial =
                    SerialLoader::new(Processor::with_build(build.firmware.uart_payload, build));
                Program::Flashloader(loader, Box::new(usb), Box::new(serial))
            }
        };
        self.become_program(
            program,
            format!("the ROM jumped into a loader it holds whole ({loader:?})"),
        );
        self.attached_at = self
            .machine
            .clock
            .device_ns()
            .saturating_add(LOADER_ATTACH_NS);
    }

    /// What the boot ROM leaves to rtboot's own loader.
    fn entry(&self) -> Entry {
        Entry {
            cause: match &self.program {
                Program::Rom(rom, _) => rom.registers.cause,
                _ => CAUSE_PIN,
            },
            boot_mode: boot_fuses(&self.machine).sbmr2(self.straps),
            ..Entry::default()
        }
    }

    fn own_loader(&mut self) -> OwnLoader {
        let entry = self.entry();
        let mut usb = OwnLoader::start(&mut self.machine, entry);
        usb.enumerate(&mut self.machine);
        usb
    }

    pub(super) fn become_program(&mut self, program: Program, why: String) {
        self.program = program;
        self.reach_flash();
        self.link = Link::Either;
        self.usb = super::usb::Wire::default();
        self.bulk = super::usb::Wire::default();
        self.uart.restart();
        self.reason = why;
    }

    /// Whether the pins that the running program drives lead to the flash. What the ROM does is part of its boot decision.
    pub(super) fn reach_flash(&mut self) {
        let loader = match &self.program {
            Program::Flashloader(loader, ..) => Some(*loader),
            Program::Own(_) => Some(Loader::Own),
            Program::OwnUart(_) => Some(Loader::OwnUart),
            _ => None,
        };
        let reached = loader.is_none_or(|loader| {
            let firmware = loader.build(self.machine.chip).firmware;
            firmware.reaches(&self.machine, self.machine.option_pins)
        });
        self.machine.nor_mut().out_of_reach = !reached;
    }

    /// Carries out a pending change of program: a jump, a reset, an application, a loss of power.
    pub(super) fn settle(&mut self) {
        if self.machine.nor().cut && !matches!(self.program, Program::Off) {
            return self.power_off("the power went away while the flash was at work");
        }
        if self.link == Link::Uart && self.uart.speaking() {
            return;
        }
        let then = match &mut self.program {
            Program::Rom(rom, _) => rom.then(),
            _ => None,
        };
        match then {
            Some(Then::Start(loader)) => self.start_loader(loader),
            Some(Then::Silent(why)) => self.become_program(Program::Silent, why),
            None => self.settle_loader(),
        }
    }

    fn settle_loader(&mut self) {
        let outcome = match &self.program {
            Program::Flashloader(_, usb, serial) => usb.outcome().or(serial.outcome()),
            Program::Own(usb) => usb.outcome(self.machine.clock.now_ns()),
            Program::OwnUart(serial) => serial.outcome(self.machine.clock.now_ns()),
            _ => return,
        };
        match outcome {
            Some(Outcome::Reset) => self.warm_reset(CAUSE_SOFTWARE),
            Some(Outcome::Jumped { pc, sp, .. }) => self.execute(pc, sp),
            // still on the bus, but it answers no more
            Some(Outcome::Silent) | None => {}
        }
    }

    /// The flashloader has jumped. The board runs no code, it only checks that there is some at the target.
    pub(super) fn execute(&mut self, pc: u32, sp: u32) {
        let at = pc & !1;
        let window = &self.machine.chip.window;
        let word = match at.checked_sub(window.start) {
            Some(offset) if window.contains(&at) => {
                let clock = &mut self.machine.clock;
                Some(self.machine.flexspi.ahb_read(offset, 4, clock))
            }
            _ => self.machine.ram.slice(at, 4).map(<[u8]>::to_vec),
        };
        match word.as_deref() {
            None | Some([0xFF, 0xFF, 0xFF, 0xFF]) | Some([0, 0, 0, 0]) => {
                let why = format!("the flashloader jumped to {at:#010x}, where there is no code");
                self.become_program(Program::Silent, why);
            }
            Some(_) => {
                let start = Start {
                    entry: at | 1,
                    stack: (sp != 0).then_some(sp),
                };
                let why = format!("the flashloader jumped to {at:#010x}");
                self.become_program(Program::Application(Some(start)), why);
            }
        }
    }
}
