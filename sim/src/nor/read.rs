//! Answers of the part: array, SFDP, id, status; and the effect of wrong set-ups.

use super::cycle::Cycle;
use super::part::{Continuous, FourByte};
use super::register::{self, Kind};
use super::{Nor, WEL, WIP};
use crate::clock::Clock;

/// Format a read command expects: address wires, clocks of waiting, data wires, both edges.
struct Format {
    address_pads: u8,
    wait: u32,
    pads: u8,
    ddr: bool,
}

impl Format {
    fn kind(&self) -> Kind {
        match (self.address_pads, self.pads) {
            (4, _) => Kind::QuadIo,
            (2, _) => Kind::DualIo,
            _ => Kind::Fast,
        }
    }
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
        let status = self.effective();
        if index > 0 {
            let mode = match self.part.four_byte {
                FourByte::ModeInStatus3 if index == 2 => u8::from(self.mode.lasting.four_byte),
                _ => 0,
            };
            return vec![status[index] | mode; len];
        }
        self.settle_busy(clock);
        let busy = self.mode.busy > 0 || self.stuck_busy || self.mode.error != 0;
        let latch = if self.mode.write_enabled { WEL } else { 0 };
        let value = status[0] & !(WIP | WEL) | latch | if busy { WIP } else { 0 } | self.mode.error;
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
                    .chain(self.part.jedec_tail)
                    .copied()
                    .chain(std::iter::repeat(0))
                    .take(cycle.read_len)
                    .collect(),
            ),
            0x5A => Some(shifted(&self.part.sfdp, cycle.address, cycle, 8, None)),
            _ => self.register_read(opcode, cycle),
        }
    }

    fn read_array(&mut self, format: &Format, cycle: &Cycle) -> Vec<u8> {
        if let (Some(mode), Some(0xEB | 0xEC) | None) = (cycle.mode, cycle.opcode) {
            self.mode.lasting.wide = self.address_bits(cycle.opcode) == Some(32);
            self.mode.lasting.continuous = self.continues(mode);
        }
        let qpi = self.mode.lasting.qpi;
        let wires = if qpi {
            (4, 4)
        } else {
            (format.address_pads, format.pads)
        };
        let as_expected = Some(cycle.address_bits) == self.address_bits(cycle.opcode)
            && cycle.address_ddr == format.ddr
            && (cycle.address_pads, cycle.pads) == wires
            && cycle.ddr == format.ddr;
        if format.pads == 4 && !qpi && !self.quad_enabled() || !as_expected {
            return garbage(cycle);
        }
        let (register, value) = (self.part.read_register, self.mode.lasting.read_register);
        let clocks = if format.ddr || format.wait == 0 {
            format.wait
        } else {
            let (mode, status) = (&self.mode.lasting, self.effective());
            register::clocks(register, mode, &status, format.kind(), format.wait)
        };
        let at = self.array_address(cycle);
        self.settle_weak_bits(false);
        let mut bytes = shifted(
            &self.memory,
            at,
            cycle,
            clocks,
            register::wrap(register, value),
        );
        self.misread(&mut bytes);
        bytes
    }

    /// Do these mode bits keep the part in continuous read?
    pub(super) fn continues(&self, mode: u8) -> bool {
        match self.part.continuous {
            Continuous::HighNibbleA => mode & 0xF0 == 0xA0,
            Continuous::Toggling => (mode >> 4 ^ mode) & 15 == 15,
            Continuous::Confirmation => {
                self.mode.lasting.read_register & 8 == 0 && mode & 0x10 == 0
            }
        }
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
fn shifted(source: &[u8], at: u32, cycle: &Cycle, wait: u32, burst: Option<usize>) -> Vec<u8> {
    let size = source.len().max(1);
    let start = at as usize % size;
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
