//! Which read command the flashloader chooses, and how long it waits.

use alloc::vec;

use super::Refused;
use super::tables::Tables;
use crate::Options;
use crate::fcb::Fcb;
use crate::lut::{Instruction, Opcode, Sequence, index};

/// Bytes that the read instruction asks for.
const BYTES: u8 = 4;
/// Mode bits that keep a part reading without a command byte.
const KEEP_READING: u8 = 0xA5;

/// A read command in the making.
struct Read {
    opcode: u8,
    address_pads: u8,
    mode_clocks: u8,
    dummy: u8,
}

/// Fills sequence 0 in; and sequence 15, when the words ask for reading without a command byte (0-4-4).
pub(super) fn sequences(
    fcb: &mut Fcb,
    tables: &Tables,
    options: &Options,
    ddr_dummy: Option<u8>,
    wide: bool,
) -> Result<(), Refused> {
    let ddr = options.device_type == 1;
    let mut read = choose(tables, wide, ddr);
    let given = options.second.map_or(0, |second| second.dummy_cycles);
    let plain = matches!(read.opcode, 0x03 | 0x13);
    if ddr {
        let found = if given != 0 {
            Some(given.wrapping_mul(2))
        } else {
            ddr_dummy
        };
        read.dummy = found.ok_or(Refused::UnknownDummyCycles)?;
        read.mode_clocks = 0;
    } else if given != 0 && !plain {
        read.dummy = given;
        read.mode_clocks = 0;
    }
    let bits = if wide { 32 } else { 24 };
    if options.stops_half_way() {
        fcb.set_sequence(index::READ, &half(&read, ddr, bits));
        return Ok(());
    }
    let mode = mode_bits(fcb, tables, options, &mut read)?;
    fcb.set_sequence(index::READ, &sequence(&read, mode, ddr, bits));
    Ok(())
}

/// The command of the basic table, or the four-byte one that takes its place.
fn choose(tables: &Tables, wide: bool, ddr: bool) -> Read {
    let basic = &tables.basic;
    let read = |fast: crate::sfdp::FastRead, address_pads| Read {
        opcode: fast.opcode,
        address_pads,
        mode_clocks: fast.mode_clocks,
        dummy: fast.wait_states,
    };
    let plain = |opcode, address_pads| Read {
        opcode,
        address_pads,
        mode_clocks: 0,
        dummy: 0,
    };
    let (mut chosen, four_byte) = match (basic.quad_io(), basic.quad_output()) {
        (Some(fast), _) => (read(fast, 4), 0xEC),
        (None, Some(fast)) => (read(fast, 1), 0x6C),
        (None, None) => (plain(0x03, 1), 0x13),
    };
    match (ddr, wide, &tables.four_byte) {
        (true, ..) => {
            chosen.opcode = if wide { 0xEE } else { 0xED };
            chosen.address_pads = 4;
        }
        (false, false, _) => {}
        (false, true, None) => chosen.opcode = four_byte,
        (false, true, Some(table)) if table.quad_io() => {
            chosen.opcode = 0xEC;
            chosen.address_pads = 4;
        }
        (false, true, Some(table)) if table.quad_output() => {
            chosen.opcode = 0x6C;
            chosen.address_pads = 1;
        }
        // the pads of the address stay those of the quad read: a bug of the flashloader
        (false, true, Some(_)) => chosen = plain(0x13, chosen.address_pads),
    }
    chosen
}

/// What is sent in the mode clocks; without a mode they count as dummy cycles.
fn mode_bits(
    fcb: &mut Fcb,
    tables: &Tables,
    options: &Options,
    read: &mut Read,
) -> Result<u8, Refused> {
    let basic = &tables.basic;
    if options.misc_mode == 1 {
        // sent before all else, in case the part reads without a command byte already; it stays
        fcb.set_sequence(index::EXIT_NO_CMD, &ones());
    }
    let continuous = basic.is_long() && basic.continuous_read() == Some(true);
    match options.misc_mode {
        1 if continuous => {
            fcb.set_exit_no_command(1);
            fcb.set_sequence(
                index::EXIT_NO_CMD,
                &exit_sequence(basic.continuous_read_exit())?,
            );
            match basic.continuous_read_entry() {
                entry if entry & 0b101 != 0 => Ok(KEEP_READING),
                entry if entry & 0b010 != 0 => Err(Refused::Unclear {
                    what: "the flashloader reads register 85h of the part to enter 0-4-4 mode, and its value is not given",
                }),
                _ => Ok(0),
            }
        }
        0 | 1 => {
            read.dummy = read.dummy.saturating_add(read.mode_clocks);
            read.mode_clocks = 0;
            Ok(0)
        }
        _ => Ok(0),
    }
}

/// How the part is told to expect a command byte again.
fn exit_sequence(exit: u8) -> Result<Sequence, Refused> {
    let four = |opcode, operand| Instruction::new(opcode, 4, operand);
    if exit & 0b0000_1010 != 0 {
        return Ok(ones());
    }
    if exit & 0b0001_0001 != 0 {
        let zero = four(Opcode::CMD, 0);
        return Ok(Sequence::of(&[
            zero,
            zero,
            zero,
            zero,
            four(Opcode::MODE8, 0),
            four(Opcode::DUMMY, 16),
        ]));
    }
    Err(Refused::Unclear {
        what: "the SFDP names no way out of 0-4-4 mode that the flashloader knows; it stops half-way",
    })
}

/// Ones on four pads for ten clocks.
fn ones() -> Sequence {
    Sequence::of(&[Instruction::new(Opcode::CMD, 4, 0xFF); 5])
}

/// Command and address of the read that was chosen; the rest is still that of the plain read for probing.
fn half(read: &Read, ddr: bool, bits: u8) -> Sequence {
    let whole = sequence(
        &Read {
            mode_clocks: 0,
            dummy: 0,
            ..*read
        },
        0,
        ddr,
        bits,
    );
    let mut steps = whole.0;
    if let Some(stop) = steps.get_mut(3) {
        *stop = Instruction::new(Opcode::STOP, 1, 1);
    }
    Sequence(steps)
}

fn sequence(read: &Read, mode: u8, ddr: bool, bits: u8) -> Sequence {
    let double = |opcode: Opcode| if ddr { Opcode(opcode.0 + 0x20) } else { opcode };
    let address_pads = if ddr { 4 } else { read.address_pads };
    let mut steps = vec![
        Instruction::new(Opcode::CMD, 1, read.opcode),
        Instruction::new(double(Opcode::RADDR), address_pads, bits),
    ];
    match (read.mode_clocks, read.dummy) {
        (0, 0) => steps.push(Instruction::new(Opcode::READ, 1, BYTES)),
        (0, dummy) => steps.extend([
            Instruction::new(double(Opcode::DUMMY), 4, dummy),
            Instruction::new(double(Opcode::READ), 4, BYTES),
        ]),
        (clocks, dummy) => {
            let mode = match clocks {
                1 => Instruction::new(Opcode::MODE4, 4, mode >> 4),
                _ => Instruction::new(Opcode::MODE8, 4, mode),
            };
            steps.extend([
                mode,
                Instruction::new(Opcode::DUMMY, 4, dummy),
                Instruction::new(Opcode::READ, 4, BYTES),
                Instruction::new(Opcode::JMP_ON_CS, 1, 1),
            ]);
        }
    }
    Sequence::of(&steps)
}
