//! Images that give away the chip that they were made for.

use super::*;
use crate::{BootImage, Error, Firmware};

fn other(memory: &Memory) -> Option<String> {
    let seen = inspect(memory, &map());
    let found = seen.finding(&found::OTHER_CHIP);
    assert!(
        found.is_none() || seen.findings[0].code() == "other-chip",
        "it comes first"
    );
    found.and_then(|finding| Some(finding.value("sign")?.to_string()))
}

/// The refusal of what a raw file holds.
fn refused(bytes: &[u8]) -> Option<String> {
    let firmware = Firmware::parse(bytes, Some("x.bin"), None, &map()).ok()?;
    match BootImage::build(&firmware, None, &map()) {
        Err(Error::OtherChip { seen, .. }) => Some(seen),
        _ => None,
    }
}

/// A raw image of another chip: its FCB at 0x400, its IVT at 0x1000, its application at 0x2000.
fn raw(base: u32) -> Vec<u8> {
    let mut bytes = vec![0; 0x2400];
    bytes[0x400..0x600].copy_from_slice(fcb().as_bytes());
    let (mut ivt, mut data) = headers(base + 0x2000, 0x2400);
    ivt.self_address = base + 0x1000;
    ivt.boot_data = base + 0x1020;
    data.start = base;
    bytes[0x1000..0x1020].copy_from_slice(&ivt.to_bytes());
    bytes[0x1020..0x102C].copy_from_slice(&data.to_bytes());
    bytes[0x2000..].copy_from_slice(&app(0x2000_8000, base + 0x2101, 0x400));
    bytes
}

#[test]
fn other_chips_flash_windows_are_recognised() {
    let rt1170 = at(0x3000_2000, app(0x2001_0000, 0x3000_2101, 0x400));
    assert_eq!(
        other(&rt1170).as_deref(),
        Some(
            "its bytes at 0x30002000 lie in the flash window at 0x30000000 of the RT1160 and RT1170"
        )
    );
    let rt1064 = at(0x7000_2000, app(0x2001_0000, 0x7000_2101, 0x400));
    assert!(other(&rt1064).is_some_and(|text| text.contains("RT1064")));
    // the same place with an application that is not linked there says nothing
    let moved = at(0x7000_2000, app(0x2001_0000, 0x6000_2101, 0x400));
    assert_eq!(other(&moved), None);
    assert_eq!(other(&image()), None);
}

#[test]
fn an_fcb_at_another_roms_place_is_recognised() {
    let rt1010 = refused(&raw(0x6000_0000));
    assert_eq!(
        rt1010.as_deref(),
        Some(
            "an FCB lies at 0x60000400, where the ROM of RT1010, RT1011, RT1160, RT1170, RT500 and RT600 looks for it; that of the RT1021 looks at 0x60000000"
        )
    );
    let rt1170 = refused(&raw(0x3000_0000));
    assert!(rt1170.is_some_and(|text| text.contains("0x30000000 of the RT1160")));
    let unpadded = refused(&raw(0x6000_0000)[0x400..]);
    assert!(unpadded.is_some_and(|text| text.contains("0xc00 behind the FCB")));
    // RT500 and RT600 have no IVT, and stacks where the RT1021 has no RAM
    let mut rt600 = raw(0x0800_0000);
    rt600[0x1000..].fill(0);
    rt600[0x1000..0x1400].copy_from_slice(&app(0x0018_0000, 0x0800_1101, 0x400));
    assert!(refused(&rt600).is_some_and(|text| text.contains("RT600")));
}

#[test]
fn fcbs_at_both_places_are_fine() {
    let mut memory = image();
    memory
        .insert(0x6000_0400, fcb().to_bytes().to_vec())
        .unwrap();
    assert_eq!(other(&memory), None);
}

#[test]
fn a_shifted_image_is_not_for_another_chip() {
    let mut memory = Memory::new();
    for (start, bytes) in image().segments() {
        memory.insert(start + 0x400, bytes.to_vec()).unwrap();
    }
    assert_eq!(other(&memory), None);
}
