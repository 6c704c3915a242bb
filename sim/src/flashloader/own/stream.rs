//! Stream: erases and programs, each worked on as soon as its record is there, while the next ones arrive.
//!
//! | offset | bytes | field of a record |
//! |--|--|--|
//! | 0 | 1 | 1 erase, 2 program raw bytes, 3 program an LZ4 block |
//! | 1 | 1 | 0 |
//! | 2 | 2 | bytes behind the head; 0 for an erase |
//! | 4 | 4 | address, as the chip sees it |
//! | 8 | 4 | bytes of flash |
//! | 12 | 4 | CRC-32 of the bytes as they go into flash; 0 for an erase |
//!
//! The first that fails ends the work; the rest is read and thrown away.

use super::super::status::{
    INVALID_ARGUMENT, MEMORY_RANGE, OWN_BAD_DATA, OWN_BAD_RECORD, OWN_NOT_ERASED, Status,
};
use super::error::Error;
use super::flash::{Geometry, LastPage};
use super::inspect::{Failure, own};
use super::pace;
use super::server::{Phase, Server, vendor};
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;

/// Bytes of a head.
const HEAD: usize = 16;
/// The option bit of a stream that is not read back.
const UNREAD: u32 = 1;
/// Most bytes that one record programs.
const MOST: u32 = 4096;
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// A stream under way.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Bytes still to come.
    left: usize,
    /// Bytes of a record that is not whole yet.
    held: Vec<u8>,
    /// Number of that record.
    number: u32,
    failed: Option<Status>,
    /// The host reads what is programmed: the loader does not.
    unread: bool,
    /// The last page of the record before: how it ended is told with the next one.
    last: LastPage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    kind: u8,
    packed: usize,
    address: u32,
    length: u32,
    crc: u32,
}

impl Head {
    /// `None` for a kind that is unknown and for lengths that contradict each other.
    fn parse(bytes: &[u8]) -> Option<Head> {
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_le_bytes(bytes))
        };
        let first = word(0)?;
        let head = Head {
            kind: first as u8,
            packed: (first >> 16) as usize,
            address: word(4)?,
            length: word(8)?,
            crc: word(12)?,
        };
        let programs = head.packed > 0 && (1..=MOST).contains(&head.length);
        let good = match head.kind {
            1 => head.packed == 0 && head.crc == 0 && head.length > 0,
            2 => programs && head.packed == head.length as usize,
            3 => programs,
            _ => false,
        };
        (good && first >> 8 & 0xFF == 0).then_some(head)
    }
}

/// Begins a stream.
pub fn begin(server: &mut Server, length: u32, options: u32) {
    let begun = match server.flash.configured() {
        _ if options & !UNREAD != 0 => Err(INVALID_ARGUMENT),
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    };
    let is_good = begun.is_ok();
    server.finish(vendor::STREAM, begun);
    if !is_good {
        return;
    }
    server.failure = Failure::default();
    match length {
        0 => server.finish(vendor::STREAM, Ok(())),
        _ => {
            server.phase = Phase::Stream(Stream {
                left: length as usize,
                held: Vec::new(),
                number: 0,
                failed: None,
                unread: options & UNREAD != 0,
                last: LastPage::default(),
            });
        }
    }
}

/// A piece of a stream; more bytes than are left are cut.
pub fn data(server: &mut Server, m: &mut Machine, bytes: &[u8]) {
    let Phase::Stream(mut stream) = std::mem::replace(&mut server.phase, Phase::None) else {
        return;
    };
    let bytes = &bytes[..bytes.len().min(stream.left)];
    stream.left -= bytes.len();
    m.clock.work(pace::COPY_BYTE_NS * bytes.len() as u64);
    stream.held.extend_from_slice(bytes);
    while stream.failed.is_none()
        && let Some((head, body)) = stream.next_record()
    {
        let done = match head {
            Some(head) => record(server, m, &mut stream, head, &body),
            None => refuse(server, stream.number, 0, OWN_BAD_RECORD),
        };
        stream.failed = done.err();
        stream.number += 1;
    }
    if stream.failed.is_some() {
        stream.held.clear();
    }
    if stream.left > 0 {
        server.phase = Phase::Stream(stream);
        return;
    }
    let late = std::mem::take(&mut stream.last).ended;
    let result = match stream.failed {
        Some(status) => Err(status),
        None if late.is_err() => server.note(m, stream.number, late, own),
        // it ends within a record
        None if !stream.held.is_empty() => refuse(server, stream.number, 0, OWN_BAD_RECORD),
        None => Ok(()),
    };
    server.finish(vendor::STREAM, result);
}

impl Stream {
    /// The next record that is whole; its head is `None` when it cannot be.
    fn next_record(&mut self) -> Option<(Option<Head>, Vec<u8>)> {
        let bytes = self.held.get(..HEAD)?;
        let Some(head) = Head::parse(bytes) else {
            return Some((None, Vec::new()));
        };
        let end = HEAD + head.packed;
        let body = self.held.get(HEAD..end)?.to_vec();
        self.held.drain(..end);
        Some((Some(head), body))
    }
}

/// A record that the loader does not even try.
fn refuse(server: &mut Server, record: u32, address: u32, status: Status) -> Result<(), Status> {
    server.failure = Failure {
        status,
        record,
        address,
        ..Failure::default()
    };
    Err(status)
}

fn record(
    server: &mut Server,
    m: &mut Machine,
    stream: &mut Stream,
    head: Head,
    body: &[u8],
) -> Result<(), Status> {
    let number = stream.number;
    let Geometry {
        size, page, sector, ..
    } = server.flash.configured()?;
    let inside = |offset: &u32| u64::from(*offset) + u64::from(head.length) <= u64::from(size);
    let Some(offset) = head.address.checked_sub(AHB_BASE).filter(inside) else {
        return refuse(server, number, head.address, MEMORY_RANGE);
    };
    let unit = if head.kind == 1 { sector } else { page };
    if !offset.is_multiple_of(unit) {
        return refuse(server, number, head.address, OWN_BAD_RECORD);
    }
    let bytes = match head.kind {
        1 => Vec::new(),
        _ => match unpack(m, head, body) {
            Some(bytes) => bytes,
            None => return refuse(server, number, head.address, OWN_BAD_DATA),
        },
    };
    if stream.last.ended.is_err() {
        let late = std::mem::take(&mut stream.last).ended;
        return server.note(m, number, late, own);
    }
    if head.kind == 1 {
        stream.last.under_way = false;
        return erase(server, m, number, head, offset);
    }
    let mut pages = bytes;
    pages.resize(pages.len().next_multiple_of(page as usize), 0xFF);
    let result = match stream.unread {
        true => server
            .flash
            .write_pages(m, offset, &pages, &mut stream.last),
        false => server.flash.program_pages(m, offset, &pages),
    };
    server.note(m, number, result, own)
}

fn erase(
    server: &mut Server,
    m: &mut Machine,
    number: u32,
    head: Head,
    offset: u32,
) -> Result<(), Status> {
    let Geometry { size, sector, .. } = server.flash.configured()?;
    let result = match head.length {
        length if length == size => server.flash.erase_all(m),
        length if length.is_multiple_of(sector) => server.flash.erase(m, offset, offset + length),
        _ => return refuse(server, number, head.address, OWN_BAD_RECORD),
    };
    server.note(m, number, result, |error| match error {
        Error::Verify(_) => OWN_NOT_ERASED,
        other => own(other),
    })
}

/// The bytes that go into flash; `None` when they are damaged.
fn unpack(m: &mut Machine, head: Head, body: &[u8]) -> Option<Vec<u8>> {
    let length = head.length as usize;
    let bytes = match head.kind {
        3 => {
            let mut bytes = vec![0; length];
            m.clock.work(pace::LZ4_BYTE_NS * length as u64);
            let got = lz4_flex::block::decompress_into(body, &mut bytes).ok()?;
            (got == length).then_some(bytes)?
        }
        _ => body.to_vec(),
    };
    m.clock.work(pace::CRC_BYTE_NS * length as u64);
    (CRC.checksum(&bytes) == head.crc).then_some(bytes)
}
