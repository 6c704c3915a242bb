//! MBOOT over a UART.
//!
//! ```text
//! --> 5A A6                     <-- 5A A7 …               ping: sets the device's baud rate, once
//! --> 5A A4 command             <-- 5A A1                 ACK, held back until the device has its answer
//!                               <-- 5A A4 response        --> 5A A1
//! --> 5A A5 data                <-- 5A A1 | A2 | A3       next, again, stop
//!                               <-- 5A A5 data            --> 5A A1 | A2 | A3     next, again, stop
//! ```

use std::time::Duration;

use rtboot_wire::loader;

use super::link::{Link, LinkError, Packet, Sent};
use super::{Command, PingResponse, Response, Tag, frame};
use crate::port::traced::Direction;
use crate::port::{self, Deadline, SerialPort};

/// Window for the answer to one ping (blhost).
const PING_WINDOW: Duration = Duration::from_millis(500);
/// Pings tried.
const PING_TRIES: usize = 3;
/// Longest silence inside a frame once it has begun: a machine that is busy with other work halts an adapter's driver, or a board
/// that is emulated, for more than half a second.
const GAP: Duration = Duration::from_secs(2);
/// Longest time for a frame once it has begun: 1030 bytes take 2.2 s at 4800 baud, the slowest speed of flashloaders.
const FRAME: Duration = Duration::from_secs(5);
/// Silence behind noise after which no frame follows.
const NOISE_GAP: Duration = Duration::from_millis(500);
/// Noise skipped before a start byte (SPSDK).
const NOISE_LIMIT: usize = 50;
/// Most times that a frame is sent again, or requested again.
const RESENDS: usize = 3;
/// Most frames skipped that are of no use now: stray ACKs, late ping responses.
const STRAY_LIMIT: usize = 16;
/// Silence after which an earlier session is over: its longest frame takes 90 ms at 115200 baud.
const SETTLE: Duration = Duration::from_millis(100);
/// Time for the device to change its speed, and for an adapter to send its last bytes at the old one.
const CHANGE: Duration = Duration::from_millis(10);
/// Pings at a new speed, and the window of each: they end before the device goes back to the old one. A busy machine may bring the
/// answer late.
const SPEED_TRIES: usize = 3;
const SPEED_WINDOW: Duration = Duration::from_millis(500);
/// Pings at the old speed. The device comes back to it 2 s after it changed; one that did not change hears what was not meant for
/// it, and needs a ping more; one that heard a ping at the new speed waits there, and gives up after 11 s at the latest.
const RETURN_TRIES: usize = 24;
/// The device's answer when it is asked to go back to the first speed at the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// MBOOT over a serial port.
#[derive(Debug)]
pub struct UartLink<P: SerialPort> {
    port: P,
    /// A packet that came where an acknowledgement was due.
    early: Option<Packet>,
    /// The next data frame is answered with an abort.
    stop: bool,
    /// The device has answered a ping.
    pinged: bool,
    /// The first speed, where another one was agreed on.
    first_speed: Option<u32>,
    /// The last command ends the program on the device.
    leaves: bool,
    damaged: usize,
}

/// Who answers a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinged {
    /// A flashloader.
    Flashloader(PingResponse),
    /// A boot ROM: RT10xx ROMs were seen to answer `5A A8` and the unique id.
    BootRom,
    /// Nobody, or nothing that can be read.
    Nobody,
}

/// What came in.
enum Incoming {
    Ack,
    Nak,
    Abort,
    Packet(Packet),
    /// Intact in form, wrong CRC.
    Damaged,
    Nothing,
}

impl<P: SerialPort> UartLink<P> {
    /// A link over `port`. The device is pinged before the first command: the first ping after its start sets its baud rate.
    pub fn new(port: P) -> UartLink<P> {
        UartLink {
            port,
            early: None,
            stop: false,
            pinged: false,
            first_speed: None,
            leaves: false,
            damaged: 0,
        }
    }

    /// A link over `port`, once the device has answered a ping.
    ///
    /// # Errors
    /// [`LinkError::Timeout`] when no ping was answered; [`LinkError::Protocol`] for noise only.
    pub fn connect(port: P) -> Result<(UartLink<P>, PingResponse), LinkError> {
        let mut link = UartLink::new(port);
        let answer = link.ping()?;
        Ok((link, answer))
    }

    /// Pings until the device answers, three times at most.
    ///
    /// # Errors
    /// As [`UartLink::connect`].
    pub fn ping(&mut self) -> Result<PingResponse, LinkError> {
        let mut last = LinkError::Timeout {
            waited: PING_WINDOW,
        };
        for _ in 0..PING_TRIES {
            match self.ping_in(PING_WINDOW) {
                Ok(Pinged::Flashloader(answer)) => return Ok(answer),
                Ok(Pinged::BootRom) => {
                    last = LinkError::Protocol {
                        what: "the boot ROM's answer to a ping",
                        bytes: vec![frame::START, frame::ROM_PING_RESPONSE],
                    }
                }
                Ok(Pinged::Nobody) => {}
                Err(error @ LinkError::Protocol { .. }) => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    /// Pings once and says who answers within `window`; an answer to a ping before counts. The bytes harm no boot ROM: it waits for 14
    /// more.
    ///
    /// # Errors
    /// The port's.
    pub fn ping_once(&mut self, window: Duration) -> Result<Pinged, LinkError> {
        match self.send_ping(window) {
            Err(LinkError::Protocol { .. }) => Ok(Pinged::Nobody),
            answer => answer,
        }
    }

    fn ping_in(&mut self, window: Duration) -> Result<Pinged, LinkError> {
        self.port.discard_input()?;
        self.send_ping(window)
    }

    fn send_ping(&mut self, window: Duration) -> Result<Pinged, LinkError> {
        self.port.write(&[frame::START, frame::PING])?;
        let answer = self.ping_answer(window)?;
        self.pinged |= matches!(answer, Pinged::Flashloader(_));
        Ok(answer)
    }

    fn ping_answer(&mut self, window: Duration) -> Result<Pinged, LinkError> {
        let deadline = Deadline::after(self.port.now(), window);
        for _ in 0..STRAY_LIMIT {
            match self.start(deadline.left(self.port.now()))? {
                None => return Ok(Pinged::Nobody),
                Some(frame::ROM_PING_RESPONSE) => {
                    self.read_exact(&mut [0; frame::ROM_PING_RESPONSE_LEN - 2])?;
                    return Ok(Pinged::BootRom);
                }
                Some(frame::PING_RESPONSE) => {
                    let mut bytes = [frame::START, frame::PING_RESPONSE, 0, 0, 0, 0, 0, 0, 0, 0];
                    self.read_exact(&mut bytes[2..])?;
                    let broken = LinkError::Protocol {
                        what: "a damaged ping response",
                        bytes: bytes.to_vec(),
                    };
                    let answer = PingResponse::parse(&bytes).ok_or(broken)?;
                    return Ok(Pinged::Flashloader(answer));
                }
                Some(_) => {} // rest of an earlier frame: its bytes are skipped as noise
            }
        }
        Ok(Pinged::Nobody)
    }

    /// The port below.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Skips noise up to a start byte and returns the type byte after it; `None` when nothing came.
    fn start(&mut self, timeout: Duration) -> Result<Option<u8>, LinkError> {
        let deadline = Deadline::after(self.port.now(), timeout + NOISE_GAP);
        let mut noise = Vec::new();
        let mut patience = timeout;
        loop {
            let mut byte = [0];
            if self.port.read(&mut byte, patience)? == 0 {
                return match noise.is_empty() {
                    true => Ok(None),
                    false => Err(LinkError::Protocol {
                        what: "noise, then silence",
                        bytes: noise,
                    }),
                };
            }
            if byte[0] == frame::START {
                let mut kind = [0];
                self.read_exact(&mut kind)?;
                return Ok(Some(kind[0]));
            }
            noise.push(byte[0]);
            if noise.len() > NOISE_LIMIT {
                return Err(LinkError::Protocol {
                    what: "too much noise before a frame",
                    bytes: noise,
                });
            }
            patience = deadline.left(self.port.now()).min(NOISE_GAP);
        }
    }

    fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), LinkError> {
        let deadline = Deadline::after(self.port.now(), FRAME);
        let mut have = 0;
        while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
            let patience = deadline.left(self.port.now()).min(GAP);
            match self.port.read(rest, patience)? {
                0 => {
                    return Err(LinkError::Protocol {
                        what: "a frame that breaks off",
                        bytes: buffer.iter().copied().take(have).collect(),
                    });
                }
                count => have += count,
            }
        }
        Ok(())
    }

    /// The next thing on the line.
    fn incoming(&mut self, timeout: Duration) -> Result<Incoming, LinkError> {
        let deadline = Deadline::after(self.port.now(), timeout);
        for _ in 0..STRAY_LIMIT {
            let Some(kind) = self.start(deadline.left(self.port.now()))? else {
                return Ok(Incoming::Nothing);
            };
            match kind {
                frame::ACK => return Ok(Incoming::Ack),
                frame::NAK => return Ok(Incoming::Nak),
                frame::ABORT => return Ok(Incoming::Abort),
                frame::COMMAND | frame::DATA => return self.body(kind),
                // the answer to an earlier ping
                frame::PING_RESPONSE => self.read_exact(&mut [0; frame::PING_RESPONSE_LEN - 2])?,
                _ => {
                    let bytes = vec![frame::START, kind];
                    return Err(LinkError::Protocol {
                        what: "an unknown frame type",
                        bytes,
                    });
                }
            }
        }
        Err(LinkError::Protocol {
            what: "ping responses only",
            bytes: Vec::new(),
        })
    }

    fn body(&mut self, kind: u8) -> Result<Incoming, LinkError> {
        let mut header = [frame::START, kind, 0, 0, 0, 0];
        self.read_exact(&mut header[2..])?;
        let length = frame::payload_length(&header);
        if length > frame::MAX_PAYLOAD {
            return Err(LinkError::Protocol {
                what: "a frame that is too long",
                bytes: header.to_vec(),
            });
        }
        let mut payload = vec![0; length];
        self.read_exact(&mut payload)?;
        Ok(match (frame::is_intact(&header, &payload), kind) {
            (false, _) => Incoming::Damaged,
            (true, frame::COMMAND) => Incoming::Packet(Packet::Response(payload)),
            (true, _) => Incoming::Packet(Packet::Data(payload)),
        })
    }

    /// The next packet, acknowledged; damaged ones are asked for again.
    fn packet(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError> {
        let mut deadline = Deadline::after(self.port.now(), timeout);
        let mut damaged = 0;
        for _ in 0..STRAY_LIMIT {
            match self.incoming(deadline.left(self.port.now()))? {
                Incoming::Nothing => return Ok(None),
                Incoming::Packet(packet) => {
                    self.acknowledge(&packet)?;
                    return Ok(Some(packet));
                }
                Incoming::Damaged if damaged < RESENDS => {
                    damaged += 1;
                    self.damaged += 1;
                    self.port.write(&[frame::START, frame::NAK])?;
                    deadline = Deadline::after(self.port.now(), timeout);
                }
                Incoming::Damaged => {
                    return Err(LinkError::Protocol {
                        what: "a frame that stays damaged",
                        bytes: Vec::new(),
                    });
                }
                Incoming::Ack | Incoming::Nak | Incoming::Abort => {} // late: of no use now
            }
        }
        Err(LinkError::Protocol {
            what: "acknowledgements only",
            bytes: Vec::new(),
        })
    }

    fn acknowledge(&mut self, packet: &Packet) -> Result<(), LinkError> {
        let stop = std::mem::take(&mut self.stop);
        let answer = match packet {
            Packet::Data(payload) if stop && !payload.is_empty() => frame::ABORT,
            _ => frame::ACK,
        };
        Ok(self.port.write(&[frame::START, answer])?)
    }

    /// Whether one of some pings is answered.
    fn answers(&mut self, tries: usize, window: Duration) -> Result<bool, LinkError> {
        for _ in 0..tries {
            match self.ping_in(window) {
                Ok(Pinged::Flashloader(_)) => return Ok(true),
                Ok(_) | Err(LinkError::Protocol { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// Lets time pass until the line is silent for so long; what comes meanwhile was not meant for the speed that follows.
    fn rest(&mut self, time: Duration) -> Result<(), LinkError> {
        for _ in 0..STRAY_LIMIT {
            if self.port.read(&mut [0; 64], time)? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Both ends go back to the first speed: the next program on the port expects it.
    fn go_back(&mut self, first: u32) -> Result<(), LinkError> {
        if !self.leaves {
            let command = loader::set_baud(first).to_bytes();
            // whatever the answer is: a device that stays at its speed hears the next pings as noise, and measures them
            if let Ok(Sent::Taken) = self.send(frame::COMMAND, &command, FAREWELL) {
                let _ = self.packet(FAREWELL);
            }
            self.rest(CHANGE)?;
        }
        Ok(self.port.set_baud(first)?)
    }

    /// Sends a frame until it is acknowledged.
    fn send(&mut self, kind: u8, payload: &[u8], timeout: Duration) -> Result<Sent, LinkError> {
        let too_long = LinkError::Protocol {
            what: "a payload that no frame can carry",
            bytes: Vec::new(),
        };
        let header = frame::header(kind, payload).ok_or(too_long)?;
        let bytes = [&header, payload].concat();
        for _ in 0..=RESENDS {
            self.port.write(&bytes)?;
            match self.incoming(timeout)? {
                Incoming::Ack => return Ok(Sent::Taken),
                Incoming::Abort => return Ok(Sent::Stop),
                Incoming::Nak => self.damaged += 1,
                Incoming::Nothing => return Err(LinkError::Timeout { waited: timeout }),
                // the acknowledgement was lost, the answer was not
                Incoming::Packet(packet) => {
                    self.acknowledge(&packet)?;
                    self.early = Some(packet);
                    return Ok(Sent::Stop);
                }
                Incoming::Damaged => {
                    self.port.write(&[frame::START, frame::NAK])?;
                    self.early = self.packet(timeout)?;
                    return Ok(Sent::Stop);
                }
            }
        }
        Err(LinkError::Protocol {
            what: "refused as damaged again and again",
            bytes: Vec::new(),
        })
    }
}

impl<P: SerialPort> Link for UartLink<P> {
    fn send_command(&mut self, packet: &[u8], timeout: Duration) -> Result<(), LinkError> {
        const LEAVE: [Tag; 3] = [Tag::RESET, Tag::EXECUTE, Tag::LOADER_START];
        self.stop = false;
        self.leaves = packet.first().is_some_and(|tag| LEAVE.contains(&Tag(*tag)));
        if !self.pinged {
            self.ping()?;
        }
        self.send(frame::COMMAND, packet, timeout).map(drop)
    }

    fn send_data(&mut self, chunk: &[u8], timeout: Duration) -> Result<Sent, LinkError> {
        self.send(frame::DATA, chunk, timeout)
    }

    fn receive(&mut self, timeout: Duration) -> Result<Option<Packet>, LinkError> {
        match self.early.take() {
            Some(packet) => Ok(Some(packet)),
            None => self.packet(timeout),
        }
    }

    fn stop_receiving(&mut self) -> bool {
        self.stop = true;
        true
    }

    fn has_speed(&mut self, from: u32, to: u32) -> Result<bool, LinkError> {
        let taken = self.port.set_baud(to);
        self.port.set_baud(from)?;
        match taken {
            Ok(()) => Ok(true),
            Err(port::Error::Io { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn follow_speed(&mut self, from: u32, to: u32) -> Result<bool, LinkError> {
        let first = *self.first_speed.get_or_insert(from);
        self.rest(CHANGE)?;
        self.port.set_baud(to)?;
        if self.answers(SPEED_TRIES, SPEED_WINDOW)? {
            self.first_speed = (to != first).then_some(first);
            return Ok(true);
        }
        self.port.set_baud(from)?;
        self.first_speed = (from != first).then_some(first);
        match self.answers(RETURN_TRIES, PING_WINDOW)? {
            true => Ok(false),
            false => Err(LinkError::Timeout {
                waited: PING_WINDOW.saturating_mul(RETURN_TRIES as u32),
            }),
        }
    }

    fn damaged(&self) -> usize {
        self.damaged
    }

    fn chunk_size(&self, device_max: usize) -> usize {
        device_max.clamp(1, frame::MAX_PAYLOAD)
    }

    fn settle_time(&self) -> Duration {
        SETTLE
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

impl<P: SerialPort> Drop for UartLink<P> {
    fn drop(&mut self) {
        if let Some(first) = self.first_speed.take() {
            // nobody is left to tell
            let _ = self.go_back(first);
        }
    }
}

/// Describes bytes on the line for a trace; `None` where no frame begins.
pub fn describe_bytes(direction: Direction, bytes: &[u8]) -> Option<String> {
    let &[frame::START, kind, ref rest @ ..] = bytes else {
        return None;
    };
    let payload = rest.get(frame::HEADER - 2..).unwrap_or_default();
    Some(match kind {
        frame::ACK => "ACK".into(),
        frame::NAK => "NAK".into(),
        frame::ABORT => "abort".into(),
        frame::PING => "ping".into(),
        frame::PING_RESPONSE => "ping response".into(),
        frame::DATA => format!("data, {} bytes", payload.len()),
        frame::COMMAND if direction == Direction::Out => Command::parse(payload)?.to_string(),
        frame::COMMAND => Response::parse(payload)?.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
