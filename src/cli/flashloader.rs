//! Verb `flashloader`: which files rtboot knows and remembers; and which one is sent.

use std::path::{Path, PathBuf};

use rtboot::chip::Chip;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};
use rtboot_bootable::LoaderImage;

use super::{Context, folders};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// To come
    Todo,
}

pub fn run(_command: Command, _context: &mut Context) -> Result<()> {
    Ok(())
}

/// The file that options or settings name.
///
/// # Errors
/// Settings errors.
pub fn source(context: &mut Context) -> Result<Option<PathBuf>> {
    match &context.globals.flashloader {
        Some(path) => Ok(Some(path.clone())),
        None => context.setting_path("flashloader"),
    }
}

/// The flashloader to send: the file named, the one remembered, the virtual board's own.
///
/// # Errors
/// [`Error::NoLoader`], [`Error::ReadFile`], [`Error::Firmware`].
pub fn image(named: Option<&PathBuf>, chip: &Chip, is_virtual: bool) -> Result<LoaderImage> {
    match named.cloned().or(remembered(chip)?) {
        Some(path) => read(&path, chip),
        None if is_virtual => parse(VirtualBoard::standin_loader(), Path::new("stand-in"), chip),
        None => Err(Error::NoLoader {
            chip: chip.name.into(),
        }),
    }
}

fn remembered(_chip: &Chip) -> Result<Option<PathBuf>> {
    let _ = folders::flashloaders()?;
    Ok(None)
}

fn read(path: &Path, chip: &Chip) -> Result<LoaderImage> {
    let bytes = std::fs::read(path).map_err(|source| Error::ReadFile {
        path: path.into(),
        source,
    })?;
    parse(&bytes, path, chip)
}

fn parse(bytes: &[u8], path: &Path, chip: &Chip) -> Result<LoaderImage> {
    LoaderImage::parse(bytes, &chip.memory_map()).map_err(|source| Error::Firmware {
        path: path.into(),
        source,
    })
}
