//! Each rule of `check`, broken once; and public blocks, which keep them.

use rtboot_fcb::lut::{Instruction, Opcode, Sequence, index};
use rtboot_fcb::{Fcb, Finding, Part, SequenceCall, Severity, database};

const EVK: &[u8] = include_bytes!("vectors/evkmimxrt1020_sdk.bin");
const GOLDEN: &[u8] = include_bytes!("vectors/is25lp064a_qe_c0000007.bin");
const LEFTOVERS: &[u8] = include_bytes!("vectors/w25q64jv_c0000007.bin");
const CONTINUOUS: &[u8] = include_bytes!("vectors/is25lp064a_c0000017.bin");
const DOUBLE_RATE: &[u8] = include_bytes!("vectors/is25lp064a_c0100003.bin");

fn part(name: &str) -> Part {
    database::find(name).unwrap().1.parts.remove(0)
}

fn is25() -> Part {
    part("IS25LP064A")
}

/// The findings that matter, after a change to a good block.
fn after(change: impl Fn(&mut Fcb)) -> Vec<(Severity, &'static str)> {
    let part = is25();
    let mut fcb = part.boot_fcb();
    change(&mut fcb);
    matter(&check(&fcb, Some(&part)))
}

fn matter(findings: &[Finding]) -> Vec<(Severity, &'static str)> {
    for finding in findings {
        assert_eq!(finding.unfilled(), None, "{finding}");
    }
    let matter = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Warning);
    matter
        .map(|finding| (finding.severity, finding.code()))
        .collect()
}

const ERROR: Severity = Severity::Error;
const WARNING: Severity = Severity::Warning;

#[test]
fn fcb_of_every_database_part_keeps_the_rules() {
    for part in database::parts() {
        let findings = check(&part.boot_fcb(), Some(&part));
        assert_eq!(matter(&findings), [], "{}: {findings:?}", part.name);
        let alone = matter(&check(&part.boot_fcb(), None));
        assert!(
            alone.iter().all(|(severity, _)| *severity < ERROR),
            "{}: {alone:?}",
            part.name
        );
    }
}

#[test]
fn public_fcbs_bring_only_known_findings() {
    let of = |bytes: &[u8], part: Option<&Part>| matter(&check(&Fcb::parse(bytes).unwrap(), part));
    // 133 MHz with 6 dummy cycles: what the part's limit is, only the part tells
    assert_eq!(of(GOLDEN, Some(&is25())), [(WARNING, "fcb-clock-part")]);
    assert_eq!(of(GOLDEN, None), [(WARNING, "fcb-dummy-few")]);
    // the SDK sets 8 dummy cycles with a config command, and says so in its block
    assert_eq!(of(EVK, Some(&is25())), []);
    assert_eq!(of(EVK, None), []);
    assert_eq!(of(LEFTOVERS, None), [(WARNING, "fcb-dummy-few")]);
    assert_eq!(of(CONTINUOUS, None), [(WARNING, "fcb-dummy-few")]);
    assert_eq!(of(DOUBLE_RATE, None), []);
}

#[test]
fn impossible_field_values_are_found() {
    assert_eq!(after(|fcb| fcb.set_version(1)), [(WARNING, "fcb-version")]);
    assert_eq!(
        after(|fcb| fcb.set_device_type(2)),
        [(WARNING, "fcb-device-type")]
    );
    assert_eq!(after(|fcb| fcb.set_flash_pads(3)), [(WARNING, "fcb-pads")]);
    assert_eq!(
        after(|fcb| fcb.set_data_pad(0xF1)),
        [(WARNING, "fcb-pad-override")]
    );
    assert_eq!(after(|fcb| fcb.set_clock(0)), [(WARNING, "fcb-clock")]);
    assert_eq!(
        after(|fcb| fcb.set_clock(12)),
        [(WARNING, "fcb-clock-unknown")]
    );
    assert_eq!(after(|fcb| fcb.set_clock(7)), [(WARNING, "fcb-clock-part")]);
    assert_eq!(
        after(|fcb| fcb.set_clock(8)),
        [(WARNING, "fcb-clock-chip"), (WARNING, "fcb-clock-part")]
    );
    assert_eq!(
        after(|fcb| fcb.set_read_sample_clock(0)),
        [(WARNING, "fcb-sampling")]
    );
    assert_eq!(
        after(|fcb| fcb.set_read_sample_clock(3)),
        [(WARNING, "fcb-sampling-dqs")]
    );
    assert_eq!(
        after(|fcb| fcb.set_read_sample_clock(4)),
        [(WARNING, "fcb-sampling-unknown")]
    );
    assert_eq!(
        after(|fcb| fcb.set_controller_options(0x50)),
        [(WARNING, "fcb-ddr-unused")]
    );
}

#[test]
fn sizes_that_contradict_are_found() {
    assert_eq!(
        after(|fcb| fcb.set_sflash_a1_size(0)),
        [(ERROR, "fcb-size")]
    );
    assert_eq!(
        after(|fcb| fcb.set_sflash_a1_size(16 << 20)),
        [(WARNING, "fcb-size-part")]
    );
    assert_eq!(
        after(|fcb| fcb.set_sflash_a1_size(4 << 20)),
        [(WARNING, "fcb-size-small")]
    );
    let large = after(|fcb| fcb.set_sflash_a1_size(32 << 20));
    assert!(large.contains(&(WARNING, "fcb-address-short")), "{large:?}");
    assert_eq!(
        after(|fcb| fcb.set_page_size(300)),
        [(WARNING, "fcb-geometry"), (WARNING, "fcb-geometry-part")]
    );
    assert_eq!(
        after(|fcb| fcb.set_page_size(0x2000)),
        [(WARNING, "fcb-geometry-part"), (WARNING, "fcb-page-sector")]
    );
    assert_eq!(
        after(|fcb| fcb.set_sector_size(0x1_0000)),
        [(WARNING, "fcb-erase-size")]
    );
    // sequence 5 erases 64 KiB, as the work FCB has it
    let block = |fcb: &mut Fcb| {
        fcb.set_sector_size(0x1_0000);
        fcb.set_sequence(index::ERASE_SECTOR, &Sequence::erase(0xD8, 24));
    };
    assert_eq!(after(block), []);
}

#[test]
fn sequences_that_cannot_work_are_found() {
    let read = |sequence: Sequence| after(move |fcb| fcb.set_sequence(index::READ, &sequence));
    assert_eq!(read(Sequence::EMPTY), [(ERROR, "fcb-no-read")]);
    assert_eq!(read(Sequence::command(0x06)), [(ERROR, "fcb-not-a-read")]);
    assert_eq!(
        read(Sequence::read(0xEB, 24, 4, 4, 4)),
        [(ERROR, "fcb-dummy")]
    );
    assert_eq!(
        read(Sequence::read(0xEB, 24, 4, 4, 10)),
        [(WARNING, "fcb-dummy-many")]
    );
    assert_eq!(
        read(Sequence::read(0xEB, 24, 1, 4, 6)),
        [(ERROR, "fcb-read-shape")]
    );
    assert_eq!(
        read(Sequence::read(0xEC, 24, 4, 4, 6)),
        [(ERROR, "fcb-address-bits")]
    );
    assert_eq!(
        read(Sequence::read(0x03, 24, 1, 1, 0)),
        [(WARNING, "fcb-clock-plain")]
    );
    assert_eq!(
        read(Sequence::read(0x03, 24, 1, 1, 8)),
        [(ERROR, "fcb-dummy-plain"), (WARNING, "fcb-clock-plain")]
    );
    // mode bits count: 2 clocks of MODE8 and 4 dummy cycles are 6
    assert_eq!(read(Sequence::read_with_mode(0xEB, 24, 4, 4, 0xFF, 4)), []);
    assert_eq!(
        read(Sequence::read_with_mode(0xEB, 24, 4, 4, 0xFF, 3)),
        [(ERROR, "fcb-dummy")]
    );

    let mut behind = Sequence::command(0x06);
    behind.0[4] = Instruction::new(Opcode::CMD, 1, 0x20);
    assert_eq!(
        after(|fcb| fcb.set_sequence(6, &behind)),
        [(WARNING, "fcb-lut-behind-stop")]
    );
    let full = Sequence([Instruction::new(Opcode::CMD, 1, 0x06); 8]);
    assert_eq!(
        after(|fcb| fcb.set_sequence(6, &full)),
        [(WARNING, "fcb-lut-no-stop")]
    );
    let hyper = after(|fcb| {
        fcb.set_sequence(6, &full);
        fcb.set_column_address_width(3);
    });
    assert!(
        hyper.iter().all(|(_, code)| *code != "fcb-lut-no-stop"),
        "{hyper:?}"
    );
    let odd = Sequence::of(&[Instruction::new(Opcode(0x1A), 1, 0)]);
    assert_eq!(
        after(|fcb| fcb.set_sequence(6, &odd)),
        [(WARNING, "fcb-lut-opcode")]
    );
    assert_eq!(
        after(|fcb| fcb.set_sequence(index::READ, &odd))[0],
        (ERROR, "fcb-lut-opcode")
    );
    let erased = Sequence::from_bytes(&[0xFF; 16]);
    let half = |fcb: &mut Fcb| {
        (8..16).for_each(|place| fcb.set_sequence(place, &erased));
        fcb.set_page_size(u32::MAX);
        fcb.set_block_size(u32::MAX);
    };
    assert_eq!(after(half), [(WARNING, "fcb-lut-erased")]);
    assert_eq!(
        after(|fcb| fcb.set_sequence(index::READ, &erased))[0],
        (ERROR, "fcb-not-a-read")
    );
    assert_eq!(
        after(|fcb| fcb.set_flash_pads(1)),
        [(WARNING, "fcb-lut-pads")],
        "the read works on four"
    );
    assert_eq!(
        after(|fcb| fcb.set_sequence(index::WRITE_ENABLE, &Sequence::EMPTY)),
        [(WARNING, "fcb-no-write-enable")]
    );
    assert_eq!(
        after(|fcb| fcb.set_sequence(index::READ_STATUS, &Sequence::EMPTY)),
        [(WARNING, "fcb-no-read-status")]
    );
}

/// A device mode that writes `argument` with `opcode`.
fn device_mode(opcode: u8, len: u8, argument: u32) -> impl Fn(&mut Fcb) {
    move |fcb| {
        fcb.set_device_mode_enable(1);
        fcb.set_device_mode_type(1);
        fcb.set_device_mode_sequence(SequenceCall { count: 1, index: 4 });
        fcb.set_device_mode_argument(argument);
        fcb.set_sequence(index::DEVICE_MODE, &Sequence::write_register(opcode, len));
    }
}

#[test]
fn quad_enable_write_must_fit_the_part() {
    assert_eq!(after(device_mode(0x01, 1, 0x40)), []);
    assert_eq!(
        after(device_mode(0x01, 2, 0x0200)),
        [(ERROR, "fcb-quad-register")]
    );
    let mut winbond = part("W25Q64JV").boot_fcb();
    device_mode(0x01, 2, 0x0200)(&mut winbond);
    assert_eq!(matter(&check(&winbond, Some(&part("W25Q64JV")))), []);
    device_mode(0x01, 1, 0x40)(&mut winbond);
    assert_eq!(
        matter(&check(&winbond, Some(&part("W25Q64JV")))),
        [(ERROR, "fcb-quad-register")]
    );

    let notes = check(&is25().boot_fcb(), None);
    let note = notes
        .iter()
        .find(|finding| finding.code() == "fcb-quad-enable")
        .unwrap();
    assert!(
        note.to_string()
            .contains("nothing in the block sets the quad enable bit"),
        "{note}"
    );
}

#[test]
fn device_mode_without_its_sequence_is_told() {
    let empty = |fcb: &mut Fcb| {
        device_mode(0x01, 1, 0x40)(fcb);
        fcb.set_sequence(index::DEVICE_MODE, &Sequence::EMPTY);
    };
    assert_eq!(
        after(empty),
        [(WARNING, "fcb-device-mode"), (WARNING, "fcb-quad-no-write")]
    );
    let beyond = |fcb: &mut Fcb| {
        device_mode(0x01, 1, 0x40)(fcb);
        fcb.set_device_mode_sequence(SequenceCall {
            count: 9,
            index: 12,
        });
    };
    let range = (WARNING, "fcb-device-mode-range");
    assert!(after(beyond).contains(&range));
    assert_eq!(
        after(|fcb| fcb.set_config_command_enable(1)),
        [(WARNING, "fcb-config-commands")]
    );
}

fn rt1021() -> &'static rtboot_fcb::Chip {
    rtboot_fcb::Chip::by_name("rt1021").expect("a chip of the table")
}

fn check(fcb: &Fcb, part: Option<&Part>) -> Vec<Finding> {
    rtboot_fcb::check::check(fcb, part, rt1021())
}

#[test]
fn the_rt1024_reads_at_60_mhz_and_samples_inside() {
    let rt1024 = rtboot_fcb::Chip::by_name("rt1024").expect("a chip of the table");
    let part = is25();
    let clock = |fcb: &Fcb| (fcb.clock(), fcb.read_sample_clock());
    assert_eq!(clock(&part.on(rt1021()).boot_fcb()), (6, 1));
    let fcb = part.on(rt1024).boot_fcb();
    assert_eq!(clock(&fcb), (3, 0));
    let codes = |fcb: &Fcb, chip| -> Vec<&str> {
        let found = rtboot_fcb::check::check(fcb, Some(&part), chip);
        found.iter().map(|finding| finding.code()).collect()
    };
    assert!(codes(&part.boot_fcb(), rt1024).contains(&"fcb-clock-chip"));
    assert!(!codes(&fcb, rt1024).contains(&"fcb-clock-chip"));
    assert!(!codes(&part.boot_fcb(), rt1021()).contains(&"fcb-clock-chip"));
}

#[test]
fn clocks_are_judged_by_the_chip_that_reads_them() {
    let with = |clock: u8| {
        let mut fcb = is25().boot_fcb();
        fcb.set_clock(clock);
        fcb
    };
    let said = |clock, chip: &str| -> Vec<String> {
        let chip = rtboot_fcb::Chip::by_name(chip).expect("a chip of the table");
        let found = rtboot_fcb::check::check(&with(clock), None, chip);
        let about = found
            .iter()
            .filter(|found| found.code().starts_with("fcb-clock"));
        about
            .map(|found| format!("{}: {found}", found.code()))
            .collect()
    };
    // 133 MHz there, 166 here
    assert_eq!(said(8, "rt1062"), [""; 0]);
    assert_eq!(
        said(8, "rt1021"),
        ["fcb-clock-chip: 166 MHz (index 8) is above the 133 MHz limit of the chip's FlexSPI"]
    );
    assert_eq!(
        said(9, "rt1062"),
        ["fcb-clock-chip: 166 MHz (index 9) is above the 133 MHz limit of the chip's FlexSPI"]
    );
    assert!(said(9, "rt1021")[0].starts_with("fcb-clock-unknown"));
    // 120 MHz is too fast for the part's 104, and is called so
    let chip = rtboot_fcb::Chip::by_name("rt1062").expect("a chip of the table");
    let found = rtboot_fcb::check::check(&with(7), Some(&is25()), chip);
    assert!(
        found[0]
            .to_string()
            .starts_with("120 MHz (index 7) is above the 104 MHz limit"),
        "{found:?}"
    );
}

#[test]
fn every_part_is_within_its_limits_and_those_of_every_chip() {
    let parts: Vec<Part> = rtboot_fcb::database::parts().collect();
    for chip in &rtboot_chip::CHIPS {
        for part in parts.iter().filter(|part| chip.is_meant_by(&part.chips)) {
            let what = format!("{} on {}", part.name, chip.name);
            let on = part.on(chip);
            let fcb = on.boot_fcb();
            let row = chip.clocks.row(fcb.clock()).expect("a clock of the chip");
            assert!(row.index <= chip.clocks.max, "{what}");
            assert!(row.khz <= part.clock.khz(), "{what}");
            let limit = part.max_mhz.map_or(u32::MAX, |max| u32::from(max) * 1010);
            assert!(row.khz <= limit, "{what}");
            let found = rtboot_fcb::check::check(&fcb, Some(&on), chip);
            let clock = found
                .iter()
                .find(|found| found.code().starts_with("fcb-clock"));
            assert!(clock.is_none(), "{what}: {clock:?}");
            assert_eq!(on.on(chip), on, "{what}");
        }
    }
}

#[test]
fn a_clock_is_the_same_frequency_on_every_chip() {
    let mut part = is25();
    part.max_mhz = Some(133);
    let mut index_of = |mhz: u16, chip: &str| {
        let chip = rtboot_fcb::Chip::by_name(chip).expect("a chip of the table");
        part.clock = rtboot_fcb::ReadClock::of_mhz(mhz).expect("a clock");
        part.on(chip).boot_fcb().clock()
    };
    let mut index = |chip| index_of(133, chip);
    for chip in ["rt1015", "rt1021", "rt1052"] {
        assert_eq!(index(chip), 7, "{chip}");
    }
    for chip in ["rt1010", "rt1042", "rt1062", "rt1064"] {
        assert_eq!(index(chip), 8, "{chip}");
    }
    assert_eq!(index("rt1024"), 3);
    assert_eq!((index_of(120, "rt1062"), index_of(120, "rt1052")), (7, 6));
}

#[test]
fn a_hyperflash_block_fits_hyperflash_and_no_package() {
    let hyper = part("S26KS512S");
    let said = |fcb: &Fcb, part: Option<&Part>, chip: &str| -> Vec<&str> {
        let chip = rtboot_fcb::Chip::by_name(chip).expect("a chip of the table");
        let found = rtboot_fcb::check::check(fcb, part, chip);
        let errors = found.iter().filter(|found| found.severity == ERROR);
        errors.map(|found| found.code()).collect()
    };
    let block = hyper.boot_fcb();
    assert_eq!(said(&block, Some(&hyper), "rt1052"), [""; 0]);
    assert_eq!(said(&block, None, "rt1024"), ["fcb-in-package"]);
    assert_eq!(said(&block, None, "rt1064"), ["fcb-in-package"]);
    let quad = is25().boot_fcb();
    assert_eq!(said(&quad, Some(&hyper), "rt1052"), ["fcb-not-hyperbus"]);
    assert_eq!(said(&quad, None, "rt1064"), [""; 0]);
}
