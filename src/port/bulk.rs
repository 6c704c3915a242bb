//! The bulk interface of rtboot's own loader, beside its HID interface: bytes in both directions, faster than reports.
//!
//! | | Linux | macOS | Windows |
//! |--|--|--|--|
//! | needs | a udev rule for the USB device, as `rtboot udev` prints it | nothing | nothing: the device asks for WinUSB |
//!
//! Nobody needs it. Whoever cannot open it goes on with HID.
//!
//! Without the cargo feature `bulk`, opening ends with [`Error::NotBuilt`].

use std::time::Duration;

use super::{Error, monotonic};

#[cfg(feature = "bulk")]
mod system;

/// A pair of bulk endpoints.
pub trait BulkPort: Send {
    /// Sends bytes as one transfer. Blocks until the device took them, or a bounded time.
    ///
    /// # Errors
    /// [`Error::Gone`] when the device left the bus, [`Error::Stalled`] when it took nothing in time.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// The next bytes of the device, at least one; `None` when none came within `timeout`. They come in order, cut anywhere.
    ///
    /// # Errors
    /// [`Error::Gone`] when the device left the bus.
    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error>;

    /// Bytes of a USB packet: 512 at high speed, 64 at full speed.
    fn packet_size(&self) -> usize;

    /// Whom the port talks to, for messages.
    fn describe(&self) -> String;

    /// The port's clock; it starts anywhere and never goes back.
    fn now(&self) -> Duration {
        monotonic()
    }
}

impl<P: BulkPort + ?Sized> BulkPort for Box<P> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        (**self).write(bytes)
    }
    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        (**self).read(timeout)
    }
    fn packet_size(&self) -> usize {
        (**self).packet_size()
    }
    fn describe(&self) -> String {
        (**self).describe()
    }
    fn now(&self) -> Duration {
        (**self).now()
    }
}

/// Opens the bulk interface of the loader in a USB port, `1-4.1`; without one, of the only loader there is.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or more than one to choose from; [`Error::Permission`], [`Error::Busy`],
/// [`Error::Io`]; [`Error::NotBuilt`].
pub fn open(port_path: Option<&str>) -> Result<Box<dyn BulkPort>, Error> {
    #[cfg(feature = "bulk")]
    return system::open(port_path);
    #[cfg(not(feature = "bulk"))]
    return Err(Error::NotBuilt {
        port: port_path.unwrap_or("the bulk interface").to_owned(),
        feature: "bulk",
    });
}
