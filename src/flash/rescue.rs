//! Bytes around an image, saved before an erase would lose them.
//!
//! A write keeps the bytes that share a sector with the image. Between the erase and the programming they exist
//! only in the host's memory, so they go to a file first, synced, named by the board's unique id. A write that comes to
//! its end removes the file; a write that finds one from an interrupted run puts its bytes back.
//!
//! The file is Intel HEX: any tool, and any person, can read it.

use std::fs;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use rtboot_bootable::{Firmware, Memory, MemoryMap, emit};

use crate::error::KeptUnit;
use crate::{Error, Result};

/// Most bytes that are saved: their text is read back as any other file.
const KEPT_LIMIT: usize = 8 << 20;
/// Most separate pieces, for the same reason.
const PIECES_LIMIT: usize = 60_000;

/// Where rescue files live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescueStore {
    folder: PathBuf,
}

impl RescueStore {
    /// Files in this folder; it is made when the first one is saved.
    pub fn new(folder: impl Into<PathBuf>) -> RescueStore {
        RescueStore {
            folder: folder.into(),
        }
    }

    /// The file of a board. `unique_id` is its unique id in hex.
    pub fn path(&self, unique_id: &str) -> PathBuf {
        let name: String = unique_id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        self.folder.join(format!("{name}.hex"))
    }

    /// Bytes that an interrupted write left; empty when there are none.
    ///
    /// # Errors
    /// [`Error::ReadFile`], and [`Error::Firmware`] for a damaged file: it is never ignored silently.
    pub fn load(&self, unique_id: &str, map: &MemoryMap) -> Result<Memory> {
        let path = self.path(unique_id);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Memory::new()),
            Err(source) => return Err(Error::ReadFile { path, source }),
        };
        match Firmware::parse(&bytes, Some("rescue.hex"), None, map) {
            Ok(firmware) => Ok(firmware.memory),
            Err(source) => Err(Error::Firmware { path, source }),
        }
    }

    /// Saves the bytes so that they outlive a power cut: written aside, synced, renamed, the folder synced.
    ///
    /// # Errors
    /// [`Error::WriteFile`], [`Error::TooMuchToKeep`] for more than a later run would read back; nothing may be erased then.
    pub fn save(&self, unique_id: &str, bytes: &Memory) -> Result<PathBuf> {
        let path = self.path(unique_id);
        for (unit, count, limit) in [
            (KeptUnit::Bytes, bytes.len_bytes(), KEPT_LIMIT),
            (KeptUnit::Pieces, bytes.segments().count(), PIECES_LIMIT),
        ] {
            if count > limit {
                return Err(Error::TooMuchToKeep { count, unit, limit });
            }
        }
        match self.write_synced(&path, bytes) {
            Ok(()) => Ok(path),
            Err(source) => Err(Error::WriteFile { path, source }),
        }
    }

    fn write_synced(&self, path: &Path, bytes: &Memory) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = tempfile::NamedTempFile::new_in(&self.folder)?;
        let mut text = BufWriter::new(file);
        for line in emit::intel_hex_lines(bytes) {
            text.write_all(line.as_bytes())?;
        }
        let file = text.into_inner().map_err(|error| error.into_error())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        if cfg!(unix) {
            fs::File::open(&self.folder)?.sync_all()?; // the new name, too
        }
        Ok(())
    }

    /// Forgets the bytes: the board holds them again.
    ///
    /// # Errors
    /// [`Error::WriteFile`] when the file stays; a later write would restore old bytes then.
    pub fn remove(&self, unique_id: &str) -> Result<()> {
        let path = self.path(unique_id);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error::WriteFile { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> MemoryMap {
        crate::chip::Chip::by_name("rt1021").expect("a chip").map
    }

    fn bytes() -> Memory {
        let mut memory = Memory::new();
        memory
            .insert(0x6000_0200, vec![1, 2, 3])
            .expect("no overlap");
        memory.insert(0x607F_FFFF, vec![4]).expect("no overlap");
        memory
    }

    #[test]
    fn what_is_saved_comes_back_until_it_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = RescueStore::new(folder.path().join("deep/er"));
        assert_eq!(
            store.load("00ff", &map()).expect("no file is no bytes"),
            Memory::new()
        );
        let path = store.save("00ff", &bytes()).expect("saved");
        assert!(path.ends_with("00ff.hex"));
        assert_eq!(store.load("00ff", &map()).expect("loaded"), bytes());
        assert_eq!(
            store.load("00fe", &map()).expect("another board"),
            Memory::new()
        );
        store.remove("00ff").expect("removed");
        assert_eq!(store.load("00ff", &map()).expect("gone"), Memory::new());
        store.remove("00ff").expect("removing nothing is fine");
    }

    #[test]
    fn a_cut_file_is_an_error_not_an_empty_rescue() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = RescueStore::new(folder.path());
        let path = store.save("ab", &bytes()).expect("saved");
        let text = fs::read_to_string(&path).expect("text");
        fs::write(&path, &text[..text.len() / 2]).expect("cut");
        assert!(matches!(
            store.load("ab", &map()),
            Err(Error::Firmware { .. })
        ));
    }

    #[test]
    fn too_many_kept_bytes_names_the_way_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut much = Memory::new();
        much.insert(0x6000_0000, vec![0; KEPT_LIMIT + 1])
            .expect("no overlap");
        let store = RescueStore::new(folder.path());
        let error = store.save("00ff", &much).expect_err("too much");
        assert_eq!((error.code(), error.exit_code()), ("too-much-to-keep", 2));
        let text = error.to_string();
        assert!(
            text.contains("8388609") && text.contains("8388608"),
            "{text}"
        );
        assert_eq!(
            crate::advice::advice(&error).next.first(),
            Some(&rtboot_finding::Action::EraseAround.into())
        );
        assert!(!store.path("00ff").exists());
    }

    #[test]
    fn piece_limit_is_kept_and_one_more_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = RescueStore::new(folder.path());
        let mut pieces = Memory::new();
        for number in 0..PIECES_LIMIT as u32 {
            pieces
                .insert(0x6000_0000 + 2 * number, vec![number as u8])
                .expect("no overlap");
        }
        store.save("00ff", &pieces).expect("saved");
        assert!(store.load("00ff", &map()).expect("read back") == pieces);
        pieces.insert(0x6100_0000, vec![1]).expect("no overlap");
        let error = store.save("0100", &pieces).expect_err("too many");
        assert!(error.to_string().contains("60001 pieces"), "{error}");
        assert!(!store.path("0100").exists());
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        let store = RescueStore::new("/r");
        assert_eq!(
            store.path("../../etc/passwd"),
            PathBuf::from("/r/etcpasswd.hex")
        );
    }
}
