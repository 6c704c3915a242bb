//! The hardware below ROM and flashloader: RAM, fuses, FlexSPI with its flash, time and costs.

use crate::chip::{Chip, RT1021};
use crate::clock::{Clock, USB_TRANSACTION_NS};
use crate::flexspi::FlexSpi;
use crate::fuses::Fuses;
use crate::memory::Ram;
use crate::nor::Nor;
use crate::straps::Straps;

/// Fuse word MISC_CONF0, with the FlexRAM split in bits 19:16.
const MISC_CONF0: usize = 0x2D;

/// Everything countable since power-on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// SETUP transactions on endpoint 0.
    pub setup: u64,
    /// IN transactions on endpoint 0.
    pub in0: u64,
    /// OUT transactions on endpoint 0.
    pub out0: u64,
    /// IN transactions on the interrupt endpoint 1.
    pub in1: u64,
    /// OUT transactions on the interrupt endpoint 2.
    pub out2: u64,
    /// Packets from the bulk interface of rtboot's own loader, endpoint 3.
    pub in3: u64,
    /// Packets to it.
    pub out3: u64,
    /// Bytes received from and sent to a UART host.
    pub uart_bytes: u64,
    /// FlexSPI: IP commands.
    pub ip_commands: u64,
    /// FlexSPI: 256-byte fills of the AHB buffer.
    pub ahb_fills: u64,
    /// Chip-select cycles on the flash.
    pub spi_cycles: u64,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Which chip this is.
    pub chip: &'static Chip,
    /// On-chip RAM.
    pub ram: Ram,
    /// One-time programmable fuses.
    pub fuses: Fuses,
    /// The FlexSPI controller; its `nor` is the flash.
    pub flexspi: FlexSpi,
    /// Virtual time.
    pub clock: Clock,
    /// What was spent.
    pub costs: Costs,
    /// The chip id register, USB_ANALOG_DIGPROG.
    pub chip_id: u32,
    /// Boot pins as latched at reset.
    pub straps: Straps,
    /// SRC_SRSR: the cause of the last reset.
    pub cause: u32,
    /// The flash is wired to the second pin group, or to the first where the chip's flash is on the second.
    pub other_pins: bool,
    /// The last option words asked for the second pin group.
    pub option_pins: bool,
    /// The flash answers on whatever pins are driven, as in the recordings of genuine firmware.
    pub any_pins: bool,
}

impl Machine {
    /// An RT1021 at power-on, with `nor` on FlexSPI port A1.
    pub fn new(nor: Nor) -> Machine {
        Machine::of(&RT1021, nor)
    }

    /// The same with another chip.
    pub fn of(chip: &'static Chip, nor: Nor) -> Machine {
        Machine {
            chip,
            ram: Ram::new(chip),
            fuses: Fuses::of(chip),
            flexspi: FlexSpi::new(nor),
            clock: Clock::new(),
            costs: Costs::default(),
            chip_id: chip.id,
            straps: Straps::default(),
            cause: 1,
            other_pins: false,
            option_pins: false,
            any_pins: false,
        }
    }

    /// The flash.
    pub fn nor(&self) -> &Nor {
        &self.flexspi.nor
    }

    /// The flash, to be changed.
    pub fn nor_mut(&mut self) -> &mut Nor {
        &mut self.flexspi.nor
    }

    /// A reset of the chip: RAM and flash keep their contents, the controller and the shadow registers do not.
    pub fn reset(&mut self) {
        self.flexspi.reset();
        self.fuses.reload();
        self.option_pins = false;
    }

    /// Power off and on: RAM is lost, the flash wakes in its default mode.
    pub fn power_cycle(&mut self) {
        self.clock.drop_work();
        self.reset();
        self.ram = Ram::new(self.chip);
        self.flexspi.nor.power_cycle();
    }

    /// Splits the FlexRAM as the fuses say; RAM that changes its place loses its content.
    pub fn partition_ram(&mut self) {
        let split = self.fuses.shadow(MISC_CONF0) >> 16 & 0xF;
        if self.ram.split() != split {
            self.ram = Ram::partitioned(self.chip, split);
        }
    }

    /// `count` USB transactions pass on the wire.
    pub fn usb_time(&mut self, count: u64) {
        self.clock.advance(count * USB_TRANSACTION_NS);
    }
}
