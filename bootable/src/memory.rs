//! Address → bytes, with the gaps kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use byteorder::{ByteOrder, LE};

use crate::Error;

/// Bytes at addresses: sorted, never overlapping, gaps kept.
///
/// Segments that touch are one segment. A gap has no value: a writer leaves its cells as they are after the erase. All segments together hold at most [`Memory::LIMIT`] bytes, and there are at most
/// [`Memory::SEGMENTS`]. A clone shares its bytes with the original until one of them changes.
///
/// ```
/// use rtboot_bootable::Memory;
///
/// let mut memory = Memory::new();
/// memory.insert(0x6000_2000, vec![1, 2])?;
/// memory.insert(0x6000_2002, vec![3])?;
/// memory.insert(0x6000_3000, vec![4])?;
/// assert_eq!(memory.segments().count(), 2);
/// assert_eq!(memory.read(0x6000_2000, 3), Some(vec![1, 2, 3]));
/// assert_eq!(memory.read(0x6000_2000, 4), None);
/// # Ok::<(), rtboot_bootable::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    segments: BTreeMap<u32, Arc<Vec<u8>>>,
    len: usize,
}

/// One past the last address of a segment; a segment may end at 2³².
fn end_of(start: u32, bytes: &[u8]) -> u64 {
    u64::from(start) + bytes.len() as u64
}

impl Memory {
    /// The most bytes that one memory holds: 32 MiB, all of the largest flash in the part database.
    pub const LIMIT: usize = 32 << 20;
    /// The most segments: far more than any program has, and few enough for little memory.
    pub const SEGMENTS: usize = 1 << 16;

    /// An empty memory.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Adds bytes. Bytes that lie on others must be equal to them.
    ///
    /// # Errors
    /// [`Error::Wraps`] past the end of the address space, [`Error::Overlap`] when another byte is already there,
    /// [`Error::TooLarge`] past [`Memory::LIMIT`], [`Error::TooScattered`] past [`Memory::SEGMENTS`]. The memory is unchanged then.
    pub fn insert(&mut self, address: u32, bytes: Vec<u8>) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = end_of(address, &bytes);
        if end > 1 << 32 {
            return Err(Error::Wraps {
                address,
                len: bytes.len() as u64,
            });
        }
        let touching = self.touching(address, end);
        let mut shared = 0;
        for &start in &touching {
            shared += self.agree(start, address, &bytes)?;
        }
        let total = self.len + bytes.len() - shared;
        if total > Memory::LIMIT {
            return Err(Error::TooLarge {
                size: total as u64,
                limit: Memory::LIMIT as u64,
            });
        }
        if touching.is_empty() && self.segments.len() >= Memory::SEGMENTS {
            return Err(Error::TooScattered {
                limit: Memory::SEGMENTS,
            });
        }
        self.len = total;
        self.join(&touching, address, bytes);
        Ok(())
    }

    /// Adds bytes, over those that are there.
    ///
    /// # Errors
    /// As [`Memory::insert`], but for the overlap. The memory is unchanged then.
    pub fn replace(&mut self, address: u32, bytes: Vec<u8>) -> Result<(), Error> {
        if end_of(address, &bytes) > 1 << 32 {
            return Err(Error::Wraps {
                address,
                len: bytes.len() as u64,
            });
        }
        let held = self.slice_len(address, bytes.len());
        let total = self.len - held + bytes.len();
        if total > Memory::LIMIT {
            return Err(Error::TooLarge {
                size: total as u64,
                limit: Memory::LIMIT as u64,
            });
        }
        self.remove(address, bytes.len());
        self.insert(address, bytes)
    }

    /// Removes `len` bytes from `address` on.
    pub fn remove(&mut self, address: u32, len: usize) {
        if len == 0 {
            return;
        }
        let end = u64::from(address) + len as u64;
        for start in self.touching(address, end) {
            let Some(bytes) = self.segments.remove(&start) else {
                continue;
            };
            self.len -= bytes.len();
            let head = (address.max(start) - start) as usize;
            let tail = end.saturating_sub(u64::from(start)).min(bytes.len() as u64) as usize;
            self.keep(start, bytes.get(..head.min(bytes.len())));
            self.keep(
                start.saturating_add(tail as u32),
                bytes.get(tail.max(head)..),
            );
        }
    }

    /// The segments in the order of their addresses.
    pub fn segments(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.segments
            .iter()
            .map(|(&address, bytes)| (address, bytes.as_slice()))
    }

    /// The lowest address that holds a byte.
    pub fn first(&self) -> Option<u32> {
        self.segments.keys().next().copied()
    }

    /// One past the highest address that holds a byte, at most 2³²; 0 when there is none.
    pub fn end(&self) -> u64 {
        self.segments
            .iter()
            .next_back()
            .map_or(0, |(&start, bytes)| end_of(start, bytes))
    }

    /// How many bytes are held; gaps do not count.
    pub fn len_bytes(&self) -> usize {
        self.len
    }

    /// True when no byte is held.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The segment that holds an address: its start and bytes.
    pub fn segment_at(&self, address: u32) -> Option<(u32, &[u8])> {
        let (&start, bytes) = self.segments.range(..=address).next_back()?;
        (u64::from(address) < end_of(start, bytes)).then_some((start, bytes.as_slice()))
    }

    /// A view of `len` bytes without a gap; `None` when one byte is missing.
    pub fn bytes(&self, address: u32, len: usize) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let (start, bytes) = self.segment_at(address)?;
        let from = (address - start) as usize;
        bytes.get(from..from.checked_add(len)?)
    }

    /// As [`Memory::bytes`], copied.
    pub fn read(&self, address: u32, len: usize) -> Option<Vec<u8>> {
        self.bytes(address, len).map(<[u8]>::to_vec)
    }

    /// One byte.
    pub fn byte(&self, address: u32) -> Option<u8> {
        self.bytes(address, 1)
            .and_then(|bytes| bytes.first().copied())
    }

    /// One little-endian word.
    pub fn word(&self, address: u32) -> Option<u32> {
        self.bytes(address, 4).map(LE::read_u32)
    }

    /// What lies within `len` bytes from `address` on, gaps kept.
    pub fn slice(&self, address: u32, len: usize) -> Memory {
        let end = u64::from(address) + len as u64;
        let mut part = Memory::new();
        for (start, bytes) in self.within(address, end) {
            let from = u64::from(start).max(u64::from(address));
            let to = end_of(start, bytes).min(end);
            if from < to {
                let base = u64::from(start);
                part.keep(
                    from as u32,
                    bytes.get((from - base) as usize..(to - base) as usize),
                );
            }
        }
        part
    }

    /// How many bytes are held within `len` bytes from `address` on.
    fn slice_len(&self, address: u32, len: usize) -> usize {
        let (from, to) = (u64::from(address), u64::from(address) + len as u64);
        let shared = |(start, bytes): (u32, &[u8])| {
            end_of(start, bytes)
                .min(to)
                .saturating_sub(u64::from(start).max(from)) as usize
        };
        self.within(address, to).map(shared).sum()
    }

    /// The segments that hold a byte of `address..end`, and perhaps the one before them.
    fn within(&self, address: u32, end: u64) -> impl Iterator<Item = (u32, &[u8])> {
        let before = self.segments.range(..=address).next_back();
        let first = before.map_or(address, |(&start, _)| start);
        let segments = self.segments.range(first..);
        let inside = segments.take_while(move |(start, _)| u64::from(**start) < end);
        inside.map(|(&start, bytes)| (start, bytes.as_slice()))
    }

    /// `len` bytes from `address` on as a flat copy, with `fill` in the gaps.
    pub fn filled(&self, address: u32, len: usize, fill: u8) -> Vec<u8> {
        let mut flat = vec![fill; len];
        let end = u64::from(address) + len as u64;
        for (start, bytes) in self.within(address, end) {
            let skip = (address.saturating_sub(start) as usize).min(bytes.len());
            let at = start.saturating_sub(address) as usize;
            let given = bytes.get(skip..).unwrap_or_default();
            let place = flat.get_mut(at..).unwrap_or_default();
            let count = given.len().min(place.len());
            if let (Some(place), Some(given)) = (place.get_mut(..count), given.get(..count)) {
                place.copy_from_slice(given);
            }
        }
        flat
    }

    /// The same bytes with every address moved from `from` to `to`.
    ///
    /// # Errors
    /// [`Error::Wraps`] when a segment would leave the address space.
    pub fn moved(&self, from: u32, to: u32) -> Result<Memory, Error> {
        let mut moved = Memory {
            len: self.len,
            ..Memory::default()
        };
        for (&start, bytes) in &self.segments {
            let address = i64::from(start) - i64::from(from) + i64::from(to);
            let address = u32::try_from(address).ok();
            let address = address.filter(|address| end_of(*address, bytes) <= 1 << 32);
            let address = address.ok_or(Error::Wraps {
                address: start,
                len: bytes.len() as u64,
            })?;
            moved.segments.insert(address, bytes.clone());
        }
        Ok(moved)
    }

    /// Lays all bytes of another memory over these. A segment that meets nothing beyond its own ends is shared, not copied.
    ///
    /// # Errors
    /// As [`Memory::replace`]. What lies below the segment that failed is laid over then.
    pub fn overlay(&mut self, over: &Memory) -> Result<(), Error> {
        for (&start, bytes) in &over.segments {
            let end = end_of(start, bytes);
            let touching = self.touching(start, end);
            let inside = |at: &u32| {
                let held = self.segments.get(at);
                *at >= start && held.is_some_and(|held| end_of(*at, held) <= end)
            };
            let fits =
                self.len + bytes.len() <= Memory::LIMIT && self.segments.len() < Memory::SEGMENTS;
            let shared = fits && touching.iter().all(inside);
            // in the place of one that is as long neither limit comes nearer
            let same = |held: &Arc<Vec<u8>>| touching == [start] && held.len() == bytes.len();
            if !shared && !self.segments.get(&start).is_some_and(same) {
                self.replace(start, bytes.to_vec())?;
                continue;
            }
            for at in touching {
                self.len -= self.segments.remove(&at).map_or(0, |held| held.len());
            }
            self.len += bytes.len();
            self.segments.insert(start, bytes.clone());
        }
        Ok(())
    }

    /// Starts of the segments that overlap or touch `address..end`.
    fn touching(&self, address: u32, end: u64) -> Vec<u32> {
        let before = self.segments.range(..address).next_back();
        let before = before.filter(|(start, bytes)| end_of(**start, bytes) >= u64::from(address));
        let last = u32::try_from(end).unwrap_or(u32::MAX);
        let within = self.segments.range(address..=last.max(address));
        before
            .into_iter()
            .chain(within)
            .map(|(&start, _)| start)
            .collect()
    }

    /// How many of the new bytes the segment at `start` already holds; it must hold the same.
    fn agree(&self, start: u32, address: u32, new: &[u8]) -> Result<usize, Error> {
        let Some(old) = self.segments.get(&start) else {
            return Ok(0);
        };
        let from = start.max(address);
        let old = old.get((from - start) as usize..).unwrap_or_default();
        let new = new.get((from - address) as usize..).unwrap_or_default();
        let differs = old.iter().zip(new).position(|(old, new)| old != new);
        match differs.and_then(|at| Some((at, *old.get(at)?, *new.get(at)?))) {
            Some((at, held, given)) => Err(Error::Overlap {
                address: from + at as u32,
                held,
                given,
            }),
            None => Ok(old.len().min(new.len())),
        }
    }

    /// Makes one segment of the touching ones and the new bytes, which agree where they overlap.
    fn join(&mut self, touching: &[u32], address: u32, bytes: Vec<u8>) {
        let (mut start, mut joined) = (address, bytes);
        for key in touching {
            let Some(other) = self.segments.remove(key) else {
                continue;
            };
            // append what the upper one has past the end of the lower one
            let other = Arc::unwrap_or_clone(other);
            let ((low, mut lower), (high, upper)) = if *key < start {
                ((*key, other), (start, joined))
            } else {
                ((start, joined), (*key, other))
            };
            let skip = (end_of(low, &lower) - u64::from(high)) as usize;
            lower.extend_from_slice(upper.get(skip..).unwrap_or_default());
            (start, joined) = (low, lower);
        }
        self.segments.insert(start, Arc::new(joined));
    }

    /// Puts the rest of a split segment back. Its neighbours do not touch it.
    fn keep(&mut self, start: u32, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            self.len += bytes.len();
            self.segments.insert(start, Arc::new(bytes.to_vec()));
        }
    }
}

#[cfg(test)]
mod tests;
