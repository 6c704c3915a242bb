//! A memory cut, filled or moved, before it is written in another format.

use crate::{Error, Firmware, Memory};

/// What lies in `from..to`, gaps kept.
pub fn crop(memory: &Memory, from: u32, to: u64) -> Memory {
    let len = to.saturating_sub(u64::from(from)).min(1 << 32);
    memory.slice(from, len as usize)
}

/// The same with `byte` in the gaps of `from..to`, and nothing changed outside; without a range, from the first byte to the last.
///
/// # Errors
/// [`Error::TooLarge`] when that makes more than [`Firmware::LIMIT`] bytes.
pub fn fill(memory: &Memory, byte: u8, range: Option<(u32, u64)>) -> Result<Memory, Error> {
    let (from, to) = range.unwrap_or((memory.first().unwrap_or(0), memory.end()));
    let size = to.saturating_sub(u64::from(from));
    let len = usize::try_from(size)
        .ok()
        .filter(|len| *len <= Firmware::LIMIT);
    let len = len.ok_or(Error::TooLarge {
        size,
        limit: Firmware::LIMIT as u64,
    })?;
    let mut filled = memory.clone();
    filled.replace(from, memory.filled(from, len, byte))?;
    Ok(filled)
}

/// The same, every address moved by `offset`.
///
/// # Errors
/// [`Error::Moved`] when a byte would leave the 32-bit address space.
pub fn shift(memory: &Memory, offset: i64) -> Result<Memory, Error> {
    let mut moved = Memory::new();
    for (start, bytes) in memory.segments() {
        let address = i64::from(start).checked_add(offset);
        let address = address.and_then(|address| u32::try_from(address).ok());
        let fits = |address: &u32| u64::from(*address) + bytes.len() as u64 <= 1 << 32;
        let address = address.filter(fits).ok_or(Error::Moved {
            address: start,
            by: offset,
        })?;
        moved.insert(address, bytes.to_vec())?;
    }
    Ok(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        let mut memory = Memory::new();
        memory.insert(0x6000_0000, vec![1, 2]).expect("room");
        memory.insert(0x6000_0004, vec![3]).expect("room");
        memory
    }

    #[test]
    fn crop_takes_the_range_and_keeps_gaps() {
        let cut = crop(&memory(), 0x6000_0001, 0x6000_0005);
        assert_eq!(
            cut.segments().collect::<Vec<_>>(),
            [(0x6000_0001, &[2][..]), (0x6000_0004, &[3][..])]
        );
        assert!(crop(&memory(), 0x6000_0005, 0x6000_0001).is_empty());
        assert_eq!(crop(&memory(), 0, u64::MAX), memory());
    }

    #[test]
    fn fill_closes_gaps_in_its_range_only() {
        let whole = fill(&memory(), 0xFF, None).expect("small");
        assert_eq!(
            whole.segments().collect::<Vec<_>>(),
            [(0x6000_0000, &[1, 2, 0xFF, 0xFF, 3][..])]
        );
        let longer = fill(&memory(), 0, Some((0x6000_0004, 0x6000_0006))).expect("small");
        assert_eq!(longer.read(0x6000_0004, 2), Some(vec![3, 0]));
        assert_eq!(longer.byte(0x6000_0002), None);
        assert!(matches!(
            fill(&memory(), 0, Some((0, 1 << 32))),
            Err(Error::TooLarge { .. })
        ));
        assert_eq!(fill(&Memory::new(), 0, None), Ok(Memory::new()));
    }

    #[test]
    fn shift_moves_and_stays_in_the_address_space() {
        assert_eq!(
            shift(&memory(), -0x6000_0000).expect("room").first(),
            Some(0)
        );
        assert!(matches!(
            shift(&memory(), -0x6000_0001),
            Err(Error::Moved { .. })
        ));
        assert!(matches!(
            shift(&memory(), i64::MAX),
            Err(Error::Moved { .. })
        ));
        assert!(matches!(
            shift(&memory(), 0x9FFF_FFFD),
            Err(Error::Moved { .. })
        ));
    }
}
