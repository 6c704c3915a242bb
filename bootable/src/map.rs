//! Where a chip has flash and RAM, as far as a boot image cares.

/// A named run of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// RAM that works without set-up, with the factory's FlexRAM split.
    pub ram: Vec<Region>,
    /// The window of external SDRAM; it works once a DCD has set the controller up.
    pub sdram: Option<Region>,
    /// RAM that the ROM needs for itself during serial download.
    pub rom_reserved: Region,
    /// Fuse controller: registers whose writes can burn fuses.
    pub ocotp: Region,
    /// Flash offset of the FCB.
    pub fcb_offset: u32,
    /// Flash offset of the IVT.
    pub ivt_offset: u32,
    /// Flash offset of the application's vector table, by custom.
    pub app_offset: u32,
}

impl MemoryMap {
    /// i.MX RT1020, RT1021 and RT1024, FlexSPI NOR.
    ///
    /// FlexRAM is 256 KiB in all: ITCM, DTCM and OCRAM are 64, 64 and 128 KiB unless fuses or start-up code say otherwise.
    /// Source: MIMXRT1021 device header (addresses), NXP-MCUBootUtility MIMXRT1021 target (alias, ROM's RAM), SPSDK fuse data
    /// (default split).
    pub fn rt1021() -> MemoryMap {
        let flexram = |name, base, len| Region {
            name,
            base,
            len,
            max_len: 0x4_0000,
        };
        let fixed = |name, base, len| Region {
            name,
            base,
            len,
            max_len: len,
        };
        MemoryMap {
            chip: "RT1021",
            device: BootDevice::SerialNor,
            flash_base: 0x6000_0000,
            flash_max: 0x1F80_0000,
            flash_alias: Some((0x0800_0000, 0x0800_0000)),
            ram: vec![
                flexram("ITCM", 0x0000_0000, 0x1_0000),
                flexram("DTCM", 0x2000_0000, 0x1_0000),
                flexram("OCRAM", 0x2020_0000, 0x2_0000),
            ],
            sdram: Some(fixed("SDRAM", 0x8000_0000, 0x6000_0000)),
            rom_reserved: fixed("the ROM's RAM", 0x2020_0000, 0x8000),
            ocotp: fixed("OCOTP", 0x401F_4000, 0x4000),
            fcb_offset: 0,
            ivt_offset: 0x1000,
            app_offset: 0x2000,
        }
    }

    /// The same chip with the parts of a boot image where they lie on `device`.
    ///
    /// A card has no window on the bus: byte 0 of the card stands at `flash_base` here. Source: SPSDK, public RT1020 images for
    /// SD cards; NXP-MCUBootUtility.
    pub fn for_device(&self, device: BootDevice) -> MemoryMap {
        let (ivt_offset, app_offset) = match device {
            BootDevice::SerialNor => (self.ivt_offset, self.app_offset),
            BootDevice::SdCard => (0x400, 0x1000),
        };
        MemoryMap {
            device,
            ivt_offset,
            app_offset,
            ..self.clone()
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
        let all = self.ram.iter().chain(&self.sdram);
        all.into_iter()
            .find(|region| address >= region.base && u64::from(address) < region.max_end())
    }

    /// The RAM that a full descending stack starting at `stack` would use: the address may be one past its end.
    pub fn stack_ram(&self, stack: u32) -> Option<&Region> {
        stack.checked_sub(1).and_then(|last| self.ram_at(last))
    }

    /// What lies at an address, for messages: "flash", "DTCM", "no memory of the RT1021", …
    pub fn name_of(&self, address: u32) -> String {
        match self.ram_at(address) {
            Some(region) => region.name.to_owned(),
            None if self.in_flash(address) => "flash".to_owned(),
            None if self.in_flash(self.normalised(address)) => "the flash alias".to_owned(),
            None if self.ocotp.contains(address) => "OCOTP".to_owned(),
            None => format!("no memory of the {}", self.chip),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_is_normalised_at_both_edges() {
        let map = MemoryMap::rt1021();
        assert_eq!(map.normalised(0x0800_2001), 0x6000_2001);
        assert_eq!(map.normalised(0x0FFF_FFFF), 0x67FF_FFFF);
        assert_eq!(map.normalised(0x07FF_FFFF), 0x07FF_FFFF);
        assert_eq!(map.normalised(0x1000_0000), 0x1000_0000);
    }

    #[test]
    fn a_stack_may_start_at_the_end_of_its_ram() {
        let map = MemoryMap::rt1021();
        assert_eq!(map.stack_ram(0x2001_0000).map(|ram| ram.name), Some("DTCM"));
        assert_eq!(map.stack_ram(0x2000_0000), None);
        assert_eq!(map.stack_ram(0), None);
        assert_eq!(
            map.stack_ram(0x2024_0000).map(|ram| ram.name),
            Some("OCRAM")
        );
        assert_eq!(map.stack_ram(0x2024_0004), None);
    }

    #[test]
    fn the_flash_window_ends_at_0x7f800000() {
        let map = MemoryMap::rt1021();
        assert!(map.in_flash(0x7F7F_FFFF) && !map.in_flash(0x7F80_0000));
        assert_eq!(map.name_of(0x7F80_0000), "no memory of the RT1021");
        assert_eq!(map.name_of(0x0800_0000), "the flash alias");
    }
}
