//! The host's ports: every byte to or from a board passes here.
//!
//! ```text
//! SDP, MBOOT clients ─ links ─┬─ HidPort ────┬─ hid            a USB HID device (hidapi)
//!                             │              ├─ virtual_board  the embedded virtual board (rtboot-sim)
//!                             ├─ BulkPort ───┼─ bulk           the loader's second USB interface (nusb)
//!                             └─ SerialPort ─┼─ serial         a UART (serialport)
//!                                            └─ traced         any of them, one line per packet
//! ```
//!
//! A port moves bytes and waits; it knows no protocol. A [`HidPort`] moves whole reports, the report id
//! first, in both directions. A [`SerialPort`] moves a stream.
//!
//! The cargo features `hid`, `bulk`, `serial` and `virtual` bring the transports. The traits and the types that describe
//! devices are always there, so a program can bring a transport of its own.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        missing_debug_implementations
    )
)]

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub mod bulk;
mod error;
pub mod hid;
pub mod serial;
pub mod traced;
#[cfg(feature = "virtual")]
pub mod virtual_board;

pub use bulk::BulkPort;
pub use error::Error;

/// The port that an [`Error`] names when it is about all HID devices.
const ALL_HID: &str = "HID devices";
/// How the USB port of a virtual board names itself.
const VIRTUAL: &str = "virtual board";
/// How the UART of a virtual board names itself.
const VIRTUAL_UART: &str = "virtual board's UART";

/// How a board is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// USB, as a HID device.
    Hid,
    /// A UART.
    Serial,
}

impl Wire {
    /// From the name that an [`Error`] of this module gives a port.
    fn of(name: &str) -> Wire {
        // Linux, macOS (two forms), Windows; then the names made up in this module
        const HID: [&str; 6] = [
            "/dev/hidraw",
            "devsrvsid:",
            "ioservice:",
            r"\\?\hid#",
            ALL_HID,
            VIRTUAL,
        ];
        let name = name.to_ascii_lowercase();
        let of_hid = HID
            .iter()
            .any(|head| name.starts_with(&head.to_ascii_lowercase()));
        match of_hid && !name.starts_with(&VIRTUAL_UART.to_ascii_lowercase()) {
            true => Wire::Hid,
            false => Wire::Serial,
        }
    }
}

/// Bytes as error messages show them: `5a a4 0c`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(3 * bytes.len());
    for byte in bytes {
        let separator = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{separator}{byte:02x}");
    }
    text
}

/// The time since this process first asked.
pub(crate) fn monotonic() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// A moment on a port's clock at which a wait ends, however many bytes have come.
///
/// Silence alone is no limit: a peer that sends a byte now and then is never silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// `limit` after `now`.
    pub(crate) fn after(now: Duration, limit: Duration) -> Deadline {
        Deadline(now.saturating_add(limit))
    }

    /// What is left of it.
    pub(crate) fn left(self, now: Duration) -> Duration {
        self.0.saturating_sub(now)
    }
}

/// A USB HID device: whole reports, the report id in byte 0.
pub trait HidPort: Send {
    /// Sends one report, `report[0]` being its id. Blocks until the device took it, or a bounded time.
    ///
    /// # Errors
    /// [`Error::Gone`] when the device left the bus, [`Error::Stalled`] when it did not take the report in time.
    fn write(&mut self, report: &[u8]) -> Result<(), Error>;

    /// The next report of the device, its id first; `None` when none came within `timeout`.
    /// A `timeout` of zero only looks and never waits.
    ///
    /// # Errors
    /// [`Error::Gone`] when the device left the bus.
    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error>;

    /// Whom the port talks to, for messages: `/dev/hidraw3 (15a2:0073)`.
    fn describe(&self) -> String;

    /// Whether short reports travel as they are. `false` where the operating system pads every report to the
    /// length in the device's report descriptor (Windows): there a short report saves nothing.
    fn sends_short_reports(&self) -> bool {
        true
    }

    /// Opens the bulk interface of the same device, which rtboot's own loader has.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none; as [`bulk::open`].
    fn open_bulk(&mut self) -> Result<Box<dyn BulkPort>, Error> {
        Err(Error::NotFound {
            port: format!("a bulk interface beside {}", self.describe()),
        })
    }

    /// The port's clock, for limits on how long something takes; it starts anywhere and never goes back.
    fn now(&self) -> Duration {
        monotonic()
    }
}

/// A UART: a stream of bytes, 8 data bits, no parity, one stop bit.
pub trait SerialPort: Send {
    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// [`Error::Gone`] when the adapter was unplugged, [`Error::Stalled`] when it takes no more bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Reads what is there, at least one byte, at most `buffer.len()`; 0 when nothing came within `timeout`.
    ///
    /// # Errors
    /// [`Error::Gone`] when the adapter was unplugged.
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error>;

    /// Sets the line speed in baud.
    ///
    /// # Errors
    /// [`Error::Io`] when the adapter refuses the speed.
    fn set_baud(&mut self, baud: u32) -> Result<(), Error>;

    /// Discards bytes that have arrived and were not read.
    ///
    /// # Errors
    /// [`Error::Gone`] when the adapter was unplugged.
    fn discard_input(&mut self) -> Result<(), Error>;

    /// Whom the port talks to, for messages: `/dev/ttyUSB0 at 115200 baud`.
    fn describe(&self) -> String;

    /// The port's clock, for limits on how long something takes; it starts anywhere and never goes back.
    fn now(&self) -> Duration {
        monotonic()
    }
}

macro_rules! forward {
    ($holder:ty) => {
        impl<P: HidPort + ?Sized> HidPort for $holder {
            fn write(&mut self, report: &[u8]) -> Result<(), Error> {
                (**self).write(report)
            }
            fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
                (**self).read(timeout)
            }
            fn describe(&self) -> String {
                (**self).describe()
            }
            fn sends_short_reports(&self) -> bool {
                (**self).sends_short_reports()
            }
            fn open_bulk(&mut self) -> Result<Box<dyn BulkPort>, Error> {
                (**self).open_bulk()
            }
            fn now(&self) -> Duration {
                (**self).now()
            }
        }

        impl<P: SerialPort + ?Sized> SerialPort for $holder {
            fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
                (**self).write(bytes)
            }
            fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error> {
                (**self).read(buffer, timeout)
            }
            fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
                (**self).set_baud(baud)
            }
            fn discard_input(&mut self) -> Result<(), Error> {
                (**self).discard_input()
            }
            fn describe(&self) -> String {
                (**self).describe()
            }
            fn now(&self) -> Duration {
                (**self).now()
            }
        }
    };
}

forward!(Box<P>);
forward!(&mut P);

#[cfg(test)]
pub(crate) mod fake;
