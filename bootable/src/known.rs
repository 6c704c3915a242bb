//! Flashloaders that lie in public repositories, by size and SHA-256.
//!
//! Sizes and digests only; the caller computes the digest of a file.

use rtboot_chip::{CHIPS, Chip};

/// A public flashloader build for chips of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownLoader {
    /// What to call it.
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Folder of the chips that it is for: [`FlashloaderTraits::folder`](rtboot_chip::FlashloaderTraits::folder).
    pub folder: &'static str,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// Where its bytes are loaded.
    pub load: u32,
    /// Where JUMP_ADDRESS sends the ROM.
    pub jump: u32,
}

impl KnownLoader {
    /// Whether it drives the flash pins of this chip.
    pub fn is_for(&self, chip: &Chip) -> bool {
        chip.flashloader.folder == self.folder
    }

    /// The chips that it is for.
    pub fn chips(&self) -> impl Iterator<Item = &'static Chip> {
        CHIPS.iter().filter(|chip| self.is_for(chip))
    }
}

/// Public builds; figures computed from the files. Those for OCRAM, and SPSDK's, were run in emulation; those for ITCM and DTCM
/// need another FlexRAM split than the factory's.
pub const KNOWN: &[KnownLoader] = &[
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1011, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1011/ivt_flashloader.bin",
        folder: "rt1011",
        size: 32116,
        sha256: "c25f390d9368b54acab91b2b1b8c378577455f752725e7903165b02d07f98f89",
        load: 0x2020_5800,
        jump: 0x2020_5800,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1011, OCRAM build, second file",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1011/flexram_loader/ocram/ivt_flashloader.bin",
        folder: "rt1011",
        size: 32117,
        sha256: "3448108e1ce668ff60c16c11d0ee919c912ba425327869256c68d9461bef8667",
        load: 0x2020_5800,
        jump: 0x2020_5800,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1011, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1011/flexram_loader/dtcm/ivt_flashloader.bin",
        folder: "rt1011",
        size: 32118,
        sha256: "842c404e58edba4ceaeea49bb0a9d4d87cfa6daf2e005467cb3506b7082f425a",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1011, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1011/flexram_loader/itcm/ivt_flashloader.bin",
        folder: "rt1011",
        size: 32118,
        sha256: "f1cafbf90816b2b5c9ecfa25afa0a9609d44adba40dbc3e5b60505e13e40f90b",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1015, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1015/ivt_flashloader.bin",
        folder: "rt1021",
        size: 44498,
        sha256: "814179e623d3fae5243d865f0b297db6ae0236fa98fb061eb24f9b6f6082ba4b",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1015, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1015/flexram_loader/dtcm/ivt_flashloader.bin",
        folder: "rt1021",
        size: 44497,
        sha256: "2ce8a94c76bc1fe81f8a768503a920a9c1330e0a79cd8c0eae3d20607824d691",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1015, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1015/flexram_loader/itcm/ivt_flashloader.bin",
        folder: "rt1021",
        size: 44495,
        sha256: "d934625deac8f7c5bad9b53e9f1c2b53861d3ba9f5c6d1bd852423ec3572e41d",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1021, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/ivt_flashloader.bin",
        folder: "rt1021",
        size: 55077,
        sha256: "00e78626456dba1aa0317ff63a80df82f7aa92972bb710a7ecb5f0f2d4361591",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1021, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/flexram_loader/dtcm/ivt_flashloader.bin",
        folder: "rt1021",
        size: 55077,
        sha256: "c0c620699ebe094c31c0cfdab5f9779448485303a51d4f11bd5ce34721c545e8",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1021, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/flexram_loader/itcm/ivt_flashloader.bin",
        folder: "rt1021",
        size: 55069,
        sha256: "29546cd172cee26be0e24276a95ab7b083d516bdb20b0429632e8393901f79f5",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1024, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1024/ivt_flashloader.bin",
        folder: "rt1024",
        size: 40552,
        sha256: "b459f76edc721225937010637aa17f20c215b8a7b71075282a4185cb87b6e8bd",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1024, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1024/flexram_loader/dtcm/ivt_flashloader.bin",
        folder: "rt1024",
        size: 40550,
        sha256: "e1c257d6fa81c27884dc49df68170ee3d3a980e69ebee69fb2a7d1d4b6226ca3",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1024, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1024/flexram_loader/itcm/ivt_flashloader.bin",
        folder: "rt1024",
        size: 40546,
        sha256: "909bb3ebcc8a15f36f18eb488c1a26e5a53741f4ab8cb151c265178e0e12c4e4",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1052, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1052/ivt_flashloader.bin",
        folder: "rt1052",
        size: 83016,
        sha256: "c0af776dc30f7312c99eb39c8458c7ba3b28c89f964b9e809d68d232209019a3",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1052, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1052/flexram_loader/dtcm/ivt_flashloader.bin",
        folder: "rt1052",
        size: 83017,
        sha256: "be1ebc74f7fcc63e789641acf8f855afdf97bbf7af85e6ed1527bcb8ab911936",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1052, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1052/flexram_loader/itcm/ivt_flashloader.bin",
        folder: "rt1052",
        size: 83014,
        sha256: "c5b2f316ad2e01e8f9009935036de71edb16d41277ee9f9123d4b1966751fd9f",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, RT1062, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1062/ivt_flashloader.bin (the same file for the RT1042 and RT1064)",
        folder: "rt1062",
        size: 82650,
        sha256: "11f3ab5abc9c82366ea9e6235115b0053f34c352fb7c153723bad993019e457f",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP, RT102x, as in SPSDK",
        source: "nxp-mcuxpresso/spsdk tests/mcu_examples/data/rt102x/ivt_flashloader.bin",
        folder: "rt1021",
        size: 65157,
        sha256: "8d39a47e46ccb1e6916121e0eced7eb56303721243c3cfc8b90d3a4b6373cf75",
        load: 0x2020_8000,
        jump: 0x2020_8400,
    },
    KnownLoader {
        name: "NXP, RT105x, as in SPSDK",
        source: "nxp-mcuxpresso/spsdk tests/mcu_examples/data/rt105x/ivt_flashloader.bin",
        folder: "rt1052",
        size: 90039,
        sha256: "b337a65b2e6046d39d5e3886ccbb44ba0e3a24b01848c5afbb2b5b97d8bcbfef",
        load: 0x2000_0000,
        jump: 0x2000_0400,
    },
    KnownLoader {
        name: "NXP, RT106x, as in SPSDK",
        source: "nxp-mcuxpresso/spsdk tests/mcu_examples/data/rt106x/ivt_flashloader.bin",
        folder: "rt1062",
        size: 90529,
        sha256: "ee5f885cae5b550802dd6361eea02556b20f8f6551f7b7e84fac2c3ff62b5b59",
        load: 0x2000_0000,
        jump: 0x2000_0400,
    },
];

/// The build of this size and SHA-256; the digest as hexadecimal digits, in either case, at least the first 16 of them.
pub fn find(size: usize, sha256: &str) -> Option<&'static KnownLoader> {
    let wanted = sha256.to_ascii_lowercase();
    let matches = |known: &&KnownLoader| {
        known.size == size && wanted.len() >= 16 && known.sha256.starts_with(&wanted)
    };
    KNOWN.iter().find(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_is_found_by_digest_prefix_and_size() {
        let found = find(55077, "00E78626456DBA1A").unwrap();
        assert_eq!((found.load, found.jump), (0x2020_8200, 0x2020_8200));
        assert_eq!(find(55076, "00e78626456dba1a"), None);
        assert_eq!(find(55077, "00e78626"), None);
    }

    #[test]
    fn every_build_is_for_chips_of_the_table_and_every_chip_has_one() {
        for known in KNOWN {
            assert!(known.chips().next().is_some(), "{}", known.name);
        }
        for chip in &CHIPS {
            assert!(
                KNOWN.iter().any(|known| known.is_for(chip)),
                "{}",
                chip.name
            );
        }
    }

    #[test]
    fn digests_are_64_lower_case_digits() {
        for known in KNOWN {
            assert!(
                known.sha256.len() == 64
                    && known
                        .sha256
                        .bytes()
                        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            );
        }
    }
}
