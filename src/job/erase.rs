//! Erasing ranges or all of the flash, and telling whether a range is erased.

use std::ops::Range;

use rtboot_fcb::EraseUnit;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::range::{check_inside, end_of, read_plain, still_answers};
use crate::consent::{Consent, EraseFlash};
use crate::error::{Content, Evidence, OutOfRange};
use crate::event::{Listener, Meter, Stage, tell};
use crate::flash::{Geometry, Nor};
use crate::journal::BoardJournal;
use crate::{Error, Result};

/// What is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EraseRange {
    /// The whole flash. The [`Consent`] must cover [`Act::erase_flash`](crate::consent::Act::erase_flash).
    All,
    /// A range. When it is the whole flash, the [`Consent`] must cover [`Act::erase_flash`](crate::consent::Act::erase_flash) as well.
    Bytes {
        /// First address.
        address: u32,
        /// How many bytes.
        length: u32,
        /// What happens when it does not begin and end on sectors.
        edges: Edges,
    },
}

/// What happens to a range that does not begin and end on sectors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Edges {
    /// It is refused.
    #[default]
    Refuse,
    /// It is widened to whole sectors.
    Round,
}

/// Erases, and reads back that all of it is blank. Returns what was erased.
///
/// Blocks are erased as a whole where the range holds all of one. The quad-enable bit does not matter and stays as it is.
/// The journal knows of the erase from before its first command until all of the range is blank, and forgets what it keeps of
/// the range.
///
/// # Errors
/// [`Error::NotConfirmed`], [`Error::BadRange`], [`Error::OutsideFlash`], [`Error::NotWholeSectors`],
/// [`Error::Protected`]; once flash changes, inside [`Error::WhileWriting`] or [`Error::Interrupted`] with how much of the
/// range is erased.
pub fn erase(
    nor: &mut Nor,
    what: EraseRange,
    consent: &Consent,
    journal: Option<&mut BoardJournal>,
    listener: &mut dyn Listener,
) -> Result<Range<u64>> {
    let g = nor.geometry();
    let range = match what {
        EraseRange::All => u64::from(g.base)..g.end(),
        EraseRange::Bytes {
            address,
            length,
            edges,
        } => {
            let end = end_of(address, length)?;
            check_inside(nor, OutOfRange::Range, u64::from(address)..end)?;
            whole_sectors(address, end, edges, &g, listener)?
        }
    };
    // by name or by numbers: it is the same act
    let all = (range == (u64::from(g.base)..g.end())).then(|| consent.erase_flash());
    let all = all.transpose()?;
    refuse_protected(nor, &range)?;
    match journal {
        Some(journal) => erase_on_record(nor, &range, all, journal, listener)?,
        None => erase_and_look(nor, &range, all, listener)?,
    }
    Ok(range)
}

/// Erases while the journal knows of it, so that a later run erases again what a break left in part.
fn erase_on_record(
    nor: &mut Nor,
    range: &Range<u64>,
    all: Option<EraseFlash>,
    journal: &mut BoardJournal,
    listener: &mut dyn Listener,
) -> Result<()> {
    let before = journal.clone();
    if let Err(error) = journal.begin_erase(range) {
        // the file may be the new one all the same, when only the sync of its folder failed
        let _ = journal.back_to(before);
        return Err(error);
    }
    match erase_and_look(nor, range, all, listener) {
        Ok(()) => journal.forget(range).map_err(|error| {
            error.with_flash_state(Content::Erased {
                range: range.clone(),
                evidence: Evidence::ReadBack,
            })
        }),
        Err(error) => {
            // a journal that cannot be changed now says that all of the range is open, which is safe
            let _ = match missing(&error, range, nor.geometry().sector) {
                Some(missing) => journal.erase_broke(missing),
                None => journal.back_to(before),
            };
            Err(error)
        }
    }
}

/// What of a range is not known to be erased after this failure; `None` when no erase was sent.
fn missing(error: &Error, range: &Range<u64>, sector: u32) -> Option<Range<u64>> {
    match &error.flash_state()?.content {
        Content::PartErased {
            erased,
            evidence: Evidence::ReadBack,
            ..
        } => {
            let first_wrong = erased.end - (erased.end - range.start) % u64::from(sector);
            Some(first_wrong..range.end)
        }
        Content::Untouched => None,
        _ => Some(range.clone()),
    }
}

fn erase_and_look(
    nor: &mut Nor,
    range: &Range<u64>,
    all: Option<EraseFlash>,
    listener: &mut dyn Listener,
) -> Result<()> {
    match all {
        Some(confirmed) => erase_chip(nor, range, confirmed, listener)?,
        None => erase_units(nor, range, listener)?,
    }
    check_blank(nor, range, listener)
}

fn whole_sectors(
    address: u32,
    end: u64,
    edges: Edges,
    g: &Geometry,
    listener: &mut dyn Listener,
) -> Result<Range<u64>> {
    let base = u64::from(g.base);
    let from = g.sector_of(address);
    let to = base + (end - base).next_multiple_of(u64::from(g.sector));
    if (from, to) == (address, end) {
        return Ok(u64::from(from)..to);
    }
    if edges == Edges::Refuse {
        return Err(Error::NotWholeSectors {
            start: address,
            end,
            sector: g.sector,
            from,
            to,
        });
    }
    let rounded = Finding::new(&run::ROUNDED)
        .address("start", address)
        .address("end", end)
        .number("sector", g.sector)
        .address("from", from)
        .address("to", to);
    tell(listener, rounded);
    Ok(u64::from(from)..to)
}

fn erase_chip(
    nor: &mut Nor,
    range: &Range<u64>,
    confirmed: EraseFlash,
    listener: &mut dyn Listener,
) -> Result<()> {
    let meter = Meter::begin(listener, Stage::Erase, range.end - range.start);
    nor.erase_chip(confirmed).map_err(|failed| {
        let sector = u64::from(nor.geometry().sector);
        match failed.first_sector {
            true => part_erased(
                *failed.error,
                range,
                range.start + sector,
                Evidence::Acknowledged,
            ),
            false => begun(*failed.error, range, range.start),
        }
    })?;
    meter.end();
    Ok(())
}

/// Erases in the largest units that fit.
fn erase_units(nor: &mut Nor, range: &Range<u64>, listener: &mut dyn Listener) -> Result<()> {
    let g = nor.geometry();
    let mut meter = Meter::begin(listener, Stage::Erase, range.end - range.start);
    let mut at = range.start;
    while at < range.end {
        let partly = |error| begun(error, range, at);
        if meter.cancelled() {
            return Err(partly(Error::interrupted()));
        }
        let whole_block = (at - u64::from(g.base)).is_multiple_of(u64::from(g.block))
            && at + u64::from(g.block) <= range.end;
        let (unit, size) = match whole_block && g.block > g.sector {
            true => (EraseUnit::Block, g.block),
            false => (EraseUnit::Sector, g.sector),
        };
        nor.use_erasing(unit).map_err(partly)?;
        let address = u32::try_from(at).unwrap_or(u32::MAX);
        nor.erase(address, size).map_err(partly)?;
        meter.add(u64::from(size));
        at += u64::from(size);
    }
    meter.end();
    Ok(())
}

/// The error with how much of the range is erased: up to `end`. Before the first erase command there is nothing to tell.
fn begun(error: Error, range: &Range<u64>, end: u64) -> Error {
    match end == range.start && !matches!(error, Error::Erase { .. }) {
        true => error,
        false => part_erased(error, range, end, Evidence::Acknowledged),
    }
}

/// The error with how much of the range is erased: up to `end`.
fn part_erased(error: Error, range: &Range<u64>, end: u64, evidence: Evidence) -> Error {
    error.with_flash_state(Content::PartErased {
        range: range.clone(),
        erased: range.start..end,
        evidence,
    })
}

fn check_blank(nor: &mut Nor, range: &Range<u64>, listener: &mut dyn Listener) -> Result<()> {
    let unread = |error: Error| {
        error.with_flash_state(Content::Erased {
            range: range.clone(),
            evidence: Evidence::Acknowledged,
        })
    };
    match first_in(nor, range, listener).map_err(unread)? {
        Some((address, found)) => {
            let error = Error::NotBlank { address, found };
            let end = u64::from(address);
            Err(part_erased(error, range, end, Evidence::ReadBack))
        }
        None => Ok(()),
    }
}

/// A protected flash would ignore the erase.
fn refuse_protected(nor: &mut Nor, range: &Range<u64>) -> Result<()> {
    let status = nor.facts().status;
    let extent = nor.facts().protected_extent(nor.part());
    let base = u64::from(nor.chip().map.flash_base);
    if !extent.stops(range.start.saturating_sub(base)..range.end.saturating_sub(base)) {
        return Ok(());
    }
    let address = u32::try_from(range.start).unwrap_or(u32::MAX);
    let found = read_plain(nor, address, 1, Stage::Read, &mut ())?;
    Err(Error::Protected {
        status,
        extent,
        lock: nor.part().status_lock(&status),
        address,
        expected: 0xFF,
        found: found.first().copied().unwrap_or(0xFF),
    })
}

/// That a range is erased.
///
/// # Errors
/// [`Error::HoldsBytes`] with the first byte that is not blank; [`Error::BadRange`], [`Error::OutsideFlash`], and whatever
/// reading brings.
pub fn blank_check(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<()> {
    match first_programmed(nor, address, length, listener)? {
        Some((address, found)) => Err(Error::HoldsBytes { address, found }),
        None => Ok(()),
    }
}

/// The first byte of a range that is not blank, with its address.
///
/// # Errors
/// [`Error::BadRange`], [`Error::OutsideFlash`], and whatever reading brings.
pub fn first_programmed(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Option<(u32, u8)>> {
    let range = u64::from(address)..end_of(address, length)?;
    check_inside(nor, OutOfRange::Range, range.clone())?;
    first_in(nor, &range, listener)
}

fn first_in(
    nor: &mut Nor,
    range: &Range<u64>,
    listener: &mut dyn Listener,
) -> Result<Option<(u32, u8)>> {
    // the range lies in a flash of at most 32 bits of addresses
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let (address, length) = (number(range.start), number(range.end - range.start));
    let bytes = read_plain(nor, address, length, Stage::BlankCheck, listener)?;
    let found = bytes.iter().zip(address..).find(|(byte, _)| **byte != 0xFF);
    if found.is_none() {
        still_answers(nor)?;
    }
    Ok(found.map(|(byte, at)| (at, *byte)))
}
