//! States of a line.

use rtboot::event::Stage;
use rtboot::line::{LineState, PoolLeft, SlotPhase, SlotState, Told, UnitWords};

fn line(name: &str) -> LineState {
    let mut state = LineState::default();
    state.job.name = name.to_owned();
    state.job.id = "3f9a2c41d05be7786e1f".repeat(4)[..64].to_owned();
    state.job.units = Some(500);
    state.station = "bench-1".to_owned();
    state.operator = "Ana".to_owned();
    state.counts.passed = 128;
    state.counts.failed = 3;
    state.counts.refused = 1;
    for (name, left) in [("serial", 872), ("mac", 1744)] {
        let mut pool = PoolLeft::default();
        pool.pool = name.to_owned();
        pool.left = left;
        state.pools.push(pool);
    }
    state
}

fn slot(name: &str, board: &str, phase: SlotPhase, number: Option<u32>) -> SlotState {
    let mut slot = SlotState::default();
    slot.name = name.to_owned();
    slot.board = board.to_owned();
    slot.phase = phase;
    slot.unit = number.map(|number| {
        let mut unit = UnitWords::default();
        unit.uid = format!("3c92{number:012x}");
        unit.numbers = vec![
            format!("RT{number:06}"),
            format!("02:00:5e:10:{:02x}:{:02x}", number >> 8, number & 0xff),
        ];
        unit
    });
    slot
}

fn working(stage: Stage, done: u64, percent: u8) -> SlotPhase {
    SlotPhase::Working {
        stage,
        done,
        total: 256 << 10,
        percent,
    }
}

fn verify() -> Told {
    Told::new(
        "verify",
        "flash differs at 0x60001a40: expected 0xd1, found 0xff",
    )
    .next("take the board out and put it aside as bad")
    .next("clean the pins of this slot")
}

fn phases() -> Vec<(SlotPhase, bool)> {
    let probe = Told::new("debug-probe", "an MCU-Link debug probe is plugged in here")
        .next("use the board's own USB socket");
    let pulled = Told::new("unplugged", "the board went away while it was programmed")
        .next("put the same board in again: it keeps its number");
    let done = Told::new(
        "already-passed",
        "this unit passed on 2026-11-27 as RT000009",
    )
    .next("put it with the good ones");
    let out = Told::new("slot-failures", "3 units in a row failed in this slot")
        .next("check the pins of this slot");
    vec![
        (SlotPhase::Empty, false),
        (working(Stage::Program, 148 << 10, 57), true),
        (SlotPhase::Passed { took_ms: 4210 }, true),
        (SlotPhase::Failed { told: verify() }, true),
        (SlotPhase::Refused { told: done }, true),
        (SlotPhase::Aborted { told: pulled }, true),
        (SlotPhase::NoBoard { told: probe }, false),
        (SlotPhase::AwaitsLedger, true),
        (SlotPhase::Out { told: out }, false),
        (SlotPhase::Asking, false),
        (SlotPhase::Off, false),
    ]
}

/// A line where every slot is in another phase, as far as there are phases.
pub fn busy(slots: usize) -> LineState {
    let mut state = line("Sensor Node A");
    let order = [1, 2, 3, 0, 2, 9, 4, 5, 6, 8];
    let phases = phases();
    for number in 0..slots {
        let (phase, unit) = &phases[order[number % order.len()]];
        let (row, column) = (number / 8, number % 8);
        let row = char::from(b'A' + u8::try_from(row).expect("few rows"));
        let name = format!("{row}{}", column + 1);
        let board = format!("usb:1-4.{}.{}", number / 8 + 1, column + 1);
        let serial = 17 + u32::try_from(number).expect("few slots");
        let mut slot = slot(&name, &board, phase.clone(), unit.then_some(serial));
        slot.counts.passed = 16;
        slot.counts.failed = u64::from(column == 2);
        state.slots.push(slot);
    }
    state
}

/// One slot for each phase.
pub fn every_phase() -> LineState {
    let mut state = line("Sensor Node A");
    for (number, (phase, unit)) in (0_u8..).zip(phases()) {
        let name = char::from(b'A' + number).to_string();
        let board = format!("usb:1-4.{}", number + 1);
        let serial = unit.then_some(17 + u32::from(number));
        let mut slot = slot(&name, &board, phase, serial);
        slot.failures_in_a_row = if number == 8 { 3 } else { 0 };
        state.slots.push(slot);
    }
    state
}

/// Names that do harm, or take much room.
pub fn hostile() -> LineState {
    let evil = "\x1b[2J\x1b]0;owned\x07\rPASS\u{202e}live\u{9b}31m";
    let long = "a-very-long-name-without-a-blank-".repeat(40);
    let wide = "漢字の名前がとても長い製品".repeat(9);
    let mut state = line(&wide);
    state.station = long.clone();
    state.operator = evil.to_owned();
    state.hook_error = Some(format!("{evil}\n{long}"));
    state.letters_waiting = 7;
    state.pools[0].pool = evil.to_owned();
    for (number, text) in (0..).zip([
        evil,
        &long,
        &wide,
        "Z\u{351}\u{36b}\u{343}👩\u{200d}🔧 e\u{301}",
    ]) {
        let told = || Told::new(text, text).next(text);
        for phase in [
            SlotPhase::Failed { told: told() },
            SlotPhase::Refused { told: told() },
        ] {
            let mut slot = slot(text, text, phase, Some(number));
            if let Some(unit) = &mut slot.unit {
                unit.numbers[0] = text.to_owned();
            }
            state.slots.push(slot);
        }
    }
    state
}

/// What the documentation shows.
pub fn picture() -> LineState {
    let mut state = line("Sensor Node A");
    let phases = phases();
    for (number, name, phase) in [(17, "A", 1), (18, "B", 2), (19, "C", 3), (20, "D", 0)] {
        let (phase, unit) = phases[phase].clone();
        let board = format!("usb:1-4.{}", number - 16);
        let mut slot = slot(name, &board, phase, unit.then_some(number));
        slot.counts.passed = 32;
        slot.counts.failed = u64::from(name == "C");
        state.slots.push(slot);
    }
    state
}
