//! Power cuts, kills and servers that crash: what was told is there, and no number is given twice.

mod server;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rtboot_ledger::{
    Error, Finish, HighWater, JobRow, Ledger, Open, PoolSpec, Refused, Station, Uid, Verdict, Want,
};

fn uid(n: u64) -> Uid {
    Uid::new((0x1000_0000_0000 + n).to_be_bytes()).expect("an id")
}

fn prepared(ledger: &mut Ledger) {
    ledger
        .add_job(&JobRow::new("job", "product"))
        .expect("a job");
    ledger
        .add_pool(&PoolSpec::serial("sn", "{value}", 1, 1_000_000))
        .expect("a pool");
}

/// What was told when the log had this length.
struct Told {
    length: usize,
    /// Units with their numbers and whether they had passed.
    units: BTreeMap<u64, (i64, bool)>,
    marks: Vec<u8>,
}

/// SQLite in WAL mode adds to one file until it has synced it. A power cut leaves a beginning of that file, and behind it what the
/// disk has not stored yet: nothing, zeros, or anything.
#[test]
fn a_power_cut_after_any_write_loses_nothing_that_was_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (db, marks) = (
        folder.path().join("line.db"),
        folder.path().join("marks.json"),
    );
    let station = Station::new("bench");
    let mut told = Vec::new();
    let mut units = BTreeMap::new();
    let mut ledger = Ledger::sqlite(&db, &station)
        .and_then(|ledger| ledger.watched_by(HighWater::open(&marks)?))
        .expect("a ledger");
    prepared(&mut ledger);
    let mut tell = |units: &BTreeMap<u64, (i64, bool)>| {
        let log = std::fs::metadata(db.with_extension("db-wal")).expect("a log");
        told.push(Told {
            length: log.len() as usize,
            units: units.clone(),
            marks: std::fs::read(&marks).expect("marks"),
        });
    };
    tell(&units);
    for n in 0..8 {
        let opened = ledger
            .open(&Open::new("job", "A", uid(n)).want(Want::next("sn")))
            .expect("opened");
        units.insert(n, (opened.numbers[0].value, false));
        tell(&units);
        ledger
            .finish(&opened.attempt, &Finish::new(Verdict::Pass))
            .expect("finished");
        units.insert(n, (opened.numbers[0].value, true));
        tell(&units);
    }
    // before the last connection closes: it would empty the log
    let (base, log) = (
        std::fs::read(&db).expect("a file"),
        std::fs::read(db.with_extension("db-wal")).expect("a log"),
    );
    drop(ledger);
    let first = told[0].length;
    let cuts = (first..log.len())
        .step_by(1777)
        .chain(told.iter().map(|told| told.length));
    let mut looked = 0;
    for (turn, cut) in cuts.enumerate() {
        let mut torn = log[..cut].to_vec();
        match turn % 3 {
            0 => {}
            1 => torn.resize(log.len(), 0),
            // old contents of the disk: the frames of another time
            _ => torn.extend_from_slice(&log[..log.len() - cut]),
        }
        let after = tempfile::tempdir().expect("a folder");
        let there = after.path().join("line.db");
        std::fs::write(&there, &base).expect("written");
        std::fs::write(there.with_extension("db-wal"), &torn).expect("written");
        let last = told
            .iter()
            .rev()
            .find(|told| told.length <= cut)
            .expect("the first");
        let mut ledger = Ledger::sqlite(&there, &station).expect("it opens");
        let audit = ledger.audit(&[]).expect("an audit");
        assert!(audit.is_good(), "cut at {cut}: {:?}", audit.wrong);
        for (n, (value, passed)) in &last.units {
            let numbers = ledger.numbers_of(uid(*n)).expect("numbers");
            assert_eq!(numbers[0].value, *value, "cut at {cut}: unit {n}");
            let verdict = ledger
                .attempts(Some(&uid(*n).to_string()), 1)
                .expect("attempts")[0]
                .verdict;
            assert!(
                !passed || verdict == Verdict::Pass,
                "cut at {cut}: unit {n} is {verdict}"
            );
        }
        let marks = after.path().join("marks.json");
        std::fs::write(&marks, &last.marks).expect("written");
        let watched = ledger.watched_by(HighWater::open(&marks).expect("marks"));
        let mut ledger =
            watched.unwrap_or_else(|error| panic!("cut at {cut}: a false alarm: {error}"));
        ledger.recover().expect("recovered");
        let next = ledger
            .open(&Open::new("job", "A", uid(99)).want(Want::next("sn")))
            .expect("opened");
        let given: Vec<i64> = last.units.values().map(|(value, _)| *value).collect();
        assert!(
            !given.contains(&next.numbers[0].value),
            "cut at {cut}: a number twice"
        );
        // a disk that says "synced" and is not loses what was told: the marks show it
        if let Some(later) = told.iter().find(|told| told.length > cut) {
            std::fs::write(&marks, &later.marks).expect("written");
            drop(ledger);
            std::fs::write(&there, &base).expect("written");
            std::fs::write(there.with_extension("db-wal"), &torn[..cut]).expect("written");
            let _ = std::fs::remove_file(there.with_extension("db-shm"));
            let ledger = Ledger::sqlite(&there, &station).expect("it opens");
            let watched = ledger.watched_by(HighWater::open(&marks).expect("marks"));
            assert!(
                matches!(watched, Err(Error::WentBack { .. })),
                "cut at {cut}: not seen"
            );
        }
        looked += 1;
    }
    assert!(looked > 100, "{looked} cuts");
}

const CHILD: &str = "RTBOOT_LEDGER_CHILD";

/// Not a test of its own: a station that works until it is killed. The test below starts it.
#[test]
fn station() {
    let Ok(settings) = std::env::var(CHILD) else {
        return;
    };
    let [place, id, name, first, last]: [&str; 5] = settings
        .split('|')
        .collect::<Vec<_>>()
        .try_into()
        .expect("five settings");
    let station = Station {
        id: id.into(),
        name: name.into(),
    };
    let join = || match place.strip_prefix("file:") {
        Some(file) => Ledger::sqlite(Path::new(file), &station),
        #[cfg(feature = "postgres")]
        None => Ledger::postgres(place, &station),
        #[cfg(not(feature = "postgres"))]
        None => panic!("no server"),
    };
    let mut ledger = loop {
        match join() {
            Ok(ledger) => break ledger,
            Err(error) if error.is_passing() => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => panic!("{error}"),
        }
    };
    let recovered = persist(|| ledger.recover());
    assert!(recovered.is_ok(), "{recovered:?}");
    for n in first.parse::<u64>().expect("a number")..last.parse().expect("a number") {
        let open = Open::new("job", "A", uid(n)).want(Want::next("sn"));
        let opened = match persist(|| ledger.open(&open)) {
            Ok(opened) => opened,
            Err(Error::Refused(Refused::AlreadyPassed { .. })) => continue,
            Err(error) => panic!("{error}"),
        };
        println!("TOLD {n} number {}", opened.numbers[0].value);
        if let Err(error) = persist(|| ledger.finish(&open.attempt, &Finish::new(Verdict::Pass))) {
            panic!("{error}");
        }
        println!("TOLD {n} pass {}", opened.numbers[0].value);
    }
    println!("TOLD all");
}

/// The same call until the database answers.
fn persist<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(error) if error.is_passing() => std::thread::sleep(Duration::from_millis(50)),
            other => return other,
        }
    }
}

fn start(settings: &str) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "station", "--nocapture"])
        .env(CHILD, settings)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("a station")
}

/// Takes down what a station tells, until it dies; `true` when it had done all.
fn listen(child: &mut Child, told: &mut BTreeMap<(u64, String), i64>, lines: usize) -> bool {
    let output = BufReader::new(child.stdout.take().expect("its output"));
    let (mut count, mut done) = (0, false);
    // to the end, also behind the last word: a runner that cannot print complains
    for line in output.lines().map_while(Result::ok) {
        // the test runner's own words may stand before it on the line
        let Some(at) = line.find("TOLD ") else {
            continue;
        };
        let words: Vec<&str> = line[at + 5..].split(' ').collect();
        match words[..] {
            ["all"] => done = true,
            [n, what, value] => {
                let key = (n.parse().expect("a unit"), what.to_owned());
                told.insert(key, value.parse().expect("a number"));
                count += 1;
            }
            _ => panic!("{line}"),
        }
        if count >= lines && !done {
            // in the middle of what comes next
            let _ = child.kill();
        }
    }
    done
}

/// A simple, fixed sequence of random numbers.
fn random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Every number once, every pass that was told there, chain and tables whole: looked at by a reader of its own.
fn check(ledger: &mut Ledger, told: &BTreeMap<(u64, String), i64>, units: u64) {
    let mut numbers = BTreeMap::new();
    for n in 0..units {
        let number = ledger.numbers_of(uid(n)).expect("numbers").remove(0);
        assert_eq!(
            numbers.insert(number.value, n),
            None,
            "number {} twice",
            number.value
        );
        let attempts = ledger
            .attempts(Some(&uid(n).to_string()), 100)
            .expect("attempts");
        let passes = attempts
            .iter()
            .filter(|attempt| attempt.verdict == Verdict::Pass)
            .count();
        assert_eq!(passes, 1, "unit {n}");
    }
    assert_eq!(
        numbers.last_key_value().map(|(last, _)| *last),
        Some(units as i64),
        "no number was lost"
    );
    for ((n, what), value) in told {
        assert_eq!(numbers.get(value), Some(n), "unit {n}: {what} {value}");
    }
    let audit = ledger.audit(&[]).expect("an audit");
    assert!(audit.is_good(), "{:?}", audit.wrong);
}

#[test]
fn killed_stations_give_no_number_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("line.db");
    let bench = Station::new("bench");
    prepared(&mut Ledger::sqlite(&file, &bench).expect("a ledger"));
    let settings = format!("file:{}|{}|bench|0|160", file.display(), bench.id);
    let (mut told, mut seed, mut kills) = (BTreeMap::new(), 7, 0);
    loop {
        let mut child = start(&settings);
        let lines = 1 + random(&mut seed) as usize % 29;
        let done = listen(&mut child, &mut told, lines);
        let _ = child.wait();
        if done {
            break;
        }
        kills += 1;
        assert!(kills < 100, "it gets on");
    }
    assert!(kills > 15, "{kills} kills");
    let mut reader = Ledger::sqlite(&file, &Station::new("reader")).expect("a ledger");
    check(&mut reader, &told, 160);
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_that_crashes_under_two_stations_gives_no_number_twice() {
    let Some(server) = server::Server::start() else {
        return;
    };
    let address = server.database();
    let stations = [Station::new("one"), Station::new("two")];
    for station in &stations {
        prepared(&mut Ledger::postgres(&address, station).expect("a ledger"));
    }
    let mut told = BTreeMap::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = stations
            .iter()
            .zip(["0|100", "100|200"])
            .map(|(station, units)| {
                let settings = format!("{address}|{}|{}|{units}", station.id, station.name);
                scope.spawn(move || {
                    let mut told = BTreeMap::new();
                    let mut seed = units.len() as u64;
                    for _ in 0..100 {
                        let mut child = start(&settings);
                        let lines = 20 + random(&mut seed) as usize % 60;
                        let done = listen(&mut child, &mut told, lines);
                        let _ = child.wait();
                        if done {
                            return told;
                        }
                    }
                    panic!("it does not get on");
                })
            })
            .collect();
        // crashes amid the work: how much is done between them depends on the machine, what must hold does not
        let mut crashes = 0;
        while runs.iter().any(|run| !run.is_finished()) && crashes < 4 {
            std::thread::sleep(Duration::from_millis(300));
            assert!(server.kill() && server.up(), "the server comes back");
            crashes += 1;
        }
        for run in runs {
            told.append(&mut run.join().expect("a station"));
        }
    });
    let mut reader = Ledger::postgres(&address, &Station::new("reader")).expect("a ledger");
    check(&mut reader, &told, 200);
}
