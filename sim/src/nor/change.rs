//! What changes the part: program, erase, status registers.

use std::collections::BTreeSet;
use std::ops::Range;

use super::cycle::Cycle;
use super::part::FourByte;
use super::tear::Dice;
use super::{Nor, QuadEnable, ReadRegister, protect};
use crate::clock::Clock;

/// Status register 1 of Infineon's S series: an erase was refused.
const ERASE_ERROR: u8 = 0x20;
/// The same: a program was refused.
const PROGRAM_ERROR: u8 = 0x40;

impl Nor {
    /// Program, erase or status write; other opcodes do nothing.
    pub(super) fn change(&mut self, opcode: u8, cycle: &Cycle, clock: &mut Clock) {
        if self.address_bits(Some(opcode)).is_none() {
            return;
        }
        if self.register_write(opcode, cycle, clock) {
            return;
        }
        let small = self.part.uniform.is_none();
        match opcode {
            0x02 | 0x12 => self.program(cycle, 1, 1, clock),
            0x32 | 0x34 => self.program(cycle, 1, 4, clock),
            0x38 | 0x3E => self.program(cycle, 4, 4, clock),
            0x20 | 0x21 | 0xD7 if small => {
                self.erase(cycle, 0x1000, self.part.times.erase_4k, clock);
            }
            0x52 | 0x5C if small => self.erase(cycle, 0x8000, self.part.times.erase_32k, clock),
            0xD8 | 0xDC => {
                let size = self.part.uniform.unwrap_or(0x1_0000);
                self.erase(cycle, size, self.part.times.erase_64k, clock);
            }
            0x60 | 0xC7 => self.erase_chip(clock),
            0x01 => self.write_status_command(&cycle.write, clock),
            0x31 if self.separate_status() => self.write_status(1, &cycle.write, clock),
            0x11 if self.separate_status() => self.write_status(2, &cycle.write, clock),
            0x98 => self.set_all_locks(true),
            0x7E => self.set_all_locks(false),
            0x39 => self.set_lock(cycle, true),
            0x36 => self.set_lock(cycle, false),
            _ => {}
        }
    }

    /// 01h: a part ignores it whole when more bytes come than it takes.
    fn write_status_command(&mut self, data: &[u8], clock: &mut Clock) {
        if self.part.status_bytes.is_none_or(|most| data.len() <= most) {
            self.write_status(0, data, clock);
        }
    }

    /// 31h and 11h write status registers 2 and 3; Infineon's parts lack them.
    fn separate_status(&self) -> bool {
        !matches!(
            self.part.read_register,
            ReadRegister::InfineonL | ReadRegister::InfineonS
        )
    }

    /// Status registers from `first` on; bits 0 and 1 of register 1 cannot be written.
    pub(super) fn write_status(&mut self, first: usize, data: &[u8], clock: &mut Clock) {
        let lasting = self.mode.write_enabled;
        let for_now = self.mode.volatile_write_enabled && self.part.volatile_status;
        if first >= self.part.status_registers || !(lasting || for_now) {
            return;
        }
        self.mode.volatile_write_enabled = false;
        if self.status_locked() {
            self.mode.write_enabled = false;
            return;
        }
        if self.operation() {
            if let (true, Some(seed)) = (lasting, self.cut_tears) {
                self.torn_status(first, data, &mut Dice::seeded(seed));
            }
            return;
        }
        let mut status = self.effective();
        for (register, value) in (first..self.part.status_registers).zip(data) {
            let value = match register {
                0 => value & !3,
                // bit 0 of a part with 32 address bits shows their mode
                2 if self.part.four_byte == FourByte::ModeInStatus3 => value & !1,
                _ => *value,
            };
            status[register] = self.lock_by(register, value);
            if lasting {
                self.status[register] = status[register];
            }
        }
        if !lasting || self.mode.lasting.status.is_some() {
            self.mode.lasting.status = Some(status);
        }
        self.write_behind_status(first, data);
        let time = if lasting { self.part.times.status } else { 0 };
        self.start(time, clock);
    }

    /// Takes the bit that locks the registers until power-off out of a value, and remembers it.
    fn lock_by(&mut self, register: usize, value: u8) -> u8 {
        match self.part.power_lock {
            Some((place, bit)) if place == register => {
                self.mode.lasting.status_locked = value >> bit & 1 == 1;
                value & !(1 << bit)
            }
            _ => value,
        }
    }

    /// Registers that follow the status registers in the data of 01h.
    fn write_behind_status(&mut self, first: usize, data: &[u8]) {
        match (self.part.read_register, first, data) {
            (ReadRegister::Macronix | ReadRegister::MacronixOne, 0, [_, value, ..]) => {
                self.mode.lasting.read_register = *value;
            }
            (ReadRegister::InfineonL, 0, [_, _, _, value]) => {
                self.read_default = *value;
                self.mode.lasting.read_register = *value;
            }
            _ => {}
        }
        if self.part.read_register == ReadRegister::InfineonL {
            self.mode.lasting.qpi = self.effective()[2] >> 3 & 1 == 1;
        }
    }

    /// WP# low with its lock bit, or locked until power-off. With quad enable set, WP# is a data line.
    fn status_locked(&self) -> bool {
        let status = self.effective();
        let data_line = self.part.quad_enable != QuadEnable::NONE && self.quad_enabled();
        let low = !self.write_protect_high && !data_line;
        let by_pin = low && status[0] >> self.part.protect.lock & 1 == 1;
        let by_power = self
            .part
            .power_lock
            .is_some_and(|(register, bit)| status[register] >> bit & 1 == 1);
        by_pin || by_power
    }

    /// 98h opens and 7Eh closes the locks of all blocks, whether they count or not.
    fn set_all_locks(&mut self, open: bool) {
        if self.part.block_locks.is_none() || !self.mode.write_enabled {
            return;
        }
        self.mode.lasting.open_locks = match open {
            true => protect::locks(self.part.size)
                .map(|lock| lock.start)
                .collect(),
            false => BTreeSet::new(),
        };
        self.mode.write_enabled = false;
    }

    /// 39h opens and 36h closes the lock at an address.
    fn set_lock(&mut self, cycle: &Cycle, open: bool) {
        let (true, Some(lock)) = (self.mode.write_enabled, self.lock_at(cycle)) else {
            return;
        };
        let locks = &mut self.mode.lasting.open_locks;
        match open {
            true => locks.insert(lock),
            false => locks.remove(&lock),
        };
        self.mode.write_enabled = false;
    }

    /// 3Dh: bit 0 is the lock at an address. What follows the first byte is not told, so it is no copy of it.
    pub(super) fn read_lock(&self, cycle: &Cycle) -> Option<Vec<u8>> {
        let lock = self.lock_at(cycle)?;
        let mut answer = vec![0xFF; cycle.read_len];
        if let Some(first) = answer.first_mut() {
            *first = u8::from(!self.lock_is_open(lock));
        }
        Some(answer)
    }

    /// Start of the lock that a command's address names.
    fn lock_at(&self, cycle: &Cycle) -> Option<u32> {
        self.part.block_locks?;
        let as_expected =
            Some(cycle.address_bits) == self.address_bits(cycle.opcode) && cycle.wait == 0;
        let address = self.array_address(cycle) % self.part.size;
        let lock = protect::locks(self.part.size).find(|lock| lock.contains(&address))?;
        as_expected.then_some(lock.start)
    }

    fn program(&mut self, cycle: &Cycle, address_pads: u8, pads: u8, clock: &mut Clock) {
        if !self.mode.write_enabled {
            return;
        }
        let qpi = self.mode.lasting.qpi;
        let wires = if qpi { (4, 4) } else { (address_pads, pads) };
        let bits = self.address_bits(cycle.opcode);
        let as_expected = Some(cycle.address_bits) == bits
            && (cycle.address_pads, cycle.pads) == wires
            && !cycle.address_ddr
            && !cycle.ddr;
        let size = self.part.page;
        let page = self.array_address(cycle) % self.part.size / size * size;
        let disabled = pads == 4 && !qpi && !self.quad_enabled();
        if disabled || !as_expected || self.touches_protected(page, size) {
            self.refuse_change(PROGRAM_ERROR);
            return;
        }
        // of more than a page only its last bytes count, and they wrap inside the page
        let skipped = cycle.write.len().saturating_sub(size as usize);
        let place = |i: usize| page + cycle.address.wrapping_add(i as u32) % size;
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
        let base = self.array_address(cycle) % self.part.size / size * size;
        if self.touches_protected(base, size) {
            self.refuse_change(ERASE_ERROR);
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
            (false, _) if opcode.is_none() && self.mode.lasting.wide => Some(32),
            (false, _) => Some(24),
        }
    }

    /// Where a command with 24 address bits goes in a larger part: the upper byte is a register's.
    pub(super) fn array_address(&self, cycle: &Cycle) -> u32 {
        match cycle.address_bits {
            24 => cycle.address | u32::from(self.mode.lasting.upper_address) << 24,
            _ => cycle.address,
        }
    }

    /// A protected place: write enable falls. Infineon's S series shows an error and stays busy until 30h.
    fn refuse_change(&mut self, error: u8) {
        if self.part.read_register == ReadRegister::InfineonS {
            self.mode.error = error;
        } else {
            self.mode.write_enabled = false;
        }
    }

    fn touches_protected(&self, start: u32, len: u32) -> bool {
        let touches = |range: &Range<u32>| start < range.end && start + len > range.start;
        if self.own_locks_count() {
            return protect::locks(self.part.size)
                .filter(touches)
                .any(|lock| !self.lock_is_open(lock.start));
        }
        let range = self.protected();
        !range.is_empty() && touches(&range)
    }

    /// Counts an operation; true when power is lost in it.
    pub(super) fn operation(&mut self) -> bool {
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
    pub(super) fn start(&mut self, ns: u64, clock: &mut Clock) {
        self.mode.busy = self.busy_polls;
        self.mode.busy_ns = ns;
        self.mode.busy_since = clock.device_ns();
        if self.busy_polls == 0 {
            clock.work(ns);
            self.mode.write_enabled = false;
        }
    }
}
