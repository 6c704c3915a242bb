//! Files that a job takes, read with a limit: applications, boot images, FCBs, parts, flashloaders.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use rtboot_bootable::{Firmware, Memory, MemoryMap, inspect};
#[cfg(feature = "cfg")]
use rtboot_fcb::CfgError;
use rtboot_finding::catalogue::image;

use crate::chip::{CHIPS, Chip};
use crate::{Error, Result};

/// How long a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// A firmware file: [`Firmware::FILE_LIMIT`].
    Firmware,
    /// A backup of a whole flash: [`Memory::LIMIT`].
    Backup,
    /// A sealed job of a production line: 256 MiB, as `rtboot-sealed` takes.
    #[cfg(feature = "line")]
    SealedJob,
    /// Text of our own, 256 KiB: settings, `.cfg`.
    Text,
    /// Text of another tool, 512 KiB: an FCB in SPSDK's YAML has 380 KiB when every step of every sequence is written out.
    ForeignText,
}

impl Limit {
    /// The limit in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Limit::Firmware => Firmware::FILE_LIMIT,
            Limit::Backup => Memory::LIMIT,
            #[cfg(feature = "line")]
            Limit::SealedJob => rtboot_sealed::FILE_LIMIT as usize,
            Limit::Text => TEXT_LIMIT,
            Limit::ForeignText => FOREIGN_LIMIT,
        }
    }
}

/// A file by its path, or bytes that the caller has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file of the system; a pipe works, too, and `-` is standard input.
    File(PathBuf),
    /// Bytes, and what to call them in messages; the ending of the name counts as a file's does.
    Bytes {
        /// The name.
        name: String,
        /// The bytes.
        bytes: Arc<Vec<u8>>,
    },
}

impl Source {
    /// Bytes with a name for messages.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Source {
        Source::Bytes {
            name: name.into(),
            bytes: Arc::new(bytes.into()),
        }
    }

    /// The same; of a pipe, a device or standard input, which gives its bytes only once, the bytes.
    ///
    /// # Errors
    /// As [`read`].
    pub fn read_once(&self, limit: Limit) -> Result<Source> {
        match self {
            Source::File(path) if path == Path::new("-") || !path.is_file() => Ok(Source::bytes(
                path.display().to_string(),
                read(path, limit)?,
            )),
            source => Ok(source.clone()),
        }
    }

    /// What it is called in messages.
    pub fn path(&self) -> &Path {
        match self {
            Source::File(path) => path,
            Source::Bytes { name, .. } => Path::new(name),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// As [`read`].
    pub fn load(&self, limit: Limit) -> Result<Cow<'_, [u8]>> {
        match self {
            Source::File(path) => read(path, limit).map(Cow::Owned),
            Source::Bytes { bytes, .. } => Ok(Cow::Borrowed(bytes)),
        }
    }

    /// Its firmware, of any format. `base` is the address of the first byte of a raw file, when its vector table does not
    /// tell it.
    ///
    /// # Errors
    /// As [`read`], and [`Error::Firmware`].
    pub fn firmware(&self, base: Option<u32>, chip: &Chip) -> Result<Firmware> {
        firmware(self.path(), &self.load(Limit::Firmware)?, base, chip)
    }

    /// Any bytes that are written as they are, or compared: of a firmware file those that it brings, of any other file all.
    /// `base` is the address of its first byte.
    ///
    /// # Errors
    /// As [`Source::firmware`]; a file that is no firmware needs `base`.
    pub fn data(&self, base: Option<u32>, chip: &Chip) -> Result<Firmware> {
        data(self.path(), &self.load(Limit::Firmware)?, base, chip)
    }
}

/// The firmware in the bytes of this file, as [`Source::firmware`]: they are not copied.
///
/// # Errors
/// [`Error::Firmware`].
pub fn firmware(path: &Path, bytes: &[u8], base: Option<u32>, chip: &Chip) -> Result<Firmware> {
    parsed(Firmware::parse, path, bytes, base, chip)
}

/// What the bytes of this file bring, as [`Source::data`].
///
/// # Errors
/// As [`Source::data`].
pub fn data(path: &Path, bytes: &[u8], base: Option<u32>, chip: &Chip) -> Result<Firmware> {
    parsed(Firmware::parse_data, path, bytes, base, chip)
}

/// An image, and the chip that it is for when nobody names one: the default one, unless the image gives away that it is for another
/// chip, and for which. `read` is [`firmware`] or [`data`]; a second image is made only where the first one is for another chip.
///
/// # Errors
/// As `read` for the default chip.
pub fn for_its_chip(
    read: impl Fn(&'static Chip) -> Result<Firmware>,
) -> Result<(Firmware, &'static Chip)> {
    let is_other = |read: &Result<Firmware>, chip: &Chip| {
        let memory = read.as_ref().ok().map(|firmware| &firmware.memory);
        let seen = memory.map(|memory| inspect(memory, &chip.map));
        seen.is_some_and(|seen| seen.finding(&image::OTHER_CHIP).is_some())
    };
    let (firmware, chip) = by_chip(read, is_other);
    firmware.map(|firmware| (firmware, chip))
}

/// What is made for the default chip, or for the first other one that it is for, where it is for another one. The first one is made
/// again where none fits: two at once may be too large.
pub(crate) fn by_chip<T>(
    make: impl Fn(&'static Chip) -> Result<T>,
    is_other: impl Fn(&Result<T>, &'static Chip) -> bool,
) -> (Result<T>, &'static Chip) {
    let first = make(Chip::DEFAULT);
    if !is_other(&first, Chip::DEFAULT) {
        return (first, Chip::DEFAULT);
    }
    drop(first);
    CHIPS
        .iter()
        .filter(|chip| *chip != Chip::DEFAULT)
        .map(|chip| (make(chip), chip))
        .find(|(made, chip)| made.is_ok() && !is_other(made, chip))
        .unwrap_or_else(|| (make(Chip::DEFAULT), Chip::DEFAULT))
}

fn parsed(
    parse: Parse,
    path: &Path,
    bytes: &[u8],
    base: Option<u32>,
    chip: &Chip,
) -> Result<Firmware> {
    let name = path.file_name().and_then(|name| name.to_str());
    parse(bytes, name, base, &chip.map).map_err(|source| Error::Firmware {
        path: path.to_owned(),
        source,
    })
}

/// How a file's bytes become memory.
type Parse = fn(
    &[u8],
    Option<&str>,
    Option<u32>,
    &MemoryMap,
) -> std::result::Result<Firmware, rtboot_bootable::Error>;

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Source {
        Source::File(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Source {
        Source::File(path.to_owned())
    }
}

impl From<&str> for Source {
    fn from(path: &str) -> Source {
        Source::File(path.into())
    }
}

const TEXT_LIMIT: usize = 256 << 10;
const FOREIGN_LIMIT: usize = 512 << 10;
/// Silence of a pipe or device after which nothing more is waited for; a pipe that nobody opens to write is silent, too.
const SILENCE: Duration = Duration::from_secs(5);
/// Silence before the first byte of one that somebody has opened: the program behind it may have work to do.
const FIRST: Duration = Duration::from_secs(60);
/// Most bytes of one look into a pipe or device.
const PIECE: usize = 64 << 10;

/// Writes aside, syncs and renames: a full disk or a power cut leaves the old file whole.
#[cfg(feature = "loader-store")]
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A whole file, of at most `limit`.
///
/// # Errors
/// [`Error::ReadFile`], also for a folder and for a pipe that says nothing; [`Error::Firmware`] for a file that is larger, of
/// which no more is read.
pub fn read(path: &Path, limit: Limit) -> Result<Vec<u8>> {
    let limit = limit.bytes();
    let unreadable = |source| Error::ReadFile {
        path: path.to_owned(),
        source,
    };
    let too_large = |size: u64| Error::Firmware {
        path: path.to_owned(),
        source: rtboot_bootable::Error::TooLarge {
            size,
            limit: limit as u64,
        },
    };
    if path == Path::new("-") {
        let bytes = streamed(|| Ok(std::io::stdin()), limit).map_err(unreadable)?;
        return match bytes.len() > limit {
            true => Err(too_large(bytes.len() as u64)),
            false => Ok(bytes),
        };
    }
    let known = std::fs::metadata(path).map_err(unreadable)?;
    let bytes = match known.is_file() {
        true if known.len() > limit as u64 => return Err(too_large(known.len())),
        true => {
            let mut bytes = Vec::with_capacity(known.len() as usize);
            // it may have grown since
            let file = File::open(path).map_err(unreadable)?;
            let read = file.take(limit as u64 + 1).read_to_end(&mut bytes);
            read.map(|_| bytes)
        }
        false => {
            let path = path.to_owned();
            streamed(move || File::open(path), limit)
        }
    };
    let bytes = bytes.map_err(unreadable)?;
    match bytes.len() > limit {
        true => Err(too_large(bytes.len() as u64)),
        false => Ok(bytes),
    }
}

/// What a pipe or device gives, at most a byte more than `limit`. Opening a pipe alone can take for ever.
fn streamed<R: Read>(
    open: impl FnOnce() -> std::io::Result<R> + Send + 'static,
    limit: usize,
) -> std::io::Result<Vec<u8>> {
    let (sender, pieces) = sync_channel(1);
    // ends with the process where the pipe never answers
    std::thread::spawn(move || {
        let read = open().and_then(|source| pass_on(source, &sender));
        if let Err(error) = read {
            let _ = sender.send(Err(error));
        }
    });
    let mut bytes = Vec::new();
    let mut patience = SILENCE;
    while bytes.len() <= limit {
        let Ok(given) = pieces.recv_timeout(patience) else {
            let silence = format!("nothing came for {} s", patience.as_secs());
            return Err(std::io::Error::new(ErrorKind::TimedOut, silence));
        };
        patience = match given? {
            Given::Opened => FIRST,
            Given::Piece(piece) => {
                bytes.extend(piece);
                SILENCE
            }
            Given::End => break,
        };
    }
    Ok(bytes)
}

/// Passes on what comes as it comes, each piece by itself, until the end or until nobody listens.
fn pass_on(
    mut source: impl Read,
    sender: &SyncSender<std::io::Result<Given>>,
) -> std::io::Result<()> {
    let mut given = sender.send(Ok(Given::Opened));
    let mut buffer = vec![0; PIECE];
    while given.is_ok() {
        given = match source.read(&mut buffer) {
            Ok(0) => return sender.send(Ok(Given::End)).or(Ok(())),
            Ok(count) => {
                let piece = buffer.get(..count).unwrap_or_default();
                sender.send(Ok(Given::Piece(piece.to_vec())))
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => return Err(error),
        };
    }
    Ok(())
}

/// What becomes of a pipe or device.
#[derive(Debug, PartialEq, Eq)]
enum Given {
    /// Somebody is at its other end.
    Opened,
    /// Bytes, at least one.
    Piece(Vec<u8>),
    /// There are no more.
    End,
}

/// Bytes as the text of a `.cfg`.
#[cfg(feature = "cfg")]
pub(crate) fn cfg_text(bytes: &[u8]) -> std::result::Result<&str, CfgError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line_start = good
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(bytes.get(line_start..).unwrap_or_default());
        let before = String::from_utf8_lossy(good.get(line_start..).unwrap_or_default());
        CfgError {
            line: good.iter().filter(|&&b| b == b'\n').count() + 1,
            column: before.chars().count() + 1,
            width: 1,
            text: text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect(),
            message: "the file is not UTF-8 text".into(),
            nearest: None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its pieces one by one, as a slow pipe does.
    struct Slow(Vec<&'static [u8]>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let mut piece = match self.0.is_empty() {
                true => return Ok(0),
                false => self.0.remove(0),
            };
            piece.read(buffer)
        }
    }

    #[test]
    fn pieces_of_a_slow_pipe_arrive_one_by_one() {
        let (sender, pieces) = sync_channel(9);
        pass_on(Slow(vec![b"\x7fELF", b"x", b"yz"]), &sender).expect("read");
        drop(sender);
        let heard: Vec<Given> = pieces.iter().map(|given| given.expect("read")).collect();
        let piece = |bytes: &[u8]| Given::Piece(bytes.to_vec());
        let expected = [
            Given::Opened,
            piece(b"\x7fELF"),
            piece(b"x"),
            piece(b"yz"),
            Given::End,
        ];
        assert_eq!(heard, expected);
    }
}
