use std::time::Duration;

use super::*;

const BASE: u32 = 0x6000_0000;
const ALL: Range<u32> = BASE..BASE + 0x80_0000;
const GEOMETRY: Geometry = Geometry {
    base: BASE,
    fcb: BASE,
    size: 0x80_0000,
    page: 0x100,
    sector: 0x1000,
    block: 0x1_0000,
};

fn memory(parts: &[(u32, Vec<u8>)]) -> Memory {
    let mut memory = Memory::new();
    for (offset, bytes) in parts {
        memory
            .insert(BASE + offset, bytes.clone())
            .expect("test parts do not overlap");
    }
    memory
}

/// Flash that holds `fill` everywhere in the sectors that `wanted` touches, and in the first.
fn flash(wanted: &Memory, fill: u8) -> BTreeMap<u32, Vec<u8>> {
    let mut sectors = touched_sectors(wanted, &GEOMETRY);
    sectors.push(BASE);
    sectors
        .into_iter()
        .map(|s| (s, vec![fill; 0x1000]))
        .collect()
}

/// The same with an FCB's tag.
fn bootable(wanted: &Memory, fill: u8) -> BTreeMap<u32, Vec<u8>> {
    let mut sectors = flash(wanted, fill);
    sectors.get_mut(&BASE).expect("always there")[..4].copy_from_slice(b"FCFB");
    sectors
}

fn plan(wanted: &Memory, current: &BTreeMap<u32, Vec<u8>>) -> WritePlan {
    plan_by(Policy::default(), wanted, current)
}

/// The same by another policy.
fn plan_by(policy: Policy, wanted: &Memory, current: &BTreeMap<u32, Vec<u8>>) -> WritePlan {
    WritePlan::new(
        wanted,
        Resume::default(),
        current.clone(),
        GEOMETRY,
        ALL,
        policy,
    )
}

/// Plays a plan on a copy of flash, as NOR behaves: erase sets, program clears. Returns what is there afterwards.
fn play(plan: &WritePlan, current: &BTreeMap<u32, Vec<u8>>) -> BTreeMap<u32, Vec<u8>> {
    let mut flash = current.clone();
    for sector in plan.sector_erases() {
        flash
            .get_mut(&sector)
            .expect("erases only what was read")
            .fill(0xFF);
    }
    for block in plan.block_erases() {
        for sector in (block..block + 0x1_0000).step_by(0x1000) {
            flash
                .get_mut(&sector)
                .expect("erases only what was read")
                .fill(0xFF);
        }
    }
    for run in plan.runs().chain(plan.last_run()) {
        for (i, page) in run.bytes.chunks(0x100).enumerate() {
            let address = run.address + i as u32 * 0x100;
            let sector = flash
                .get_mut(&GEOMETRY.sector_of(address))
                .expect("programs only what was read");
            let at = (address & 0xFFF) as usize;
            assert!(
                is_blank(&sector[at..at + page.len()]),
                "page {address:#x} is programmed twice"
            );
            sector[at..at + page.len()].copy_from_slice(page);
        }
    }
    flash
}

#[test]
fn an_image_already_there_needs_nothing() {
    let wanted = memory(&[(0, vec![0xAB; 0x2345])]);
    let current = flash(&wanted, 0xAB);
    assert!(plan(&wanted, &current).is_empty());
    let all_anew = Policy {
        skip_unchanged: false,
        ..Policy::default()
    };
    let again = plan_by(all_anew, &wanted, &current);
    assert_eq!(again.count(Action::Erase), 3);
}

#[test]
fn blank_flash_needs_no_erase_and_page_0_goes_last() {
    let wanted = memory(&[
        (0, vec![0x11; 0x200]),
        (0x1000, vec![0x22; 0x30]),
        (0x2000, vec![0x33; 0x1234]),
    ]);
    let current = flash(&wanted, 0xFF);
    let plan = plan(&wanted, &current);
    assert_eq!(
        (plan.sector_erases(), plan.block_erases()),
        (vec![], vec![])
    );
    assert_eq!(
        plan.last_run().map(|r| (r.address, r.bytes.len())),
        Some((BASE, 0x100))
    );
    assert_eq!(
        plan.runs()
            .map(|r| (r.address - BASE, r.bytes.len()))
            .collect::<Vec<_>>(),
        [(0x100, 0x100), (0x1000, 0x100), (0x2000, 0x1300)]
    );
    let after = play(&plan, &current);
    assert_eq!(
        after[&(BASE + 0x3000)][0x233..0x236],
        [0x33, 0xFF, 0xFF][..]
    );
}

#[test]
fn bytes_around_the_image_are_kept_and_saved() {
    let wanted = memory(&[(0x1800, vec![0x55; 0x10]), (0x1900, vec![0x66; 0x10])]);
    let current = bootable(&wanted, 0xA0);
    let plan = plan(&wanted, &current);
    let after = play(&plan, &current);
    let sector = &after[&(BASE + 0x1000)];
    assert_eq!(
        (
            sector[0x7FF],
            sector[0x800],
            sector[0x80F],
            sector[0x810],
            sector[0x900],
            sector[0xFFF]
        ),
        (0xA0, 0x55, 0x55, 0xA0, 0x66, 0xA0)
    );
    // the first sector holds an FCB, so it goes first, and all of it is saved, too
    assert_eq!(plan.rescue().len_bytes(), 0x1000 + 0x1000 - 0x20);
    assert_eq!(plan.rescue().byte(BASE + 0x1800), None);
}

#[test]
fn erase_around_drops_them() {
    let wanted = memory(&[(0x1800, vec![0x55; 0x10])]);
    let current = flash(&wanted, 0xA0);
    let policy = Policy {
        keep_around: false,
        ..Policy::default()
    };
    let touched = BTreeMap::from([(BASE + 0x1000, vec![0xA0; 0x1000])]);
    let plan = plan_by(policy, &wanted, &touched);
    assert_eq!(plan.rescue().len_bytes(), 0);
    assert_eq!(play(&plan, &current)[&(BASE + 0x1000)][0], 0xFF);
}

#[test]
fn sectors_of_an_earlier_write_keep_their_bytes() {
    let wanted = memory(&[(0x1800, vec![0x55; 0x10])]);
    let sectors = [BASE, BASE + 0x1000, BASE + 0x2000];
    let held = sectors.map(|sector| (sector, vec![0xA0; 0x1000])).into();
    let policy = Policy {
        keep_around: false,
        ..Policy::default()
    };
    let resume = Resume {
        refresh: [BASE + 0x2000].into(),
        ..Resume::default()
    };
    let plan = WritePlan::new(&wanted, resume, held, GEOMETRY, 0..0, policy);
    let current = sectors.map(|sector| (sector, vec![0xA0; 0x1000])).into();
    let after = play(&plan, &current);
    assert_eq!(after[&(BASE + 0x1000)][0], 0xFF);
    assert_eq!(after[&(BASE + 0x2000)], vec![0xA0; 0x1000]);
    assert_eq!(
        plan.rescue().len_bytes(),
        0x1000,
        "and they are saved first"
    );
}

#[test]
fn whole_blocks_erase_at_once_after_sector_0() {
    let wanted = memory(&[(0, vec![0x77; 0x1_3000])]);
    let current = bootable(&wanted, 0x00);
    let plan = plan(&wanted, &current);
    assert!(plan.unboots_first());
    assert_eq!(
        plan.sector_erases(),
        [BASE, BASE + 0x1_0000, BASE + 0x1_1000, BASE + 0x1_2000]
    );
    assert_eq!(plan.block_erases(), [BASE]);
    let after = play(&plan, &current);
    assert!(
        after
            .values()
            .all(|sector| sector.iter().all(|&b| b == 0x77))
    );
}

#[test]
fn application_change_erases_an_unchanged_fcb_first() {
    let header = [b"FCFB".as_slice(), &[0x46; 0x1FC]].concat();
    let wanted = memory(&[
        (0, header.clone()),
        (0x2000, vec![1; 0x1000]),
        (0x3000, vec![2; 0x1000]),
    ]);
    let mut current = flash(&wanted, 0xFF);
    current.get_mut(&BASE).expect("always there")[..0x200].copy_from_slice(&header);
    current.insert(BASE + 0x2000, vec![1; 0x1000]);
    current.insert(BASE + 0x3000, vec![9; 0x1000]);
    let plan = plan(&wanted, &current);
    assert_eq!(plan.sector_erases(), [BASE, BASE + 0x3000]);
    assert_eq!(plan.last_run().map(|r| r.address), Some(BASE));
    assert_eq!(
        plan.count(Action::Leave),
        1,
        "the unchanged application sector is left alone"
    );
}

#[test]
fn boot_image_change_removes_and_restores_the_fcb() {
    let wanted = memory(&[(0x10_0000, vec![1; 0x100])]);
    let with_fcb = bootable(&wanted, 0x46);
    let there = plan(&wanted, &with_fcb);
    assert!(there.unboots_first());
    assert_eq!(there.sector_erases()[0], BASE);
    assert_eq!(there.last_run().map(|run| run.address), Some(BASE));
    assert!(play(&there, &with_fcb)[&BASE] == with_fcb[&BASE]);
    for at in 0..4 {
        let mut no_fcb = with_fcb.clone();
        no_fcb.get_mut(&BASE).expect("always there")[at] ^= 1;
        let plan = plan(&wanted, &no_fcb);
        assert!(!plan.unboots_first(), "byte {at} of the tag is another");
        assert_eq!(plan.sector_erases(), [BASE + 0x10_0000]);
    }
}

#[test]
fn saved_bytes_come_back_where_the_image_brings_none() {
    let wanted = memory(&[(0x1000, vec![0x55; 0x10])]);
    let saved = memory(&[(0x1008, vec![0xEE; 0x10]), (0x2000, vec![0xDD; 4])]);
    let mut current = flash(&wanted, 0xFF);
    current.insert(BASE + 0x2000, vec![0xFF; 0x1000]);
    let plan = WritePlan::new(
        &wanted,
        Resume {
            kept: saved,
            ..Resume::default()
        },
        current.clone(),
        GEOMETRY,
        ALL,
        Policy::default(),
    );
    let after = play(&plan, &current);
    assert_eq!(
        after[&(BASE + 0x1000)][..0x19],
        [[0x55; 16].as_slice(), &[0xEE; 8], &[0xFF]].concat()[..]
    );
    assert_eq!(after[&(BASE + 0x2000)][..5], [0xDD, 0xDD, 0xDD, 0xDD, 0xFF]);
}

#[test]
fn random_images_over_random_flash_end_as_wanted() {
    let mut seed = 1u32;
    let mut next = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    for round in 0..60 {
        let mut wanted = Memory::new();
        let mut at = next() % 0x2000;
        for _ in 0..1 + next() % 5 {
            let length = 1 + next() % 0x6000;
            let byte = (next() % 4 * 85) as u8;
            wanted
                .insert(BASE + at, vec![byte; length as usize])
                .expect("ascending");
            at += length + 1 + next() % 0x3000;
        }
        let fills = [0x00, 0x55, 0xFF];
        let mut current = flash(&wanted, 0xFF);
        for sector in current.values_mut() {
            sector.fill(fills[next() as usize % 3]);
        }
        let policy = Policy {
            skip_unchanged: round % 3 != 0,
            ..Policy::default()
        };
        if round % 2 == 0 {
            current.get_mut(&BASE).expect("always there")[..4].copy_from_slice(b"FCFB");
        }
        let plan = plan_by(policy, &wanted, &current);
        let after = play(&plan, &current);
        for (sector, bytes) in &after {
            for (i, &byte) in bytes.iter().enumerate() {
                let address = sector + i as u32;
                let expected = wanted.byte(address).unwrap_or(current[sector][i]);
                assert_eq!(byte, expected, "round {round}, {address:#x}");
            }
        }
        assert_eq!(
            plan.targets()
                .map(|(a, t)| (a, t.to_vec()))
                .collect::<BTreeMap<_, _>>(),
            after
        );
    }
}

#[test]
fn blank_bytes_around_the_image_are_saved_too() {
    // a write that went wrong can leave something else there; then only the rescue tells that they were blank
    let wanted = memory(&[(0x1800, vec![0x55; 0x10])]);
    let blank = plan(&wanted, &flash(&wanted, 0xFF));
    assert_eq!(
        blank.rescue().len_bytes(),
        0x100 - 0x10,
        "the rest of its page"
    );
    let mut current = flash(&wanted, 0xFF);
    current.get_mut(&(BASE + 0x1000)).expect("there")[0x800] = 0;
    let erased = plan(&wanted, &current);
    assert_eq!(
        erased.rescue().len_bytes(),
        0x1000 - 0x10,
        "the rest of its sector"
    );
    assert_eq!(erased.rescue().byte(BASE + 0x1000), Some(0xFF));
}

#[test]
fn decisive_bytes_are_sector_0_and_kept_bytes() {
    let wanted = memory(&[(0x3800, vec![0x55; 0x10]), (0x5000, vec![0x55; 0x1000])]);
    let decisive = |plan: &WritePlan| -> Vec<(u32, usize)> {
        let all = plan.decisive_bytes().into_iter();
        all.map(|(a, bytes)| (a - BASE, bytes.len())).collect()
    };
    // the first page tells whether something could start
    let erased = plan(&wanted, &flash(&wanted, 0xA0));
    assert_eq!(decisive(&erased), [(0, 0x100), (0x3000, 0x1000)]);
    // what is only programmed stays
    let programmed = plan(&wanted, &flash(&wanted, 0xFF));
    assert_eq!(decisive(&programmed), [(0, 0x100)]);
}

#[test]
fn fcb_goes_first_only_if_a_boot_sector_changes() {
    let cases = [
        (0x1FFF, false),
        (0x2000, true),
        (0x3000, true),
        (0x4000, false),
    ];
    let starts = [BASE + 0x2000, BASE + 0x2800, BASE + 0x2FFF];
    for (start, (at, goes)) in starts.iter().flat_map(|s| cases.map(|case| (*s, case))) {
        let wanted = memory(&[(at, vec![0x11])]);
        let plan = WritePlan::new(
            &wanted,
            Resume::default(),
            bootable(&wanted, 0x22),
            GEOMETRY,
            start..BASE + 0x3801,
            Policy::default(),
        );
        assert_eq!(plan.boot_first, goes, "{start:#x} {at:#x}");
    }
}

#[test]
fn untouched_sector_is_left_under_every_policy() {
    let wanted = memory(&[(0x8000, vec![0x22])]);
    let policy = Policy {
        skip_unchanged: false,
        ..Policy::default()
    };
    let plan = plan_by(policy, &wanted, &flash(&wanted, 0x22));
    assert_eq!(plan.sector_erases(), [BASE + 0x8000]);
    assert_eq!(plan.count(Action::Leave), 0, "nobody wanted anything there");
}

#[test]
fn equal_block_and_sector_size_erases_by_sector() {
    let wanted = memory(&[(0x1_0000, vec![0x22; 0x1_0000])]);
    let geometry = Geometry {
        block: 0x1000,
        ..GEOMETRY
    };
    let plan = WritePlan::new(
        &wanted,
        Resume::default(),
        flash(&wanted, 0x11),
        geometry,
        ALL,
        Policy::default(),
    );
    assert_eq!(plan.block_erases(), [0; 0]);
    assert_eq!(plan.sector_erases().len(), 16);
}

#[test]
fn no_run_is_longer_than_what_is_sent_in_one_go() {
    let wanted = memory(&[(0x2000, vec![0x22; 0x2_0000])]);
    let plan = plan(&wanted, &flash(&wanted, 0xFF));
    let lengths: Vec<usize> = plan.runs().map(|run| run.bytes.len()).collect();
    assert_eq!(lengths, [RUN; 4]);
}

#[test]
fn the_first_difference_is_told_with_its_place() {
    let wanted = memory(&[(0x2000, vec![0x22; 0x1800])]);
    let mut current = flash(&wanted, 0x22);
    current.get_mut(&(BASE + 0x3000)).expect("a sector")[0x123] = 0x33;
    let plan = plan(&wanted, &current);
    let sector = u64::from(BASE) + 0x3000..u64::from(BASE) + 0x4000;
    let differences: Vec<_> = plan.differences().collect();
    assert_eq!(differences, [(sector, BASE + 0x3123, 0x22, 0x33)]);
}

#[test]
fn target_spans_sectors_and_stops_at_gaps() {
    let wanted = memory(&[(0, vec![0x77; 0x1800])]);
    let plan = plan(&wanted, &flash(&wanted, 0xA0));
    let across = plan.target(BASE + 0xFFF, 0x802).expect("two sectors");
    assert_eq!(across[..0x801], vec![0x77; 0x801]);
    assert_eq!(across[0x801], 0xA0);
    assert_eq!(plan.target(BASE + 0x1FFF, 1), Some(vec![0xA0]));
    assert_eq!(plan.target(BASE + 0x1FFF, 2), None);
    for outside in [0, BASE - 1, u32::MAX] {
        assert_eq!(plan.target(outside, 2), None);
    }
}

/// A block of which the first sectors change, and what it holds now.
fn block_changing(sectors: usize) -> (Memory, BTreeMap<u32, Vec<u8>>) {
    let wanted = memory(&[(0x1_0000, vec![0x22; 0x1_0000])]);
    let mut current = flash(&wanted, 0x22);
    let changed = current.range_mut(BASE + 0x1_0000..).take(sectors);
    changed.for_each(|(_, held)| held.fill(0x11));
    (wanted, current)
}

/// Typical times of an IS25LP064A.
fn by_times() -> Policy {
    Policy {
        times: Some(EraseTimes {
            sector: Duration::from_millis(48),
            block: Duration::from_millis(304),
            page: Duration::from_micros(200),
        }),
        ..Policy::default()
    }
}

#[test]
fn block_is_erased_where_its_sectors_take_longer() {
    let (wanted, current) = block_changing(8);
    let plan = plan_by(by_times(), &wanted, &current);
    assert_eq!(plan.block_erases(), [BASE + 0x1_0000]);
    assert!(plan.sector_erases().is_empty());
    let after = play(&plan, &current);
    assert!(
        after
            .range(BASE + 0x1_0000..)
            .all(|(_, held)| *held == [0x22; 0x1000])
    );
    let (wanted, current) = block_changing(7);
    let plan = plan_by(by_times(), &wanted, &current);
    assert!(
        plan.block_erases().is_empty(),
        "144 pages again take as long"
    );
    assert_eq!(plan.sector_erases().len(), 7);
}

#[test]
fn compared_sectors_are_read_again_beside_changes() {
    let (wanted, mut current) = block_changing(0);
    let changed = BASE + 0x1_8000;
    current.get_mut(&changed).expect("touched").fill(0x11);
    let proved: BTreeSet<u32> = current.keys().copied().filter(|at| *at != BASE).collect();
    let plan = plan_by(by_times(), &wanted, &current).proved_by_compare(proved.clone());
    let places = |plan: &WritePlan| -> Vec<(u32, usize)> {
        let all = plan.to_verify().into_iter();
        all.map(|(at, bytes)| (at, bytes.len())).collect()
    };
    // an erase that reached further took the nearest page, too
    let first = (BASE, 0x1000);
    let beside = [
        first,
        (changed - 0x100, 0x100),
        (changed, 0x1000),
        (changed + 0x1000, 0x100),
    ];
    assert_eq!(places(&plan), beside);
    // a blank page shows no erase
    let mut wanted = wanted;
    let _ = wanted.replace(changed - 0x100, vec![0xFF; 0x100]);
    let _ = wanted.replace(changed + 0x1000, vec![0xFF; 0x1000]);
    for at in [changed - 0x1000, changed + 0x1000] {
        let held = wanted.bytes(at, 0x1000).expect("brought").to_vec();
        current.insert(at, held);
    }
    let plan = plan_by(by_times(), &wanted, &current).proved_by_compare(proved.clone());
    let beside = [
        first,
        (changed - 0x200, 0x200),
        (changed, 0x1000),
        (changed + 0x2000, 0x100),
    ];
    assert_eq!(places(&plan), beside);
    let resume = Resume {
        refresh: [changed].into(),
        ..Resume::default()
    };
    let plan = WritePlan::new(&wanted, resume, current, GEOMETRY, ALL, by_times());
    assert_eq!(
        plan.proved_by_compare(proved).to_verify().len(),
        17,
        "after a break"
    );
}
