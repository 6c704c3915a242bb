//! Applications in every format, and whole images of the SDK.

use rtboot_bootable::{BootImage, Firmware, Form, Kind, Memory, Starts, Verdict, emit, inspect};

use super::files::{golden, public};
use super::same;

const APPS: &str = "NXP-MCUBootUtility/apps/NXP_MIMXRT1020-EVK_Rev.A2";

/// Everything from the first byte on, with the same fill in the gaps.
fn flat(memory: &Memory) -> Vec<u8> {
    emit::raw(memory, memory.first().unwrap(), 0xFF).unwrap()
}

#[test]
fn every_format_of_an_application_holds_the_same() {
    let map = rt1021().map;
    for (name, base, kind, others) in [
        (
            "led_blinky_0x60002000.srec",
            0x6000_2000,
            Kind::BareApplication,
            &["_iar.elf"][..],
        ),
        (
            "led_blinky_0x60003000.srec",
            0x6000_3000,
            Kind::BareApplication,
            &["_iar.elf"],
        ),
        (
            "led_blinky_0x6000a000.srec",
            0x6000_A000,
            Kind::BareApplication,
            &["_iar.elf"],
        ),
        (
            "led_blinky_0x00002000.srec",
            0x0000_2000,
            Kind::BareRamApplication,
            &["_iar.elf"],
        ),
        (
            "led_blinky_0x80002000.srec",
            0x8000_2000,
            Kind::BareRamApplication,
            &["_iar.elf", ".hex", ".bin"],
        ),
    ] {
        let Some(srec) = golden(name) else { return };
        let first = Firmware::parse(&srec, Some(name), None, &map).unwrap();
        assert_eq!(first.memory.first(), Some(base), "{name}");
        assert_eq!(inspect(&first.memory, &map).kind, kind, "{name}");
        for ending in others {
            let path = name.replace(".srec", ending);
            let file = public(&format!("{APPS}/{path}")).unwrap();
            let own = path.ends_with(".bin").then_some(base);
            let other = Firmware::parse(&file, Some(&path), own, &map).unwrap();
            assert_eq!(other.memory.first(), Some(base), "{path}");
            same(&path, &flat(&other.memory), &flat(&first.memory));
        }
        // and through the formats that are written here
        let hex = emit::intel_hex(&first.memory).into_bytes();
        let again = Firmware::parse(&hex, Some("a.hex"), None, &map).unwrap();
        assert_eq!(again.memory, first.memory, "{name}");
        let records = emit::s_record(&first.memory, "a", None).into_bytes();
        let again = Firmware::parse(&records, Some("a.srec"), None, &map).unwrap();
        assert_eq!(again.memory, first.memory, "{name}");
    }
}

#[test]
fn raw_files_are_placed_right_or_not_at_all() {
    let map = rt1021().map;
    for (name, base) in [
        ("led_blinky_0x60002000.srec", 0x6000_2000),
        ("led_blinky_0x60003000.srec", 0x6000_3000),
        ("led_blinky_0x6000a000.srec", 0x6000_A000),
        ("led_blinky_0x00002000.srec", 0x0000_2000),
        ("led_blinky_0x80002000.srec", 0x8000_2000),
    ] {
        let Some(srec) = golden(name) else { return };
        let first = Firmware::parse(&srec, Some(name), None, &map).unwrap();
        let raw = flat(&first.memory);
        match Firmware::parse(&raw, Some("a.bin"), None, &map) {
            Ok(firmware) => assert_eq!(firmware.memory.first(), Some(base), "{name}"),
            Err(error) => {
                assert_ne!(base, 0x6000_2000, "{name}");
                assert_eq!(error.likely_base(), Some(base), "{name}: {error}");
            }
        }
    }
}

#[test]
fn applications_at_any_offset_become_images() {
    let map = rt1021().map;
    for (name, table) in [
        ("led_blinky_0x60002000_iar.elf", 0x6000_2000),
        ("led_blinky_0x60003000.srec", 0x6000_3000),
        ("led_blinky_0x6000a000.srec", 0x6000_A000),
        ("EVK100/led_blinky_0x60002000.srec", 0x6000_2000),
    ] {
        let Some(file) = golden(name) else { return };
        let firmware = Firmware::parse(&file, Some(name), None, &map).unwrap();
        let image = BootImage::build(&firmware, None, &map).unwrap();
        let seen = inspect(&image.memory, &map);
        assert_eq!(seen.vectors.unwrap().table, table, "{name}");
        assert_eq!(seen.ivt.unwrap().self_address, 0x6000_1000, "{name}");
        // the application is in it as it was
        let len = flat(&firmware.memory).len();
        assert_eq!(
            image.memory.filled(table, len, 0xFF),
            flat(&firmware.memory),
            "{name}"
        );
    }
}

#[test]
fn whole_images_of_the_sdk_are_kept_byte_for_byte() {
    let map = rt1021().map;
    for (name, table, dcd) in [
        ("led_blinky_0x60002000_fdcb.bin", 0x6000_2000, None),
        // a pointer to a zero byte behind the application: no DCD
        (
            "led_blinky_0x60005000_fdcb_ivt.bin",
            0x6000_5000,
            Some(0x6000_78D8),
        ),
        (
            "led_blinky_0x60005000_fdcb_ivt_dcd.bin",
            0x6000_5000,
            Some(0x6000_1030),
        ),
    ] {
        let Some(file) = golden(name) else { return };
        let firmware = Firmware::parse(&file, Some(name), None, &map).unwrap();
        let image = BootImage::build(&firmware, None, &map).unwrap();
        assert!(!image.built, "{name}");
        same(name, &image.raw(Form::Padded, 0, &map).unwrap(), &file);
        let seen = inspect(&image.memory, &map);
        assert_eq!(
            (seen.kind, seen.ivt.unwrap().version),
            (Kind::BootableWithFcb, 0x41),
            "{name}"
        );
        assert_eq!(seen.vectors.unwrap().table, table, "{name}");
        let real = dcd == Some(0x6000_1030);
        assert_eq!(seen.dcd.is_some(), real, "{name}");
        assert_eq!(
            seen.finding(&rtboot_finding::catalogue::image::DCD_TAG)
                .is_some(),
            dcd.is_some() && !real,
            "{name}"
        );
        if let Some(pointer) = dcd {
            assert_eq!(seen.ivt.unwrap().dcd, pointer, "{name}");
        }
        let verdict = Verdict::of(&image.memory, rt1021(), &Default::default());
        assert_ne!(verdict.starts, Starts::No, "{name}: {:?}", verdict.reasons);
    }
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
