//! SDP against scripted ROMs, over both links.

use std::time::Duration;

use super::*;
use crate::port;
use crate::port::fake::{FakeHid, FakeSerial, gone};

mod refusals;
mod traps;

const HAB_OPEN: [u8; 5] = [3, 0x56, 0x78, 0x78, 0x56];
const HAB_CLOSED: [u8; 5] = [3, 0x12, 0x34, 0x34, 0x12];

/// Report 4 with a status word, 65 bytes as the ROM sends it.
fn status(word: u32) -> Vec<u8> {
    let mut report = vec![4];
    report.extend(word.to_be_bytes());
    report.resize(65, 0);
    report
}

/// A ROM that answers the reports of each turn after the write of the same place.
fn rom(script: &[&[&[u8]]]) -> Client<HidLink<FakeHid>> {
    Client::new(HidLink::new(FakeHid::script(script)))
}

fn port(client: &mut Client<HidLink<FakeHid>>) -> &mut FakeHid {
    client.link_mut().port_mut()
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

#[test]
fn command_report_has_17_bytes_and_data_1025() {
    let file_complete = status(0x8888_8888);
    let mut client = rom(&[&[], &[&[]], &[]]);
    port(&mut client).device = Some(Box::new(move |report| match report[0] {
        2 if report[1] == 0xBB => vec![HAB_OPEN.to_vec(), file_complete.clone()],
        _ => vec![],
    }));
    let mut data = vec![0xAA; 1024];
    data.push(0xBB);
    let mut steps = Vec::new();
    client
        .write_file(0x2020_8000, &data, &mut |n| steps.push(n))
        .unwrap();
    let written = &port(&mut client).written;
    assert_eq!(
        written.iter().map(Vec::len).collect::<Vec<_>>(),
        [17, 1025, 1025]
    );
    assert_eq!(
        written[0],
        hex("01 04 04 20 20 80 00 00 00 00 04 01 00 00 00 00 00")
    );
    assert_eq!(written[1][..2], [2, 0xAA]);
    // padding of the last piece is zero
    assert!(written[2][2..].iter().all(|&b| b == 0));
    assert_eq!(steps, [1024, 1025]);
    assert_eq!(client.hab(), Some(Hab::Open));
}

#[test]
fn register_read_joins_blocks_of_64_bytes() {
    for (count, answers) in [(1u32, 1), (63, 1), (64, 1), (65, 2), (128, 2), (130, 3)] {
        let blocks: Vec<Vec<u8>> = (0..answers)
            .map(|n| [vec![4], vec![n + 1; 64]].concat())
            .collect();
        let mut turn: Vec<&[u8]> = vec![&HAB_CLOSED];
        turn.extend(blocks.iter().map(Vec::as_slice));
        let mut client = rom(&[&turn]);
        let data = client
            .read_register(0x401F_4400, Width::Word, count)
            .unwrap();
        assert_eq!(data.len(), count as usize);
        assert_eq!(data.last(), Some(&answers), "{count}");
        assert_eq!(client.hab(), Some(Hab::Closed));
        assert!(port(&mut client).answers.is_empty(), "nothing left unread");
    }
}

#[test]
fn a_word_is_little_endian() {
    let block = [vec![4], vec![0x00, 0x00, 0x6B, 0x00], vec![0xEE; 60]].concat();
    let mut client = rom(&[&[&HAB_OPEN, &block]]);
    assert_eq!(client.read_word(0x400D_8260), Ok(0x006B_0000));
}

#[test]
fn reports_padded_by_windows_read_the_same() {
    let mut padded = HAB_OPEN.to_vec();
    padded.resize(65, 0);
    let mut client = rom(&[&[&padded, &status(0xF0F0_F0F0)]]);
    assert_eq!(client.error_status(), Ok(Status::HAB_SUCCESS));
}

type Verb = dyn Fn(&mut Client<HidLink<FakeHid>>) -> Result<(), Error>;

#[test]
fn each_command_accepts_only_its_own_status() {
    let run = |word: u32, f: &Verb| {
        let answer = status(word);
        let mut client = rom(&[&[&HAB_OPEN, &answer]]);
        f(&mut client)
    };
    let write = |c: &mut Client<HidLink<FakeHid>>| c.write_register(0x400A_C044, Width::Word, 1);
    let skip = |c: &mut Client<HidLink<FakeHid>>| c.skip_dcd_header();
    let dcd = |c: &mut Client<HidLink<FakeHid>>| c.dcd_write(0x1000, &[]);
    let csf = |c: &mut Client<HidLink<FakeHid>>| c.write_csf(0x1000, &[]);
    let baud = |c: &mut Client<HidLink<FakeHid>>| c.set_baudrate(57600);
    assert_eq!(run(0x128A_8A12, &write), Ok(()));
    assert_eq!(run(0x128A_8A12, &dcd), Ok(()));
    assert_eq!(run(0x1282_8212, &dcd), Ok(()));
    assert_eq!(run(0x128A_8A12, &csf), Ok(()));
    assert_eq!(run(0x900D_D009, &skip), Ok(()));
    assert_eq!(run(0x09D0_0D90, &baud), Ok(()));
    for f in [&write as &Verb, &skip, &dcd, &csf, &baud] {
        let refused = run(0x8923_2389, f).unwrap_err();
        assert!(
            matches!(
                refused,
                Error::Refused {
                    status: Status::REFUSED_89,
                    ..
                }
            ),
            "{refused}"
        );
    }
}

#[test]
fn dcd_longer_than_1768_bytes_is_refused() {
    let answer = status(0x128A_8A12);
    let mut client = rom(&[&[], &[], &[&HAB_OPEN, &answer]]);
    assert_eq!(client.dcd_write(0x1000, &[0; 1768]), Ok(()));
    let mut client = rom(&[]);
    let refused = client.dcd_write(0x1000, &[0; 1769]).unwrap_err();
    assert!(matches!(refused, Error::Argument { .. }), "{refused}");
    assert!(port(&mut client).written.is_empty(), "nothing went out");
    let name = crate::port::HidPort::describe(port(&mut client));
    assert_eq!(client.describe(), name);
}

#[test]
fn jump_succeeds_when_the_device_leaves() {
    let mut client = rom(&[&[&HAB_OPEN]]);
    assert_eq!(client.jump_address(0x2020_8400), Ok(JumpOutcome::Silent));

    let mut client = rom(&[]);
    port(&mut client)
        .answers
        .extend([Ok(None), Ok(Some(HAB_OPEN.to_vec())), Err(gone())]);
    assert_eq!(client.jump_address(0x2020_8400), Ok(JumpOutcome::Left));

    let mut client = rom(&[]);
    port(&mut client).answers.extend([Ok(None), Err(gone())]);
    assert_eq!(client.jump_address(0x2020_8400), Ok(JumpOutcome::Left));
}

#[test]
fn status_after_a_jump_is_a_refusal() {
    let mut client = rom(&[&[&HAB_CLOSED, &status(0x3333_3333)]]);
    let refused = client.jump_address(0x2020_8400).unwrap_err();
    assert_eq!(
        refused,
        Error::Refused {
            command: Tag::JUMP_ADDRESS,
            status: Status::HAB_FAILURE
        }
    );
    assert_eq!(
        refused.to_string(),
        "the ROM refused JUMP_ADDRESS: 0x33333333 (HAB failure)"
    );
    assert!(refused.hint().unwrap().contains("signed"));
}

#[test]
fn silent_rom_times_out_after_the_limit() {
    let mut client = rom(&[]);
    client.timeouts_mut().command = Duration::from_millis(70);
    let error = client.error_status().unwrap_err();
    assert_eq!(
        error,
        Error::Timeout {
            command: Tag::ERROR_STATUS,
            waited: Duration::from_millis(70)
        }
    );
    assert!(
        port(&mut client)
            .waited
            .contains(&Duration::from_millis(70))
    );
    // a jump without even a HAB state is no success
    assert!(matches!(
        client.jump_address(0x2020_8400),
        Err(Error::Timeout { .. })
    ));
}

#[test]
fn uart_sends_raw_bytes_in_order() {
    let answer = [&HAB_OPEN[1..], &0x8888_8888u32.to_be_bytes()].concat();
    let serial = FakeSerial::script(&[&[], &[], &answer]);
    let mut client = Client::new(UartLink::new(serial));
    client
        .write_file(0x2020_8000, &[7; 1030], &mut |_| ())
        .unwrap();
    let written = &client.link_mut().port_mut().written;
    assert_eq!(
        written.iter().map(Vec::len).collect::<Vec<_>>(),
        [16, 1024, 6]
    );
}

#[test]
fn uart_read_takes_exactly_its_bytes() {
    let mut answer = HAB_OPEN[1..].to_vec();
    answer.extend(0..70u8);
    let mut serial = FakeSerial::script(&[&answer]);
    serial.piece = Some(3); // bytes dribble in
    let mut client = Client::new(UartLink::new(serial));
    let data = client.read_register(0x401F_4400, Width::Byte, 70).unwrap();
    assert_eq!(data, (0..70u8).collect::<Vec<_>>());
    assert!(client.link_mut().port_mut().input.is_empty());
}

#[test]
fn uart_changes_speed_after_the_answer() {
    for answer in [hex("09 D0 0D 90"), hex("56 78 78 56 09 D0 0D 90")] {
        let mut client = Client::new(UartLink::new(FakeSerial::script(&[&answer])));
        client.set_baudrate(57_600).unwrap();
        assert_eq!(client.link_mut().port_mut().baud, Some(57_600));
    }
}

#[test]
fn trace_describes_packets() {
    use crate::port::traced::Direction::{In, Out};
    let mut command = vec![1];
    command.extend(Command::jump_address(0x2020_8400).to_bytes());
    assert_eq!(
        describe_report(Out, &command).unwrap(),
        "JUMP_ADDRESS 0x20208400"
    );
    assert_eq!(describe_report(In, &HAB_OPEN).unwrap(), "HAB open");
    assert_eq!(
        describe_report(In, &status(0x8888_8888)).unwrap(),
        "0x88888888 (file complete)"
    );
    for bytes in [&[][..], &[1], &[3, 1], &[4], &[9, 9]] {
        assert_eq!(describe_report(In, bytes), None);
        assert_eq!(describe_report(Out, bytes), None);
    }
    assert_eq!(
        describe_bytes(Out, &command[1..]).unwrap(),
        "JUMP_ADDRESS 0x20208400"
    );
    assert_eq!(describe_bytes(In, &HAB_OPEN[1..]).unwrap(), "HAB open");
}

#[test]
fn every_error_says_one_sentence() {
    let command = Tag::WRITE_FILE;
    let source = port::Error::Stalled {
        port: "/dev/hidraw0".into(),
    };
    let said = [
        (
            Error::Refused {
                command,
                status: Status(5),
            },
            "the ROM refused WRITE_FILE: 0x00000005",
        ),
        (
            Error::Timeout {
                command,
                waited: Duration::from_secs(2),
            },
            "no answer from the ROM to WRITE_FILE within 2s",
        ),
        (Error::Gone { command }, "the board left during WRITE_FILE"),
        (
            Error::Protocol {
                command,
                what: "an unknown HAB state",
                bytes: vec![1, 0xAB],
            },
            "unexpected answer to WRITE_FILE: an unknown HAB state [01 ab]",
        ),
        (
            Error::Argument {
                command: Tag(0x4242),
                what: "bad",
            },
            "command 0x4242: bad",
        ),
        (
            Error::Port { command, source },
            "WRITE_FILE: /dev/hidraw0 takes no more bytes",
        ),
    ];
    for (error, text) in said {
        assert_eq!(error.to_string(), text);
    }
}
