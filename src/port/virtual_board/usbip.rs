//! Virtual boards as USB devices over USB/IP, for a kernel's own drivers.

use std::net::SocketAddr;

use rtboot_sim::usbip::{Cable, MAX_BOARDS, PORT, Server};

use super::VirtualBoard;
use crate::port::Error;

pub use rtboot_sim::usbip::Notice;

/// A USB/IP server for virtual boards at work; dropping it stops it.
pub struct UsbIp(Server);

impl UsbIp {
    /// The TCP port that USB/IP programs look at.
    pub const PORT: u16 = PORT;
    /// As many boards fit on its bus.
    pub const MAX_BOARDS: usize = MAX_BOARDS;

    /// Offers these boards on bus ids `1-1`, `1-2`, …; port 0 takes any free one.
    ///
    /// The boards' time follows the clock on the wall from now on. A board from a folder is written there each time it leaves the
    /// bus. A host that lets go of a board takes its power away, unless the boards have `own_power`: then the program on them
    /// goes on. `notice` is told what happens, from other threads.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Permission`] or [`Error::Io`] when nobody can listen there, and for too many boards.
    pub fn serve(
        listen: SocketAddr,
        boards: &[VirtualBoard],
        own_power: bool,
        notice: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<UsbIp, Error> {
        let cable = match own_power {
            true => Cable::DataOnly,
            false => Cable::FeedsTheBoard,
        };
        let boards = boards.iter().map(|board| board.0.clone()).collect();
        Server::start(listen, boards, cable, notice)
            .map(UsbIp)
            .map_err(|error| failed(listen, &error))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// The bus ids, in the order of the boards.
    pub fn bus_ids(&self) -> Vec<String> {
        self.0.bus_ids()
    }

    /// Ends every connection; the boards stay as they are.
    pub fn stop(&mut self) {
        self.0.stop();
    }
}

impl std::fmt::Debug for UsbIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "USB/IP server at {}", self.address())
    }
}

fn failed(listen: SocketAddr, error: &std::io::Error) -> Error {
    let port = format!("TCP {listen}");
    match error.kind() {
        std::io::ErrorKind::AddrInUse => Error::Busy { port },
        _ => Error::from_io(&port, "listen on", error),
    }
}
