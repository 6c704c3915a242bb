//! The desk: everything about a write that can be settled, and can fail, without a board. Pure.

use rtboot_bootable::{BootImage, Firmware, Kind, Memory};
use rtboot_fcb::{Fcb, Part, PartFile};

use crate::Error;
use crate::chip::Chip;
use crate::flash::identify::PartSource;

/// Where the FCB of the image comes from.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // one of them in a run
pub enum FcbChoice {
    /// Made for a part: the one of this `.cfg` (file or database) that the flash turns out to be.
    Part {
        /// Its name, for messages.
        from: String,
        /// The parts.
        file: PartFile,
    },
    /// These 512 bytes.
    Block {
        /// Its name, for messages.
        from: String,
        /// The block.
        fcb: Fcb,
    },
    /// Nothing said: the image's own, else made for the part that the database knows by the flash's id.
    Auto,
}

/// The parts of a file that are meant for this chip; `from` is the file's name.
///
/// # Errors
/// [`Error::CfgOtherChip`] when none is.
pub fn parts_for(from: &str, mut file: PartFile, chip: &Chip) -> crate::Result<PartFile> {
    let mut meant: Vec<&str> = Vec::new();
    for chip in file.parts.iter().flat_map(|part| &part.chips) {
        if !meant.contains(&chip.as_str()) {
            meant.push(chip.as_str());
        }
    }
    let meant = meant.join(", ");
    file.parts.retain(|part| chip.is_meant_by(&part.chips));
    match file.parts.is_empty() {
        false => Ok(file),
        true => Err(Error::CfgOtherChip {
            from: from.to_owned(),
            meant,
            chip: chip.name.into(),
        }),
    }
}

/// What is to be written, settled as far as it can be without a board.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    firmware: Firmware,
    choice: FcbChoice,
    as_is: bool,
    /// Whether the file has an FCB of its own.
    brings_fcb: bool,
}

/// What goes into flash.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Bytes at flash addresses.
    pub memory: Memory,
    /// The boot image, when it is one.
    pub image: Option<BootImage>,
    /// Whether an FCB must still be made, once the part is known.
    pub needs_part: bool,
}

impl Desk {
    /// Lays the image out as it will be for the part that is meant, so that all that can fail fails here.
    ///
    /// `as_is` writes the file's bytes at their addresses and adds nothing.
    ///
    /// # Errors
    /// Everything that keeps the file from being a boot image for this chip.
    pub fn new(
        firmware: Firmware,
        choice: FcbChoice,
        as_is: bool,
        chip: &'static Chip,
    ) -> Result<Desk, rtboot_bootable::Error> {
        let seen = rtboot_bootable::inspect(&firmware.memory, &chip.map);
        let desk = Desk {
            firmware,
            choice,
            as_is,
            brings_fcb: seen.fcb.is_some(),
        };
        desk.layout(None, chip)?;
        Ok(desk)
    }

    /// The file.
    pub fn firmware(&self) -> &Firmware {
        &self.firmware
    }

    /// Where the FCB comes from.
    pub fn choice(&self) -> &FcbChoice {
        &self.choice
    }

    /// What the flash is expected to be.
    pub fn expected_part(&self) -> PartSource {
        match &self.choice {
            FcbChoice::Part { from, file } => PartSource::Cfg {
                from: from.clone(),
                file: file.clone(),
            },
            FcbChoice::Block { .. } | FcbChoice::Auto => PartSource::Database,
        }
    }

    /// Whether the database must name one part, because its FCB goes into the image.
    pub fn part_decides_fcb(&self) -> bool {
        !self.as_is && self.choice == FcbChoice::Auto && !self.brings_fcb
    }

    /// The bytes for flash, for this part; for the part that is meant when none is known yet.
    ///
    /// # Errors
    /// As [`Desk::new`].
    pub fn layout(
        &self,
        part: Option<&Part>,
        chip: &'static Chip,
    ) -> Result<Layout, rtboot_bootable::Error> {
        let map = chip.map;
        if self.as_is {
            let seen = rtboot_bootable::inspect(&self.firmware.memory, &map);
            let image = matches!(seen.kind, Kind::BootableWithFcb | Kind::BootableWithoutFcb)
                .then(|| BootImage::build(&self.firmware, None, &map))
                .transpose()?;
            return Ok(Layout {
                memory: self.firmware.memory.clone(),
                image,
                needs_part: false,
            });
        }
        let fcb = match (&self.choice, part) {
            (FcbChoice::Block { fcb, .. }, _) => Some(fcb.clone()),
            (FcbChoice::Part { .. } | FcbChoice::Auto, Some(part)) => {
                Some(part.on(chip).boot_fcb())
            }
            (FcbChoice::Part { file, .. }, None) => {
                file.parts.first().map(|part| part.on(chip).boot_fcb())
            }
            (FcbChoice::Auto, None) => None,
        };
        // an image that brings its FCB keeps it; one chosen by nobody is no news to its user
        let given = if self.choice == FcbChoice::Auto && self.brings_fcb {
            None
        } else {
            fcb
        };
        let image = BootImage::build(&self.firmware, given.as_ref(), &map)?;
        let needs_part = image.fcb.is_none();
        Ok(Layout {
            memory: image.memory.clone(),
            image: Some(image),
            needs_part,
        })
    }
}
