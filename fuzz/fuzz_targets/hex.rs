//! Intel HEX files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, check, inspect};

fuzz_target!(|data: &[u8]| {
    let map = rt1021().map;
    if let Ok(firmware) = Firmware::parse(data, Some("a.hex"), None, &map) {
        inspect(&firmware.memory, &map);
        check(&firmware.memory, &map);
    }
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
