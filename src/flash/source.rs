//! Where a loader comes from, when one must be started: NXP's flashloader from a file, or rtboot's own.

use std::path::{Path, PathBuf};

use rtboot_bootable::LoaderImage;

use crate::board::Board;
use crate::chip::Chip;
use crate::file::{Limit, Source};
use crate::flash::own::OwnLoader;
#[cfg(feature = "loader-store")]
use crate::loader_file::{LoaderFile, LoaderStore};
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
    /// The file that is remembered for the chip below this folder, see [`LoaderStore`]; without one as [`LoaderSource::Auto`].
    #[cfg(feature = "loader-store")]
    Remembered(PathBuf),
    /// The same; without one as [`LoaderSource::Nxp`].
    #[cfg(feature = "loader-store")]
    RememberedNxp(PathBuf),
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
    /// [`Error::NoLoader`], [`Error::ReadFile`], [`Error::Firmware`]; [`Error::LoaderForOther`] for a public build of another chip;
    /// [`Error::LoaderDangerous`] for one whose DCD can change fuses.
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
            #[cfg(feature = "loader-store")]
            LoaderSource::Remembered(folder) => match remembered(folder, chip)? {
                Some(source) => parse(&source, chip),
                None => LoaderSource::Auto.load(chip, board),
            },
            #[cfg(feature = "loader-store")]
            LoaderSource::RememberedNxp(folder) => match remembered(folder, chip)? {
                Some(source) => parse(&source, chip),
                None => LoaderSource::Nxp.load(chip, board),
            },
            LoaderSource::Own => own().map_err(|why| none(false, Some(why)))?,
            LoaderSource::Nxp => standin().unwrap_or_else(|| Err(none(true, own().err()))),
            LoaderSource::Auto => match standin() {
                Some(standin) => standin,
                None => own().map_err(|why| none(true, Some(why)))?,
            },
        }
    }

    /// Finds out what is wrong about its file before a board is opened. Without a chip that the user names it is held against the
    /// one that it is made for.
    ///
    /// # Errors
    /// As [`LoaderSource::load`], but for [`Error::NoLoader`]: a flashloader may run already.
    pub fn check(&self, named: Option<&'static Chip>) -> Result<()> {
        match self {
            LoaderSource::File(source) => {
                let chip = match named {
                    Some(chip) => chip,
                    None => chip_of(source)?,
                };
                parse(source, chip).map(drop)
            }
            #[cfg(feature = "loader-store")]
            LoaderSource::Remembered(folder) | LoaderSource::RememberedNxp(folder) => {
                let chip = named.unwrap_or(Chip::DEFAULT);
                let source = remembered(folder, chip)?;
                source.map_or(Ok(()), |source| parse(&source, chip).map(drop))
            }
            LoaderSource::Auto | LoaderSource::Own | LoaderSource::Nxp => Ok(()),
        }
    }
}

/// The chip that a file is made for, as far as that is known.
fn chip_of(source: &Source) -> Result<&'static Chip> {
    #[cfg(feature = "loader-store")]
    let chip = LoaderFile::chip_of(&source.load(Limit::Firmware)?);
    #[cfg(not(feature = "loader-store"))]
    let chip = source.load(Limit::Firmware).map(|_| Chip::DEFAULT)?;
    Ok(chip)
}

/// The file that is remembered for this chip, called by its public build where it is one.
#[cfg(feature = "loader-store")]
fn remembered(folder: &Path, chip: &Chip) -> Result<Option<Source>> {
    let Some((path, bytes)) = LoaderStore::open(folder, chip)?.sent()? else {
        return Ok(None);
    };
    let name = LoaderFile::parse(&bytes, &path, chip)?.name();
    Ok(Some(Source::bytes(name, bytes)))
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
    #[cfg(feature = "loader-store")]
    let (image, sha256, is_known) = {
        let file = LoaderFile::parse(&bytes, path, chip)?;
        (file.image, Some(file.sha256), Some(file.build.is_some()))
    };
    #[cfg(not(feature = "loader-store"))]
    let (image, sha256, is_known) = {
        let image = LoaderImage::parse(&bytes, &chip.map);
        let image = image.map_err(|source| Error::Firmware {
            path: path.into(),
            source,
        })?;
        (image, None, None)
    };
    // the ROM runs a flashloader's DCD before it starts it, and this one is sent on the way to something else
    let dcd = image.dcd.as_ref();
    if let Some(danger) = dcd.and_then(|dcd| dcd.dangers(&chip.map).into_iter().next()) {
        return Err(Error::LoaderDangerous {
            path: path.into(),
            danger: danger.to_string(),
        });
    }
    Ok(Loader {
        image,
        name: path.display().to_string(),
        sha256,
        own: false,
        is_known,
    })
}
