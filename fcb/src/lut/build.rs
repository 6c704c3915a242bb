use super::{Instruction, Opcode, Sequence};

/// Bytes one read instruction asks for when the request gives no count; what the flashloader writes.
const READ_BYTES: u8 = 4;

const fn command(opcode: u8) -> Instruction {
    Instruction::new(Opcode::CMD, 1, opcode)
}

impl Sequence {
    /// A read: command on one pad, then address, dummy cycles, data.
    ///
    /// The dummy cycles (mode cycles included) pass on the data pads. `address_bits` is 24 or 32, pads are 1, 2, 4 or 8.
    pub fn read(
        opcode: u8,
        address_bits: u8,
        address_pads: u8,
        data_pads: u8,
        dummy_cycles: u8,
    ) -> Sequence {
        let address = Instruction::new(Opcode::RADDR, address_pads, address_bits);
        let dummy = Instruction::new(Opcode::DUMMY, data_pads, dummy_cycles);
        let data = Instruction::new(Opcode::READ, data_pads, READ_BYTES);
        match dummy_cycles {
            0 => Sequence::of(&[command(opcode), address, data]),
            _ => Sequence::of(&[command(opcode), address, dummy, data]),
        }
    }

    /// A quad read that sends a mode byte before its dummy cycles.
    pub fn read_with_mode(
        opcode: u8,
        address_bits: u8,
        address_pads: u8,
        data_pads: u8,
        mode: u8,
        dummy: u8,
    ) -> Sequence {
        Sequence::of(&[
            command(opcode),
            Instruction::new(Opcode::RADDR, address_pads, address_bits),
            Instruction::new(Opcode::MODE8, address_pads, mode),
            Instruction::new(Opcode::DUMMY, data_pads, dummy),
            Instruction::new(Opcode::READ, data_pads, READ_BYTES),
        ])
    }

    /// A command byte alone, such as write enable (06h).
    pub fn command(opcode: u8) -> Sequence {
        Sequence::of(&[command(opcode)])
    }

    /// A command that answers with `len` bytes, such as read status (05h) or read id (9Fh).
    pub fn read_register(opcode: u8, len: u8) -> Sequence {
        Sequence::of(&[command(opcode), Instruction::new(Opcode::READ, 1, len)])
    }

    /// A command that takes `len` bytes, such as write status (01h).
    pub fn write_register(opcode: u8, len: u8) -> Sequence {
        Sequence::of(&[command(opcode), Instruction::new(Opcode::WRITE, 1, len)])
    }

    /// An erase of what lies at the address.
    pub fn erase(opcode: u8, address_bits: u8) -> Sequence {
        Sequence::of(&[
            command(opcode),
            Instruction::new(Opcode::RADDR, 1, address_bits),
        ])
    }

    /// A page program: command on one pad, then address, then data.
    pub fn program(opcode: u8, address_bits: u8, address_pads: u8, data_pads: u8) -> Sequence {
        Sequence::of(&[
            command(opcode),
            Instruction::new(Opcode::RADDR, address_pads, address_bits),
            Instruction::new(Opcode::WRITE, data_pads, READ_BYTES),
        ])
    }

    /// Read of the SFDP: 24-bit address, 8 dummy cycles, one pad. Other parameters do not exist.
    ///
    /// Operand 0xFF, as the SDK writes it. Source: JESD216.
    pub fn read_sfdp() -> Sequence {
        Sequence::of(&[
            command(0x5A),
            Instruction::new(Opcode::RADDR, 1, 24),
            Instruction::new(Opcode::DUMMY, 1, 8),
            Instruction::new(Opcode::READ, 1, 0xFF),
        ])
    }
}
