//! From option words to a configuration block, and what a block asks for before reads.

use super::super::config::{Config, TAG, field, instruction, misc, pair, seq};
use super::super::driver::SAFE_CLOCK_HZ;
use super::super::probe::lut::{CMD, DDR, DUMMY, FOUR, JMP_ON_CS, MODE8, ONE, RADDR, READ, WRITE};
use super::super::probe::tables::{Tables, geometry};
use super::super::probe::{MAX_24_BIT, Options};
use super::controller::{limits, read_status, transfer, wait};
use super::error::Error;
use super::flash::Flash;
use super::rescue::{self, READ_STATUS};
use crate::machine::Machine;

/// Makers of parts that take 35h for "enter QPI", not for "read status register 2".
pub const ENTERS_QPI_BY_35: [u8; 2] = [0x9D, 0xC2];
/// Dwords of the shortest basic table.
const SHORTEST: usize = 9;
/// Parameter headers that are looked at.
const MOST_HEADERS: u32 = 10;

/// Sets the controller up for plain reads of 16 MiB, while nothing is known.
pub fn plain_reads(m: &mut Machine) {
    m.flexspi.software_reset();
    m.flexspi.flash_size = MAX_24_BIT;
    m.flexspi.clock_hz = SAFE_CLOCK_HZ;
    m.flexspi.read_sequence = seq::READ;
    let words = [
        pair(instruction(CMD, ONE, 0x03), instruction(RADDR, ONE, 24)),
        instruction(READ, ONE, 4),
        0,
        0,
    ];
    m.flexspi.set_lut(seq::READ, &words);
}

/// Makes the flash answer, sets its quad enable bit, and makes the block for it.
pub fn from_options(
    flash: &mut Flash,
    m: &mut Machine,
    word0: u32,
    word1: u32,
) -> Result<(), Error> {
    let options = Options { word0, word1 };
    match (word0 >> 28, options.device_type()) {
        (0xC, 0 | 1) if options.query_pads() != 0 => return Err(Error::Argument),
        // word 1: port, pin group of DQS, pin group
        (0xC, 0) if options.second() & 0xF0FF_0000 != 0 || options.misc_mode() == 4 => {
            return Err(Error::OtherPins);
        }
        (0xC, 0) => {}
        (0xC, 1) => return Err(Error::DdrProbe),
        (0xC, 2..=9) => return Err(Error::OtherKind),
        _ => return Err(Error::Argument),
    }
    plain_reads(m);
    let found = rescue::climb(m)?;
    (flash.id, flash.rung) = (Some(found.id), found.rung);
    let tables = read_tables(m)?;
    if options.command_pads() != 0 {
        return Err(Error::Argument);
    }
    enable_quad(m, &tables, options, found.id[0])?;
    flash.config = block(&tables, options)?;
    Ok(())
}

/// The basic table, by one parameter header after the other. The other tables are not looked at.
pub fn read_tables(m: &mut Machine) -> Result<Tables, Error> {
    let header = rescue::sfdp(m, 0, 8)?;
    let count = header.get(6).map_or(0, |last| u32::from(*last) + 1);
    for number in 0..count.min(MOST_HEADERS) {
        let header = rescue::sfdp(m, 8 + 8 * number, 8)?;
        let &[low, _, _, dwords, a, b, c, high] = header.as_slice() else {
            return Err(Error::Rejected);
        };
        if (low, high) == (0x00, 0xFF) {
            let length = usize::from(dwords).min(16) * 4;
            let bytes = rescue::sfdp(m, u32::from_le_bytes([a, b, c, 0]), length)?;
            let tables = Tables::of_basic(&bytes);
            return if tables.holds(SHORTEST) {
                Ok(tables)
            } else {
                Err(Error::NoSfdp)
            };
        }
    }
    Err(Error::NoSfdp)
}

/// Where quad enable lies: the command that reads its register, the bit, the command that writes it, and whether that
/// writes status register 1 before it.
fn quad_enable(tables: &Tables, options: Options) -> Option<(u32, u8, u32, bool)> {
    let method = match tables.is_long() {
        true => tables.word(15) >> 20 & 7,
        // as the option word says, in the numbers of the table
        false => match options.quad_mode() {
            1 => 2,
            2 => 1,
            3 => 3,
            4 => 6,
            _ => 0,
        },
    };
    match method {
        1 | 4 | 5 => Some((0x35, 1, 0x01, true)),
        2 => Some((0x05, 6, 0x01, false)),
        3 => Some((0x3F, 7, 0x3E, false)),
        6 => Some((0x35, 1, 0x31, false)),
        _ => None,
    }
}

/// Sets quad enable unless it is set. All other bits keep their values, and it must read back.
fn enable_quad(m: &mut Machine, tables: &Tables, options: Options, maker: u8) -> Result<(), Error> {
    let Some((read, bit, write, with_first)) = quad_enable(tables, options) else {
        return Ok(());
    };
    if read == 0x35 && ENTERS_QPI_BY_35.contains(&maker) {
        return Err(Error::Argument);
    }
    let register = |m: &mut Machine, code| {
        let words = pair(instruction(CMD, ONE, code), instruction(READ, ONE, 1));
        read_status(m, &[words, 0, 0, 0], 1).map(|value| value as u8)
    };
    let old = register(m, read)?;
    if old >> bit & 1 == 1 {
        return Ok(());
    }
    let new = old | 1 << bit;
    let values = match (with_first, write) {
        (true, _) => vec![register(m, 0x05)? & !3, new],
        (false, 0x01) => vec![new & !3],
        _ => vec![new],
    };
    transfer(m, &[instruction(CMD, ONE, 0x06), 0, 0, 0], 0, &[], 0)?;
    let words = pair(
        instruction(CMD, ONE, write),
        instruction(WRITE, ONE, values.len() as u32),
    );
    transfer(m, &[words, 0, 0, 0], 0, &values, values.len())?;
    wait(
        m,
        &READ_STATUS,
        (0, true),
        limits::STATUS,
        limits::ERASE_GAP,
    )?;
    match register(m, read)? >> bit & 1 {
        0 => Err(Error::NotEnabled),
        _ => Ok(()),
    }
}

/// The block that NXP's loader makes of the same flash with quad enable set.
fn block(tables: &Tables, options: Options) -> Result<Config, Error> {
    let mut config = Config::blank();
    config.set_u32(field::TAG, TAG);
    config.set_u32(field::VERSION, 0x5601_0400);
    let internal = options.misc_mode() == 5;
    config.set_u8(field::SAMPLE_CLOCK, u8::from(!internal));
    config.set_u8(field::CS_HOLD, 3);
    config.set_u8(field::CS_SETUP, 3);
    config.set_u32(field::MISC_OPTION, misc::SAFE_CLOCK);
    config.set_u8(field::DEVICE_TYPE, 1);
    config.set_u8(field::SERIAL_CLOCK, options.frequency());
    config.set_u8(field::IP_CLOCK, 1);
    let erases = geometry(&mut config, tables);
    config.set_u8(field::UNIFORM, 0);
    let wide = config.u32(field::FLASH_SIZES) > MAX_24_BIT;
    let bits = if wide { 32 } else { 24 };
    if wide && [erases.sector, erases.block].contains(&0) {
        return Err(Error::OtherKind);
    }
    read_sequence(&mut config, tables, options, wide, bits)?;
    let program = if wide { 0x12 } else { 0x02 };
    for (sequence, first, second) in [
        (
            seq::READ_STATUS,
            instruction(CMD, ONE, 0x05),
            instruction(READ, ONE, 4),
        ),
        (seq::WRITE_ENABLE, instruction(CMD, ONE, 0x06), 0),
        (
            seq::ERASE_SECTOR,
            instruction(CMD, ONE, erases.sector),
            instruction(RADDR, ONE, bits),
        ),
        (
            seq::ERASE_BLOCK,
            instruction(CMD, ONE, erases.block),
            instruction(RADDR, ONE, bits),
        ),
        (
            seq::PAGE_PROGRAM,
            instruction(CMD, ONE, program),
            instruction(RADDR, ONE, bits),
        ),
        (seq::ERASE_CHIP, instruction(CMD, ONE, 0x60), 0),
    ] {
        config.set_lut(sequence, 0, pair(first, second));
    }
    // NXP's says 4; whoever plays the sequence sets the length anyway
    config.set_lut(seq::PAGE_PROGRAM, 1, instruction(WRITE, ONE, 0));
    Ok(config)
}

/// The quad read with the fewest address clocks that the part has, else the plain one.
fn read_sequence(
    config: &mut Config,
    tables: &Tables,
    options: Options,
    wide: bool,
    bits: u32,
) -> Result<(), Error> {
    let (one_four, flags) = (tables.word(3) >> 16, tables.word(1));
    let (read, address_pads) = match flags {
        flags if flags >> 21 & 1 == 1 => (tables.word(3) & 0xFFFF, FOUR),
        flags if flags >> 22 & 1 == 1 => (one_four, ONE),
        _ => (0x0300, ONE),
    };
    let code = match (wide, read >> 8) {
        (false, code) => code,
        (true, 0x03) => 0x13,
        (true, 0xEB) => 0xEC,
        (true, 0x6B) => 0x6C,
        _ => return Err(Error::OtherKind),
    };
    let plain = read == 0x0300;
    let pads = if plain { ONE } else { FOUR };
    config.set_u8(field::PAD_TYPE, if plain { 1 } else { 4 });
    let mode_clocks = read >> 5 & 7;
    let mut wait = match options.second() & 0xFF {
        0 => (read & 0x1F) + mode_clocks,
        clocks => clocks,
    };
    let continuous =
        options.misc_mode() == 1 && address_pads == FOUR && tables.word(3) >> 5 & 7 == 2;
    let mut steps = vec![
        instruction(CMD, ONE, code),
        instruction(RADDR, address_pads, bits),
    ];
    if continuous {
        steps.push(instruction(MODE8, FOUR, 0xA5));
        wait = wait.saturating_sub(2);
    }
    // a DUMMY of no cycles would stop the sequencer
    if wait > 0 && !plain {
        steps.push(instruction(DUMMY, FOUR, wait));
    }
    steps.push(instruction(READ, pads, 4));
    if continuous {
        steps.push(instruction(JMP_ON_CS, ONE, 1));
    }
    for (word, halves) in steps.chunks(2).enumerate() {
        let second = halves.get(1).copied().unwrap_or(0);
        config.set_lut(seq::READ, word, pair(halves[0], second));
    }
    Ok(())
}

/// Whether a sequence reads, and not on both clock edges.
pub fn reads_on_one_edge(words: &[u32]) -> bool {
    let codes: Vec<u32> = words
        .iter()
        .flat_map(|word| [word & 0xFFFF, word >> 16])
        .map(|half| half >> 10)
        .take_while(|code| *code != 0)
        .collect();
    codes.contains(&READ) && !codes.iter().any(|code| code & DDR != 0 && *code != 0x3F)
}

/// The commands that a block wants sent before reads, with their arguments: the device mode, then up to three others.
pub fn setup_commands(config: &Config) -> Vec<(Vec<u32>, u32)> {
    let places = (0..4).map(|number| match number {
        0 => (
            field::DEVICE_MODE_ENABLE,
            field::DEVICE_MODE_SEQ,
            field::DEVICE_MODE_ARG,
        ),
        n => (
            field::CONFIG_CMD_ENABLE,
            field::CONFIG_CMD_SEQS + 4 * (n - 1),
            field::CONFIG_CMD_ARGS + 4 * (n - 1),
        ),
    });
    let mut commands = Vec::new();
    for (number, (enable, sequence, argument)) in places.enumerate() {
        let index = usize::from(config.u8(sequence + 1));
        // a configuration command with sequence 0 is unused
        if config.u8(enable) == 0 || (number > 0 && index == 0) {
            continue;
        }
        commands.push((config.sequences(index & 15, 1), config.u32(argument)));
    }
    commands
}
