//! The application file: whether it fits this flash, and how much of it is in flash.

use rtboot::Error;
use rtboot::doctor::AppInput;
use rtboot_bootable::Firmware;
use rtboot_sim::Settings;

use super::content::with_flash;
use super::rig::{Exam, firmware, healthy, healthy_on, image_with, part};

fn given(settings: Settings, firmware: Firmware, code: &str) {
    Exam::on(settings).with_app(firmware).finds(code);
}

#[test]
fn unusable_file_brings_its_own_advice() {
    let mut exam = Exam::on(healthy());
    exam.app = Some(AppInput {
        name: "app.bin".into(),
        pieces: Err(Error::Firmware {
            path: "app.bin".into(),
            source: rtboot_bootable::Error::Empty,
        }),
    });
    exam.finds("app-unusable");
    let mut loader = firmware("blinky.elf");
    loader.memory = rtboot_bootable::Memory::new();
    let bytes = rtboot_sim::standin_loader().to_vec();
    loader.memory.insert(0x2020_8000, bytes).expect("one piece");
    given(healthy(), loader, "app-unusable");
}

#[test]
fn application_beyond_the_flash_is_too_large() {
    let mut far = firmware("blinky.elf");
    far.memory
        .insert(0x6090_0000, vec![1, 2, 3])
        .expect("a far piece");
    given(healthy(), far, "app-too-large");
}

#[test]
fn image_that_starts_nowhere_is_broken() {
    let mut broken = firmware("blinky_boot.elf");
    let stack = 0x3000_0000u32.to_le_bytes().to_vec();
    broken
        .memory
        .replace(0x6000_2000, stack)
        .expect("four bytes");
    let entry = 0x6000_2000u32.to_le_bytes().to_vec();
    broken
        .memory
        .replace(0x6000_1004, entry)
        .expect("four bytes");
    given(healthy(), broken, "app-broken");
}

#[test]
fn application_in_protected_blocks_names_the_range() {
    let settings = Settings {
        flash: Vec::new(),
        status: [0x24, 2, 0],
        ..healthy_on(1)
    };
    given(settings, firmware("blinky.elf"), "app-in-protected");
}

#[test]
fn lost_bits_missing_bytes_and_other_builds_differ() {
    let flash = || image_with(&part("IS25LP064A").boot_fcb());
    let mut lost = flash();
    for byte in &mut lost[0x2240..0x2250] {
        *byte &= 0x11;
    }
    given(with_flash(lost), firmware("blinky.elf"), "app-bits-lost");
    let mut missing = flash();
    missing[0x2240..0x2270].fill(0xFF);
    given(
        with_flash(missing),
        firmware("blinky.elf"),
        "app-half-written",
    );
    given(healthy(), firmware("blinky_fast.elf"), "app-differs");
}

#[test]
fn replaced_fcb_is_no_worn_cell() {
    let own = image_with(&part("IS25LP064A").boot_fcb());
    let mut slower = own.clone();
    slower[0x46] = 4; // bits are cleared only
    let map = crate::kit::rt1021().map;
    let base = Some(map.flash_base);
    let file = Firmware::parse(&own, Some("app.bin"), base, &map).expect("an image");
    given(with_flash(slower), file, "app-other-fcb");
}

#[test]
fn application_for_another_chip_is_named_so() {
    let mut other = firmware("blinky.elf");
    let bytes = vec![0, 0, 1, 0x20, 1, 0x21, 0, 0x30];
    other.memory = rtboot_bootable::Memory::new();
    other
        .memory
        .insert(0x3000_2000, bytes)
        .expect("a vector table");
    given(healthy(), other, "app-other-chip");
}
