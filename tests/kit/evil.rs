//! A device that answers well enough to be believed, and then does not.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtboot::Result;
use rtboot::board::{Look, Opened, Plug, Program};
use rtboot::mboot::frame;
use rtboot::port::{self, HidPort, SerialPort};

use super::random::Random;

/// A command that calls the ports more often counts as endless.
const CALL_LIMIT: u64 = 2_000_000;

/// How a device misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything and never answers.
    Mute,
    /// Answers at random, at any time.
    Random,
    /// Answers as it should, and this often of 100 otherwise.
    Nearly(u8),
    /// Never stops sending what looks like an answer.
    Endless,
    /// Refuses every packet as damaged (UART).
    Refuses,
    /// Answers as it should so many times, and then never again.
    Silent(u32),
    /// Says something every 0.3 s: a byte of an answer, or a report.
    Drip,
}

/// Time between two pieces of [`Manner::Drip`].
const DRIP: Duration = Duration::from_millis(300);

/// What the device has seen.
#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    /// Time that a host with a clock would have spent.
    time: Duration,
}

struct Inner {
    manner: Manner,
    random: Random,
    seen: Seen,
    queue: VecDeque<Vec<u8>>,
    /// Bytes of a write that are still to come, and the command's tag.
    left: u32,
    /// Where a data phase writes, and what of it came.
    writing: (u32, Vec<u8>),
    /// RAM that was written: the host reads some of it back.
    ram: BTreeMap<u32, Vec<u8>>,
    tag: u8,
    /// Answers given.
    said: u32,
    /// A flashloader runs, and the ROM does not.
    loader: bool,
    /// What of a command the ROM has.
    buffer: Vec<u8>,
    /// When the next piece of a drip is due.
    due: Duration,
}

/// The device; clones are handles on it.
#[derive(Clone)]
pub struct Evil {
    inner: Arc<Mutex<Inner>>,
    program: Program,
    uart: bool,
}

impl Evil {
    pub fn new(manner: Manner, seed: u64, program: Program, uart: bool) -> Evil {
        let inner = Inner {
            manner,
            random: Random::seeded(seed),
            seen: Seen::default(),
            queue: VecDeque::new(),
            left: 0,
            writing: (0, Vec::new()),
            ram: BTreeMap::new(),
            tag: 0,
            said: 0,
            loader: program == Program::Flashloader,
            buffer: Vec::new(),
            due: Duration::ZERO,
        };
        Evil {
            inner: Arc::new(Mutex::new(inner)),
            program,
            uart,
        }
    }

    pub fn time(&self) -> Duration {
        self.with(|inner| inner.seen.time)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().expect("one user at a time"))
    }
}

impl Plug for Evil {
    fn look(&mut self) -> Result<Look> {
        let (uart, program) = (self.uart, self.program);
        Ok(self.with(|inner| {
            let hidden = inner.dice(4) == 0;
            match (uart, inner.manner) {
                (true, _) => Look::Ask,
                (_, Manner::Random | Manner::Endless | Manner::Drip) if hidden => Look::Nothing,
                (_, Manner::Nearly(_) | Manner::Silent(_)) if inner.tag == 0x0B => {
                    Look::Program(Program::Flashloader)
                }
                _ => Look::Program(program),
            }
        }))
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(match self.uart {
            true => Opened::Serial(Box::new(self.clone())),
            false => Opened::Hid(Box::new(self.clone())),
        })
    }

    fn wait(&mut self, time: Duration) {
        self.with(|inner| inner.seen.time += time);
    }

    fn is_uart(&self) -> bool {
        self.uart
    }
}

impl HidPort for Evil {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), port::Error> {
        self.with(|inner| {
            inner.count();
            let answers = match report {
                [1, command @ ..] if command.len() == 16 => inner.sdp(command),
                [2, data @ ..] if data.len() == 1024 => inner.sdp_data(),
                [1, _, _, _, packet @ ..] => inner.command(packet),
                [2, _, _, _, data @ ..] => inner.data(data),
                _ => Vec::new(),
            };
            for (id, bytes) in answers {
                let report = match id {
                    Kind::Plain(id) => [vec![id], bytes].concat(),
                    Kind::Framed(id) => {
                        let [low, high] = (bytes.len() as u16).to_le_bytes();
                        let mut report = vec![id, 0, low, high];
                        report.extend(bytes);
                        report.resize(report.len().max(1021), 0xEE);
                        report
                    }
                };
                inner.say(report);
            }
        });
        Ok(())
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        Ok(self.with(|inner| {
            inner.count();
            let pause = inner.dice(4) == 0;
            let report = match inner.manner {
                Manner::Drip => {
                    let due = inner.drip(timeout);
                    return due.then(|| inner.queue.pop_front().unwrap_or_else(|| inner.chatter()));
                }
                Manner::Mute | Manner::Refuses => None,
                Manner::Random if pause => None,
                Manner::Random => Some(inner.nonsense()),
                Manner::Endless => Some(inner.queue.pop_front().unwrap_or_else(|| inner.chatter())),
                Manner::Nearly(_) | Manner::Silent(_) => inner.queue.pop_front(),
            };
            inner.seen.time += match report {
                Some(_) => Duration::from_millis(1),
                None => timeout,
            };
            report
        }))
    }

    fn describe(&self) -> String {
        "evil".into()
    }

    fn now(&self) -> Duration {
        self.time()
    }
}

impl SerialPort for Evil {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        self.with(|inner| {
            inner.count();
            inner.seen.time += BYTE * bytes.len() as u32;
            let mut out = Vec::new();
            match bytes {
                // the ROM collects 16 bytes, whatever they are
                bytes if !inner.loader && bytes.len() <= 16 => {
                    inner.buffer.extend(bytes);
                    if let Some(command) = inner.buffer.first_chunk::<16>().copied() {
                        inner.buffer.drain(..16);
                        for (_, bytes) in inner.sdp(&command) {
                            out.extend(bytes);
                        }
                    }
                }
                [frame::START, frame::PING, ..] => {
                    out.extend([0x5A, 0xA7, 0x00, 0x03, 0x01, 0x50, 0x00, 0x00, 0xFB, 0x40]);
                }
                [
                    frame::START,
                    kind @ (frame::COMMAND | frame::DATA),
                    _,
                    _,
                    _,
                    _,
                    packet @ ..,
                ] => {
                    if inner.manner == Manner::Refuses {
                        out.extend([frame::START, frame::NAK]);
                    } else {
                        out.extend([frame::START, frame::ACK]);
                        let answers = match *kind {
                            frame::COMMAND => inner.command(packet),
                            _ => inner.data(packet),
                        };
                        for (kind, bytes) in answers {
                            let kind = match kind {
                                Kind::Framed(4) => frame::DATA,
                                _ => frame::COMMAND,
                            };
                            out.extend(frame::header(kind, &bytes).expect("short"));
                            out.extend(&bytes);
                        }
                    }
                }
                _ => {}
            }
            if !out.is_empty() {
                inner.say(out);
            }
        });
        Ok(())
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        timeout: Duration,
    ) -> std::result::Result<usize, port::Error> {
        Ok(self.with(|inner| {
            inner.count();
            if inner.manner == Manner::Drip && !inner.drip(timeout) {
                return 0;
            }
            let flow = match inner.manner {
                Manner::Drip => inner.queue.is_empty(),
                Manner::Random => inner.dice(16) != 0,
                Manner::Endless => true,
                _ => false,
            };
            if inner.queue.is_empty() && flow {
                let piece = match inner.dice(3) {
                    0 => vec![frame::START, inner.dice(256) as u8],
                    1 => vec![
                        frame::START,
                        0xA0 + inner.dice(8) as u8,
                        inner.dice(256) as u8,
                        0,
                    ],
                    _ => inner.nonsense(),
                };
                inner.queue.push_back(piece);
            }
            let mut count = 0;
            let most = match inner.manner {
                Manner::Drip => buffer.len().min(1),
                _ => buffer.len(),
            };
            while count < most {
                let Some(first) = inner.queue.front_mut() else {
                    break;
                };
                if first.is_empty() {
                    inner.queue.pop_front();
                    continue;
                }
                buffer[count] = first.remove(0);
                count += 1;
            }
            inner.seen.time += match count {
                0 => timeout,
                n => BYTE * n as u32,
            };
            count
        }))
    }

    fn set_baud(&mut self, _: u32) -> std::result::Result<(), port::Error> {
        Ok(())
    }

    fn discard_input(&mut self) -> std::result::Result<(), port::Error> {
        self.with(|inner| inner.queue.clear());
        Ok(())
    }

    fn describe(&self) -> String {
        "evil".into()
    }

    fn now(&self) -> Duration {
        self.time()
    }
}

/// A byte at 115200 baud.
const BYTE: Duration = Duration::from_micros(87);

impl Inner {
    fn count(&mut self) {
        self.seen.calls += 1;
        assert!(self.seen.calls < CALL_LIMIT, "endless");
    }

    /// Lets time pass until the next piece is due, `timeout` at most; whether it is due.
    fn drip(&mut self, timeout: Duration) -> bool {
        let wait = self.due.saturating_sub(self.seen.time);
        self.seen.time += wait.min(timeout);
        if wait > timeout {
            return false;
        }
        self.due = self.seen.time + DRIP;
        true
    }
}

/// How an answer is wrapped: a bare report, or one with a length, as MBOOT has it.
enum Kind {
    Plain(u8),
    Framed(u8),
}

type Answers = Vec<(Kind, Vec<u8>)>;

impl Inner {
    fn dice(&mut self, sides: u64) -> u64 {
        self.random.below(sides as usize) as u64
    }

    fn nonsense(&mut self) -> Vec<u8> {
        let length = self.dice(40) + if self.dice(50) == 0 { 70_000 } else { 0 };
        let mut bytes: Vec<u8> = (0..length).map(|_| self.dice(256) as u8).collect();
        if let Some(first) = bytes.first_mut() {
            *first = 1 + *first % 5;
        }
        bytes
    }

    /// Data reports and responses that any command could have.
    fn chatter(&mut self) -> Vec<u8> {
        let mut report = vec![
            3 + self.dice(2) as u8,
            0,
            12,
            0,
            0xA0,
            0,
            0,
            2,
            0,
            0,
            0,
            0,
            self.tag,
            0,
            0,
            0,
        ];
        if self.dice(2) == 0 {
            report[4..8].copy_from_slice(&[0xA3, 1, 0, 2]);
        }
        report.resize(1021, self.dice(256) as u8);
        if self.dice(2) == 0 {
            (report[2], report[3]) = (0xF8, 3);
        }
        report
    }

    /// Queues an answer, or something like it.
    fn say(&mut self, bytes: Vec<u8>) {
        self.said += 1;
        let evil = match self.manner {
            Manner::Mute => return,
            Manner::Random => 90,
            Manner::Nearly(often) => u64::from(often),
            Manner::Endless => 1,
            Manner::Refuses => 0,
            Manner::Silent(after) if self.said > after => return,
            Manner::Silent(_) | Manner::Drip => 0,
        };
        if self.dice(100) >= evil {
            return self.queue.push_back(bytes);
        }
        let mut bent = bytes.clone();
        let at = self.dice(bent.len().clamp(1, 40) as u64) as usize;
        match self.dice(8) {
            0 => return,
            1 => bent.truncate(at),
            2 => bent.resize(65_536, 0x5A),
            3 => self.queue.push_back(bytes),
            4 => bent = Vec::new(),
            5 => bent = self.nonsense(),
            _ => {
                let xor = self.dice(255) as u8 + 1;
                if let Some(byte) = bent.get_mut(at) {
                    *byte ^= xor;
                }
            }
        }
        self.queue.push_back(bent);
    }

    fn sdp(&mut self, command: &[u8]) -> Answers {
        let hab = (Kind::Plain(3), vec![0x56, 0x78, 0x78, 0x56]);
        let word = |bytes: [u8; 4]| (Kind::Plain(4), bytes.repeat(16));
        let short = |bytes: [u8; 4]| (Kind::Plain(4), bytes.to_vec());
        match command[..2] {
            [1, 1] => match command[2..6] {
                [0x40, 0x0D, 0x82, 0x60] => vec![hab, short([0, 0, 0x6B, 0])],
                _ => vec![hab, word([1, 2, 3, 4])],
            },
            [5, 5] => vec![hab, short([0xF0; 4])],
            [4, 4] => Vec::new(),
            [0x0B, 0x0B] => {
                self.tag = 0x0B;
                vec![hab]
            }
            _ => vec![hab, short([0x88; 4])],
        }
    }

    fn sdp_data(&mut self) -> Answers {
        self.left += 1024;
        if self.left < 0x5000 {
            return Vec::new();
        }
        self.left = 0;
        let hab = (Kind::Plain(3), vec![0x56, 0x78, 0x78, 0x56]);
        vec![hab, (Kind::Plain(4), vec![0x88; 64])]
    }

    fn command(&mut self, packet: &[u8]) -> Answers {
        let word = |at: usize| {
            let bytes = packet
                .get(4 + 4 * at..8 + 4 * at)
                .and_then(|b| b.first_chunk());
            bytes.map_or(0, |b| u32::from_le_bytes(*b))
        };
        let tag = packet.first().copied().unwrap_or(0);
        let response = |tag: u8, words: &[u32]| {
            let mut bytes = vec![tag, 0, 0, words.len() as u8];
            words.iter().for_each(|w| bytes.extend(w.to_le_bytes()));
            (Kind::Framed(3), bytes)
        };
        self.tag = if tag == 0x0B { 0 } else { tag };
        let done = response(0xA0, &[0, u32::from(tag)]);
        match tag {
            0x07 => vec![match word(0) {
                1 => response(0xA7, &[0, 0x4B02_0100]),
                11 => response(0xA7, &[0, 1016]),
                12 => response(0xA7, &[0, 0x2020_8000, 0x2021_0000]),
                18 => response(0xA7, &[0, 0x0403_0201, 0x0403_0201]),
                _ => response(0xA0, &[10_205, 7]),
            }],
            0x04 => {
                self.left = word(1);
                self.writing = (word(0), Vec::new());
                vec![done]
            }
            0x03 => {
                let mut answers = vec![response(0xA3, &[0, word(1)])];
                let inside = |(start, ram): (&u32, &Vec<u8>)| {
                    let from = word(0).checked_sub(*start)? as usize;
                    Some(ram.get(from..from.checked_add(word(1) as usize)?)?.to_vec())
                };
                if let Some(held) = self.ram.iter().find_map(inside) {
                    let pieces = held
                        .chunks(1016)
                        .map(|piece| (Kind::Framed(4), piece.to_vec()));
                    answers.extend(pieces);
                    answers.push(done);
                    return answers;
                }
                let mut left = word(1).min(100_000) as usize;
                while left > 0 {
                    let piece = left.min(1016);
                    let data = match word(1) {
                        3 => vec![0x9D, 0x60, 0x17],
                        1 => vec![0x40],
                        _ => (0..piece).map(|_| self.dice(256) as u8).collect(),
                    };
                    answers.push((Kind::Framed(4), data));
                    left -= piece;
                }
                answers.push(done);
                answers
            }
            _ => vec![done],
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Answers {
        let count = bytes.len().min(self.left as usize);
        self.left -= count as u32;
        self.writing.1.extend(&bytes[..count]);
        if self.left > 0 {
            return Vec::new();
        }
        let (address, written) = std::mem::take(&mut self.writing);
        self.ram.insert(address, written);
        let mut bytes = vec![0xA0, 0, 0, 2, 0, 0, 0, 0];
        bytes.extend(u32::from(self.tag).to_le_bytes());
        vec![(Kind::Framed(3), bytes)]
    }
}
