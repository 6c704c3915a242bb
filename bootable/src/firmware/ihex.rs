//! Intel HEX: `:` length address type data checksum, types 00 to 05.

use super::Parsed;
use super::pieces::{Pieces, Unit};
use super::record::{self, RecordProblem};
use crate::{Error, MemoryMap};

/// How the 16-bit address of a data record becomes a bus address.
#[derive(Clone, Copy)]
enum Upper {
    /// Type 04: the upper half of the address.
    Linear(u32),
    /// Type 02: sixteen times this paragraph.
    Segment(u32),
}

struct Record {
    kind: u8,
    address: u16,
    data: Vec<u8>,
}

impl Record {
    fn parse(line: &[u8]) -> Result<Record, RecordProblem> {
        let Some(text) = line.strip_prefix(b":") else {
            return Err(RecordProblem::Start {
                found: record::start(line),
                expected: "\":\"",
            });
        };
        let bytes = record::digits(text, 2)?;
        let &[len, high, low, kind, ref rest @ ..] = bytes.as_slice() else {
            return Err(RecordProblem::Length {
                expected: 5,
                found: bytes.len(),
            });
        };
        let Some((&found, data)) = rest
            .split_last()
            .filter(|(_, data)| data.len() == usize::from(len))
        else {
            return Err(RecordProblem::Length {
                expected: usize::from(len) + 5,
                found: bytes.len(),
            });
        };
        let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
        if sum != 0 {
            return Err(RecordProblem::Checksum {
                expected: found.wrapping_sub(sum),
                found,
            });
        }
        Ok(Record {
            kind,
            address: u16::from_be_bytes([high, low]),
            data: data.to_vec(),
        })
    }

    /// The payload of a record whose size is fixed.
    fn exactly<const N: usize>(&self) -> Result<[u8; N], RecordProblem> {
        self.data
            .as_slice()
            .try_into()
            .map_err(|_| RecordProblem::Payload {
                kind: format!("{:02X}", self.kind),
                expected: N,
                found: self.data.len(),
            })
    }

    /// Bus address of a data record; it may not run over the end of its 64 KiB.
    fn place(&self, upper: Upper) -> Result<u32, RecordProblem> {
        let offset = u32::from(self.address);
        let base = match upper {
            Upper::Linear(base) | Upper::Segment(base) => base,
        };
        if offset as usize + self.data.len() > 0x1_0000 {
            let what = "its 64 KiB segment";
            return Err(RecordProblem::Wrap {
                address: base + offset,
                len: self.data.len(),
                what,
            });
        }
        Ok(base + offset)
    }
}

pub(super) fn parse(bytes: &[u8], map: &MemoryMap) -> Result<Parsed, Error> {
    let mut pieces = Pieces::new(Unit::Line, map);
    let (mut upper, mut entry, mut end, mut last) = (Upper::Linear(0), None, None, 1);
    for (line, text) in record::lines(bytes) {
        last = line;
        let at = |problem| Error::IntelHex { line, problem };
        if let Some(end) = end {
            return Err(at(RecordProblem::AfterEnd { end }));
        }
        let record = Record::parse(text).map_err(at)?;
        match record.kind {
            0 => pieces.add(record.place(upper).map_err(at)?, &record.data, line)?,
            1 => {
                record.exactly::<0>().map_err(at)?;
                end = Some(line);
            }
            2 => {
                upper = Upper::Segment(
                    u32::from(u16::from_be_bytes(record.exactly().map_err(at)?)) << 4,
                )
            }
            3 => {
                let [cs_high, cs_low, ip_high, ip_low] = record.exactly().map_err(at)?;
                let (segment, offset) = ([cs_high, cs_low], [ip_high, ip_low]);
                entry = Some(
                    (u32::from(u16::from_be_bytes(segment)) << 4)
                        + u32::from(u16::from_be_bytes(offset)),
                );
            }
            4 => {
                upper = Upper::Linear(
                    u32::from(u16::from_be_bytes(record.exactly().map_err(at)?)) << 16,
                )
            }
            5 => entry = Some(u32::from_be_bytes(record.exactly().map_err(at)?)),
            kind => {
                return Err(at(RecordProblem::Type {
                    found: format!("{kind:02X}"),
                }));
            }
        }
    }
    if end.is_none() {
        let problem = RecordProblem::NoEnd {
            expected: "an end-of-file record (type 01)",
        };
        return Err(Error::IntelHex {
            line: last,
            problem,
        });
    }
    let mut notes = Vec::new();
    Ok(Parsed {
        memory: pieces.into_memory(&mut notes)?,
        entry,
        notes,
    })
}

#[cfg(test)]
mod tests;
