//! An interpreter for routines of a few instructions in RAM.
//!
//! Known: `movs rd, #imm8`, `ldr rd, [pc, #imm]`, `str rd, [rn, #imm]`, `ldr rd, [rn, #imm]`, `bx lr`, `b .`, `nop`.
//! Any other instruction hangs the core.

use crate::machine::Machine;

/// How a routine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returned, with this in r0.
    Returned(u32),
    /// Endless loop, fault, or an instruction that is not modelled.
    Gone,
}

/// Return address that means "back to the firmware".
const LINK: u32 = 0xFFFF_FFFF;
/// Instructions after which a routine counts as endless.
const LIMIT: usize = 100_000;

/// Runs the routine at `address` (bit 0 must be set: Thumb) with `argument` in r0.
pub fn call(m: &mut Machine, address: u32, argument: u32) -> End {
    if address & 1 == 0 {
        return End::Gone;
    }
    let mut registers = [0u32; 8];
    registers[0] = argument;
    let mut pc = address & !1;
    for _ in 0..LIMIT {
        let Some(code) = m.ram.slice(pc, 2).map(|b| u16::from_le_bytes([b[0], b[1]])) else {
            return End::Gone;
        };
        match step(m, &mut registers, pc, code) {
            Some(next) if next == LINK => return End::Returned(registers[0]),
            Some(next) if next != pc => pc = next,
            _ => return End::Gone,
        }
    }
    End::Gone
}

/// One instruction; the next address, or `None` for an instruction that is not modelled.
fn step(m: &mut Machine, r: &mut [u32; 8], pc: u32, code: u16) -> Option<u32> {
    let next = pc.wrapping_add(2);
    let (low, middle) = (usize::from(code & 7), usize::from(code >> 3 & 7));
    let rd = usize::from(code >> 8 & 7);
    let imm8 = u32::from(code & 0xFF);
    match code >> 11 {
        0b00100 => r[rd] = imm8,
        0b01001 => {
            r[rd] = m
                .ram
                .word((pc.wrapping_add(4) & !3).wrapping_add(4 * imm8))?
        }
        0b01100 | 0b01101 => {
            let at = r[middle].wrapping_add(4 * u32::from(code >> 6 & 0x1F));
            if code >> 11 == 0b01101 {
                r[low] = m.ram.word(at)?;
            } else if !m.ram.write(at, &r[low].to_le_bytes()) {
                return None;
            }
        }
        0b11100 => {
            let offset = i32::from((code << 5) as i16 >> 4);
            return Some(pc.wrapping_add(4).wrapping_add_signed(offset));
        }
        _ if code == 0x4770 => return Some(LINK),
        _ if code == 0xBF00 => {}
        _ => return None,
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nor::{Nor, Part};

    fn run(code: &[u16]) -> End {
        let mut m = Machine::new(Nor::new(Part::is25lp064a()));
        let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
        m.ram.write(0x2020_2000, &bytes);
        call(&mut m, 0x2020_2001, 7)
    }

    #[test]
    fn routine_returns_r0() {
        assert_eq!(run(&[0x2005, 0x4770]), End::Returned(5));
        assert_eq!(run(&[0x4770]), End::Returned(7));
        assert_eq!(run(&[0xE7FE]), End::Gone);
        assert_eq!(run(&[0xDEAD]), End::Gone);
        // over one instruction, forwards
        assert_eq!(run(&[0xE000, 0xDEAD, 0x4770]), End::Returned(7));
    }
}
