//! Devices that lie, babble or stay silent, against a whole write: it ends within its bounds and never succeeds.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

use std::time::Duration;

use crate::kit::evil::{Evil, Manner};
use crate::kit::peak::peak_kib;
use crate::kit::standin;
use rtboot::Result;
use rtboot::board::{Board, Options, Program};
use rtboot::flash::{self, Nor, Policy, Writer};
use rtboot::journal::{BoardKey, JournalStore};
use rtboot_bootable::Memory;

/// Longest time of a whole command against a board that babbles, in the time of a host with a clock.
const BABBLE_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Longest time of a command against a device that says something every 0.3 s: `docs/dev/bounds.md`.
const DRIP_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Memory that a device may make the process take, in KiB.
const MEMORY_LIMIT: u64 = 64 * 1024;

/// Everything that `write` does, except that any part is accepted, so that lies get further.
fn write(evil: &Evil) -> Result<()> {
    let mut board = Board::on_plug(Box::new(evil.clone()), Options::default());
    let reached = flash::reach_flashloader(&mut board, None, &standin(), &mut ())?;
    let mut loader = reached.flashloader;
    let facts = loader.look_at_flash(&mut ())?;
    let (_, file) = rtboot_fcb::database::find("issi.cfg").expect("in the database");
    let part = file.parts.first().expect("a part").clone();
    let mut nor = Nor::new(loader, part, facts);
    let mut wanted = Memory::new();
    wanted
        .insert(0x6000_0000, vec![0x42; 0x2345])
        .expect("room");
    let folder = tempfile::tempdir().expect("a folder");
    let key = BoardKey::new("0", nor.facts().id, nor.part().size, "here");
    let mut journal = JournalStore::new(folder.path()).open(&key)?;
    let plan = flash::plan_write(&mut nor, &wanted, None, Policy::default(), &mut ())?;
    Writer::new(&mut nor, &plan, Some(&mut journal)).run(&mut ())?;
    Ok(())
}

#[test]
fn lying_hid_device_never_yields_success() {
    let manners = [
        Manner::Random,
        Manner::Nearly(1),
        Manner::Nearly(10),
        Manner::Nearly(50),
        Manner::Endless,
    ];
    let before = peak_kib();
    let mut furthest = 0;
    for manner in manners {
        for seed in 0..60 {
            for program in [Program::Rom, Program::Flashloader] {
                let evil = Evil::new(manner, seed, program, false);
                let result = write(&evil);
                assert!(result.is_err(), "{manner:?} {seed} {program}");
                assert!(
                    evil.time() < BABBLE_LIMIT,
                    "{manner:?} {seed}: {:?}",
                    evil.time()
                );
                furthest = furthest.max(result.map_or_else(|e| e.exit_code(), |()| 0));
            }
        }
    }
    assert!(furthest >= 30, "some lies reach the flash: {furthest}");
    let taken = peak_kib().saturating_sub(before);
    assert!(taken < MEMORY_LIMIT, "{taken} KiB");
}

#[test]
fn lying_uart_device_never_yields_success() {
    let manners = [
        Manner::Random,
        Manner::Nearly(1),
        Manner::Nearly(10),
        Manner::Endless,
        Manner::Refuses,
    ];
    for manner in manners {
        for seed in 0..12 {
            let evil = Evil::new(manner, seed, Program::Rom, true);
            assert!(write(&evil).is_err(), "{manner:?} {seed}");
            assert!(
                evil.time() < BABBLE_LIMIT,
                "{manner:?} {seed}: {:?}",
                evil.time()
            );
        }
    }
}

#[test]
fn dripping_device_ends_within_the_bounds() {
    for (program, uart) in [
        (Program::Rom, false),
        (Program::Flashloader, false),
        (Program::Rom, true),
        (Program::Flashloader, true),
    ] {
        for seed in 0..12 {
            let evil = Evil::new(Manner::Drip, seed, program, uart);
            assert!(write(&evil).is_err(), "{program} {uart} {seed}");
            let took = evil.time();
            assert!(took < DRIP_LIMIT, "{program} {uart} {seed}: {took:?}");
        }
    }
}

#[test]
fn silent_board_ends_every_stage_in_seconds() {
    for (program, uart, limit) in [
        (Program::Rom, false, 5),
        (Program::Flashloader, false, 10),
        (Program::Rom, true, 6),
    ] {
        let evil = Evil::new(Manner::Mute, 1, program, uart);
        let error = write(&evil).expect_err("nobody is there");
        assert!([10, 15].contains(&error.exit_code()), "{error}");
        assert!(
            evil.time() <= Duration::from_secs(limit),
            "{program} {uart}: {:?}",
            evil.time()
        );
    }
}
