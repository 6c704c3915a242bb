//! Frames of the UART, byte by byte, and the speed of the line. Answers of NXP's loader: `tests/transcripts/uart` above.

use loader_proto::Payload;
use loader_proto::serial::autobaud::{Edges, speed};
use loader_proto::serial::divider::Divider;
use loader_proto::serial::{ACK_LIMIT, GAP, MOST, Serial};
use rtboot_wire::mboot::frame;
use rtboot_wire::mboot::report::{COMMAND, DATA_IN, DATA_OUT, RESPONSE};

const PING: [u8; 2] = [0x5A, 0xA6];
const ACK: [u8; 2] = [0x5A, 0xA1];
const NAK: [u8; 2] = [0x5A, 0xA2];
const ABORT: [u8; 2] = [0x5A, 0xA3];
const PING_ANSWER: [u8; 10] = [0x5A, 0xA7, 0x00, 0x02, 0x01, 0x50, 0x00, 0x00, 0xAA, 0xEA];

/// A link and its clock.
struct Line {
    serial: Serial,
    now: u32,
}

impl Line {
    /// A host has pinged.
    fn pinged() -> Line {
        let mut line = Line {
            serial: Serial::new(),
            now: u32::MAX - 100_000,
        };
        assert_eq!(line.say(&PING), PING_ANSWER);
        assert!(line.serial.take_lost());
        line
    }

    /// The host sends; what comes back at once.
    fn say(&mut self, bytes: &[u8]) -> Vec<u8> {
        for byte in bytes {
            self.now = self.now.wrapping_add(87);
            self.serial.take(self.now, *byte);
        }
        self.pass(0)
    }

    /// Time passes; what comes meanwhile.
    fn pass(&mut self, time: u32) -> Vec<u8> {
        self.now = self.now.wrapping_add(time);
        self.serial.tick(self.now);
        std::iter::from_fn(|| self.serial.output(self.now)).collect()
    }

    /// The loader wants the next report.
    fn report(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut payload = Payload::new();
        let id = self.serial.take_report(&mut payload)?;
        Some((id, payload.bytes().to_vec()))
    }

    fn send(&mut self, id: u8, payload: &[u8]) -> Vec<u8> {
        assert!(self.serial.can_send());
        self.serial.send(id, payload);
        self.pass(0)
    }
}

fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = [0; frame::HEADER + MOST];
    let length = frame::write(kind, payload, &mut bytes).expect("it fits");
    bytes[..length].to_vec()
}

fn command(payload: &[u8]) -> Vec<u8> {
    framed(frame::COMMAND, payload)
}

fn data(payload: &[u8]) -> Vec<u8> {
    framed(frame::DATA, payload)
}

#[test]
fn command_is_acknowledged_with_its_answer() {
    let mut line = Line::pinged();
    assert_eq!(line.say(&command(b"question")), []);
    assert_eq!(line.report(), Some((COMMAND, b"question".to_vec())));
    assert_eq!(line.pass(0), []);
    let answer = [&ACK[..], &command(b"answer")].concat();
    assert_eq!(line.send(RESPONSE, b"answer"), answer);
    assert!(!line.serial.can_send());
    assert_eq!(line.say(&ACK), []);
    assert!(line.serial.can_send() && line.serial.is_idle());
}

#[test]
fn data_are_acknowledged_when_the_next_are_wanted() {
    let mut line = Line::pinged();
    line.say(&data(&[7; MOST]));
    assert_eq!(line.report(), Some((DATA_OUT, vec![7; MOST])));
    assert_eq!(line.pass(0), []);
    assert_eq!(line.report(), None);
    assert_eq!(line.pass(0), ACK);
}

#[test]
fn unwanted_data_get_an_abort_in_place_of_the_acknowledgement() {
    let mut line = Line::pinged();
    line.say(&data(&[7; 64]));
    line.report();
    assert_eq!(line.send(RESPONSE, &[]), ABORT);
    assert_eq!(line.send(RESPONSE, b"why"), command(b"why"));
}

#[test]
fn damaged_frame_is_asked_for_again() {
    let mut line = Line::pinged();
    let whole = data(b"some bytes");
    for at in 4..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert_eq!(line.say(&bytes), NAK, "byte {at}");
        assert_eq!(line.report(), None);
    }
    line.say(&whole);
    assert_eq!(line.report(), Some((DATA_OUT, b"some bytes".to_vec())));
}

#[test]
fn frame_that_lost_a_byte_is_asked_for_again() {
    let whole = data(b"some bytes");
    for at in 0..whole.len() {
        let mut line = Line::pinged();
        let mut bytes = whole.clone();
        bytes.remove(at);
        let mut answer = line.say(&bytes);
        answer.extend(line.pass(GAP + 1));
        assert_eq!(answer, NAK, "byte {at}");
        line.say(&whole);
        assert_eq!(line.report(), Some((DATA_OUT, b"some bytes".to_vec())));
    }
}

#[test]
fn noise_is_no_frame() {
    let mut line = Line::pinged();
    assert_eq!(line.say(&[0, 0xFF, 0x11]), []);
    assert_eq!(line.pass(GAP + 1), []);
    line.say(&command(b"question"));
    assert_eq!(line.report(), Some((COMMAND, b"question".to_vec())));
    // before the first ping nobody waits for an answer
    let mut fresh = Line {
        serial: Serial::new(),
        now: 0,
    };
    assert_eq!(fresh.say(&[0x33; 40]), []);
    assert_eq!(fresh.pass(GAP + 1), []);
}

#[test]
fn answer_is_sent_again_as_often_as_it_is_asked_for() {
    let mut line = Line::pinged();
    let bytes = line.send(DATA_IN, b"data");
    for _ in 0..8 {
        assert_eq!(line.say(&NAK), bytes);
    }
    assert_eq!(line.say(&NAK), []);
    assert!(line.serial.take_lost(), "it is given up in the end");
}

#[test]
fn host_that_stays_silent_is_given_up() {
    let mut line = Line::pinged();
    line.send(DATA_IN, b"data");
    line.pass(ACK_LIMIT);
    assert!(!line.serial.take_lost());
    line.pass(1);
    assert!(line.serial.take_lost() && line.serial.can_send());
}

#[test]
fn half_an_acknowledgement_counts() {
    for half in [[0x5A, 0xFF], [0x13, 0xA1]] {
        let mut line = Line::pinged();
        line.send(DATA_IN, b"data");
        line.say(&half);
        assert_eq!(line.pass(GAP + 1), []);
        assert!(line.serial.can_send() && !line.serial.take_lost());
    }
}

#[test]
fn host_ends_data_by_an_abort() {
    let mut line = Line::pinged();
    line.send(DATA_IN, b"data");
    line.say(&ABORT);
    assert!(line.serial.can_send());
    assert!(line.serial.take_stop() && !line.serial.take_stop());
    // it is no wish about the next command
    line.send(RESPONSE, b"status");
    line.say(&ABORT);
    line.say(&command(b"read"));
    line.report();
    assert!(!line.serial.take_stop());
}

#[test]
fn ping_begins_anew() {
    let mut line = Line::pinged();
    line.send(DATA_IN, b"data");
    assert_eq!(line.say(&PING), PING_ANSWER);
    assert!(line.serial.take_lost() && line.serial.can_send());
    // a frame that broke off, the ping of another host behind it
    line.say(&data(&[7; 64])[..20]);
    line.pass(GAP + 1);
    assert_eq!(line.say(&PING), PING_ANSWER);
    // a ping among the rest of a damaged frame is none
    assert_eq!(line.say(&[0x31, 0x5A, 0xA6]), []);
}

#[test]
fn command_without_acknowledgement_is_a_new_host() {
    let mut line = Line::pinged();
    line.send(DATA_IN, b"data");
    assert_eq!(line.say(&data(b"stale")), []);
    assert!(!line.serial.can_send(), "stale data change nothing");
    line.say(&command(b"next"));
    assert!(line.serial.take_lost());
    assert_eq!(line.report(), Some((COMMAND, b"next".to_vec())));
}

#[test]
fn longer_frames_than_the_largest_are_damaged_ones() {
    let mut line = Line::pinged();
    let mut bytes = data(b"some bytes");
    bytes[3] = 0x40;
    assert_eq!(line.say(&bytes), []);
    assert_eq!(line.pass(GAP + 1), NAK);
}

/// Falling edges of bytes at a speed, in cycles of a 396 MHz core; `jitter` on every second one.
fn edges(bytes: &[u8], baud: f64, gap_bits: f64, jitter: i32) -> Vec<u32> {
    let (mut found, mut bits, mut level) = (Vec::new(), 0.0, true);
    for byte in bytes {
        let frame = std::iter::once(false)
            .chain((0..8).map(|bit| byte >> bit & 1 == 1))
            .chain([true]);
        for high in frame {
            if level && !high {
                let exact = 4e9 + bits * 396e6 / baud;
                let shift = if found.len() % 2 == 0 {
                    jitter
                } else {
                    -jitter
                };
                found.push((exact as u64 as u32).wrapping_add_signed(shift));
            }
            level = high;
            bits += 1.0;
        }
        bits += gap_bits;
    }
    found
}

fn measured(edges: &[u32]) -> Option<u32> {
    let mut state = Edges::new();
    let mut last = None;
    for edge in edges {
        last = state
            .edge(*edge)
            .map(|cycles| speed(cycles, 396_000))
            .or(last);
    }
    last
}

#[test]
fn ping_tells_the_speed() {
    for baud in [4800, 9600, 57_600, 115_200, 230_400, 460_800, 921_600] {
        for gap in [0.0, 1.0, 300.0] {
            // 40 cycles: the time between two looks at the line
            for off in [0.985, 1.0, 1.015] {
                let found = measured(&edges(&PING, f64::from(baud) * off, gap, 40));
                assert_eq!(found, Some(baud), "gap {gap}, {off}");
            }
        }
    }
    let odd = measured(&edges(&PING, 100_000.0, 0.0, 0)).expect("a ping");
    assert!(odd.abs_diff(100_000) < 100, "{odd}");
}

#[test]
fn ping_behind_noise_is_found() {
    let mut all = vec![3, 900, 1700];
    all.extend(edges(&PING, 115_200.0, 0.0, 0));
    assert_eq!(measured(&all), Some(115_200));
}

/// 5A A4 has the edges of 5A A6: the speed is right, and the frame is asked for again.
#[test]
fn command_in_place_of_the_ping_tells_the_speed() {
    assert_eq!(
        measured(&edges(&command(b"question")[..2], 57_600.0, 0.0, 0)),
        Some(57_600)
    );
    let mut line = Line::pinged();
    line.say(&command(b"question")[2..]);
    assert_eq!(line.pass(GAP + 1), NAK);
}

#[test]
fn other_traffic_is_no_ping() {
    let rom_question = [5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for bytes in [&rom_question[..], &[0x55; 20], &[0; 20], b"AT\r\n+++"] {
        assert_eq!(
            measured(&edges(bytes, 115_200.0, 0.0, 0)),
            None,
            "{bytes:x?}"
        );
    }
}

#[test]
fn dividers_of_the_crystal_reach_the_usual_speeds() {
    for baud in [
        4800, 9600, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 3_000_000,
    ] {
        let divider = Divider::of(24_000_000, baud).expect("a divider");
        let off = divider.speed(24_000_000).abs_diff(baud);
        assert!(off * 500 <= baud, "{baud}: {divider:?}");
    }
    assert_eq!(
        Divider::of(20_000_000, 921_600).map(|d| d.speed(20_000_000)),
        Some(909_091)
    );
    for baud in [0, 2_500_000, 7_000_000, u32::MAX] {
        assert_eq!(Divider::of(24_000_000, baud), None, "{baud}");
    }
}
