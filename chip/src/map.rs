//! Where a chip has flash and RAM, as far as a boot image cares.

use core::fmt;

/// A named run of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// The manual's name: "ITCM", "OCRAM", …
    pub name: &'static str,
    /// First address.
    pub base: u32,
    /// Bytes there with the fuses as they leave the factory.
    pub len: u32,
    /// Bytes there at most, when fuses or the program's own start-up code split the FlexRAM in another way.
    pub max_len: u32,
}

impl Region {
    /// A region whose size never changes.
    pub const fn fixed(name: &'static str, base: u32, len: u32) -> Region {
        Region {
            name,
            base,
            len,
            max_len: len,
        }
    }

    /// A share of the FlexRAM: `len` bytes from the factory, up to `max_len` by fuses or start-up code.
    pub const fn flexram(name: &'static str, base: u32, len: u32, max_len: u32) -> Region {
        Region {
            name,
            base,
            len,
            max_len,
        }
    }

    /// One past the last address.
    pub fn end(&self) -> u64 {
        u64::from(self.base) + u64::from(self.len)
    }

    /// One past the last address with the largest split.
    pub fn max_end(&self) -> u64 {
        u64::from(self.base) + u64::from(self.max_len)
    }

    /// True when the address lies inside.
    pub fn contains(&self, address: u32) -> bool {
        address >= self.base && u64::from(address) < self.end()
    }

    /// True when all of `address..address + len` lies inside.
    pub fn contains_range(&self, address: u32, len: u64) -> bool {
        address >= self.base && u64::from(address) + len <= self.end()
    }

    /// True when one byte of `address..address + len` lies inside.
    pub fn overlaps(&self, address: u32, len: u64) -> bool {
        u64::from(address) < self.end() && u64::from(address) + len > u64::from(self.base)
    }
}

/// What the ROM starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BootDevice {
    /// A serial NOR flash on FlexSPI: IVT at 0x1000, application at 0x2000 by custom, an FCB before them.
    #[default]
    SerialNor,
    /// An SD card or eMMC: IVT at 0x400, application at 0x1000 by custom, no FCB; the ROM copies it to RAM.
    SdCard,
}

/// The addresses of one chip, and where its ROM looks for the parts of a boot image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryMap {
    /// The chip's name, for messages.
    pub chip: &'static str,
    /// What the ROM starts from.
    pub device: BootDevice,
    /// Where the FlexSPI flash begins on the bus.
    pub flash_base: u32,
    /// Bytes of the largest flash that the window can show.
    pub flash_max: u32,
    /// A second window onto the same flash: base and length.
    pub flash_alias: Option<(u32, u32)>,
    /// The window of a second FlexSPI, which neither the ROM boots from nor the public flashloader reaches.
    pub other_flash: Option<Region>,
    /// RAM that works without set-up, with the factory's FlexRAM split.
    pub ram: &'static [Region],
    /// The window of external SDRAM; it works once a DCD has set the controller up.
    pub sdram: Option<Region>,
    /// RAM that the ROM needs for itself during serial download.
    pub rom_reserved: Region,
    /// Fuse controller: registers whose writes can burn fuses.
    pub ocotp: Region,
    /// Whether it has a bus encryption engine, whose headers lie at flash offsets 0x400 and 0x800.
    pub bee: bool,
    /// Flash offset of the FCB.
    pub fcb_offset: u32,
    /// Flash offset of the IVT.
    pub ivt_offset: u32,
    /// Flash offset of the application's vector table, by custom.
    pub app_offset: u32,
    /// The same on an SD card or eMMC.
    pub card: CardLayout,
}

/// Where the ROM looks on an SD card or eMMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardLayout {
    /// Offset of the IVT.
    pub ivt_offset: u32,
    /// Offset of the application's vector table, by custom.
    pub app_offset: u32,
}

impl MemoryMap {
    /// The same chip with the parts of a boot image where they lie on `device`.
    ///
    /// A card has no window on the bus: byte 0 of the card stands at `flash_base` here.
    pub fn for_device(&self, device: BootDevice) -> MemoryMap {
        let (ivt_offset, app_offset) = match device {
            BootDevice::SerialNor => (self.ivt_offset, self.app_offset),
            BootDevice::SdCard => (self.card.ivt_offset, self.card.app_offset),
        };
        MemoryMap {
            device,
            ivt_offset,
            app_offset,
            ..*self
        }
    }

    /// One past the last address of the flash window.
    pub fn flash_end(&self) -> u64 {
        u64::from(self.flash_base) + u64::from(self.flash_max)
    }

    /// True when the address lies in the flash window (not in its alias).
    pub fn in_flash(&self, address: u32) -> bool {
        address >= self.flash_base && u64::from(address) < self.flash_end()
    }

    /// True when the address lies in the window of the FlexSPI that the chip does not boot from.
    pub fn is_other_flash(&self, address: u32) -> bool {
        self.other_flash
            .is_some_and(|window| window.contains(address))
    }

    /// The address in the flash window, if this one lies in the alias; the address itself otherwise.
    pub fn normalised(&self, address: u32) -> u32 {
        match self.flash_alias {
            Some((base, len)) if address.checked_sub(base).is_some_and(|offset| offset < len) => {
                self.flash_base.wrapping_add(address - base)
            }
            _ => address,
        }
    }

    /// Address of the FCB.
    pub fn fcb_address(&self) -> u32 {
        self.flash_base.wrapping_add(self.fcb_offset)
    }

    /// Address of the IVT.
    pub fn ivt_address(&self) -> u32 {
        self.flash_base.wrapping_add(self.ivt_offset)
    }

    /// Address where an application's vector table lies by custom.
    pub fn app_address(&self) -> u32 {
        self.flash_base.wrapping_add(self.app_offset)
    }

    /// The RAM, internal or external, that holds an address; with the largest split of the FlexRAM.
    pub fn ram_at(&self, address: u32) -> Option<&Region> {
        let mut all = self.ram.iter().chain(&self.sdram);
        all.find(|region| address >= region.base && u64::from(address) < region.max_end())
    }

    /// The RAM that a full descending stack starting at `stack` would use: the address may be one past its end.
    pub fn stack_ram(&self, stack: u32) -> Option<&Region> {
        stack.checked_sub(1).and_then(|last| self.ram_at(last))
    }

    /// What lies at an address, for messages: "flash", "DTCM", "no memory of the RT1021", …
    pub fn name_of(&self, address: u32) -> Place {
        match self.ram_at(address) {
            Some(region) => Place::Named(region.name),
            None if self.in_flash(address) => Place::Named("flash"),
            None if self.in_flash(self.normalised(address)) => Place::Named("the flash alias"),
            None if self.is_other_flash(address) => Place::Named("the flash of its other FlexSPI"),
            None if self.ocotp.contains(address) => Place::Named(self.ocotp.name),
            None => Place::Nowhere(self.chip),
        }
    }
}

/// What lies at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This memory.
    Named(&'static str),
    /// No memory of this chip.
    Nowhere(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Named(name) => f.write_str(name),
            Place::Nowhere(chip) => write!(f, "no memory of the {chip}"),
        }
    }
}
