//! Why a flash operation fails, and the codes that NXP's commands and rtboot's own answer.

use super::super::status::{
    COMMAND_FAILURE, CUMULATIVE_WRITE, DUMMY_PROBE, FLASH_NOT_FOUND, FLEXSPI_COMMAND,
    FLEXSPI_TIMEOUT, INVALID_ARGUMENT, NOT_CONFIGURED, OWN_OTHER_PINS, SFDP_NOT_FOUND, Status,
    WRITE_ALIGNMENT,
};

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The controller does not play the sequence.
    Rejected,
    /// An option word or a block asks for what cannot be.
    Argument,
    /// No SFDP signature.
    NoSfdp,
    /// HyperFlash or octal.
    OtherKind,
    /// Port B or the second pin group.
    OtherPins,
    /// Double data rate: no pattern is programmed to find its dummy clocks.
    DdrProbe,
    /// Busy at the limit.
    Busy,
    /// Ones only.
    Silent,
    /// Write enable or quad enable did not take.
    NotEnabled,
    /// Not the start of a page.
    Alignment,
    /// Not blank before a program.
    NotBlank(Difference),
    /// Does not read as erased or programmed.
    Verify(Difference),
    /// Not configured.
    NotConfigured,
}

/// The first byte that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    pub offset: u32,
    pub expected: u8,
    pub found: u8,
}

impl From<Error> for Status {
    /// The code that NXP's loader uses for the same thing.
    fn from(error: Error) -> Status {
        match error {
            Error::Rejected => FLEXSPI_COMMAND,
            Error::Argument => INVALID_ARGUMENT,
            Error::NoSfdp => SFDP_NOT_FOUND,
            Error::OtherKind => FLASH_NOT_FOUND,
            Error::OtherPins => OWN_OTHER_PINS,
            Error::DdrProbe => DUMMY_PROBE,
            Error::Busy | Error::Silent => FLEXSPI_TIMEOUT,
            Error::NotEnabled | Error::Verify(_) => COMMAND_FAILURE,
            Error::Alignment => WRITE_ALIGNMENT,
            Error::NotBlank(_) => CUMULATIVE_WRITE,
            Error::NotConfigured => NOT_CONFIGURED,
        }
    }
}
