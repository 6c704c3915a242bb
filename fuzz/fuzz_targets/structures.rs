//! IVT, boot data, DCD, CSF: each from the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_bootable::{BootData, Csf, Dcd, Ivt};

fuzz_target!(|data: &[u8]| {
    let _ = Ivt::parse(data);
    let _ = BootData::parse(data);
    if let Ok(dcd) = Dcd::parse(data) {
        let _ = (dcd.to_string(), dcd.dangers(&rt1021().map));
    }
    if let Ok(csf) = Csf::parse(data) {
        let _ = (csf.to_string(), csf.blocks());
    }
});

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
