//! The NOR parts that come with the crate: `fcb/parts/*.cfg`, one maker's family a file.
//!
//! What is read at run time is `parts.json`, made from those files by a test, so that the database needs no TOML.

use alloc::string::String;
use alloc::vec::Vec;

use crate::cfg_error::nearest as nearest_of;
use crate::{JedecId, Part, PartFile};

macro_rules! parts {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../parts/", $name)))),*] };
}

const FILES: &[(&str, &str)] = parts! {
    "issi.cfg" "w25q64jv.cfg" "mx25l6433f.cfg" "mx25l12845g.cfg" "gd25q64.cfg" "s25fl064l.cfg" "s25fl256s.cfg" "at25sf128a.cfg"
    "mt25ql128.cfg" "en25qh64.cfg" "s26ks512s.cfg"
};

/// Every file: its name ("issi.cfg") and its text.
pub fn files() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// A file by its name, its name without ".cfg", or the name of a part in it; upper or lower case.
///
/// Asked for a part that is not the file's first, the part is moved to the front: it is the one that is meant.
pub fn find(name: &str) -> Option<(&'static str, PartFile)> {
    let stem = |file: &str| file.trim_end_matches(".cfg").to_ascii_lowercase();
    let wanted = stem(&name.to_ascii_lowercase());
    let by_file = read().find(|(file, _)| stem(file) == wanted);
    by_file.or_else(|| {
        read().find_map(|(file, mut parts)| {
            let place = parts
                .parts
                .iter()
                .position(|part| part.name.to_ascii_lowercase() == wanted)?;
            parts.parts.get_mut(..=place)?.rotate_right(1);
            Some((file, parts))
        })
    })
}

/// The names of all parts, in the order of the files.
pub fn names() -> Vec<String> {
    parts().map(|part| part.name).collect()
}

/// All parts, in the order of the files.
pub fn parts() -> impl Iterator<Item = Part> {
    read().flat_map(|(_, file)| file.parts)
}

/// The parts with this id; several may share one. Lines without a driver are no id, and no part's.
pub fn by_jedec(id: JedecId) -> Vec<Part> {
    parts()
        .filter(|part| part.jedec == id && id.answers())
        .collect()
}

/// The file or part whose name is most like `name`, if any is like it.
pub fn nearest(name: &str) -> Option<String> {
    let names = names();
    nearest_of(
        name,
        FILES
            .iter()
            .map(|(file, _)| *file)
            .chain(names.iter().map(String::as_str)),
    )
}

type Files = Vec<(&'static str, PartFile)>;

/// The files as parts, read once.
#[cfg(feature = "std")]
fn read() -> impl Iterator<Item = (&'static str, PartFile)> {
    static READ: std::sync::OnceLock<Files> = std::sync::OnceLock::new();
    READ.get_or_init(parse).iter().cloned()
}

/// The files as parts, read at each call: a place to keep them needs a lock of the standard library.
#[cfg(not(feature = "std"))]
fn read() -> impl Iterator<Item = (&'static str, PartFile)> {
    parse().into_iter()
}

/// A test holds that all parts of the `.cfg` files are in `parts.json`.
fn parse() -> Files {
    let json = include_str!("../parts/parts.json");
    let files: Vec<(&str, Vec<Part>)> = serde_json::from_str(json).unwrap_or_default();
    let file = |(name, parts)| (name, PartFile { parts });
    files.into_iter().map(file).collect()
}
