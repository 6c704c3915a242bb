//! Instruction codes of the look-up table.

pub const CMD: u32 = 0x01;
pub const RADDR: u32 = 0x02;
pub const CADDR: u32 = 0x03;
pub const MODE4: u32 = 0x06;
pub const MODE8: u32 = 0x07;
pub const WRITE: u32 = 0x08;
pub const READ: u32 = 0x09;
pub const DUMMY: u32 = 0x0C;
pub const JMP_ON_CS: u32 = 0x1F;
pub const DDR: u32 = 0x20;

/// Wires as the two bits of an instruction.
pub const ONE: u32 = 0;
pub const FOUR: u32 = 2;
pub const EIGHT: u32 = 3;
