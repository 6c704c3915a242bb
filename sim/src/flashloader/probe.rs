//! Option words to configuration block: read SFDP, choose the commands, find out how quad enable is set.
//!
//! Source: genuine RT1021 flashloader, emulated; JESD216B; NXP's public sister sources of the driver for field names.

use super::config::{Config, TAG, field, instruction, misc, pair, seq};
use super::driver;
use super::status::{DUMMY_PROBE, FLASH_NOT_FOUND, INVALID_ARGUMENT, SFDP_NOT_FOUND, Stop};
use crate::machine::Machine;

mod opcode {
    pub const CMD: u32 = 0x01;
    pub const RADDR: u32 = 0x02;
    pub const MODE4: u32 = 0x06;
    pub const MODE8: u32 = 0x07;
    pub const WRITE: u32 = 0x08;
    pub const READ: u32 = 0x09;
    pub const DUMMY: u32 = 0x0C;
    pub const JMP_ON_CS: u32 = 0x1F;
    pub const DDR: u32 = 0x20;
}
use opcode::{CMD, DDR, DUMMY, JMP_ON_CS, MODE4, MODE8, RADDR, READ, WRITE};

/// Wires as the two bits of an instruction.
const ONE: u32 = 0;
const FOUR: u32 = 2;
const EIGHT: u32 = 3;

/// Largest part that 24 address bits reach.
const MAX_24_BIT: u32 = 16 << 20;

/// The two option words.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub word0: u32,
    pub word1: u32,
}

impl Options {
    fn nibble(&self, at: u32) -> u32 {
        self.word0 >> at & 0xF
    }

    /// Second word, when the first says there is one.
    fn second(&self) -> u32 {
        if self.nibble(24) > 0 { self.word1 } else { 0 }
    }

    fn device_type(&self) -> u32 {
        self.nibble(20)
    }

    fn query_pads(&self) -> u32 {
        self.nibble(16)
    }

    fn command_pads(&self) -> u32 {
        self.nibble(12)
    }

    fn quad_mode(&self) -> u32 {
        self.nibble(8)
    }

    fn misc_mode(&self) -> u32 {
        self.nibble(4)
    }

    fn frequency(&self) -> u8 {
        self.nibble(0) as u8
    }
}

/// Fills `config` from option words. It is overwritten whatever comes of it.
pub fn probe(m: &mut Machine, config: &mut Config, options: Options) -> Result<(), Stop> {
    *config = Config::blank();
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
        2 | 3 => probe_hyperflash(m, config),
        _ => Err(INVALID_ARGUMENT.into()),
    }
}

fn probe_sfdp(m: &mut Machine, config: &mut Config, options: Options) -> Result<(), Stop> {
    if options.query_pads() != 0 {
        return Err(INVALID_ARGUMENT.into());
    }
    config.set_u8(field::PAD_TYPE, 4);
    config.set_lut(seq::READ, 0, pair(instruction(CMD, ONE, 0x03), instruction(RADDR, ONE, 24)));
    config.set_lut(seq::READ, 1, pair(instruction(READ, ONE, 4), instruction(0, ONE, 1)));
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

/// The tables the firmware looks at.
struct Tables {
    /// Basic table, 16 words; missing ones are zero.
    basic: [u32; 16],
    /// Bytes of it that the part has.
    basic_len: usize,
    /// 4-byte address instruction table: support bits and erase opcodes.
    four_byte: Option<[u32; 2]>,
}

impl Tables {
    /// Word `number` of the basic table, counted from 1 as JESD216 does.
    fn word(&self, number: usize) -> u32 {
        self.basic[number - 1]
    }

    /// JESD216A or later: the words on quad enable and 0-4-4 are there.
    fn is_long(&self) -> bool {
        self.basic_len >= 64
    }
}

/// Header, up to ten parameter headers, the two known tables.
fn read_sfdp(m: &mut Machine) -> Result<Tables, Stop> {
    let words = [
        pair(instruction(CMD, ONE, 0x5A), instruction(RADDR, ONE, 24)),
        pair(instruction(DUMMY, ONE, 8), instruction(READ, ONE, 0xFF)),
        0,
        0,
    ];
    let header = driver::read_with(m, &words, 0, 8)?;
    if header.get(..4) != Some(b"SFDP") {
        return Err(SFDP_NOT_FOUND.into());
    }
    let count = (usize::from(header[6]) + 1).min(10);
    let headers = driver::read_again(m, 8, 8 * count)?;
    let mut tables = Tables { basic: [0; 16], basic_len: 0, four_byte: None };
    for header in headers.chunks_exact(8) {
        let id = u16::from_le_bytes([header[0], header[7]]);
        let len = 4 * usize::from(header[3]);
        let at = u32::from_le_bytes([header[4], header[5], header[6], 0]);
        match id {
            0xFF00 => {
                let len = len.min(64);
                fill(&mut tables.basic, &driver::read_again(m, at, len)?);
                tables.basic_len = len;
            }
            0xFF84 => {
                let mut words = [0; 2];
                fill(&mut words, &driver::read_again(m, at, len)?);
                tables.four_byte = Some(words);
            }
            _ => {}
        }
    }
    Ok(tables)
}

fn fill(words: &mut [u32], bytes: &[u8]) {
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
}

fn parse(m: &mut Machine, config: &mut Config, tables: &Tables, options: Options) -> Result<(), Stop> {
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
    config.set_lut(seq::READ_STATUS, 0, pair(instruction(CMD, ONE, 0x05), instruction(READ, ONE, 4)));
    for (sequence, erase) in [(seq::ERASE_SECTOR, erases.sector), (seq::ERASE_BLOCK, erases.block)] {
        config.set_lut(sequence, 0, pair(instruction(CMD, ONE, erase), instruction(RADDR, ONE, bits)));
    }
    config.set_lut(seq::ERASE_CHIP, 0, instruction(CMD, ONE, 0x60));
    let read = choose_read(tables, wide, ddr);
    let read = waits(m, config, read, options, wide, ddr)?;
    read_sequence(m, config, tables, &read, options, bits, ddr)?;
    if ddr {
        config.set_u8(field::HALF_CLOCK, 1);
    }
    config.or_u32(field::MISC_OPTION, misc::SAFE_CLOCK);
    Ok(())
}

/// Erase opcodes chosen.
struct Erases {
    sector: u32,
    block: u32,
}

/// Sizes into the block, erase opcodes out.
fn geometry(config: &mut Config, tables: &Tables) -> Erases {
    let density = tables.word(2);
    let size = match density >> 31 {
        0 => density.wrapping_add(1) >> 3,
        _ => 1u32.checked_shl((density & 0x7FFF_FFFF).wrapping_sub(3)).unwrap_or(0),
    };
    config.set_u32(field::FLASH_SIZES, size);
    let page = match tables.word(11) >> 4 & 0xF {
        _ if !tables.is_long() => 256,
        15 => 256,
        power => 1 << power,
    };
    config.set_u32(field::PAGE_SIZE, page);
    let types: Vec<(u32, u32)> = (0..4)
        .map(|i| tables.word(8 + i / 2) >> (16 * (i % 2)) & 0xFFFF)
        .map(|half| (half & 0xFF, half >> 8))
        .collect();
    let (mut sector, mut block) = ((0xFF_FFFF, 0), (0, 0));
    for (i, (power, _)) in types.iter().enumerate().filter(|(_, (power, _))| *power != 0) {
        let bytes = 1u32.checked_shl(*power).unwrap_or(0);
        if bytes < sector.0 {
            sector = (bytes, i);
        }
        if bytes > block.0 && bytes < 1 << 20 {
            block = (bytes, i);
        }
    }
    config.set_u32(field::SECTOR_SIZE, sector.0);
    config.set_u32(field::BLOCK_SIZE, block.0);
    config.set_u8(field::UNIFORM, u8::from(sector.0 == block.0));
    let opcode = |index: usize| match (size > MAX_24_BIT, tables.four_byte) {
        (false, _) => types[index].1,
        (true, Some(words)) => words[1] >> (8 * index) & 0xFF,
        (true, None) => match types[index].1 {
            0x20 => 0x21,
            0xD8 => 0xDC,
            _ => 0,
        },
    };
    Erases { sector: opcode(sector.1), block: opcode(block.1) }
}

/// How quad enable is set, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuadEnable {
    Sr1Bit6,
    Sr2Bit1,
    Sr2Bit7,
    Sr2Bit1By31,
}

/// Reads the register that holds quad enable; when it is clear, makes the device mode that writes it.
fn prepare_quad_enable(m: &mut Machine, config: &mut Config, tables: &Tables, options: Options) -> Result<(), Stop> {
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
            _ => None,
        }
    };
    let Some(method) = method else { return Ok(()) };
    let (read, write, len, bit) = match method {
        QuadEnable::Sr1Bit6 => (0x05, 0x01, 1, 6),
        QuadEnable::Sr2Bit1 => (0x35, 0x01, 2, 1),
        QuadEnable::Sr2Bit1By31 => (0x35, 0x31, 1, 1),
        QuadEnable::Sr2Bit7 => (0x3F, 0x3E, 2, 7),
    };
    let words = [pair(instruction(CMD, ONE, read), instruction(READ, ONE, 1)), 0, 0, 0];
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
    config.set_lut(seq::DEVICE_MODE, 0, pair(instruction(CMD, ONE, write), instruction(WRITE, ONE, len)));
    config.set_u8(field::DEVICE_MODE_ENABLE, 1);
    config.set_u8(field::DEVICE_MODE_TYPE, 1);
    config.set_u32(field::DEVICE_MODE_SEQ, 0x0401);
    config.set_u32(field::DEVICE_MODE_ARG, value);
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
    config.set_lut(seq::PAGE_PROGRAM, 0, pair(instruction(CMD, ONE, opcode), address));
    config.set_lut(seq::PAGE_PROGRAM, 1, instruction(WRITE, pads, 4));
}

/// A read command: opcode, wires of the address, clocks of mode bits and dummies.
struct Read {
    opcode: u32,
    address_pads: u32,
    mode: u32,
    dummy: u32,
}

fn choose_read(tables: &Tables, wide: bool, ddr: bool) -> Read {
    let quad_io = tables.word(1) >> 21 & 1 == 1;
    let quad_out = tables.word(1) >> 22 & 1 == 1;
    let clocks = tables.word(3);
    let (mut read, opcodes) = if quad_io {
        let (mode, dummy) = (clocks >> 5 & 7, clocks & 0x1F);
        (Read { opcode: clocks >> 8 & 0xFF, address_pads: FOUR, mode, dummy }, (0xEC, 0))
    } else if quad_out {
        let (mode, dummy) = (clocks >> 21 & 7, clocks >> 16 & 0x1F);
        (Read { opcode: clocks >> 24 & 0xFF, address_pads: ONE, mode, dummy }, (0x6C, 0))
    } else {
        (Read { opcode: 0x03, address_pads: ONE, mode: 0, dummy: 0 }, (0x13, 0))
    };
    if ddr {
        read.opcode = if wide { 0xEE } else { 0xED };
        read.address_pads = FOUR;
    } else if wide {
        match tables.four_byte {
            Some([support, _]) if support >> 5 & 1 == 1 => {
                read.opcode = 0xEC;
                read.address_pads = FOUR;
            }
            Some([support, _]) if support >> 4 & 1 == 1 => {
                read.opcode = 0x6C;
                read.address_pads = ONE;
            }
            Some(_) => read = Read { opcode: 0x13, address_pads: read.address_pads, mode: 0, dummy: 0 },
            None => read.opcode = opcodes.0,
        }
    }
    read
}

/// Dummy cycles: given in the second word, or found by trial for double rate, or as SFDP says.
fn waits(
    m: &mut Machine,
    config: &mut Config,
    mut read: Read,
    options: Options,
    wide: bool,
    ddr: bool,
) -> Result<Read, Stop> {
    let given = options.second() & 0xFF;
    if given != 0 {
        read.mode = 0;
        read.dummy = if ddr { 2 * given } else { given };
    } else if ddr {
        if wide {
            config.set_lut(seq::READ, 0, pair(instruction(CMD, ONE, 0x13), instruction(RADDR, ONE, 32)));
        }
        driver::init(m, config)?;
        read.mode = 0;
        read.dummy = probe_dummies(m, config, wide)?;
    }
    Ok(read)
}

/// Puts a pattern at 0x200, where the first 4 KiB are reserved, and reads it with more and more dummy cycles.
fn probe_dummies(m: &mut Machine, config: &mut Config, wide: bool) -> Result<u32, Stop> {
    const PATTERN: [u8; 16] =
        [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
    const AT: u32 = 0x200;
    let first_four = |config: &Config, sequence: usize| {
        let words = config.sequences(sequence, 1);
        [words[0], words[1], words[2], words[3]]
    };
    let plain = first_four(config, seq::READ);
    let found = driver::read_with(m, &plain, AT, 16)?;
    if found != PATTERN {
        if found.iter().any(|byte| *byte != 0xFF) {
            return Err(DUMMY_PROBE.into());
        }
        driver::write_enable(m, config, 0)?;
        let program = first_four(config, seq::PAGE_PROGRAM);
        driver::write_with(m, &program, AT, &PATTERN)?;
        driver::wait_busy(m, config, 0)?;
        if driver::read_with(m, &plain, AT, 16)? != PATTERN {
            return Err(DUMMY_PROBE.into());
        }
    }
    config.or_u32(field::MISC_OPTION, misc::DDR);
    let (opcode, bits) = if wide { (0xEE, 32) } else { (0xED, 24) };
    for dummy in 2..=50 {
        let words = [
            pair(instruction(CMD, ONE, opcode), instruction(RADDR + DDR, FOUR, bits)),
            pair(instruction(DUMMY + DDR, FOUR, dummy), instruction(READ + DDR, FOUR, 4)),
            0,
            0,
        ];
        m.flexspi.set_lut(seq::READ, &words);
        if driver::read_with(m, &words, AT, 16)? == PATTERN {
            return Ok(dummy);
        }
    }
    Err(DUMMY_PROBE.into())
}

/// Sequence 0, with mode bits when the misc option keeps them.
fn read_sequence(
    m: &mut Machine,
    config: &mut Config,
    tables: &Tables,
    read: &Read,
    options: Options,
    bits: u32,
    ddr: bool,
) -> Result<(), Stop> {
    let rate = if ddr { DDR } else { 0 };
    if ddr {
        config.or_u32(field::MISC_OPTION, misc::DDR);
    }
    let pads = if ddr { FOUR } else { read.address_pads };
    config.set_lut(
        seq::READ,
        0,
        pair(instruction(CMD, ONE, read.opcode), instruction(RADDR + rate, pads, bits)),
    );
    let (mut mode, mut dummy, mut enhance) = (read.mode, read.dummy, 0);
    let continuous = options.misc_mode() == 1 && tables.is_long() && tables.word(15) >> 9 & 1 == 1;
    match options.misc_mode() {
        1 if continuous => enhance = continuous_read(m, config, tables.word(15))?,
        0 | 1 => (mode, dummy) = (0, dummy + mode),
        // other modes leave the rest of the plain read that the probe began with
        5 => {
            config.set_u8(field::SAMPLE_CLOCK, 0);
            return Ok(());
        }
        _ => return Ok(()),
    }
    match mode {
        0 if dummy > 0 => {
            let word = pair(instruction(DUMMY + rate, FOUR, dummy), instruction(READ + rate, FOUR, 4));
            config.set_lut(seq::READ, 1, word);
        }
        0 => config.set_lut(seq::READ, 1, instruction(READ, ONE, 4)),
        _ => {
            let bits = if mode == 1 { instruction(MODE4, FOUR, enhance >> 4) } else { instruction(MODE8, FOUR, enhance) };
            config.set_lut(seq::READ, 1, pair(bits, instruction(DUMMY, FOUR, dummy)));
            let jump = if continuous { instruction(JMP_ON_CS, ONE, 1) } else { 0 };
            config.set_lut(seq::READ, 2, pair(instruction(READ, FOUR, 4), jump));
        }
    }
    Ok(())
}

/// 0-4-4: the mode byte that enters it, and the sequence that leaves it.
fn continuous_read(m: &mut Machine, config: &mut Config, word15: u32) -> Result<u32, Stop> {
    let (exit, entry) = (word15 >> 10 & 0x3F, word15 >> 16 & 0xF);
    let mut enhance = 0;
    if entry & 0b0101 != 0 {
        enhance = 0xA5;
    } else if entry & 0b0010 != 0 {
        let words = [pair(instruction(CMD, ONE, 0x85), instruction(READ, ONE, 1)), 0, 0, 0];
        let value = u32::from(driver::read_with(m, &words, 0, 1)?[0]) & !8;
        let set = pair(instruction(CMD, ONE, 0x81), instruction(CMD, ONE, value));
        config.set_lut(seq::RESTORE_NO_CMD, 0, set);
        config.set_u8(field::DEVICE_MODE_ENABLE, 1);
        config.set_u8(field::DEVICE_MODE_TYPE, 4);
        config.set_u32(field::DEVICE_MODE_SEQ, 0x0E01);
        config.set_u32(field::DEVICE_MODE_ARG, value);
        config.set_u8(field::RESTORE_NO_CMD, 1);
        enhance = 0x01;
    }
    if exit & 0b1010 != 0 {
        let ones = instruction(CMD, FOUR, 0xFF);
        config.set_lut(seq::EXIT_NO_CMD, 0, pair(ones, ones));
        config.set_lut(seq::EXIT_NO_CMD, 1, pair(ones, ones));
    } else if exit & 0b1_0001 != 0 {
        let zeros = instruction(CMD, FOUR, 0x00);
        config.set_lut(seq::EXIT_NO_CMD, 0, pair(zeros, zeros));
        config.set_lut(seq::EXIT_NO_CMD, 1, pair(zeros, zeros));
        config.set_lut(seq::EXIT_NO_CMD, 2, pair(instruction(MODE8, FOUR, 0), instruction(DUMMY, FOUR, 0x10)));
    } else {
        return Err(INVALID_ARGUMENT.into());
    }
    config.set_u8(field::EXIT_NO_CMD, 1);
    Ok(enhance)
}

/// HyperFlash: writes the CFI entry, looks for "QRY". A quad part never answers that.
fn probe_hyperflash(m: &mut Machine, config: &mut Config) -> Result<(), Stop> {
    config.set_u8(field::COLUMN_WIDTH, 3);
    config.set_u8(field::PAD_TYPE, 8);
    driver::init(m, config)?;
    let cycle = |opcode| [pair(instruction(CMD + DDR, EIGHT, opcode), instruction(RADDR + DDR, EIGHT, 24)), 0, 0, 0];
    let mut read = cycle(0xA0);
    read[1] = pair(instruction(0x23, EIGHT, 16), instruction(READ + DDR, EIGHT, 4));
    driver::write_with(m, &cycle(0x20), 0xAAA, &[])?;
    driver::read_with(m, &read, 0x20, 8)?;
    Err(FLASH_NOT_FOUND.into())
}
