//! The first two words of an application: initial stack pointer and reset handler.

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use crate::{Memory, MemoryMap};

/// The two words at the start of a Cortex-M vector table, and where it lies.
///
/// Word 0 is the initial stack pointer, word 1 the reset handler with bit 0 (thumb) set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors {
    /// Address of the table.
    pub table: u32,
    /// Initial stack pointer.
    pub stack: u32,
    /// Reset handler, with its thumb bit.
    pub reset: u32,
}

/// A vector table must be aligned to its size rounded up to a power of two: 16 + 142 vectors of the RT1021 give 1 KiB.
pub(crate) const TABLE_ALIGNMENT: u32 = 0x400;

impl Vectors {
    /// Reads the two words at `table`; `None` when they are not in the memory.
    pub fn read(memory: &Memory, table: u32) -> Option<Vectors> {
        let reset = memory.word(table.checked_add(4)?)?;
        Some(Vectors {
            table,
            stack: memory.word(table)?,
            reset,
        })
    }

    /// Reads the two words, and takes them for a vector table only if they keep the rules of one: a stack in RAM, an odd
    /// reset handler inside the memory and past these two words.
    pub fn recognise(memory: &Memory, map: &MemoryMap, table: u32) -> Option<Vectors> {
        let vectors = Vectors::read(memory, table)?;
        let code = map.normalised(vectors.reset & !1);
        let plausible = vectors.stack_is_usable(map)
            && vectors.reset & 1 == 1
            && !(table..table.saturating_add(8)).contains(&code)
            && memory.byte(code).is_some();
        plausible.then_some(vectors)
    }

    /// True when a stack at this address would lie in RAM, on a word boundary.
    pub fn stack_is_usable(&self, map: &MemoryMap) -> bool {
        self.stack.is_multiple_of(4) && map.stack_ram(self.stack).is_some()
    }

    /// What is wrong with them, given the memory that holds the application. `to_bus` turns a run address into the address
    /// that the memory uses (they differ when the ROM copies the image to RAM).
    pub(crate) fn findings(
        &self,
        memory: &Memory,
        map: &MemoryMap,
        to_bus: impl Fn(u32) -> u32,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.stack == u32::MAX && self.reset == u32::MAX {
            return vec![Finding::new(&found::VECTORS_BLANK).address("table", self.table)];
        }
        findings.extend(self.stack_finding(map));
        findings.extend(self.reset_finding(memory, map, to_bus));
        if !self.table.is_multiple_of(TABLE_ALIGNMENT) {
            findings.push(Finding::new(&found::VECTORS_ALIGNMENT).address("table", self.table));
        }
        findings
    }

    fn stack_finding(&self, map: &MemoryMap) -> Option<Finding> {
        let Some(ram) = map.stack_ram(self.stack) else {
            return Some(
                Finding::new(&found::STACK_OUTSIDE_RAM)
                    .address("stack", self.stack)
                    .text("place", map.name_of(self.stack)),
            );
        };
        if !self.stack.is_multiple_of(4) {
            // the processor ignores the low two bits
            return Some(Finding::new(&found::STACK_UNALIGNED).address("stack", self.stack));
        }
        if u64::from(self.stack) > ram.end() {
            return Some(
                Finding::new(&found::STACK_PAST_DEFAULT_RAM)
                    .address("stack", self.stack)
                    .number("kib", ram.len / 1024)
                    .text("ram", ram.name),
            );
        }
        None
    }

    fn reset_finding(
        &self,
        memory: &Memory,
        map: &MemoryMap,
        to_bus: impl Fn(u32) -> u32,
    ) -> Option<Finding> {
        if self.reset & 1 == 0 {
            return Some(Finding::new(&found::RESET_EVEN).address("reset", self.reset));
        }
        let code = to_bus(map.normalised(self.reset & !1));
        if memory.bytes(code, 2) == Some(&[0xFF, 0xFF]) {
            return Some(Finding::new(&found::RESET_ERASED).address("reset", self.reset));
        }
        if memory.byte(code).is_none() {
            return Some(
                Finding::new(&found::RESET_OUTSIDE_IMAGE)
                    .address("reset", self.reset)
                    .text("place", map.name_of(self.reset)),
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rt1021;

    fn judged(stack: u32, reset: u32) -> Vec<&'static str> {
        let mut memory = Memory::new();
        let words = [stack.to_le_bytes(), reset.to_le_bytes()].concat();
        memory
            .insert(0x6000_2000, [words, vec![0; 0x100]].concat())
            .unwrap();
        let vectors = Vectors::read(&memory, 0x6000_2000).unwrap();
        let findings = vectors.findings(&memory, &rt1021().map, |address| address);
        let recognised = Vectors::recognise(&memory, &rt1021().map, 0x6000_2000).is_some();
        let odd = |finding: &Finding| {
            finding.severity >= crate::Severity::Error || finding.is(&found::STACK_UNALIGNED)
        };
        assert_eq!(recognised, !findings.iter().any(odd));
        findings.iter().map(Finding::code).collect()
    }

    #[test]
    fn each_rule_has_its_own_finding() {
        assert!(judged(0x2001_0000, 0x6000_2009).is_empty());
        assert_eq!(judged(0x2000_0000, 0x6000_2009), ["stack-outside-ram"]);
        assert_eq!(
            judged(0x2001_0002, 0x6000_2009),
            ["stack-past-default-ram"].map(|_| "stack-unaligned")
        );
        assert_eq!(judged(0x2002_0000, 0x6000_2009), ["stack-past-default-ram"]);
        assert_eq!(judged(0x2001_0000, 0x6000_2010), ["reset-even"]);
        assert_eq!(judged(0x2001_0000, 0x6000_2109), ["reset-outside-image"]);
        assert_eq!(judged(0xFFFF_FFFF, 0xFFFF_FFFF), ["vectors-blank"]);
    }

    #[test]
    fn a_reset_handler_in_the_flash_alias_is_in_the_image() {
        assert!(judged(0x2001_0000, 0x0800_2009).is_empty());
    }

    #[test]
    fn vectors_at_the_end_of_the_address_space_are_none() {
        assert_eq!(Vectors::read(&Memory::new(), 0xFFFF_FFFC), None);
    }
}
