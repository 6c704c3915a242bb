//! A device that behaves well enough to be believed, and then does not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtboot::Result;
use rtboot::board::{Look, Opened, Plug, Program};
use rtboot::mboot::frame;
use rtboot::port::{self, HidPort, SerialPort};

use super::answers::Kind;

/// Calls of its ports after which a command counts as endless.
pub const CALL_LIMIT: u64 = 2_000_000;

/// How a device is evil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything and never says a word.
    Mute,
    /// Answers at random, at any time.
    Random,
    /// Answers as it should, and this often of 100 otherwise.
    Nearly(u8),
    /// Never stops talking; what it says looks like an answer.
    Endless,
    /// Refuses every packet as damaged (UART).
    Refuses,
    /// Answers as it should so many times, and then never again.
    Silent(u32),
}

/// What happened to the device.
#[derive(Debug, Default)]
pub struct Seen {
    pub calls: u64,
    /// Time that a host with a clock would have spent.
    pub time: Duration,
}

pub struct Inner {
    pub manner: Manner,
    pub seed: u64,
    seen: Seen,
    pub queue: VecDeque<Vec<u8>>,
    /// Bytes of a write that are still to come, and the command's tag.
    pub left: u32,
    pub tag: u8,
    /// Answers given.
    pub said: u32,
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
            seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            seen: Seen::default(),
            queue: VecDeque::new(),
            left: 0,
            tag: 0,
            said: 0,
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
                (_, Manner::Random | Manner::Endless) if hidden => Look::Nothing,
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
                [2, _, _, _, data @ ..] => inner.data(data.len() as u32),
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
}

impl SerialPort for Evil {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        self.with(|inner| {
            inner.count();
            inner.seen.time += BYTE * bytes.len() as u32;
            let mut out = Vec::new();
            match bytes {
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
                            _ => inner.data(packet.len() as u32),
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
                command if command.len() == 16 => {
                    for (_, bytes) in inner.sdp(command) {
                        out.extend(bytes);
                    }
                }
                _ => {}
            }
            inner.say(out);
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
            let flow = match inner.manner {
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
            while count < buffer.len() {
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
}

/// A byte at 115200 baud.
const BYTE: Duration = Duration::from_micros(87);

impl Inner {
    fn count(&mut self) {
        self.seen.calls += 1;
        assert!(self.seen.calls < CALL_LIMIT, "endless");
    }
}
