//! UARTs of this machine.
//!
//! Without the cargo feature `serial`, listing and opening end with [`Error::NotBuilt`].

use super::{Error, SerialPort};

#[cfg(feature = "serial")]
mod system;

/// Stands in for `system` in a build without serialport.
#[cfg(not(feature = "serial"))]
mod system {
    use super::{Error, SerialDevice, SerialPort};

    fn not_built(port: &str) -> Error {
        Error::NotBuilt {
            port: port.to_owned(),
            feature: "serial",
        }
    }

    pub(super) fn list() -> Result<Vec<SerialDevice>, Error> {
        Err(not_built("serial ports"))
    }

    pub(super) fn open(path: &str, _baud: u32) -> Result<Box<dyn SerialPort>, Error> {
        Err(not_built(path))
    }
}

/// One serial port of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialDevice {
    /// The path that opens it: `/dev/ttyUSB0`, `COM3`.
    pub path: String,
    /// USB vendor and product id of the adapter, when it is one and the system tells.
    pub usb: Option<(u16, u16)>,
    /// The adapter's product string; may be empty.
    pub product: String,
}

/// All serial ports that are there now, sorted by path.
///
/// # Errors
/// [`Error::Io`] when the operating system refuses the question; [`Error::NotBuilt`].
pub fn list() -> Result<Vec<SerialDevice>, Error> {
    system::list()
}

/// Opens a serial port at `baud`, 8 data bits, no parity, one stop bit, no flow control. Bytes that arrived earlier are
/// discarded.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Permission`], [`Error::Busy`]; [`Error::Io`] with the system's words for the rest;
/// [`Error::NotBuilt`].
pub fn open(path: &str, baud: u32) -> Result<Box<dyn SerialPort>, Error> {
    system::open(path, baud)
}
