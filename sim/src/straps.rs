//! Boot pins ("straps"), the fuses that overrule them, and the boot path that follows from both.
//!
//! Source: fuse tables and pin lists (SPSDK's fuse data, MCUBootUtility's targets); the layouts of BOOT_CFG are in [`crate::chip`].

use crate::chip::{BootPins, FlashType};
use serde::{Deserialize, Serialize};

/// The BOOT_MODE pins, sampled at power-on and reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootMode {
    /// 00: boot as the fuses say; with BT_FUSE_SEL clear that is the serial downloader.
    Fuses,
    /// 01: serial downloader.
    SerialDownloader,
    /// 10: internal boot from the device named by BOOT_CFG.
    InternalBoot,
    /// 11: reserved.
    Reserved,
}

impl BootMode {
    /// The two pins as SRC_SBMR2 shows them in bits 25:24.
    pub fn bits(self) -> u32 {
        match self {
            BootMode::Fuses => 0,
            BootMode::SerialDownloader => 1,
            BootMode::InternalBoot => 2,
            BootMode::Reserved => 3,
        }
    }
}

/// The boot pins: BOOT_MODE and BOOT_CFG, whose number and place depend on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Straps {
    /// BOOT_MODE\[1:0\].
    pub boot_mode: BootMode,
    /// BT_CFG, ten pins on an RT1021; the same layout as the low bits of fuse word 0x450.
    #[serde(default)]
    pub boot_cfg: u16,
}

impl Default for Straps {
    fn default() -> Straps {
        Straps {
            boot_mode: BootMode::SerialDownloader,
            boot_cfg: 0,
        }
    }
}

/// The fuse words that steer the ROM, as the OCOTP shadow registers hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BootFuses {
    /// Word 0x450, index 5: BOOT_CFG0.
    pub cfg0: u32,
    /// Word 0x460, index 6: security, BT_FUSE_SEL, serial-download locks.
    pub cfg1: u32,
    /// Word 0x470, index 7: UART serial-download lock.
    pub cfg2: u32,
}

impl BootFuses {
    /// SEC_CONFIG\[1\]: HAB closed, unsigned images are refused.
    pub fn closed(&self) -> bool {
        self.cfg1 >> 1 & 1 == 1
    }

    /// BT_FUSE_SEL: BOOT_CFG comes from the fuses.
    pub fn fuse_sel(&self) -> bool {
        self.cfg1 >> 4 & 1 == 1
    }

    /// FORCE_INTERNAL_BOOT: the BOOT_MODE pins are not looked at.
    pub fn force_internal(&self) -> bool {
        self.cfg1 >> 16 & 1 == 1
    }

    /// SDP_DISABLE: there is no serial downloader.
    pub fn sdp_disabled(&self) -> bool {
        self.cfg1 >> 17 & 1 == 1
    }

    /// SDP_READ_DISABLE: READ_REGISTER is off.
    pub fn sdp_read_disabled(&self) -> bool {
        self.cfg1 >> 18 & 1 == 1
    }

    /// UART_SERIAL_DOWNLOAD_DISABLE: the downloader listens on USB only.
    pub fn uart_disabled(&self) -> bool {
        self.cfg2 >> 4 & 1 == 1
    }

    /// SRC_SBMR1: the BOOT_CFG word latched at reset, from the pins or from the fuses.
    pub fn sbmr1(&self, straps: Straps, pins: &BootPins) -> u32 {
        if self.fuse_sel() {
            self.cfg0
        } else {
            u32::from(straps.boot_cfg & pins.mask)
        }
    }

    /// SRC_SBMR2: SEC_CONFIG 1:0, BT_FUSE_SEL bit 4, BOOT_MODE 25:24.
    pub fn sbmr2(&self, straps: Straps) -> u32 {
        let security = if self.closed() { 3 } else { 1 };
        security | u32::from(self.fuse_sel()) << 4 | straps.boot_mode.bits() << 24
    }
}

/// The boot device's place and kind out of BOOT_CFG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootConfig {
    /// BOOT_CFG0 as latched, SBMR1.
    pub word: u32,
    pins: &'static BootPins,
}

impl BootConfig {
    /// The word in the layout of a chip.
    pub fn new(word: u32, pins: &'static BootPins) -> BootConfig {
        BootConfig { word, pins }
    }

    fn bits(self, lowest: u32, mask: u32) -> u32 {
        self.word >> lowest & mask
    }

    /// The image is decrypted on the fly (BEE or OTFAD).
    pub fn encrypted_xip(self) -> bool {
        self.bits(self.pins.encrypted, 1) == 1
    }

    /// How the first read of a FlexSPI NOR is made: 0 is a serial NOR, 1 one with 4-byte addresses, 7 one on the second pins.
    ///
    /// Where the pins ask for a probe, its kind takes the place; the codes of octal parts are moved out of the way of these.
    pub fn flash_type(self) -> u32 {
        match self.pins.flash_type {
            FlashType::Bits(lowest) => self.bits(lowest, 7),
            FlashType::Probe if self.bits(0, 1) == 0 || self.bits(2, 3) == 0 => 0,
            FlashType::Probe => 3 + self.bits(2, 3),
        }
    }

    /// Bits 7:4: the boot device; 0 is FlexSPI NOR, the only one where the chip has no other.
    pub fn device(self) -> u32 {
        self.pins.devices.map_or(0, |_| self.bits(4, 0xF))
    }

    /// The device's name, for a person.
    pub fn device_name(self) -> &'static str {
        let code = self.device();
        let mut known = self.pins.devices.unwrap_or(&[]).iter();
        known
            .find(|(last, _)| code <= *last)
            .map_or("FlexSPI NOR", |(_, name)| name)
    }

    /// Time the ROM waits before it touches the flash, in microseconds; the shortest where no public source tells the bits.
    pub fn hold_time_us(self) -> u32 {
        let code = self.pins.hold.map_or(0, |lowest| self.bits(lowest, 3));
        [500, 1_000, 3_000, 10_000][code as usize]
    }
}

/// Where the ROM goes first after reset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Serial downloader, and why.
    Downloader(String),
    /// Try the boot device; the downloader only when that fails.
    Internal(BootConfig),
    /// Neither: the chip sits in a mode without USB or UART.
    Nothing(String),
}

/// The boot path: by the pins, unless a fuse overrules them.
///
/// BOOT_MODE 11 leading nowhere is a guess; public sources call it reserved.
pub fn route(straps: Straps, fuses: BootFuses, pins: &'static BootPins) -> Route {
    let config = BootConfig::new(fuses.sbmr1(straps, pins), pins);
    if fuses.force_internal() {
        return Route::Internal(config);
    }
    match straps.boot_mode {
        BootMode::SerialDownloader => {
            Route::Downloader("BOOT_MODE is 01, serial downloader".into())
        }
        BootMode::InternalBoot => Route::Internal(config),
        BootMode::Fuses if fuses.fuse_sel() => Route::Internal(config),
        BootMode::Fuses => Route::Downloader("BOOT_MODE is 00 and BT_FUSE_SEL is not burnt".into()),
        BootMode::Reserved => Route::Nothing("BOOT_MODE is 11, which is reserved".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::{Chip, RT1021};

    fn config(word: u32) -> BootConfig {
        BootConfig::new(word, RT1021.boot)
    }

    fn route(straps: Straps, fuses: BootFuses) -> Route {
        super::route(straps, fuses, RT1021.boot)
    }

    fn straps(boot_mode: BootMode) -> Straps {
        Straps {
            boot_mode,
            boot_cfg: 0,
        }
    }

    #[test]
    fn boot_mode_decides_the_route() {
        let fuses = BootFuses::default();
        assert!(matches!(
            route(straps(BootMode::SerialDownloader), fuses),
            Route::Downloader(_)
        ));
        assert!(matches!(
            route(straps(BootMode::Fuses), fuses),
            Route::Downloader(_)
        ));
        assert_eq!(
            route(straps(BootMode::InternalBoot), fuses),
            Route::Internal(config(0))
        );
        assert!(matches!(
            route(straps(BootMode::Reserved), fuses),
            Route::Nothing(_)
        ));
    }

    #[test]
    fn force_internal_boot_ignores_the_pins() {
        let fuses = BootFuses {
            cfg1: 1 << 16,
            ..BootFuses::default()
        };
        assert_eq!(
            route(straps(BootMode::SerialDownloader), fuses),
            Route::Internal(config(0))
        );
    }

    #[test]
    fn bt_fuse_sel_takes_boot_cfg_from_the_fuses() {
        let fuses = BootFuses {
            cfg0: 0x10,
            cfg1: 1 << 4,
            cfg2: 0,
        };
        let pins = Straps {
            boot_mode: BootMode::Fuses,
            boot_cfg: 0x2E,
        };
        assert_eq!(route(pins, fuses), Route::Internal(config(0x10)));
        assert_eq!(fuses.sbmr1(pins, RT1021.boot), 0x10);
        assert_eq!(BootFuses::default().sbmr1(pins, RT1021.boot), 0x2E);
    }

    #[test]
    fn sbmr2_shows_mode_fuse_select_and_security() {
        let open = BootFuses::default();
        assert_eq!(open.sbmr2(straps(BootMode::SerialDownloader)), 0x0100_0001);
        let closed = BootFuses { cfg1: 0x12, ..open };
        assert_eq!(closed.sbmr2(straps(BootMode::InternalBoot)), 0x0200_0013);
    }

    #[test]
    fn boot_cfg_fields_follow_the_ten_pin_layout() {
        let config = config(3 << 8 | 1 << 4 | 7 << 1);
        assert_eq!(
            (config.device(), config.flash_type(), config.hold_time_us()),
            (1, 7, 10_000)
        );
        assert!(!config.encrypted_xip());
    }

    #[test]
    fn boot_cfg_layout_is_the_chips() {
        let of = |name, word| {
            let chip = Chip::find(name).expect("a chip");
            let config = BootConfig::new(word, chip.boot);
            (
                config.flash_type(),
                config.device_name(),
                config.encrypted_xip(),
            )
        };
        assert_eq!(of("rt1021", 0x0E), (7, "FlexSPI NOR", false));
        assert_eq!(of("rt1052", 0x0E), (0, "FlexSPI NOR", true));
        assert_eq!(of("rt1052", 0x700), (7, "FlexSPI NOR", false));
        assert_eq!(of("rt1052", 0x40), (0, "SD card", false));
        assert_eq!(of("rt1062", 0x05), (4, "FlexSPI NOR", false));
        assert_eq!(of("rt1062", 0x01), (0, "FlexSPI NOR", false));
        assert_eq!(of("rt1011", 0x40), (0, "FlexSPI NOR", false));
    }
}
