//! The ledger's promises, on both databases: the same tests on a file and on a server.

mod server;

use std::path::Path;

use rtboot_ledger::{
    Error, Export, Finish, HighWater, JobRow, Ledger, NumberState, Open, PoolSpec, Refused,
    Station, Uid, Verdict, Want,
};
use tempfile::TempDir;

/// Where a test's ledger is; stations join it one by one.
enum Place {
    File(TempDir),
    #[cfg(feature = "postgres")]
    Server(String),
}

impl Place {
    fn join(&self, station: &Station) -> Ledger {
        self.try_join(station).expect("a ledger")
    }

    fn try_join(&self, station: &Station) -> Result<Ledger, Error> {
        match self {
            Place::File(folder) => Ledger::sqlite(&folder.path().join("line.db"), station),
            #[cfg(feature = "postgres")]
            Place::Server(address) => Ledger::postgres(address, station),
        }
    }

    /// A ledger with the job `job` and the pools `sn` and `mac`.
    fn ready(&self, name: &str) -> Ledger {
        let mut ledger = self.join(&Station::new(name));
        ledger
            .add_job(&JobRow::new("job", "product"))
            .expect("a job");
        for pool in [
            PoolSpec::serial("sn", "RT{value:04}{check:luhn}", 1, 50),
            PoolSpec::mac("mac", 0x001B_C500_0000, 0x001B_C500_00FF, 2),
        ] {
            ledger.add_pool(&pool).expect("a pool");
        }
        ledger
    }
}

fn on_each(test: impl Fn(&Place)) {
    test(&Place::File(tempfile::tempdir().expect("a folder")));
    #[cfg(feature = "postgres")]
    if let Some(address) = server::database() {
        test(&Place::Server(address));
    }
}

fn uid(n: u64) -> Uid {
    Uid::new((0x1000_0000_0000 + n).to_be_bytes()).expect("an id")
}

fn open(n: u64) -> Open {
    Open::new("job", "A", uid(n))
        .want(Want::next("sn"))
        .want(Want::next("mac"))
}

fn texts(ledger: &mut Ledger, n: u64) -> Vec<String> {
    let numbers = ledger.numbers_of(uid(n)).expect("numbers");
    numbers.into_iter().map(|number| number.text).collect()
}

fn refusal(result: Result<impl std::fmt::Debug, Error>) -> Refused {
    match result {
        Err(Error::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_unit_keeps_its_numbers_through_abort_failure_and_rework() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let first = ledger.open(&open(1)).expect("opened");
        assert_eq!(first.numbers[0].text, "RT00018");
        assert_eq!(first.numbers[1].text, "00:1b:c5:00:00:00");
        ledger
            .finish(
                &first.attempt,
                &Finish::new(Verdict::Aborted).because("pulled", "program"),
            )
            .expect("finished");
        let other = ledger.open(&open(2)).expect("opened");
        assert_eq!(other.numbers[0].text, "RT00026");
        assert_eq!(
            other.numbers[1].text, "00:1b:c5:00:00:02",
            "two addresses a unit"
        );
        ledger
            .finish(
                &other.attempt,
                &Finish::new(Verdict::Fail).because("verify", "verify"),
            )
            .expect("finished");
        let again = ledger.open(&open(1)).expect("opened");
        assert!(again.numbers.iter().all(|number| number.had));
        assert_eq!(again.numbers[0].text, "RT00018");
        ledger
            .finish(&again.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        let rework = Open {
            rework: true,
            ..open(1)
        };
        let rework = ledger.open(&rework).expect("opened");
        assert_eq!(rework.numbers[0].text, "RT00018");
        assert_eq!(rework.numbers[0].state, NumberState::Written);
        ledger
            .finish(&rework.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        let sn = &ledger.pools().expect("pools")[1];
        assert_eq!((sn.next, sn.left, sn.reserved, sn.written), (3, 48, 1, 1));
        assert_eq!(sn.next_text.as_deref(), Some("RT00034"));
        let mac = ledger.pools().expect("pools").remove(0);
        assert_eq!(mac.next_text.as_deref(), Some("00:1b:c5:00:00:04"));
        let left = [("mac".to_owned(), 126), ("sn".to_owned(), 48)];
        assert_eq!(ledger.pools_left().expect("pools"), left);
        let audit = ledger.audit(&[]).expect("an audit");
        assert_eq!(audit.wrong, Vec::<String>::new());
        assert_eq!((audit.attempts, audit.numbers), (4, 4));
    });
}

#[test]
fn a_call_that_is_repeated_changes_nothing() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let call = open(1);
        let first = ledger.open(&call).expect("opened");
        let second = ledger.open(&call).expect("opened again");
        assert_eq!(first.numbers[0].value, second.numbers[0].value);
        let pass = Finish::new(Verdict::Pass);
        ledger.finish(&call.attempt, &pass).expect("finished");
        ledger.finish(&call.attempt, &pass).expect("finished again");
        let fail = Finish::new(Verdict::Fail).because("x", "y");
        assert_eq!(
            refusal(ledger.finish(&call.attempt, &fail)).code(),
            "attempt-ended"
        );
        assert_eq!(refusal(ledger.open(&call)).code(), "attempt-ended");
        assert_eq!(
            ledger.verdict_of(&call.attempt).expect("read"),
            Some(Verdict::Pass)
        );
        assert_eq!(ledger.attempts(None, 10).expect("read").len(), 1);
    });
}

#[test]
fn a_unit_that_passed_or_that_another_station_has_is_refused() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let mut second = place.ready("second bench");
        let held = ledger.open(&open(1)).expect("opened");
        match refusal(second.open(&open(1))) {
            Refused::HeldElsewhere { station, slot } => {
                assert_eq!((&*station, &*slot), ("bench", "A"))
            }
            other => panic!("{other}"),
        }
        ledger
            .finish(&held.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        match refusal(second.open(&open(1))) {
            Refused::AlreadyPassed { numbers } => {
                assert_eq!(numbers, ["00:1b:c5:00:00:00", "RT00018"])
            }
            other => panic!("{other}"),
        }
        // a refusal leaves nothing behind: the next unit gets the next number
        assert_eq!(second.open(&open(2)).expect("opened").numbers[0].value, 2);
    });
}

#[test]
fn numbers_run_out_before_the_unit_is_touched() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        ledger
            .add_pool(&PoolSpec::serial("few", "F{value}", 7, 9).step(2))
            .expect("a pool");
        let few = |n| {
            Open::new("job", "A", uid(n))
                .want(Want::next("sn"))
                .want(Want::next("few"))
        };
        for (n, text) in [(1, "F7"), (2, "F9")] {
            let opened = ledger.open(&few(n)).expect("opened");
            assert_eq!(opened.numbers[1].text, text);
            ledger
                .finish(&opened.attempt, &Finish::new(Verdict::Pass))
                .expect("finished");
        }
        let refused = refusal(ledger.open(&few(3)));
        assert_eq!(
            refused,
            Refused::PoolEmpty {
                pool: "few".into(),
                last: 9
            }
        );
        // all or nothing: the other pool gave nothing either
        assert_eq!(texts(&mut ledger, 3), Vec::<String>::new());
        assert_eq!(ledger.pools().expect("pools")[2].next, 3);
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn pools_are_what_they_were_and_share_nothing() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        ledger
            .add_pool(&PoolSpec::serial("sn", "RT{value:04}{check:luhn}", 1, 50))
            .expect("the same");
        for (pool, code) in [
            (
                PoolSpec::serial("sn", "RT{value:04}{check:luhn}", 1, 51),
                "other-pool",
            ),
            (
                PoolSpec::serial("sn2", "RT{value:04}{check:luhn}", 50, 60),
                "pools-overlap",
            ),
            (
                PoolSpec::mac("mac2", 0x001B_C500_0080, 0x001B_C500_017F, 2),
                "pools-overlap",
            ),
            (
                PoolSpec::mac("mac3", 0x001B_C500_0100, 0x001B_C500_0102, 2),
                "bad-pool",
            ),
            (PoolSpec::serial("a", "{value}", 5, 4), "bad-pool"),
            (PoolSpec::serial("a", "{value}", 0, i64::MAX), "bad-pool"),
            (PoolSpec::serial("a", "{value}", 0, 9).step(0), "bad-pool"),
            (PoolSpec::serial("", "{value}", 0, 9), "bad-pool"),
            (PoolSpec::list("a", vec![]), "bad-pool"),
            (
                PoolSpec::list("a", vec!["x".into(), "x".into()]),
                "bad-pool",
            ),
            (
                PoolSpec::list("a", vec!["x".into(), String::new()]),
                "bad-pool",
            ),
        ] {
            assert_eq!(refusal(ledger.add_pool(&pool)).code(), code, "{pool:?}");
        }
        assert_eq!(ledger.pools().expect("pools").len(), 2);
    });
}

#[test]
fn lists_and_texts_from_outside_belong_to_one_unit() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let rows = vec!["key one".to_owned(), "key two".to_owned()];
        ledger
            .add_pool(&PoolSpec::list("keys", rows.clone()))
            .expect("a pool");
        ledger.add_pool(&PoolSpec::given("cloud")).expect("a pool");
        let both = |n, text: &str| {
            Open::new("job", "A", uid(n))
                .want(Want::next("keys"))
                .want(Want::given("cloud", text))
        };
        let opened = ledger.open(&both(1, "dev-1")).expect("opened");
        assert_eq!(
            (&*opened.numbers[0].text, &*opened.numbers[1].text),
            ("key one", "dev-1")
        );
        ledger
            .finish(&opened.attempt, &Finish::new(Verdict::Aborted))
            .expect("finished");
        let taken = refusal(ledger.open(&both(2, "dev-1")));
        assert_eq!(taken.code(), "text-taken");
        // the unit keeps its text, whatever the program says the second time
        let again = ledger.open(&both(1, "dev-9")).expect("opened");
        assert_eq!(again.numbers[1].text, "dev-1");
        ledger
            .finish(&again.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        assert_eq!(
            ledger.open(&both(2, "dev-2")).expect("opened").numbers[0].text,
            "key two"
        );
        let edited = vec![rows[0].clone(), "key 2".to_owned()];
        assert_eq!(
            refusal(ledger.add_pool(&PoolSpec::list("keys", edited))).code(),
            "other-pool"
        );
        let wrong_way = Open::new("job", "B", uid(3)).want(Want::given("sn", "x"));
        assert_eq!(refusal(ledger.open(&wrong_way)).code(), "bad-pool");
        let nothing = Open::new("job", "B", uid(3)).want(Want::next("cloud"));
        assert_eq!(refusal(ledger.open(&nothing)).code(), "bad-pool");
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn a_job_makes_no_unit_too_many() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let limited = JobRow {
            unit_limit: Some(2),
            ..JobRow::new("two", "two of them")
        };
        ledger.add_job(&limited).expect("a job");
        let open = |n, slot: &str| Open::new("two", slot, uid(n)).want(Want::next("sn"));
        let first = ledger.open(&open(1, "A")).expect("opened");
        let second = ledger.open(&open(2, "B")).expect("opened");
        assert_eq!(
            refusal(ledger.open(&open(3, "C"))),
            Refused::LimitReached { limit: 2 }
        );
        ledger
            .finish(&first.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        ledger
            .finish(
                &second.attempt,
                &Finish::new(Verdict::Fail).because("x", "y"),
            )
            .expect("finished");
        // the unit that failed gave its place back
        let third = ledger.open(&open(3, "C")).expect("opened");
        ledger
            .finish(&third.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        assert_eq!(
            refusal(ledger.open(&open(2, "B"))),
            Refused::LimitReached { limit: 2 }
        );
        // rework of a unit that passed takes no place
        let again = Open {
            rework: true,
            ..open(1, "A")
        };
        ledger.open(&again).expect("rework");
        assert_eq!(
            refusal(ledger.open(&Open::new("none", "A", uid(9)))),
            Refused::NoJob("none".into())
        );
    });
}

#[test]
fn what_a_dead_station_left_is_ended() {
    on_each(|place| {
        let station = Station::new("bench");
        let mut ledger = place.join(&station);
        ledger
            .add_job(&JobRow::new("job", "product"))
            .expect("a job");
        ledger
            .add_pool(&PoolSpec::serial("sn", "{value}", 1, 50))
            .expect("a pool");
        let open = |n, slot: &str| Open::new("job", slot, uid(n)).want(Want::next("sn"));
        let left = ledger.open(&open(1, "A")).expect("opened");
        let other = ledger.open(&open(2, "B")).expect("opened");
        drop(ledger);
        let mut ledger = place.join(&station);
        assert_eq!(ledger.recover().expect("recovered").len(), 2);
        assert_eq!(ledger.recover().expect("recovered").len(), 0);
        assert_eq!(
            ledger.verdict_of(&left.attempt).expect("read"),
            Some(Verdict::Aborted)
        );
        let late = ledger.finish(&other.attempt, &Finish::new(Verdict::Pass));
        assert_eq!(
            refusal(late).code(),
            "attempt-ended",
            "a pass nobody saw does not come true later"
        );
        assert_eq!(
            ledger.open(&open(2, "A")).expect("opened").numbers[0].value,
            2
        );
        // without recover(): the slot's next attempt ends the old one
        let next = ledger.open(&open(3, "A")).expect("opened");
        assert!(next.closed.is_some());
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn a_label_is_stored_with_the_verdict() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let opened = ledger.open(&open(1)).expect("opened");
        assert!(ledger.letters().expect("letters").is_empty());
        let pass =
            Finish::new(Verdict::Pass).letter("label", serde_json::json!({ "sn": "RT00018" }));
        ledger.finish(&opened.attempt, &pass).expect("finished");
        let letter = ledger.letters().expect("letters").remove(0);
        assert_eq!(
            (&*letter.hook, &*letter.body, letter.tries),
            ("label", r#"{"sn":"RT00018"}"#, 0)
        );
        ledger
            .told(&letter, Some("the printer is off"))
            .expect("stored");
        let letter = ledger.letters().expect("letters").remove(0);
        assert_eq!(
            (letter.tries, letter.error.as_deref()),
            (1, Some("the printer is off"))
        );
        ledger.told(&letter, None).expect("stored");
        assert!(ledger.letters().expect("letters").is_empty());
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn a_unit_without_an_id_gets_no_number() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let unknown = Open::unknown("job", "A").want(Want::next("sn"));
        let opened = ledger.open(&unknown).expect("opened");
        assert!(opened.numbers.is_empty());
        assert!(
            ledger
                .finish(&opened.attempt, &Finish::new(Verdict::Pass))
                .is_err(),
            "it cannot pass"
        );
        ledger
            .finish(
                &opened.attempt,
                &Finish::new(Verdict::Fail).because("no-board", "identify"),
            )
            .expect("finished");
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
    for text in [
        "0000000000000000",
        "ffffffffffffffff",
        "",
        "0123456789abcde",
        "0123456789abcdeg",
        "+123456789abcdef",
    ] {
        assert!(Uid::from_hex(text).is_err(), "{text}");
    }
}

#[test]
fn numbers_of_scrapped_units_are_void_for_ever() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let opened = ledger.open(&open(1)).expect("opened");
        assert_eq!(
            refusal(ledger.void("sn", 1, "scrapped")).code(),
            "not-voidable"
        );
        ledger
            .finish(
                &opened.attempt,
                &Finish::new(Verdict::Fail).because("x", "y"),
            )
            .expect("finished");
        ledger.void("sn", 1, "scrapped").expect("void");
        ledger.void("sn", 1, "scrapped").expect("void already");
        assert_eq!(refusal(ledger.void("sn", 2, "x")).code(), "not-voidable");
        assert_eq!(ledger.open(&open(2)).expect("opened").numbers[0].value, 2);
        let sn = &ledger.pools().expect("pools")[1];
        assert_eq!((sn.void, sn.reserved), (1, 1));
        assert!(ledger.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn history_is_found_by_id_and_by_number_and_exported() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let evil = Open {
            operator: "=HYPERLINK(\"x\")".into(),
            ..open(1)
        };
        let opened = ledger.open(&evil).expect("opened");
        let detail = serde_json::json!({ "phases_ms": { "erase": 40 } });
        ledger
            .finish(&opened.attempt, &Finish::new(Verdict::Pass).detail(detail))
            .expect("finished");
        let opened = ledger.open(&open(2)).expect("opened");
        ledger
            .finish(
                &opened.attempt,
                &Finish::new(Verdict::Fail).because("verify", "verify"),
            )
            .expect("finished");
        for of in ["RT00018", "0000100000000001", "00:1b:c5:00:00:00"] {
            let found = ledger.attempts(Some(of), 10).expect("read");
            assert_eq!(found.len(), 1, "{of}");
            assert_eq!(found[0].verdict, Verdict::Pass);
        }
        assert!(
            ledger
                .attempts(Some("' OR 1=1 --"), 10)
                .expect("read")
                .is_empty()
        );
        let all = i64::MIN..i64::MAX;
        let mut text = Vec::new();
        assert_eq!(
            ledger
                .export(Export::Csv, all.clone(), &mut text)
                .expect("exported"),
            2
        );
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{text}");
        let mut text = Vec::new();
        ledger
            .export(Export::Junit, all.clone(), &mut text)
            .expect("exported");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("tests=\"2\" failures=\"1\""), "{text}");
        let mut text = Vec::new();
        ledger
            .export(Export::Json, all.clone(), &mut text)
            .expect("exported");
        let lines = String::from_utf8(text).expect("text");
        let line: serde_json::Value =
            serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
        assert_eq!(line["numbers"][1], "RT00018");
        let report = ledger.report(all).expect("a report");
        assert_eq!(
            (
                report.passed,
                report.failed,
                report.units,
                report.first_pass
            ),
            (1, 1, 2, 1)
        );
        assert_eq!(report.phases["erase"], (40, 40));
        assert_eq!(
            (&*report.failures[0].code, report.failures[0].count),
            ("verify", 1)
        );
    });
}

#[test]
fn units_are_found_by_any_part_of_what_is_known() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        for n in [1, 2, 300] {
            let opened = ledger.open(&open(n)).expect("an attempt");
            ledger
                .finish(&opened.attempt, &Finish::new(Verdict::Pass))
                .expect("a verdict");
        }
        let again = Open {
            rework: true,
            ..open(1)
        };
        ledger.open(&again).expect("rework");

        let mut found = |text: &str, most| -> Vec<String> {
            let units = ledger.units(text, most).expect("units");
            units.into_iter().map(|unit| unit.uid).collect()
        };
        let ids = |ns: &[u64]| -> Vec<String> { ns.iter().map(|n| uid(*n).to_string()).collect() };
        assert_eq!(found("", 10), ids(&[1, 300, 2]), "the last tried is first");
        assert_eq!(found("", 1), ids(&[1]));
        assert_eq!(found("12c", 10), ids(&[300]), "a part of the id");
        assert_eq!(found("0000012C", 10), ids(&[300]), "in capitals");
        let serial = "RT00026";
        assert_eq!(found(serial, 10), ids(&[2]));
        assert_eq!(found(&serial.to_lowercase(), 10), ids(&[2]));
        assert_eq!(found("026", 10), ids(&[2]));
        for none in ["%", "_", "RT%", "!", "x' OR '1'='1", "\\", "\u{0}"] {
            let nothing: Vec<String> = Vec::new();
            assert_eq!(found(none, 10), nothing, "{none:?}");
        }

        let first = &ledger.units("", 1).expect("units")[0];
        assert_eq!((first.attempts, first.last.verdict), (2, Verdict::Open));
        assert_eq!(first.last.numbers.len(), 2);
        let on_first = ledger.attempts_on(uid(1), 10).expect("attempts");
        let verdicts: Vec<Verdict> = on_first.iter().map(|it| it.verdict).collect();
        assert_eq!(verdicts, [Verdict::Open, Verdict::Pass]);
        assert_eq!(ledger.attempts_on(uid(9), 10).expect("none").len(), 0);
    });
}

#[test]
fn a_ledger_for_reading_refuses_every_change() {
    on_each(|place| {
        let mut ledger = place.ready("bench");
        let opened = ledger.open(&open(1)).expect("an attempt");
        let station = ledger.station().clone();
        let mut reader = place.join(&station).read_only().expect("a reader");
        assert_eq!(reader.attempts(None, 10).expect("attempts").len(), 1);
        for result in [
            reader.open(&open(2)).map(|_| ()),
            reader.finish(&opened.attempt, &Finish::new(Verdict::Pass)),
            reader.add_job(&JobRow::new("other", "other")),
            reader.recover().map(|_| ()),
        ] {
            assert!(matches!(result, Err(Error::Unwritable(_))), "{result:?}");
        }
        let verdict = ledger.verdict_of(&opened.attempt).expect("a verdict");
        assert_eq!(verdict, Some(Verdict::Open));
        // what was refused holds no lock
        ledger
            .finish(&opened.attempt, &Finish::new(Verdict::Pass))
            .expect("a verdict");
        assert!(reader.audit(&[]).expect("an audit").is_good());
    });
}

#[test]
fn a_station_has_its_name_alone() {
    on_each(|place| {
        let station = Station::new("bench");
        place.join(&station);
        place.join(&station);
        let other = place.try_join(&Station::new("bench"));
        assert_eq!(refusal(other).code(), "station-name-taken");
    });
}

/// Copies a ledger's files.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for file in ["line.db", "line.db-wal"] {
        if from.join(file).exists() {
            std::fs::copy(from.join(file), to.join(file)).expect("copied");
        } else {
            let _ = std::fs::remove_file(to.join(file));
        }
    }
    let _ = std::fs::remove_file(to.join("line.db-shm"));
}

#[test]
fn a_restored_backup_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, backup) = (folder.path().join("db"), folder.path().join("backup"));
    std::fs::create_dir(&files).expect("a folder");
    let station = Station::new("bench");
    let marks = folder.path().join("marks.json");
    let join = || {
        let ledger = Ledger::sqlite(&files.join("line.db"), &station)?;
        ledger.watched_by(HighWater::open(&marks)?)
    };
    let mut ledger = join().expect("a ledger");
    ledger
        .add_job(&JobRow::new("job", "product"))
        .expect("a job");
    ledger
        .add_pool(&PoolSpec::serial("sn", "{value}", 1, 50))
        .expect("a pool");
    let open = |n| Open::new("job", "A", uid(n)).want(Want::next("sn"));
    ledger.open(&open(1)).expect("opened");
    drop(ledger);
    copy(&files, &backup);
    let mut ledger = join().expect("a ledger");
    ledger.open(&open(2)).expect("opened");
    drop(ledger);
    copy(&backup, &files);
    match join() {
        Err(Error::WentBack { what, seen, found }) => {
            assert_eq!(what, "the last entry of station bench");
            assert_ne!(seen, found);
        }
        other => panic!("{other:?}"),
    }
    // the backup went on without the marks: as many entries, but others
    let mut ledger = Ledger::sqlite(&files.join("line.db"), &station).expect("a ledger");
    for n in 3..6 {
        ledger.open(&open(n)).expect("opened");
    }
    drop(ledger);
    assert!(
        matches!(join(), Err(Error::WentBack { .. })),
        "a history that was written anew"
    );
    for file in ["line.db", "line.db-wal", "line.db-shm"] {
        let _ = std::fs::remove_file(files.join(file));
    }
    assert!(
        matches!(join(), Err(Error::OtherLedger { .. })),
        "a new, empty ledger"
    );
}

/// A ledger that has given number 1, a backup, numbers 2 and 3, the second of them to a unit that is being made; then the backup comes back.
fn restored_during_a_run(join: impl Fn() -> Ledger, backup: impl Fn(), restore: impl Fn()) {
    let open = |n: u64| Open::new("job", format!("slot {n}"), uid(n)).want(Want::next("sn"));
    let pass = Finish::new(Verdict::Pass);
    let mut first = join();
    first
        .add_job(&JobRow::new("job", "product"))
        .expect("a job");
    first
        .add_pool(&PoolSpec::serial("sn", "{value}", 1, 50))
        .expect("a pool");
    first.open(&open(1)).expect("opened");
    drop(first);
    backup();
    let mut ledger = join();
    let (two, three) = (open(2), open(3));
    assert_eq!(ledger.open(&two).expect("opened").numbers[0].value, 2);
    assert_eq!(ledger.open(&three).expect("opened").numbers[0].value, 3);
    restore();
    // a connection that broke is told first, and asked again
    let mut ask = |ask: &mut dyn FnMut(&mut Ledger) -> Result<(), Error>| match ask(&mut ledger) {
        Err(Error::Away(_)) => ask(&mut ledger),
        other => other,
    };
    let finished = ask(&mut |ledger| ledger.finish(&three.attempt, &pass));
    assert!(
        matches!(finished, Err(Error::WentBack { .. })),
        "no verdict: {finished:?}"
    );
    let opened = ask(&mut |ledger| ledger.open(&open(4)).map(drop));
    match opened {
        Err(Error::WentBack { what, seen, found }) => {
            assert_eq!(what, "the last entry of station bench");
            assert_ne!(seen, found);
        }
        other => panic!("a number of the past: {other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn file_restored_during_a_run_gives_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let station = Station::new("bench");
    let join = || {
        let ledger = Ledger::sqlite(&at("line.db"), &station).expect("a ledger");
        let marks = HighWater::open(at("marks.json")).expect("marks");
        ledger.watched_by(marks).expect("as it was")
    };
    let backup = || {
        std::fs::copy(at("line.db"), at("backup")).expect("copied");
    };
    // as people do it: the new file takes the old one's name, and its journal goes
    let restore = || {
        std::fs::rename(at("backup"), at("line.db")).expect("renamed");
        for file in ["line.db-wal", "line.db-shm"] {
            std::fs::remove_file(at(file)).expect("removed");
        }
    };
    restored_during_a_run(join, backup, restore);
}

#[cfg(unix)]
#[test]
fn file_that_is_gone_during_a_run_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::File(folder);
    let mut ledger = place.ready("bench");
    let Place::File(folder) = &place else { return };
    let at = |name: &str| folder.path().join(name);
    for file in ["line.db", "line.db-wal"] {
        std::fs::rename(at(file), at(&format!("away.{file}"))).expect("renamed");
    }
    let away = ledger.open(&open(1));
    assert!(matches!(away, Err(Error::Away(_))), "{away:?}");
    assert!(!at("line.db").exists(), "no new ledger in its place");
    for file in ["line.db", "line.db-wal"] {
        std::fs::rename(at(&format!("away.{file}")), at(file)).expect("renamed");
    }
    ledger.open(&open(1)).expect("it is back");
}

#[cfg(feature = "postgres")]
#[test]
fn server_restored_during_a_run_gives_no_number() {
    let Some(server) = server::shared() else {
        return;
    };
    let address = server.database();
    let folder = tempfile::tempdir().expect("a folder");
    let marks = folder.path().join("marks.json");
    let station = Station::new("bench");
    let join = || {
        let ledger = Ledger::postgres(&address, &station).expect("a ledger");
        let marks = HighWater::open(&marks).expect("marks");
        ledger.watched_by(marks).expect("as it was")
    };
    let backup = || server.administrate(&address, &["CREATE DATABASE {name}b TEMPLATE {name}"]);
    let restore = || {
        let drop = "DROP DATABASE {name} WITH (FORCE)";
        server.administrate(&address, &[drop, "CREATE DATABASE {name} TEMPLATE {name}b"]);
    };
    restored_during_a_run(join, backup, restore);
}

#[test]
fn the_database_itself_refuses_what_breaks_a_promise() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::File(folder);
    let mut ledger = place.ready("bench");
    let opened = ledger.open(&open(1)).expect("opened");
    ledger
        .finish(&opened.attempt, &Finish::new(Verdict::Pass))
        .expect("finished");
    let Place::File(folder) = &place else {
        unreachable!()
    };
    let raw = rusqlite::Connection::open(folder.path().join("line.db")).expect("a database");
    for sql in [
        "UPDATE pool SET next = 1 WHERE id = 'sn'",
        "UPDATE pool SET last = 99 WHERE id = 'sn'",
        "DELETE FROM assignment",
        "UPDATE assignment SET uid = '0000000000000009'",
        "UPDATE assignment SET state = 'reserved'",
        "UPDATE attempt SET verdict = 'fail', code = 'x'",
        "DELETE FROM attempt",
        "DELETE FROM entry",
        "UPDATE entry SET body = '{}'",
        "DELETE FROM unit",
        "INSERT INTO assignment SELECT pool, value, 'again', uid, attempt, state FROM assignment",
        "INSERT INTO unit VALUES ('0000000000000000', 'x', 0)",
    ] {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
    assert!(ledger.audit(&[]).expect("an audit").is_good());
}

#[test]
fn an_audit_names_what_was_changed() {
    let changes = [
        (
            "UPDATE attempt SET verdict = 'pass', code = NULL WHERE verdict = 'fail'",
            "was changed",
        ),
        (
            "DELETE FROM outbox; DELETE FROM attempt WHERE verdict = 'aborted'",
            "is gone",
        ),
        (
            "UPDATE assignment SET value = 40 WHERE pool = 'sn' AND value = 2",
            "has no entry",
        ),
        (
            "UPDATE assignment SET state = 'written'",
            "its entries say reserved",
        ),
        ("UPDATE pool SET next = 9 WHERE id = 'sn'", "goes on with 9"),
        (
            "UPDATE entry SET body = replace(body, 'verify', 'nothing')",
            "its hash does not fit",
        ),
        (
            "UPDATE entry SET at = at + 1 WHERE seq = 5",
            "entry 5 of station bench was changed",
        ),
        ("DELETE FROM entry WHERE seq = 5", "follows entry 4"),
        (
            "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
            "the end was cut off",
        ),
        (
            "PRAGMA foreign_keys=OFF; DELETE FROM entry; DELETE FROM station",
            "is gone",
        ),
    ];
    for (change, finding) in changes {
        let place = Place::File(tempfile::tempdir().expect("a folder"));
        let mut ledger = place.ready("bench");
        let passed = ledger.open(&open(1)).expect("opened");
        ledger
            .finish(&passed.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        let failed = ledger.open(&open(2)).expect("opened");
        ledger
            .finish(
                &failed.attempt,
                &Finish::new(Verdict::Fail).because("verify", "verify"),
            )
            .expect("finished");
        let aborted = ledger.open(&Open::new("job", "A", uid(3))).expect("opened");
        ledger
            .finish(&aborted.attempt, &Finish::new(Verdict::Aborted))
            .expect("finished");
        let head = ledger.head_of_chain().expect("a head");
        let heads = [(head.station, head.seq, head.hash)];
        assert!(ledger.audit(&heads).expect("an audit").is_good());
        let Place::File(folder) = &place else {
            unreachable!()
        };
        let raw = rusqlite::Connection::open(folder.path().join("line.db")).expect("a database");
        // somebody with write access to the file: triggers do not stop him
        let triggers: Vec<String> = raw
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect())
            .expect("triggers");
        for trigger in triggers {
            raw.execute_batch(&format!("DROP TRIGGER {trigger}"))
                .expect("dropped");
        }
        raw.execute_batch("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON")
            .expect("set");
        raw.execute_batch(change)
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        let audit = ledger.audit(&heads).expect("an audit");
        let found = audit.wrong.iter().any(|wrong| wrong.contains(finding));
        assert!(found, "{change}: {:?}", audit.wrong);
    }
}

#[test]
fn files_of_other_programs_are_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("line.db");
    let raw = rusqlite::Connection::open(&file).expect("a database");
    raw.execute_batch("CREATE TABLE music (title TEXT)")
        .expect("made");
    let error = Ledger::sqlite(&file, &Station::new("bench")).expect_err("refused");
    assert_eq!(error.code(), "not-a-ledger");
    let later = folder.path().join("later.db");
    Ledger::sqlite(&later, &Station::new("bench")).expect("a ledger");
    rusqlite::Connection::open(&later)
        .expect("a database")
        .execute_batch("PRAGMA user_version=99")
        .expect("set");
    let error = Ledger::sqlite(&later, &Station::new("bench")).expect_err("refused");
    assert!(error.to_string().contains("use a newer rtboot"), "{error}");
    std::fs::write(
        folder.path().join("text.db"),
        "no database at all, but long enough to be read as one ……",
    )
    .expect("written");
    assert!(Ledger::sqlite(&folder.path().join("text.db"), &Station::new("bench")).is_err());
    let nowhere = Ledger::sqlite(Path::new("/nowhere/line.db"), &Station::new("bench"))
        .expect_err("no folder");
    assert_eq!(nowhere.code(), "ledger-unwritable");
}
