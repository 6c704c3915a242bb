//! From option words to a configured flash.

use crate::fcb::{Fcb, Fields, SequenceIndex};
use crate::inspect::wait_ready;
use crate::lut::{Sequence, instruction, opcode};
use crate::sfdp::{QuadEnable, Sfdp};
use crate::{Bus, Data, Error, Options, Rescue, Setup, clock, limits, rescue};

pub(crate) const WRITE_ENABLE: Sequence = Sequence::command(0x06);
pub(crate) const READ_STATUS: Sequence = Sequence::register_read(0x05);
const ERASE_CHIP: Sequence = Sequence::command(0x60);
/// ISSI and Macronix parts take 35h for "enter QPI", not for "read status register 2".
pub(crate) const ENTERS_QPI_BY_35: [u8; 2] = [0x9D, 0xC2];
/// Flash above this size needs 32-bit addresses.
const MAX_24_BIT: u32 = 16 << 20;
/// Continuous read: the mode byte that keeps a part in it.
const STAY: u8 = 0xA5;

/// How the controller is set up while nothing is known: plain reads of 16 MiB.
pub(crate) const PROBE: Setup = Setup {
    read: Sequence::new(&[
        instruction(opcode::CMD, 1, 0x03),
        instruction(opcode::ADDRESS, 1, 24),
        instruction(opcode::READ, 1, 4),
    ]),
    read_clock: clock::COMMAND,
    sample_source: 0,
    cs_hold: 3,
    cs_setup: 3,
    size_kib: 16 << 10,
};

/// Makes the flash answer, sets its quad enable bit, and makes the FCB for it.
#[inline(never)]
pub(crate) fn discover(
    bus: &mut impl Bus,
    options: Options,
    fcb: &mut Fcb,
) -> Result<(Rescue, [u8; 3]), Error> {
    bus.set_up(&PROBE)?;
    let (rung, id) = rescue(bus)?;
    if rung == Rescue::Failed {
        return Err(Error::NoSfdp);
    }
    let sfdp = Sfdp::read(bus)?;
    if !options.is_single_pad() {
        return Err(Error::Argument);
    }
    enable_quad(bus, quad_enable(&sfdp, &options), id[0])?;
    build(&sfdp, &options, fcb)?;
    Ok((rung, id))
}

/// The method of the table; the options decide for a table that is too old to say.
fn quad_enable(sfdp: &Sfdp, options: &Options) -> QuadEnable {
    sfdp.quad_enable().unwrap_or(match options.quad_mode() {
        1 => QuadEnable::Status1Bit6,
        2 => QuadEnable::Status2Bit1,
        3 => QuadEnable::Status2Bit7,
        4 => QuadEnable::Status2Bit1By31,
        _ => QuadEnable::None,
    })
}

/// Sets the quad enable bit unless it is set. All other bits keep their values: block protection stays.
#[inline(never)]
fn enable_quad(bus: &mut impl Bus, method: QuadEnable, manufacturer: u8) -> Result<(), Error> {
    let (read, bit) = match method {
        QuadEnable::None => return Ok(()),
        QuadEnable::Status1Bit6 => (0x05, 6),
        QuadEnable::Status2Bit7 => (0x3F, 7),
        QuadEnable::Status2Bit1 | QuadEnable::Status2Bit1By31 => (0x35, 1),
    };
    if read == 0x35 && ENTERS_QPI_BY_35.contains(&manufacturer) {
        return Err(Error::Argument);
    }
    let old = register(bus, read)?;
    if old >> bit & 1 != 0 {
        return Ok(());
    }
    let new = old | 1 << bit;
    match method {
        QuadEnable::Status2Bit1 => {
            // 01h with two bytes writes both registers; bits 1:0 of the first are read-only
            let first = register(bus, 0x05)? & !3;
            write_status(bus, 0x01, &[first, new])?;
        }
        QuadEnable::Status2Bit1By31 => write_status(bus, 0x31, &[new])?,
        QuadEnable::Status2Bit7 => write_status(bus, 0x3E, &[new])?,
        _ => write_status(bus, 0x01, &[new & !3])?,
    }
    match register(bus, read)? >> bit & 1 {
        0 => Err(Error::NotEnabled),
        _ => Ok(()),
    }
}

pub(crate) fn register(bus: &mut impl Bus, code: u8) -> Result<u8, Error> {
    let mut value = [0];
    bus.transfer(&Sequence::register_read(code), 0, Data::Read(&mut value))?;
    Ok(value[0])
}

pub(crate) fn write_status(bus: &mut impl Bus, code: u8, values: &[u8]) -> Result<(), Error> {
    bus.transfer(&WRITE_ENABLE, 0, Data::None)?;
    let sequence = Sequence::register_write(code, values.len() as u8);
    bus.transfer(&sequence, 0, Data::Write(values))?;
    wait_ready(bus, limits::STATUS)
}

/// Makes the FCB that NXP's loader makes of the same flash with quad enable set.
#[inline(never)]
fn build(sfdp: &Sfdp, options: &Options, fcb: &mut Fcb) -> Result<(), Error> {
    let size = sfdp.size().ok_or(Error::NoSfdp)?;
    let address = Address::of(size);
    let (sector_size, sector_code) = sfdp.smallest_erase().ok_or(Error::NoSfdp)?;
    let (block_size, block_code) = sfdp.largest_erase().ok_or(Error::NoSfdp)?;
    let (read, pads) = read(sfdp, options, address)?;
    fcb.begin(&Fields {
        size,
        page_size: sfdp.page_size(),
        sector_size,
        block_size,
        clock_index: options.clock_index(),
        sample_source: options.sample_source(),
        pads,
    });
    let addressed = |code| Ok::<_, Error>(Sequence::addressed(address.code(code)?, address.bits()));
    fcb.set_sequence(SequenceIndex::Read, &read);
    fcb.set_sequence(SequenceIndex::ReadStatus, &READ_STATUS);
    fcb.set_sequence(SequenceIndex::WriteEnable, &WRITE_ENABLE);
    fcb.set_sequence(SequenceIndex::EraseSector, &addressed(sector_code)?);
    fcb.set_sequence(SequenceIndex::EraseBlock, &addressed(block_code)?);
    let program = Sequence::program(address.code(0x02)?, address.bits());
    fcb.set_sequence(SequenceIndex::Program, &program);
    fcb.set_sequence(SequenceIndex::EraseChip, &ERASE_CHIP);
    Ok(())
}

/// How the flash is addressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    Bits24,
    Bits32,
}

impl Address {
    fn of(size: u32) -> Address {
        if size > MAX_24_BIT {
            Address::Bits32
        } else {
            Address::Bits24
        }
    }

    fn bits(self) -> u8 {
        if self == Address::Bits32 { 32 } else { 24 }
    }

    /// The command that does the same with addresses of this kind.
    fn code(self, code: u8) -> Result<u8, Error> {
        match self {
            Address::Bits24 => Ok(code),
            Address::Bits32 => four_byte(code).ok_or(Error::OtherKind),
        }
    }
}

/// The command with a 32-bit address that does the same.
fn four_byte(code: u8) -> Option<u8> {
    Some(match code {
        0x03 => 0x13,
        0xEB => 0xEC,
        0x6B => 0x6C,
        0x02 => 0x12,
        0x20 => 0x21,
        0x52 => 0x5C,
        0xD8 => 0xDC,
        _ => return None,
    })
}

/// The read sequence and how many pads it uses.
#[inline(never)]
fn read(sfdp: &Sfdp, options: &Options, address: Address) -> Result<(Sequence, u8), Error> {
    let Some(quad) = sfdp.quad_read() else {
        let plain = [
            instruction(opcode::CMD, 1, address.code(0x03)?),
            instruction(opcode::ADDRESS, 1, address.bits()),
            instruction(opcode::READ, 1, 4),
        ];
        return Ok((Sequence::new(&plain), 1));
    };
    let mut steps = [0; 6];
    let mut used = 0;
    let mut step = |opcode, pads, operand| {
        steps[used] = instruction(opcode, pads, operand);
        used += 1;
    };
    let mut wait = options.dummy_cycles().unwrap_or(quad.wait);
    let continuous =
        options.wants_continuous_read() && quad.address_pads == 4 && sfdp.mode_clocks() == 2;
    step(opcode::CMD, 1, address.code(quad.code)?);
    step(opcode::ADDRESS, quad.address_pads, address.bits());
    if continuous {
        step(opcode::MODE8, 4, STAY);
        wait = wait.saturating_sub(2);
    }
    // a DUMMY of no cycles would stop the sequencer
    if wait > 0 {
        step(opcode::DUMMY, 4, wait);
    }
    step(opcode::READ, 4, 4);
    if continuous {
        // from now on the sequence begins with the address: the part takes it without a command
        step(opcode::JMP_ON_CS, 1, 1);
    }
    Ok((Sequence::new(&steps), 4))
}
