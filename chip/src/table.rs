//! The rows. One for each chip; a new chip is a new row here and its tests.
//!
//! Sources: **H** NXP device headers (hal_nxp, mcux-devices-rt), **S** SPSDK's data of the device, **M** NXP-MCUBootUtility's target of
//! the chip, **K** NXP SDK board files, **T** TinyUF2, **E** NXP's flashloader run in emulation. No reference manual was at hand, and
//! nothing here was seen on silicon.

use crate::{
    BootDevice, BootDeviceCode, BootLayout, CardLayout, Chip, Clock, ClockTable, FlashPins,
    FlashloaderTraits, FlexRam, Fuses, IdRegister, InPackage, Kit, MemoryMap, Region, Registers,
    ResetCause, ToolNames, UartPins, UsbId,
};

/// USB ids of every public RT10xx flashloader (M, S).
pub const FLASHLOADER_USB: UsbId = (0x15A2, 0x0073);

/// Every chip that rtboot writes.
pub static CHIPS: [Chip; 3] = [RT1020, RT1021, RT1024];

impl Chip {
    /// The chip of work on files when nobody names one, and the one of several that a board can carry: the RT1021.
    ///
    /// Work on files and advice go by it when nothing else is known. Code that has a board, or was given a chip, goes by that.
    pub const DEFAULT: &'static Chip = &CHIPS[1];
}

/// The RT1020 (LQFP144) and RT1021 (LQFP100) are one die in two packages.
const RT1020: Chip = Chip {
    name: "RT1020",
    spellings: &["rt1020", "mimxrt1020", "imxrt1020"],
    map: MemoryMap {
        chip: "RT1020",
        ..RT1021.map
    },
    ..RT1021
};

const RT1021: Chip = Chip {
    name: "RT1021",
    spellings: &["rt1021", "mimxrt1021", "imxrt1021"],
    cfg_names: &["rt1021", "rt1020"],
    tools: ToolNames {
        spsdk: "mimxrt1020",                  // S
        mcu_boot_utility: Some("MIMXRT1021"), // M
    },
    rom_usb: (0x1FC9, 0x0130), // M, S, T
    flashloader_usb: FLASHLOADER_USB,
    // USB_ANALOG_DIGPROG (H); the RT1015 and RT1024 share the value
    id: IdRegister {
        address: 0x400D_8260,
        mask: 0xFFFF_FF00,
        value: 0x006B_0000,
    },
    // E: with the bit set the flashloader of the RT1021 takes the RT1024's pads; no document names the bit
    in_package: InPackage {
        word: 4,
        bit: 20,
        size: None,
    },
    // H, M
    registers: Registers {
        unique_id: [0x401F_4410, 0x401F_4420],
        sbmr1: 0x400F_8004,
        sbmr2: 0x400F_801C,
        srsr: 0x400F_8008,
        fuse_shadow: 0x401F_4400,
        flexram: [0x400A_C040, 0x400A_C044], // H, M
    },
    boot: BootLayout {
        encrypted: 0,  // M, S
        flash_type: 1, // M, S
        device: 4,     // M, S
        // M; S swaps SD card and SEMC NAND for every chip, so the two are named together
        devices: &[
            BootDeviceCode {
                last: 0,
                name: "FlexSPI NOR",
            },
            BootDeviceCode {
                last: 1,
                name: "SEMC NOR",
            },
            BootDeviceCode {
                last: 7,
                name: "an SD card or SEMC NAND",
            },
            BootDeviceCode {
                last: 11,
                name: "eMMC",
            },
            BootDeviceCode {
                last: 15,
                name: "FlexSPI NAND",
            },
        ],
        second_pins: Some((8, 7)), // E
        mode: 24,                  // H, M
        fuse_sel: 4,               // H, M
        // H
        causes: &[
            cause(0, "power-on or the reset pin"),
            cause(1, "lock-up or a software reset"),
            cause(3, "the user's reset"),
            cause(4, "the watchdog"),
            cause(5, "JTAG"),
            cause(6, "JTAG, by software"),
            cause(7, "watchdog 3"),
            cause(8, "the temperature sensor"),
        ],
    },
    // S, M
    fuses: Fuses {
        boot_cfg0: 5,
        boot_cfg1: 6,
        boot_cfg2: 7,
        misc_conf0: 0x2D,
        flexram: [
            split(64, 64, 128),
            split(64, 128, 64),
            split(0, 128, 128),
            split(32, 128, 96),
            split(128, 64, 64),
            split(0, 192, 64),
            split(32, 64, 160),
            split(0, 64, 192),
            split(64, 32, 160),
            split(128, 32, 96),
            split(160, 32, 64),
            split(0, 32, 224),
            split(128, 0, 128),
            split(32, 32, 192),
            split(192, 0, 64),
            split(0, 0, 256),
        ],
    },
    // E
    flashloader: FlashloaderTraits {
        folder: "rt1021",
        reads_registers: false,
        follows_second_pins: true,
    },
    own_loader: true, // docs/loader.md: in emulation
    map: MemoryMap {
        chip: "RT1021",
        device: BootDevice::SerialNor,
        flash_base: 0x6000_0000,                       // H, M, S
        flash_max: 0x1F80_0000,                        // H
        flash_alias: Some((0x0800_0000, 0x0800_0000)), // M
        // H; the split from the factory: S, M
        ram: &[
            Region::flexram("ITCM", 0x0000_0000, 0x1_0000, 0x4_0000),
            Region::flexram("DTCM", 0x2000_0000, 0x1_0000, 0x4_0000),
            Region::flexram("OCRAM", 0x2020_0000, 0x2_0000, 0x4_0000),
        ],
        sdram: Some(Region::fixed("SDRAM", 0x8000_0000, 0x6000_0000)), // H, S
        rom_reserved: Region::fixed("the ROM's RAM", 0x2020_0000, 0x8000), // M
        ocotp: Region::fixed("OCOTP", 0x401F_4000, 0x4000),            // H
        fcb_offset: 0,                                                 // S, M, T
        ivt_offset: 0x1000,                                            // S, M, T
        app_offset: 0x2000,                                            // S, M, T, K
        // S, M, public RT1020 images for SD cards
        card: CardLayout {
            ivt_offset: 0x400,
            app_offset: 0x1000,
        },
    },
    clocks: ClockTable {
        rows: CLOCKS,
        max: 7,
    },
    scratch: &[0x2020_2000, 0x0000_2000, 0x2000_8000], // M, S, E
    // H, E
    flash_pins: &[
        FlashPins {
            name: "primary",
            ss0: "GPIO_SD_B1_11",
            sclk: "GPIO_SD_B1_07",
            data: [
                "GPIO_SD_B1_08",
                "GPIO_SD_B1_10",
                "GPIO_SD_B1_09",
                "GPIO_SD_B1_06",
            ],
            dqs: Some("GPIO_SD_B1_05"),
        },
        SECOND_PINS,
    ],
    // E, H
    uart: UartPins {
        rx: "GPIO_AD_B0_07",
        tx: "GPIO_AD_B0_06",
    },
    boot_mode_pads: ["GPIO_EMC_16", "GPIO_EMC_17"], // H
    // H
    boot_cfg_pads: &[
        "GPIO_EMC_18",
        "GPIO_EMC_19",
        "GPIO_EMC_20",
        "GPIO_EMC_21",
        "GPIO_EMC_22",
        "GPIO_EMC_23",
        "GPIO_EMC_24",
        "GPIO_EMC_25",
        "GPIO_EMC_26",
        "GPIO_EMC_27",
    ],
    // public threads on this kit
    kit: Some(Kit {
        name: "RT1020-EVK",
        serial_download: Some("SW8 off off off on"),
    }),
};

/// The die of the RT1021 with a flash of 4 MiB in the package, on the second pin group.
const RT1024: Chip = Chip {
    name: "RT1024",
    spellings: &["rt1024", "mimxrt1024", "imxrt1024"],
    cfg_names: &["rt1024"],
    tools: ToolNames {
        spsdk: "mimxrt1024",                  // S
        mcu_boot_utility: Some("MIMXRT1024"), // M
    },
    in_package: InPackage {
        size: Some(4 << 20), // M, T, K
        ..RT1021.in_package
    },
    map: MemoryMap {
        chip: "RT1024",
        ..RT1021.map
    },
    // without a DQS pad reads go up to 60 MHz, sampled internally (K, E)
    clocks: ClockTable {
        rows: CLOCKS,
        max: 3,
    },
    flashloader: FlashloaderTraits {
        folder: "rt1024",
        follows_second_pins: false,
        ..RT1021.flashloader
    },
    own_loader: false, // it drives the primary pin group only
    flash_pins: &[SECOND_PINS],
    // no source tells its switches
    kit: Some(Kit {
        name: "MIMXRT1024-EVK",
        serial_download: None,
    }),
    ..RT1021
};

const SECOND_PINS: FlashPins = FlashPins {
    name: "second",
    ss0: "GPIO_AD_B1_05",
    sclk: "GPIO_AD_B1_01",
    data: [
        "GPIO_AD_B1_02",
        "GPIO_AD_B1_04",
        "GPIO_AD_B1_03",
        "GPIO_AD_B1_00",
    ],
    dqs: None,
};

/// Names by K, T; dividers found in the flashloader of the RT1021 (E).
const CLOCKS: &[Clock] = &[
    clock(1, 30, 31_765),
    clock(2, 50, 49_091),
    clock(3, 60, 60_000),
    clock(4, 75, 72_000),
    clock(5, 80, 80_000),
    clock(6, 100, 102_857),
    clock(7, 133, 132_923),
    clock(8, 166, 166_154),
];

const fn clock(index: u8, mhz: u16, khz: u32) -> Clock {
    Clock { index, mhz, khz }
}

const fn cause(bit: u32, name: &'static str) -> ResetCause {
    ResetCause { bit, name }
}

const fn split(itcm: u16, dtcm: u16, ocram: u16) -> FlexRam {
    FlexRam { itcm, dtcm, ocram }
}
