//! Noise into every parser: nothing panics, and what is built is taken as it is the second time.

mod dice;

use std::sync::LazyLock;

use dice::Dice;
use rtboot_bootable::{
    BootData, BootImage, Conditions, Csf, Dcd, Firmware, Format, Ivt, LoaderImage, Memory, Starts,
    Verdict, convert, emit, inspect,
};
use rtboot_fcb::{Part, StatusRegisters, database};

/// Some bytes changed, or the end cut off.
fn spoiled(random: &mut Dice, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    if random.once_in(3) {
        bytes.truncate(random.below(bytes.len() as u32 + 1) as usize);
    }
    for _ in 0..random.below(12) {
        let at = random.below(good.len() as u32) as usize;
        // small numbers and all ones lead further than others
        let other = random.next() as u8;
        let byte = random.pick(&[0, 1, 0xFF, other]);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
    }
    bytes
}

const RESET: u32 = 0x6000_2009;

/// A small boot image with all headers.
fn image() -> Memory {
    let map = rt1021().map;
    let mut app = [0x2001_0000, RESET].map(u32::to_le_bytes).concat();
    app.resize(0x300, 0xBF);
    let firmware = Firmware::parse(&app, Some("a.bin"), Some(0x6000_2000), &map).unwrap();
    let dcd = [
        0xD2, 0, 24, 0x41, 0xCC, 0, 20, 4, 0x40, 0x1F, 0x40, 0, 0, 0, 0, 1, 0x40, 0x1F, 0x40, 4, 0,
        0, 0, 2,
    ];
    let dcd = Dcd::parse(&dcd).unwrap();
    BootImage::build_with_dcd(&firmware, Some(&rtboot_fcb::Fcb::new()), Some(&dcd), &map)
        .unwrap()
        .memory
}

fn looked_at(memory: &Memory) {
    let map = rt1021().map;
    inspect(memory, &map);
    static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| database::parts().collect());
    let status = StatusRegisters {
        sr1: 0x40,
        sr2: Some(2),
        sr3: None,
    };
    for conditions in [
        Conditions::default(),
        Conditions::default().parts(&PARTS).status(status),
    ] {
        let verdict = Verdict::of(memory, rt1021(), &conditions);
        assert!(
            verdict
                .findings
                .iter()
                .all(|finding| finding.unfilled().is_none())
        );
        assert_eq!(verdict.reasons.is_empty(), verdict.starts == Starts::Yes);
    }
}

#[test]
fn spoiled_files_of_every_format() {
    let map = rt1021().map;
    let image = image();
    let raw = emit::raw(&image, 0x6000_0000, 0xFF).unwrap();
    let files = [
        ("a.bin", raw.clone()),
        ("a.hex", emit::intel_hex(&image).into_bytes()),
        (
            "a.srec",
            emit::s_record(&image, "a", Some(RESET)).into_bytes(),
        ),
        ("a.uf2", emit::uf2(&image, 0xFF).unwrap()),
    ];
    let mut random = Dice(1);
    for (name, good) in &files {
        for _ in 0..150 {
            let file = spoiled(&mut random, good);
            match Firmware::parse(&file, Some(name), None, &map) {
                Ok(firmware) => looked_at(&firmware.memory),
                Err(error) => drop((error.to_string(), error.hint())),
            }
            let _ = LoaderImage::parse(&file, &map).map_err(|error| error.to_string());
        }
    }
}

#[test]
fn elf_headers_of_noise() {
    let map = rt1021().map;
    let mut random = Dice(2);
    let identification = b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0";
    for _ in 0..1500 {
        let len = random.next() as usize % 400;
        let mut file = [identification.as_slice(), &random.bytes(len)].concat();
        // program headers that lie in the file lead further
        if file.len() > 60 {
            file[28..32].copy_from_slice(&52_u32.to_le_bytes());
            file[42..46].copy_from_slice(&[32, 0, random.next() as u8 % 9, 0]);
        }
        let _ =
            Firmware::parse(&file, Some("a.elf"), None, &map).map_err(|error| error.to_string());
        rtboot_bootable::firmware::symbols(&file);
    }
}

#[test]
fn headers_that_lead_anywhere() {
    let good = emit::raw(&image(), 0x6000_0000, 0xFF).unwrap();
    let mut random = Dice(3);
    for _ in 0..400 {
        let mut bytes = good.clone();
        for _ in 0..1 + random.next() % 6 {
            // IVT, boot data and DCD
            let at = 0x1000 + random.next() as usize % 0x60;
            bytes[at] = random.next() as u8;
        }
        let mut memory = Memory::new();
        memory.insert(0x6000_0000, bytes).unwrap();
        looked_at(&memory);
    }
}

#[test]
fn structures_of_noise() {
    let mut random = Dice(4);
    for _ in 0..3000 {
        let len = random.next() as usize % 120;
        let mut bytes = random.bytes(len);
        let tag = [0xD1, 0xD2, 0xD4, 0xCC][random.next() as usize % 4];
        for (place, byte) in bytes.iter_mut().zip([tag, 0, len as u8, 0x41]) {
            *place = byte;
        }
        let _ = (Ivt::parse(&bytes), BootData::parse(&bytes));
        if let Ok(dcd) = Dcd::parse(&bytes) {
            let _ = (dcd.to_string(), dcd.dangers(&rt1021().map));
        }
        if let Ok(csf) = Csf::parse(&bytes) {
            let _ = (csf.to_string(), csf.blocks(), csf.encrypted());
        }
    }
}

#[test]
fn built_shown_and_built_again_is_the_same() {
    let map = rt1021().map;
    let mut random = Dice(5);
    for _ in 0..60 {
        let mut app = [0x2001_0000, RESET].map(u32::to_le_bytes).concat();
        let len = 8 + random.next() as usize % 3000;
        app.extend(random.bytes(len));
        let firmware = Firmware::parse(&app, Some("a.bin"), Some(0x6000_2000), &map).unwrap();
        let fcb = rtboot_fcb::database::find("IS25LP064A").unwrap().1.parts[0].boot_fcb();
        let image = BootImage::build(&firmware, Some(&fcb), &map).unwrap();
        let verdict = Verdict::of(&image.memory, rt1021(), &Default::default());
        assert_ne!(verdict.starts, Starts::No, "{:?}", verdict.reasons);
        // through every format and back
        for (name, file) in [
            (
                "a.bin",
                emit::raw(&image.memory, 0x6000_0000, 0xFF).unwrap(),
            ),
            ("a.hex", emit::intel_hex(&image.memory).into_bytes()),
            (
                "a.srec",
                emit::s_record(&image.memory, "a", None).into_bytes(),
            ),
            ("a.uf2", emit::uf2(&image.memory, 0xFF).unwrap()),
        ] {
            let read = Firmware::parse(&file, Some(name), None, &map).unwrap();
            let again = BootImage::build(&read, Some(&fcb), &map).unwrap();
            assert!(!again.built, "{name}");
            assert_eq!(again.inspection.ivt, image.inspection.ivt, "{name}");
            assert_eq!(again.fcb, image.fcb, "{name}");
            let whole = |memory: &Memory| emit::raw(memory, 0x6000_0000, 0xFF).unwrap();
            let (a, mut b) = (whole(&image.memory), whole(&again.memory));
            b.truncate(a.len());
            assert_eq!(a, b, "{name}");
        }
        let firmware = Firmware {
            format: Format::Raw,
            memory: image.memory.clone(),
            entry: None,
            notes: Vec::new(),
        };
        assert_eq!(
            BootImage::build(&firmware, None, &map).unwrap().memory,
            image.memory
        );
    }
}

#[test]
fn scattered_bytes_are_written_and_changed_in_bounds() {
    let mut random = Dice(6);
    let mut memory = Memory::new();
    for _ in 0..500 {
        let _ = memory.insert(random.next() << 1, vec![random.next() as u8]);
    }
    assert!(emit::raw(&memory, 0, 0).is_err(), "gigabytes");
    assert!(convert::fill(&memory, 0, None).is_err(), "gigabytes");
    assert_eq!(emit::uf2(&memory, 0).unwrap().len() % 512, 0);
    let text = emit::intel_hex(&memory);
    let read = Firmware::parse(text.as_bytes(), Some("a.hex"), None, &rt1021().map);
    drop(read);
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
