//! The journals of a user: one file a board, and what changes in it.

use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rtboot_fcb::JedecId;

use super::disk::{Disk, Owner, read, unusable};
use super::record::{self, Entries};
use super::{OpenErase, OpenWrite, Phase, now, remove};
use crate::error::KeptUnit;
use crate::{Error, Result};

/// Most bytes of one board that are kept: their text is read back as a whole.
const KEPT_LIMIT: usize = 8 << 20;
/// Most separate pieces, for the same reason.
const PIECES_LIMIT: usize = 60_000;
/// Most writes and erases of one board that are open at a time.
const OPEN_LIMIT: usize = 64;

/// Which board a journal is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardKey(String);

impl BoardKey {
    /// Whether it can be the key of a board with this unique id at this place, whatever its flash is.
    fn fits(&self, unique_id: &str, place: &str) -> bool {
        let begins = self.0.starts_with(&format!("{}-", plain(unique_id)));
        begins && (is_told(unique_id) || self.0.ends_with(&format!("-{}", plain(place))))
    }

    /// From the chip's unique id in hex, the flash's id and size, and where the board is attached.
    ///
    /// The place counts only for a unique id of zeros or ones alone, which many boards share.
    pub fn new(unique_id: &str, jedec: JedecId, size: u32, place: &str) -> BoardKey {
        let place = match is_told(unique_id) {
            true => String::new(),
            false => format!("-{}", plain(place)),
        };
        let id = plain(&jedec.to_string());
        BoardKey(format!("{}-{id}-{size:x}{place}", plain(unique_id)))
    }
}

/// Whether a unique id is one: many boards share zeros or ones alone.
fn is_told(unique_id: &str) -> bool {
    unique_id.chars().any(|c| c != '0') && unique_id.chars().any(|c| c != 'f')
}

/// The same text as part of a file's name.
fn plain(text: &str) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c,
        false => '_',
    };
    text.chars().take(100).map(plain).collect()
}

/// The state folder of another user of this machine, where a journal of the same board may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherUser {
    /// Who.
    pub user: String,
    /// The folder.
    pub folder: PathBuf,
}

/// A journal of another user that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherJournal {
    /// Who.
    pub user: String,
    /// Its file.
    pub file: PathBuf,
    /// Whether it is known to be there; else that could not be seen.
    pub is_there: bool,
}

/// Where journals live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalStore {
    folder: PathBuf,
    others: Vec<OtherUser>,
    disk: Disk,
}

impl JournalStore {
    /// Files in this folder; it is made when the first one is saved.
    pub fn new(folder: impl Into<PathBuf>) -> JournalStore {
        JournalStore {
            folder: folder.into(),
            others: Vec::new(),
            disk: Disk::default(),
        }
    }

    /// The disk that the files are on.
    #[must_use]
    pub fn on_disk(mut self, disk: Disk) -> JournalStore {
        self.disk = disk;
        self
    }

    /// Folders of other users that may have written the same boards.
    #[must_use]
    pub fn with_others(mut self, others: Vec<OtherUser>) -> JournalStore {
        self.others = others;
        self
    }

    /// The journal of a board, empty when there is none.
    ///
    /// # Errors
    /// [`Error::ReadFile`]; [`Error::JournalUnusable`] for one that is damaged, too large or not this user's own: it is never
    /// ignored silently.
    pub fn open(&self, key: &BoardKey) -> Result<BoardJournal> {
        let mut journal = self.empty(key);
        if let Some(bytes) = read(&journal.path, Owner::Me)? {
            journal.open =
                record::read(&bytes, &key.0).map_err(|reason| unusable(&journal.path, reason))?;
        }
        Ok(journal)
    }

    /// The journal of the board with this unique id at this place, when there is one and no second, of another flash chip, beside it.
    ///
    /// # Errors
    /// As [`JournalStore::open`].
    pub fn of_chip(&self, unique_id: &str, place: &str) -> Result<Option<BoardJournal>> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Ok(None); // nothing was ever kept
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let keys = names.filter_map(|name| {
            name.strip_suffix(".journal")
                .map(|key| BoardKey(key.to_owned()))
        });
        let keys: Vec<BoardKey> = keys.filter(|key| key.fits(unique_id, place)).collect();
        match keys.as_slice() {
            [one] => self.open(one).map(Some),
            _ => Ok(None),
        }
    }

    /// The journal of a board without what is in its file.
    pub fn empty(&self, key: &BoardKey) -> BoardJournal {
        let name = format!("{}.journal", key.0);
        let others = self.others.iter().map(|other| OtherUser {
            user: other.user.clone(),
            folder: other.folder.join(&name),
        });
        BoardJournal {
            open: Entries::default(),
            path: self.folder.join(&name),
            key: key.clone(),
            others: others.collect(),
            disk: self.disk.clone(),
            unsure: false,
        }
    }
}

/// The journal of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardJournal {
    path: PathBuf,
    key: BoardKey,
    open: Entries,
    others: Vec<OtherUser>,
    disk: Disk,
    /// Saving failed, perhaps after the file had been replaced: it may hold something else than `open`.
    unsure: bool,
}

impl BoardJournal {
    /// Its file, whether it is there or not.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The writes that are open, oldest first.
    pub fn writes(&self) -> &[OpenWrite] {
        &self.open.writes
    }

    /// The erases that are open, oldest first.
    pub fn erases(&self) -> &[OpenErase] {
        &self.open.erases
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Another user who has a journal of this board, and those of whom that cannot be told.
    pub fn of_others(&self) -> (Option<&OtherUser>, Vec<&OtherUser>) {
        let (mut have, mut hidden) = (None, Vec::new());
        for other in &self.others {
            match fs::symlink_metadata(&other.folder) {
                Ok(_) => have = have.or(Some(other)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(_) => hidden.push(other),
            }
        }
        (have, hidden)
    }

    /// The journals of other users: those that can be read, with whose they are, and those that cannot.
    pub fn read_others(&self) -> (Vec<(String, BoardJournal)>, Vec<OtherJournal>) {
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for other in &self.others {
            let is_there = match fs::symlink_metadata(&other.folder) {
                Ok(_) => true,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(_) => false,
            };
            match self.read_other(other) {
                Some(open) => {
                    let journal = BoardJournal {
                        path: other.folder.clone(),
                        key: self.key.clone(),
                        open,
                        others: Vec::new(),
                        disk: self.disk.clone(),
                        unsure: false,
                    };
                    read.push((other.user.clone(), journal));
                }
                None => unread.push(OtherJournal {
                    user: other.user.clone(),
                    file: other.folder.clone(),
                    is_there,
                }),
            }
        }
        (read, unread)
    }

    /// What the journal of another user holds; only to be told, for it may be anybody's.
    fn read_other(&self, other: &OtherUser) -> Option<Entries> {
        let bytes = read(&other.folder, Owner::Anybody).ok().flatten()?;
        record::read(&bytes, &self.key.0).ok()
    }

    /// These writes are open from now on, and no others.
    ///
    /// # Errors
    /// [`Error::WriteFile`]; [`Error::TooMuchToKeep`] for more than a later run would read back. The old journal is still
    /// there then.
    pub fn replace(&mut self, writes: Vec<OpenWrite>) -> Result<()> {
        let erases = self.open.erases.clone();
        self.open(Entries { writes, erases })
    }

    /// Nothing is open any more, whatever flash holds.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn clear(&mut self) -> Result<()> {
        self.open(Entries::default())
    }

    /// A write begins: it is open from now on.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn begin(&mut self, others: Vec<OpenWrite>, write: OpenWrite) -> Result<()> {
        self.replace(others.into_iter().chain([write]).collect())
    }

    /// The write that began last comes to this phase.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn enter(&mut self, phase: Phase) -> Result<()> {
        self.change_last(|write| write.phase = phase)
    }

    /// Changes the record of the write that began last.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn change_last(&mut self, change: impl FnOnce(&mut OpenWrite)) -> Result<()> {
        let mut open = self.open.clone();
        if let Some(last) = open.writes.last_mut() {
            change(last);
        }
        self.open(open)
    }

    /// A write came to its end: these writes are still open, and these ranges are erased anew.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn end(&mut self, writes: Vec<OpenWrite>, erased: &[Range<u64>]) -> Result<()> {
        let mut open = Entries {
            writes,
            erases: self.open.erases.clone(),
        };
        for range in erased {
            forget_erases(&mut open, range);
        }
        self.open(open)
    }

    /// An erase of this range begins. Kept bytes in it do not come back from now on: they are to be wiped.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn begin_erase(&mut self, range: &Range<u64>) -> Result<()> {
        let mut open = self.open.clone();
        forget(&mut open, range);
        open.erases.push(OpenErase {
            program: env!("CARGO_PKG_VERSION").into(),
            time: now(),
            ranges: vec![range.clone()],
        });
        self.open(open)
    }

    /// The erase that began last broke off: only these ranges are not known to be erased.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn erase_broke(&mut self, missing: Range<u64>) -> Result<()> {
        let mut open = self.open.clone();
        if let Some(last) = open.erases.last_mut() {
            last.ranges = vec![missing];
        }
        self.open(open)
    }

    /// This range is erased: nothing of it comes back, and nothing of it is to be erased again.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn forget(&mut self, range: &Range<u64>) -> Result<()> {
        let mut open = self.open.clone();
        forget(&mut open, range);
        self.open(open)
    }

    /// As it was before: what was to begin did not.
    ///
    /// # Errors
    /// As [`BoardJournal::replace`].
    pub fn back_to(&mut self, before: BoardJournal) -> Result<()> {
        self.open(before.open)
    }

    /// Saves what is open from now on. With nothing the file goes.
    fn open(&mut self, open: Entries) -> Result<()> {
        if open == self.open && !open.is_empty() && !self.unsure {
            return Ok(());
        }
        check_limits(&open)?;
        let saved = match open.is_empty() {
            true => self.disk.remove(&self.path),
            false => self.disk.replace(&self.path, &self.key.0, &open),
        };
        self.unsure = saved.is_err();
        saved.map_err(|source| Error::WriteFile {
            path: self.path.clone(),
            source,
        })?;
        self.open = open;
        Ok(())
    }
}

/// Nothing of this range is waited for any more.
fn forget(open: &mut Entries, range: &Range<u64>) {
    for write in &mut open.writes {
        write.forget_sector(range, &(0..0));
        write.forget_range(range);
    }
    open.writes.retain(|write| !write.is_over());
    forget_erases(open, range);
}

/// This range needs no erase any more.
fn forget_erases(open: &mut Entries, range: &Range<u64>) {
    for erase in &mut open.erases {
        remove(&mut erase.ranges, range);
    }
    open.erases.retain(|erase| !erase.ranges.is_empty());
}

fn check_limits(open: &Entries) -> Result<()> {
    let kept = || open.writes.iter().map(|write| &write.kept);
    let count = open.writes.len() + open.erases.len();
    for (unit, count, limit) in [
        (
            KeptUnit::Bytes,
            kept().map(rtboot_bootable::Memory::len_bytes).sum(),
            KEPT_LIMIT,
        ),
        (
            KeptUnit::Pieces,
            kept().map(|memory| memory.segments().count()).sum(),
            PIECES_LIMIT,
        ),
        (KeptUnit::Writes, count, OPEN_LIMIT),
    ] {
        if count > limit {
            return Err(Error::TooMuchToKeep { count, unit, limit });
        }
    }
    Ok(())
}
