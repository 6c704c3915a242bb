//! Reading a range of flash or RAM.

use std::ops::Range;

use crate::chip::{MemoryMap, Region};
use crate::error::{OutOfRange, Step};
use crate::event::{Listener, Meter, Stage};
use crate::flash::identify::check_same;
use crate::flash::{Flashloader, Nor};
use crate::mboot::{self, MemoryId};
use crate::{Error, Result};

/// First address after a range.
///
/// # Errors
/// [`Error::BadRange`] for a range without a byte, or one that ends behind the last address.
pub fn end_of(address: u32, length: u32) -> Result<u64> {
    let end = u64::from(address) + u64::from(length);
    match length == 0 || end > 1 << 32 {
        true => Err(Error::BadRange { address, length }),
        false => Ok(end),
    }
}

/// That a range lies in the flash.
///
/// # Errors
/// [`Error::OutsideFlash`].
pub(super) fn check_inside(nor: &Nor, what: OutOfRange, range: Range<u64>) -> Result<()> {
    let g = nor.geometry();
    let start = u32::try_from(range.start).unwrap_or(u32::MAX);
    match g.holds(start, range.end) {
        true => Ok(()),
        false => Err(Error::OutsideFlash {
            what,
            start,
            end: range.end,
            flash_start: g.base,
            flash_end: g.end(),
        }),
    }
}

/// That a range which begins in one of the chip's RAMs ends in it, with the FlexRAM split as it leaves the factory: behind the
/// end of a bank the flashloader hangs.
///
/// # Errors
/// [`Error::BadRange`], [`Error::OutsideRam`].
pub fn check_ram(map: &MemoryMap, address: u32, length: u32) -> Result<()> {
    let end = end_of(address, length)?;
    let inside = |ram: &&Region| address >= ram.base && u64::from(address) < ram.max_end();
    match map.ram.iter().find(inside) {
        Some(ram) if end > ram.end() => Err(Error::OutsideRam {
            start: address,
            end,
            ram: ram.name,
            ram_start: ram.base,
            ram_end: ram.end(),
        }),
        _ => Ok(()),
    }
}

/// Reads flash on one pad: that works whatever state quad enable is in, and changes nothing.
///
/// # Errors
/// [`Error::BadRange`], [`Error::OutsideFlash`], and whatever reading brings.
pub fn read_flash(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Vec<u8>> {
    let end = end_of(address, length)?;
    check_inside(nor, OutOfRange::Range, u64::from(address)..end)?;
    let bytes = read_plain(nor, address, length, Stage::Read, listener)?;
    still_answers(nor)?;
    Ok(bytes)
}

/// From so many bytes on the fast read is worth its set-up and its proof.
const FAST: u32 = 64 * 1024;
/// Bytes at the beginning of flash that the fast read must bring as the plain one does…
const HEADER: u32 = 0x2000;
/// … and bytes of the range…
const SAMPLE: u32 = 256;
/// … out of each so many.
const SAMPLE_EACH: u32 = 64 * 1024;

/// As [`read_flash`], read a second time: a backup is never one misread. With a loader that hashes much is read as the boot FCB reads
/// it, where samples on one pad are alike, and the second reading is one on the chip.
///
/// # Errors
/// As [`read_flash`]; [`Error::ReadsDiffer`]; [`Error::Mboot`] with a protocol error when a hash contradicts what is read.
pub fn read_flash_twice(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Vec<u8>> {
    check_inside(
        nor,
        OutOfRange::Range,
        u64::from(address)..end_of(address, length)?,
    )?;
    if length >= FAST
        && nor.hashes()
        && let Some(bytes) = read_fast(nor, address, length, listener)?
    {
        return Ok(bytes);
    }
    let bytes = read_flash(nor, address, length, listener)?;
    nor.use_plain()?;
    match nor.verify(&[(address, &bytes)], Stage::Verify, listener) {
        Ok(()) => {
            still_answers(nor)?;
            Ok(bytes)
        }
        Err(Error::Verify {
            address,
            expected,
            found,
            count,
            ..
        }) => Err(Error::ReadsDiffer {
            address,
            first: expected,
            second: found,
            count,
        }),
        Err(error) => Err(error),
    }
}

/// Reads as the boot FCB does, and again by hashes; `None` where that is not what one pad brings.
fn read_fast(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Option<Vec<u8>>> {
    let g = nor.geometry();
    nor.use_plain()?;
    let mut quiet = ();
    let mut unseen = Meter::begin(&mut quiet, Stage::Read, 0);
    let header = nor.read(g.base, HEADER, &mut unseen)?;
    let header = [(g.base, header.as_slice())];
    let mut samples = Vec::new();
    for offset in (0..length).step_by(SAMPLE_EACH as usize) {
        let count = SAMPLE.min(length - offset);
        samples.push((
            offset as usize,
            nor.read(address + offset, count, &mut unseen)?,
        ));
    }
    if !nor.use_fast(&header)? {
        return Ok(None);
    }
    let mut meter = Meter::begin(listener, Stage::Read, u64::from(length));
    let bytes = nor.read(address, length, &mut meter)?;
    meter.end();
    let alike = samples
        .iter()
        .all(|(at, plain)| bytes[*at..].starts_with(plain));
    // asking for the id has put another block in place
    still_answers(nor)?;
    if !alike || !nor.use_fast(&header)? {
        return Ok(None);
    }
    let mut meter = Meter::begin(listener, Stage::Verify, u64::from(length));
    nor.confirm(address, &bytes, g.sector, &mut meter)?;
    meter.end();
    still_answers(nor)?;
    Ok(Some(bytes))
}

/// A flash that fell silent reads as ones, each time alike: after a reading it is asked for its id.
///
/// # Errors
/// [`Error::NoFlash`], [`Error::FlashChanged`].
pub(super) fn still_answers(nor: &mut Nor) -> Result<()> {
    let before = nor.facts().id;
    check_same(nor.loader().jedec_id()?, before)
}

pub(super) fn read_plain(
    nor: &mut Nor,
    address: u32,
    length: u32,
    stage: Stage,
    listener: &mut dyn Listener,
) -> Result<Vec<u8>> {
    nor.use_plain()?;
    let mut meter = Meter::begin(listener, stage, u64::from(length));
    let bytes = nor.read(address, length, &mut meter)?;
    meter.end();
    Ok(bytes)
}

/// Reads RAM.
///
/// # Errors
/// [`Error::BadRange`]; [`Error::Mboot`] for addresses that the flashloader does not read; [`Error::Interrupted`].
pub fn read_ram(
    flashloader: &mut Flashloader,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Vec<u8>> {
    end_of(address, length)?;
    let mut meter = Meter::begin(listener, Stage::Read, u64::from(length));
    let session = flashloader.session();
    let read = session.read_memory(address, length, MemoryId::INTERNAL, &mut |done| {
        meter.set(done);
        !meter.cancelled()
    });
    let bytes = read.map_err(|source| match source {
        mboot::Error::Cancelled { .. } => Error::interrupted(),
        source => Error::mboot(Step::ReadMemory { address })(source),
    })?;
    meter.end();
    Ok(bytes)
}
