//! Does BOOT_CFG fit the flash that is there?

use crate::chip::BootConfig;

/// Most bytes that three address bytes reach.
const EVERY_ADDRESS: u32 = 16 << 20;

/// Why the ROM would not read a quad SPI flash on the primary pins by its BOOT_CFG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Another boot device.
    Device(&'static str),
    /// Flash type 7: the second pin group.
    SecondPins,
    /// Flash type 1, four address bytes, for a part that takes three.
    FourByte,
    /// HyperFlash or an octal part, by its flash type.
    FlashType(u8),
    /// The image counts as encrypted, and no header of the encryption engine is there.
    Encrypted,
}

/// Why BOOT_CFG keeps the ROM from reading a flash of `size` bytes. `encrypted`: whether headers of the encryption engine (BEE)
/// are in flash. A `size` or `encrypted` that is not known is no obstacle.
pub fn obstacle(
    config: &BootConfig,
    size: Option<u32>,
    encrypted: Option<bool>,
) -> Option<Obstacle> {
    match (config.device, config.flash_type) {
        (0, 7) => Some(Obstacle::SecondPins),
        (0, kind @ 2..) => Some(Obstacle::FlashType(kind)),
        (0, 1) if size.is_some_and(|size| size <= EVERY_ADDRESS) => Some(Obstacle::FourByte),
        (0, _) if config.encrypted && encrypted == Some(false) => Some(Obstacle::Encrypted),
        (0, _) => None,
        _ => Some(Obstacle::Device(config.device_name())),
    }
}

/// The same in words: "BOOT_CFG names …".
pub fn boot_obstacle(
    config: &BootConfig,
    size: Option<u32>,
    encrypted: Option<bool>,
) -> Option<String> {
    Some(match obstacle(config, size, encrypted)? {
        Obstacle::Device(name) => format!("BOOT_CFG names {name}"),
        Obstacle::SecondPins => "BOOT_CFG says second pin group (flash type 7)".into(),
        Obstacle::FourByte => "BOOT_CFG says four address bytes (flash type 1)".into(),
        Obstacle::FlashType(kind) => {
            format!("BOOT_CFG says HyperFlash or an octal part (flash type {kind})")
        }
        Obstacle::Encrypted => "BOOT_CFG says that the image is encrypted".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BOOT_CFG as SBMR1 has it.
    fn words(sbmr1: u32, size: Option<u32>, encrypted: Option<bool>) -> Option<String> {
        let chip = crate::chip::Chip::by_name("rt1021").expect("a chip");
        boot_obstacle(&chip.boot_config(sbmr1), size, encrypted)
    }

    #[test]
    fn four_address_bytes_fit_large_parts_only() {
        let (small, large) = (Some(16 << 20), Some(32 << 20));
        assert!(words(1 << 1, small, None).is_some_and(|text| text.contains("four address")));
        assert_eq!(words(1 << 1, large, None), None);
        assert_eq!(words(1 << 1, None, None), None);
        assert!(words(1, small, Some(false)).is_some_and(|text| text.contains("encrypted")));
        assert_eq!(words(1, small, Some(true)), None);
        assert_eq!(words(1, small, None), None);
        assert!(words(1 << 1 | 1, large, Some(false)).is_some());
        assert_eq!(words(0, small, Some(false)), None);
    }

    #[test]
    fn another_boot_device_is_always_an_obstacle() {
        for (sbmr1, word) in [(7 << 1, "second pin"), (2 << 1, "octal"), (0x20, "names")] {
            assert!(words(sbmr1, None, None).is_some_and(|text| text.contains(word)));
        }
    }
}
