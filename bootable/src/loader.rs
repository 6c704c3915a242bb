//! A flashloader file: where it is loaded, where the ROM jumps.

use std::fmt;

use byteorder::{ByteOrder, LE};
use rtboot_chip::FlexRam;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use crate::firmware::{known_content, looks_like};
use crate::{BootData, Dcd, Error, Ivt, MemoryMap, Region, Vectors};

/// Why a file cannot be loaded and started over serial download.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoaderProblem {
    /// No IVT anywhere in the file.
    #[error("no flashloader: it holds no IVT (d1 00 20 4x) and looks like {what}")]
    NoIvt {
        /// With its article: "an S-record file".
        what: String,
    },
    /// The IVT or its boot data contradict each other or the file.
    #[error("the flashloader's IVT at offset {offset:#x} makes no sense: {problem}")]
    Contradiction {
        /// Offset of the IVT in the file.
        offset: usize,
        /// What contradicts what.
        problem: String,
    },
    /// It is an application or a boot image for flash.
    #[error(
        "no flashloader: its IVT says {self_address:#010x} in {place}, and only the chip's own RAM can be loaded over serial download"
    )]
    NotForRam {
        /// Where its IVT says that it lies.
        self_address: u32,
        /// What is there.
        place: String,
    },
    /// Too long for the RAM it is linked for.
    #[error(
        "the flashloader needs {from:#010x}..{to:#010x}, but {ram} of the {chip} ends at {end:#010x}: is it one for another chip?"
    )]
    DoesNotFit {
        /// First address.
        from: u32,
        /// One past the last address.
        to: u64,
        /// The RAM's name.
        ram: &'static str,
        /// One past the last address of the RAM.
        end: u64,
        /// The chip.
        chip: &'static str,
    },
    /// Over the ROM's own RAM.
    #[error(
        "the flashloader needs {from:#010x}..{to:#010x}, over {start:#010x}..{end:#010x} that the ROM uses while it loads: is it one for another chip?"
    )]
    OverRom {
        /// First address.
        from: u32,
        /// One past the last address.
        to: u64,
        /// First address that the ROM uses.
        start: u32,
        /// One past the last that it uses.
        end: u64,
    },
    /// The file ends too early.
    #[error(
        "the flashloader file is cut off: its boot data says {expected} bytes, {found} are there"
    )]
    Truncated {
        /// Bytes that the boot data promises.
        expected: u64,
        /// Bytes in the file.
        found: u64,
    },
}

impl LoaderProblem {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            LoaderProblem::NoIvt { .. } => Some(
                "take ivt_flashloader.bin of this chip; files without IVT cannot be started by the ROM",
            ),
            LoaderProblem::DoesNotFit { .. } | LoaderProblem::OverRom { .. } => Some(
                "take the flashloader of this chip; those of other chips load to other addresses",
            ),
            LoaderProblem::NotForRam { .. } => {
                Some("give it as the application, and a flashloader here")
            }
            LoaderProblem::Truncated { .. } => Some("copy or download the file again"),
            LoaderProblem::Contradiction { .. } => None,
        }
    }
}

/// A flashloader, ready to be sent by SDP: WRITE_FILE to `load`, JUMP to `jump`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoaderImage {
    /// Where its bytes go.
    pub load: u32,
    /// Where JUMP_ADDRESS sends the ROM: the IVT.
    pub jump: u32,
    /// Where the ROM then goes: the flashloader's reset handler or vector table.
    pub entry: u32,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// RAM that it needs: where its bytes go, and up to the top of its stack, behind which NXP's builds use nothing.
    pub needs: Vec<RamNeed>,
    /// The DCD that the ROM runs before it jumps, unless SKIP_DCD_HEADER is sent first. [`Dcd::dangers`] names fuse accesses in it.
    pub dcd: Option<Dcd>,
    /// What is worth knowing.
    pub notes: Vec<Finding>,
}

/// A piece of one RAM that a flashloader needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RamNeed {
    /// The RAM.
    pub ram: Region,
    /// First address.
    pub from: u32,
    /// One past the last address.
    pub to: u64,
}

impl RamNeed {
    /// Whether it exists with this split of the FlexRAM.
    pub fn fits(&self, split: FlexRam) -> bool {
        let bytes = split.bytes_of(self.ram.name);
        let bytes = bytes.unwrap_or(u64::from(self.ram.len));
        self.to <= u64::from(self.ram.base) + bytes
    }
}

impl fmt::Display for RamNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:#010x}..{:#010x}",
            self.ram.name, self.from, self.to
        )
    }
}

/// The ROM writes whole reports of this many bytes, and so past the end of the file.
///
/// Source: reports about i.MX6 and RT1060; not confirmed on the RT1021.
const REPORT: u64 = 1024;
/// Bytes that the boot data may promise beyond the file: a rest of padding; with a CSF its area and the key blob's.
const SLACK: u64 = 0x200;

impl LoaderImage {
    /// The first RAM that this split of the FlexRAM does not give it.
    pub fn missing(&self, split: FlexRam) -> Option<&RamNeed> {
        self.needs.iter().find(|need| !need.fits(split))
    }

    /// Finds the IVT in a file: the bytes go to the start in its boot data, the jump goes to the IVT.
    ///
    /// The IVT is searched in steps of 4 bytes; the first one whose addresses agree counts. Bytes of the file before the
    /// boot data's start and after its end are not sent.
    ///
    /// # Errors
    /// [`Error::Loader`] when there is no IVT, or it contradicts itself, the file, or the RAM of the chip.
    pub fn parse(file: &[u8], map: &MemoryMap) -> Result<LoaderImage, Error> {
        if file.is_empty() {
            return Err(Error::Empty);
        }
        let offsets = (0..file.len().saturating_sub(Ivt::LEN - 1)).step_by(4);
        let here = offsets.filter(|&offset| file.get(offset..).is_some_and(Ivt::is_here));
        let mut first = None;
        for offset in here {
            match candidate(file, offset, map) {
                Ok(image) => return Ok(image),
                Err(problem) => first = first.or(Some(problem)),
            }
        }
        Err(first
            .unwrap_or_else(|| LoaderProblem::NoIvt {
                what: without_ivt(file, map),
            })
            .into())
    }
}

/// What a file without IVT looks like; the likeliest mistake is the application's own file.
fn without_ivt(file: &[u8], map: &MemoryMap) -> String {
    let word = |at: usize| file.get(at..at + 4).map_or(0, LE::read_u32);
    let vectors = Vectors {
        table: 0,
        stack: word(0),
        reset: word(4),
    };
    match known_content(file) {
        Some(what) => what,
        None if vectors.stack_is_usable(map) && vectors.reset & 1 == 1 => {
            let Vectors { stack, reset, .. } = vectors;
            format!("a bare application (stack {stack:#010x}, reset handler {reset:#010x})")
        }
        None => looks_like(file),
    }
}

/// The image that the IVT at `offset` describes.
fn candidate(file: &[u8], offset: usize, map: &MemoryMap) -> Result<LoaderImage, LoaderProblem> {
    let refuse = |problem: String| LoaderProblem::Contradiction { offset, problem };
    let ivt = Ivt::parse(file.get(offset..).unwrap_or_default())
        .map_err(|error| refuse(error.to_string()))?;
    let me = ivt.self_address;
    let Some(file_start) = me.checked_sub(offset as u32) else {
        return Err(refuse(format!(
            "it says that it lies at {me:#010x}, lower than its place in the file"
        )));
    };
    let data = ivt
        .boot_data
        .checked_sub(file_start)
        .and_then(|at| BootData::parse(file.get(at as usize..)?).ok());
    let Some(data) = data else {
        return Err(refuse(format!(
            "its boot data pointer {:#010x} leads outside the file",
            ivt.boot_data
        )));
    };
    if !data.contains(me) || data.end() < u64::from(me) + Ivt::LEN as u64 {
        let range = format!("{:#010x}..{:#010x}", data.start, data.end());
        return Err(refuse(format!(
            "its boot data gives the image {range}, which does not hold the IVT at {me:#010x}"
        )));
    }
    let Some(ram) = map.ram.iter().find(|ram| ram.contains(me)) else {
        return Err(LoaderProblem::NotForRam {
            self_address: me,
            place: map.name_of(me).to_string(),
        });
    };
    let file_end = u64::from(file_start) + file.len() as u64;
    let (from, to) = (data.start, data.end());
    fits(from, to, ram, map)?;
    let slack = if ivt.csf == 0 {
        SLACK
    } else {
        SLACK + u64::from(crate::Csf::AREA)
    };
    if to > file_end + slack {
        let (expected, found) = (
            u64::from(data.length),
            file_end - u64::from(from.max(file_start)),
        );
        return Err(LoaderProblem::Truncated { expected, found });
    }
    let load = from.max(file_start);
    let bytes = file.get((load - file_start) as usize..).unwrap_or_default();
    let bytes = bytes
        .get(..bytes.len().min((to - u64::from(load)) as usize))
        .unwrap_or_default()
        .to_vec();
    let code = ivt.entry & !1;
    if code < load || u64::from(code) >= u64::from(load) + bytes.len() as u64 {
        return Err(refuse(format!(
            "its entry {:#010x} is outside the image {load:#010x}..{to:#010x}",
            ivt.entry
        )));
    }
    let mut notes = notes(load, from, bytes.len() as u64, to, ram);
    let dcd = dcd(file, file_start, ivt.dcd).map_err(refuse)?;
    notes.extend(dcd.iter().flat_map(|dcd| dcd.dangers(map)));
    Ok(LoaderImage {
        needs: needs(load, &bytes, ivt.entry, ram, map),
        load,
        jump: me,
        entry: ivt.entry,
        bytes,
        dcd,
        notes,
    })
}

/// The RAM for the bytes and for the stack, whose top stands before the entry in the vector table.
fn needs(load: u32, bytes: &[u8], entry: u32, ram: &Region, map: &MemoryMap) -> Vec<RamNeed> {
    let mut image = RamNeed {
        ram: *ram,
        from: load,
        to: u64::from(load) + bytes.len() as u64,
    };
    let words = || bytes.chunks_exact(4).map(LE::read_u32);
    // an entry that is no Thumb address is the vector table itself
    let itself = words().nth((entry.wrapping_sub(load) / 4) as usize);
    let itself = itself.filter(|_| entry & 3 == 0);
    let before = words().zip(words().skip(1));
    let before = before.filter(|(_, reset)| *reset == entry && entry & 1 == 1);
    let stacks = itself.into_iter().chain(before.map(|(stack, _)| stack));
    let mut stacks = stacks.filter(|stack| stack.is_multiple_of(4));
    let stack = stacks.find_map(|stack| Some((stack, map.stack_ram(stack)?)));
    match stack {
        Some((stack, place)) if place.base == ram.base => {
            image.to = image.to.max(stack.into());
            vec![image]
        }
        Some((stack, place)) => vec![
            image,
            RamNeed {
                ram: *place,
                from: place.base,
                to: stack.into(),
            },
        ],
        None => vec![image],
    }
}

/// The DCD in the file. A pointer to other bytes is ignored; a broken table is refused.
fn dcd(file: &[u8], file_start: u32, pointer: u32) -> Result<Option<Dcd>, String> {
    let offset = pointer.checked_sub(file_start).filter(|_| pointer != 0);
    match offset
        .and_then(|offset| file.get(offset as usize..))
        .filter(|bytes| Dcd::is_here(bytes))
    {
        Some(bytes) => Dcd::parse(bytes)
            .map(Some)
            .map_err(|error| format!("its DCD is broken: {error}")),
        None => Ok(None),
    }
}

fn fits(from: u32, to: u64, ram: &Region, map: &MemoryMap) -> Result<(), LoaderProblem> {
    if from < ram.base || to > ram.end() {
        return Err(LoaderProblem::DoesNotFit {
            from,
            to,
            ram: ram.name,
            end: ram.end(),
            chip: map.chip,
        });
    }
    if map.rom_reserved.overlaps(from, to - u64::from(from)) {
        let (start, end) = (map.rom_reserved.base, map.rom_reserved.end());
        return Err(LoaderProblem::OverRom {
            from,
            to,
            start,
            end,
        });
    }
    Ok(())
}

fn notes(load: u32, start: u32, len: u64, to: u64, ram: &Region) -> Vec<Finding> {
    let mut notes = Vec::new();
    if load > start {
        notes.push(
            Finding::new(&found::LOADER_HEAD_CUT)
                .address("at", load)
                .hex("count", load - start),
        );
    }
    let sent = u64::from(load) + len;
    if sent < to {
        notes.push(Finding::new(&found::LOADER_SHORT).number("count", to - sent));
    }
    let written = u64::from(load) + len.next_multiple_of(REPORT);
    if written > ram.end() {
        notes.push(
            Finding::new(&found::LOADER_PAST_RAM)
                .address("end", written)
                .text("ram", ram.name)
                .address("limit", ram.end()),
        );
    }
    notes
}

#[cfg(test)]
mod tests;
