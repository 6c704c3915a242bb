//! Every page, and what it says.

use rtboot::line::{SlotPhase, Told};
use rtboot_ledger::{Finish, JobRow, Open, PoolSpec, Verdict, Want};
use serde_json::Value as Json;

use super::client::{Stream, ask};
use super::{Served, attempt, eight_slots, set_up, slot, uid};

fn paths() -> Vec<String> {
    let fixed = [
        "/",
        "/units",
        "/units?q=GW",
        "/day",
        "/export.csv",
        "/export.json",
        "/export.xml",
        "/api/state",
        "/page.css",
        "/live.js",
        "/icon.svg",
    ];
    let unit = format!("/unit/{}", uid(1));
    fixed
        .iter()
        .map(|path| (*path).to_owned())
        .chain([unit])
        .collect()
}

fn filled() -> Served {
    let mut served = Served::new();
    set_up(&mut served.ledger);
    attempt(&mut served.ledger, 1, "A", Some(("verify", "verify")));
    attempt(&mut served.ledger, 1, "A", None);
    attempt(&mut served.ledger, 2, "B", None);
    eight_slots(&served.watch);
    served
}

#[test]
fn every_page_is_there_with_its_headers() {
    let served = filled();
    for path in paths() {
        let answer = served.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
        let kind = answer.header("content-type").unwrap_or_default();
        if kind.starts_with("text/html") {
            for asked in [
                "http://",
                "https://",
                "style=\"",
                "<style",
                " onclick",
                "javascript:",
            ] {
                assert!(!answer.body.contains(asked), "{path} has {asked}");
            }
        }
        let head = ask(
            served.page.address(),
            &format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        );
        assert_eq!((head.status, head.body.as_str()), (200, ""), "HEAD {path}");
    }
}

#[test]
fn the_first_page_shows_each_slot_in_words() {
    let served = filled();
    let text = served.text("/");
    for word in [
        "PASS",
        "43<small> %",
        "FAIL",
        "READY",
        "WAITING",
        "REFUSED",
        "ABORTED",
        "OUT",
        "GW000412",
        "programming",
        "check the pins of this slot",
        "5 failures in a row",
        "97.8 %",
        "gateway-2",
    ] {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert!(
        text.contains("<noscript><meta http-equiv=\"refresh\""),
        "works without script"
    );
    served.watch.change(|state| {
        state.ledger_away = Some("connection refused".into());
        state.stopping = true;
        state.letters_waiting = 3;
        state.hook_error = Some("printer: no paper".into());
    });
    let text = changed(&served, "DATABASE AWAY");
    for word in ["connection refused", "STOPPING", "3 NOT SENT", "no paper"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    served.watch.change(|state| {
        state.ended = Some(Told::new("line-low-yield", "the yield is under 80 %"));
    });
    assert!(changed(&served, "LINE HAS ENDED").contains("the yield is under 80 %"));
}

/// The first page, once it shows this: the page is told of a change within a moment.
fn changed(served: &Served, word: &str) -> String {
    let mut stream = Stream::begin(served.page.address(), "/api/events?as=html").expect("a stream");
    loop {
        let data = stream.next("state").expect("an event");
        if data.contains(word) {
            break;
        }
    }
    served.text("/")
}

#[test]
fn programs_get_the_state_as_json() {
    let served = filled();
    let mut stream = Stream::begin(served.page.address(), "/api/events").expect("a stream");
    let json = |text: &str| serde_json::from_str::<Json>(text).expect("JSON");
    loop {
        let event = json(&stream.next("state").expect("an event"));
        if event["state"]["slots"][1]["phase"] == "working" {
            assert_eq!(event["state"]["slots"][1]["percent"], 43);
            assert_eq!(event, json(&served.text("/api/state")));
            break;
        }
    }
    served
        .watch
        .change(|state| state.slots[1].phase = SlotPhase::Passed { took_ms: 7 });
    let event = json(&stream.next("state").expect("an event"));
    assert_eq!(event["state"]["slots"][1]["phase"], "passed");
    assert!(
        stream.next("beat").is_some(),
        "a sign of life without a change"
    );
}

#[test]
fn units_are_found_and_have_a_history() {
    let served = filled();
    let first = uid(1).to_string();
    for asked in [
        &first,
        "GW000001",
        "gw000001",
        "000001",
        "00:1b:c5:00:00:00",
    ] {
        let text = served.text(&format!("/units?q={}", asked.replace(':', "%3A")));
        assert!(text.contains(&first), "{asked}");
        assert!(!text.contains(&uid(2).to_string()), "{asked}");
    }
    assert!(served.text("/units?q=nothing").contains("no such unit"));
    assert!(served.text("/units").contains("Tried last"));

    let text = served.text(&format!("/unit/{first}"));
    for word in [
        "2 attempts",
        "PASS",
        "FAIL",
        "verify",
        "GW000001",
        "written",
        "410 ms",
        "1.9 s",
        "Ana",
    ] {
        let found = text.contains(word) || word == "410 ms" && text.contains("411 ms");
        assert!(found, "{word} in {text}");
    }
    assert!(text.find("PASS") < text.find("FAIL"), "newest first");
    assert_eq!(served.get(&format!("/unit/{}", uid(9))).status, 404);
    for no_unit in [
        "/unit/",
        "/unit/0000000000000000",
        "/unit/x",
        "/unit/%2e%2e",
        "/unit/../day",
    ] {
        assert_eq!(served.get(no_unit).status, 400, "{no_unit}");
    }
}

#[test]
fn a_day_has_pictures_and_exports() {
    let served = filled();
    let text = served.text("/day");
    assert_eq!(text.matches("<svg class=\"picture\"").count(), 3, "{text}");
    for word in ["66.6 %", "slot A × 1", "program", "50.0 %"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    assert!(
        served
            .text("/day?day=2020-02-29")
            .contains("no attempt on this day")
    );
    for wrong in ["", "today", "2026-02-30", "1969-01-01", "2026-11-28%00"] {
        assert_eq!(
            served.get(&format!("/day?day={wrong}")).status,
            400,
            "{wrong}"
        );
        assert_eq!(
            served.get(&format!("/export.csv?day={wrong}")).status,
            400,
            "{wrong}"
        );
    }

    let csv = served.get("/export.csv");
    assert_eq!(csv.body.lines().count(), 4, "{}", csv.body);
    let name = csv.header("content-disposition").unwrap_or_default();
    assert!(
        name.starts_with("attachment; filename=\"line-20") && name.ends_with(".csv\""),
        "{name}"
    );
    let lines = served.text("/export.json");
    let rows: Vec<Json> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(rows.len(), 3);
    assert!(served.text("/export.xml").contains("<failure"));
}

const EVIL: &str = "<script>alert(1)</script>\" onmouseover='x' \u{202E}&\r\n\r\ndata: x";

#[test]
fn hostile_names_are_only_text() {
    let mut served = Served::new();
    let ledger = &mut served.ledger;
    ledger.add_job(&JobRow::new(EVIL, EVIL)).expect("a job");
    ledger
        .add_pool(&PoolSpec::given("<b>pool"))
        .expect("a pool");
    let mut open = Open::new(EVIL, EVIL, uid(1)).want(Want::given("<b>pool", EVIL));
    open.operator = EVIL.into();
    open.tool = EVIL.into();
    open.chip = EVIL.into();
    let opened = ledger.open(&open).expect("an attempt");
    let phases = serde_json::json!({ "phases_ms": { EVIL: 3 }, EVIL: EVIL, "list": [EVIL] });
    let finish = Finish::new(Verdict::Fail)
        .because(EVIL, EVIL)
        .detail(phases.clone());
    ledger.finish(&opened.attempt, &finish).expect("a verdict");
    let again = ledger
        .open(&Open {
            attempt: rtboot_ledger::AttemptId::new(),
            ..open
        })
        .expect("an attempt");
    ledger
        .finish(&again.attempt, &Finish::new(Verdict::Pass).detail(phases))
        .expect("a verdict");
    served.watch.change(|state| {
        for text in [
            &mut state.job.name,
            &mut state.job.id,
            &mut state.station,
            &mut state.operator,
        ] {
            *text = EVIL.into();
        }
        state.hook_error = Some(EVIL.into());
        state.letters_waiting = 1;
        state.ledger_away = Some(EVIL.into());
        let told = Told::new(EVIL, EVIL).next(EVIL);
        state.ended = Some(told.clone());
        let mut evil = slot(EVIL, EVIL, SlotPhase::Failed { told }, None);
        let mut unit = rtboot::line::UnitWords::default();
        unit.uid = EVIL.into();
        unit.numbers = vec![EVIL.into()];
        evil.unit = Some(unit);
        state.slots = vec![evil];
        state.pools = vec![super::pool(EVIL, 1)];
    });
    let mut stream = Stream::begin(served.page.address(), "/api/events?as=html").expect("a stream");
    loop {
        let event = stream.next("state").expect("an event");
        assert_only_text(&event, "/api/events");
        if event.contains("alert(1)") {
            break;
        }
    }
    let query: String = form_encoded(EVIL);
    let unit = format!("/unit/{}", uid(1));
    let pages = ["/", "/units", "/day", &unit, &format!("/units?q={query}")];
    for path in pages {
        let text = served.text(path);
        assert!(text.contains("alert(1)"), "{path} shows it");
        assert_only_text(&text, path);
    }
    let report =
        rtboot::line::web::html(&mut served.ledger, 0..i64::MAX, Some("UTC")).expect("a report");
    assert!(report.contains("alert(1)"));
    assert_only_text(&report, "the report");
    serde_json::from_str::<Json>(&served.text("/api/state")).expect("JSON");
    assert_only_text(
        &served.get(&format!("/{query}")).body,
        "a page that is not there",
    );
}

fn assert_only_text(text: &str, place: &str) {
    for evil in ["<script>alert", "\" onmouseover", "<b>pool", "\u{202E}"] {
        assert!(!text.contains(evil), "{evil:?} in {place}: {text}");
    }
}

fn form_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn reading_changes_nothing() {
    let mut served = filled();
    let before = served.ledger.audit(&[]).expect("an audit");
    let (number, _) = served.watch.now();
    for path in paths() {
        served.get(&path);
    }
    let after = served.ledger.audit(&[]).expect("an audit");
    assert_eq!(after, before);
    assert_eq!(served.watch.now().0, number);
}
