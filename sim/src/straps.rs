//! Boot pins ("straps"), the fuses that overrule them, and the boot path that follows from both.
//!
//! Source: i.MX RT1021 fuse table and pin list (SPSDK fuse data of the RT1024, MCUBootUtility RT1021 target).

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

/// The boot pins: BOOT_MODE and the ten BOOT_CFG pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Straps {
    /// BOOT_MODE\[1:0\], pads GPIO_EMC_16 and GPIO_EMC_17.
    pub boot_mode: BootMode,
    /// BT_CFG\[9:0\], pads GPIO_EMC_18 to GPIO_EMC_27; the same layout as the low bits of fuse word 0x450.
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
    pub fn sbmr1(&self, straps: Straps) -> u32 {
        if self.fuse_sel() {
            self.cfg0
        } else {
            u32::from(straps.boot_cfg & 0x3FF)
        }
    }

    /// SRC_SBMR2: SEC_CONFIG 1:0, BT_FUSE_SEL bit 4, BOOT_MODE 25:24.
    pub fn sbmr2(&self, straps: Straps) -> u32 {
        let security = if self.closed() { 3 } else { 1 };
        security | u32::from(self.fuse_sel()) << 4 | straps.boot_mode.bits() << 24
    }
}

/// The boot device's place and kind out of BOOT_CFG (the ten-pin layout of the RT1021).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootConfig(pub u32);

impl BootConfig {
    /// Bit 0: the image is decrypted by the BEE on the fly.
    pub fn encrypted_xip(self) -> bool {
        self.0 & 1 == 1
    }

    /// Bits 3:1: how the first read of a FlexSPI NOR is made.
    pub fn flash_type(self) -> u32 {
        self.0 >> 1 & 7
    }

    /// Bits 7:4: the boot device; 0 is FlexSPI NOR. Codes 2..7 have two readings in public sources.
    pub fn device(self) -> u32 {
        self.0 >> 4 & 0xF
    }

    /// The device's name, for a person.
    pub fn device_name(self) -> &'static str {
        match self.device() {
            0 => "FlexSPI NOR",
            1 => "SEMC NOR",
            2..=7 => "SD card or SEMC NAND",
            8..=11 => "eMMC",
            _ => "FlexSPI NAND",
        }
    }

    /// Bits 9:8: time the ROM waits before it touches the flash, in microseconds.
    pub fn hold_time_us(self) -> u32 {
        [500, 1_000, 3_000, 10_000][(self.0 >> 8 & 3) as usize]
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
pub fn route(straps: Straps, fuses: BootFuses) -> Route {
    let config = BootConfig(fuses.sbmr1(straps));
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
            Route::Internal(BootConfig(0))
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
            Route::Internal(BootConfig(0))
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
        assert_eq!(route(pins, fuses), Route::Internal(BootConfig(0x10)));
        assert_eq!(fuses.sbmr1(pins), 0x10);
        assert_eq!(BootFuses::default().sbmr1(pins), 0x2E);
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
        let config = BootConfig(3 << 8 | 1 << 4 | 7 << 1);
        assert_eq!(
            (config.device(), config.flash_type(), config.hold_time_us()),
            (1, 7, 10_000)
        );
        assert!(!config.encrypted_xip());
    }
}
