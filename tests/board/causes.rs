//! Likely causes of an error are sorted by what the run measured: what it shows comes first, what it rules out is not named.

use crate::kit::board::{Rig, old_flash};
use crate::kit::{app, app_bytes, rt1021};
use rtboot::advice::{Measured, advice_measured};
use rtboot::board::{Board, Options};
use rtboot::flash::{self, Policy};
use rtboot::job::{Comparison, LayoutOptions};
use rtboot::port::Wire;
use rtboot::{Error, FcbChoice, OnPort, Source};
use rtboot_sim::{ByteFault, Fault, Settings};

/// The codes of the likely causes, by all that the run told.
fn causes(rig: &Rig, error: &Error, wire: Wire) -> Vec<&'static str> {
    let mut measured = Measured::default();
    measured.wire = Some(wire);
    rig.events.iter().for_each(|event| measured.hear(event));
    let advice = advice_measured(error, &measured);
    advice.causes.iter().map(|entry| entry.code).collect()
}

/// A write of an application that fails.
fn failing(settings: Settings) -> (Rig, Error) {
    let mut rig = Rig::with(settings);
    let error = rig.write(app("blinky.elf"), "issi.cfg");
    (rig, error.expect_err("it fails"))
}

fn of_write(settings: Settings) -> Vec<&'static str> {
    let (rig, error) = failing(settings);
    causes(&rig, &error, Wire::Hid)
}

fn with(fault: Fault) -> Settings {
    Settings {
        flash: old_flash(0x8000),
        faults: vec![fault],
        ..Settings::default()
    }
}

/// An error of a verify that found a blank byte.
fn blank_byte() -> Error {
    Error::Verify {
        address: 0x6000_2000,
        expected: 0x46,
        found: 0xFF,
        count: 1,
        total: 0x1000,
    }
}

#[test]
fn protection_that_was_read_comes_first() {
    let of = |status| {
        let mut rig = Rig::with(Settings {
            status,
            ..Settings::default()
        });
        // nothing is to change, so the write goes through
        drop(rig.write(app("blinky.elf"), "issi.cfg"));
        causes(&rig, &blank_byte(), Wire::Hid)
    };
    assert_eq!(of([0x7C, 0, 0])[0], "flash-protected");
    assert_eq!(of([0x40, 0, 0]), ["app-half-written", "flash-too-fast"]);
}

#[test]
fn boot_pins_tell_where_a_silent_flash_is() {
    let absent = with(Fault::Absent);
    assert_eq!(of_write(absent.clone()), ["flash-silent", "flash-busy"]);
    let mut second = with(Fault::SecondPins);
    second.straps.boot_cfg = 7 << 1;
    assert_eq!(
        of_write(second),
        ["flash-second-pins", "flash-silent", "flash-busy"]
    );
}

#[test]
fn worn_sector_of_an_open_flash_is_not_called_protected() {
    let worn = of_write(with(Fault::WornSector { address: 0x2000 }));
    assert_eq!(worn[0], "worn-cells");
    assert!(!worn.contains(&"flash-protected"), "{worn:?}");
    assert!(worn.len() <= 3, "{worn:?}");
}

#[test]
fn flash_that_ignores_programs_is_the_part_that_its_id_names() {
    let ignores = |part: &str, fcb: &str| {
        let mut rig = Rig::with(Settings {
            part: rtboot_sim::nor::Part::find(part).expect("known"),
            ..with(Fault::IgnoresProgram)
        });
        let error = rig.write(app("blinky.elf"), fcb).expect_err("it fails");
        causes(&rig, &error, Wire::Hid)
    };
    // two parts have the first one's id
    assert_eq!(
        ignores("is25lp064a", "issi.cfg"),
        ["supply-dips", "flash-other-part"]
    );
    assert_eq!(ignores("w25q64jv", "auto"), ["supply-dips"]);
}

#[test]
fn noise_that_spoiled_the_load_is_the_first_cause_of_a_silence() {
    let noisy = |faults: Vec<Fault>| {
        let mut rig = Rig::with(Settings {
            faults,
            ..Settings::default()
        });
        let port = rig.virtual_board.serial(115_200);
        rig.board = Board::on_serial(port, Options::default());
        let mut nor = rig.nor("issi.cfg").expect("it is reached");
        // from here on nothing comes back
        let at = rig.virtual_board.board().counts().uart_in + 1;
        let what = ByteFault::Drop;
        let lost = (at..at + 400).map(|at| Fault::UartIn { at, what });
        rig.virtual_board.board().fault_mut().extend(lost);
        let mut data = rtboot_bootable::Memory::new();
        data.insert(0x6010_0000, vec![0x5A; 16]).expect("room");
        let error = flash::plan_write(&mut nor, &data, None, Policy::default(), &mut ());
        let error = error.expect_err("a silence");
        causes(&rig, &error, Wire::Serial)
    };
    let what = ByteFault::Corrupt { xor: 4 };
    let spoiled = noisy(vec![Fault::UartOut { at: 3_000, what }]);
    assert_eq!(spoiled[0], "uart-noisy");
    assert!(!noisy(vec![]).contains(&"uart-noisy"));
}

#[test]
fn closed_part_is_named_only_where_the_rom_says_so() {
    let silent = Error::LoaderSilent {
        address: 0x2020_8200,
        waited_ms: 10_000,
        now: OnPort::Nothing,
        hab: None,
    };
    let of = |closed: bool| {
        let mut rig = Rig::with(Settings {
            fuses: closed.then_some((6, 2)).into_iter().collect(),
            ..Settings::default()
        });
        drop(rig.flashloader());
        causes(&rig, &silent, Wire::Hid)
    };
    assert_eq!(of(true)[0], "closed-part");
    // nor is it RAM, for the split was read
    assert_eq!(of(false), ["loader-bad-file", "loader-vanished"]);
}

#[test]
fn compare_on_one_pad_blames_no_clock() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    rig.virtual_board.board().flash_mut()[0x2300] ^= 0x81;
    let layout = LayoutOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021()).expect("known").0,
        ..rig.options.layout()
    };
    let file = (&Source::bytes("blinky.elf", app_bytes("blinky.elf"))).into();
    let comparison = Comparison::prepare(&file, &layout, rt1021()).expect("a good file");
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    let boot = nor.look_at_boot(&mut ()).expect("read");
    let error = comparison.compare(&mut nor, &boot, &mut rig.events);
    let error = error.expect_err("a byte differs");
    assert_eq!(causes(&rig, &error, Wire::Hid), ["app-differs"]);
    let mut measured = Measured::default();
    rig.events.iter().for_each(|event| measured.hear(event));
    let next = format!("{:?}", advice_measured(&error, &measured).next);
    assert!(
        next.contains("Write {") && !next.contains("clock"),
        "{next}"
    );
}

#[test]
fn loader_that_answered_before_listens_to_no_other_port() {
    let mut rig = Rig::with(with(Fault::StuckBusy)).with_own_loader();
    let error = rig.write(app("blinky.elf"), "issi.cfg");
    let error = error.expect_err("the flash stays busy");
    let found = causes(&rig, &error, Wire::Hid);
    assert_eq!(found, ["flash-busy", "flash-silent"], "{error}");
}

#[test]
fn byte_behind_programmed_pages_is_no_other_part() {
    let at = |address| {
        of_write(with(Fault::StuckAtOne {
            address,
            bits: 0xFF,
        }))
    };
    assert_eq!(at(0x2260), ["worn-cells", "supply-dips", "flash-too-fast"]);
}
