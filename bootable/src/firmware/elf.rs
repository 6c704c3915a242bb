//! ELF: the loadable segments, by physical address and file size.

mod content;

use object::LittleEndian as Le;
use object::elf::{self, FileHeader32};
use object::read::elf::{FileHeader, ProgramHeader, Sym};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Parsed;
use super::pieces::{Pieces, Unit};
use crate::{Error, MemoryMap};
use content::Contents;

/// Why an ELF file is no firmware for a Cortex-M.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfProblem {
    /// Not even the identification.
    #[error("the file is cut off within its header ({len} bytes)")]
    CutHeader {
        /// Bytes that are there.
        len: usize,
    },
    /// For another machine.
    #[error("this is {machine} ELF file, not one for ARM Cortex-M")]
    Machine {
        /// With its article: "an x86-64".
        machine: String,
    },
    /// 64-bit.
    #[error("this is a 64-bit ELF file ({machine}), not one for a 32-bit ARM")]
    SixtyFourBit {
        /// Its machine: "AArch64".
        machine: String,
    },
    /// Neither 32- nor 64-bit.
    #[error("its class byte is {found:#04x}, neither 32-bit nor 64-bit")]
    Class {
        /// The byte.
        found: u8,
    },
    /// Big-endian.
    #[error("this is a big-endian ELF file, and the RT10xx are little-endian")]
    BigEndian,
    /// Not linked, or no program.
    #[error("this is {kind}, not a linked program")]
    Kind {
        /// With its article: "an object file (.o)".
        kind: String,
    },
    /// The headers contradict the file.
    #[error("its headers cannot be read: {problem}")]
    Headers {
        /// What is wrong.
        problem: String,
    },
    /// Nothing to load.
    #[error("no loadable segment has bytes in the file")]
    NothingToLoad,
    /// A segment past the end of the file.
    #[error(
        "segment {segment} is cut off: it needs file bytes {from:#x}..{to:#x}, but the file ends at {len:#x}"
    )]
    CutSegment {
        /// Which program header, from 0.
        segment: usize,
        /// Offset of its first byte in the file.
        from: u64,
        /// One past its last byte.
        to: u64,
        /// Size of the file.
        len: usize,
    },
}

impl ElfProblem {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            ElfProblem::Machine { .. } | ElfProblem::SixtyFourBit { .. } => {
                Some("build for the board (thumbv7em-none-eabihf), not for this computer")
            }
            ElfProblem::Kind { .. } => Some("give the output of the linker"),
            ElfProblem::CutHeader { .. } | ElfProblem::CutSegment { .. } => {
                Some("the file was not copied whole; build or copy it again")
            }
            _ => None,
        }
    }
}

/// Names of machines that are mistaken for an ARM, with their articles.
const MACHINES: &[(u16, &str)] = &[
    (2, "a SPARC"),
    (3, "an x86"),
    (8, "a MIPS"),
    (20, "a PowerPC"),
    (21, "a PowerPC 64"),
    (40, "an ARM"),
    (42, "a SuperH"),
    (62, "an x86-64"),
    (83, "an AVR"),
    (94, "an Xtensa"),
    (105, "an MSP430"),
    (183, "an AArch64"),
    (243, "a RISC-V"),
    (247, "a BPF"),
    (258, "a LoongArch"),
];

const ARM: u16 = 40;

/// A function or variable of an ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name as the linker has it.
    pub name: String,
    /// Where it runs or lives, without the thumb bit.
    pub address: u32,
    /// Bytes.
    pub size: u32,
    /// True for code.
    pub function: bool,
}

/// The functions and variables of an ELF file that have a size, the largest first; empty for any other file, and for one
/// that was stripped.
pub fn symbols(bytes: &[u8]) -> Vec<Symbol> {
    let table = || {
        identify(bytes).ok()?;
        let header = FileHeader32::<Le>::parse(bytes).ok()?;
        let sections = header.sections(Le, bytes).ok()?;
        let table = sections.symbols(Le, bytes, elf::SHT_SYMTAB).ok()?;
        let named = table.iter().filter_map(|symbol| {
            let function = symbol.st_type() == elf::STT_FUNC;
            let known = function || symbol.st_type() == elf::STT_OBJECT;
            let name = symbol.name(Le, table.strings()).ok()?;
            (known && symbol.st_size(Le) > 0).then(|| Symbol {
                name: String::from_utf8_lossy(name).into_owned(),
                address: symbol.st_value(Le) & !u32::from(function),
                size: symbol.st_size(Le),
                function,
            })
        });
        Some(named.collect::<Vec<Symbol>>())
    };
    let mut symbols = table().unwrap_or_default();
    symbols.sort_by(|a, b| (b.size, a.address, &a.name).cmp(&(a.size, b.address, &b.name)));
    symbols.dedup_by(|a, b| (a.address, a.size, a.function) == (b.address, b.size, b.function));
    symbols
}

pub(super) fn parse(bytes: &[u8], map: &MemoryMap) -> Result<Parsed, Error> {
    identify(bytes)?;
    let header = FileHeader32::<Le>::parse(bytes).map_err(unreadable)?;
    let programs = header.program_headers(Le, bytes).map_err(unreadable)?;
    let contents = Contents::new(header, programs, bytes);
    let mut pieces = Pieces::new(Unit::Segment, map);
    let mut notes = Vec::new();
    for (number, program) in programs.iter().enumerate() {
        if program.p_type(Le) != elf::PT_LOAD || program.p_filesz(Le) == 0 {
            continue;
        }
        for (address, content) in contents.of(program, number, &mut notes)? {
            pieces.add_from_file(address, content, number)?;
        }
        let load = contents.load_address(program);
        if load != program.p_vaddr(Le) {
            notes.push(
                Finding::new(&found::SEGMENT_MOVES)
                    .number("segment", number as u64)
                    .address("load", load)
                    .address("run", program.p_vaddr(Le)),
            );
        }
    }
    let memory = pieces.into_memory(&mut notes)?;
    if memory.is_empty() {
        return Err(ElfProblem::NothingToLoad.into());
    }
    let entry = Some(header.e_entry(Le)).filter(|&entry| entry != 0);
    Ok(Parsed {
        memory,
        entry,
        notes,
    })
}

/// Reads the identification here, because the crate's errors do not say what the file is.
fn identify(bytes: &[u8]) -> Result<(), ElfProblem> {
    let Some(head) = bytes.get(..20) else {
        return Err(ElfProblem::CutHeader { len: bytes.len() });
    };
    let [class, data, kind_low, kind_high, machine_low, machine_high] =
        [4, 5, 16, 17, 18, 19].map(|at: usize| head.get(at).copied().unwrap_or_default());
    let half = |low, high| {
        if data == 2 {
            u16::from_be_bytes([low, high])
        } else {
            u16::from_le_bytes([low, high])
        }
    };
    let (kind, machine) = (half(kind_low, kind_high), half(machine_low, machine_high));
    let known = MACHINES.iter().find(|(number, _)| *number == machine);
    let name = known.map_or_else(
        || format!("a machine-{machine}"),
        |(_, name)| (*name).to_owned(),
    );
    match class {
        2 => {
            let machine = name
                .split_once(' ')
                .map_or(name.as_str(), |(_, name)| name)
                .to_owned();
            return Err(ElfProblem::SixtyFourBit { machine });
        }
        1 => {}
        found => return Err(ElfProblem::Class { found }),
    }
    if machine != ARM {
        return Err(ElfProblem::Machine { machine: name });
    }
    if data == 2 {
        return Err(ElfProblem::BigEndian);
    }
    match kind {
        2 | 3 => {}
        1 => {
            return Err(ElfProblem::Kind {
                kind: "an object file (.o)".to_owned(),
            });
        }
        4 => {
            return Err(ElfProblem::Kind {
                kind: "a core dump".to_owned(),
            });
        }
        other => {
            return Err(ElfProblem::Kind {
                kind: format!("an ELF file of type {other}"),
            });
        }
    }
    match bytes.len() {
        len @ 0..52 => Err(ElfProblem::CutHeader { len }),
        _ => Ok(()),
    }
}

fn unreadable(error: object::read::Error) -> ElfProblem {
    ElfProblem::Headers {
        problem: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
