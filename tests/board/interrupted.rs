//! Writes that are cut short: power gone in the middle of every flash operation, Ctrl-C between any two.
//!
//! Each time nothing half-written starts, run the same command again to finish the job, and the bytes around the image are kept.

use crate::kit::board::{Rig, old_flash, starts};
use crate::kit::{app, app_bytes, rt1021};
use rtboot::event::{Event, Listener};
use rtboot::flash::{self, Policy, Writer};
use rtboot::{Content, Error};
use rtboot_sim::{BootMode, Fault, Straps};

/// Flash as it is after a whole write over `old`.
fn finished(old: &[u8]) -> Vec<u8> {
    let mut flash = old.to_vec();
    let mut rig = Rig::fresh();
    let written = rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    for (address, bytes) in written.memory.segments() {
        let at = (address - 0x6000_0000) as usize;
        flash[at..at + bytes.len()].copy_from_slice(bytes);
    }
    flash
}

#[test]
fn power_cut_in_any_flash_operation_heals() {
    let old = old_flash(0x8000);
    let done = finished(&old);
    let mut whole = Rig::with_flash(old.clone());
    whole.write(app("blinky.elf"), "issi.cfg").expect("written");
    let operations = whole.operations();
    assert!(operations > 40, "{operations}");
    for at in 1..=operations {
        let mut rig = Rig::with_flash(old.clone());
        rig.virtual_board
            .board()
            .fault_mut()
            .push(Fault::PowerCut { at });
        let error = rig
            .write(app("blinky.elf"), "issi.cfg")
            .map(|_| ())
            .expect_err("cut");
        assert!(
            [15, 30, 31, 32].contains(&error.exit_code()),
            "operation {at}: {error}"
        );
        rig.power_cycle();
        assert_eq!(
            starts(&rig),
            None,
            "operation {at}: a half image must not start"
        );
        rig.write(app("blinky.elf"), "issi.cfg")
            .unwrap_or_else(|e| panic!("operation {at}: {e}"));
        assert!(
            rig.flash()[..0x8000] == done[..],
            "operation {at}: image and kept bytes"
        );
        assert!(starts(&rig).is_some(), "operation {at}");
        assert_eq!(rig.journal_files(), 0, "operation {at}");
    }
}

#[test]
fn broken_update_starts_the_old_image_or_nothing() {
    broken_updates(&rtboot_sim::Settings::default());
}

/// Its ROM looks for the FCB at 0x400: another page of the first sector goes last.
#[test]
fn broken_update_of_an_rt1010_starts_the_old_image_or_nothing() {
    broken_updates(&rtboot_sim::Settings {
        chip: rtboot_sim::chip::Chip::find("rt1010").expect("a chip"),
        ..Default::default()
    });
}

fn broken_updates(fresh: &rtboot_sim::Settings) {
    let mut prepared = Rig::with(fresh.clone());
    prepared
        .write(app("blinky_fast.elf"), "issi.cfg")
        .expect("written");
    let old = prepared.flash()[..0x8000].to_vec();
    let status = prepared.virtual_board.board().nor().status;
    let settings = || rtboot_sim::Settings {
        flash: old.clone(),
        status,
        ..fresh.clone()
    };
    let mut whole = Rig::with(settings());
    whole.write(app("blinky.elf"), "issi.cfg").expect("written");
    let (operations, done) = (whole.operations(), whole.flash());
    for at in 1..=operations {
        let mut rig = Rig::with(settings());
        rig.virtual_board
            .board()
            .fault_mut()
            .push(Fault::PowerCut { at });
        rig.write(app("blinky.elf"), "issi.cfg")
            .map(|_| ())
            .expect_err("cut");
        rig.power_cycle();
        let flash = rig.flash();
        let whole_image = flash[..0x8000] == old[..] || flash == done;
        assert!(
            starts(&rig).is_none() || whole_image,
            "operation {at} of {operations}"
        );
        rig.write(app("blinky.elf"), "issi.cfg")
            .unwrap_or_else(|e| panic!("operation {at}: {e}"));
        assert!(rig.flash() == done, "operation {at}");
    }
}

/// Asks to stop once this many events have passed.
struct StopAfter(usize, Vec<Event>);

impl Listener for StopAfter {
    fn event(&mut self, event: Event) {
        self.1.push(event);
    }

    fn cancelled(&self) -> bool {
        self.1.len() >= self.0
    }
}

#[test]
fn stop_at_any_event_tells_the_state_and_heals() {
    let old = old_flash(0x8000);
    let done = finished(&old);
    let mut stopped = 0;
    for after in (0..200).step_by(3) {
        let mut rig = Rig::with_flash(old.clone());
        let mut nor = rig.nor("issi.cfg").expect("known");
        let firmware =
            rtboot_bootable::Firmware::parse(&app_bytes("blinky.elf"), None, None, &rt1021().map);
        let fcb = nor.part().boot_fcb();
        let map = rt1021().map;
        let image = rtboot_bootable::BootImage::build(&firmware.expect("blinky"), Some(&fcb), &map);
        let image = image.expect("blinky").memory;
        let mut listener = StopAfter(after, Vec::new());
        let mut journal = rig.journal(&mut nor);
        let result = flash::plan_write(&mut nor, &image, None, Policy::default(), &mut listener)
            .and_then(|plan| Writer::new(&mut nor, &plan, Some(&mut journal)).run(&mut listener));
        drop(nor);
        match result {
            Ok(_) => assert_eq!(rig.flash()[..0x8000], done[..], "after {after}"),
            Err(Error::Interrupted { state }) => {
                stopped += 1;
                let untouched = rig.flash()[..0x8000] == old[..];
                assert_eq!(
                    state.content == Content::Untouched,
                    untouched,
                    "after {after}: {state}"
                );
                let whole = rig.flash()[..0x8000] == done[..];
                assert!(starts(&rig).is_none() || whole, "after {after}: {state}");
                rig.write(app("blinky.elf"), "issi.cfg").expect("healed");
                assert_eq!(rig.flash()[..0x8000], done[..], "after {after}");
            }
            Err(other) => panic!("after {after}: {other}"),
        }
    }
    assert!(stopped > 10, "{stopped}");
}

#[test]
fn board_starts_after_write_with_boot_pins_set() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    let mut board = rig.virtual_board.board();
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        ..Straps::default()
    });
    board.power_cycle();
    assert_eq!(board.state(), rtboot_sim::State::Application);
    assert_eq!(
        board.application().map(|start| start.entry),
        Some(0x6000_2279)
    );
}
