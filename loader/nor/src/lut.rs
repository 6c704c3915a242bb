//! Sequences in the format of FlexSPI's look-up table.

/// One sequence: eight instructions of 16 bits (opcode 15:10, pads 9:8, operand 7:0), two in a word, the first one low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(pub [u32; 4]);

/// Instructions at single data rate. The operand of `READ` and `WRITE` has no effect when the transfer states its size.
pub mod opcode {
    #![allow(missing_docs)] // the names are the vendor's
    pub const CMD: u8 = 0x01;
    pub const ADDRESS: u8 = 0x02;
    pub const MODE8: u8 = 0x07;
    pub const WRITE: u8 = 0x08;
    pub const READ: u8 = 0x09;
    pub const DUMMY: u8 = 0x0C;
    pub const JMP_ON_CS: u8 = 0x1F;
}

/// One instruction on 1, 2 or 4 pads.
pub const fn instruction(opcode: u8, pads: u8, operand: u8) -> u16 {
    let pads = match pads {
        1 => 0,
        2 => 1,
        _ => 2,
    };
    (opcode as u16) << 10 | pads << 8 | operand as u16
}

impl Sequence {
    /// The sequence of up to eight instructions.
    pub const fn new(instructions: &[u16]) -> Sequence {
        let mut words = [0; 4];
        let mut i = 0;
        while i < instructions.len() && i < 8 {
            words[i / 2] |= (instructions[i] as u32) << (16 * (i % 2));
            i += 1;
        }
        Sequence(words)
    }

    /// A command byte alone.
    pub const fn command(code: u8) -> Sequence {
        Sequence::new(&[instruction(opcode::CMD, 1, code)])
    }

    /// A command byte, then data from the flash.
    pub const fn register_read(code: u8) -> Sequence {
        Sequence::new(&[
            instruction(opcode::CMD, 1, code),
            instruction(opcode::READ, 1, 4),
        ])
    }

    /// A command byte, then data to the flash.
    pub const fn register_write(code: u8, count: u8) -> Sequence {
        Sequence::new(&[
            instruction(opcode::CMD, 1, code),
            instruction(opcode::WRITE, 1, count),
        ])
    }

    /// A command byte and an address of 24 or 32 bits, all on one pad.
    pub const fn addressed(code: u8, address_bits: u8) -> Sequence {
        Sequence::new(&[
            instruction(opcode::CMD, 1, code),
            instruction(opcode::ADDRESS, 1, address_bits),
        ])
    }

    /// Program a page, all on one pad.
    pub const fn program(code: u8, address_bits: u8) -> Sequence {
        Sequence::new(&[
            instruction(opcode::CMD, 1, code),
            instruction(opcode::ADDRESS, 1, address_bits),
            instruction(opcode::WRITE, 1, 0),
        ])
    }

    /// Whether it has no instruction at all.
    pub const fn is_empty(&self) -> bool {
        self.0[0] & 0xFFFF == 0
    }

    /// Whether an instruction has this opcode, at single or double data rate.
    pub fn contains(&self, opcode: u8) -> bool {
        self.find(|instruction| instruction >> 10 & 0x1F == u16::from(opcode) && opcode < 0x1F) != 0
    }

    /// The command byte of a sequence that starts with one.
    pub fn command_byte(&self) -> Option<u8> {
        let first = self.0[0] as u16;
        (first >> 10 & 0x1F == u16::from(opcode::CMD)).then_some(first as u8)
    }

    /// Whether it runs at double data rate.
    pub fn is_ddr(&self) -> bool {
        self.find(|instruction| instruction >> 15 != 0 && instruction >> 10 & 0x1F != 0x1F) != 0
    }

    /// How many bytes its WRITE instruction names; 0 without one.
    pub fn write_count(&self) -> u8 {
        self.find(|instruction| instruction >> 10 == u16::from(opcode::WRITE)) as u8
    }

    /// The first instruction that is one; 0, which stops a sequence, when none is.
    fn find(&self, is_it: impl Fn(u16) -> bool) -> u16 {
        for word in self.0 {
            for instruction in [word as u16, (word >> 16) as u16] {
                if instruction >> 10 == 0 {
                    return 0;
                }
                if is_it(instruction) {
                    return instruction;
                }
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // words as they stand in public FCBs
    #[test]
    fn sequences_have_the_words_of_public_fcbs() {
        assert_eq!(Sequence::command(0x06).0, [0x0000_0406, 0, 0, 0]);
        assert_eq!(Sequence::register_read(0x05).0, [0x2404_0405, 0, 0, 0]);
        assert_eq!(Sequence::register_write(0x01, 1).0, [0x2001_0401, 0, 0, 0]);
        assert_eq!(Sequence::addressed(0x20, 24).0, [0x0818_0420, 0, 0, 0]);
        assert_eq!(Sequence::program(0x02, 24).0, [0x0818_0402, 0x2000, 0, 0]);
    }

    #[test]
    fn parts_of_a_sequence_are_found() {
        let quad = Sequence([0x0A18_04EB, 0x2604_3206, 0, 0]);
        assert!(quad.contains(opcode::READ) && !quad.contains(opcode::WRITE) && !quad.is_ddr());
        assert_eq!(quad.command_byte(), Some(0xEB));
        assert!(Sequence([0x8A18_04ED, 0xA604_3206, 0, 0]).is_ddr());
        assert!(Sequence([0; 4]).is_empty());
    }
}
