//! RAM that a flashloader needs, held against the chip's before anything is sent.

use crate::kit::board::Rig;
use crate::kit::standin;
use rtboot::board::Board;
use rtboot::event::Event;
use rtboot::finding::catalogue::run;
use rtboot::flash::Rom;
use rtboot::{Error, Result, SplitBy};
use rtboot_bootable::LoaderImage;
use rtboot_sim::{Reads, RomOptions, Settings, State};

/// A loader that says by its vector table that it needs 88 KiB of DTCM beside its image.
fn hungry(board: &Board) -> LoaderImage {
    let chip = rtboot::chip::Chip::DEFAULT;
    let mut image = standin().load(chip, board).expect("the stand-in").image;
    let ram = chip.map.ram.iter().find(|ram| ram.name == "DTCM");
    image.needs.push(rtboot_bootable::RamNeed {
        ram: *ram.expect("DTCM"),
        from: 0x2000_0000,
        to: 0x2001_6000,
    });
    image
}

/// Starts it on a board of these settings.
fn start(settings: Settings) -> (Rig, Vec<Event>, Result<()>) {
    let mut rig = Rig::with(settings);
    let image = hungry(&rig.board);
    let mut events = Vec::new();
    let rom = Rom::connect(&mut rig.board).expect("asked");
    let chip = Some(rtboot::chip::Chip::DEFAULT);
    let identity = rom.identify(chip).expect("named");
    let started = rom.start(identity, &image.into(), &mut rig.board, &mut events);
    (rig, events, started.map(drop))
}

#[test]
fn flashloader_that_lacks_ram_is_not_sent() {
    let (rig, _, started) = start(Settings::default());
    let error = started.expect_err("64 KiB of DTCM");
    let Error::LoaderRam { need, split, by } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (need.to, split.dtcm, *by),
        (0x2001_6000, 64, SplitBy::Fuses(0))
    );
    assert_eq!(error.exit_code(), 20);
    assert_eq!(rig.virtual_board.board().state(), State::Rom);
    assert!(rig.virtual_board.board().counts().usb_out < 30, "no load");
}

#[test]
fn fuses_that_give_the_ram_let_it_start() {
    let (_, _, started) = start(Settings {
        fuses: vec![(0x2D, 2 << 16)],
        ..Settings::default()
    });
    started.expect("128 KiB of DTCM");
}

#[test]
fn split_that_cannot_be_asked_is_a_warning() {
    let (_, events, started) = start(Settings {
        rom: RomOptions {
            reads: Reads::Nothing,
            ..RomOptions::default()
        },
        ..Settings::default()
    });
    started.expect("tried");
    let told = |event: &Event| matches!(event, Event::Finding(found) if found.is(&run::FLASHLOADER_RAM_UNASKED));
    assert_eq!(events.iter().filter(|event| told(event)).count(), 1);
}
