//! What flash must hold when pieces are in it. Pure; `verify` and the doctor compare flash with this.

use std::ops::Range;

use rtboot_bootable::{BootData, Inspection, Ivt, Memory};
use rtboot_fcb::{Fcb, Part};

use super::boot_loader::doubt;
use super::laid_out::LaidOutPieces;
use crate::Result;
use crate::chip::MemoryMap;
use crate::flash::{FcbChoice, OwnFcb};

/// The first bytes of an FCB.
const FCB_TAG: &[u8] = b"FCFB";

/// How flash differs from what it should hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Bytes compared.
    pub total: u64,
    /// Bytes that differ.
    pub differ: u64,
    /// Bytes that are erased where something else should be.
    pub erased: u64,
    /// Bytes that have bits cleared which should be set, and no bit set which should be cleared.
    pub cleared: u64,
    /// Bytes found that are not erased.
    pub programmed: u64,
    /// Address, expected and found byte of the first difference.
    pub first: Option<(u32, u8, u8)>,
    /// Bytes that differ in the place of the FCB.
    pub in_fcb: u64,
    /// That place.
    fcb: Range<u32>,
}

impl Compared {
    /// Nothing compared yet, on a chip with this memory map.
    pub fn on(map: &MemoryMap) -> Compared {
        let fcb = map.fcb_address();
        Compared {
            fcb: fcb..fcb + Fcb::LEN as u32,
            ..Compared::default()
        }
    }

    /// Where flash holds all but the FCB, and another FCB: the names of the fields in which that differs.
    ///
    /// A write that was given an FCB leaves flash so; the cells are fine.
    pub fn other_fcb(&self, expected: &Memory, seen: &Inspection) -> Option<String> {
        let held = seen.fcb.as_ref()?;
        let own = expected.bytes(self.fcb.start, Fcb::LEN)?;
        let own = Fcb::parse(own).ok()?;
        let alone = self.differ > 0 && self.differ == self.in_fcb;
        let names = || own.diff(held).iter().map(|diff| diff.this.name).collect();
        alone.then(names).map(|names: Vec<_>| names.join(", "))
    }

    /// Adds what was found from an address on.
    pub fn add(&mut self, address: u32, expected: &[u8], found: &[u8]) {
        for (at, (&want, &have)) in expected.iter().zip(found).enumerate() {
            self.total += 1;
            self.programmed += u64::from(have != 0xFF);
            if want == have {
                continue;
            }
            self.differ += 1;
            self.in_fcb += u64::from(self.fcb.contains(&(address + at as u32)));
            self.erased += u64::from(have == 0xFF);
            self.cleared += u64::from(want & have == have);
            self.first.get_or_insert((address + at as u32, want, have));
        }
    }

    /// Whether all of it is erased although it should not be.
    pub fn is_blank(&self) -> bool {
        self.differ > 0 && self.programmed == 0
    }
}

/// The bytes that flash must hold when these pieces are in it.
///
/// `seen` and `held` are the boot header in flash; `part` is the flash, when it is known.
///
/// * An application that a boot loader in flash starts is compared alone.
/// * A boot header that was made for the application may be another tool's, when it starts the same application.
/// * An FCB that nobody named, and that is not the file's, must be there and may be any.
///
/// # Errors
/// As [`LaidOutPieces::for_part`].
pub fn expected(
    pieces: &LaidOutPieces,
    part: Option<&Part>,
    seen: &Inspection,
    held: &Memory,
) -> Result<Memory> {
    if doubt(pieces, seen, held).is_some() {
        return Ok(pieces.without_headers());
    }
    let Some(image) = pieces.boot_image() else {
        return Ok(pieces.memory().clone());
    };
    let map = &pieces.chip().map;
    let named = pieces.options().fcb != FcbChoice::Auto;
    let mut memory = match part.filter(|_| named) {
        Some(part) => pieces.for_part(part)?.memory,
        None => pieces.memory().clone(),
    };
    let fcb = map.fcb_address();
    if pieces.options().own_fcb == OwnFcb::ReplaceIfUnfit {
        // the write decides by the flash which of two it is; the boot header is judged apart
        memory.remove(fcb, Fcb::LEN);
    }
    if memory.byte(fcb).is_none() {
        // its place is kept free of everything else
        let _ = memory.insert(fcb, FCB_TAG.to_vec());
    }
    let table = |seen: &Inspection| seen.vectors.map(|vectors| vectors.table);
    let starts_it = seen.ivt_address == Some(map.ivt_address())
        && seen.boot_data.is_some()
        && table(seen).is_some()
        && table(seen) == table(&image.inspection);
    if image.built && starts_it {
        memory.remove(map.ivt_address(), Ivt::LEN + BootData::LEN);
    }
    Ok(memory)
}
