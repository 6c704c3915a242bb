//! BOOT_CFG: which device the ROM boots from, and how, as the pins or fuses say.

/// BOOT_CFG of an RT1020/RT1021/RT1024, decoded.
///
/// | bits of SBMR1 | field |
/// |--|--|
/// | 0 | the image is encrypted (BEE) |
/// | 3:1 | flash type: 0 and 1 QSPI with 3 and 4 address bytes, 2 and 3 HyperFlash, 4 and 5 octal, 7 QSPI on the second pins |
/// | 7:4 | boot device: 0 FlexSPI NOR |
///
/// Source: NXP-MCUBootUtility target tables of the RT1021. For other devices than 0 public tables disagree.
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
}

/// Highest code of each boot device, in order, with its name.
const DEVICES: [(u8, &str); 5] = [
    (0, "FlexSPI NOR"),
    (1, "SEMC NOR"),
    (7, "an SD card or SEMC NAND"),
    (11, "eMMC"),
    (15, "FlexSPI NAND"),
];

impl BootConfig {
    /// Out of SRC_SBMR1.
    pub fn from_sbmr1(value: u32) -> BootConfig {
        let [low, ..] = value.to_le_bytes();
        BootConfig {
            sbmr1: value,
            encrypted: low % 2 == 1,
            flash_type: low / 2 % 8,
            device: low / 16,
        }
    }

    /// What the boot device is called.
    pub fn device_name(&self) -> &'static str {
        let named = DEVICES.iter().find(|(last, _)| self.device <= *last);
        named.map_or("an unknown device", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_from_their_bits() {
        let config = BootConfig::from_sbmr1(0xFFFF_FF2F);
        assert_eq!(
            (config.encrypted, config.flash_type, config.device),
            (true, 7, 2)
        );
        assert_eq!(config.device_name(), "an SD card or SEMC NAND");
        let plain = BootConfig::from_sbmr1(0);
        assert_eq!(
            (plain.encrypted, plain.device_name()),
            (false, "FlexSPI NOR")
        );
        assert_eq!(BootConfig::from_sbmr1(0xB0).device_name(), "eMMC");
        assert_eq!(BootConfig::from_sbmr1(0xC0).device_name(), "FlexSPI NAND");
    }
}
