//! How far a station has seen its ledger, in a file beside the database: a database that comes back older is refused.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The marks of one station, in a JSON file that is synced at each change. It belongs on another disk than the database, or at least
/// into another folder: who restores a backup of the one should not restore the other.
#[derive(Debug)]
pub struct HighWater {
    file: PathBuf,
    marks: Marks,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marks {
    /// The ledger's id; empty when none was seen.
    pub ledger: String,
    /// The sequence number of this station's last entry, and its hash.
    pub seq: i64,
    pub hash: String,
    /// Each pool's next number.
    pub pools: BTreeMap<String, i64>,
}

impl HighWater {
    /// Reads the file; one that is not there knows nothing yet.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::NotALedger`] for a file of something else.
    pub fn open(file: impl Into<PathBuf>) -> Result<HighWater> {
        let file = file.into();
        let marks = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::NotALedger(format!(
                    "{} holds no marks of a ledger: {error}",
                    file.display()
                ))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Marks::default(),
            Err(source) => return Err(Error::File { file, source }),
        };
        Ok(HighWater { file, marks })
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Stores marks: when this returns they outlast a power cut.
    pub(crate) fn store(&mut self, marks: Marks) -> Result<()> {
        if marks == self.marks {
            return Ok(());
        }
        let file = self.file.clone();
        write_synced(&file, &marks).map_err(|source| Error::File { file, source })?;
        self.marks = marks;
        Ok(())
    }
}

fn write_synced(file: &Path, marks: &Marks) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut bytes = serde_json::to_vec_pretty(marks)?;
    bytes.push(b'\n');
    let mut new = File::create(&beside)?;
    new.write_all(&bytes)?;
    new.sync_all()?;
    fs::rename(&beside, file)?;
    // the name is safe only when its folder is
    if cfg!(unix) {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
