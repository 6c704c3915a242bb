//! SFDP: the tables in which a flash describes itself (JESD216).
//!
//! | offset | bytes | what                                                      |
//! |--------|-------|-----------------------------------------------------------|
//! | 0      | 4     | "SFDP"                                                    |
//! | 4      | 2     | minor, major revision                                     |
//! | 6      | 1     | number of parameter headers, less one                     |
//! | 8      | 8 each | headers: id low, minor, major, dwords, pointer (3 bytes), id high |
//!
//! All numbers are little-endian. Source: JESD216B; read with command 5Ah.

mod basic;
mod four_byte;

pub use basic::{BasicTable, EraseType, FastRead};
pub use four_byte::FourByteTable;

use alloc::vec::Vec;
use core::time::Duration;

use byteorder::{ByteOrder, LE};

use crate::part::Span;
use crate::{Error, QeMethod};

/// A flash's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sfdp {
    /// Revision of the header: major, minor.
    pub revision: (u8, u8),
    /// The parameter headers, in their order.
    pub headers: Vec<Header>,
    /// The basic flash parameter table.
    pub basic: BasicTable,
    /// The table of commands with four address bytes, when there is one.
    pub four_byte: Option<FourByteTable>,
}

/// One parameter header: where a table lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// 0xFF00 is the basic table, 0xFF84 the four-byte table; a maker's id with a low first byte is its own.
    pub id: u16,
    /// Revision of the table: major, minor.
    pub revision: (u8, u8),
    /// Its length in dwords.
    pub dwords: u8,
    /// Its offset in the SFDP.
    pub pointer: u32,
}

const SIGNATURE: &[u8; 4] = b"SFDP";
const HEADER_LEN: usize = 8;
const BASIC_ID: u16 = 0xFF00;
const FOUR_BYTE_ID: u16 = 0xFF84;

impl Sfdp {
    /// Reads the bytes from SFDP offset 0 on.
    ///
    /// Fails without the signature, without a basic table of 9 dwords, and with [`Error::SfdpShort`] when a header or
    /// the basic table lies beyond the bytes given: read as much as it says and try again. 256 bytes do for most parts.
    pub fn parse(bytes: &[u8]) -> Result<Sfdp, Error> {
        let found = bytes.get(..4.min(bytes.len())).unwrap_or_default();
        if found != SIGNATURE {
            return Err(Error::NoSfdp {
                found: found.to_vec(),
            });
        }
        let first = part_of(bytes, 0, HEADER_LEN, "header")?;
        let revision = (first[5], first[4]);
        let count = usize::from(first[6]) + 1;
        let raw = part_of(bytes, HEADER_LEN, count * HEADER_LEN, "parameter headers")?;
        let headers: Vec<Header> = raw
            .as_chunks::<HEADER_LEN>()
            .0
            .iter()
            .map(Header::of)
            .collect();
        // several headers may describe the basic table, for older and newer readers: the newest counts
        let basic = headers
            .iter()
            .filter(|header| header.id == BASIC_ID && header.dwords >= 9);
        let basic = basic.max_by_key(|header| (header.revision, header.dwords));
        let basic = basic.ok_or(Error::NoBasicTable {
            headers: headers.len(),
        })?;
        let basic = BasicTable {
            dwords: dwords(bytes, basic, "basic table")?,
        };
        let four_byte = headers
            .iter()
            .find(|header| header.id == FOUR_BYTE_ID && header.dwords >= 2);
        let four_byte = four_byte
            .map(|header| dwords(bytes, header, "four-byte table"))
            .transpose()?;
        Ok(Sfdp {
            revision,
            headers,
            basic,
            four_byte: four_byte.map(FourByteTable::of),
        })
    }

    /// Bytes of the part.
    pub fn size(&self) -> u64 {
        self.basic.size()
    }

    /// Bytes of a page; `None` when the table is too old to say.
    pub fn page_size(&self) -> Option<u32> {
        self.basic.page_size()
    }

    /// The 1-4-4 fast read, if the part has it.
    pub fn quad_io(&self) -> Option<FastRead> {
        self.basic.quad_io()
    }

    /// The 1-1-2 fast read, if the part has it.
    pub fn dual_output(&self) -> Option<FastRead> {
        self.basic.dual_output()
    }

    /// The 1-1-4 fast read, if the part has it.
    pub fn quad_output(&self) -> Option<FastRead> {
        self.basic.quad_output()
    }

    /// What the part can erase, smallest first, with times where the table has them.
    pub fn erase_types(&self) -> Vec<EraseType> {
        self.basic.erase_types()
    }

    /// How long the erase of the whole part takes; `None` when the table is too old to say.
    pub fn chip_erase(&self) -> Option<Span> {
        self.basic.chip_erase()
    }

    /// How long the program of one page takes; `None` when the table is too old to say.
    pub fn page_program(&self) -> Option<Span> {
        self.basic.page_program()
    }

    /// The quad enable requirement, 0 to 7, as the table has it.
    pub fn qer_code(&self) -> Option<u8> {
        self.basic.qer_code()
    }

    /// Where the quad enable bit is; `None` when the table is too old to say, or says 7 (reserved).
    pub fn qer(&self) -> Option<QeMethod> {
        match self.qer_code()? {
            0 => Some(QeMethod::None),
            1 | 4 | 5 => Some(QeMethod::Sr2Bit1TwoByte),
            2 => Some(QeMethod::Sr1Bit6),
            3 => Some(QeMethod::Sr2Bit7),
            6 => Some(QeMethod::Sr2Bit1By31),
            _ => None,
        }
    }
}

impl Header {
    /// The dwords of the table, out of the bytes from SFDP offset 0 on.
    pub(crate) fn table(&self, bytes: &[u8], what: &'static str) -> Result<Vec<u32>, Error> {
        dwords(bytes, self, what)
    }

    fn of(raw: &[u8; HEADER_LEN]) -> Header {
        Header {
            id: u16::from_be_bytes([raw[7], raw[0]]),
            revision: (raw[2], raw[1]),
            dwords: raw[3],
            pointer: u32::from_le_bytes([raw[4], raw[5], raw[6], 0]),
        }
    }
}

fn part_of<'b>(
    bytes: &'b [u8],
    from: usize,
    len: usize,
    what: &'static str,
) -> Result<&'b [u8], Error> {
    let needed = from + len;
    bytes.get(from..needed).ok_or(Error::SfdpShort {
        what,
        needed,
        found: bytes.len(),
    })
}

fn dwords(bytes: &[u8], header: &Header, what: &'static str) -> Result<Vec<u32>, Error> {
    let raw = part_of(
        bytes,
        header.pointer as usize,
        usize::from(header.dwords) * 4,
        what,
    )?;
    Ok(raw
        .as_chunks::<4>()
        .0
        .iter()
        .map(|dword| LE::read_u32(dword))
        .collect())
}

/// (count + 1) units, and the longest as 2 × (multiplier + 1) of that.
fn span(count: u32, unit: Duration, multiplier: u32) -> Span {
    let typical = unit * (count + 1);
    Span {
        typical,
        max: typical * (2 * (multiplier + 1)),
    }
}
