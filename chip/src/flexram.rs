//! How the FlexRAM is shared between ITCM, DTCM and OCRAM.

use core::fmt;

/// A split of the FlexRAM, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlexRam {
    /// Instruction memory, at 0.
    pub itcm: u16,
    /// Data memory, at 0x20000000.
    pub dtcm: u16,
    /// The rest, at 0x20200000.
    pub ocram: u16,
}

/// KiB of a bank.
const BANK_KIB: u16 = 32;

/// How a chip's RAM is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlexRamLayout {
    /// Banks of 32 KiB that GPR17 shares out.
    pub banks: u32,
    /// KiB of RAM in front of the FlexRAM's OCRAM that nothing takes away: the OCRAM2 of the RT1060.
    pub beside: u16,
    /// The FlexRAM's split for each value of its fuses, bits 19:16 of MISC_CONF0.
    pub by_fuse: [FlexRam; 16],
}

impl FlexRamLayout {
    /// Set in IOMUXC_GPR16 when the split is the one in GPR17, not the fuses'.
    pub const BY_REGISTER: u32 = 1 << 2;

    /// The split by the fuse word MISC_CONF0.
    pub fn by_fuse(&self, misc_conf0: u32) -> FlexRam {
        let field = (misc_conf0 >> 16 & 0xF) as usize;
        self.with_beside(self.by_fuse.get(field).copied().unwrap_or_default())
    }

    /// The split by IOMUXC_GPR17: two bits a bank, 1 OCRAM, 2 DTCM, 3 ITCM, 0 unused.
    ///
    /// On chips whose IOMUXC_GPR14 has fields for the sizes of ITCM and DTCM (RT1010, RT1060) those limit what the core decodes
    /// of its banks. No public source names such a field for the RT102x, so GPR14 is not read: the banks alone decide.
    pub fn by_register(&self, gpr17: u32) -> FlexRam {
        let mut split = FlexRam::default();
        for bank in 0..self.banks {
            match gpr17.checked_shr(2 * bank).unwrap_or(0) & 3 {
                1 => split.ocram += BANK_KIB,
                2 => split.dtcm += BANK_KIB,
                3 => split.itcm += BANK_KIB,
                _ => {}
            }
        }
        self.with_beside(split)
    }

    fn with_beside(&self, split: FlexRam) -> FlexRam {
        FlexRam {
            ocram: split.ocram + self.beside,
            ..split
        }
    }
}

impl FlexRam {
    /// Bytes of the RAM that a [`Region`](crate::Region) of this name stands for; `None` for one outside the FlexRAM.
    pub fn bytes_of(&self, ram: &str) -> Option<u64> {
        let kib = match ram {
            "ITCM" => self.itcm,
            "DTCM" => self.dtcm,
            "OCRAM" => self.ocram,
            _ => return None,
        };
        Some(u64::from(kib) * 1024)
    }
}

impl fmt::Display for FlexRam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FlexRam { itcm, dtcm, ocram } = self;
        write!(f, "{itcm} KiB ITCM, {dtcm} KiB DTCM, {ocram} KiB OCRAM")
    }
}
