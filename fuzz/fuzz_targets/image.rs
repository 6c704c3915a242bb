//! A boot image: noise with headers that lead somewhere, built and judged.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{BootImage, Conditions, Firmware, Format, Memory, Verdict};
use rtboot_fcb::{Part, database};

static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| database::parts().collect());

fuzz_target!(|data: &[u8]| {
    let map = rt1021().map;
    let mut memory = Memory::new();
    if memory.insert(map.flash_base, data.to_vec()).is_err() {
        return;
    }
    for conditions in [Conditions::default(), Conditions::default().parts(&PARTS)] {
        Verdict::of(&memory, rt1021(), &conditions);
    }
    let firmware = Firmware {
        format: Format::Raw,
        memory,
        entry: None,
        notes: Vec::new(),
    };
    if let Ok(image) = BootImage::build(&firmware, None, &map) {
        // what was built is taken as it is the second time
        let firmware = Firmware {
            memory: image.memory.clone(),
            ..firmware
        };
        let again = BootImage::build(&firmware, None, &map).expect("a built image");
        assert_eq!(again.memory, image.memory);
    }
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
