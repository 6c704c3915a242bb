//! The main job on the virtual board, in process, looking at its flash.

use crate::kit::board::{Rig, old_flash, starts};
use crate::kit::{app, app_bytes};
use rtboot::consent::Act;
use rtboot::event::{Event, Stage};
use rtboot::flash::{Policy, Writer};
use rtboot::{Consent, QuadEnable};
use rtboot_fcb::Fcb;

#[test]
fn blank_board_starts_the_written_image() {
    let mut rig = Rig::fresh();
    let written = rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert!(written.report.changed && written.report.quad_set);
    let flash = rig.flash();
    let fcb = Fcb::parse(&flash[..512]).expect("an FCB at 0");
    assert_eq!(fcb.clock(), 6, "the part's own limit at 6 dummy cycles");
    assert_eq!(flash[0x1000..0x1004], [0xD1, 0x00, 0x20, 0x40]);
    let application = app_bytes("blinky.bin");
    assert_eq!(flash[0x2000..0x2000 + application.len()], application);
    let untouched = |range: std::ops::Range<usize>| flash[range].iter().all(|&b| b == 0xFF);
    assert!(
        untouched(0x200..0x1000) && untouched(0x102C..0x2000),
        "gaps stay gaps"
    );
    assert!(untouched(0x2000 + application.len()..flash.len()));
    assert_eq!(starts(&rig), Some(0x6000_2279));
}

#[test]
fn every_input_format_ends_in_the_same_flash() {
    let mut reference = None;
    for name in ["blinky.elf", "blinky.bin", "blinky.hex", "blinky.srec"] {
        let mut rig = Rig::fresh();
        rig.write(app(name), "issi.cfg").expect(name);
        let flash = rig.flash();
        assert_eq!(
            *reference.get_or_insert_with(|| flash.clone()),
            flash,
            "{name}"
        );
    }
}

#[test]
fn image_with_a_boot_header_is_written_as_is() {
    for name in [
        "blinky_boot.elf",
        "blinky_boot.hex",
        "blinky_boot.srec",
        "blinky_boot.bin",
    ] {
        let mut rig = Rig::fresh();
        rig.write(app(name), "issi.cfg").expect(name);
        let (flash, file) = (rig.flash(), app_bytes("blinky_boot.bin"));
        assert_eq!(flash[..0x200], file[..0x200], "{name}");
        assert_eq!(flash[0x1000..0x1030], file[0x1000..0x1030], "{name}");
        assert_eq!(flash[0x2000..file.len()], file[0x2000..], "{name}");
        assert_eq!(starts(&rig), Some(0x6000_2279), "{name}");
    }
}

#[test]
fn same_write_again_has_nothing_to_do() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let (before, operations) = (rig.flash(), rig.operations());
    let again = rig
        .write(app("blinky.elf"), "issi.cfg")
        .expect("nothing to do");
    assert!(!again.report.changed && !again.report.quad_set);
    assert!(again.report.bytes_verified >= app_bytes("blinky.bin").len() as u64);
    assert_eq!(
        (rig.flash(), rig.operations()),
        (before, operations),
        "not one flash operation"
    );
}

#[test]
fn equal_flash_still_gets_quad_enable_set() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    rig.virtual_board.board().nor_mut().set_quad_enabled(false);
    assert_eq!(
        starts(&rig),
        None,
        "the FCB reads on four lines and does not set the bit"
    );
    let again = rig.write(app("blinky.elf"), "issi.cfg").expect("mended");
    assert!(!again.report.changed && again.report.quad_set);
    assert!(starts(&rig).is_some());
}

#[test]
fn changed_sector_erases_itself_and_the_fcb_one() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let changed = rig
        .write(app("blinky_fast.elf"), "issi.cfg")
        .expect("written over");
    assert_eq!(
        (changed.report.sectors_erased, changed.report.sectors_left),
        (2, 1)
    );
    let fast = app_bytes("blinky_fast.bin");
    assert_eq!(rig.flash()[0x2000..0x2000 + fast.len()], fast);
    assert!(starts(&rig).is_some());
}

#[test]
fn old_data_around_the_image_is_kept() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    let old = rig.flash();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let flash = rig.flash();
    let application = app_bytes("blinky.bin");
    assert_eq!(flash[0x2000..0x2000 + application.len()], application);
    assert_eq!(flash[0x200..0x1000], old[0x200..0x1000]);
    assert_eq!(flash[0x102C..0x2000], old[0x102C..0x2000]);
    assert_eq!(
        flash[0x2000 + application.len()..],
        old[0x2000 + application.len()..]
    );
    assert!(starts(&rig).is_some());
    assert_eq!(
        rig.journal_files(),
        0,
        "the journal is gone once the write is done"
    );
}

#[test]
fn erase_around_and_erase_all_drop_old_bytes() {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.options.keep_around = false;
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert!(rig.flash()[0x200..0x1000].iter().all(|&b| b == 0xFF));
    assert!(
        rig.flash()[0x3000..0x4000].iter().any(|&b| b != 0xFF),
        "other sectors stay"
    );
    rig.options.erase_all = true;
    rig.options.consent = Consent::words([Act::erase_flash().words]);
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert!(rig.flash()[0x3000..].iter().all(|&b| b == 0xFF));
    assert!(starts(&rig).is_some());
}

#[test]
fn large_image_erases_blocks_and_verifies_all() {
    let mut image = app_bytes("blinky.bin");
    image.resize(0x2_8000, 0);
    for (i, byte) in image.iter_mut().enumerate().skip(0x1000) {
        *byte = ((i / 7) ^ (i >> 9)) as u8;
    }
    let mut old = old_flash(0x4_0000);
    old[..4].copy_from_slice(b"FCFB");
    let mut rig = Rig::with_flash(old);
    rig.virtual_board.board().trace_spi(true);
    rig.write_bytes(&image, "large.bin", "issi.cfg")
        .expect("written");
    let trace = rig.virtual_board.board().take_spi_trace();
    let count = |opcode: &str| trace.iter().filter(|line| line.starts_with(opcode)).count();
    assert_eq!(rig.flash()[0x2000..0x2000 + image.len()], image);
    assert_eq!(
        (count("d8 @"), count("20 @")),
        (2, 1 + 10),
        "two blocks; the first sector before them, for it holds an FCB, and ten behind"
    );
    let verified = rig.events.iter().rev().find_map(|event| match event {
        Event::Begin {
            stage: Stage::Verify,
            total,
        } if *total > 0x1000 => Some(*total),
        _ => None,
    });
    assert_eq!(
        verified,
        Some(0x2_A000 - 0x100),
        "every touched sector, but the page that comes last"
    );
}

#[test]
fn other_makers_parts_work_with_their_cfg() {
    for (part, cfg, qe) in [
        (rtboot_sim::nor::Part::w25q64jv(), "w25q64jv.cfg", (1, 1)),
        (
            rtboot_sim::nor::Part::mx25l12845g(),
            "mx25l12845g.cfg",
            (0, 6),
        ),
    ] {
        let mut rig = Rig::with_part(part);
        rig.write(app("blinky.elf"), cfg).expect(cfg);
        assert_eq!(
            rig.virtual_board.board().nor().status[qe.0] >> qe.1 & 1,
            1,
            "{cfg}"
        );
        assert!(starts(&rig).is_some(), "{cfg}");
    }
}

#[test]
fn data_after_the_image_leaves_the_fcb_alone() {
    // length: end of the image by its boot data instead of inside the sector of 0x2000; place: a byte that is not blank
    for (length, place, goes) in [
        (None, None, false),
        (None, Some(0x2FFF), true),
        (None, Some(0x3FFF), true),
        (None, Some(0x4000), false),
        (Some(0x3000), Some(0x3FFF), true),
        (Some(0x3000), Some(0x4000), false),
        (Some(0x80_0000), None, true),
    ] {
        let mut rig = Rig::fresh();
        rig.write(app("blinky.elf"), "issi.cfg").expect("written");
        let mut before = rig.flash();
        if let Some(length) = length {
            before[0x1024..0x1028].copy_from_slice(&u32::to_le_bytes(length));
        }
        if let Some(place) = place {
            before[place] = 0;
        }
        before[0x20_0000] = 0;
        let mut rig = Rig::with_flash(before.clone());
        let mut data = rtboot_bootable::Memory::new();
        data.insert(0x6010_0004, vec![0x5A; 16]).expect("room");
        let mut nor = rig.nor("issi.cfg").expect("known");
        let plan = rtboot::flash::plan_write(&mut nor, &data, None, Policy::default(), &mut ());
        let plan = plan.expect("a plan");
        assert_eq!(plan.unboots_first(), goes, "{length:?} {place:?}");
        rig.virtual_board.board().trace_spi(true);
        let mut journal = rig.journal(&mut nor);
        let written = Writer::new(&mut nor, &plan, Some(&mut journal)).run(&mut ());
        let left = written.expect("written").sectors_left;
        assert_eq!(left, 0, "no sector that bytes were meant for");
        let trace = rig.virtual_board.board().take_spi_trace();
        let erased = trace.iter().filter(|line| line.starts_with("20 @")).count();
        assert_eq!(erased, usize::from(goes), "the sector with the FCB");
        before[0x10_0004..0x10_0014].fill(0x5A);
        assert!(rig.flash() == before, "{length:?} {place:?}");
        assert!(starts(&rig).is_some());
    }
}

#[test]
fn lost_board_tells_a_changed_status_register() {
    let mut whole = Rig::fresh();
    let blank = whole.flash();
    whole.write(app("blinky.elf"), "issi.cfg").expect("written");
    let reports = whole.virtual_board.board().counts().usb_in;
    let mut reported = 0;
    for at in 1..=reports {
        let what = rtboot_sim::ReportFault::Unplug;
        let mut rig = Rig::with(rtboot_sim::Settings {
            faults: vec![rtboot_sim::Fault::UsbIn { at, what }],
            ..Default::default()
        });
        let error = rig
            .write(app("blinky.elf"), "issi.cfg")
            .expect_err("it left");
        let quad = error.flash_state().map(|state| state.quad_enable);
        let set = rig.virtual_board.board().nor().status[0] & 0x40 != 0;
        assert!(set || quad != Some(QuadEnable::Set), "report {at}: {error}");
        if rig.flash() != blank {
            break; // from here on the error has the state of the flash, which another test checks
        }
        if set {
            let is_reported = matches!(quad, Some(QuadEnable::Set | QuadEnable::Uncertain));
            assert!(is_reported, "report {at}: {error}");
            reported += 1;
        }
    }
    assert!(reported > 0);
}
