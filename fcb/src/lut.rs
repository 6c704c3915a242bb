//! The look-up table of the FlexSPI controller: what goes over the SPI wires for a read, an erase, a program.
//!
//! The table has 64 words, in 16 sequences of 8 instructions. An instruction has 16 bits:
//!
//! | bits  | field                                  |
//! |-------|----------------------------------------|
//! | 15:10 | opcode                                 |
//! | 9:8   | pads: 0 = 1, 1 = 2, 2 = 4, 3 = 8       |
//! | 7:0   | operand: command, bits, cycles or bytes |
//!
//! Instructions lie little-endian, one behind the other, so a 32-bit word holds the first in bits 15:0.
//!
//! Source: SDK `fsl_romapi.h` and `fsl_flexspi.h`, SPSDK, imxrt-boot-gen.

mod build;
mod text;

use alloc::vec::Vec;

use byteorder::{ByteOrder, LE};

/// Bytes that 24 address bits reach.
pub const REACH_24: u32 = 16 << 20;

/// Which sequence does what, as the ROM and the flashloader use the table of a NOR flash.
///
/// Source: RT1020 ROM driver `flexspi_nor_flash.h`, SDK FlexSPI NOR headers.
pub mod index {
    /// Read, through the memory map at 0x60000000.
    pub const READ: usize = 0;
    /// Read the status register, to see whether the part is busy.
    pub const READ_STATUS: usize = 1;
    /// The same once the part is in quad or octal command mode.
    pub const READ_STATUS_XPI: usize = 2;
    /// Write enable (06h).
    pub const WRITE_ENABLE: usize = 3;
    /// The device-mode sequence (quad enable) where an FCB asks for one; write enable in quad or octal command mode.
    pub const DEVICE_MODE: usize = 4;
    /// Erase one sector: as much as the FCB's sectorSize says.
    pub const ERASE_SECTOR: usize = 5;
    /// Read the JEDEC id.
    pub const READ_ID: usize = 7;
    /// Erase one block: as much as the FCB's blockSize says.
    pub const ERASE_BLOCK: usize = 8;
    /// Program one page.
    pub const PAGE_PROGRAM: usize = 9;
    /// Erase the whole part.
    pub const ERASE_CHIP: usize = 11;
    /// Free; the SDK's FCB for the RT1020 EVK keeps its config command here.
    pub const CONFIG_COMMAND: usize = 12;
    /// Read the SFDP.
    pub const READ_SFDP: usize = 13;
    /// Go back to reading without a command byte.
    pub const RESTORE_NO_CMD: usize = 14;
    /// Leave the mode of reading without a command byte.
    pub const EXIT_NO_CMD: usize = 15;

    /// What a sequence is for, in words.
    pub fn name(index: usize) -> &'static str {
        match index {
            READ => "read",
            READ_STATUS => "read status",
            READ_STATUS_XPI => "read status (xPI)",
            WRITE_ENABLE => "write enable",
            DEVICE_MODE => "device mode",
            ERASE_SECTOR => "erase sector",
            READ_ID => "read id",
            ERASE_BLOCK => "erase block",
            PAGE_PROGRAM => "page program",
            ERASE_CHIP => "erase chip",
            CONFIG_COMMAND => "free or config command",
            READ_SFDP => "read SFDP",
            RESTORE_NO_CMD => "restore no-command mode",
            EXIT_NO_CMD => "exit no-command mode",
            _ => "free",
        }
    }
}

/// What an instruction does. Codes without a name are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

macro_rules! opcodes {
    ($($(#[$doc:meta])* $konst:ident = $code:literal, $name:literal;)*) => {
        impl Opcode {
            $($(#[$doc])* pub const $konst: Opcode = Opcode($code);)*
        }
        const OPCODES: &[(Opcode, &str)] = &[$((Opcode($code), $name)),*];
    };
}

opcodes! {
    /// End of the sequence.
    STOP = 0x00, "STOP";
    /// Send a command byte.
    CMD = 0x01, "CMD";
    /// Send the row address: the operand is its number of bits.
    RADDR = 0x02, "RADDR";
    /// Send the column address.
    CADDR = 0x03, "CADDR";
    /// Send one mode bit.
    MODE1 = 0x04, "MODE1";
    /// Send two mode bits.
    MODE2 = 0x05, "MODE2";
    /// Send four mode bits.
    MODE4 = 0x06, "MODE4";
    /// Send eight mode bits.
    MODE8 = 0x07, "MODE8";
    /// Send data; the operand counts bytes when the request itself does not.
    WRITE = 0x08, "WRITE";
    /// Receive data; the operand counts bytes when the request itself does not.
    READ = 0x09, "READ";
    /// Learn the sampling point from a known pattern.
    LEARN = 0x0A, "LEARN";
    /// Send the size of the data.
    DATSZ = 0x0B, "DATSZ";
    /// Let clock cycles pass.
    DUMMY = 0x0C, "DUMMY";
    /// Let clock cycles pass, doubled when RWDS asks for it.
    DUMMY_RWDS = 0x0D, "DUMMY_RWDS";
    /// Jump to an instruction at the next access, skipping the command byte.
    JMP_ON_CS = 0x1F, "JMP_ON_CS";
    /// [`Opcode::CMD`] on both clock edges.
    CMD_DDR = 0x21, "CMD_DDR";
    /// [`Opcode::RADDR`] on both clock edges.
    RADDR_DDR = 0x22, "RADDR_DDR";
    /// [`Opcode::CADDR`] on both clock edges.
    CADDR_DDR = 0x23, "CADDR_DDR";
    /// [`Opcode::MODE1`] on both clock edges.
    MODE1_DDR = 0x24, "MODE1_DDR";
    /// [`Opcode::MODE2`] on both clock edges.
    MODE2_DDR = 0x25, "MODE2_DDR";
    /// [`Opcode::MODE4`] on both clock edges.
    MODE4_DDR = 0x26, "MODE4_DDR";
    /// [`Opcode::MODE8`] on both clock edges.
    MODE8_DDR = 0x27, "MODE8_DDR";
    /// [`Opcode::WRITE`] on both clock edges.
    WRITE_DDR = 0x28, "WRITE_DDR";
    /// [`Opcode::READ`] on both clock edges.
    READ_DDR = 0x29, "READ_DDR";
    /// [`Opcode::LEARN`] on both clock edges.
    LEARN_DDR = 0x2A, "LEARN_DDR";
    /// [`Opcode::DATSZ`] on both clock edges.
    DATSZ_DDR = 0x2B, "DATSZ_DDR";
    /// [`Opcode::DUMMY`] on both clock edges.
    DUMMY_DDR = 0x2C, "DUMMY_DDR";
    /// [`Opcode::DUMMY_RWDS`] on both clock edges.
    DUMMY_RWDS_DDR = 0x2D, "DUMMY_RWDS_DDR";
}

impl Opcode {
    /// The controller's name of the opcode; `None` for a code without one.
    pub fn name(self) -> Option<&'static str> {
        OPCODES
            .iter()
            .find(|(code, _)| *code == self)
            .map(|(_, name)| *name)
    }

    /// Whether data moves on both clock edges.
    pub fn is_ddr(self) -> bool {
        (0x21..=0x2D).contains(&self.0)
    }

    /// The same step on one clock edge.
    fn sdr(self) -> Opcode {
        if self.is_ddr() {
            Opcode(self.0 - 0x20)
        } else {
            self
        }
    }
}

/// One step of a sequence, 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What to do: 6 bits.
    pub opcode: Opcode,
    /// On how many data lines: 1, 2, 4 or 8. Other numbers count as the next lower of these.
    pub pads: u8,
    /// Command byte, number of bits, cycles or bytes.
    pub operand: u8,
}

impl Instruction {
    /// End of the sequence.
    pub const STOP: Instruction = Instruction::new(Opcode::STOP, 1, 0);

    /// Puts the three fields together.
    pub const fn new(opcode: Opcode, pads: u8, operand: u8) -> Instruction {
        Instruction {
            opcode,
            pads,
            operand,
        }
    }

    /// Takes the 16 bits apart. Every value has a meaning here, named or not.
    pub fn decode(bits: u16) -> Instruction {
        let [operand, high] = bits.to_le_bytes();
        Instruction {
            opcode: Opcode(high >> 2),
            pads: 1 << (high & 3),
            operand,
        }
    }

    /// The 16 bits of the table.
    pub fn encode(self) -> u16 {
        let pads = self.pads.checked_ilog2().unwrap_or(0).min(3) as u8;
        u16::from_le_bytes([self.operand, (self.opcode.0 & 0x3F) << 2 | pads])
    }
}

/// One sequence of the table: 8 instructions, 16 bytes; unused ones are [`Instruction::STOP`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Sequence(pub [Instruction; Sequence::STEPS]);

impl Sequence {
    /// Instructions in a sequence.
    pub const STEPS: usize = 8;
    /// Bytes of a sequence.
    pub const LEN: usize = 16;
    /// A sequence that does nothing: all zero.
    pub const EMPTY: Sequence = Sequence([Instruction::STOP; Sequence::STEPS]);

    /// A sequence of these steps; steps beyond the eighth are dropped.
    pub fn of(steps: &[Instruction]) -> Sequence {
        let mut sequence = Sequence::EMPTY;
        for (place, step) in sequence.0.iter_mut().zip(steps) {
            *place = *step;
        }
        sequence
    }

    /// A sequence of these 32-bit words, as C headers give them; words beyond the fourth are dropped.
    pub fn from_words(words: &[u32]) -> Sequence {
        let halves = words
            .iter()
            .flat_map(|word| [*word as u16, (*word >> 16) as u16]);
        let steps: Vec<Instruction> = halves.map(Instruction::decode).collect();
        Sequence::of(&steps)
    }

    /// The four 32-bit words.
    pub fn words(&self) -> [u32; 4] {
        let mut words = [0; 4];
        LE::read_u32_into(&self.to_bytes(), &mut words);
        words
    }

    /// Takes 16 bytes of the table apart.
    pub fn from_bytes(bytes: &[u8; Sequence::LEN]) -> Sequence {
        let mut words = [0; 4];
        LE::read_u32_into(bytes, &mut words);
        Sequence::from_words(&words)
    }

    /// The 16 bytes of the table.
    pub fn to_bytes(&self) -> [u8; Sequence::LEN] {
        let mut bytes = [0; Sequence::LEN];
        LE::write_u16_into(&self.0.map(Instruction::encode), &mut bytes);
        bytes
    }

    /// The steps up to the first STOP.
    pub fn steps(&self) -> &[Instruction] {
        let end = self
            .0
            .iter()
            .position(|step| step.opcode == Opcode::STOP)
            .unwrap_or(Sequence::STEPS);
        self.0.get(..end).unwrap_or(&self.0)
    }

    /// Whether all of it is erased flash: its page was not programmed, or not to its end.
    pub fn is_erased(&self) -> bool {
        self.to_bytes() == [0xFF; Sequence::LEN]
    }

    /// Whether a flash may answer it with its content at an address: it has an address and data to the controller, and the
    /// controller knows its instructions.
    pub fn may_read(&self) -> bool {
        let has = |opcode: Opcode| self.steps().iter().any(|step| step.opcode.sdr() == opcode);
        let known = |step: &Instruction| step.opcode.name().is_some();
        self.steps().iter().all(known) && has(Opcode::RADDR) && has(Opcode::READ)
    }

    /// Whether the sequence does nothing.
    pub fn is_empty(&self) -> bool {
        self.steps().is_empty()
    }

    /// The first command byte it sends.
    pub fn command_byte(&self) -> Option<u8> {
        self.steps()
            .iter()
            .find(|step| step.opcode.sdr() == Opcode::CMD)
            .map(|step| step.operand)
    }
}
