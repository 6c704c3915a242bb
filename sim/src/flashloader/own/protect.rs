//! Protect: clears the block protection, or protects all of the flash. Other bits keep their values.

use super::super::config::{instruction, pair};
use super::super::probe::lut::{CMD, ONE, WRITE};
use super::super::status::{INVALID_ARGUMENT, OWN_LOCKED, Status};
use super::controller::{limits, read_status, transfer, wait};
use super::error::Error;
use super::flash::Flash;
use super::inspect::{ask, own, read_id, with};
use super::rescue::READ_STATUS;
use crate::machine::Machine;

/// Status register 2: turns the choice of the block protect bits round.
const COMPLEMENT: u8 = 1 << 6;
/// Status register 1: bits that cannot be written.
const READ_ONLY: u8 = 3;

/// The block protect bits by JEDEC id, and whether there is a status register 2 with the complement bit.
fn bits([maker, _, capacity]: [u8; 3]) -> (u8, bool) {
    // above 16 MiB the bit between the block protect bits and top/bottom is one of them, too
    let large = capacity > 0x18;
    match maker {
        0x20 => (0x5C, false),
        // ISSI, Macronix, Eon
        0x9D | 0xC2 | 0x1C => (0x3C, false),
        0x01 if large => (0x1C, false),
        _ if large => (0x3C, true),
        _ => (0x1C, true),
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
    let (mask, has_second) = bits(id);
    let first = |m: &mut Machine| with(flash, m, |m| read_status(m, &READ_STATUS, 1));
    let old = first(m).map_err(own)? as u8;
    let new = match protects {
        true => old | mask,
        false => old & !mask,
    } & !READ_ONLY;
    let second = match has_second {
        true => ask(flash, m, 0x35, 1).map_err(own)?.first().copied(),
        false => None,
    };
    let complement = second.filter(|value| value & COMPLEMENT != 0);
    let done = |m: &mut Machine| -> Result<bool, Error> {
        let first = with(flash, m, |m| read_status(m, &READ_STATUS, 1))? as u8;
        let left = match complement {
            Some(_) => ask(flash, m, 0x35, 1)?
                .first()
                .is_none_or(|now| now & COMPLEMENT != 0),
            None => false,
        };
        Ok((first ^ new) & mask == 0 && !left)
    };
    if done(m).map_err(own)? {
        return Ok(());
    }
    // 01h clears register 2 of some parts when it gets one byte, and is ignored by others when it gets two
    let writes: Vec<(u8, Vec<u8>)> = match second {
        Some(second) => vec![
            (0x01, vec![new, second & !COMPLEMENT]),
            (0x01, vec![new]),
            (0x31, vec![second & !COMPLEMENT]),
        ],
        None => vec![(0x01, vec![new])],
    };
    for (code, values) in writes {
        write(flash, m, code, &values).map_err(own)?;
        if done(m).map_err(own)? {
            return Ok(());
        }
    }
    Err(OWN_LOCKED)
}

fn write(flash: &Flash, m: &mut Machine, code: u8, values: &[u8]) -> Result<(), Error> {
    let words = pair(
        instruction(CMD, ONE, code.into()),
        instruction(WRITE, ONE, values.len() as u32),
    );
    with(flash, m, |m| {
        transfer(m, &[instruction(CMD, ONE, 0x06), 0, 0, 0], 0, &[], 0)?;
        if read_status(m, &READ_STATUS, 1)? & 2 == 0 {
            return Err(Error::NotEnabled);
        }
        transfer(m, &[words, 0, 0, 0], 0, values, values.len())?;
        wait(
            m,
            &READ_STATUS,
            (0, true),
            limits::STATUS,
            limits::ERASE_GAP,
        )
    })
}
