//! The pieces of a run at their flash addresses. `write`, `verify` and the doctor lay them out by this one rule.

mod overlap;
mod read;

use std::ops::Range;
use std::path::{Path, PathBuf};

use rtboot_bootable::{BootImage, Memory, Vectors, header_areas, inspect};
use rtboot_fcb::{Fcb, Part};

use self::overlap::refuse_overlaps;
use self::read::{Read, boot_image, fcb_piece, refuse_homeless};
use super::piece::Pieces;
use crate::chip::Chip;
use crate::file::by_chip;
use crate::flash::{
    FcbChoice, Headers, Layout, NorFacts, OwnFcb, PartSource, Prepared, any_part, choose_part,
};
use crate::{Error, Result};

/// What decides, besides the files, which bytes go where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayoutOptions {
    /// Where the FCB comes from.
    pub fcb: FcbChoice,
    /// What becomes of an FCB that the boot image brings.
    pub own_fcb: OwnFcb,
    /// Address of the first byte of a raw file, when its vector table does not tell it.
    pub base: Option<u32>,
    /// Whether boot headers are added.
    pub headers: Headers,
    /// What becomes of a boot loader that flash holds.
    pub boot_loader: BootLoader,
}

/// What becomes of a boot loader in flash when an application is written that may be meant to be started by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootLoader {
    /// Such a write is refused before anything is changed.
    #[default]
    Ask,
    /// It stays, with FCB and IVT; the application is written without a boot header of its own.
    Keep,
    /// The application gets a boot header of its own and is what the ROM starts.
    Replace,
}

/// Whether the files, or the parts of a `.cfg`, are meant for another chip.
fn is_for_other_chip(error: &Error) -> bool {
    match error {
        Error::CfgOtherChip { .. } => true,
        Error::Firmware { source, .. } => {
            matches!(source, rtboot_bootable::Error::OtherChip { .. })
        }
        _ => false,
    }
}

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The ROM starts it.
    BootImage,
    /// Firmware at its own addresses; something else starts it.
    Application,
    /// Bytes as they are.
    Data,
}

/// One piece at its flash addresses.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LaidOut {
    /// Its name, for messages.
    pub name: PathBuf,
    /// What it is for.
    pub role: Role,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Bytes that it brings to flash; an FCB that is still to be made is not among them.
    pub memory: Memory,
    /// How firmware was read and laid out.
    pub prepared: Option<Prepared>,
}

impl LaidOut {
    /// The addresses of its bytes.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        let segments = self.memory.segments();
        segments.map(|(start, bytes)| u64::from(start)..u64::from(start) + bytes.len() as u64)
    }

    /// What must not lie on anything else: its bytes, and the place of an FCB that is still to be made.
    fn claimed(&self) -> &Memory {
        let image = self.boot_image();
        image.map_or(&self.memory, |image| &image.memory)
    }

    /// Name of the header that was made at this address: the file has no bytes there.
    fn made_header(&self, address: u64, chip: &Chip) -> Option<&'static str> {
        let address = u32::try_from(address).ok()?;
        let built = self.boot_image().is_some_and(|image| image.built);
        let own = self.prepared.as_ref()?.firmware().memory.byte(address);
        let areas = header_areas(&chip.map).into_iter();
        let mut areas =
            areas.filter(|&(_, start, len)| address >= start && address - start < len as u32);
        let (header, ..) = areas.next()?;
        (own.is_none() && (built || header == "FCB")).then_some(header)
    }

    fn boot_image(&self) -> Option<&BootImage> {
        let boots = self.role == Role::BootImage;
        let prepared = self.prepared.as_ref().filter(|_| boots)?;
        prepared.layout().image.as_ref()
    }
}

/// All pieces of a run, as far as they can be laid out without a board. At most one of them is what the ROM starts.
#[derive(Debug, Clone, PartialEq)]
pub struct LaidOutPieces {
    given: Pieces,
    pieces: Vec<LaidOut>,
    memory: Memory,
    patches: Memory,
    options: LayoutOptions,
    chip: &'static Chip,
}

impl LaidOutPieces {
    /// Reads every piece and lays it out.
    ///
    /// One piece alone is what the ROM starts, unless the options say otherwise. Of several it is the one with an IVT where the
    /// ROM looks for it, else the application at the lowest flash address without the header of MCUboot. All others keep their
    /// bytes. Where no FCB is named and the boot image brings none, it is the one that another piece has in the FCB's place.
    ///
    /// # Errors
    /// Without a chip the pieces are laid out for the default one, or for the first other one that they give away to be for:
    /// [`LaidOutPieces::for_chip`] settles it once the board has told its own.
    ///
    /// # Errors
    /// As [`Source::load`](crate::Source::load), [`Source::firmware`](crate::Source::firmware) and [`Prepared::new`];
    /// [`Error::Overlap`]; [`Error::Usage`] when there is no piece.
    pub fn new(
        pieces: &Pieces,
        options: &LayoutOptions,
        chip: impl Into<Option<&'static Chip>>,
    ) -> Result<LaidOutPieces> {
        if pieces.is_empty() {
            return Err(Error::Usage("there is nothing to write".into()));
        }
        let pieces = pieces.read_once()?;
        if let Some(chip) = chip.into() {
            return LaidOutPieces::laid_out(pieces, options, chip);
        }
        let lay_out = |chip| LaidOutPieces::laid_out(pieces.clone(), options, chip);
        by_chip(lay_out, |laid_out, _| {
            laid_out.as_ref().is_err_and(is_for_other_chip)
        })
        .0
    }

    /// The same pieces for this chip, with the bytes that were put over them.
    ///
    /// # Errors
    /// As [`LaidOutPieces::new`].
    pub fn for_chip(self, chip: &'static Chip) -> Result<LaidOutPieces> {
        if self.chip == chip {
            return Ok(self);
        }
        let LaidOutPieces {
            given,
            options,
            patches,
            pieces,
            memory,
            ..
        } = self;
        // what is read again takes the place of what was there
        drop((pieces, memory));
        let mut again = LaidOutPieces::laid_out(given, &options, chip)?;
        for (address, bytes) in patches.segments() {
            again.patch("bytes of the unit", address, bytes)?;
        }
        Ok(again)
    }

    /// The same pieces without the part that the user names.
    ///
    /// # Errors
    /// As [`LaidOutPieces::new`].
    pub fn without_part(self) -> Result<LaidOutPieces> {
        match self.options.fcb {
            FcbChoice::Part { .. } => {
                let options = LayoutOptions {
                    fcb: FcbChoice::Auto,
                    ..self.options
                };
                LaidOutPieces::new(&self.given, &options, None)
            }
            _ => Ok(self),
        }
    }

    fn laid_out(
        given: Pieces,
        options: &LayoutOptions,
        chip: &'static Chip,
    ) -> Result<LaidOutPieces> {
        let pieces = &given;
        let read: Vec<Read<'_>> = pieces
            .iter()
            .map(|piece| Read::new(piece, pieces.len(), options, chip))
            .collect::<Result<_>>()?;
        refuse_homeless(&read, options.base, chip)?;
        let boot = match (options.headers, options.boot_loader) {
            (Headers::AsIs, _) | (_, BootLoader::Keep) => None,
            _ => boot_image(&read, chip),
        };
        let fcb = boot.filter(|_| options.fcb == FcbChoice::Auto);
        let fcb = fcb.and_then(|boot| fcb_piece(&read, boot, chip));
        let with_fcb = fcb.as_ref().map(|(_, choice)| LayoutOptions {
            fcb: choice.clone(),
            ..options.clone()
        });
        let decides = with_fcb.as_ref().unwrap_or(options);
        let laid_out = read.into_iter().enumerate();
        let laid_out = laid_out.map(|(i, read)| read.lay_out(boot == Some(i), decides, chip));
        let mut pieces: Vec<LaidOut> = laid_out.collect::<Result<_>>()?;
        let fcb = fcb.map(|(piece, _)| piece);
        refuse_overlaps(&pieces, fcb, options.boot_loader, chip)?;
        if let (Some(_), Some(boot)) = (fcb, boot.and_then(|boot| pieces.get_mut(boot))) {
            boot.memory.remove(chip.map.fcb_address(), Fcb::LEN);
        }
        let memory = joined(&pieces)?;
        Ok(LaidOutPieces {
            pieces,
            memory,
            given,
            patches: Memory::new(),
            options: options.clone(),
            chip,
        })
    }

    /// Puts these bytes over what the pieces have there, or beside it: they are one unit's own. `name` is what they are called in
    /// messages.
    ///
    /// # Errors
    /// [`Error::Overlap`] over a boot header, or over bytes that were put there before; [`Error::Firmware`] for more bytes than a
    /// [`Memory`] holds.
    pub fn patch(&mut self, name: &str, address: u32, bytes: &[u8]) -> Result<()> {
        let over = |other: &str, found: &Memory| {
            let (start, bytes) = found.segments().next()?;
            Some(Error::Overlap {
                piece: name.into(),
                other: other.to_owned(),
                start,
                end: u64::from(start) + bytes.len() as u64,
            })
        };
        let mut place = Memory::new();
        let file = Path::new(name);
        place
            .insert(address, bytes.to_vec())
            .map_err(in_file(file))?;
        for (header, address, length) in header_areas(&self.chip.map) {
            let boots = self.boot_piece().is_some();
            if let Some(error) = over(header, &place.slice(address, length)).filter(|_| boots) {
                return Err(error);
            }
        }
        let before = self.patches.slice(address, bytes.len());
        if let Some(error) = over("other bytes of the unit", &before) {
            return Err(error);
        }
        for memory in [&mut self.patches, &mut self.memory] {
            memory
                .replace(address, bytes.to_vec())
                .map_err(in_file(file))?;
        }
        Ok(())
    }

    /// The bytes of [`LaidOutPieces::patch`], over these.
    fn patched(&self, mut memory: Memory) -> Result<Memory> {
        for (address, bytes) in self.patches.segments() {
            let placed = memory.replace(address, bytes.to_vec());
            placed.map_err(in_file(Path::new(&self.names())))?;
        }
        Ok(memory)
    }

    /// Each of them, in the order in which they were given.
    pub fn pieces(&self) -> &[LaidOut] {
        &self.pieces
    }

    /// Every byte for flash, with the FCB of the part that is meant; an FCB that is still to be made is not among them.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The chip that they are laid out for.
    pub fn chip(&self) -> &'static Chip {
        self.chip
    }

    /// What decided, besides the files.
    pub fn options(&self) -> &LayoutOptions {
        &self.options
    }

    /// The piece that the ROM starts.
    pub fn boot_piece(&self) -> Option<&LaidOut> {
        self.pieces
            .iter()
            .find(|piece| piece.role == Role::BootImage)
    }

    /// The boot image among them.
    pub fn boot_image(&self) -> Option<&BootImage> {
        self.boot_piece()?.boot_image()
    }

    /// Their names: "app.elf, fs.bin".
    pub fn names(&self) -> String {
        let names = self.pieces.iter().map(|it| it.name.display().to_string());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The bytes alone, without a boot header that was made for them.
    pub fn without_headers(&self) -> Memory {
        let mut memory = self.memory.clone();
        if self.boot_image().is_some_and(|image| image.built) {
            for (_, address, length) in header_areas(&self.chip.map) {
                memory.remove(address, length);
            }
        }
        memory
    }

    /// The first vector table of an application among them, as it lies in flash.
    pub fn application(&self) -> Option<Vectors> {
        let firmware = self.pieces.iter().filter(|it| it.role != Role::Data);
        let firmware = firmware.filter_map(|it| it.prepared.as_ref());
        firmware
            .map(|prepared| &prepared.firmware().memory)
            .find_map(|memory| inspect(memory, &self.chip.map).vectors)
    }

    /// Settles which part the flash is, as [`Prepared::choose_part`]. Without a boot image any part with the flash's id is good
    /// enough.
    ///
    /// # Errors
    /// As [`Prepared::choose_part`].
    pub fn choose_part(&self, facts: &NorFacts) -> Result<Part> {
        match (self.boot_piece(), &self.options.fcb) {
            (
                Some(LaidOut {
                    prepared: Some(prepared),
                    ..
                }),
                _,
            ) => prepared.choose_part(facts),
            (_, FcbChoice::Part { from, file }) => {
                let (from, file) = (from.clone(), file.clone());
                choose_part(facts, &PartSource::Cfg { from, file })
            }
            _ => any_part(facts),
        }
    }

    /// As [`Prepared::settles_by_id`].
    pub fn settles_by_id(&self) -> bool {
        let prepared = self.boot_piece().and_then(|it| it.prepared.as_ref());
        prepared.is_some_and(Prepared::settles_by_id)
    }

    /// Whether the user names the part.
    pub fn names_part(&self) -> bool {
        matches!(self.options.fcb, FcbChoice::Part { .. })
    }

    /// All that goes into flash when it is this part. Nothing is laid out again: only the FCB is another one.
    ///
    /// # Errors
    /// [`Error::Firmware`] when the image does not fit this part.
    pub fn for_part(&self, part: &Part) -> Result<Layout> {
        match self.boot_prepared() {
            Some(prepared) => self.with_boot_image(prepared.for_part(part)?),
            None => Ok(Layout {
                memory: self.memory.clone(),
                image: None,
                needs_part: false,
            }),
        }
    }

    /// As [`Prepared::refitted`].
    ///
    /// # Errors
    /// As [`Prepared::refitted`].
    pub fn refitted(&self, layout: Layout, part: &Part) -> Result<Layout> {
        match self.boot_prepared() {
            Some(prepared) => self.with_boot_image(prepared.refitted(layout, part)?),
            None => Ok(layout),
        }
    }

    fn boot_prepared(&self) -> Option<&Prepared> {
        self.boot_piece()?.prepared.as_ref()
    }

    /// The layout of the boot image, with all other pieces.
    fn with_boot_image(&self, layout: Layout) -> Result<Layout> {
        let mut memory = self.memory.clone();
        let placed = memory.overlay(&layout.memory);
        placed.map_err(in_file(Path::new(&self.names())))?;
        let memory = self.patched(memory)?;
        Ok(Layout { memory, ..layout })
    }
}
/// All bytes of all pieces, which do not overlap.
fn joined(pieces: &[LaidOut]) -> Result<Memory> {
    if let [only] = pieces {
        return Ok(only.memory.clone());
    }
    let mut memory = Memory::new();
    for piece in pieces {
        for (address, bytes) in piece.memory.segments() {
            let placed = memory.insert(address, bytes.to_vec());
            placed.map_err(in_file(&piece.name))?;
        }
    }
    Ok(memory)
}

fn in_file(path: &Path) -> impl Fn(rtboot_bootable::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Firmware {
        path: path.clone(),
        source,
    }
}
