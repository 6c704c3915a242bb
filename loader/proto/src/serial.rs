//! MBOOT over a UART, on the device's side: frames and acknowledgements, without a wait of its own.
//!
//! ```text
//! --> 5A A6                <-- 5A A7 …                     ping
//! --> 5A A4|A5 frame       <-- 5A A1 | A2 | A3             when the loader wants the next one | damaged | no more data
//! <== 5A A4|A5 frame       --> 5A A1 | A2 | A3             taken | again | no more data
//! ```
//!
//! Bytes and times go in ([`Serial::take`], [`Serial::tick`]), bytes come out ([`Serial::output`]), reports are exchanged with the
//! commands. Where NXP's loader drops a frame in silence, or waits for ever, this one asks for the frame again or gives up; the
//! differences are listed in `docs/loader.md`.

pub mod autobaud;
pub mod divider;

use rtboot_wire::mboot::{PingResponse, frame, report};

use crate::board::Payload;

/// Longest payload of a frame, in either direction.
pub const MOST: usize = 1024;
const _: () = assert!(MOST <= crate::board::MAX_PAYLOAD);
const LONGEST: usize = frame::HEADER + MOST;

/// Silence after which a frame has broken off. USB adapters pause for some milliseconds.
pub const GAP: u32 = 50_000;
/// How long a frame to the host waits for its acknowledgement.
pub const ACK_LIMIT: u32 = 5_000_000;
/// How often a frame to the host is sent again.
const RESENDS: u8 = 8;
/// Bytes out of place that may have been a frame: no acknowledgement is as long, every frame is longer.
const LOST_FRAME: usize = 5;

/// Serial protocol P1.2.0 without options, as NXP's loader.
const PING_ANSWER: PingResponse = PingResponse {
    version: (1, 2, 0),
    options: 0,
};

/// The link's state.
#[derive(Debug)]
pub struct Serial {
    head: [u8; frame::HEADER],
    body: [u8; MOST],
    /// Bytes of the frame that is arriving.
    got: usize,
    /// Bytes out of place since the last frame.
    noise: usize,
    /// When the last byte arrived.
    last: u32,
    /// The frame in `head` and `body` is whole and waits to be taken.
    ready: bool,
    /// The frame that was taken last has no acknowledgement yet.
    owed: bool,
    frame: Frame,
    short: Short,
    lost: bool,
    heard: bool,
    /// A host has been there: from then on a lost frame is asked for.
    met: bool,
    stop: bool,
}

/// The frame to the host.
#[derive(Debug)]
struct Frame {
    bytes: [u8; LONGEST],
    /// 0: none.
    length: usize,
    out: usize,
    /// When its last byte went out.
    since: u32,
    resends: u8,
}

/// Acknowledgements and ping responses on their way to the host. They go between frames.
#[derive(Debug)]
struct Short {
    bytes: [u8; 16],
    length: usize,
    out: usize,
}

impl Short {
    fn push(&mut self, bytes: &[u8]) {
        if self.out == self.length {
            (self.out, self.length) = (0, 0);
        }
        // a host that asks faster than it listens loses answers
        if let Some(place) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            place.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

impl Serial {
    /// A link on which nothing has happened.
    pub const fn new() -> Serial {
        Serial {
            head: [0; frame::HEADER],
            body: [0; MOST],
            got: 0,
            noise: 0,
            last: 0,
            ready: false,
            owed: false,
            frame: Frame {
                bytes: [0; LONGEST],
                length: 0,
                out: 0,
                since: 0,
                resends: 0,
            },
            short: Short {
                bytes: [0; 16],
                length: 0,
                out: 0,
            },
            lost: false,
            heard: false,
            met: false,
            stop: false,
        }
    }

    /// A byte of the host, with the time in microseconds.
    pub fn take(&mut self, now: u32, byte: u8) {
        self.last = now;
        match self.got {
            0 if byte == frame::START => self.got = 1,
            0 => self.noise += 1,
            1 => self.kind(byte),
            // the frame before has not been taken: there is no place for another one
            at if self.ready => {
                // its length is not kept: what follows is noise
                self.noise += at + 1;
                self.got = 0;
            }
            at => {
                if let Some(place) = self.head.get_mut(at) {
                    *place = byte;
                } else if let Some(place) = self.body.get_mut(at - frame::HEADER) {
                    *place = byte;
                }
                self.got += 1;
                self.close_if_whole();
            }
        }
    }

    fn kind(&mut self, byte: u8) {
        self.got = 0;
        match byte {
            frame::COMMAND | frame::DATA => {
                if !self.ready {
                    self.head[..2].copy_from_slice(&[frame::START, byte]);
                }
                self.got = 2;
            }
            // behind noise it may be a part of a damaged frame; a host pings again
            frame::PING if self.noise == 0 => self.ping(),
            frame::ACK | frame::NAK | frame::ABORT => self.answered(byte),
            frame::START => self.got = 1,
            _ => self.noise += 2,
        }
    }

    fn close_if_whole(&mut self) {
        if self.got < frame::HEADER {
            return;
        }
        let length = frame::payload_length(&self.head);
        if length > MOST {
            // a damaged length: the rest is noise, and the silence behind it asks for the frame again
            self.noise += self.got;
            self.got = 0;
        }
        if self.got != frame::HEADER + length {
            return;
        }
        self.got = 0;
        self.noise = 0;
        if !frame::is_intact(&self.head, &self.body[..length]) {
            self.short.push(&[frame::START, frame::NAK]);
            return;
        }
        self.hear();
        let command = self.head[1] == frame::COMMAND;
        if self.is_waiting() || self.owed {
            if !command {
                // nobody waits for these data
                return;
            }
            // a host that goes on without an acknowledgement is a new one, or has lost the answer
            self.drop_frame();
            self.owed = false;
            self.lost = true;
        }
        self.ready = true;
    }

    /// The host's answer to a frame.
    fn answered(&mut self, kind: u8) {
        self.noise = 0;
        if !self.is_waiting() {
            return;
        }
        self.hear();
        if kind != frame::NAK {
            self.stop |= kind == frame::ABORT;
            self.drop_frame();
        } else if self.frame.resends < RESENDS {
            self.frame.resends += 1;
            self.frame.out = 0;
        } else {
            self.give_up();
        }
    }

    /// A host that pings begins anew: whatever was under way is over. Autobaud calls this, too, for the ping that it measured.
    pub fn ping(&mut self) {
        self.got = 0;
        self.noise = 0;
        self.ready = false;
        self.owed = false;
        self.drop_frame();
        self.lost = true;
        self.hear();
        self.short = Short {
            bytes: [0; 16],
            length: 0,
            out: 0,
        };
        self.short.push(&PING_ANSWER.to_bytes());
    }

    fn hear(&mut self) {
        self.heard = true;
        self.met = true;
    }

    /// What follows from time: a frame that broke off, an acknowledgement that does not come.
    pub fn tick(&mut self, now: u32) {
        let waiting = self.is_waiting();
        if waiting && now.wrapping_sub(self.frame.since) > ACK_LIMIT {
            self.give_up();
        }
        let out_of_place = self.noise + self.got;
        if out_of_place == 0 || now.wrapping_sub(self.last) <= GAP {
            return;
        }
        self.noise = 0;
        self.got = 0;
        if waiting {
            // the host did answer: most likely that it has the frame
            self.drop_frame();
        } else if out_of_place >= LOST_FRAME && self.met && !self.ready && !self.owed {
            self.short.push(&[frame::START, frame::NAK]);
        }
    }

    /// The next byte to the host.
    pub fn output(&mut self, now: u32) -> Option<u8> {
        let frame = &mut self.frame;
        let inside = frame.out > 0 && frame.out < frame.length;
        if !inside && self.short.out < self.short.length {
            self.short.out += 1;
            return self.short.bytes.get(self.short.out - 1).copied();
        }
        if frame.out == frame.length {
            return None;
        }
        frame.out += 1;
        frame.since = now;
        frame.bytes.get(frame.out - 1).copied()
    }

    /// The next report of the host. Whoever asks wants it: the one before is acknowledged.
    pub fn take_report(&mut self, payload: &mut Payload) -> Option<u8> {
        self.acknowledge(frame::ACK);
        if !self.ready {
            return None;
        }
        self.ready = false;
        self.owed = true;
        self.stop = false;
        let length = frame::payload_length(&self.head).min(MOST);
        payload.resize(length).copy_from_slice(&self.body[..length]);
        Some(match self.head[1] {
            frame::COMMAND => report::COMMAND,
            _ => report::DATA_OUT,
        })
    }

    fn acknowledge(&mut self, kind: u8) {
        if core::mem::take(&mut self.owed) {
            self.short.push(&[frame::START, kind]);
        }
    }

    /// Whether there is space for a report to the host.
    pub fn can_send(&self) -> bool {
        self.frame.length == 0
    }

    /// Sends a report. An empty response stands for the wish that the host ends its data.
    pub fn send(&mut self, id: u8, payload: &[u8]) {
        let kind = match (id, payload) {
            (report::RESPONSE, []) => return self.acknowledge(frame::ABORT),
            (report::RESPONSE, _) => frame::COMMAND,
            _ => frame::DATA,
        };
        self.acknowledge(frame::ACK);
        self.frame.length = frame::write(kind, payload, &mut self.frame.bytes).unwrap_or(0);
        self.frame.out = 0;
        self.frame.resends = 0;
    }

    /// Whether the host wants no more data, since the last question.
    pub fn take_stop(&mut self) -> bool {
        core::mem::take(&mut self.stop)
    }

    /// Whether the link began anew, since the last question.
    pub fn take_lost(&mut self) -> bool {
        self.stop &= !self.lost;
        core::mem::take(&mut self.lost)
    }

    /// Whether a ping, a whole frame or an acknowledgement has come, since the last question.
    pub fn take_heard(&mut self) -> bool {
        core::mem::take(&mut self.heard)
    }

    /// Whether nothing is on its way in either direction.
    pub fn is_idle(&self) -> bool {
        self.frame.length == 0 && self.short.out == self.short.length
    }

    /// The host has the frame, or ought to.
    fn is_waiting(&self) -> bool {
        self.frame.length > 0 && self.frame.out == self.frame.length
    }

    fn drop_frame(&mut self) {
        self.frame.length = 0;
        self.frame.out = 0;
    }

    fn give_up(&mut self) {
        self.drop_frame();
        self.lost = true;
    }
}

impl Default for Serial {
    fn default() -> Serial {
        Serial::new()
    }
}
