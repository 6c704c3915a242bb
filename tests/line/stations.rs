//! Two stations on one server that crashes and comes back.

use std::time::{Duration, Instant};

use super::floor::Floor;
use super::server::Server;
use crate::kit::random::Random;

/// So many units on two stations; both lines are killed, and the server crashes so often.
fn shared(slots: usize, units: usize, (kills, crashes): (u64, u32), seed: u64) {
    let Some(server) = Server::start() else {
        return;
    };
    let mut floor = Floor::new(2, slots, units, seed, Some(server.database()));
    let mut random = Random::seeded(seed + 1);
    let (mut next, mut crashed, mut up_at) = (Instant::now(), 0, None);
    floor.run(|floor| {
        if up_at.is_some_and(|at| Instant::now() >= at) {
            assert!(server.up(), "the server comes back");
            up_at = None;
        }
        if Instant::now() < next {
            return;
        }
        next = Instant::now() + Duration::from_millis(300 + random.below(900) as u64);
        if up_at.is_none() && crashed < crashes && random.below(2) == 0 {
            assert!(server.kill(), "the server crashes");
            crashed += 1;
            up_at = Some(Instant::now() + Duration::from_millis(random.below(2500) as u64));
        } else if floor.kills < kills && up_at.is_none() {
            floor.kill(random.below(2));
        }
    });
    if up_at.is_some() {
        assert!(server.up(), "the server comes back");
    }
    println!("{} kills, {crashed} crashes", floor.kills);
    floor.check();
}

#[test]
fn two_stations_share_a_server_that_crashes() {
    shared(3, 40, (6, 4), 3);
}

#[test]
#[ignore = "the full measure: an hour"]
fn two_stations_a_thousand_units() {
    shared(4, 1000, (100, 40), 4);
}
