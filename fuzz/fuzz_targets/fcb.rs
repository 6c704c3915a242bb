//! Configuration blocks: read, then one of: shown and checked, made YAML and back, made a .cfg and back.
//!
//! Texts are a hundred times the work of a block, so each run does one thing; the first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_fcb::{Fcb, Part, PartFile, check::check, text};

fuzz_target!(|data: (u8, &[u8])| {
    let (job, data) = data;
    let mut bytes = [0; 512];
    for (place, byte) in bytes.iter_mut().zip(data) {
        *place = *byte;
    }
    bytes[..4].copy_from_slice(b"FCFB");
    let fcb = Fcb::parse(&bytes).expect("a tag");
    match job % 8 {
        0 => drop(text::from_yaml(&text::to_yaml(&fcb, "mimxrt1020")).expect("our own text")),
        1 => cfg(&fcb),
        2 => drop((fcb.fields(), text::to_c(&fcb))),
        _ => {
            let chip = rtboot_fcb::Chip::by_name("rt1021").expect("a chip of the table");
            check(&fcb, None, chip);
            assert_eq!(Part::of_fcb("X", &fcb).boot_fcb(), fcb);
        }
    }
});

fn cfg(fcb: &Fcb) {
    let cfg = PartFile {
        parts: vec![Part::of_fcb("X", fcb)],
    }
    .to_cfg();
    let again = PartFile::from_cfg(&cfg).expect("our own text");
    assert_eq!(again.parts[0].boot_fcb(), *fcb);
}
