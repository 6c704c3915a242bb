//! The one act of the page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rtboot::line::web::{Stop, Token};

use super::client::{Answer, ask};
use super::{Served, utc};

const TOKEN: &str = "correct-horse-battery-staple";

fn with_stop() -> (Served, Arc<AtomicUsize>) {
    let stopped = Arc::new(AtomicUsize::new(0));
    let mut options = utc();
    options.stop = Some(Stop {
        token: Token::new(TOKEN).expect("a token"),
        act: {
            let stopped = Arc::clone(&stopped);
            Box::new(move || {
                stopped.fetch_add(1, Ordering::SeqCst);
            })
        },
    });
    (Served::with(options), stopped)
}

fn post(served: &Served, headers: &str, body: &str) -> Answer {
    let request = format!(
        "POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    ask(served.page.address(), &request)
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

#[test]
fn the_line_stops_for_its_token_alone() {
    let (served, stopped) = with_stop();
    let count = || stopped.load(Ordering::SeqCst);
    for (headers, body) in [
        (String::new(), String::new()),
        (String::new(), format!("token={TOKEN}")),
        (FORM.to_owned(), String::new()),
        (FORM.to_owned(), "token=".into()),
        (FORM.to_owned(), "token=correct-horse-battery-stapl".into()),
        (FORM.to_owned(), format!("TOKEN={TOKEN}")),
        (
            "Authorization: Bearer wrong-wrong-wrong\r\n".into(),
            String::new(),
        ),
        (format!("Authorization: Basic {TOKEN}\r\n"), String::new()),
        (
            format!("Authorization: Bearer {TOKEN}\r\nAuthorization: Bearer {TOKEN}\r\n"),
            String::new(),
        ),
        // the right token, from another site's page
        (
            format!("{FORM}Origin: http://evil.example\r\n"),
            format!("token={TOKEN}"),
        ),
        (format!("{FORM}Origin: null\r\n"), format!("token={TOKEN}")),
        (
            format!("{FORM}Sec-Fetch-Site: cross-site\r\n"),
            format!("token={TOKEN}"),
        ),
        (
            format!("Origin: http://localhost:1\r\nAuthorization: Bearer {TOKEN}\r\n"),
            String::new(),
        ),
    ] {
        let answer = post(&served, &headers, &body);
        assert_eq!((answer.status, count()), (403, 0), "{headers} {body}");
        assert!(!answer.body.contains(TOKEN), "{}", answer.body);
    }

    let answer = post(&served, &format!("Authorization: bearer {TOKEN}\r\n"), "");
    assert_eq!((answer.status, count()), (200, 1));
    assert!(
        answer.body.contains("Units that run are finished"),
        "{}",
        answer.body
    );
    let own = format!("{FORM}Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n");
    let answer = post(&served, &own, &format!("a=1&token={TOKEN}"));
    assert_eq!((answer.status, count()), (200, 2));
}

#[test]
fn looking_at_the_form_stops_nothing() {
    let (served, stopped) = with_stop();
    let text = served.text("/stop");
    assert!(
        text.contains("method=\"post\"") && text.contains("type=\"password\""),
        "{text}"
    );
    let by_address = format!(
        "GET /stop?token={TOKEN} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    );
    assert_eq!(ask(served.page.address(), &by_address).status, 200);
    assert_eq!(stopped.load(Ordering::SeqCst), 0);
    assert!(served.text("/").contains("href=\"/stop\""));
    let put = "PUT /stop HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(
        ask(served.page.address(), put).header("allow"),
        Some("GET, HEAD, POST")
    );
}

#[test]
fn without_a_token_there_is_no_way_to_stop() {
    let served = Served::new();
    let answer = post(&served, &format!("Authorization: Bearer {TOKEN}\r\n"), "");
    assert_eq!(answer.status, 403);
    assert_eq!(post(&served, FORM, "token=").status, 403);
    assert!(!served.text("/").contains("/stop"));
    assert_eq!(served.get("/stop").status, 404);
}

#[test]
fn a_form_that_is_too_large_is_refused() {
    let (served, stopped) = with_stop();
    let padded = format!("pad={}&token={TOKEN}", "x".repeat(5000));
    assert_eq!(post(&served, FORM, &padded).status, 413);
    // the same without its length beforehand
    let request = format!(
        "POST /stop HTTP/1.1\r\nHost: localhost\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{padded}\r\n0\r\n\r\n",
        padded.len()
    );
    assert_eq!(ask(served.page.address(), &request).status, 413);
    assert_eq!(stopped.load(Ordering::SeqCst), 0);
}
