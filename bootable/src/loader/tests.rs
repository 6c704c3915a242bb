use super::*;
use crate::testing::rt1021;
use crate::testing::{texts, words};

/// Where an image is linked, and what its file leaves out.
#[derive(Clone, Copy)]
struct Plan {
    start: u32,
    ivt_offset: u32,
    length: u32,
    entry: u32,
}

/// As NXP-MCUBootUtility's OCRAM build is laid out, shorter.
const OCRAM: Plan = Plan {
    start: 0x2020_8200,
    ivt_offset: 0,
    length: 0x1000,
    entry: 0x2020_8501,
};

fn file(plan: Plan) -> Vec<u8> {
    let me = plan.start.wrapping_add(plan.ivt_offset);
    let mut bytes = vec![0; plan.ivt_offset as usize];
    bytes.extend(words(&[
        0x4020_00D1,
        plan.entry,
        0,
        0,
        me.wrapping_add(0x20),
        me,
        0,
        0,
        plan.start,
        plan.length,
        0,
    ]));
    bytes.resize(plan.length.clamp(0x30, 0x4_0000) as usize, 0xA5);
    bytes
}

fn parse(bytes: &[u8]) -> Result<LoaderImage, Error> {
    LoaderImage::parse(bytes, &rt1021().map)
}

fn message(bytes: &[u8]) -> String {
    parse(bytes).unwrap_err().to_string()
}

#[test]
fn public_loader_layouts_load_and_jump() {
    let cases = [
        (
            Plan {
                start: 0x2020_8200,
                ivt_offset: 0,
                length: 0xD725,
                entry: 0x2021_4565,
            },
            0x2020_8200,
            0x2020_8200,
        ),
        (
            Plan {
                start: 0x2000_0200,
                ivt_offset: 0,
                length: 0xD725,
                entry: 0x2000_C565,
            },
            0x2000_0200,
            0x2000_0200,
        ),
        (
            Plan {
                start: 0x0000_0200,
                ivt_offset: 0,
                length: 0xD71D,
                entry: 0x0000_C565,
            },
            0x0000_0200,
            0x0000_0200,
        ),
        (
            Plan {
                start: 0x2020_8000,
                ivt_offset: 0x400,
                length: 0xFE85,
                entry: 0x2021_6AF9,
            },
            0x2020_8000,
            0x2020_8400,
        ),
    ];
    for (plan, load, jump) in cases {
        let image = parse(&file(plan)).unwrap();
        assert_eq!(
            (image.load, image.jump, image.entry),
            (load, jump, plan.entry)
        );
        assert_eq!(image.bytes.len(), plan.length as usize);
        assert!(image.notes.is_empty(), "{:?}", image.notes);
        assert!(crate::known::KNOWN.iter().any(
            |known| (known.load, known.jump, known.size) == (load, jump, plan.length as usize)
        ));
    }
}

#[test]
fn bytes_outside_the_boot_data_are_not_sent() {
    let mut bytes = file(OCRAM);
    bytes.extend([0xEE; 100]);
    assert_eq!(parse(&bytes).unwrap().bytes, file(OCRAM));
    let padded = [vec![0; 0x1000], file(OCRAM)].concat();
    let image = parse(&padded).unwrap();
    assert_eq!((image.load, image.bytes), (0x2020_8200, file(OCRAM)));
}

#[test]
fn a_loader_without_leading_bytes_loads_at_its_ivt() {
    let bytes = file(Plan {
        start: 0x2020_8000,
        ivt_offset: 0x400,
        length: 0x1000,
        entry: 0x2020_8801,
    });
    let image = parse(&bytes[0x400..]).unwrap();
    assert_eq!(
        (image.load, image.jump, image.bytes.len()),
        (0x2020_8400, 0x2020_8400, 0xC00)
    );
    assert!(
        image.notes[0]
            .to_string()
            .starts_with("the file begins at 0x20208400, 0x400 bytes after the image's start")
    );
}

#[test]
fn a_file_without_ivt_says_what_it_looks_like() {
    let with = |bytes: &[u8]| message(bytes);
    assert_eq!(
        with(b"S00600004844521B\n"),
        "no flashloader: it holds no IVT (d1 00 20 4x) and looks like an S-record file"
    );
    assert_eq!(
        with(b"\x7FELF\x01\x01\x01"),
        "no flashloader: it holds no IVT (d1 00 20 4x) and looks like an ELF file"
    );
    assert_eq!(
        with(&[0xFF; 64]),
        "no flashloader: it holds no IVT (d1 00 20 4x) and looks like 64 bytes of 0xff: blank"
    );
    let app = crate::testing::app(0x2001_0000, 0x6000_2101, 0x100);
    assert_eq!(
        with(&app),
        "no flashloader: it holds no IVT (d1 00 20 4x) and looks like a bare application (stack 0x20010000, reset handler 0x60002101)"
    );
    assert_eq!(with(&[]), "the file is empty");
    assert!(
        parse(&app)
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("ivt_flashloader.bin")
    );
}

#[test]
fn a_boot_image_for_flash_is_no_flashloader() {
    let flat = crate::testing::image().filled(0x6000_0000, 0x2400, 0xFF);
    assert_eq!(
        message(&flat),
        "no flashloader: its IVT says 0x60001000 in flash, and only the chip's own RAM can be loaded over serial download"
    );
}

#[test]
fn an_image_of_another_chip_does_not_fit() {
    // RT1050: 128 KiB of DTCM from 0x20000000 on
    let big = file(Plan {
        start: 0x2000_0000,
        ivt_offset: 0x400,
        length: 0x1_2000,
        entry: 0x2000_1001,
    });
    assert_eq!(
        message(&big),
        "the flashloader needs 0x20000000..0x20012000, but DTCM of the RT1021 ends at 0x20010000: is it one for another chip?"
    );
    // RT1011: 0x20205800
    let low = file(Plan {
        start: 0x2020_5800,
        ivt_offset: 0,
        length: 0x4000,
        entry: 0x2020_6001,
    });
    assert_eq!(
        message(&low),
        "the flashloader needs 0x20205800..0x20209800, over 0x20200000..0x20208000 that the ROM uses while it loads: is it one for another chip?"
    );
    let edge = |start| {
        parse(&file(Plan {
            start,
            ivt_offset: 0,
            length: 0x100,
            entry: start + 0x41,
        }))
    };
    assert!(edge(0x2020_8000).is_ok() && edge(0x2020_7FFC).is_err());
}

#[test]
fn the_last_report_past_the_end_of_a_ram_is_noted() {
    let with = |length| {
        parse(&file(Plan {
            start: 0x2000_0000,
            ivt_offset: 0x400,
            length,
            entry: 0x2000_1001,
        }))
        .unwrap()
        .notes
    };
    assert!(with(0x1_0000).is_empty());
    assert!(with(0xFC00).is_empty());
    let shifted = file(Plan {
        start: 0x2000_0200,
        ivt_offset: 0,
        length: 0xFD00,
        entry: 0x2000_1001,
    });
    assert_eq!(
        texts(&parse(&shifted).unwrap().notes),
        [
            "the ROM writes whole reports of 1024 bytes, here up to 0x20010200, past the end of DTCM at 0x20010000: it may crash"
        ]
    );
}

#[test]
fn a_short_file_is_noted_and_a_cut_one_refused() {
    let bytes = file(OCRAM);
    let image = parse(&bytes[..0xE00]).unwrap();
    assert_eq!(
        texts(&image.notes),
        ["the file is 512 bytes shorter than its boot data says"]
    );
    assert_eq!(
        message(&bytes[..0xDFF]),
        "the flashloader file is cut off: its boot data says 4096 bytes, 3583 are there"
    );
}

#[test]
fn each_contradiction_is_named() {
    let say =
        |problem: &str| format!("the flashloader's IVT at offset 0x0 makes no sense: {problem}");
    // entry of another build, as in one public signed image
    let entry = Plan {
        start: 0x2000_0000,
        entry: 0x2021_6AF9,
        ..OCRAM
    };
    assert_eq!(
        message(&file(entry)),
        say("its entry 0x20216af9 is outside the image 0x20000000..0x20001000")
    );
    let mut outside = file(OCRAM);
    outside[16..20].copy_from_slice(&0x2021_0000u32.to_le_bytes());
    assert_eq!(
        message(&outside),
        say("its boot data pointer 0x20210000 leads outside the file")
    );
    let mut elsewhere = file(OCRAM);
    elsewhere[32..36].copy_from_slice(&0x2021_0000u32.to_le_bytes());
    assert_eq!(
        message(&elsewhere),
        say(
            "its boot data gives the image 0x20210000..0x20211000, which does not hold the IVT at 0x20208200"
        )
    );
    let low = [vec![0; 8], file(Plan { start: 4, ..OCRAM })].concat();
    assert_eq!(
        message(&low),
        "the flashloader's IVT at offset 0x8 makes no sense: it says that it lies at 0x00000004, lower than its place in the file"
    );
}

#[test]
fn the_ivt_that_agrees_with_its_boot_data_counts() {
    let decoy = words(&[0x4020_00D1, 1, 2, 3, 4, 5, 6, 7]);
    let image = parse(&[decoy, file(OCRAM)].concat()).unwrap();
    assert_eq!((image.load, image.jump), (0x2020_8200, 0x2020_8200));
}

#[test]
fn no_cut_and_no_spoiled_byte_panics() {
    let bytes = file(Plan {
        length: 0x340,
        entry: 0x2020_8241,
        ..OCRAM
    });
    for len in 0..bytes.len() {
        match parse(&bytes[..len]) {
            Ok(image) => assert!(image.notes[0].is(&found::LOADER_SHORT) && len >= 0x140),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    let mut random = crate::testing::Lcg(8);
    for _ in 0..20_000 {
        let mut spoiled = bytes.clone();
        spoiled[4..44].copy_from_slice(&random.spoil(&bytes[4..44], 3));
        let _ = parse(&spoiled).map_err(|error| (error.to_string(), error.hint()));
    }
}

#[test]
fn a_dcd_that_burns_fuses_is_noted() {
    let mut bytes = file(OCRAM);
    assert_eq!(parse(&bytes).unwrap().dcd, None);
    bytes[12..16].copy_from_slice(&0x2020_8240u32.to_le_bytes());
    assert_eq!(parse(&bytes).unwrap().dcd, None); // no tag there
    bytes[0x40..0x50].copy_from_slice(&[
        0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x40, 0x1F, 0x40, 0x00, 0, 0, 0, 6,
    ]);
    let image = parse(&bytes).unwrap();
    assert_eq!(image.dcd.unwrap().commands().len(), 1);
    assert_eq!(
        texts(&image.notes),
        [
            "the DCD's command 0 writes 0x00000006 to the fuse controller at 0x401f4000: it can burn fuses"
        ]
    );
    bytes[0x44] = 0xAA;
    assert!(
        message(&bytes).contains("its DCD is broken: the command at offset 0x4 has the tag 0xaa")
    );
}

/// The image with a vector table in it: stack, reset handler.
fn with_vectors(plan: Plan, at: usize, stack: u32) -> Vec<u8> {
    let mut bytes = file(plan);
    bytes[at..at + 8].copy_from_slice(&words(&[stack, plan.entry]));
    bytes
}

fn needs(bytes: &[u8]) -> Vec<String> {
    let image = parse(bytes).expect("a flashloader");
    image.needs.iter().map(ToString::to_string).collect()
}

#[test]
fn ram_up_to_the_stack_top_is_needed() {
    // figures of public builds: OCRAM with the stack behind the image, OCRAM with the stack in DTCM, and DTCM
    let bytes = with_vectors(OCRAM, 0x200, 0x2021_DAD8);
    assert_eq!(needs(&bytes), ["OCRAM 0x20208200..0x2021dad8"]);
    let bytes = with_vectors(OCRAM, 0x200, 0x2000_5AD8);
    let both = [
        "OCRAM 0x20208200..0x20209200",
        "DTCM 0x20000000..0x20005ad8",
    ];
    assert_eq!(needs(&bytes), both);
    let dtcm = Plan {
        start: 0x2000_0200,
        entry: 0x2000_0501,
        ..OCRAM
    };
    let bytes = with_vectors(dtcm, 0x200, 0x2001_5AD8);
    assert_eq!(needs(&bytes), ["DTCM 0x20000200..0x20015ad8"]);
    // the entry is the table
    let table = Plan {
        entry: 0x2020_8400,
        ..OCRAM
    };
    let mut bytes = file(table);
    bytes[0x200..0x208].copy_from_slice(&words(&[0x2021_0000, 0x2020_8501]));
    assert_eq!(needs(&bytes), ["OCRAM 0x20208200..0x20210000"]);
    assert_eq!(needs(&file(OCRAM)), ["OCRAM 0x20208200..0x20209200"]);
}

#[test]
fn split_of_the_flexram_decides_what_fits() {
    let chip = rt1021();
    let dtcm = Plan {
        start: 0x2000_0200,
        entry: 0x2000_0501,
        ..OCRAM
    };
    let dtcm = parse(&with_vectors(dtcm, 0x200, 0x2001_5AD8)).expect("a flashloader");
    let ocram = parse(&with_vectors(OCRAM, 0x200, 0x2021_DAD8)).expect("a flashloader");
    let usual = chip.flexram_of_the_factory();
    assert_eq!(dtcm.missing(usual), dtcm.needs.first());
    assert_eq!(ocram.missing(usual), None);
    let much_dtcm = chip.flexram.by_fuse(1 << 16);
    assert_eq!(dtcm.missing(much_dtcm), None);
    assert_eq!(ocram.missing(much_dtcm), ocram.needs.first());
}
