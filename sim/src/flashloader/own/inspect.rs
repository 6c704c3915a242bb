//! Fetch and FlashCommand: what the loader and the flash know, and single commands for the flash.

use serde::{Deserialize, Serialize};

use super::super::config::{instruction, pair};
use super::super::probe::lut::{CMD, DUMMY, ONE, RADDR, READ, WRITE};
use super::super::status::{
    INVALID_ARGUMENT, OWN_FLASH_BUSY, OWN_FLEXSPI, OWN_FORBIDDEN, OWN_NO_FLASH, OWN_NOT_PROGRAMMED,
    OWN_WRITE_ENABLE, Status,
};
use super::configure::{ENTERS_QPI_BY_35, plain_reads};
use super::controller::{limits, read_status, transfer, wait};
use super::error::Error;
use super::flash::Flash;
use super::rescue::{self, READ_STATUS, Rung};
use super::server::{SNAPSHOT, Server};
use super::source::Source;
use crate::machine::Machine;

/// Bytes of the answer to 9Fh.
const ID: usize = 8;
/// SFDP has addresses of 24 bits.
const SFDP_SPACE: u32 = 1 << 24;
/// Most bytes that a FlashCommand receives.
const MOST: u32 = 1024;
/// Commands that read and change nothing in any part, but for 35h.
const READS: [u8; 25] = [
    0x03, 0x05, 0x07, 0x0B, 0x0C, 0x13, 0x14, 0x15, 0x16, 0x2B, 0x35, 0x3F, 0x48, 0x4B, 0x5A, 0x61,
    0x65, 0x70, 0x81, 0x85, 0x90, 0x9F, 0xAF, 0xB5, 0xC8,
];

/// Bits of a FlashCommand's first word.
mod shape {
    pub const WRITE_ENABLE: u32 = 1 << 24;
    pub const WAIT: u32 = 1 << 25;
    pub const CHANGES: u32 = 1 << 31;
    pub const RESERVED: u32 = 0x7C00_0000;
}

/// Where and why an erase, program or stream failed; all 0 when nothing has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub status: Status,
    /// Number of the record of a stream.
    pub record: u32,
    pub address: u32,
    pub expected: u8,
    pub found: u8,
    /// Status register 1 afterwards.
    pub flash_status: u8,
}

impl Failure {
    fn to_bytes(self) -> Vec<u8> {
        [
            self.status,
            self.record,
            self.address,
            self.expected.into(),
            self.found.into(),
            self.flash_status.into(),
        ]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect()
    }
}

/// The code that rtboot's own commands answer.
pub fn own(error: Error) -> Status {
    match error {
        Error::Rejected | Error::NotConfigured => OWN_FLEXSPI,
        Error::Argument
        | Error::OtherKind
        | Error::OtherPins
        | Error::DdrProbe
        | Error::Alignment => INVALID_ARGUMENT,
        Error::NoSfdp | Error::Silent => OWN_NO_FLASH,
        Error::Busy => OWN_FLASH_BUSY,
        Error::NotEnabled => OWN_WRITE_ENABLE,
        Error::Verify(_) | Error::NotBlank(_) => OWN_NOT_PROGRAMMED,
    }
}

/// Registers by maker, as command and number of bytes. 05h is read of every part.
fn registers(maker: u8) -> &'static [(u8, u8)] {
    match maker {
        0x9D => &[(0x05, 1), (0x48, 1), (0x61, 1), (0x81, 1)],
        0xC2 => &[(0x05, 1), (0x15, 2), (0x2B, 1)],
        0x20 => &[(0x05, 1), (0x70, 1), (0xB5, 2), (0x85, 1), (0x65, 1)],
        0x01 => &[(0x05, 1), (0x35, 1), (0x07, 1)],
        0x1F => &[(0x05, 1), (0x35, 1), (0x3F, 1)],
        _ => &[(0x05, 1), (0x35, 1), (0x15, 1)],
    }
}

/// What a Fetch sends.
pub fn fetch(
    server: &mut Server,
    m: &mut Machine,
    what: u32,
    offset: u32,
    length: u32,
) -> Result<(Source, u32), Status> {
    let bytes = match what {
        0 => {
            let bytes = m.ram.slice(SNAPSHOT.start, SNAPSHOT.length as usize);
            bytes.map(<[u8]>::to_vec).unwrap_or_default()
        }
        1 => read_id(&mut server.flash, m).map_err(own)?,
        2 => {
            // tells whether there is a flash before data are announced
            read_id(&mut server.flash, m).map_err(own)?;
            let length = length.min(SFDP_SPACE.saturating_sub(offset));
            return Ok((Source::Sfdp(offset), length));
        }
        3 => read_registers(&mut server.flash, m).map_err(own)?,
        4 => server.failure.to_bytes(),
        _ => return Err(INVALID_ARGUMENT),
    };
    let rest = bytes.get(offset as usize..).unwrap_or_default();
    let rest = &rest[..rest.len().min(length as usize)];
    Ok(Source::whole(rest.to_vec()))
}

/// Runs commands for a flash that need not be configured.
pub fn with<T>(
    flash: &Flash,
    m: &mut Machine,
    commands: impl FnOnce(&mut Machine) -> Result<T, Error>,
) -> Result<T, Error> {
    match flash.geometry() {
        Some(_) => flash.change(m, commands),
        None => {
            plain_reads(m);
            commands(m)
        }
    }
}

/// A command byte that reads.
pub fn ask(flash: &Flash, m: &mut Machine, code: u8, length: usize) -> Result<Vec<u8>, Error> {
    let words = pair(
        instruction(CMD, ONE, code.into()),
        instruction(READ, ONE, 4),
    );
    with(flash, m, |m| transfer(m, &[words, 0, 0, 0], 0, &[], length))
}

/// Status register 1, whatever state the flash is in.
pub fn status(flash: &Flash, m: &mut Machine) -> Result<u8, Error> {
    with(flash, m, |m| read_status(m, &READ_STATUS, 1)).map(|status| status as u8)
}

/// The answer to 9Fh. A flash that is not configured is made to answer first, if that can be.
pub fn read_id(flash: &mut Flash, m: &mut Machine) -> Result<Vec<u8>, Error> {
    if flash.geometry().is_none() {
        plain_reads(m);
        flash.rung = match rescue::climb(m) {
            Ok(found) => found.rung,
            Err(Error::NoSfdp) => Rung::Silent,
            Err(error) => return Err(error),
        };
    }
    let bytes = ask(flash, m, 0x9F, ID)?;
    let id = bytes
        .first_chunk()
        .copied()
        .filter(|id| *id != [0; 3] && *id != [0xFF; 3]);
    flash.id = id;
    match id {
        Some(_) => Ok(bytes),
        None => Err(Error::Silent),
    }
}

/// Bytes of SFDP.
pub fn sfdp(flash: &Flash, m: &mut Machine, offset: u32, length: usize) -> Result<Vec<u8>, Status> {
    with(flash, m, |m| rescue::sfdp(m, offset, length)).map_err(own)
}

/// A row of 8 bytes for each register.
fn read_registers(flash: &mut Flash, m: &mut Machine) -> Result<Vec<u8>, Error> {
    let id = read_id(flash, m)?;
    let mut rows = Vec::new();
    for &(code, count) in registers(id.first().copied().unwrap_or(0)) {
        let mut row = vec![code, count, 0, 0];
        row.extend(ask(flash, m, code, usize::from(count))?);
        row.resize(8, 0);
        rows.extend(row);
    }
    Ok(rows)
}

/// One command for the flash, on one wire; what it received.
pub fn flash_command(
    flash: &mut Flash,
    m: &mut Machine,
    [shape, address, sent, received]: [u32; 4],
) -> Result<Vec<u8>, Status> {
    let code = shape as u8;
    let (address_bytes, sent_bytes) = (shape >> 8 & 0xF, shape >> 12 & 0xF);
    let is_one = matches!(address_bytes, 0 | 3 | 4)
        && sent_bytes <= 4
        && received <= MOST
        && shape & shape::RESERVED == 0
        && (sent_bytes == 0 || received == 0);
    if !is_one {
        return Err(INVALID_ARGUMENT);
    }
    let enables = shape & shape::WRITE_ENABLE != 0;
    if shape & shape::CHANGES == 0 {
        let reads = READS.contains(&code) && !enables && sent_bytes == 0;
        if !reads || code == 0x35 && enters_qpi(flash, m).map_err(own)? {
            return Err(OWN_FORBIDDEN);
        }
    }
    let mut steps = vec![instruction(CMD, ONE, code.into())];
    if address_bytes > 0 {
        steps.push(instruction(RADDR, ONE, 8 * address_bytes));
    }
    // a DUMMY of no cycles would stop the sequencer
    if shape >> 16 & 0xFF > 0 {
        steps.push(instruction(DUMMY, ONE, shape >> 16 & 0xFF));
    }
    match (sent_bytes, received) {
        (0, 0) => {}
        (0, _) => steps.push(instruction(READ, ONE, 4)),
        (count, _) => steps.push(instruction(WRITE, ONE, count)),
    }
    steps.resize(8, 0);
    let words: Vec<u32> = steps.chunks(2).map(|half| pair(half[0], half[1])).collect();
    let sent = &sent.to_le_bytes()[..sent_bytes as usize];
    let size = sent.len().max(received as usize);
    let address = if address_bytes > 0 { address } else { 0 };
    with(flash, m, |m| {
        if enables {
            transfer(m, &[instruction(CMD, ONE, 0x06), 0, 0, 0], 0, &[], 0)?;
        }
        let answer = transfer(m, &words, address, sent, size)?;
        if shape & shape::WAIT != 0 {
            wait(m, &READ_STATUS, (0, true), limits::BLOCK, limits::ERASE_GAP)?;
        }
        Ok(answer)
    })
    .map_err(own)
}

/// 35h enters QPI in parts of this maker.
fn enters_qpi(flash: &mut Flash, m: &mut Machine) -> Result<bool, Error> {
    let maker = match flash.id {
        Some([maker, ..]) => maker,
        None => read_id(flash, m)?.first().copied().unwrap_or(0),
    };
    Ok(ENTERS_QPI_BY_35.contains(&maker))
}
