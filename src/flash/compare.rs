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
