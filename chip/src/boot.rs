//! What the boot registers say, by the chip's layout of them.

/// How a chip lays out SBMR1, SBMR2 and SRSR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootLayout {
    /// SBMR1 bit that says that the image is encrypted.
    pub encrypted: u32,
    /// SBMR1: where the flash type lies and what its codes mean.
    pub flash_type: FlashTypeField,
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

/// The flash type in SBMR1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlashTypeField {
    /// Its lowest bit.
    pub low: u32,
    /// How many bits it has.
    pub bits: u32,
    /// The bit that has to be set for it to count: the ROM then probes for a flash of that type.
    pub probes: Option<u32>,
    /// Codes with a meaning of their own; the others are HyperFlash and octal parts.
    pub codes: &'static [(u8, FlashKind)],
}

/// What a flash type code makes the ROM expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashKind {
    /// A quad SPI flash, read with three address bytes.
    Quad,
    /// A quad SPI flash, read with four address bytes.
    FourByte,
    /// A quad SPI flash on the second pin group.
    SecondPins,
    /// HyperFlash or an octal part.
    Other,
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
    /// Flash type code; 0 where the ROM does not look at it.
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
            flash_type: layout.flash_type.code(sbmr1),
            device: (sbmr1 >> layout.device & 0xF) as u8,
            layout,
        }
    }

    /// Which bit of SBMR1 says that the image is encrypted.
    pub const fn encrypted_bit(&self) -> u32 {
        self.layout.encrypted
    }

    /// What the flash type makes the ROM expect.
    pub fn flash_kind(&self) -> FlashKind {
        let mut codes = self.layout.flash_type.codes.iter();
        let known = codes.find(|(code, _)| *code == self.flash_type);
        known.map_or(FlashKind::Other, |(_, kind)| *kind)
    }

    /// Whether the ROM boots from FlexSPI NOR, and expects a quad SPI flash on the second pin group.
    pub fn boots_second_pins(&self) -> bool {
        self.device == 0 && self.flash_kind() == FlashKind::SecondPins
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

impl FlashTypeField {
    const fn code(&self, sbmr1: u32) -> u8 {
        match self.probes {
            Some(bit) if sbmr1 >> bit & 1 == 0 => 0,
            _ => (sbmr1 >> self.low & ((1 << self.bits) - 1)) as u8,
        }
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
