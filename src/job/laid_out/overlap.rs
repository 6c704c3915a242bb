//! Pieces that lie on each other, or on a boot header that is to stay.

use std::ops::Range;

use rtboot_bootable::{Memory, header_areas};

use super::{BootLoader, LaidOut};
use crate::chip::Chip;
use crate::{Error, Result};

/// No two pieces have bytes at one address, and none lies on the boot header that is to stay.
pub(super) fn refuse_overlaps(
    pieces: &[LaidOut],
    boot_loader: BootLoader,
    chip: &Chip,
) -> Result<()> {
    for (i, piece) in pieces.iter().enumerate() {
        for other in pieces.iter().skip(i + 1) {
            if let Some(range) = shared(piece.claimed(), other.claimed()) {
                return Err(overlap(piece, other.name.display().to_string(), range));
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
