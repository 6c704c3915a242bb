//! Flashloader files: read, checked, and remembered for the next run. Package feature `loader-store`.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rtboot_bootable::known::{self, KnownLoader};
use rtboot_bootable::{Firmware, LoaderImage};

use crate::chip::Chip;
use crate::digest::sha256;
use crate::file::write_whole;
use crate::{Error, Result};

/// A flashloader file, ready to be sent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoaderFile {
    /// Where it came from.
    pub path: PathBuf,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The public build that it is, if it is one.
    pub build: Option<&'static KnownLoader>,
    /// What is sent.
    pub image: LoaderImage,
}

impl LoaderFile {
    /// Takes the content of a file apart.
    ///
    /// # Errors
    /// [`Error::LoaderForOther`] for a public build of another chip; [`Error::Firmware`] for bytes that no flashloader of this
    /// chip can be.
    pub fn parse(bytes: &[u8], path: &Path, chip: &Chip) -> Result<LoaderFile> {
        let sha256 = sha256([bytes]);
        let build = known::find(bytes.len(), &sha256);
        if let Some(build) = build.filter(|build| !build.is_for(chip)) {
            let chips: Vec<&str> = build.chips().map(|chip| chip.name).collect();
            return Err(Error::LoaderForOther {
                path: path.to_owned(),
                build: build.name,
                chips: chips.join("/"),
                chip: chip.name,
            });
        }
        let image = LoaderImage::parse(bytes, &chip.map);
        let image = image.map_err(|source| Error::Firmware {
            path: path.to_owned(),
            source,
        })?;
        Ok(LoaderFile {
            path: path.to_owned(),
            size: bytes.len(),
            build,
            sha256,
            image,
        })
    }

    /// The chip that a file is for, when the user names none: that of the public build that it is, else the default one.
    pub fn chip_of(bytes: &[u8]) -> &'static Chip {
        let build = known::find(bytes.len(), &sha256([bytes]));
        match build {
            Some(build) if !build.is_for(Chip::DEFAULT) => build.chips().next(),
            _ => None,
        }
        .unwrap_or(Chip::DEFAULT)
    }

    /// What to call it: the public build, else its path.
    pub fn name(&self) -> String {
        match self.build {
            Some(build) => build.name.to_owned(),
            None => self.path.display().to_string(),
        }
    }

    /// Refuses a file whose DCD reaches the fuse controller: the boot ROM runs a flashloader's DCD before it starts it.
    ///
    /// # Errors
    /// [`Error::LoaderDangerous`] with the access.
    pub fn refuse_fuse_access(self, chip: &Chip) -> Result<LoaderFile> {
        let dcd = self.image.dcd.as_ref();
        let dangers = dcd.map(|dcd| dcd.dangers(&chip.map));
        match dangers.unwrap_or_default().first() {
            Some(danger) => Err(Error::LoaderDangerous {
                path: self.path,
                danger: danger.to_string(),
            }),
            None => Ok(self),
        }
    }
}

/// Flashloader files that are remembered: copies named by their SHA-256, and an index, in a folder for the chips that take the
/// same flashloader.
#[derive(Debug)]
pub struct LoaderStore {
    folder: PathBuf,
    index: Index,
}

/// A file that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Remembered {
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Bytes of the file.
    pub size: usize,
    /// What it was called when it was added.
    pub name: String,
}

impl Remembered {
    /// The public build that it is, if it is one.
    pub fn build(&self) -> Option<&'static KnownLoader> {
        known::find(self.size, &self.sha256)
    }
}

/// What `index.toml` holds.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
struct Index {
    /// SHA-256 of the one that is sent.
    sent: Option<String>,
    #[serde(default)]
    file: Vec<Remembered>,
}

impl LoaderStore {
    /// Reads the index of this chip below `folder`; without one nothing is remembered.
    ///
    /// # Errors
    /// [`Error::ReadFile`]; [`Error::Settings`] for an index that is none.
    pub fn open(folder: &Path, chip: &Chip) -> Result<LoaderStore> {
        let folder = folder.join(chip.flashloader.folder);
        let path = folder.join("index.toml");
        let index = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| Error::Settings {
                path,
                reason: error.message().to_owned(),
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Index::default(),
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        Ok(LoaderStore { folder, index })
    }

    /// Every file, and whether it is the one that is sent.
    pub fn files(&self) -> impl Iterator<Item = (&Remembered, bool)> {
        let sent = self.index.sent.as_ref();
        let files = self.index.file.iter();
        files.map(move |file| (file, sent == Some(&file.sha256)))
    }

    /// Copies a file in; it is sent from now on. Returns where the copy lies.
    ///
    /// # Errors
    /// [`Error::WriteFile`]; what was remembered stays as it was then.
    pub fn add(mut self, bytes: &[u8], name: &str) -> Result<PathBuf> {
        let sha256 = sha256([bytes]);
        fs::create_dir_all(&self.folder).map_err(unwritable(&self.folder))?;
        let copy = self.copy(&sha256);
        write_whole(&copy, bytes).map_err(unwritable(&copy))?;
        self.index.file.retain(|file| file.sha256 != sha256);
        self.index.file.push(Remembered {
            sha256: sha256.clone(),
            size: bytes.len(),
            name: name.to_owned(),
        });
        self.index.sent = Some(sha256);
        self.write_index()?;
        Ok(copy)
    }

    /// From now on this file is sent; one that is not remembered changes nothing.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
    pub fn send(&mut self, sha256: &str) -> Result<()> {
        if self.index.file.iter().any(|file| file.sha256 == sha256) {
            self.index.sent = Some(sha256.to_owned());
            self.write_index()?;
        }
        Ok(())
    }

    /// Forgets a file and removes its copy. When it was the one that is sent, none is until another is chosen.
    ///
    /// # Errors
    /// [`Error::WriteFile`].
    pub fn remove(&mut self, sha256: &str) -> Result<()> {
        self.index.file.retain(|file| file.sha256 != sha256);
        if self.index.sent.as_deref() == Some(sha256) {
            self.index.sent = None;
        }
        // first the index: a copy that nothing names does no harm
        self.write_index()?;
        let copy = self.copy(sha256);
        match fs::remove_file(&copy) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(&copy)(error)),
            _ => Ok(()),
        }
    }

    fn write_index(&self) -> Result<()> {
        let path = self.folder.join("index.toml");
        let text = toml::to_string(&self.index).map_err(|error| Error::Settings {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        write_whole(&path, text.as_bytes()).map_err(unwritable(&path))
    }

    fn copy(&self, sha256: &str) -> PathBuf {
        // the index is a file that anyone may edit: nothing of it may lead out of the folder
        let name: String = sha256.chars().filter(char::is_ascii_hexdigit).collect();
        self.folder.join(format!("{name}.bin"))
    }

    /// The copy of the file that is sent, and its content, if one is remembered and still what it was.
    ///
    /// # Errors
    /// [`Error::ReadFile`]; [`Error::Settings`] for a copy that changed.
    pub fn sent(&self) -> Result<Option<(PathBuf, Vec<u8>)>> {
        let Some(digest) = &self.index.sent else {
            return Ok(None);
        };
        let path = self.copy(digest);
        let bytes = read(&path).map_err(|source| Error::ReadFile {
            path: path.clone(),
            source,
        })?;
        if sha256([&bytes]) != *digest {
            return Err(Error::Settings {
                path,
                reason: "the remembered flashloader is no longer what it was; add it again".into(),
            });
        }
        Ok(Some((path, bytes)))
    }
}

/// At most one byte more than a flashloader may have: a longer file is not the one that was remembered.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = Firmware::FILE_LIMIT as u64 + 1;
    fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::WriteFile {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_file_that_changed_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let chip = Chip::by_name("rt1021").expect("a row");
        let open = || LoaderStore::open(folder.path(), chip).expect("an index");
        assert!(open().sent().expect("nothing yet").is_none());
        let copy = open().add(b"some bytes", "a.bin").expect("written");
        open().add(b"other bytes", "b.bin").expect("written");
        open().add(b"some bytes", "c.bin").expect("written");
        let store = open();
        let files: Vec<(&str, bool)> = store
            .files()
            .map(|(file, sent)| (file.name.as_str(), sent))
            .collect();
        assert_eq!(files, [("b.bin", false), ("c.bin", true)]);
        let (path, bytes) = store.sent().expect("readable").expect("one");
        assert_eq!((path, bytes), (copy.clone(), b"some bytes".to_vec()));
        fs::write(copy, b"Some bytes").expect("written");
        let error = open().sent().expect_err("changed");
        assert_eq!(error.code(), "bad-settings");
    }
}
