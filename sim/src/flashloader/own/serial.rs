//! rtboot's own RAM loader on a UART: autobaud, frames, speeds.
//!
//! ```text
//! --> 5A A6 ping     <-- 5A A7 …         its edges give the speed; whatever was under way is over
//! --> frame          <-- ACK             when it is worked off; ABORT: no more data; NAK: damaged, or broken off
//! <== frame          --> ACK             NAK: again; ABORT: no more data
//! ```
//!
//! Source: `docs/loader.md`.

use std::collections::VecDeque;

use super::Entry;
use super::server::{Server, UART_PAYLOAD};
use crate::flashloader::Outcome;
use crate::machine::Machine;
use crate::uart::frame::{self, START};
use crate::uart::{byte_ns, falling_edges};

/// Bytes that its interrupt keeps while it works.
const RING: usize = 2048;
/// Silence after which a frame has broken off.
const GAP_NS: u64 = 50_000_000;
/// How long a frame to the host waits for its acknowledgement.
const ACK_NS: u64 = 5_000_000_000;
/// How often a frame is sent again.
const RESENDS: usize = 8;
/// Bytes out of place that may have been a frame.
const LOST_FRAME: usize = 5;
/// How long a speed that was asked for waits for a host.
const AGREEMENT_NS: u64 = 2_000_000_000;
/// Bytes at another speed end a speed that nobody has used for so long.
const QUIET_NS: u64 = 1_000_000_000;
const GARBLED: usize = 2;
/// Without a ping for so long after that the old speed comes back.
const SEARCH_NS: u64 = 10_000_000_000;
/// The longest gap between two edges of a ping.
const EDGE_GAP_NS: u64 = 80_000_000;
/// Bits between the edges of a ping; `None` for the gap between its bytes.
const EDGES: [Option<u64>; 6] = [Some(3), Some(3), Some(2), None, Some(4), Some(3)];
const EDGE_BITS: u64 = 15;
/// Speeds that hosts use: a measured one within 3 % is meant to be it.
const USUAL: [u64; 12] = [
    4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000, 1_500_000,
    2_000_000,
];
/// The crystal that clocks the UART.
pub(super) const CLOCK_HZ: u32 = 24_000_000;

/// Whether the clock gives this speed within 1.5 %, with 4 to 32 samples a bit.
pub(super) fn has_speed(baud: u32) -> bool {
    let wanted = u64::from(baud);
    (4..=32).any(|samples: u64| {
        let divider = (u64::from(CLOCK_HZ) / samples / wanted.max(1)).clamp(1, 8190);
        [divider, divider + 1].iter().any(|divider| {
            let given = u64::from(CLOCK_HZ) / (samples * divider);
            wanted > 0 && given.abs_diff(wanted) * 66 <= wanted
        })
    })
}

#[derive(Debug, Clone, Copy)]
enum Speed {
    /// The next ping tells it.
    Unknown {
        since: u64,
        before: Option<u32>,
    },
    Agreed(u32),
    /// A host asked for it and was not heard at it yet.
    Tried {
        until: u64,
        now: u32,
        before: u32,
    },
}

/// rtboot's own loader behind its UART pins.
#[derive(Debug, Clone)]
pub struct OwnSerial {
    server: Server,
    speed: Speed,
    ring: VecDeque<(u64, u8)>,
    edges: Vec<u64>,
    /// The frame that is arriving.
    frame: Vec<u8>,
    noise: usize,
    last_byte: u64,
    /// A frame of the host has no acknowledgement yet.
    owed: bool,
    /// What was sent and waits for the host's acknowledgement, since when, and how often it was sent again.
    sent: Option<(Vec<u8>, u64, usize)>,
    stop: bool,
    heard: u64,
    garbled: usize,
}

impl OwnSerial {
    /// The firmware starts on `m`; `entry` is what the boot ROM left.
    pub fn start(m: &mut Machine, entry: Entry) -> OwnSerial {
        let now = m.clock.now_ns();
        OwnSerial {
            server: Server::start_on_uart(m, entry),
            speed: Speed::Unknown {
                since: now,
                before: None,
            },
            ring: VecDeque::new(),
            edges: Vec::new(),
            frame: Vec::new(),
            noise: 0,
            last_byte: now,
            owed: false,
            sent: None,
            stop: false,
            heard: now,
            garbled: 0,
        }
    }

    /// What answers behind the connection.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The same, to be changed.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The rate it listens at; `None` while it waits for a ping to tell it.
    pub fn baud(&self, now: u64) -> Option<u32> {
        match self.settled(now) {
            Speed::Unknown { .. } => None,
            Speed::Agreed(baud) | Speed::Tried { now: baud, .. } => Some(baud),
        }
    }

    fn settled(&self, now: u64) -> Speed {
        match self.speed {
            Speed::Tried { until, before, .. } if now > until => Speed::Agreed(before),
            Speed::Unknown {
                since,
                before: Some(before),
            } if now > since + SEARCH_NS => Speed::Agreed(before),
            speed => speed,
        }
    }

    /// How the program ended, if it did by now.
    pub fn outcome(&self, now: u64) -> Option<Outcome> {
        let (outcome, patience) = self.server.ending?;
        let told = self.sent.is_none() && self.server.answers.is_empty();
        (told || now >= patience).then_some(outcome)
    }

    /// A byte arrives at the host's present time, sent at `baud`.
    pub fn arrive(&mut self, m: &mut Machine, baud: u32, byte: u8) {
        let now = m.clock.now_ns();
        self.speed = self.settled(now);
        let own = match self.speed {
            Speed::Unknown { .. } => return self.measure(m, now, baud, byte),
            Speed::Agreed(own) | Speed::Tried { now: own, .. } => own,
        };
        // as `garbled`: more than 2 % apart
        if baud.abs_diff(own) > own / 50 {
            self.garbled += 1;
        }
        let quiet = now.saturating_sub(self.heard) > QUIET_NS;
        if matches!(self.speed, Speed::Agreed(_)) && self.garbled >= GARBLED && quiet {
            self.garbled = 0;
            self.ring.clear();
            self.edges.clear();
            self.speed = Speed::Unknown {
                since: now,
                before: Some(own),
            };
        } else if self.ring.len() < RING {
            self.ring.push_back((now, byte));
        }
    }

    fn measure(&mut self, m: &mut Machine, now: u64, baud: u32, byte: u8) {
        let bit = byte_ns(baud) / 10;
        let began = now.saturating_sub(10 * bit);
        for edge in falling_edges(byte).map(|place| began + place * bit) {
            let last = self.edges.last().copied().unwrap_or(edge);
            if edge.saturating_sub(last) > EDGE_GAP_NS {
                self.edges.clear();
            }
            self.edges.push(edge);
            let first = self.edges.len().saturating_sub(7);
            self.edges.drain(..first);
            if let Some(measured) = speed(&self.edges) {
                self.edges.clear();
                self.speed = Speed::Agreed(measured);
                self.ring.clear();
                self.ring.extend([(now, START), (now, frame::PING)]);
                self.frame.clear();
                self.noise = 0;
                m.clock.work(3 * bit);
                return;
            }
        }
    }

    /// When the firmware looks at its ring again; `None` when nothing is in it.
    pub fn at_work_until(&self, m: &Machine) -> Option<u64> {
        (!self.ring.is_empty()).then(|| m.clock.device_ns())
    }

    /// When it does something again without another byte.
    pub fn due(&self, m: &Machine) -> Option<u64> {
        let broken = (self.out_of_place() > 0).then_some(self.last_byte + GAP_NS + 1);
        let silent = self.sent.as_ref().map(|(_, since, _)| since + ACK_NS + 1);
        let late = broken.into_iter().chain(silent);
        let late = late.map(|late| late.max(m.clock.device_ns()));
        self.at_work_until(m).into_iter().chain(late).min()
    }

    fn out_of_place(&self) -> usize {
        self.noise + self.frame.len()
    }

    /// Works off what is in the ring, as far as the host's time has come; bytes to send, each with the time it is out.
    pub fn run(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>) {
        self.speed = self.settled(m.clock.now_ns());
        loop {
            self.push(m, out);
            if m.clock.device_ns() > m.clock.now_ns() {
                return;
            }
            let seen = self.ring.front().map(|(at, _)| *at);
            let seen_until = seen.unwrap_or(m.clock.now_ns());
            if self.out_of_place() > 0 && seen_until > self.last_byte + GAP_NS {
                self.break_off(m, out);
                continue;
            }
            if let Some((_, since, _)) = &self.sent
                && seen_until > since + ACK_NS
            {
                self.begin_anew();
                continue;
            }
            let Some((at, byte)) = self.ring.pop_front() else {
                return;
            };
            self.last_byte = at;
            self.byte(m, out, byte);
        }
    }

    /// A frame broke off, or bytes were no frame.
    fn break_off(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>) {
        let bytes = self.out_of_place();
        self.frame.clear();
        self.noise = 0;
        if self.sent.is_some() {
            // half an acknowledgement
            self.sent_is_taken(m);
        } else if bytes >= LOST_FRAME && !self.owed {
            self.send(m, out, &[START, frame::NAK]);
        }
    }

    fn byte(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, byte: u8) {
        match self.frame.len() {
            0 if byte != START => self.noise += 1,
            1 if byte == START => {}
            1 => {
                self.frame.push(byte);
                self.kind(m, out, byte);
            }
            _ => self.frame.push(byte),
        }
        let Some(head) = self.frame.get(..6) else {
            return;
        };
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        if length > frame::MAX_PAYLOAD {
            self.noise += self.frame.len();
            self.frame.clear();
        } else if self.frame.len() == 6 + length {
            let whole = std::mem::take(&mut self.frame);
            self.noise = 0;
            self.whole(m, out, &whole);
        }
    }

    fn kind(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, kind: u8) {
        match kind {
            frame::COMMAND | frame::DATA => return,
            // behind noise it may be a part of a damaged frame
            frame::PING if self.noise == 0 => {
                self.hear(m);
                self.begin_anew();
                self.send(m, out, &frame::PING_ANSWER);
            }
            frame::ACK | frame::NAK | frame::ACK_ABORT => {
                self.noise = 0;
                self.acknowledged(m, out, kind);
            }
            _ => self.noise += 2,
        }
        self.frame.clear();
    }

    fn hear(&mut self, m: &Machine) {
        self.heard = m.clock.now_ns();
        self.garbled = 0;
        if let Speed::Tried { now, .. } = self.speed {
            self.speed = Speed::Agreed(now);
        }
    }

    fn begin_anew(&mut self) {
        self.server.lose_link();
        self.sent = None;
        self.owed = false;
        self.stop = false;
    }

    fn acknowledged(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, kind: u8) {
        let Some((bytes, _, again)) = self.sent.take() else {
            return;
        };
        self.hear(m);
        if kind != frame::NAK {
            self.stop |= kind == frame::ACK_ABORT;
            self.sent_is_taken(m);
        } else if again < RESENDS {
            self.send(m, out, &bytes);
            self.sent = Some((bytes, m.clock.device_ns(), again + 1));
        } else {
            self.begin_anew();
        }
    }

    fn sent_is_taken(&mut self, m: &Machine) {
        self.sent = None;
        if let (Some(now), Speed::Agreed(before)) = (self.server.new_baud.take(), self.speed) {
            self.ring.clear();
            self.speed = Speed::Tried {
                until: m.clock.device_ns() + AGREEMENT_NS,
                now,
                before,
            };
        }
    }

    /// A frame has its whole length.
    fn whole(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, bytes: &[u8]) {
        let crc = u16::from_le_bytes([bytes[4], bytes[5]]);
        if frame::crc(&[&bytes[..4], &bytes[6..]]) != crc {
            return self.send(m, out, &[START, frame::NAK]);
        }
        self.hear(m);
        let command = bytes[1] == frame::COMMAND;
        if self.sent.is_some() {
            if !command {
                return;
            }
            self.begin_anew();
        }
        if self.server.is_over() {
            return;
        }
        self.owed = true;
        if command {
            self.stop = false;
        }
        self.server
            .report(m, if command { 1 } else { 2 }, &bytes[6..]);
    }

    /// Sends what the server has for the host, one frame at a time; acknowledges the host's frame with it, or when the next one
    /// is wanted.
    fn push(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>) {
        while self.sent.is_none() {
            if let Some((id, payload)) = self.server.answers.pop_front() {
                if id == 3 && payload.is_empty() {
                    self.acknowledge(m, out, frame::ACK_ABORT);
                    continue;
                }
                self.acknowledge(m, out, frame::ACK);
                let kind = if id == 3 { frame::COMMAND } else { frame::DATA };
                let bytes = frame::encode(kind, &payload);
                self.send(m, out, &bytes);
                self.sent = Some((bytes, m.clock.device_ns(), 0));
            } else if self.server.is_over() {
                return;
            } else {
                let stop = std::mem::take(&mut self.stop);
                if !self.server.goes_on(m, UART_PAYLOAD, stop) {
                    return self.acknowledge(m, out, frame::ACK);
                }
            }
        }
    }

    fn acknowledge(&mut self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, kind: u8) {
        if std::mem::take(&mut self.owed) {
            self.send(m, out, &[START, kind]);
        }
    }

    fn send(&self, m: &mut Machine, out: &mut VecDeque<(u64, u8)>, bytes: &[u8]) {
        let baud = self.baud(m.clock.now_ns()).unwrap_or(4800);
        for byte in bytes {
            m.clock.work(byte_ns(baud));
            out.push_back((m.clock.device_ns(), *byte));
        }
    }
}

/// The speed of a ping with these seven edges; `None` when they are not those of a ping.
fn speed(edges: &[u64]) -> Option<u32> {
    let edges: &[u64; 7] = edges.try_into().ok()?;
    let times: Vec<u64> = edges.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let inside = || times.iter().zip(EDGES).filter(|(_, bits)| bits.is_some());
    let total: u64 = inside().map(|(time, _)| time).sum();
    let fits = inside().all(|(time, bits)| {
        let wanted = total * bits.unwrap_or_default();
        (time * EDGE_BITS).abs_diff(wanted) * 4 <= total
    });
    if !fits || total == 0 {
        return None;
    }
    let measured = EDGE_BITS * 1_000_000_000 / total;
    let near = |usual: &u64| usual.abs_diff(measured) * 100 <= usual * 3;
    let meant = USUAL.into_iter().find(near).unwrap_or(measured);
    u32::try_from(meant).ok().filter(|baud| has_speed(*baud))
}
