//! How cells end when power is lost in a program or an erase, other than as a clean prefix.
//!
//! An erase first programs the cells, then erases them bit by bit in no order that a data sheet tells, and a whole-chip erase
//! takes the blocks in an order of its own. A cell caught near its threshold reads both ways until it is erased again or programmed.
//! The shares are guesses; that all of these states occur is not.

use std::ops::Range;

use super::Nor;

/// Cells are torn by units of this size, or of the part's sector where that is larger: the cells of one sector are erased
/// together. An erase of more holds units that it reached and others that it did not.
const UNIT: usize = 0x1000;

/// Boot images lie in the first units. In half of all tears of more than a block an erase begins there: a chip erase that is
/// torn far behind them harms nothing that a test could see.
const FIRST_UNITS: usize = 8;

/// A generator of numbers without a pattern, begun with the seed of the fault (xorshift64*).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// How many cells a tear leaves weak: many, or one or two that a single read hardly finds.
    fn weak_cells(&mut self) -> usize {
        [1, 2, 16][self.below(3)]
    }
}

/// How far an erase came in one unit.
#[derive(Debug, Clone, Copy)]
enum Reached {
    Nothing,
    /// All bits read as before, a few of the cleared ones weakly.
    Begun,
    /// Some bits are programmed.
    Programming,
    /// All bits are programmed.
    Programmed,
    /// Some bits are erased, a few of them weakly.
    Erasing,
    /// All bits read as erased, a few of them weakly.
    Erased,
}

impl Reached {
    const ALL: [Reached; 6] = [
        Reached::Nothing,
        Reached::Begun,
        Reached::Programming,
        Reached::Programmed,
        Reached::Erasing,
        Reached::Erased,
    ];
}

impl Nor {
    /// An erase that power was lost in: `base` and `size` in bytes.
    pub(super) fn torn_erase(&mut self, base: u32, size: u32, dice: &mut Dice) {
        let unit = self.part.uniform.map_or(UNIT, |sector| sector as usize);
        let end = self.memory.len().min((base + size) as usize);
        let units: Vec<usize> = (base as usize..end).step_by(unit).collect();
        if units.is_empty() {
            return;
        }
        // one unit is in the work; those before it, counted from any one, are done
        let near = match dice.below(2) {
            0 => units.len().min(FIRST_UNITS),
            _ => units.len(),
        };
        let (first, done) = (dice.below(near), dice.below(near));
        for count in 0..=done {
            let at = units[(first + count) % units.len()];
            if count < done {
                self.tear_unit(at..end.min(at + unit), Reached::Erased, 0, dice);
            } else {
                let reached = Reached::ALL[dice.below(Reached::ALL.len())];
                let weak = dice.weak_cells();
                self.tear_unit(at..end.min(at + unit), reached, weak, dice);
            }
        }
    }

    /// A unit that an erase reached, with so many weak cells at most.
    fn tear_unit(&mut self, unit: Range<usize>, reached: Reached, weak: usize, dice: &mut Dice) {
        for at in unit.clone() {
            let old = self.memory[at];
            self.weak.remove(&(at as u32));
            let cell = match reached {
                Reached::Nothing | Reached::Begun => old,
                Reached::Programming => old & dice.byte(),
                Reached::Programmed => 0,
                Reached::Erasing => dice.byte() | dice.byte(),
                Reached::Erased => 0xFF,
            };
            let stays = self.never_erase.get(&(at as u32)).copied().unwrap_or(0);
            self.memory[at] = cell & !stays;
        }
        for _ in 0..weak {
            let (at, bit) = (unit.start + dice.below(unit.len()), 1 << dice.below(8));
            let may_be_weak = match reached {
                Reached::Begun => self.memory[at] & bit == 0,
                Reached::Erasing | Reached::Erased => true,
                _ => false,
            };
            if may_be_weak {
                self.weak.insert(at as u32, bit);
            }
        }
    }

    /// A program that power was lost in: of each byte, some of the bits that it would clear; a few of them weakly. Near its end
    /// all of them.
    pub(super) fn torn_program(&mut self, bytes: &[(u32, u8)], dice: &mut Dice) {
        let near_end = dice.below(3) == 0;
        for &(at, byte) in bytes {
            let spared = match dice.below(3) {
                _ if near_end => 0,
                0 => 0xFF,
                1 => 0,
                _ => dice.byte(),
            };
            self.program_byte(at, byte | spared);
        }
        for _ in 0..dice.weak_cells() {
            let (at, byte) = bytes
                .get(dice.below(bytes.len()))
                .copied()
                .unwrap_or((0, 0xFF));
            let lowest = !byte & byte.wrapping_add(1);
            if lowest != 0 {
                self.weak.insert(at, lowest);
            }
        }
    }

    /// A lasting write of status registers that power was lost in: each holds the old value, the new one, what both have, or
    /// nothing, for its cells are erased before they are programmed.
    pub(super) fn torn_status(&mut self, first: usize, data: &[u8], dice: &mut Dice) {
        for (register, &new) in (first..self.part.status_registers).zip(data) {
            let old = self.status[register];
            self.status[register] = match dice.below(4) {
                0 => old,
                1 => new,
                2 => old & new,
                _ => 0,
            };
        }
    }

    /// Before a read, each weak bit takes one of its two values. Every other one does so only when power comes back: it may read
    /// right in a whole write and its verify, and wrong the next day.
    pub(super) fn settle_weak_bits(&mut self, power_up: bool) {
        let Nor {
            weak,
            memory,
            weak_dice,
            ..
        } = self;
        for (&at, &mask) in weak.iter().filter(|(at, _)| power_up || **at % 2 == 0) {
            if let Some(cell) = memory.get_mut(at as usize) {
                *cell = *cell & !mask | weak_dice.byte() & mask;
            }
        }
    }
}
