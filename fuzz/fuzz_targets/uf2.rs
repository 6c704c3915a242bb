//! UF2 files: noise behind the first magic numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, Verdict, inspect};

fuzz_target!(|data: &[u8]| {
    let map = rt1021().map;
    if let Ok(firmware) = Firmware::parse(
        &[b"UF2\x0AWQ]\x9E".as_slice(), data].concat(),
        Some("a.uf2"),
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
