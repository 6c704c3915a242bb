//! Device configuration data: register writes and checks that a table asks the ROM for.
//!
//! ```text
//! D2 len len 41                     header, length big-endian
//! CC len len par  addr4 value4 ...  write; par: bits 2:0 width in bytes, bits 4:3 operation
//! CF len len par  addr4 mask4 [count4]   check until a condition holds
//! C0 00 04 00                       nothing
//! B2 len len engine ...             unlock
//! ```
//!
//! Source: i.MX RT1020 reference manual, "Device Configuration Data", as SPSDK and the public examples write it.

use byteorder::{BigEndian as BE, ByteOrder};

use super::registers::{self, Registers};
use crate::machine::Machine;

/// Longest table: HAB's limit, quoted by imx_usb_loader from the i.MX 6 reference manual.
pub const MAX_LEN: usize = 1768;

/// Why a table did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// HAB says failure, with the reason in words.
    Failure(String),
    /// A check without a count never comes true: the ROM polls for ever.
    Endless(u32),
}

/// Runs a table command by command; writes before a failure stay.
pub fn run(machine: &mut Machine, registers: &mut Registers, table: &[u8]) -> Result<(), Stop> {
    let body = body(table).map_err(Stop::Failure)?;
    let mut rest = body;
    while !rest.is_empty() {
        let (command, after) = split(rest).map_err(Stop::Failure)?;
        match command[0] {
            0xCC => write(machine, registers, command)?,
            0xCF => check(machine, registers, command)?,
            _ => {}
        }
        rest = after;
    }
    Ok(())
}

/// Checks a whole table without running it.
pub fn validate(table: &[u8]) -> Result<(), String> {
    let mut rest = body(table)?;
    while !rest.is_empty() {
        rest = split(rest)?.1;
    }
    Ok(())
}

/// Bytes between the header and the length the header gives.
fn body(table: &[u8]) -> Result<&[u8], String> {
    let header = table.get(..4).ok_or("DCD shorter than its header")?;
    if header[0] != 0xD2 || header[3] >> 4 != 4 {
        return Err(format!(
            "no DCD header, found {:#010x}",
            BE::read_u32(header)
        ));
    }
    let length = usize::from(BE::read_u16(&header[1..3]));
    if length > MAX_LEN {
        return Err(format!("DCD of {length} bytes, HAB takes {MAX_LEN}"));
    }
    table
        .get(4..length)
        .ok_or_else(|| format!("DCD of {length} bytes, only {} are there", table.len()))
}

/// The first command, and what follows it.
fn split(rest: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let header = rest.get(..4).ok_or("DCD command cut off")?;
    let length = usize::from(BE::read_u16(&header[1..3]));
    let well_formed = match header[0] {
        0xCC => length >= 12 && length % 8 == 4 && matches!(header[3] & 7, 1 | 2 | 4),
        0xCF => (length == 12 || length == 16) && matches!(header[3] & 7, 1 | 2 | 4),
        0xC0 => length == 4,
        0xB2 => length >= 4,
        tag => return Err(format!("DCD command {tag:#04x} unknown")),
    };
    if !well_formed || length > rest.len() {
        return Err(format!(
            "DCD command {:#04x} of {length} bytes malformed",
            header[0]
        ));
    }
    Ok(rest.split_at(length))
}

fn write(machine: &mut Machine, registers: &mut Registers, command: &[u8]) -> Result<(), Stop> {
    let (width, operation) = (usize::from(command[3] & 7), command[3] >> 3 & 3);
    for pair in command[4..].chunks_exact(8) {
        let (address, value) = (BE::read_u32(&pair[..4]), BE::read_u32(&pair[4..]));
        let old = load(machine, registers, address, width);
        let new = match operation {
            0 => value,
            3 => old | value,
            _ => old & !value,
        };
        store(machine, registers, address, width, new)?;
    }
    Ok(())
}

fn check(machine: &Machine, registers: &Registers, command: &[u8]) -> Result<(), Stop> {
    let (width, operation) = (usize::from(command[3] & 7), command[3] >> 3 & 3);
    let (address, mask) = (BE::read_u32(&command[4..8]), BE::read_u32(&command[8..12]));
    let seen = load(machine, registers, address, width) & mask;
    let holds = match operation {
        0 => seen == 0,
        1 => seen == mask,
        2 => seen != mask,
        _ => seen != 0,
    };
    match (holds, command.len()) {
        (true, _) => Ok(()),
        (false, 16) => Err(Stop::Failure(format!(
            "DCD check of {address:#010x} ran out"
        ))),
        (false, _) => Err(Stop::Endless(address)),
    }
}

fn load(machine: &Machine, registers: &Registers, address: u32, width: usize) -> u32 {
    match machine.ram.slice(address, width) {
        Some(bytes) => bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte)),
        None => registers.poll(machine, address),
    }
}

/// RAM and peripherals take a write; SDRAM takes it and is not modelled; anything else fails (guess).
fn store(
    machine: &mut Machine,
    registers: &mut Registers,
    address: u32,
    width: usize,
    value: u32,
) -> Result<(), Stop> {
    if machine.ram.write(address, &value.to_le_bytes()[..width])
        || (0x8000_0000..0xE000_0000).contains(&address)
    {
        return Ok(());
    }
    if registers::is_peripheral(address) {
        registers.write(machine, address, value);
        return Ok(());
    }
    Err(Stop::Failure(format!(
        "DCD write to {address:#010x}, where nothing is"
    )))
}
