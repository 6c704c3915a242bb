//! MBOOT commands.

use core::fmt;

use super::packet::{self, PacketBytes, Parameters};

/// What a command asks for, or which kind of answer a response is. Codes without a name are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub u8);

macro_rules! tags {
    ($($constant:ident = $code:literal, $name:literal;)*) => {
        #[allow(missing_docs)] // the names are NXP's; those of LOADER_… are ours, see `loader`
        impl Tag {
            $(pub const $constant: Tag = Tag($code);)*

            /// The name, `None` for codes without one.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

tags! {
    FLASH_ERASE_ALL = 0x01, "FlashEraseAll";
    FLASH_ERASE_REGION = 0x02, "FlashEraseRegion";
    READ_MEMORY = 0x03, "ReadMemory";
    WRITE_MEMORY = 0x04, "WriteMemory";
    FILL_MEMORY = 0x05, "FillMemory";
    FLASH_SECURITY_DISABLE = 0x06, "FlashSecurityDisable";
    GET_PROPERTY = 0x07, "GetProperty";
    RECEIVE_SB_FILE = 0x08, "ReceiveSBFile";
    EXECUTE = 0x09, "Execute";
    CALL = 0x0A, "Call";
    RESET = 0x0B, "Reset";
    SET_PROPERTY = 0x0C, "SetProperty";
    FLASH_ERASE_ALL_UNSECURE = 0x0D, "FlashEraseAllUnsecure";
    FLASH_PROGRAM_ONCE = 0x0E, "FlashProgramOnce";
    FLASH_READ_ONCE = 0x0F, "FlashReadOnce";
    FLASH_READ_RESOURCE = 0x10, "FlashReadResource";
    CONFIGURE_MEMORY = 0x11, "ConfigureMemory";
    RELIABLE_UPDATE = 0x12, "ReliableUpdate";
    GENERATE_KEY_BLOB = 0x13, "GenerateKeyBlob";
    FUSE_PROGRAM = 0x14, "FuseProgram";
    KEY_PROVISIONING = 0x15, "KeyProvisioning";
    TRUST_PROVISIONING = 0x16, "TrustProvisioning";
    FUSE_READ = 0x17, "FuseRead";
    UPDATE_LIFE_CYCLE = 0x18, "UpdateLifeCycle";
    ELE_MESSAGE = 0x19, "EleMessage";
    EL2GO = 0x20, "EL2GO";
    LOADER_FETCH = 0x50, "LoaderFetch";
    LOADER_FLASH_COMMAND = 0x51, "LoaderFlashCommand";
    LOADER_READ_BY_FCB = 0x52, "LoaderReadByFcb";
    LOADER_HASH = 0x53, "LoaderHash";
    LOADER_STREAM = 0x54, "LoaderStream";
    LOADER_PROTECT = 0x55, "LoaderProtect";
    LOADER_START = 0x56, "LoaderStart";
    LOADER_SET_BAUD = 0x57, "LoaderSetBaud";
    BUSPAL_SPI = 0xC1, "ConfigureSpi";
    BUSPAL_I2C = 0xC2, "ConfigureI2c";
    BUSPAL_CAN = 0xC3, "ConfigureCan";
    GENERIC_RESPONSE = 0xA0, "GenericResponse";
    READ_MEMORY_RESPONSE = 0xA3, "ReadMemoryResponse";
    GET_PROPERTY_RESPONSE = 0xA7, "GetPropertyResponse";
    FLASH_READ_ONCE_RESPONSE = 0xAF, "FlashReadOnceResponse";
    FLASH_READ_RESOURCE_RESPONSE = 0xB0, "FlashReadResourceResponse";
    KEY_BLOB_RESPONSE = 0xB3, "GenerateKeyBlobResponse";
    KEY_PROVISIONING_RESPONSE = 0xB5, "KeyProvisioningResponse";
    TRUST_PROVISIONING_RESPONSE = 0xB6, "TrustProvisioningResponse";
    LOADER_DATA_RESPONSE = 0xD0, "LoaderDataResponse";
}

impl Tag {
    /// The response that this command has besides the generic one; `None` when it has none.
    pub fn own_response(self) -> Option<Tag> {
        Some(match self {
            Tag::READ_MEMORY | Tag::FUSE_READ => Tag::READ_MEMORY_RESPONSE,
            Tag::GET_PROPERTY => Tag::GET_PROPERTY_RESPONSE,
            Tag::FLASH_READ_ONCE => Tag::FLASH_READ_ONCE_RESPONSE,
            Tag::FLASH_READ_RESOURCE => Tag::FLASH_READ_RESOURCE_RESPONSE,
            Tag::GENERATE_KEY_BLOB => Tag::KEY_BLOB_RESPONSE,
            Tag::KEY_PROVISIONING => Tag::KEY_PROVISIONING_RESPONSE,
            Tag::TRUST_PROVISIONING => Tag::TRUST_PROVISIONING_RESPONSE,
            Tag::LOADER_FETCH
            | Tag::LOADER_FLASH_COMMAND
            | Tag::LOADER_READ_BY_FCB
            | Tag::LOADER_HASH => Tag::LOADER_DATA_RESPONSE,
            _ => return None,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command {:#04x}", self.0),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({self})")
    }
}

/// One MBOOT command: 4 bytes and up to seven parameters, little-endian.
///
/// | offset | bytes | field                                            |
/// |--------|-------|--------------------------------------------------|
/// | 0      | 1     | tag                                              |
/// | 1      | 1     | flags: bit 0, data from the host follows         |
/// | 2      | 1     | reserved, zero                                   |
/// | 3      | 1     | number of parameters                             |
/// | 4      | 4 · n | parameters                                       |
///
/// Always send every parameter: over USB the device reads a missing one from what the last command left in its buffer.
///
/// Source: SPSDK `spsdk/mboot/commands.py`, blhost.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command {
    /// What to do.
    pub tag: Tag,
    /// Whether the host sends data afterwards (flags bit 0).
    pub sends_data: bool,
    parameters: Parameters,
}

impl Command {
    /// Most parameters of a command.
    pub const MAX_PARAMETERS: usize = packet::MAX_PARAMETERS;
    /// Bytes before the parameters.
    pub const HEADER: usize = packet::HEADER;

    pub(crate) const fn new<const N: usize>(
        tag: Tag,
        sends_data: bool,
        given: [u32; N],
    ) -> Command {
        Command {
            tag,
            sends_data,
            parameters: Parameters::of(given),
        }
    }

    /// Any command; `None` for more than seven parameters.
    pub fn raw(tag: Tag, sends_data: bool, given: &[u32]) -> Option<Command> {
        Some(Command {
            tag,
            sends_data,
            parameters: Parameters::collect(given.iter().copied())?,
        })
    }

    /// The parameters.
    pub fn parameters(&self) -> &[u32] {
        self.parameters.as_slice()
    }

    /// Erases a whole memory.
    #[doc(alias = "flash-erase-all")]
    pub const fn flash_erase_all(memory_id: u32) -> Command {
        Command::new(Tag::FLASH_ERASE_ALL, false, [memory_id])
    }

    /// Erases the sectors that touch `length` bytes at `start`.
    #[doc(alias = "flash-erase-region")]
    pub const fn flash_erase_region(start: u32, length: u32, memory_id: u32) -> Command {
        Command::new(Tag::FLASH_ERASE_REGION, false, [start, length, memory_id])
    }

    /// Reads memory.
    #[doc(alias = "read-memory")]
    pub const fn read_memory(start: u32, length: u32, memory_id: u32) -> Command {
        Command::new(Tag::READ_MEMORY, false, [start, length, memory_id])
    }

    /// Writes memory; data follows.
    #[doc(alias = "write-memory")]
    pub const fn write_memory(start: u32, length: u32, memory_id: u32) -> Command {
        Command::new(Tag::WRITE_MEMORY, true, [start, length, memory_id])
    }

    /// Fills `length` bytes with a 32-bit pattern.
    #[doc(alias = "fill-memory")]
    pub const fn fill_memory(start: u32, length: u32, pattern: u32) -> Command {
        Command::new(Tag::FILL_MEMORY, false, [start, length, pattern])
    }

    /// Unlocks with the 8-byte backdoor key.
    #[doc(alias = "flash-security-disable")]
    pub const fn flash_security_disable(key_low: u32, key_high: u32) -> Command {
        Command::new(Tag::FLASH_SECURITY_DISABLE, false, [key_low, key_high])
    }

    /// Asks for a property; `index` is a memory id or the number of a region.
    #[doc(alias = "get-property")]
    pub const fn get_property(property: u32, index: u32) -> Command {
        Command::new(Tag::GET_PROPERTY, false, [property, index])
    }

    /// Sends a secure-binary file; data follows.
    #[doc(alias = "receive-sb-file")]
    pub const fn receive_sb_file(length: u32) -> Command {
        Command::new(Tag::RECEIVE_SB_FILE, true, [length])
    }

    /// Jumps to `address` with `argument` in r0 and this stack pointer (0 keeps the flashloader's).
    pub const fn execute(address: u32, argument: u32, stack: u32) -> Command {
        Command::new(Tag::EXECUTE, false, [address, argument, stack])
    }

    /// Calls the function at `address`; its return value becomes the status.
    pub const fn call(address: u32, argument: u32) -> Command {
        Command::new(Tag::CALL, false, [address, argument])
    }

    /// Resets the chip.
    pub const fn reset() -> Command {
        Command::new(Tag::RESET, false, [])
    }

    /// Sets a property.
    #[doc(alias = "set-property")]
    pub const fn set_property(property: u32, value: u32) -> Command {
        Command::new(Tag::SET_PROPERTY, false, [property, value])
    }

    /// Erases everything and unlocks.
    #[doc(alias = "flash-erase-all-unsecure")]
    pub const fn flash_erase_all_unsecure() -> Command {
        Command::new(Tag::FLASH_ERASE_ALL_UNSECURE, false, [])
    }

    /// Burns one 32-bit fuse word. Irreversible.
    #[doc(alias = "flash-program-once")]
    pub const fn flash_program_once(index: u32, value: u32) -> Command {
        Command::new(Tag::FLASH_PROGRAM_ONCE, false, [index, 4, value])
    }

    /// Reads `count` bytes of fuse word `index`; an RT1021 takes 4 only.
    #[doc(alias = "flash-read-once")]
    pub const fn flash_read_once(index: u32, count: u32) -> Command {
        Command::new(Tag::FLASH_READ_ONCE, false, [index, count])
    }

    /// Reads a special flash area.
    #[doc(alias = "flash-read-resource")]
    pub const fn flash_read_resource(start: u32, length: u32, option: u32) -> Command {
        Command::new(Tag::FLASH_READ_RESOURCE, false, [start, length, option])
    }

    /// Configures a memory by the block that lies at `address` in RAM.
    #[doc(alias = "configure-memory")]
    pub const fn configure_memory(memory_id: u32, address: u32) -> Command {
        Command::new(Tag::CONFIGURE_MEMORY, false, [memory_id, address])
    }

    /// Checks and swaps in a backup application.
    #[doc(alias = "reliable-update")]
    pub const fn reliable_update(address: u32) -> Command {
        Command::new(Tag::RELIABLE_UPDATE, false, [address])
    }

    /// Phase 0 of a key blob: the key follows as data. `key_select`: 0 OTPMK, 2 ZMK, 3 CMK.
    pub const fn generate_key_blob_send(key_select: u32, length: u32) -> Command {
        Command::new(Tag::GENERATE_KEY_BLOB, true, [key_select, length, 0])
    }

    /// Phase 1 of a key blob: the blob comes back as data.
    pub const fn generate_key_blob_fetch(key_select: u32, length: u32) -> Command {
        Command::new(Tag::GENERATE_KEY_BLOB, false, [key_select, length, 1])
    }

    /// Burns fuses from data that follows. Irreversible.
    #[doc(alias = "fuse-program")]
    pub const fn fuse_program(start: u32, length: u32, memory_id: u32) -> Command {
        Command::new(Tag::FUSE_PROGRAM, true, [start, length, memory_id])
    }

    /// Reads fuses.
    #[doc(alias = "fuse-read")]
    pub const fn fuse_read(start: u32, length: u32, memory_id: u32) -> Command {
        Command::new(Tag::FUSE_READ, false, [start, length, memory_id])
    }

    /// One of the key-provisioning operations 0 to 6.
    #[doc(alias = "key-provisioning")]
    pub const fn key_provisioning(
        operation: u32,
        kind: u32,
        size: u32,
        sends_data: bool,
    ) -> Command {
        Command::new(Tag::KEY_PROVISIONING, sends_data, [operation, kind, size])
    }

    /// Moves the chip to another life cycle. Irreversible.
    #[doc(alias = "update-life-cycle")]
    pub const fn update_life_cycle(life_cycle: u32) -> Command {
        Command::new(Tag::UPDATE_LIFE_CYCLE, false, [life_cycle])
    }

    /// The packet.
    pub fn to_bytes(&self) -> PacketBytes {
        packet::build(self.tag, self.sends_data, &self.parameters)
    }

    /// Reads a packet; `None` when it is shorter than it says or says it has more than seven parameters. Bytes behind the
    /// parameters are padding and ignored.
    pub fn parse(bytes: &[u8]) -> Option<Command> {
        let (tag, sends_data, parameters) = packet::parse(bytes)?;
        Some(Command {
            tag,
            sends_data,
            parameters,
        })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.tag)?;
        for (i, parameter) in self.parameters().iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{parameter:#x}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({self})")
    }
}
