//! What a run puts into flash, as a caller gives it: files, and data with an address.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::file::{Limit, Source};

/// One thing that goes into flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes.
    pub source: Source,
    /// Address of the first byte of data, which are taken as they are. Without it the file is firmware and says itself where its
    /// bytes belong.
    pub at: Option<u32>,
}

impl Piece {
    /// Firmware of any format.
    pub fn firmware(source: impl Into<Source>) -> Piece {
        Piece {
            source: source.into(),
            at: None,
        }
    }

    /// Data, whatever they are, from this address on.
    pub fn data(source: impl Into<Source>, address: u32) -> Piece {
        Piece {
            source: source.into(),
            at: Some(address),
        }
    }

    /// What it is called in messages.
    pub fn path(&self) -> &Path {
        self.source.path()
    }
}

/// All that one run puts into flash: mostly one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same, with the bytes of what gives them only once.
    ///
    /// # Errors
    /// As [`Source::read_once`].
    pub(super) fn read_once(&self) -> Result<Pieces> {
        let pieces = self.iter().map(|piece| {
            Ok(Piece {
                source: piece.source.read_once(Limit::Firmware)?,
                at: piece.at,
            })
        });
        pieces.collect::<Result<_>>().map(Pieces)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<Piece>> for Pieces {
    fn from(pieces: Vec<Piece>) -> Pieces {
        Pieces(pieces)
    }
}

impl From<Piece> for Pieces {
    fn from(piece: Piece) -> Pieces {
        Pieces(vec![piece])
    }
}

impl From<Source> for Pieces {
    fn from(source: Source) -> Pieces {
        Piece::firmware(source).into()
    }
}

impl From<&Source> for Pieces {
    fn from(source: &Source) -> Pieces {
        source.clone().into()
    }
}

impl From<&str> for Pieces {
    fn from(path: &str) -> Pieces {
        Source::from(path).into()
    }
}

impl From<&Path> for Pieces {
    fn from(path: &Path) -> Pieces {
        Source::from(path).into()
    }
}

impl From<PathBuf> for Pieces {
    fn from(path: PathBuf) -> Pieces {
        Source::from(path).into()
    }
}
