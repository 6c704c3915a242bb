use super::*;
use crate::testing::rt1021;
use crate::testing::{app, at, fcb, headers, image, image_with, words};

mod foreign;
mod ram;

fn map() -> MemoryMap {
    rt1021().map
}

fn codes(memory: &Memory) -> Vec<&'static str> {
    inspect(memory, &map())
        .findings
        .iter()
        .map(Finding::code)
        .collect()
}

/// The SDK image with its IVT and boot data changed.
fn changed(change: impl FnOnce(&mut Ivt, &mut BootData)) -> Memory {
    let (mut ivt, mut data) = headers(0x6000_2000, 0x80_0000);
    change(&mut ivt, &mut data);
    image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400))
}

/// The text of the one finding.
fn only(memory: &Memory, code: &str) -> String {
    let seen = inspect(memory, &map());
    assert_eq!(
        seen.findings.iter().map(Finding::code).collect::<Vec<_>>(),
        [code]
    );
    seen.findings[0].to_string()
}

#[test]
fn an_sdk_image_has_no_findings() {
    let seen = inspect(&image(), &map());
    assert_eq!(seen.kind, Kind::BootableWithFcb);
    assert_eq!(seen.reason, "an FCB at 0x60000000 and an IVT at 0x60001000");
    assert_eq!(
        seen.vectors,
        Some(Vectors {
            table: 0x6000_2000,
            stack: 0x2001_0000,
            reset: 0x6000_2101
        })
    );
    assert_eq!((seen.findings, seen.fcb), (vec![], Some(fcb())));
}

#[test]
fn an_odd_entry_finds_its_vector_table() {
    let memory = changed(|ivt, _| ivt.entry = 0x6000_2101);
    let seen = inspect(&memory, &map());
    assert_eq!(seen.vectors.unwrap().table, 0x6000_2000);
    let memory = changed(|ivt, _| ivt.entry = 0x6000_2103);
    assert_eq!(
        only(&memory, "vectors-not-found"),
        "the entry 0x60002103 is the reset handler of no vector table in the image"
    );
}

#[test]
fn a_bare_application_is_told_by_its_vectors() {
    let seen = inspect(
        &at(0x6000_2000, app(0x2001_0000, 0x6000_2101, 0x400)),
        &map(),
    );
    assert_eq!(seen.kind, Kind::BareApplication);
    assert_eq!(
        seen.reason,
        "a vector table at 0x60002000 (stack 0x20010000, reset handler 0x60002101), and no IVT"
    );
    assert!(seen.findings.is_empty());
    assert_eq!(
        inspect(
            &at(0x2000_2000, app(0x2001_0000, 0x2000_2101, 0x400)),
            &map()
        )
        .kind,
        Kind::BareRamApplication
    );
}

#[test]
fn an_application_in_the_headers_place_is_an_error() {
    let over = |base: u32, reset: u32| {
        only(
            &at(base, app(0x2001_0000, reset, 0x3000)),
            "app-over-boot-header",
        )
    };
    assert_eq!(
        over(0x6000_0000, 0x6000_2101),
        "the application extends into 0x60000000..0x60000200, where the FCB should be; link its vector table to 0x60002000"
    );
    assert!(
        over(0x6000_0400, 0x6000_2101)
            .contains("0x60001000..0x6000102c, where the IVT and boot data should be")
    );
}

#[test]
fn an_image_without_padding_at_0_is_misplaced() {
    let nopadding = image()
        .slice(0x6000_1000, 0x1400)
        .moved(0x6000_1000, 0x6000_0000)
        .unwrap();
    let seen = inspect(&nopadding, &map());
    assert_eq!(seen.kind, Kind::BootableWithoutFcb);
    assert_eq!(
        seen.finding(&found::IVT_NO_PADDING).unwrap().to_string(),
        "the IVT is at 0x60000000, but its self pointer says 0x60001000: an image without room for its FCB (\"nopadding\") is placed at the start of the flash"
    );
}

#[test]
fn a_whole_image_0x1000_too_high_is_misplaced() {
    let seen = inspect(&image().moved(0x6000_0000, 0x6000_1000).unwrap(), &map());
    assert_eq!(
        seen.finding(&found::FCB_MISPLACED).unwrap().to_string(),
        "there is an FCB at 0x60001000, but the ROM looks only at 0x60000000: the image is in the wrong place"
    );
    assert!(seen.finding(&found::IVT_SELF_MISMATCH).is_some());
}

#[test]
fn each_contradiction_of_the_ivt_has_its_finding() {
    assert_eq!(
        codes(&changed(|ivt, _| ivt.boot_data = 0x6080_0000)),
        ["boot-data-outside"]
    );
    assert_eq!(
        codes(&changed(|_, data| data.length = 0)),
        ["boot-data-empty", "entry-outside-boot-data"]
    );
    assert_eq!(
        codes(&changed(|_, data| data.start = 0x6000_1001)),
        ["boot-data-contradicts"]
    );
    assert_eq!(
        codes(&changed(|_, data| data.start = 0x6000_1000)),
        ["boot-data-start"]
    );
    assert_eq!(
        codes(&changed(|_, data| data.length = 0x2110)),
        ["boot-data-short"]
    );
    assert_eq!(codes(&changed(|_, data| data.plugin = 1)), ["plugin"]);
    assert_eq!(codes(&changed(|_, data| data.plugin = 7)), ["plugin-flag"]);
    assert_eq!(
        codes(&changed(|ivt, _| ivt.dcd = 0x6080_0000)),
        ["dcd-outside-image"]
    );
    assert_eq!(
        codes(&changed(|ivt, _| ivt.csf = 0x6080_0000)),
        ["csf-outside-image"]
    );
    assert_eq!(codes(&changed(|ivt, _| ivt.csf = 0x6000_2000)), ["csf-tag"]);
    assert_eq!(
        only(
            &changed(|ivt, _| ivt.entry = 0x6000_2401),
            "entry-outside-image"
        ),
        "the entry 0x60002401 is outside the image"
    );
    let seen = inspect(&changed(|_, data| data.length = 0x2000), &map());
    let finding = seen.finding(&found::ENTRY_OUTSIDE_BOOT_DATA).unwrap();
    assert_eq!(
        finding.to_string(),
        "the entry 0x60002000 is outside the range of its boot data"
    );
    assert_eq!(finding.severity, Severity::Warning); // it runs in place, so nothing is missing
}

#[test]
fn a_dcd_pointer_to_other_bytes_is_a_warning() {
    let memory = changed(|ivt, _| ivt.dcd = 0x6000_2000);
    assert_eq!(
        only(&memory, "dcd-tag"),
        "the DCD pointer 0x60002000 points to 00 00 01 20, which is not a DCD (d2 … 4x); SDK images without a DCD look like this and start"
    );
}

#[test]
fn a_dcd_is_read_and_one_that_burns_fuses_is_a_danger() {
    let mut memory = changed(|ivt, _| ivt.dcd = 0x6000_1030);
    let write = [
        0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x40, 0x1F, 0x40, 0x00, 0, 0, 0, 6,
    ];
    memory.insert(0x6000_1030, write.to_vec()).unwrap();
    let seen = inspect(&memory, &map());
    assert_eq!(seen.dcd.as_ref().unwrap().commands().len(), 1);
    assert_eq!(
        (seen.worst(), seen.findings[0].to_string().as_str()),
        (
            Some(Severity::Danger),
            "the DCD's command 0 writes 0x00000006 to the fuse controller at 0x401f4000: it can burn fuses"
        )
    );
    memory.replace(0x6000_1032, vec![17]).unwrap();
    assert!(only(&memory, "dcd-broken").starts_with("the DCD at 0x60001030 is broken: "));
}

#[test]
fn the_vectors_of_an_even_entry_are_judged() {
    let with = |stack, reset| {
        let (ivt, data) = headers(0x6000_2000, 0x80_0000);
        codes(&image_with(ivt, data, &app(stack, reset, 0x400)))
    };
    assert_eq!(with(0x6000_0000, 0x6000_2101), ["stack-outside-ram"]);
    assert_eq!(with(0x8100_0000, 0x6000_2101), ["stack-in-sdram"]);
    assert_eq!(with(0x2001_0000, 0x6000_2100), ["reset-even"]);
    assert_eq!(with(0x2001_0000, 0x6000_2401), ["reset-outside-image"]);
    assert_eq!(with(0xFFFF_FFFF, 0xFFFF_FFFF), ["vectors-blank"]);
}

#[test]
fn garbage_behind_the_fcb_tag_is_an_error() {
    let mut memory = image();
    memory.replace(0x6000_0004, vec![0; 508]).unwrap();
    assert_eq!(codes(&memory), ["fcb-version", "fcb-size", "fcb-no-read"]);
    memory.remove(0x6000_0100, 4);
    assert_eq!(
        only(&memory, "fcb-cut"),
        "the FCB at 0x60000000 is cut off: 512 bytes are needed"
    );
}

#[test]
fn an_image_past_the_flash_of_its_fcb_is_an_error() {
    let mut memory = image();
    memory.insert(0x6080_0000, vec![1]).unwrap();
    assert!(codes(&memory).contains(&"image-past-flash"));
}

#[test]
fn bytes_outside_the_flash_are_named() {
    let mut memory = image();
    memory.insert(0x2000_0000, vec![1, 2]).unwrap();
    assert_eq!(
        only(&memory, "outside-flash"),
        "the bytes 0x20000000..0x20000002 lie in DTCM, not in flash with the rest"
    );
}

#[test]
fn a_signed_image_is_told_by_its_csf() {
    let mut memory = changed(|ivt, _| ivt.csf = 0x6000_3000);
    memory
        .insert(0x6000_3000, vec![0xD4, 0, 8, 0x42, 0xC0, 0, 4, 0])
        .unwrap();
    let seen = inspect(&memory, &map());
    assert_eq!(
        seen.kind,
        Kind::Signed {
            fcb: true,
            ram: false,
            encrypted: false
        }
    );
    assert_eq!(
        seen.reason,
        "an IVT at 0x60001000, whose CSF pointer 0x60003000 leads to a CSF"
    );
    assert_eq!(
        seen.findings.iter().map(Finding::code).collect::<Vec<_>>(),
        ["signed"]
    );
}

#[test]
fn headers_of_the_bus_encryption_are_noted() {
    let mut memory = image();
    memory
        .insert(0x6000_0400, (0..0x180).map(|at| at as u8).collect())
        .unwrap();
    let seen = inspect(&memory, &map());
    assert_eq!(seen.bee, [0x6000_0400]);
    assert!(only(&memory, "bee-header").contains("0x60000400"));
}

#[test]
fn unknown_content_is_described() {
    let seen = inspect(&at(0x6000_2000, vec![0x11; 64]), &map());
    assert_eq!(seen.kind, Kind::Unknown);
    assert_eq!(
        seen.reason,
        "no FCB, no IVT and no vector table were found; the bytes begin at 0x60002000 in flash with 11 11 11 11 11 11 11 11"
    );
    assert!(seen.finding(&found::STACK_OUTSIDE_RAM).is_some());
    let rt1170 = inspect(
        &at(0x3000_2000, app(0x2001_0000, 0x3000_2101, 0x400)),
        &map(),
    );
    assert_eq!(rt1170.kind, Kind::Unknown);
    assert_eq!(
        rt1170.reason,
        "a vector table at 0x30002000 (stack 0x20010000, reset handler 0x30002101) in no memory of the RT1021: is it for another chip?"
    );
    assert_eq!(inspect(&Memory::new(), &map()).reason, "there are no bytes");
    assert_eq!(
        inspect(&at(0x6000_0000, fcb().to_bytes().to_vec()), &map()).kind,
        Kind::FcbOnly
    );
}

#[test]
fn spoiled_images_do_not_panic() {
    let mut flat = image().filled(0x6000_0000, 0x2400, 0);
    flat[0x1040..0x1050].copy_from_slice(&[
        0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x40, 0x1F, 0x40, 0x00, 0, 0, 0, 6,
    ]);
    let head = [0xD1, 0, 0x20, 0x40];
    let mut random = crate::testing::Lcg(6);
    for round in 0..3000 {
        let mut bytes = flat.clone();
        let spoiled = random.spoil(&flat[0x1004..0x1050], 1 + round % 6);
        bytes[0x1004..0x1050].copy_from_slice(&spoiled);
        let base = [0x6000_0000, 0x2000_0000, 0xFFFF_DC00, 0][round % 4];
        let seen = inspect(&at(base, bytes), &map());
        assert!(!seen.reason.is_empty());
        let bare: Vec<u8> = head
            .into_iter()
            .chain((0..60).map(|_| random.next() as u8))
            .collect();
        let memory = at([0x6000_1000, 0, 0xFFFF_FFC0][round % 3], bare);
        crate::Verdict::of(&memory, crate::testing::rt1021(), &Default::default());
    }
}

#[test]
fn image_for_mcuboot_is_known_by_its_header() {
    let map = rt1021().map;
    for header_len in [0x20u16, 0x200, 0x400, 0x1000] {
        let table = 0x6004_0000 + u32::from(header_len);
        let mut bytes = words(&[McubootHeader::MAGIC, 0]);
        bytes.extend(header_len.to_le_bytes());
        bytes.resize(usize::from(header_len), 0);
        bytes.extend(app(0x2001_0000, table + 0x101, 0x400));
        let seen = inspect(&at(0x6004_0000, bytes.clone()), &map);
        assert_eq!(seen.kind, Kind::BareApplication, "{header_len:#x}");
        assert_eq!(seen.vectors.expect("vectors").table, table);
        assert!(seen.finding(&found::FOR_MCUBOOT).is_some());
        // encrypted: nothing behind the header is judged
        bytes[usize::from(header_len)..].fill(0xA7);
        let seen = inspect(&at(0x6004_0000, bytes.clone()), &map);
        assert_eq!((seen.kind, seen.findings.len()), (Kind::Unknown, 1));
        assert!(seen.reason.starts_with("an image for MCUboot"));
        // behind a boot loader in one file it is that one's matter
        let mut merged = at(0x6004_0000, bytes);
        let loader = app(0x2001_0000, 0x6000_2101, 0x400);
        merged.insert(0x6000_2000, loader).expect("apart");
        let seen = inspect(&merged, &map);
        assert_eq!(seen.vectors.expect("vectors").table, 0x6000_2000);
        assert_eq!(seen.mcuboot, None);
    }
}
