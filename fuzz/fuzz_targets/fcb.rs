//! Configuration blocks: read, shown, checked, made a .cfg and back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_fcb::{Fcb, Part, PartFile, check::check, text};

fuzz_target!(|data: &[u8]| {
    let mut bytes = [0; 512];
    for (place, byte) in bytes.iter_mut().zip(data) {
        *place = *byte;
    }
    bytes[..4].copy_from_slice(b"FCFB");
    let fcb = Fcb::parse(&bytes).expect("a tag");
    check(&fcb, None);
    fcb.fields();
    let _ = text::from_yaml(&text::to_yaml(&fcb, "mimxrt1020")).expect("our own text");
    let cfg = PartFile {
        parts: vec![Part::of_fcb("X", &fcb)],
    }
    .to_cfg();
    assert_eq!(
        PartFile::from_cfg(&cfg).expect("our own text").parts[0].boot_fcb(),
        fcb
    );
});
