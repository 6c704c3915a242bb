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

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tally::Tally;
use world::World;

/// Runs these sequences on all processors.
fn run(seeds: std::ops::Range<u64>) -> Tally {
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
                    let tally = World::new(seed).run();
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

#[test]
fn sample_of_command_sequences() {
    if let Ok(seed) = std::env::var("RTBOOT_SEQUENCE") {
        let seed = seed.parse().expect("RTBOOT_SEQUENCE is a number");
        let mut world = World::new(seed);
        world.talk = true;
        let tally = world.run();
        tally.wrong.iter().for_each(|wrong| println!("{wrong}"));
        return check(&tally);
    }
    let tally = run(0..160);
    check(&tally);
    // a share in which nothing happens would prove nothing
    assert!(tally.refused() > 0 && tally.broken() > 60 && tally.succeeded() > 200);
}

#[test]
#[ignore = "5,000 sequences: minutes in release"]
fn five_thousand_command_sequences() {
    let seeds = std::env::var("RTBOOT_SEQUENCES").unwrap_or("1000..6000".into());
    let (from, to) = seeds.split_once("..").expect("RTBOOT_SEQUENCES=FROM..TO");
    let [from, to] = [from, to].map(|seed| seed.parse().expect("RTBOOT_SEQUENCES=FROM..TO"));
    let tally = run(from..to);
    check(&tally);
    let holes = tally.holes();
    assert!(tally.sequences < 4_000 || holes.is_empty(), "{holes:?}");
}
