//! Where a raw file without boot headers belongs: what its vector table and its code single out.
//!
//! A base is possible when it lies on a 1 KiB boundary, puts the whole file into the flash or into one RAM, and puts all
//! vectors inside the file. The file goes to
//!
//! 1. the only base that is possible, unless the addresses in its code lie elsewhere;
//! 2. the start of the flash, if it is possible, the place of the boot headers is padded in the file, and no other base
//!    that is possible gets more of those addresses to the start of a function or a text;
//! 3. the usual base, if it is possible and gets at least three of those addresses to the start of a function or a text,
//!    and every other base that is possible less than half as many.
//!
//! Anything else is not guessed.

use byteorder::{ByteOrder, LE};

use super::evidence::{BaseEvidence, Evidence};
use crate::vectors::TABLE_ALIGNMENT;
use crate::{Error, MemoryMap, Vectors};

/// Words of the vector table that are looked at besides the first two: as many as a table on 1 KiB has.
const HANDLERS: std::ops::Range<usize> = 2..256;

/// A vector table and where it lies in the file.
struct Table {
    offset: usize,
    /// The reset handler, as it stands there.
    reset: u32,
    /// Reset and the other handlers, on the bus.
    handlers: Vec<u32>,
}

/// The base that the content implies, and why.
pub(super) fn implied(bytes: &[u8], map: &MemoryMap) -> Result<(u32, String), Error> {
    let (table, padded) = table(bytes, map)?;
    let usual = match (padded, table.offset) {
        (true, _) => Some(map.flash_base),
        (false, 0) => Some(map.app_address()),
        (false, _) => None,
    };
    let evidence = Evidence::new(bytes, table.offset, table.handlers.iter().copied(), map);
    let mut all: Vec<BaseEvidence> = table
        .bases(bytes, map)
        .into_iter()
        .map(|base| evidence.at(base, map))
        .collect();
    let Some(first) = all.first().copied() else {
        return Err(table.nowhere(bytes, map));
    };
    let reset = table.reset;
    let chosen = match all.as_slice() {
        [only] => Some(*only).filter(|only| !evidence.contradicts(only, map)),
        _ => all
            .iter()
            .find(|one| usual == Some(one.base))
            .filter(|one| match padded {
                true => one.starts >= most_of_others(&all, one.base),
                false => one.stands_out(&all),
            })
            .filter(|one| !evidence.contradicts(one, map))
            .copied(),
    };
    let Some(chosen) = chosen else {
        let usual_first = |one: &BaseEvidence| (one.starts, usual == Some(one.base));
        all.sort_by_key(|one| std::cmp::Reverse(usual_first(one)));
        return Err(Error::BaseUnclear { reset, bases: all });
    };
    let reason = match (all.len() == 1, table.offset) {
        (true, 0) => format!(
            "the only base on a 1 KiB boundary that puts its reset handler {reset:#010x} inside the file"
        ),
        (true, offset) => format!(
            "the only base that puts the reset handler {reset:#010x} of its vector table at offset {offset:#x} inside the file"
        ),
        (false, _) if padded => format!(
            "padding in the place of the boot headers lies before its vector table at offset {:#x}, and no other base fits its {} addresses better",
            table.offset, chosen.starts
        ),
        _ => format!(
            "{} addresses of its vectors and code lead to functions and texts there, at most {} at any other base from {:#010x} on",
            chosen.starts,
            most_of_others(&all, chosen.base),
            first.base
        ),
    };
    Ok((chosen.base, reason))
}

fn most_of_others(all: &[BaseEvidence], base: u32) -> usize {
    let others = all.iter().filter(|other| other.base != base);
    others.map(|other| other.starts).max().unwrap_or(0)
}

/// The vector table, and whether padding in the place of the boot headers lies before it.
fn table(bytes: &[u8], map: &MemoryMap) -> Result<(Table, bool), Error> {
    let refused = match Table::read(bytes, 0, map) {
        Ok(table) => return Ok((table, false)),
        Err(seen) => Error::NoBase { seen },
    };
    let padding = match bytes {
        [first @ (0x00 | 0xFF), ..] => bytes.iter().take_while(|&byte| byte == first).count(),
        _ => 0,
    };
    let step = TABLE_ALIGNMENT as usize;
    // the lowest byte of a stack pointer may look like padding
    let behind = padding / step * step;
    if behind >= map.app_offset as usize
        && let Ok(table) = Table::read(bytes, behind, map)
    {
        return Ok((table, true));
    }
    // the header of another boot loader
    let offsets = (step..bytes.len()).step_by(step);
    let mut tables = offsets.filter_map(|offset| Table::read(bytes, offset, map).ok());
    let whole = tables.find(Table::is_whole);
    whole.map(|table| (table, false)).ok_or(refused)
}

impl Table {
    /// The table at an offset, or why there is none.
    fn read(bytes: &[u8], offset: usize, map: &MemoryMap) -> Result<Table, String> {
        let word = |index: usize| {
            let at = offset + index * 4;
            bytes.get(at..at + 4).map_or(0, LE::read_u32)
        };
        let (stack, reset) = (word(0), word(1));
        let vectors = Vectors {
            table: 0,
            stack,
            reset,
        };
        if !vectors.stack_is_usable(map) {
            let place = map.name_of(stack);
            return Err(format!(
                "it does not begin with a vector table, for its first word {stack:#010x} would be a stack pointer in {place}"
            ));
        }
        if reset & 1 == 0 {
            return Err(format!(
                "it does not begin with a vector table, for its second word {reset:#010x} is even and so no reset handler"
            ));
        }
        let code = map.normalised(reset);
        // odd words less than a file away from the reset handler are handlers, and so inside as well; the table ends at
        // the first word that is neither one of them nor empty
        let near = |word: u32| {
            word & 1 == 1 && (map.normalised(word).abs_diff(code) as usize) < bytes.len()
        };
        let others = HANDLERS
            .map(word)
            .take_while(|&word| word == 0 || near(word));
        let mut handlers: Vec<u32> = others.filter(|&word| word != 0).collect();
        handlers.push(reset);
        handlers
            .iter_mut()
            .for_each(|word| *word = map.normalised(*word));
        handlers.sort_unstable();
        handlers.dedup();
        Ok(Table {
            offset,
            reset,
            handlers,
        })
    }

    /// More than two words that happen to look like a stack and a handler: another handler is there, too.
    fn is_whole(&self) -> bool {
        self.handlers.len() > 1
    }

    /// The bases that are possible, in rising order: no more than the file has KiB, plus one.
    ///
    /// Where a handler would lie in erased or empty bytes at some of them, those are left out.
    fn bases(&self, bytes: &[u8], map: &MemoryMap) -> Vec<u32> {
        let (Some(&low), Some(&high)) = (self.handlers.first(), self.handlers.last()) else {
            return Vec::new();
        };
        let (low, high) = (u64::from(low & !1), u64::from(high & !1));
        let step = u64::from(TABLE_ALIGNMENT);
        let len = bytes.len() as u64;
        // the table's two words lie before the first handler
        let Some(highest) = low.checked_sub(self.offset as u64 + 8) else {
            return Vec::new();
        };
        let lowest = (high + 1).saturating_sub(len).next_multiple_of(step);
        let within = |base: u64| {
            let base = base as u32;
            let end = u64::from(base) + len;
            let in_flash = map.in_flash(base) && end <= map.flash_end();
            in_flash || map.ram_at(base).is_some_and(|ram| end <= ram.max_end())
        };
        let bases = (lowest..=highest).step_by(step as usize);
        let bases: Vec<u32> = bases
            .filter(|&base| within(base))
            .map(|base| base as u32)
            .collect();
        let is_code = |base: &u32| {
            self.handlers.iter().all(|handler| {
                let at = ((handler & !1) - base) as usize;
                !matches!(bytes.get(at..at + 2), None | Some([0, 0] | [0xFF, 0xFF]))
            })
        };
        let sound: Vec<u32> = bases.iter().copied().filter(is_code).collect();
        match sound.is_empty() {
            true => bases,
            false => sound,
        }
    }

    /// No base fits.
    fn nowhere(&self, bytes: &[u8], map: &MemoryMap) -> Error {
        let (reset, len, place) = (self.reset, bytes.len(), map.name_of(self.reset));
        Error::NoBase {
            seen: format!(
                "no base puts its reset handler {reset:#010x} (in {place}) and its other handlers inside its {len} bytes"
            ),
        }
    }
}
