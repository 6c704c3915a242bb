//! Frames, acknowledgements and noise on a scripted line.

use super::*;
use crate::port::fake::FakeSerial;

const ACK: [u8; 2] = [frame::START, frame::ACK];
const NAK: [u8; 2] = [frame::START, frame::NAK];
const ABORT: [u8; 2] = [frame::START, frame::ABORT];
const PONG: [u8; 10] = [0x5A, 0xA7, 0, 2, 1, 0x50, 0, 0, 0xAA, 0xEA];
const WAIT: Duration = Duration::from_secs(1);

fn data(payload: &[u8]) -> Vec<u8> {
    [&frame::header(frame::DATA, payload).unwrap(), payload].concat()
}

fn response(payload: &[u8]) -> Vec<u8> {
    [&frame::header(frame::COMMAND, payload).unwrap(), payload].concat()
}

/// A link that needs no ping, to a line that says each piece after the write of the same place.
fn link(script: &[&[u8]]) -> UartLink<FakeSerial> {
    let mut link = UartLink::new(FakeSerial::script(script));
    link.pinged = true;
    link
}

fn what(result: Result<impl std::fmt::Debug, LinkError>) -> &'static str {
    match result {
        Err(LinkError::Protocol { what, .. }) => what,
        other => panic!("not a protocol error: {other:?}"),
    }
}

#[test]
fn first_command_follows_one_ping() {
    let mut link = UartLink::new(FakeSerial::script(&[&PONG, &ACK, &ACK]));
    link.send_command(&[1], WAIT).unwrap();
    link.send_command(&[2], WAIT).unwrap();
    assert_eq!(
        link.port.written,
        [vec![0x5A, 0xA6], response(&[1]), response(&[2])]
    );
}

#[test]
fn ping_survives_noise_and_two_silences() {
    let noisy = [&[0, 0, 0xFF][..], &PONG].concat();
    let (_, answer) = UartLink::connect(FakeSerial::script(&[&noisy])).unwrap();
    assert_eq!(
        answer,
        PingResponse {
            version: (1, 2, 0),
            options: 0
        }
    );
    let (link, _) = UartLink::connect(FakeSerial::script(&[&[], &[0x5A], &PONG])).unwrap();
    assert_eq!(link.port.written.len(), 3);
    let silent = UartLink::connect(FakeSerial::script(&[])).map(|_| ());
    assert_eq!(
        silent,
        Err(LinkError::Timeout {
            waited: PING_WINDOW
        })
    );
}

#[test]
fn noise_beyond_50_bytes_is_an_error() {
    let frame = data(&[1, 2, 3]);
    let mut link = link(&[]);
    link.port.input.extend([0xEE; 50].iter().chain(&frame));
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![1, 2, 3]))));
    link.port.input.extend([0xEE; 51].iter().chain(&frame));
    assert_eq!(what(link.receive(WAIT)), "too much noise before a frame");
}

#[test]
fn every_packet_is_acknowledged() {
    let mut link = link(&[]);
    link.port.piece = Some(1); // bytes dribble in
    link.port.input.extend(response(&[0xA0, 0, 0, 0]));
    link.port.input.extend(data(&[]));
    assert_eq!(
        link.receive(WAIT),
        Ok(Some(Packet::Response(vec![0xA0, 0, 0, 0])))
    );
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![]))));
    assert_eq!(link.receive(WAIT), Ok(None));
    assert_eq!(link.port.written, [ACK, ACK]);
}

#[test]
fn damaged_frame_is_requested_again() {
    let good = data(&[1, 2, 3]);
    let mut bad = good.clone();
    bad[7] ^= 1;
    let mut link = link(&[&bad, &good]);
    link.port.input.extend(&bad);
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![1, 2, 3]))));
    assert_eq!(link.port.written, [NAK, NAK, ACK]);
}

#[test]
fn frame_that_stays_damaged_is_an_error() {
    let mut bad = data(&[1, 2, 3]);
    bad[7] ^= 1;
    let mut link = link(&[&bad, &bad, &bad, &bad]);
    link.port.input.extend(&bad);
    assert_eq!(what(link.receive(WAIT)), "a frame that stays damaged");
    assert_eq!(link.port.written, [NAK, NAK, NAK]);
}

#[test]
fn nak_resends_a_frame_three_times_at_most() {
    let mut again = link(&[&NAK, &NAK, &ACK]);
    assert_eq!(again.send_data(&[9], WAIT), Ok(Sent::Taken));
    assert_eq!(again.port.written, [data(&[9]), data(&[9]), data(&[9])]);
    let mut never = link(&[&NAK, &NAK, &NAK, &NAK, &NAK]);
    assert_eq!(
        what(never.send_data(&[9], WAIT)),
        "refused as damaged again and again"
    );
    assert_eq!(never.port.written.len(), 4);
}

#[test]
fn unacknowledged_frame_is_not_resent() {
    // the device may be busy with it: a second erase would follow
    let mut link = link(&[]);
    assert_eq!(
        link.send_command(&[2], WAIT),
        Err(LinkError::Timeout { waited: WAIT })
    );
    assert_eq!(link.port.written.len(), 1);
}

#[test]
fn device_stops_a_write_with_an_abort() {
    let answer = [&ABORT[..], &response(&[0xA0, 0, 0, 0])].concat();
    let mut link = link(&[&answer]);
    assert_eq!(link.send_data(&[9], WAIT), Ok(Sent::Stop));
    assert_eq!(
        link.receive(WAIT),
        Ok(Some(Packet::Response(vec![0xA0, 0, 0, 0])))
    );
}

#[test]
fn host_stops_a_read_with_an_abort() {
    let mut link = link(&[]);
    link.port
        .input
        .extend(data(&[1]).iter().chain(&data(&[2])).chain(&data(&[3])));
    link.receive(WAIT).unwrap();
    assert!(link.stop_receiving());
    link.receive(WAIT).unwrap();
    link.receive(WAIT).unwrap();
    assert_eq!(link.port.written, [ACK, ABORT, ACK]);
}

#[test]
fn answer_replaces_a_lost_ack() {
    let answer = response(&[0xA7, 0, 0, 0]);
    let mut link = link(&[&answer]);
    link.send_command(&[7], WAIT).unwrap();
    assert_eq!(
        link.receive(WAIT),
        Ok(Some(Packet::Response(vec![0xA7, 0, 0, 0])))
    );
    assert_eq!(link.port.written[1], ACK);
}

#[test]
fn late_ping_answers_and_acks_are_skipped() {
    let mut link = link(&[]);
    link.port
        .input
        .extend(PONG.iter().chain(&ACK).chain(&data(&[5])));
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![5]))));
}

#[test]
fn frame_length_is_checked_before_allocation() {
    let mut link = link(&[]);
    link.port.input.extend([0x5A, 0xA5, 0x01, 0x04, 0, 0]); // 1025
    assert_eq!(what(link.receive(WAIT)), "a frame that is too long");
    link.port.input.clear();
    link.port.input.extend(data(&[1; 1024]));
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![1; 1024]))));
    link.port.input.extend(&data(&[1; 10])[..9]);
    assert_eq!(what(link.receive(WAIT)), "a frame that breaks off");
    link.port.input.extend([0x5A, 0xB0]);
    assert_eq!(what(link.receive(WAIT)), "an unknown frame type");
}

#[test]
fn trace_describes_packets() {
    use Direction::{In, Out};
    let command = response(&Command::reset().to_bytes());
    assert_eq!(describe_bytes(Out, &command).unwrap(), "Reset()");
    assert_eq!(describe_bytes(In, &data(&[1, 2])).unwrap(), "data, 2 bytes");
    assert_eq!(describe_bytes(In, &ACK).unwrap(), "ACK");
    assert_eq!(describe_bytes(In, &PONG).unwrap(), "ping response");
    for bytes in [
        &[][..],
        &[0x5A],
        &[0x5A, 0xA4],
        &[0x5A, 0xB0, 1],
        &[1, 2, 3],
    ] {
        assert_eq!(describe_bytes(In, bytes), None);
    }
}

#[test]
fn late_answer_at_a_new_speed_counts() {
    let mut said = PONG.into_iter().cycle();
    let port = FakeSerial {
        drip: Some((
            Duration::from_micros(40),
            Box::new(move || said.next().unwrap_or_default()),
        )),
        due: Duration::from_millis(1200),
        ..FakeSerial::default()
    };
    let mut link = UartLink::new(port);
    assert_eq!(link.follow_speed(115_200, 230_400), Ok(true));
    assert_eq!(link.port.baud, Some(230_400));
    link.first_speed = None;
}

#[test]
fn device_that_comes_back_late_is_found() {
    // it went to the new speed, heard a ping there, and comes back 10 s after the last one
    let mut pings = 0;
    let port = FakeSerial {
        device: Some(Box::new(move |_| {
            pings += 1;
            match pings > SPEED_TRIES + 21 {
                true => PONG.to_vec(),
                false => Vec::new(),
            }
        })),
        ..FakeSerial::default()
    };
    let mut link = UartLink::new(port);
    assert_eq!(link.follow_speed(115_200, 230_400), Ok(false));
    assert_eq!(link.port.baud, Some(115_200));
    assert!(
        link.port.clock < Duration::from_secs(15),
        "{:?}",
        link.port.clock
    );
}

#[test]
fn frame_may_halt_for_more_than_a_second() {
    let mut said = data(&[1, 2, 3]).into_iter();
    let port = FakeSerial {
        drip: Some((
            Duration::from_millis(1100),
            Box::new(move || said.next().unwrap_or_default()),
        )),
        ..FakeSerial::default()
    };
    let mut link = UartLink::new(port);
    link.port.due = Duration::from_millis(900);
    assert_eq!(link.receive(WAIT), Ok(Some(Packet::Data(vec![1, 2, 3]))));
}
