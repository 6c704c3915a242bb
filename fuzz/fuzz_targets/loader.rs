//! Flashloader files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::LoaderImage;

fuzz_target!(|data: &[u8]| {
    let _ = LoaderImage::parse(data, &rt1021().map);
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
