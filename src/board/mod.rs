//! From a selector to an open link: discovery, waiting for a board to come and to come back.
//!
//! A board changes its face during a run: the ROM leaves the bus and a flashloader appears, under other USB ids and
//! another device node. What stays is the socket it sits in. [`Board`] remembers that, so that two boards are never
//! mixed up.

mod selector;
mod usb;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::mboot::{self, Mboot};
use crate::port::virtual_board::VirtualBoard;
use crate::port::{self, HidPort, SerialPort, traced};
use crate::sdp::{self, Sdp};
use crate::{Error, Result};

pub use selector::{DEFAULT_BAUD, Selector, SelectorError};
pub use usb::{Seen, list_usb};

/// An SDP session over whatever link the board has.
pub type RomSession = Sdp<Box<dyn sdp::Link>>;
/// A flashloader session over whatever link the board has.
pub type LoaderSession = Mboot<Box<dyn mboot::Link>>;
/// Gets one line for every packet.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// How long a flashloader may take to appear after the jump. Real ones need 0.5 to 2 s, slow hubs more.
pub const REAPPEAR: Duration = Duration::from_secs(10);
/// How long a node that just appeared may refuse to open: udev sets its mode some ms later.
const OPEN_RETRY: Duration = Duration::from_secs(2);
/// Pause between two looks.
const POLL: Duration = Duration::from_millis(50);
/// How long a program on a UART gets to answer a first question.
const UART_ANSWER: Duration = Duration::from_millis(300);

/// What a board runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// The boot ROM's serial downloader (speaks SDP).
    Rom,
    /// A flashloader (speaks MBOOT).
    Flashloader,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Program::Rom => "boot ROM",
            Program::Flashloader => "flashloader",
        })
    }
}

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
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("wait", &self.wait)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// One board, by its place.
pub struct Board {
    selector: Selector,
    options: Options,
    bus: Bus,
}

enum Bus {
    Usb { socket: Option<String> },
    Uart { port: SharedSerial },
    Virtual(VirtualBoard),
}

impl Board {
    /// Finds the board that `selector` names; waits for it as long as `options` says.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::SeveralBoards`], [`Error::Port`], [`Error::Virtual`].
    pub fn find(selector: &Selector, options: Options) -> Result<Board> {
        let bus = match selector {
            Selector::Unsaid | Selector::Usb(None) => Bus::Usb { socket: None },
            Selector::Usb(Some(socket)) => {
                usb::check_sockets_known()?;
                Bus::Usb {
                    socket: Some(socket.clone()),
                }
            }
            Selector::Uart { path, baud } => {
                let port = port::serial::open(path, *baud).map_err(Error::Port)?;
                Bus::Uart {
                    port: SharedSerial(Arc::new(Mutex::new(port))),
                }
            }
            Selector::Virtual(folder) => {
                let folder = folder.clone().or_else(|| options.virtual_folder.clone());
                let folder = folder.ok_or_else(|| {
                    Error::Virtual("no folder is known to keep it in; name one: virtual:DIR".into())
                })?;
                Bus::Virtual(
                    VirtualBoard::open(&folder).map_err(|e| Error::Virtual(e.to_string()))?,
                )
            }
        };
        let mut board = Board {
            selector: selector.clone(),
            options,
            bus,
        };
        board.settle()?;
        Ok(board)
    }

    /// A board behind a virtual board that the caller holds too; for tests and programs that look inside.
    pub fn on_virtual(board: &VirtualBoard, options: Options) -> Board {
        Board {
            selector: Selector::Virtual(None),
            options,
            bus: Bus::Virtual(board.clone()),
        }
    }

    /// A board behind a serial port that the caller opened.
    pub fn on_serial(port: Box<dyn SerialPort>, options: Options) -> Board {
        let selector = Selector::Uart {
            path: port.describe(),
            baud: DEFAULT_BAUD,
        };
        Board {
            selector,
            options,
            bus: Bus::Uart {
                port: SharedSerial(Arc::new(Mutex::new(port))),
            },
        }
    }

    /// On USB: waits for a board, takes the only one and keeps its socket.
    fn settle(&mut self) -> Result<()> {
        let limit = self.options.wait.unwrap_or_default();
        let start = Instant::now();
        loop {
            let Bus::Usb { socket } = &mut self.bus else {
                return Ok(());
            };
            match usb::pick(socket.as_deref()) {
                Ok(device) => {
                    if socket.is_none() {
                        *socket = device.port_path;
                    }
                    return Ok(());
                }
                Err(error @ Error::NoBoard { .. }) if start.elapsed() >= limit => {
                    return Err(error);
                }
                Err(Error::NoBoard { .. }) => self.pause(POLL),
                Err(error) => return Err(error),
            }
        }
    }

    /// The selector that the board was found by.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// The selector that names this very board: with its socket, where that is known.
    pub fn name(&self) -> String {
        match &self.bus {
            Bus::Usb {
                socket: Some(socket),
            } => format!("usb:{socket}"),
            _ => self.selector.to_string(),
        }
    }

    /// Whether bytes to the ROM travel without any checksum.
    pub fn is_uart(&self) -> bool {
        matches!(self.bus, Bus::Uart { .. })
    }

    /// The virtual board behind, when it is one.
    pub fn virtual_board(&self) -> Option<&VirtualBoard> {
        match &self.bus {
            Bus::Virtual(board) => Some(board),
            _ => None,
        }
    }

    /// What runs on the board now; `None` when nothing answers.
    ///
    /// On USB the ids tell. On a UART the ROM is asked first (a flashloader ignores the question), then a ping is sent.
    ///
    /// # Errors
    /// [`Error::Port`] when the port itself fails.
    pub fn program(&mut self) -> Result<Option<Program>> {
        match &self.bus {
            Bus::Usb { socket } => match usb::pick(socket.as_deref()) {
                Ok(device) => Ok(usb::program(&device)),
                Err(Error::NoBoard { .. }) => Ok(None),
                Err(error) => Err(error),
            },
            Bus::Virtual(board) => Ok(board
                .identity()
                .and_then(|i| usb::program_of(i.vendor_id, i.product_id, &i.product))),
            Bus::Uart { .. } => self.program_on_uart(),
        }
    }

    fn program_on_uart(&mut self) -> Result<Option<Program>> {
        let mut rom = self.rom()?;
        rom.timeouts_mut().command = UART_ANSWER;
        match rom.error_status() {
            Ok(_) => return Ok(Some(Program::Rom)),
            Err(sdp::Error::Port { source, .. }) => return Err(Error::Port(source)),
            Err(sdp::Error::Gone { .. }) => {
                return Err(Error::Port(port::Error::Gone { port: self.name() }));
            }
            Err(_) => {}
        }
        match self
            .loader()?
            .get_property(mboot::Property::CURRENT_VERSION, 0)
        {
            Ok(_) => Ok(Some(Program::Flashloader)),
            Err(mboot::Error::Port { source, .. }) => Err(Error::Port(source)),
            Err(_) => Ok(None),
        }
    }

    /// What is on this place now, in words; for messages.
    pub fn seen(&mut self) -> String {
        match self.program() {
            Ok(Some(Program::Rom)) => "the boot ROM is still there".into(),
            Ok(Some(Program::Flashloader)) => "a flashloader is there".into(),
            Ok(None) => "nothing answers there now".into(),
            Err(error) => error.to_string(),
        }
    }

    /// Opens an SDP session with the ROM.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::Port`].
    pub fn rom(&mut self) -> Result<RomSession> {
        let link: Box<dyn sdp::Link> = match &self.bus {
            Bus::Uart { port } => {
                let port = port.clone();
                Box::new(sdp::UartLink::new(
                    self.traced_serial(Box::new(port), sdp_bytes),
                ))
            }
            _ => Box::new(sdp::HidLink::new(self.open_hid(sdp::describe_report)?)),
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
        let link: Box<dyn mboot::Link> = match &self.bus {
            Bus::Uart { port } => {
                let port = port.clone();
                Box::new(mboot::UartLink::new(
                    self.traced_serial(Box::new(port), mboot::describe_bytes),
                ))
            }
            _ => Box::new(mboot::HidLink::new(self.open_hid(mboot::describe_report)?)),
        };
        let mut session = Mboot::new(link);
        if let Some(timeout) = self.options.timeout {
            session.timeouts_mut().command = timeout;
        }
        Ok(session)
    }

    fn open_hid(&mut self, decoder: traced::Decoder) -> Result<Box<dyn HidPort>> {
        let port: Box<dyn HidPort> = match &self.bus {
            Bus::Virtual(board) => Box::new(board.hid()),
            Bus::Usb { socket } => {
                let socket = socket.clone();
                self.open_usb(socket.as_deref())?
            }
            Bus::Uart { .. } => return Err(Error::Usage("a UART is no HID device".into())),
        };
        Ok(match self.options.trace.clone() {
            Some(trace) => Box::new(traced::Traced::new(port, decoder, move |line: &str| {
                trace(line)
            })),
            None => port,
        })
    }

    /// Opens the node in this socket; a node that just appeared may be refused for a moment.
    fn open_usb(&self, socket: Option<&str>) -> Result<Box<dyn HidPort>> {
        let start = Instant::now();
        loop {
            let device = usb::pick(socket)?;
            match port::hid::open(&device) {
                Ok(port) => return Ok(port),
                Err(error @ (port::Error::Permission { .. } | port::Error::NotFound { .. })) => {
                    if start.elapsed() >= OPEN_RETRY {
                        return Err(Error::Port(error));
                    }
                    self.pause(POLL);
                }
                Err(error) => return Err(Error::Port(error)),
            }
        }
    }

    fn traced_serial(
        &self,
        port: Box<dyn SerialPort>,
        decoder: traced::Decoder,
    ) -> Box<dyn SerialPort> {
        match self.options.trace.clone() {
            Some(trace) => Box::new(traced::Traced::new(port, decoder, move |line: &str| {
                trace(line)
            })),
            None => port,
        }
    }

    /// Waits until this program answers here, at most `limit`. `false` when it did not come.
    ///
    /// # Errors
    /// [`Error::Port`] when the port itself fails.
    pub fn await_program(&mut self, program: Program, limit: Duration) -> Result<bool> {
        let rounds = (limit.as_millis() / POLL.as_millis()).max(1);
        for _ in 0..rounds {
            if self.program()? == Some(program) {
                return Ok(true);
            }
            if self.is_uart() {
                // asking took its time already; three more questions are enough for a second
                self.pause(POLL * 4);
            } else {
                self.pause(POLL);
            }
        }
        Ok(false)
    }

    /// Lets time pass: real time, or the virtual board's.
    fn pause(&self, time: Duration) {
        match &self.bus {
            Bus::Virtual(board) => board.wait(time),
            _ => std::thread::sleep(time),
        }
    }
}

fn sdp_bytes(_direction: traced::Direction, _bytes: &[u8]) -> Option<String> {
    None
}

/// One open UART, used by one session after the other: closing it in between could reset the board (DTR).
#[derive(Clone)]
struct SharedSerial(Arc<Mutex<Box<dyn SerialPort>>>);

impl SharedSerial {
    fn with<T>(&self, act: impl FnOnce(&mut dyn SerialPort) -> T) -> T {
        // a panic in another holder leaves the port as it is: still a port
        let mut port = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        act(&mut **port)
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
