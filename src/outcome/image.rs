//! Results of the commands about boot images.

use rtboot_bootable::firmware::Symbol as FirmwareSymbol;
use rtboot_bootable::{Inspection, Memory};
use rtboot_fcb::lut;
use serde::Serialize;

use super::Finding;

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FileWritten {
    /// The file.
    pub file: String,
    /// Its bytes.
    pub file_bytes: usize,
    /// What it holds: first address and bytes of every run.
    pub ranges: Vec<(u32, usize)>,
}

impl FileWritten {
    /// A file of so many bytes with the content of `memory`.
    pub fn new(file: impl Into<String>, file_bytes: usize, memory: &Memory) -> FileWritten {
        let segments = memory.segments();
        FileWritten {
            file: file.into(),
            file_bytes,
            ranges: segments
                .map(|(start, bytes)| (start, bytes.len()))
                .collect(),
        }
    }
}

/// A boot image was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ImageBuild {
    /// The file.
    #[serde(flatten)]
    pub written: FileWritten,
    /// Whether headers were made; false when the file had them.
    pub built: bool,
    /// The IVT's entry.
    pub entry: u32,
    /// The application's stack.
    pub stack: Option<u32>,
    /// Whether the ROM would start it; null when that depends on the flash part.
    pub starts: Option<bool>,
    /// Why not, or what could not be checked.
    pub reasons: Vec<Finding>,
    /// What was made.
    pub notes: Vec<Finding>,
}

/// A file in another format.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ImageConvert {
    /// The file.
    #[serde(flatten)]
    pub written: FileWritten,
}

/// Would the ROM start it?
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ImageCheck {
    /// What it is.
    pub kind: String,
    /// Whether the ROM would start it; null when that depends on what was not checked.
    pub starts: Option<bool>,
    /// Why not, or what could not be checked.
    pub reasons: Vec<Finding>,
    /// Every rule, kept or broken.
    pub findings: Vec<Finding>,
}

/// What a file is, and what lies where in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ImageShow {
    /// The file's format.
    pub format: String,
    /// What it is.
    pub kind: String,
    /// Why it is taken for that.
    pub reason: String,
    /// What was noticed while it was read.
    pub notes: Vec<Finding>,
    /// The start address that the file names.
    pub entry: Option<u32>,
    /// Bytes that it holds.
    pub bytes: usize,
    /// What lies where, by address.
    pub pieces: Vec<Piece>,
    /// What does not fit.
    pub findings: Vec<Finding>,
    /// The headers.
    #[serde(flatten)]
    pub headers: Headers,
    /// An ELF file's functions and variables, the largest first.
    pub symbols: Vec<Symbol>,
    /// The file that the map was drawn in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub svg: Option<String>,
}

/// A run of addresses with a name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Piece {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: u64,
    /// What it is.
    pub what: String,
    /// Whether the image holds nothing there.
    pub gap: bool,
}

/// A function or variable.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: u32,
    /// Its bytes.
    pub size: u32,
    /// Whether it is a function.
    pub function: bool,
}

impl From<&FirmwareSymbol> for Symbol {
    fn from(symbol: &FirmwareSymbol) -> Symbol {
        Symbol {
            name: symbol.name.clone(),
            address: symbol.address,
            size: symbol.size,
            function: symbol.function,
        }
    }
}

/// The headers of a boot image; what is not there is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Headers {
    /// The FCB.
    pub fcb: Option<FcbHeader>,
    /// The IVT.
    pub ivt: Option<IvtHeader>,
    /// The boot data.
    pub boot_data: Option<BootData>,
    /// The DCD's commands, in words.
    pub dcd: Option<Vec<String>>,
    /// The CSF, in words.
    pub csf: Option<String>,
    /// The first two words of the vector table.
    pub vectors: Option<Vectors>,
    /// Addresses of the encryption headers (BEE).
    pub encryption_headers: Vec<u32>,
}

/// An FCB, in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FcbHeader {
    /// Bytes of flash that it is for.
    pub flash_size: u64,
    /// Its read, as the data sheet writes it.
    pub read: String,
}

/// An IVT.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct IvtHeader {
    /// Where it was found.
    pub address: Option<u32>,
    /// Its version byte.
    pub version: u8,
    /// Its entry.
    pub entry: u32,
    /// Address of the DCD; 0 for none.
    pub dcd: u32,
    /// Address of the boot data.
    pub boot_data: u32,
    /// Where it says that it lies.
    #[serde(rename = "self")]
    pub self_address: u32,
    /// Address of the CSF; 0 for none.
    pub csf: u32,
}

/// Boot data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct BootData {
    /// First address of the image.
    pub start: u32,
    /// Its bytes.
    pub length: u32,
    /// Whether it is a plugin.
    pub plugin: u32,
}

/// The first words of a vector table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Vectors {
    /// Its address.
    pub table: u32,
    /// The stack.
    pub stack: u32,
    /// The reset handler.
    pub reset: u32,
}

impl From<&Inspection> for Headers {
    fn from(seen: &Inspection) -> Headers {
        Headers {
            fcb: seen.fcb.as_ref().map(|fcb| FcbHeader {
                flash_size: fcb.total_size(),
                read: fcb.sequence(lut::index::READ).to_string(),
            }),
            ivt: seen.ivt.map(|ivt| IvtHeader {
                address: seen.ivt_address,
                version: ivt.version,
                entry: ivt.entry,
                dcd: ivt.dcd,
                boot_data: ivt.boot_data,
                self_address: ivt.self_address,
                csf: ivt.csf,
            }),
            boot_data: seen.boot_data.map(|data| BootData {
                start: data.start,
                length: data.length,
                plugin: data.plugin,
            }),
            dcd: seen.dcd.as_ref().map(|dcd| {
                let commands = dcd.commands().iter();
                commands.map(ToString::to_string).collect()
            }),
            csf: seen.csf.as_ref().map(ToString::to_string),
            vectors: seen.vectors.map(|vectors| Vectors {
                table: vectors.table,
                stack: vectors.stack,
                reset: vectors.reset,
            }),
            encryption_headers: seen.bee.clone(),
        }
    }
}
