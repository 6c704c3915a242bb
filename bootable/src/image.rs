//! What goes into the flash so that the ROM starts it.

mod compose;

use rtboot_fcb::Fcb;
use rtboot_finding::catalogue::image as found;
use rtboot_finding::{Finding, Severity};

use crate::{BootDevice, Dcd, Error, Firmware, Inspection, Kind, Memory, MemoryMap, emit, inspect};

/// Why no boot image can be made of a firmware.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildProblem {
    /// The application lies where a header has to be.
    #[error(
        "the application has bytes at {from:#010x}..{to:#010x}, in the place of the {header} ({start:#010x}..{end:#010x})"
    )]
    OverHeader {
        /// First byte of the application there.
        from: u32,
        /// One past its last byte there.
        to: u64,
        /// "FCB", "IVT and boot data", "DCD".
        header: &'static str,
        /// First address of the header.
        start: u32,
        /// One past its last address.
        end: u64,
    },
    /// Bytes that cannot be in the flash.
    #[error(
        "the bytes {from:#010x}..{to:#010x} lie in {place}, not in the flash window at {flash:#010x}"
    )]
    OutsideFlash {
        /// First byte.
        from: u32,
        /// One past the last byte.
        to: u64,
        /// What is there.
        place: String,
        /// Where the flash begins.
        flash: u32,
    },
    /// More than the flash that the FCB describes.
    #[error(
        "the image ends at {end:#010x}, past the {size:#x} bytes of flash that the FCB describes"
    )]
    PastFlash {
        /// One past the last byte.
        end: u64,
        /// Bytes of flash.
        size: u64,
    },
    /// A RAM application with no room for the header area before it, or too long for its RAM.
    #[error("the application at {address:#010x} cannot be started from flash: {problem}")]
    Ram {
        /// Where its vector table lies.
        address: u32,
        /// What stands in the way.
        problem: String,
    },
    /// An image with an IVT in the wrong place.
    #[error("the image cannot be flashed as it is: {problem}")]
    Misplaced {
        /// The finding.
        problem: String,
    },
    /// A flashloader where an application is wanted.
    #[error("this is a flashloader ({reason}), not an application")]
    IsLoader {
        /// Why it is taken for one.
        reason: String,
    },
    /// An FCB where an application is wanted.
    #[error("this is an FCB alone, not an application")]
    FcbOnly,
    /// Not an application.
    #[error("this is no application for the {chip}: {reason}")]
    Unknown {
        /// The chip.
        chip: &'static str,
        /// What was seen.
        reason: String,
    },
    /// An image that MCUboot starts, and whose vector table is hidden.
    #[error("no boot image can be made of it: {reason}")]
    ForMcuboot {
        /// What was seen.
        reason: String,
    },
    /// A DCD for an image that brings its own headers.
    #[error("a DCD cannot be put into an image that has its own IVT")]
    DcdNotWanted,
    /// An image that has its own IVT, for another device.
    #[error("an image that has its own IVT stays on the device it was made for")]
    DeviceNotWanted,
    /// An application in flash, for a card.
    #[error(
        "the application at {address:#010x} runs in flash, and from an SD card the ROM copies it to RAM"
    )]
    NotFromCard {
        /// Where its vector table lies.
        address: u32,
    },
    /// An entry for an image that brings its own IVT.
    #[error("an image that has its own IVT keeps the entry in it")]
    EntryNotWanted,
}

impl BuildProblem {
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            BuildProblem::OverHeader { .. } => Some(
                "link the vector table to 0x60002000 (the first 8 KiB are the headers'), or build with the boot header in",
            ),
            BuildProblem::OutsideFlash { .. } => Some(
                "load addresses must be in flash; data for RAM needs AT> flash in the linker script",
            ),
            BuildProblem::Misplaced { .. } => Some(
                "the image's own IVT says where it belongs: look at the base of a raw file or at the addresses of another (image convert moves them), and at the chip and boot device it was made for",
            ),
            BuildProblem::IsLoader { .. } => {
                Some("give it as the flashloader, and the application here")
            }
            BuildProblem::FcbOnly => Some("give it as the FCB, and the application here"),
            BuildProblem::NotFromCard { .. } => {
                Some("link it for ITCM, DTCM, OCRAM, or SDRAM with a DCD")
            }
            BuildProblem::DeviceNotWanted => Some("give the bare application"),
            BuildProblem::Unknown { .. } => Some(
                "give the ELF file; for a raw one another base address, or none: its vector table often tells it",
            ),
            _ => None,
        }
    }
}

/// What can be chosen when a boot image is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildOptions<'a> {
    /// The FCB for an image without one.
    pub fcb: Option<&'a Fcb>,
    /// Register writes before the start, for a bare application.
    pub dcd: Option<&'a Dcd>,
    /// The IVT's entry for a bare application, in the place of its reset handler: SDK images name the vector table here.
    pub entry: Option<u32>,
}

/// Where a file of a boot image begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// At the start of the flash, so that it goes to 0x60000000 as it is.
    Padded,
    /// At the IVT: what SPSDK and elftosb call "nopadding". It goes to 0x60001000 (on a card to byte 0x400), and the FCB is not in it.
    NoPadding,
}

/// The content of the flash from which the ROM starts an application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootImage {
    /// What goes into the flash, at flash addresses; with the FCB if one is known. Gaps stay as the erase leaves them.
    pub memory: Memory,
    /// What the finished image is.
    pub inspection: Inspection,
    /// The FCB in it.
    pub fcb: Option<Fcb>,
    /// True when the headers were made here; false when the image brought its own IVT.
    pub built: bool,
    /// Where the application starts: its reset handler, with the thumb bit.
    pub entry: u32,
    /// Its initial stack pointer, if its vector table was found.
    pub stack: Option<u32>,
    /// What was decided and why.
    pub notes: Vec<Finding>,
}

impl BootImage {
    /// Makes a boot image of a firmware.
    ///
    /// - A bare application gets IVT and boot data (and the FCB, if one is given). The IVT's entry is the reset handler, as
    ///   elftosb and SPSDK write it; the boot data's length is exact.
    /// - A bare application for RAM gets them too, with RAM addresses: the ROM copies it there.
    /// - An image with an IVT is kept byte for byte; without an FCB, the given one is put before it.
    /// - An image with an FCB keeps it, too; a note says in which fields the given one differs.
    ///
    /// Gaps stay gaps. Contradictions in an image that is kept are findings of the inspection.
    ///
    /// # Errors
    /// [`Error::Build`] with the addresses, when no image can be made.
    pub fn build(
        firmware: &Firmware,
        fcb: Option<&Fcb>,
        map: &MemoryMap,
    ) -> Result<BootImage, Error> {
        let options = BuildOptions {
            fcb,
            ..BuildOptions::default()
        };
        BootImage::build_with(firmware, &options, map)
    }

    /// As [`BootImage::build`], with a DCD at 0x1040 for a bare application.
    ///
    /// # Errors
    /// As [`BootImage::build`]; and when the image has its own IVT.
    pub fn build_with_dcd(
        firmware: &Firmware,
        fcb: Option<&Fcb>,
        dcd: Option<&Dcd>,
        map: &MemoryMap,
    ) -> Result<BootImage, Error> {
        let options = BuildOptions {
            fcb,
            dcd,
            ..BuildOptions::default()
        };
        BootImage::build_with(firmware, &options, map)
    }

    /// As [`BootImage::build`], with everything that can be chosen. With a `map` for a card ([`MemoryMap::for_device`]) the FCB is
    /// left out.
    ///
    /// # Errors
    /// As [`BootImage::build`]; and when the image has its own IVT, and a DCD or an entry is given.
    pub fn build_with(
        firmware: &Firmware,
        options: &BuildOptions<'_>,
        map: &MemoryMap,
    ) -> Result<BootImage, Error> {
        let BuildOptions { fcb, dcd, entry } = *options;
        let card = map.device == BootDevice::SdCard;
        let seen = inspect(&firmware.memory, map);
        if let Some(finding) = seen.finding(&found::OTHER_CHIP) {
            return Err(Error::OtherChip {
                chip: map.chip,
                seen: finding
                    .value("sign")
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            });
        }
        let mut notes = firmware.notes.clone();
        notes.push(
            Finding::new(&found::IMAGE_KIND)
                .text("kind", seen.kind)
                .text("reason", &seen.reason),
        );
        let unknown = || BuildProblem::Unknown {
            chip: map.chip,
            reason: reasons(&seen),
        };
        let built = matches!(seen.kind, Kind::BareApplication | Kind::BareRamApplication);
        if !built && dcd.is_some() {
            return Err(BuildProblem::DcdNotWanted.into());
        }
        if !built && entry.is_some() {
            return Err(BuildProblem::EntryNotWanted.into());
        }
        if !built && card {
            return Err(BuildProblem::DeviceNotWanted.into());
        }
        let memory = match seen.kind {
            Kind::BareApplication if card => {
                let address = seen.vectors.ok_or_else(unknown)?.table;
                return Err(BuildProblem::NotFromCard { address }.into());
            }
            Kind::BareApplication | Kind::BareRamApplication => {
                let vectors = seen.vectors.ok_or_else(unknown)?;
                compose::headers(&firmware.memory, vectors, dcd, entry, map, &mut notes)?
            }
            Kind::Flashloader => {
                return Err(BuildProblem::IsLoader {
                    reason: seen.reason,
                }
                .into());
            }
            Kind::FcbOnly => return Err(BuildProblem::FcbOnly.into()),
            // its IVT cannot be read: it lies where its FCB says
            Kind::Encrypted => firmware.memory.clone(),
            Kind::Unknown if seen.mcuboot.is_some() => {
                let reason = seen.reason;
                return Err(BuildProblem::ForMcuboot { reason }.into());
            }
            Kind::Unknown => return Err(unknown().into()),
            _ => compose::in_flash(&firmware.memory, &seen, map, &mut notes)?,
        };
        let memory = match card {
            true => memory,
            false => compose::with_fcb(memory, fcb, map, &mut notes)?,
        };
        finish(memory, built, map, notes)
    }
}

impl BootImage {
    /// What a file of this form holds, at flash addresses. `map` is the one that it was built with.
    pub fn content(&self, form: Form, map: &MemoryMap) -> Memory {
        match form {
            Form::Padded => self.memory.clone(),
            Form::NoPadding => self.memory.slice(map.ivt_address(), Firmware::LIMIT),
        }
    }

    /// A raw file of this form, with `fill` in the gaps: 0xFF is what the erase leaves, 0x00 what elftosb writes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the gaps make more than [`Firmware::LIMIT`] bytes.
    pub fn raw(&self, form: Form, fill: u8, map: &MemoryMap) -> Result<Vec<u8>, Error> {
        let from = match form {
            Form::Padded => map.flash_base,
            Form::NoPadding => map.ivt_address(),
        };
        emit::raw(&self.memory, from, fill)
    }
}

impl BootImage {
    /// Puts this FCB in the place of the one that the image was built with: the flash turned out to be another part. Nothing
    /// else in the image depends on it. `map` is the one that it was built with.
    ///
    /// # Errors
    /// [`Error::Build`] when the image is larger than the flash that the FCB describes.
    pub fn set_fcb(&mut self, fcb: &Fcb, map: &MemoryMap) -> Result<(), Error> {
        self.put_fcb(fcb, map)
    }

    /// Puts this FCB in the place of the one that the image came with, and notes it. `map` is the one that it was built with.
    ///
    /// # Errors
    /// As [`BootImage::set_fcb`].
    pub fn replace_fcb(&mut self, fcb: &Fcb, map: &MemoryMap) -> Result<(), Error> {
        let own = self.fcb.take();
        let names: Vec<&str> = own
            .iter()
            .flat_map(|own| own.diff(fcb))
            .map(|diff| diff.this.name)
            .collect();
        self.put_fcb(fcb, map)?;
        self.notes.retain(|note| !note.is(&found::FCB_KEPT));
        if !names.is_empty() {
            let replaced = Finding::new(&found::FCB_REPLACED);
            self.notes.push(replaced.text("fields", names.join(", ")));
        }
        Ok(())
    }

    fn put_fcb(&mut self, fcb: &Fcb, map: &MemoryMap) -> Result<(), Error> {
        check_end(&self.memory, Some(fcb), map)?;
        self.memory
            .replace(map.fcb_address(), fcb.as_bytes().to_vec())?;
        self.inspection.fcb = Some(fcb.clone());
        self.fcb = Some(fcb.clone());
        Ok(())
    }
}

/// That the image ends in the flash that its FCB describes.
fn check_end(memory: &Memory, fcb: Option<&Fcb>, map: &MemoryMap) -> Result<(), Error> {
    let size = fcb.map_or(0, Fcb::total_size);
    let end = memory.end();
    if size != 0 && end > u64::from(map.flash_base) + size {
        return Err(BuildProblem::PastFlash { end, size }.into());
    }
    Ok(())
}

/// Inspects the finished image; refuses one that is not in the flash.
fn finish(
    memory: Memory,
    built: bool,
    map: &MemoryMap,
    notes: Vec<Finding>,
) -> Result<BootImage, Error> {
    for (from, bytes) in memory.segments() {
        let to = u64::from(from) + bytes.len() as u64;
        if !map.in_flash(from) || to > map.flash_end() {
            return Err(BuildProblem::OutsideFlash {
                from,
                to,
                place: map.name_of(from).to_string(),
                flash: map.flash_base,
            }
            .into());
        }
    }
    let inspection = inspect(&memory, map);
    check_end(&memory, inspection.fcb.as_ref(), map)?;
    let vectors = inspection.vectors;
    let entry = vectors
        .map(|vectors| vectors.reset)
        .or(inspection.ivt.map(|ivt| ivt.entry))
        .unwrap_or_default();
    let fcb = inspection.fcb.clone();
    Ok(BootImage {
        memory,
        fcb,
        built,
        entry,
        stack: vectors.map(|vectors| vectors.stack),
        notes,
        inspection,
    })
}

/// The reason of the kind, and the errors among the findings.
fn reasons(seen: &Inspection) -> String {
    let errors = seen
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error);
    let texts = errors.map(ToString::to_string);
    [seen.reason.clone()]
        .into_iter()
        .chain(texts)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests;
