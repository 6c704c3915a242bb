//! RT10xx chips as data: names, ids, RAM, registers worth reading.
//!
//! Source: NXP-MCUBootUtility (target tables of the RT1021), SPSDK (device data of the RT1024), and the device headers of
//! hal_nxp and mcux-devices-rt; the RT1021 reference manual was not at hand, and nothing here was seen on silicon.

mod boot_config;

pub use boot_config::BootConfig;

use rtboot_bootable::MemoryMap;
use rtboot_fcb::ChipName;

/// What rtboot knows of one chip.
#[derive(Debug, Clone)]
pub struct Chip {
    /// Name as people write it.
    pub name: &'static str,
    /// Other spellings that mean this chip.
    pub also: &'static [&'static str],
    /// USB ids of the boot ROM's serial downloader.
    pub rom_usb: (u16, u16),
    /// Value of the chip id register, without its revision byte.
    pub chip_id: u32,
    /// Where the option block or FCB for configure-memory may go while a flashloader runs, best first.
    pub scratch: &'static [u32],
}

/// Bits of [`register::CHIP_ID`] that tell the part; the low byte is the revision.
pub const CHIP_ID_MASK: u32 = 0xFFFF_FF00;

/// USB ids of every public RT10xx flashloader.
pub const FLASHLOADER_USB: (u16, u16) = (0x15A2, 0x0073);

/// USB ids of the boot ROMs of the RT10xx family.
pub const ROM_USB: &[(u16, u16)] = &[
    (0x1FC9, 0x0130),
    (0x1FC9, 0x0135),
    (0x1FC9, 0x0145),
    (0x1FC9, 0x013D),
];

/// Registers that the ROM reads out over SDP (width 32).
pub mod register {
    /// USB_ANALOG_DIGPROG: which RT10xx this is. Read over SDP by documentation only, not seen on silicon.
    pub const CHIP_ID: u32 = 0x400D_8260;
    /// OCOTP CFG0 and CFG1: the unique id.
    pub const UNIQUE_ID: [u32; 2] = [0x401F_4410, 0x401F_4420];
    /// SRC_SBMR1: the boot configuration pins as latched.
    pub const SBMR1: u32 = 0x400F_8004;
    /// SRC_SRSR: cause of the last reset.
    pub const SRSR: u32 = 0x400F_8008;
    /// SRC_SBMR2: boot mode in bits 25:24, BT_FUSE_SEL in bit 4, security configuration in bits 1:0.
    pub const SBMR2: u32 = 0x400F_801C;
}

static RT1021: Chip = Chip {
    name: "RT1021",
    also: &[
        "mimxrt1021",
        "imxrt1021",
        "rt1020",
        "mimxrt1020",
        "imxrt1020",
        "rt1024",
        "mimxrt1024",
        "imxrt1024",
    ],
    rom_usb: (0x1FC9, 0x0130),
    chip_id: 0x006B_0000,
    scratch: &[0x2020_2000, 0x0000_2000, 0x2000_8000],
};

/// Chips that answer an id register but are not built yet: value and name.
const OTHERS: &[(u32, &str)] = &[
    (0x006A_0000, "RT1050/RT1051/RT1052"),
    (0x006C_0000, "RT1060/RT1061/RT1062/RT1064"),
    (0x006D_0000, "RT1010/RT1011"),
];

impl Chip {
    /// The chip that rtboot is made for.
    pub fn rt1021() -> &'static Chip {
        &RT1021
    }

    /// Finds a chip by any of its names, whatever the case.
    pub fn by_name(name: &str) -> Option<&'static Chip> {
        let wanted = name.to_ascii_lowercase();
        let chip = &RT1021;
        (chip.name.eq_ignore_ascii_case(&wanted) || chip.also.contains(&wanted.as_str()))
            .then_some(chip)
    }

    /// Names of all chips that rtboot can write.
    pub fn names() -> &'static [&'static str] {
        &["rt1021", "rt1020", "rt1024"]
    }

    /// Finds a chip by the value of [`register::CHIP_ID`].
    pub fn by_id(value: u32) -> Option<&'static Chip> {
        (value & CHIP_ID_MASK == RT1021.chip_id).then_some(&RT1021)
    }

    /// Whether a file that names these chips is meant for this one; a file that names none is.
    pub fn is_meant_by(&self, names: &[ChipName]) -> bool {
        let mine = || std::iter::once(self.name).chain(self.also.iter().copied());
        names.is_empty() || names.iter().any(|name| mine().any(|chip| name.means(chip)))
    }

    /// Address ranges and boot offsets, as the image rooms need them.
    pub fn memory_map(&self) -> MemoryMap {
        MemoryMap::rt1021()
    }
}

/// What a chip id register value says, in words, for chips known and unknown.
pub fn describe_id(value: u32) -> String {
    if Chip::by_id(value).is_some() {
        return format!("RT1015/RT1020/RT1021/RT1024 (chip id {value:#010x})");
    }
    let name = OTHERS
        .iter()
        .find(|(id, _)| value & CHIP_ID_MASK == *id)
        .map(|(_, name)| *name);
    format!(
        "{} (chip id {value:#010x})",
        name.unwrap_or("an unknown chip")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_is_found_by_any_spelling_and_by_its_id_of_any_revision() {
        for name in ["rt1021", "RT1021", "MIMXRT1021", "rt1020"] {
            assert_eq!(
                Chip::by_name(name).map(|c| c.name),
                Some("RT1021"),
                "{name}"
            );
        }
        assert!(Chip::by_name("rt1062").is_none());
        assert_eq!(Chip::by_id(0x006B_0001).map(|c| c.name), Some("RT1021"));
        assert!(Chip::by_id(0x006A_0001).is_none());
    }

    #[test]
    fn a_file_is_meant_for_the_chips_and_families_that_it_names() {
        let meant = |names: &[&str]| {
            let names: Vec<ChipName> = names.iter().filter_map(|name| name.parse().ok()).collect();
            Chip::rt1021().is_meant_by(&names)
        };
        assert!(meant(&[]) && meant(&["rt1020"]) && meant(&["rt1062", "rt102x"]));
        assert!(!meant(&["rt1062"]) && !meant(&["rt117x", "rt105x"]));
    }

    #[test]
    fn a_foreign_id_is_named() {
        assert!(describe_id(0x006C_0001).contains("RT1060"));
        assert!(describe_id(0x1234_0000).contains("unknown"));
    }
}
