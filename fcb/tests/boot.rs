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
        let forced = part.overrides.sequences.iter();
        let forced = forced.filter(|(place, _)| *place == index::READ);
        let read = forced.map(|(_, read)| *read).next();
        assert_eq!(
            fcb.sequence(index::READ),
            read.unwrap_or(part.read.sequence()),
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

/// The first bytes of each sequence as the SDK's header for the IMXRT1050-EVKB has them, by instruction words.
#[test]
fn the_hyperflash_of_the_rt1050_evkb_has_the_fcb_of_its_sdk() {
    let part = part("S26KS512S");
    let chip = |name| rtboot_fcb::Chip::by_name(name).expect("a chip of the table");
    let fcb = part.on(chip("rt1050")).boot_fcb();
    // DDR, word addresses, safe clock, differential clock
    assert_eq!(fcb.controller_options(), 1 << 6 | 1 << 3 | 1 << 4 | 1);
    assert_eq!(
        (fcb.read_sample_clock(), fcb.column_address_width()),
        (3, 3)
    );
    assert_eq!(
        (fcb.flash_pads(), fcb.clock(), fcb.command_clock()),
        (8, 7, 1)
    );
    assert_eq!((fcb.busy_bit(), fcb.busy_polarity()), (15, 1));
    assert_eq!(fcb.data_valid_time(), [15, 0]);
    assert_eq!(fcb.sflash_a1_size(), 64 << 20);
    assert_eq!(
        (fcb.page_size(), fcb.sector_size(), fcb.block_size()),
        (512, 256 << 10, 256 << 10)
    );
    assert_eq!((fcb.nor_type(), fcb.uniform_blocks()), (1, 1));
    let calls = fcb.custom_sequences();
    let calls: Vec<(u8, u8)> = calls.iter().map(|call| (call.count, call.index)).collect();
    assert_eq!(
        calls[..7],
        [(0, 0), (2, 1), (2, 3), (4, 5), (2, 9), (4, 11), (0, 0)]
    );
    assert_eq!(fcb.custom_sequences_enable(), 1);
    let words = |place| fcb.sequence(place).words();
    assert_eq!(words(0), [0x8B18_87A0, 0xB30C_8F10, 0x0000_A704, 0]);
    assert_eq!(words(2), [0x8B18_87A0, 0xB70B_8F10, 0x0000_A704, 0]);
    // 555h AAh, 2AAh 55h: unlocked
    let unlock = [0x8700_8700, 0x87AA_8700, 0x8705_8700, 0x87AA_8700];
    for place in [3, 6, 12] {
        assert_eq!(words(place), unlock, "{place}");
    }
    for place in [4, 7, 13] {
        assert_eq!(
            words(place),
            [0x8700_8700, 0x8755_8700, 0x8702_8700, 0x8755_8700],
            "{place}"
        );
    }
    // read status, set up an erase, program, and erase the whole chip
    for (place, last) in [(1, 0x70), (5, 0x80), (9, 0xA0), (11, 0x80), (14, 0x10)] {
        assert_eq!(
            words(place),
            [
                0x8700_8700,
                0x87AA_8700,
                0x8705_8700,
                0x8700_8700 | last << 16
            ],
            "{place}"
        );
    }
    assert_eq!(words(8), [0x8B18_8700, 0x8700_8F10, 0x0000_8730, 0]);
    assert_eq!(words(10), [0x8B18_8700, 0xA380_8F10, 0, 0]);
    assert!(fcb.sequence(15).is_empty());
    let odd = rtboot_fcb::check::check(&fcb, Some(&part), chip("rt1050"));
    let odd: Vec<String> = odd
        .iter()
        .filter(|finding| finding.severity > rtboot_fcb::Severity::Note)
        .map(ToString::to_string)
        .collect();
    assert_eq!(odd, [""; 0]);
    // the same frequency has another index there, and no board's flash is taken for it
    assert_eq!(part.on(chip("rt1062")).boot_fcb().clock(), 8);
    assert_eq!(database::by_jedec(part.jedec), []);
    assert!(!chip("rt1064").is_meant_by(&part.chips));
    assert!(!chip("rt1021").is_meant_by(&part.chips));
}

/// Source: Zephyr, TinyUF2, NXP-MCUBootUtility and Teensyduino by board; docs/images.md.
#[test]
fn the_flash_of_every_kit_is_known_and_boots_its_chip() {
    let kits = [
        ("rt1010", "1f 89 01", "AT25SF128A"),
        ("rt1015", "1f 89 01", "AT25SF128A"),
        ("rt1020", "9d 60 17", "IS25LP064A"),
        ("rt1024", "ef 40 16", "W25Q32JV"),
        ("rt1024", "ef 70 16", "W25Q32JV-IM"),
        ("rt1040", "ef 40 17", "W25Q64JV"),
        ("rt1050", "9d 70 17", "IS25WP064A"),
        ("rt1060", "9d 70 17", "IS25WP064A"),
        ("rt1064", "ef 40 16", "W25Q32JV"),
        ("rt1064", "ef 70 16", "W25Q32JV-IM"),
        ("rt1062", "ef 40 15", "W25Q16JV"),
        ("rt1062", "ef 70 15", "W25Q16JV-IM"),
        ("rt1062", "ef 70 17", "W25Q64JV-IM"),
    ];
    for (chip, id, name) in kits {
        let what = format!("{name} on {chip}");
        let chip = rtboot_fcb::Chip::by_name(chip).expect("a chip of the table");
        let known = database::by_jedec(id.parse::<JedecId>().unwrap());
        assert!(known.iter().any(|part| part.name == name), "{what}");
        let part = part(name).on(chip);
        let found = rtboot_fcb::check::check(&part.boot_fcb(), Some(&part), chip);
        let odd: Vec<String> = found
            .iter()
            .filter(|finding| finding.severity > rtboot_fcb::Severity::Note)
            .map(ToString::to_string)
            .collect();
        assert_eq!(odd, [""; 0], "{what}");
        assert!(
            chip.in_package.size.is_none_or(|size| size == part.size),
            "{what}"
        );
    }
}
