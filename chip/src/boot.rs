//! What the boot registers say, by the chip's layout of them.

/// How a chip lays out SBMR1, SBMR2 and SRSR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootLayout {
    /// SBMR1 bit that says that the image is encrypted.
    pub encrypted: u32,
    /// SBMR1: lowest bit of the three of the flash type.
    pub flash_type: u32,
    /// SBMR1: lowest bit of the four of the boot device.
    pub device: u32,
    /// Boot devices, by the highest code of each, in order.
    pub devices: &'static [BootDeviceCode],
    /// SBMR1: lowest bit of a field of three bits by which the flashloader picks the second pin group, and the value that does so.
    pub second_pins: Option<(u32, u32)>,
    /// SBMR2: lowest bit of BOOT_MODE, two bits.
    pub mode: u32,
    /// SBMR2: BT_FUSE_SEL, when set BOOT_CFG comes from fuses.
    pub fuse_sel: u32,
    /// SRSR: what its bits stand for.
    pub causes: &'static [ResetCause],
}

/// A range of boot device codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootDeviceCode {
    /// The highest code that stands for it.
    pub last: u8,
    /// What it is called.
    pub name: &'static str,
}

/// A bit of SRSR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetCause {
    /// Its number.
    pub bit: u32,
    /// What reset the chip.
    pub name: &'static str,
}

/// BOOT_CFG as it was latched: which device the ROM boots from, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootConfig {
    /// SRC_SBMR1 as it was read.
    pub sbmr1: u32,
    /// Whether the ROM expects an encrypted image.
    pub encrypted: bool,
    /// Flash type code.
    pub flash_type: u8,
    /// Boot device code.
    pub device: u8,
    layout: &'static BootLayout,
}

impl BootConfig {
    /// Decodes SRC_SBMR1.
    pub const fn new(layout: &'static BootLayout, sbmr1: u32) -> BootConfig {
        BootConfig {
            sbmr1,
            encrypted: sbmr1 >> layout.encrypted & 1 == 1,
            flash_type: (sbmr1 >> layout.flash_type & 7) as u8,
            device: (sbmr1 >> layout.device & 0xF) as u8,
            layout,
        }
    }

    /// What the boot device is called.
    pub fn device_name(&self) -> &'static str {
        let mut devices = self.layout.devices.iter();
        let named = devices.find(|known| self.device <= known.last);
        named.map_or("an unknown device", |known| known.name)
    }

    /// Whether these bits move the flashloader to the second pin group.
    pub fn moves_flashloader(&self) -> bool {
        let field = self.layout.second_pins;
        field.is_some_and(|(low, value)| self.sbmr1 >> low & 7 == value)
    }
}

/// BOOT_MODE pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BootMode {
    /// 00: boot as the fuses say.
    Fuses,
    /// 01: serial downloader.
    SerialDownload,
    /// 10: internal boot, by pins or fuses.
    Internal,
    /// 11: reserved.
    Reserved,
}

impl BootLayout {
    /// The boot mode in SRC_SBMR2.
    pub const fn boot_mode(&self, sbmr2: u32) -> BootMode {
        match sbmr2 >> self.mode & 3 {
            0 => BootMode::Fuses,
            1 => BootMode::SerialDownload,
            2 => BootMode::Internal,
            _ => BootMode::Reserved,
        }
    }

    /// Whether SRC_SBMR2 says that BOOT_CFG comes from fuses.
    pub const fn by_fuses(&self, sbmr2: u32) -> bool {
        sbmr2 >> self.fuse_sel & 1 == 1
    }

    /// The causes that SRC_SRSR names.
    pub fn reset_causes(&self, srsr: u32) -> impl Iterator<Item = &'static str> {
        let set = move |cause: &&ResetCause| srsr >> cause.bit & 1 == 1;
        self.causes.iter().filter(set).map(|cause| cause.name)
    }
}
