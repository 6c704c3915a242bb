//! The RAM that exists: three banks as the default FlexRAM partition makes them.

/// One bank of RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bank {
    /// First address.
    pub start: u32,
    /// Bytes that exist.
    pub size: u32,
    /// Bytes that the flashloader believes in (properties 14 and 15): the map, not the partition.
    pub mapped: u32,
}

/// ITCM, DTCM, OCRAM, in the order of the flashloader's RAM properties.
///
/// Source: i.MX RT1020 reference manual, "FlexRAM", default partition; map sizes: genuine flashloader, emulated.
pub const BANKS: [Bank; 3] = [
    Bank {
        start: 0x0000_0000,
        size: 0x1_0000,
        mapped: 0x4_0000,
    },
    Bank {
        start: 0x2000_0000,
        size: 0x1_0000,
        mapped: 0x4_0000,
    },
    Bank {
        start: 0x2020_0000,
        size: 0x2_0000,
        mapped: 0x4_0000,
    },
];

/// KiB of ITCM, DTCM and OCRAM for each value of fuse MISC_CONF0\[19:16\].
///
/// Source: SPSDK fuse data of the RT1024; value 0 also MCUBootUtility.
const SPLITS: [[usize; 3]; 16] = [
    [64, 64, 128],
    [64, 128, 64],
    [0, 128, 128],
    [32, 128, 96],
    [128, 64, 64],
    [0, 192, 64],
    [32, 64, 160],
    [0, 64, 192],
    [64, 32, 160],
    [128, 32, 96],
    [160, 32, 64],
    [0, 32, 224],
    [128, 0, 128],
    [32, 32, 192],
    [192, 0, 64],
    [0, 0, 256],
];

/// Bytes of all banks together, however they are split.
pub const TOTAL: usize = 256 << 10;

/// Contents of the three banks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ram {
    banks: [Vec<u8>; 3],
    split: u32,
}

impl Default for Ram {
    fn default() -> Ram {
        Ram::new()
    }
}

impl Ram {
    /// RAM full of zeros.
    pub fn new() -> Ram {
        Ram::partitioned(0)
    }

    /// RAM full of zeros, split among the banks as the fuse value says; 0 is the default partition.
    pub fn partitioned(split: u32) -> Ram {
        let kib = SPLITS[(split & 0xF) as usize];
        Ram {
            banks: kib.map(|kib| vec![0; kib << 10]),
            split: split & 0xF,
        }
    }

    /// The fuse value that this partition comes from.
    pub fn split(&self) -> u32 {
        self.split
    }

    /// All banks one after another, without the zeros at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.banks.concat();
        let used = bytes.iter().rposition(|&byte| byte != 0);
        bytes.truncate(used.map_or(0, |last| last + 1));
        bytes
    }

    /// The banks out of [`Ram::to_bytes`]; zeros where it ends, and what is too much is left out.
    pub fn fill_from(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.iter().copied();
        for place in self.banks.iter_mut().flatten() {
            *place = bytes.next().unwrap_or(0);
        }
    }

    /// Bytes of ITCM, DTCM and OCRAM.
    pub fn sizes(&self) -> [u32; 3] {
        [0, 1, 2].map(|bank: usize| self.banks[bank].len() as u32)
    }

    /// `len` bytes at `address`; `None` when they are not all inside one bank.
    pub fn slice(&self, address: u32, len: usize) -> Option<&[u8]> {
        let (bank, at) = self.place(address)?;
        self.banks[bank].get(at..at.checked_add(len)?)
    }

    /// The same bytes, to be changed.
    pub fn slice_mut(&mut self, address: u32, len: usize) -> Option<&mut [u8]> {
        let (bank, at) = self.place(address)?;
        self.banks[bank].get_mut(at..at.checked_add(len)?)
    }

    /// Writes `bytes`; false, and nothing written, when they do not fit in one bank.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> bool {
        match self.slice_mut(address, bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }

    /// A little-endian word.
    pub fn word(&self, address: u32) -> Option<u32> {
        let bytes = self.slice(address, 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    /// Bank and offset of an address that exists.
    fn place(&self, address: u32) -> Option<(usize, usize)> {
        let banks = BANKS.iter().zip(&self.banks).enumerate();
        banks.into_iter().find_map(|(i, (bank, bytes))| {
            let at = address.checked_sub(bank.start)? as usize;
            (at < bytes.len()).then_some((i, at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_shares_out_256_kib() {
        for split in 0..16 {
            let ram = Ram::partitioned(split);
            assert_eq!(
                ram.banks.iter().map(Vec::len).sum::<usize>(),
                256 << 10,
                "{split}"
            );
        }
        assert_eq!(Ram::partitioned(11).slice(0, 1), None);
        assert!(Ram::partitioned(11).slice(0x2023_7FFF, 1).is_some());
    }

    #[test]
    fn banks_end_where_the_partition_ends() {
        let mut ram = Ram::new();
        assert!(ram.write(0x2000_FFFC, &[1, 2, 3, 4]));
        assert!(!ram.write(0x2000_FFFD, &[1, 2, 3, 4]));
        assert_eq!(ram.word(0x2000_FFFC), Some(0x0403_0201));
        assert_eq!(ram.slice(0x2022_0000, 0), None);
        assert!(ram.slice(0, 0x1_0000).is_some());
    }
}
