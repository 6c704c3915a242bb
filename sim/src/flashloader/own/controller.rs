//! Single sequences on the wires, and the wait for the flash. Every wait has a limit.

use super::error::Error;
use super::pace::TRANSFER_NS;
use crate::machine::Machine;

/// Slot of the controller's table that commands use.
const SCRATCH: usize = 1;
/// Looks beyond which a part that did not get ready never will: the rest of the limit passes at once.
const PATIENCE: u32 = 64;

/// Limits in microseconds. Source: `loader/nor/src/limits.rs`.
pub mod limits {
    pub const PAGE: u64 = 20_000;
    pub const SECTOR: u64 = 4_000_000;
    pub const BLOCK: u64 = 8_000_000;
    pub const CHIP_PER_MIB: u64 = 26_000_000;
    pub const CHIP: u64 = 900_000_000;
    pub const STATUS: u64 = 300_000;
    /// Between two looks while a page is programmed.
    pub const PAGE_GAP: u64 = 2;
    /// Between two looks at anything else.
    pub const ERASE_GAP: u64 = 25;
}

/// Plays one sequence; `size` bytes are read or written, 0 = as many as the sequence says.
pub fn transfer(
    m: &mut Machine,
    words: &[u32],
    address: u32,
    tx: &[u8],
    size: usize,
) -> Result<Vec<u8>, Error> {
    m.flexspi.set_lut(SCRATCH, words);
    m.flexspi.clear_pointer();
    m.clock.work(TRANSFER_NS);
    m.flexspi
        .ip_command(SCRATCH, 1, address, tx, size, &mut m.clock)
        .map_err(|_| Error::Rejected)
}

/// Looks at the status until the part is ready, as long as the limit allows.
pub fn wait(
    m: &mut Machine,
    status: &[u32],
    (bit, set_means_busy): (u32, bool),
    limit_us: u64,
    gap_us: u64,
) -> Result<(), Error> {
    let end = m
        .clock
        .device_ns()
        .saturating_add(limit_us.saturating_mul(1000));
    let most = m.nor().busy_polls.saturating_add(PATIENCE);
    let mut looks = 0;
    loop {
        let value = read_status(m, status, if bit < 8 { 1 } else { 4 })?;
        if (value >> (bit & 31) & 1 != 0) != set_means_busy {
            return Ok(());
        }
        looks += 1;
        if looks > most || m.clock.device_ns() > end {
            m.clock.work(end.saturating_sub(m.clock.device_ns()));
            return Err(Error::Busy);
        }
        m.clock.work(gap_us * 1000);
    }
}

/// One or four bytes of a status register, the first byte low.
pub fn read_status(m: &mut Machine, sequence: &[u32], bytes: usize) -> Result<u32, Error> {
    let data = transfer(m, sequence, 0, &[], bytes)?;
    if data.len() < bytes {
        return Err(Error::Rejected);
    }
    Ok(data
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u32::from(*byte)))
}
