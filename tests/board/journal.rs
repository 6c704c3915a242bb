//! Sequences of different commands around an interrupted write: nothing half-written starts, no kept byte is lost, and none
//! comes back that was changed or wiped since.

use rtboot::consent::{Act, Consent};
use rtboot::flash::{Headers, KeptBytes};
use rtboot::job::{self, EraseRange};
use rtboot::{Content, Error, Result};
use rtboot_sim::{Fault, Settings};

use crate::kit::board::{Rig, Written, starts};
use crate::kit::case::{application, noise};

/// Where flash holds bytes of its own beside the application, in the application's last sector and behind it.
pub(super) const WINDOW: usize = 0x2_0000;
/// Length of the old application and of the new one.
const APP: usize = 0x5800;
pub(super) const SETTINGS: u32 = 0x6001_0000;

/// v1 in a board: bootable, bytes around it.
pub(super) fn v1() -> (Vec<u8>, [u8; 3]) {
    let old: Vec<u8> = noise(5, WINDOW).iter().map(|byte| byte & 0x7F).collect();
    let mut rig = Rig::with_flash(old);
    rig.options.base = Some(0x6000_2000);
    rig.write_bytes(&application(1, APP), "v1.bin", "issi.cfg")
        .expect("v1");
    let status = rig.virtual_board.board().nor().status;
    let flash = rig.flash()[..WINDOW].to_vec();
    (flash, status)
}

pub(super) fn board(flash: &[u8], status: [u8; 3]) -> Rig {
    let settings = Settings {
        flash: flash.to_vec(),
        status,
        ..Settings::default()
    };
    let mut rig = Rig::with(settings);
    rig.options.base = Some(0x6000_2000);
    rig
}

/// Another board with this flash, and the journals of the first one.
pub(super) fn later(rig: &Rig, flash: &[u8], status: [u8; 3]) -> Rig {
    let mut later = board(flash, status);
    later.journals = rig.journals.clone();
    later
}

pub(super) fn as_is(rig: &mut Rig, bytes: &[u8], at: u32, name: &str) -> Result<Written> {
    rig.options.headers = Headers::AsIs;
    rig.options.base = Some(at);
    let written = rig.write_bytes(bytes, name, "auto");
    rig.options.headers = Headers::Add;
    rig.options.base = Some(0x6000_2000);
    written
}

pub(super) fn v2(rig: &mut Rig) -> Result<Written> {
    as_is(rig, &application(2, APP), 0x6000_2000, "v2.bin")
}

pub(super) fn with(flash: &[u8], at: u32, bytes: &[u8]) -> Vec<u8> {
    let (mut flash, at) = (flash.to_vec(), (at - 0x6000_0000) as usize);
    flash[at..at + bytes.len()].copy_from_slice(bytes);
    flash
}

/// Flash with v2 in the place of v1.
pub(super) fn with_v2(flash: &[u8]) -> Vec<u8> {
    with(flash, 0x6000_2000, &application(2, APP))
}

pub(super) fn cut(rig: &Rig, at: u64) {
    let operations = rig.operations();
    let at = operations + at;
    let fault = Fault::PowerCut { at };
    rig.virtual_board.board().fault_mut().push(fault);
}

/// How many operations a whole write of v2 takes.
pub(super) fn operations(flash: &[u8], status: [u8; 3]) -> u64 {
    let mut rig = board(flash, status);
    v2(&mut rig).expect("v2");
    assert!(rig.flash()[..WINDOW] == with_v2(flash));
    rig.operations()
}

/// A write of v2 that lost power in this operation; power is back.
pub(super) fn broken_at(flash: &[u8], status: [u8; 3], at: u64) -> Rig {
    let mut rig = board(flash, status);
    cut(&rig, at);
    v2(&mut rig).map(|_| ()).expect_err("power is gone");
    rig.power_cycle();
    rig
}

#[test]
fn settings_over_a_half_image_never_start_it() {
    let (flash, status) = v1();
    let settings = noise(33, 0x123);
    let all = operations(&flash, status);
    // far from the image, and in its last sector
    for (place, at) in [(SETTINGS, 2), (0x6000_7900, 1)] {
        for at in (at..=all).step_by(3).chain([all - 1, all]) {
            let mut rig = broken_at(&flash, status, at);
            let written = as_is(&mut rig, &settings, place, "settings.bin");
            let now = rig.flash()[..WINDOW].to_vec();
            let text = format!("cut at {at} of {all}, settings at {place:#x}");
            let start = (place - 0x6000_0000) as usize;
            assert!(now[start..start + 0x123] == settings, "{text}");
            let v1_whole = now == with(&flash, place, &settings);
            let v2_whole = now == with(&with_v2(&flash), place, &settings);
            assert!(starts(&rig).is_none() || v1_whole || v2_whole, "{text}");
            match written {
                Ok(_) => assert!(v1_whole || v2_whole, "{text}"),
                Err(error) => {
                    assert_eq!((error.code(), error.exit_code()), ("write-unfinished", 34));
                    assert!(error.to_string().contains("v2.bin"), "{text}: {error}");
                    assert_eq!(starts(&rig), None, "{text}");
                }
            }
            v2(&mut rig).unwrap_or_else(|error| panic!("{text}: {error}"));
            let done = with(&with_v2(&flash), place, &settings);
            assert!(rig.flash()[..WINDOW] == done, "{text}");
            assert!(starts(&rig).is_some(), "{text}");
            assert_eq!(rig.journal_files(), 0, "{text}");
        }
    }
}

#[test]
fn settings_that_break_too_leave_both_writes_open() {
    let (flash, status) = v1();
    let settings = noise(33, 0x123);
    let all = operations(&flash, status);
    for (first, second) in [(2, 1), (all / 2, 2), (all - 2, 1), (all / 2, 3)] {
        let mut rig = broken_at(&flash, status, first);
        cut(&rig, second);
        let broken = as_is(&mut rig, &settings, 0x6000_7900, "settings.bin");
        rig.power_cycle();
        assert!(broken.is_err(), "{first} {second}");
        assert_eq!(starts(&rig), None, "{first} {second}");
        v2(&mut rig).map(|_| ()).unwrap_or_else(|error| {
            assert_eq!(
                error.code(),
                "write-unfinished",
                "{first} {second}: {error}"
            );
        });
        as_is(&mut rig, &settings, 0x6000_7900, "settings.bin").expect("whole");
        let done = with(&with_v2(&flash), 0x6000_7900, &settings);
        assert!(rig.flash()[..WINDOW] == done, "{first} {second}");
        assert!(starts(&rig).is_some(), "{first} {second}");
        assert_eq!(rig.journal_files(), 0, "{first} {second}");
    }
}

#[test]
fn boot_header_over_a_half_image_stays_out() {
    let (flash, status) = v1();
    let fcb = flash[..0x1030].to_vec();
    let mut rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let error = as_is(&mut rig, &fcb, 0x6000_0000, "header.bin")
        .map(|_| ())
        .expect_err("held");
    assert_eq!(error.code(), "write-unfinished");
    assert!(matches!(
        error.flash_state().map(|state| &state.content),
        Some(Content::NewImageWhole { verified: true })
    ));
    assert_eq!(starts(&rig), None);
    v2(&mut rig).expect("whole");
    assert!(rig.flash()[..WINDOW] == with_v2(&flash));
    assert!(starts(&rig).is_some());
}

#[test]
fn other_boot_image_replaces_a_half_one() {
    let (flash, status) = v1();
    let all = operations(&flash, status);
    for at in [1, 3, all / 2, all - 1] {
        let mut rig = broken_at(&flash, status, at);
        let short = application(9, 0x1800);
        rig.write_bytes(&short, "v3.bin", "issi.cfg").expect("v3");
        assert!(starts(&rig).is_some(), "{at}");
        let now = rig.flash();
        assert!(now[0x2000..0x3800] == short, "{at}");
        // the bytes around v2 are there, whatever became of its own
        assert!(now[0x7800..WINDOW] == flash[0x7800..], "{at}");
        assert!(now[0x200..0x1000] == flash[0x200..0x1000], "{at}");
        assert_eq!(rig.journal_files(), 0, "{at}");
    }
}

#[test]
fn settings_changed_after_a_lost_last_answer_stay() {
    let (flash, status) = v1();
    let rig = broken_at(&flash, status, operations(&flash, status));
    // the last page arrived after all; the application ran and changed bytes in its last sector
    let mut changed = with_v2(&flash);
    changed[0x7F00..0x7F40].fill(0x42);
    let mut later = later(&rig, &changed, status);
    as_is(&mut later, &noise(1, 64), SETTINGS, "settings.bin").expect("written");
    assert!(later.flash()[..WINDOW] == with(&changed, SETTINGS, &noise(1, 64)));
    assert!(starts(&later).is_some());
    assert_eq!(rig.journal_files(), 0);
}

/// The write stops with both digests, and flash is as it was; each choice does what it says.
fn stops_with_a_choice(rig: &Rig, now: &[u8], status: [u8; 3]) {
    let mut stopped = later(rig, now, status);
    let error = v2(&mut stopped).map(|_| ()).expect_err("flash was changed");
    assert_eq!(
        (error.code(), error.exit_code()),
        ("flash-changed-since", 34)
    );
    let Error::FlashChangedSince { kept, found, .. } = &error else {
        panic!("{error}");
    };
    assert_ne!(kept, found);
    assert!(error.to_string().contains(kept) && error.to_string().contains(found));
    assert!(stopped.flash()[..WINDOW] == *now);
    assert_eq!(stopped.operations(), 0);
    let tail = 0x7800..0x8000;
    stopped.options.kept = KeptBytes::Discard;
    v2(&mut stopped).expect("discarded");
    assert!(stopped.flash()[tail.clone()] == now[tail.clone()]);
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn board_repaired_elsewhere_keeps_its_new_tail() {
    let (flash, status) = v1();
    let rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let mut repaired = with_v2(&flash);
    repaired[0x7800..0x8000].fill(0x66);
    stops_with_a_choice(&rig, &repaired, status);
}

#[test]
fn another_board_of_the_same_id_gets_no_foreign_bytes() {
    let (flash, status) = v1();
    let rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let other: Vec<u8> = noise(77, WINDOW);
    stops_with_a_choice(&rig, &other, status);
}

#[test]
fn kept_bytes_come_back_over_a_change_when_asked() {
    let (flash, status) = v1();
    let rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let mut changed = rig.flash()[..WINDOW].to_vec();
    changed[0x7A00..0x7B00].fill(0);
    let mut later = later(&rig, &changed, status);
    assert_eq!(
        v2(&mut later).map(|_| ()).expect_err("changed").code(),
        "flash-changed-since"
    );
    later.options.kept = KeptBytes::RestoreOver;
    v2(&mut later).expect("restored");
    assert!(later.flash()[..WINDOW] == with_v2(&flash));
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn another_flash_chip_gets_nothing_back() {
    let (flash, status) = v1();
    let rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let mut other = Rig::with_part(rtboot_sim::nor::Part::w25q64jv());
    other.journals = rig.journals.clone();
    other.options.base = Some(0x6000_2000);
    other
        .write_bytes(&application(1, APP), "v1.bin", "auto")
        .expect("written");
    assert!(other.flash()[0x7800..].iter().all(|&byte| byte == 0xFF));
    assert_eq!(rig.journal_files(), 1, "the old chip may come back");
}

pub(super) fn erase(rig: &mut Rig, range: EraseRange) -> Result<std::ops::Range<u64>> {
    let consent = Consent::words([Act::erase_flash().words]);
    let mut nor = rig.nor("issi.cfg").expect("known");
    let mut journal = rig.journal(&mut nor);
    job::erase(&mut nor, range, &consent, Some(&mut journal), &mut ())
}

#[test]
fn wiped_bytes_never_come_back() {
    let (flash, status) = v1();
    let all = operations(&flash, status);
    let mut rig = broken_at(&flash, status, all / 2);
    erase(&mut rig, EraseRange::All).expect("erased");
    assert_eq!(rig.journal_files(), 0);
    v2(&mut rig).expect("v2");
    assert!(rig.flash()[0x7800..0x8000].iter().all(|&byte| byte == 0xFF));

    let mut rig = broken_at(&flash, status, all / 2);
    rig.options.erase_all = true;
    rig.options.consent = Consent::words([Act::erase_flash().words]);
    rig.write_bytes(&application(1, APP), "v1.bin", "issi.cfg")
        .expect("written");
    assert!(rig.flash()[0x7800..].iter().all(|&byte| byte == 0xFF));
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn erase_of_a_range_ends_the_journal_there_only() {
    let (flash, status) = v1();
    let mut rig = broken_at(&flash, status, operations(&flash, status) / 2);
    let range = EraseRange::Bytes {
        address: 0x6000_7000,
        length: 0x1000,
        edges: job::Edges::Refuse,
    };
    erase(&mut rig, range).expect("erased");
    v2(&mut rig).expect("v2");
    let mut done = with_v2(&flash);
    done[0x7800..0x8000].fill(0xFF);
    assert!(rig.flash()[..WINDOW] == done);
    assert!(starts(&rig).is_some(), "the FCB was kept and is back");
}

#[test]
fn chip_erase_is_preceded_by_the_fcb_sector() {
    let (flash, status) = v1();
    let mut rig = board(&flash, status);
    rig.virtual_board.board().trace_spi(true);
    erase(&mut rig, EraseRange::All).expect("erased");
    let trace = rig.virtual_board.board().take_spi_trace();
    let first = |begins: &str| trace.iter().position(|line| line.starts_with(begins));
    let sector = first("20 @").expect("a sector erase");
    let chip = first("60").or(first("c7")).or(first("C7"));
    assert!(chip.is_some_and(|chip| sector < chip), "{trace:#?}");
}

#[test]
fn touched_sectors_are_erased_again_though_they_read_right() {
    let (flash, status) = v1();
    let all = operations(&flash, status);
    let rig = broken_at(&flash, status, all);
    let reads_right = with_v2(&flash);
    let mut board = later(&rig, &reads_right, status);
    board.virtual_board.board().trace_spi(true);
    v2(&mut board).expect("v2");
    let trace = board.virtual_board.board().take_spi_trace();
    let erased = trace.iter().filter(|line| line.starts_with("20 @")).count();
    assert_eq!(erased, 1, "the page of the FCB may be weak: {trace:#?}");
    assert!(board.flash()[..WINDOW] == reads_right);
}
