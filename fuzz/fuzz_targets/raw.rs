//! Raw files at a base that the data choose.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, MemoryMap, check, emit, inspect};

fuzz_target!(|data: (u32, &[u8])| {
    let (base, bytes) = data;
    let map = MemoryMap::rt1021();
    if let Ok(firmware) = Firmware::parse(bytes, Some("a.bin"), Some(base), &map) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
        let _ = emit::uf2(&firmware.memory, 0xFF);
    }
});
