//! Which flashloader is sent: the file that options or settings name, else the one that is remembered.

use std::path::PathBuf;

use rtboot::file::{self, Limit};
use rtboot::flash::LoaderSource;
use rtboot::loader_file::{LoaderFile, LoaderStore};
use rtboot::{Result, Source};

use super::{Context, folders};

/// The flashloader, read, and called by its public build where it is one.
pub fn source(context: &mut Context) -> Result<LoaderSource> {
    let chip = context.desk_chip()?;
    let Some((path, bytes)) = read(context)? else {
        return Ok(LoaderSource::None);
    };
    let name = LoaderFile::parse(&bytes, &path, chip)?.name();
    Ok(LoaderSource::File(Source::bytes(name, bytes)))
}

/// The flashloader as it is: what is wrong about a file that was named shows when it is needed.
pub fn unread(context: &mut Context) -> Result<LoaderSource> {
    if let Some(path) = named(context)? {
        return Ok(LoaderSource::file(path));
    }
    Ok(match read(context)? {
        Some((path, bytes)) => LoaderSource::File(Source::bytes(path.display().to_string(), bytes)),
        None => LoaderSource::None,
    })
}

fn named(context: &mut Context) -> Result<Option<PathBuf>> {
    match &context.globals.flashloader {
        Some(path) => Ok(Some(path.clone())),
        None => context.setting_path("flashloader"),
    }
}

fn read(context: &mut Context) -> Result<Option<(PathBuf, Vec<u8>)>> {
    if let Some(path) = named(context)? {
        let bytes = file::read(&path, Limit::Firmware)?;
        return Ok(Some((path, bytes)));
    }
    // where the system names no folder for a program's data, nothing is remembered
    match folders::flashloaders() {
        Ok(folder) => LoaderStore::open(&folder, context.desk_chip()?)?.sent(),
        Err(_) => Ok(None),
    }
}

/// What the remembered flashloader that is sent is called.
pub fn remembered(context: &mut Context) -> Result<Option<String>> {
    let Ok(folder) = folders::flashloaders() else {
        return Ok(None);
    };
    let store = LoaderStore::open(&folder, context.desk_chip()?)?;
    let sent = store.files().find(|(_, sent)| *sent);
    Ok(sent.map(|(file, _)| format!("{}, remembered", file.name)))
}
