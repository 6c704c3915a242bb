//! Flashloaders: where they go, where they start, and what the files without IVT are told.

use rtboot_bootable::{Firmware, LoaderImage};

use super::files::golden;
use super::same;

#[test]
fn every_flashloader_goes_where_it_is_linked() {
    let map = rt1021().map;
    for (name, load, ram) in [
        ("rt102x/ivt_flashloader.bin", 0x2020_8000, "OCRAM"),
        ("MIMXRT1021/ivt_flashloader.bin", 0x2020_8200, "OCRAM"),
        ("dtcm/ivt_flashloader.bin", 0x2000_0200, "DTCM"),
        ("itcm/ivt_flashloader.bin", 0x0000_0200, "ITCM"),
    ] {
        let Some(file) = golden(name) else { return };
        let loader =
            LoaderImage::parse(&file, &map).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            loader.load,
            load,
            "{name}: {loader:x?}",
            loader = (loader.jump, loader.entry)
        );
        assert_eq!(
            map.ram_at(loader.entry).map(|ram| ram.name),
            Some(ram),
            "{name}"
        );
        // what is sent is the file's, none of it changed
        let at = file.len() - loader.bytes.len();
        same(name, &loader.bytes, &file[at..]);
        assert!(loader.dcd.is_none(), "{name}");
    }
}

#[test]
fn a_flashloader_without_ivt_is_the_same_program() {
    let map = rt1021().map;
    let Some(records) = golden("flashloader.srec") else {
        return;
    };
    let error = LoaderImage::parse(&records, &map).unwrap_err();
    assert!(error.to_string().contains("S-record"), "{error}");
    let program = Firmware::parse(&records, Some("flashloader.srec"), None, &map).unwrap();
    let with_ivt = golden("MIMXRT1021/ivt_flashloader.bin").unwrap();
    let loader = LoaderImage::parse(&with_ivt, &map).unwrap();
    for (start, bytes) in program.memory.segments() {
        let at = (start - loader.load) as usize;
        same(
            "flashloader.srec",
            bytes,
            &loader.bytes[at..at + bytes.len()],
        );
    }
    assert!(program.memory.len_bytes() > 50_000);
}

/// The ROM's log of a boot: no image, and taken for none.
#[test]
fn a_boot_log_is_no_image() {
    let map = rt1021().map;
    let Some(file) = golden("rt1060_sdp.bin") else {
        return;
    };
    assert_eq!(file.len(), 28);
    assert!(LoaderImage::parse(&file, &map).is_err());
    let read = Firmware::parse(&file, Some("rt1060_sdp.bin"), None, &map);
    assert!(read.is_err(), "{read:?}");
}

fn rt1021() -> &'static rtboot_bootable::Chip {
    rtboot_bootable::Chip::by_name("rt1021").expect("a chip of the table")
}
