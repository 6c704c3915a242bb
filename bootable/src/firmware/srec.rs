//! Motorola S-records: `S` type, length, address, data, checksum.

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::Parsed;
use super::pieces::{Pieces, Unit};
use super::record::{self, RecordProblem};
use crate::{Error, MemoryMap};

struct Record {
    kind: u8,
    address: u32,
    data: Vec<u8>,
}

impl Record {
    fn parse(line: &[u8]) -> Result<Record, RecordProblem> {
        let (kind, text) = match *line {
            [b'S' | b's', kind @ b'0'..=b'9', ref text @ ..] => (kind - b'0', text),
            _ => {
                return Err(RecordProblem::Start {
                    found: record::start(line),
                    expected: "S0 to S9",
                });
            }
        };
        let address_len = match kind {
            0 | 1 | 5 | 9 => 2,
            2 | 6 | 8 => 3,
            3 | 7 => 4,
            _ => {
                return Err(RecordProblem::Type {
                    found: format!("S{kind}"),
                });
            }
        };
        let bytes = record::digits(text, 3)?;
        let &[len, ref rest @ ..] = bytes.as_slice() else {
            return Err(RecordProblem::Length {
                expected: address_len + 1,
                found: 0,
            });
        };
        let expected = usize::from(len).max(address_len + 1);
        if rest.len() != expected {
            return Err(RecordProblem::Length {
                expected,
                found: rest.len(),
            });
        }
        let (body, found) = rest.split_at(rest.len() - 1);
        let found = found.first().copied().unwrap_or_default();
        let sum = body.iter().fold(len, |sum, &byte| sum.wrapping_add(byte));
        if found != !sum {
            return Err(RecordProblem::Checksum {
                expected: !sum,
                found,
            });
        }
        let (address, data) = body.split_at(address_len);
        let address = address
            .iter()
            .fold(0, |value, &byte| value << 8 | u32::from(byte));
        Ok(Record {
            kind,
            address,
            data: data.to_vec(),
        })
    }
}

pub(super) fn parse(bytes: &[u8], map: &MemoryMap) -> Result<Parsed, Error> {
    let mut pieces = Pieces::new(Unit::Line, map);
    let (mut entry, mut end, mut last, mut count) = (None, None, 1, 0usize);
    let mut notes = Vec::new();
    for (line, text) in record::lines(bytes) {
        last = line;
        let at = |problem| Error::SRecord { line, problem };
        if let Some(end) = end {
            return Err(at(RecordProblem::AfterEnd { end }));
        }
        if text.starts_with(b"S6") || text.starts_with(b"s6") {
            notes.extend(odd_count(text, line, count));
            continue;
        }
        let record = Record::parse(text).map_err(at)?;
        match record.kind {
            1..=3 => {
                count += 1;
                let wraps = u64::from(record.address) + record.data.len() as u64 > 1 << 32;
                if wraps {
                    let (address, len) = (record.address, record.data.len());
                    return Err(at(RecordProblem::Wrap {
                        address,
                        len,
                        what: "the address space",
                    }));
                }
                pieces.add(record.address, &record.data, line)?;
            }
            // 16 bits of a count that may be larger
            5 if record.address != (count & 0xFFFF) as u32 => {
                return Err(at(RecordProblem::Count {
                    expected: count,
                    found: record.address as usize,
                }));
            }
            7..=9 => {
                entry = Some(record.address).filter(|&entry| entry != 0);
                end = Some(line);
            }
            _ => {}
        }
    }
    if end.is_none() {
        return Err(Error::SRecord {
            line: last,
            problem: RecordProblem::NoEnd {
                expected: "S7, S8 or S9",
            },
        });
    }
    Ok(Parsed {
        memory: pieces.into_memory(&mut notes)?,
        entry,
        notes,
    })
}

/// MCUXpresso writes S6 records that not every reader understands, so one that does not fit is a note and no error.
fn odd_count(text: &[u8], line: usize, count: usize) -> Option<Finding> {
    match Record::parse(text) {
        Ok(record) if record.address as usize == count & 0xFF_FFFF => None,
        Ok(record) => Some(
            Finding::new(&found::SREC_COUNT)
                .number("line", line as u64)
                .number("counted", record.address)
                .number("count", count as u64),
        ),
        Err(problem) => Some(
            Finding::new(&found::SREC_UNREADABLE_COUNT)
                .number("line", line as u64)
                .text("problem", problem),
        ),
    }
}

#[cfg(test)]
mod tests;
