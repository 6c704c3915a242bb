//! A serial NOR flash: a command decoder over an array of bytes.
//!
//! The controller hands over whole chip-select cycles. The mistakes a host can make have their effect: wrong dummy clocks
//! shift the data, a quad command with quad enable clear returns garbage, a program without write enable does nothing,
//! programming only clears bits, and a busy part answers only status reads.

mod change;
mod cycle;
mod part;
mod parts;
mod protect;
mod read;
mod register;
mod tear;
mod trace;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use cycle::Cycle;
pub use part::{BlockProtect, Continuous, FourByte, PAGE, Part, QuadEnable, Times};
pub use register::ReadRegister;
pub use trace::Trace;

use crate::clock::Clock;

/// Status register 1: write in progress.
const WIP: u8 = 1;
/// Status register 1: write enable latch.
const WEL: u8 = 2;

/// The flash, its state and its faults.
#[derive(Debug, Clone)]
pub struct Nor {
    /// What part it is.
    pub part: Part,
    /// Contents.
    pub memory: Vec<u8>,
    /// Status registers 1 to 3 as they are kept without power; bits 0 and 1 of the first live elsewhere.
    pub status: [u8; 3],
    /// Non-volatile copy of the read register (ISSI, Infineon L); power-on loads it.
    pub read_default: u8,
    /// Micron's non-volatile configuration register; power-on loads it.
    pub non_volatile: u16,
    /// False: no part is there, all lines read as ones.
    pub present: bool,
    /// Status reads that still show "busy" after a command.
    pub busy_polls: u32,
    /// Only status reads end the busy time; otherwise it also ends after the operation's time has passed.
    pub polls_only: bool,
    /// Busy for ever, from now on.
    pub stuck_busy: bool,
    /// RESET# held low: as if absent, state lost.
    pub held_in_reset: bool,
    /// Wired to pins that the running program does not drive: as if absent, state kept.
    pub out_of_reach: bool,
    /// Level of the WP# pin: false = low, status registers lockable.
    pub write_protect_high: bool,
    /// Programs do nothing (the busy time passes).
    pub ignores_program: bool,
    /// Erases do nothing (the busy time passes).
    pub ignores_erase: bool,
    /// Bits that never become 1 again: address to mask.
    pub never_erase: BTreeMap<u32, u8>,
    /// Bits that never become 0: address to mask.
    pub never_program: BTreeMap<u32, u8>,
    /// Counts down with every program, erase and status write; at 0 the operation stops half-way and power is lost.
    pub cut_after: Option<u64>,
    /// Seed for cells that end in no order when power is lost; without it the operation ends half-way.
    pub cut_tears: Option<u64>,
    /// Power was lost in `cut_after`'s operation; a power cycle clears it.
    pub cut: bool,
    /// Bits that read both ways, left by a torn operation: address to mask. An erase or a program of the bit firms them. At odd
    /// addresses they keep their value while there is power.
    pub weak: BTreeMap<u32, u8>,
    /// Programs, erases and status writes so far.
    pub operations: u64,
    /// Reads of the array so far.
    pub reads: u64,
    /// Reads of the array whose answer is not what the cells hold: number from 1, byte of it, bits to turn.
    pub misreads: Vec<(u64, usize, u8)>,
    /// Cycles are written down here while set.
    pub trace: Option<Trace>,
    weak_dice: tear::Dice,
    mode: Mode,
}

/// State that power-off clears and a reset of the chip does not.
#[derive(Debug, Clone, Default)]
struct Mode {
    write_enabled: bool,
    volatile_write_enabled: bool,
    reset_armed: bool,
    busy: u32,
    busy_ns: u64,
    busy_since: u64,
    /// Error bits of status register 1, which keep a part of Infineon's S series busy.
    error: u8,
    lasting: Lasting,
}

/// The part of the mode that lasts until power-off or the part's own reset commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lasting {
    qpi: bool,
    continuous: bool,
    power_down: bool,
    four_byte: bool,
    read_register: u8,
    second_register: u8,
    /// Address bits 31:24 of commands that send 24.
    upper_address: u8,
    /// The locks of single blocks that are open, by the start of each.
    open_locks: BTreeSet<u32>,
    /// Continuous read began with a command of 32 address bits.
    wide: bool,
    /// Status registers that 50h has set until power-off.
    status: Option<[u8; 3]>,
    /// The status registers are locked until power-off.
    status_locked: bool,
}

impl Nor {
    /// A blank part, quad enable clear.
    pub fn new(part: Part) -> Nor {
        let mut nor = Nor {
            memory: vec![0xFF; part.size as usize],
            status: [0; 3],
            read_default: part.read_register.factory(),
            non_volatile: 0xFFFF,
            present: true,
            busy_polls: 3,
            polls_only: false,
            stuck_busy: false,
            held_in_reset: false,
            out_of_reach: false,
            write_protect_high: true,
            ignores_program: false,
            ignores_erase: false,
            never_erase: BTreeMap::new(),
            never_program: BTreeMap::new(),
            cut_after: None,
            cut_tears: None,
            cut: false,
            weak: BTreeMap::new(),
            operations: 0,
            reads: 0,
            misreads: Vec::new(),
            trace: None,
            weak_dice: tear::Dice::seeded(1),
            mode: Mode::default(),
            part,
        };
        nor.mode = nor.awake();
        nor
    }

    /// Modes and volatile registers after power-on or the part's reset commands.
    fn awake(&self) -> Mode {
        let register = self.part.read_register;
        let [low, high] = self.non_volatile.to_le_bytes();
        let (first, second) = match register {
            // dummy clocks and continuous read of the one, protocol and drive strength of the other
            ReadRegister::Micron => (
                high & 0xF0 | u8::from(high & 0x0E == 0x0E) << 3 | 3,
                low << 4 & 0x80 | low << 4 & 0x40 | 0x3F,
            ),
            _ => (self.read_default, register.factories().second),
        };
        let four_byte = match self.part.four_byte {
            FourByte::ModeInStatus3 => self.status[2] >> 1 & 1 == 1,
            FourByte::Mode if register == ReadRegister::Micron => low & 1 == 0,
            _ => false,
        };
        let qpi = match register {
            ReadRegister::Micron => second & 0x80 == 0,
            ReadRegister::InfineonL => self.status[2] >> 3 & 1 == 1,
            _ => false,
        };
        Mode {
            lasting: Lasting {
                read_register: first,
                second_register: second,
                four_byte,
                qpi,
                ..Lasting::default()
            },
            ..Mode::default()
        }
    }

    /// Status registers in force: those kept, or those set until power-off.
    fn effective(&self) -> [u8; 3] {
        let mut status = self.mode.lasting.status.unwrap_or(self.status);
        if let Some((register, bit)) = self.part.power_lock {
            status[register] |= u8::from(self.mode.lasting.status_locked) << bit;
        }
        status
    }

    /// Power off and on.
    pub fn power_cycle(&mut self) {
        if let Some((register, bit)) = self.part.power_lock {
            self.status[register] &= !(1 << bit);
        }
        self.mode = self.awake();
        self.cut = false;
        self.settle_weak_bits(true);
    }

    /// Is quad enable set?
    pub fn quad_enabled(&self) -> bool {
        let QuadEnable { register, bit } = self.part.quad_enable;
        self.effective()
            .get(register)
            .is_none_or(|status| status >> bit & 1 == 1)
    }

    /// Sets or clears quad enable, where there is such a bit.
    pub fn set_quad_enabled(&mut self, on: bool) {
        let QuadEnable { register, bit } = self.part.quad_enable;
        if let Some(status) = self.status.get_mut(register) {
            *status = *status & !(1 << bit) | u8::from(on) << bit;
        }
    }

    /// Does the part sit in QPI mode, where one-wire commands are not heard?
    pub fn in_qpi(&self) -> bool {
        self.mode.lasting.qpi
    }

    /// Modes and volatile registers, which a reset of the chip leaves as they are.
    pub fn lasting(&self) -> Lasting {
        self.mode.lasting.clone()
    }

    /// The same after power-on.
    pub fn lasting_at_power_on(&self) -> Lasting {
        self.awake().lasting
    }

    /// Puts the part into modes that [`Nor::lasting`] told.
    pub fn set_lasting(&mut self, lasting: Lasting) {
        self.mode.lasting = lasting;
    }

    /// The locks of single blocks count, in place of the block-protect bits.
    fn own_locks_count(&self) -> bool {
        let status = self.effective();
        let locks = self.part.block_locks;
        locks.is_some_and(|(register, bit)| status[register] >> bit & 1 == 1)
    }

    /// From the first to the last byte that the block-protect bits, or the locks of single blocks, keep from change.
    pub fn protected(&self) -> std::ops::Range<u32> {
        if !self.own_locks_count() {
            return protect::protected(&self.part, &self.effective());
        }
        let is_closed = |lock: &std::ops::Range<u32>| !self.lock_is_open(lock.start);
        let mut closed = protect::locks(self.part.size).filter(is_closed);
        match closed.next() {
            None => 0..0,
            Some(first) => first.start..closed.last().map_or(first.end, |last| last.end),
        }
    }

    /// The lock at `start` was opened since power-on.
    fn lock_is_open(&self, start: u32) -> bool {
        self.mode.lasting.open_locks.contains(&start)
    }

    /// The trace so far, and starts afresh; empty when tracing is off.
    pub fn take_trace(&mut self) -> Vec<String> {
        self.trace.as_mut().map(Trace::take).unwrap_or_default()
    }

    /// Runs one cycle; returns exactly `read_len` bytes.
    pub fn cycle(&mut self, cycle: &Cycle, clock: &mut Clock) -> Vec<u8> {
        let answer = if self.present && !self.held_in_reset && !self.out_of_reach && !self.cut {
            self.dispatch(cycle, clock)
        } else {
            None
        };
        if let Some(trace) = &mut self.trace {
            trace.add(cycle, answer.as_deref());
        }
        answer.unwrap_or_else(|| vec![0xFF; cycle.read_len])
    }

    /// What the part drives; `None` = it leaves the lines to their pull-ups.
    fn dispatch(&mut self, cycle: &Cycle, clock: &mut Clock) -> Option<Vec<u8>> {
        let opcode = match (self.mode.lasting.continuous, cycle.opcode) {
            // in continuous read the part takes an address, not an opcode
            (true, None) => 0xEB,
            (true, Some(_)) => return Some(self.disturb_continuous(cycle)),
            (false, None) => return None,
            (false, Some(opcode)) => opcode,
        };
        // eight wires, or a command byte on both clock edges, are no command to a quad part
        let pads = if self.mode.lasting.qpi { 4 } else { 1 };
        if cycle.opcode.is_some() && (cycle.opcode_pads != pads || cycle.opcode_ddr) {
            return None;
        }
        if self.mode.lasting.power_down {
            self.mode.lasting.power_down = opcode != 0xAB;
            return None;
        }
        if let Some(index) = self.status_read(opcode) {
            return Some(self.read_status(index, cycle.read_len, clock));
        }
        self.settle_busy(clock);
        if self.mode.error != 0 && matches!(opcode, 0x30 | 0xF0) {
            (self.mode.error, self.mode.write_enabled) = (0, false);
            return None;
        }
        if self.mode.busy > 0 || self.stuck_busy || self.mode.error != 0 {
            return None;
        }
        let was_armed = std::mem::take(&mut self.mode.reset_armed);
        match opcode {
            0x66 => self.mode.reset_armed = true,
            0x99 if was_armed && self.resets_by_99() => self.mode = self.awake(),
            0xF0 if !self.resets_by_99() => self.mode = self.awake(),
            _ => return self.command(opcode, cycle, clock),
        }
        None
    }

    /// Infineon's S series resets by F0h alone.
    fn resets_by_99(&self) -> bool {
        self.part.read_register != ReadRegister::InfineonS
    }

    /// A command of a part that is awake, idle and listens to opcodes.
    fn command(&mut self, opcode: u8, cycle: &Cycle, clock: &mut Clock) -> Option<Vec<u8>> {
        if let Some(data) = self.read_command(opcode, cycle) {
            return Some(data);
        }
        match opcode {
            0x06 => self.mode.write_enabled = true,
            0x04 => self.mode.write_enabled = false,
            0x50 => self.mode.volatile_write_enabled = true,
            0x3D if self.part.block_locks.is_some() => return self.read_lock(cycle),
            0xB9 => self.mode.lasting.power_down = true,
            0xB7 if self.has_address_mode() => self.mode.lasting.four_byte = true,
            0xE9 if self.has_address_mode() => self.mode.lasting.four_byte = false,
            _ if self.mode.lasting.qpi && opcode == self.part.exit_qpi => self.leave_qpi(),
            _ if Some(opcode) == self.part.enter_qpi => self.enter_qpi(),
            _ => self.change(opcode, cycle, clock),
        }
        None
    }

    /// B7h and E9h exist.
    fn has_address_mode(&self) -> bool {
        matches!(
            self.part.four_byte,
            FourByte::Mode | FourByte::ModeInStatus3
        )
    }

    /// Winbond's parts hear the command only with quad enable set.
    fn enter_qpi(&mut self) {
        let needs_quad = self.part.read_register == ReadRegister::WinbondQpi;
        if !needs_quad || self.quad_enabled() {
            self.mode.lasting.qpi = true;
        }
    }

    fn leave_qpi(&mut self) {
        self.mode.lasting.qpi = false;
        if self.part.read_register == ReadRegister::WinbondQpi {
            self.mode.lasting.read_register = 0;
        }
    }

    /// An opcode on the wires while the part waits for an address: garbage, and four quiet wires end the mode.
    fn disturb_continuous(&mut self, cycle: &Cycle) -> Vec<u8> {
        // the mode bits follow three or four bytes of address, the first of which stands in the opcode's place
        let place = match self.address_bits(None) {
            Some(32) => 3,
            _ => 2,
        };
        if cycle.opcode_pads == 4
            && let Some(mode) = cycle.more.get(place)
        {
            self.mode.lasting.continuous = self.continues(*mode);
        }
        read::garbage(cycle)
    }
}
