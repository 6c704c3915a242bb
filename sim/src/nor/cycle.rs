//! One chip-select cycle, as the FlexSPI sequencer puts it on the wires.

/// What goes out and how many bytes come back between chip select low and high.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cycle {
    /// First command byte; `None` in a sequence that starts with an address (continuous read).
    pub opcode: Option<u8>,
    /// Wires the command byte uses: 1, 2, 4, 8.
    pub opcode_pads: u8,
    /// Command byte on both clock edges.
    pub opcode_ddr: bool,
    /// Further command bytes.
    pub more: Vec<u8>,
    /// Address, cut to `address_bits`.
    pub address: u32,
    /// Address length in bits; 0 = no address phase.
    pub address_bits: u8,
    /// Wires of the address.
    pub address_pads: u8,
    /// Address on both clock edges.
    pub address_ddr: bool,
    /// Mode bits after the address, when the sequence sends some.
    pub mode: Option<u8>,
    /// Clocks between address and data: mode bits and dummies together.
    pub wait: u32,
    /// Wires of the data.
    pub pads: u8,
    /// Data on both clock edges.
    pub ddr: bool,
    /// Bytes written.
    pub write: Vec<u8>,
    /// Bytes to read.
    pub read_len: usize,
}

impl Cycle {
    /// A cycle with nothing in it, on one wire.
    pub fn new(address: u32) -> Cycle {
        Cycle {
            opcode_pads: 1,
            address,
            address_pads: 1,
            pads: 1,
            ..Cycle::default()
        }
    }

    /// Bits that data moves per clock.
    pub fn data_rate(&self) -> u32 {
        u32::from(self.pads) * if self.ddr { 2 } else { 1 }
    }
}
