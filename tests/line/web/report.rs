//! The report as a file.

use rtboot::line::web::html;
use rtboot_ledger::{Ledger, Station};

use super::{Served, attempt, set_up, uid};

#[test]
fn a_report_is_one_file_with_everything_in_it() {
    let mut served = Served::new();
    set_up(&mut served.ledger);
    for n in 1..=30 {
        let failure = (n % 7 == 0).then_some(("verify", "verify"));
        attempt(
            &mut served.ledger,
            n,
            if n % 2 == 0 { "A" } else { "B" },
            failure,
        );
    }
    let text = html(&mut served.ledger, 0..i64::MAX, Some("UTC")).expect("a report");
    for elsewhere in [
        "http://", "https://", "src=", "<link", "<script", "@import", "href=\"/",
    ] {
        assert!(!text.contains(elsewhere), "{elsewhere}");
    }
    assert_eq!(
        text.matches("url(").count(),
        text.matches("url(#hatch)").count()
    );
    let audit = served.ledger.audit(&[]).expect("an audit");
    assert!(audit.is_good());
    assert!(text.contains(&audit.heads[0].hash), "the chain's head");
    assert!(text.contains("The ledger is as it was written"));
    assert_eq!(text.matches("<svg class=\"picture\"").count(), 3);
    for n in 1..=30 {
        assert!(text.contains(&uid(n).to_string()), "unit {n}");
    }
    assert!(text.contains("86.6 %"), "26 of 30 passed");
    let nothing = html(&mut served.ledger, 0..1, Some("UTC")).expect("a report");
    assert!(nothing.contains("no attempt in this span"));
}

#[test]
fn a_report_says_what_an_audit_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("line.db");
    let station = Station::new("bench");
    let mut ledger = Ledger::sqlite(&file, &station).expect("a ledger");
    set_up(&mut ledger);
    attempt(&mut ledger, 1, "SLOT-Q", None);
    drop(ledger);
    // a text of the same length keeps the file whole for the database
    let mut bytes = std::fs::read(&file).expect("the database");
    let at = bytes.windows(6).position(|it| it == b"SLOT-Q");
    bytes[at.expect("the slot's name") + 5] = b'R';
    std::fs::write(&file, bytes).expect("written");
    let mut ledger = Ledger::sqlite(&file, &station).expect("a ledger");
    let text = html(&mut ledger, 0..i64::MAX, None).expect("a report");
    assert!(text.contains("The ledger was changed"), "{text}");
    assert!(!text.contains("as it was written"));
}
