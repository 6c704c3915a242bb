//! Where a board is plugged in: a USB port, a UART, the virtual board, or a transport of the caller's own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Program, Selector};
use crate::Result;
use crate::port::{self, HidPort, SerialPort};

#[cfg(feature = "virtual")]
mod embedded;
#[cfg(feature = "virtual")]
pub use embedded::{expect_virtual, open_virtual};

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
    /// [`Error::Port`](crate::Error::Port) when the place itself fails.
    fn look(&mut self) -> Result<Look>;

    /// Opens what is there now.
    ///
    /// # Errors
    /// [`Error::NoBoard`](crate::Error::NoBoard), [`Error::Port`](crate::Error::Port).
    fn open(&mut self) -> Result<Opened>;

    /// USB vendor and product id of what is there now; `None` where it is not on USB.
    fn usb_ids(&mut self) -> Option<(u16, u16)> {
        None
    }

    /// Lets time pass.
    fn wait(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Whether bytes to the ROM travel without any checksum, as on a UART.
    fn is_uart(&self) -> bool {
        false
    }

    /// The selector that names this very place, when it is more precise than the one it was found by.
    fn name(&self) -> Option<Selector> {
        None
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
    fn now(&self) -> Duration {
        self.with(|port| port.now())
    }
}
