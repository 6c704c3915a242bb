//! Loads and stores of the ROM on the bus.

use super::registers::Registers;
use crate::machine::Machine;

/// The ROM takes no pointer into its first word (seen at address 0 on RT1050 and RT1062).
const NULL: std::ops::Range<u32> = 0..4;

/// Whether all `count` bytes lie in one bank of RAM and none of them in a place that the ROM refuses.
pub fn is_open_ram(machine: &Machine, address: u32, count: u32) -> bool {
    let (start, end) = (
        u64::from(address),
        u64::from(address) + u64::from(count.max(1)),
    );
    let touches =
        |range: &std::ops::Range<u32>| start < u64::from(range.end) && end > u64::from(range.start);
    !touches(&machine.chip.rom_ram)
        && !touches(&NULL)
        && machine.ram.slice(address, count.max(1) as usize).is_some()
}

/// Writes a chunk to RAM. Its padding can reach into the downloader's own RAM, or past the end of a bank: that crashes the
/// ROM.
///
/// Source: RAM reserved by the ROM: MCUBootUtility; the crash at a bank's end was seen on an RT1060.
pub fn store(machine: &mut Machine, address: u32, bytes: &[u8]) -> Result<(), String> {
    let end = u64::from(address) + bytes.len() as u64;
    let own = &machine.chip.rom_ram;
    if u64::from(address) < u64::from(own.end) && end > u64::from(own.start) {
        return Err(format!(
            "a data report went to {address:#010x}, into the RAM the ROM works in"
        ));
    }
    if machine.ram.write(address, bytes) {
        return Ok(());
    }
    let fits = (0..bytes.len())
        .rev()
        .find(|n| machine.ram.slice(address, *n).is_some())
        .unwrap_or(0);
    machine.ram.write(address, &bytes[..fits]);
    Err(format!(
        "a data report to {address:#010x} reached past the end of the RAM"
    ))
}

/// Memory as it lies: RAM bytes, or registers as little-endian words.
pub fn read(machine: &Machine, registers: &Registers, address: u32, count: u32) -> Option<Vec<u8>> {
    if let Some(bytes) = machine.ram.slice(address, count as usize) {
        return Some(bytes.to_vec());
    }
    let mut page = Vec::with_capacity(count as usize);
    for at in 0..count {
        let place = address.checked_add(at)?;
        let word = registers.read(machine, place & !3)?;
        page.push(word.to_le_bytes()[(place & 3) as usize]);
    }
    Some(page)
}
