//! Status codes of flashloaders and boot ROMs: number, name, meaning.
//!
//! A code is group × 100 + number, always written in decimal. Codes without a name are kept as they are and print as their number.
//!
//! Sources: SPSDK `spsdk/mboot/error_codes.py`, blhost `Command.cpp`; which ones an RT1021 sends: its flashloader K2.1.0, emulated.

use core::fmt;

mod bootloader;
mod drivers;

/// First code of the second table.
const BOOTLOADER_FROM: u32 = 10_000;

/// A status code, 0 for success.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(pub u32);

#[allow(missing_docs)] // named and explained in the table
impl Status {
    pub const SUCCESS: Status = Status(0);
    pub const FAIL: Status = Status(1);
    pub const INVALID_ARGUMENT: Status = Status(4);
    pub const FLASH_ADDRESS: Status = Status(102);
    pub const FLEXSPI_TIMEOUT: Status = Status(7000);
    pub const FLEXSPI_INVALID_SEQUENCE: Status = Status(7001);
    pub const FLEXSPI_DEVICE_TIMEOUT: Status = Status(7002);
    pub const UNKNOWN_COMMAND: Status = Status(10000);
    pub const SECURITY_VIOLATION: Status = Status(10001);
    pub const DATA_PHASE_ABORTED: Status = Status(10002);
    pub const SB_SIGNATURE: Status = Status(10101);
    pub const MEMORY_RANGE_INVALID: Status = Status(10200);
    pub const MEMORY_CUMULATIVE_WRITE: Status = Status(10203);
    pub const MEMORY_NOT_CONFIGURED: Status = Status(10205);
    pub const MEMORY_VERIFY_FAILED: Status = Status(10207);
    pub const MEMORY_WRITE_PROTECTED: Status = Status(10208);
    pub const UNKNOWN_PROPERTY: Status = Status(10300);
    pub const READ_ONLY_PROPERTY: Status = Status(10301);
    pub const RELIABLE_UPDATE_SUCCESS: Status = Status(10600);
    pub const NOR_WRITE_ALIGNMENT: Status = Status(20105);
    pub const NOR_COMMAND_FAILURE: Status = Status(20106);
    pub const NOR_SFDP_NOT_FOUND: Status = Status(20107);
    pub const NOR_FLASH_NOT_FOUND: Status = Status(20109);
    pub const NOR_DUMMY_PROBE: Status = Status(20110);
    pub const OCOTP_PROGRAM: Status = Status(20201);
    pub const LOADER_NO_FLASH: Status = Status(59000);
    pub const LOADER_FLASH_BUSY: Status = Status(59001);
    pub const LOADER_WRITE_ENABLE: Status = Status(59002);
    pub const LOADER_NOT_PROGRAMMED: Status = Status(59003);
    pub const LOADER_NOT_ERASED: Status = Status(59004);
    pub const LOADER_BAD_RECORD: Status = Status(59005);
    pub const LOADER_BAD_DATA: Status = Status(59006);
    pub const LOADER_FORBIDDEN: Status = Status(59007);
    pub const LOADER_FLEXSPI_WAIT: Status = Status(59008);
    pub const LOADER_BUS_FAULT: Status = Status(59009);
    pub const LOADER_NOT_AN_IMAGE: Status = Status(59010);
    pub const LOADER_DCD_REFUSED: Status = Status(59011);
    pub const LOADER_LOCKED: Status = Status(59012);
    pub const LOADER_NO_SUCH_BAUD: Status = Status(59013);
    pub const LOADER_OTHER_PINS: Status = Status(59014);
}

impl Status {
    fn entry(self) -> Option<&'static (u32, &'static str, &'static str)> {
        let table = if self.0 < BOOTLOADER_FROM {
            drivers::DRIVERS
        } else {
            bootloader::BOOTLOADER
        };
        let index = table.binary_search_by_key(&self.0, |entry| entry.0).ok()?;
        table.get(index)
    }

    /// A short name, `None` for codes without one.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.1)
    }

    /// What the code means, in a few words; `None` for codes without a name.
    pub fn meaning(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.2)
    }

    /// All codes with a name, in order.
    pub fn known() -> impl Iterator<Item = Status> {
        drivers::DRIVERS
            .iter()
            .chain(bootloader::BOOTLOADER)
            .map(|entry| Status(entry.0))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some((code, name, meaning)) => write!(f, "{code} {name} ({meaning})"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn table_is_sorted_without_duplicates() {
        let codes: Vec<u32> = Status::known().map(|s| s.0).collect();
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert!(codes.len() > 200);
    }

    #[test]
    fn unknown_codes_print_as_numbers() {
        assert_eq!(
            Status(10203).to_string(),
            "10203 MemoryCumulativeWrite (target not blank)"
        );
        assert_eq!(Status(424_242).to_string(), "424242");
        assert_eq!(Status(424_242).name(), None);
    }

    #[test]
    fn codes_of_the_rt1021_flashloader_have_names() {
        // the immediates found in the genuine flashloader
        let sent = [
            0, 1, 4, 5, 102, 1800, 1834, 7000, 7001, 7002, 10000, 10002, 10100, 10101, 10111,
            10200, 10203, 10205, 10206, 10207, 10208, 10300, 10301, 10700, 10701, 10703, 10704,
            20105, 20106, 20107, 20109, 20110, 20200, 20201, 20202, 20203,
        ];
        for code in sent {
            assert!(Status(code).name().is_some(), "{code}");
        }
    }
}
