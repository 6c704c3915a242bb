//! Random sequences of different commands on one board, from two hosts, with faults between and in them.
//!
//! A model beside the board knows what each byte of flash must be: a byte that nobody asked to change keeps its value, or is at risk
//! from an interrupted write until the host that saved it puts it back. After every command flash is held against the model, and
//! the boot ROM is asked what it would start.
//!
//! `cargo test` runs a share; `cargo test --release --test robust sequences -- --ignored --nocapture` runs 5,000 of them.
//! `RTBOOT_SEQUENCE=SEED` runs one and tells its commands; `RTBOOT_SEQUENCES=FROM..TO` takes other seeds.

mod acts;
mod commands;
mod images;
mod model;
mod tally;
mod themes;
mod world;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tally::Tally;
use world::World;

/// Runs these sequences on all processors.
fn run(seeds: Range<u64>, world: fn(u64) -> World) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let all = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let tally = world(seed).run();
                    for wrong in &tally.wrong {
                        eprintln!("{wrong}");
                    }
                    all.lock().expect("no panic outside").add(tally);
                }
            });
        }
    });
    all.into_inner().expect("no panic outside")
}

fn check(tally: &Tally) {
    println!("{}", tally.text());
    assert!(tally.wrong.is_empty(), "{} findings", tally.wrong.len());
}

/// With the virtual board's stand-in for NXP's loader.
fn with_standin(seed: u64) -> World {
    World::new(seed)
}

fn with_own_loader(seed: u64) -> World {
    World::new(seed).with_own_loader()
}

/// A share of `cargo test`; the one sequence that RTBOOT_SEQUENCE names.
fn sample(seeds: Range<u64>, world: fn(u64) -> World) -> Option<Tally> {
    if let Ok(seed) = std::env::var("RTBOOT_SEQUENCE") {
        let mut world = world(seed.parse().expect("RTBOOT_SEQUENCE is a number"));
        world.talk = true;
        let tally = world.run();
        tally.wrong.iter().for_each(|wrong| println!("{wrong}"));
        check(&tally);
        return None;
    }
    let tally = run(seeds, world);
    check(&tally);
    Some(tally)
}

/// All seeds of a whole run; others when RTBOOT_SEQUENCES says so.
fn whole(seeds: &str, world: fn(u64) -> World) -> Tally {
    let seeds = std::env::var("RTBOOT_SEQUENCES").unwrap_or(seeds.into());
    let (from, to) = seeds.split_once("..").expect("RTBOOT_SEQUENCES=FROM..TO");
    let [from, to] = [from, to].map(|seed| seed.parse().expect("RTBOOT_SEQUENCES=FROM..TO"));
    let tally = run(from..to, world);
    check(&tally);
    tally
}

#[test]
fn sample_of_command_sequences() {
    let Some(tally) = sample(0..160, with_standin) else {
        return;
    };
    // a share in which nothing happens would prove nothing
    assert!(tally.refused() > 0 && tally.broken() > 60 && tally.succeeded() > 200);
}

#[test]
fn sample_of_command_sequences_with_own_loader() {
    let Some(tally) = sample(0..60, with_own_loader) else {
        return;
    };
    assert!(tally.refused() > 0 && tally.broken() > 20 && tally.succeeded() > 75);
}

#[test]
#[ignore = "1,000 sequences: minutes in release"]
fn thousand_command_sequences_with_own_loader() {
    whole("1000..2000", with_own_loader);
}

#[test]
#[ignore = "5,000 sequences: minutes in release"]
fn five_thousand_command_sequences() {
    let tally = whole("1000..6000", with_standin);
    let holes = tally.holes();
    assert!(tally.sequences < 4_000 || holes.is_empty(), "{holes:?}");
}
