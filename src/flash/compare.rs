//! Reads flash where the image goes and decides what must change. Changes nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use rtboot_bootable::Memory;
use rtboot_fcb::Fcb;

use super::held::UNCHANGED;
use crate::event::{Listener, Meter, Stage};
use crate::flash::nor::Nor;
use crate::flash::plan::{Geometry, Policy, WritePlan, ranges, touched_sectors};
use crate::{Error, Result};

/// Where the IVT lies in flash: offset, and bytes of IVT and boot data together.
const IVT: (u32, usize) = (0x1000, 0x30);

/// Reads what is needed and decides. Changes nothing in flash.
///
/// # Errors
/// [`Error::OutsideFlash`] and whatever reading brings.
pub fn plan_write(
    nor: &mut Nor,
    image: &Memory,
    saved: &Memory,
    policy: Policy,
    listener: &mut dyn Listener,
) -> Result<WritePlan> {
    let geometry = nor.geometry();
    check_fits(image, &geometry)?;
    check_fits(saved, &geometry)?;
    nor.use_plain()?;
    let mut sectors = touched_sectors(image, &geometry);
    sectors.extend(touched_sectors(saved, &geometry));
    sectors.push(geometry.base); // the FCB lives there
    sectors.push(geometry.sector_of(geometry.base + IVT.0)); // and there what it starts: both are verified at the end
    sectors.sort_unstable();
    sectors.dedup();
    let current = read_sectors(nor, &sectors, &geometry, listener)?;
    let extent = boot_extent(image, &current, &geometry);
    Ok(WritePlan::new(
        image, saved, current, geometry, extent, policy,
    ))
}

fn check_fits(memory: &Memory, geometry: &Geometry) -> Result<()> {
    for (start, bytes) in memory.segments() {
        let end = u64::from(start) + bytes.len() as u64;
        if !geometry.holds(start, end) {
            let what = "the image".to_owned();
            return Err(Error::OutsideFlash {
                what,
                start,
                end,
                flash_start: geometry.base,
                flash_end: geometry.end(),
            });
        }
    }
    Ok(())
}

fn read_sectors(
    nor: &mut Nor,
    sectors: &[u32],
    geometry: &Geometry,
    listener: &mut dyn Listener,
) -> Result<BTreeMap<u32, Vec<u8>>> {
    let mut current = BTreeMap::new();
    let total = sectors.len() as u64 * u64::from(geometry.sector);
    let mut meter = Meter::begin(listener, Stage::Compare, total);
    for range in ranges(sectors, geometry.sector) {
        let read = nor.read(range.start, range.end - range.start, &mut meter);
        let read = read.map_err(|error| match error {
            Error::Interrupted { .. } => Error::Interrupted {
                state: UNCHANGED.into(),
            },
            other => other,
        })?;
        for (i, sector) in read.chunks(geometry.sector as usize).enumerate() {
            current.insert(range.start + i as u32 * geometry.sector, sector.to_vec());
        }
    }
    meter.end();
    Ok(current)
}

/// Addresses whose change could leave a half image that starts.
///
/// An image that brings FCB or IVT makes all of flash count. Otherwise it is what the boot data in flash says; when an
/// FCB is there and the boot data makes no sense, all of flash again.
fn boot_extent(
    image: &Memory,
    current: &BTreeMap<u32, Vec<u8>>,
    g: &Geometry,
) -> Option<Range<u32>> {
    let all = g.base..u32::try_from(g.end()).unwrap_or(u32::MAX);
    if !image.slice(g.base, 2 * g.sector as usize).is_empty() {
        return Some(all);
    }
    let sector = |offset: u32| current.get(&g.sector_of(g.base + offset));
    let tagged = sector(0)
        .is_some_and(|sector| Fcb::parse(sector.get(..Fcb::LEN).unwrap_or_default()).is_ok());
    if !tagged {
        return None;
    }
    let inside = (IVT.0 % g.sector) as usize;
    let header = sector(IVT.0).and_then(|sector| sector.get(inside..inside + IVT.1));
    let word = |at: usize| {
        header
            .and_then(|header| header.get(at..at + 4))
            .and_then(|b| b.first_chunk())
            .map_or(0, |b| u32::from_le_bytes(*b))
    };
    let (start, length) = (word(0x20), word(0x24));
    let sane =
        word(0) & 0xF0FF_FFFF == 0x4020_00D1 && start == g.base && length > 0 && length <= g.size;
    Some(if sane { start..start + length } else { all })
}

#[cfg(test)]
mod tests {
    use super::*;

    const G: Geometry = Geometry {
        base: 0x6000_0000,
        size: 0x10_0000,
        page: 0x100,
        sector: 0x1000,
        block: 0x1_0000,
    };
    const ALL: Range<u32> = 0x6000_0000..0x6010_0000;

    fn one(address: u32, bytes: &[u8]) -> Memory {
        let mut memory = Memory::new();
        memory.insert(address, bytes.to_vec()).expect("room");
        memory
    }

    /// Flash with an FCB's tag, and an IVT of these words.
    fn flash(tag: u32, start: u32, length: u32) -> BTreeMap<u32, Vec<u8>> {
        let mut first = vec![0xFF; 0x1000];
        first[..Fcb::LEN].copy_from_slice(Fcb::new().as_bytes());
        let mut second = vec![0; 0x1000];
        for (at, word) in [(0, tag), (0x20, start), (0x24, length)] {
            second[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        BTreeMap::from([(G.base, first), (G.base + 0x1000, second)])
    }

    const TAG: u32 = 0x4120_00D1;
    const APP: u32 = 0x6000_8000;

    #[test]
    fn what_the_boot_data_names_may_start_and_must_go_together() {
        let extent = boot_extent(&one(APP, &[1]), &flash(TAG, G.base, 0x9000), &G);
        assert_eq!(extent, Some(G.base..G.base + 0x9000));
        let whole = boot_extent(&one(APP, &[1]), &flash(TAG, G.base, G.size), &G);
        assert_eq!(whole, Some(ALL));
    }

    #[test]
    fn boot_data_that_makes_no_sense_makes_all_of_flash_count() {
        for (tag, start, length) in [
            (0, G.base, 0x9000),
            (0x4120_00D2, G.base, 0x9000),
            (TAG, G.base + 4, 0x9000),
            (TAG, 0, 0x9000),
            (TAG, G.base, 0),
            (TAG, G.base, G.size + 1),
            (TAG, G.base, u32::MAX),
        ] {
            let extent = boot_extent(&one(APP, &[1]), &flash(tag, start, length), &G);
            assert_eq!(extent, Some(ALL), "{tag:#x} {start:#x} {length:#x}");
        }
    }

    #[test]
    fn without_an_fcb_nothing_starts() {
        let mut current = flash(TAG, G.base, 0x9000);
        current.get_mut(&G.base).expect("a sector")[0] = 0xFF;
        assert_eq!(boot_extent(&one(APP, &[1]), &current, &G), None);
        assert_eq!(boot_extent(&one(APP, &[1]), &BTreeMap::new(), &G), None);
    }

    #[test]
    fn an_image_that_brings_a_byte_of_the_boot_header_makes_all_of_flash_count() {
        for (at, counts) in [(0, true), (0x1FFF, true), (0x2000, false)] {
            let extent = boot_extent(&one(G.base + at, &[1]), &BTreeMap::new(), &G);
            assert_eq!(extent.is_some(), counts, "{at:#x}");
        }
    }

    #[test]
    fn bytes_must_fit_the_flash() {
        let last = 0x600F_FFFF;
        assert!(check_fits(&one(last, &[1]), &G).is_ok());
        for (address, bytes) in [
            (last, &[1, 2][..]),
            (0x6010_0000, &[1]),
            (0x5FFF_FFFF, &[1]),
        ] {
            let error = check_fits(&one(address, bytes), &G).expect_err("outside");
            match error {
                Error::OutsideFlash { start, end, .. } => {
                    assert_eq!(start, address);
                    assert_eq!(end, u64::from(address) + bytes.len() as u64);
                }
                other => panic!("{other}"),
            }
        }
    }
}
