//! i.MX RT10xx chips as data: names, ids, registers, memory maps, boot offsets, clocks, pins.
//!
//! [`CHIPS`] has one row for each chip that rtboot writes. Code takes a [`Chip`] or its [`MemoryMap`] and never matches on a name,
//! so that a chip is added by a row in `table.rs` and the tests of that row.
//!
//! ```
//! use rtboot_chip::Chip;
//!
//! let chip = Chip::by_name("mimxrt1024").ok_or("no such chip")?;
//! assert_eq!((chip.name, chip.tools.spsdk), ("RT1024", "mimxrt1024"));
//! assert_eq!(chip.map.ivt_address(), 0x6000_1000);
//! # Ok::<(), &str>(())
//! ```
//!
//! Several chips share one id register value. [`Told`] holds what a board told about its chip, and narrows the table down to the
//! chips that it can be.

#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod boot;
mod clock;
mod flexram;
mod foreign;
mod identify;
mod map;
mod name;
mod table;
mod words;

pub use boot::{
    BootConfig, BootDeviceCode, BootLayout, BootMode, FlashKind, FlashTypeField, ResetCause,
};
pub use clock::{Clock, ClockTable};
pub use flexram::{FlexRam, FlexRamLayout};
pub use foreign::{FOREIGN, Foreign, RomOwners, rom_by_usb};
pub use identify::{Contradiction, Identity, Told};
pub use map::{BootDevice, CardLayout, MemoryMap, Place, Region};
pub use name::ChipName;
pub use table::{CHIPS, FLASHLOADER_USB};
pub use words::OptionWordTraits;

/// USB vendor and product id.
pub type UsbId = (u16, u16);

/// Everything that differs between chips.
#[derive(Debug, PartialEq, Eq)]
pub struct Chip {
    /// Name in messages: `RT1021`.
    pub name: &'static str,
    /// Spellings that select this chip, in small letters; the first one is the one that help texts show.
    pub spellings: &'static [&'static str],
    /// Names by which a `.cfg` means this chip: its own, and those of chips with the same die and FlexSPI pins.
    pub cfg_names: &'static [&'static str],
    /// What other tools call it.
    pub tools: ToolNames,
    /// USB ids of the boot ROM's serial downloader.
    pub rom_usb: UsbId,
    /// USB ids of the public flashloader: the same for every RT10xx, so they identify no chip.
    pub flashloader_usb: UsbId,
    /// The chip id register.
    pub id: IdRegister,
    /// The fuse bit that says whether the flash is inside the package.
    pub in_package: InPackage,
    /// Whether its ROM reads registers and RAM out over SDP; where no source says so, it is not asked.
    pub rom_reads: bool,
    /// Registers that tell about the chip and how it started.
    pub registers: Registers,
    /// How its RAM is shared out.
    pub flexram: FlexRamLayout,
    /// What the boot registers say.
    pub boot: BootLayout,
    /// Fuse words that steer booting.
    pub fuses: Fuses,
    /// What NXP's flashloader for this chip does differently from those of other chips.
    pub flashloader: FlashloaderTraits,
    /// Whether rtboot's own RAM loader runs on it and drives the pins that its flash is on.
    pub own_loader: bool,
    /// Address ranges and boot offsets.
    pub map: MemoryMap,
    /// What the clock byte of an FCB means.
    pub clocks: ClockTable,
    /// Where the option block or FCB for configure-memory may go while a flashloader runs, best first.
    pub scratch: &'static [u32],
    /// FlexSPI pin groups, the one used by default first.
    pub flash_pins: &'static [FlashPins],
    /// The UART of serial download.
    pub uart: UartPins,
    /// Pads that are read as BOOT_MODE\[0\] and BOOT_MODE\[1\] at reset.
    pub boot_mode_pads: [&'static str; 2],
    /// Pads that are read as BOOT_CFG at reset, from bit 0 on.
    pub boot_cfg_pads: &'static [&'static str],
    /// NXP's evaluation kit.
    pub kit: Option<Kit>,
}

/// Names that other tools give a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolNames {
    /// SPSDK's and `nxpimage`'s family, the `family:` of their YAML files.
    pub spsdk: &'static str,
    /// The target folder of NXP-MCUBootUtility.
    pub mcu_boot_utility: Option<&'static str>,
}

/// A register whose value tells chips apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdRegister {
    /// Its address.
    pub address: u32,
    /// Bits that tell the chip; the others are its revision.
    pub mask: u32,
    /// Value of these bits.
    pub value: u32,
}

impl IdRegister {
    /// Whether a reading of this register is one of this chip, whatever its revision.
    pub const fn fits(&self, read: u32) -> bool {
        read & self.mask == self.value
    }
}

/// The bit that is set when the flash is inside the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InPackage {
    /// Index of the fuse word that holds it.
    pub word: u32,
    /// Bit in that word.
    pub bit: u32,
    /// Whether NXP's flashloader was seen to go by it to another FlexSPI: then it is known to tell chips apart.
    pub decides: bool,
    /// Bytes of the flash inside the package; `None` for a chip without one.
    pub size: Option<u32>,
}

/// Addresses of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    /// OCOTP CFG0 and CFG1: the unique id.
    pub unique_id: [u32; 2],
    /// SRC_SBMR1: BOOT_CFG as it was latched.
    pub sbmr1: u32,
    /// SRC_SBMR2: boot mode, fuse selection, security configuration.
    pub sbmr2: u32,
    /// SRC_SRSR: cause of the last reset.
    pub srsr: u32,
    /// Shadow register of fuse word 0; each further word is 0x10 higher.
    pub fuse_shadow: u32,
    /// IOMUXC_GPR16 and IOMUXC_GPR17: who says how the FlexRAM is split, and the split.
    pub flexram: [u32; 2],
}

impl Registers {
    /// Address of a fuse word's shadow register.
    pub const fn fuse(&self, word: u32) -> u32 {
        self.fuse_shadow.wrapping_add(word.wrapping_mul(0x10))
    }
}

/// Indices of fuse words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fuses {
    /// BOOT_CFG0: what the BOOT_CFG pins say otherwise.
    pub boot_cfg0: u32,
    /// BOOT_CFG1: security, BT_FUSE_SEL, locks of serial download.
    pub boot_cfg1: u32,
    /// BOOT_CFG2: serial download over UART, and more.
    pub boot_cfg2: u32,
    /// MISC_CONF0: the FlexRAM split.
    pub misc_conf0: u32,
}

/// What NXP's flashloader for a chip does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashloaderTraits {
    /// Folder of its files: chips that take the same flashloader share one.
    pub folder: &'static str,
    /// Whether read-memory reaches peripheral registers; where not, it answers 10200.
    pub reads_registers: bool,
    /// Whether a fuse bit or BOOT_CFG moves it to the second pin group; see [`InPackage`] and [`BootLayout::second_pins`].
    pub follows_second_pins: bool,
    /// What it makes of option words.
    pub words: OptionWordTraits,
}

/// The pads of one FlexSPI port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashPins {
    /// What the group is called in messages.
    pub name: &'static str,
    /// Chip select.
    pub ss0: &'static str,
    /// Clock.
    pub sclk: &'static str,
    /// Data lines, from 0 on.
    pub data: [&'static str; 4],
    /// Data strobe; `None` where the group has no pad for it.
    pub dqs: Option<&'static str>,
}

/// The pads of the UART that the ROM and the flashloader use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartPins {
    /// Receives: the host's TX goes here.
    pub rx: &'static str,
    /// Sends.
    pub tx: &'static str,
}

/// NXP's board for a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kit {
    /// Its name.
    pub name: &'static str,
    /// How its switches are set for serial download; `None` where no source says it.
    pub serial_download: Option<&'static str>,
}

impl Chip {
    /// Finds a chip by any of its spellings, whatever the case.
    pub fn by_name(name: &str) -> Option<&'static Chip> {
        CHIPS.iter().find(|chip| chip.is_called(name))
    }

    /// Whether this is one of its spellings.
    pub fn is_called(&self, name: &str) -> bool {
        let mut spellings = self.spellings.iter();
        spellings.any(|spelling| spelling.eq_ignore_ascii_case(name))
    }

    /// The first spelling of each chip.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CHIPS
            .iter()
            .filter_map(|chip| chip.spellings.first().copied())
    }

    /// Whether a file that names these chips is meant for this one; a file that names none is.
    pub fn is_meant_by(&self, names: &[ChipName]) -> bool {
        let mine = |name: &ChipName| self.cfg_names.iter().any(|chip| name.means(chip));
        names.is_empty() || names.iter().any(mine)
    }

    /// BOOT_CFG out of SRC_SBMR1, decoded as this chip lays it out.
    pub const fn boot_config(&'static self, sbmr1: u32) -> BootConfig {
        BootConfig::new(&self.boot, sbmr1)
    }

    /// The FlexRAM split as it leaves the factory.
    pub fn flexram_of_the_factory(&self) -> FlexRam {
        self.flexram.by_fuse(0)
    }

    /// Distinct addresses of the id registers of all chips, to ask a board whose chip is not known.
    pub fn id_registers() -> impl Iterator<Item = u32> {
        CHIPS.iter().enumerate().filter_map(|(at, chip)| {
            let address = chip.id.address;
            let mut before = CHIPS.iter().take(at);
            before
                .all(|other| other.id.address != address)
                .then_some(address)
        })
    }
}

#[cfg(test)]
mod tests;
