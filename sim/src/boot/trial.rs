//! Boot from a given flash content, without a board around it: many thousand trials a second.

use super::{Booted, out_of_reset};
use crate::chip::{Chip, RT1021};
use crate::clock::Clock;
use crate::fuses::Fuses;
use crate::machine::Machine;
use crate::nor::{Nor, Part};
use crate::straps::{BootMode, Straps};

/// What the chip finds when the power comes.
#[derive(Clone, Copy, Debug)]
pub struct PowerOn<'a> {
    /// Flash content: bytes at an offset. All other cells are erased, and bytes past the part's end are left out.
    pub flash: &'a [(u32, &'a [u8])],
    /// Status registers 1 to 3 of the flash part.
    pub status: [u8; 3],
    /// The boot pins.
    pub straps: Straps,
    /// Fuse words by index; all others are those of a new chip.
    pub fuses: &'a [(usize, u32)],
    /// The flash is wired to the second pin group.
    pub second_pins: bool,
}

impl Default for PowerOn<'_> {
    /// An erased flash, quad enable clear, BOOT_MODE 10 (internal boot), BOOT_CFG 0, no fuse burnt.
    fn default() -> Self {
        PowerOn {
            flash: &[],
            status: [0; 3],
            straps: Straps {
                boot_mode: BootMode::InternalBoot,
                boot_cfg: 0,
            },
            fuses: &[],
            second_pins: false,
        }
    }
}

/// A chip with one flash part, for boot trials only: no USB, no UART, no folder.
///
/// ```
/// use rtboot_sim::{BootTrial, Booted, PowerOn, nor::Part};
///
/// let mut trial = BootTrial::new(Part::is25lp064a());
/// let found = trial.power_on(&PowerOn { status: [0x40, 0, 0], ..PowerOn::default() });
/// assert!(matches!(found, Booted::SerialDownload(why) if why.contains("no FCB")));
/// ```
#[derive(Clone, Debug)]
pub struct BootTrial {
    machine: Machine,
    /// Cells that the last trial may have changed, as (offset, length).
    dirty: Vec<(usize, usize)>,
}

impl BootTrial {
    /// An RT1021 with this flash part, everything erased.
    pub fn new(part: Part) -> BootTrial {
        BootTrial::of(&RT1021, part)
    }

    /// The same with another chip.
    pub fn of(chip: &'static Chip, part: Part) -> BootTrial {
        BootTrial {
            machine: Machine::of(chip, Nor::new(part)),
            dirty: Vec::new(),
        }
    }

    /// Power on with this flash content: what the chip does. Nothing of an earlier trial is left.
    pub fn power_on(&mut self, found: &PowerOn) -> Booted {
        self.restore();
        self.machine.fuses = Fuses::of(self.machine.chip);
        for (index, value) in found.fuses {
            self.machine.fuses.set(*index, *value);
        }
        let nor = self.machine.nor_mut();
        nor.status = found.status;
        for (offset, bytes) in found.flash {
            let offset = *offset as usize;
            for (cell, byte) in nor.memory.iter_mut().skip(offset).zip(*bytes) {
                *cell = *byte;
            }
            self.dirty.push((offset, bytes.len()));
        }
        self.machine.fuses.mark_package(self.machine.chip);
        self.machine.other_pins = found.second_pins;
        self.machine.clock = Clock::new();
        self.machine.power_cycle();
        out_of_reset(&mut self.machine, found.straps)
    }

    /// A warm reset after [`BootTrial::power_on`]: flash content, status and volatile registers are as the boot left them.
    pub fn warm_reset(&mut self, straps: Straps, second_pins: bool) -> Booted {
        self.machine.reset();
        super::fcb::rest(&mut self.machine);
        self.machine.other_pins = second_pins;
        out_of_reset(&mut self.machine, straps)
    }

    /// The flash as the last trial left it.
    pub fn nor(&self) -> &Nor {
        self.machine.nor()
    }

    /// Erases what the last trial has written. The FCB's own commands go to address 0: they can program the first page.
    fn restore(&mut self) {
        let nor = self.machine.nor_mut();
        nor.read_default = nor.part.read_register.factory();
        nor.non_volatile = 0xFFFF;
        self.dirty.push((0, crate::nor::PAGE as usize));
        for (offset, length) in self.dirty.drain(..) {
            let end = offset.saturating_add(length).min(nor.memory.len());
            if let Some(cells) = nor.memory.get_mut(offset..end) {
                cells.fill(0xFF);
            }
        }
    }
}
