//! Does BOOT_CFG fit the flash that is there?

use crate::chip::BootConfig;

use rtboot_bootable::verdict;
pub use rtboot_bootable::verdict::Obstacle;

/// Why BOOT_CFG keeps the ROM from reading a flash of `size` bytes on the primary pins.
pub fn obstacle(
    config: &BootConfig,
    size: Option<u32>,
    encrypted: Option<bool>,
) -> Option<Obstacle> {
    verdict::obstacle(config, false, size, encrypted)
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
        Obstacle::FirstPins => "BOOT_CFG says first pin group".into(),
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
