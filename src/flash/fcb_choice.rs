//! Where an FCB comes from: a part, or a file of any kind that has one.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use rtboot_bootable::{FcbSearch, find_fcb};
use rtboot_fcb::{Fcb, PartFile, database, text};

use crate::chip::Chip;
#[cfg(feature = "cfg")]
use crate::file;
use crate::file::{Limit, Source};
use crate::flash::identify::PartSource;
use crate::{Error, Result};

/// Where the FCB of the image comes from.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(clippy::large_enum_variant)] // one of them in a run
#[non_exhaustive]
pub enum FcbChoice {
    /// Made for a part: the one of this `.cfg` (file or database) that the flash turns out to be.
    Part {
        /// Its name, for messages.
        from: String,
        /// The parts.
        file: PartFile,
    },
    /// These 512 bytes.
    Block {
        /// Its name, for messages.
        from: String,
        /// The block.
        fcb: Fcb,
    },
    /// The image's own, else made for the part that the database knows by the flash's id.
    #[default]
    Auto,
}

/// Where a named FCB was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FcbOrigin {
    /// Nothing was named.
    Auto,
    /// A part of the database, or one of its files.
    Database {
        /// The part, when one was named.
        part: Option<String>,
        /// The parts of the file.
        parts: Vec<String>,
        /// The file.
        file: String,
    },
    /// A `.cfg` file.
    PartFile {
        /// The file.
        path: PathBuf,
        /// Its parts.
        parts: Vec<String>,
    },
    /// A file of 512 bytes.
    BlockFile(PathBuf),
    /// SPSDK's YAML.
    Yaml(PathBuf),
    /// C, Rust or assembler source.
    Code(PathBuf),
    /// A file with the block inside.
    Inside {
        /// The file.
        path: PathBuf,
        /// Where it is, in words.
        place: String,
    },
}

impl fmt::Display for FcbOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FcbOrigin::Auto => f.write_str("the part that the flash turns out to be"),
            FcbOrigin::Database {
                part: Some(part),
                file,
                ..
            } => write!(f, "{part} ({file})"),
            FcbOrigin::Database {
                part: None,
                parts,
                file,
            } => write!(f, "{} of {file}, as its id tells", one_of(parts)),
            FcbOrigin::PartFile { path, parts } => {
                write!(f, "{} of {}", one_of(parts), path.display())
            }
            FcbOrigin::BlockFile(path) => write!(f, "{}, 512 bytes", path.display()),
            FcbOrigin::Yaml(path) => write!(f, "{}, SPSDK's YAML", path.display()),
            FcbOrigin::Code(path) => write!(f, "{}, an array in source text", path.display()),
            FcbOrigin::Inside { path, place } => write!(f, "{}, {place}", path.display()),
        }
    }
}

/// The candidates, the first few by name: "A, B, C or one of 7 more".
fn one_of(parts: &[String]) -> String {
    const NAMED: usize = 3;
    let more = parts.len().saturating_sub(NAMED);
    match more {
        0 => parts.join(" or "),
        more => format!("{} or one of {more} more", parts[..NAMED].join(", ")),
    }
}

impl FcbChoice {
    /// What a name stands for: `auto`, a file, else a part or file of the database.
    ///
    /// A file is a part's `.cfg`, 512 bytes, SPSDK's YAML, C, Rust or assembler source with the bytes, or a boot image, ELF, HEX,
    /// S-record or UF2 file with the block inside, where the ROM of this chip reads it or anywhere else.
    ///
    /// # Errors
    /// [`Error::UnknownPart`], [`Error::Cfg`], [`Error::FcbFile`], [`Error::BadFile`], [`Error::Firmware`], and as [`file::read`].
    pub fn named(name: &str, chip: &Chip) -> Result<(FcbChoice, FcbOrigin)> {
        if name.eq_ignore_ascii_case("auto") {
            return Ok((FcbChoice::Auto, FcbOrigin::Auto));
        }
        let path = Path::new(name);
        // a folder of that name, or what cannot be looked at, is named by the error of reading it
        let is_stdin = path == Path::new("-");
        if is_stdin || path.is_file() || (path.exists() && database::find(name).is_none()) {
            return fcb_file(&Source::from(path), name, chip);
        }
        match database::find(name) {
            Some(_) => FcbChoice::of_database(name),
            // with a separator or a known ending a file was meant
            None if path.components().count() > 1 => fcb_file(&Source::from(path), name, chip),
            None => Err(Error::UnknownPart {
                name: name.to_owned(),
                nearest: database::nearest(name),
            }),
        }
    }

    /// What a name of the database stands for, whatever files lie around: a part, a file of parts, or `auto`.
    ///
    /// # Errors
    /// [`Error::UnknownPart`].
    pub fn of_database(name: &str) -> Result<(FcbChoice, FcbOrigin)> {
        if name.eq_ignore_ascii_case("auto") {
            return Ok((FcbChoice::Auto, FcbOrigin::Auto));
        }
        match database::find(name) {
            Some((in_file, file)) => {
                let parts: Vec<String> = file.parts.iter().map(|part| part.name.clone()).collect();
                let first = parts.first().cloned();
                let part = first.filter(|part| part.eq_ignore_ascii_case(name));
                // messages name what the user named
                let from = part.clone().unwrap_or_else(|| in_file.to_owned());
                let origin = FcbOrigin::Database {
                    part,
                    parts,
                    file: in_file.to_owned(),
                };
                Ok((FcbChoice::Part { from, file }, origin))
            }
            None => Err(Error::UnknownPart {
                name: name.to_owned(),
                nearest: database::nearest(name),
            }),
        }
    }

    /// What a file stands for whose bytes may be at hand already.
    ///
    /// # Errors
    /// As [`FcbChoice::named`].
    pub fn of_file(source: &Source, chip: &Chip) -> Result<(FcbChoice, FcbOrigin)> {
        let name = source.path().display().to_string();
        fcb_file(source, &name, chip)
    }

    /// What it says about the flash.
    pub fn part_source(&self) -> PartSource {
        match self {
            FcbChoice::Part { from, file } => PartSource::Cfg {
                from: from.clone(),
                file: file.clone(),
            },
            FcbChoice::Block { .. } | FcbChoice::Auto => PartSource::Database,
        }
    }

    /// The same without the parts that are meant for other chips.
    ///
    /// # Errors
    /// [`Error::CfgOtherChip`] when no part is left.
    pub fn for_chip(self, chip: &Chip) -> Result<FcbChoice> {
        Ok(match self {
            FcbChoice::Part { from, file } => {
                let file = parts_for(&from, file, chip)?;
                FcbChoice::Part { from, file }
            }
            other => other,
        })
    }
}

impl PartSource {
    /// The same without the parts that are meant for other chips.
    ///
    /// # Errors
    /// [`Error::CfgOtherChip`] when none is left.
    pub fn for_chip(self, chip: &Chip) -> Result<PartSource> {
        Ok(match self {
            PartSource::Cfg { from, file } => {
                let file = parts_for(&from, file, chip)?;
                PartSource::Cfg { from, file }
            }
            other => other,
        })
    }
}

/// Of a file up to here that begins with an FCB, more than the FCB is a slip; boot images are longer.
const SHORTEST_IMAGE: usize = 0x400;

/// What a file's ending says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Cfg,
    Yaml,
    Code,
    Other,
}

impl Ending {
    fn of(path: &Path) -> Ending {
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "cfg" | "toml" => Ending::Cfg,
            "yaml" | "yml" | "json" => Ending::Yaml,
            "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "rs" | "inc" | "s" | "asm" => {
                Ending::Code
            }
            _ => Ending::Other,
        }
    }
}

fn fcb_file(source: &Source, name: &str, chip: &Chip) -> Result<(FcbChoice, FcbOrigin)> {
    let path = source.path();
    let path_buf = path.to_owned();
    let from = name.to_owned();
    let block = |fcb, origin| {
        Ok((
            FcbChoice::Block {
                from: name.to_owned(),
                fcb,
            },
            origin,
        ))
    };
    match Ending::of(path) {
        Ending::Cfg => {}
        Ending::Yaml => return block(yaml(source)?, FcbOrigin::Yaml(path_buf)),
        Ending::Code => return block(code(source)?, FcbOrigin::Code(path_buf)),
        Ending::Other => {
            let bytes = source.load(Limit::Firmware)?;
            if let Some((fcb, origin)) = inside(&bytes, path, chip)? {
                return block(fcb, origin);
            }
            // text without a known ending
            let words = String::from_utf8_lossy(&bytes);
            if words.contains("fcb_settings") {
                return block(yaml(source)?, FcbOrigin::Yaml(path_buf));
            }
            if let Ok(fcb) = text::from_array(&words) {
                return block(fcb, FcbOrigin::Code(path_buf));
            }
        }
    }
    let bytes = source.load(Limit::Text)?;
    let file = parts_of(&bytes, path, name)?;
    let origin = FcbOrigin::PartFile {
        path: path_buf,
        parts: file.parts.iter().map(|part| part.name.clone()).collect(),
    };
    Ok((FcbChoice::Part { from, file }, origin))
}

/// The block in a binary, HEX, S-record or UF2 file; `None` for other text.
fn inside(bytes: &[u8], path: &Path, chip: &Chip) -> Result<Option<(Fcb, FcbOrigin)>> {
    let file_name = path.file_name().and_then(OsStr::to_str);
    let search = find_fcb(bytes, file_name, &chip.map).map_err(|source| Error::Firmware {
        path: path.to_owned(),
        source,
    })?;
    let path = path.to_owned();
    match search {
        FcbSearch::Found(found) => {
            let raw = found.format == rtboot_bootable::Format::Raw;
            if raw && found.at == 0 && (Fcb::LEN + 1..=SHORTEST_IMAGE).contains(&bytes.len()) {
                let source = rtboot_fcb::Error::Length {
                    expected: Fcb::LEN,
                    found: bytes.len(),
                };
                let path = path.to_owned();
                return Err(Error::FcbFile { path, source });
            }
            let place = match (raw, found.at) {
                (true, 0) if bytes.len() == Fcb::LEN => {
                    return Ok(Some((found.fcb, FcbOrigin::BlockFile(path))));
                }
                (true, 0) => format!("the first 512 bytes of a file of {}", bytes.len()),
                (true, at) => format!("at byte {at:#x} of the file"),
                (false, at) => format!("{at:#010x} of the {} file", found.format),
            };
            Ok(Some((found.fcb, FcbOrigin::Inside { path, place })))
        }
        FcbSearch::Several(places) => {
            let places: Vec<String> = places.iter().map(|at| format!("{at:#x}")).collect();
            let places = places.join(", ");
            let reason = format!(
                "it holds several FCBs that differ, at {places}: give the one that is meant as a file of 512 bytes"
            );
            Err(Error::BadFile { path, reason })
        }
        FcbSearch::Nothing if is_text(bytes) => Ok(None),
        FcbSearch::Nothing => {
            let source = match Fcb::parse(bytes) {
                Err(error) if bytes.len() <= Fcb::LEN && !is_records(bytes) => error,
                _ => rtboot_fcb::Error::Nowhere,
            };
            Err(Error::FcbFile { path, source })
        }
    }
}

/// A HEX or S-record file.
fn is_records(bytes: &[u8]) -> bool {
    bytes.starts_with(b":") || bytes.starts_with(b"S0") || bytes.starts_with(b"S3")
}

fn is_text(bytes: &[u8]) -> bool {
    !is_records(bytes)
        && !bytes.is_empty()
        && !bytes.contains(&0)
        && std::str::from_utf8(bytes).is_ok()
}

fn code(source: &Source) -> Result<Fcb> {
    foreign(source, |words| {
        text::from_array(words).map_err(|error| error.to_string())
    })
}

#[cfg(feature = "yaml")]
fn yaml(source: &Source) -> Result<Fcb> {
    foreign(source, |words| {
        text::from_yaml(words).map_err(|error| error.to_string())
    })
}

#[cfg(not(feature = "yaml"))]
fn yaml(source: &Source) -> Result<Fcb> {
    Err(Error::BadFile {
        path: source.path().to_owned(),
        reason: "rtboot was built without the feature `yaml`, which reads the YAML of SPSDK".into(),
    })
}

/// A block in another tool's text.
fn foreign(
    source: &Source,
    read: impl Fn(&str) -> std::result::Result<Fcb, String>,
) -> Result<Fcb> {
    let bytes = source.load(Limit::ForeignText)?;
    let bad = |reason: String| Error::BadFile {
        path: source.path().to_owned(),
        reason,
    };
    let words =
        std::str::from_utf8(&bytes).map_err(|_| bad("the file is not UTF-8 text".into()))?;
    read(words).map_err(bad)
}

#[cfg(feature = "cfg")]
fn parts_of(bytes: &[u8], _: &Path, name: &str) -> Result<PartFile> {
    let parts = file::cfg_text(bytes).and_then(PartFile::from_cfg);
    parts.map_err(|source| Error::Cfg {
        path: name.to_owned(),
        source,
    })
}

#[cfg(not(feature = "cfg"))]
fn parts_of(_: &[u8], path: &Path, _: &str) -> Result<PartFile> {
    Err(Error::BadFile {
        path: path.to_owned(),
        reason: "rtboot was built without the feature `cfg`, which reads the description of a flash part".into(),
    })
}

/// The parts of a file that are meant for this chip; `from` is the file's name.
///
/// # Errors
/// [`Error::CfgOtherChip`] when none is.
pub fn parts_for(from: &str, mut file: PartFile, chip: &Chip) -> Result<PartFile> {
    let mut meant: Vec<&str> = Vec::new();
    for chip in file.parts.iter().flat_map(|part| &part.chips) {
        if !meant.contains(&chip.as_str()) {
            meant.push(chip.as_str());
        }
    }
    let meant = meant.join(", ");
    file.parts.retain(|part| chip.is_meant_by(&part.chips));
    match file.parts.is_empty() {
        false => Ok(file),
        true => Err(Error::CfgOtherChip {
            from: from.to_owned(),
            meant,
            chip: chip.name.into(),
        }),
    }
}
