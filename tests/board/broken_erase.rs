//! Erases that break off: what they changed is told, a later write erases those sectors again, and nothing that is still wanted
//! is lost.

use std::ops::Range;

use rtboot::consent::{Act, Consent};
use rtboot::event::{Event, Listener};
use rtboot::job::{self, Edges, EraseRange};
use rtboot::{Content, Error};
use rtboot_sim::Fault;

use super::journal::{
    SETTINGS, WINDOW, as_is, board, broken_at, cut, erase, later, operations, v1, v2, with, with_v2,
};
use crate::kit::board::{Rig, starts};
use crate::kit::case::noise;

const BASE: u64 = 0x6000_0000;

fn range(from: u32, length: u32) -> EraseRange {
    EraseRange::Bytes {
        address: 0x6000_0000 + from,
        length,
        edges: Edges::Refuse,
    }
}

/// What the journal knows of open erases.
fn open_erases(rig: &mut Rig) -> Vec<Range<u64>> {
    let mut nor = rig.nor("issi.cfg").expect("known");
    let journal = rig.journal(&mut nor);
    let erases = journal.erases().iter();
    erases.flat_map(|erase| erase.ranges.clone()).collect()
}

fn only_open_erase(rig: &mut Rig) -> Range<u64> {
    let mut open = open_erases(rig);
    assert_eq!(open.len(), 1);
    open.remove(0)
}

/// Sectors that were erased one by one while `run` ran, as offsets.
fn erased_by(rig: &mut Rig, run: impl FnOnce(&mut Rig)) -> Vec<u32> {
    rig.virtual_board.board().trace_spi(true);
    run(rig);
    let trace = rig.virtual_board.board().take_spi_trace();
    let place = |line: &String| {
        let (at, _) = line.strip_prefix("20 @")?.split_once('/')?;
        u32::from_str_radix(at, 16).ok()
    };
    trace.iter().filter_map(place).collect()
}

#[test]
fn failed_chip_erase_tells_its_first_sector() {
    let (flash, status) = v1();
    for seed in [None, Some(3), Some(8)] {
        let mut rig = board(&flash, status);
        let at = rig.operations() + 2;
        let fault = match seed {
            None => Fault::PowerCut { at },
            Some(seed) => Fault::TornOperation { at, seed },
        };
        rig.virtual_board.board().fault_mut().push(fault);
        let error = erase(&mut rig, EraseRange::All).expect_err("cut");
        let state = error.flash_state().expect("flash changed");
        let Content::PartErased { range, erased, .. } = &state.content else {
            panic!("{state:?}");
        };
        assert_eq!(*range, BASE..BASE + 0x80_0000, "{seed:?}");
        assert_eq!(*erased, BASE..BASE + 0x1000, "{seed:?}");
        assert!(rig.flash()[..0x1000].iter().all(|&byte| byte == 0xFF));
        rig.power_cycle();
        assert_eq!(starts(&rig), None, "{seed:?}");
        assert_eq!(
            only_open_erase(&mut rig),
            BASE..BASE + 0x80_0000,
            "{seed:?}"
        );

        // by a write that erases all: what is told is true, too
        let mut rig = board(&flash, status);
        let at = rig.operations() + 2;
        let fault = Fault::PowerCut { at };
        rig.virtual_board.board().fault_mut().push(fault);
        rig.options.erase_all = true;
        rig.options.consent = Consent::words([Act::erase_flash().words]);
        let error = v2(&mut rig).map(|_| ()).expect_err("cut");
        let state = error.flash_state().expect("flash changed");
        assert!(
            matches!(state.content, Content::HeaderEraseUnread { .. }),
            "{state:?}"
        );
        assert!(rig.flash()[..0x1000].iter().all(|&byte| byte == 0xFF));
    }
}

#[test]
fn write_erases_again_what_a_broken_erase_left() {
    let (flash, status) = v1();
    // the erase of the sectors at 4000h to 7FFFh, cut in each of them
    for at in 1..=4 {
        for seed in [1, 2, 3] {
            let mut rig = board(&flash, status);
            let at = rig.operations() + at;
            let fault = Fault::TornOperation { at, seed };
            rig.virtual_board.board().fault_mut().push(fault);
            erase(&mut rig, range(0x4000, 0x4000)).expect_err("cut");
            rig.power_cycle();
            assert_eq!(only_open_erase(&mut rig), BASE + 0x4000..BASE + 0x8000);
            let before = rig.flash();
            let mut erased = erased_by(&mut rig, |rig| {
                v2(rig).expect("v2");
            });
            erased.sort_unstable();
            let weak = erased.iter().filter(|at| (0x4000..0x8000).contains(*at));
            assert_eq!(weak.count(), 4, "cut {at}, seed {seed}: {erased:x?}");
            // what stood behind the image in its last sector is kept as it was read
            let now = rig.flash();
            assert!(now[0x2000..0x7800] == with_v2(&flash)[0x2000..0x7800]);
            if at < 4 {
                assert!(now[0x7800..WINDOW] == before[0x7800..WINDOW], "cut {at}");
            }
            assert!(starts(&rig).is_some());
            assert_eq!(rig.journal_files(), 0, "cut {at}, seed {seed}");
        }
    }
}

#[test]
fn sectors_that_read_right_are_erased_again() {
    let (flash, status) = v1();
    let mut rig = board(&flash, status);
    cut(&rig, 1);
    erase(&mut rig, range(0x3000, 0x2000)).expect_err("cut");
    // all of v1 reads right all the same
    let mut whole = later(&rig, &flash, status);
    let erased = erased_by(&mut whole, |rig| {
        let v1 = flash[0x2000..0x7800].to_vec();
        as_is(rig, &v1, 0x6000_2000, "v1.bin").expect("v1");
    });
    assert!(
        erased.contains(&0x3000) && erased.contains(&0x4000),
        "{erased:x?}"
    );
    assert!(whole.flash()[..WINDOW] == flash);
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn write_elsewhere_leaves_a_broken_erase_open() {
    let (flash, status) = v1();
    let mut rig = board(&flash, status);
    cut(&rig, 2);
    erase(&mut rig, range(0x1_4000, 0x4000)).expect_err("cut");
    rig.power_cycle();
    let left = rig.flash();
    as_is(&mut rig, &noise(1, 64), SETTINGS, "settings.bin").expect("written");
    assert!(rig.flash()[..WINDOW] == with(&left[..WINDOW], SETTINGS, &noise(1, 64)));
    // one of the four sectors is put in order by a write there, and its other bytes stay
    as_is(&mut rig, &noise(2, 64), 0x6001_5000, "more.bin").expect("written");
    let open = open_erases(&mut rig);
    assert_eq!(
        open,
        [
            BASE + 0x1_4000..BASE + 0x1_5000,
            BASE + 0x1_6000..BASE + 0x1_8000
        ]
    );
    let now = rig.flash();
    assert!(now[0x1_5040..0x1_6000] == left[0x1_5040..0x1_6000]);
    erase(&mut rig, range(0x1_4000, 0x4000)).expect("erased");
    assert!(
        rig.flash()[0x1_4000..0x1_8000]
            .iter()
            .all(|&byte| byte == 0xFF)
    );
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn bytes_stored_since_a_broken_erase_stay() {
    let (flash, status) = v1();
    let mut rig = board(&flash, status);
    cut(&rig, 1);
    erase(&mut rig, range(0x1_4000, 0x1000)).expect_err("cut");
    // the application ran, found its sector spoiled and made it anew
    let stored = with(&flash, 0x6001_4000, &noise(9, 0x1000));
    let mut later = later(&rig, &stored, status);
    as_is(&mut later, &noise(1, 64), 0x6001_4800, "more.bin").expect("written");
    assert!(later.flash()[..WINDOW] == with(&stored, 0x6001_4800, &noise(1, 64)));
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn broken_erase_over_an_open_write_keeps_its_other_bytes() {
    let (flash, status) = v1();
    let all = operations(&flash, status);
    for at in [2, all / 2, all - 1] {
        let mut rig = broken_at(&flash, status, at);
        cut(&rig, 1);
        // of the image's sectors the third to the fifth; its kept bytes lie in the first and the last
        erase(&mut rig, range(0x4000, 0x3000)).expect_err("cut");
        rig.power_cycle();
        v2(&mut rig).unwrap_or_else(|error| panic!("cut at {at}: {error}"));
        assert!(rig.flash()[..WINDOW] == with_v2(&flash), "cut at {at}");
        assert!(starts(&rig).is_some(), "cut at {at}");
        assert_eq!(rig.journal_files(), 0, "cut at {at}");
    }
}

/// Wants to stop at once.
struct Stopped;

impl Listener for Stopped {
    fn event(&mut self, _: Event) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn erase_that_did_not_begin_leaves_the_journal() {
    let (flash, status) = v1();
    let mut rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let mut nor = rig.nor("issi.cfg").expect("known");
    let mut journal = rig.journal(&mut nor);
    let before = journal.clone();
    assert_eq!(before.writes().len(), 1);
    let consent = Consent::default();
    let error = job::erase(
        &mut nor,
        range(0x7000, 0x1000),
        &consent,
        Some(&mut journal),
        &mut Stopped,
    )
    .expect_err("stopped");
    assert!(matches!(&error, Error::Interrupted { state } if state.content == Content::Untouched));
    assert!(journal == before);
    assert!(rig.journal(&mut nor) == before, "on disk, too");
}

#[test]
fn whole_erase_ends_a_broken_one() {
    let (flash, status) = v1();
    let mut rig = board(&flash, status);
    cut(&rig, 2);
    erase(&mut rig, EraseRange::All).expect_err("cut");
    rig.power_cycle();
    rig.options.erase_all = true;
    rig.options.consent = Consent::words([Act::erase_flash().words]);
    rig.write_bytes(&flash[0x2000..0x7800], "v1.bin", "issi.cfg")
        .expect("v1");
    assert!(rig.flash()[0x7800..].iter().all(|&byte| byte == 0xFF));
    assert_eq!(rig.journal_files(), 0);
}
