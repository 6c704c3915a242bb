//! UF2 files: noise behind the first magic numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, MemoryMap, check, inspect};

fuzz_target!(|data: &[u8]| {
    let map = MemoryMap::rt1021();
    if let Ok(firmware) = Firmware::parse(
        &[b"UF2\x0AWQ]\x9E".as_slice(), data].concat(),
        Some("a.uf2"),
        None,
        &map,
    ) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
    }
});
