//! What the part answers: array, SFDP, id, status; and what wrong set-ups make of it.

use super::cycle::Cycle;
use super::{Nor, WEL, WIP};
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
        0x03 => (1, 0, 1, false),
        0x0B => (1, 8, 1, false),
        0x3B => (1, 8, 2, false),
        0x6B => (1, 8, 4, false),
        0xBB => (2, 4, 2, false),
        0xEB => (4, 6, 4, false),
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

/// Bytes that mean nothing, but the same nothing every time.
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

    /// A status register, repeated. Every look at register 1 brings a busy part nearer to its end.
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
            // each look takes the operation on to its next share
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
        if let Some(format) = format(opcode) {
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
            0x5A => Some(shifted(&self.part.sfdp, cycle, 8)),
            _ => None,
        }
    }

    fn read_array(&mut self, format: &Format, cycle: &Cycle) -> Vec<u8> {
        if let (Some(mode), Some(0xEB) | None) = (cycle.mode, cycle.opcode) {
            self.mode.continuous = mode & 0xF0 == 0xA0;
        }
        let as_expected = cycle.address_bits == 24
            && cycle.address_pads == format.address_pads
            && cycle.pads == format.pads
            && cycle.ddr == format.ddr;
        if format.pads == 4 && !self.quad_enabled() || !as_expected {
            return garbage(cycle);
        }
        let mut bytes = shifted(&self.memory, cycle, format.wait);
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
fn shifted(source: &[u8], cycle: &Cycle, wait: u32) -> Vec<u8> {
    let start = cycle.address as usize % source.len().max(1);
    let lost = (i64::from(cycle.wait) - i64::from(wait)) * i64::from(cycle.data_rate());
    if lost.abs() > 64 {
        return garbage(cycle);
    }
    let byte = |at: i64| match usize::try_from(at) {
        // before the part speaks the lines are high; the array wraps at its end
        Err(_) => 0xFF,
        Ok(at) => source[(start + at) % source.len()],
    };
    let (whole, bits) = (lost.div_euclid(8), lost.rem_euclid(8) as u32);
    (0..cycle.read_len as i64)
        .map(|i| {
            let pair = u16::from(byte(i + whole)) << 8 | u16::from(byte(i + whole + 1));
            (pair >> (8 - bits)) as u8
        })
        .collect()
}
