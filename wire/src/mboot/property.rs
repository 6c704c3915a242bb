//! Properties of a flashloader: numbers, names, and their words as text.

use core::fmt;

use super::{Status, Tag};

/// A property's number. Numbers without a name are kept as they are.
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
    /// The property's words as text for a person: `K2.1.0`, `1016 bytes`, `UART, USB-HID`.
    pub fn describe(self, words: &[u32]) -> Described<'_> {
        Described {
            property: self,
            words,
        }
    }
}

/// Prints the words of a property; made by [`Property::describe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described<'a> {
    property: Property,
    words: &'a [u32],
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words;
        let Some(&first) = words.first() else {
            return f.write_str("no value");
        };
        match self.property {
            Property::CURRENT_VERSION
            | Property::TARGET_VERSION
            | Property::LOADABLE_FIRMWARE_VERSION => Version(first).fmt(f),
            Property::AVAILABLE_PERIPHERALS => peripherals(first, f),
            // bit n stands for the command with tag n + 1
            Property::AVAILABLE_COMMANDS => {
                joined(f, ", ", bits(first), |f, bit| write!(f, "{}", Tag(bit + 1)))
            }
            Property::FLASH_SIZE
            | Property::FLASH_SECTOR_SIZE
            | Property::MAX_PACKET_SIZE
            | Property::RAM_SIZE
            | Property::FAC_SEGMENT_SIZE
            | Property::FLASH_PAGE_SIZE => write!(f, "{first} bytes"),
            Property::RESERVED_REGIONS => joined(f, ", ", regions(words), |f, (start, end)| {
                write!(f, "{start:#010x}-{end:#010x}")
            }),
            Property::FLASH_START | Property::RAM_START => write!(f, "{first:#010x}"),
            Property::SECURITY_STATE => match first {
                0 | 0x5AA5_5AA5 => f.write_str("unlocked"),
                1 | 0xC33C_C33C => f.write_str("locked"),
                other => write!(f, "{other:#010x}"),
            },
            Property::UNIQUE_DEVICE_ID => {
                joined(f, " ", words.iter(), |f, word| write!(f, "{word:08x}"))
            }
            Property::QSPI_INIT_STATUS
            | Property::RELIABLE_UPDATE_STATUS
            | Property::LAST_ERROR => Status(first).fmt(f),
            Property::VERIFY_WRITES | Property::VALIDATE_REGIONS => {
                f.write_str(if first == 0 { "off" } else { "on" })
            }
            Property::EXTERNAL_MEMORY_ATTRIBUTES => match ExternalMemory::from_words(words) {
                Some(memory) => memory.fmt(f),
                None => hex(words, f),
            },
            _ => hex(words, f),
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

impl Version {
    /// A version: `Version::new(b'K', 2, 1, 0)` is `K2.1.0`.
    pub const fn new(mark: u8, major: u8, minor: u8, fix: u8) -> Version {
        Version(u32::from_be_bytes([mark, major, minor, fix]))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mark, major, minor, fix] = self.0.to_be_bytes();
        if mark.is_ascii_alphanumeric() {
            write!(f, "{}", char::from(mark))?;
        }
        write!(f, "{major}.{minor}.{fix}")
    }
}

/// Property 0x19, the geometry of an external memory. A field is `None` when the device does not mark it as valid.
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
    /// Reads the words: flags (bit n: word n + 1 is valid), start, size in KiB, page, sector, block. `None` without words.
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

    /// The words as [`ExternalMemory::from_words`] reads them; an absent field is 0 and not marked as valid.
    pub fn to_words(&self) -> [u32; 6] {
        let ExternalMemory {
            start,
            size_kib,
            page_size,
            sector_size,
            block_size,
        } = *self;
        let fields = [start, size_kib, page_size, sector_size, block_size];
        let valid = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.is_some())
            .fold(0, |flags, (bit, _)| flags | 1 << bit);
        let [start, size, page, sector, block] = fields.map(Option::unwrap_or_default);
        [valid, start, size, page, sector, block]
    }

    /// Size in bytes.
    pub fn size(&self) -> Option<u64> {
        self.size_kib.map(|kib| u64::from(kib) * 1024)
    }
}

impl fmt::Display for ExternalMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = [
            ("", self.size_kib, " KiB"),
            ("page ", self.page_size, ""),
            ("sector ", self.sector_size, ""),
            ("block ", self.block_size, ""),
        ];
        let mut separator = "";
        if let Some(start) = self.start {
            write!(f, "start {start:#010x}")?;
            separator = ", ";
        }
        for (before, size, after) in sizes {
            if let Some(size) = size {
                write!(f, "{separator}{before}{size}{after}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

/// The regions of property 0x0C: pairs of first and last address, both included. Pairs of zeros, which fill up unused
/// entries, and an odd word at the end are left out.
pub fn regions(words: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    let (pairs, _) = words.as_chunks();
    pairs
        .iter()
        .map(|&[first, last]| (first, last))
        .filter(|&pair| pair != (0, 0))
}

/// The numbers of the bits that are set.
fn bits(word: u32) -> impl Iterator<Item = u8> {
    (0..32).filter(move |bit| word >> bit & 1 != 0)
}

const PERIPHERALS: [&str; 8] = [
    "UART", "I2C", "SPI", "CAN", "USB-HID", "USB-CDC", "USB-DFU", "LIN",
];

fn peripherals(word: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    joined(f, ", ", bits(word), |f, bit| {
        match PERIPHERALS.get(usize::from(bit)) {
            Some(name) => f.write_str(name),
            None => write!(f, "bit {bit}"),
        }
    })
}

fn hex(words: &[u32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    joined(f, " ", words.iter(), |f, word| write!(f, "{word:#010x}"))
}

/// Prints each item with `show`, `separator` between them.
fn joined<T>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    items: impl Iterator<Item = T>,
    show: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        show(f, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;

    #[test]
    fn words_of_an_rt1021_flashloader_as_text() {
        let said =
            |property: Property, words: &[u32]| -> String { property.describe(words).to_string() };
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
    fn invalid_geometry_fields_are_none() {
        // what a failed configure leaves behind
        let memory = ExternalMemory::from_words(&[15, 0x6000_0000, 16384, 0, 0, 0]).unwrap();
        assert_eq!((memory.sector_size, memory.block_size), (Some(0), None));
        assert_eq!(memory.size(), Some(16 << 20));
        assert_eq!(memory.to_words(), [15, 0x6000_0000, 16384, 0, 0, 0]);
        assert_eq!(ExternalMemory::from_words(&[]), None);
        assert_eq!(ExternalMemory::from_words(&[31, 1]).unwrap().size_kib, None);
    }

    #[test]
    fn unknown_property_and_empty_answer_print() {
        assert_eq!(Property(0xFF).to_string(), "property 0xff");
        assert_eq!(
            Property(0xFF).describe(&[1, 2]).to_string(),
            "0x00000001 0x00000002"
        );
        assert_eq!(
            Property::CURRENT_VERSION.describe(&[]).to_string(),
            "no value"
        );
        assert_eq!(Property::RESERVED_REGIONS.describe(&[1]).to_string(), "");
    }
}
