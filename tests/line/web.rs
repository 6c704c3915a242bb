//! The line's web page over real sockets: every page, what it refuses, its limits, its end; and in a browser.

mod browser;
mod client;
mod limits;
mod pages;
mod refusals;
mod report;
mod screens;
mod stop;

use rtboot::Stage;
use rtboot::line::web::{self, Handle, Options};
use rtboot::line::{Counts, PoolLeft, SlotPhase, SlotState, Told, UnitWords, Watch};
use rtboot_ledger::{Finish, JobRow, Ledger, Open, PoolSpec, Station, Uid, Verdict, Want};
use serde_json::json;

use client::{Answer, ask};

/// A ledger in a folder, a line's state, and the page that shows them.
struct Served {
    page: Handle,
    watch: Watch,
    ledger: Ledger,
    _folder: tempfile::TempDir,
}

impl Served {
    fn new() -> Served {
        Served::with(utc())
    }

    fn with(options: Options) -> Served {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("line.db");
        let station = Station::new("bench");
        let ledger = Ledger::sqlite(&file, &station).expect("a ledger");
        let watch = Watch::new();
        let open = {
            let file = file.clone();
            move || Ledger::sqlite(&file, &station)
        };
        let page = web::serve(loopback(), watch.clone(), open, options).expect("a page");
        Served {
            page,
            watch,
            ledger,
            _folder: folder,
        }
    }

    fn get(&self, path: &str) -> Answer {
        ask(
            self.page.address(),
            &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        )
    }

    /// The text of a page that must be there.
    fn text(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}

fn loopback() -> std::net::SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

fn utc() -> Options {
    let mut options = Options::default();
    options.zone = Some("UTC".into());
    options
}

fn uid(n: u64) -> Uid {
    Uid::new((0x3c1f_9a00_0000_0000 + n).to_be_bytes()).expect("an id")
}

/// A ledger's pools and job.
fn set_up(ledger: &mut Ledger) {
    ledger
        .add_job(&JobRow::new("5f1c2a", "gateway-2"))
        .expect("a job");
    for pool in [
        PoolSpec::mac("mac", 0x001B_C500_0000, 0x001B_C500_0FFF, 1),
        PoolSpec::serial("sn", "GW{value:06}", 1, 9999),
    ] {
        ledger.add_pool(&pool).expect("a pool");
    }
}

/// An attempt on unit `n`, from its beginning to its verdict.
fn attempt(ledger: &mut Ledger, n: u64, slot: &str, failure: Option<(&str, &str)>) {
    let mut open = Open::new("5f1c2a", slot, uid(n))
        .want(Want::next("mac"))
        .want(Want::next("sn"));
    open.chip = "RT1021".into();
    open.operator = "Ana".into();
    open.tool = "rtboot 0.1.0".into();
    let opened = ledger.open(&open).expect("an attempt");
    let finish = match failure {
        None => Finish::new(Verdict::Pass),
        Some((code, step)) => Finish::new(Verdict::Fail).because(code, step),
    };
    let finish = finish.detail(json!({
        "phases_ms": { "load": 95 + n % 7, "erase": 410 + n % 90, "program": 1900 + n % 300, "verify": 160 + n % 20 },
        "retries": n % 2,
        "loader": "rtboot's own",
    }));
    ledger.finish(&opened.attempt, &finish).expect("a verdict");
}

fn slot(name: &str, board: &str, phase: SlotPhase, unit: Option<(u64, &str)>) -> SlotState {
    let mut slot = SlotState::default();
    slot.name = name.into();
    slot.board = board.into();
    slot.phase = phase;
    slot.unit = unit.map(|(n, number)| {
        let mut unit = UnitWords::default();
        unit.uid = uid(n).to_string();
        unit.numbers = vec![number.into(), "00:1b:c5:00:00:10".into()];
        unit
    });
    slot
}

fn counts(passed: u64, failed: u64, aborted: u64, refused: u64) -> Counts {
    let mut counts = Counts::default();
    (counts.passed, counts.failed) = (passed, failed);
    (counts.aborted, counts.refused) = (aborted, refused);
    counts
}

/// Eight slots, one in each state that a line's picture has to tell apart.
fn eight_slots(watch: &Watch) {
    let verify = Told::new(
        "verify",
        "flash differs at 0x60001000: expected 0xd1, found 0xff",
    )
    .next("take the board out and put it to the bad ones");
    let chip = Told::new(
        "line-wrong-chip",
        "this is an RT1064, and the job is for RT1021",
    )
    .next("take the board out");
    let worn = Told::new("line-slot-out", "5 units failed in a row at verify")
        .next("check the pins of this slot");
    let pulled = Told::new("device-gone", "the board left while it was programmed")
        .next("put the board in again");
    watch.change(|state| {
        state.job.name = "gateway-2".into();
        state.job.id = "5f1c2a90b1d2c3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c".into();
        state.job.units = Some(500);
        state.station = "bench".into();
        state.operator = "Ana".into();
        state.counts = counts(412, 9, 3, 2);
        state.pools = vec![pool("mac", 3683), pool("sn", 42)];
        let working = SlotPhase::Working {
            stage: Stage::Program,
            done: 450_000,
            total: 1_048_576,
            percent: 43,
        };
        state.slots = vec![
            slot(
                "A",
                "usb:1-4.1",
                SlotPhase::Passed { took_ms: 4_480 },
                Some((412, "GW000412")),
            ),
            slot("B", "usb:1-4.2", working, Some((413, "GW000413"))),
            slot(
                "C",
                "usb:1-4.3",
                SlotPhase::Failed { told: verify },
                Some((409, "GW000409")),
            ),
            slot("D", "usb:1-4.4", SlotPhase::Empty, None),
            slot(
                "E",
                "usb:1-3.1",
                SlotPhase::AwaitsLedger,
                Some((414, "GW000414")),
            ),
            slot("F", "usb:1-3.2", SlotPhase::Refused { told: chip }, None),
            slot(
                "G",
                "usb:1-3.3",
                SlotPhase::Aborted { told: pulled },
                Some((415, "GW000415")),
            ),
            slot("H", "usb:1-3.4", SlotPhase::Out { told: worn }, None),
        ];
        for (i, slot) in (0u64..).zip(&mut state.slots) {
            slot.counts = counts(50 + i, i % 3, 0, 0);
        }
        state.slots[7].failures_in_a_row = 5;
    });
}

fn pool(name: &str, left: i64) -> PoolLeft {
    let mut pool = PoolLeft::default();
    pool.pool = name.into();
    pool.left = left;
    pool
}
