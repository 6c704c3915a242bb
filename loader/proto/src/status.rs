//! Errors of the flash as status codes of MBOOT.

use loader_nor::{BusError, Error};
use rtboot_wire::mboot::Status;

/// The code that the genuine flashloader uses for the same thing.
pub(crate) fn of(error: Error) -> Status {
    match error {
        Error::Bus(BusError::Timeout) => Status::FLEXSPI_TIMEOUT,
        Error::Bus(BusError::Rejected | BusError::Off) => Status::FLEXSPI_INVALID_SEQUENCE,
        Error::Bus(BusError::Fault) => Status(10201), // read failed
        Error::Argument => Status::INVALID_ARGUMENT,
        Error::NoSfdp => Status::NOR_SFDP_NOT_FOUND,
        Error::OtherKind => Status::NOR_FLASH_NOT_FOUND,
        Error::OtherPins => Status::LOADER_OTHER_PINS,
        Error::DdrProbe => Status::NOR_DUMMY_PROBE,
        Error::Busy | Error::Silent => Status::FLEXSPI_DEVICE_TIMEOUT,
        Error::NotEnabled | Error::Locked | Error::Verify => Status::NOR_COMMAND_FAILURE,
        Error::Alignment => Status::NOR_WRITE_ALIGNMENT,
        Error::NotBlank => Status::MEMORY_CUMULATIVE_WRITE,
    }
}

/// The code that rtboot's own commands answer.
pub(crate) fn own(error: Error) -> Status {
    match error {
        Error::Bus(BusError::Fault) => Status::LOADER_BUS_FAULT,
        Error::Bus(_) => Status::LOADER_FLEXSPI_WAIT,
        Error::Argument | Error::OtherKind | Error::OtherPins | Error::DdrProbe => {
            Status::INVALID_ARGUMENT
        }
        Error::NoSfdp | Error::Silent => Status::LOADER_NO_FLASH,
        Error::Busy => Status::LOADER_FLASH_BUSY,
        Error::NotEnabled => Status::LOADER_WRITE_ENABLE,
        Error::Locked => Status::LOADER_LOCKED,
        Error::Verify | Error::NotBlank => Status::LOADER_NOT_PROGRAMMED,
        Error::Alignment => Status::LOADER_BAD_RECORD,
    }
}
