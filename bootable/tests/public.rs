//! Public images of SPSDK and MCUBootUtility made again from their public inputs, byte for byte.
//!
//! The files may not be copied here. Give a folder that holds check-outs of both and the tests use them:
//!
//! ```text
//! RTBOOT_PUBLIC_FILES=DIR cargo test -p rtboot-bootable --test public
//!   DIR/spsdk                  https://github.com/nxp-mcuxpresso/spsdk
//!   DIR/NXP-MCUBootUtility     https://github.com/JayHeng/NXP-MCUBootUtility
//! ```
//!
//! Without it they say so and pass; `golden.rs` then holds generated equivalents against the same layout.

use std::path::PathBuf;

use rtboot_bootable::{
    BootImage, BuildOptions, Dcd, Firmware, Form, Kind, Memory, MemoryMap, emit, inspect,
};
use rtboot_fcb::Fcb;
use sha2::{Digest, Sha256};

/// A file of the check-outs; `None`, and a sentence, when there are none.
fn public(path: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("RTBOOT_PUBLIC_FILES") else {
        println!("skipped: RTBOOT_PUBLIC_FILES names no folder with the public files");
        return None;
    };
    let path = PathBuf::from(folder).join(path);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

const EXAMPLES: &str = "spsdk/tests/mcu_examples/data/rt102x";
const IMAGES: &str = "spsdk/tests/nxpimage/data/bootable_image";
const APPS: &str = "NXP-MCUBootUtility/apps";

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// An example application, built with what is given.
fn built(name: &str, base: u32, dcd: Option<&Dcd>) -> Option<BootImage> {
    let file = public(&format!("{EXAMPLES}/evkmimxrt1020_iled_blinky_{name}.bin"))?;
    let map = MemoryMap::rt1021();
    let firmware = Firmware::parse(&file, Some(name), Some(base), &map).unwrap();
    let options = BuildOptions {
        dcd,
        ..BuildOptions::default()
    };
    Some(BootImage::build_with(&firmware, &options, &map).unwrap())
}

/// Both forms against the published ones, by hash.
fn holds(image: &BootImage, padded: &str, no_padding: &str) {
    let map = MemoryMap::rt1021();
    let file = |form| hash(&image.raw(form, 0, &map).unwrap());
    assert_eq!(file(Form::Padded), padded);
    assert_eq!(file(Form::NoPadding), no_padding);
}

#[test]
fn an_application_in_flash() {
    let Some(image) = built("ext_FLASH", 0x6000_2000, None) else {
        return;
    };
    holds(
        &image,
        "a28de1b5fc6b943896b9a4d1ee7232222f4942fefcf4d187157ebbefc99eeac4",
        "d877b6d959a00364145abf5ea5d9e9a886fb11d467016b77baf2a14cee8ebf3b",
    );
}

#[test]
fn an_application_in_dtcm() {
    let Some(image) = built("int_RAM", 0x2000_2000, None) else {
        return;
    };
    holds(
        &image,
        "c014dee39a369ab06b2721ab2fce341a276964d175b7bbd552b4a6b87da524de",
        "ee4594bea8fe9a458ecc18efd17dabaa6fd22b3cbc556b08c96d7d1d33f0149f",
    );
}

#[test]
fn an_application_in_sdram() {
    let Some(dcd) = public(&format!("{EXAMPLES}/dcd_SDRAM.bin")) else {
        return;
    };
    let dcd = Dcd::parse(&dcd).unwrap();
    let Some(image) = built("SDRAM", 0x8000_2000, Some(&dcd)) else {
        return;
    };
    holds(
        &image,
        "ee66b88e2f7d384f16f4b349e23bbd84a24ce2db4b779bb32153be8eb7d69cd2",
        "11231a2d55e29dc2de05a573f5c0b0aa1d2b044f11004bf4b944e022eec0830c",
    );
}

#[test]
fn an_fcb_before_a_container() {
    let Some(container) = public(&format!(
        "{EXAMPLES}/output/evkmimxrt1020_iled_blinky_ext_FLASH_unsigned_nopadding.bin"
    )) else {
        return;
    };
    let fcb = Fcb::parse(&public(&format!("{EXAMPLES}/flex_spi.fcb")).unwrap()).unwrap();
    let image = with_fcb(&container, &fcb);
    // what `nxpimage bootable-image export` made of the same files
    assert_eq!(
        hash(&emit::raw(&image.memory, 0x6000_0000, 0xFF).unwrap()),
        "38870e77584135c8e8ae459cb9577c6d0c82f3c704838d5cf47ae58667dcf8a7"
    );
}

fn with_fcb(container: &[u8], fcb: &Fcb) -> BootImage {
    let map = MemoryMap::rt1021();
    let firmware = Firmware::parse(container, Some("container.bin"), None, &map).unwrap();
    let options = BuildOptions {
        fcb: Some(fcb),
        ..BuildOptions::default()
    };
    BootImage::build_with(&firmware, &options, &map).unwrap()
}

#[test]
fn merged_images_with_encryption_headers() {
    for (chip, wanted) in [
        (
            "mimxrt1024",
            "fd323afff0494fb065fea82a2ebe666faaaf1897ebbfdd526a373dc116fc8e77",
        ),
        (
            "mimxrt1064",
            "37a5afb34ba2b6ac536fe267ff83d32309d309e74716724a3e2c9cb6ae739608",
        ),
    ] {
        let folder = format!("{IMAGES}/{chip}/flexspi_nor");
        let Some(container) = public(&format!("{folder}/hab_container.bin")) else {
            return;
        };
        let fcb = Fcb::parse(&public(&format!("{folder}/fcb.bin")).unwrap()).unwrap();
        let mut memory: Memory = with_fcb(&container, &fcb).memory;
        for (name, address) in [
            ("bee_header_0.bin", 0x6000_0400),
            ("bee_header_1.bin", 0x6000_0800),
        ] {
            memory
                .insert(address, public(&format!("{folder}/{name}")).unwrap())
                .unwrap();
        }
        let file = emit::raw(&memory, 0x6000_0000, 0xFF).unwrap();
        assert_eq!(hash(&file), wanted, "{chip}");
        // and the whole is recognised, headers included
        let map = MemoryMap::rt1021();
        let seen = inspect(
            &Firmware::parse(&file, Some("merged.bin"), None, &map)
                .unwrap()
                .memory,
            &map,
        );
        assert_eq!(seen.bee, [0x6000_0400, 0x6000_0800], "{chip}");
    }
}

#[test]
fn signed_and_encrypted_images_are_read() {
    let map = MemoryMap::rt1021();
    for (name, signed) in [
        ("ext_FLASH_signed_key1", true),
        ("ext_FLASH_signed_key4_nopadding", true),
        ("ext_FLASH_bee_otmpk", true),
        ("ext_FLASH_unsigned", false),
        ("ext_FLASH_unsigned_nopadding", false),
        ("int_RAM_encrypted_key1", true),
        ("SDRAM_unsigned", false),
    ] {
        let Some(file) = public(&format!(
            "{EXAMPLES}/output/evkmimxrt1020_iled_blinky_{name}.bin"
        )) else {
            return;
        };
        let firmware = Firmware::parse(&file, Some(name), None, &map)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let seen = inspect(&firmware.memory, &map);
        assert_eq!(
            seen.csf.is_some(),
            signed,
            "{name}: {} {}",
            seen.kind,
            seen.reason
        );
        assert!(seen.ivt.is_some() && seen.boot_data.is_some(), "{name}");
    }
}

#[test]
fn every_format_of_an_application_holds_the_same() {
    let map = MemoryMap::rt1021();
    let folder = format!("{APPS}/NXP_MIMXRT1020-EVK_Rev.A2");
    for (name, base, kind) in [
        ("led_blinky_0x60002000", 0x6000_2000, Kind::BareApplication),
        ("led_blinky_0x60003000", 0x6000_3000, Kind::BareApplication),
        ("led_blinky_0x6000a000", 0x6000_A000, Kind::BareApplication),
        (
            "led_blinky_0x00002000",
            0x0000_2000,
            Kind::BareRamApplication,
        ),
        (
            "led_blinky_0x80002000",
            0x8000_2000,
            Kind::BareRamApplication,
        ),
    ] {
        let Some(srec) = public(&format!("{folder}/{name}.srec")) else {
            return;
        };
        let first = Firmware::parse(&srec, Some("a.srec"), None, &map).unwrap();
        assert_eq!(first.memory.first(), Some(base), "{name}");
        assert_eq!(inspect(&first.memory, &map).kind, kind, "{name}");
        for (end, own) in [("hex", None), ("bin", Some(base))] {
            let Some(path) = [format!("{folder}/{name}.{end}")]
                .into_iter()
                .find(|path| exists(path))
            else {
                continue;
            };
            let other = Firmware::parse(&public(&path).unwrap(), Some(&path), own, &map).unwrap();
            let (a, b) = (first.memory.first().unwrap(), first.memory.end());
            let len = (b - u64::from(a)) as usize;
            assert_eq!(
                other.memory.filled(a, len, 0xFF),
                first.memory.filled(a, len, 0xFF),
                "{path}"
            );
        }
    }
}

fn exists(path: &str) -> bool {
    std::env::var_os("RTBOOT_PUBLIC_FILES")
        .is_some_and(|folder| PathBuf::from(folder).join(path).exists())
}
