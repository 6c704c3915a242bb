//! The text of a journal: JSON, and a last line with the digest of all before it.
//!
//! It is read back after a crash, by another version perhaps, so nothing in it is believed before the digest fits; and
//! nothing in it can make this program panic or fill its memory.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rtboot_bootable::Memory;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::{Digest, ImageMark, InFlight, OpenWrite, Phase, SectorMark, Sizes, hex};
use crate::digest::Sha256;

/// Number of this format.
const FORMAT: u32 = 1;
/// Kept bytes of one piece of text.
const PIECE: usize = 4096;
/// What the last line begins with.
const SEAL: &str = "sha256 ";

#[derive(Serialize, Deserialize)]
struct Text<W> {
    format: u32,
    board: String,
    writes: Vec<W>,
}

#[derive(Serialize)]
struct WriteOut<'a> {
    image: &'a str,
    digest: String,
    program: &'a str,
    time: u64,
    phase: PhaseText,
    holds_fcb: bool,
    sizes: [u32; 3],
    ranges: Vec<[u64; 2]>,
    runs: Vec<[u64; 2]>,
    in_flight: Option<([u64; 2], bool)>,
    trimmed: bool,
    sectors: Vec<SectorText>,
    kept: KeptOut<'a>,
}

#[derive(Deserialize)]
struct WriteIn {
    image: String,
    digest: String,
    program: String,
    time: u64,
    phase: PhaseText,
    holds_fcb: bool,
    sizes: [u32; 3],
    ranges: Vec<[u64; 2]>,
    runs: Vec<[u64; 2]>,
    in_flight: Option<([u64; 2], bool)>,
    trimmed: bool,
    sectors: Vec<SectorText>,
    kept: Vec<(u32, String)>,
}

#[derive(Serialize, Deserialize)]
struct SectorText {
    at: u32,
    before: String,
    pages: String,
    erased_with: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PhaseText {
    Erasing,
    Programming,
    Last,
}

/// Kept bytes, a piece after the other: they are too many to stand in memory twice.
struct KeptOut<'a>(&'a Memory);

impl Serialize for KeptOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pieces = serializer.serialize_seq(None)?;
        for (address, bytes) in self.0.segments() {
            for (piece, at) in bytes.chunks(PIECE).zip((address..).step_by(PIECE)) {
                pieces.serialize_element(&(at, hex(piece)))?;
            }
        }
        pieces.end()
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
pub(super) fn write(to: impl Write, board: &str, writes: &[OpenWrite]) -> io::Result<()> {
    let mut to = Sealed {
        to,
        hash: Sha256::new(),
    };
    let text = Text {
        format: FORMAT,
        board: board.to_owned(),
        writes: writes.iter().map(out).collect(),
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
pub(super) fn read(bytes: &[u8], board: &str) -> Result<Vec<OpenWrite>, String> {
    let text = unsealed(bytes).ok_or("its digest does not fit: it is damaged or was edited")?;
    let text: Text<WriteIn> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if text.format != FORMAT {
        let found = text.format;
        return Err(format!(
            "it has format {found}, this version reads {FORMAT}"
        ));
    }
    if text.board != board {
        return Err(format!("it is of the board {}", text.board));
    }
    text.writes
        .into_iter()
        .map(|write| taken(write).ok_or_else(|| "a value in it is out of range".to_owned()))
        .collect()
}

fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let line = SEAL.len() + 64 + 1;
    let (text, seal) = bytes.split_at_checked(bytes.len().checked_sub(line)?)?;
    let seal = seal.strip_prefix(SEAL.as_bytes())?.strip_suffix(b"\n")?;
    let digest: Digest = Sha256::of(text);
    (hex(&digest).as_bytes() == seal).then_some(text)
}

fn out(write: &OpenWrite) -> WriteOut<'_> {
    let pairs = |ranges: &[std::ops::Range<u64>]| ranges.iter().map(|r| [r.start, r.end]).collect();
    WriteOut {
        image: &write.image.name,
        digest: hex(&write.image.digest),
        program: &write.program,
        time: write.time,
        phase: match write.phase {
            Phase::Erasing => PhaseText::Erasing,
            Phase::Programming => PhaseText::Programming,
            Phase::Last => PhaseText::Last,
        },
        holds_fcb: write.holds_fcb,
        sizes: [write.sizes.base, write.sizes.page, write.sizes.sector],
        ranges: pairs(&write.ranges),
        runs: pairs(&write.runs),
        in_flight: write
            .in_flight
            .as_ref()
            .map(|cut| ([cut.range.start, cut.range.end], cut.garbled)),
        trimmed: write.trimmed,
        sectors: write.sectors.iter().map(sector_out).collect(),
        kept: KeptOut(&write.kept),
    }
}

fn sector_out((&at, mark): (&u32, &SectorMark)) -> SectorText {
    SectorText {
        at,
        before: hex(&mark.before),
        pages: mark
            .pages
            .iter()
            .map(|page| format!("{page:016x}"))
            .collect(),
        erased_with: mark.erased_with,
        left: mark.left.as_ref().map(|left| hex(left)),
    }
}

/// A write as it was read; `None` when a value makes no sense.
fn taken(write: WriteIn) -> Option<OpenWrite> {
    let [base, page, sector] = write.sizes;
    // an FCB's page and sector sizes; divided by later
    (page > 0 && sector >= page && sector.is_multiple_of(page)).then_some(())?;
    let range = |[start, end]: [u64; 2]| (start <= end && end <= 1 << 32).then_some(start..end);
    let ranges = |pairs: Vec<[u64; 2]>| pairs.into_iter().map(range).collect::<Option<Vec<_>>>();
    let mut kept = Memory::new();
    for (address, bytes) in write.kept {
        kept.insert(address, unhex(&bytes)?).ok()?;
    }
    let mut sectors = BTreeMap::new();
    for text in write.sectors {
        let whole = text.at >= base && (text.at - base).is_multiple_of(sector);
        (whole && u64::from(text.at) + u64::from(sector) <= 1 << 32).then_some(())?;
        let pages: Option<Vec<u64>> = text.pages.as_bytes().chunks(16).map(page_of).collect();
        let mark = SectorMark {
            before: digest_of_text(&text.before)?,
            pages: pages?,
            erased_with: text.erased_with,
            left: match text.left {
                Some(left) => Some(digest_of_text(&left)?),
                None => None,
            },
        };
        sectors.insert(text.at, mark);
    }
    Some(OpenWrite {
        image: ImageMark {
            name: write.image,
            digest: digest_of_text(&write.digest)?,
        },
        program: write.program,
        time: write.time,
        phase: match write.phase {
            PhaseText::Erasing => Phase::Erasing,
            PhaseText::Programming => Phase::Programming,
            PhaseText::Last => Phase::Last,
        },
        holds_fcb: write.holds_fcb,
        sizes: Sizes { base, page, sector },
        ranges: ranges(write.ranges)?,
        runs: ranges(write.runs)?,
        in_flight: match write.in_flight {
            Some((pair, garbled)) => Some(InFlight {
                range: range(pair)?,
                garbled,
            }),
            None => None,
        },
        trimmed: write.trimmed,
        sectors,
        kept,
    })
}

fn page_of(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    u64::from_str_radix(text, 16).ok()
}

fn digest_of_text(text: &str) -> Option<Digest> {
    unhex(text)?.try_into().ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => {
            let digit = |c: u8| char::from(c).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    };
    pairs.map(byte).collect()
}
