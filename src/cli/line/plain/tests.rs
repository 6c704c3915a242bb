//! What is told of a line, exactly.

use std::cell::Cell;

use rtboot::event::Stage;
use rtboot::line::{LineState, PoolLeft, SlotPhase, SlotState, Told, UnitWords, Watch};

use super::{follow, utc};
use crate::cli::line::Bell;

type Step = fn(&mut LineState);

/// All that is told when the line goes through these steps.
fn told(bell: Bell, steps: &[Step]) -> String {
    let watch = Watch::new();
    watch.change(begin);
    let next = Cell::new(0);
    // a step is done each time that the end is asked for, so that each is seen
    let ended = || match steps.get(next.replace(next.get() + 1)) {
        Some(step) => {
            watch.change(step);
            false
        }
        None => true,
    };
    let mut out = Vec::new();
    follow(&watch, &ended, &mut out, &|| "12:03:11".to_owned(), bell).expect("memory");
    String::from_utf8(out).expect("text")
}

fn begin(state: &mut LineState) {
    state.job.name = "Sensor Node A".to_owned();
    state.job.id = "3f9a2c41d05be778".repeat(4);
    state.job.units = Some(500);
    state.station = "bench-1".to_owned();
    state.operator = "Ana".to_owned();
    let mut pool = PoolLeft::default();
    (pool.pool, pool.left) = ("serial".to_owned(), 872);
    state.pools.push(pool);
    for name in ["A", "B"] {
        let mut slot = SlotState::default();
        slot.name = name.to_owned();
        state.slots.push(slot);
    }
}

fn work(state: &mut LineState, stage: Stage, done: u64) {
    let mut unit = UnitWords::default();
    unit.uid = "3c92000000000011".to_owned();
    unit.numbers = vec!["RT000017".to_owned()];
    state.slots[0].unit = Some(unit);
    state.slots[0].phase = SlotPhase::Working {
        stage,
        done,
        total: 65536,
        percent: 5,
    };
}

#[test]
fn verdict_that_was_replaced_before_a_look_is_told() {
    // with real time between two looks a slot may show a verdict and be empty again
    let steps: &[Step] = &[
        |state| {
            work(state, Stage::Verify, 0);
            state.slots[0].phase = SlotPhase::Passed { took_ms: 4210 };
            state.show_verdict(0);
            state.slots[0].unit = None;
            state.slots[0].phase = SlotPhase::Empty;
        },
        |state| state.operator = "Bea".to_owned(),
        |state| {
            work(state, Stage::Verify, 0);
            state.slots[0].phase = SlotPhase::Passed { took_ms: 4300 };
            state.show_verdict(0);
        },
    ];
    let told = told(Bell::Never, steps);
    let lines: Vec<&str> = told.lines().skip(1).map(|line| &line[9..]).collect();
    assert_eq!(
        lines,
        [
            "slot A: PASS RT000017 in 4.2 s - take the board out",
            "slot A: READY - put a board in",
            "slot B: READY - put a board in",
            "line: operator Bea",
            "slot A: PASS RT000017 in 4.3 s - take the board out",
            "passed 0 of 500, failed 0"
        ],
        "{told}"
    );
}

#[test]
fn each_change_of_a_slot_is_one_line() {
    let steps: &[Step] = &[
        |state| state.slots[0].phase = SlotPhase::Asking,
        |state| work(state, Stage::Program, 0),
        |state| work(state, Stage::Program, 4096),
        |state| work(state, Stage::Program, 65536),
        |state| work(state, Stage::Verify, 0),
        |state| {
            state.slots[0].phase = SlotPhase::Passed { took_ms: 4210 };
            state.counts.passed = 1;
        },
        |state| {
            state.slots[0].phase = SlotPhase::Empty;
            state.slots[0].unit = None;
            let told = Told::new("verify", "flash differs at 0x60001000")
                .next("put the board aside as bad");
            state.slots[1].phase = SlotPhase::Failed { told };
            state.counts.failed = 1;
        },
        |state| state.slots[1].phase = SlotPhase::Off,
    ];
    let expected = "\
12:03:11 Sensor Node A, job 3f9a2c41, station bench-1, operator Ana, left 872 serial
12:03:11 slot B: READY - put a board in
12:03:11 slot A: BUSY: asking the chip who it is - leave the board in
12:03:11 slot A: BUSY RT000017: program
12:03:11 slot A: BUSY RT000017: verify
12:03:11 slot A: PASS RT000017 in 4.2 s - take the board out
12:03:11 slot A: READY - put a board in
12:03:11 slot B: FAIL: verify: flash differs at 0x60001000 - put the board aside as bad
12:03:11 slot B: OFF
12:03:11 passed 1 of 500, failed 1, yield 50.0 %
";
    let mut lines: Vec<String> = told(Bell::Never, steps)
        .lines()
        .map(str::to_owned)
        .collect();
    // both slots are told with the first change
    lines.sort_by_key(|line| !line.contains("Sensor"));
    lines.swap(1, 2);
    assert_eq!(lines.join("\n") + "\n", expected);
}

#[test]
fn what_holds_up_the_line_is_told_once() {
    let steps: &[Step] = &[
        |state| state.ledger_away = Some("10.0.0.7:5432 refused".to_owned()),
        |state| state.letters_waiting = 1,
        |state| state.letters_waiting = 2,
        |state| state.hook_error = Some("the printer\nis off\x1b[2J".to_owned()),
        |state| state.ledger_away = None,
        |state| {
            state.letters_waiting = 0;
            state.hook_error = None;
        },
        |state| state.stopping = true,
        |state| {
            let told = Told::new("unit-limit", "500 units passed").next("pack a new job");
            state.ended = Some(told);
        },
    ];
    let expected = "\
12:03:11 line: NO DATABASE - no board is begun, no result is shown: 10.0.0.7:5432 refused
12:03:11 line: 1 letter waits for its hook
12:03:11 line: 2 letters wait for their hooks: the printer is off\\x1b[2J
12:03:11 line: the database is back
12:03:11 line: no letter waits for its hook any more
12:03:11 line: STOPPING - boards that are busy are finished, no other is begun; Ctrl-C once more aborts them
12:03:11 line: ENDED - 500 units passed - pack a new job
";
    let text = told(Bell::Never, steps);
    let lines = text.lines().filter(|line| line.contains("line:"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.join("\n") + "\n", expected);
}

#[test]
fn bell_ends_the_line_of_a_verdict() {
    let steps: &[Step] = &[|state| state.slots[0].phase = SlotPhase::Passed { took_ms: 900 }];
    let line = "12:03:11 slot A: PASS in 0.9 s - take the board out";
    let rings = |bell| {
        let text = told(bell, steps);
        let line = text.lines().find_map(|it| it.strip_prefix(line));
        line.expect("the verdict").to_owned()
    };
    assert_eq!(rings(Bell::Always), "\x07\x07");
    assert_eq!(rings(Bell::Bad), "");
}

#[test]
fn reader_that_goes_away_ends_nothing() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let watch = Watch::new();
    watch.change(begin);
    let asked = Cell::new(0);
    let ended = || {
        watch.change(|state| state.letters_waiting += 1);
        asked.replace(asked.get() + 1) == 5
    };
    let lost = follow(&watch, &ended, &mut Gone, &String::new, Bell::Never);
    assert_eq!(
        lost.map_err(|error| error.kind()),
        Err(std::io::ErrorKind::BrokenPipe)
    );
    assert_eq!(asked.get(), 6, "it was followed to the end");
}

#[test]
fn time_of_day_has_two_digits_each() {
    let time = utc();
    let parts: Vec<&str> = time.split(':').collect();
    assert!(
        parts.len() == 3 && parts.iter().all(|part| part.len() == 2),
        "{time}"
    );
}
