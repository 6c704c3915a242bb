use super::*;
use crate::testing::rt1021;
use crate::testing::{app, at, image};

fn map() -> MemoryMap {
    rt1021().map
}

#[test]
fn a_sound_image_keeps_every_rule() {
    let findings = check(&image(), &map());
    assert!(
        findings
            .iter()
            .all(|finding| finding.severity == Severity::Ok)
    );
    let codes: Vec<_> = findings.iter().map(Finding::code).collect();
    assert_eq!(
        codes,
        ["fcb-found", "ivt", "boot-data", "entry", "no-dcd", "csf"]
    );
    assert!(starts(&findings));
}

#[test]
fn a_bare_application_does_not_start() {
    let findings = check(
        &at(0x6000_2000, app(0x2001_0000, 0x6000_2101, 0x400)),
        &map(),
    );
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "there is no FCB at 0x60000000 (nothing is there), so the ROM goes to serial download",
            "there is no IVT at 0x60001000 (nothing is there), so the ROM finds no image",
        ]
    );
    assert!(!starts(&findings));
}

#[test]
fn a_blank_flash_says_that_it_is_blank() {
    let findings = check(&at(0x6000_0000, vec![0xFF; 0x3000]), &map());
    assert!(
        findings[0]
            .to_string()
            .contains("(the flash is blank there)"),
        "{}",
        findings[0]
    );
    assert!(!starts(&findings));
}

#[test]
fn an_image_without_its_fcb_names_that_alone() {
    let mut memory = image();
    memory.remove(0x6000_0000, 0x200);
    let broken: Vec<_> = check(&memory, &map())
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    assert_eq!(
        broken.iter().map(Finding::code).collect::<Vec<_>>(),
        ["fcb-missing"]
    );
}

#[test]
fn a_whole_flash_read_back_is_judged_by_its_content() {
    let flash = image().filled(0x6000_0000, 0x80_0000, 0xFF);
    assert!(starts(&check(&at(0x6000_0000, flash), &map())));
}
