//! The main job on the virtual board, in process, looking at its flash.

mod common;

use common::{Rig, app, flash_of};
use rtboot::Error;
use rtboot::flash::Policy;

#[test]
fn a_blank_board_gets_the_image_and_would_start_it() {
    let mut rig = Rig::fresh();
    let image = rig.write(&app("blinky.elf"), "issi.cfg").expect("written");
    assert!(image.report.changed && image.report.quad_set);
    let flash = rig.flash();
    assert_eq!(&flash[..4], b"FCFB");
    assert_eq!(flash[0x1000..0x1004], [0xD1, 0x00, 0x20, 0x40]);
    assert_eq!(flash[0x2000..0x2000 + 8], flash_of("blinky.bin")[..8]);
    let verdict = rig.virtual_board.board().boot_verdict();
    assert!(verdict.starts.is_some(), "{}", verdict.reason);
}

#[test]
fn the_same_write_again_has_nothing_to_do() {
    let mut rig = Rig::fresh();
    rig.write(&app("blinky.elf"), "issi.cfg").expect("written");
    let before = rig.flash();
    let again = rig
        .write(&app("blinky.elf"), "issi.cfg")
        .expect("nothing to do");
    assert!(!again.report.changed);
    assert_eq!(rig.flash(), before);
}

#[test]
fn a_protected_flash_is_refused_untouched() {
    let mut rig = Rig::fresh();
    rig.virtual_board.board().nor_mut().status[0] |= 0x3C;
    let error = rig
        .write(&app("blinky.elf"), "issi.cfg")
        .expect_err("protected");
    assert!(
        matches!(
            error,
            Error::Protected {
                address: 0x6000_0000,
                expected: 0x46,
                found: 0xFF,
                ..
            }
        ),
        "{error}"
    );
    assert!(rig.flash().iter().all(|&b| b == 0xFF));
    let _ = Policy::default();
}
