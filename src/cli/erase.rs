//! Verb `erase`: sectors, or all of the flash.

use std::ops::Range;

use rtboot::event::{Listener, Meter, Stage};
use rtboot::flash::{Geometry, Nor};
use rtboot::{Change, Content, Error, Evidence, OutOfRange, Result};
use rtboot_fcb::EraseUnit;
use serde_json::json;

use super::guard::Act;
use super::read::end_of;
use super::{Context, blank_check, number};

/// Erase whole sectors, or all of the flash
///
/// A range that does not begin and end on sectors is refused, unless --round widens it. The erased bytes are read back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot erase 0x60000000 4K     (the board then stays in serial download)\n  rtboot erase --all --confirm \"erase the whole flash\""
)]
pub struct Args {
    /// First address
    #[arg(value_parser = number::parse_u32, required_unless_present = "all")]
    address: Option<u32>,
    /// How many bytes
    #[arg(value_parser = number::parse_u32, required_unless_present = "all")]
    length: Option<u32>,
    /// The whole flash; needs its words
    #[arg(long, conflicts_with_all = ["address", "length"])]
    all: bool,
    /// Widen the range to whole sectors
    #[arg(long)]
    round: bool,
    /// The words of an act that cannot be undone
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    match (args.address, args.length) {
        (Some(address), Some(length)) => {
            let end = end_of(address, length)?;
            range(address, end, args.round, context)
        }
        _ => {
            let act = Act::confirmed("erasing the whole flash", "erase the whole flash");
            act.ask(&context.report, args.confirm.as_deref())?;
            all(context)
        }
    }
}

fn all(context: &mut Context) -> Result<()> {
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    let g = nor.geometry();
    refuse_protected(&mut nor, g.base, &mut ())?;
    nor.use_erasing(EraseUnit::Sector4K)?;
    let meter = Meter::begin(&mut context.report, Stage::Erase, u64::from(g.size));
    let all = u64::from(g.base)..g.end();
    nor.erase_chip()
        .map_err(|error| half_erased(error, &all, all.start, Evidence::Acknowledged))?;
    meter.end();
    check_blank(&mut nor, g.base, g.size, context)?;
    said(g.base, g.end(), context);
    Ok(())
}

fn range(address: u32, end: u64, round: bool, context: &mut Context) -> Result<()> {
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    check_range(&nor, address, end)?;
    let g = nor.geometry();
    let (from, to) = sectors(address, end, &g);
    if (from, to) != (address, end) {
        let text = format!(
            "{address:#010x}..{end:#010x} is not made of whole {}-byte sectors; they are {from:#010x}..{to:#010x}",
            g.sector
        );
        if !round {
            return Err(Error::Usage(format!("{text} (--round erases those)")));
        }
        context.report.say("rounded", text);
    }
    refuse_protected(&mut nor, from, &mut ())?;
    erase_units(&mut nor, from, to, context)?;
    // the range lies in the flash, which has at most 32 bits of addresses
    let length = (to - u64::from(from)) as u32;
    check_blank(&mut nor, from, length, context)?;
    said(from, to, context);
    Ok(())
}

fn check_blank(nor: &mut Nor, from: u32, length: u32, context: &mut Context) -> Result<()> {
    let range = u64::from(from)..u64::from(from) + u64::from(length);
    let unread = |error: Error| {
        error.with_flash_state(Content::Erased {
            range: range.clone(),
            evidence: Evidence::Acknowledged,
        })
    };
    match blank_check::first_byte(nor, from, length, &mut context.report).map_err(unread)? {
        Some((address, found)) => {
            let error = Error::NotBlank { address, found };
            Err(half_erased(
                error,
                &range,
                u64::from(address),
                Evidence::ReadBack,
            ))
        }
        None => Ok(()),
    }
}

fn said(from: u32, to: u64, context: &mut Context) {
    context.report.record_change(Change::Erased);
    let length = to - u64::from(from);
    context.report.line(format!(
        "erased {from:#010x}..{to:#010x} ({length} bytes), read back blank"
    ));
    context
        .report
        .result(json!({"address": from, "bytes": length}));
}

/// Widens to whole sectors.
fn sectors(address: u32, end: u64, g: &Geometry) -> (u32, u64) {
    let base = u64::from(g.base);
    let to = base + (end - base).next_multiple_of(u64::from(g.sector));
    (g.sector_of(address), to)
}

/// Erases in the largest units that fit.
fn erase_units(nor: &mut Nor, from: u32, to: u64, context: &mut Context) -> Result<()> {
    let g = nor.geometry();
    let mut meter = Meter::begin(&mut context.report, Stage::Erase, to - u64::from(from));
    let range = u64::from(from)..to;
    let mut at = range.start;
    while at < to {
        if meter.cancelled() {
            let error = Error::interrupted();
            return Err(half_erased(error, &range, at, Evidence::Acknowledged));
        }
        let block = (at - u64::from(g.base)).is_multiple_of(u64::from(g.block))
            && at + u64::from(g.block) <= to;
        let (unit, size) = match block && g.block > g.sector {
            true => (EraseUnit::Block64K, g.block),
            false => (EraseUnit::Sector4K, g.sector),
        };
        nor.use_erasing(unit)?;
        nor.erase(at as u32, size)
            .map_err(|error| half_erased(error, &range, at, Evidence::Acknowledged))?;
        meter.add(u64::from(size));
        at += u64::from(size);
    }
    meter.end();
    Ok(())
}

/// The error with how much of `range` is erased: up to `end`.
fn half_erased(error: Error, range: &Range<u64>, end: u64, evidence: Evidence) -> Error {
    error.with_flash_state(Content::PartErased {
        range: range.clone(),
        erased: range.start..end,
        evidence,
    })
}

/// That a range that was asked for lies in the flash.
///
/// # Errors
/// [`Error::OutsideFlash`].
pub fn check_range(nor: &Nor, start: u32, end: u64) -> Result<()> {
    check_inside(nor, OutOfRange::Range, start, end)
}

/// That what a file brings lies in the flash.
///
/// # Errors
/// [`Error::OutsideFlash`].
pub fn check_inside(nor: &Nor, what: OutOfRange, start: u32, end: u64) -> Result<()> {
    let g = nor.geometry();
    match g.holds(start, end) {
        true => Ok(()),
        false => Err(Error::OutsideFlash {
            what,
            start,
            end,
            flash_start: g.base,
            flash_end: g.end(),
        }),
    }
}

/// A protected flash would ignore the erase.
fn refuse_protected(nor: &mut Nor, address: u32, listener: &mut dyn Listener) -> Result<()> {
    let status = nor.facts().status;
    if !nor.part().protected(&status) {
        return Ok(());
    }
    nor.use_plain()?;
    let found = nor.read(address, 1, &mut Meter::begin(listener, Stage::Read, 1))?;
    Err(Error::Protected {
        status,
        extent: nor.part().protected_extent(&status),
        address,
        expected: 0xFF,
        found: found.first().copied().unwrap_or(0xFF),
    })
}
