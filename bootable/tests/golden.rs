//! The headers that are made, held against those of public images. Origin: `vectors/README.md`.

use rtboot_bootable::{
    BootDevice, BootImage, BuildOptions, Conditions, Dcd, Firmware, Form, Kind, MemoryMap, Starts,
    Verdict, inspect,
};
use rtboot_fcb::Fcb;

const EXT_FLASH: &str = include_str!("vectors/ext_flash_headers.txt");
const INT_RAM: &str = include_str!("vectors/int_ram_headers.txt");

/// Hexadecimal bytes, with a comment behind each line.
fn vector(text: &str) -> Vec<u8> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines
        .flat_map(|line| {
            line.split_whitespace()
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        })
        .collect()
}

/// An application with the public one's size, stack and reset handler, and other content.
fn app(reset: u32) -> Vec<u8> {
    let mut bytes = [0x2001_0000u32.to_le_bytes(), reset.to_le_bytes()].concat();
    bytes.resize(0x182C, 0x42);
    bytes
}

fn built(reset: u32) -> BootImage {
    let map = rt1021().map;
    let firmware = Firmware::parse(
        &app(reset),
        Some("iled_blinky.bin"),
        Some(match reset < 0x6000_0000 {
            true => 0x2000_2000,
            false => 0x6000_2000,
        }),
        &map,
    );
    BootImage::build(&firmware.unwrap(), None, &map).unwrap()
}

#[test]
fn flash_headers_equal_the_public_ones() {
    let image = built(0x6000_22DD);
    assert_eq!(image.memory.read(0x6000_1000, 44), Some(vector(EXT_FLASH)));
    assert_eq!(
        image.memory.read(0x6000_2000, 0x182C),
        Some(app(0x6000_22DD))
    );
    assert_eq!(image.memory.segments().count(), 2); // nothing between and nothing before
    assert_eq!(image.memory.end(), 0x6000_382C);
}

#[test]
fn ram_headers_equal_the_public_ones() {
    let image = built(0x2000_22DD);
    assert_eq!(image.memory.read(0x6000_1000, 44), Some(vector(INT_RAM)));
    assert_eq!(
        image.memory.read(0x6000_2000, 0x182C),
        Some(app(0x2000_22DD))
    );
    assert_eq!(image.inspection.kind, Kind::RamImage { fcb: false });
}

#[test]
fn a_ram_image_with_an_fcb_is_flash_content() {
    let map = rt1021().map;
    let fcb = Fcb::new();
    let firmware = Firmware::parse(&app(0x2000_22DD), Some("a.bin"), Some(0x2000_2000), &map);
    let image = BootImage::build(&firmware.unwrap(), Some(&fcb), &map).unwrap();
    let file = image.raw(Form::Padded, 0xFF, &map).unwrap();
    let again = Firmware::parse(&file, Some("image.bin"), None, &map).unwrap();
    assert_eq!(again.memory.first(), Some(0x6000_0000), "{:?}", again.notes);
    let seen = inspect(&again.memory, &map);
    assert_eq!(seen.kind, Kind::RamImage { fcb: true });
    assert!(
        seen.finding(&rtboot_finding::catalogue::image::FCB_MISPLACED)
            .is_none(),
        "{:?}",
        seen.findings
    );
    let built = BootImage::build(&again, None, &map).unwrap();
    assert_eq!(built.raw(Form::Padded, 0xFF, &map).unwrap(), file);
}

#[test]
fn the_public_file_with_zeros_before_it_is_recognised() {
    let mut file = vec![0; 0x2000];
    file[0x1000..0x102C].copy_from_slice(&vector(EXT_FLASH));
    file.extend(app(0x6000_22DD));
    let map = rt1021().map;
    let firmware = Firmware::parse(&file, Some("ext_FLASH_unsigned.bin"), None, &map).unwrap();
    assert_eq!(firmware.memory.first(), Some(0x6000_0000));
    let seen = inspect(&firmware.memory, &map);
    assert_eq!(seen.kind, Kind::BootableWithoutFcb);
    assert_eq!(seen.vectors.unwrap().table, 0x6000_2000);
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
}

/// A table of 1024 bytes like the public one for SDRAM: writes, a check, and made-up registers.
fn dcd() -> Dcd {
    let mut bytes = vec![0xD2, 0x04, 0x00, 0x41, 0xCC, 0x03, 0xEC, 0x04];
    for register in 0..125_u32 {
        bytes.extend((0x401F_8000 + 4 * register).to_be_bytes());
        bytes.extend(0x10_u32.to_be_bytes());
    }
    bytes.extend([0xCF, 0x00, 0x0C, 0x1C, 0x40, 0x2F, 0x00, 0x3C, 0, 0, 0, 1]);
    bytes.extend([0xC0, 0x00, 0x04, 0x00]);
    assert_eq!(bytes.len(), 1024);
    Dcd::parse(&bytes).unwrap()
}

#[test]
fn files_lie_as_the_public_ones_do() {
    let map = rt1021().map;
    let mut app = app(0x8000_22DD);
    app.truncate(0x172C);
    let firmware = Firmware::parse(&app, Some("sdram.bin"), Some(0x8000_2000), &map).unwrap();
    let dcd = dcd();
    let options = BuildOptions {
        dcd: Some(&dcd),
        ..BuildOptions::default()
    };
    let image = BootImage::build_with(&firmware, &options, &map).unwrap();
    let padded = image.raw(Form::Padded, 0, &map).unwrap();
    // SDRAM_unsigned.bin: 0x372C bytes, zeros, IVT at 0x1000, DCD at 0x1040, application at 0x2000
    assert_eq!(padded.len(), 0x372C);
    assert!(padded[..0x1000].iter().all(|byte| *byte == 0));
    let ivt = [
        0x4020_00D1,
        0x8000_22DD,
        0,
        0x8000_1040,
        0x8000_1020,
        0x8000_1000,
        0,
        0_u32,
    ];
    assert_eq!(padded[0x1000..0x1020], ivt.map(u32::to_le_bytes).concat());
    let boot_data = [0x8000_0000, 0x372C, 0_u32];
    assert_eq!(
        padded[0x1020..0x102C],
        boot_data.map(u32::to_le_bytes).concat()
    );
    assert!(padded[0x102C..0x1040].iter().all(|byte| *byte == 0));
    assert_eq!(&padded[0x1040..0x1440], dcd.as_bytes());
    assert!(padded[0x1440..0x2000].iter().all(|byte| *byte == 0));
    assert_eq!(padded[0x2000..], app);
    // and the other form is the same without its first 4 KiB
    assert_eq!(
        image.raw(Form::NoPadding, 0, &map).unwrap(),
        padded[0x1000..]
    );
    assert_eq!(
        image.content(Form::NoPadding, &map).first(),
        Some(0x6000_1000)
    );
}

/// A RAM application for an SD card: with the public one's size, stack and reset handler.
fn for_card(base: u32, len: usize, dcd: Option<&Dcd>) -> (BootImage, MemoryMap, Vec<u8>) {
    let map = rt1021().map.for_device(BootDevice::SdCard);
    let mut bytes = app(base + 0x2DD);
    bytes.truncate(len);
    let firmware = Firmware::parse(&bytes, Some("a.bin"), Some(base), &map).unwrap();
    let options = BuildOptions {
        dcd,
        ..BuildOptions::default()
    };
    let image = BootImage::build_with(&firmware, &options, &map).unwrap();
    (image, map, bytes)
}

#[test]
fn files_for_a_card_lie_as_the_public_ones_do() {
    // int_RAM_sdhc_unsigned.bin: 0x242C bytes, IVT at 0 (self 20001400), application at 0xC00
    let (image, map, app) = for_card(0x2000_2000, 0x182C, None);
    let file = image.raw(Form::NoPadding, 0, &map).unwrap();
    assert_eq!(file.len(), 0x242C);
    let ivt = [
        0x4020_00D1,
        0x2000_22DD,
        0,
        0,
        0x2000_1420,
        0x2000_1400,
        0,
        0_u32,
    ];
    assert_eq!(file[..0x20], ivt.map(u32::to_le_bytes).concat());
    let boot_data = [0x2000_1000, 0x282C, 0_u32];
    assert_eq!(file[0x20..0x2C], boot_data.map(u32::to_le_bytes).concat());
    assert!(file[0x2C..0xC00].iter().all(|byte| *byte == 0));
    assert_eq!(file[0xC00..], app);
    let on_card = Conditions::default().device(BootDevice::SdCard);
    let verdict = Verdict::of(&image.memory, rt1021(), &on_card);
    assert_eq!(verdict.starts, Starts::Yes, "{:?}", verdict.reasons);

    // SDRAM_sdhc_unsigned.bin: 0x232C bytes, the DCD at 0x40
    let dcd = dcd();
    let (image, map, app) = for_card(0x8000_2000, 0x172C, Some(&dcd));
    let file = image.raw(Form::NoPadding, 0, &map).unwrap();
    assert_eq!(file.len(), 0x232C);
    assert_eq!(file[0x0C..0x10], 0x8000_1440_u32.to_le_bytes());
    assert_eq!(
        file[0x20..0x28],
        [0x8000_1000, 0x272C_u32].map(u32::to_le_bytes).concat()
    );
    assert_eq!(&file[0x40..0x440], dcd.as_bytes());
    assert_eq!(file[0xC00..], app);
}

#[test]
fn a_card_takes_bare_applications_for_ram_only() {
    let map = rt1021().map.for_device(BootDevice::SdCard);
    let build = |file: &[u8], base| {
        let firmware = Firmware::parse(file, Some("a.bin"), Some(base), &map).unwrap();
        BootImage::build(&firmware, None, &map)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        build(&app(0x6000_22DD), 0x6000_2000),
        "the application at 0x60002000 runs in flash, and from an SD card the ROM copies it to RAM"
    );
    let (image, map, _) = for_card(0x2000_2000, 0x182C, None);
    let file = image.raw(Form::NoPadding, 0, &map).unwrap();
    assert_eq!(
        build(&file, 0x2000_1400),
        "an image that has its own IVT stays on the device it was made for"
    );
}

#[test]
fn an_entry_may_be_chosen() {
    let map = rt1021().map;
    let base = Some(0x6000_2000);
    let firmware = Firmware::parse(&app(0x6000_22DD), Some("a.bin"), base, &map).unwrap();
    // as SDK images have it: the vector table
    let options = BuildOptions {
        entry: Some(0x6000_2000),
        ..BuildOptions::default()
    };
    let image = BootImage::build_with(&firmware, &options, &map).unwrap();
    assert_eq!(image.memory.word(0x6000_1004), Some(0x6000_2000));
    assert_eq!(image.entry, 0x6000_22DD, "the ROM starts its reset handler");
    let again = Firmware {
        memory: image.memory,
        ..firmware
    };
    let error = BootImage::build_with(&again, &options, &map).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an image that has its own IVT keeps the entry in it"
    );
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
