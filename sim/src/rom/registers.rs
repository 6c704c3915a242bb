//! The registers a host may ask the ROM for; everything else on the bus does not answer.

use std::collections::BTreeMap;

use crate::machine::Machine;
use crate::straps::{BootFuses, Straps};

/// First shadow register of the fuse box; word n is at 0x10 × n behind it.
pub const OCOTP_SHADOW: u32 = 0x401F_4400;
/// SRC_SBMR1: BOOT_CFG as latched.
pub const SBMR1: u32 = 0x400F_8004;
/// SRC_SRSR: why the chip was reset.
pub const SRSR: u32 = 0x400F_8008;
/// SRC_SBMR2: boot mode and security.
pub const SBMR2: u32 = 0x400F_801C;
/// USB_ANALOG_DIGPROG: which chip this is.
pub const DIGPROG: u32 = 0x400D_8260;
/// IOMUXC_GPR16: bit 2 takes the FlexRAM split from GPR17 instead of the fuses.
pub const GPR16: u32 = 0x400A_C040;
/// IOMUXC_GPR17: the FlexRAM split.
pub const GPR17: u32 = 0x400A_C044;
/// MCR0 of a FlexSPI that is switched off.
pub const FLEXSPI_OFF: u32 = 0xFFFF_80C2;
/// SEMC_INTR, which a DCD for SDRAM polls.
pub const SEMC_INTR: u32 = 0x402F_003C;

/// The fuse words that decide how the ROM boots.
pub fn boot_fuses(machine: &Machine) -> BootFuses {
    let fuses = &machine.fuses;
    BootFuses {
        cfg0: fuses.shadow(5),
        cfg1: fuses.shadow(6),
        cfg2: fuses.shadow(7),
    }
}

/// The peripheral registers as the ROM's downloader leaves them.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    /// Straps as sampled at reset; changing the switches later changes nothing here.
    pub straps: Straps,
    /// SRC_SRSR.
    pub cause: u32,
    /// Values of register writes, by word address.
    written: BTreeMap<u32, u32>,
}

impl Registers {
    /// Registers after a reset with these straps and this cause (SRC_SRSR).
    pub fn new(straps: Straps, cause: u32) -> Registers {
        Registers {
            straps,
            cause,
            written: BTreeMap::new(),
        }
    }

    /// A peripheral register; `None` when nothing answers there.
    ///
    /// MCR0 of FlexSPI is that of a module switched off (seen on a board in serial download). GPR16 is a guess at the
    /// reset value; its bit 2 is 0, the fuses decide.
    pub fn read(&self, machine: &Machine, address: u32) -> Option<u32> {
        let fuses = boot_fuses(machine);
        if let Some(value) = self.written.get(&address) {
            return Some(*value);
        }
        match address {
            SBMR1 => Some(fuses.sbmr1(self.straps, machine.chip.boot)),
            SBMR2 => Some(fuses.sbmr2(self.straps)),
            SRSR => Some(self.cause),
            DIGPROG => Some(machine.chip_id),
            GPR16 => Some(0x0000_0003),
            GPR17 => Some(0),
            _ if address == machine.chip.flexspi => Some(FLEXSPI_OFF),
            _ => shadow_index(address).map(|index| shadow(machine, index)),
        }
    }

    /// Remembers a register write; fuse shadow registers go to the fuse box.
    pub fn write(&mut self, machine: &mut Machine, address: u32, value: u32) {
        match shadow_index(address) {
            Some(index) => machine.fuses.set_shadow(index, value),
            None => {
                self.written.insert(address, value);
            }
        }
    }

    /// What a DCD check sees: any peripheral answers, the memory controller is always ready.
    pub fn poll(&self, machine: &Machine, address: u32) -> u32 {
        let ready = if address == SEMC_INTR { 1 } else { 0 };
        self.read(machine, address).unwrap_or(0) | ready
    }
}

/// Whether `address` lies among the peripherals.
pub fn is_peripheral(address: u32) -> bool {
    (0x4000_0000..0x4040_0000).contains(&address)
}

fn shadow_index(address: u32) -> Option<usize> {
    let at = address.checked_sub(OCOTP_SHADOW)?;
    (at < 0x300 && at % 0x10 == 0).then_some((at / 0x10) as usize)
}

/// A shadow register; the hardware keys read as 0 (guess), like a read-protected word.
fn shadow(machine: &Machine, index: usize) -> u32 {
    if (0x10..0x18).contains(&index) {
        0
    } else {
        machine.fuses.shadow(index)
    }
}
