//! What a raw file says about where it was linked to: addresses in its code, and what would lie at them.

use std::collections::BTreeSet;
use std::fmt;

use byteorder::{ByteOrder, LE};

use crate::MemoryMap;

/// What speaks for one base of a raw file, counted over distinct addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaseEvidence {
    /// The base.
    pub base: u32,
    /// Vectors and addresses in the code that lead to the start of a function or a text, or to the vector table.
    pub starts: usize,
    /// Addresses in the code that lie inside the file, of those in the same memory.
    pub inside: usize,
    /// Those that lie in the same memory, but outside the file.
    pub outside: usize,
}

impl BaseEvidence {
    /// How many starts single a base out.
    const FEW: usize = 3;

    /// At no other of these bases do half as many addresses lead to a start, and it is no chance.
    pub(crate) fn stands_out(&self, all: &[BaseEvidence]) -> bool {
        let mut others = all.iter().filter(|other| other.base != self.base);
        self.starts >= Self::FEW && others.all(|other| other.starts * 2 < self.starts)
    }
}

/// "0x6000c000 (45 of its addresses lead to a function or a text, 2 lie outside the file)"
impl fmt::Display for BaseEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (leads, lies) = (number(self.starts, "lead"), number(self.outside, "lie"));
        let BaseEvidence {
            base,
            starts,
            outside,
            ..
        } = self;
        write!(
            f,
            "{base:#010x} ({starts} of its addresses {leads} to a function or a text, {outside} {lies} outside the file)"
        )
    }
}

/// The verb for so many.
fn number(count: usize, verb: &str) -> String {
    match count {
        1 => format!("{verb}s"),
        _ => verb.to_owned(),
    }
}

/// A raw file with the addresses that its vectors and its code name.
pub(super) struct Evidence<'a> {
    bytes: &'a [u8],
    /// Offset of the vector table.
    table: usize,
    vectors: BTreeSet<u32>,
    pointers: BTreeSet<u32>,
    /// How many pointers data that looks like code may bring by chance.
    chance: usize,
}

/// Flash addresses this close to each other are of one flash: 24 address bits.
const FLASH: u32 = 1 << 24;
/// Of so many random words one is an address near a base; half of that, to be safe.
const RANDOM: usize = 128;

/// The most addresses of the code that are looked at: enough to decide, and each costs time at each base.
const MOST: usize = 1000;

impl<'a> Evidence<'a> {
    pub fn new(
        bytes: &'a [u8],
        table: usize,
        vectors: impl IntoIterator<Item = u32>,
        map: &MemoryMap,
    ) -> Evidence<'a> {
        // boot headers and the start of the flash are spoken of wherever the code lies
        let headers = map.flash_base..map.app_address();
        let counts = |address: &u32| {
            let placed = map.in_flash(*address) || map.ram_at(*address).is_some();
            placed && !headers.contains(address)
        };
        let mut loads = 0;
        let values = constants(bytes).inspect(|_| loads += 1);
        let mut pointers = BTreeSet::new();
        for pointer in values.map(|value| map.normalised(value)).filter(counts) {
            pointers.insert(pointer);
            if pointers.len() >= MOST {
                break;
            }
        }
        Evidence {
            bytes,
            table,
            vectors: vectors.into_iter().collect(),
            pointers,
            chance: loads / RANDOM,
        }
    }

    /// What speaks for this base.
    pub fn at(&self, base: u32, map: &MemoryMap) -> BaseEvidence {
        let same_memory = |address: &u32| match map.ram_at(base) {
            Some(ram) => map.ram_at(*address) == Some(ram),
            None => map.in_flash(*address) && address.abs_diff(base) < FLASH,
        };
        let offset = |address: u32| {
            let offset = (address & !1).checked_sub(base)? as usize;
            (offset < self.bytes.len()).then_some(offset)
        };
        let is_start = |address: &&u32| {
            offset(**address).is_some_and(|at| match **address & 1 {
                // compilers that save space put texts at odd addresses
                1 => self.is_function(at) || self.is_text(at + 1),
                _ => at == self.table || self.is_text(at),
            })
        };
        let near = || self.pointers.iter().copied().filter(same_memory);
        let inside = near().filter(|&address| offset(address).is_some()).count();
        BaseEvidence {
            base,
            starts: self.vectors.union(&self.pointers).filter(is_start).count(),
            inside,
            outside: near().count() - inside,
        }
    }

    /// The code speaks of another place: more of its addresses lie outside the file than inside, by more than chance.
    ///
    /// Only flash counts: an application for RAM has its variables in the same RAM, outside the file.
    pub fn contradicts(&self, at: &BaseEvidence, map: &MemoryMap) -> bool {
        map.in_flash(at.base) && at.outside > at.inside + 1 + self.chance
    }

    fn half(&self, at: usize) -> Option<u16> {
        self.bytes.get(at..at.checked_add(2)?).map(LE::read_u16)
    }

    /// A function begins here: it saves its return address, or what lies before it ends another one.
    fn is_function(&self, at: usize) -> bool {
        const LOOP: u16 = 0xE7FE; // b .
        const CPSID: u16 = 0xB672; // cpsid i
        const RETURN: u16 = 0x4770; // bx lr
        const NOP: u16 = 0xBF00;
        let Some(first) = self.half(at) else {
            return false;
        };
        let before = |back: usize| at.checked_sub(back).and_then(|at| self.half(at));
        let saves_wide = || first == 0xE92D && self.half(at + 2).is_some_and(|l| l & 0x4000 != 0);
        let saves = first & 0xFF00 == 0xB500 || saves_wide();
        let ends = |half: u16| matches!(half, RETURN | NOP | LOOP) || half & 0xFF00 == 0xBD00;
        let ends_wide = || before(4) == Some(0xE8BD) && before(2).is_some_and(|l| l & 0x8000 != 0);
        let code = !matches!(first, 0 | 0xFFFF);
        saves
            || matches!(first, LOOP | CPSID)
            || code && (before(2).is_some_and(ends) || ends_wide())
    }

    /// A text begins here: at least four characters, and none before them.
    fn is_text(&self, at: usize) -> bool {
        let is_character = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
        let before = at.checked_sub(1).and_then(|at| self.bytes.get(at));
        let text = self.bytes.get(at..at.saturating_add(4));
        !before.is_some_and(is_character) && text.is_some_and(|text| text.iter().all(is_character))
    }
}

/// The 32-bit constants that Thumb code loads: through a literal pool, or by MOVW and MOVT.
///
/// Both are found without knowing where the code runs. Data may look like code; what it seems to load is mostly no address.
fn constants(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let half = |at: usize| bytes.get(at..at + 2).map_or(0, LE::read_u16);
    let word = |at: usize| bytes.get(at..at + 4).map(LE::read_u32);
    (0..bytes.len()).step_by(2).filter_map(move |at| {
        let pool = (at & !3) + 4;
        let next = half(at + 2);
        match half(at) {
            // LDR Rt, [PC, #imm8 * 4]
            short if short & 0xF800 == 0x4800 => word(pool + usize::from(short & 0xFF) * 4),
            // LDR.W Rt, [PC, #imm12]
            0xF8DF => word(pool + usize::from(next & 0xFFF)),
            low if low & 0xFBF0 == 0xF240 && next & 0x8000 == 0 => {
                // MOVW Rd, and MOVT with the same Rd among the next instructions
                let destination = |half: u16| half & 0x0F00;
                let high = (at + 4..at + 16).step_by(2).find(|&at| {
                    half(at) & 0xFBF0 == 0xF2C0
                        && half(at + 2) & 0x8000 == 0
                        && destination(half(at + 2)) == destination(next)
                })?;
                let upper = immediate(half(high), half(high + 2));
                Some(u32::from(upper) << 16 | u32::from(immediate(low, next)))
            }
            _ => None,
        }
    })
}

/// The 16 bits of a MOVW or MOVT: imm4, i, imm3, imm8.
fn immediate(first: u16, second: u16) -> u16 {
    (first & 0xF) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF
}
