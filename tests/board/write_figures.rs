//! Progress and report of a write add up; its modelled time.

use crate::kit::board::{Rig, old_flash};
use crate::kit::{app, app_bytes, rt1021};
use rtboot::Source;
use rtboot::event::{Event, Meter, Stage};
use rtboot::flash::FcbChoice;
use rtboot::job::{Target, WriteJob, WriteOptions};
use std::collections::BTreeSet;
use std::time::Duration;

/// A raw application of this many bytes for 0x60002000.
fn application(length: usize) -> Vec<u8> {
    let mut bytes = app_bytes("blinky.bin");
    let filler = (bytes.len()..length).map(|i| (i * 7) as u8 & 0x7F);
    bytes.extend(filler.collect::<Vec<u8>>());
    bytes
}

#[test]
fn every_stage_ends_at_its_total() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let mut open: Vec<(Stage, u64)> = Vec::new();
    let (mut ended, mut seen) = (0, Vec::new());
    for event in &rig.events {
        match event {
            Event::Begin { stage, total } => open.push((*stage, *total)),
            Event::Progress { stage, done } => {
                let (running, total) = open.last().expect("a stage runs");
                assert_eq!(running, stage);
                assert!(done <= total, "{stage:?}: {done} of {total}");
            }
            Event::End { stage, done } => {
                assert_eq!(open.pop(), Some((*stage, *done)));
                ended += 1;
                seen.push(*stage);
            }
            _ => {}
        }
    }
    assert!(open.is_empty() && ended >= 6, "{seen:?}");
    for stage in [Stage::Compare, Stage::Erase, Stage::Program, Stage::Verify] {
        assert!(seen.contains(&stage), "{stage:?}");
    }
}

#[test]
fn report_counts_programmed_and_verified_bytes() {
    let mut rig = Rig::fresh();
    let length = app_bytes("blinky.bin").len();
    let pages = (0x200 + 0x100 + length.next_multiple_of(0x100)) as u64; // FCB, boot header, application
    let written = rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert_eq!(written.report.bytes_programmed, pages);
    assert_eq!(written.report.bytes_verified, 0x3000);
    assert_eq!(written.report.bytes_skipped, 0x3000 - pages);
    assert_eq!(written.report.bytes_erased, 0);
}

#[test]
fn time_by_phase_is_that_of_the_board() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.flashloader().expect("a flashloader");
    let file = Source::bytes("app.bin", application(0x8000));
    let options = WriteOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021()).expect("known").0,
        ..WriteOptions::default()
    };
    let job = WriteJob::prepare(&(&file).into(), options, rt1021()).expect("an image");
    let mut target = Target::default();
    target.loader = rig.loader.clone();
    let mut ready = job
        .identify(&mut rig.board, &target, &mut ())
        .expect("a flash");
    let plan = ready.plan(&mut ()).expect("a plan");
    let report = ready.write(&plan, &mut ()).expect("written");
    assert_eq!(report.bytes_erased, 0xA000);
    let phases: Vec<(Stage, Duration)> = ready.phases().iter().collect();
    let time = |stage| {
        let found = phases.iter().find(|(known, _)| *known == stage);
        found.unwrap_or_else(|| panic!("{stage} in {phases:?}")).1
    };
    // ten sectors of 48 ms, or one block of 304 ms were all sixteen the image's
    assert!(
        (480..600).contains(&time(Stage::Erase).as_millis()),
        "{phases:?}"
    );
    for stage in [Stage::Compare, Stage::Program, Stage::Verify] {
        assert!(time(stage) > Duration::from_millis(10), "{phases:?}");
    }
    let sum: Duration = phases.iter().map(|(_, time)| *time).sum();
    assert!(sum <= ready.took().time);
}

/// Modelled time of a write of so many bytes on a blank flash whose quad-enable bit is set.
fn takes(length: usize) -> std::time::Duration {
    let mut rig = Rig::fresh();
    rig.virtual_board.board().nor_mut().set_quad_enabled(true);
    rig.flashloader().expect("a flashloader");
    let before = rig.virtual_board.board().elapsed();
    rig.write_bytes(&application(length), "app.bin", "issi.cfg")
        .expect("written");
    rig.virtual_board.board().elapsed() - before
}

#[test]
fn programming_a_page_takes_under_1400_us() {
    // a page takes 0.2 ms to program and is read twice; a poll every 1 ms would double the sum
    let pages = (0x1_8000 - 0x8000) / 0x100;
    let page = (takes(0x1_8000) - takes(0x8000)) / pages;
    assert!(page.as_micros() < 1_400, "{page:?} a page");
}

#[test]
fn progress_of_a_long_read_adds_up() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    let old = rig.flash();
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    nor.use_plain().expect("set up");
    let length = 0x1_8001;
    let mut meter = Meter::begin(&mut rig.events, Stage::Read, length);
    let read = nor
        .read(0x6000_0FFF, length as u32, &mut meter)
        .expect("read");
    assert_eq!(meter.done(), length);
    meter.end();
    assert!(read == old[0xFFF..0xFFF + length as usize]);
    let steps: Vec<u64> = rig.events.iter().filter_map(progress).collect();
    assert!(steps.is_sorted() && steps.iter().all(|done| *done <= length));
    assert!(steps.contains(&0x1_0000), "{steps:?}");
}

fn progress(event: &Event) -> Option<u64> {
    match event {
        Event::Progress { stage, done } if *stage == Stage::Read => Some(*done),
        _ => None,
    }
}

#[test]
fn verify_names_first_difference_and_counts_all() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    let old = rig.flash();
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    nor.use_plain().expect("set up");
    let mut wrong = old[0x3000..0x5000].to_vec();
    for at in [0x1234, 0x1235, 0x1FFF] {
        wrong[at] ^= 0x80;
    }
    let pieces = [
        (0x6000_0000, &old[..0x1000]),
        (0x6000_3000, &wrong[..0x1000]),
        (0x6000_4000, &wrong[0x1000..]),
    ];
    let error = nor.verify(&pieces, Stage::Verify, &mut rig.events);
    let Err(rtboot::Error::Verify {
        address,
        expected,
        found,
        count,
        total,
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(address, 0x6000_4234);
    assert_eq!((expected, found), (wrong[0x1234], old[0x4234]));
    assert_eq!((count, total), (3, 0x3000));
}

#[test]
fn differing_quad_read_names_its_address() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.virtual_board.board().nor_mut().set_quad_enabled(true);
    let old = rig.flash();
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    nor.use_work(rtboot_fcb::EraseUnit::Sector).expect("set up");
    let mut plain = old[0x3000..0x4000].to_vec();
    nor.prove_quad_read(&plain, 0x6000_3000, &BTreeSet::new())
        .expect("equal");
    plain[0x123] ^= 1;
    let error = nor.prove_quad_read(&plain, 0x6000_3000, &BTreeSet::new());
    let Err(rtboot::Error::QuadReadDiffers {
        address,
        quad,
        plain: one_pad,
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(address, 0x6000_3123);
    assert_eq!((quad, one_pad), (old[0x3123], plain[0x123]));
}
