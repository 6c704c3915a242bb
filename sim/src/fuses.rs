//! One-time programmable fuses (OCOTP): bits that go from 0 to 1 and stay.

use crate::chip::Chip;

/// Fuse words that a flashloader can name: index 0 to 0x3F.
pub const WORDS: usize = 64;
/// Word that holds bits 31:0 of the unique id; the next one holds bits 63:32.
pub const UNIQUE_ID: usize = 1;

/// Word and bit that a part with flash in its package has.
const PACKAGE: (usize, u32) = (4, 1 << 20);

/// The fuses, and the shadow registers loaded from them at reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fuses {
    burnt: [u32; WORDS],
    shadow: [u32; WORDS],
}

impl Default for Fuses {
    fn default() -> Fuses {
        Fuses::new()
    }
}

impl Fuses {
    /// A virgin part, with the unique id 0x9ABCDEF0_12345678.
    pub fn new() -> Fuses {
        let mut fuses = Fuses {
            burnt: [0; WORDS],
            shadow: [0; WORDS],
        };
        fuses.set(UNIQUE_ID, 0x1234_5678);
        fuses.set(UNIQUE_ID + 1, 0x9ABC_DEF0);
        fuses
    }

    /// A virgin part of a chip: flash in the package has its bit burnt.
    pub fn of(chip: &Chip) -> Fuses {
        let mut fuses = Fuses::new();
        fuses.mark_package(chip);
        fuses
    }

    /// Burns what the factory of a chip burns, whatever else the words hold.
    pub fn mark_package(&mut self, chip: &Chip) {
        if chip.in_package {
            self.set(PACKAGE.0, self.word(PACKAGE.0) | PACKAGE.1);
        }
    }

    /// The flash is in the package.
    pub fn in_package(&self) -> bool {
        self.shadow(PACKAGE.0) & PACKAGE.1 != 0
    }

    /// What is burnt in word `index`; 0 for words that do not exist.
    pub fn word(&self, index: usize) -> u32 {
        self.burnt.get(index).copied().unwrap_or(0)
    }

    /// What the shadow register of word `index` holds (register OCOTP 0x400 + 0x10 × index).
    pub fn shadow(&self, index: usize) -> u32 {
        self.shadow.get(index).copied().unwrap_or(0)
    }

    /// Sets word `index` as the factory would, shadow register included.
    pub fn set(&mut self, index: usize, value: u32) {
        if let (Some(burnt), Some(shadow)) = (self.burnt.get_mut(index), self.shadow.get_mut(index))
        {
            *burnt = value;
            *shadow = value;
        }
    }

    /// Burns the ones of `value` into word `index`; bits burnt before stay.
    pub fn burn(&mut self, index: usize, value: u32) {
        if let Some(word) = self.burnt.get_mut(index) {
            *word |= value;
        }
    }

    /// Writes a shadow register, as a debugger or a register write can until the next reset.
    pub fn set_shadow(&mut self, index: usize, value: u32) {
        if let Some(word) = self.shadow.get_mut(index) {
            *word = value;
        }
    }

    /// Loads the shadow registers, as a reset does.
    pub fn reload(&mut self) {
        self.shadow = self.burnt;
    }

    /// The unique id as the two words of properties and registers: bits 31:0, bits 63:32.
    pub fn unique_id(&self) -> [u32; 2] {
        [self.word(UNIQUE_ID), self.word(UNIQUE_ID + 1)]
    }

    /// All burnt words.
    pub fn words(&self) -> &[u32; WORDS] {
        &self.burnt
    }
}
