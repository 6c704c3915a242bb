//! SDP over UART: the same commands and answers as raw bytes, without any framing.
//!
//! 115200 baud, 8N1. A command is 16 bytes; data follow it exactly as long as it says, so nothing overruns; answers are
//! bare words, read data come in pieces of up to 64 bytes.
//!
//! Source: SPSDK and sdphost agree. That the ROM has no time-out between the bytes of a command is a guess: a host that
//! loses a byte has to fill the command up or reset the board.

use super::{Answer, CHUNK, Rom, command};
use crate::machine::Machine;

/// The speed the ROM listens at.
pub const BAUD: u32 = 115_200;

/// Gathers bytes into commands and data.
#[derive(Clone, Debug, Default)]
pub struct SerialRom {
    command: Vec<u8>,
}

impl SerialRom {
    /// One byte arrives.
    pub fn byte(&mut self, rom: &mut Rom, machine: &mut Machine, byte: u8) {
        self.command.push(byte);
        let awaited = match rom.expects() {
            0 => command::LEN,
            left => left.min(CHUNK),
        };
        if self.command.len() < awaited {
            return;
        }
        let bytes = std::mem::take(&mut self.command);
        if rom.expects() == 0 {
            rom.command(machine, &bytes)
        } else {
            rom.bytes(machine, &bytes)
        }
    }

    /// The next answer as bytes; empty when the ROM waits for the host.
    pub fn answer(rom: &mut Rom, machine: &Machine) -> Vec<u8> {
        match rom.next_answer(machine) {
            Some(Answer::Security(word) | Answer::Status(word)) => word.to_le_bytes().to_vec(),
            Some(Answer::Page(page)) => page,
            None => Vec::new(),
        }
    }
}
