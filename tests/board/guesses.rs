//! Blocks of which a write reads only a few pages: what is there decides, whatever they were taken for.

use rtboot::LoaderSource;
use rtboot_sim::{Fault, Settings};

use crate::kit::board::{Rig, old_flash, starts};
use crate::kit::case::application;
use crate::kit::standin;

/// Bytes of the application: three blocks and a half.
const APP: usize = 0x3_7000 + 17;
const END: usize = 0x2000 + APP;

fn rig(flash: &[u8]) -> Rig {
    let mut rig = Rig::with(Settings {
        flash: flash.to_vec(),
        status: [0x40, 0, 0],
        ..Settings::default()
    });
    rig.options.base = Some(0x6000_2000);
    rig
}

/// Flash holds the application, starts it, and holds what it held in front of and behind it.
fn holds(rig: &Rig, app: &[u8], before: &[u8]) {
    let flash = rig.flash();
    assert!(flash[0x2000..END] == *app, "the application");
    assert!(flash[0x1400..0x2000] == before[0x1400..0x2000], "in front");
    assert!(flash[END..] == before[END..], "behind");
    assert_eq!(starts(rig), Some(0x6000_2401));
    assert_eq!(rig.journal_files(), 0);
}

fn blank() -> Vec<u8> {
    vec![0xFF; 8 << 20]
}

#[test]
fn page_in_a_flash_taken_for_blank_is_erased() {
    for place in [0x6100, 0x2_8010, 0x3_0000, END - 1] {
        let mut before = blank();
        before[place] = 0x5A;
        let mut rig = rig(&before);
        let app = application(3, APP);
        let done = rig.write_bytes(&app, "app.bin", "issi.cfg");
        done.unwrap_or_else(|error| panic!("{place:#x}: {error}"));
        holds(&rig, &app, &before);
    }
}

#[test]
fn blank_flash_is_not_read_before_it_is_programmed() {
    let reads = |flash: &[u8]| {
        let mut rig = rig(flash);
        drop(rig.flashloader().expect("a flashloader"));
        let before = rig.virtual_board.board().counts().usb_in;
        let app = application(3, APP);
        rig.write_bytes(&app, "app.bin", "issi.cfg")
            .expect("written");
        rig.virtual_board.board().counts().usb_in - before
    };
    let once = (APP / 1016) as u64;
    for flash in [blank(), old_flash(8 << 20)] {
        let reads = reads(&flash);
        assert!(reads < once * 3 / 2 + 150, "{reads} reports for {once}");
    }
}

#[test]
fn equal_sectors_in_a_block_taken_for_other_are_right_in_the_end() {
    let app = application(3, APP);
    let mut before = old_flash(8 << 20);
    before[0x2_4000..0x2_7000].copy_from_slice(&app[0x2_2000..0x2_5000]);
    let mut rig = rig(&before);
    rig.write_bytes(&app, "app.bin", "issi.cfg")
        .expect("written");
    holds(&rig, &app, &before);
}

#[test]
fn no_skip_compares_nothing_and_writes_all() {
    for loader in [standin(), LoaderSource::Own] {
        let before = old_flash(8 << 20);
        let mut rig = rig(&before);
        rig.loader = loader;
        let app = application(3, APP);
        rig.write_bytes(&app, "app.bin", "issi.cfg")
            .expect("written");
        rig.options.skip_unchanged = false;
        let counts = rig.virtual_board.board().counts();
        let report = rig.write_bytes(&app, "app.bin", "issi.cfg");
        let report = report.expect("written").report;
        assert_eq!(report.sectors_left, 0);
        assert_eq!(report.sectors_erased, END.div_ceil(0x1000));
        let now = rig.virtual_board.board().counts();
        assert!(now.nor_operations - counts.nor_operations > 800);
        assert!(now.usb_in - counts.usb_in < (APP / 1016) as u64 * 3 / 2 + 150);
        holds(&rig, &app, &before);
    }
}

/// Power is cut in each of many operations; the same command then heals, and bytes around the image are there.
#[test]
fn cut_write_of_guessed_blocks_heals() {
    let app = application(3, APP);
    let mut hidden = blank();
    hidden[0x2_8010] = 0x5A;
    for before in [blank(), hidden, old_flash(8 << 20)] {
        let operations = {
            let mut rig = rig(&before);
            let start = rig.operations();
            rig.write_bytes(&app, "app.bin", "issi.cfg")
                .expect("written");
            rig.operations() - start
        };
        for at in (1..operations).step_by(97) {
            let mut rig = rig(&before);
            let cut = Fault::TornOperation { at, seed: at };
            rig.virtual_board.board().fault_mut().push(cut);
            let broken = rig.write_bytes(&app, "app.bin", "issi.cfg");
            broken.expect_err("no power");
            assert!(matches!(starts(&rig), None | Some(0x6000_2401)), "half");
            rig.power_cycle();
            let healed = rig.write_bytes(&app, "app.bin", "issi.cfg");
            healed.unwrap_or_else(|error| panic!("{at} of {operations}: {error}"));
            holds(&rig, &app, &before);
        }
    }
}
