//! A journal's file on disk: replaced as a whole, synced, read only when it is the user's own.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use super::record::{self, Entries};
use crate::{Error, Result};

/// Longest journal that is read.
const FILE_LIMIT: u64 = 64 << 20;

/// One operation on the disk while a journal is replaced or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskStep {
    /// The folder of the journals is made.
    MakeFolder,
    /// A file is made beside the journal.
    Create,
    /// The new text is written into it.
    Write,
    /// It is synced.
    SyncFile,
    /// It takes the journal's name.
    Rename,
    /// The journal goes.
    Remove,
    /// A folder is synced: a name in it came or went.
    SyncFolder,
}

/// Asked before an operation; its error takes the operation's place.
type Gate = dyn Fn(DiskStep) -> io::Result<()> + Send + Sync;

/// The disk under the journals.
#[derive(Clone, Default)]
pub struct Disk {
    gate: Option<Arc<Gate>>,
}

impl Disk {
    /// A disk that asks before each operation. An error is what the operation gives, and it does not take place. For tests of
    /// what a failing disk leaves.
    pub fn asking(gate: impl Fn(DiskStep) -> io::Result<()> + Send + Sync + 'static) -> Disk {
        Disk {
            gate: Some(Arc::new(gate)),
        }
    }

    fn may(&self, step: DiskStep) -> io::Result<()> {
        match &self.gate {
            Some(gate) => gate(step),
            None => Ok(()),
        }
    }

    /// Written aside, synced, renamed, the folder synced: it outlives a power cut whole or is not there.
    pub(super) fn replace(&self, path: &Path, board: &str, open: &Entries) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        self.make(folder)?;
        self.may(DiskStep::Create)?;
        let file = tempfile::NamedTempFile::new_in(folder)?;
        self.may(DiskStep::Write)?;
        let mut text = BufWriter::new(file);
        record::write(&mut text, board, open)?;
        let file = text.into_inner().map_err(|error| error.into_error())?;
        self.may(DiskStep::SyncFile)?;
        file.as_file().sync_all()?;
        self.may(DiskStep::Rename)?;
        file.persist(path).map_err(|error| error.error)?;
        self.sync_folder(folder) // the new name, too
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            return Ok(());
        }
        self.may(DiskStep::Remove)?;
        fs::remove_file(path)?;
        self.sync_folder(path.parent().unwrap_or(Path::new(".")))
    }

    /// Makes a folder and those above it. Their names are synced, too: a journal is lost with the folder that holds it.
    fn make(&self, folder: &Path) -> io::Result<()> {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<&Path> = folder.ancestors().take_while(missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.may(DiskStep::MakeFolder)?;
        fs::create_dir_all(folder)?;
        let above = |folder: &&Path| folder.parent().map(Path::to_owned);
        for folder in missing.iter().filter_map(above) {
            self.sync_folder(match folder.as_os_str().is_empty() {
                true => Path::new("."),
                false => &folder,
            })?;
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.may(DiskStep::SyncFolder)?;
        match cfg!(unix) {
            true => File::open(folder)?.sync_all(),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

/// All disks are equal: two journals differ in what they hold.
impl PartialEq for Disk {
    fn eq(&self, _: &Disk) -> bool {
        true
    }
}

impl Eq for Disk {}

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
