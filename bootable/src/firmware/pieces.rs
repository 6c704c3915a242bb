//! Pieces of a file in any order, and the memory they make.

use std::fmt;
use std::ops::Range;

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use crate::{Error, Firmware, Memory, MemoryMap};

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
    /// Bytes that were decoded, so not contained in the file.
    made: Vec<Chunk>,
    /// The chunk after these, which has room.
    open: Chunk,
    list: Vec<Piece<'a>>,
    total: usize,
    aliased: Option<u32>,
}

/// One piece, or some of the same length that follow each other in the file and in memory.
struct Piece<'a> {
    address: u32,
    content: Content<'a>,
    number: u32,
    /// Length of each but the last.
    each: u32,
}

enum Content<'a> {
    File(&'a [u8]),
    /// From where to where in which of [`Pieces::made`]; small, for there are many.
    Made {
        chunk: u32,
        from: u32,
        to: u32,
    },
}

/// Decoded bytes of some pieces. They are given back once the last of these is joined: text of 25 MiB and all of its bytes twice
/// would be too much memory.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Pieces that are not joined yet.
    pieces: u32,
}

impl Chunk {
    /// Large enough that the allocator gives it back to the system.
    const LEN: usize = 1 << 18;
}

impl Piece<'_> {
    fn len(&self) -> usize {
        match &self.content {
            Content::File(bytes) => bytes.len(),
            Content::Made { from, to, .. } => (to - from) as usize,
        }
    }

    fn bytes<'b>(&'b self, made: &'b [Chunk]) -> &'b [u8] {
        match &self.content {
            Content::File(bytes) => bytes,
            Content::Made { chunk, from, to } => {
                let chunk = made.get(*chunk as usize);
                let bytes = chunk.and_then(|chunk| chunk.bytes.get(*from as usize..*to as usize));
                bytes.unwrap_or_default()
            }
        }
    }

    /// It is joined: gives its chunk back when it was the last one there.
    fn release(&self, made: &mut [Chunk]) {
        if let Content::Made { chunk, .. } = &self.content
            && let Some(chunk) = made.get_mut(*chunk as usize)
        {
            chunk.pieces -= 1;
            if chunk.pieces == 0 {
                chunk.bytes = Vec::new();
            }
        }
    }

    /// The number of the piece that holds this offset.
    fn number_at(&self, offset: usize) -> usize {
        self.number as usize + offset / self.each.max(1) as usize
    }

    /// Appends the next piece, in this chunk, if it continues this one.
    fn goes_on(&mut self, address: u32, into: u32, more: &Range<usize>, number: usize) -> bool {
        let (len, each) = (self.len(), self.each.max(1) as usize);
        let next = self.number_at(len);
        let Content::Made { chunk, to, .. } = &mut self.content else {
            return false;
        };
        let whole =
            *chunk == into && len.is_multiple_of(each) && number == next && more.len() <= each;
        let follows = u64::from(self.address) + len as u64 == u64::from(address);
        if whole && follows {
            *to = more.end as u32;
        }
        whole && follows
    }
}

/// The most pieces that are kept apart. Numbers and places fit 32 bits: a file is shorter than 4 GiB.
const MOST: usize = Memory::SEGMENTS;

impl<'a> Pieces<'a> {
    pub fn new(unit: Unit, map: &'a MemoryMap) -> Pieces<'a> {
        Pieces {
            unit,
            map,
            made: Vec::new(),
            open: Chunk::default(),
            list: Vec::new(),
            total: 0,
            aliased: None,
        }
    }

    /// Adds a piece; an address in the flash alias becomes one in the flash.
    pub fn add(&mut self, address: u32, bytes: &[u8], number: usize) -> Result<(), Error> {
        let bus = self.place(address, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        if self.open.bytes.len() + bytes.len() > Chunk::LEN {
            self.made.push(std::mem::take(&mut self.open));
        }
        let (chunk, index) = (&mut self.open, self.made.len() as u32);
        if chunk.bytes.capacity() == 0 {
            chunk.bytes.reserve_exact(Chunk::LEN.max(bytes.len()));
        }
        let range = chunk.bytes.len()..chunk.bytes.len() + bytes.len();
        chunk.bytes.extend_from_slice(bytes);
        let last = self.list.last_mut();
        if last.is_some_and(|last| last.goes_on(bus, index, &range, number)) {
            return Ok(());
        }
        chunk.pieces += 1;
        self.keep(Piece {
            address: bus,
            content: Content::Made {
                chunk: index,
                from: range.start as u32,
                to: range.end as u32,
            },
            number: number as u32,
            each: range.len() as u32,
        })
    }

    /// As [`Pieces::add`], for bytes contained in the file: they are not copied.
    pub fn add_from_file(
        &mut self,
        address: u32,
        bytes: &'a [u8],
        number: usize,
    ) -> Result<(), Error> {
        let bus = self.place(address, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        self.keep(Piece {
            address: bus,
            content: Content::File(bytes),
            number: number as u32,
            each: bytes.len() as u32,
        })
    }

    fn keep(&mut self, piece: Piece<'a>) -> Result<(), Error> {
        if self.list.len() >= MOST {
            return Err(Error::TooScattered { limit: MOST });
        }
        self.list.push(piece);
        Ok(())
    }

    /// The bus address for so many bytes, if there is room for them.
    fn place(&mut self, address: u32, len: usize) -> Result<u32, Error> {
        let bus = self.map.normalised(address);
        if bus != address {
            self.aliased.get_or_insert(address);
        }
        if u64::from(bus) + len as u64 > 1 << 32 {
            return Err(Error::Wraps {
                address: bus,
                len: len as u64,
            });
        }
        self.total += len;
        if self.total > Firmware::LIMIT {
            return Err(Error::TooLarge {
                size: self.total as u64,
                limit: Firmware::LIMIT as u64,
            });
        }
        Ok(bus)
    }

    /// Joins all pieces; adds a note when addresses were in the flash alias.
    pub fn into_memory(mut self, notes: &mut Vec<Finding>) -> Result<Memory, Error> {
        if let Some(address) = self.aliased {
            let bus = self.map.normalised(address);
            notes.push(
                Finding::new(&found::ADDRESSES_ALIAS)
                    .address("address", address)
                    .address("bus", bus),
            );
        }
        self.list.sort_by_key(|piece| piece.address); // stable: the first in the file stays first
        let mut memory = Memory::new();
        let mut run: Vec<u8> = Vec::new();
        let mut start = 0;
        let mut made = std::mem::take(&mut self.made);
        made.push(std::mem::take(&mut self.open));
        for (index, piece) in self.list.iter().enumerate() {
            let bytes = piece.bytes(&made);
            let at = (piece.address - start) as usize; // sorted, so never below
            if at > run.len() || index == 0 {
                memory.insert(start, std::mem::take(&mut run))?;
                start = piece.address;
                run.extend_from_slice(bytes);
                piece.release(&mut made);
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
            piece.release(&mut made);
        }
        memory.insert(start, run)?;
        Ok(memory)
    }

    /// Names the two pieces, the one that comes first in the file first.
    fn conflict(&self, index: usize, address: u32, held: u8, given: u8) -> Error {
        let (before, from) = self.list.split_at(index.min(self.list.len()));
        let number = |piece: &Piece<'a>| {
            let offset = (address - piece.address) as usize;
            (offset < piece.len()).then(|| piece.number_at(offset))
        };
        let older = before.iter().filter_map(number).min().unwrap_or_default();
        let newer = from.first().and_then(number).unwrap_or_default();
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
    use crate::testing::rt1021;

    fn joined(parts: &[(u32, &[u8])]) -> Result<Memory, Error> {
        let map = rt1021().map;
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
    fn adjoining_lines_join_and_keep_their_numbers() {
        let map = rt1021().map;
        let mut pieces = Pieces::new(Unit::Line, &map);
        for line in 0..1000 {
            pieces.add(line as u32 * 2, &[1, 2], line + 1).unwrap();
        }
        assert_eq!(pieces.list.len(), 1);
        pieces.add(2000, &[1], 1001).unwrap(); // shorter: the last of its kind
        pieces.add(2001, &[2], 1002).unwrap();
        assert_eq!(pieces.list.len(), 2);
        pieces.add(771, &[7], 1005).unwrap();
        assert_eq!(
            pieces.into_memory(&mut Vec::new()).unwrap_err().to_string(),
            "line 386 and line 1005 put different bytes at 0x00000303: 0x02 and 0x07"
        );
    }

    #[test]
    fn too_many_separate_lines_are_refused() {
        let map = rt1021().map;
        let mut pieces = Pieces::new(Unit::Line, &map);
        for line in 0..MOST {
            pieces.add(line as u32 * 2, &[1], line).unwrap();
        }
        let error = pieces.add(MOST as u32 * 2, &[1], MOST).unwrap_err();
        assert_eq!(error, Error::TooScattered { limit: MOST });
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
