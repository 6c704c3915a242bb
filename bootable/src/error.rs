//! What can be wrong with a file or an image.

use crate::dcd::DcdError;
use crate::firmware::{BaseEvidence, ElfProblem, Format, RecordProblem, Uf2Problem};
use crate::image::BuildProblem;
use crate::loader::LoaderProblem;

/// Why bytes are not what they should be. The facts are in the fields; [`Error::hint`] has the advice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A memory already holds another byte at an address.
    #[error("two different bytes for {address:#010x}: {held:#04x} and {given:#04x}")]
    Overlap {
        /// Where the first difference is.
        address: u32,
        /// The byte that is there.
        held: u8,
        /// The byte that was to go there.
        given: u8,
    },
    /// Two pieces of one file put different bytes at an address.
    #[error(
        "{first} and {second} put different bytes at {address:#010x}: {held:#04x} and {given:#04x}"
    )]
    Conflict {
        /// Which piece: "line 3", "segment 0", "block 7".
        first: String,
        /// The piece that contradicts it.
        second: String,
        /// Where the first difference is.
        address: u32,
        /// The byte of the first piece.
        held: u8,
        /// The byte of the second piece.
        given: u8,
    },
    /// Bytes past 0xFFFFFFFF.
    #[error("{len} bytes at {address:#010x} run past the end of the 32-bit address space")]
    Wraps {
        /// Where they begin.
        address: u32,
        /// How many.
        len: u64,
    },
    /// Bytes moved to where no address is.
    #[error(
        "the bytes at {address:#010x} cannot be moved by {}{:#x}: addresses go from 0 to 0xffffffff",
        if *by < 0 { "-" } else { "" },
        by.unsigned_abs()
    )]
    Moved {
        /// Where they begin.
        address: u32,
        /// How far they were to go.
        by: i64,
    },
    /// More bytes than a flash of these boards could hold.
    #[error("{size} bytes are more than the {limit} this tool handles")]
    TooLarge {
        /// How many there are.
        size: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// More separate pieces than any program has.
    #[error("more than {limit} separate pieces of bytes")]
    TooScattered {
        /// How many are allowed.
        limit: usize,
    },
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// The file is something else.
    #[error("this is not firmware but {what}")]
    NotFirmware {
        /// What it looks like: "a ZIP archive".
        what: String,
    },
    /// The file is an FCB without an application.
    #[error("this is not firmware but an FCB alone, without an application")]
    FcbAlone,
    /// The name promises a format that the content does not keep.
    #[error("the name says {expected}, but the content is not: it begins with {begins}")]
    NotAsNamed {
        /// What the name promises.
        expected: Format,
        /// The first bytes.
        begins: String,
    },
    /// A base address for a file that has addresses of its own.
    #[error("{format} files bring their own addresses, so the base {base:#010x} cannot apply")]
    BaseForAddressed {
        /// The format.
        format: Format,
        /// The base that was given.
        base: u32,
    },
    /// A raw file whose base cannot be told.
    #[error("the address of this raw file is unknown: {seen}")]
    NoBase {
        /// What was seen in it.
        seen: String,
    },
    /// A raw file whose vector table fits several bases, or one that its code does not speak of.
    #[error("the address of this raw file is unknown: {}", unclear(*reset, bases))]
    BaseUnclear {
        /// Its reset handler.
        reset: u32,
        /// The bases that put its vectors inside the file, the likeliest first; at least one.
        bases: Vec<BaseEvidence>,
    },
    /// An ELF file cannot be used.
    #[error("ELF: {0}")]
    Elf(#[from] ElfProblem),
    /// An Intel HEX file cannot be used.
    #[error("Intel HEX, line {line}: {problem}")]
    IntelHex {
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        problem: RecordProblem,
    },
    /// An S-record file cannot be used.
    #[error("S-record, line {line}: {problem}")]
    SRecord {
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        problem: RecordProblem,
    },
    /// A UF2 file cannot be used.
    #[error("UF2, block {block}: {problem}")]
    Uf2 {
        /// Block of 512 bytes, from 0.
        block: usize,
        /// What is wrong there.
        problem: Uf2Problem,
    },
    /// The file has no byte for the chip.
    #[error("the {format} file holds no data")]
    NoData {
        /// The format.
        format: Format,
    },
    /// A table of device configuration data cannot be read.
    #[error("DCD: {0}")]
    Dcd(#[from] DcdError),
    /// A header of a boot image cannot be read.
    #[error("{structure}: {problem}")]
    Structure {
        /// "IVT", "boot data", "CSF", "FCB".
        structure: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The image was made for another chip.
    #[error("this is not made for the {chip}: {seen}")]
    OtherChip {
        /// The chip that it should be for.
        chip: &'static str,
        /// What gives it away.
        seen: String,
    },
    /// No boot image can be made.
    #[error(transparent)]
    Build(#[from] BuildProblem),
    /// A file cannot be used as flashloader.
    #[error(transparent)]
    Loader(#[from] LoaderProblem),
}

impl Error {
    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::TooLarge { limit, .. } if *limit < crate::Firmware::LIMIT as u64 => {
                "such a file is never that large: look whether it is the right one"
            }
            Error::TooLarge { .. } => {
                "leave the debug information out of the ELF, or give a .hex or .bin of the application"
            }
            Error::TooScattered { .. } => {
                "give the ELF file or a raw one (.bin): no application has that many pieces"
            }
            Error::Empty => "build the firmware again; the file has no bytes",
            Error::FcbAlone => "give the application here, and this file as its FCB",
            Error::NotFirmware { .. } | Error::NotAsNamed { .. } => {
                "give an ELF, Intel HEX, S-record, UF2 or raw binary file of the application"
            }
            Error::BaseForAddressed { .. } => "leave the base address out",
            Error::NoBase { .. } | Error::BaseUnclear { .. } => {
                "give the base address, or the ELF file, which knows its addresses"
            }
            Error::OtherChip { .. } => {
                "build the application for this chip: clocks, pins and memories of the other are different, too"
            }
            Error::Elf(problem) => return problem.hint().map(str::to_owned),
            Error::Conflict { .. } => {
                "two parts of the firmware are linked to the same place: look at the linker script"
            }
            Error::Build(problem) => return problem.hint().map(str::to_owned),
            Error::Loader(problem) => return problem.hint().map(str::to_owned),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// The base that stands out among those of [`Error::BaseUnclear`], to be proposed.
    pub fn likely_base(&self) -> Option<u32> {
        match self {
            Error::BaseUnclear { bases, .. } => bases
                .first()
                .filter(|first| bases.len() > 1 && first.stands_out(bases))
                .map(|first| first.base),
            _ => None,
        }
    }

    pub(crate) fn structure(structure: &'static str, problem: impl Into<String>) -> Error {
        Error::Structure {
            structure,
            problem: problem.into(),
        }
    }
}

/// How many bases a message names.
const NAMED: usize = 4;

/// The bases that fit a vector table, with what speaks for each.
fn unclear(reset: u32, bases: &[BaseEvidence]) -> String {
    let named: Vec<String> = bases.iter().take(NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    match bases.len() {
        1 => {
            format!("its vector table fits only one base, but its code refers to another: {named}")
        }
        count if count > NAMED => format!(
            "its reset handler {reset:#010x} would fit {count} bases: {named}, and {} more",
            count - NAMED
        ),
        count => format!("its reset handler {reset:#010x} would fit {count} bases: {named}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_for_a_large_file_depends_on_its_limit() {
        let large = |limit| {
            Error::TooLarge {
                size: 1 << 40,
                limit,
            }
            .hint()
        };
        let firmware = large(crate::Firmware::FILE_LIMIT as u64);
        assert!(firmware.is_some_and(|hint| hint.contains("debug information")));
        let cfg = large(256 << 10);
        assert!(cfg.is_some_and(|hint| hint.contains("the right one")));
        assert!(Error::TooScattered { limit: 65536 }.hint().is_some());
    }
}
