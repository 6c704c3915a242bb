//! Answers of the part: array, SFDP, id, status; and the effect of wrong set-ups.

use super::cycle::Cycle;
use super::{Nor, ReadRegister, WEL, WIP};
use crate::clock::Clock;

/// Format a read command expects: address wires, clocks of waiting, data wires, both edges.
struct Format {
    address_pads: u8,
    wait: u32,
    pads: u8,
    ddr: bool,
}

fn format(opcode: u8) -> Option<Format> {
    let (address_pads, wait, pads, ddr) = match opcode {
        0x03 | 0x13 => (1, 0, 1, false),
        0x0B | 0x0C => (1, 8, 1, false),
        0x3B | 0x3C => (1, 8, 2, false),
        0x6B | 0x6C => (1, 8, 4, false),
        0xBB | 0xBC => (2, 4, 2, false),
        0xEB | 0xEC => (4, 6, 4, false),
        0x0D => (1, 8, 1, true),
        0xBD => (2, 4, 2, true),
        0xED => (4, 6, 4, true),
        _ => return None,
    };
    Some(Format {
        address_pads,
        wait,
        pads,
        ddr,
    })
}

/// Clocks of waiting as the part's register sets them; `format` holds those of the factory setting.
///
/// Source: data sheets of IS25LP064A (only the quad read changes; 1-2-2 not confirmed) and MX25L12845G.
fn wait(format: &Format, register: ReadRegister, value: u8) -> u32 {
    let quad_io = (format.address_pads, format.pads) == (4, 4);
    let table = match register {
        _ if format.ddr || format.wait == 0 => return format.wait,
        ReadRegister::Issi if quad_io => [6, 4, 8, 10],
        ReadRegister::Macronix if quad_io => [6, 4, 8, 10],
        ReadRegister::Macronix if format.address_pads == 2 => [4, 6, 8, 10],
        ReadRegister::Macronix => [8, 6, 8, 10],
        ReadRegister::Issi | ReadRegister::None => return format.wait,
    };
    let shift = if register == ReadRegister::Issi { 3 } else { 6 };
    table[usize::from(value >> shift & 3)]
}

/// Bytes after which an ISSI read jumps back to the start of its burst; `None` when it runs on.
fn wrap(register: ReadRegister, value: u8) -> Option<usize> {
    (register == ReadRegister::Issi && value & 4 != 0).then(|| 8 << (value & 3))
}

/// Meaningless bytes, the same for the same cycle.
pub(super) fn garbage(cycle: &Cycle) -> Vec<u8> {
    (0..cycle.read_len as u32)
        .map(|i| {
            (cycle
                .address
                .wrapping_add(i)
                .wrapping_mul(0x5B)
                .wrapping_add(0x33)) as u8
        })
        .collect()
}

impl Nor {
    /// The register a status-read opcode names, if the part has it.
    pub(super) fn status_read(&self, opcode: u8) -> Option<usize> {
        let index = match opcode {
            0x05 => 0,
            0x35 => 1,
            0x15 => 2,
            _ => return None,
        };
        (index < self.part.status_registers).then_some(index)
    }

    /// Ends a busy time that is over.
    pub(super) fn settle_busy(&mut self, clock: &Clock) {
        let over = clock.device_ns() >= self.mode.busy_since.saturating_add(self.mode.busy_ns);
        if self.mode.busy > 0 && over && !self.polls_only && !self.stuck_busy {
            self.mode.busy = 0;
            self.mode.write_enabled = false;
        }
    }

    /// A status register, repeated. Every read of register 1 brings a busy operation nearer to its end.
    pub(super) fn read_status(&mut self, index: usize, len: usize, clock: &mut Clock) -> Vec<u8> {
        if index > 0 {
            return vec![self.status[index]; len];
        }
        self.settle_busy(clock);
        let busy = self.mode.busy > 0 || self.stuck_busy;
        let latch = if self.mode.write_enabled { WEL } else { 0 };
        let value = self.status[0] & !(WIP | WEL) | latch | if busy { WIP } else { 0 };
        if self.mode.busy > 0 {
            self.mode.busy -= 1;
            // each read takes the operation one share of its time further
            let polls = u64::from(self.busy_polls.max(1));
            let share = self.mode.busy_ns * (polls - u64::from(self.mode.busy)) / polls;
            clock.work((self.mode.busy_since + share).saturating_sub(clock.device_ns()));
            if self.mode.busy == 0 {
                self.mode.write_enabled = false;
            }
        }
        vec![value; len]
    }

    /// A read of the array, the id or the SFDP table; `None` for other commands.
    pub(super) fn read_command(&mut self, opcode: u8, cycle: &Cycle) -> Option<Vec<u8>> {
        let exists = |format: &Format| {
            (self.part.ddr || !format.ddr) && self.address_bits(Some(opcode)).is_some()
        };
        if let Some(format) = format(opcode).filter(exists) {
            return Some(self.read_array(&format, cycle));
        }
        match opcode {
            0x9F => Some(
                self.part
                    .jedec
                    .iter()
                    .copied()
                    .chain(std::iter::repeat(0))
                    .take(cycle.read_len)
                    .collect(),
            ),
            0x5A => Some(shifted(&self.part.sfdp, cycle, 8, None)),
            0x61 if self.part.read_register == ReadRegister::Issi => {
                Some(vec![self.mode.lasting.read_register; cycle.read_len])
            }
            0x15 if self.part.read_register == ReadRegister::Macronix => {
                Some(vec![self.mode.lasting.read_register; cycle.read_len])
            }
            _ => None,
        }
    }

    fn read_array(&mut self, format: &Format, cycle: &Cycle) -> Vec<u8> {
        if let (Some(mode), Some(0xEB) | None) = (cycle.mode, cycle.opcode) {
            self.mode.lasting.continuous = mode & 0xF0 == 0xA0;
        }
        let as_expected = Some(cycle.address_bits) == self.address_bits(cycle.opcode)
            && cycle.address_ddr == format.ddr
            && cycle.address_pads == format.address_pads
            && cycle.pads == format.pads
            && cycle.ddr == format.ddr;
        if format.pads == 4 && !self.quad_enabled() || !as_expected {
            return garbage(cycle);
        }
        let (register, value) = (self.part.read_register, self.mode.lasting.read_register);
        let clocks = wait(format, register, value);
        self.settle_weak_bits();
        let mut bytes = shifted(&self.memory, cycle, clocks, wrap(register, value));
        self.misread(&mut bytes);
        bytes
    }

    /// Turns bits of this one answer; the cells stay as they are.
    fn misread(&mut self, bytes: &mut [u8]) {
        self.reads += 1;
        let now = self.reads;
        self.misreads.retain(|&(at, byte, xor)| {
            if at == now && !bytes.is_empty() {
                bytes[byte % bytes.len()] ^= xor;
            }
            at > now
        });
    }
}

/// Bytes as a host sees them that waits other clocks than the part needs: the stream slides by bits.
///
/// With `burst`, the part sends the bytes of one aligned burst over and over.
fn shifted(source: &[u8], cycle: &Cycle, wait: u32, burst: Option<usize>) -> Vec<u8> {
    let size = source.len().max(1);
    let start = cycle.address as usize % size;
    let lost = (i64::from(cycle.wait) - i64::from(wait)) * i64::from(cycle.data_rate());
    if lost.abs() > 64 {
        return garbage(cycle);
    }
    if lost == 0
        && burst.is_none()
        && let Some(bytes) = source.get(start..start + cycle.read_len)
    {
        return bytes.to_vec();
    }
    let byte = |at: i64| match usize::try_from(at) {
        // the lines are high before the part drives them; the array wraps at its end
        Err(_) => 0xFF,
        Ok(at) => {
            let at = match burst {
                Some(burst) => start / burst * burst + (start + at) % burst,
                None => start + at,
            };
            source.get(at % size).copied().unwrap_or(0xFF)
        }
    };
    let (whole, bits) = (lost.div_euclid(8), lost.rem_euclid(8) as u32);
    (0..cycle.read_len as i64)
        .map(|i| {
            let pair = u16::from(byte(i + whole)) << 8 | u16::from(byte(i + whole + 1));
            (pair >> (8 - bits)) as u8
        })
        .collect()
}
