//! Where a loader comes from, when one must be started: NXP's flashloader from a file, or rtboot's own.

use std::path::{Path, PathBuf};

use rtboot_bootable::LoaderImage;

use crate::board::Board;
use crate::chip::Chip;
use crate::file::{Limit, Source};
use crate::flash::own::OwnLoader;
#[cfg(feature = "virtual")]
use crate::port::virtual_board::VirtualBoard;
use crate::{Error, Result};

/// Where the loader comes from. One that runs already is used, whatever it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoaderSource {
    /// No file is known: [`OwnLoader`] where it is for the chip; on a virtual board its stand-in.
    #[default]
    Auto,
    /// A file, or bytes.
    File(Source),
    /// [`OwnLoader`], on a virtual board, too.
    Own,
    /// NXP's only, and no file is known: nothing but a virtual board's stand-in.
    Nxp,
}

/// A flashloader that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loader {
    /// What to send, where, and where to jump.
    pub image: LoaderImage,
    /// What it is called in messages.
    pub name: String,
    /// SHA-256 of its file, in hex; `None` in a build without the feature `loader-store`.
    pub sha256: Option<String>,
    /// It is [`OwnLoader`].
    pub own: bool,
    /// Its file is a build whose digest is known; `None` where files are not digested.
    pub is_known: Option<bool>,
}

impl LoaderSource {
    /// The flashloader in this file.
    pub fn file(path: impl Into<PathBuf>) -> LoaderSource {
        LoaderSource::File(Source::File(path.into()))
    }

    /// The loader for this board.
    ///
    /// # Errors
    /// [`Error::NoLoader`], [`Error::ReadFile`], [`Error::Firmware`]; [`Error::LoaderDangerous`] for one whose DCD can
    /// change fuses.
    pub fn load(&self, chip: &Chip, board: &Board) -> Result<Loader> {
        let none = |looked, own| Error::NoLoader {
            chip: chip.name.into(),
            looked,
            own,
        };
        let standin = || standin(board).map(|standin| parse(&standin, chip));
        let own = || OwnLoader::for_chip(chip, board.is_uart());
        match self {
            LoaderSource::File(source) => parse(source, chip),
            LoaderSource::Own => own().map_err(|why| none(false, Some(why)))?,
            LoaderSource::Nxp => standin().unwrap_or_else(|| Err(none(true, own().err()))),
            LoaderSource::Auto => match standin() {
                Some(standin) => standin,
                None => own().map_err(|why| none(true, Some(why)))?,
            },
        }
    }

    /// Finds out what is wrong about its file before a board is opened.
    ///
    /// # Errors
    /// As [`LoaderSource::load`], but for [`Error::NoLoader`]: a flashloader may run already.
    pub fn check(&self, chip: &Chip) -> Result<()> {
        match self {
            LoaderSource::File(source) => parse(source, chip).map(drop),
            LoaderSource::Auto | LoaderSource::Own | LoaderSource::Nxp => Ok(()),
        }
    }
}

/// A loader of the caller's own.
impl From<LoaderImage> for Loader {
    fn from(image: LoaderImage) -> Loader {
        Loader {
            name: format!("the loader at {:#010x}", image.load),
            image,
            sha256: None,
            own: false,
            is_known: None,
        }
    }
}

impl From<&Path> for LoaderSource {
    fn from(path: &Path) -> LoaderSource {
        LoaderSource::file(path)
    }
}

/// The virtual board brings a flashloader of its own.
fn standin(board: &Board) -> Option<Source> {
    #[cfg(feature = "virtual")]
    if board.virtual_board().is_some() {
        let name = "the virtual board's stand-in";
        return Some(Source::bytes(name, VirtualBoard::standin_loader()));
    }
    let _ = board;
    None
}

fn parse(source: &Source, chip: &Chip) -> Result<Loader> {
    let bytes = source.load(Limit::Firmware)?;
    let path = source.path();
    let image = LoaderImage::parse(&bytes, &chip.map).map_err(|source| Error::Firmware {
        path: path.into(),
        source,
    })?;
    // the ROM runs a flashloader's DCD before it starts it, and this one is sent on the way to something else
    let dcd = image.dcd.as_ref();
    if let Some(danger) = dcd.and_then(|dcd| dcd.dangers(&chip.map).into_iter().next()) {
        return Err(Error::LoaderDangerous {
            path: path.into(),
            danger: danger.to_string(),
        });
    }
    let name = path.display().to_string();
    #[cfg(feature = "loader-store")]
    let sha256 = Some(crate::digest::sha256([&bytes]));
    #[cfg(not(feature = "loader-store"))]
    let sha256: Option<String> = None;
    let build = |sha256: &String| rtboot_bootable::known::find(bytes.len(), sha256).is_some();
    let is_known = sha256.as_ref().map(build);
    Ok(Loader {
        image,
        name,
        sha256,
        own: false,
        is_known,
    })
}
