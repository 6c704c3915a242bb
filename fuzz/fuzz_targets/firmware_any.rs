//! Any firmware file, its format told by its content.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, MemoryMap, check, inspect};

fuzz_target!(|data: &[u8]| {
    let map = MemoryMap::rt1021();
    if let Ok(firmware) = Firmware::parse(data, Some("a.bin"), None, &map) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
    }
});
