//! The headers that are made, held against those of public images. Origin: `vectors/README.md`.

use rtboot_bootable::{BootImage, Firmware, Kind, MemoryMap, inspect};

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
    let map = MemoryMap::rt1021();
    let firmware = Firmware::parse(
        &app(reset),
        Some("iled_blinky.bin"),
        (reset < 0x6000_0000).then_some(0x2000_2000),
        &map,
    );
    BootImage::build(&firmware.unwrap(), None, &map).unwrap()
}

#[test]
fn the_headers_of_a_flash_application_are_the_public_ones() {
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
fn the_headers_of_a_ram_application_are_the_public_ones() {
    let image = built(0x2000_22DD);
    assert_eq!(image.memory.read(0x6000_1000, 44), Some(vector(INT_RAM)));
    assert_eq!(
        image.memory.read(0x6000_2000, 0x182C),
        Some(app(0x2000_22DD))
    );
    assert_eq!(image.inspection.kind, Kind::RamImage { fcb: false });
}

#[test]
fn the_public_file_with_zeros_before_it_is_recognised() {
    let mut file = vec![0; 0x2000];
    file[0x1000..0x102C].copy_from_slice(&vector(EXT_FLASH));
    file.extend(app(0x6000_22DD));
    let map = MemoryMap::rt1021();
    let firmware = Firmware::parse(&file, Some("ext_FLASH_unsigned.bin"), None, &map).unwrap();
    assert_eq!(firmware.memory.first(), Some(0x6000_0000));
    let seen = inspect(&firmware.memory, &map);
    assert_eq!(seen.kind, Kind::BootableWithoutFcb);
    assert_eq!(seen.vectors.unwrap().table, 0x6000_2000);
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
}
