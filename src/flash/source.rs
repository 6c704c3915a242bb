//! Where a flashloader comes from, when one must be started.

use std::path::{Path, PathBuf};

use rtboot_bootable::LoaderImage;

use crate::board::Board;
use crate::chip::Chip;
use crate::file::{Limit, Source};
#[cfg(feature = "virtual")]
use crate::port::virtual_board::VirtualBoard;
use crate::{Error, Result};

/// Where the flashloader comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoaderSource {
    /// No file is known: a flashloader that runs already is used, and on a virtual board its stand-in.
    #[default]
    None,
    /// A file, or bytes.
    File(Source),
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
}

impl LoaderSource {
    /// The flashloader in this file.
    pub fn file(path: impl Into<PathBuf>) -> LoaderSource {
        LoaderSource::File(Source::File(path.into()))
    }

    /// The flashloader for this board.
    ///
    /// # Errors
    /// [`Error::NoLoader`], [`Error::ReadFile`], [`Error::Firmware`]; [`Error::LoaderDangerous`] for one whose DCD can
    /// change fuses.
    pub fn load(&self, chip: &Chip, board: &Board) -> Result<Loader> {
        match self {
            LoaderSource::File(source) => parse(source, chip),
            LoaderSource::None => match standin(board) {
                Some(standin) => parse(&standin, chip),
                None => Err(Error::NoLoader {
                    chip: chip.name.into(),
                }),
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
            LoaderSource::None => Ok(()),
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
    let sha256 = None;
    Ok(Loader {
        image,
        name,
        sha256,
    })
}
