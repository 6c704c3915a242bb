//! What is in flash: each thing that can be wrong with it, on a board that is otherwise as it should be.

use rtboot::finding::Severity;
use rtboot_bootable::verdict::Starts;
use rtboot_fcb::lut::Sequence;
use rtboot_fcb::{ClockIndex, Fcb};
use rtboot_sim::{Fault, Settings};

use crate::kit::random::pattern;

use super::rig::{Exam, faulty, finds, firmware, healthy, image, image_with, part, patched};

/// Places in the blinky image, from the start of the flash.
const IVT: usize = 0x1000;
const BOOT_DATA: usize = 0x1020;
const APP: usize = 0x2000;

pub fn with_flash(flash: Vec<u8>) -> Settings {
    Settings { flash, ..healthy() }
}

pub fn with_fcb(change: impl Fn(&mut Fcb)) -> Settings {
    let mut fcb = part("IS25LP064A").boot_fcb();
    change(&mut fcb);
    let mut flash = image();
    flash[..512].copy_from_slice(fcb.as_bytes());
    with_flash(flash)
}

pub fn word(offset: usize, value: u32) -> Settings {
    patched(offset, &value.to_le_bytes())
}

/// An image whose IVT names the vector table instead of the reset handler, with this word in it.
pub fn by_table(offset: usize, value: u32) -> Settings {
    let mut settings = word(IVT + 4, 0x6000_2000);
    settings.flash[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    settings
}

/// An image whose DCD, behind the boot data, holds these bytes.
pub fn with_dcd(dcd: &[u8]) -> Settings {
    let mut settings = word(IVT + 0x0C, 0x6000_1040);
    settings.flash[0x1040..0x1040 + dcd.len()].copy_from_slice(dcd);
    settings
}

/// A DCD with one 32-bit write.
pub fn dcd_write(address: u32, value: u32) -> Vec<u8> {
    let mut dcd = vec![0xD2, 0x00, 0x10, 0x41, 0xCC, 0x00, 0x0C, 0x04];
    dcd.extend(address.to_be_bytes());
    dcd.extend(value.to_be_bytes());
    dcd
}

#[test]
fn blank_flash_is_a_warning() {
    let diagnosis = finds(with_flash(Vec::new()), "content-blank");
    assert_eq!(diagnosis.findings[0].severity, Severity::Warning);
    assert_eq!(diagnosis.findings.len(), 1, "{diagnosis:#?}");
}

#[test]
fn blank_flash_with_application_is_not_programmed() {
    let mut exam = Exam::on(with_flash(Vec::new())).with_blinky();
    let diagnosis = exam.finds("content-not-programmed");
    let first = &diagnosis.findings[0];
    assert!(first.to_string().contains("0xff"), "{first}");
    assert!(first.why.contains("Byte in module is $FF"), "{}", first.why);
}

#[test]
fn zeros_and_noise_are_no_boot_image() {
    finds(with_flash(vec![0; 0x4000]), "content-zeros");
    finds(with_flash(pattern(0x4000)), "content-unknown");
    // nothing was written to the start here
    let mut behind = vec![0xFF; 0x4000];
    behind[0x2300..0x2340].fill(0x5A);
    let diagnosis = finds(with_flash(behind), "content-unknown");
    let causes = format!("{:?}", diagnosis.findings[0].causes);
    assert!(!causes.contains("to the start"), "{causes}");
}

#[test]
fn image_written_0x1000_too_high_is_shifted() {
    let mut flash = vec![0xFF; 0x1000];
    flash.extend(image());
    let diagnosis = finds(with_flash(flash), "content-shifted");
    assert!(diagnosis.findings[0].to_string().contains("0x1000"));
}

#[test]
fn flashloader_in_flash_is_named() {
    finds(
        with_flash(rtboot_sim::standin_loader().to_vec()),
        "content-flashloader",
    );
}

#[test]
fn application_linked_for_ram_is_named() {
    let mut flash: Vec<u8> = [0x2001_0000u32, 0x0000_0401]
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    flash.resize(0x2000, 0x5A);
    finds(with_flash(flash), "content-bare-ram");
}

#[test]
fn application_without_boot_header_is_named() {
    let app = firmware("blinky.elf").memory;
    let mut flash = vec![0xFF; APP];
    for (address, bytes) in app.segments() {
        let offset = (address - 0x6000_0000) as usize;
        flash.resize(flash.len().max(offset + bytes.len()), 0xFF);
        flash[offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    let diagnosis = finds(with_flash(flash), "content-bare");
    assert!(diagnosis.findings[0].to_string().contains("0x60002000"));
}

#[test]
fn saved_bytes_tell_an_interrupted_write() {
    let without = || patched(0, &[0xFF; 512]);
    let diagnosis = finds(without(), "fcb-missing");
    assert!(
        diagnosis.findings[0]
            .causes
            .iter()
            .any(|c| c.contains("interrupted"))
    );
    // rtboot's own half write: the first page of the FCB comes last, and nothing had to be saved
    let half = finds(patched(0, &[0xFF; 0x100]), "content-interrupted");
    assert!(half.findings[0].why.contains("programs last"), "{half:#?}");
}

#[test]
fn padding_over_the_fcb_is_no_erased_fcb() {
    finds(patched(0, &[0; 512]), "content-fcb-overwritten");
}

#[test]
fn broken_fcb_names_the_field() {
    finds(patched(7, &[0]), "fcb-version");
    finds(with_fcb(|fcb| fcb.set_sflash_a1_size(0)), "fcb-size");
    finds(
        with_fcb(|fcb| fcb.set_sequence(0, &Sequence::EMPTY)),
        "fcb-no-read",
    );
    finds(
        with_fcb(|fcb| fcb.set_sflash_a1_size(0x2000)),
        "image-past-flash",
    );
}

#[test]
fn fcb_for_another_flash_names_what_does_not_fit() {
    finds(
        with_fcb(|fcb| fcb.set_sequence(0, &Sequence::read(0xEE, 32, 8, 8, 20))),
        "fcb-kind",
    );
    finds(
        with_fcb(|fcb| fcb.set_sequence(0, &Sequence::read(0xEB, 24, 4, 4, 10))),
        "fcb-read-misfit",
    );
    finds(
        with_fcb(|fcb| fcb.set_sflash_a1_size(16 << 20)),
        "fcb-size-part",
    );
    finds(
        with_fcb(|fcb| fcb.set_clock(ClockIndex(7).0)),
        "fcb-clock-part",
    );
    finds(
        with_fcb(|fcb| fcb.set_clock(ClockIndex(8).0)),
        "fcb-clock-chip",
    );
    finds(
        with_fcb(|fcb| fcb.set_device_mode_enable(1)),
        "content-fcb-writes-status",
    );
}

#[test]
fn quad_enable_clear_matters_to_a_quad_read_only() {
    let clear = |flash| Settings {
        status: [0; 3],
        ..with_flash(flash)
    };
    let mut exam = Exam::on(clear(image()));
    exam.finds("quad-enable-clear");
    let verdict = exam.facts.as_ref().and_then(|facts| facts.verdict());
    assert_eq!(verdict.expect("content").starts, Starts::No);
    let mut fcb = part("IS25LP064A").boot_fcb();
    fcb.set_sequence(0, &Sequence::read(0x0B, 24, 1, 1, 8));
    let mut exam = Exam::on(clear(image_with(&fcb)));
    assert_eq!(exam.codes(), [""; 0], "one pad needs no quad enable");
}

#[test]
fn broken_boot_header_names_its_part() {
    finds(patched(IVT, &[0xFF; 32]), "ivt-missing");
    finds(word(IVT + 0x14, 0x7000_1000), "ivt-self-mismatch");
    finds(word(BOOT_DATA + 4, 0), "boot-data-empty");
    finds(word(BOOT_DATA, 0x6000_2000), "boot-data-contradicts");
    finds(word(IVT + 4, 0x60F0_0001), "entry-outside-image");
}

#[test]
fn ivt_at_0x400_is_misplaced() {
    let mut flash = image();
    let header: Vec<u8> = flash[IVT..IVT + 0x30].to_vec();
    flash[IVT..IVT + 0x30].fill(0xFF);
    flash[0x400..0x430].copy_from_slice(&header);
    flash[0x414..0x418].copy_from_slice(&0x6000_0400u32.to_le_bytes());
    flash[0x410..0x414].copy_from_slice(&0x6000_0420u32.to_le_bytes());
    finds(with_flash(flash), "ivt-misplaced");
}

#[test]
fn application_that_cannot_run_names_the_reason() {
    finds(by_table(APP, 0x3000_0000), "stack-outside-ram");
    finds(by_table(APP + 4, 0x6000_2100), "reset-even");
    finds(by_table(APP + 4, 0x6040_0001), "reset-erased");
    finds(by_table(APP + 4, 0x3000_0001), "reset-outside-image");
    let mut erased = by_table(APP, 0xFFFF_FFFF);
    erased.flash[APP..APP + 0x100].fill(0xFF);
    finds(erased, "vectors-blank");
    let reset = image()[APP + 4..APP + 8]
        .try_into()
        .map(u32::from_le_bytes)
        .expect("four bytes");
    let at = (reset - 1 - 0x6000_0000) as usize;
    finds(patched(at, &[0xFF; 16]), "reset-erased");
}

#[test]
fn broken_or_fuse_writing_dcd_is_found() {
    finds(
        with_dcd(&[
            0xD2, 0x00, 0x10, 0x41, 0x77, 0x00, 0x0C, 0x04, 0, 0, 0, 0, 0, 0, 0, 0,
        ]),
        "dcd-broken",
    );
    let diagnosis = finds(with_dcd(&dcd_write(0x401F_4000, 0x3E77_0006)), "dcd-fuses");
    assert!(!diagnosis.is_healthy());
    finds(by_table(APP, 0x8001_0000), "stack-in-sdram");
}

#[test]
fn unsteady_reads_come_before_the_content() {
    let fault = Fault::Misread {
        at: 1,
        byte: 3,
        xor: 0x10,
    };
    finds(faulty(fault), "content-unsteady");
}

#[test]
fn images_for_ram_name_what_the_rom_would_do() {
    // an IVT that says OCRAM, its image longer than that
    let mut settings = word(IVT + 0x14, 0x2020_9000);
    for (offset, value) in [
        (IVT + 0x10, 0x2020_9020),
        (IVT + 4, 0x2020_A001),
        (BOOT_DATA, 0x2020_8000),
        (BOOT_DATA + 4, 0x8_0000),
    ] {
        settings.flash[offset..offset + 4].copy_from_slice(&u32::to_le_bytes(value));
    }
    finds(settings, "ram-overflow");
    // an IVT in SDRAM, and nothing that sets SDRAM up
    let mut settings = word(IVT + 0x14, 0x8000_1000);
    for (offset, value) in [
        (IVT + 0x10, 0x8000_1020),
        (IVT + 4, 0x8000_2279),
        (BOOT_DATA, 0x8000_0000),
    ] {
        settings.flash[offset..offset + 4].copy_from_slice(&u32::to_le_bytes(value));
    }
    finds(settings, "sdram-without-dcd");
}

#[test]
fn image_of_another_chip_is_not_shifted() {
    let mut settings = healthy();
    settings.flash.copy_within(0..0x200, 0x400);
    settings.flash[..0x200].fill(0xFF);
    let found = finds(settings, "other-chip");
    assert!(
        found.findings[0].to_string().contains("RT1010"),
        "{found:#?}"
    );
    let mut settings = healthy();
    settings.flash = [vec![0xFF; 0x400], image()].concat();
    finds(settings, "content-shifted");
}
