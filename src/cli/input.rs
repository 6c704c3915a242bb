//! Files that a command takes, read with a limit: applications, boot images, FCBs, parts.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use rtboot::chip::Chip;
use rtboot::flash::{FcbChoice, parts_for};
use rtboot::{Error, Result};
use rtboot_bootable::Firmware;
use rtboot_fcb::{CfgError, Fcb, PartFile, database};

/// Longest text of our own: settings, `.cfg`.
const TEXT_LIMIT: usize = 256 << 10;
/// Longest text of another tool: an FCB in SPSDK's YAML has 380 KiB when every step of every sequence is written out.
const FOREIGN_LIMIT: usize = 512 << 10;
/// Silence of a pipe or device after which nothing more is waited for; a pipe that nobody opens to write is silent, too.
const SILENCE: Duration = Duration::from_secs(5);
/// Silence before the first byte of one that somebody has opened: the program behind it may have work to do.
const FIRST: Duration = Duration::from_secs(60);
/// Most bytes of one look into a pipe or device.
const PIECE: usize = 64 << 10;

/// A whole file, of at most [`Firmware::FILE_LIMIT`] bytes.
///
/// # Errors
/// [`Error::ReadFile`], also for a folder and for a pipe that says nothing; [`Error::Firmware`] for a file that is larger, of
/// which no more is read.
pub fn file(path: &Path) -> Result<Vec<u8>> {
    limited(path, Firmware::FILE_LIMIT)
}

/// A whole text file, of at most 256 KiB.
///
/// # Errors
/// As [`file`].
pub fn small(path: &Path) -> Result<Vec<u8>> {
    limited(path, TEXT_LIMIT)
}

/// A whole text file of another tool, of at most 512 KiB.
///
/// # Errors
/// As [`file`].
pub fn foreign(path: &Path) -> Result<Vec<u8>> {
    limited(path, FOREIGN_LIMIT)
}

fn limited(path: &Path, limit: usize) -> Result<Vec<u8>> {
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
        false => piped(path, limit),
    };
    let bytes = bytes.map_err(unreadable)?;
    match bytes.len() > limit {
        true => Err(too_large(bytes.len() as u64)),
        false => Ok(bytes),
    }
}

/// What a pipe or device gives, at most a byte more than `limit`. Opening a pipe alone can take for ever.
fn piped(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    let (sender, pieces) = sync_channel(1);
    let path = path.to_owned();
    // ends with the process where the pipe never answers
    std::thread::spawn(move || {
        let read = File::open(path).and_then(|file| pass_on(file, &sender));
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

/// A firmware file of any format.
///
/// # Errors
/// As [`file`], and [`Error::Firmware`].
pub fn firmware(path: &Path, base: Option<u32>, chip: &Chip) -> Result<Firmware> {
    let bytes = file(path)?;
    let name = path.file_name().and_then(|name| name.to_str());
    Firmware::parse(&bytes, name, base, &chip.map).map_err(|source| Error::Firmware {
        path: path.to_owned(),
        source,
    })
}

/// What `--fcb` names: `auto`, a file (a part's `.cfg` or 512 bytes), else a part or file of the database.
///
/// Also returns in words what it was found to be.
///
/// # Errors
/// [`Error::UnknownPart`], [`Error::Cfg`], [`Error::FcbFile`], and as [`file`].
pub fn fcb(name: &str) -> Result<(FcbChoice, String)> {
    if name.eq_ignore_ascii_case("auto") {
        return Ok((
            FcbChoice::Auto,
            "the part that the flash turns out to be".into(),
        ));
    }
    let path = Path::new(name);
    // a folder of that name, or what cannot be looked at, is named by the error of reading it
    if path.is_file() || (path.exists() && database::find(name).is_none()) {
        return fcb_file(path, name);
    }
    match database::find(name) {
        Some((from, file)) => {
            let what = format!("{from} of the database");
            let from = from.to_owned();
            Ok((FcbChoice::Part { from, file }, what))
        }
        // with a separator or a known ending a file was meant
        None if path.components().count() > 1 => fcb_file(path, name),
        None => Err(Error::UnknownPart {
            name: name.to_owned(),
            nearest: database::nearest(name),
        }),
    }
}

/// As [`fcb`], for a board with this chip: what is meant for other chips only is refused.
///
/// # Errors
/// As [`fcb`], and [`Error::CfgOtherChip`].
pub fn fcb_for(name: &str, chip: &Chip) -> Result<(FcbChoice, String)> {
    Ok(match fcb(name)? {
        (FcbChoice::Part { from, file }, what) => {
            let file = parts_for(&from, file, chip)?;
            (FcbChoice::Part { from, file }, what)
        }
        other => other,
    })
}

fn fcb_file(path: &Path, name: &str) -> Result<(FcbChoice, String)> {
    let bytes = small(path)?;
    let from = name.to_owned();
    let is_text = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("cfg") || end.eq_ignore_ascii_case("toml"));
    if !is_text && (bytes.starts_with(b"FCFB") || bytes.len() == Fcb::LEN || bytes.contains(&0)) {
        let fcb = Fcb::parse(&bytes).and_then(|fcb| match bytes.len() {
            Fcb::LEN => Ok(fcb),
            found => Err(rtboot_fcb::Error::Length {
                expected: Fcb::LEN,
                found,
            }),
        });
        let fcb = fcb.map_err(|source| Error::FcbFile {
            path: path.to_owned(),
            source,
        })?;
        return Ok((
            FcbChoice::Block { from, fcb },
            "the 512-byte FCB file".into(),
        ));
    }
    let parts = cfg_text(&bytes).and_then(PartFile::from_cfg);
    let file = parts.map_err(|source| Error::Cfg {
        path: from.clone(),
        source,
    })?;
    let what = format!("the parts of the file {name}");
    Ok((FcbChoice::Part { from, file }, what))
}

/// Bytes as the text of a `.cfg`.
fn cfg_text(bytes: &[u8]) -> std::result::Result<&str, CfgError> {
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
    fn each_piece_of_a_slow_pipe_is_heard_of_by_itself() {
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
