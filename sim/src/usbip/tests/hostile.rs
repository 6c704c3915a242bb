use super::*;

#[test]
fn each_board_has_a_bus_id_and_one_host() {
    let boards = vec![Board::new(Settings::default()), with_flashloader()];
    let bench = Bench::new(boards, Cable::default());
    assert_eq!(bench.server.bus_ids(), ["1-1", "1-2"]);
    assert_eq!(bench.devices().len(), 12 + 2 * 316);
    let first = bench.import("1-1").expect("a ROM");
    let second = bench.import("1-2").expect("a flashloader");
    assert_eq!((first.product, second.product), (0x0130, 0x0073));
    // taken, taken, and not there
    for (bus_id, status) in [("1-1", 2), ("1-2", 2), ("1-3", 4), ("", 4)] {
        assert_eq!(bench.import(bus_id).err(), Some(status));
    }
    assert_eq!(bench.devices(), [1, 0x11, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn garbage_is_refused_and_the_next_host_served() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xFF; 4096], &[0; 8]] {
        let mut stream = bench.connect();
        stream.write_all(garbage).expect("sent");
        let mut answer = Vec::new();
        // a reset connection is an answer, too
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty());
    }
    // half a question
    let mut stream = bench.connect();
    stream.write_all(&[1, 0x11]).expect("sent");
    stream.shutdown(Shutdown::Write).expect("half closed");
    assert_eq!(stream.read_to_end(&mut Vec::new()).ok(), Some(0));
    // garbage after an import costs the device
    let mut host = bench.import("1-1").expect("a board");
    host.stream.write_all(&[0xA5; 48]).expect("sent");
    let _ = host.stream.read_to_end(&mut Vec::new());
    bench.hears(&Notice::Released {
        bus_id: "1-1".into(),
    });
    lock(&bench.boards[0]).wait(Duration::from_secs(1));
    let mut host = bench.import("1-1").expect("a board");
    assert_eq!(host.descriptor(1, 0).1.len(), 18);
}

#[test]
fn too_many_transfers_are_refused_one_by_one() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let ins: Vec<u32> = (0..65).map(|_| host.submit_in(1, [0; 8], 65)).collect();
    let answer = host.answer(&ins);
    assert_eq!((answer.seqnum, answer.status), (ins[64], -12));
    // the others still wait
    assert_eq!(host.set_report(&error_status()), 0);
    assert_eq!(host.answer(&ins).seqnum, ins[0]);
}

#[test]
fn missing_endpoint_stalls() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    // the ROM has no OUT endpoint
    host.submit_out(2, [0; 8], &error_status());
    assert_eq!(host.answer(&[]).status, -32);
    let odd = host.submit_in(5, [0; 8], 65);
    assert_eq!(host.answer(&[odd]).status, -32);
}

#[test]
fn too_many_connections_are_closed_at_once() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let idle: Vec<TcpStream> = (0..MAX_CONNECTIONS).map(|_| bench.connect()).collect();
    let mut one_more = bench.connect();
    let _ = one_more.read_to_end(&mut Vec::new());
    bench.hears(&Notice::Refused {
        host: one_more.local_addr().expect("an address"),
        reason: "too many connections".into(),
    });
    drop(idle);
}

#[test]
fn stop_releases_the_boards_unchanged() {
    let mut bench = Bench::new(vec![with_flashloader()], Cable::FeedsTheBoard);
    let mut host = bench.import("1-1").expect("a board");
    bench.server.stop();
    let _ = host.stream.read_to_end(&mut Vec::new());
    assert_eq!(lock(&bench.boards[0]).state(), State::Flashloader);
    assert!(TcpStream::connect(bench.server.address()).is_err());
}

#[test]
fn board_without_power_is_switched_on_by_an_import() {
    let mut board = Board::new(Settings::default());
    board.fault_mut().push(crate::Fault::UsbOut {
        at: 1,
        what: crate::ReportFault::Unplug,
    });
    let bench = Bench::new(vec![board], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let [low, high] = 17_u16.to_le_bytes();
    let pulled = host.submit_out(0, [0x21, 9, 1, 2, 0, 0, low, high], &error_status());
    let answer = host.answer(&[]);
    assert_eq!((answer.seqnum, answer.status), (pulled, -108));
    bench.hears(&Notice::Left {
        bus_id: "1-1".into(),
    });
    assert_eq!(lock(&bench.boards[0]).state(), State::Off);
    assert_eq!(bench.import("1-1").err(), Some(4));
    lock(&bench.boards[0]).wait(Duration::from_secs(1));
    assert_eq!(bench.import("1-1").map(|host| host.product), Ok(0x0130));
}

#[test]
fn out_transfer_waits_while_the_device_is_silent() {
    let mut board = Board::new(Settings::default());
    board.fault_mut().push(crate::Fault::UsbOut {
        at: 1,
        what: crate::ReportFault::Stall,
    });
    let bench = Bench::new(vec![board], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let [low, high] = 17_u16.to_le_bytes();
    let stuck = host.submit_out(0, [0x21, 9, 1, 2, 0, 0, low, high], &error_status());
    // the other requests go on
    let (status, device) = host.descriptor(1, 0);
    assert_eq!((status, device.len()), (0, 18));
    let unlink = host.unlink(stuck);
    let answer = host.answer(&[]);
    assert_eq!((answer.seqnum, answer.status), (unlink, -104));
}

#[test]
fn flood_of_connections_stays_within_the_limit() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let mut open = Vec::new();
    for number in 0..300 {
        let Ok(mut stream) = TcpStream::connect(bench.server.address()) else {
            continue;
        };
        // the first half says nothing, the others claim the longest transfer and send none of it
        if number % 2 == 1 {
            let mut claim = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0];
            claim.resize(40, b'1');
            claim.extend([0xFF; 48]);
            let _ = stream.write_all(&claim);
        }
        open.push(stream);
        assert!(lock(&bench.server.shared.connections).len() <= MAX_CONNECTIONS);
    }
    // who has a board is served all the while
    assert_eq!(host.descriptor(1, 0).1.len(), 18);
    drop(open);
    assert_eq!(host.set_report(&error_status()), 0);
}

#[test]
fn too_many_boards_are_refused() {
    let board = || Arc::new(Mutex::new(Board::new(Settings::default())));
    let boards = (0..=MAX_BOARDS).map(|_| board()).collect();
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let refused = Server::start(listen, boards, Cable::default(), drop);
    let error = refused.expect_err("too many");
    assert_eq!(error.to_string(), "16 boards, a bus has room for 15");
}
