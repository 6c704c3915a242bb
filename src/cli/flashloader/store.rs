//! Flashloader files that are remembered: copies named by their SHA-256, and an index, in a folder for each chip.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use rtboot::chip::Chip;
use rtboot::{Error, Result};
use serde::{Deserialize, Serialize};

use super::sha256;
use crate::cli::read::write_whole;
use crate::cli::{folders, input};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub sha256: String,
    pub size: usize,
    /// What it was called when it was added.
    pub name: String,
}

/// What `index.toml` holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Index {
    /// SHA-256 of the one that is sent.
    sent: Option<String>,
    #[serde(default)]
    file: Vec<Entry>,
}

/// The files of one chip.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    index: Index,
}

impl Store {
    /// Reads the index; none is an empty one.
    ///
    /// # Errors
    /// [`Error::ReadFile`]; [`Error::Settings`] for an index that is none.
    pub fn open(chip: &Chip) -> Result<Store> {
        let folder = folders::flashloaders()?.join(chip.flashloader.folder);
        let path = folder.join("index.toml");
        let index = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| Error::Settings {
                path,
                reason: error.message().to_owned(),
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Index::default(),
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        Ok(Store { folder, index })
    }

    /// Every file, and whether it is the one that is sent.
    pub fn entries(&self) -> impl Iterator<Item = (&Entry, bool)> {
        let sent = self.index.sent.as_ref();
        let files = self.index.file.iter();
        files.map(move |entry| (entry, sent == Some(&entry.sha256)))
    }

    /// Copies a file in; it is sent from now on.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
    pub fn add(mut self, bytes: &[u8], sha256: &str, name: &str) -> Result<PathBuf> {
        let unwritable = |path: &PathBuf| {
            let path = path.clone();
            move |source| Error::WriteFile { path, source }
        };
        fs::create_dir_all(&self.folder).map_err(unwritable(&self.folder))?;
        let copy = self.copy(sha256);
        write_whole(&copy, bytes).map_err(unwritable(&copy))?;
        self.index.file.retain(|entry| entry.sha256 != sha256);
        self.index.file.push(Entry {
            sha256: sha256.to_owned(),
            size: bytes.len(),
            name: name.to_owned(),
        });
        self.index.sent = Some(sha256.to_owned());
        let path = self.folder.join("index.toml");
        let text = toml::to_string(&self.index).map_err(|error| Error::Settings {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write_whole(&path, text.as_bytes()).map_err(unwritable(&path))?;
        Ok(copy)
    }

    fn copy(&self, sha256: &str) -> PathBuf {
        let name: String = sha256.chars().filter(char::is_ascii_hexdigit).collect();
        self.folder.join(format!("{name}.bin"))
    }

    /// The copy of the file that is sent, if one is remembered and still what it was.
    ///
    /// # Errors
    /// [`Error::ReadFile`]; [`Error::Settings`] for a copy that changed.
    pub fn sent(&self) -> Result<Option<PathBuf>> {
        let Some(digest) = &self.index.sent else {
            return Ok(None);
        };
        let path = self.copy(digest);
        if sha256(&input::file(&path)?) != *digest {
            return Err(Error::Settings {
                path,
                reason: "the remembered flashloader is no longer what it was; add it again".into(),
            });
        }
        Ok(Some(path))
    }
}
