//! Results of the raw commands: `sdp` and `mboot`.

use serde::{Serialize, Serializer};

use crate::mboot;
use crate::sdp::JumpOutcome;

/// Bytes that were read: in a file, or here.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct BytesRead {
    /// First address; 0 where bytes have none.
    pub address: u32,
    /// How many.
    pub length: usize,
    /// Where they are.
    #[serde(flatten)]
    pub bytes: Delivered,
}

impl BytesRead {
    /// Bytes that are in `file`.
    pub fn in_file(address: u32, length: usize, file: impl Into<String>) -> BytesRead {
        let file = file.into();
        BytesRead {
            address,
            length,
            bytes: Delivered::File { file },
        }
    }

    /// The bytes themselves.
    pub fn here(address: u32, bytes: Vec<u8>) -> BytesRead {
        BytesRead {
            address,
            length: bytes.len(),
            bytes: Delivered::Here {
                data: HexBytes(bytes),
            },
        }
    }
}

/// Where bytes that were read are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Delivered {
    /// In a file.
    File {
        /// The file.
        file: String,
    },
    /// Here.
    Here {
        /// The bytes.
        data: HexBytes,
    },
}

/// Bytes, as two hex digits each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for HexBytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HexBytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Bytes, as two hex digits each.",
            "type": "string",
            "pattern": "^([0-9a-f]{2})*$",
        })
    }
}

/// Bytes were sent to an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Sent {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: usize,
}

/// The boot ROM carried a DCD out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct DcdCarriedOut {
    /// Where in RAM it was staged.
    pub address: u32,
    /// Bytes.
    pub length: usize,
}

/// The flashloader ran the commands of a secure-binary file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SbFileRun {
    /// The file's name.
    pub file: String,
    /// Bytes.
    pub length: usize,
}

/// An image was sent that brings its own addresses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ImageSent {
    /// The file.
    pub file: String,
    /// Bytes.
    pub length: usize,
}

/// What the boot ROM says of the last HAB action.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ErrorStatus {
    /// The status word.
    pub status: u32,
    /// Its name.
    pub name: Option<String>,
    /// Whether the part runs unsigned code.
    pub hab: Option<String>,
}

/// Registers that were read: one word, or bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum RegistersRead {
    /// One word.
    Word {
        /// Its address.
        address: u32,
        /// Its value.
        value: u32,
    },
    /// Bytes.
    Bytes(BytesRead),
}

/// A register was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct RegisterWritten {
    /// Its address.
    pub address: u32,
    /// Its value.
    pub value: u32,
}

/// The boot ROM jumped to an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Jumped {
    /// Address of the IVT.
    pub address: u32,
    /// What the board did then.
    pub outcome: JumpResult,
}

/// What a board did after a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum JumpResult {
    /// The ROM left the bus: the image runs.
    Left,
    /// The ROM accepted the jump and says nothing more.
    Silent,
}

/// The next jump ignores the image's DCD.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct DcdSkipped {}

/// The boot ROM's UART runs at another speed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct BaudSet {
    /// Its baud rate.
    pub baud: u32,
}

/// Properties of a flashloader: one, or all that answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum PropertiesRead {
    /// The one that was asked for.
    One(Property),
    /// All.
    All {
        /// Those that answer, by number.
        properties: Vec<Property>,
    },
}

/// A property of a flashloader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Property {
    /// Its number.
    pub property: u32,
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub words: Vec<u32>,
    /// What that means.
    pub text: String,
}

/// A property was set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct PropertySet {
    /// Its number.
    pub property: u32,
    /// Its name.
    pub name: Option<String>,
    /// Its value.
    pub value: u32,
}

/// Memories that a flashloader knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Memories {
    /// RAM banks, what the flashloader keeps for itself, external memories.
    pub memories: Vec<Memory>,
}

/// A memory that a flashloader knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Memory {
    /// A RAM bank.
    Ram {
        /// Its number.
        ram: u32,
        /// First address.
        start: u32,
        /// Bytes.
        bytes: u32,
    },
    /// RAM that the flashloader keeps for itself.
    Reserved {
        /// Always true.
        reserved: bool,
        /// First address.
        start: u32,
        /// Last address.
        last: u32,
    },
    /// An external memory that is configured.
    External {
        /// Its memory id.
        memory: u32,
        /// First address.
        start: Option<u32>,
        /// Bytes.
        bytes: Option<u64>,
        /// The same and its geometry, in words.
        text: String,
    },
    /// An external memory that is not there.
    Absent {
        /// Its memory id.
        memory: u32,
        /// What the flashloader answered.
        status: u32,
    },
}

/// Memory was filled.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Filled {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: u32,
    /// The word that is repeated.
    pub pattern: u32,
}

/// A memory was configured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Configured {
    /// Its memory id.
    pub memory: u32,
    /// First address, when the flashloader tells.
    pub start: Option<u32>,
    /// Bytes, when the flashloader tells.
    pub bytes: Option<u64>,
    /// The same and its geometry, in words.
    pub text: Option<String>,
}

/// The sectors that touch a range were erased.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct RegionErased {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: u32,
}

/// A whole memory was erased.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct MemoryErased {
    /// Its memory id.
    pub memory: u32,
}

/// Everything was erased and the chip unlocked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ErasedAndUnlocked {}

/// The flash was unlocked by its key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashUnlocked {}

/// The backup application is in place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Updated {
    /// Where the backup lay.
    pub address: u32,
}

/// The flashloader jumped to code.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Executed {
    /// Where the code begins.
    pub address: u32,
    /// How the flashloader left.
    pub outcome: Departure,
}

/// The flashloader reset the chip.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ChipReset {
    /// How the flashloader left.
    pub outcome: Departure,
}

/// How a flashloader left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Departure {
    /// It said so.
    Answered,
    /// It left the bus without a word.
    Left,
    /// It did not answer: it left, or is stuck.
    Silent,
}

/// A function was called.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Called {
    /// Its return value, or the flashloader's status 4 for a refused address.
    pub returned: u32,
}

/// A fuse word was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FuseRead {
    /// Its index.
    pub index: u32,
    /// Its bits.
    pub value: u32,
}

/// Fuses were burnt by address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FusesBurnt {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: usize,
}

/// Bits of a fuse word were burnt.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FuseBurnt {
    /// Its index.
    pub index: u32,
    /// The word before.
    pub before: u32,
    /// Bits that were not burnt before.
    pub burnt: u32,
    /// The word now, when something was burnt and it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
}

/// A step of key provisioning is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Provisioned {
    /// Which, by the name of blhost.
    pub operation: String,
    /// The key store, when it was read.
    #[serde(flatten)]
    pub read: Option<BytesRead>,
}

impl Property {
    /// A property and its value.
    pub fn new(property: mboot::Property, words: Vec<u32>) -> Property {
        Property {
            property: property.0,
            name: property.name().map(str::to_owned),
            text: property.describe(&words).to_string(),
            words,
        }
    }
}

impl From<JumpOutcome> for JumpResult {
    fn from(outcome: JumpOutcome) -> JumpResult {
        match outcome {
            JumpOutcome::Left => JumpResult::Left,
            JumpOutcome::Silent => JumpResult::Silent,
        }
    }
}

impl From<mboot::Departure> for Departure {
    fn from(departure: mboot::Departure) -> Departure {
        match departure {
            mboot::Departure::Answered => Departure::Answered,
            mboot::Departure::Left => Departure::Left,
            mboot::Departure::Silent => Departure::Silent,
        }
    }
}
