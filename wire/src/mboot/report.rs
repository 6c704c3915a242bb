//! MBOOT over USB HID: the reports.
//!
//! | id | direction | carries |
//! |--|--|--|
//! | 1 | host → device | a command |
//! | 2 | host → device | data; empty: the host ends the data phase |
//! | 3 | device → host | a response; empty: the device ends a write |
//! | 4 | device → host | data; empty: the device ends a read |
//!
//! | offset | bytes | field |
//! |--|--|--|
//! | 0 | 1 | report id |
//! | 1 | 1 | zero |
//! | 2 | 2 | length of the payload, little-endian |
//! | 4 | n | payload |
//!
//! A device always sends [`FULL`] bytes; what lies behind the payload is stale.
//!
//! # How long a report to the device is
//!
//! The device's endpoint takes packets of 1019 bytes every half millisecond. A report of up to 1018 bytes is one short
//! packet, which ends the transfer; a longer one takes two packets. A report of **exactly 1019** bytes is one full packet,
//! which does not end the transfer: the firmware waits for ever. So [`out_length`] keeps reports of up to [`SHORT`] bytes
//! as they are and pads every longer one to [`FULL`] bytes.

/// Id of a report with a command.
pub const COMMAND: u8 = 1;
/// Id of a report with data for the device.
pub const DATA_OUT: u8 = 2;
/// Id of a report with a response.
pub const RESPONSE: u8 = 3;
/// Id of a report with data of the device.
pub const DATA_IN: u8 = 4;

/// Bytes before the payload.
pub const HEADER: usize = 4;
/// The longest report that is one short packet of the endpoint.
pub const SHORT: usize = 1018;
/// A whole report of an RT1021 flashloader.
pub const FULL: usize = 1021;
/// The largest payload that the genuine flashloader announces (property 0x0B).
pub const MAX_PAYLOAD: usize = 1016;

const _: () = assert!(SHORT - HEADER == 1014 && HEADER + MAX_PAYLOAD <= FULL);

/// A report, its padding left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// Which kind it is; ids that MBOOT does not have are kept as they are.
    pub id: u8,
    /// What it carries.
    pub payload: &'a [u8],
}

/// Why bytes are not a report of MBOOT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// It ends within the four bytes before the payload.
    NoHeader,
    /// It ends within the payload.
    CutOff,
}

impl<'a> Report<'a> {
    /// Reads a report, on either side.
    ///
    /// # Errors
    /// [`Malformed`] when it ends too early.
    pub fn parse(bytes: &'a [u8]) -> Result<Report<'a>, Malformed> {
        let (&[id, _, low, high], rest) = bytes
            .split_first_chunk::<HEADER>()
            .ok_or(Malformed::NoHeader)?;
        let length = usize::from(u16::from_le_bytes([low, high]));
        let payload = rest.get(..length).ok_or(Malformed::CutOff)?;
        Ok(Report { id, payload })
    }
}

/// The four bytes before a payload; `None` when no report can carry it.
pub fn header(id: u8, payload: &[u8]) -> Option<[u8; HEADER]> {
    let fits = payload.len() <= FULL - HEADER;
    let [low, high] = u16::try_from(payload.len())
        .ok()
        .filter(|_| fits)?
        .to_le_bytes();
    Some([id, 0, low, high])
}

/// Writes header and payload to the start of `buffer` and returns their length; `None` when they do not fit. The rest of
/// the buffer is not touched.
pub fn write(id: u8, payload: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let header = header(id, payload)?;
    let used = buffer.get_mut(..HEADER + payload.len())?;
    let (head, body) = used.split_first_chunk_mut()?;
    *head = header;
    body.copy_from_slice(payload);
    Some(used.len())
}

/// How long a host makes the report for a payload, padding included; see the [module](self) for why.
pub fn out_length(payload: usize) -> usize {
    match HEADER + payload {
        length @ ..=SHORT => length,
        _ => FULL,
    }
}
