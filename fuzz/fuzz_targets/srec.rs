//! S-record files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, MemoryMap, check, inspect};

fuzz_target!(|data: &[u8]| {
    let map = MemoryMap::rt1021();
    if let Ok(firmware) = Firmware::parse(data, Some("a.srec"), None, &map) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
    }
});
