//! The fuzz targets themselves, compiled as they are: here `libfuzzer_sys` is this test.

use super::seeds;

/// A target, its seeds, and how often it is run.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
    pub runs: usize,
}

macro_rules! targets {
    ($($file:literal $name:ident $runs:literal $seeds:ident;)*) => {
        $(#[path = $file] #[allow(unused_attributes, dead_code)] pub mod $name;)*

        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            seeds: seeds::$seeds,
            runs: $runs,
        }),*];
    };
}

targets! {
    "../../fuzz/fuzz_targets/firmware_any.rs" firmware_any 500 firmware;
    "../../fuzz/fuzz_targets/elf.rs" elf 1500 elf;
    "../../fuzz/fuzz_targets/hex.rs" hex 800 hex;
    "../../fuzz/fuzz_targets/srec.rs" srec 800 srec;
    "../../fuzz/fuzz_targets/uf2.rs" uf2 1500 uf2;
    "../../fuzz/fuzz_targets/raw.rs" raw 500 raw;
    "../../fuzz/fuzz_targets/image.rs" image 600 image;
    "../../fuzz/fuzz_targets/structures.rs" structures 6000 structures;
    "../../fuzz/fuzz_targets/loader.rs" loader 600 loader;
    "../../fuzz/fuzz_targets/fcb.rs" fcb 60 fcb;
    "../../fuzz/fuzz_targets/cfg.rs" cfg 300 cfg;
    "../../fuzz/fuzz_targets/yaml.rs" yaml 200 yaml;
    "../../fuzz/fuzz_targets/sfdp.rs" sfdp 2000 sfdp;
    "../../fuzz/fuzz_targets/settings.rs" settings 6000 settings;
    "../../fuzz/fuzz_targets/packets.rs" packets 8000 packets;
    "../../fuzz/fuzz_targets/sdp_reports.rs" sdp_reports 2500 sdp_reports;
    "../../fuzz/fuzz_targets/mboot_reports.rs" mboot_reports 1500 mboot_reports;
    "../../fuzz/fuzz_targets/sdp_uart.rs" sdp_uart 2500 sdp_uart;
    "../../fuzz/fuzz_targets/mboot_uart.rs" mboot_uart 1000 mboot_uart;
    "../../fuzz/fuzz_targets/answers.rs" answers 2500 answers;
    "../../fuzz/fuzz_targets/virtual_board.rs" virtual_board 120 virtual_board;
    "../../fuzz/fuzz_targets/usbip.rs" usbip 100 usbip;
}
