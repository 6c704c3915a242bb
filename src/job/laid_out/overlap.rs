//! Pieces that lie on each other, or on a boot header that is to stay.

use std::borrow::Cow;
use std::ops::Range;

use rtboot_bootable::{Memory, header_areas};
use rtboot_fcb::Fcb;

use super::{BootLoader, LaidOut};
use crate::chip::Chip;
use crate::{Error, Result};

/// No two pieces have bytes at one address, and none lies on the boot header that is to stay.
///
/// `fcb` is the piece whose FCB is that of the boot image.
pub(super) fn refuse_overlaps(
    pieces: &[LaidOut],
    fcb: Option<usize>,
    boot_loader: BootLoader,
    chip: &Chip,
) -> Result<()> {
    for (i, piece) in pieces.iter().enumerate() {
        for (k, other) in pieces.iter().enumerate().skip(i + 1) {
            let (one, two) = (
                claimed(piece, fcb == Some(i), chip),
                claimed(other, fcb == Some(k), chip),
            );
            if let Some(range) = shared(&one, &two) {
                return Err(collision(piece, other, range, chip));
            }
        }
        for (header, address, length) in header_areas(&chip.map) {
            let area = piece.memory.slice(address, length);
            let kept = boot_loader == BootLoader::Keep;
            if let Some((from, bytes)) = area.segments().next().filter(|_| kept) {
                let range = u64::from(from)..u64::from(from) + bytes.len() as u64;
                return Err(overlap(piece, format!("the boot loader's {header}"), range));
            }
        }
    }
    Ok(())
}

/// What must not lie on anything else: all bytes of a piece, but for an FCB that is the boot image's.
fn claimed<'a>(piece: &'a LaidOut, gives_fcb: bool, chip: &Chip) -> Cow<'a, Memory> {
    match gives_fcb {
        false => Cow::Borrowed(piece.claimed()),
        true => {
            let mut memory = piece.claimed().clone();
            memory.remove(chip.map.fcb_address(), Fcb::LEN);
            Cow::Owned(memory)
        }
    }
}

/// Two pieces at one place. A header that is made for one of them is named as such: its file has no bytes there.
fn collision(piece: &LaidOut, other: &LaidOut, range: Range<u64>, chip: &Chip) -> Error {
    let made = |it: &LaidOut| {
        it.made_header(range.start, chip)
            .map(|header| format!("the {header} that is made for {}", it.name.display()))
    };
    match (made(piece), made(other)) {
        (Some(header), _) => overlap(other, header, range),
        (None, Some(header)) => overlap(piece, header, range),
        (None, None) => overlap(piece, other.name.display().to_string(), range),
    }
}

fn overlap(piece: &LaidOut, other: String, range: Range<u64>) -> Error {
    Error::Overlap {
        piece: piece.name.clone(),
        other,
        start: u32::try_from(range.start).unwrap_or(u32::MAX),
        end: range.end,
    }
}

/// The first run of addresses where both have bytes.
fn shared(one: &Memory, other: &Memory) -> Option<Range<u64>> {
    one.segments().find_map(|(start, bytes)| {
        let common = other.slice(start, bytes.len());
        let (from, bytes) = common.segments().next()?;
        Some(u64::from(from)..u64::from(from) + bytes.len() as u64)
    })
}
