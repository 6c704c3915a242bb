//! The ROM's work with the FCB: read it, play its configuration commands, read through its read sequence.

use byteorder::{ByteOrder, LittleEndian as LE};

use crate::chip::Chip;
use crate::machine::Machine;
use crate::nor::Cycle;

const LEN: usize = 512;
/// "FCFB".
const TAG: u32 = 0x4246_4346;

/// Sequences of the look-up table that have a fixed meaning.
mod sequence {
    pub const READ: usize = 0;
    pub const READ_STATUS: usize = 1;
    pub const WRITE_ENABLE: usize = 3;
}

/// The first read, as BOOT_CFG's flash type picks it.
fn plain_read(four_byte_address: bool) -> [u32; 4] {
    if four_byte_address {
        [0x0820_0413, 0x0000_2404, 0, 0]
    } else {
        [0x0818_0403, 0x0000_2404, 0, 0]
    }
}

/// An FCB that the controller and the flash have been set up with.
pub struct Fcb([u8; LEN]);

impl Fcb {
    /// Bytes on port A1. The register counts KiB.
    pub fn size(&self) -> u32 {
        LE::read_u32(&self.0[0x50..0x54]) & !0x3FF
    }

    /// `length` bytes at `offset` through the memory window, whole buffer lines by the FCB's read sequence.
    pub fn read(machine: &mut Machine, offset: u32, length: usize) -> Vec<u8> {
        let clock = &mut machine.clock;
        machine.flexspi.ahb_read(offset, length, clock)
    }

    /// Address bits that RADDR does not send: those of the column, and bit 0 where addresses count two-byte words.
    ///
    /// No part here takes a column address, so any of them reads from the wrong place.
    fn address_shift(&self) -> u32 {
        let words = self.options() >> 3 & 1;
        u32::from(self.0[0x0F] & 0xF) + words
    }

    /// READ on four pads (26h, or A6h on both edges) in sequence 0.
    pub fn reads_on_four_wires(&self) -> bool {
        self.0[0x80..0x90]
            .chunks_exact(2)
            .any(|half| matches!(half[1], 0x26 | 0xA6))
    }

    fn options(&self) -> u32 {
        LE::read_u32(&self.0[0x40..0x44])
    }
}

/// Reads the FCB and puts it in force.
pub fn set_up(machine: &mut Machine, four_byte_address: bool) -> Result<Fcb, String> {
    machine.flexspi.reset();
    machine.flexspi.clock_hz = 30_000_000;
    machine.flexspi.set_lut(0, &plain_read(four_byte_address));
    let at = machine.chip.fcb_offset;
    let bytes: [u8; LEN] = read(machine, at, LEN)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("the flash cannot be read")?;
    check_header(&bytes, at)?;
    let fcb = Fcb(bytes);
    let size = fcb.size();
    if size <= 0x1000 {
        return Err(format!(
            "the FCB gives a flash of {size:#x} bytes on port A1"
        ));
    }
    load(machine, &bytes);
    configure(machine, &bytes)?;
    if bytes[0x0C] & 3 == 3 {
        return Err("the FCB samples by a strobe on DQS, which this flash does not send: reads bring garbage".into());
    }
    if !machine.chip.dqs_pad {
        internal_loop(machine.chip, &bytes)?;
    }
    if fcb.options() >> 2 & 1 == 1 {
        return Err(
            "the FCB reads two flashes in parallel, this board has one: reads bring garbage".into(),
        );
    }
    machine.flexspi.clock_hz = clock(machine.chip, bytes[0x46]);
    machine.flexspi.flash_size = size;
    machine.flexspi.address_shift = fcb.address_shift();
    machine.flexspi.clear_pointer();
    Ok(fcb)
}

/// Fastest clock, in Hz, at which reads over the controller's internal loop are good (NXP's flashloader allows no more).
const INTERNAL_LOOP_HZ: u64 = 60_000_000;

/// Whether a chip without a DQS pad can read as the FCB says.
fn internal_loop(chip: &Chip, fcb: &[u8; LEN]) -> Result<(), String> {
    if fcb[0x0C] & 3 != 0 {
        return Err(format!(
            "the FCB samples by the DQS pad, which the flash of the {} is not on: reads bring garbage",
            chip.name
        ));
    }
    let hz = clock(chip, fcb[0x46]);
    if hz > INTERNAL_LOOP_HZ {
        return Err(format!(
            "the FCB reads at {} MHz, the internal sample loop of the {} reaches 60: reads bring garbage",
            hz / 1_000_000,
            chip.name
        ));
    }
    Ok(())
}

/// `length` bytes at an address by the ROM's first read sequence.
fn read(machine: &mut Machine, address: u32, length: usize) -> Option<Vec<u8>> {
    let bytes = machine
        .flexspi
        .play(sequence::READ, address, length, &[], &mut machine.clock)
        .ok()?;
    (bytes.len() == length).then_some(bytes)
}

fn check_header(fcb: &[u8; LEN], at: u32) -> Result<(), String> {
    let place = match at {
        0 => "0".to_string(),
        at => format!("{at:#x}"),
    };
    let (tag, version) = (LE::read_u32(&fcb[0..4]), LE::read_u32(&fcb[4..8]));
    if tag == u32::MAX {
        return Err(format!(
            "no FCB at flash offset {place}: erased, or no flash that answers"
        ));
    }
    if tag != TAG {
        return Err(format!(
            "no FCB at flash offset {place}: tag {TAG:#010x} expected, found {tag:#010x}"
        ));
    }
    if version >> 24 != 0x56 {
        return Err(format!(
            "FCB version {version:#010x}: it has to begin with 0x56"
        ));
    }
    Ok(())
}

fn load(machine: &mut Machine, fcb: &[u8; LEN]) {
    let mut table = [0; 64];
    LE::read_u32_into(&fcb[0x80..0x180], &mut table);
    machine.flexspi.set_lut(0, &table);
    machine.flexspi.clear_pointer();
}

/// Root clock by `serialClkFreq`, in Hz; 0 and numbers behind the chip's table run at 30 MHz.
fn clock(chip: &Chip, index: u8) -> u64 {
    let clocks = &chip.rom_clocks;
    clocks.get(usize::from(index)).copied().unwrap_or(clocks[0]) * 1_000_000
}

/// Device mode sequence, then up to three configuration commands, at 30 MHz when the FCB asks for a safe clock.
fn configure(machine: &mut Machine, fcb: &[u8; LEN]) -> Result<(), String> {
    let safe = LE::read_u32(&fcb[0x40..0x44]) >> 4 & 1 == 1;
    machine.flexspi.clock_hz = match safe {
        true => 30_000_000,
        false => clock(machine.chip, fcb[0x46]),
    };
    if fcb[0x10] != 0 && fcb[0x14] > 0 {
        command(machine, fcb, fcb[0x14], fcb[0x15], &fcb[0x18..0x1C])?;
    }
    if fcb[0x1C] == 0 {
        return Ok(());
    }
    for n in 0..3 {
        let (at, argument) = (0x20 + 4 * n, 0x30 + 4 * n);
        if fcb[at + 1] > 0 {
            command(
                machine,
                fcb,
                fcb[at],
                fcb[at + 1],
                &fcb[argument..argument + 4],
            )?;
        }
    }
    Ok(())
}

/// Write enable, `count` sequences with the argument as data, and the wait for the flash.
fn command(
    machine: &mut Machine,
    fcb: &[u8; LEN],
    count: u8,
    first: u8,
    argument: &[u8],
) -> Result<(), String> {
    play(machine, sequence::WRITE_ENABLE, &[], 0);
    for index in 0..usize::from(count.min(16)) {
        play(machine, usize::from(first) + index, argument, 0);
    }
    let wait = u64::from(LE::read_u16(&fcb[0x12..0x14])) * 100_000;
    if wait > 0 {
        pause(machine, wait);
        return Ok(());
    }
    let (bit, ready) = (
        LE::read_u16(&fcb[0x7C..0x7E]) & 31,
        LE::read_u16(&fcb[0x7E..0x80]) & 1,
    );
    for _ in 0..1000 {
        let status = play(machine, sequence::READ_STATUS, &[], 4);
        let word = status
            .iter()
            .rev()
            .fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
        if status.is_empty() || word >> bit & 1 == u32::from(ready) {
            return Ok(());
        }
    }
    Err(format!(
        "the flash stays busy after the FCB's set-up sequence {first}"
    ))
}

/// Plays a sequence; nothing comes back when it holds an unknown instruction.
fn play(machine: &mut Machine, index: usize, data: &[u8], length: usize) -> Vec<u8> {
    if index >= crate::flexspi::SEQUENCES {
        return Vec::new();
    }
    machine
        .flexspi
        .play(index, 0, length, data, &mut machine.clock)
        .unwrap_or_default()
}

/// A fixed wait. The flash model counts its busy time in status reads, so a wait that is long enough makes them.
fn pause(machine: &mut Machine, ns: u64) {
    machine.clock.work(ns);
    if ns < machine.nor().part.times.status {
        return;
    }
    rest(machine);
}

/// Lets the flash finish its present operation.
pub fn rest(machine: &mut Machine) {
    let status = Cycle {
        opcode: Some(0x05),
        read_len: 1,
        ..Cycle::new(0)
    };
    let trace = machine.nor_mut().trace.take();
    for _ in 0..machine.nor().busy_polls {
        machine.flexspi.nor.cycle(&status, &mut machine.clock);
    }
    machine.nor_mut().trace = trace;
}
