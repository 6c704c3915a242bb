//! Plans at the edges of their rules.

use super::*;

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
            &Memory::new(),
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
        &Memory::new(),
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
    assert_eq!(plan.first_difference(), Some((BASE + 0x3123, 0x22, 0x33)));
}
