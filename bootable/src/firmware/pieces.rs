//! Pieces of a file in any order, and the memory they make.

use std::fmt;

use crate::{Error, Memory, MemoryMap};

/// What a file's pieces are called.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Line,
    Segment,
    Block,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Line => "line",
            Unit::Segment => "segment",
            Unit::Block => "block",
        })
    }
}

/// Collects pieces with the place they came from, so that two that contradict each other can both be named.
///
/// They are sorted before they are joined: records in falling order cost no more than in rising order.
pub(super) struct Pieces<'a> {
    unit: Unit,
    map: &'a MemoryMap,
    bytes: Vec<u8>,
    list: Vec<Piece>,
    aliased: Option<u32>,
}

struct Piece {
    address: u32,
    at: usize,
    len: usize,
    number: usize,
}

impl<'a> Pieces<'a> {
    pub fn new(unit: Unit, map: &'a MemoryMap) -> Pieces<'a> {
        Pieces {
            unit,
            map,
            bytes: Vec::new(),
            list: Vec::new(),
            aliased: None,
        }
    }

    /// Adds a piece; an address in the flash alias becomes one in the flash.
    pub fn add(&mut self, address: u32, bytes: &[u8], number: usize) -> Result<(), Error> {
        let bus = self.map.normalised(address);
        if bus != address {
            self.aliased.get_or_insert(address);
        }
        if u64::from(bus) + bytes.len() as u64 > 1 << 32 {
            return Err(Error::Wraps {
                address: bus,
                len: bytes.len() as u64,
            });
        }
        let total = self.bytes.len() + bytes.len();
        if total > Memory::LIMIT {
            return Err(Error::TooLarge {
                size: total as u64,
                limit: Memory::LIMIT as u64,
            });
        }
        if !bytes.is_empty() {
            self.list.push(Piece {
                address: bus,
                at: self.bytes.len(),
                len: bytes.len(),
                number,
            });
            self.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Joins them all; `notes` learns of an alias.
    pub fn into_memory(mut self, notes: &mut Vec<String>) -> Result<Memory, Error> {
        if let Some(address) = self.aliased {
            let bus = self.map.normalised(address);
            notes.push(format!(
                "addresses in the flash alias are taken for flash: {address:#010x} is {bus:#010x}"
            ));
        }
        self.list.sort_by_key(|piece| piece.address); // stable: the first in the file stays first
        let mut memory = Memory::new();
        let mut run: Vec<u8> = Vec::new();
        let mut start = 0;
        for (index, piece) in self.list.iter().enumerate() {
            let bytes = self.content(piece);
            let at = (piece.address - start) as usize; // sorted, so never below
            if at > run.len() || index == 0 {
                memory.insert(start, std::mem::take(&mut run))?;
                start = piece.address;
                run.extend_from_slice(bytes);
                continue;
            }
            let held = run.get(at..).unwrap_or_default();
            if let Some((offset, (&held, &given))) = held
                .iter()
                .zip(bytes)
                .enumerate()
                .find(|(_, (held, given))| held != given)
            {
                return Err(self.conflict(index, piece.address + offset as u32, held, given));
            }
            run.extend_from_slice(bytes.get(held.len()..).unwrap_or_default());
        }
        memory.insert(start, run)?;
        Ok(memory)
    }

    fn content(&self, piece: &Piece) -> &[u8] {
        self.bytes
            .get(piece.at..piece.at + piece.len)
            .unwrap_or_default()
    }

    /// Names the two pieces, the one that comes first in the file first.
    fn conflict(&self, index: usize, address: u32, held: u8, given: u8) -> Error {
        let (before, from) = self.list.split_at(index.min(self.list.len()));
        let covers = |piece: &&Piece| address - piece.address < piece.len as u32;
        let older = before
            .iter()
            .filter(covers)
            .map(|piece| piece.number)
            .min()
            .unwrap_or_default();
        let newer = from.first().map_or(0, |piece| piece.number);
        let ((first, held), (second, given)) = if older <= newer {
            ((older, held), (newer, given))
        } else {
            ((newer, given), (older, held))
        };
        let unit = self.unit;
        Error::Conflict {
            first: format!("{unit} {first}"),
            second: format!("{unit} {second}"),
            address,
            held,
            given,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[(u32, &[u8])]) -> Result<Memory, Error> {
        let map = MemoryMap::rt1021();
        let mut pieces = Pieces::new(Unit::Line, &map);
        for (number, (address, bytes)) in parts.iter().enumerate() {
            pieces.add(*address, bytes, number + 1)?;
        }
        pieces.into_memory(&mut Vec::new())
    }

    #[test]
    fn order_in_the_file_does_not_matter() {
        let memory = joined(&[(0x30, &[3]), (0x10, &[1, 2]), (0x12, &[5])]).unwrap();
        assert_eq!(
            memory.segments().collect::<Vec<_>>(),
            [(0x10, &[1, 2, 5][..]), (0x30, &[3])]
        );
    }

    #[test]
    fn a_conflict_names_both_in_the_order_of_the_file() {
        let error = joined(&[(0x12, &[9]), (0x10, &[1, 2, 3])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1 and line 2 put different bytes at 0x00000012: 0x09 and 0x03"
        );
        let error = joined(&[(0x10, &[1, 2, 3]), (0x11, &[2]), (0x12, &[9])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1 and line 3 put different bytes at 0x00000012: 0x03 and 0x09"
        );
    }

    #[test]
    fn the_alias_and_the_flash_are_one_place() {
        assert!(joined(&[(0x0800_2000, &[1]), (0x6000_2000, &[1])]).is_ok());
        assert!(joined(&[(0x0800_2000, &[1]), (0x6000_2000, &[2])]).is_err());
    }

    #[test]
    fn the_end_of_the_address_space_holds() {
        assert_eq!(joined(&[(0xFFFF_FFFF, &[1])]).unwrap().end(), 1 << 32);
        assert!(matches!(
            joined(&[(0xFFFF_FFFF, &[1, 2])]),
            Err(Error::Wraps { .. })
        ));
    }
}
