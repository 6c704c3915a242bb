//! Everything about a write that can be known, and can fail, without a board. Pure.

use std::path::{Path, PathBuf};

use rtboot_bootable::{BootImage, Firmware, Kind, Memory, MemoryMap};
use rtboot_fcb::{Fcb, Part, probe};

use crate::chip::Chip;
use crate::flash::fcb_choice::FcbChoice;
use crate::flash::identify::{PartSource, any_part, choose_part};
use crate::flash::loader::NorFacts;
use crate::{Error, Result};

/// Whether boot headers are put around an application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Headers {
    /// A bare application gets FCB, IVT and boot data; an image gets what it lacks.
    #[default]
    Add,
    /// The file's bytes go to their addresses, and nothing is added.
    AsIs,
}

/// What becomes of an FCB that the file brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnFcb {
    /// It stays. Nothing is written when it is known that the flash does not answer its read.
    #[default]
    KeepIfFit,
    /// It stays, whatever the flash is.
    Keep,
    /// The FCB that is chosen takes its place.
    Replace,
    /// It stays where it fits the flash; else one that is made for the part takes its place.
    ReplaceIfUnfit,
}

/// A file that is ready to be written, as far as that can be known without a board.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    name: PathBuf,
    firmware: Firmware,
    choice: FcbChoice,
    headers: Headers,
    chip: &'static Chip,
    /// The file has an FCB of its own.
    brings_fcb: bool,
    own_fcb: OwnFcb,
    layout: Layout,
}

/// What goes into flash.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Bytes at flash addresses, as far as they are known.
    pub memory: Memory,
    /// The boot image, when it is one.
    pub image: Option<BootImage>,
    /// Whether the FCB is still to be made, for the part that the flash turns out to be. The one in `image` keeps its place.
    pub needs_part: bool,
}

impl Prepared {
    /// Lays the image out for the part that is meant, so that all that can fail without a board fails here.
    ///
    /// `name` is the file's name, for messages. Where the part is unknown yet, an FCB for plain reads keeps its place.
    ///
    /// # Errors
    /// [`Error::CfgOtherChip`] for parts that are meant for other chips; [`Error::Firmware`] for everything that keeps the
    /// file from being a boot image for this chip.
    pub fn new(
        name: impl Into<PathBuf>,
        firmware: Firmware,
        choice: FcbChoice,
        headers: Headers,
        chip: &'static Chip,
    ) -> Result<Prepared> {
        let name = name.into();
        let choice = choice.for_chip(chip)?;
        let map = &chip.map;
        let carried = firmware.memory.bytes(map.fcb_address(), Fcb::LEN);
        let brings_fcb = carried.is_some_and(|bytes| Fcb::parse(bytes).is_ok());
        let layout = match headers {
            Headers::Add => with_headers(&firmware, &choice, brings_fcb, chip),
            Headers::AsIs => as_is(&firmware, map),
        };
        let layout = match layout {
            Ok(layout) => layout,
            Err(source) => return Err(Error::Firmware { path: name, source }),
        };
        Ok(Prepared {
            name,
            firmware,
            choice,
            headers,
            chip,
            brings_fcb,
            own_fcb: OwnFcb::default(),
            layout,
        })
    }

    /// Says what becomes of an FCB that the file brings.
    ///
    /// # Errors
    /// [`Error::Firmware`] when the image does not fit the flash that the chosen FCB is for.
    pub fn with_own_fcb(mut self, own_fcb: OwnFcb) -> Result<Prepared> {
        self.own_fcb = own_fcb;
        let chosen = match &self.choice {
            FcbChoice::Block { fcb, .. } => Some(fcb.clone()),
            FcbChoice::Part { file, .. } => {
                let first = file.parts.first();
                first.map(|part| part.on(self.chip).boot_fcb())
            }
            FcbChoice::Auto => None,
        };
        if let (true, Some(fcb)) = (self.replaces_own(), chosen) {
            self.layout = self.replaced(self.layout.clone(), &fcb)?;
        }
        Ok(self)
    }

    fn replaces_own(&self) -> bool {
        self.brings_fcb && self.headers == Headers::Add && self.own_fcb == OwnFcb::Replace
    }

    /// Whether the FCB in the layout is the file's own.
    pub fn keeps_own_fcb(&self) -> bool {
        self.brings_fcb && !self.replaces_own()
    }

    /// What becomes of an FCB that the file brings.
    pub fn own_fcb(&self) -> OwnFcb {
        self.own_fcb
    }

    /// The layout with an FCB for this part in the place of the file's own.
    ///
    /// # Errors
    /// As [`Prepared::for_part`].
    pub fn refitted(&self, layout: Layout, part: &Part) -> Result<Layout> {
        self.replaced(layout, &part.on(self.chip).boot_fcb())
    }

    fn replaced(&self, mut layout: Layout, fcb: &Fcb) -> Result<Layout> {
        let Some(image) = &mut layout.image else {
            return Ok(layout);
        };
        let replaced = image.replace_fcb(fcb, &self.chip.map);
        replaced.map_err(|source| Error::Firmware {
            path: self.name.clone(),
            source,
        })?;
        layout.memory = image.memory.clone();
        Ok(layout)
    }

    /// The file's name.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The file.
    pub fn firmware(&self) -> &Firmware {
        &self.firmware
    }

    /// Where the FCB comes from.
    pub fn choice(&self) -> &FcbChoice {
        &self.choice
    }

    /// The chip that it is laid out for.
    pub fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// The bytes for flash, with the FCB of the part that is meant.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What the flash is expected to be.
    pub fn expected_part(&self) -> PartSource {
        self.choice.part_source()
    }

    /// Whether the FCB will be made for the part that the flash's id names.
    pub fn settles_by_id(&self) -> bool {
        self.layout.needs_part
    }

    /// Whether the part was named.
    pub fn names_part(&self) -> bool {
        matches!(self.choice, FcbChoice::Part { .. })
    }

    /// Settles which part the flash is: the one that is expected. Where no byte of the image depends on it, any part with
    /// the flash's id is good enough.
    ///
    /// # Errors
    /// As [`choose_part`].
    pub fn choose_part(&self, facts: &NorFacts) -> Result<Part> {
        match self.expected_part() {
            PartSource::Database if !self.layout.needs_part => any_part(facts),
            source => choose_part(facts, &source),
        }
    }

    /// The bytes for flash when it is this part. Nothing is laid out again: only the FCB is another one.
    ///
    /// # Errors
    /// [`Error::Firmware`] when the image does not fit this part.
    pub fn for_part(&self, part: &Part) -> Result<Layout> {
        let mut layout = self.layout.clone();
        let made_for_part = match self.choice {
            FcbChoice::Part { .. } => true,
            FcbChoice::Auto => layout.needs_part,
            FcbChoice::Block { .. } => false,
        };
        if self.headers == Headers::AsIs || self.keeps_own_fcb() || !made_for_part {
            return Ok(layout);
        }
        if self.brings_fcb {
            return self.refitted(self.layout.clone(), part);
        }
        if let Some(image) = &mut layout.image {
            let set = image.set_fcb(&part.on(self.chip).boot_fcb(), &self.chip.map);
            set.map_err(|source| Error::Firmware {
                path: self.name.clone(),
                source,
            })?;
            layout.memory = image.memory.clone();
        }
        layout.needs_part = false;
        Ok(layout)
    }
}

fn with_headers(
    firmware: &Firmware,
    choice: &FcbChoice,
    brings_fcb: bool,
    chip: &Chip,
) -> std::result::Result<Layout, rtboot_bootable::Error> {
    let map = &chip.map;
    let (fcb, needs_part) = match choice {
        FcbChoice::Block { fcb, .. } => (Some(fcb.clone()), false),
        FcbChoice::Part { file, .. } => {
            let first = file.parts.first();
            (first.map(|part| part.on(chip).boot_fcb()), false)
        }
        // no FCB was named, so there is none to compare the image's with
        FcbChoice::Auto if brings_fcb => (None, false),
        FcbChoice::Auto => (Some(probe::plain_read(map.flash_max)), true),
    };
    let image = BootImage::build(firmware, fcb.as_ref(), map)?;
    let mut memory = image.memory.clone();
    if needs_part {
        memory.remove(map.fcb_address(), Fcb::LEN);
    }
    Ok(Layout {
        memory,
        image: Some(image),
        needs_part,
    })
}

fn as_is(
    firmware: &Firmware,
    map: &MemoryMap,
) -> std::result::Result<Layout, rtboot_bootable::Error> {
    let seen = rtboot_bootable::inspect(&firmware.memory, map);
    let image = matches!(seen.kind, Kind::BootableWithFcb | Kind::BootableWithoutFcb)
        .then(|| BootImage::build(firmware, None, map))
        .transpose()?;
    Ok(Layout {
        memory: firmware.memory.clone(),
        image,
        needs_part: false,
    })
}
