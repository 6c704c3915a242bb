//! Protect: clears the block protection, or protects all of the flash. Other bits keep their values.

use super::super::config::{instruction, pair};
use super::super::probe::lut::{CMD, ONE, READ, WRITE};
use super::super::probe::tables::Tables;
use super::super::status::{INVALID_ARGUMENT, OWN_LOCKED, Status};
use super::configure::read_tables;
use super::controller::{limits, read_status, transfer, wait};
use super::error::Error;
use super::flash::Flash;
use super::inspect::{own, read_id, with};
use super::rescue::READ_STATUS;
use crate::machine::Machine;

/// Status register 2: turns the choice of the block protect bits round.
const COMPLEMENT: u8 = 1 << 6;
/// Status register 1: bits that cannot be written.
const READ_ONLY: u8 = 3;

/// The block protect bits of status register 1.
fn bits([maker, _, capacity]: [u8; 3], has_second: bool) -> u8 {
    match maker {
        0x20 => 0x5C,
        // above 16 MiB the bit that was "top or bottom" is one of them
        _ if has_second && capacity <= 0x18 => 0x1C,
        _ => 0x3C,
    }
}

/// The command that writes status register 2, and whether it writes register 1 before it. By SFDP, or by the maker where that is
/// too old to tell.
fn second_by(m: &mut Machine, maker: u8) -> Result<Option<(u32, bool)>, Error> {
    let method = read_tables(m).ok().filter(Tables::is_long);
    match method.map(|tables| tables.word(15) >> 20 & 7) {
        Some(1 | 4 | 5) => Ok(Some((0x01, true))),
        Some(6) => Ok(Some((0x31, false))),
        Some(0 | 2 | 3) => Ok(None),
        _ => match maker {
            0x9D | 0xC2 | 0x20 => Ok(None),
            0xEF => Ok(Some((0x01, true))),
            0xC8 => Ok(Some((0x31, false))),
            _ => Err(Error::Argument),
        },
    }
}

/// Carries out the command.
pub fn run(flash: &mut Flash, m: &mut Machine, what: u32) -> Result<(), Status> {
    let protects = match what {
        0 => false,
        1 => true,
        _ => return Err(INVALID_ARGUMENT),
    };
    let id = read_id(flash, m).map_err(own)?;
    let id = id.first_chunk().copied().unwrap_or_default();
    let done = with(flash, m, |m| change(m, id, protects)).map_err(own)?;
    done.then_some(()).ok_or(OWN_LOCKED)
}

/// Whether the registers are as they should be in the end.
fn change(m: &mut Machine, id: [u8; 3], protects: bool) -> Result<bool, Error> {
    let second_by = second_by(m, id[0])?;
    let mask = bits(id, second_by.is_some());
    let old = register(m, 0x05)? & !READ_ONLY;
    let new = if protects { old | mask } else { old & !mask };
    let second = match second_by {
        Some(_) => register(m, 0x35)?,
        None => 0,
    };
    let second_new = second & !COMPLEMENT;
    if (old, second) == (new, second_new) {
        return Ok(true);
    }
    match second_by {
        Some((_, true)) => write(m, 0x01, &[new, second_new])?,
        Some((code, false)) => {
            write(m, 0x01, &[new])?;
            if second != second_new {
                write(m, code, &[second_new])?;
            }
        }
        None => write(m, 0x01, &[new])?,
    }
    Ok((register(m, 0x05)? ^ new) & mask == 0
        && (second_by.is_none() || register(m, 0x35)? & COMPLEMENT == 0))
}

fn register(m: &mut Machine, code: u32) -> Result<u8, Error> {
    let words = pair(instruction(CMD, ONE, code), instruction(READ, ONE, 1));
    read_status(m, &[words, 0, 0, 0], 1).map(|value| value as u8)
}

fn write(m: &mut Machine, code: u32, values: &[u8]) -> Result<(), Error> {
    let words = pair(
        instruction(CMD, ONE, code),
        instruction(WRITE, ONE, values.len() as u32),
    );
    transfer(m, &[instruction(CMD, ONE, 0x06), 0, 0, 0], 0, &[], 0)?;
    transfer(m, &[words, 0, 0, 0], 0, values, values.len())?;
    wait(
        m,
        &READ_STATUS,
        (0, true),
        limits::STATUS,
        limits::ERASE_GAP,
    )
}
