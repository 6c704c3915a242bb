use super::*;
use crate::testing::rt1021;
use crate::testing::{app, at, fcb, headers, image, texts};
use crate::{BootData, Format, Ivt};

fn map() -> MemoryMap {
    rt1021().map
}

fn firmware(memory: Memory) -> Firmware {
    Firmware {
        format: Format::Elf,
        memory,
        entry: None,
        notes: vec![],
    }
}

fn build(memory: Memory, fcb: Option<&Fcb>) -> Result<BootImage, Error> {
    BootImage::build(&firmware(memory), fcb, &map())
}

fn message(memory: Memory) -> String {
    build(memory, Some(&fcb())).unwrap_err().to_string()
}

fn bare() -> Memory {
    at(0x6000_2000, app(0x2001_0000, 0x6000_2101, 0x400))
}

#[test]
fn a_bare_application_gets_headers() {
    let built = build(bare(), Some(&fcb())).unwrap();
    let shape: Vec<_> = built
        .memory
        .segments()
        .map(|(start, bytes)| (start, bytes.len()))
        .collect();
    assert_eq!(
        shape,
        [(0x6000_0000, 512), (0x6000_1000, 44), (0x6000_2000, 0x400)]
    );
    assert_eq!(
        (built.built, built.entry, built.stack),
        (true, 0x6000_2101, Some(0x2001_0000))
    );
    assert_eq!(
        (built.inspection.kind, built.fcb),
        (Kind::BootableWithFcb, Some(fcb()))
    );
    assert!(built.inspection.findings.is_empty());
    assert_eq!(crate::testing::stops(&built.memory), [""; 0]);
    assert_eq!(
        built.inspection.boot_data,
        Some(BootData {
            start: 0x6000_0000,
            length: 0x2400,
            plugin: 0
        })
    );
    assert_eq!(
        texts(&built.notes),
        [
            "bare application: a vector table at 0x60002000 (stack 0x20010000, reset handler 0x60002101), and no IVT",
            "made an IVT at 0x60001000 (entry 0x60002101, the reset handler) and boot data (start 0x60000000, length 0x2400)"
        ]
    );
}

#[test]
fn a_missing_fcb_is_noted() {
    let built = build(bare(), None).unwrap();
    assert_eq!(built.memory.first(), Some(0x6000_1000));
    assert_eq!(built.notes.last().map(Finding::code), Some("fcb-not-given"));
}

#[test]
fn an_application_may_follow_the_boot_data() {
    let over = |base: u32| {
        build(
            at(base, app(0x2001_0000, base + 0x101, 0x400)),
            Some(&fcb()),
        )
    };
    assert!(over(0x6000_1400).is_ok());
    assert!(over(0x6000_0200).is_ok());
    assert_eq!(
        over(0x6000_1028).unwrap_err().to_string(),
        "the application has bytes at 0x60001028..0x6000102c, in the place of the IVT and boot data (0x60001000..0x6000102c)"
    );
    assert_eq!(
        over(0x6000_0000).unwrap_err().to_string(),
        "the application has bytes at 0x60000000..0x60000200, in the place of the FCB (0x60000000..0x60000200)"
    );
    assert!(
        over(0x6000_0000)
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("0x60002000")
    );
}

#[test]
fn padding_in_the_headers_place_is_left_out() {
    for value in [0x00, 0xFF] {
        let padded = [vec![value; 0x2000], app(0x2001_0000, 0x6000_2101, 0x400)].concat();
        let built = build(at(0x6000_0000, padded), Some(&fcb())).unwrap();
        assert_eq!(
            built.memory.read(0x6000_0000, 512),
            Some(fcb().to_bytes().to_vec())
        );
        assert_eq!(crate::testing::stops(&built.memory), [""; 0]);
        assert!(
            built
                .notes
                .iter()
                .any(|note| note.to_string() == "the padding where the FCB should be is left out")
        );
    }
}

#[test]
fn a_dcd_lies_at_0x1040_and_is_pointed_to() {
    let dcd = Dcd::parse(&[0xD2, 0, 8, 0x41, 0xC0, 0, 4, 0]).unwrap();
    let built = BootImage::build_with_dcd(&firmware(bare()), None, Some(&dcd), &map()).unwrap();
    assert_eq!(
        built.memory.read(0x6000_1040, 8),
        Some(dcd.as_bytes().to_vec())
    );
    assert_eq!(built.inspection.dcd, Some(dcd.clone()));
    let error =
        BootImage::build_with_dcd(&firmware(image()), None, Some(&dcd), &map()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a DCD cannot be put into an image that has its own IVT"
    );
}

#[test]
fn a_complete_image_keeps_its_fcb() {
    let mut other = fcb();
    other.set_sflash_a1_size(0x40_0000);
    let built = build(image(), Some(&other)).unwrap();
    assert_eq!(
        (&built.memory, built.built, built.fcb),
        (&image(), false, Some(fcb()))
    );
    let note = built.notes.last().unwrap().to_string();
    assert!(
        note.starts_with("the image keeps its own FCB; the given one differs in ")
            && note.contains("a1"),
        "{note}"
    );
    assert_eq!(build(image(), Some(&fcb())).unwrap().notes.len(), 1);
}

#[test]
fn an_image_without_fcb_gets_it_in_place_of_padding() {
    let mut without = image();
    without.remove(0x6000_0000, 0x200);
    assert_eq!(
        build(without.clone(), Some(&fcb())).unwrap().memory,
        image()
    );
    without.insert(0x6000_0000, vec![0; 0x1000]).unwrap();
    let built = build(without.clone(), Some(&fcb())).unwrap();
    assert_eq!(
        built.memory.read(0x6000_0000, 512),
        Some(fcb().to_bytes().to_vec())
    );
    without.replace(0x6000_0010, vec![1]).unwrap();
    assert!(message(without).contains("in the place of the FCB"));
}

#[test]
fn a_misplaced_image_is_refused_with_the_finding() {
    let nopadding = image()
        .slice(0x6000_1000, 0x1400)
        .moved(0x6000_1000, 0x6000_0000)
        .unwrap();
    assert!(message(nopadding).starts_with(
        "the image cannot be flashed as it is: the IVT is at 0x60000000, but its self pointer says 0x60001000"
    ));
    assert!(
        message(image().moved(0x6000_0000, 0x6000_1000).unwrap())
            .contains("cannot be flashed as it is")
    );
}

#[test]
fn bytes_outside_the_flash_are_refused() {
    let mut memory = bare();
    memory.insert(0x2000_0000, vec![1, 2, 3]).unwrap();
    assert_eq!(
        message(memory),
        "the bytes 0x20000000..0x20000003 lie in DTCM, not in the flash window at 0x60000000"
    );
}

#[test]
fn an_image_past_the_flash_is_refused() {
    let mut memory = bare();
    memory.insert(0x607F_FFFF, vec![1]).unwrap();
    assert!(build(memory.clone(), Some(&fcb())).is_ok());
    memory.insert(0x6080_0000, vec![2]).unwrap();
    assert_eq!(
        message(memory),
        "the image ends at 0x60800001, past the 0x800000 bytes of flash that the FCB describes"
    );
}

#[test]
fn a_ram_application_is_laid_out_for_the_roms_copy() {
    let built = build(
        at(0x2000_2000, app(0x2001_0000, 0x2000_22DD, 0x182C)),
        Some(&fcb()),
    )
    .unwrap();
    let ivt = built.inspection.ivt.unwrap();
    assert_eq!(built.inspection.ivt_address, Some(0x6000_1000));
    assert_eq!(
        (ivt.self_address, ivt.boot_data, ivt.entry),
        (0x2000_1000, 0x2000_1020, 0x2000_22DD)
    );
    assert_eq!(
        built.inspection.boot_data,
        Some(BootData {
            start: 0x2000_0000,
            length: 0x382C,
            plugin: 0
        })
    );
    assert_eq!(built.memory.word(0x6000_2000), Some(0x2001_0000));
    assert_eq!(
        (
            built.inspection.kind,
            built.inspection.vectors.unwrap().table
        ),
        (Kind::RamImage { fcb: true }, 0x2000_2000)
    );
    assert!(
        built.inspection.findings.is_empty(),
        "{:?}",
        built.inspection.findings
    );
}

#[test]
fn a_ram_image_with_ivt_moves_to_flash() {
    let (ivt, data) = headers(0x2000_2101, 0x2400);
    let ivt = Ivt {
        boot_data: 0x2000_1020,
        self_address: 0x2000_1000,
        ..ivt
    };
    let mut memory = at(0x2000_2000, app(0x2001_0000, 0x2000_2101, 0x400));
    let start = BootData {
        start: 0x2000_0000,
        ..data
    };
    memory
        .insert(
            0x2000_1000,
            [ivt.to_bytes().as_slice(), &start.to_bytes()].concat(),
        )
        .unwrap();
    let built = build(memory, Some(&fcb())).unwrap();
    assert_eq!(
        (built.built, built.memory.word(0x6000_1014)),
        (false, Some(0x2000_1000))
    );
    assert_eq!((built.entry, built.stack), (0x2000_2101, Some(0x2001_0000)));
    assert!(
        built.inspection.findings.is_empty(),
        "{:?}",
        built.inspection.findings
    );
}

#[test]
fn ram_applications_that_cannot_be_copied_say_why() {
    assert_eq!(
        message(at(0x2000_0000, app(0x2001_0000, 0x2000_0101, 0x400))),
        "the application at 0x20000000 cannot be started from flash: the ROM copies 0x2000 bytes of headers before it, and DTCM begins at 0x20000000"
    );
    assert_eq!(
        message(at(0x8000_2000, app(0x2001_0000, 0x8000_2101, 0x400))),
        "the application at 0x80002000 cannot be started from flash: SDRAM works only after a DCD has set it up, and none is given"
    );
}

#[test]
fn what_is_no_application_is_named() {
    assert_eq!(
        message(at(0x6000_0000, fcb().to_bytes().to_vec())),
        "this is an FCB alone, not an application"
    );
    let unknown = message(at(0x6000_2000, app(0x2001_0000, 0x6000_2100, 0x400)));
    assert!(
        unknown.starts_with("this is no application for the RT1021: no FCB, no IVT"),
        "{unknown}"
    );
    assert!(unknown.ends_with("the reset vector 0x60002100 is even, but a Cortex-M runs only Thumb code (bit 0 must be set)"), "{unknown}");
    let (ivt, data) = headers(0x2020_8101, 0x400);
    let ivt = Ivt {
        self_address: 0x2020_8000,
        boot_data: 0x2020_8020,
        ..ivt
    };
    let loader = [
        ivt.to_bytes().as_slice(),
        &BootData {
            start: 0x2020_8000,
            ..data
        }
        .to_bytes(),
        &[0; 0x300],
    ]
    .concat();
    assert!(
        message(at(0x2020_8000, loader)).starts_with(
            "this is a flashloader (an IVT at 0x20208000 that says 0x20208000 in OCRAM"
        )
    );
}

#[test]
fn application_in_the_alias_gets_a_flash_entry() {
    let built = build(at(0x6000_2000, app(0x2001_0000, 0x0800_2101, 0x400)), None).unwrap();
    assert_eq!(built.inspection.ivt.unwrap().entry, 0x6000_2101);
    assert!(
        built
            .inspection
            .finding(&found::RESET_OUTSIDE_IMAGE)
            .is_none()
    );
}

#[test]
fn a_signed_ram_image_for_an_sd_card_is_refused() {
    let (ivt, data) = headers(0x2000_2101, 0x2800);
    let ivt = Ivt {
        boot_data: 0x2000_1420,
        self_address: 0x2000_1400,
        csf: 0x2000_2400,
        ..ivt
    };
    let mut memory = at(0x2000_2000, app(0x2001_0000, 0x2000_2101, 0x400));
    memory
        .insert(0x2000_2400, vec![0xD4, 0, 8, 0x42, 0xC0, 0, 4, 0])
        .unwrap();
    let start = BootData {
        start: 0x2000_1000,
        ..data
    };
    memory
        .insert(
            0x2000_1400,
            [ivt.to_bytes().as_slice(), &start.to_bytes()].concat(),
        )
        .unwrap();
    assert_eq!(
        message(memory),
        "the image cannot be flashed as it is: its IVT is at offset 0x400, as for serial download or an SD card; in NOR flash it must be at 0x1000"
    );
}
