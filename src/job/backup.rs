//! A backup of the whole flash with its label, and the way back.
//!
//! The backup is the flash's bytes alone, so that every tool can use it. What they are of stands in the *label*, a small JSON file
//! beside it: `board.bin.json` for `board.bin`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;
use serde::{Deserialize, Serialize};

use super::laid_out::{BootLoader, LaidOutPieces};
use super::piece::{Piece, Pieces};
use super::range::read_flash_twice;
use super::target::Target;
use super::write::{WriteJob, WriteOptions, Written};
use crate::chip::Chip;
use crate::digest::sha256;
use crate::error::BackupOf;
use crate::event::{Listener, Stage, tell};
use crate::file::{self, Limit};
use crate::flash::{FcbChoice, Headers, KeptBytes, Nor, OwnFcb};
use crate::journal::date;
use crate::{Error, Result, Source};

/// All bytes of a flash.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Backup {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are of.
    pub label: Label,
}

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Label {
    /// The chip that the board went by.
    pub chip: String,
    /// The chip's unique id, in hex.
    pub unique_id: String,
    /// The flash's JEDEC id, as in 9d 60 17.
    pub jedec: String,
    /// The parts that the flash may be.
    pub part: String,
    /// Address of the first byte.
    pub address: u32,
    /// Bytes of the flash.
    pub size: u32,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// When they were read.
    pub time: String,
    /// The version of rtboot that read them.
    pub rtboot: String,
}

impl Label {
    /// Where the label of this backup is.
    pub fn path(backup: &Path) -> PathBuf {
        let mut name = backup.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }

    /// The text of its file.
    pub fn to_text(&self) -> String {
        // strings and numbers alone: they always become text
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The label of a backup; `None` where there is none.
    fn of(source: &Source) -> Result<Option<Label>> {
        let path = match source {
            Source::File(path) if path != Path::new("-") => Label::path(path),
            _ => return Ok(None),
        };
        match file::read(&path, Limit::Text) {
            Ok(text) => {
                let label = serde_json::from_slice(&text);
                label.map(Some).map_err(|error| Error::BadFile {
                    reason: format!("no label of a backup: {error}"),
                    path,
                })
            }
            Err(Error::ReadFile { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Holds the label against the bytes that it lies beside.
    fn check_bytes(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let held = sha256([bytes]);
        match held == self.sha256 {
            true => Ok(()),
            false => Err(Error::BadFile {
                reason: format!(
                    "its SHA-256 is {held}; its label {} says {}: the file is damaged, or the label is of another one",
                    Label::path(path).display(),
                    self.sha256
                ),
                path: path.to_owned(),
            }),
        }
    }
}

/// The stages of [`backup`], with their bytes.
pub fn backup_stages(nor: &Nor) -> [(Stage, u64); 2] {
    let size = u64::from(nor.geometry().size);
    [(Stage::Read, size), (Stage::Verify, size)]
}

/// Reads the whole flash, twice.
///
/// # Errors
/// As [`read_flash_twice`].
pub fn backup(nor: &mut Nor, listener: &mut dyn Listener) -> Result<Backup> {
    let g = nor.geometry();
    let bytes = read_flash_twice(nor, g.base, g.size, listener)?;
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let label = Label {
        chip: nor.chip().name.to_owned(),
        unique_id: unique_id(nor),
        jedec: nor.facts().id.to_string(),
        part: nor.names(),
        address: g.base,
        size: g.size,
        sha256: sha256([&bytes]),
        time: date(time.map_or(0, |time| time.as_secs())),
        rtboot: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Backup { bytes, label })
}

/// Writes a backup back: then flash holds exactly its bytes.
///
/// # Errors
/// As [`WriteJob::restore`] and [`write`](super::write()); [`Error::BackupMisfit`] for a backup of another flash or chip.
pub fn restore(
    source: &Source,
    options: WriteOptions,
    target: &Target,
    listener: &mut dyn Listener,
) -> Result<Written> {
    WriteJob::restore(source, options, target.chip)?.on(target, listener)
}

/// The options of a write that puts bytes back and adds nothing. No byte of flash is kept: the backup has all of them.
pub(super) fn as_they_are(options: WriteOptions) -> WriteOptions {
    WriteOptions {
        fcb: FcbChoice::Auto,
        own_fcb: OwnFcb::default(),
        base: None,
        headers: Headers::AsIs,
        boot_loader: BootLoader::Ask,
        kept: KeptBytes::Restore,
        ..options
    }
}

/// A backup as it was read from its file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub pieces: Pieces,
    pub label: Option<Label>,
}

/// Reads a backup and its label. Its content is never guessed at: the bytes are those of the flash, from its start on. Without a
/// chip it is taken for one of the chip that its label names, else of the default one.
pub(super) fn read(source: &Source, chip: Option<&'static Chip>) -> Result<(Read, &'static Chip)> {
    let path = source.path();
    let bytes = source.load(Limit::Backup)?.into_owned();
    let label = Label::of(source)?;
    if let Some(label) = &label {
        label.check_bytes(path, &bytes)?;
    }
    let by_label = || Chip::by_name(&label.as_ref()?.chip);
    let chip = chip.or_else(by_label).unwrap_or(Chip::DEFAULT);
    let named = Source::bytes(path.display().to_string(), bytes);
    let read = Read {
        pieces: Piece::data(named, chip.map.flash_base).into(),
        label,
    };
    Ok((read, chip))
}

/// Holds a backup against the board: it must be all of the flash, of a flash with this id, of this chip.
pub(super) fn check(
    label: Option<&Label>,
    pieces: &LaidOutPieces,
    nor: &Nor,
    listener: &mut dyn Listener,
) -> Result<()> {
    let (size, held) = (nor.geometry().size, pieces.memory().len_bytes());
    let misfit = |of, backup: String, here: String| Error::BackupMisfit {
        path: pieces.names().into(),
        of,
        backup,
        here,
    };
    if let Some(label) = label {
        let (chip, id) = (nor.chip().name, nor.facts().id.to_string());
        if !same_die(&label.chip, nor.chip()) {
            return Err(misfit(BackupOf::Chip, label.chip.clone(), chip.into()));
        }
        if label.jedec != id {
            return Err(misfit(BackupOf::FlashId, label.jedec.clone(), id));
        }
    }
    if held != size as usize {
        let bytes = |count: usize| format!("{count} bytes");
        return Err(misfit(BackupOf::Size, bytes(held), bytes(size as usize)));
    }
    let here = unique_id(nor);
    match label {
        None => {
            let file = pieces.names();
            let label = Label::path(Path::new(&file));
            let unlabelled = Finding::new(&run::BACKUP_UNLABELLED)
                .text("label", label.display())
                .text("file", file);
            tell(listener, unlabelled);
        }
        Some(label) if label.unique_id != here => {
            let other = Finding::new(&run::BACKUP_OF_OTHER_BOARD)
                .text("file", pieces.names())
                .text("theirs", &label.unique_id)
                .text("ours", here)
                .text("time", &label.time);
            tell(listener, other);
        }
        Some(_) => {}
    }
    Ok(())
}

/// Whether the chip of this name has the id of that one, and its flash in the same place. Chips of one die differ by their package,
/// which no register tells: the label has the name that the board went by.
fn same_die(name: &str, chip: &Chip) -> bool {
    Chip::by_name(name)
        .is_some_and(|theirs| theirs.id == chip.id && theirs.map.flash_base == chip.map.flash_base)
}

fn unique_id(nor: &Nor) -> String {
    nor.loader_facts().unique_id.to_string()
}
