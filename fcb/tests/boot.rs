//! FCBs of our own held against blocks that the genuine flashloader wrote, and against published ones.

use rtboot_fcb::{Fcb, JedecId, Part, database, lut::index};

/// Read back from an RT1020 EVK after option word 0xC0000007; the flashloader in emulation writes the same.
const EVK: &[u8] = include_bytes!("vectors/is25lp064a_qe_c0000007.bin");
const INDEX_6: &[u8] = include_bytes!("vectors/is25lp064a_qe_c0000006.bin");
const W25Q64JV_QE_WAS_CLEAR: &[u8] = include_bytes!("vectors/w25q64jv_c0000007.bin");
const IS25LP064A_QE_WAS_CLEAR: &[u8] = include_bytes!("vectors/is25lp064a_c0000007.bin");
const SDK: &[u8] = include_bytes!("vectors/evkmimxrt1020_sdk.bin");
const CONTINUOUS: &[u8] = include_bytes!("vectors/is25lp064a_c0000017.bin");
const DDR: &[u8] = include_bytes!("vectors/is25lp064a_c0100003.bin");
const SECOND_PINS: &[u8] = include_bytes!("vectors/is25lp064a_c1000007_00010000.bin");

fn part(name: &str) -> Part {
    database::find(name).unwrap().1.parts.remove(0)
}

/// "field: theirs -> ours" for each field that differs.
fn differences(ours: &Fcb, theirs: &[u8]) -> Vec<String> {
    let theirs = Fcb::parse(theirs).unwrap();
    let say = |d: &rtboot_fcb::FieldDiff| {
        let name = if d.this.alias == "lookupTable" {
            d.this.name
        } else {
            d.this.alias
        };
        format!("{name}: {} -> {}", d.other.value, d.this.value)
    };
    ours.diff(&theirs).iter().map(say).collect()
}

#[test]
fn evk_boot_fcb_equals_the_golden_except_clock() {
    // deliberate: 133 MHz with 6 dummy cycles is beyond the part's own limit of 104 MHz
    assert_eq!(
        differences(&part("issi.cfg").boot_fcb(), EVK),
        ["serialClkFreq: 7 -> 6"]
    );
}

#[test]
fn evk_boot_fcb_equals_the_flashloaders_at_index_6() {
    assert_eq!(part("issi.cfg").boot_fcb().as_bytes(), INDEX_6);
}

#[test]
fn w25q64jv_boot_fcb_equals_the_flashloaders() {
    // with QE set, the flashloader writes the same bytes for both 8 MiB parts
    assert_eq!(part("w25q64jv").boot_fcb().as_bytes(), INDEX_6);
}

#[test]
fn flashloader_setting_qe_changes_more_fields() {
    // deliberate: with QE set for good, the leftovers of the QE write (disabled by 0x010 = 0) say nothing
    let traces = [
        "deviceModeType: 1 -> 0",
        "deviceModeSeq: 1, 4, 0, 0 -> 0, 0, 0, 0",
        "deviceModeArg: 0x00000200 -> 0x00000000",
        "serialClkFreq: 7 -> 6",
        "lut-4: 20020401 00000000 00000000 00000000 -> 00000000 00000000 00000000 00000000",
    ];
    assert_eq!(
        differences(&part("w25q64jv").boot_fcb(), W25Q64JV_QE_WAS_CLEAR),
        traces
    );
}

#[test]
fn sdk_fcb_runs_at_133_mhz_and_ours_at_100() {
    // deliberate: a volatile register set by C0h outlives a warm reset; ours keeps to the part's defaults
    let expected = [
        "configCmdEnable: 1 -> 0",
        "configCmdSeqs: 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 -> 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0",
        "configCmdArgs: 0x000000f0, 0x00000000, 0x00000000 -> 0x00000000, 0x00000000, 0x00000000",
        "serialClkFreq: 7 -> 6",
        "lut-0: 0a1804eb 26043208 00000000 00000000 -> 0a1804eb 26043206 00000000 00000000",
        "lut-12: 200104c0 00000000 00000000 00000000 -> 00000000 00000000 00000000 00000000",
    ];
    assert_eq!(differences(&part("issi.cfg").boot_fcb(), SDK), expected);
}

#[test]
fn quad_enable_write_equals_the_flashloaders() {
    use rtboot_fcb::StatusRegisters;
    let cases = [
        ("is25lp064a", IS25LP064A_QE_WAS_CLEAR, None),
        ("w25q64jv", W25Q64JV_QE_WAS_CLEAR, Some(0)),
    ];
    for (name, theirs, sr2) in cases {
        let (part, theirs) = (part(name), Fcb::parse(theirs).unwrap());
        let now = StatusRegisters {
            sr1: 0,
            sr2,
            sr3: None,
        };
        let steps = part
            .status_write_steps(&now, &part.with_quad_enabled(&now))
            .unwrap();
        let [step] = &steps[..] else {
            panic!("{name}: one write sets QE")
        };
        assert_eq!(step.device_mode_type(), theirs.device_mode_type());
        assert_eq!(step.device_mode_sequence(), theirs.device_mode_sequence());
        assert_eq!(step.device_mode_argument(), theirs.device_mode_argument());
        assert_eq!(
            step.sequence(index::DEVICE_MODE),
            theirs.sequence(index::DEVICE_MODE)
        );
    }
}

#[test]
fn odd_blocks_of_the_flashloader_read_in_words() {
    let continuous = Fcb::parse(CONTINUOUS).unwrap();
    assert_eq!(
        continuous.sequence(index::READ).to_string(),
        "CMD/1 0xeb, RADDR/4 0x18, MODE8/4 0xa5, DUMMY/4 0x04, READ/4 0x04, JMP_ON_CS/1 0x01"
    );
    let ddr = Fcb::parse(DDR).unwrap();
    assert_eq!(
        ddr.sequence(index::READ).to_string(),
        "EDh 1-4D-4D, 24-bit address, 6 dummy cycles"
    );
    let meaning = |fcb: &Fcb, alias: &str| {
        fcb.fields()
            .into_iter()
            .find(|f| f.alias == alias)
            .unwrap()
            .meaning
    };
    assert_eq!(
        meaning(&ddr, "controllerMiscOption"),
        "safe clock while configuring, DDR mode"
    );
    let pins = Fcb::parse(SECOND_PINS).unwrap();
    assert_eq!(
        meaning(&pins, "controllerMiscOption"),
        "safe clock while configuring, second pin group"
    );
}

#[test]
fn every_part_stays_within_its_own_limits() {
    for part in database::parts() {
        let khz = part.clock.khz();
        match part.max_mhz {
            Some(max) => assert!(
                khz <= u32::from(max) * 1000,
                "{}: {khz} kHz, limit {max} MHz",
                part.name
            ),
            // where the limit is not known, 80 MHz is the cautious choice
            None => assert!(part.clock.mhz() <= 80, "{}", part.name),
        }
        assert!(!part.source.is_empty(), "{} names no source", part.name);
        assert!(
            part.option_words.is_none_or(|words| words.check().is_ok()),
            "{}",
            part.name
        );
        if let Some(words) = part.option_words.and_then(|words| words.decode().ok()) {
            assert_eq!(
                words.quad_mode,
                part.qe.option_value(),
                "{}: option words name another QE bit",
                part.name
            );
            assert_eq!(
                words.clock,
                part.boot_fcb().clock(),
                "{}: option words name another clock",
                part.name
            );
        }
        let fcb = part.boot_fcb();
        assert_eq!(fcb.total_size(), u64::from(part.size), "{}", part.name);
        assert_eq!(fcb.timeout_ms(), 0, "{}", part.name);
        assert_eq!(
            fcb.sequence(index::READ),
            part.read.sequence(),
            "{}",
            part.name
        );
    }
}

#[test]
fn parts_that_share_an_id_are_all_listed() {
    let names = |id: &str| -> Vec<String> {
        database::by_jedec(id.parse::<JedecId>().unwrap())
            .into_iter()
            .map(|part| part.name)
            .collect()
    };
    assert_eq!(names("9d 60 17"), ["IS25LP064A", "IS25LP064D"]);
    assert_eq!(names("ef4018"), ["W25Q128JV", "W25Q128FV"]);
    assert_eq!(
        names("C2-20-18"),
        ["MX25L12833F", "MX25L12835F", "MX25L12845G"]
    );
    assert_eq!(names("00 00 01"), [""; 0]);
}
