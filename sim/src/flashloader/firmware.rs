//! What differs between NXP's flashloaders of the chips.
//!
//! Source of every value: the genuine builds, run in emulation; their recordings are in `tests/transcripts`.

use super::status::{FLASH_ADDRESS, MEMORY_CANNOT_BE_ERASED, Status};
use crate::chip::{Chip, Pads};
use crate::machine::Machine;
use crate::rom::registers::{FLEXSPI_OFF, boot_fuses};

/// Registers of the FlexSPIs; where the second one does not exist, nothing reads there.
pub const FLEXSPI1: u32 = 0x402A_8000;
pub const FLEXSPI2: u32 = 0x402A_4000;

/// A flashloader of NXP's, as one or several chips have it.
#[derive(Debug, PartialEq, Eq)]
pub struct Firmware {
    /// The chip whose build it is.
    pub chip: &'static str,
    /// Property 1.
    pub version: u32,
    /// Property 7: bit `tag - 1` for every command.
    pub commands: u32,
    /// Endpoints and reports.
    pub usb: UsbProfile,
    /// Longest payload over a UART, property 11 there.
    pub uart_payload: usize,
    /// Property 10 exists and reads 1.
    pub verify_property: bool,
    /// Bytes of ITCM, DTCM and OCRAM that it believes in (properties 14 and 15).
    pub mapped: [u32; 3],
    /// Bytes of peripherals from 0x40000000 on that its map holds.
    pub peripherals: u32,
    /// Bytes of flash at 0x60000000 that the map holds before the first set-up.
    pub first_window: u32,
    /// Memories besides 9 that it knows, none of them configured here.
    pub memories: &'static [u32],
    /// Those of them with an address range.
    pub ranged: &'static [u32],
    /// Of a range there it looks at the end alone, which wraps in 32 bits.
    pub ranged_by_end: bool,
    /// Erasing RAM.
    pub erase_ram: Status,
    /// A burnt word is held against what was given.
    pub checks_fuses: bool,
    /// Where 0xF000000F puts the block in flash.
    pub fcb_offset: u32,
    /// Flash is read by IP commands of the exact length, not through the memory window.
    pub ip_reads: bool,
    /// Bytes that a comparison reads at a time.
    pub compare: u32,
    /// The chip has no pad for a strobe: every block is read by the internal loop-back, and at the largest clock of that.
    pub no_strobe: bool,
    /// Root clocks.
    pub clocks: &'static Clocks,
    /// Such a block asks for a safe clock.
    pub safe_clock: bool,
    /// The sequence by which it sets quad enable.
    pub quad_sequence: u8,
    /// MCR1 of the FlexSPI that it has set up.
    pub mcr1: u32,
    /// Bit 20 of fuse word 4 takes it to the second FlexSPI.
    pub second_instance: bool,
    /// What takes it to the second pins.
    pub second_pins: SecondPins,
    /// The pads it drives.
    pub pads: Pads,
}

/// What takes a loader from the first pins of FlexSPI to the second.
#[derive(Debug, PartialEq, Eq)]
pub struct SecondPins {
    /// SBMR1 bits 10:8 are 7.
    pub by_boot_pins: bool,
    /// Bit 20 of fuse word 4.
    pub by_fuse: bool,
    /// Bits 19:16 of the second option word.
    pub by_option: bool,
    /// Nothing: it drives no others.
    pub always: bool,
}

/// USB as the firmware does it.
#[derive(Debug, PartialEq, Eq)]
pub struct UsbProfile {
    /// wMaxPacketSize at high speed. A full packet does not end a transfer, unless a report is no longer.
    pub packet: usize,
    /// Bytes of a report with its id.
    pub report: usize,
    /// Payload of a report, property 11.
    pub payload: usize,
    /// bInterval at high speed.
    pub interval: u8,
    /// wMaxPacketSize at full speed.
    pub full_speed: usize,
}

/// Root clocks by clock index, as fractions and dividers of 480 MHz × 18.
#[derive(Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Index 1 on, one clock edge.
    pub sdr: &'static [(u64, u64)],
    /// Both edges.
    pub ddr: &'static [(u64, u64)],
    /// The largest index that counts.
    pub cap: u8,
}

const USB_1019: UsbProfile = UsbProfile {
    packet: 1019,
    report: 1021,
    payload: 1016,
    interval: 3,
    full_speed: 1019,
};

const AS_CLOCKS_1021: Clocks = Clocks {
    sdr: &[
        (34, 8),
        (22, 8),
        (18, 8),
        (30, 4),
        (18, 6),
        (14, 6),
        (13, 5),
        (26, 2),
        (22, 2),
    ],
    ddr: &[
        (24, 6),
        (22, 4),
        (12, 6),
        (30, 2),
        (18, 3),
        (22, 2),
        (33, 1),
        (13, 2),
        (22, 1),
    ],
    cap: u8::MAX,
};

static CLOCKS_1021: Clocks = AS_CLOCKS_1021;

static CLOCKS_1024: Clocks = Clocks {
    cap: 3,
    ..AS_CLOCKS_1021
};

static CLOCKS_1052: Clocks = Clocks {
    sdr: &[
        (34, 8),
        (22, 8),
        (18, 8),
        (30, 4),
        (18, 6),
        (14, 6),
        (17, 4),
        (26, 2),
        (22, 2),
    ],
    ..AS_CLOCKS_1021
};

static CLOCKS_1062: Clocks = Clocks {
    sdr: &[
        (34, 8),
        (22, 8),
        (18, 8),
        (30, 4),
        (18, 6),
        (14, 6),
        (18, 4),
        (13, 5),
        (26, 2),
        (22, 2),
    ],
    ddr: &[
        (24, 6),
        (22, 4),
        (12, 6),
        (30, 2),
        (18, 3),
        (14, 3),
        (18, 2),
        (33, 1),
        (13, 2),
        (22, 1),
    ],
    cap: u8::MAX,
};

const K210: u32 = u32::from_be_bytes([b'K', 2, 1, 0]);

const AS_RT1021: Firmware = Firmware {
    chip: "RT1021",
    version: K210,
    commands: 0x5_EFDF,
    usb: USB_1019,
    uart_payload: 1024,
    verify_property: false,
    mapped: [0x4_0000; 3],
    peripherals: 0,
    first_window: 0x1000_0000,
    memories: &[0x110, 0x120],
    ranged: &[0x110],
    ranged_by_end: false,
    erase_ram: FLASH_ADDRESS,
    checks_fuses: true,
    fcb_offset: 0,
    ip_reads: false,
    compare: 256,
    no_strobe: false,
    clocks: &CLOCKS_1021,
    safe_clock: true,
    quad_sequence: 4,
    mcr1: 0xFFFF_FFFF,
    second_instance: false,
    second_pins: SecondPins {
        by_boot_pins: true,
        by_fuse: true,
        by_option: false,
        always: false,
    },
    pads: Pads::Rt1020,
};

/// The RT1020's and RT1021's.
pub static RT1021: Firmware = AS_RT1021;

/// The RT1011's: its FlexSPI driver is the ROM's. In the recordings functions of the RT1015's flashloader stood in for that.
static RT1011: Firmware = Firmware {
    chip: "RT1011",
    commands: 0x1_EFDF,
    mapped: [0x2_0000; 3],
    peripherals: 0x20_0000,
    first_window: 0x2000_0000,
    memories: &[],
    ranged: &[],
    checks_fuses: false,
    fcb_offset: 0x400,
    safe_clock: false,
    quad_sequence: 6,
    second_pins: SecondPins {
        by_boot_pins: false,
        by_fuse: false,
        by_option: false,
        always: false,
    },
    pads: Pads::Rt1010,
    ..AS_RT1021
};

static RT1015: Firmware = Firmware {
    chip: "RT1015",
    memories: &[0x110],
    ..AS_RT1021
};

static RT1024: Firmware = Firmware {
    chip: "RT1024",
    version: u32::from_be_bytes([b'K', 2, 7, 0]),
    commands: 0x5_6FDF,
    usb: UsbProfile {
        packet: 1016,
        report: 1016,
        payload: 1012,
        interval: 3,
        full_speed: 64,
    },
    uart_payload: 512,
    verify_property: true,
    mapped: [0x1_0000, 0x1_0000, 0x2_0000],
    memories: &[],
    ranged: &[],
    erase_ram: MEMORY_CANNOT_BE_ERASED,
    checks_fuses: false,
    ip_reads: true,
    compare: 1024,
    no_strobe: true,
    clocks: &CLOCKS_1024,
    second_pins: SecondPins {
        by_boot_pins: false,
        by_fuse: false,
        by_option: false,
        always: true,
    },
    ..AS_RT1021
};

static RT1052: Firmware = Firmware {
    chip: "RT1052",
    usb: UsbProfile {
        interval: 1,
        ..USB_1019
    },
    mapped: [0x2_0000, 0x2_0000, 0x4_0000],
    peripherals: 0x40_0000,
    memories: &[8, 0x100, 0x101, 0x110, 0x120, 0x121],
    ranged: &[0x100, 0x101, 0x110],
    checks_fuses: false,
    clocks: &CLOCKS_1052,
    safe_clock: false,
    quad_sequence: 6,
    second_pins: SecondPins {
        by_boot_pins: true,
        by_fuse: true,
        by_option: true,
        always: false,
    },
    pads: Pads::Rt1050,
    ..AS_RT1021
};

/// The RT104x's, RT106x's and RT1064's: one build.
static RT1062: Firmware = Firmware {
    chip: "RT1062",
    commands: 0x5_6FDF,
    mapped: [0x2_0000, 0x2_0000, 0xC_0000],
    peripherals: 0x40_0000,
    memories: &[8, 0x100, 0x101, 0x110, 0x120, 0x121],
    ranged: &[0x100, 0x101, 0x110],
    ranged_by_end: true,
    erase_ram: MEMORY_CANNOT_BE_ERASED,
    checks_fuses: false,
    clocks: &CLOCKS_1062,
    mcr1: 0xEE6C_FFFF,
    second_instance: true,
    second_pins: SecondPins {
        by_boot_pins: false,
        by_fuse: false,
        by_option: true,
        always: false,
    },
    pads: Pads::Rt1050,
    ..AS_RT1021
};

impl Firmware {
    /// NXP's flashloader for this chip.
    pub fn of(chip: &Chip) -> &'static Firmware {
        match chip.name {
            "RT1011" => &RT1011,
            "RT1015" => &RT1015,
            "RT1024" => &RT1024,
            "RT1052" => &RT1052,
            "RT1042" | "RT1062" | "RT1064" => &RT1062,
            _ => &RT1021,
        }
    }

    /// Whether the pins and the FlexSPI that it drives lead to the flash; `option`: the option words ask for the second pins.
    pub fn reaches(&self, m: &Machine, option: bool) -> bool {
        let package = m.fuses.in_package();
        let instance = (self.second_instance && package) == (m.chip.flexspi == FLEXSPI2);
        let sbmr1 = boot_fuses(m).sbmr1(m.straps, m.chip.boot);
        let pins = &self.second_pins;
        let second = pins.always
            || pins.by_boot_pins && sbmr1 >> 8 & 7 == 7
            || pins.by_fuse && package
            || pins.by_option && option;
        // in the package of an RT1024 the flash is on the second pins
        let wired = m.other_pins != (m.chip.in_package && m.chip.pads == Pads::Rt1020);
        m.any_pins || self.pads == m.chip.pads && instance && second == wired
    }

    /// MCR0, MCR1, MCR2 and AHBCR of a FlexSPI: those of the set-up that was recorded, or those of a reset.
    pub fn flexspi_register(&self, configured: bool, place: u32) -> Option<u32> {
        let values = match configured {
            true => [0xFFFF_8010, self.mcr1, 0x2000_01F7, 0x78],
            false => [FLEXSPI_OFF, 0xFFFF_FFFF, 0x2000_81F7, 0x18],
        };
        values.get(place as usize / 4).copied()
    }

    /// Whether it has this command.
    pub fn knows(&self, tag: u8) -> bool {
        (1..=32).contains(&tag) && self.commands >> (tag - 1) & 1 == 1
    }
}
