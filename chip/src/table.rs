//! The rows. One for each chip; a new chip is a new row here and its tests.
//!
//! Sources: **H** NXP device headers (hal_nxp, mcux-devices-rt), **S** SPSDK's data of the device, **M** NXP-MCUBootUtility's target of
//! the chip, **K** NXP SDK board files, **T** TinyUF2, **E** NXP's flashloader run in emulation. No reference manual was at hand, and
//! nothing here was seen on silicon.

use crate::{
    BootDevice, BootDeviceCode, BootLayout, CardLayout, Chip, Clock, ClockTable, FlashKind,
    FlashPins, FlashTypeField, FlashloaderTraits, FlexRam, FlexRamLayout, Fuses, IdRegister,
    InPackage, Kit, MemoryMap, OptionWordTraits, Region, Registers, ResetCause, ToolNames,
    UartPins, UsbId,
};

/// USB ids of every public RT10xx flashloader (M, S).
pub const FLASHLOADER_USB: UsbId = (0x15A2, 0x0073);

/// Every chip that rtboot writes. Of several that share all that a board tells, the first one is taken when nobody names one.
pub static CHIPS: [Chip; 18] = [
    RT1010,
    same_die(RT1010, "RT1011", &["rt1011", "mimxrt1011", "imxrt1011"]),
    RT1015,
    // the RT1020 (LQFP144) and RT1021 (LQFP100) are one die in two packages
    same_die(RT1021, "RT1020", &["rt1020", "mimxrt1020", "imxrt1020"]),
    RT1021,
    RT1024,
    RT1050,
    same_die(RT1050, "RT1051", &["rt1051", "mimxrt1051", "imxrt1051"]),
    same_die(
        RT1050,
        "RT1052",
        &["rt1052", "mimxrt1052", "imxrt1052", "rt105x"],
    ),
    RT1060,
    same_die(RT1060, "RT1061", &["rt1061", "mimxrt1061", "imxrt1061"]),
    same_die(
        RT1060,
        "RT1062",
        &["rt1062", "mimxrt1062", "imxrt1062", "rt106x"],
    ),
    RT1064,
    RT1040,
    same_die(RT1040, "RT1041", &["rt1041", "mimxrt1041", "imxrt1041"]),
    same_die(
        RT1040,
        "RT1042",
        &["rt1042", "mimxrt1042", "imxrt1042", "rt104x"],
    ),
    same_die(RT1040, "RT1043", &["rt1043", "mimxrt1043", "imxrt1043"]),
    same_die(RT1040, "RT1046", &["rt1046", "mimxrt1046", "imxrt1046"]),
];

impl Chip {
    /// The chip of work on files when nobody names one, and the one of several that a board can carry: the RT1021.
    ///
    /// Work on files and advice go by it when nothing else is known. Code that has a board, or was given a chip, goes by that.
    pub const DEFAULT: &'static Chip = &CHIPS[4];
}

/// Another package or feature set of a die, which boots alike.
const fn same_die(chip: Chip, name: &'static str, spellings: &'static [&'static str]) -> Chip {
    Chip {
        name,
        spellings,
        map: MemoryMap {
            chip: name,
            ..chip.map
        },
        ..chip
    }
}

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
        decides: false,
        size: None,
    },
    rom_reads: true, // M
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
        encrypted: 0, // M, S
        flash_type: TYPE_AT_1,
        device: 4, // M, S
        // M; S swaps SD card and SEMC NAND for every chip, so the two are named together
        devices: &[
            device(0, "FlexSPI NOR"),
            device(1, "SEMC NOR"),
            device(7, "an SD card or SEMC NAND"),
            device(11, "eMMC"),
            device(15, "FlexSPI NAND"),
        ],
        second_pins: Some((8, 7)), // E
        mode: 24,                  // H, M
        fuse_sel: 4,               // H, M
        causes: CAUSES,            // H
    },
    // S, M
    flexram: FlexRamLayout {
        banks: 8,
        beside: 0,
        by_fuse: SPLITS_OF_256,
    },
    // S, M
    fuses: Fuses {
        boot_cfg0: 5,
        boot_cfg1: 6,
        boot_cfg2: 7,
        misc_conf0: 0x2D,
    },
    // E
    flashloader: FlashloaderTraits {
        folder: "rt1021",
        reads_registers: false,
        follows_second_pins: true,
        words: OptionWordTraits {
            safe_clock: true,
            quad_enable_sequence: 4,
            read_sample_clock: 1,
            clock_index_max: 15,
            clocks: Some(nibbles(132_923, 166_154, 196_364, 31_765)),
            stores_continuous_read: true,
            second_pins: Some(false),
        },
    },
    own_loader: true, // docs/loader.md: in emulation
    map: MemoryMap {
        chip: "RT1021",
        device: BootDevice::SerialNor,
        flash_base: 0x6000_0000,                       // H, M, S
        flash_max: 0x1F80_0000,                        // H
        flash_alias: Some((0x0800_0000, 0x0800_0000)), // M
        other_flash: None,
        // H; the split from the factory: S, M
        ram: &[
            Region::flexram("ITCM", 0x0000_0000, 0x1_0000, 0x4_0000),
            Region::flexram("DTCM", 0x2000_0000, 0x1_0000, 0x4_0000),
            Region::flexram("OCRAM", 0x2020_0000, 0x2_0000, 0x4_0000),
        ],
        sdram: Some(Region::fixed("SDRAM", 0x8000_0000, 0x6000_0000)), // H, S
        rom_reserved: Region::fixed("the ROM's RAM", 0x2020_0000, 0x8000), // M
        ocotp: Region::fixed("OCOTP", 0x401F_4000, 0x4000),            // H
        bee: true,                                                     // S, M
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
        // E: nothing above 60 MHz, and no DQS pad to sample through
        words: OptionWordTraits {
            read_sample_clock: 0,
            clock_index_max: 3,
            clocks: Some(NIBBLES_TO_60),
            stores_continuous_read: false,
            ..RT1021.flashloader.words
        },
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

/// Half the RAM of an RT1020 by its data sheet. NXP's own flashloader for it needs the RT1020's split of the RAM, as S has it, so the
/// splits are those: a smaller one would refuse that flashloader.
const RT1015: Chip = Chip {
    name: "RT1015",
    spellings: &["rt1015", "mimxrt1015", "imxrt1015"],
    cfg_names: &["rt1015"],
    tools: ToolNames {
        spsdk: "mimxrt1015",                  // S
        mcu_boot_utility: Some("MIMXRT1015"), // M
    },
    boot: BootLayout {
        devices: &[
            device(0, "FlexSPI NOR"),
            device(11, "a reserved device"),
            device(15, "FlexSPI NAND"),
        ], // M
        ..RT1021.boot
    },
    map: MemoryMap {
        chip: "RT1015",
        sdram: None, // H: no SEMC
        ..RT1021.map
    },
    // no source tells its switches
    kit: Some(Kit {
        name: "MIMXRT1015-EVK",
        serial_download: None,
    }),
    ..RT1021
};

const RT1010: Chip = Chip {
    name: "RT1010",
    spellings: &["rt1010", "mimxrt1010", "imxrt1010"],
    cfg_names: &["rt1010", "rt1011"],
    tools: ToolNames {
        spsdk: "mimxrt1010",                  // S
        mcu_boot_utility: Some("MIMXRT1011"), // M
    },
    rom_usb: (0x1FC9, 0x0145), // M, S, T
    // H, K
    id: IdRegister {
        value: 0x006D_0000,
        ..RT1021.id
    },
    rom_reads: false, // M
    boot: BootLayout {
        devices: &[device(0, "FlexSPI NOR"), device(15, "a reserved device")], // M
        second_pins: None,
        ..RT1021.boot
    },
    // M; S has 64 KiB of ITCM and of DTCM from the factory
    flexram: FlexRamLayout {
        banks: 4, // H
        beside: 0,
        by_fuse: SPLITS_OF_128,
    },
    flashloader: FlashloaderTraits {
        folder: "rt1011",
        reads_registers: true, // E
        follows_second_pins: false,
        // E, but its FlexSPI driver lies in the ROM and the RT1015's took its place; the clocks are those of its own table.
        // K's FCB has no safe clock either, SPSDK's test block has it
        words: OptionWordTraits {
            second_pins: None,
            ..RT1050.flashloader.words
        },
    },
    own_loader: false, // not built for it
    map: MemoryMap {
        chip: "RT1010",
        // H; the split from the factory: M
        ram: &[
            Region::flexram("ITCM", 0x0000_0000, 0x8000, 0x2_0000),
            Region::flexram("DTCM", 0x2000_0000, 0x8000, 0x2_0000),
            Region::flexram("OCRAM", 0x2020_0000, 0x1_0000, 0x2_0000),
        ],
        sdram: None,                                                       // H
        rom_reserved: Region::fixed("the ROM's RAM", 0x2020_0000, 0x5800), // M
        bee: false,                                                        // S, M: OTFAD
        fcb_offset: 0x400,                                                 // S, M, T
        ..RT1021.map
    },
    clocks: CLOCKS_WITH_120,
    scratch: &[0x2020_2000, 0x0000_2000, 0x2000_6000], // E; the last: behind what NXP's build uses of the DTCM
    // H
    flash_pins: &[FlashPins {
        name: "primary",
        ss0: "GPIO_SD_06",
        sclk: "GPIO_SD_10",
        data: ["GPIO_SD_09", "GPIO_SD_07", "GPIO_SD_08", "GPIO_SD_11"],
        dqs: Some("GPIO_SD_12"),
    }],
    // H
    uart: UartPins {
        rx: "GPIO_09",
        tx: "GPIO_10",
    },
    boot_mode_pads: ["GPIO_SD_04", "GPIO_SD_03"], // H
    boot_cfg_pads: &["GPIO_SD_02", "GPIO_SD_01", "GPIO_SD_00", "GPIO_13"], // H
    // public threads on this kit
    kit: Some(Kit {
        name: "MIMXRT1010-EVK",
        serial_download: Some("SW8 off off off on"),
    }),
    ..RT1021
};

const RT1050: Chip = Chip {
    name: "RT1050",
    spellings: &["rt1050", "mimxrt1050", "imxrt1050"],
    cfg_names: &["rt1050", "rt1051", "rt1052"],
    tools: ToolNames {
        spsdk: "mimxrt1050",                  // S
        mcu_boot_utility: Some("MIMXRT1052"), // M
    },
    // H; the first mask has a 0 at its end, the second a 1
    id: IdRegister {
        value: 0x006A_0000,
        ..RT1021.id
    },
    boot: BootLayout {
        encrypted: 1, // M
        // E
        flash_type: FlashTypeField {
            low: 8,
            ..TYPE_AT_1
        },
        // M, S
        devices: &[
            device(0, "FlexSPI NOR"),
            device(1, "SEMC NOR"),
            device(3, "SEMC NAND"),
            device(7, "an SD card"),
            device(11, "eMMC"),
            device(15, "FlexSPI NAND"),
        ],
        ..RT1021.boot
    },
    // M
    flexram: FlexRamLayout {
        banks: 16, // H
        beside: 0,
        by_fuse: SPLITS_OF_512,
    },
    flashloader: FlashloaderTraits {
        folder: "rt1052",
        reads_registers: true,     // E
        follows_second_pins: true, // E
        // E
        words: OptionWordTraits {
            safe_clock: false,
            quad_enable_sequence: 6,
            clocks: Some(nibbles(127_059, 166_154, 196_364, 31_765)),
            second_pins: Some(true),
            ..RT1021.flashloader.words
        },
    },
    own_loader: false, // not built for it
    map: MemoryMap {
        chip: "RT1050",
        // H; the split from the factory: S, M
        ram: &[
            Region::flexram("ITCM", 0x0000_0000, 0x2_0000, 0x8_0000),
            Region::flexram("DTCM", 0x2000_0000, 0x2_0000, 0x8_0000),
            Region::flexram("OCRAM", 0x2020_0000, 0x4_0000, 0x8_0000),
        ],
        ..RT1021.map
    },
    // H, E
    flash_pins: &[
        FlashPins {
            name: "primary",
            ss0: "GPIO_SD_B1_06",
            sclk: "GPIO_SD_B1_07",
            data: [
                "GPIO_SD_B1_08",
                "GPIO_SD_B1_09",
                "GPIO_SD_B1_10",
                "GPIO_SD_B1_11",
            ],
            dqs: Some("GPIO_SD_B1_05"),
        },
        FlashPins {
            name: "second",
            ss0: "GPIO_AD_B1_15",
            sclk: "GPIO_AD_B1_14",
            data: [
                "GPIO_AD_B1_13",
                "GPIO_AD_B1_12",
                "GPIO_AD_B1_11",
                "GPIO_AD_B1_10",
            ],
            dqs: Some("GPIO_AD_B1_09"),
        },
    ],
    // E, H
    uart: UartPins {
        rx: "GPIO_AD_B0_13",
        tx: "GPIO_AD_B0_12",
    },
    boot_mode_pads: ["GPIO_AD_B0_04", "GPIO_AD_B0_05"], // H
    // H
    boot_cfg_pads: &[
        "GPIO_B0_04",
        "GPIO_B0_05",
        "GPIO_B0_06",
        "GPIO_B0_07",
        "GPIO_B0_08",
        "GPIO_B0_09",
        "GPIO_B0_10",
        "GPIO_B0_11",
        "GPIO_B0_12",
        "GPIO_B0_13",
        "GPIO_B0_14",
        "GPIO_B0_15",
    ],
    // public threads on this kit
    kit: Some(Kit {
        name: "IMXRT1050-EVKB",
        serial_download: Some("SW7 off off off on"),
    }),
    ..RT1021
};

const RT1060: Chip = Chip {
    name: "RT1060",
    spellings: &["rt1060", "mimxrt1060", "imxrt1060"],
    cfg_names: &["rt1060", "rt1061", "rt1062"],
    tools: ToolNames {
        spsdk: "mimxrt1060",                  // S
        mcu_boot_utility: Some("MIMXRT1062"), // M
    },
    rom_usb: (0x1FC9, 0x0135), // M, S, T; seen on silicon in public logs
    // H
    id: IdRegister {
        value: 0x006C_0000,
        ..RT1021.id
    },
    // E: with the bit set the flashloader takes the second FlexSPI
    in_package: InPackage {
        decides: true,
        ..RT1021.in_package
    },
    boot: BootLayout {
        // M
        flash_type: FlashTypeField {
            low: 2,
            bits: 2,
            probes: Some(0),
            codes: &[(0, FlashKind::Quad)],
        },
        second_pins: None, // E
        ..RT1050.boot
    },
    // M; the OCRAM2: H
    flexram: FlexRamLayout {
        beside: 512,
        ..RT1050.flexram
    },
    flashloader: FlashloaderTraits {
        folder: "rt1062",
        reads_registers: true,      // E
        follows_second_pins: false, // E
        // E
        words: OptionWordTraits {
            clocks: Some(nibbles(120_000, 132_923, 166_154, 196_364)),
            second_pins: Some(true),
            ..RT1021.flashloader.words
        },
    },
    map: MemoryMap {
        chip: "RT1060",
        flash_max: 0x1000_0000, // M
        flash_alias: None,      // M
        other_flash: Some(Region::fixed("FlexSPI2", 0x7000_0000, 0x0F00_0000)), // M
        // H; the split from the factory: S, M, and a public log of an RT1064
        ram: &[
            Region::flexram("ITCM", 0x0000_0000, 0x2_0000, 0x8_0000),
            Region::flexram("DTCM", 0x2000_0000, 0x2_0000, 0x8_0000),
            Region::flexram("OCRAM", 0x2020_0000, 0xC_0000, 0x10_0000),
        ],
        ..RT1050.map
    },
    clocks: CLOCKS_WITH_120,
    // NXP's page of this kit
    kit: Some(Kit {
        name: "MIMXRT1060-EVK",
        serial_download: Some("SW7 off off off on"),
    }),
    ..RT1050
};

/// The die of the RT1060 with a flash of 4 MiB in the package, on the second FlexSPI, from which it boots.
const RT1064: Chip = Chip {
    name: "RT1064",
    spellings: &["rt1064", "mimxrt1064", "imxrt1064"],
    cfg_names: &["rt1064"],
    tools: ToolNames {
        spsdk: "mimxrt1064",                  // S
        mcu_boot_utility: Some("MIMXRT1064"), // M
    },
    in_package: InPackage {
        size: Some(4 << 20), // M, T, K
        ..RT1060.in_package
    },
    boot: BootLayout {
        // M
        devices: &[
            device(0, "FlexSPI NOR"),
            device(3, "a reserved device"),
            device(7, "an SD card"),
            device(11, "eMMC"),
            device(15, "a reserved device"),
        ],
        ..RT1060.boot
    },
    map: MemoryMap {
        chip: "RT1064",
        flash_base: 0x7000_0000, // M, S, T, K
        flash_max: 0x0F00_0000,  // M
        other_flash: Some(Region::fixed("FlexSPI1", 0x6000_0000, 0x1000_0000)), // M
        ..RT1060.map
    },
    // E: it asks for the clock of a third FlexSPI, which does not exist, so that of the ROM stays
    flashloader: FlashloaderTraits {
        words: OptionWordTraits {
            clocks: None,
            second_pins: Some(false),
            ..RT1060.flashloader.words
        },
        ..RT1060.flashloader
    },
    // K, E
    flash_pins: &[FlashPins {
        name: "inner",
        ss0: "GPIO_SPI_B1_06",
        sclk: "GPIO_SPI_B0_08",
        data: [
            "GPIO_SPI_B0_02",
            "GPIO_SPI_B1_03",
            "GPIO_SPI_B1_02",
            "GPIO_SPI_B0_10",
        ],
        dqs: Some("GPIO_SPI_B0_09"),
    }],
    // NXP's page of this kit
    kit: Some(Kit {
        name: "MIMXRT1064-EVK",
        serial_download: Some("SW7 off off off on"),
    }),
    ..RT1060
};

/// It shares id and flashloader with the RT1060, and has no OCRAM2.
const RT1040: Chip = Chip {
    name: "RT1040",
    spellings: &["rt1040", "mimxrt1040", "imxrt1040"],
    cfg_names: &["rt1040", "rt1041", "rt1042", "rt1043", "rt1046"],
    tools: ToolNames {
        spsdk: "mimxrt1040",                  // S
        mcu_boot_utility: Some("MIMXRT1042"), // M
    },
    flexram: RT1050.flexram,
    map: MemoryMap {
        chip: "RT1040",
        ram: RT1050.map.ram, // S
        ..RT1060.map
    },
    // no source tells its switches
    kit: Some(Kit {
        name: "MIMXRT1040-EVK",
        serial_download: None,
    }),
    ..RT1060
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

/// Names by K, T. On these chips index 7 is 120 MHz for the ROM.
const CLOCKS_WITH_120: ClockTable = ClockTable {
    rows: &[
        clock(1, 30, 31_765),
        clock(2, 50, 49_091),
        clock(3, 60, 60_000),
        clock(4, 75, 72_000),
        clock(5, 80, 80_000),
        clock(6, 100, 102_857),
        clock(7, 120, 120_000),
        clock(8, 133, 132_923),
        clock(9, 166, 166_154),
    ],
    max: 8,
};

/// M, S
const TYPE_AT_1: FlashTypeField = FlashTypeField {
    low: 1,
    bits: 3,
    probes: None,
    codes: &[
        (0, FlashKind::Quad),
        (1, FlashKind::FourByte),
        (7, FlashKind::SecondPins),
    ],
};

/// H; the first bit also counts software resets on some chips, by its name in their headers
const CAUSES: &[ResetCause] = &[
    cause(0, "power-on or the reset pin"),
    cause(1, "lock-up or a software reset"),
    cause(3, "the user's reset"),
    cause(4, "the watchdog"),
    cause(5, "JTAG"),
    cause(6, "JTAG, by software"),
    cause(7, "watchdog 3"),
    cause(8, "the temperature sensor"),
];

/// M
const SPLITS_OF_128: [FlexRam; 16] = [
    split(32, 32, 64),
    split(32, 64, 32),
    split(0, 64, 64),
    split(16, 64, 48),
    split(64, 32, 32),
    split(0, 96, 32),
    split(16, 32, 80),
    split(0, 32, 96),
    split(32, 16, 80),
    split(64, 16, 48),
    split(80, 16, 32),
    split(0, 16, 112),
    split(64, 0, 64),
    split(16, 16, 96),
    split(96, 0, 32),
    split(0, 0, 128),
];

/// S, M
const SPLITS_OF_256: [FlexRam; 16] = [
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
];

/// M, where 448 KiB is misprinted
const SPLITS_OF_512: [FlexRam; 16] = [
    split(128, 128, 256),
    split(64, 128, 320),
    split(256, 128, 128),
    split(32, 128, 352),
    split(128, 64, 320),
    split(64, 64, 384),
    split(256, 64, 192),
    split(448, 0, 64),
    split(128, 256, 128),
    split(64, 256, 192),
    split(256, 192, 64),
    split(0, 448, 64),
    split(128, 0, 384),
    split(32, 32, 448),
    split(256, 0, 256),
    split(0, 0, 512),
];

/// kHz by the clock nibble of option words: up to 6 every build gives the same (E), but one.
const fn nibbles(seven: u32, eight: u32, nine: u32, ten: u32) -> [u32; 16] {
    let mut khz = [31_765; 16];
    khz[2] = 49_091;
    khz[3] = 60_000;
    khz[4] = 72_000;
    khz[5] = 80_000;
    khz[6] = 102_857;
    khz[7] = seven;
    khz[8] = eight;
    khz[9] = nine;
    khz[10] = ten;
    khz
}

/// E
const NIBBLES_TO_60: [u32; 16] = {
    let mut khz = [60_000; 16];
    khz[0] = 31_765;
    khz[1] = 31_765;
    khz[2] = 49_091;
    khz
};

const fn device(last: u8, name: &'static str) -> BootDeviceCode {
    BootDeviceCode { last, name }
}

const fn clock(index: u8, mhz: u16, khz: u32) -> Clock {
    Clock { index, mhz, khz }
}

const fn cause(bit: u32, name: &'static str) -> ResetCause {
    ResetCause { bit, name }
}

const fn split(itcm: u16, dtcm: u16, ocram: u16) -> FlexRam {
    FlexRam { itcm, dtcm, ocram }
}
