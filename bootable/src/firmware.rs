//! Files that hold firmware: ELF, Intel HEX, S-record, UF2 and raw.

mod detect;
mod elf;
mod ihex;
mod pieces;
mod raw;
mod record;
mod srec;
mod uf2;
mod uf2_emit;

use std::fmt;

use rtboot_fcb::Fcb;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

pub use detect::looks_like;
pub(crate) use detect::{has_addresses, known_content};
pub use elf::{ElfProblem, Symbol, symbols};
pub use raw::BaseEvidence;
pub use record::RecordProblem;
pub use uf2::Uf2Problem;
pub use uf2_emit::{emit_uf2, emit_uf2_blocks};

use crate::{Error, Ivt, Memory, MemoryMap};

/// The shape of a firmware file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// ELF, also named axf or out.
    Elf,
    /// Intel HEX.
    IntelHex,
    /// Motorola S-record, also named srec, s19, s28, s37 or mot.
    SRecord,
    /// Raw bytes without an address.
    Raw,
    /// UF2, 512-byte blocks.
    Uf2,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::Elf => "ELF",
            Format::IntelHex => "Intel HEX",
            Format::SRecord => "S-record",
            Format::Raw => "raw binary",
            Format::Uf2 => "UF2",
        })
    }
}

/// What a firmware file brings: bytes at addresses, and how they came there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// The shape of the file.
    pub format: Format,
    /// Its bytes at their addresses on the bus; the alias of the flash is already turned into the flash window.
    pub memory: Memory,
    /// The entry that the file names, as it stands there (with the thumb bit), alias turned likewise.
    pub entry: Option<u32>,
    /// What was decided on the way and why.
    pub notes: Vec<Finding>,
}

/// What each format's parser gives back.
struct Parsed {
    memory: Memory,
    entry: Option<u32>,
    notes: Vec<Finding>,
}

impl Firmware {
    /// The longest file that is taken: 25 MiB, room for 8 MiB as text with 16 bytes a line.
    pub const FILE_LIMIT: usize = 25 << 20;
    /// The most bytes that a firmware file brings: 16 MiB, as much as 24 address bits reach.
    pub const LIMIT: usize = 16 << 20;

    /// Reads a firmware file of any known format. The content decides the format; the name only improves errors.
    ///
    /// `base` is the address of the first byte of a *raw* file. Without it, the address is the one that the file's own FCB,
    /// IVT or vector table implies.
    ///
    /// # Errors
    /// [`Error::NotFirmware`] says what else the file is; each format has its own error, with the line, block or segment.
    pub fn parse(
        bytes: &[u8],
        name: Option<&str>,
        base: Option<u32>,
        chip: &MemoryMap,
    ) -> Result<Firmware, Error> {
        if bytes.len() > Firmware::FILE_LIMIT {
            return Err(Error::TooLarge {
                size: bytes.len() as u64,
                limit: Firmware::FILE_LIMIT as u64,
            });
        }
        let format = detect::format(bytes, name)?;
        Firmware::of_format(format, bytes, base, chip)
    }

    /// As [`Firmware::parse`], for a file that is written as it is or compared: a raw one may hold any bytes.
    ///
    /// Without `base` the content must imply an address, as that of a firmware does.
    ///
    /// # Errors
    /// As [`Firmware::parse`]; [`Error::NoBase`] for bytes of any other kind without `base`.
    pub fn parse_data(
        bytes: &[u8],
        name: Option<&str>,
        base: Option<u32>,
        chip: &MemoryMap,
    ) -> Result<Firmware, Error> {
        match (Firmware::parse(bytes, name, base, chip), base) {
            (Err(Error::FcbAlone), _) | (Err(Error::NotFirmware { .. }), Some(_)) => {
                Firmware::of_format(Format::Raw, bytes, base, chip)
            }
            (Err(Error::NotFirmware { what }), None) => Err(Error::NoBase {
                seen: format!("it holds {what}"),
            }),
            (read, _) => read,
        }
    }

    fn of_format(
        format: Format,
        bytes: &[u8],
        base: Option<u32>,
        chip: &MemoryMap,
    ) -> Result<Firmware, Error> {
        if let Some(base) = base.filter(|_| format != Format::Raw) {
            return Err(Error::BaseForAddressed { format, base });
        }
        let Parsed {
            memory,
            entry,
            mut notes,
        } = match format {
            Format::Elf => elf::parse(bytes, chip)?,
            Format::IntelHex => ihex::parse(bytes, chip)?,
            Format::SRecord => srec::parse(bytes, chip)?,
            Format::Uf2 => uf2::parse(bytes, chip)?,
            Format::Raw => raw::parse(bytes, base, chip)?,
        };
        if memory.is_empty() {
            return Err(Error::NoData { format });
        }
        let bus_entry = entry.map(|entry| chip.normalised(entry));
        if let (Some(entry), Some(bus)) = (entry, bus_entry.filter(|&bus| Some(bus) != entry)) {
            notes.push(
                Finding::new(&found::ENTRY_ALIAS)
                    .address("entry", entry)
                    .address("bus", bus),
            );
        }
        let memory = match base {
            Some(_) => memory,
            None => in_flash(memory, chip, &mut notes)?,
        };
        Ok(Firmware {
            format,
            memory,
            entry: bus_entry,
            notes,
        })
    }
}

/// An image for RAM with its FCB belongs into the flash: the ROM copies it from there.
///
/// Linkers write HEX and ELF files with such an image at the addresses where it runs, its FCB there, too, or in the flash; a raw
/// file of the same bytes begins with the FCB and lies at the start of the flash.
fn in_flash(memory: Memory, map: &MemoryMap, notes: &mut Vec<Finding>) -> Result<Memory, Error> {
    let with_fcb = memory.first().filter(|&start| {
        memory.bytes(start, 4) == Some(b"FCFB")
            && has_ivt(&memory, start.wrapping_add(map.ivt_offset), map)
    });
    let moved = match (with_fcb, beside_fcb(&memory, map)) {
        (Some(start), _) => memory.moved(start, map.fcb_address())?,
        (None, Some((fcb, image, ivt))) => {
            let mut moved = image.moved(ivt, map.ivt_address())?;
            moved.insert(map.fcb_address(), fcb)?;
            moved
        }
        (None, None) => return Ok(memory),
    };
    notes.push(Finding::new(&found::MOVED_TO_FLASH).address("at", map.ivt_address()));
    Ok(moved)
}

/// An FCB alone in the flash, and all other bytes in RAM, with their IVT in its place there.
fn beside_fcb(memory: &Memory, map: &MemoryMap) -> Option<(Vec<u8>, Memory, u32)> {
    let fcb = memory.bytes(map.fcb_address(), Fcb::LEN)?;
    let beside = memory
        .segments()
        .any(|(start, _)| map.ram_at(start).is_some());
    beside.then_some(())?;
    let mut image = memory.clone();
    image.remove(map.fcb_address(), Fcb::LEN);
    let in_ram = image
        .segments()
        .all(|(start, _)| map.ram_at(start).is_some());
    if !fcb.starts_with(b"FCFB") || !in_ram {
        return None;
    }
    let ivt = image.segments().find_map(|(start, _)| {
        let places = [start, start.wrapping_add(map.ivt_offset)];
        places.into_iter().find(|&at| has_ivt(memory, at, map))
    })?;
    Some((fcb.to_vec(), image, ivt))
}

/// An IVT for RAM at the address that it names.
fn has_ivt(memory: &Memory, at: u32, map: &MemoryMap) -> bool {
    let ivt = memory.bytes(at, Ivt::LEN);
    let ivt = ivt.and_then(|bytes| Ivt::parse(bytes).ok());
    map.ram_at(at).is_some() && ivt.is_some_and(|ivt| ivt.self_address == at)
}
