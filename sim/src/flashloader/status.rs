//! Status codes the flashloader answers with.

/// A status code; 0 is success.
pub type Status = u32;

/// Done.
pub const SUCCESS: Status = 0;
/// Data phase ended by a packet without data.
pub const FAIL: Status = 1;
/// Bad argument.
pub const INVALID_ARGUMENT: Status = 4;
/// The rest of a frame did not come in time.
pub const TIMEOUT: Status = 5;
/// Erase outside the flash.
pub const FLASH_ADDRESS: Status = 102;
/// FlexSPI IP command failed.
pub const FLEXSPI_COMMAND: Status = 7001;
/// The flash stayed busy past the block's time-out.
pub const FLEXSPI_TIMEOUT: Status = 7002;
/// No such command.
pub const UNKNOWN_COMMAND: Status = 10000;
/// The host ended its data phase.
pub const ABORT_DATA_PHASE: Status = 10002;
/// A ping came where data were to come.
pub const PING_IN_DATA: Status = 10003;
/// Not an SB file.
pub const SB_SIGNATURE: Status = 10101;
/// Address outside the map or inside the flashloader.
pub const MEMORY_RANGE: Status = 10200;
/// Flash to be written is not blank.
pub const CUMULATIVE_WRITE: Status = 10203;
/// Memory not configured.
pub const NOT_CONFIGURED: Status = 10205;
/// RAM and peripherals cannot be erased.
pub const MEMORY_CANNOT_BE_ERASED: Status = 10213;
/// No such property.
pub const UNKNOWN_PROPERTY: Status = 10300;
/// Property cannot be set.
pub const READ_ONLY_PROPERTY: Status = 10301;
/// Write does not start at a page.
pub const WRITE_ALIGNMENT: Status = 20105;
/// Flash does not read back as it should.
pub const COMMAND_FAILURE: Status = 20106;
/// No SFDP signature.
pub const SFDP_NOT_FOUND: Status = 20107;
/// No HyperFlash.
pub const FLASH_NOT_FOUND: Status = 20109;
/// Dummy cycles of the double-rate read not found.
pub const DUMMY_PROBE: Status = 20110;
/// rtboot's own loader: the flash gives no id.
pub const OWN_NO_FLASH: Status = 59000;
/// The flash stays busy.
pub const OWN_FLASH_BUSY: Status = 59001;
/// Write enable did not take.
pub const OWN_WRITE_ENABLE: Status = 59002;
/// Programmed bytes do not read back.
pub const OWN_NOT_PROGRAMMED: Status = 59003;
/// Erased bytes are not blank.
pub const OWN_NOT_ERASED: Status = 59004;
/// A record of the stream cannot be.
pub const OWN_BAD_RECORD: Status = 59005;
/// The option word puts the flash on pins that the loader does not drive.
pub const OWN_OTHER_PINS: Status = 59014;
/// The bytes of a record are damaged.
pub const OWN_BAD_DATA: Status = 59006;
/// The flash may not be given this command.
pub const OWN_FORBIDDEN: Status = 59007;
/// FlexSPI did not play a sequence.
pub const OWN_FLEXSPI: Status = 59008;
/// What lies in flash cannot be started.
pub const OWN_NOT_AN_IMAGE: Status = 59010;
/// The image has a DCD.
pub const OWN_DCD: Status = 59011;
/// The status registers are locked.
pub const OWN_LOCKED: Status = 59012;
/// Fuse word does not read back as given.
pub const OTP_VERIFY: Status = 20201;

/// Why an operation ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// With this code.
    Status(Status),
    /// Never: the firmware waits for ever, or the core took a fault.
    Hang,
}

impl From<Status> for Stop {
    fn from(status: Status) -> Stop {
        Stop::Status(status)
    }
}
