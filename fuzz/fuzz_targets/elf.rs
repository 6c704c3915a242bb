//! ELF files: noise behind a good identification.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, MemoryMap, check, inspect};

fuzz_target!(|data: &[u8]| {
    let map = MemoryMap::rt1021();
    if let Ok(firmware) = Firmware::parse(
        &[
            b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".as_slice(),
            data,
        ]
        .concat(),
        Some("a.elf"),
        None,
        &map,
    ) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
    }
});
