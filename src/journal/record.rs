//! The text of a journal: JSON, and a last line with the digest of all before it.
//!
//! It is read back after a crash, by another version perhaps, so nothing in it is believed before the digest fits; and
//! nothing in it can make this program panic or fill its memory.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Digest, OpenErase, OpenWrite, Sizes, hex};
use crate::digest::Sha256;

/// Number of this format.
const FORMAT: u32 = 2;
/// What the last line begins with.
const SEAL: &str = "sha256 ";

/// The JSON.
#[derive(Serialize, Deserialize)]
struct Text<'a> {
    format: u32,
    board: Cow<'a, str>,
    writes: Cow<'a, [OpenWrite]>,
    erases: Cow<'a, [OpenErase]>,
}

/// What every version of the format begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries {
    pub writes: Vec<OpenWrite>,
    pub erases: Vec<OpenErase>,
}

impl Entries {
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.erases.is_empty()
    }
}

/// Passes bytes on and digests them.
struct Sealed<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes the journal of this board.
pub(super) fn write(to: impl Write, board: &str, entries: &Entries) -> io::Result<()> {
    let mut to = Sealed {
        to,
        hash: Sha256::new(),
    };
    let text = Text {
        format: FORMAT,
        board: board.into(),
        writes: entries.writes.as_slice().into(),
        erases: entries.erases.as_slice().into(),
    };
    serde_json::to_writer(&mut to, &text).map_err(io::Error::from)?;
    to.write_all(b"\n")?;
    let seal: Digest = to.hash.finish();
    writeln!(to.to, "{SEAL}{}", hex(&seal))?;
    to.to.flush()
}

/// Reads the journal of this board.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(bytes: &[u8], board: &str) -> Result<Entries, String> {
    let text = unsealed(bytes).ok_or("its digest does not fit: it is damaged or was edited")?;
    let Head { format } = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if format != FORMAT {
        return Err(format!(
            "it has format {format}, this version reads {FORMAT}"
        ));
    }
    let text: Text = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if text.board != board {
        return Err(format!("it is of the board {}", text.board));
    }
    let entries = Entries {
        writes: text.writes.into_owned(),
        erases: text.erases.into_owned(),
    };
    let sane = entries.writes.iter().all(is_sane)
        && entries.erases.iter().all(|erase| in_space(&erase.ranges));
    match sane {
        true => Ok(entries),
        false => Err("a value in it is out of range".to_owned()),
    }
}

fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let line = SEAL.len() + 64 + 1;
    let (text, seal) = bytes.split_at_checked(bytes.len().checked_sub(line)?)?;
    let seal = seal.strip_prefix(SEAL.as_bytes())?.strip_suffix(b"\n")?;
    let digest: Digest = Sha256::of(text);
    (hex(&digest).as_bytes() == seal).then_some(text)
}

/// Whether all ranges lie in the address space.
fn in_space(ranges: &[Range<u64>]) -> bool {
    ranges
        .iter()
        .all(|range| range.start <= range.end && range.end <= 1 << 32)
}

/// Whether sizes, sectors and ranges make sense: later code divides by the sizes and adds to the addresses.
fn is_sane(write: &OpenWrite) -> bool {
    let Sizes {
        base,
        fcb_page,
        page,
        sector,
    } = write.sizes;
    let sizes = page > 0 && sector >= page && sector.is_multiple_of(page);
    let sizes = sizes && fcb_page.is_multiple_of(page) && fcb_page < sector;
    let sector_at = |&at: &u32| {
        let aligned = at >= base && (at - base).is_multiple_of(sector);
        aligned && u64::from(at) + u64::from(sector) <= 1 << 32
    };
    let in_flight = write.in_flight.iter().map(|cut| cut.range.clone());
    sizes
        && write.sectors.keys().all(sector_at)
        && in_space(&write.ranges)
        && in_space(&write.runs)
        && in_space(&in_flight.collect::<Vec<_>>())
}

fn unhex<E: serde::de::Error>(text: &str) -> Result<Vec<u8>, E> {
    let byte = |pair: &[u8]| match pair {
        [high, low] => {
            let digit = |c: u8| char::from(c).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
    bytes.ok_or_else(|| E::custom("a byte is not two hex digits"))
}

/// A digest in hex.
pub(super) mod digest {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::super::{Digest, hex};

    pub fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(digest))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let bytes = super::unhex(&String::deserialize(from)?)?;
        let digest = bytes.try_into();
        digest.map_err(|_| D::Error::custom("a digest is not 32 bytes"))
    }
}

/// A digest in hex, or none.
pub(super) mod some_digest {
    use serde::{Deserializer, Serializer};

    use super::super::Digest;

    pub fn serialize<S: Serializer>(digest: &Option<Digest>, to: S) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => super::digest::serialize(digest, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Digest>, D::Error> {
        super::digest::deserialize(from).map(Some)
    }
}

/// Bytes and their addresses, in pieces: all of them in hex at once are too many to stand in memory twice.
pub(super) mod pieces {
    use rtboot_bootable::Memory;
    use serde::de::Error;
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::super::hex;

    /// Bytes of one piece.
    const PIECE: usize = 4096;

    pub fn serialize<S: Serializer>(memory: &Memory, to: S) -> Result<S::Ok, S::Error> {
        let mut pieces = to.serialize_seq(None)?;
        for (address, bytes) in memory.segments() {
            for (piece, at) in bytes.chunks(PIECE).zip((address..).step_by(PIECE)) {
                pieces.serialize_element(&(at, hex(piece)))?;
            }
        }
        pieces.end()
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Memory, D::Error> {
        let mut memory = Memory::new();
        for (address, text) in Vec::<(u32, String)>::deserialize(from)? {
            let bytes = super::unhex(&text)?;
            memory.insert(address, bytes).map_err(D::Error::custom)?;
        }
        Ok(memory)
    }
}
