//! The virtual board's UART on a pseudo-terminal: for the kernel's serial driver, for other people's tools, and for
//! several runs of rtboot against one board that stays switched on.
//!
//! ```text
//! program ── /dev/pts/N │ kernel │ pump ── the board's UART pins
//! ```
//!
//! The host lives in real time there, the board in its own. Bytes move the board's clock by their time on the line; what
//! the board has to do or to say is waited for at once, however long it takes it; and while nobody says anything the
//! board's clock runs slowly, so that a byte that the kernel brings late does not look like a gap in a frame.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use serialport::{SerialPort as _, TTYPort};

use super::VirtualBoard;
use crate::port::Error;

/// Longest wait for a byte of the host before the pump looks whether it should end.
const LOOK: Duration = Duration::from_millis(10);
/// The board's time that passes with each such wait.
const IDLE: Duration = Duration::from_micros(2500);
/// Longer than anything the board does: a whole-chip erase takes minutes.
const ANY_WORK: Duration = Duration::from_secs(3600);
/// How long a program gets to read what the board said; later bytes are lost, as on a UART nobody listens to.
const UNREAD: Duration = Duration::from_millis(200);
/// Bytes moved at once.
const CHUNK: usize = 4096;
/// An acknowledgement of MBOOT.
const ACK: [u8; 2] = [0x5A, 0xA1];

/// A pseudo-terminal for a virtual board's UART.
#[derive(Debug)]
pub struct Pty {
    board_side: TTYPort,
    /// Held open, so that the terminal outlives the programs that use it.
    _program_side: TTYPort,
    path: String,
    baud: Option<u32>,
}

impl Pty {
    /// Makes a pseudo-terminal, in raw mode.
    ///
    /// # Errors
    /// [`Error::Io`] with the system's words.
    pub fn new() -> Result<Pty, Error> {
        let failed = |message: String| Error::Io {
            port: "a pseudo-terminal".into(),
            action: "open",
            message,
        };
        let (board_side, program_side) = TTYPort::pair().map_err(|e| failed(e.to_string()))?;
        let path = program_side
            .name()
            .ok_or_else(|| failed("it has no name".into()))?;
        Ok(Pty {
            board_side,
            _program_side: program_side,
            path,
            baud: None,
        })
    }

    /// The path that programs open: `/dev/pts/3`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Carries bytes between the terminal and the board until `go_on`, asked at least every 10 ms, says no.
    ///
    /// The board is locked for one exchange at a time, so that others can look at it meanwhile. Its line speed follows the
    /// one that the program sets on the terminal.
    ///
    /// # Errors
    /// [`Error::Gone`] or [`Error::Io`] when the terminal fails.
    pub fn pump(
        &mut self,
        board: &VirtualBoard,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(), Error> {
        let mut buffer = [0; CHUNK];
        while go_on() {
            let count = self.hear(&mut buffer)?;
            let mut bytes = buffer.get(..count).unwrap_or_default();
            if self.speed_changed() {
                // an acknowledgement answers what the board said at the speed before, however late it is heard here
                while let Some(rest) = bytes.strip_prefix(&ACK) {
                    board.board().uart_write(&ACK);
                    bytes = rest;
                }
                self.follow_speed(board);
            }
            match bytes {
                [] => board.wait(IDLE),
                bytes => board.board().uart_write(bytes),
            }
            self.say(board)?;
        }
        Ok(())
    }

    /// What the program wrote; 0 when that is nothing.
    fn hear(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.set_patience(LOOK)?;
        match self.board_side.read(buffer) {
            Ok(count) => Ok(count),
            Err(error) if is_nothing(error.kind()) => Ok(0),
            Err(error) => Err(Error::from_io(&self.path, "read from", &error)),
        }
    }

    /// Gives the program all that the board has to say, now or once its work is done: in one piece, for each wakes the program.
    fn say(&mut self, board: &VirtualBoard) -> Result<(), Error> {
        loop {
            let said = said(board);
            if said.is_empty() {
                return Ok(());
            }
            self.set_patience(UNREAD)?;
            match self.board_side.write_all(&said) {
                Err(error) if !is_nothing(error.kind()) => {
                    return Err(Error::from_io(&self.path, "write to", &error));
                }
                _ => {}
            }
        }
    }

    /// Whether the program has set another speed. It belongs to the terminal, not to one side of it, and not to a byte: those that
    /// were written before the change may be read behind it.
    fn speed_changed(&mut self) -> bool {
        let before = self.baud;
        self.baud = self.board_side.baud_rate().ok();
        self.baud != before
    }

    /// Where the system does not tell the speed, the board keeps its own.
    fn follow_speed(&self, board: &VirtualBoard) {
        if let Some(baud) = self.baud {
            board.board().set_uart_baud(baud);
        }
    }

    fn set_patience(&mut self, time: Duration) -> Result<(), Error> {
        self.board_side.set_timeout(time).map_err(|e| Error::Io {
            port: self.path.clone(),
            action: "set up",
            message: e.to_string(),
        })
    }
}

/// What the board says until it waits for the program again, [`CHUNK`] bytes at most; its own clock gives it bytes one by one.
fn said(board: &VirtualBoard) -> Vec<u8> {
    let mut said = Vec::new();
    while said.len() < CHUNK {
        let mut board = board.board();
        let now = board.uart_read(CHUNK - said.len(), Duration::ZERO);
        let bytes = match now.is_empty() && board.uart_busy() {
            true => board.uart_read(CHUNK - said.len(), ANY_WORK),
            false => now,
        };
        if bytes.is_empty() {
            break;
        }
        said.extend(bytes);
    }
    said
}

fn is_nothing(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TimedOut | ErrorKind::Interrupted | ErrorKind::WouldBlock
    )
}
