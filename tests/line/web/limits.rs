//! Sizes, numbers and times that end what would go on for ever.

use std::io::{Read, Write};
use std::net::TcpStream;

use rtboot::line::SlotPhase;
use rtboot::line::web::Limits;

use super::client::{self, Stream, ask, connect};
use super::{Served, eight_slots, slot, utc};

#[test]
fn requests_that_are_too_long_are_refused() {
    let served = Served::new();
    let get = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        ask(served.page.address(), &request).status
    };
    assert_eq!(get(&format!("/units?q={}", "9".repeat(101)), ""), 400);
    assert_eq!(
        get(&format!("/units?q={}", "%C5%BD".repeat(100)), ""),
        200,
        "characters, not bytes"
    );
    assert_eq!(get(&format!("/{}", "a".repeat(1100)), ""), 414);
    assert_eq!(get("/", &"X-A: b\r\n".repeat(80)), 431);
    assert_eq!(get("/", &format!("X-A: {}\r\n", "b".repeat(20_000))), 431);
    for nonsense in [
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = connect(served.page.address());
        stream.write_all(nonsense.as_bytes()).expect("sent");
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let status = client::read(stream).map(|answer| answer.status);
        assert!(
            matches!(status, None | Some(400 | 505)),
            "{nonsense:?}: {status:?}"
        );
    }
    assert_eq!(get("/", ""), 200);
}

/// Whether the other side has ended the connection.
fn has_ended(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_client_that_does_not_finish_loses_its_connection() {
    let served = Served::new();
    let mut slow = Vec::new();
    for begun in ["", "G", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "] {
        let mut stream = connect(served.page.address());
        stream.write_all(begun.as_bytes()).expect("sent");
        slow.push(stream);
    }
    assert_eq!(served.get("/").status, 200, "others are served");
    for stream in slow {
        assert!(has_ended(stream));
    }
}

#[test]
fn connections_have_a_limit() {
    let mut options = utc();
    options.limits = Limits {
        connections: 3,
        listeners: 2,
    };
    let served = Served::with(options);
    let held: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = connect(served.page.address());
            stream.write_all(b"GET / HT").expect("sent");
            stream
        })
        .collect();
    let mut refused = connect(served.page.address());
    let _ = refused.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let status = client::read(refused).map(|answer| answer.status);
    assert!(matches!(status, None | Some(503)), "{status:?}");
    // those that hold the places lose them, with or without a word
    for stream in held {
        assert!(has_ended(stream));
    }
    until(|| {
        let mut stream = connect(served.page.address());
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client::read(stream).is_some_and(|answer| answer.status == 200)
    });
}

/// Repeats until it is so; a limit only ends what would hang.
fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("it never came");
}

#[test]
fn screens_have_a_limit_and_the_rest_is_served() {
    let mut options = utc();
    options.limits = Limits {
        connections: 40,
        listeners: 20,
    };
    let served = Served::with(options);
    eight_slots(&served.watch);
    let follow = || Stream::begin(served.page.address(), "/api/events");
    let mut streams: Vec<Stream> = (0..20).map(|_| follow().expect("a stream")).collect();
    assert_eq!(follow().err(), Some(503));
    assert_eq!(served.get("/").status, 200);
    served.watch.change(|state| state.operator = "Bea".into());
    for stream in &mut streams {
        while !stream.next("state").expect("an event").contains("Bea") {}
    }
    // a screen that is switched off gives its place back
    streams.pop();
    until(|| follow().is_ok());
}

#[test]
fn a_screen_that_takes_nothing_is_cut_off() {
    let mut options = utc();
    options.limits = Limits {
        connections: 8,
        listeners: 2,
    };
    let served = Served::with(options);
    // more than the buffers of the system hold
    let name = "x".repeat(1000);
    served.watch.change(|state| {
        let many = (0..12_000).map(|_| slot(&name, &name, SlotPhase::Empty, None));
        state.slots = many.collect();
    });
    // one that reads: from here on this state is what a screen gets first
    let follow = || Stream::begin(served.page.address(), "/api/events");
    let mut reads = follow().expect("a stream");
    while reads.next("state").expect("an event").len() < 1_000_000 {}
    let mut stuck = connect(served.page.address());
    stuck
        .write_all(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .expect("sent");
    // it has its place before another one asks for it, and takes nothing more than this
    let mut status = [0; 12];
    stuck.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    assert_eq!(follow().err(), Some(503));
    served.watch.change(|state| state.slots.clear());
    while reads.next("state").expect("an event").len() > 1_000_000 {}
    until(|| follow().is_ok());
    drop(stuck);
}

#[test]
fn the_end_of_the_page_ends_every_connection() {
    let served = Served::new();
    let address = served.page.address();
    let mut stream = Stream::begin(address, "/api/events").expect("a stream");
    assert!(stream.next("state").is_some());
    let mut half = connect(address);
    half.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
    served.page.stop();
    stream.rest();
    assert!(has_ended(half));
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
}
