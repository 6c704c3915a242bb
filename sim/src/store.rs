//! A directory that keeps a board: files that a person can read and change while no program has the board open.
//!
//! | file       | holds                                                                                    |
//! |------------|------------------------------------------------------------------------------------------|
//! | board.json | chip, part, status registers, boot pins, faults, running program, set-up and modes of the flash |
//! | flash.bin  | the flash from offset 0; what a shorter file leaves out is erased (FFh)                   |
//! | fuses.txt  | `index = value`, one fuse word a line; words 1 and 2 are the chip's unique id             |
//! | ram.bin    | ITCM, DTCM and OCRAM one after another; what a shorter file, or none, leaves out is zero   |
//! | board.lock | locked while a program has the board open; empty once the board has been saved whole       |
//!
//! Every file is written under another name and then renamed: a crash leaves the old one or the new one.
//!
//! This module knows files and their content, not the board: the board reads and writes itself through it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

mod files;
mod fuses;

pub(crate) use files::{BoardFile, FlashSetup, Running, trimmed};

use crate::chip::Chip;
use crate::fuses::Fuses;
use crate::nor::Part;

pub(crate) const BOARD: &str = "board.json";
pub(crate) const FLASH: &str = "flash.bin";
pub(crate) const RAM: &str = "ram.bin";
pub(crate) const FUSES: &str = "fuses.txt";
pub(crate) const LOCK: &str = "board.lock";
/// Content of the lock file until the board is saved whole: a directory that still says so holds no board.
pub(crate) const MAKING: &[u8] = b"a board is being made\n";

/// Why a board could not be opened or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or directory could not be read or written.
    #[error("cannot {action} {}: {cause}", path.display())]
    Io {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another program, or another part of this one, has the board open.
    #[error("the virtual board in {} is in use by another program", path.display())]
    Busy {
        /// The board's directory.
        path: PathBuf,
    },
    /// A new board was asked for, and there is one.
    #[error("{} holds a virtual board already: show or set it, or name another folder", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds other things, and no board.
    #[error("{} is not empty and holds no virtual board", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// One of the board's files is not there.
    #[error("{} is missing", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// One of the board's files does not say what it should.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A directory that keeps a board, locked for this board.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    lock: File,
}

impl Drop for Store {
    fn drop(&mut self) {
        // closing alone is not enough: a child between fork and exec holds a copy of the descriptor, and the lock with it
        let _ = fs4::FileExt::unlock(&self.lock);
    }
}

/// What the files of a board hold.
#[derive(Debug)]
pub(crate) struct Contents {
    pub chip: &'static Chip,
    pub file: BoardFile,
    pub part: Part,
    pub flash: Vec<u8>,
    pub fuses: Vec<(usize, u32)>,
    pub ram: Vec<u8>,
}

/// Whether a board is to be made here: no directory, or nothing in it.
pub(crate) fn is_new(directory: &Path) -> Result<bool, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(cause) => {
            return Err(StoreError::Io {
                action: "read",
                path: directory.into(),
                cause,
            });
        }
    };
    if fs::read(directory.join(LOCK)).is_ok_and(|text| text == MAKING) {
        return Ok(true); // the program that began it ended before it was whole
    }
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let ours = |name: &str| names.iter().any(|found| found == name);
    match names.iter().any(|name| name != LOCK) {
        false => Ok(true),
        true if ours(BOARD) || ours(FLASH) || ours(FUSES) => Ok(false),
        true => Err(StoreError::Foreign {
            path: directory.into(),
        }),
    }
}

/// Fails when the directory holds a board or other things.
pub(crate) fn vacant(directory: &Path) -> Result<(), StoreError> {
    match is_new(directory)? {
        true => Ok(()),
        false => Err(StoreError::Exists {
            path: directory.into(),
        }),
    }
}

impl Store {
    /// Where it is.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Marks the directory as one in which a board is being made.
    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        let mut mark = || {
            self.lock.set_len(0)?;
            self.lock.write_all(MAKING)?;
            self.lock.sync_all()
        };
        mark().map_err(|cause| self.lock_failed(cause))
    }

    /// Takes the mark of [`Store::begin`] away: every file is written.
    pub(crate) fn finish(&self) -> Result<(), StoreError> {
        self.lock
            .set_len(0)
            .map_err(|cause| self.lock_failed(cause))
    }

    fn lock_failed(&self, cause: io::Error) -> StoreError {
        StoreError::Io {
            action: "write",
            path: self.directory.join(LOCK),
            cause,
        }
    }

    /// Makes the directory where it is missing, and locks it.
    pub(crate) fn lock(directory: &Path) -> Result<Store, StoreError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |cause| StoreError::Io {
                action: "create",
                path,
                cause,
            }
        };
        fs::create_dir_all(directory).map_err(failed(directory))?;
        let path = directory.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed(&path))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => Ok(Store {
                directory: directory.into(),
                lock,
            }),
            Err(fs4::TryLockError::WouldBlock) => Err(StoreError::Busy {
                path: directory.into(),
            }),
            Err(fs4::TryLockError::Error(cause)) => Err(failed(&path)(cause)),
        }
    }

    /// Reads and checks all files.
    pub(crate) fn read(&self) -> Result<Contents, StoreError> {
        let file = BoardFile::parse(&self.text(BOARD)?).map_err(|why| self.content(BOARD, why))?;
        let fuses = fuses::parse(&self.text(FUSES)?).map_err(|why| self.content(FUSES, why))?;
        let part = Part::find(&file.part).ok_or_else(|| {
            let known = Part::names().join(", ");
            self.content(
                BOARD,
                format!("part {:?} is not known; known are {known}", file.part),
            )
        })?;
        let chip = Chip::find(&file.chip).ok_or_else(|| {
            let known = Chip::names().join(", ");
            let why = format!("chip {:?} is not known; known are {known}", file.chip);
            self.content(BOARD, why)
        })?;
        file.check(&part).map_err(|why| self.content(BOARD, why))?;
        Ok(Contents {
            flash: self.flash(part.size)?,
            ram: self.ram(chip)?,
            chip,
            file,
            part,
            fuses,
        })
    }

    /// Writes all files.
    pub(crate) fn write(
        &self,
        file: &BoardFile,
        chip: &Chip,
        flash: &[u8],
        fuses: &Fuses,
        ram: &[u8],
    ) -> Result<(), StoreError> {
        self.replace(FLASH, trimmed(flash))?;
        self.replace(FUSES, fuses::to_text(chip, fuses).as_bytes())?;
        self.replace(RAM, ram)?;
        self.replace(BOARD, file.to_json().as_bytes())
    }

    /// The flash file, never more of it than the part holds.
    fn flash(&self, size: u32) -> Result<Vec<u8>, StoreError> {
        self.cells(FLASH, "the part", u64::from(size))
    }

    /// The RAM file; none is RAM full of zeros.
    fn ram(&self, chip: &Chip) -> Result<Vec<u8>, StoreError> {
        match self.cells(RAM, "RAM", chip.ram_size() as u64) {
            Err(StoreError::Missing { .. }) => Ok(Vec::new()),
            read => read,
        }
    }

    /// A file of at most the `size` bytes that `what` holds.
    fn cells(&self, name: &str, what: &str, size: u64) -> Result<Vec<u8>, StoreError> {
        let path = self.directory.join(name);
        let length = fs::metadata(&path)
            .map_err(|cause| not_read(&path, cause))?
            .len();
        if length > size {
            return Err(self.content(name, format!("{length} bytes, {what} holds {size}")));
        }
        fs::read(&path).map_err(|cause| not_read(&path, cause))
    }

    fn text(&self, name: &str) -> Result<String, StoreError> {
        let path = self.directory.join(name);
        let length = fs::metadata(&path)
            .map_err(|cause| not_read(&path, cause))?
            .len();
        if length > 1 << 20 {
            return Err(self.content(name, format!("{length} bytes, far too long")));
        }
        let bytes = fs::read(&path).map_err(|cause| not_read(&path, cause))?;
        String::from_utf8(bytes).map_err(|_| self.content(name, "not a text file".into()))
    }

    fn content(&self, name: &str, reason: String) -> StoreError {
        StoreError::Content {
            path: self.directory.join(name),
            reason,
        }
    }

    /// Writes a file under another name, syncs it to the disk, and renames it.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.directory.join(name);
        let beside = self.directory.join(format!("{name}.new"));
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&beside, &path)
        };
        write().map_err(|cause| StoreError::Io {
            action: "write",
            path: path.clone(),
            cause,
        })
    }
}

fn not_read(path: &Path, cause: io::Error) -> StoreError {
    let path = path.to_path_buf();
    match cause.kind() {
        io::ErrorKind::NotFound => StoreError::Missing { path },
        _ => StoreError::Io {
            action: "read",
            path,
            cause,
        },
    }
}
