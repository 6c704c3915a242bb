//! Option words to configuration block: read SFDP, choose the commands, find out how quad enable is set.
//!
//! Source: genuine RT1021 flashloader, emulated; JESD216B; NXP's public sister sources of the driver for field names.

mod hyper;
pub(super) mod lut;
mod quad;
mod read;
pub(super) mod tables;

use hyper::probe_hyperflash;
use lut::{CMD, FOUR, ONE, RADDR, READ, WRITE};
use quad::prepare_quad_enable;
use read::{choose_read, read_sequence, waits};
use tables::{Tables, geometry, read_sfdp};

use super::config::{Config, TAG, field, instruction, misc, pair, seq};
use super::driver;
use super::status::{INVALID_ARGUMENT, Stop};
use crate::machine::Machine;

/// Largest part that 24 address bits reach.
pub(super) const MAX_24_BIT: u32 = 16 << 20;

/// The two option words.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub word0: u32,
    pub word1: u32,
}

impl Options {
    pub fn nibble(&self, at: u32) -> u32 {
        self.word0 >> at & 0xF
    }

    /// Second word, when the first says there is one.
    pub fn second(&self) -> u32 {
        if self.nibble(24) > 0 { self.word1 } else { 0 }
    }

    pub fn device_type(&self) -> u32 {
        self.nibble(20)
    }

    pub fn query_pads(&self) -> u32 {
        self.nibble(16)
    }

    pub fn command_pads(&self) -> u32 {
        self.nibble(12)
    }

    pub fn quad_mode(&self) -> u32 {
        self.nibble(8)
    }

    pub fn misc_mode(&self) -> u32 {
        self.nibble(4)
    }

    pub fn frequency(&self) -> u8 {
        self.nibble(0) as u8
    }
}

/// Fills `config` from option words. It is overwritten even when that fails.
pub fn probe(m: &mut Machine, config: &mut Config, options: Options) -> Result<(), Stop> {
    *config = Config::blank_of(config.firmware);
    config.set_u32(field::TAG, TAG);
    config.set_u32(field::VERSION, 0x5601_0400);
    config.set_u8(field::CS_HOLD, 3);
    config.set_u8(field::CS_SETUP, 3);
    config.set_u8(field::DEVICE_TYPE, 1);
    config.set_u8(field::SERIAL_CLOCK, 1);
    config.set_u8(field::IP_CLOCK, 1);
    config.set_u32(field::FLASH_SIZES, MAX_24_BIT);
    if options.second() >> 16 & 0xF == 1 {
        config.or_u32(field::MISC_OPTION, misc::SECOND_PINS);
    }
    match options.device_type() {
        0 | 1 => probe_sfdp(m, config, options),
        kind @ (2 | 3) => probe_hyperflash(m, config, kind == 2),
        _ => Err(INVALID_ARGUMENT.into()),
    }
}

fn probe_sfdp(m: &mut Machine, config: &mut Config, options: Options) -> Result<(), Stop> {
    if options.query_pads() != 0 {
        return Err(INVALID_ARGUMENT.into());
    }
    config.set_u8(field::PAD_TYPE, 4);
    config.set_lut(
        seq::READ,
        0,
        pair(instruction(CMD, ONE, 0x03), instruction(RADDR, ONE, 24)),
    );
    config.set_lut(
        seq::READ,
        1,
        pair(instruction(READ, ONE, 4), instruction(0, ONE, 1)),
    );
    driver::init(m, config)?;
    if options.misc_mode() == 1 {
        quiet_wires(config);
        driver::exit_no_cmd(m, config)?;
    }
    let tables = read_sfdp(m)?;
    parse(m, config, &tables, options)
}

/// Sequence 15: ones on four wires for ten clocks.
fn quiet_wires(config: &mut Config) {
    let ones = instruction(CMD, FOUR, 0xFF);
    config.set_lut(seq::EXIT_NO_CMD, 0, pair(ones, ones));
    config.set_lut(seq::EXIT_NO_CMD, 1, pair(ones, ones));
    config.set_lut(seq::EXIT_NO_CMD, 2, ones);
}

fn parse(
    m: &mut Machine,
    config: &mut Config,
    tables: &Tables,
    options: Options,
) -> Result<(), Stop> {
    let ddr = options.device_type() == 1;
    if ddr && tables.word(1) >> 19 & 1 == 0 {
        return Err(INVALID_ARGUMENT.into());
    }
    config.set_u8(field::SERIAL_CLOCK, options.frequency());
    let erases = geometry(config, tables);
    if options.command_pads() != 0 {
        return Err(INVALID_ARGUMENT.into());
    }
    prepare_quad_enable(m, config, tables, options)?;
    let wide = config.u32(field::FLASH_SIZES) > MAX_24_BIT;
    let bits = if wide { 32 } else { 24 };
    program_sequence(config, tables, wide);
    config.set_u8(field::SAMPLE_CLOCK, 1);
    config.set_lut(seq::WRITE_ENABLE, 0, instruction(CMD, ONE, 0x06));
    config.set_lut(
        seq::READ_STATUS,
        0,
        pair(instruction(CMD, ONE, 0x05), instruction(READ, ONE, 4)),
    );
    for (sequence, erase) in [
        (seq::ERASE_SECTOR, erases.sector),
        (seq::ERASE_BLOCK, erases.block),
    ] {
        config.set_lut(
            sequence,
            0,
            pair(instruction(CMD, ONE, erase), instruction(RADDR, ONE, bits)),
        );
    }
    config.set_lut(seq::ERASE_CHIP, 0, instruction(CMD, ONE, 0x60));
    let read = choose_read(tables, wide, ddr);
    let read = waits(m, config, read, options, wide, ddr)?;
    read_sequence(m, config, tables, &read, options, bits, ddr)?;
    if ddr {
        config.set_u8(field::HALF_CLOCK, 1);
    }
    if config.firmware.safe_clock {
        config.or_u32(field::MISC_OPTION, misc::SAFE_CLOCK);
    }
    Ok(())
}

/// One wire below 16 MiB; above, by the 4-byte table.
fn program_sequence(config: &mut Config, tables: &Tables, wide: bool) {
    let (opcode, address_pads, pads) = match (wide, tables.four_byte) {
        (false, _) => (0x02, ONE, ONE),
        (true, Some([support, _])) if support >> 8 & 1 == 1 => (0x3E, FOUR, FOUR),
        (true, Some([support, _])) if support >> 7 & 1 == 1 => (0x34, ONE, FOUR),
        (true, _) => (0x12, ONE, ONE),
    };
    let bits = if wide { 32 } else { 24 };
    let address = instruction(RADDR, address_pads, bits);
    config.set_lut(
        seq::PAGE_PROGRAM,
        0,
        pair(instruction(CMD, ONE, opcode), address),
    );
    config.set_lut(seq::PAGE_PROGRAM, 1, instruction(WRITE, pads, 4));
}
