use alloc::vec::Vec;

/// The four-byte address instruction table (id 0xFF84): which commands take a 32-bit address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FourByteTable {
    /// Flags: bit 0 13h, 1 0Ch, 2 3Ch, 3 BCh, 4 6Ch, 5 ECh, 6 12h, 7 34h, 8 3Eh, 9 to 12 erase types 1 to 4.
    pub flags: u32,
    /// The commands of erase types 1 to 4.
    pub erase_opcodes: [u8; 4],
}

impl FourByteTable {
    pub(crate) fn of(dwords: Vec<u32>) -> FourByteTable {
        let dword = |i: usize| dwords.get(i).copied().unwrap_or(0);
        FourByteTable {
            flags: dword(0),
            erase_opcodes: dword(1).to_le_bytes(),
        }
    }

    /// Whether ECh reads with address and data on four pads.
    pub fn quad_io(&self) -> bool {
        self.flags >> 5 & 1 == 1
    }

    /// Whether 6Ch reads with data on four pads.
    pub fn quad_output(&self) -> bool {
        self.flags >> 4 & 1 == 1
    }

    /// Whether 12h programs a page.
    pub fn program(&self) -> bool {
        self.flags >> 6 & 1 == 1
    }

    /// The command of erase type `kind`, 0 to 3, when it exists.
    pub fn erase(&self, kind: usize) -> Option<u8> {
        let opcode = *self.erase_opcodes.get(kind)?;
        (self.flags >> (9 + kind) & 1 == 1).then_some(opcode)
    }
}
