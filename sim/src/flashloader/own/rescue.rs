//! Gets a flash to listen that an earlier program left in another mode.
//!
//! The numbers of the rungs are those of `wire/src/loader.rs`. A flash in continuous read answers a status read with data
//! of its own, so modes are ended before the wait for a busy one, which ignores those commands.

use serde::{Deserialize, Serialize};

use super::super::config::{instruction, pair};
use super::super::probe::lut::{CMD, DUMMY, FOUR, ONE, RADDR, READ};
use super::controller::{limits, read_status, transfer, wait};
use super::error::Error;
use crate::machine::Machine;

/// 05h, one byte.
pub const READ_STATUS: [u32; 1] = [register(0x05)];
/// How long a flash that gives no id is asked again.
const POWER_UP_US: u64 = 20_000;
const POWER_UP_GAP_US: u64 = 1_000;
/// After each rung.
const RECOVERY_NS: u64 = 300_000;

/// What made the flash answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u32)]
pub enum Rung {
    None = 0,
    Waited = 1,
    Released = 2,
    Busy = 3,
    ContinuousRead = 4,
    ContinuousQuad = 5,
    QpiFf = 6,
    QpiF5 = 7,
    Reset = 8,
    ResetQuad = 9,
    ResetF0 = 10,
    Silent = 11,
}

/// The answer to 9Fh, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub id: [u8; 3],
    pub rung: Rung,
}

/// A command byte on one wire that reads a byte.
const fn register(code: u32) -> u32 {
    pair(instruction(CMD, ONE, code), instruction(READ, ONE, 1))
}

const fn one(code: u32) -> u32 {
    instruction(CMD, ONE, code)
}

const fn four(code: u32) -> u32 {
    instruction(CMD, FOUR, code)
}

/// Two clocks of ones on four wires, twice.
const ONES: u32 = pair(four(0xFF), four(0xFF));

/// Ends of modes, which a busy flash ignores.
const MODES: [(Rung, &[&[u32]]); 4] = [
    (
        Rung::ContinuousRead,
        &[&[pair(one(0xFF), one(0xFF)), 0, 0, 0]],
    ),
    (
        Rung::ContinuousQuad,
        &[&[ONES, ONES, 0, 0], &[ONES, ONES, four(0xFF), 0]],
    ),
    (Rung::QpiFf, &[&[four(0xFF), 0, 0, 0]]),
    (Rung::QpiF5, &[&[four(0xF5), 0, 0, 0]]),
];

/// Resets. Never while the flash erases or programs: they would spoil what it is at.
const RESETS: [(Rung, &[&[u32]]); 3] = [
    (Rung::Reset, &[&[one(0x66), 0, 0, 0], &[one(0x99), 0, 0, 0]]),
    (
        Rung::ResetQuad,
        &[&[four(0x66), 0, 0, 0], &[four(0x99), 0, 0, 0]],
    ),
    (Rung::ResetF0, &[&[one(0xF0), 0, 0, 0]]),
];

/// Makes the flash answer; [`Error::Busy`] when it is still at work at the limit, [`Error::NoSfdp`] when nothing helps.
pub fn climb(m: &mut Machine) -> Result<Found, Error> {
    if let Some(found) = answer(m, Rung::None)? {
        return Ok(found);
    }
    for _ in 0..POWER_UP_US / POWER_UP_GAP_US {
        m.clock.work(POWER_UP_GAP_US * 1000);
        if let Some(found) = answer(m, Rung::Waited)? {
            return Ok(found);
        }
    }
    if let Some(found) = try_all(m, &[(Rung::Released, &[&[one(0xAB), 0, 0, 0]])])? {
        return Ok(found);
    }
    if let Some(found) = try_all(m, &MODES)? {
        return Ok(found);
    }
    // a bus that nothing drives reads as ones
    let status = read_status(m, &READ_STATUS, 1)?;
    if status != 0xFF && status & 1 != 0 {
        wait(m, &READ_STATUS, (0, true), limits::BLOCK, POWER_UP_GAP_US)?;
    }
    if let Some(found) = answer(m, Rung::Busy)? {
        return Ok(found);
    }
    try_all(m, &RESETS)?.ok_or(Error::NoSfdp)
}

fn try_all(m: &mut Machine, rungs: &[(Rung, &[&[u32]])]) -> Result<Option<Found>, Error> {
    for (rung, sequences) in rungs {
        for sequence in *sequences {
            transfer(m, sequence, 0, &[], 0)?;
        }
        m.clock.work(RECOVERY_NS);
        if let Some(found) = answer(m, *rung)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The id, when the flash takes commands: a part in continuous read answers anything with data of its own, which may look
/// like an id, but not like an SFDP signature.
fn answer(m: &mut Machine, rung: Rung) -> Result<Option<Found>, Error> {
    let bytes = transfer(m, &[register(0x9F), 0, 0, 0], 0, &[], 3)?;
    let Ok(id) = <[u8; 3]>::try_from(bytes) else {
        return Err(Error::Rejected);
    };
    let is_id = id != [0; 3] && id != [0xFF; 3];
    Ok((is_id && sfdp(m, 0, 8)?.starts_with(b"SFDP")).then_some(Found { id, rung }))
}

/// Bytes of SFDP.
pub fn sfdp(m: &mut Machine, offset: u32, length: usize) -> Result<Vec<u8>, Error> {
    let words = [
        pair(one(0x5A), instruction(RADDR, ONE, 24)),
        pair(instruction(DUMMY, ONE, 8), instruction(READ, ONE, 4)),
        0,
        0,
    ];
    transfer(m, &words, offset, &[], length)
}
