//! The flash's own description (JESD216).

use crate::lut::{Sequence, instruction, opcode};
use crate::{Bus, Data, Error};

/// 5Ah, 24-bit address, 8 dummy cycles, one pad.
pub(crate) const READ_SFDP: Sequence = Sequence::new(&[
    instruction(opcode::CMD, 1, 0x5A),
    instruction(opcode::ADDRESS, 1, 24),
    instruction(opcode::DUMMY, 1, 8),
    instruction(opcode::READ, 1, 255),
]);
const MAX_HEADERS: u32 = 10;
const DWORDS: usize = 16;
/// A basic table of this many dwords or more names page size and quad enable (JESD216A and later).
const LONG: usize = 16;

/// The basic flash parameter table, as far as the loader uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sfdp {
    dwords: [u32; DWORDS],
    count: usize,
}

/// A fast read of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FastRead {
    pub code: u8,
    pub wait: u8,
    pub address_pads: u8,
}

/// Where the quad enable bit lies and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuadEnable {
    /// The part has none.
    None,
    /// Status register 1 bit 6, written by 01h.
    Status1Bit6,
    /// Status register 2 bit 1 (read by 35h), written by 01h with two bytes.
    Status2Bit1,
    /// Status register 2 bit 1 (read by 35h), written by 31h.
    Status2Bit1By31,
    /// Status register 2 bit 7 (read by 3Fh), written by 3Eh.
    Status2Bit7,
}

impl Sfdp {
    /// Reads header and basic table of a flash that has the signature.
    ///
    /// # Errors
    /// [`Error::NoSfdp`] without basic table; [`Error::Bus`].
    #[inline(never)]
    pub fn read(bus: &mut impl Bus) -> Result<Sfdp, Error> {
        let [_, revision] = words(bus, 0)?;
        let headers = (revision >> 16 & 0xFF) + 1;
        for number in 0..headers.min(MAX_HEADERS) {
            let [first, second] = words(bus, 8 + 8 * number)?;
            let id = second >> 24 << 8 | first & 0xFF;
            if id == 0xFF00 {
                return Sfdp::table(bus, second & 0xFF_FFFF, (first >> 24) as usize);
            }
        }
        Err(Error::NoSfdp)
    }

    /// Whether the flash answers with the signature.
    pub(crate) fn is_there(bus: &mut impl Bus) -> Result<bool, Error> {
        let [signature, _] = words(bus, 0)?;
        Ok(signature == u32::from_le_bytes(*b"SFDP"))
    }

    fn table(bus: &mut impl Bus, at: u32, count: usize) -> Result<Sfdp, Error> {
        let mut bytes = [0; 4 * DWORDS];
        let count = count.min(DWORDS);
        bus.transfer(&READ_SFDP, at, Data::Read(&mut bytes[..4 * count]))?;
        let mut dwords = [0; DWORDS];
        for (dword, bytes) in dwords.iter_mut().zip(bytes.as_chunks().0) {
            *dword = u32::from_le_bytes(*bytes);
        }
        let sfdp = Sfdp { dwords, count };
        // nine dwords is the shortest table of the standard
        match count >= 9 && sfdp.size().is_some() {
            true => Ok(sfdp),
            false => Err(Error::NoSfdp),
        }
    }

    /// The table by dwords numbered from 1, as the standard numbers them.
    fn dword(&self, number: usize) -> u32 {
        self.dwords[number - 1]
    }

    fn is_long(&self) -> bool {
        self.count >= LONG
    }

    /// Size in bytes, `None` beyond 2 GiB.
    pub fn size(&self) -> Option<u32> {
        match self.dword(2) {
            bits if bits >> 31 == 0 => Some(bits / 8 + 1),
            power => 1_u32.checked_shl((power & 0x7FFF_FFFF).saturating_sub(3)),
        }
        .filter(|size| *size >= 0x1_0000)
    }

    pub(crate) fn page_size(&self) -> u32 {
        match self.is_long() {
            true => 1 << (self.dword(11) >> 4 & 0xF),
            false => 256,
        }
    }

    /// The quad read with the fewest address clocks that the part has; the mode clocks count as waiting.
    pub(crate) fn quad_read(&self) -> Option<FastRead> {
        let read = |field: u32, address_pads| FastRead {
            code: (field >> 8) as u8,
            wait: (field & 0x1F) as u8 + (field >> 5 & 7) as u8,
            address_pads,
        };
        match self.dword(1) {
            flags if flags >> 21 & 1 != 0 => Some(read(self.dword(3), 4)),
            flags if flags >> 22 & 1 != 0 => Some(read(self.dword(3) >> 16, 1)),
            _ => None,
        }
    }

    /// Clocks of the mode byte in a 1-4-4 read.
    pub(crate) fn mode_clocks(&self) -> u8 {
        (self.dword(3) >> 5 & 7) as u8
    }

    /// Size in bytes and command of the smallest erase.
    pub(crate) fn smallest_erase(&self) -> Option<(u32, u8)> {
        (0..4).filter_map(|kind| self.erase(kind)).min()
    }

    /// The largest erase below 1 MiB: larger ones are chip erases of some tables.
    pub(crate) fn largest_erase(&self) -> Option<(u32, u8)> {
        (0..4)
            .filter_map(|kind| self.erase(kind))
            .filter(|(size, _)| *size < 1 << 20)
            .max()
    }

    fn erase(&self, kind: usize) -> Option<(u32, u8)> {
        let field = self.dword(8 + kind / 2) >> (16 * (kind % 2));
        let power = field & 0xFF;
        (8..32)
            .contains(&power)
            .then_some((1 << power, (field >> 8) as u8))
    }

    /// The method that the table names; `None` when it is too old to name one.
    pub(crate) fn quad_enable(&self) -> Option<QuadEnable> {
        self.is_long().then(|| match self.dword(15) >> 20 & 7 {
            1 | 4 | 5 => QuadEnable::Status2Bit1,
            2 => QuadEnable::Status1Bit6,
            3 => QuadEnable::Status2Bit7,
            6 => QuadEnable::Status2Bit1By31,
            _ => QuadEnable::None,
        })
    }
}

fn words(bus: &mut impl Bus, at: u32) -> Result<[u32; 2], Error> {
    let mut bytes = [0; 8];
    bus.transfer(&READ_SFDP, at, Data::Read(&mut bytes))?;
    let [a, b, c, d, e, f, g, h] = bytes;
    Ok([
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    ])
}
