//! What the chip holds while it has power, and a folder keeps: RAM, and how a flashloader has set up the flash.
//!
//! A real board keeps its flashloader and its set-up from one host program to the next, so that raw commands can be given
//! one by one. What is said half on a wire and the flash part's passing moods are not kept.

use serde::{Deserialize, Serialize};

use super::{Board, Link, Program};
use crate::flashloader::NorSetup;
use crate::flexspi::Registers;

/// RAM and set-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// ITCM, DTCM and OCRAM one after another; zeros where it ends.
    pub ram: Vec<u8>,
    /// The flash set-up, when a flashloader runs.
    pub flash: Option<FlashSetup>,
}

/// How a flashloader has set up the flash: its own variables, and the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlashSetup {
    memory: NorSetup,
    controller: Registers,
}

impl FlashSetup {
    /// What cannot be, in words.
    pub fn check(&self) -> Result<(), String> {
        self.memory.check()?;
        self.controller.check()
    }
}

impl Board {
    /// What is to be kept of it now.
    pub(crate) fn kept(&self) -> Kept {
        let memory = match (&self.program, self.link) {
            (Program::Flashloader(_, _, serial), Link::Uart) => Some(serial.processor().nor()),
            (Program::Flashloader(_, usb, _), _) => Some(usb.processor().nor()),
            _ => None,
        };
        let flash = memory.map(|memory| FlashSetup {
            memory: memory.setup(),
            controller: self.machine.flexspi.registers(),
        });
        let ram = match self.program {
            Program::Off => Vec::new(),
            _ => self.machine.ram.to_bytes(),
        };
        Kept { ram, flash }
    }

    /// Puts it back, behind the start of the program that runs.
    pub(super) fn put_back(&mut self, kept: Kept) {
        self.machine.ram.fill_from(&kept.ram);
        let Some(FlashSetup { memory, controller }) = kept.flash else {
            return;
        };
        if let Program::Flashloader(_, usb, serial) = &mut self.program {
            usb.processor_mut().nor_mut().set_up_as(&memory);
            serial.processor_mut().nor_mut().set_up_as(&memory);
            self.machine.flexspi.set_registers(controller);
        }
    }
}
