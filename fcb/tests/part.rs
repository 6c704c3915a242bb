//! FCBs made from a part: while flashing, for its status registers, for looking only.
#![cfg(feature = "cfg")]

use std::ops::Range;

use rtboot_fcb::lut::{Sequence, index};
use rtboot_fcb::{
    EraseUnit, Fcb, Part, PartFile, Protected, QeMethod, StatusLock, StatusRegisters, StatusWrite,
    database, lock_units, probe,
};

fn part(name: &str) -> Part {
    database::find(name).unwrap().1.parts.remove(0)
}

fn sr(sr1: u8, sr2: Option<u8>) -> StatusRegisters {
    StatusRegisters {
        sr1,
        sr2,
        sr3: None,
    }
}

/// Names of the fields in which the work FCB differs from the boot FCB.
fn differing(ours: &Fcb, other: &Fcb) -> Vec<&'static str> {
    ours.diff(other).iter().map(|diff| diff.this.name).collect()
}

#[test]
fn the_work_fcb_waits_no_longer_than_told() {
    let part = part("is25lp064a");
    let work = part.work_fcb(EraseUnit::Sector, 500);
    assert_eq!(differing(&work, &part.boot_fcb()), ["timeout-ms"]);
    assert_eq!(work.as_bytes()[0x70..0x74], [0xF4, 1, 0, 0]);
}

#[test]
fn the_work_fcb_erases_64_kib_through_sequence_5() {
    let part = part("is25lp064a");
    let work = part.work_fcb(EraseUnit::Block, 0);
    assert_eq!(differing(&work, &part.boot_fcb()), ["lut-5", "sector-size"]);
    assert_eq!(work.as_bytes()[0xD0..0xD4], [0xD8, 0x04, 0x18, 0x08]);
    assert_eq!(work.sector_size(), 0x1_0000);
}

#[test]
fn no_erase_outlasts_the_time_out() {
    assert_eq!(
        part("is25lp064a").erase_timeout_ms(EraseUnit::Sector),
        1_000
    );
    assert_eq!(
        part("is25lp064a").erase_timeout_ms(EraseUnit::Block),
        2_432 + 608
    );
    assert_eq!(
        part("s25fl064l").erase_timeout_ms(EraseUnit::Block),
        6_000,
        "not known"
    );
    for part in database::parts() {
        for (unit, time) in [
            (EraseUnit::Sector, part.times.sector_erase),
            (EraseUnit::Block, part.times.block_erase),
        ] {
            let limit = part.erase_timeout_ms(unit);
            assert!(
                time.is_none_or(|time| u128::from(limit) > time.max.as_millis()),
                "{}",
                part.name
            );
        }
    }
}

#[test]
fn forced_fields_reach_the_boot_and_work_fcb() {
    let text = "name='F'\njedec='9d6017'\nsize='8M'\nquad-enable='sr1-bit6'\nclock=6\n\
        read={opcode=0xEB,address-pads=4,data-pads=4,dummy-cycles=8}\n\
        [fcb]\nserialClkFreq=7\nconfig-command-enable=1\nconfigCmdSeqs=[1,12,0,0,0,0,0,0,0,0,0,0]\n\
        configCmdArgs=[0xF0,0,0]\ndevice-mode-enable=1\nlut.12=[0x200104C0]\nlut.9=['CMD/1 0x32','RADDR/1 24','WRITE/4 4']\n";
    let part = PartFile::from_cfg(text)
        .unwrap_or_else(|error| panic!("{error}"))
        .parts
        .remove(0);
    let sdk = Fcb::parse(include_bytes!("vectors/evkmimxrt1020_sdk.bin")).unwrap();
    assert_eq!(
        differing(&part.boot_fcb(), &sdk),
        ["device-mode-enable", "lut-9"]
    );
    let work = part.work_fcb(EraseUnit::Sector, 100);
    // it reads as the boot FCB does, so the configuration command stays
    assert_eq!(differing(&work, &sdk), ["timeout-ms"]);
    let file = PartFile { parts: vec![part] };
    assert_eq!(PartFile::from_cfg(&file.to_cfg()).unwrap(), file);
}

#[test]
fn forced_fields_that_are_wrong_are_told() {
    let head = "name='F'\njedec='9d6017'\nsize='8M'\nquad-enable='none'\nclock=6\nread={opcode=3,address-pads=1,data-pads=1,dummy-cycles=0}\n[fcb]\n";
    let cases = [
        ("csHoldTme=3", "unknown key `csHoldTme` in [fcb]"),
        ("csHoldTime=256", "`csHoldTime` is at most 255 (0xff)"),
        ("configCmdArgs=1", "`configCmdArgs` takes 3 numbers, not 1"),
        (
            "clock=5\nserialClkFreq=6",
            "`clock` and `serialClkFreq` are the same field",
        ),
        ("lut.16=[0]", "sequences have numbers from 0 to 15"),
        (
            "lut.5=[0,0,0,0,0]",
            "a sequence has at most 4 words, not 5; 5 is `erase sector`",
        ),
        (
            "lut.5=['CMD 1']\nlut.6=['CDM 1']",
            "\"CDM 1\" is not an instruction, such as \"CMD/1 0xEB\" or \"RADDR/4 24\"",
        ),
    ];
    for (line, message) in cases {
        let error = PartFile::from_cfg(&format!("{head}{line}\n")).unwrap_err();
        assert_eq!(error.message, message);
    }
}

/// Opcode, data and the length in the sequence of each write.
fn writes(part: &Part, now: StatusRegisters, new: StatusRegisters) -> Option<Vec<(u8, u32, u8)>> {
    let steps = part.status_write_steps(&now, &new)?;
    Some(
        steps
            .iter()
            .map(|fcb| {
                assert_eq!((fcb.device_mode_enable(), fcb.device_mode_type()), (1, 1));
                assert_eq!(
                    (
                        fcb.device_mode_sequence().count,
                        fcb.device_mode_sequence().index
                    ),
                    (1, 4)
                );
                assert_eq!(fcb.sequence(index::WRITE_ENABLE), Sequence::command(0x06));
                assert_eq!(
                    fcb.sequence(index::READ_STATUS),
                    Sequence::read_register(0x05, 4)
                );
                assert_ne!(fcb.timeout_ms(), 0);
                let sequence = fcb.sequence(index::DEVICE_MODE);
                (
                    sequence.command_byte().unwrap(),
                    fcb.device_mode_argument(),
                    sequence.0[1].operand,
                )
            })
            .collect(),
    )
}

#[test]
fn status_writes_follow_the_parts_own_way() {
    let (issi, winbond, giga) = (part("issi"), part("w25q64jv"), part("gd25q64"));
    assert_eq!(
        writes(&issi, sr(0x3C, None), sr(0x40, None)),
        Some(vec![(0x01, 0x40, 1)])
    );
    assert_eq!(
        writes(&winbond, sr(0x1C, Some(0x40)), sr(0, Some(0x42))),
        Some(vec![(0x01, 0x4200, 2)])
    );
    assert_eq!(
        writes(&giga, sr(0x1C, Some(0)), sr(0, Some(2))),
        Some(vec![(0x01, 0, 1), (0x31, 2, 1)])
    );
    assert_eq!(
        writes(&giga, sr(0x1C, Some(2)), sr(0, Some(2))),
        Some(vec![(0x01, 0, 1)])
    );
    assert_eq!(
        writes(&giga, sr(0, Some(0)), sr(0, Some(2))),
        Some(vec![(0x31, 2, 1)])
    );
    assert_eq!(
        writes(&part("mt25ql128"), sr(0x5C, None), sr(0, None)),
        Some(vec![(0x01, 0, 1)])
    );
}

#[test]
fn what_already_is_so_is_not_written() {
    // busy and write enable latch only report
    assert_eq!(
        writes(&part("issi"), sr(0x43, None), sr(0x40, None)),
        Some(vec![])
    );
    assert_eq!(
        writes(&part("issi"), sr(0x00, None), sr(0x43, None)),
        Some(vec![(0x01, 0x40, 1)])
    );
}

#[test]
fn a_register_that_is_not_known_is_never_overwritten() {
    // one byte of 01h could clear register 2 of a Winbond part
    assert_eq!(writes(&part("w25q64jv"), sr(0x1C, None), sr(0, None)), None);
    assert_eq!(part("w25q64jv").status_write_fcb(&sr(0, None)), None);
    assert_eq!(
        writes(&part("issi"), sr(0, None), sr(0, Some(2))),
        None,
        "it has no register 2"
    );
    let mut unknown = part("issi");
    unknown.status_write = StatusWrite::Unknown;
    assert_eq!(writes(&unknown, sr(0, None), sr(0x40, None)), None);
}

#[test]
fn a_single_write_is_there_when_one_does_it() {
    let fcb = part("issi").status_write_fcb(&sr(0x40, None)).unwrap();
    assert_eq!(
        (fcb.device_mode_argument(), fcb.sequence(4)),
        (0x40, Sequence::write_register(0x01, 1))
    );
    let fcb = part("w25q64jv").status_write_fcb(&sr(0, Some(2))).unwrap();
    assert_eq!(
        (fcb.device_mode_argument(), fcb.sequence(4)),
        (0x0200, Sequence::write_register(0x01, 2))
    );
    assert_eq!(
        part("gd25q64").status_write_fcb(&sr(0, Some(2))),
        None,
        "it takes two"
    );
}

#[test]
fn quad_enable_is_read_and_set_and_all_else_kept() {
    let issi = part("issi");
    assert_eq!(issi.quad_enabled(&sr(0xBC, None)), Some(false));
    assert_eq!(issi.with_quad_enabled(&sr(0xBC, None)), sr(0xFC, None));
    let winbond = part("w25q64jv");
    assert_eq!(
        winbond.quad_enabled(&sr(0x40, None)),
        None,
        "register 2 was not read"
    );
    assert_eq!(
        winbond.with_quad_enabled(&sr(0x9C, Some(0x39))),
        sr(0x9C, Some(0x3B))
    );
    assert_eq!(part("mt25ql128").quad_enabled(&sr(0, None)), Some(true));
    let mut old = part("issi");
    old.qe = QeMethod::Sr2Bit7;
    assert_eq!(old.with_quad_enabled(&sr(0, Some(0))), sr(0, Some(0x80)));
    assert_eq!(old.sr2_read_command(), Some(0x3F));
}

#[test]
fn protection_is_told_and_cleared() {
    let top = |offsets: Range<u32>| Protected::Range {
        offsets,
        end_unknown: true,
    };
    let sure = |offsets: Range<u32>| Protected::Range {
        offsets,
        end_unknown: false,
    };
    let cases = [
        ("issi", sr(0x40, None), Protected::Nothing),
        ("issi", sr(0x04, None), top(0x7F_0000..0x80_0000)),
        ("issi", sr(0x1C, None), top(0x40_0000..0x80_0000)),
        ("issi", sr(0x20, None), Protected::Everything),
        ("is25lp128f", sr(0x20, None), top(0x80_0000..0x100_0000)),
        ("w25q64jv", sr(0x04, Some(0)), sure(0x7E_0000..0x80_0000)),
        ("w25q64jv", sr(0x24, None), sure(0..0x2_0000)),
        ("w25q64jv", sr(0x44, None), sure(0x7F_F000..0x80_0000)),
        ("w25q64jv", sr(0x74, None), sure(0..0x8000)),
        ("w25q64jv", sr(0x58, None), Protected::Unknown),
        ("w25q64jv", sr(0x1C, Some(0x40)), Protected::Nothing),
        ("w25q64jv", sr(0x00, Some(0x40)), Protected::Everything),
        ("w25q64jv", sr(0x04, Some(0x40)), sure(0..0x7E_0000)),
        ("w25q64jv", sr(0x60, None), Protected::Nothing),
        ("w25q16jv", sr(0x14, None), sure(0x10_0000..0x20_0000)),
        ("w25q16jv", sr(0x18, None), Protected::Everything),
        ("w25q256jv", sr(0x44, None), sure(0..0x1_0000)),
        ("mt25ql128", sr(0x40, None), sure(0x80_0000..0x100_0000)),
        ("mt25ql128", sr(0x24, None), sure(0..0x1_0000)),
    ];
    for (name, registers, extent) in cases {
        let part = part(name);
        assert_eq!(
            part.protected_extent(&registers),
            extent,
            "{name} {registers}"
        );
        assert_eq!(
            part.protected(&registers),
            extent != Protected::Nothing,
            "{name} {registers}"
        );
        let cleared = part.unprotected(&registers);
        assert_eq!(
            part.protected_extent(&cleared),
            Protected::Nothing,
            "{name} {registers}"
        );
    }
    // quad enable, locks and one-time bits stay
    assert_eq!(part("issi").unprotected(&sr(0xFC, None)), sr(0xC0, None));
    assert_eq!(
        part("w25q64jv").unprotected(&sr(0xFC, Some(0x7B))),
        sr(0x80, Some(0x3B))
    );
    let lock = |name: &str, sr1, sr2| part(name).status_lock(&sr(sr1, sr2));
    assert_eq!(lock("issi", 0x80, None), StatusLock::Pin);
    assert_eq!(lock("w25q64jv", 0x80, Some(0x00)), StatusLock::Pin);
    assert_eq!(lock("w25q64jv", 0, Some(0x03)), StatusLock::UntilPowerOff);
    assert_eq!(
        lock("w25q64jv", 0x80, Some(0x03)),
        StatusLock::UntilPowerOff
    );
    assert_eq!(lock("w25q64jv", 0, Some(0x02)), StatusLock::Open);
    // WP# is a data line then
    assert_eq!(lock("issi", 0xC0, None), StatusLock::Open);
    assert_eq!(lock("w25q64jv", 0x80, Some(0x02)), StatusLock::Open);
}

#[test]
fn locks_of_blocks_put_the_bits_out_of_use() {
    let winbond = part("w25q64jv");
    let with = |sr1, sr3| StatusRegisters {
        sr3,
        ..sr(sr1, Some(2))
    };
    for sr1 in [0, 0x04, 0x7C] {
        let extent = winbond.protected_extent(&with(sr1, Some(0x04)));
        assert_eq!(extent, Protected::by_own_locks([(0..8 << 20, true)]));
        assert_ne!(winbond.protected_extent(&with(sr1, Some(0x60))), extent);
    }
    assert!(!winbond.protected(&with(0, None)));
    // the same bit of another maker's register is no such lock, and of parts that no source gives it none is asked
    for name in ["gd25q64", "w25q64jv-im", "w25q256jv"] {
        assert!(!part(name).protected(&with(0, Some(0x04))), "{name}");
    }
}

#[test]
fn locks_of_blocks_lie_as_the_data_sheet_says() {
    let units: Vec<Range<u32>> = lock_units(8 << 20).collect();
    assert_eq!(units.len(), 126 + 2 * 16);
    assert_eq!(units[0], 0..0x1000);
    assert_eq!(units[16], 0x1_0000..0x2_0000);
    assert_eq!(units[142], 0x7F_0000..0x7F_1000);
    assert!(units.windows(2).all(|pair| pair[0].end == pair[1].start));

    let asked = |closed: &[u32]| {
        let locked = |unit: &Range<u32>| closed.iter().any(|at| unit.contains(at));
        Protected::by_own_locks(lock_units(8 << 20).map(|unit| (unit.clone(), locked(&unit))))
    };
    let some = asked(&[0x2000, 0x3000, 0x5_0000]);
    assert_eq!(
        some.to_string(),
        "each block has a lock of its own, closed at 0x2000 to 0x4000, 0x50000 to 0x60000"
    );
    assert!(some.stops(0x3FFF..0x4000) && some.stops(0..u64::MAX));
    assert!(!some.stops(0x4000..0x5_0000) && !some.stops(0..0x2000));
    let none = asked(&[]);
    assert!(!none.is_any() && !none.stops(0..8 << 20));
    assert_eq!(
        none.to_string(),
        "each block has a lock of its own, and all are open"
    );
}

#[test]
fn protection_is_told_in_words() {
    let told = |name: &str, registers| part(name).protected_extent(&registers).to_string();
    assert_eq!(
        told("issi", sr(0x08, None)),
        "128 KiB are protected, at 0x7e0000 to 0x800000, or at the start if the part's bottom bit is set"
    );
    assert_eq!(
        told("w25q64jv", sr(0x38, None)),
        "4 MiB are protected, 0x0 to 0x400000"
    );
    assert_eq!(
        told("w25q64jv", sr(0x1C, None)),
        "the whole part is protected"
    );
    assert_eq!(told("issi", sr(0, None)), "nothing is protected");
}

#[test]
fn looking_changes_nothing() {
    let all = [
        probe::jedec_id(),
        probe::status1(),
        probe::status2(),
        probe::sfdp(),
        probe::plain_read(8 << 20),
    ];
    for fcb in &all {
        assert_eq!(fcb.read_sample_clock(), 0, "no DQS pad needed");
        assert_eq!(
            (fcb.device_mode_enable(), fcb.config_command_enable()),
            (0, 0)
        );
        assert!(
            (1..16).all(|index| fcb.sequence(index).is_empty()),
            "sequence 0 only"
        );
        assert_ne!(fcb.timeout_ms(), 0);
        assert_eq!((fcb.clock(), fcb.flash_pads()), (1, 1));
        assert!(fcb.sflash_a1_size() > 0);
    }
    let reads: Vec<String> = all.iter().map(|fcb| fcb.sequence(0).to_string()).collect();
    assert_eq!(
        reads,
        [
            "9Fh, 4 bytes back",
            "05h, 4 bytes back",
            "35h, 4 bytes back",
            "5Ah 1-1-1, 24-bit address, 8 dummy cycles",
            "03h 1-1-1, 24-bit address"
        ]
    );
    let plain = |size: u32| probe::plain_read(size).sequence(0).to_string();
    assert_eq!(plain(16 << 20), "03h 1-1-1, 24-bit address");
    assert_eq!(plain(32 << 20), "13h 1-1-1, 32-bit address");
    assert_eq!(
        probe::status2_of(&part("issi")),
        None,
        "35h would take an ISSI part into QPI mode"
    );
    assert_eq!(probe::status2_of(&part("w25q64jv")), Some(probe::status2()));
}

#[test]
fn part_of_256_kib_sectors_has_one_erase() {
    let part = part("S25FL256S");
    let fcb = part.boot_fcb();
    assert_eq!((fcb.page_size(), fcb.sector_size()), (512, 256 << 10));
    for unit in [EraseUnit::Sector, EraseUnit::Block] {
        let work = part.work_fcb(unit, 0);
        assert_eq!(
            work.sequence(index::ERASE_SECTOR),
            Sequence::erase(0xDC, 32)
        );
        assert_eq!(work.sequence(index::ERASE_BLOCK), Sequence::erase(0xDC, 32));
        assert_eq!(work.sector_size(), 256 << 10);
        assert!(
            part.erase_timeout_ms(unit) > 2_600,
            "the data sheet's longest"
        );
    }
    let extent = part.protected_extent(&sr(0x64 & 0x7C, Some(2)));
    let eighth = Protected::Range {
        offsets: (32 << 20) - (512 << 10)..32 << 20,
        end_unknown: true,
    };
    // bits 6 and 5 of its register 1 tell of failed commands
    assert_eq!(extent, eighth);
}

#[test]
fn part_of_an_fcb_takes_its_erase_commands() {
    for name in ["S25FL256S", "W25Q256JV", "W25Q64JV"] {
        let known = part(name);
        let made = Part::of_fcb("X", &known.boot_fcb());
        assert_eq!(made.erase, known.erase, "{name}");
        assert_eq!(made.boot_fcb(), known.boot_fcb(), "{name}");
        assert!(made.overrides.sequences.is_empty(), "{name}");
    }
}
