//! ELF files: noise behind a good identification.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, Verdict, inspect};

fuzz_target!(|data: &[u8]| {
    let map = rt1021().map;
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
        Verdict::of(&firmware.memory, rt1021(), &Default::default());
    }
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
