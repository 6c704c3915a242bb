//! A board in a directory: files that a person can read and change while no program has the board open.
//!
//! | file       | holds                                                                                            |
//! |------------|--------------------------------------------------------------------------------------------------|
//! | board.json | part, status registers, switches, faults, which program runs, how it has set up the flash         |
//! | flash.bin  | the flash from offset 0; what a shorter file leaves out is erased (FFh)                           |
//! | fuses.txt  | `index = value`, one fuse word a line; words 1 and 2 are the chip's unique id                     |
//! | ram.bin    | ITCM, DTCM and OCRAM one after another; what a shorter file, or none, leaves out is zero           |
//! | board.lock | locked while a program has the board open; empty once the board has been saved whole               |
//!
//! Every file is written beside its place and then renamed, so that a crash leaves the old one or the new one.
//!
//! What survives from one program run to the next: the flash, the fuses, the switches, the faults, which program the chip
//! runs, RAM, and how a flashloader has set up the flash: as on a board that stays powered. What does not: what USB or the
//! UART had half said; and a flash part's passing moods (QPI, continuous read).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

mod files;
mod fuses;
#[cfg(test)]
mod tests;

use files::BoardFile;
pub(crate) use files::Running;

use crate::board::{Board, Kept, Settings};
use crate::memory;
use crate::nor::Part;

const BOARD: &str = "board.json";
const FLASH: &str = "flash.bin";
const RAM: &str = "ram.bin";
const FUSES: &str = "fuses.txt";
const LOCK: &str = "board.lock";
/// What the lock file says until all three files are there: a program that ends before has left no board.
const MAKING: &[u8] = b"a board is being made\n";

/// Why a board could not be opened or saved.
#[derive(Debug, thiserror::Error)]
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

/// The directory a board lives in, locked for this board.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    /// Released when the file is closed.
    lock: File,
}

impl Board {
    /// The board that lives in `directory`; a new one with [`Settings::default`] and an own unique id when the directory is
    /// not there or empty.
    ///
    /// The board goes on where it was: a flashloader that ran still runs. One that was without power
    /// is switched on. Fails with [`StoreError`], and changes nothing, when a file is missing, damaged or too large, or
    /// when another program has the board open.
    pub fn open(directory: &Path) -> Result<Board, StoreError> {
        is_new(directory)?;
        let store = Store::lock(directory)?;
        // somebody else may have made it while this one waited for the lock
        if !is_new(directory)? {
            return store.load();
        }
        let settings = Settings {
            unique_id: files::random_id(),
            ..Settings::default()
        };
        store.make(settings)
    }

    /// The board with these settings in a directory that is not there or empty.
    pub fn create(directory: &Path, settings: Settings) -> Result<Board, StoreError> {
        vacant(directory)?;
        Store::lock(directory)?.make_first(settings)
    }

    /// Writes the board to its directory. A board made by [`Board::new`] has none, and nothing is done.
    ///
    /// Dropping the board saves it too, but then nobody hears of an error.
    pub fn save(&self) -> Result<(), StoreError> {
        let Some(store) = self.store() else {
            return Ok(());
        };
        store.replace(FLASH, files::trimmed(self.flash()))?;
        store.replace(FUSES, fuses::to_text(self.fuses()).as_bytes())?;
        let kept = self.kept();
        store.replace(RAM, &kept.ram)?;
        let file = BoardFile::of(self, kept.flash);
        store.replace(BOARD, file.to_json().as_bytes())
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // nobody to tell; `save` is for those who want to know
        let _ = self.save();
    }
}

/// Whether a board is to be made here: no directory, or nothing in it.
fn is_new(directory: &Path) -> Result<bool, StoreError> {
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
        return Ok(true); // begun, and never there as a whole
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

/// That a board may be made here.
fn vacant(directory: &Path) -> Result<(), StoreError> {
    match is_new(directory)? {
        true => Ok(()),
        false => Err(StoreError::Exists {
            path: directory.into(),
        }),
    }
}

impl Store {
    /// A new board here, unless somebody else made one while this program came to the lock.
    fn make_first(self, settings: Settings) -> Result<Board, StoreError> {
        vacant(&self.directory)?;
        self.make(settings)
    }

    /// A new board here. Until it is saved whole the lock file says that there is none.
    fn make(mut self, settings: Settings) -> Result<Board, StoreError> {
        let path = self.directory.join(LOCK);
        let failed = |cause| StoreError::Io {
            action: "write",
            path: path.clone(),
            cause,
        };
        self.lock.set_len(0).map_err(failed)?;
        self.lock.write_all(MAKING).map_err(failed)?;
        self.lock.sync_all().map_err(failed)?;
        let made = self.lock.try_clone().map_err(failed)?;
        let mut board = Board::new(settings);
        board.set_store(self);
        board.save()?;
        made.set_len(0).map_err(failed)?;
        Ok(board)
    }

    fn lock(directory: &Path) -> Result<Store, StoreError> {
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

    fn load(self) -> Result<Board, StoreError> {
        let file = BoardFile::parse(&self.text(BOARD)?).map_err(|why| self.content(BOARD, why))?;
        let fuses = fuses::parse(&self.text(FUSES)?).map_err(|why| self.content(FUSES, why))?;
        let part = Part::find(&file.part).ok_or_else(|| {
            let known = Part::names().join(", ");
            self.content(
                BOARD,
                format!("part {:?} is not known; known are {known}", file.part),
            )
        })?;
        let flash = self.flash(part.size)?;
        let state = file.program;
        let kept = Kept {
            ram: self.ram()?,
            flash: file.flash_setup.clone(),
        };
        let settings = file
            .settings(part, flash, fuses)
            .map_err(|why| self.content(BOARD, why))?;
        let mut board = Board::unpowered(settings);
        board.go_on(state, kept);
        board.set_store(self);
        Ok(board)
    }

    /// The flash file, never more of it than the part holds.
    fn flash(&self, size: u32) -> Result<Vec<u8>, StoreError> {
        self.cells(FLASH, "the part", u64::from(size))
    }

    /// The RAM file; none is RAM full of zeros.
    fn ram(&self) -> Result<Vec<u8>, StoreError> {
        match self.cells(RAM, "RAM", memory::TOTAL as u64) {
            Err(StoreError::Missing { .. }) => Ok(Vec::new()),
            read => read,
        }
    }

    /// A file of cells: `what` holds `size` bytes.
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

    /// Writes a file beside its place, makes sure it is on the disk, and puts it there.
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
