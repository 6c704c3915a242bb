//! Quad enable: where it is, and the device mode that sets it.

use super::super::config::{Config, field, instruction, pair};
use super::super::driver;
use super::super::status::Stop;
use super::Options;
use super::lut::{CMD, ONE, READ, WRITE};
use super::tables::Tables;
use crate::machine::Machine;

/// How quad enable is set, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuadEnable {
    Sr1Bit6,
    Sr2Bit1,
    Sr2Bit7,
    Sr2Bit1By31,
}

/// Reads the register that holds quad enable; when it is clear, makes the device mode that writes it.
pub(super) fn prepare_quad_enable(
    m: &mut Machine,
    config: &mut Config,
    tables: &Tables,
    options: Options,
) -> Result<(), Stop> {
    let method = if tables.is_long() {
        match tables.word(15) >> 20 & 7 {
            1 | 4 | 5 => Some(QuadEnable::Sr2Bit1),
            6 => Some(QuadEnable::Sr2Bit1By31),
            2 => Some(QuadEnable::Sr1Bit6),
            3 => Some(QuadEnable::Sr2Bit7),
            _ => None,
        }
    } else {
        match options.quad_mode() {
            1 => Some(QuadEnable::Sr1Bit6),
            2 => Some(QuadEnable::Sr2Bit1),
            3 => Some(QuadEnable::Sr2Bit7),
            4 => Some(QuadEnable::Sr2Bit1By31),
            0 => None,
            // a jump table without these entries
            _ => return Err(Stop::Hang),
        }
    };
    let Some(method) = method else { return Ok(()) };
    let (read, write, len, bit) = match method {
        QuadEnable::Sr1Bit6 => (0x05, 0x01, 1, 6),
        QuadEnable::Sr2Bit1 => (0x35, 0x01, 2, 1),
        QuadEnable::Sr2Bit1By31 => (0x35, 0x31, 1, 1),
        QuadEnable::Sr2Bit7 => (0x3F, 0x3E, 2, 7),
    };
    let words = [
        pair(instruction(CMD, ONE, read), instruction(READ, ONE, 1)),
        0,
        0,
        0,
    ];
    let mut value = u32::from(driver::read_with(m, &words, 0, 1)?[0]);
    if options.second() >> 8 & 0xFF != 0 {
        value = options.second() >> 8 & 0xFF;
    }
    if value >> bit & 1 == 1 {
        return Ok(());
    }
    value |= 1 << bit;
    match method {
        // block protection goes with it
        QuadEnable::Sr1Bit6 => value &= !0x3C,
        // the second byte of two; the first, status register 1, is zero
        QuadEnable::Sr2Bit1 => value <<= 8,
        _ => {}
    }
    let sequence = config.firmware.quad_sequence;
    config.set_lut(
        usize::from(sequence),
        0,
        pair(instruction(CMD, ONE, write), instruction(WRITE, ONE, len)),
    );
    config.set_u8(field::DEVICE_MODE_ENABLE, 1);
    config.set_u8(field::DEVICE_MODE_TYPE, 1);
    config.set_u32(field::DEVICE_MODE_SEQ, u32::from(sequence) << 8 | 1);
    config.set_u32(field::DEVICE_MODE_ARG, value);
    Ok(())
}
