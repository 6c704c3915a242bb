//! From a selector to an open link: discovery, waiting for a board to come and to come back.
//!
//! During a run the ROM leaves the bus and a flashloader appears, under other USB ids and another device node. Only the
//! USB port stays the same. [`Board`] remembers the port, so that two boards are never mixed up.

mod ask;
mod holders;
mod lock;
mod plug;
mod usb;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::chip::Chip;
use crate::error::{Holder, OnPort};
use crate::mboot::{self, Mboot};
#[cfg(feature = "virtual")]
use crate::port::virtual_board::VirtualBoard;
use crate::port::{self, Deadline, HidPort, SerialPort, traced};
use crate::sdp::{self, Sdp};
use crate::{Error, Result};

use lock::{Guarded, Lock};

pub use crate::selector::{
    DEFAULT_BAUD, FoundBoard, Program, Seen, Selector, SelectorError, Unusable,
};
pub use plug::{Look, Opened, Plug};
#[cfg(feature = "virtual")]
pub use plug::{expect_virtual, open_virtual};
pub use usb::list_usb;

/// An SDP session over whatever link the board has.
pub type RomSession = Sdp<Box<dyn sdp::Link>>;
/// A flashloader session over whatever link the board has.
pub type LoaderSession = Mboot<Box<dyn mboot::Link>>;
/// Gets one line for every packet.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// How long a flashloader may take to appear after the jump. Real ones need 0.5 to 2 s, slow hubs more.
pub const REAPPEAR: Duration = Duration::from_secs(10);
/// Pause between two looks.
const POLL: Duration = Duration::from_millis(50);
/// Pause between two questions over a UART.
const ASK_PAUSE: Duration = Duration::from_millis(200);
/// Settings of a connection.
#[derive(Clone, Default)]
pub struct Options {
    /// How long to wait for a board to be plugged in; `None` does not wait.
    pub wait: Option<Duration>,
    /// Limit for the answer to one command that takes no flash time; `None` takes each protocol's default.
    pub timeout: Option<Duration>,
    /// Gets one line for every packet.
    pub trace: Option<Trace>,
    /// Where the virtual board of the selector `virtual` lives.
    pub virtual_folder: Option<PathBuf>,
    /// What happens when the virtual board that is named is not there.
    pub missing_virtual: MissingVirtual,
    /// The chip of a virtual board that is made; `None` makes one of the default chip.
    pub new_virtual: Option<&'static Chip>,
}

/// What happens when a selector names a virtual board that is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingVirtual {
    /// [`Error::NoVirtual`]: a slip in the folder's name must not answer for another board.
    #[default]
    Refuse,
    /// A fresh one is made in the folder.
    Make,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Options");
        shown
            .field("wait", &self.wait)
            .field("timeout", &self.timeout);
        shown.finish_non_exhaustive()
    }
}

/// One board, by its place.
pub struct Board {
    selector: Selector,
    options: Options,
    plug: Box<dyn Plug>,
    #[cfg(feature = "virtual")]
    virtual_board: Option<VirtualBoard>,
    lock: Lock,
    warnings: Vec<String>,
}

impl Board {
    /// Finds the board that `selector` names, waits for it as long as `options` says, and holds its place against other runs:
    /// until the board and the last session with it are dropped.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::SeveralBoards`], [`Error::BoardBusy`], [`Error::Port`], [`Error::Virtual`].
    pub fn find(selector: &Selector, options: Options) -> Result<Board> {
        match selector {
            Selector::Default | Selector::Usb(None) => Board::on_usb(selector, None, options),
            Selector::Usb(Some(port)) => Board::on_usb(selector, Some(port), options),
            Selector::Uart { path, baud } => Board::behind_uart(selector, path, *baud, options),
            #[cfg(not(feature = "virtual"))]
            Selector::Virtual(_) => Err(Error::Port(port::Error::NotBuilt {
                port: selector.to_string(),
                feature: "virtual",
            })),
            #[cfg(feature = "virtual")]
            Selector::Virtual(folder) => {
                let missing = "no folder is known to keep it in; name one: virtual:DIR";
                let folder = folder.as_ref().or(options.virtual_folder.as_ref());
                let folder = folder.ok_or_else(|| Error::Virtual(missing.into()))?;
                if options.missing_virtual == MissingVirtual::Refuse {
                    plug::expect_virtual(folder)?;
                }
                let board = open_virtual(folder, options.new_virtual)?;
                let mut found = Board::on_virtual(&board, options);
                found.selector = selector.clone();
                Ok(found)
            }
        }
    }

    fn on_usb(selector: &Selector, name: Option<&String>, options: Options) -> Result<Board> {
        let (port, node) = usb::UsbPort::find(name, options.wait)?;
        let place = port.name().unwrap_or(Selector::Usb(None)).to_string();
        let (lock, why_not) = Lock::take(&place)?;
        let mut board = Board::on_plug(Box::new(port), options);
        board.selector = selector.clone();
        board.lock = lock;
        board.warnings = why_not.into_iter().chain(rivals(&node)).collect();
        Ok(board)
    }

    fn behind_uart(selector: &Selector, path: &str, baud: u32, options: Options) -> Result<Board> {
        // the same port may have several names
        let node = Path::new(path)
            .canonicalize()
            .unwrap_or_else(|_| path.into());
        let place = format!("uart:{}", node.display());
        let (lock, why_not) = Lock::take(&place)?;
        let port = port::serial::open(path, baud).map_err(|error| match error {
            port::Error::Busy { .. } => Error::BoardBusy {
                place,
                by: holders::of_node(&node),
            },
            other => Error::Port(other),
        })?;
        let mut board = Board::on_serial(port, options);
        board.selector = selector.clone();
        board.lock = lock;
        board.warnings = why_not.into_iter().chain(rivals(&node)).collect();
        Ok(board)
    }

    /// A virtual board that the caller holds too; for tests and programs that look inside.
    #[cfg(feature = "virtual")]
    pub fn on_virtual(board: &VirtualBoard, options: Options) -> Board {
        Board {
            selector: Selector::Virtual(None),
            options,
            plug: Box::new(board.clone()),
            virtual_board: Some(board.clone()),
            lock: Lock::none(),
            warnings: Vec::new(),
        }
    }

    /// A board behind a serial port that the caller opened.
    pub fn on_serial(port: Box<dyn SerialPort>, options: Options) -> Board {
        let selector = Selector::Uart {
            path: port.describe(),
            baud: DEFAULT_BAUD,
        };
        let plug = Box::new(plug::SharedSerial::new(port));
        Board {
            selector,
            options,
            plug,
            #[cfg(feature = "virtual")]
            virtual_board: None,
            lock: Lock::none(),
            warnings: Vec::new(),
        }
    }

    /// A board behind a transport of the caller's own.
    pub fn on_plug(plug: Box<dyn Plug>, options: Options) -> Board {
        Board {
            selector: Selector::Usb(None),
            options,
            plug,
            #[cfg(feature = "virtual")]
            virtual_board: None,
            lock: Lock::none(),
            warnings: Vec::new(),
        }
    }

    /// Warnings about this place: another program has it open, or other runs cannot be kept away.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The selector that the board was found by.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The selector that names this very board: with its USB port, where that is known.
    pub fn name(&self) -> Selector {
        self.plug.name().unwrap_or_else(|| self.selector.clone())
    }

    /// Whether bytes to the ROM travel without any checksum.
    pub fn is_uart(&self) -> bool {
        self.plug.is_uart()
    }

    /// The speed at which the UART was opened; `None` on USB.
    pub fn baud(&self) -> Option<u32> {
        match &self.selector {
            Selector::Uart { baud, .. } => Some(*baud),
            _ => None,
        }
    }

    /// The virtual board behind, when it is one.
    #[cfg(feature = "virtual")]
    pub fn virtual_board(&self) -> Option<&VirtualBoard> {
        self.virtual_board.as_ref()
    }

    /// Whether it is the virtual board of this program.
    pub fn is_virtual(&self) -> bool {
        #[cfg(feature = "virtual")]
        return self.virtual_board.is_some();
        #[cfg(not(feature = "virtual"))]
        return false;
    }

    /// The board's own time, when it is a virtual one.
    pub fn modelled_time(&self) -> Option<Duration> {
        #[cfg(feature = "virtual")]
        if let Some(board) = &self.virtual_board {
            return Some(board.board().elapsed());
        }
        None
    }

    /// Writes a virtual board back to its folder; does nothing for others.
    ///
    /// # Errors
    /// [`Error::Virtual`].
    pub fn save(&self) -> Result<()> {
        #[cfg(feature = "virtual")]
        if let Some(board) = &self.virtual_board {
            let saved = board.save();
            return saved.map_err(|error| Error::Virtual(error.to_string()));
        }
        Ok(())
    }

    /// What runs on the board now; `None` when nothing answers.
    ///
    /// On USB the ids tell. On a UART a ping is sent first, and then the ROM is asked.
    ///
    /// # Errors
    /// [`Error::Port`] when the port itself fails.
    pub fn program(&mut self) -> Result<Option<Program>> {
        match self.plug.look()? {
            Look::Program(program) => Ok(Some(program)),
            Look::Nothing => Ok(None),
            Look::Ask => match self.serial_port()? {
                Some(mut port) => ask::program(&mut *port).map_err(Error::Port),
                None => Ok(None),
            },
        }
    }

    /// USB vendor and product id of what is there now; `None` on a UART.
    pub(crate) fn usb_ids(&mut self) -> Option<(u16, u16)> {
        self.plug.usb_ids()
    }

    /// The UART that is to be asked; `None` where reports travel, which need no question.
    fn serial_port(&mut self) -> Result<Option<Box<dyn SerialPort>>> {
        Ok(match self.plug.open()? {
            Opened::Serial(port) => Some(self.serial(port, nothing)),
            Opened::Hid(_) => None,
        })
    }

    /// What is on this place now; for messages.
    pub fn on_port(&mut self) -> OnPort {
        match self.program() {
            Ok(Some(Program::Rom)) => OnPort::Rom,
            Ok(Some(Program::Flashloader)) => OnPort::Flashloader,
            Ok(None) => OnPort::Nothing,
            Err(error) => OnPort::Unreadable(error.to_string()),
        }
    }

    /// Opens an SDP session with the ROM.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::Port`].
    pub fn rom(&mut self) -> Result<RomSession> {
        let link: Box<dyn sdp::Link> = match self.plug.open()? {
            Opened::Hid(port) => Box::new(sdp::HidLink::new(self.hid(port, sdp::describe_report))),
            Opened::Serial(port) => Box::new(sdp::UartLink::new(self.serial(port, nothing))),
        };
        let mut session = Sdp::new(link);
        if let Some(timeout) = self.options.timeout {
            session.timeouts_mut().command = timeout;
        }
        Ok(session)
    }

    /// Opens a session with the flashloader. Sends nothing yet.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::Port`].
    pub fn loader(&mut self) -> Result<LoaderSession> {
        let link: Box<dyn mboot::Link> = match self.plug.open()? {
            Opened::Hid(port) => {
                Box::new(mboot::HidLink::new(self.hid(port, mboot::describe_report)))
            }
            Opened::Serial(port) => Box::new(mboot::UartLink::new(self.serial(port, nothing))),
        };
        let mut session = Mboot::new(link);
        if let Some(timeout) = self.options.timeout {
            session.timeouts_mut().command = timeout;
        }
        Ok(session)
    }

    fn hid(&self, port: Box<dyn HidPort>, decoder: traced::Decoder) -> Box<dyn HidPort> {
        let port = Guarded::new(port, self.lock.clone());
        match self.options.trace.clone() {
            Some(trace) => Box::new(traced::TracedBoth::new(port, decoder, move |l: &str| {
                trace(l)
            })),
            None => Box::new(port),
        }
    }

    fn serial(&self, port: Box<dyn SerialPort>, decoder: traced::Decoder) -> Box<dyn SerialPort> {
        let port = Guarded::new(port, self.lock.clone());
        match self.options.trace.clone() {
            Some(trace) => Box::new(traced::Traced::new(port, decoder, move |l: &str| trace(l))),
            None => Box::new(port),
        }
    }

    /// Waits until this program answers here, about `limit` long at most. `false` when it did not come.
    ///
    /// # Errors
    /// [`Error::Port`] when the port itself fails.
    pub fn await_program(&mut self, program: Program, limit: Duration) -> Result<bool> {
        if self.plug.look()? == Look::Ask {
            return self.await_answer(program, limit);
        }
        for _ in 0..tries(limit, POLL) {
            if self.program()? == Some(program) {
                return Ok(true);
            }
            self.plug.wait(POLL);
        }
        Ok(false)
    }

    /// The same on a UART. A flashloader that measures its line speed must hear nothing but pings.
    fn await_answer(&mut self, program: Program, limit: Duration) -> Result<bool> {
        let mut deadline = None;
        for _ in 0..tries(limit, ask::UART_ANSWER + ASK_PAUSE) {
            let Some(mut port) = self.serial_port()? else {
                break;
            };
            let deadline = *deadline.get_or_insert(Deadline::after(port.now(), limit));
            let there = match program {
                Program::Flashloader => ask::flashloader(&mut *port),
                Program::Rom => ask::rom(&mut *port, 0),
            };
            if there.map_err(Error::Port)? {
                return Ok(true);
            }
            if deadline.left(port.now()).is_zero() {
                break;
            }
            self.plug.wait(ASK_PAUSE);
        }
        Ok(false)
    }
}

/// How often something that takes so long fits into a limit; a virtual board has no clock but this.
fn tries(limit: Duration, each: Duration) -> u128 {
    (limit.as_millis() / each.as_millis()).max(1)
}

/// Programs that have the same device open, which the system allows; each as a warning.
fn rivals(node: &Path) -> impl Iterator<Item = String> {
    let warning = |holder: Holder| {
        format!(
            "{} is open in {holder} too: if that one talks, both get wrong answers",
            node.display()
        )
    };
    holders::of_node(node)
        .into_iter()
        .map(warning)
        .collect::<Vec<_>>()
        .into_iter()
}

/// A stream is not cut into packets before the link has done so.
fn nothing(_direction: traced::Direction, _bytes: &[u8]) -> Option<String> {
    None
}

#[cfg(all(
    test,
    not(any(feature = "hid", feature = "serial", feature = "virtual"))
))]
mod tests {
    use super::*;

    #[test]
    fn selector_of_a_missing_transport_names_its_feature() {
        for (selector, feature) in [
            ("usb", "hid"),
            ("uart:/dev/ttyUSB0", "serial"),
            ("virtual", "virtual"),
        ] {
            let selector: Selector = selector.parse().expect(selector);
            let error = Board::find(&selector, Options::default()).err();
            let text = error.map(|e| e.to_string()).unwrap_or_default();
            let wanted = format!("built without cargo feature \"{feature}\"");
            assert!(text.ends_with(&wanted), "{selector}: {text}");
        }
    }
}
