//! The chips that a board can carry: what differs between them.
//!
//! One row for each die and flash of the family; parts that differ in package or speed only share a row.
//!
//! Sources: **H** device headers of NXP's SDK, **S** SPSDK's data of the device, **M** NXP-MCUBootUtility's target of the chip,
//! **K** board files of NXP's SDK, **E** NXP's flashloader of the chip, in emulation. Nothing here was seen on silicon.

use std::ops::Range;

/// First address of ITCM, DTCM and OCRAM (H).
pub const RAM_STARTS: [u32; 3] = [0x0000_0000, 0x2000_0000, 0x2020_0000];

/// A chip.
#[derive(Debug, PartialEq, Eq)]
pub struct Chip {
    /// The name a board's folder keeps: "RT1062".
    pub name: &'static str,
    /// Numbers of the parts that are this row, without "RT".
    numbers: &'static [&'static str],
    /// Its evaluation kit.
    pub kit: &'static str,
    /// The flash of the kit, or of the package.
    pub flash: &'static str,
    /// idProduct of the ROM.
    pub rom_product_id: u16,
    /// USB_ANALOG_DIGPROG.
    pub id: u32,
    /// The flash is in the package: bit 20 of fuse word 4.
    pub in_package: bool,
    /// Boot pins and BOOT_CFG.
    pub boot: &'static BootPins,
    /// KiB of ITCM, DTCM and OCRAM for each value of fuse MISC_CONF0\[19:16\].
    pub(crate) splits: &'static [[usize; 3]; 16],
    /// KiB of OCRAM that is no FlexRAM; it lies before the FlexRAM's.
    pub(crate) ocram2: usize,
    /// RAM that the ROM's downloader works in.
    pub(crate) rom_ram: Range<u32>,
    /// The ROM answers READ_REGISTER.
    pub(crate) reads_registers: bool,
    /// Registers of the FlexSPI that the chip boots from.
    pub(crate) flexspi: u32,
    /// Where its flash shows, and one past the window.
    pub window: Range<u32>,
    /// Where the ROM looks for the FCB in flash.
    pub fcb_offset: u32,
    /// The flash can be sampled by a loop over the DQS pad. Where it cannot, only the internal loop is left, for slow clocks.
    pub(crate) dqs_pad: bool,
    /// MHz of the root clock that the ROM makes of serialClkFreq; 0 and what lies behind the table is 30.
    pub(crate) rom_clocks: [u64; 10],
    /// The USB controller's registers: code for another place talks to nothing.
    pub(crate) usb: u32,
    /// Which pads a loader has to drive.
    pub(crate) pads: Pads,
}

/// Dies by the pads of their first FlexSPI and UART: a loader for another one drives pins that lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pads {
    /// RT1010.
    Rt1010,
    /// RT1015, RT1020, RT1024.
    Rt1020,
    /// RT104x, RT105x, RT106x.
    Rt1050,
}

/// How BOOT_CFG0 (fuse 0x450, SBMR1) is laid out.
#[derive(Debug, PartialEq, Eq)]
pub struct BootPins {
    /// Pins that exist, as bits of BOOT_CFG0.
    pub mask: u16,
    /// Bit that says the image is encrypted.
    pub encrypted: u32,
    /// Lowest bit of the flash type, of three.
    pub flash_type: FlashType,
    /// Time before the flash is touched: lowest of two bits; `None` where no public source tells.
    pub hold: Option<u32>,
    /// What the codes of bits 7:4 boot from; `None` where there is but FlexSPI NOR.
    pub devices: Option<&'static [(u32, &'static str)]>,
}

/// How BOOT_CFG0 tells the kind of flash.
#[derive(Debug, PartialEq, Eq)]
pub enum FlashType {
    /// Three bits from here on: 0 and 1 are serial NOR, 7 is one on the second pins.
    Bits(u32),
    /// Bit 0 asks for a probe, and bits 3:2 then say of what; 0 is serial NOR.
    Probe,
}

/// Codes up to the number, in order.
const DEVICES_1020: &[(u32, &str)] = &[
    (0, "FlexSPI NOR"),
    (1, "SEMC NOR"),
    // M; S swaps SD card and SEMC NAND
    (7, "SD card or SEMC NAND"),
    (11, "eMMC"),
    (15, "FlexSPI NAND"),
];

/// S, M.
const DEVICES_1050: &[(u32, &str)] = &[
    (0, "FlexSPI NOR"),
    (1, "SEMC NOR"),
    (3, "SEMC NAND"),
    (7, "SD card"),
    (11, "eMMC"),
    (15, "FlexSPI NAND"),
];

/// S: of three bits, M: of two; no difference for a flash on the first pins.
static BOOT_1010: BootPins = BootPins {
    mask: 0x00F,
    encrypted: 0,
    flash_type: FlashType::Bits(1),
    hold: None,
    devices: None,
};

/// M, S.
static BOOT_1020: BootPins = BootPins {
    mask: 0x3FF,
    encrypted: 0,
    flash_type: FlashType::Bits(1),
    hold: Some(8),
    devices: Some(DEVICES_1020),
};

/// M, E.
static BOOT_1050: BootPins = BootPins {
    mask: 0xFFF,
    encrypted: 1,
    flash_type: FlashType::Bits(8),
    hold: Some(2),
    devices: Some(DEVICES_1050),
};

/// M; the hold time is in fuse MISC_CONF1.
static BOOT_1060: BootPins = BootPins {
    mask: 0xFFF,
    encrypted: 1,
    flash_type: FlashType::Probe,
    hold: None,
    devices: Some(DEVICES_1050),
};

/// K, T: RT1015, RT1020, RT1024 and RT105x.
const CLOCKS_133: [u64; 10] = [30, 30, 50, 60, 75, 80, 100, 133, 166, 200];
/// K, T: the others.
const CLOCKS_120: [u64; 10] = [30, 30, 50, 60, 75, 80, 100, 120, 133, 166];

/// M.
static SPLITS_128: [[usize; 3]; 16] = [
    [32, 32, 64],
    [32, 64, 32],
    [0, 64, 64],
    [16, 64, 48],
    [64, 32, 32],
    [0, 96, 32],
    [16, 32, 80],
    [0, 32, 96],
    [32, 16, 80],
    [64, 16, 48],
    [80, 16, 32],
    [0, 16, 112],
    [64, 0, 64],
    [16, 16, 96],
    [96, 0, 32],
    [0, 0, 128],
];

/// S: fuse data of the RT1024; M.
static SPLITS_256: [[usize; 3]; 16] = [
    [64, 64, 128],
    [64, 128, 64],
    [0, 128, 128],
    [32, 128, 96],
    [128, 64, 64],
    [0, 192, 64],
    [32, 64, 160],
    [0, 64, 192],
    [64, 32, 160],
    [128, 32, 96],
    [160, 32, 64],
    [0, 32, 224],
    [128, 0, 128],
    [32, 32, 192],
    [192, 0, 64],
    [0, 0, 256],
];

/// M, whose 442 KiB of value 7 is read as 448.
static SPLITS_512: [[usize; 3]; 16] = [
    [128, 128, 256],
    [64, 128, 320],
    [256, 128, 128],
    [32, 128, 352],
    [128, 64, 320],
    [64, 64, 384],
    [256, 64, 192],
    [448, 0, 64],
    [128, 256, 128],
    [64, 256, 192],
    [256, 192, 64],
    [0, 448, 64],
    [128, 0, 384],
    [32, 32, 448],
    [256, 0, 256],
    [0, 0, 512],
];

/// H, M, S.
pub static RT1021: Chip = RT1020_DIE;

const RT1020_DIE: Chip = Chip {
    name: "RT1021",
    numbers: &["1020", "1021"],
    kit: "MIMXRT1020-EVK",
    flash: "is25lp064a",
    rom_product_id: 0x0130,
    id: 0x006B_0000,
    in_package: false,
    boot: &BOOT_1020,
    splits: &SPLITS_256,
    ocram2: 0,
    rom_ram: 0x2020_0000..0x2020_8000,
    reads_registers: true,
    flexspi: 0x402A_8000,
    window: 0x6000_0000..0x7F80_0000,
    fcb_offset: 0,
    dqs_pad: true,
    rom_clocks: CLOCKS_133,
    usb: 0x402E_0000,
    pads: Pads::Rt1020,
};

/// M, S, H, T; `hasSdpReadRegisterCmd` is false in M.
static RT1011: Chip = Chip {
    name: "RT1011",
    numbers: &["1010", "1011"],
    kit: "MIMXRT1010-EVK",
    flash: "at25sf128a",
    rom_product_id: 0x0145,
    id: 0x006D_0000,
    boot: &BOOT_1010,
    splits: &SPLITS_128,
    rom_ram: 0x2020_0000..0x2020_5800,
    reads_registers: false,
    flexspi: 0x400A_0000,
    fcb_offset: 0x400,
    rom_clocks: CLOCKS_120,
    usb: 0x400E_4000,
    pads: Pads::Rt1010,
    ..RT1020_DIE
};

/// M, T; 256 KiB of FlexRAM, for NXP's flashloader lies where a smaller one has no RAM.
static RT1015: Chip = Chip {
    name: "RT1015",
    numbers: &["1015"],
    kit: "MIMXRT1015-EVK",
    flash: "at25sf128a",
    ..RT1020_DIE
};

/// M, S, T; the fuse bit is inferred from the flashloaders of the RT1015 and RT1021.
static RT1024: Chip = Chip {
    name: "RT1024",
    numbers: &["1024"],
    kit: "MIMXRT1024-EVK",
    flash: "w25q32jv",
    in_package: true,
    dqs_pad: false,
    ..RT1020_DIE
};

/// H, M, S, T. The default of the kit is its QSPI flash, wired by moving resistors: HyperFlash is not modelled.
static RT1052: Chip = Chip {
    name: "RT1052",
    numbers: &["1050", "1051", "1052"],
    kit: "IMXRT1050-EVKB",
    flash: "is25wp064a",
    id: 0x006A_0001,
    boot: &BOOT_1050,
    splits: &SPLITS_512,
    pads: Pads::Rt1050,
    ..RT1020_DIE
};

/// H, M, S, T.
static RT1042: Chip = Chip {
    name: "RT1042",
    numbers: &["1040", "1041", "1042", "1043", "1046"],
    kit: "MIMXRT1040-EVK",
    flash: "w25q64jv",
    ..RT1060_DIE
};

/// H, M, S, T.
static RT1062: Chip = Chip {
    ocram2: 512,
    ..RT1060_DIE
};

/// H, M, S, T; the flash in the package hangs on the second FlexSPI.
static RT1064: Chip = Chip {
    name: "RT1064",
    numbers: &["1064"],
    kit: "MIMXRT1064-EVK",
    flash: "w25q32jv",
    in_package: true,
    ocram2: 512,
    flexspi: 0x402A_4000,
    window: 0x7000_0000..0x7F00_0000,
    ..RT1060_DIE
};

const RT1060_DIE: Chip = Chip {
    name: "RT1062",
    numbers: &["1060", "1061", "1062"],
    kit: "MIMXRT1060-EVK",
    flash: "is25wp064a",
    rom_product_id: 0x0135,
    id: 0x006C_0000,
    boot: &BOOT_1060,
    splits: &SPLITS_512,
    window: 0x6000_0000..0x7000_0000,
    rom_clocks: CLOCKS_120,
    pads: Pads::Rt1050,
    ..RT1020_DIE
};

/// Every chip.
pub static CHIPS: [&Chip; 8] = [
    &RT1011, &RT1015, &RT1021, &RT1024, &RT1042, &RT1052, &RT1062, &RT1064,
];

impl Chip {
    /// The chip of a name, however people and tools spell it: rt1062, RT1060, MIMXRT1062, imxrt1061, MIMXRT1062DVL6B,
    /// MIMXRT1060-EVK, i.MX RT1060.
    pub fn find(text: &str) -> Option<&'static Chip> {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let rest = ["mimx", "imx", "mx"]
            .iter()
            .find_map(|head| plain.strip_prefix(head))
            .unwrap_or(&plain);
        let rest = rest.strip_prefix("rt").unwrap_or(rest);
        // behind the number: package and speed, or the name of a kit
        let (number, tail) = rest.split_at_checked(4)?;
        if tail.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        CHIPS
            .into_iter()
            .find(|chip| chip.numbers.contains(&number))
    }

    /// Names of all chips.
    pub fn names() -> Vec<&'static str> {
        CHIPS.iter().map(|chip| chip.name).collect()
    }

    /// Bytes of RAM, however it is split.
    pub(crate) fn ram_size(&self) -> usize {
        (self.splits[0].iter().sum::<usize>() + self.ocram2) << 10
    }

    /// Bytes that each bank of RAM has at most.
    pub(crate) fn ram_windows(&self) -> [u32; 3] {
        let flexram = self.splits[0].iter().sum::<usize>() as u32;
        [flexram, flexram, flexram + self.ocram2 as u32].map(|kib| kib << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_are_found_by_every_spelling() {
        for (text, name) in [
            ("rt1062", "RT1062"),
            ("RT1060", "RT1062"),
            ("MIMXRT1062DVL6B", "RT1062"),
            ("i.MX RT1064", "RT1064"),
            ("imxrt1011", "RT1011"),
            ("rt1010", "RT1011"),
            ("MIMXRT1020-EVK", "RT1021"),
            ("mimxrt1051", "RT1052"),
            ("1015", "RT1015"),
            ("rt1046", "RT1042"),
        ] {
            assert_eq!(Chip::find(text).map(|chip| chip.name), Some(name), "{text}");
        }
        for text in ["", "rt", "rt1170", "rt10622", "rt106", "lpc1062", "RT1062é"] {
            let found = Chip::find(text).map(|chip| chip.name);
            assert!(text == "RT1062é" || found.is_none(), "{text}: {found:?}");
        }
    }

    #[test]
    fn each_split_shares_out_the_whole_flexram() {
        for chip in CHIPS {
            let whole: usize = chip.splits[0].iter().sum();
            for (value, split) in chip.splits.iter().enumerate() {
                assert_eq!(split.iter().sum::<usize>(), whole, "{} {value}", chip.name);
            }
        }
    }

    #[test]
    fn every_kit_has_a_flash_that_exists() {
        for chip in CHIPS {
            assert!(
                crate::nor::Part::find(chip.flash).is_some(),
                "{}",
                chip.name
            );
        }
    }
}
