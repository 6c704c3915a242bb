//! HAB-signed containers: everything but the CMS signatures, which hold a random number and the time of signing.

use rtboot_bootable::csf::{Block, CsfCommand};
use rtboot_bootable::{
    BootData, BootDevice, BootImage, BuildOptions, Csf, Firmware, Form, Ivt, Kind, LoaderImage,
    MemoryMap, emit, inspect,
};
use sha2::{Digest, Sha256};

use super::files::{golden, public};
use super::{built, same};

/// A built image made ready for signing, as SPSDK and elftosb do: CSF pointer and length in its headers. Up to the CSF.
///
/// The CSF lies on the next 4 KiB boundary behind the application, counted from the image's start; its area is 0x2000 bytes, with
/// a key blob's 0x200 behind it when the image is encrypted.
pub fn before_signing(image: &BootImage, form: Form, key_blob: u32, map: &MemoryMap) -> Vec<u8> {
    let (mut ivt, mut data) = (
        image.inspection.ivt.unwrap(),
        image.inspection.boot_data.unwrap(),
    );
    let csf = (data.length + 1).next_multiple_of(0x1000);
    ivt.csf = data.start + csf;
    data.length = csf + Csf::AREA + key_blob;
    let mut memory = image.memory.clone();
    let headers = [ivt.to_bytes().as_slice(), &data.to_bytes()].concat();
    memory.replace(map.ivt_address(), headers).unwrap();
    let from = match form {
        Form::Padded => map.flash_base,
        Form::NoPadding => map.ivt_address(),
    };
    let mut file = emit::raw(&memory, from, 0).unwrap();
    file.resize((map.flash_base + csf - from) as usize, 0);
    file
}

/// The file made again up to its CSF; and the CSF.
fn holds_before_csf(name: &str, image: &BootImage, form: Form, map: &MemoryMap) -> Csf {
    let published = golden(name).unwrap();
    let ours = before_signing(image, form, 0, map);
    same(name, &ours, &published[..ours.len()]);
    assert_eq!(published.len(), ours.len() + Csf::AREA as usize, "{name}");
    let area = &published[ours.len()..];
    let csf = Csf::parse(area).unwrap();
    assert_eq!(csf.problem, None, "{name}");
    blobs(name, &csf, area);
    csf
}

/// Each key and signature lies where its command says, whole, and with the tag of its kind.
fn blobs(name: &str, csf: &Csf, area: &[u8]) {
    for command in &csf.commands {
        let (tag, at) = match *command {
            CsfCommand::InstallKey {
                format: 0x03 | 0x09,
                location,
                ..
            } => (0xD7, location),
            CsfCommand::Authenticate {
                protocol: 0xC5,
                location,
                ..
            } => (0xD8, location),
            CsfCommand::Authenticate {
                protocol: 0xA3,
                location,
                ..
            } => (0xAC, location),
            _ => continue,
        };
        let blob = &area[at as usize..];
        let length = usize::from(u16::from_be_bytes([blob[1], blob[2]]));
        assert_eq!(blob[0], tag, "{name}: {command}");
        assert!(length > 4 && blob.len() >= length, "{name}: {command}");
    }
}

fn install(source: u8) -> CsfCommand {
    CsfCommand::InstallKey {
        flags: 0,
        format: 3,
        hash: 0x17,
        source,
        target: 0,
        location: 0x50,
    }
}

fn certificate(flags: u8, target: u8, location: u32) -> CsfCommand {
    CsfCommand::InstallKey {
        flags,
        format: 9,
        hash: 0,
        source: 0,
        target,
        location,
    }
}

fn authenticate(key: u8, location: u32, blocks: &[(u32, u32)]) -> CsfCommand {
    let block = |(address, length): &(u32, u32)| Block {
        address: *address,
        length: *length,
    };
    let blocks = blocks.iter().map(block).collect();
    CsfCommand::Authenticate {
        key,
        protocol: 0xC5,
        engine: 0x1B,
        location,
        blocks,
    }
}

#[test]
fn signed_images_in_flash() {
    let map = rt1021().map;
    let Some(image) = built("rt102x/ext_FLASH.bin", 0x6000_2000, &map) else {
        return;
    };
    for (padded, no_padding, source) in [
        (
            "ext_FLASH_signed_key1.bin",
            "ext_FLASH_signed_key1_nopadding.bin",
            0,
        ),
        (
            "ext_FLASH_signed_key4.bin",
            "ext_FLASH_signed_key4_nopadding.bin",
            3,
        ),
    ] {
        let csf = holds_before_csf(padded, &image, Form::Padded, &map);
        assert_eq!(
            holds_before_csf(no_padding, &image, Form::NoPadding, &map),
            csf
        );
        same(
            no_padding,
            &golden(no_padding).unwrap(),
            &golden(padded).unwrap()[0x1000..],
        );
        assert_eq!(
            (csf.version, csf.length, csf.srk_index()),
            (0x42, 0x50, Some(source))
        );
        if source == 0 {
            let blocks = [(0x6000_1000, 0x40), (0x6000_2000, 0x1830)];
            let commands = [
                install(0),
                certificate(2, 1, 0x490),
                authenticate(1, 0x7E4, &[]),
                certificate(0, 2, 0x9E8),
                authenticate(2, 0xD3C, &blocks),
            ];
            assert_eq!(csf.commands, commands);
        }
        assert_eq!(csf.commands[0], install(source));
        assert_eq!(
            csf.blocks().last(),
            Some(&Block {
                address: 0x6000_2000,
                length: 0x1830
            })
        );
    }
    // for encryption on the chip nothing is encrypted here
    same(
        "bee_otmpk",
        &golden("ext_FLASH_bee_otmpk.bin").unwrap(),
        &golden("ext_FLASH_signed_key1_nopadding.bin").unwrap(),
    );
}

#[test]
fn signed_images_for_a_card() {
    let map = rt1021().map.for_device(BootDevice::SdCard);
    let Some(image) = built("rt102x/int_RAM.bin", 0x2000_2000, &map) else {
        return;
    };
    let csf = holds_before_csf("int_RAM_sdhc_signed.bin", &image, Form::NoPadding, &map);
    let block = |address, length| Block { address, length };
    assert_eq!(
        csf.blocks(),
        [block(0x2000_1400, 0x40), block(0x2000_2000, 0x1830)]
    );
    let image = built("rt102x/SDRAM.bin", 0x8000_2000, &map).unwrap();
    let csf = holds_before_csf("SDRAM_sdhc_signed.bin", &image, Form::NoPadding, &map);
    let blocks = [
        block(0x8000_1400, 0x40),
        block(0x8000_1440, 0x400),
        block(0x8000_2000, 0x1730),
    ];
    assert_eq!(csf.blocks(), blocks, "the DCD, too");
    // its name says encrypted, and it is not
    same(
        "encrypted",
        &golden("SDRAM_sdhc_encrypted.bin").unwrap(),
        &golden("SDRAM_sdhc_signed.bin").unwrap(),
    );
    assert!(!csf.encrypted());
}

/// Hash of the super root keys: of the hashes of the four items of the table.
fn root_hash(table: &[u8]) -> Vec<u8> {
    assert_eq!(table[0], 0xD7);
    let end = usize::from(u16::from_be_bytes([table[1], table[2]]));
    let (mut at, mut all) = (4, Sha256::new());
    while at < end {
        assert_eq!(table[at], 0xE1);
        let length = usize::from(u16::from_be_bytes([table[at + 1], table[at + 2]]));
        all.update(Sha256::digest(&table[at..at + length]));
        at += length;
    }
    all.finalize().to_vec()
}

#[test]
fn the_super_root_keys_are_those_of_the_fuses() {
    let Some(table) = golden("SRK_hash_table.bin") else {
        return;
    };
    assert_eq!(root_hash(&table), golden("SRK_fuses.bin").unwrap());
    let signed = golden("ext_FLASH_signed_key4.bin").unwrap();
    same(
        "the table in the image",
        &signed[0x4050..0x4050 + table.len()],
        &table,
    );
}

const EXPORTS: &str = "spsdk/tests/nxpimage/data/hab/export";

/// Containers of nxpimage for other chips: places as its configuration gives them, with the entry that it names.
#[test]
fn signed_images_of_other_chips() {
    let rt1021 = rt1021().map;
    let places = |ivt_offset, app_offset| MemoryMap {
        ivt_offset,
        app_offset,
        ..rt1021
    };
    for (folder, name, app, entry, map, version) in [
        (
            "rt1050_xip_image_iar_authenticated",
            "rt1050_xip_image_iar_authenticated/output.bin",
            "led_blinky_xip_srec_iar.srec",
            0x6000_34E9,
            places(0x1000, 0x2000),
            0x42,
        ),
        (
            "rt1060_flashloader_authenticated_nocak",
            "rt1060_flashloader_authenticated_nocak/output.bin",
            "flashloader.srec",
            0x2001_4CF9,
            places(0, 0x2000),
            0x43,
        ),
        (
            "rt1040_srk_revoke_command",
            "rt1040_srk_revoke_command/output.bin",
            "flashloader.srec",
            0x2000_2401,
            places(0, 0x400),
            0x42,
        ),
    ] {
        let Some(file) = public(&format!("{EXPORTS}/{folder}/{app}")) else {
            return;
        };
        let mut firmware = Firmware::parse(&file, Some(app), None, &map).unwrap();
        if name.starts_with("rt1060") {
            // linked to 0x20002000, and its configuration puts it 0x400 higher
            firmware.memory = firmware.memory.moved(0x2000_2000, 0x2000_2400).unwrap();
        }
        let options = BuildOptions {
            entry: Some(entry),
            ..BuildOptions::default()
        };
        let image = BootImage::build_with(&firmware, &options, &map).unwrap();
        let csf = holds_before_csf(name, &image, Form::NoPadding, &map);
        assert_eq!((csf.version, csf.encrypted()), (version, false), "{name}");
        assert!(
            !csf.commands
                .iter()
                .any(|command| matches!(command, CsfCommand::Other { .. })),
            "{csf}"
        );
        // without a certificate of its own for the CSF, the root key signs
        let certificates = csf
            .commands
            .iter()
            .filter(|command| matches!(command, CsfCommand::InstallKey { format: 9, .. }))
            .count();
        assert_eq!(certificates, if version == 0x43 { 0 } else { 2 }, "{csf}");
    }
}

#[test]
fn the_revoke_command_is_told() {
    let Some(file) = golden("rt1040_srk_revoke_command/output.bin") else {
        return;
    };
    let csf = Csf::parse(&file[0x16000..]).unwrap();
    assert_eq!(
        csf.commands.last(),
        Some(&CsfCommand::Unlock {
            engine: 0x21,
            features: 2,
            unique_id: None
        })
    );
    let file = golden("rt1060_flashloader_authenticated_nocak/output.bin").unwrap();
    let seen = Csf::parse(&file[0x17000..]).unwrap();
    assert_eq!(
        seen.commands.last(),
        Some(&CsfCommand::Unlock {
            engine: 0x1E,
            features: 2,
            unique_id: None
        })
    );
}

/// Its IVT says DTCM and its entry OCRAM: nobody can start it, and that is said.
#[test]
fn a_contradictory_signed_flashloader_is_refused() {
    let map = rt1021().map;
    for (name, offset) in [
        ("ivt_flashloader_signed.bin", 0x400),
        ("ivt_flashloader_signed_nopadding.bin", 0),
    ] {
        let Some(file) = golden(name) else { return };
        let ivt = Ivt::parse(&file[offset..]).unwrap();
        assert_eq!(
            (ivt.self_address, ivt.entry, ivt.csf),
            (0x2000_0400, 0x2021_6AF9, 0x2001_0000)
        );
        let data = BootData::parse(&file[offset + 0x20..]).unwrap();
        assert_eq!((data.start, data.length), (0x2000_0000, 0x12000));
        let csf = Csf::parse(&file[offset + 0xFC00..]).unwrap();
        assert_eq!((csf.blocks().len(), csf.problem), (2, None), "{name}");
        let error = LoaderImage::parse(&file, &map).unwrap_err().to_string();
        assert!(error.contains("flashloader"), "{error}");
        let read = Firmware::parse(&file, Some(name), None, &map).unwrap();
        let seen = inspect(&read.memory, &map);
        assert!(
            matches!(
                seen.kind,
                Kind::Signed {
                    ram: true,
                    encrypted: false,
                    ..
                }
            ),
            "{}",
            seen.kind
        );
        assert!(
            seen.finding(&rtboot_finding::catalogue::image::ENTRY_OUTSIDE_IMAGE)
                .is_some(),
            "{:?}",
            seen.findings
        );
    }
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
