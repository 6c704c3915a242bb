//! Does BOOT_CFG lead the ROM to the flash that is there?

use rtboot_chip::{BootConfig, FlashKind};
use rtboot_finding::catalogue::{boot as found_boot, image as found};
use rtboot_finding::{Entry, Finding};

use super::Conditions;

/// Most bytes that three address bytes reach.
const EVERY_ADDRESS: u32 = 16 << 20;

/// What [`judge`] reports for an [`Obstacle`].
pub(super) static OBSTACLES: [&Entry; 6] = [
    &found_boot::STRAP_BOOT_DEVICE,
    &found_boot::STRAP_SECOND_PINS,
    &found::STRAP_FIRST_PINS,
    &found_boot::STRAP_FOUR_BYTE,
    &found_boot::STRAP_FLASH_TYPE,
    &found_boot::STRAP_ENCRYPTED,
];

/// Why the ROM would not read a quad SPI flash by its BOOT_CFG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Another boot device.
    Device(&'static str),
    /// Flash type 7, the second pin group, and the flash is on the first.
    SecondPins,
    /// Flash type 0 or 1, the first pin group, and the flash is on the second.
    FirstPins,
    /// Flash type 1, four address bytes, for a part that takes three.
    FourByte,
    /// HyperFlash or an octal part, by its flash type.
    FlashType(u8),
    /// The image counts as encrypted, and no header of the encryption engine is there.
    Encrypted,
}

/// Why BOOT_CFG keeps the ROM from reading a flash of `size` bytes, which is on the second pin group or not.
///
/// `encrypted`: whether headers of the encryption engine (BEE) are in flash. A `size` or `encrypted` that is not known is no
/// obstacle.
pub fn obstacle(
    config: &BootConfig,
    second_pins: bool,
    size: Option<u32>,
    encrypted: Option<bool>,
) -> Option<Obstacle> {
    if config.device != 0 {
        return Some(Obstacle::Device(config.device_name()));
    }
    match (config.flash_kind(), second_pins) {
        (FlashKind::SecondPins, false) => Some(Obstacle::SecondPins),
        (FlashKind::Quad | FlashKind::FourByte, true) => Some(Obstacle::FirstPins),
        (FlashKind::FourByte, false) if size.is_some_and(|size| size <= EVERY_ADDRESS) => {
            Some(Obstacle::FourByte)
        }
        (FlashKind::Other, _) => Some(Obstacle::FlashType(config.flash_type)),
        _ => (config.encrypted && encrypted == Some(false)).then_some(Obstacle::Encrypted),
    }
}

/// The obstacle as a finding, or what cannot be said without more facts.
pub(super) fn judge(conditions: &Conditions<'_>, bee: bool) -> Vec<Finding> {
    let Some(config) = conditions.boot_config else {
        return Vec::new();
    };
    let sizes = conditions.parts.iter().map(|part| part.size);
    let (smallest, largest) = (sizes.clone().min(), sizes.max());
    let second = conditions.second_pins.unwrap_or(false);
    let by_size = |size| obstacle(&config, second, size, Some(bee));
    let who = |entry| Finding::new(entry).text("who", "the BOOT_CFG pins or fuses");
    let mut findings = Vec::new();
    // parts with one id have one size; a part that is not known has none
    match (by_size(smallest), by_size(largest)) {
        (Some(found), Some(_)) => findings.push(match found {
            Obstacle::Device(name) => {
                Finding::new(&found_boot::STRAP_BOOT_DEVICE).text("device", name)
            }
            Obstacle::SecondPins => who(&found_boot::STRAP_SECOND_PINS),
            Obstacle::FirstPins => who(&found::STRAP_FIRST_PINS),
            Obstacle::FourByte => who(&found_boot::STRAP_FOUR_BYTE),
            Obstacle::FlashType(kind) => who(&found_boot::STRAP_FLASH_TYPE).number("type", kind),
            Obstacle::Encrypted => who(&found_boot::STRAP_ENCRYPTED),
        }),
        (None, None) if config.flash_kind() != FlashKind::FourByte || smallest.is_some() => {}
        _ => findings.push(who(&found::STRAP_UNKNOWN_PART)),
    }
    if findings.is_empty() && config.encrypted {
        findings.push(Finding::new(&found::BEE_UNCHECKED));
    }
    findings
}

#[cfg(test)]
mod tests {
    use rtboot_chip::Chip;

    use super::*;

    /// For BOOT_CFG as SBMR1 has it, and the flash on the first pin group.
    fn of(sbmr1: u32, size: Option<u32>, encrypted: Option<bool>) -> Option<Obstacle> {
        let chip = Chip::by_name("rt1021").expect("a chip");
        obstacle(&chip.boot_config(sbmr1), false, size, encrypted)
    }

    #[test]
    fn four_address_bytes_fit_large_parts_only() {
        let (small, large) = (Some(16 << 20), Some(32 << 20));
        assert_eq!(of(1 << 1, small, None), Some(Obstacle::FourByte));
        assert_eq!(of(1 << 1, large, None), None);
        assert_eq!(of(1 << 1, None, None), None);
        assert_eq!(of(0, small, Some(false)), None);
    }

    #[test]
    fn encrypted_bit_needs_bee_headers() {
        let (small, large) = (Some(16 << 20), Some(32 << 20));
        assert_eq!(of(1, small, Some(false)), Some(Obstacle::Encrypted));
        assert_eq!(of(1, small, Some(true)), None);
        assert_eq!(of(1, small, None), None);
        let both = of(1 << 1 | 1, large, Some(false));
        assert_eq!(both, Some(Obstacle::Encrypted));
    }

    #[test]
    fn another_boot_device_is_always_an_obstacle() {
        assert_eq!(of(7 << 1, None, None), Some(Obstacle::SecondPins));
        assert_eq!(of(2 << 1, None, None), Some(Obstacle::FlashType(2)));
        assert!(matches!(of(0x20, None, None), Some(Obstacle::Device(_))));
    }
}
