//! Where a board is plugged in: a USB socket, a UART, the virtual board, or a transport of the caller's own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Program, holders, usb};
use crate::port::virtual_board::VirtualBoard;
use crate::port::{self, HidPort, SerialPort};
use crate::{Error, Result};

/// What a look at a place shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// This program is there.
    Program(Program),
    /// Nothing is there.
    Nothing,
    /// Looking tells nothing; it must be asked (a UART).
    Ask,
}

/// An open port.
pub enum Opened {
    /// Reports.
    Hid(Box<dyn HidPort>),
    /// A stream.
    Serial(Box<dyn SerialPort>),
}

/// A place where one board is plugged in.
pub trait Plug: Send {
    /// What is there now.
    ///
    /// # Errors
    /// [`Error::Port`] when the place itself fails.
    fn look(&mut self) -> Result<Look>;

    /// Opens what is there now.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::Port`].
    fn open(&mut self) -> Result<Opened>;

    /// Lets time pass.
    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Whether bytes to the ROM travel without any checksum, as on a UART.
    fn is_uart(&self) -> bool {
        false
    }

    /// The selector that names this very place, when it is more precise than the one it was found by.
    fn name(&self) -> Option<String> {
        None
    }
}

impl Plug for VirtualBoard {
    fn look(&mut self) -> Result<Look> {
        let seen = self.identity();
        let program = seen.and_then(|i| usb::program_of(i.vendor_id, i.product_id, i.product));
        Ok(program.map_or(Look::Nothing, Look::Program))
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(self.hid()))
    }

    fn wait(&mut self, time: Duration) {
        VirtualBoard::wait(self, time);
    }
}

/// One open UART, used by one session after the other: closing it in between could reset the board (DTR).
#[derive(Clone)]
pub(super) struct SharedSerial(Arc<Mutex<Box<dyn SerialPort>>>);

impl SharedSerial {
    pub(super) fn new(port: Box<dyn SerialPort>) -> SharedSerial {
        SharedSerial(Arc::new(Mutex::new(port)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut dyn SerialPort) -> T) -> T {
        // a panic in another holder leaves the port as it is: still a port
        let mut port = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut **port)
    }
}

impl Plug for SharedSerial {
    fn look(&mut self) -> Result<Look> {
        Ok(Look::Ask)
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Serial(Box::new(self.clone())))
    }

    fn is_uart(&self) -> bool {
        true
    }
}

impl SerialPort for SharedSerial {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        self.with(|port| port.write(bytes))
    }
    fn read(
        &mut self,
        buffer: &mut [u8],
        timeout: Duration,
    ) -> std::result::Result<usize, port::Error> {
        self.with(|port| port.read(buffer, timeout))
    }
    fn set_baud(&mut self, baud: u32) -> std::result::Result<(), port::Error> {
        self.with(|port| port.set_baud(baud))
    }
    fn discard_input(&mut self) -> std::result::Result<(), port::Error> {
        self.with(|port| port.discard_input())
    }
    fn describe(&self) -> String {
        self.with(|port| port.describe())
    }
}

/// How long a virtual board that is in use is asked again: a program that just ends, or starts another one, holds its lock a
/// moment longer.
const LOCK_RETRY: Duration = Duration::from_millis(500);

/// The virtual board that lives in a folder.
///
/// # Errors
/// [`Error::BoardBusy`] when another program has it open, [`Error::Virtual`] when the folder is not usable.
pub fn open_virtual(folder: &std::path::Path) -> Result<VirtualBoard> {
    let start = Instant::now();
    loop {
        match VirtualBoard::open(folder) {
            Ok(board) => return Ok(board),
            Err(port::Error::Busy { .. }) if start.elapsed() < LOCK_RETRY => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(port::Error::Busy { .. }) => {
                let lock = std::fs::File::open(folder.join(VirtualBoard::LOCK_FILE)).ok();
                let holder = lock.and_then(|file| holders::of_lock(&file));
                return Err(Error::BoardBusy {
                    place: format!("virtual:{}", folder.display()),
                    by: holder.into_iter().collect(),
                });
            }
            Err(other) => return Err(Error::Virtual(other.to_string())),
        }
    }
}
