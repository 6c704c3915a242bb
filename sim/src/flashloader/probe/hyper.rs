//! HyperFlash: no part of the virtual board is one.

use super::super::config::{Config, field, instruction, misc, pair, seq};
use super::super::driver;
use super::super::status::{FLASH_NOT_FOUND, Stop};
use super::lut::{CADDR, CMD, DDR, EIGHT, RADDR, READ};
use crate::machine::Machine;

/// HyperFlash: writes the CFI entry, looks for "QRY". A quad part never answers that, and leaves the block and the
/// table as they were for the look.
pub(super) fn probe_hyperflash(
    m: &mut Machine,
    config: &mut Config,
    low_voltage: bool,
) -> Result<(), Stop> {
    config.set_u8(field::COLUMN_WIDTH, 3);
    config.set_u8(field::PAD_TYPE, 8);
    config.set_u8(field::SAMPLE_CLOCK, 3);
    let differential = if low_voltage { misc::DIFFERENTIAL } else { 0 };
    config.or_u32(
        field::MISC_OPTION,
        misc::DDR | misc::WORD_ADDRESS | misc::SAFE_CLOCK | differential,
    );
    config.set_u8(field::CUSTOM_LUT, 1);
    config.set_u32(field::BUSY_OFFSET, 15 | 1 << 16);
    config.set_u32(field::PAGE_SIZE, 512);
    config.set_u32(field::SECTOR_SIZE, 0x4_0000);
    config.set_u32(field::BLOCK_SIZE, 0x4_0000);
    config.set_u8(field::UNIFORM, 1);
    driver::init(m, config)?;
    let cycle = |opcode, data| {
        let head = pair(
            instruction(CMD + DDR, EIGHT, opcode),
            instruction(RADDR + DDR, EIGHT, 24),
        );
        [head, pair(instruction(CADDR + DDR, EIGHT, 16), data), 0, 0]
    };
    driver::write_with(m, &cycle(0x20, 0), 2 * 0x555, &[])?;
    let read = cycle(0xA0, instruction(READ + DDR, EIGHT, 4));
    m.flexspi.set_lut(seq::READ, &read);
    driver::read_with(m, &read, 2 * 0x10, 8)?;
    Err(FLASH_NOT_FOUND.into())
}
