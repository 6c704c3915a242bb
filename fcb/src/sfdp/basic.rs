use alloc::vec::Vec;
use core::time::Duration;

use super::span;
use crate::part::Span;

/// The basic flash parameter table (BFP): 9 dwords in the first JESD216, 16 or more later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicTable {
    /// The dwords as they are; the standard counts them from 1.
    pub dwords: Vec<u32>,
}

/// A fast read command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FastRead {
    /// Command byte.
    pub opcode: u8,
    /// Clocks in which mode bits are sent.
    pub mode_clocks: u8,
    /// Clocks that pass after them.
    pub wait_states: u8,
}

impl FastRead {
    /// All clocks between address and data, as an FCB's dummy cycles count.
    pub fn dummy_cycles(&self) -> u8 {
        self.mode_clocks + self.wait_states
    }

    fn of(half: u32) -> FastRead {
        FastRead {
            opcode: (half >> 8) as u8,
            mode_clocks: (half >> 5 & 7) as u8,
            wait_states: (half & 0x1F) as u8,
        }
    }
}

/// One kind of erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraseType {
    /// Bytes it clears.
    pub size: u64,
    /// Command byte.
    pub opcode: u8,
    /// How long it takes, when the table says.
    pub time: Option<Span>,
}

impl BasicTable {
    /// Dword `number` of the standard, counted from 1.
    fn dword(&self, number: usize) -> Option<u32> {
        self.dwords.get(number.checked_sub(1)?).copied()
    }

    fn bits(&self, number: usize, low: u32, count: u32) -> Option<u32> {
        Some(self.dword(number)? >> low & ((1 << count) - 1))
    }

    /// Whether the table has the 16 dwords of JESD216A and later: times, page size, quad enable.
    pub fn is_long(&self) -> bool {
        self.dwords.len() >= 16
    }

    /// Bytes of the part, from dword 2; 0 for a density beyond any part.
    pub fn size(&self) -> u64 {
        match self.dword(2).unwrap_or(0) {
            bits if bits >> 31 == 0 => (u64::from(bits) + 1) / 8,
            power => 1_u64
                .checked_shl((power & 0x7FFF_FFFF).saturating_sub(3))
                .unwrap_or(0),
        }
    }

    /// How many address bytes the part takes: 0 three only, 1 three or four, 2 four only.
    pub fn address_bytes(&self) -> u8 {
        self.bits(1, 17, 2).unwrap_or(0) as u8
    }

    /// Whether the part reads at double data rate.
    pub fn double_data_rate(&self) -> bool {
        self.bits(1, 19, 1) == Some(1)
    }

    /// The 1-1-2 fast read.
    pub fn dual_output(&self) -> Option<FastRead> {
        self.fast_read(16, 4, 0)
    }

    /// The 1-2-2 fast read.
    pub fn dual_io(&self) -> Option<FastRead> {
        self.fast_read(20, 4, 16)
    }

    /// The 1-4-4 fast read.
    pub fn quad_io(&self) -> Option<FastRead> {
        self.fast_read(21, 3, 0)
    }

    /// The 1-1-4 fast read.
    pub fn quad_output(&self) -> Option<FastRead> {
        self.fast_read(22, 3, 16)
    }

    fn fast_read(&self, flag: u32, dword: usize, low: u32) -> Option<FastRead> {
        self.bits(1, flag, 1).filter(|flag| *flag == 1)?;
        self.bits(dword, low, 16).map(FastRead::of)
    }

    /// The erase types of dwords 8 and 9, smallest first, with the times of dword 10.
    pub fn erase_types(&self) -> Vec<EraseType> {
        let place = |i: usize| (8 + i / 2, if i.is_multiple_of(2) { 0 } else { 16 });
        let mut types: Vec<EraseType> = (0..4)
            .filter_map(|i| {
                let (dword, low) = place(i);
                let exponent = self.bits(dword, low, 8).filter(|n| *n != 0)?;
                let size = 1_u64.checked_shl(exponent)?;
                Some(EraseType {
                    size,
                    opcode: self.bits(dword, low + 8, 8)? as u8,
                    time: self.erase_time(i as u32),
                })
            })
            .collect();
        types.sort_by_key(|kind| kind.size);
        types
    }

    fn erase_time(&self, kind: u32) -> Option<Span> {
        const UNITS: [u64; 4] = [1, 16, 128, 1000];
        let field = self.bits(10, 4 + 7 * kind, 7)?;
        let unit = UNITS.get((field >> 5) as usize)?;
        Some(span(
            field & 0x1F,
            Duration::from_millis(*unit),
            self.bits(10, 0, 4)?,
        ))
    }

    /// Bytes of a page, from dword 11.
    pub fn page_size(&self) -> Option<u32> {
        self.bits(11, 4, 4).map(|exponent| 1 << exponent)
    }

    /// Time to program a page, from dword 11.
    pub fn page_program(&self) -> Option<Span> {
        let unit = if self.bits(11, 13, 1)? == 1 { 64 } else { 8 };
        Some(span(
            self.bits(11, 8, 5)?,
            Duration::from_micros(unit),
            self.bits(11, 0, 4)?,
        ))
    }

    /// Time to erase the part, from dword 11; its longest by the multiplier of dword 10.
    pub fn chip_erase(&self) -> Option<Span> {
        const UNITS: [u64; 4] = [16, 256, 4_000, 64_000];
        let unit = UNITS.get(self.bits(11, 29, 2)? as usize)?;
        Some(span(
            self.bits(11, 24, 5)?,
            Duration::from_millis(*unit),
            self.bits(10, 0, 4)?,
        ))
    }

    /// Quad enable requirement, bits 22:20 of dword 15.
    pub fn qer_code(&self) -> Option<u8> {
        self.bits(15, 20, 3).map(|code| code as u8)
    }

    /// Whether continuous read (0-4-4) exists, bit 9 of dword 15.
    pub fn continuous_read(&self) -> Option<bool> {
        self.bits(15, 9, 1).map(|bit| bit == 1)
    }

    /// Ways out of continuous read, bits 15:10 of dword 15; 0 when the table is too old to say.
    pub(crate) fn continuous_read_exit(&self) -> u8 {
        self.bits(15, 10, 6).unwrap_or(0) as u8
    }

    /// Ways into continuous read, bits 19:16 of dword 15; 0 when the table is too old to say.
    pub(crate) fn continuous_read_entry(&self) -> u8 {
        self.bits(15, 16, 4).unwrap_or(0) as u8
    }

    /// Whether 66h, 99h reset the part, bit 12 of dword 16.
    pub fn reset_by_66_99(&self) -> Option<bool> {
        self.bits(16, 12, 1).map(|bit| bit == 1)
    }
}
