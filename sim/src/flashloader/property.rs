//! Properties by number.
//!
//! Source: genuine flashloaders, emulated.

use super::Build;
use super::memory::Memory;
use super::status::{READ_ONLY_PROPERTY, Status, UNKNOWN_PROPERTY};
use crate::chip::RAM_STARTS;
use crate::machine::Machine;

/// Properties that exist.
pub mod number {
    pub const VERSION: u32 = 1;
    pub const PERIPHERALS: u32 = 2;
    pub const COMMANDS: u32 = 7;
    pub const VERIFY_WRITES: u32 = 10;
    pub const MAX_PACKET: u32 = 11;
    pub const RESERVED: u32 = 12;
    pub const RAM_START: u32 = 14;
    pub const RAM_SIZE: u32 = 15;
    /// It cannot be read.
    pub const RESERVED_16: u32 = 16;
    pub const SECURITY: u32 = 17;
    pub const UNIQUE_ID: u32 = 18;
    pub const TARGET: u32 = 24;
    pub const EXTERNAL: u32 = 25;
}

/// Fuse word 0x460, bit 1: closed.
const SEC_CONFIG: (usize, u32) = (6, 1 << 1);

/// The words of a property.
pub fn get(
    m: &Machine,
    memory: &Memory,
    build: &Build,
    max_packet: usize,
    property: u32,
    index: u32,
) -> Result<Vec<u32>, Status> {
    // the firmware looks at the low byte alone
    let property = property & 0xFF;
    let firmware = build.firmware;
    if property == number::VERSION {
        return Ok(vec![firmware.version]);
    }
    if let Some(words) = common(m, max_packet, property, index) {
        return Ok(words);
    }
    Ok(match property {
        number::PERIPHERALS => vec![0x11],
        number::COMMANDS => vec![firmware.commands],
        number::VERIFY_WRITES if firmware.verify_property => vec![1],
        number::RESERVED => build
            .reserved
            .iter()
            .flat_map(|(start, end)| [*start, *end])
            .collect(),
        number::RAM_SIZE => vec![firmware.mapped[bank(index)]],
        number::EXTERNAL => return memory.attributes(index),
        _ => return Err(UNKNOWN_PROPERTY),
    })
}

/// Properties that NXP's loader and rtboot's own answer alike.
pub fn common(m: &Machine, max_packet: usize, property: u32, index: u32) -> Option<Vec<u32>> {
    Some(match property {
        number::VERSION => vec![u32::from_be_bytes([b'K', 2, 1, 0])],
        number::MAX_PACKET => vec![max_packet as u32],
        number::RAM_START => vec![RAM_STARTS[bank(index)]],
        number::SECURITY => vec![u32::from(m.fuses.shadow(SEC_CONFIG.0) & SEC_CONFIG.1 != 0)],
        number::UNIQUE_ID => vec![m.fuses.shadow(1), m.fuses.shadow(2)],
        number::TARGET => vec![u32::from_be_bytes([b'T', 1, 0, 0])],
        _ => return None,
    })
}

/// The RAM bank of an index; one beyond the last is the first.
fn bank(index: u32) -> usize {
    match index as usize {
        bank if bank < RAM_STARTS.len() => bank,
        _ => 0,
    }
}

/// No property can be set: known ones are read-only, others unknown.
pub fn set(build: &Build, property: u32) -> Status {
    match property & 0xFF {
        number::VERIFY_WRITES if build.firmware.verify_property => READ_ONLY_PROPERTY,
        number::VERSION
        | number::PERIPHERALS
        | number::COMMANDS
        | number::MAX_PACKET
        | number::RESERVED
        | number::RAM_START
        | number::RAM_SIZE
        | number::UNIQUE_ID
        | number::RESERVED_16
        | number::TARGET
        | number::EXTERNAL => READ_ONLY_PROPERTY,
        _ => UNKNOWN_PROPERTY,
    }
}
