//! The read command: which one, its waits, and the continuous-read mode.

use super::super::config::{Config, field, instruction, misc, pair, seq};
use super::super::driver;
use super::super::status::{DUMMY_PROBE, INVALID_ARGUMENT, Stop};
use super::Options;
use super::lut::{CMD, DDR, DUMMY, FOUR, JMP_ON_CS, MODE4, MODE8, ONE, RADDR, READ};
use super::tables::Tables;
use crate::machine::Machine;

/// A read command: opcode, wires of the address, clocks of mode bits and dummies.
pub(super) struct Read {
    opcode: u32,
    address_pads: u32,
    mode: u32,
    dummy: u32,
}

pub(super) fn choose_read(tables: &Tables, wide: bool, ddr: bool) -> Read {
    let quad_io = tables.word(1) >> 21 & 1 == 1;
    let quad_out = tables.word(1) >> 22 & 1 == 1;
    let clocks = tables.word(3);
    let (mut read, opcodes) = if quad_io {
        let (mode, dummy) = (clocks >> 5 & 7, clocks & 0x1F);
        (
            Read {
                opcode: clocks >> 8 & 0xFF,
                address_pads: FOUR,
                mode,
                dummy,
            },
            (0xEC, 0),
        )
    } else if quad_out {
        let (mode, dummy) = (clocks >> 21 & 7, clocks >> 16 & 0x1F);
        (
            Read {
                opcode: clocks >> 24 & 0xFF,
                address_pads: ONE,
                mode,
                dummy,
            },
            (0x6C, 0),
        )
    } else {
        (
            Read {
                opcode: 0x03,
                address_pads: ONE,
                mode: 0,
                dummy: 0,
            },
            (0x13, 0),
        )
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
            Some(_) => {
                read = Read {
                    opcode: 0x13,
                    address_pads: read.address_pads,
                    mode: 0,
                    dummy: 0,
                }
            }
            None => read.opcode = opcodes.0,
        }
    }
    read
}

/// Dummy cycles: given in the second word, or found by trial for double rate, or as SFDP says.
pub(super) fn waits(
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
            config.set_lut(
                seq::READ,
                0,
                pair(instruction(CMD, ONE, 0x13), instruction(RADDR, ONE, 32)),
            );
        }
        driver::init(m, config)?;
        read.mode = 0;
        read.dummy = probe_dummies(m, config, wide)?;
    }
    Ok(read)
}

/// Puts a pattern at 0x200, where the first 4 KiB are reserved, and reads it with more and more dummy cycles.
fn probe_dummies(m: &mut Machine, config: &mut Config, wide: bool) -> Result<u32, Stop> {
    const PATTERN: [u8; 16] = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE,
        0xFF,
    ];
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
            pair(
                instruction(CMD, ONE, opcode),
                instruction(RADDR + DDR, FOUR, bits),
            ),
            pair(
                instruction(DUMMY + DDR, FOUR, dummy),
                instruction(READ + DDR, FOUR, 4),
            ),
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
pub(super) fn read_sequence(
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
        pair(
            instruction(CMD, ONE, read.opcode),
            instruction(RADDR + rate, pads, bits),
        ),
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
            let word = pair(
                instruction(DUMMY + rate, FOUR, dummy),
                instruction(READ + rate, FOUR, 4),
            );
            config.set_lut(seq::READ, 1, word);
        }
        0 => config.set_lut(seq::READ, 1, instruction(READ, ONE, 4)),
        _ => {
            let bits = if mode == 1 {
                instruction(MODE4, FOUR, enhance >> 4)
            } else {
                instruction(MODE8, FOUR, enhance)
            };
            config.set_lut(seq::READ, 1, pair(bits, instruction(DUMMY, FOUR, dummy)));
            let jump = if continuous {
                instruction(JMP_ON_CS, ONE, 1)
            } else {
                0
            };
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
        let words = [
            pair(instruction(CMD, ONE, 0x85), instruction(READ, ONE, 1)),
            0,
            0,
            0,
        ];
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
        config.set_lut(
            seq::EXIT_NO_CMD,
            2,
            pair(instruction(MODE8, FOUR, 0), instruction(DUMMY, FOUR, 0x10)),
        );
    } else {
        return Err(INVALID_ARGUMENT.into());
    }
    config.set_u8(field::EXIT_NO_CMD, 1);
    Ok(enhance)
}
