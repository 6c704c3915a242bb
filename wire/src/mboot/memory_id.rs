//! The memories that commands work on.

use core::fmt;

/// A memory id. Ids without a name are kept as they are.
///
/// An RT1021 flashloader takes 0 and 9 for anything in its address map, 0x110 and 0x120 for external devices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MemoryId(pub u32);

macro_rules! memory_ids {
    ($($constant:ident = $id:literal, $name:literal;)*) => {
        impl MemoryId {
            $(#[doc = $name] pub const $constant: MemoryId = MemoryId($id);)*

            /// What the id stands for, `None` for ids without a name.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($id => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

memory_ids! {
    INTERNAL = 0x0, "internal or memory-mapped";
    QSPI = 0x1, "QuadSPI 0";
    IFR = 0x4, "IFR or fuses";
    SEMC_NOR = 0x8, "SEMC NOR";
    FLEXSPI_NOR = 0x9, "FlexSPI NOR";
    SPIFI_NOR = 0xA, "SPIFI NOR";
    XSPI_NOR = 0xB, "XSPI NOR";
    FLASH_EXECUTE_ONLY = 0x10, "execute-only flash";
    SEMC_NAND = 0x100, "SEMC NAND";
    SPI_NAND = 0x101, "SPI NAND";
    SPI_NOR_EEPROM = 0x110, "SPI NOR or EEPROM";
    I2C_NOR_EEPROM = 0x111, "I2C NOR or EEPROM";
    SD_CARD = 0x120, "SD card";
    MMC_CARD = 0x121, "MMC or eMMC";
    OTP_KEY = 0x200, "AES key (OTP)";
}

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{:#x} ({name})", self.0),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryId({self})")
    }
}
