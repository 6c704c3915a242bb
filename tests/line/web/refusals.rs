//! What is not answered: other names of the host, other sites, other methods, a ledger that is away, an address for everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtboot::line::Watch;
use rtboot::line::web::{self, Error, Options};
use rtboot_ledger::{Ledger, Station};

use super::client::ask;
use super::{Served, loopback, utc};

fn status(served: &Served, request: &str) -> u16 {
    ask(served.page.address(), &format!("{request}\r\n\r\n")).status
}

#[test]
fn another_name_of_the_host_is_refused() {
    let mut options = utc();
    options.names = vec!["line-1.factory.example".into()];
    let served = Served::with(options);
    let port = served.page.address().port();
    for ours in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        "[::1]:1234".into(),
        "LINE-1.factory.example".into(),
    ] {
        assert_eq!(
            status(&served, &format!("GET / HTTP/1.1\r\nHost: {ours}")),
            200,
            "{ours}"
        );
    }
    for foreign in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "localhost@evil.example",
        "xn--lclhost-9xa",
    ] {
        for path in ["/", "/api/state", "/api/events", "/page.css", "/nowhere"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {foreign}:{port}");
            assert_eq!(status(&served, &request), 421, "{foreign} {path}");
        }
    }
    for none in [
        "GET / HTTP/1.1",
        "GET / HTTP/1.0",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost",
    ] {
        assert_eq!(status(&served, none), 400, "{none}");
    }
    let absolute = "GET http://evil.example/ HTTP/1.1\r\nHost: localhost";
    assert_eq!(status(&served, absolute), 421);
    let absolute = "GET http://localhost/ HTTP/1.1\r\nHost: evil.example";
    assert_eq!(status(&served, absolute), 421);
}

#[test]
fn another_site_may_link_and_not_ask() {
    let served = Served::new();
    let from = |site: &str, mode: &str, path: &str| {
        let headers = format!("Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}");
        status(
            &served,
            &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"),
        )
    };
    assert_eq!(from("cross-site", "navigate", "/"), 200);
    assert_eq!(from("same-origin", "cors", "/api/state"), 200);
    assert_eq!(from("none", "navigate", "/"), 200);
    assert_eq!(from("cross-site", "no-cors", "/api/events"), 403);
    assert_eq!(from("same-site", "cors", "/export.json"), 403);
    let answer = ask(
        served.page.address(),
        "GET /api/state HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n",
    );
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn only_reading_methods_are_known() {
    let served = Served::new();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/", "/units", "/api/state", "/nowhere"] {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
            let answer = ask(served.page.address(), &request);
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
    for path in [
        "/nowhere",
        "/stop",
        "/favicon.ico",
        "//",
        "/..%2f..%2fetc/passwd",
        "/units/",
        "/export.exe",
    ] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_ledger_that_is_away_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("line.db");
    let away = Arc::new(AtomicBool::new(true));
    let open = {
        let away = Arc::clone(&away);
        move || match away.load(Ordering::SeqCst) {
            true => Err(rtboot_ledger::Error::Away("<b>connection refused".into())),
            false => Ledger::sqlite(&file, &Station::new("bench")),
        }
    };
    let page = web::serve(loopback(), Watch::new(), open, utc()).expect("a page");
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        ask(page.address(), &request)
    };
    for path in ["/units", "/day", "/export.csv", "/unit/3c1f9a0000000001"] {
        let answer = get(path);
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
        assert!(
            answer.body.contains("connection refused"),
            "{}",
            answer.body
        );
        assert!(
            path.starts_with("/export") || !answer.body.contains("<b>c"),
            "{}",
            answer.body
        );
    }
    assert_eq!(get("/").status, 200, "the slots need no ledger");
    away.store(false, Ordering::SeqCst);
    assert_eq!(get("/units").status, 200);
}

#[test]
fn an_address_for_everybody_must_be_wanted() {
    let serve = |address: &str, options: Options| {
        let open = || Err(rtboot_ledger::Error::Away("none".into()));
        web::serve(
            address.parse().expect("an address"),
            Watch::new(),
            open,
            options,
        )
    };
    for address in [
        "0.0.0.0:0",
        "[::]:0",
        "192.168.1.7:0",
        "[::ffff:10.0.0.1]:0",
    ] {
        let refused = serve(address, utc());
        assert!(
            matches!(refused, Err(Error::BeyondThisMachine(_))),
            "{address}: {refused:?}"
        );
    }
    let mut options = utc();
    options.beyond_this_machine = true;
    let page = serve("0.0.0.0:0", options).expect("a page");
    let port = page.address().port();
    let taken = serve(&format!("127.0.0.1:{port}"), utc());
    assert!(matches!(taken, Err(Error::Bind { .. })), "{taken:?}");
    let mut options = utc();
    options.zone = Some("Mars/Olympus".into());
    assert!(matches!(serve("127.0.0.1:0", options), Err(Error::Zone(_))));
}
