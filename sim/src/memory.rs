//! The RAM that exists: ITCM, DTCM and OCRAM as the FlexRAM partition makes them.

use crate::chip::{Chip, RAM_STARTS};

/// Contents of the three banks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ram {
    banks: [Vec<u8>; 3],
    split: u32,
}

impl Ram {
    /// RAM of a chip full of zeros, in its default partition.
    pub fn new(chip: &Chip) -> Ram {
        Ram::partitioned(chip, 0)
    }

    /// RAM full of zeros, split among the banks as the fuse value says; 0 is the default partition.
    pub fn partitioned(chip: &Chip, split: u32) -> Ram {
        let [itcm, dtcm, ocram] = chip.splits[(split & 0xF) as usize];
        Ram {
            banks: [itcm, dtcm, chip.ocram2 + ocram].map(|kib| vec![0; kib << 10]),
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
        let banks = RAM_STARTS.iter().zip(&self.banks).enumerate();
        banks.into_iter().find_map(|(i, (start, bytes))| {
            let at = address.checked_sub(*start)? as usize;
            (at < bytes.len()).then_some((i, at))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::{CHIPS, RT1021};

    #[test]
    fn every_partition_shares_out_all_ram() {
        for chip in CHIPS {
            for split in 0..16 {
                let ram = Ram::partitioned(chip, split);
                let bytes: usize = ram.banks.iter().map(Vec::len).sum();
                assert_eq!(bytes, chip.ram_size(), "{} {split}", chip.name);
            }
        }
        assert_eq!(Ram::partitioned(&RT1021, 11).slice(0, 1), None);
        let last = Ram::partitioned(&RT1021, 11)
            .slice(0x2023_7FFF, 1)
            .is_some();
        assert!(last);
    }

    #[test]
    fn banks_end_where_the_partition_ends() {
        let mut ram = Ram::new(&RT1021);
        assert!(ram.write(0x2000_FFFC, &[1, 2, 3, 4]));
        assert!(!ram.write(0x2000_FFFD, &[1, 2, 3, 4]));
        assert_eq!(ram.word(0x2000_FFFC), Some(0x0403_0201));
        assert_eq!(ram.slice(0x2022_0000, 0), None);
        assert!(ram.slice(0, 0x1_0000).is_some());
    }

    #[test]
    fn ocram_of_an_rt1062_has_768_kib() {
        let chip = Chip::find("rt1062").expect("a chip");
        let ram = Ram::new(chip);
        assert_eq!(ram.sizes(), [0x2_0000, 0x2_0000, 0xC_0000]);
        assert!(ram.slice(0x2020_0000, 0xC_0000).is_some());
        assert_eq!(ram.slice(0x202C_0000, 1), None);
    }
}
