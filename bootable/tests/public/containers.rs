//! Unsigned images, whole or from the IVT on, for flash and for a card; and what is put around containers.

use rtboot_bootable::{
    BootDevice, BootImage, BuildOptions, Firmware, Form, Kind, Memory, MemoryMap, emit, inspect,
};
use rtboot_fcb::Fcb;

use super::files::{golden, public};
use super::{built, hash, same};

const MERGED: &str = "spsdk/tests/nxpimage/data/bootable_image";

/// The example applications and where they are linked.
const EXAMPLES: [(&str, u32); 3] = [
    ("ext_FLASH", 0x6000_2000),
    ("int_RAM", 0x2000_2000),
    ("SDRAM", 0x8000_2000),
];

#[test]
fn unsigned_images_for_flash_are_made_again() {
    let map = rt1021().map;
    for (name, base) in EXAMPLES {
        let Some(image) = built(&format!("rt102x/{name}.bin"), base, &map) else {
            return;
        };
        // ext_FLASH_unsigned.bin, int_RAM_unsigned.bin, SDRAM_unsigned.bin; and _nopadding of each
        for (form, ending) in [(Form::Padded, ""), (Form::NoPadding, "_nopadding")] {
            let file = format!("{name}_unsigned{ending}.bin");
            let published = golden(&file).unwrap();
            same(&file, &image.raw(form, 0, &map).unwrap(), &published);
            // and read back as what it is
            let read = Firmware::parse(&published, Some(&file), None, &map).unwrap();
            let seen = inspect(&read.memory, &map);
            let kind = match base {
                0x6000_2000 => Kind::BootableWithoutFcb,
                _ => Kind::RamImage { fcb: false },
            };
            assert_eq!(
                (seen.kind, seen.ivt),
                (kind, image.inspection.ivt),
                "{file}"
            );
        }
    }
}

#[test]
fn unsigned_images_for_a_card_are_made_again() {
    let map = rt1021().map.for_device(BootDevice::SdCard);
    for (name, base) in &EXAMPLES[1..] {
        let Some(image) = built(&format!("rt102x/{name}.bin"), *base, &map) else {
            return;
        };
        // int_RAM_sdhc_unsigned.bin, SDRAM_sdhc_unsigned.bin
        let file = format!("{name}_sdhc_unsigned.bin");
        let ours = image.raw(Form::NoPadding, 0, &map).unwrap();
        same(&file, &ours, &golden(&file).unwrap());
    }
}

#[test]
fn the_sb_file_holds_the_image_as_it_is() {
    let map = rt1021().map;
    let Some(image) = built("rt102x/ext_FLASH.bin", 0x6000_2000, &map) else {
        return;
    };
    let file = golden("ext_FLASH_unsigned_nopadding.sb").unwrap();
    assert_eq!(file[0x14..0x1A], *b"STMP\x01\x02");
    let ours = image.raw(Form::NoPadding, 0, &map).unwrap();
    same("the image in it", &file[0xE0..0xE0 + ours.len()], &ours);
}

#[test]
fn an_fcb_before_a_container() {
    let Some(container) = golden("ext_FLASH_unsigned_nopadding.bin") else {
        return;
    };
    let fcb = Fcb::parse(&golden("rt102x/flex_spi.fcb").unwrap()).unwrap();
    let memory = with_fcb(&container, &fcb);
    // what `nxpimage bootable-image export` made of the same files
    assert_eq!(
        hash(&emit::raw(&memory, 0x6000_0000, 0xFF).unwrap()),
        "38870e77584135c8e8ae459cb9577c6d0c82f3c704838d5cf47ae58667dcf8a7"
    );
}

fn with_fcb(container: &[u8], fcb: &Fcb) -> Memory {
    let map = rt1021().map;
    let firmware = Firmware::parse(container, Some("container.bin"), None, &map).unwrap();
    let options = BuildOptions {
        fcb: Some(fcb),
        ..BuildOptions::default()
    };
    BootImage::build_with(&firmware, &options, &map)
        .unwrap()
        .memory
}

#[test]
fn merged_images_are_made_again() {
    // folder, name in the list, byte in the gaps
    for (folder, name, fill) in [
        (
            "mimxrt1024/flexspi_nor",
            "mimxrt1024/merged_image.bin",
            0xFF,
        ),
        (
            "mimxrt1064/flexspi_nor",
            "mimxrt1064/merged_image.bin",
            0xFF,
        ),
        (
            "mimxrt1050/flexspi_nor/fcb_hab",
            "mimxrt1050/fcb_hab/merged_image.bin",
            0,
        ),
        (
            "mimxrt1050/flexspi_nor/fcb_bee_hab",
            "mimxrt1050/fcb_bee_hab/merged_image.bin",
            0xFF,
        ),
    ] {
        let part = |part: &str| public(&format!("{MERGED}/{folder}/{part}"));
        let Some(container) = part("hab_container.bin") else {
            return;
        };
        let fcb = Fcb::parse(&part("fcb.bin").unwrap()).unwrap();
        let mut memory = with_fcb(&container, &fcb);
        let encrypted = folder != "mimxrt1050/flexspi_nor/fcb_hab";
        let headers = [
            ("bee_header_0.bin", 0x6000_0400),
            ("bee_header_1.bin", 0x6000_0800),
        ];
        for (header, address) in headers.into_iter().filter(|_| encrypted) {
            memory.insert(address, part(header).unwrap()).unwrap();
        }
        let file = emit::raw(&memory, 0x6000_0000, fill).unwrap();
        same(name, &file, &golden(name).unwrap());
        // and the whole is recognised, headers included
        let map = rt1021().map;
        let read = Firmware::parse(&file, Some("merged.bin"), None, &map).unwrap();
        let seen = inspect(&read.memory, &map);
        let wanted: &[u32] = if encrypted {
            &[0x6000_0400, 0x6000_0800]
        } else {
            &[]
        };
        assert_eq!(
            (seen.bee.as_slice(), seen.fcb),
            (wanted, Some(fcb)),
            "{name}"
        );
    }
}

/// Containers for 0x30000000 in the folders of other chips: no image of the RT1021, but the same parts in the same order.
#[test]
fn merged_images_of_other_chips_are_read() {
    for (chip, name, fcb_offset) in [
        ("mimxrt1015", "mimxrt1015/merged_image.bin", 0),
        ("mimxrt1010", "mimxrt1010/merged_image.bin", 0x400),
    ] {
        let part = |part: &str| public(&format!("{MERGED}/{chip}/flexspi_nor/{part}"));
        let Some(container) = part("hab_container.bin") else {
            return;
        };
        let fcb = Fcb::parse(&part("fcb.bin").unwrap()).unwrap();
        let mut memory = Memory::new();
        memory
            .insert(0x6000_0000 + fcb_offset, fcb.to_bytes().to_vec())
            .unwrap();
        memory.insert(0x6000_1000, container).unwrap();
        if fcb_offset != 0 {
            memory
                .insert(0x6000_0000, part("keyblob.bin").unwrap())
                .unwrap();
        }
        let file = emit::raw(&memory, 0x6000_0000, 0xFF).unwrap();
        same(name, &file, &golden(name).unwrap());
        let map = MemoryMap {
            fcb_offset,
            ..rt1021().map
        };
        let seen = inspect(&memory, &map);
        assert_eq!(
            (seen.fcb.as_ref(), seen.ivt_address),
            (Some(&fcb), Some(0x6000_1000)),
            "{name}"
        );
        let finding = seen
            .finding(&rtboot_finding::catalogue::image::IVT_SELF_MISMATCH)
            .expect("linked elsewhere");
        assert!(finding.to_string().contains("0x30001000"), "{finding}");
    }
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
