//! The embedded virtual board (`rtboot-sim`) as a device on the host's ports.
//!
//! The board has a clock of its own: a read with a time-out lets that much virtual time pass at once, and
//! [`VirtualBoard::wait`] replaces every other wait.

mod make;
#[cfg(all(unix, feature = "serial"))]
mod pty;
mod usbip;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rtboot_sim::chip::Chip;
use rtboot_sim::{Board, Gone, Settings, UsbIdentity};

use super::{BulkPort, Error, HidPort, SerialPort, VIRTUAL as NAME, VIRTUAL_UART as UART};
pub use make::{Look, Make, MakeError, Switches};
#[cfg(all(unix, feature = "serial"))]
pub use pty::Pty;
pub use usbip::{Notice, UsbIp};

/// A handle on a virtual board. Clones are handles on the same board.
#[derive(Clone)]
pub struct VirtualBoard(Arc<Mutex<Board>>);

impl VirtualBoard {
    /// The file in a board's folder that is locked while a program has the board open.
    pub const LOCK_FILE: &str = "board.lock";

    /// A new board in memory: blank flash, boot pins set to serial download, switched on. It is gone with its last handle.
    pub fn new() -> VirtualBoard {
        VirtualBoard::from_board(Board::new(Settings::default()))
    }

    /// A handle on `board`.
    pub fn from_board(board: Board) -> VirtualBoard {
        VirtualBoard(Arc::new(Mutex::new(board)))
    }

    /// The loader image that comes with the board, for use without a genuine flashloader: a file like NXP's, with IVT.
    pub fn standin_loader() -> &'static [u8] {
        rtboot_sim::standin_loader()
    }

    /// The board that lives in a folder, made if there is none yet.
    ///
    /// # Errors
    /// [`Error::Busy`] when another program has it open, [`Error::Io`] in the words of the board's store.
    pub fn open(folder: &Path) -> Result<VirtualBoard, Error> {
        Board::open(folder)
            .map(VirtualBoard::from_board)
            .map_err(|e| store_error(folder.display().to_string(), "open", &e))
    }

    /// The board of a folder; a fresh one is the evaluation kit of this chip, in any spelling.
    ///
    /// # Errors
    /// As [`VirtualBoard::open`]; [`Error::Io`] for a chip that no virtual board can be.
    pub fn open_or_make(folder: &Path, chip: &str) -> Result<VirtualBoard, Error> {
        if !VirtualBoard::is_missing(folder)? {
            return VirtualBoard::open(folder);
        }
        let unknown = || Error::Io {
            port: folder.display().to_string(),
            action: "make",
            message: format!("no virtual board can be a {chip}"),
        };
        let chip = Chip::find(chip).ok_or_else(unknown)?;
        Board::create(folder, Settings::kit(chip))
            .map(VirtualBoard::from_board)
            .map_err(|e| store_error(folder.display().to_string(), "make", &e))
    }

    /// Whether there is no board in this folder yet, so that [`VirtualBoard::open`] would make one.
    ///
    /// # Errors
    /// [`Error::Io`] in the words of the board's store.
    pub fn is_missing(folder: &Path) -> Result<bool, Error> {
        Board::is_missing(folder).map_err(|e| store_error(folder.display().to_string(), "open", &e))
    }

    /// Writes a board from a folder back to it; does nothing for a fresh one.
    ///
    /// # Errors
    /// [`Error::Io`] in the words of the board's store.
    pub fn save(&self) -> Result<(), Error> {
        self.board()
            .save()
            .map_err(|e| store_error(NAME.into(), "save", &e))
    }

    /// The board itself, for as long as the guard lives. Ports wait meanwhile.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets virtual time pass.
    pub fn wait(&self, time: Duration) {
        self.board().wait(time);
    }

    /// How the board's USB device introduces itself now; `None` while none is on the bus.
    pub fn identity(&self) -> Option<UsbIdentity> {
        self.board().usb()
    }

    /// Opens the USB device that is on the bus now. When the board leaves the bus the port is gone, as a real one is; without a
    /// device it is gone from the start.
    pub fn hid(&self) -> Box<dyn HidPort> {
        Box::new(VirtualHid {
            board: self.clone(),
            identity: self.identity(),
        })
    }

    /// Opens the UART at `baud`. The plug is always there, whoever listens behind it.
    pub fn serial(&self, baud: u32) -> Box<dyn SerialPort> {
        self.board().set_uart_baud(baud);
        Box::new(VirtualSerial {
            board: self.clone(),
            baud,
        })
    }
}

impl Default for VirtualBoard {
    fn default() -> VirtualBoard {
        VirtualBoard::new()
    }
}

impl fmt::Debug for VirtualBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

fn store_error(port: String, action: &'static str, error: &rtboot_sim::StoreError) -> Error {
    match error {
        rtboot_sim::StoreError::Busy { .. } => Error::Busy { port },
        other => Error::Io {
            port,
            action,
            message: other.to_string(),
        },
    }
}

/// The USB plug, from the moment of one enumeration on.
struct VirtualHid {
    board: VirtualBoard,
    /// `None` once it is gone.
    identity: Option<UsbIdentity>,
}

impl VirtualHid {
    fn error(&mut self, gone: Gone) -> Error {
        match gone {
            Gone::Detached => self.left(),
            Gone::Stalled => Error::Stalled {
                port: self.describe(),
            },
        }
    }

    fn left(&mut self) -> Error {
        let port = self.describe();
        self.identity = None;
        Error::Gone { port }
    }

    /// Gone when another device is on the bus now, or the same one after a new enumeration.
    fn check(&mut self) -> Result<(), Error> {
        match self.identity {
            Some(mine) if self.board.identity() == Some(mine) => Ok(()),
            _ => Err(self.left()),
        }
    }
}

impl HidPort for VirtualHid {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        self.check()?;
        if report.is_empty() {
            return Err(Error::ReportLength {
                port: self.describe(),
                length: 0,
            });
        }
        let written = self.board.board().usb_write(report);
        written.map_err(|gone| self.error(gone))
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        self.check()?;
        let read = self.board.board().usb_read(timeout);
        read.map_err(|gone| self.error(gone))
    }

    fn describe(&self) -> String {
        match self.identity {
            Some(usb) => format!("{NAME} ({:04x}:{:04x})", usb.vendor_id, usb.product_id),
            None => NAME.into(),
        }
    }

    fn open_bulk(&mut self) -> Result<Box<dyn BulkPort>, Error> {
        self.check()?;
        match self.board.board().has_bulk() {
            true => Ok(Box::new(VirtualBulk(VirtualHid {
                board: self.board.clone(),
                identity: self.identity,
            }))),
            false => Err(Error::NotFound {
                port: format!("a bulk interface beside {}", self.describe()),
            }),
        }
    }
}

/// The second interface behind the same plug.
struct VirtualBulk(VirtualHid);

impl BulkPort for VirtualBulk {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.check()?;
        let written = self.0.board.board().bulk_write(bytes);
        written.map_err(|gone| self.0.error(gone))
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        self.0.check()?;
        let read = self.0.board.board().bulk_read(timeout);
        read.map_err(|gone| self.0.error(gone))
    }

    /// The virtual board's USB is high speed.
    fn packet_size(&self) -> usize {
        512
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

/// The UART plug.
struct VirtualSerial {
    board: VirtualBoard,
    baud: u32,
}

impl SerialPort for VirtualSerial {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.board.board().uart_write(bytes);
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error> {
        let bytes = self.board.board().uart_read(buffer.len(), timeout);
        let count = bytes.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(&bytes) {
            *place = *byte;
        }
        Ok(count)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        self.board.board().set_uart_baud(baud);
        self.baud = baud;
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), Error> {
        /// More than a UART's buffer holds.
        const STALE_LIMIT: usize = 4096;
        self.board.board().uart_read(STALE_LIMIT, Duration::ZERO);
        Ok(())
    }

    fn describe(&self) -> String {
        format!("{UART} at {} baud", self.baud)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Wire;
    use super::*;

    #[test]
    fn port_names_tell_usb_from_uart() {
        let board = VirtualBoard::new();
        let wire = |port: String| Error::Gone { port }.wire();
        assert_eq!(wire(board.hid().describe()), Wire::Hid);
        assert_eq!(wire(board.serial(115_200).describe()), Wire::Serial);
    }
}
