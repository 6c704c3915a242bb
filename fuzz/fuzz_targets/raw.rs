//! Raw files at a base that the data choose.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{Firmware, Verdict, emit, inspect};

fuzz_target!(|data: (u32, &[u8])| {
    let (base, bytes) = data;
    let map = rt1021().map;
    if let Ok(firmware) = Firmware::parse(bytes, Some("a.bin"), Some(base), &map) {
        inspect(&firmware.memory, &map);
        Verdict::of(&firmware.memory, rt1021(), &Default::default());
        let _ = emit::uf2(&firmware.memory, 0xFF);
    }
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
