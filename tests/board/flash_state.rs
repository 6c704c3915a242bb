//! The flash state in errors, compared with what the virtual board's flash holds.

use crate::kit::app;
use crate::kit::board::{Rig, starts};
use rtboot::{Content, Error, FlashState};
use rtboot_sim::{Fault, Settings};

/// A board whose flash holds a whole image, with these faults from then on.
fn bootable_with(faults: Vec<Fault>) -> Rig {
    let mut rig = Rig::fresh();
    rig.write(app("blinky_fast.elf"), "issi.cfg")
        .expect("written");
    let settings = Settings {
        flash: rig.flash()[..0x8000].to_vec(),
        status: rig.virtual_board.board().nor().status,
        faults,
        ..Settings::default()
    };
    Rig::with(settings)
}

fn state_of(error: Error) -> FlashState {
    match error {
        Error::WhileWriting { state, .. } | Error::Interrupted { state } => state,
        other => panic!("no state: {other}"),
    }
}

#[test]
fn ignored_erases_leave_the_old_image_whole() {
    let mut rig = bootable_with(vec![Fault::IgnoresErase]);
    let before = rig.flash();
    let error = rig
        .write(app("blinky.elf"), "issi.cfg")
        .expect_err("nothing was erased");
    let state = state_of(error);
    assert!(rig.flash() == before);
    assert!(starts(&rig).is_some());
    let whole = matches!(state.content, Content::OldImageWhole { .. });
    assert!(whole, "{state:?}: {state}");
    assert!(!state.to_string().contains("starts nothing"), "{state}");
}

#[test]
fn fcb_that_does_not_erase_is_reported_as_left() {
    // the FCB's tag stays readable because its bits never erase
    let bits = |address, bits| Fault::StuckAtZero { address, bits };
    let tag = *b"FCFB";
    let stuck = (0..4).map(|at| bits(at, !tag[at as usize]));
    let mut rig = bootable_with(stuck.collect());
    let error = rig
        .write(app("blinky.elf"), "issi.cfg")
        .expect_err("the tag stays");
    let state = state_of(error);
    let left = matches!(state.content, Content::OldHeaderLeft { .. });
    assert!(left, "{state:?}: {state}");
}

#[test]
fn power_cut_in_the_first_erase_is_unknown_state() {
    let mut rig = bootable_with(Vec::new());
    rig.virtual_board
        .board()
        .fault_mut()
        .push(Fault::PowerCut { at: 1 });
    let error = rig
        .write(app("blinky.elf"), "issi.cfg")
        .expect_err("the power went");
    let state = state_of(error);
    let unknown = matches!(state.content, Content::Unknown { .. });
    assert!(unknown, "{state:?}: {state}");
}

/// Compares the state with flash before and now, and with what the ROM would start.
fn check(state: &FlashState, before: &[u8], rig: &Rig, when: &str) {
    let (now, starts) = (rig.flash(), starts(rig).is_some());
    match state.content {
        Content::Untouched | Content::OldImageWhole { .. } => {
            assert!(now == before, "{when}: {state}")
        }
        Content::NothingStarts { .. } | Content::HeaderEraseUnread { .. } => {
            assert!(!starts, "{when}: {state}")
        }
        Content::NewImageWhole { .. } => assert!(starts && now != before, "{when}: {state}"),
        _ => {}
    }
}

#[test]
fn flash_state_is_true_after_unplug_at_any_report() {
    let mut whole = bootable_with(Vec::new());
    whole.write(app("blinky.elf"), "issi.cfg").expect("written");
    let reports = whole.virtual_board.board().counts().usb_in;
    let mut seen = std::collections::BTreeSet::new();
    for at in (1..=reports).rev() {
        let what = rtboot_sim::ReportFault::Unplug;
        let mut rig = bootable_with(vec![Fault::UsbIn { at, what }]);
        let before = rig.flash();
        let Err(error) = rig.write(app("blinky.elf"), "issi.cfg") else {
            continue;
        };
        if let Some(state) = error.flash_state() {
            seen.insert(state.code());
            check(state, &before, &rig, &format!("report {at}"));
        } else {
            assert!(rig.flash() == before, "report {at}: {error}");
            if seen.len() > 2 {
                break; // earlier reports come before the first erase: no error there has a state
            }
        }
    }
    for code in ["unknown", "header-erase-unread", "nothing-starts"] {
        assert!(seen.contains(code), "{code}: {seen:?}");
    }
}
