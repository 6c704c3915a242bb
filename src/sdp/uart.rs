//! SDP over a UART, without frames: commands, data and answers are raw bytes, so the host must know what comes next.
//!
//! ```text
//! --> 16 bytes of command   ==> file bytes   <-- 4 bytes HAB state   <-- 4 bytes status, or pieces of ≤ 64 data bytes
//! ```
//!
//! 115200 baud, 8N1; no autobaud handshake (SPSDK, sdphost, NXP-MCUBootUtility). The ROM collects 16 bytes, whatever they
//! are and however long they take, and then answers; bytes that are too many shift every command after them.

use std::time::Duration;

use super::link::READ_PIECE;
use super::{Answer, Command, Hab, Link, LinkError, Status, Want};
use crate::port::traced::Direction;
use crate::port::{Deadline, SerialPort};

/// Speed of the ROM's UART.
pub const BAUD: u32 = 115_200;
/// Longest silence inside an answer once it has begun: a machine that is busy with other work halts an adapter's driver, or a board
/// that is emulated, for more than half a second.
const GAP: Duration = Duration::from_secs(2);
/// Longest time for a piece of an answer once it has begun: 64 bytes take 0.53 s at 1200 baud.
const PIECE: Duration = Duration::from_secs(3);
/// Bytes of a word.
const WORD: usize = 4;
/// Silence after a byte that shows that the ROM waits for more of its command. USB adapters hold bytes back for 16 ms; an answer
/// that came later than this would pass for that to the next byte.
const FILL_WAIT: Duration = Duration::from_millis(100);
/// After this silence an answer to an earlier program is over.
const SETTLE: Duration = Duration::from_millis(20);
/// Most bytes discarded: the longest answer that rtboot asks for, a flashloader read back, has 70 KiB and takes 6 s.
const DRAIN_LIMIT: usize = 96 * 1024;

/// Longest time spent on it.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// SDP over a serial port.
#[derive(Debug)]
pub struct UartLink<P> {
    port: P,
}

impl<P: SerialPort> UartLink<P> {
    /// A link over `port`, which is already open at the ROM's speed, [`UartLink::<P>::BAUD`].
    pub fn new(port: P) -> UartLink<P> {
        UartLink { port }
    }

    /// Speed of the ROM's UART: 115200 baud.
    pub const BAUD: u32 = BAUD;

    /// The port below.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Gives the port back.
    pub fn into_port(self) -> P {
        self.port
    }

    /// Exactly `buffer.len()` bytes; `false` when not even the first came in time.
    fn read_exact(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<bool, LinkError> {
        let mut have = 0;
        let mut deadline = Deadline::after(self.port.now(), timeout);
        while let Some(rest) = buffer.get_mut(have..).filter(|rest| !rest.is_empty()) {
            let left = deadline.left(self.port.now());
            let patience = if have == 0 { left } else { left.min(GAP) };
            let came = self.port.read(rest, patience)?;
            if have == 0 {
                deadline = Deadline::after(self.port.now(), PIECE);
            }
            match came {
                0 if have == 0 => return Ok(false),
                0 => {
                    return Err(LinkError::Protocol {
                        what: "an answer that breaks off",
                        bytes: buffer.iter().copied().take(have).collect(),
                    });
                }
                count => have += count,
            }
        }
        Ok(true)
    }

    /// Gets in step with a ROM that may have part of a command in its buffer, `stray` bytes of it known to the caller: zeros
    /// complete that command, the last of them one by one until it is answered. No command begins with them.
    ///
    /// Only when no flashloader is there: one that waits for its first ping takes the edges of these bytes for it.
    ///
    /// # Errors
    /// The port's.
    pub fn align(&mut self, stray: usize) -> Result<(), LinkError> {
        self.drain()?;
        // the known bytes are all there are, as a rule: then one zero more ends the command
        let at_once = Command::LEN - 1 - stray % Command::LEN;
        self.port.write(&vec![0; at_once])?;
        if self.port.read(&mut [0; WORD], FILL_WAIT)? > 0 {
            // there were more: some of these zeros begin another command
            self.drain()?;
        }
        for _ in 0..Command::LEN {
            self.port.write(&[0])?;
            if self.port.read(&mut [0; WORD], FILL_WAIT)? > 0 {
                return self.drain();
            }
        }
        // a ROM that does not answer what it does not know is in step after a whole command
        Ok(self.port.write(&[0])?)
    }

    /// `count` bytes of data, or the word of a refusal: behind it nothing comes, and a read of fewer bytes gets all of it.
    fn first_data(&mut self, count: usize, timeout: Duration) -> Result<Option<Answer>, LinkError> {
        let refusal = Status::REFUSED_89.to_bytes();
        let mut block = vec![0; count.min(WORD)];
        if !self.read_exact(&mut block, timeout)? {
            return Ok(None);
        }
        let wanted = match refusal.starts_with(&block) {
            true => WORD,
            false => count,
        };
        let deadline = Deadline::after(self.port.now(), PIECE);
        while block.len() < wanted {
            let mut rest = vec![0; wanted - block.len()];
            let patience = deadline.left(self.port.now()).min(GAP);
            match self.port.read(&mut rest, patience)? {
                0 if block.len() == count => break, // a value that begins like a refusal
                0 => {
                    return Err(LinkError::Protocol {
                        what: "an answer that breaks off",
                        bytes: block,
                    });
                }
                came => block.extend(rest.iter().take(came)),
            }
        }
        Ok(Some(Answer::Block(block)))
    }
}

impl<P: SerialPort> Link for UartLink<P> {
    fn command(&mut self, command: &Command) -> Result<(), LinkError> {
        Ok(self.port.write(&command.to_bytes())?)
    }

    fn data(&mut self, piece: &[u8]) -> Result<(), LinkError> {
        Ok(self.port.write(piece)?)
    }

    fn receive(&mut self, want: Want, timeout: Duration) -> Result<Option<Answer>, LinkError> {
        if want == Want::Hab {
            let mut word = [0; 4];
            let came = self.read_exact(&mut word, timeout)?;
            return Ok(came.then_some(Answer::Hab(word)));
        }
        let mut block = match want {
            Want::FirstData(count) => return self.first_data(count.clamp(1, READ_PIECE), timeout),
            Want::Data(count) => vec![0; count.clamp(1, READ_PIECE)],
            _ => vec![0; WORD],
        };
        let came = self.read_exact(&mut block, timeout)?;
        Ok(came.then_some(Answer::Block(block)))
    }

    fn drain(&mut self) -> Result<(), LinkError> {
        let mut buffer = [0; 256];
        self.port.discard_input()?;
        let mut thrown = 0;
        let deadline = Deadline::after(self.port.now(), DRAIN_TIME);
        while thrown < DRAIN_LIMIT && !deadline.left(self.port.now()).is_zero() {
            match self.port.read(&mut buffer, SETTLE)? {
                0 => break,
                count => thrown += count,
            }
        }
        Ok(())
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), LinkError> {
        Ok(self.port.set_baud(baud)?)
    }

    fn describe(&self) -> String {
        self.port.describe()
    }
}

/// Describes bytes on the line for a trace. Without frames only whole commands and known words are recognised.
pub fn describe_bytes(direction: Direction, bytes: &[u8]) -> Option<String> {
    match direction {
        Direction::Out => {
            let command = Command::parse(bytes.try_into().ok()?);
            command.tag.name().map(|_| command.to_string())
        }
        Direction::In => {
            let word = u32::from_be_bytes(bytes.try_into().ok()?);
            let hab = Hab::from_word(word).map(|hab| hab.to_string());
            hab.or_else(|| Status(word).name().map(|_| Status(word).to_string()))
        }
    }
}
