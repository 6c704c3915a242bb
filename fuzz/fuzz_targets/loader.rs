//! Flashloader files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{LoaderImage, MemoryMap};

fuzz_target!(|data: &[u8]| {
    let _ = LoaderImage::parse(data, &MemoryMap::rt1021());
});
