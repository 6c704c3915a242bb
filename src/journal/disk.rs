//! A journal's file on disk: replaced as a whole, synced, read only when it is the user's own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read};
use std::path::Path;

use super::record::{self, Entries};
use crate::{Error, Result};

/// Longest journal that is read.
const FILE_LIMIT: u64 = 64 << 20;

/// Written aside, synced, renamed, the folder synced: it outlives a power cut whole or is not there.
pub(super) fn write_synced(path: &Path, board: &str, open: &Entries) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut text = BufWriter::new(file);
    record::write(&mut text, board, open)?;
    let file = text.into_inner().map_err(|error| error.into_error())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder) // the new name, too
}

pub(super) fn remove_synced(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path.parent().unwrap_or(Path::new("."))),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

pub(super) fn unusable(path: &Path, reason: impl Into<String>) -> Error {
    Error::JournalUnusable {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// Whose a file must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Me,
    Anybody,
}

/// All of a journal; `None` when there is no such file.
pub(super) fn read(path: &Path, owner: Owner) -> Result<Option<Vec<u8>>> {
    let unreadable = |source| Error::ReadFile {
        path: path.to_owned(),
        source,
    };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) if is_link(path) => return Err(unusable(path, "it is a link")),
        Err(error) => return Err(unreadable(error)),
    };
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(unusable(path, "it is no file"));
    }
    if owner == Owner::Me {
        check_owner(path, &meta)?;
    }
    let mut bytes = Vec::new();
    let read = file.take(FILE_LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    match bytes.len() as u64 > FILE_LIMIT {
        true => Err(unusable(path, "it is too large")),
        false => Ok(Some(bytes)),
    }
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

/// Opens a file for reading: no link is followed, and a pipe is not waited for.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.cast_signed())
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// That the file is this user's, and nobody else may write it.
#[cfg(unix)]
fn check_owner(path: &Path, meta: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt;

    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me {
        let reason = format!("it belongs to user {}, and this is user {me}", meta.uid());
        return Err(unusable(path, reason));
    }
    match meta.mode() & 0o022 {
        0 => Ok(()),
        _ => Err(unusable(path, "other users may write it")),
    }
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}
