//! Properties of a flashloader: numbers, names, and their words as text.

use std::fmt;

use super::command::Tag;

/// A property's number. Numbers without a name are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Property(pub u32);

macro_rules! properties {
    ($($constant:ident = $number:literal, $name:literal;)*) => {
        impl Property {
            $(#[doc = $name] pub const $constant: Property = Property($number);)*

            /// All properties with a name, in order.
            pub const KNOWN: &[Property] = &[$(Property($number)),*];

            /// What the property tells, `None` for numbers without a name.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

properties! {
    CURRENT_VERSION = 0x01, "current version";
    AVAILABLE_PERIPHERALS = 0x02, "available peripherals";
    FLASH_START = 0x03, "flash start";
    FLASH_SIZE = 0x04, "flash size";
    FLASH_SECTOR_SIZE = 0x05, "flash sector size";
    FLASH_BLOCK_COUNT = 0x06, "flash block count";
    AVAILABLE_COMMANDS = 0x07, "available commands";
    CHECK_STATUS = 0x08, "check status";
    LAST_ERROR = 0x09, "last error";
    VERIFY_WRITES = 0x0A, "verify writes";
    MAX_PACKET_SIZE = 0x0B, "max packet size";
    RESERVED_REGIONS = 0x0C, "reserved regions";
    VALIDATE_REGIONS = 0x0D, "validate regions";
    RAM_START = 0x0E, "RAM start";
    RAM_SIZE = 0x0F, "RAM size";
    SYSTEM_DEVICE_ID = 0x10, "system device id";
    SECURITY_STATE = 0x11, "security state";
    UNIQUE_DEVICE_ID = 0x12, "unique device id";
    FAC_SUPPORT = 0x13, "flash access control support";
    FAC_SEGMENT_SIZE = 0x14, "flash access segment size";
    FAC_SEGMENT_COUNT = 0x15, "flash access segment count";
    FLASH_READ_MARGIN = 0x16, "flash read margin";
    QSPI_INIT_STATUS = 0x17, "QSPI init status";
    TARGET_VERSION = 0x18, "target version";
    EXTERNAL_MEMORY_ATTRIBUTES = 0x19, "external memory attributes";
    RELIABLE_UPDATE_STATUS = 0x1A, "reliable update status";
    FLASH_PAGE_SIZE = 0x1B, "flash page size";
    IRQ_PIN = 0x1C, "interrupt pin";
    FFR_KEYSTORE_OPTION = 0x1D, "key-store update option";
    BYTE_WRITE_TIMEOUT = 0x1E, "byte write time-out";
    FUSE_LOCKED_STATUS = 0x1F, "fuse locked status";
    BOOT_STATUS = 0x20, "boot status";
    LOADABLE_FIRMWARE_VERSION = 0x21, "loadable firmware version";
    FUSE_PROGRAM_VOLTAGE = 0x22, "fuse program voltage";
    SHE_FLASH_PARTITION = 0x24, "SHE flash partition";
    SHE_BOOT_MODE = 0x25, "SHE boot mode";
}

impl Property {
    /// The property's words as a person reads them.
    pub fn describe(self, words: &[u32]) -> String {
        let Some(&first) = words.first() else {
            return "no value".into();
        };
        match self {
            Property::CURRENT_VERSION
            | Property::TARGET_VERSION
            | Property::LOADABLE_FIRMWARE_VERSION => Version(first).to_string(),
            Property::AVAILABLE_PERIPHERALS => list(first, PERIPHERALS),
            Property::AVAILABLE_COMMANDS => commands(first),
            Property::FLASH_SIZE
            | Property::FLASH_SECTOR_SIZE
            | Property::MAX_PACKET_SIZE
            | Property::RAM_SIZE
            | Property::FAC_SEGMENT_SIZE
            | Property::FLASH_PAGE_SIZE => format!("{first} bytes"),
            Property::RESERVED_REGIONS => regions(words)
                .iter()
                .map(|(start, end)| format!("{start:#010x}-{end:#010x}"))
                .collect::<Vec<_>>()
                .join(", "),
            Property::FLASH_START | Property::RAM_START => format!("{first:#010x}"),
            Property::SECURITY_STATE => match first {
                0 | 0x5AA5_5AA5 => "unlocked".into(),
                1 | 0xC33C_C33C => "locked".into(),
                other => format!("{other:#010x}"),
            },
            Property::UNIQUE_DEVICE_ID => words
                .iter()
                .map(|w| format!("{w:08x}"))
                .collect::<Vec<_>>()
                .join(" "),
            Property::QSPI_INIT_STATUS
            | Property::RELIABLE_UPDATE_STATUS
            | Property::LAST_ERROR => super::Status(first).to_string(),
            Property::VERIFY_WRITES | Property::VALIDATE_REGIONS => {
                if first == 0 { "off" } else { "on" }.into()
            }
            Property::EXTERNAL_MEMORY_ATTRIBUTES => ExternalMemory::from_words(words)
                .map_or_else(|| hex(words), |memory| memory.to_string()),
            _ => hex(words),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "property {:#04x}", self.0),
        }
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Property({self})")
    }
}

/// A version word: letter, major, minor, bug fix. `K2.1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mark, major, minor, fix] = self.0.to_be_bytes();
        if mark.is_ascii_alphanumeric() {
            write!(f, "{}", mark as char)?;
        }
        write!(f, "{major}.{minor}.{fix}")
    }
}

/// What property 0x19 tells of an external memory; a part is `None` when the device does not vouch for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExternalMemory {
    /// First address.
    pub start: Option<u32>,
    /// Size in KiB, as it travels.
    pub size_kib: Option<u32>,
    /// Page size in bytes.
    pub page_size: Option<u32>,
    /// Smallest unit of an erase, in bytes.
    pub sector_size: Option<u32>,
    /// Block size in bytes.
    pub block_size: Option<u32>,
}

impl ExternalMemory {
    /// Reads the words: flags (bit n vouches for word n + 1), start, size in KiB, page, sector, block. `None` without words.
    pub fn from_words(words: &[u32]) -> Option<ExternalMemory> {
        let (&flags, rest) = words.split_first()?;
        let word = |n: usize| rest.get(n).copied().filter(|_| flags >> n & 1 != 0);
        Some(ExternalMemory {
            start: word(0),
            size_kib: word(1),
            page_size: word(2),
            sector_size: word(3),
            block_size: word(4),
        })
    }

    /// Size in bytes.
    pub fn size(&self) -> Option<u64> {
        self.size_kib.map(|kib| u64::from(kib) * 1024)
    }
}

impl fmt::Display for ExternalMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.start.map(|v| format!("start {v:#010x}")));
        parts.extend(self.size_kib.map(|v| format!("{v} KiB")));
        parts.extend(self.page_size.map(|v| format!("page {v}")));
        parts.extend(self.sector_size.map(|v| format!("sector {v}")));
        parts.extend(self.block_size.map(|v| format!("block {v}")));
        f.write_str(&parts.join(", "))
    }
}

/// Pairs of first and last address; an odd word at the end, and pairs of zeros, are left out.
pub(super) fn regions(words: &[u32]) -> Vec<(u32, u32)> {
    words
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|&pair| pair != (0, 0))
        .collect()
}

const PERIPHERALS: &[&str] = &[
    "UART", "I2C", "SPI", "CAN", "USB-HID", "USB-CDC", "USB-DFU", "LIN",
];

fn list(bits: u32, names: &[&str]) -> String {
    let set = |n: &usize| bits >> n & 1 != 0;
    let name = |n: usize| {
        names
            .get(n)
            .map_or_else(|| format!("bit {n}"), |name| (*name).to_owned())
    };
    (0..32).filter(set).map(name).collect::<Vec<_>>().join(", ")
}

/// Bit n stands for the command with tag n + 1.
fn commands(bits: u32) -> String {
    let set = |n: &u8| bits >> n & 1 != 0;
    (0..32)
        .filter(set)
        .map(|n| Tag(n + 1).to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn hex(words: &[u32]) -> String {
    words
        .iter()
        .map(|w| format!("{w:#010x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_rt1021_flashloader_read_well() {
        let said = |property: Property, words: &[u32]| property.describe(words);
        assert_eq!(said(Property::CURRENT_VERSION, &[0x4B02_0100]), "K2.1.0");
        assert_eq!(said(Property::TARGET_VERSION, &[0x5401_0000]), "T1.0.0");
        assert_eq!(
            said(Property::AVAILABLE_PERIPHERALS, &[0x11]),
            "UART, USB-HID"
        );
        assert_eq!(said(Property::MAX_PACKET_SIZE, &[1016]), "1016 bytes");
        assert_eq!(said(Property::SECURITY_STATE, &[0]), "unlocked");
        assert_eq!(
            said(
                Property::RESERVED_REGIONS,
                &[0x2020_8400, 0x2021_5925, 0x2021_8000, 0x2021_DAD7]
            ),
            "0x20208400-0x20215925, 0x20218000-0x2021dad7"
        );
        assert_eq!(
            said(
                Property::EXTERNAL_MEMORY_ATTRIBUTES,
                &[31, 0x6000_0000, 8192, 256, 4096, 65536]
            ),
            "start 0x60000000, 8192 KiB, page 256, sector 4096, block 65536"
        );
        assert_eq!(
            said(Property::UNIQUE_DEVICE_ID, &[0x1234, 0xABCD_0000]),
            "00001234 abcd0000"
        );
        let commands = said(Property::AVAILABLE_COMMANDS, &[0x5EFDF]);
        assert!(
            commands.starts_with("FlashEraseAll, FlashEraseRegion")
                && commands.ends_with("GenerateKeyBlob")
        );
        assert!(!commands.contains("FlashSecurityDisable"));
    }

    #[test]
    fn words_the_device_does_not_vouch_for_are_left_out() {
        // what a failed configure leaves behind
        let memory = ExternalMemory::from_words(&[15, 0x6000_0000, 16384, 0, 0, 0]).unwrap();
        assert_eq!((memory.sector_size, memory.block_size), (Some(0), None));
        assert_eq!(memory.size(), Some(16 << 20));
        assert_eq!(ExternalMemory::from_words(&[]), None);
        assert_eq!(ExternalMemory::from_words(&[31, 1]).unwrap().size_kib, None);
    }

    #[test]
    fn unknown_properties_and_empty_answers_print_too() {
        assert_eq!(Property(0xFF).to_string(), "property 0xff");
        assert_eq!(Property(0xFF).describe(&[1, 2]), "0x00000001 0x00000002");
        assert_eq!(Property::CURRENT_VERSION.describe(&[]), "no value");
        assert_eq!(Property::RESERVED_REGIONS.describe(&[1]), "");
    }
}
