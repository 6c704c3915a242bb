//! SDP over USB HID: the reports.
//!
//! | id | direction | bytes with id | carries |
//! |--|--|--|--|
//! | 1 | host → ROM | 17 | a command |
//! | 2 | host → ROM | 1025 | data; the last report is padded with zeros |
//! | 3 | ROM → host | 5 (65 on Windows) | HAB state |
//! | 4 | ROM → host | 65 | a status word in the first four bytes, or register data |
//!
//! Tell the reports apart by their id, never by their length: operating systems pad them.

use super::{Command, Hab, Status};

/// Id of a report with a command.
pub const COMMAND: u8 = 1;
/// Id of a report with data for the ROM.
pub const DATA: u8 = 2;
/// Id of a report with the HAB state.
pub const HAB: u8 = 3;
/// Id of a report with a status word or register data.
pub const BLOCK: u8 = 4;

/// Data bytes of one report to the ROM.
pub const DATA_PAYLOAD: usize = 1024;
/// Register bytes of one report from the ROM.
pub const BLOCK_PAYLOAD: usize = 64;

/// Bytes of a command report, id included.
pub const COMMAND_LEN: usize = 1 + Command::LEN;
/// Bytes of a data report, id included.
pub const DATA_LEN: usize = 1 + DATA_PAYLOAD;
/// Bytes of a HAB report, id included.
pub const HAB_LEN: usize = 5;
/// Bytes of a status or register report, id included.
pub const BLOCK_LEN: usize = 1 + BLOCK_PAYLOAD;

/// What a report to the ROM carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromHost<'a> {
    /// A command.
    Command(Command),
    /// Data, with the padding behind it: 1024 bytes from a well-behaved host.
    Data(&'a [u8]),
}

/// What a report of the ROM carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromRom<'a> {
    /// The HAB state word; [`Hab::from_bytes`] reads it.
    Hab([u8; 4]),
    /// A status word or register data, which only the command before tells apart: 4 to 64 bytes.
    Block(&'a [u8]),
}

/// Why bytes are not a report of SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// It ends before what its id promises.
    TooShort,
    /// SDP has no report with this id in this direction; or there is no byte at all.
    UnknownId,
}

impl<'a> FromHost<'a> {
    /// Reads a report on the device.
    ///
    /// # Errors
    /// [`Malformed`]: the ROM ignores such a report.
    pub fn parse(report: &'a [u8]) -> Result<FromHost<'a>, Malformed> {
        match report {
            [COMMAND, rest @ ..] => rest
                .first_chunk()
                .map(|bytes| FromHost::Command(Command::parse(bytes)))
                .ok_or(Malformed::TooShort),
            [DATA, data @ ..] => Ok(FromHost::Data(
                data.get(..DATA_PAYLOAD).unwrap_or(data), // bytes behind the report are not data
            )),
            _ => Err(Malformed::UnknownId),
        }
    }
}

impl<'a> FromRom<'a> {
    /// Reads a report on the host.
    ///
    /// # Errors
    /// [`Malformed`]: no ROM sends such a report.
    pub fn parse(report: &'a [u8]) -> Result<FromRom<'a>, Malformed> {
        match report {
            [HAB, a, b, c, d, ..] => Ok(FromRom::Hab([*a, *b, *c, *d])),
            [BLOCK, block @ ..] if block.len() >= 4 => {
                Ok(FromRom::Block(block.get(..BLOCK_PAYLOAD).unwrap_or(block)))
            }
            [HAB | BLOCK, ..] => Err(Malformed::TooShort),
            _ => Err(Malformed::UnknownId),
        }
    }
}

/// The report for a command.
pub fn command(command: &Command) -> [u8; COMMAND_LEN] {
    filled(COMMAND, &command.to_bytes())
}

/// The report for one piece of data, padded with zeros; `None` for a piece of more than 1024 bytes.
///
/// The ROM stores whole reports: the padding overwrites up to 1023 bytes behind the data.
pub fn data(piece: &[u8]) -> Option<[u8; DATA_LEN]> {
    (piece.len() <= DATA_PAYLOAD).then(|| filled(DATA, piece))
}

/// The device's report for its HAB state.
pub fn hab(state: Hab) -> [u8; HAB_LEN] {
    filled(HAB, &state.to_bytes())
}

/// The device's report for a status.
pub fn status(status: Status) -> [u8; BLOCK_LEN] {
    filled(BLOCK, &status.to_bytes())
}

/// The device's report for register bytes, padded with zeros; `None` for more than 64 bytes.
pub fn registers(bytes: &[u8]) -> Option<[u8; BLOCK_LEN]> {
    (bytes.len() <= BLOCK_PAYLOAD).then(|| filled(BLOCK, bytes))
}

/// A report of `N` bytes: the id, the payload, zeros.
fn filled<const N: usize>(id: u8, payload: &[u8]) -> [u8; N] {
    let mut report = [0; N];
    for (place, byte) in report.iter_mut().zip([&id].into_iter().chain(payload)) {
        *place = *byte;
    }
    report
}
