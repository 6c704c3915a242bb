use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

/// Why bytes or words from outside are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// Fewer than the 512 bytes of an FCB.
    #[error("a configuration block has {expected} bytes, here are {found}")]
    Length {
        /// How many bytes are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A whole file, searched, has no block.
    #[error("no FCB tag anywhere in the file")]
    Nowhere,
    /// The block does not start with "FCFB".
    #[error("no FCB tag: expected {expected:#010x}, found {found:#010x}")]
    Tag {
        /// The tag as a little-endian word, 0x42464346.
        expected: u32,
        /// The word found instead.
        found: u32,
    },
    /// The bytes do not start with "SFDP": no flash answers, or it has no such table.
    #[error("no SFDP signature: expected 53 46 44 50, found {}", hex(found))]
    NoSfdp {
        /// The first bytes, at most four.
        found: Vec<u8>,
    },
    /// An SFDP header points past the bytes given.
    #[error("the SFDP {what} ends at offset {needed:#x}, here are {found:#x} bytes")]
    SfdpShort {
        /// Which table.
        what: &'static str,
        /// Offset behind its last byte: read this much and parse again.
        needed: usize,
        /// How many bytes there are.
        found: usize,
    },
    /// The SFDP headers name no basic flash parameter table, or one too short to use.
    #[error("the SFDP has no basic flash parameter table of 9 or more dwords ({headers} headers)")]
    NoBasicTable {
        /// How many parameter headers were looked at.
        headers: usize,
    },
    /// An option word that the flashloader would refuse, or that has no meaning.
    #[error("option words {words}: {reason}")]
    Option {
        /// The words as written.
        words: String,
        /// What is wrong with them.
        reason: String,
    },
    /// Text that is not what its place asks for.
    #[error("{text:?} is not {expected}")]
    Text {
        /// The text.
        text: String,
        /// What would have been right, with an example.
        expected: &'static str,
    },
}

impl Error {
    /// What a person can do about it, when there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Length { .. } => {
                Some("an FCB file has exactly 512 bytes; the first 512 of a boot image do as well")
            }
            Error::Tag { .. } | Error::Nowhere => Some(
                "an FCB starts with the text FCFB; an application without boot header does not carry one",
            ),
            Error::NoSfdp { .. } => Some(
                "only ff: no flash answers, check its supply and pins; other bytes: the part has no SFDP",
            ),
            Error::SfdpShort { .. } => Some("read more of the SFDP and parse it again"),
            _ => None,
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let text: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    text.join(" ")
}
