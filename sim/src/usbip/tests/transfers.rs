use super::*;
use crate::standin::{self, standin_loader};
use crate::testkit::{FILE_DONE, JUMP, answer, command, write_file};

/// Command packet without parameters but one, in an OUT report.
fn packet(tag: u8, parameter: u32) -> Vec<u8> {
    let mut report = vec![1, 0, 8, 0, tag, 0, 0, 1];
    report.extend(parameter.to_le_bytes());
    report
}

#[test]
fn rom_descriptors_match_the_real_rom() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    assert_eq!(host.product, 0x0130);
    let device = [
        18, 1, 0, 2, 0, 0, 0, 64, 0xC9, 0x1F, 0x30, 1, 1, 1, 1, 2, 0, 1,
    ];
    assert_eq!(host.descriptor(1, 0), (0, device.to_vec()));
    let (_, configuration) = host.descriptor(2, 0);
    assert_eq!(configuration.len(), 34);
    // one interface of one endpoint; it is interrupt IN
    assert_eq!((configuration[4], configuration[13]), (1, 1));
    assert_eq!(configuration[27..31], [7, 5, 0x81, 3]);
    let (_, product) = host.descriptor(3, 2);
    assert_eq!(product[2..8], [b'S', 0, b'E', 0, b' ', 0]);
    assert_eq!(host.descriptor(3, 3), (-32, vec![]));
    // SET_CONFIGURATION and SET_IDLE
    for setup in [[0, 9, 1, 0, 0, 0, 0, 0], [0x21, 10, 0, 0, 0, 0, 0, 0]] {
        host.submit_out(0, setup, &[]);
        assert_eq!(host.answer(&[]).status, 0);
    }
}

#[test]
fn loader_descriptors_match_the_genuine_one() {
    let bench = Bench::new(vec![with_flashloader()], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let hex = |text: &str| -> Vec<u8> {
        let digits = text.as_bytes().chunks(2);
        let pair = |d| u8::from_str_radix(str::from_utf8(d).expect("ascii"), 16).expect("hex");
        digits.map(pair).collect()
    };
    let device = hex("1201000200000040a2157300020001020001");
    let configuration =
        "09022900010100c032090400000203000003092100010001224c0007058103fb030307050203fb0303";
    let report = "0600ff0901a101850119012901150026ff00752895cc9102850219012901150026ff00752895cc\
                  9102850319012901150026ff00752895cc8102850419012901150026ff00752895cc8102c0";
    assert_eq!(host.descriptor(1, 0), (0, device));
    assert_eq!(host.descriptor(2, 0), (0, hex(configuration)));
    assert_eq!(
        host.get([0x81, 6, 0, 0x22, 0, 0, 76, 0]),
        (0, hex(&report.replace(' ', "")))
    );
    // device qualifier, other speed, BOS, HID
    for kind in [6, 7, 15] {
        assert_eq!(host.descriptor(kind, 0), (-32, vec![]));
    }
    assert_eq!(host.get([0x81, 6, 0, 0x21, 0, 0, 9, 0]), (-32, vec![]));
    assert_eq!(host.set_report(&packet(7, 1)), -32);
}

#[test]
fn in_transfer_completes_when_the_report_is_ready() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let early = host.submit_in(1, [0; 8], 65);
    // had the transfer ended by itself, its answer would come first
    assert_eq!(host.set_report(&error_status()), 0);
    let answer = host.answer(&[early]);
    assert_eq!(
        (answer.seqnum, answer.data),
        (early, vec![3, 0x56, 0x78, 0x78, 0x56])
    );
    let status = host.submit_in(1, [0; 8], 65);
    let answer = host.answer(&[status]);
    assert_eq!((answer.data.len(), answer.data[0]), (65, 4));
}

#[test]
fn transfer_can_be_unlinked() {
    let bench = Bench::new(vec![Board::new(Settings::default())], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let waiting = host.submit_in(1, [0; 8], 65);
    let unlink = host.unlink(waiting);
    let answer = host.answer(&[]);
    assert_eq!(
        (answer.command, answer.seqnum, answer.status),
        (4, unlink, -104)
    );
    // now it is too late
    host.unlink(waiting);
    assert_eq!(host.answer(&[]).status, 0);
    // and the report goes to the one that comes after
    assert_eq!(host.set_report(&error_status()), 0);
    let next = host.submit_in(1, [0; 8], 65);
    assert_eq!(host.answer(&[next]).seqnum, next);
}

#[test]
fn report_of_1021_bytes_fills_two_short_buffers() {
    let lengths = [
        (1021, vec![(0, 1021)]),
        (2048, vec![(0, 1021)]),
        (1019, vec![(0, 1019), (0, 2)]),
        // a packet that does not fit is babble, and the rest of it is lost
        (64, vec![(-75, 64), (0, 2)]),
        (1020, vec![(-75, 1020)]),
    ];
    for (length, wanted) in lengths {
        let bench = Bench::new(vec![with_flashloader()], Cable::default());
        let mut host = bench.import("1-1").expect("a board");
        host.submit_out(2, [0; 8], &packet(7, 1));
        assert_eq!(host.answer(&[]).status, 0);
        for (status, count) in wanted {
            let seqnum = host.submit_in(1, [0; 8], length);
            let answer = host.answer(&[seqnum]);
            assert_eq!((answer.status, answer.data.len()), (status, count));
        }
    }
}

#[test]
fn out_report_waits_until_the_device_listens() {
    let bench = Bench::new(vec![with_flashloader()], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    host.submit_out(2, [0; 8], &packet(7, 1));
    assert_eq!(host.answer(&[]).status, 0);
    // its answer is not read yet
    let second = host.submit_out(2, [0; 8], &packet(7, 7));
    let first_in = host.submit_in(1, [0; 8], 1021);
    assert_eq!(host.answer(&[first_in]).seqnum, first_in);
    assert_eq!(host.answer(&[]).seqnum, second);
    let second_in = host.submit_in(1, [0; 8], 1021);
    let answer = host.answer(&[second_in]);
    assert_eq!(answer.data[12..16], 0x5EFDF_u32.to_le_bytes());
}

#[test]
fn reset_ends_transfers_and_the_connection() {
    let bench = Bench::new(vec![with_flashloader()], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    assert_eq!(host.product, 0x0073);
    let response = host.submit_in(1, [0; 8], 1021);
    let waiting = host.submit_in(1, [0; 8], 1021);
    let ins = [response, waiting];
    let reset = host.submit_out(2, [0; 8], &[1, 0, 4, 0, 11, 0, 0, 0]);
    assert_eq!(host.answer(&ins).seqnum, reset);
    let answer = host.answer(&ins);
    assert_eq!((answer.seqnum, answer.status), (response, 0));
    let answer = host.answer(&ins);
    assert_eq!((answer.seqnum, answer.status), (waiting, -108));
    let mut rest = Vec::new();
    assert_eq!(host.stream.read_to_end(&mut rest).ok(), Some(0));
    bench.hears(&Notice::Left {
        bus_id: "1-1".into(),
    });
    lock(&bench.boards[0]).wait(Duration::from_secs(1));
    let again = bench.import("1-1").expect("the ROM");
    assert_eq!(again.product, 0x0130);
    assert_ne!(again.id, host.id);
}

#[test]
fn a_jump_turns_the_rom_into_another_device() {
    let mut board = Board::new(Settings::default());
    let loaded = write_file(&mut board, standin::LOAD, standin_loader());
    assert_eq!(loaded, Some(FILE_DONE));
    let bench = Bench::new(vec![board], Cable::default());
    let mut host = bench.import("1-1").expect("the ROM");
    let jump = [&[1][..], &sdp(JUMP, standin::JUMP, 0, 0, 0)].concat();
    assert_eq!(host.set_report(&jump), 0);
    let security = host.submit_in(1, [0; 8], 65);
    assert_eq!(host.answer(&[security]).data[0], 3);
    bench.hears(&Notice::Left {
        bus_id: "1-1".into(),
    });
    lock(&bench.boards[0]).wait(Duration::from_secs(1));
    assert_eq!(bench.import("1-1").map(|host| host.product), Ok(0x0073));
}

#[test]
fn release_cuts_power_unless_self_powered() {
    for (cable, state) in [
        (Cable::FeedsTheBoard, State::Rom),
        (Cable::DataOnly, State::Flashloader),
    ] {
        let bench = Bench::new(vec![with_flashloader()], cable);
        drop(bench.import("1-1").expect("a board"));
        bench.hears(&Notice::Released {
            bus_id: "1-1".into(),
        });
        assert_eq!(lock(&bench.boards[0]).state(), state);
    }
}

/// A board whose own loader is on the bus.
fn with_own_loader() -> Board {
    let mut board = Board::new(Settings::default());
    let written = write_file(&mut board, 0x2020_8000, crate::rom::loader::OWN);
    assert_eq!(written, Some(FILE_DONE));
    command(&mut board, JUMP, 0x2020_8000, 0);
    assert!(answer(&mut board).is_some());
    board.wait(Duration::from_secs(1));
    board
}

#[test]
fn bulk_transfers_hold_many_frames() {
    let bench = Bench::new(vec![with_own_loader()], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let (_, configuration) = host.descriptor(2, 0);
    assert_eq!((configuration.len(), configuration[4]), (64, 2));
    assert_eq!(host.descriptor(15, 0).1.len(), 33);
    let (_, windows) = host.get([0xC0, 0x20, 0, 0, 7, 0, 178, 0]);
    assert_eq!(windows[30..36], *b"WINUSB");
    // two transfers wait before the command goes out: the announcement ends the first, the response the third
    let ins = [0; 3].map(|_| host.submit_in(3, [0; 8], 4096));
    let read = [
        &[1, 0, 16, 0, 3, 0, 0, 3][..],
        &[0; 4],
        &[0, 0x20, 0, 0],
        &[0; 4],
    ]
    .concat();
    let sent = host.submit_out(3, [0; 8], &read);
    let mut answers: Vec<Answer> = (0..4).map(|_| host.answer(&ins)).collect();
    answers.sort_by_key(|answer| answer.seqnum);
    assert!(answers.iter().all(|answer| answer.status == 0));
    assert_eq!(answers[3].seqnum, sent);
    assert_eq!(answers[0].data[..5], [3, 0, 12, 0, 0xA3]);
    // frames of 1024 bytes fill a transfer
    for (at, frame) in answers[1].data.chunks(1024).enumerate() {
        assert_eq!(frame[..4], [4, 0, 0xFC, 3], "{at}");
    }
    assert_eq!((answers[1].data.len(), answers[2].data.len()), (4096, 4096));
    // the rest, and an unlinked transfer takes nothing with it
    let last = host.submit_in(3, [0; 8], 4096);
    let rest = host.answer(&[last]).data;
    assert_eq!(rest[..4], [4, 0, 32, 0]);
    let last = host.submit_in(3, [0; 8], 4096);
    assert_eq!(host.answer(&[last]).data[..5], [3, 0, 12, 0, 0xA0]);
}

#[test]
fn boards_without_bulk_interface_stall_its_endpoints() {
    let bench = Bench::new(vec![with_flashloader()], Cable::default());
    let mut host = bench.import("1-1").expect("a board");
    let seqnum = host.submit_in(3, [0; 8], 512);
    assert_eq!(host.answer(&[seqnum]).status, -32);
}
