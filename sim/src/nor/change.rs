//! What changes the part: program, erase, status registers.

use super::cycle::Cycle;
use super::tear::Dice;
use super::{Nor, PAGE, ReadRegister};
use crate::clock::Clock;

impl Nor {
    /// Program, erase or status write; other opcodes do nothing.
    pub(super) fn change(&mut self, opcode: u8, cycle: &Cycle, clock: &mut Clock) {
        if self.address_bits(Some(opcode)).is_none() {
            return;
        }
        match opcode {
            0x02 | 0x12 => self.program(cycle, 1, 1, clock),
            0x32 | 0x34 => self.program(cycle, 1, 4, clock),
            0x38 | 0x3E => self.program(cycle, 4, 4, clock),
            0x20 | 0x21 | 0xD7 => self.erase(cycle, 0x1000, self.part.times.erase_4k, clock),
            0x52 | 0x5C => self.erase(cycle, 0x8000, self.part.times.erase_32k, clock),
            0xD8 | 0xDC => self.erase(cycle, 0x1_0000, self.part.times.erase_64k, clock),
            0x60 | 0xC7 => self.erase_chip(clock),
            0x01 => self.write_status(0, &cycle.write, clock),
            0x31 => self.write_status(1, &cycle.write, clock),
            0x11 => self.write_status(2, &cycle.write, clock),
            0xC0 | 0x63 => self.set_read_parameters(&cycle.write),
            0x65 => self.store_read_parameters(&cycle.write, clock),
            _ => {}
        }
    }

    /// Status registers from `first` on; bits 0 and 1 of register 1 cannot be written.
    fn write_status(&mut self, first: usize, data: &[u8], clock: &mut Clock) {
        if first >= self.part.status_registers
            || !(self.mode.write_enabled || self.mode.volatile_write_enabled)
        {
            return;
        }
        let locked = !self.write_protect_high && self.status[0] >> self.part.protect.lock & 1 == 1;
        self.mode.volatile_write_enabled = false;
        if locked {
            self.mode.write_enabled = false;
            return;
        }
        if self.operation() {
            return;
        }
        for (register, value) in (first..self.part.status_registers).zip(data) {
            self.status[register] = if register == 0 { value & !3 } else { *value };
        }
        if let (ReadRegister::Macronix, 0, Some(value)) =
            (self.part.read_register, first, data.get(1))
        {
            self.mode.lasting.read_register = *value;
        }
        self.start(self.part.times.status, clock);
    }

    /// ISSI read parameters, volatile: in force at once. That they need write enable is a guess; an FCB sends it anyway.
    fn set_read_parameters(&mut self, data: &[u8]) {
        let known = self.part.read_register == ReadRegister::Issi;
        if let (true, true, Some(value)) = (known, self.mode.write_enabled, data.last()) {
            self.mode.lasting.read_register = *value;
            self.mode.write_enabled = false;
        }
    }

    /// ISSI read parameters, kept without power.
    fn store_read_parameters(&mut self, data: &[u8], clock: &mut Clock) {
        let known = self.part.read_register == ReadRegister::Issi;
        let (true, true, Some(value)) = (known, self.mode.write_enabled, data.last()) else {
            return;
        };
        if !self.operation() {
            self.read_default = *value;
            self.mode.lasting.read_register = *value;
            self.start(self.part.times.status, clock);
        }
    }

    fn program(&mut self, cycle: &Cycle, address_pads: u8, pads: u8, clock: &mut Clock) {
        if !self.mode.write_enabled {
            return;
        }
        let bits = self.address_bits(cycle.opcode);
        let as_expected = (Some(cycle.address_bits), cycle.address_pads, cycle.pads)
            == (bits, address_pads, pads)
            && !cycle.address_ddr
            && !cycle.ddr;
        let page = cycle.address % self.part.size / PAGE * PAGE;
        if pads == 4 && !self.quad_enabled() || !as_expected || self.touches_protected(page, PAGE) {
            self.mode.write_enabled = false;
            return;
        }
        // of more than a page only the last 256 bytes count, and they wrap inside the page
        let skipped = cycle.write.len().saturating_sub(PAGE as usize);
        let place = |i: usize| page + cycle.address.wrapping_add(i as u32) % PAGE;
        let all: Vec<(u32, u8)> = cycle
            .write
            .iter()
            .enumerate()
            .skip(skipped)
            .map(|(i, byte)| (place(i), *byte))
            .collect();
        match (self.operation(), self.cut_tears) {
            (false, _) => self.program_bytes(&all),
            (true, None) => self.program_bytes(&all[..all.len() / 2]),
            (true, Some(seed)) => self.torn_program(&all, &mut Dice::seeded(seed)),
        }
        self.start(self.part.times.page_program, clock);
    }

    fn program_bytes(&mut self, bytes: &[(u32, u8)]) {
        for &(at, byte) in bytes {
            self.program_byte(at, byte);
        }
    }

    pub(super) fn program_byte(&mut self, at: u32, byte: u8) {
        if self.ignores_program {
            return;
        }
        if let Some(weak) = self.weak.get_mut(&at) {
            *weak &= byte;
        }
        let stays = self.never_program.get(&at).copied().unwrap_or(0);
        if let Some(cell) = self.memory.get_mut(at as usize) {
            *cell &= byte | stays;
        }
    }

    fn erase(&mut self, cycle: &Cycle, size: u32, time: u64, clock: &mut Clock) {
        if !self.mode.write_enabled || Some(cycle.address_bits) != self.address_bits(cycle.opcode) {
            return;
        }
        let base = cycle.address % self.part.size / size * size;
        if self.touches_protected(base, size) {
            self.mode.write_enabled = false;
            return;
        }
        self.blank(base, size);
        self.start(time, clock);
    }

    fn erase_chip(&mut self, clock: &mut Clock) {
        if !self.mode.write_enabled || !self.protected().is_empty() {
            self.mode.write_enabled = false;
            return;
        }
        self.blank(0, self.part.size);
        self.start(self.part.times.erase_chip, clock);
    }

    /// Ones everywhere except for bits that never erase; only the first half when power is lost, or a tear.
    fn blank(&mut self, base: u32, size: u32) {
        let cut = self.operation();
        if self.ignores_erase {
            return;
        }
        if let (true, Some(seed)) = (cut, self.cut_tears) {
            return self.torn_erase(base, size, &mut Dice::seeded(seed));
        }
        let size = if cut { size / 2 } else { size };
        self.weak.retain(|at, _| !(base..base + size).contains(at));
        if let Some(cells) = self.memory.get_mut(base as usize..(base + size) as usize) {
            for (at, cell) in (base..).zip(cells) {
                *cell = if self.never_erase.is_empty() {
                    0xFF
                } else {
                    let mask = self.never_erase.get(&at).copied().unwrap_or(0);
                    !mask
                };
            }
        }
    }

    /// Address bits that a command takes; `None` where the part lacks the command.
    pub(super) fn address_bits(&self, opcode: Option<u8>) -> Option<u8> {
        let wide = matches!(
            opcode,
            Some(0x12 | 0x34 | 0x3E | 0x21 | 0x5C | 0xDC | 0x13 | 0x0C | 0x3C | 0x6C | 0xBC | 0xEC)
        );
        match (wide, self.part.needs_four_bytes()) {
            (true, false) => None,
            (true, true) => Some(32),
            (false, _) if self.mode.lasting.four_byte => Some(32),
            (false, _) => Some(24),
        }
    }

    fn touches_protected(&self, start: u32, len: u32) -> bool {
        let range = self.protected();
        !range.is_empty() && start < range.end && start + len > range.start
    }

    /// Counts an operation; true when power is lost in it.
    fn operation(&mut self) -> bool {
        self.operations += 1;
        match &mut self.cut_after {
            Some(0) => {
                self.cut_after = None;
                self.cut = true;
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.cut
    }

    /// Busy for `ns`, spread over `busy_polls` status reads.
    fn start(&mut self, ns: u64, clock: &mut Clock) {
        self.mode.busy = self.busy_polls;
        self.mode.busy_ns = ns;
        self.mode.busy_since = clock.device_ns();
        if self.busy_polls == 0 {
            clock.work(ns);
            self.mode.write_enabled = false;
        }
    }
}
