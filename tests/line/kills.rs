//! Lines that are killed at any instant: no number twice, no row lost, no bad unit passed.

use std::time::{Duration, Instant};

use super::floor::Floor;
use crate::kit::random::Random;

/// So many units in so many slots, while the line is killed so often.
fn killed(slots: usize, units: usize, kills: u64, seed: u64) {
    let mut floor = Floor::new(1, slots, units, seed, None);
    let mut random = Random::seeded(seed + 1);
    let mut next = Instant::now();
    floor.run(|floor| {
        if floor.kills < kills && Instant::now() >= next {
            next = Instant::now() + Duration::from_millis(random.below(900) as u64);
            if floor.kills > 0 || units > 0 {
                floor.kill(0);
            }
        }
    });
    println!("{} kills", floor.kills);
    floor.check();
}

#[test]
fn killed_line_gives_no_number_twice_and_loses_no_row() {
    killed(8, 60, 20, 1);
}

#[test]
#[ignore = "the full measure: an hour"]
fn two_hundred_kills_and_a_thousand_units() {
    killed(8, 1000, 200, 2);
}
