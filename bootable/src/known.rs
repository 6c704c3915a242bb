//! Flashloaders that lie in public repositories, by size and SHA-256.
//!
//! Sizes and digests only; the caller computes the digest of a file.

/// A public flashloader build for the RT1020, RT1021 and RT1024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownLoader {
    /// What to call it.
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// Where its bytes are loaded.
    pub load: u32,
    /// Where JUMP_ADDRESS sends the ROM.
    pub jump: u32,
}

/// Public builds that load and start; figures computed from the files.
pub const KNOWN: &[KnownLoader] = &[
    KnownLoader {
        name: "NXP-MCUBootUtility, OCRAM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/ivt_flashloader.bin",
        size: 55077,
        sha256: "00e78626456dba1aa0317ff63a80df82f7aa92972bb710a7ecb5f0f2d4361591",
        load: 0x2020_8200,
        jump: 0x2020_8200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, DTCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/flexram_loader/dtcm/ivt_flashloader.bin",
        size: 55077,
        sha256: "c0c620699ebe094c31c0cfdab5f9779448485303a51d4f11bd5ce34721c545e8",
        load: 0x2000_0200,
        jump: 0x2000_0200,
    },
    KnownLoader {
        name: "NXP-MCUBootUtility, ITCM build",
        source: "JayHeng/NXP-MCUBootUtility src/targets/MIMXRT1021/flexram_loader/itcm/ivt_flashloader.bin",
        size: 55069,
        sha256: "29546cd172cee26be0e24276a95ab7b083d516bdb20b0429632e8393901f79f5",
        load: 0x0000_0200,
        jump: 0x0000_0200,
    },
    KnownLoader {
        name: "NXP, as in SPSDK",
        source: "nxp-mcuxpresso/spsdk tests/mcu_examples/data/rt102x/ivt_flashloader.bin",
        size: 65157,
        sha256: "8d39a47e46ccb1e6916121e0eced7eb56303721243c3cfc8b90d3a4b6373cf75",
        load: 0x2020_8000,
        jump: 0x2020_8400,
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
