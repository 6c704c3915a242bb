//! Images that the ROM copies to RAM.

use super::*;

/// An image with RAM addresses, in flash, its IVT `offset` behind its start.
fn ram_image(base: u32, offset: u32, csf: u32) -> Memory {
    let (ivt, data) = headers(base + 0x2000, 0x2400);
    let ivt = Ivt {
        self_address: base + 0x1000,
        boot_data: base + 0x1020,
        csf,
        ..ivt
    };
    let data = BootData {
        start: base + 0x1000 - offset,
        ..data
    };
    image_with(ivt, data, &app(0x2001_0000, base + 0x2101, 0x400))
}

#[test]
fn a_ram_image_is_judged_by_its_own_addresses() {
    let seen = inspect(&ram_image(0x2000_0000, 0x1000, 0), &map());
    assert_eq!(seen.kind, Kind::RamImage { fcb: true });
    assert_eq!(seen.vectors.unwrap().table, 0x2000_2000);
    assert!(seen.findings.is_empty(), "{:?}", seen.findings);
    assert_eq!(
        seen.reason,
        "an IVT at 0x60001000 that says 0x20001000 in DTCM, 0x1000 behind the image's start as in flash"
    );
    let overflow = ram_image(0x2003_F000, 0x1000, 0);
    assert_eq!(
        inspect(&overflow, &map())
            .finding(&found::RAM_OVERFLOW)
            .unwrap()
            .to_string(),
        "the boot data says that the image is 0x2003f000..0x20041400, past the end of DTCM at 0x20040000"
    );
}

#[test]
fn an_sd_card_layout_does_not_start_from_flash() {
    let memory = ram_image(0x2000_0000, 0x400, 0);
    assert_eq!(inspect(&memory, &map()).kind, Kind::Flashloader);
    let verdict = crate::Verdict::of(&memory, crate::testing::rt1021(), &Default::default());
    let found = verdict
        .reasons
        .iter()
        .find(|finding| finding.code() == "not-for-flash")
        .unwrap();
    assert_eq!(
        found.to_string(),
        "its IVT is at offset 0x400, as for serial download or an SD card; in NOR flash it must be at 0x1000"
    );
}

#[test]
fn an_sdram_image_needs_a_dcd() {
    assert_eq!(
        codes(&ram_image(0x8000_0000, 0x1000, 0)),
        ["sdram-without-dcd"]
    );
    let mut memory = ram_image(0x2000_0000, 0x1000, 0x2000_3000);
    memory
        .insert(0x6000_3000, vec![0xD4, 0, 8, 0x42, 0xC0, 0, 4, 0])
        .unwrap();
    assert_eq!(codes(&memory), ["ram-copy-short", "signed-ram", "signed"]);
}
