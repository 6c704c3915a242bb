//! Is this application meant to be started by a boot loader, and is one there? Pure: bytes in, an answer out.
//!
//! A boot loader (MCUboot, TinyUF2, NXP's SBL, one of the user's own) is what the ROM starts; an application for it lies
//! behind it and has no boot header. To the ROM such an application looks like any bare one, so the place of its vector table
//! and the boot image in flash decide.

use rtboot_bootable::{Inspection, McubootHeader, Memory, MemoryMap, Vectors};

use super::laid_out::{BootLoader, LaidOut, LaidOutPieces};
use crate::Error;

/// Where the first sensible boot loader ends: an application from here on has room before it for one.
const ROOM: u32 = 0x8000;

/// An image that the ROM starts, as far as its place matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootsAt {
    /// Entry of its IVT.
    pub entry: u32,
    /// Where its vector table (without one: the entry) lies in flash.
    pub table: u32,
}

impl BootsAt {
    /// Address of its first code.
    fn code(self, map: &MemoryMap) -> u32 {
        map.normalised(self.entry & !1)
    }

    /// What the boot header in flash leads to; `None` without an IVT, and when nothing is programmed where it leads.
    pub fn find(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> Option<BootsAt> {
        let ivt = seen.ivt?;
        if seen.ivt_address != Some(map.ivt_address()) {
            return None;
        }
        // an image that the ROM copies to RAM lies in flash as far from its IVT as it does there
        let in_flash = |address: u32| {
            address
                .wrapping_sub(ivt.self_address)
                .wrapping_add(map.ivt_address())
        };
        let entry = map.normalised(ivt.entry & !1);
        let table = in_flash(seen.vectors.map_or(entry, |vectors| vectors.table));
        let code = memory.bytes(in_flash(entry), 8)?;
        let programmed = code.iter().any(|&byte| byte != 0xFF);
        (map.in_flash(table) && programmed).then_some(BootsAt {
            entry: ivt.entry,
            table,
        })
    }
}

impl BootsAt {
    /// That none of the pieces lies on its first code.
    pub(super) fn refuse_overlap(&self, pieces: &LaidOutPieces) -> crate::Result<()> {
        let on_it = |piece: &&LaidOut| piece.memory.byte(self.table).is_some();
        match pieces.pieces().iter().find(on_it) {
            Some(piece) => Err(Error::Overlap {
                piece: piece.name.clone(),
                other: "the boot loader in flash".into(),
                start: self.table,
                end: u64::from(self.table) + 8,
            }),
            None => Ok(()),
        }
    }
}

/// Why an application is not simply made the boot image; `None` when it is.
///
/// `seen` and `held` are the boot header in flash. Nothing is asked when the pieces bring a boot header of their own, when the
/// user decided, and when flash boots what lies at the application's own place: that is the same application in another
/// version.
pub fn doubt(pieces: &LaidOutPieces, seen: &Inspection, held: &Memory) -> Option<Error> {
    if pieces.options().boot_loader != BootLoader::Ask {
        return None;
    }
    let piece = pieces.boot_piece()?;
    let image = pieces.boot_image().filter(|image| image.built)?;
    let map = &pieces.chip().map;
    let new = BootsAt::find(&image.inspection, &image.memory, map)?;
    match BootsAt::find(seen, held, map) {
        Some(old) if old.table == new.table => None,
        // the boot header names the reset handler of the table there
        Some(old) if reset_at(held, new.table, map) == Some(old.code(map)) => None,
        Some(old) => {
            let covered = pieces.memory().byte(old.table).is_some();
            (new.table != map.app_address() || !covered).then(|| Error::OtherBootLoader {
                path: piece.name.clone(),
                table: new.table,
                ivt: map.ivt_address(),
                entry: old.entry,
            })
        }
        None => leaves_room(piece, new, map).then(|| Error::NoBootLoader {
            path: piece.name.clone(),
            table: new.table,
            mcuboot: mcuboot(piece).is_some(),
        }),
    }
}

/// What must be read of flash for [`doubt`], besides the boot header: the vector table that the application would replace.
pub fn asked_for(pieces: &LaidOutPieces) -> Option<(u32, u32)> {
    let image = pieces.boot_image().filter(|image| image.built)?;
    let new = BootsAt::find(&image.inspection, &image.memory, &pieces.chip().map)?;
    Some((new.table, 8))
}

/// The reset handler of a vector table, without its thumb bit.
fn reset_at(memory: &Memory, table: u32, map: &MemoryMap) -> Option<u32> {
    let vectors = Vectors::read(memory, table)?;
    Some(map.normalised(vectors.reset & !1))
}

/// Whether the application has the header of MCUboot, or room before it for a boot loader.
fn leaves_room(piece: &LaidOut, new: BootsAt, map: &MemoryMap) -> bool {
    let firmware = piece
        .prepared
        .as_ref()
        .map(|prepared| &prepared.firmware().memory);
    let first = firmware.and_then(Memory::first).unwrap_or(new.table);
    let behind = first.min(new.table).saturating_sub(map.flash_base) >= ROOM;
    map.in_flash(first) && (behind || mcuboot(piece).is_some())
}

fn mcuboot(piece: &LaidOut) -> Option<McubootHeader> {
    McubootHeader::find(&piece.prepared.as_ref()?.firmware().memory)
}
