//! Registers beside the status registers: read parameters, dummy clocks, modes; where they are kept and what they do.
//!
//! | family | written by | read by | kept |
//! |--|--|--|--|
//! | ISSI read register | C0h, 63h; 65h | 61h | until power-off; 65h for good |
//! | ISSI D extended read register | 83h; 85h | 81h | the same |
//! | Winbond read parameters | C0h, in QPI only | – | until power-off, or QPI is left |
//! | Macronix configuration register | second byte of 01h | 15h | until power-off |
//! | GigaDevice dummy bit | a status register | the same | as status registers |
//! | Micron volatile, enhanced volatile | 81h, 61h | 85h, 65h | until power-off |
//! | Micron non-volatile | B1h | B5h | for good; power-on loads the volatile ones from it |
//! | Infineon L configuration register 3 | fourth byte of 01h, 71h | 33h, 65h | for good, or until power-off |
//! | Infineon S configuration register 1 | second byte of 01h | 35h | for good |

use super::cycle::Cycle;
use super::part::FourByte;
use super::{Lasting, Nor};
use crate::clock::Clock;

/// Register that sets how many clocks the part waits before it sends data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadRegister {
    /// There is none: every read command has its fixed number of dummy clocks.
    None,
    /// ISSI, as in IS25LP064A. Bits 4:3 dummy clocks, bit 2 burst wrap, bits 1:0 burst length.
    Issi,
    /// ISSI, as in IS25LP064D. Bits 6:3 dummy clocks, bit 2 burst wrap, bits 1:0 burst length.
    IssiWide,
    /// Winbond with QPI: bits 5:4 dummy clocks of reads in QPI.
    WinbondQpi,
    /// Macronix configuration register. Bits 7:6 dummy clocks.
    Macronix,
    /// Macronix with one bit of dummy clocks, 6.
    MacronixOne,
    /// A bit of a status register asks for 10 dummy clocks in the quad read, 8 in the dual read (GigaDevice).
    Status {
        /// 0 = status register 1.
        register: usize,
        /// Bit number.
        bit: u8,
    },
    /// Micron volatile configuration register. Bits 7:4 dummy clocks, bit 3 no continuous read, bits 1:0 wrap.
    Micron,
    /// Infineon S25FL-L configuration register 3. Bits 3:0 dummy clocks, bit 4 no wrap.
    InfineonL,
    /// Infineon S25FL-S: latency code in bits 7:6 of status register 2, its configuration register 1.
    InfineonS,
}

/// Values of the registers that are kept without power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Factory {
    /// Of [`Lasting`]'s read register.
    pub first: u8,
    /// Of its second register.
    pub second: u8,
}

impl ReadRegister {
    /// Its value when the part leaves the factory.
    ///
    /// ISSI and Macronix drive their outputs at the strength of 111: bits 7:5 at ISSI's first, 2:0 at Macronix.
    pub(crate) fn factory(self) -> u8 {
        self.factories().first
    }

    pub(super) fn factories(self) -> Factory {
        let (first, second) = match self {
            ReadRegister::None | ReadRegister::WinbondQpi | ReadRegister::InfineonS => (0, 0),
            ReadRegister::Status { .. } => (0, 0),
            ReadRegister::Issi => (0xE0, 0),
            ReadRegister::IssiWide => (0, 0xE0),
            ReadRegister::Macronix | ReadRegister::MacronixOne => (0x07, 0),
            ReadRegister::Micron => (0xFB, 0xFF),
            ReadRegister::InfineonL => (0x78, 0),
        };
        Factory { first, second }
    }
}

/// A read by the wires of its address and data, as registers count its dummy clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fast,
    DualIo,
    QuadIo,
}

/// Clocks of waiting as the part's registers set them; `factory` are those of the plain command.
pub(super) fn clocks(
    register: ReadRegister,
    mode: &Lasting,
    status: &[u8; 3],
    kind: Kind,
    factory: u32,
) -> u32 {
    let value = mode.read_register;
    let two = |shift: u8| usize::from(value >> shift & 3);
    // 0 and, at Micron, 15 mean the command's own number
    let four = |bits: u8, own: u8| match bits {
        0 => factory,
        bits if bits == own => factory,
        bits => u32::from(bits),
    };
    match (register, kind) {
        // only the quad read changes; 1-2-2 not confirmed
        (ReadRegister::Issi, Kind::QuadIo) => [6, 4, 8, 10][two(3)],
        (ReadRegister::IssiWide, _) => four(value >> 3 & 15, 0),
        (ReadRegister::WinbondQpi, _) if mode.qpi => [2, 4, 6, 8][two(4)],
        (ReadRegister::Macronix, Kind::QuadIo) => [6, 4, 8, 10][two(6)],
        (ReadRegister::Macronix, Kind::DualIo) => [4, 6, 8, 10][two(6)],
        (ReadRegister::Macronix, Kind::Fast) => [8, 6, 8, 10][two(6)],
        (ReadRegister::MacronixOne, Kind::QuadIo) => [6, 10][usize::from(value >> 6 & 1)],
        (ReadRegister::MacronixOne, Kind::DualIo) => [4, 8][usize::from(value >> 6 & 1)],
        (ReadRegister::Status { register, bit }, kind) if status[register] >> bit & 1 == 1 => {
            match kind {
                Kind::QuadIo => 10,
                Kind::DualIo => 8,
                Kind::Fast => factory,
            }
        }
        (ReadRegister::Micron, Kind::QuadIo) => match value >> 4 {
            0 | 15 => 10,
            bits => u32::from(bits),
        },
        (ReadRegister::Micron, Kind::DualIo) => match value >> 4 {
            0 | 15 => 8,
            bits => u32::from(bits),
        },
        (ReadRegister::Micron, Kind::Fast) => four(value >> 4, 15),
        (ReadRegister::InfineonL, _) => u32::from(value & 15),
        (ReadRegister::InfineonS, Kind::QuadIo) => [6, 6, 7, 3][usize::from(status[1] >> 6)],
        (ReadRegister::InfineonS, Kind::DualIo) => [4, 5, 6, 4][usize::from(status[1] >> 6)],
        (ReadRegister::InfineonS, Kind::Fast) => [8, 8, 8, 0][usize::from(status[1] >> 6)],
        _ => factory,
    }
}

/// Bytes after which a read jumps back to the start of its burst; `None` when it runs on.
pub(super) fn wrap(register: ReadRegister, value: u8) -> Option<usize> {
    match register {
        ReadRegister::Issi | ReadRegister::IssiWide if value & 4 != 0 => Some(8 << (value & 3)),
        ReadRegister::Micron if value & 3 != 3 => Some(16 << (value & 3)),
        ReadRegister::InfineonL if value & 0x10 == 0 => Some(8 << (value >> 5 & 3)),
        _ => None,
    }
}

/// Places of the "any register" commands of Infineon's L series, 65h and 71h.
mod any {
    /// Volatile copies lie this much higher.
    pub const VOLATILE: u32 = 0x80_0000;
    pub const STATUS: u32 = 0;
    pub const CONFIGURATION_1: u32 = 2;
    pub const CONFIGURATION_2: u32 = 3;
    pub const CONFIGURATION_3: u32 = 4;
}

impl Nor {
    /// What a register read answers; `None` where the part has no such command.
    pub(super) fn register_read(&self, opcode: u8, cycle: &Cycle) -> Option<Vec<u8>> {
        let mode = &self.mode.lasting;
        let one = |value: u8| Some(vec![value; cycle.read_len]);
        match (self.part.read_register, opcode) {
            (ReadRegister::Issi | ReadRegister::IssiWide, 0x61) => one(mode.read_register),
            (ReadRegister::IssiWide, 0x81) => one(mode.second_register),
            (ReadRegister::Macronix | ReadRegister::MacronixOne, 0x15) => {
                one(mode.read_register & !0x20 | u8::from(mode.four_byte) << 5)
            }
            (ReadRegister::Micron, 0x85) => one(mode.read_register),
            (ReadRegister::Micron, 0x65) => one(mode.second_register),
            // ready, and the address length in bit 0
            (ReadRegister::Micron, 0x70) => one(0x80 | u8::from(mode.four_byte)),
            (ReadRegister::Micron, 0xB5) => {
                let both = self.non_volatile.to_le_bytes();
                Some(both.iter().copied().cycle().take(cycle.read_len).collect())
            }
            (ReadRegister::InfineonL, 0x33) => one(mode.read_register),
            (ReadRegister::InfineonL, 0x65) => one(self.any_register(cycle.address)),
            (ReadRegister::InfineonL | ReadRegister::InfineonS, 0x07) => one(0),
            _ => match (self.part.four_byte, opcode) {
                (FourByte::Mode | FourByte::ModeInStatus3, 0xC8) => one(mode.upper_address),
                (FourByte::Bank, 0x16) => {
                    one(mode.upper_address & 0x7F | u8::from(mode.four_byte) << 7)
                }
                _ => None,
            },
        }
    }

    fn any_register(&self, address: u32) -> u8 {
        let (status, third) = match address & any::VOLATILE {
            0 => (self.status, self.read_default),
            _ => (self.effective(), self.mode.lasting.read_register),
        };
        match address & !any::VOLATILE {
            any::STATUS => status[0],
            any::CONFIGURATION_1 => status[1],
            any::CONFIGURATION_2 => status[2],
            any::CONFIGURATION_3 => third,
            _ => 0xFF,
        }
    }

    /// A register write; false where the part has no such command.
    pub(super) fn register_write(&mut self, opcode: u8, cycle: &Cycle, clock: &mut Clock) -> bool {
        let last = cycle.write.last().copied();
        match (self.part.read_register, opcode) {
            // That C0h and 63h need write enable is a guess; an FCB sends it anyway.
            (ReadRegister::Issi | ReadRegister::IssiWide, 0xC0 | 0x63) => self.set_first(last),
            (ReadRegister::Issi | ReadRegister::IssiWide, 0x65) => self.keep_first(last, clock),
            (ReadRegister::IssiWide, 0x83) => self.set_second(last),
            (ReadRegister::IssiWide, 0x85) => self.set_second(last),
            // needs no write enable
            (ReadRegister::WinbondQpi, 0xC0) if self.mode.lasting.qpi => {
                self.mode.lasting.read_register = last.unwrap_or(0);
            }
            (ReadRegister::Micron, 0x81) => self.set_first(last),
            (ReadRegister::Micron, 0x61) => {
                self.set_second(last);
                self.mode.lasting.qpi = self.mode.lasting.second_register & 0x80 == 0;
            }
            (ReadRegister::Micron, 0xB1) => self.keep_micron(&cycle.write, clock),
            (ReadRegister::InfineonL, 0x71) => self.write_any(cycle, clock),
            _ => return self.address_write(opcode, last),
        }
        true
    }

    /// Writes to the upper address byte.
    fn address_write(&mut self, opcode: u8, value: Option<u8>) -> bool {
        match (self.part.four_byte, opcode) {
            (FourByte::Mode | FourByte::ModeInStatus3, 0xC5) => {
                if let (true, Some(value)) = (self.mode.write_enabled, value) {
                    self.mode.lasting.upper_address = value;
                    self.mode.write_enabled = false;
                }
            }
            (FourByte::Bank, 0x17) => {
                let value = value.unwrap_or(0);
                self.mode.lasting.upper_address = value & 0x7F;
                self.mode.lasting.four_byte = value & 0x80 != 0;
            }
            _ => return false,
        }
        true
    }

    /// The volatile register, in force at once.
    fn set_first(&mut self, value: Option<u8>) {
        if let (true, Some(value)) = (self.mode.write_enabled, value) {
            self.mode.lasting.read_register = value;
            self.mode.write_enabled = false;
        }
    }

    fn set_second(&mut self, value: Option<u8>) {
        if let (true, Some(value)) = (self.mode.write_enabled, value) {
            self.mode.lasting.second_register = value;
            self.mode.write_enabled = false;
        }
    }

    /// The register that power-on loads, and the volatile one with it.
    pub(super) fn keep_first(&mut self, value: Option<u8>, clock: &mut Clock) {
        let (true, Some(value)) = (self.mode.write_enabled, value) else {
            return;
        };
        if !self.operation() {
            self.read_default = value;
            self.mode.lasting.read_register = value;
            self.start(self.part.times.status, clock);
        }
    }

    /// Two bytes, the low one first; in force from the next power-on.
    fn keep_micron(&mut self, data: &[u8], clock: &mut Clock) {
        let (true, &[low, high]) = (self.mode.write_enabled, data) else {
            return;
        };
        if !self.operation() {
            self.non_volatile = u16::from_le_bytes([low, high]);
            self.start(self.part.times.status, clock);
        }
    }

    fn write_any(&mut self, cycle: &Cycle, clock: &mut Clock) {
        let (true, Some(&value)) = (self.mode.write_enabled, cycle.write.last()) else {
            return;
        };
        let register = match cycle.address & !any::VOLATILE {
            any::STATUS => 0,
            any::CONFIGURATION_1 => 1,
            any::CONFIGURATION_2 => 2,
            any::CONFIGURATION_3 if cycle.address & any::VOLATILE == 0 => {
                return self.keep_first(Some(value), clock);
            }
            any::CONFIGURATION_3 => return self.set_first(Some(value)),
            _ => return,
        };
        if cycle.address & any::VOLATILE != 0 {
            self.mode.write_enabled = false;
            self.mode.volatile_write_enabled = true;
        }
        self.write_status(register, &[value], clock);
    }
}

#[cfg(test)]
mod tests;
